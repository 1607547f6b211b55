"""A program that tries what is asked: looks a name up, then connects, sends a datagram or pings, once."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPv4, IPv6
from netsim.analysis.target import ICMP, TCP, UDP
from netsim.clock import MS, SECOND
from netsim.errors import EINPROGRESS, NetError
from netsim.kernel.inet.sock import PMTUDISC_DO
from netsim.machine.call import Program
from netsim.packet import Icmp6Echo, IcmpEcho
from netsim.programs.net.resolver import Lookup, getaddrinfo

AF_INET, AF_INET6, SOCK_STREAM, SOCK_DGRAM, SOCK_RAW = 2, 10, 1, 2, 3
PATIENCE = {TCP: 8 * SECOND, UDP: 4 * SECOND, ICMP: 4 * SECOND}
"""How long an answer is waited for: three SYNs, or the three seconds that a silent neighbour is asked."""
SETTLE = 300 * MS
"""How long a connection is watched after it came about: a relay may close it at once."""
GIVE_UP = "give up"
SETTLED = "settled"
PAYLOADS = {TCP: b"", UDP: b"netsim probe", ICMP: bytes(range(56))}
"""What is sent: a ping is as long as ping makes it, TCP only connects."""


@attrs.define(eq=False)
class Probe(Program):
    """One attempt. `outcome` is "answered", "sent", "silent" or "refused" (then `errno` says how), or "unnamed" with `resolver`'s error."""

    name: str
    target: IPv4 | IPv6 | None
    protocol: str
    port: int
    ident: int
    data: bytes
    may_fragment: int = 1
    lookup: Lookup | None = None
    fd: int = -1
    source: IPv4 | IPv6 | None = None
    source_port: int = 0
    outcome: str = "silent"
    errno: int = 0
    is_connected: int = 0
    began: int = 0
    """When the attempt itself began, after the name was found (ns)."""

    def started(self, proc: Any) -> None:
        """Look the name up, or go."""
        if self.target is not None:
            self._go(proc)
            return
        self.lookup = getaddrinfo(proc, self.name)
        self._looked_up(proc)

    def readable(self, proc: Any, fd: int) -> None:
        """An answer of a name server, or of the target."""
        if self.lookup is not None and not self.lookup.done:
            self.lookup.readable(proc)
            self._looked_up(proc)
        elif fd == self.fd:
            self._hear(proc)

    def timer(self, proc: Any, token: Any) -> None:
        """A name server was silent, the connection has settled, or patience is over."""
        if self.lookup is not None and not self.lookup.done:
            self.lookup.timed_out(proc)
            self._looked_up(proc)
        elif token == SETTLED and self.data and self.protocol == TCP:
            self._is_taken(proc)
        elif token in (GIVE_UP, SETTLED):
            proc.exit(0)

    def _looked_up(self, proc: Any) -> None:
        lookup = self.lookup
        if lookup is None or not lookup.done:
            return
        if lookup.error or not lookup.found:
            self.outcome = "unnamed"
            proc.exit(0)
            return
        self.target = lookup.found[0]
        self._go(proc)

    def _go(self, proc: Any) -> None:
        self.began = proc.now()
        try:
            if self.protocol == ICMP:
                self._ping(proc)
            else:
                self._connect(proc)
        except NetError as error:
            if error.errno != EINPROGRESS:
                self._refused(proc, error.errno)
                return
        if proc.status is None:
            proc.timer(PATIENCE[self.protocol], GIVE_UP)

    def _connect(self, proc: Any) -> None:
        family = AF_INET if isinstance(self.target, IPv4) else AF_INET6
        self.fd = proc.socket(family, SOCK_STREAM if self.protocol == TCP else SOCK_DGRAM)
        sock = proc.sock(self.fd)
        if self.protocol == UDP:
            sock.set("recverr", 1)
            if not self.may_fragment:
                sock.set("pmtudisc", PMTUDISC_DO)
        try:
            sock.connect(self.target, self.port)
        finally:
            self.source, self.source_port = sock.laddr, sock.lport
        if self.protocol == UDP:
            self.outcome = "sent"
            sock.send(self.data)

    def _ping(self, proc: Any) -> None:
        if isinstance(self.target, IPv4):
            self.fd = proc.socket(AF_INET, SOCK_RAW, 1)
            message: Any = IcmpEcho(8, 0, self.ident, 1, self.data)
        else:
            self.fd = proc.socket(AF_INET6, SOCK_RAW, 58)
            message = Icmp6Echo(128, 0, self.ident, 1, self.data)
        sock = proc.sock(self.fd)
        sock.set("recverr", 1)
        if not self.may_fragment:
            sock.set("pmtudisc", PMTUDISC_DO)
        sock.sendto(message, self.target)

    def writable(self, proc: Any, fd: int) -> None:
        """The connection was decided."""
        if fd != self.fd or self.protocol != TCP or self.is_connected:
            return
        try:
            proc.sock(fd).raise_pending()
        except NetError as error:
            self._refused(proc, error.errno)
            return
        self.is_connected = 1
        if self.data:
            proc.sock(fd).send(self.data)
        else:
            self.outcome = "answered"
        proc.timer(SETTLE, SETTLED)

    def _is_taken(self, proc: Any) -> None:
        """Whether the other end has acknowledged all that was sent; it is waited for until patience is over."""
        sock = proc.sock(self.fd)
        if sock.outgoing or sock.unacked:
            proc.timer(SETTLE, SETTLED)
        else:
            self.outcome = "answered"
            proc.exit(0)

    def _hear(self, proc: Any) -> None:
        if self.protocol == TCP:
            self._hear_stream(proc)
        else:
            self._hear_message(proc)

    def _hear_stream(self, proc: Any) -> None:
        try:
            while (data := proc.sock(self.fd).recv()) is not None:
                if not data:
                    return
        except NetError as error:
            self._refused(proc, error.errno)

    def _hear_message(self, proc: Any) -> None:
        sock = proc.sock(self.fd)
        while (entry := sock.next_error()) is not None:
            if self.protocol == UDP or self._is_ours(entry.packet):
                self._refused(proc, entry.errno)
                return
        sock.so_error = 0
        while (received := sock.recvfrom()) is not None:
            message = received.data
            if self.protocol == UDP or (getattr(message, "ident", None) == self.ident and message.type in (0, 129)):
                self.outcome = "answered"
                proc.exit(0)
                return

    def _is_ours(self, packet: Any) -> bool:
        return getattr(getattr(packet, "payload", None), "ident", None) == self.ident

    def _refused(self, proc: Any, errno: int) -> None:
        self.outcome, self.errno = "refused", errno
        proc.exit(0)
