"""ping as it runs: sends probes at its pace, reads replies and errors, ends with the statistics (iputils `main_loop`, `pinger`)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.clock import MS, SECOND, US
from netsim.errors import EAGAIN, ENOBUFS, ENOMEM, NetError, strerror
from netsim.machine.call import Program
from netsim.programs.ping.family import Family, Heard
from netsim.programs.ping.options import Options
from netsim.programs.ping.pacing import Pacing
from netsim.programs.ping.text import triptime_text

NEXT, ALARM, DEADLINE = "next", "alarm", "deadline"
TIMED_SIZE = 16  # a probe that has room for a timestamp
SIGINT, SIGQUIT = 2, 3
MIN_INTERVAL = 10 * MS


@attrs.define(eq=False)
class Ping(Program):
    """One ping; `family` knows the protocol, `pacing` when to send."""

    options: Options
    family: Family
    header: str
    pacing: Pacing
    fd: int = -1
    exiting: bool = False
    waiting: bool = False  # the wait for stragglers has begun
    out_of_memory: int = 0
    next_timer: Any = None
    sent_at: dict[int, int] = attrs.field(factory=dict)

    def started(self, proc: Any) -> None:
        """Print the header and send the first probe."""
        proc.write(1, self.header)
        if self.options.deadline:
            proc.timer(self.options.deadline, DEADLINE)
        self._go_on(proc)

    def timer(self, proc: Any, token: Any) -> None:
        """The next probe is due, or it is time to end."""
        if token != NEXT:
            self.exiting = True
        self._go_on(proc)

    def signal(self, proc: Any, signum: int) -> None:
        """Ctrl-C ends with statistics; Ctrl-\\ prints them under way."""
        if signum == SIGINT:
            self.exiting = True
            self._go_on(proc)
        elif signum == SIGQUIT:
            proc.write(2, self._snapshot())
        else:
            proc.die(signum)

    def readable(self, proc: Any, fd: int) -> None:
        """Replies or errors came."""
        while (heard := self.family.hear(proc, self.fd)) is not None:
            self._take(proc, heard)
            if self._enough() and not self.pacing.in_flight():
                break  # what came for those still on their way is taken before the end is thought of (`main_loop`)
        self._go_on(proc)

    def _go_on(self, proc: Any) -> None:
        """One turn of the main loop: end, or send what is due and sleep until the next."""
        pacing, options = self.pacing, self.options
        while True:
            if self.exiting or self._enough():
                self._finish(proc)
                return
            if options.count and pacing.sent >= options.count and not options.deadline:
                wait = SECOND
            else:
                wait = self._send_if_due(proc)
            if options.count and pacing.sent >= options.count and not options.deadline and not self.waiting:
                self.waiting = True
                proc.timer(pacing.exit_wait(options.linger), ALARM)
            if wait > 0:
                break
        if self.next_timer is not None:
            proc.cancel_timer(self.next_timer)
        self.next_timer = proc.timer(wait, NEXT) if not self.waiting else None

    def _enough(self) -> bool:
        pacing, count = self.pacing, self.options.count
        if count and pacing.received + pacing.errors >= count:
            return True
        return bool(pacing.errors and self.options.deadline)

    def _send_if_due(self, proc: Any) -> int:
        """Send when the budget allows; ns until the next try (`pinger`)."""
        pacing, options, now = self.pacing, self.options, proc.now()
        wait = pacing.wait(now)
        if wait:
            return wait
        if "O" in options.flags and pacing.sent > 0 and pacing.sent & 0xFFFF not in pacing.seen:
            proc.write(1, f"{self._stamp(proc)}no answer yet for icmp_seq={pacing.sent & 0xFFFF}\n")
        seq = (pacing.sent + 1) & 0xFFFF
        self.sent_at[seq] = now
        try:
            self.family.probe(proc, self.fd, seq)
        except NetError as error:
            return self._send_failed(proc, error)
        self._sent()
        self.out_of_memory = 0
        if "f" in options.flags and "q" not in options.flags:
            proc.write(1, ".")
        return pacing.interval - pacing.tokens

    def _sent(self) -> None:
        self.pacing.sent += 1
        self.pacing.seen.discard(self.pacing.sent & 0xFFFF)

    def _send_failed(self, proc: Any, error: NetError) -> int:
        pacing, options = self.pacing, self.options
        is_told = True
        if error.errno in (ENOBUFS, ENOMEM):
            pacing.tokens = 0
            step = min(pacing.interval // 2, 500 * MS)
            self.out_of_memory += 1
            if self.out_of_memory * step < options.linger:
                return step
        elif error.errno == EAGAIN:
            pacing.tokens += pacing.interval
            return MIN_INTERVAL
        else:
            is_told = False  # only a failure that an ICMP error came with is told
            while (heard := self.family.hear_error(proc, self.fd)) is not None:
                is_told |= not heard.local
                self._take(proc, heard)
        self._sent()
        if is_told and "q" not in options.flags:
            if "f" in options.flags:
                proc.write(1, "E")
            else:
                proc.write(2, f"{self.options.program}: sendmsg: {strerror(error.errno)}\n")
        pacing.tokens = 0
        return pacing.interval

    def _take(self, proc: Any, heard: Heard) -> None:
        """Account for one thing heard and print its line."""
        pacing, options = self.pacing, self.options
        if heard.kind == "reply":
            self._reply(proc, heard)
        elif heard.kind == "error":
            pacing.errors += 1
            if not heard.local:
                pacing.acknowledge(heard.seq)
            if "q" in options.flags:
                return
            if "f" in options.flags:
                proc.write(1, "\bE")
            elif heard.local:
                proc.write(2, f"{self.options.program}: local error: {heard.text}\n")
            else:
                proc.write(1, f"{self._stamp(proc)}From {self.family.shown(heard.sender)} icmp_seq={heard.seq} {heard.text}\n")
        elif heard.kind == "notice":
            if not options.flags & {"q", "f"}:
                proc.write(1, f"{self._stamp(proc)}From {self.family.shown(heard.sender)}: icmp_seq={heard.seq} {heard.text}\n")

    def _reply(self, proc: Any, heard: Heard) -> None:
        pacing, options = self.pacing, self.options
        sent_at = self.sent_at.get(heard.seq)
        triptime = None
        if options.size >= TIMED_SIZE and sent_at is not None:
            triptime = max(0, heard.time - sent_at) // US
        pacing.acknowledge(heard.seq)
        repeated = pacing.reply(heard.seq, triptime)
        if "A" in options.flags and triptime is not None:
            pacing.adapt()
        if "q" in options.flags:
            return
        if "f" in options.flags:
            proc.write(1, "\b \b")
            return
        ident = f" ident={heard.ident}" if "v" in options.flags else ""
        hops = f" ttl={heard.ttl}" if heard.ttl >= 0 else ""
        took = triptime_text(triptime) if triptime is not None else ""
        bell = "\a" if "a" in options.flags else ""
        proc.write(
            1,
            f"{self._stamp(proc)}{heard.size} bytes from {self.family.shown(heard.sender)}: icmp_seq={heard.seq}{ident}{hops}{took}"
            f"{' (DUP!)' if repeated else ''}{bell}{heard.text}\n",
        )

    def _stamp(self, proc: Any) -> str:
        if "D" not in self.options.flags:
            return ""
        now = proc.wall_clock()
        return f"[{now // SECOND}.{now // US % 1_000_000:06d}] "

    def _snapshot(self) -> str:
        pacing = self.pacing
        loss = (pacing.sent - pacing.received) * 100 // pacing.sent if pacing.sent else 0
        text = f"\r{pacing.received}/{pacing.sent} packets, {loss}% loss"
        if pacing.received and pacing.maximum:
            average = pacing.total // (pacing.received + pacing.repeats)
            smooth = pacing.smooth // 8
            numbers = "/".join(f"{value // 1000}.{value % 1000:03d}" for value in (pacing.minimum, average, smooth, pacing.maximum))
            text += f", min/avg/ewma/max = {numbers} ms"
        return text + "\n"

    def _finish(self, proc: Any) -> None:
        proc.write(1, f"\n--- {self.family.hostname} ping statistics ---\n{self.pacing.summary(self.options)}")
        proc.exit(self.pacing.status(self.options))
