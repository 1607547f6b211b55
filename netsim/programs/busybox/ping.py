"""ping and ping6 of BusyBox: one line for each reply, nothing for errors that routers report (networking/ping.c)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import attrs

from netsim.addr import IPV4_LOOPBACK, IPV6_LOOPBACK, IPv4, IPv6
from netsim.clock import MS, SECOND, US
from netsim.errors import EACCES, EPERM, NetError, strerror
from netsim.machine.call import Call, Program, Result
from netsim.machine.getopt import Grammar
from netsim.packet import Icmp6Echo, IcmpEcho
from netsim.programs.busybox.applet import Options, byte_hex, counting, die, duration_ms, ended, name_of, read_words, short, usage
from netsim.programs.net.resolver import LOOKUP_TIMER, Lookup, getaddrinfo, numeric

AF_INET, AF_INET6, SOCK_RAW, ICMP, ICMPV6 = 2, 10, 3, 1, 58
GRAMMAR = Grammar("qA46", "csIWwtip")
VALUES = {"c": counting, "s": short, "W": counting, "w": counting, "t": counting, "i": duration_ms, "p": byte_hex}
ROOM_FOR_TIME = 4
"""Bytes of data that hold the moment of sending; shorter probes are not timed."""
SIGINT = 2
ALARM, LAST = "alarm", "last"


def ping(call: Call) -> Any:
    """ping (BusyBox)."""
    return ended(_ping, call)


def _ping(call: Call) -> Result | Program:
    applet = name_of(call)
    options = _options(call.argv)
    if len(options.words) != 1:
        raise usage(applet)
    family = AF_INET6 if applet == "ping6" or "6" in options else AF_INET if "4" in options else 0
    source, device = _origin(call, applet, options)
    lookup = getaddrinfo(call.proc, options.words[0], family)
    return Ping(applet, options.words[0], lookup, options, source, device)


@lru_cache(maxsize=1024)
def _options(argv: tuple[str, ...]) -> Options:
    """What the same words mean each time."""
    return read_words(argv, GRAMMAR, VALUES)


def _origin(call: Call, applet: str, options: Options) -> tuple[IPv4 | IPv6 | None, str]:
    """-I: a device, or else an address of the host's own."""
    word = options.get("I")
    if word is None:
        return None, ""
    if call.netns.device(word) is not None:
        return None, word
    address = numeric(word)
    if address is None:
        raise die(applet, f"bad address '{word}'")
    return address, ""


@attrs.define(eq=False)
class Ping(Program):
    """One ping: looks its host up, sends a probe each interval, and ends with the statistics."""

    applet: str
    hostname: str
    lookup: Lookup
    options: Options
    source: IPv4 | IPv6 | None
    device: str
    target: IPv4 | IPv6 | None = None
    zone: int = 0
    fd: int = -1
    started_at: int = 0
    sent: int = 0
    received: int = 0
    repeats: int = 0
    seen: set[int] = attrs.field(factory=set)
    sent_at: dict[int, int] = attrs.field(factory=dict)
    fastest: int = -1
    slowest: int = 0
    total: int = 0
    alarm: int = 0

    def started(self, proc: Any) -> None:
        """Begin when the address is known."""
        if self.lookup.done:
            self._begin(proc)

    def _complain(self, proc: Any, message: str) -> None:
        proc.write(2, f"{self.applet}: {message}\n")
        proc.exit(1)

    def _begin(self, proc: Any) -> None:
        if self.lookup.error or not self.lookup.found:
            self._complain(proc, f"bad address '{self.hostname}'")
            return
        self.target = self.lookup.found[0]
        _, percent, zone = self.hostname.partition("%")
        if percent and ":" in self.hostname:
            dev = proc.netns.device(zone)
            self.zone = dev.ifindex if dev is not None else 0
            if not self.zone:
                self._complain(proc, f"bad address '{self.hostname}'")
                return
        is_four = isinstance(self.target, IPv4)
        if self.source is not None and isinstance(self.source, IPv4) != is_four:
            self.source = None
        origin = f" from {self.source}" if self.source is not None else ""
        shown = f"{self.target}%{self.hostname.partition('%')[2]}" if self.zone else str(self.target)
        proc.write(1, f"PING {self.hostname} ({shown}){origin}: {self.options.get('s', 56)} data bytes\n")
        try:
            self.fd = proc.socket(AF_INET if is_four else AF_INET6, SOCK_RAW, ICMP if is_four else ICMPV6)
        except NetError as error:
            self._complain(proc, "permission denied (are you root?)" if error.errno in (EPERM, EACCES) else f"socket: {strerror(error.errno)}")
            return
        if self._prepared(proc, is_four=is_four):
            self.started_at = proc.now()
            self._send(proc)

    def _prepared(self, proc: Any, *, is_four: bool) -> int:
        """Set the socket's options; 0 when that ended it."""
        sock = proc.sock(self.fd)
        sock.broadcast = 1
        if self.zone:
            sock.bound_dev = self.zone
        if self.options.get("t") is not None and is_four:
            sock.ttl = sock.multicast_ttl = self.options.get("t") & 0xFF
        try:
            if self.device:
                sock.bind_to_device(self.device)
            if self.source is not None:
                sock.bind(self.source)
        except NetError as error:
            self._complain(proc, "can't set multicast source interface" if is_four else f"bind: {strerror(error.errno)}")
            return 0
        return 1

    def _send(self, proc: Any) -> None:
        """One probe, and the alarm for what comes after it."""
        deadline = self.options.get("w")
        if deadline and proc.now() - self.started_at >= deadline * SECOND:
            self._finish(proc)
            return
        seq = self.sent & 0xFFFF
        data = bytes([self.options.get("p", 0)]) * self.options.get("s", 56)
        ident = proc.inner_pid() & 0xFFFF
        echo = IcmpEcho(8, 0, ident, seq, data) if isinstance(self.target, IPv4) else Icmp6Echo(128, 0, ident, seq, data)
        self.sent += 1
        self.seen.discard(seq)
        self.sent_at[seq] = proc.now()
        try:
            proc.sock(self.fd).sendto(echo, self.target or (IPV4_LOOPBACK if isinstance(self.target, IPv4) else IPV6_LOOPBACK))
        except NetError as error:
            self._complain(proc, f"sendto: {strerror(error.errno)}")
            return
        self._arm(proc)

    def _arm(self, proc: Any) -> None:
        count = self.options.get("c", 0)
        if self.alarm:
            proc.cancel_timer(self.alarm)
            self.alarm = 0
        if not count or self.sent < count:
            interval = self.options.get("i", 1000) * MS
            if interval:
                self.alarm = proc.timer(interval, ALARM)
            return
        wait = self.options.get("W", 10) * SECOND
        if self.received:
            wait = max(1, self.slowest // (512 * 1024)) * SECOND
        deadline = self.options.get("w")
        if deadline:
            wait = min(wait, max(0, self.started_at + deadline * SECOND - proc.now())) or 1
        if wait:
            self.alarm = proc.timer(wait, LAST)

    def readable(self, proc: Any, fd: int) -> None:
        """An answer of the name server's, or a reply."""
        if not self.lookup.done:
            self.lookup.readable(proc)
            self.started(proc)
            return
        while fd == self.fd and proc.status is None:
            sock = proc.sock(self.fd)
            sock.so_error = 0
            received = sock.recvfrom()
            if received is None:
                return
            message = received.data
            if isinstance(message, IcmpEcho | Icmp6Echo) and message.type in (0, 129) and message.ident == proc.inner_pid() & 0xFFFF:
                self._reply(proc, received)

    def _reply(self, proc: Any, received: Any) -> None:
        message = received.data
        self.received += 1
        sent_at = self.sent_at.get(message.seq)
        took = max(0, received.time - sent_at) // US if sent_at is not None and len(message.data) >= ROOM_FOR_TIME else None
        if took is not None:
            self.total += took
            self.fastest = took if self.fastest < 0 else min(self.fastest, took)
            self.slowest = max(self.slowest, took)
        is_repeat = message.seq in self.seen
        self.seen.add(message.seq)
        if is_repeat:
            self.repeats += 1
            self.received -= 1
        if "q" not in self.options:
            timing = f" time={took // 1000}.{took % 1000:03d} ms" if took is not None else ""
            proc.write(1, f"{message.size} bytes from {received.src}: seq={message.seq} ttl={received.ttl}{timing}{' (DUP!)' if is_repeat else ''}\n")
        count = self.options.get("c", 0)
        if count and self.received >= count:
            self._finish(proc)
        elif "A" in self.options and not is_repeat and (not count or self.sent < count):
            self._send(proc)

    def timer(self, proc: Any, token: Any) -> None:
        """The server was silent, the next probe is due, or nothing came."""
        if token == LOOKUP_TIMER:
            self.lookup.timed_out(proc)
            self.started(proc)
        elif token == ALARM:
            self._send(proc)
        else:
            self._finish(proc)

    def signal(self, proc: Any, signum: int) -> None:
        """Ctrl-C ends with the statistics."""
        if signum == SIGINT and self.target is not None:
            self._finish(proc)
        else:
            proc.die(signum)

    def _finish(self, proc: Any) -> None:
        lost = (self.sent - self.received) * 100 // self.sent if self.sent else 0
        repeats = f"{self.repeats} duplicates, " if self.repeats else ""
        loss = f"{repeats}{lost}% packet loss" if self.sent else repeats.rstrip(", ")
        text = f"\n--- {self.hostname} ping statistics ---\n{self.sent} packets transmitted, {self.received} packets received, {loss}\n"
        if self.fastest >= 0:
            average = self.total // (self.received + self.repeats)
            numbers = "/".join(f"{value // 1000}.{value % 1000:03d}" for value in (self.fastest, average, self.slowest))
            text += f"round-trip min/avg/max = {numbers} ms\n"
        proc.write(1, text)
        deadline = self.options.get("w")
        proc.exit(int(not self.received or bool(deadline and self.received < self.options.get("c", 0))))
