"""traceroute as it runs: up to N probes under way, answers printed in order."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.clock import US
from netsim.errors import NetError, strerror
from netsim.machine.call import Program
from netsim.programs.traceroute.methods import Answer, Method
from netsim.programs.traceroute.options import Options
from netsim.programs.traceroute.probes import Probe, ProbeTable

TICK = "tick"


@attrs.define(eq=False)
class Traceroute(Program):
    """One trace by one method."""

    options: Options
    method: Method
    header: str
    table: ProbeTable
    tick: Any = None
    last_sent: int | None = None
    shown: str = ""  # the address printed last on this line

    def started(self, proc: Any) -> None:
        """Open the method's sockets and send the first probes."""
        proc.write(1, self.header)
        try:
            self.method.open(proc)
        except NetError as error:
            self._fail(proc, self.method.step, error)
            return
        self.table.begin()
        self._go_on(proc)

    def readable(self, proc: Any, fd: int) -> None:
        """Answers came."""
        for answer in self.method.hear(proc, fd):
            self._take(answer)
        self._go_on(proc)

    def writable(self, proc: Any, fd: int) -> None:
        """A connection attempt was decided."""
        self.readable(proc, fd)

    def timer(self, proc: Any, token: Any) -> None:
        """Somebody's patience ran out, or the next probe may go."""
        self.tick = None
        self._go_on(proc)

    def _take(self, answer: Answer) -> None:
        probe = self.table.by_key(answer.key)
        if probe is None or probe.done:
            return
        probe.received = answer.time
        probe.address, probe.text, probe.final, probe.mtu = answer.address, answer.text, answer.final, answer.mtu
        self.method.close(probe)
        self.table.finish(probe)

    def _go_on(self, proc: Any) -> None:
        """Print what is settled, send what may go, sleep until something can change (`do_it`)."""
        table, options = self.table, self.options
        now = proc.now()
        wake: int | None = None
        under_way = 0
        number = table.start
        while number < table.end:
            probe = table.probes[number]
            if not probe.done and probe.is_sent and now - probe.sent >= table.patience(probe):
                self.method.close(probe)
                table.expire(probe)
            if probe.done:
                if number == table.start:
                    self._print(proc, probe)
                    table.start += 1
                number += 1
                continue
            if not probe.is_sent:
                ready = 0 if self.last_sent is None or not options.send_wait else self.last_sent + options.send_wait
                if now < ready:
                    wake = ready if wake is None else min(wake, ready)
                    break
                if not self._send(proc, probe):
                    return
                if probe.done:
                    continue
            due = probe.sent + table.patience(probe)
            wake = due if wake is None else min(wake, due)
            under_way += 1
            if under_way >= options.parallel:
                break
            number += 1
        if table.start >= table.end:
            proc.write(1, "\n")
            proc.exit(0)
            return
        if self.tick is not None:
            proc.cancel_timer(self.tick)
        self.tick = proc.timer(max(0, (wake if wake is not None else now) - now), TICK)

    def _send(self, proc: Any, probe: Probe) -> bool:
        probe.sent = proc.now()
        probe.is_sent = True
        self.last_sent = probe.sent
        try:
            answer = self.method.send(proc, probe, self.table.hop(probe))
        except NetError as error:
            self._fail(proc, self.method.step, error)
            return False
        if answer is not None:
            self._take(answer)
        return True

    def _fail(self, proc: Any, step: str, error: NetError) -> None:
        proc.write(2, f"\n{step}: {strerror(error.errno)}\n")
        proc.exit(1)

    def _print(self, proc: Any, probe: Probe) -> None:
        """One probe's part of its line (`print_probe`)."""
        first = probe.number % self.options.queries == 0
        text = ""
        if first:
            text = f"\n{self.table.hop(probe):2d} "
            self.shown = ""
        if probe.received is None:
            text += " *"
        else:
            if probe.address != self.shown:
                text += f" {self.method.name(proc, probe.address)}"
                self.shown = probe.address
            microseconds = (probe.received - probe.sent) // US
            text += f"  {microseconds // 1000}.{microseconds % 1000:03d} ms"
            if probe.mtu:
                text += f" F={probe.mtu}"
            if probe.text:
                text += f" {probe.text}"
        proc.write(1, text)
