"""traceroute and traceroute6 of BusyBox: one probe after the other (networking/traceroute.c)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPv4
from netsim.clock import MS, SECOND, US
from netsim.errors import EPERM, NetError, strerror
from netsim.kernel.inet.sock import PMTUDISC_DO, PMTUDISC_DONT
from netsim.machine.call import Call, Program, Result
from netsim.machine.getopt import Grammar
from netsim.programs.busybox.applet import Die, Options, die, ended, name_of, read_options, unsigned, usage
from netsim.programs.net.resolver import AF_INET, AF_INET6, LOOKUP_TIMER, SOCK_DGRAM, Lookup, getaddrinfo, getnameinfo, numeric

GRAMMAR = Grammar("FIlnrdv46", "fimpqstwzg")
INT_MAX = 0x7FFFFFFF
SHORTEST = {4: 46, 6: 72}
"""The least bytes of a packet, headers included."""
HEADERS = {4: 28, 6: 48}
BASE_PORT = 33434
MARKS4 = {0: " !N", 1: " !H", 2: " !P", 4: " !F-{mtu}", 5: " !S", 6: " !U", 7: " !W", 8: " !I", 9: " !A", 10: " !Z", 11: " !Q", 12: " !T", 13: " !X", 14: " !V",
          15: " !C"}  # fmt: skip
"""What follows the time of an answer `unreachable` of each code."""
MARKS6 = {0: " !N", 1: " !P", 2: " !S", 3: " !A"}
UNREACHABLE, PORT_UNREACHABLE = {4: 3, 6: 1}, {4: 3, 6: 4}
WAIT, NEXT = "wait", "next"


def _between(least: int, most: int) -> Any:
    return _Range(least, most).read


@attrs.frozen
class _Range:
    least: int
    most: int

    def read(self, applet: str, word: str) -> int:
        """A number in the range."""
        return unsigned(applet, word, self.most, self.least)


VALUES = {
    "f": _between(1, 255), "m": _between(1, 255), "q": _between(1, INT_MAX), "p": _between(1, 65535), "t": _between(0, 255), "w": _between(1, 86400),
    "z": _between(0, 86400),
}  # fmt: skip


def traceroute(call: Call) -> Any:
    """traceroute (BusyBox)."""
    return ended(_traceroute, call)


def _traceroute(call: Call) -> Result | Program:
    applet = name_of(call)
    options = read_options(call, GRAMMAR, VALUES)
    if not 1 <= len(options.words) <= 2:
        raise usage(applet)
    for letter in "Irg":
        if letter in options:
            raise die(applet, f"netsim: -{letter} is not modelled")
    family = AF_INET6 if applet == "traceroute6" or "6" in options else AF_INET if "4" in options else 0
    source = options.get("s")
    if source is not None and numeric(source) is None:
        raise die(applet, f"bad address '{source}'")
    return Traceroute(applet, options, options.words[0], getaddrinfo(call.proc, options.words[0], family))


@attrs.define(eq=False)
class Traceroute(Program):
    """One traceroute."""

    applet: str
    options: Options
    host: str
    lookup: Lookup
    version: int = 4
    target: Any = None
    size: int = 0
    ttl: int = 0
    probe: int = 0
    sequence: int = 0
    fd: int = -1
    sent_at: int = 0
    alarm: int = 0
    last: Any = None
    """Whose answer came last at this distance."""
    unreachable: int = 0
    is_there: int = 0
    naming: Lookup | None = None
    rest: str = ""
    """What is printed of an answer after its sender's name."""

    def started(self, proc: Any) -> None:
        """Begin when the address is known."""
        if self.lookup.done:
            self._begin(proc)

    def _complain(self, proc: Any, message: str) -> None:
        proc.write(2, f"{self.applet}: {message}\n")
        proc.exit(1)

    def _begin(self, proc: Any) -> None:
        if self.lookup.error:
            self._complain(proc, f"bad address '{self.host}'")
            return
        self.target = self.lookup.found[0]
        self.version = 4 if isinstance(self.target, IPv4) else 6
        least = SHORTEST[self.version]
        try:
            self.size = unsigned(self.applet, self.options.words[1], 32768, least) if len(self.options.words) > 1 else least
        except Die as end:
            proc.write(2, end.result.stderr)
            proc.exit(1)
            return
        if self._is_reachable(proc):
            source = f" from {self.options.get('s')}" if "s" in self.options else ""
            proc.write(1, f"traceroute to {self.host} ({self.target}){source}, {self.options.get('m', 30)} hops max, {self.size} byte packets\n")
            self.ttl = self.options.get("f", 1) - 1
            self._next_hop(proc)

    def _is_reachable(self, proc: Any) -> int:
        """It connects a socket to learn its own address; 0 where that failed, or where it may not have a raw one to hear answers by."""
        if not proc.capable("NET_RAW"):
            self._complain(proc, f"socket: {strerror(EPERM)}")
            return 0
        fd = self._socket(proc)
        if fd < 0:
            return 0
        try:
            proc.sock(fd).connect(self.target, 1025)
        except NetError as error:
            self._complain(proc, f"can't connect to remote host ({self.target}): {strerror(error.errno)}")
            return 0
        proc.close(fd)
        return 1

    def _socket(self, proc: Any) -> int:
        """A datagram socket as the options want it; -1 where that ended the command."""
        fd: int = proc.socket(AF_INET if self.version == 4 else AF_INET6, SOCK_DGRAM)
        sock = proc.sock(fd)
        sock.tos = self.options.get("t", 0)
        sock.pmtudisc = PMTUDISC_DO if "F" in self.options else PMTUDISC_DONT
        if "i" in self.options:
            try:
                sock.bind_to_device(self.options.get("i"))
            except NetError as error:
                proc.write(2, f"{self.applet}: can't bind to interface {self.options.get('i')}: {strerror(error.errno)}\n")
        if "s" in self.options:
            try:
                sock.bind(numeric(self.options.get("s")))
            except NetError:
                self._complain(proc, "can't set multicast source interface")
                return -1
        return fd

    def _next_hop(self, proc: Any) -> None:
        if self.ttl >= self.options.get("m", 30):
            proc.exit(0)
            return
        self.ttl += 1
        self.probe, self.last, self.unreachable, self.is_there = 0, None, 0, 0
        proc.write(1, f"{self.ttl:2d}")
        self._send(proc)

    def _send(self, proc: Any) -> None:
        """The next probe of this distance, or the end of the line."""
        if self.probe >= self.options.get("q", 3):
            proc.write(1, "\n")
            if self.is_there or (self.unreachable and self.unreachable >= self.options.get("q", 3) - 1):
                proc.exit(0)
            else:
                self._next_hop(proc)
            return
        self.probe += 1
        self.sequence += 1
        self.fd = self._socket(proc)
        if self.fd < 0:
            return
        sock = proc.sock(self.fd)
        sock.recverr = 1
        sock.ttl = self.ttl
        self.sent_at = proc.now()
        self.alarm = proc.timer(self.options.get("w", 3) * SECOND, WAIT)
        try:
            sock.sendto(bytes(max(0, self.size - HEADERS[self.version])), self.target, (self.options.get("p", BASE_PORT) + self.sequence) & 0xFFFF)
        except NetError as error:
            proc.write(2, f"{self.applet}: sendto: {strerror(error.errno)}\n")
            proc.exit(1)

    def readable(self, proc: Any, fd: int) -> None:
        """A name server's answer, or an error that a probe met with."""
        if not self.lookup.done:
            self.lookup.readable(proc)
            self.started(proc)
        elif self.naming is not None:
            self.naming.readable(proc)
            self._named(proc)
        elif fd == self.fd:
            entry = proc.sock(fd).next_error()
            if entry is not None and entry.offender is not None:
                self._heard(proc, entry)

    def _heard(self, proc: Any, entry: Any) -> None:
        took = (proc.now() - self.sent_at) // US
        proc.cancel_timer(self.alarm)
        mark = ""
        if entry.type == UNREACHABLE[self.version]:
            if entry.code == PORT_UNREACHABLE[self.version]:
                self.is_there = 1
            else:
                self.unreachable += 1
                marks = MARKS4 if self.version == 4 else MARKS6
                mark = marks.get(entry.code, f" !<{entry.code}>").replace("{mtu}", str(entry.info))
        self.rest = f"  {took // 1000}.{took % 1000:03d} ms{mark}"
        if entry.offender == self.last:
            self._go_on(proc, "")
            return
        self.last = entry.offender
        if "n" in self.options:
            self._go_on(proc, f"  {self.last}")
            return
        self.naming = getnameinfo(proc, self.last)
        self._named(proc)

    def _named(self, proc: Any) -> None:
        naming = self.naming
        if naming is None or not naming.done:
            return
        self.naming = None
        self._go_on(proc, f"  {naming.found[0] if not naming.error else self.last} ({self.last})")

    def _go_on(self, proc: Any, who: str) -> None:
        proc.write(1, who + self.rest)
        proc.close(self.fd)
        self.fd = -1
        pause = self.options.get("z", 0)
        if pause:
            proc.timer(pause * MS, NEXT)
        else:
            self._send(proc)

    def timer(self, proc: Any, token: Any) -> None:
        """A name server was silent, nothing came, or the pause is over."""
        if token == LOOKUP_TIMER:
            looked = self.naming or self.lookup
            looked.timed_out(proc)
            if self.naming is not None:
                self._named(proc)
            else:
                self.started(proc)
        elif token == WAIT:
            self.rest = "  *"
            self._go_on(proc, "")
        else:
            self._send(proc)
