"""traceroute as it runs: up to 16 probes under way, answers printed in the order of the hops (`do_it`)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPv4, IPv6
from netsim.clock import MS
from netsim.errors import EMSGSIZE, strerror
from netsim.kernel.inet.sock import ORIGIN_ICMP6, ORIGIN_LOCAL, Received, SockError
from netsim.machine.call import Program
from netsim.machine.resolver import name_of, zone_of, zoned
from netsim.programs.traceroute.methods import Failed, Method
from netsim.programs.traceroute.options import Options, nanoseconds

STDERR = 2
PRECISION = 1 * MS
TIME_EXCEEDED, DEST_UNREACH = 11, 3
MARKS = {
    0: "!N", 6: "!N", 8: "!N", 11: "!N", 1: "!H", 7: "!H", 12: "!H", 9: "!X", 10: "!X", 13: "!X", 3: "", 2: "!P", 5: "!S", 14: "!V", 15: "!C",
}  # fmt: skip
"""Code of Destination Unreachable -> mark; a port that is not there is the target's own answer and has none."""

MARKS6 = {0: "!N", 1: "!X", 2: "!H", 3: "!H", 4: ""}
"""The same for ICMPv6."""


@attrs.define(eq=False)
class Probe:
    """One probe: when it was sent, who answered when (ns; None: not yet), and what else is known."""

    number: int = 0
    is_done: bool = False
    is_final: bool = False
    seq: int = 0
    fd: int = -1
    sent: int | None = None
    heard: int | None = None
    by: IPv4 | IPv6 | None = None
    ttl: int = 0
    mark: str = ""
    extra: str = ""
    ifindex: int = 0

    def took(self) -> int:
        """Round trip in ns, 0 while there is none."""
        return self.heard - self.sent if self.heard is not None and self.sent is not None else 0

    def clear(self) -> None:
        """As before it was sent."""
        self.is_done = self.is_final = False
        self.seq, self.fd, self.sent, self.heard, self.by, self.ttl, self.mark, self.extra = 0, -1, None, None, None, 0, "", ""
        self.ifindex = 0

    def become(self, other: Probe) -> None:
        """Take over what is known of another one."""
        for field in ("is_done", "is_final", "seq", "fd", "sent", "heard", "by", "ttl", "mark", "extra", "ifindex"):
            setattr(self, field, getattr(other, field))


def hops_from(ttl: int) -> int:
    """How many hops an answer with this TTL came (`ttl2hops`)."""
    return (65 if ttl <= 64 else 129 if ttl <= 128 else 256) - ttl


@attrs.define(eq=False)
class Traceroute(Program):
    """One traceroute; probes are printed from `start` on, `end` shrinks when a final answer is known."""

    options: Options
    method: Method
    probes: list[Probe]
    header_length: int
    data_length: int
    start: int = 0
    end: int = 0
    last_send: int | None = None
    alarm: int | None = None

    def started(self, proc: Any) -> None:
        """Open sockets, print the header, send."""
        try:
            self.method.start(proc, self)
            proc.write(
                1,
                f"traceroute to {self.options.host} ({zoned(proc.netns, self.method.target, zone_of(proc, self.options.host))}), {self.options.hops} hops max, "
                f"{self.header_length + self.data_length} byte packets",
            )
            self._go_on(proc)
        except Failed as failure:
            self._give_up(proc, failure)

    def timer(self, proc: Any, token: Any) -> None:
        """Time to look again."""
        self.alarm = None
        self._guarded(proc)

    def readable(self, proc: Any, fd: int) -> None:
        """An answer or an error came; what happens on standard input does not concern it."""
        for ready in (fd, *sorted(proc.woken or ())):  # `do_poll` takes all that are ready before anything else is sent
            if ready > STDERR and ready in proc.fds:
                self._hear(proc, ready)
        if proc.status is None:
            self._guarded(proc)

    def _guarded(self, proc: Any) -> None:
        try:
            self._go_on(proc)
        except Failed as failure:
            self._give_up(proc, failure)

    def _give_up(self, proc: Any, failure: Failed) -> None:
        proc.write(2, f"\n{failure.what}: {strerror(failure.errno)}\n")
        proc.exit(1)

    def by_seq(self, seq: int) -> Probe | None:
        """The probe with a number of its own."""
        return next((probe for probe in self.probes if probe.seq == seq), None) if seq > 0 else None

    def by_fd(self, fd: int) -> Probe | None:
        """The probe with a socket of its own."""
        return next((probe for probe in self.probes if probe.fd == fd), None) if fd > 0 else None

    # the main loop -------------------------------------------------------------------------------------------------------

    def _go_on(self, proc: Any) -> None:
        """Print what is known, send what may be sent, wait."""
        while self.start < self.end:
            wake = self._round(proc)
            if proc.status is not None:
                return
            if wake is None:
                continue
            wait = -((proc.now() - wake) // MS) * MS
            if wait > 0:
                if self.alarm is not None:
                    proc.cancel_timer(self.alarm)
                self.alarm = proc.timer(wait, None)
                return
        proc.write(1, "\n")
        proc.exit(0)

    def _round(self, proc: Any) -> int | None:
        """One pass over the window; when to wake (ns), None to look again at once."""
        under_way, wake, now = 0, None, proc.now()
        number = self.start
        while number < self.end:
            probe = self.probes[number]
            if number == self.start and not probe.is_done and probe.sent is not None:
                expires = probe.sent + self._patience(probe)
                if expires > now:
                    wake = expires
                else:
                    self._done(proc, probe)
                    self._check_expired(probe)
            number += 1
            if probe.is_done:
                if number - 1 == self.start:
                    self._print(proc, probe)
                    if proc.status is not None:
                        return None
                    self.start += 1
                if probe.is_final:
                    self.end = ((number - 1) // self.options.queries + 1) * self.options.queries
                continue
            if probe.sent is None:
                pause = nanoseconds(self.options.pause)
                if pause and self.last_send is not None and self.last_send + pause > now:
                    return self.last_send + pause
                self.method.send(proc, self, probe, (number - 1) // self.options.queries + 1)
                if probe.sent is None:
                    if wake is not None:
                        break
                    raise Failed("send probe", 105)
                self.last_send = probe.sent
            if wake is None:
                wake = probe.sent + self._patience(probe)
            under_way += 1
            if under_way >= self.options.at_once:
                break
        return wake

    def _patience(self, probe: Probe) -> int:
        """How long to wait for an answer: by what others of the hop, then of later hops, took (`get_timeout`)."""
        options = self.options
        longest = nanoseconds(options.wait)
        first = probe.number - probe.number % options.queries
        if options.here:
            for other in self.probes[first : first + options.queries]:
                if other.is_done and other.took() > 0:
                    return min(int((other.took() + PRECISION) * options.here), longest)
        if options.near:
            for other in self.probes[probe.number + 1 :]:
                if other.sent is None:
                    break
                if other.is_done and other.took() > 0:
                    return min(int((other.took() + PRECISION) * options.near), longest)
        return longest

    def _check_expired(self, probe: Probe) -> None:
        """An error report may have come for a later probe although it belongs to this hop (`check_expired`)."""
        final = self._later_final(probe)
        if final is None or not final.mark:
            return
        queries = self.options.queries
        first = probe.number - probe.number % queries
        before = self.probes[first : probe.number]
        if any(not other.is_done or not other.is_final for other in before):
            return
        if before or probe.number % queries + (final.number - probe.number) < queries or self._belongs_here(probe, final):
            probe.become(final)
            final.clear()
            final.sent = 1

    def _later_final(self, probe: Probe) -> Probe | None:
        """The first answered probe behind this one if it is a final one."""
        for other in self.probes[probe.number + 1 :]:
            if other.sent is None:
                return None
            if other.is_done:
                return other if other.is_final else None
        return None

    def _belongs_here(self, probe: Probe, final: Probe) -> bool:
        """Whether a final error is of this hop: the same router answered before, or its TTL says so."""
        earlier = self.probes[: probe.number][::-1]
        if any(other.by is not None and other.by == final.by for other in earlier):
            return True
        if not final.ttl:
            return False
        back = hops_from(final.ttl)
        for other in earlier:
            if other.is_done and not other.is_final and other.ttl and hops_from(other.ttl) < back:
                back += other.number // self.options.queries + 1 - hops_from(other.ttl)
                break
        return back <= probe.number // self.options.queries + 1

    # answers -------------------------------------------------------------------------------------------------------------

    def _hear(self, proc: Any, fd: int) -> None:
        """Everything that waits on a socket (`recv_reply`)."""
        while fd in proc.fds:
            sock = proc.sock(fd)
            entry = sock.next_error()
            if entry is not None:
                self._error(proc, fd, entry)
                if proc.status is not None:
                    return
                continue
            sock.so_error = 0
            received = sock.recvfrom()
            if received is None:
                return
            self._reply(proc, fd, received)

    def _reply(self, proc: Any, fd: int, received: Received) -> None:
        probe = self.method.of_reply(self, fd, received)
        if probe is not None:
            probe.by, probe.heard, probe.ttl, probe.ifindex = received.src, received.time, received.ttl, received.ifindex
            self._done(proc, probe)

    def _error(self, proc: Any, fd: int, entry: SockError) -> None:
        probe = self.method.of_error(self, fd, entry)
        is_local = entry.origin == ORIGIN_LOCAL
        if probe is None:
            probe = self.probes[(self.options.first - 1) * self.options.queries]
            if not is_local or "F" not in self.options.flags or probe.is_done:
                return
        if not is_local and entry.type in (4, 5):
            return
        probe.heard, probe.ttl = entry.time, entry.ttl
        if not is_local:
            probe.by, probe.ifindex = entry.offender, entry.ifindex
            self._judge(probe, entry)
        elif entry.errno == EMSGSIZE and entry.info:
            probe.mark, probe.is_final = f"!F-{entry.info}", True
        else:
            self._give_up(proc, Failed("local recverr", entry.errno))
            return
        room = entry.info - self.header_length
        self._done(proc, probe)
        if "mtu" in self.options.flags and 0 <= room < self.data_length:
            self.data_length = room
            probe.clear()
            probe.mark = f"F={entry.info}"

    def _judge(self, probe: Probe, entry: SockError) -> None:
        """What an ICMP error says of the hop (`parse_icmp_res`)."""
        if entry.origin == ORIGIN_ICMP6:
            self._judge6(probe, entry)
            return
        if entry.type == TIME_EXCEEDED and entry.code == 0:
            return
        if entry.type == DEST_UNREACH:
            mark = f"!F-{entry.info}" if entry.code == 4 else MARKS.get(entry.code, f"!<{entry.code}>")
        else:
            mark = f"!<{entry.type}-{entry.code}>"
        probe.mark = mark or probe.mark
        probe.is_final = True

    def _judge6(self, probe: Probe, entry: SockError) -> None:
        """The same of an ICMPv6 error."""
        if (entry.type, entry.code) == (3, 0):
            return
        if entry.type == 1:
            mark = MARKS6.get(entry.code, f"!<{entry.code}>")
        else:
            mark = f"!F-{entry.info}" if entry.type == 2 else f"!<{entry.type}-{entry.code}>"
        probe.mark = mark or probe.mark
        probe.is_final = True

    def _done(self, proc: Any, probe: Probe) -> None:
        if probe.fd > 0 and probe.fd in proc.fds:
            proc.close(probe.fd)
        probe.fd, probe.seq, probe.is_done = -1, 0, True

    # printing ------------------------------------------------------------------------------------------------------------

    def _print(self, proc: Any, probe: Probe) -> None:
        options = self.options
        hop, place = divmod(probe.number, options.queries)
        text = f"\n{hop + 1:2d} " if not place else ""
        if probe.by is None:
            text += " *"
        elif self._differs(probe, place):
            text += self._who(proc, probe.by, probe.ifindex)
            if "A" in options.flags:
                proc.write(1, text)
                proc.write(2, "whois.radb.net/nicname: Temporary failure in name resolution\n")
                proc.exit(2)
                return
            if probe.extra:
                text += f" <{probe.extra}>"
            if "back" in options.flags and probe.ttl and hops_from(probe.ttl) != hop + 1:
                text += f" '-{hops_from(probe.ttl)}'"
        if probe.heard is not None:
            text += f"  {probe.took() / 1e6:.3f} ms"
        if probe.mark:
            text += f" {probe.mark}"
        proc.write(1, text)

    def _differs(self, probe: Probe, place: int) -> bool:
        """Whether somebody else answers than for the last answered probe of the hop."""
        for other in self.probes[probe.number - place : probe.number][::-1]:
            if other.by is not None:
                same_way = "back" not in self.options.flags or other.ttl == probe.ttl
                return other.by != probe.by or other.extra != probe.extra or not same_way
        return True

    def _who(self, proc: Any, address: IPv4 | IPv6, ifindex: int) -> str:
        text = zoned(proc.netns, address, ifindex)
        if "n" in self.options.flags:
            return f" {text}"
        return f" {name_of(proc, address) or text} ({text})"
