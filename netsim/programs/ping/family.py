"""What differs between ping's two protocols: sockets, probes, replies and errors."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPv4, IPv6
from netsim.kernel.inet.sock import ORIGIN_LOCAL
from netsim.kernel.ipv6.exthdrs import upper_of
from netsim.packet import Icmp6Echo, IcmpEcho, IcmpError, Ip, Ip6
from netsim.programs.ping.text import icmp6_text, icmp_text
from netsim.values import quick


@quick
@attrs.frozen(weakref_slot=False)
class Heard:
    """Something that came back: a "reply", an "error" (counted), or a "notice" (a redirect)."""

    kind: str
    sender: Any = ""
    """An address, or already as lines show it."""
    seq: int = 0
    text: str = ""
    local: bool = False
    size: int = 0
    ttl: int = -1
    time: int = 0
    ident: int = 0


@attrs.define(eq=False)
class Family:
    """A protocol's side of ping."""

    hostname: str
    target: Any
    ident: int
    data: bytes
    names: dict[str, str]
    fd: int = -1

    def shown(self, address: Any) -> str:
        """An address as lines show it: with its name when one was looked up."""
        name = self.names.get(str(address)) if self.names and type(address) is not str else None
        return f"{name} ({address})" if name else str(address)

    def probe(self, proc: Any, fd: int, seq: int) -> None:
        """Send one echo request."""
        raise NotImplementedError

    def hear(self, proc: Any, fd: int) -> Heard | None:
        """The next thing that matters, None when nothing waits."""
        raise NotImplementedError

    def hear_error(self, proc: Any, fd: int) -> Heard | None:
        """The next entry of the error queue that is about our probes."""
        raise NotImplementedError


@attrs.define(eq=False)
class Family4(Family):
    """ping over IPv4."""

    route: bytes = b""
    """The last route recorded."""

    def probe(self, proc: Any, fd: int, seq: int) -> None:
        """Send one echo request."""
        proc.sock(fd).sendto(IcmpEcho(8, 0, self.ident, seq, self.data), self.target)

    def hear(self, proc: Any, fd: int) -> Heard | None:
        """Errors first, then replies; what is not ours is passed over."""
        sock = proc.sock(fd)
        error = self.hear_error(proc, fd) if sock.errors else None
        if error is not None:
            return error
        sock.so_error = 0
        while (received := sock.recvfrom()) is not None:
            message = received.data
            if isinstance(message, IcmpEcho) and message.type == 0 and message.ident == self.ident:
                return Heard(
                    "reply",
                    received.src,
                    message.seq,
                    self._options_text(received.packet) if received.packet.options else "",
                    False,
                    message.size,
                    received.ttl,
                    received.time,
                    message.ident,
                )
            if isinstance(message, IcmpError) and message.type in (4, 5) and self._is_ours(message.inner):
                inner: Any = message.inner
                return Heard("notice", self.shown(received.src), inner.payload.seq, icmp_text(message.type, message.code, message.rest))
        return None

    def _is_ours(self, inner: Any) -> bool:
        return isinstance(inner, Ip) and isinstance(inner.payload, IcmpEcho) and inner.payload.type == 8 and inner.payload.ident == self.ident

    def hear_error(self, proc: Any, fd: int) -> Heard | None:
        """The next entry of the error queue that is about our probes."""
        sock = proc.sock(fd)
        while (entry := sock.next_error()) is not None:
            if entry.origin == ORIGIN_LOCAL:
                return Heard("error", text=f"message too long, mtu={entry.info}", local=True)
            if self._is_ours(entry.packet):
                return Heard("error", self.shown(entry.offender), entry.packet.payload.seq, icmp_text(entry.type, entry.code, entry.info))
        return None

    def _options_text(self, packet: Any) -> str:
        """Recorded routes and time stamps below a reply line (`pr_options`)."""
        options = packet.options
        place, text = 0, ""
        while place < len(options) and options[place]:
            if options[place] == 1:
                place += 1
                continue
            length = max(2, options[place + 1]) if place + 1 < len(options) else 2
            if options[place] == 7:
                told = options[place + 3 : place + options[place + 2] - 1]
                hops = [IPv4.from_bytes(told[at : at + 4], "big") for at in range(0, len(told), 4)]
                text += "\t(same route)" if told == self.route else "\nRR: " + "".join(f"\t{IPv4(hop)}\n" for hop in hops)
                self.route = told
            place += length
        return text


@attrs.define(eq=False)
class Family6(Family):
    """ping over IPv6."""

    def probe(self, proc: Any, fd: int, seq: int) -> None:
        """Send one echo request."""
        proc.sock(fd).sendto(Icmp6Echo(128, 0, self.ident, seq, self.data), self.target)

    def placed(self, proc: Any, address: Any, ifindex: int) -> str:
        """An address as lines show it; link-local ones with the device they are on."""
        dev = proc.netns.devices.get(ifindex) if isinstance(address, IPv6) and (address.is_linklocal or address.is_linklocal_multicast) else None
        return self.shown(address) if dev is None else f"{address}%{dev.name}"

    def hear(self, proc: Any, fd: int) -> Heard | None:
        """Errors first, then replies; what is not ours is passed over."""
        error = self.hear_error(proc, fd)
        if error is not None:
            return error
        sock = proc.sock(fd)
        sock.so_error = 0
        while (received := sock.recvfrom()) is not None:
            message = received.data
            if isinstance(message, Icmp6Echo) and message.type == 129 and message.ident == self.ident:
                sender = self.placed(proc, received.src, received.ifindex)
                return Heard("reply", sender, message.seq, "", False, message.size, received.ttl, received.time, message.ident)
        return None

    def hear_error(self, proc: Any, fd: int) -> Heard | None:
        """The next entry of the error queue that is about our probes."""
        sock = proc.sock(fd)
        while (entry := sock.next_error()) is not None:
            if entry.origin == ORIGIN_LOCAL:
                return Heard("error", text=f"message too long, mtu: {entry.info}", local=True)
            if not isinstance(entry.packet, Ip6) or entry.packet.dst != self.target:
                continue
            payload = upper_of(entry.packet).payload
            if isinstance(payload, Icmp6Echo) and payload.type == 128 and payload.ident == self.ident:
                sender = self.placed(proc, entry.offender, entry.ifindex)
                return Heard("error", sender, payload.seq, icmp6_text(entry.type, entry.code, entry.info))
        return None
