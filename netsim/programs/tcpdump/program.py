"""tcpdump as it runs: frames gather in the ring and are handed over once a second, with -l ten times; a signal ends it with the counters."""

from __future__ import annotations

from collections import deque
from typing import Any, ClassVar

import attrs

from netsim.clock import MS
from netsim.errors import NetError
from netsim.kernel.core.netdevice import IFF_LOOPBACK
from netsim.kernel.core.packet_socket import Seen
from netsim.machine.call import Program
from netsim.packet import describe
from netsim.packet.describe.cooked import print_sll, print_sll2
from netsim.packet.describe.link import print_ethernet
from netsim.packet.pcap import Interface, Record, pcap_header, pcap_record
from netsim.programs.tcpdump.frames import COOKED1, COOKED2, ETHERNET, PACKET_OUTGOING, frame_bytes
from netsim.programs.tcpdump.options import Options
from netsim.programs.tcpdump.predicate import Condition, View, matches

LAZY, PROMPT = 1000 * MS, 100 * MS
"""How long frames may lie in the ring (`pcap_set_timeout`; shorter with -l): what a signal finds there is lost."""
ENDING = (1, 2, 15)
DESCRIBED = {ETHERNET: print_ethernet, COOKED1: print_sll, COOKED2: print_sll2}
"""How frames of each link type are told."""


@attrs.define(eq=False)
class Sink:
    """Where frames go: lines on stdout, a capture file in descriptor `fd`, or both."""

    printer: describe.Printer
    link: int
    snaplen: int
    writes: bool = False
    prints: bool = True
    fd: int = -1

    def write_header(self, proc: Any) -> None:
        """Begin the capture file."""
        proc.write(self.fd, pcap_header(Interface("", self.link, self.snaplen)))

    def take(self, proc: Any, time: int, data: bytes, length: int) -> None:
        """One frame, `time` in ns since 1970."""
        kept = data[: self.snaplen]
        if self.writes:
            proc.write(self.fd, pcap_record(Record(time, kept, length)))
        if self.prints and proc.status is None:
            proc.write(1, self.printer.describe(time, kept, length, DESCRIBED[self.link]) + "\n")


@attrs.define(eq=False)
class Tcpdump(Program):
    """One capture. `ring` holds what passed the filter and was not handed over yet."""

    caught: ClassVar[frozenset[int]] = frozenset({2, 15})

    options: Options
    condition: Condition | None
    sink: Sink
    fd: int
    link: int
    ring: deque[tuple[Seen, bytes]] = attrs.field(factory=deque)
    captured: int = 0
    received: int = 0
    is_ticking: bool = False
    began: int = 0

    def started(self, proc: Any) -> None:
        """Frames are handed over at multiples of a tick from now on."""
        self.began = proc.now()

    def readable(self, proc: Any, fd: int) -> None:
        """Frames came: the kernel puts those that pass the filter into the ring."""
        sock = proc.sock(self.fd)
        try:
            while (seen := sock.recv()) is not None:
                self._filter(proc, seen)
        except NetError:
            if sock.dev is None or not sock.dev.registered:
                self._disappeared(proc)
                return
        if self.ring and self.options.has("immediate-mode"):
            self._hand_over(proc)
        elif self.ring and not self.is_ticking:
            self.is_ticking = True
            tick = PROMPT if self.options.has("l") else LAZY
            proc.timer(tick - (proc.now() - self.began) % tick, None)

    def timer(self, proc: Any, token: Any) -> None:
        """The block of the ring is closed and read."""
        self.is_ticking = False
        self._hand_over(proc)

    def signal(self, proc: Any, signum: int) -> None:
        """SIGINT, SIGTERM and SIGHUP end the capture; SIGUSR1 tells the counters."""
        if signum in ENDING:
            self.readable(proc, self.fd)
            if not self.sink.writes:
                proc.write(1, "\n")
            self._finish(proc, 0)
        elif signum == 10:
            proc.write(2, f"tcpdump: {', '.join(self._counters())}\n")
        else:
            proc.die(signum)

    def _filter(self, proc: Any, seen: Seen) -> None:
        dev = proc.netns.devices.get(seen.ifindex)
        data = frame_bytes(seen, self.link, dev.type if dev is not None else 1)
        if not matches(self.condition, View(data, len(data), seen.pkt_type == PACKET_OUTGOING)):
            return
        self.received += 1
        is_out = seen.pkt_type == PACKET_OUTGOING
        if is_out and dev is not None and dev.flags & IFF_LOOPBACK:
            return  # the same frame comes in again (`linux_check_direction`)
        if self.options.direction != "inout" and is_out != (self.options.direction == "out"):
            return
        self.ring.append((seen, data))

    def _hand_over(self, proc: Any) -> None:
        while self.ring:
            seen, data = self.ring.popleft()
            self.captured += 1
            self.sink.take(proc, proc.machine.epoch + seen.time, data, len(data))
            if proc.status is not None:
                return
            if self.captured == self.options.count:
                self._finish(proc, 0)
                return

    def _disappeared(self, proc: Any) -> None:
        proc.write(2, "tcpdump: pcap_loop: The interface disappeared\n")
        self._finish(proc, 1)

    def _counters(self) -> list[str]:
        return [
            f"{self.captured} packet{'' if self.captured == 1 else 's'} captured",
            f"{self.received} packet{'' if self.received == 1 else 's'} received by filter",
            "0 packets dropped by kernel",
        ]

    def _finish(self, proc: Any, status: int) -> None:
        proc.write(2, "".join(f"{line}\n" for line in self._counters()))
        proc.exit(status)
