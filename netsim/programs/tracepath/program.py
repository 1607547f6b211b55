"""tracepath as it runs: one probe after the other with a growing TTL, everything heard from the error queue (`probe_ttl`, `recverr`)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPv4, IPv6
from netsim.clock import SECOND, US
from netsim.errors import EACCES, ECONNREFUSED, EHOSTUNREACH, EMSGSIZE, ENETUNREACH, EPROTO, ETIMEDOUT, NetError, strerror
from netsim.kernel.inet.sock import ORIGIN_LOCAL, SockError
from netsim.kernel.ipv6.exthdrs import upper_of
from netsim.machine.call import Program
from netsim.machine.resolver import name_of, zoned
from netsim.packet import Ip, Ip6, Udp

OVERHEAD, OVERHEAD6 = 28, 48
"""Bytes of headers before a probe's data."""
LONGEST = 128000
SLOTS = 64
TRIES = 3
SENDS = 10
COLUMN = 52
HEADER = 24
"""Bytes of a probe's own header: its TTL and when it was sent."""


@attrs.define(eq=False)
class Options:
    """What was asked for; `length` 0: as long as the path takes."""

    family: int = 0
    length: int = 0
    hops: int = 30
    port: int = 0
    flags: set[str] = attrs.field(factory=set)


@attrs.frozen
class Sent:
    """A probe under way."""

    hops: int
    time: int


def hops_from(ttl: int) -> int:
    """How many hops an answer with this TTL came."""
    return (65 if ttl <= 64 else 129 if ttl <= 128 else 256) - ttl


@attrs.define(eq=False)
class Tracepath(Program):
    """One tracepath; `sent` by destination port, which counts up with `slot`."""

    options: Options
    target: IPv4 | IPv6
    fd: int
    mtu: int
    ttl: int = 1
    tries: int = 0
    slot: int = 0
    sent: dict[int, Sent] = attrs.field(factory=dict)
    mtu_before: int = 0
    hops_to: int = -1
    hops_back: int = -1
    alarm: int | None = None
    overhead: int = OVERHEAD
    most: int = 65535 + OVERHEAD
    """The longest probe that is tried."""

    def started(self, proc: Any) -> None:
        """The first probe."""
        if self.options.hops < 1:
            self._too_many(proc)
            return
        self._probe(proc)

    def timer(self, proc: Any, token: Any) -> None:
        """A second without an answer."""
        self.alarm = None
        self._answered(proc)

    def readable(self, proc: Any, fd: int) -> None:
        """Something came while we wait."""
        sock = proc.sock(self.fd)
        if self.alarm is not None and (sock.errors or sock.queue):
            proc.cancel_timer(self.alarm)
            self.alarm = None
            self._answered(proc)

    def _probe(self, proc: Any) -> None:
        """Send one probe; what the kernel itself has to say about its length is heard at once (`probe_ttl`)."""
        sock = proc.sock(self.fd)
        sock.ttl = sock.multicast_ttl = self.ttl
        self.mtu_before = self.mtu
        left = SENDS
        while left:
            left -= 1
            port = self.options.port + self.slot & 0xFFFF
            self.sent[port] = Sent(self.ttl, proc.now())
            try:
                sock.sendto(bytes(min(self.mtu, self.most) - self.overhead), self.target, port)
            except NetError:
                outcome = self._errors(proc)
                self.sent.pop(port, None)
                if outcome == 0:
                    self._turn(proc, 0)
                    return
                if outcome > 0:
                    left = SENDS
                continue
            self.slot = (self.slot + 1) % SLOTS
            self.alarm = proc.timer(SECOND, None)
            return
        self.slot = (self.slot + 1) % SLOTS
        proc.write(1, f"{self.ttl:2d}:  send failed\n")
        self._turn(proc, 0)

    def _answered(self, proc: Any) -> None:
        """After the wait: a datagram, or errors."""
        sock = proc.sock(self.fd)
        if not sock.errors and sock.queue:
            sock.queue.pop(0)
            proc.write(1, f"{self.ttl:2d}?: reply received 8)\n")
            self._turn(proc, 0)
            return
        self._turn(proc, self._errors(proc))

    def _turn(self, proc: Any, outcome: int) -> None:
        """What a probe's outcome leads to: 0 the end, > 0 the next hop, < 0 another try."""
        if self.mtu != self.mtu_before:
            self.tries = 0
            self._probe(proc)
            return
        if outcome == 0:
            self._resume(proc)
            return
        self.tries += 1
        if outcome < 0 and self.tries < TRIES:
            self._probe(proc)
            return
        if outcome < 0:
            proc.write(1, f"{self.ttl:2d}:  no reply\n")
        self.tries = 0
        self.ttl += 1
        if self.ttl > self.options.hops:
            self._too_many(proc)
        else:
            self._probe(proc)

    def _too_many(self, proc: Any) -> None:
        proc.write(1, f"     Too many hops: pmtu {self.mtu}\n")
        self._resume(proc)

    def _resume(self, proc: Any) -> None:
        hops = f"hops {self.hops_to} " if self.hops_to >= 0 else ""
        back = f"back {self.hops_back} " if self.hops_back >= 0 else ""
        proc.write(1, f"     Resume: pmtu {self.mtu} {hops}{back}\n")
        proc.exit(0)

    # errors --------------------------------------------------------------------------------------------------------------

    def _errors(self, proc: Any) -> int:
        """Print the error queue: 0 when something ends the path, else the path MTU, -1 when nothing was there (`recverr`)."""
        progress = -1
        sock = proc.sock(self.fd)
        while (entry := sock.next_error()) is not None:
            progress = self.mtu
            if not self._error(proc, entry):
                return 0
            progress = self.mtu
        return progress

    def _error(self, proc: Any, entry: SockError) -> bool:
        """One entry's line; False when it is the end."""
        inner = entry.packet.payload if isinstance(entry.packet, Ip) else upper_of(entry.packet).payload if isinstance(entry.packet, Ip6) else None
        known = self.sent.pop(inner.dport, None) if isinstance(inner, Udp) else None
        if entry.origin == ORIGIN_LOCAL and isinstance(self.target, IPv6):
            known = self.sent.pop(self.options.port + self.slot & 0xFFFF, None)  # IPv6 says whom a local error is about (`ipv6_local_error`)
        if entry.origin == ORIGIN_LOCAL:
            text = f"{self.ttl:2d}?: {'[LOCALHOST]':<32s} "
        else:
            text = f"{known.hops:2d}:  " if known is not None else f"{self.ttl:2d}?: "
            text += self._column(proc, entry.offender, entry.ifindex)
        if known is not None:
            took = (proc.now() - known.time) // US
            text += f"{took // 1000:3d}.{took % 1000:03d}ms "
        back = hops_from(entry.ttl) if entry.ttl else -1
        if entry.errno == ECONNREFUSED:
            self.hops_to = known.hops if known is not None else self.ttl
            self.hops_back = back
        mark, goes_on = self._verdict(entry, back, known)
        proc.write(1, f"{text}{mark}\n")
        if mark == "" and not goes_on:
            proc.write(2, f"NET ERROR: {strerror(entry.errno)}\n")
        return goes_on

    def _verdict(self, entry: SockError, back: int, known: Sent | None) -> tuple[str, bool]:
        """The word at the end of a line, and whether the path goes on."""
        if entry.errno == ETIMEDOUT:
            return "", True
        if entry.errno == EMSGSIZE:
            self.mtu = entry.info
            return f"pmtu {entry.info}", True
        if (
            entry.errno == EHOSTUNREACH
            and entry.origin != ORIGIN_LOCAL
            and (entry.type, entry.code) == (11 if isinstance(self.target, IPv4) else 3, 0)
        ):
            asymmetric = back >= 0 and back != (known.hops if known is not None else self.ttl)
            return f"asymm {back:2d} " if asymmetric else "", True
        words = {ECONNREFUSED: "reached", EPROTO: "!P", EHOSTUNREACH: "!H", ENETUNREACH: "!N", EACCES: "!A"}
        return words.get(entry.errno, ""), False

    def _column(self, proc: Any, address: IPv4 | IPv6, ifindex: int) -> str:
        """Who answered: by name, by number, or both, padded."""
        flags = self.options.flags
        name = (name_of(proc, address) or "???") if flags & {"b"} or "n" not in flags else ""
        text = zoned(proc.netns, address, ifindex) if "n" in flags else name
        if "b" in flags:
            text += f" ({name if 'n' in flags else address})"
        return text + " " * (COLUMN - min(len(text), COLUMN - 1))
