"""The IPv6 header and its extension headers."""

from typing import Any

import attrs

from netsim.addr import IPv6
from netsim.packet.value import Payload, size_of
from netsim.values import quick, set_class, twin

ROUTER_ALERT_MLD = b"\x05\x02\x00\x00\x01\x00"
"""The hop-by-hop options of MLD messages: router alert (RFC 2711) and padding."""


@attrs.frozen(init=False, weakref_slot=False)
class Ip6:
    """An IPv6 packet. `nexthdr` names the payload, which may be an extension header with its own payload."""

    src: IPv6
    dst: IPv6
    nexthdr: int
    hop_limit: int
    tclass: int
    flowlabel: int
    payload: Payload
    size: int = attrs.field(init=False, eq=False, repr=False)
    """Bytes on the wire, the 40 of the header included."""

    def __init__(
        self,
        src: IPv6,
        dst: IPv6,
        nexthdr: int,
        hop_limit: int = 64,
        tclass: int = 0,
        flowlabel: int = 0,
        payload: Payload = b"",
    ) -> None:
        raw: Any = self
        set_class(raw, _Ip6)
        raw.src = src
        raw.dst = dst
        raw.nexthdr = nexthdr
        raw.hop_limit = hop_limit
        raw.tclass = tclass
        raw.flowlabel = flowlabel
        raw.payload = payload
        raw.size = 40 + (len(payload) if isinstance(payload, bytes) else payload.size)
        raw.__class__ = Ip6

    def with_src(self, src: IPv6) -> "Ip6":
        """The same packet from another source."""
        s = self
        return Ip6(src, s.dst, s.nexthdr, s.hop_limit, s.tclass, s.flowlabel, s.payload)

    def with_dst(self, dst: IPv6) -> "Ip6":
        """The same packet to another destination."""
        s = self
        return Ip6(s.src, dst, s.nexthdr, s.hop_limit, s.tclass, s.flowlabel, s.payload)

    def with_hop_limit(self, hop_limit: int) -> "Ip6":
        """The same packet with another hop limit."""
        s = self
        return Ip6(s.src, s.dst, s.nexthdr, hop_limit, s.tclass, s.flowlabel, s.payload)

    def with_tclass(self, tclass: int) -> "Ip6":
        """The same packet with another traffic class."""
        s = self
        return Ip6(s.src, s.dst, s.nexthdr, s.hop_limit, tclass, s.flowlabel, s.payload)

    def with_payload(self, payload: Payload) -> "Ip6":
        """The same header around another payload of the same kind."""
        s = self
        return Ip6(s.src, s.dst, s.nexthdr, s.hop_limit, s.tclass, s.flowlabel, payload)

    def with_content(self, nexthdr: int, payload: Payload) -> "Ip6":
        """The same ends around another kind of payload (an extension header pushed or pulled)."""
        s = self
        return Ip6(s.src, s.dst, nexthdr, s.hop_limit, s.tclass, s.flowlabel, payload)

    def with_ends(self, src: IPv6, dst: IPv6, payload: Payload) -> "Ip6":
        """The same packet between other ends, in one step for address translation."""
        s = self
        return Ip6(src, dst, s.nexthdr, s.hop_limit, s.tclass, s.flowlabel, payload)


_Ip6 = twin(Ip6)


@quick
@attrs.frozen(weakref_slot=False)
class HopByHop:
    """Hop-by-hop options (next header 0): raw option bytes, a multiple of eight less two."""

    nexthdr: int
    options: bytes
    payload: Payload

    def with_payload(self, payload: Payload) -> "HopByHop":
        """The same header around another payload."""
        return HopByHop(self.nexthdr, self.options, payload)

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return 2 + len(self.options) + size_of(self.payload)

    @property
    def router_alert(self) -> int | None:
        """The value of a router alert option (0: MLD), or None."""
        options = self.options
        at = 0
        while at + 1 < len(options):
            kind, length = options[at], options[at + 1]
            if kind == 5 and length == 2:
                return int.from_bytes(options[at + 2 : at + 4], "big")
            at += 1 if kind == 0 else 2 + length
        return None


@attrs.frozen
class DestOpts:
    """Destination options (next header 60): raw option bytes, a multiple of eight less two."""

    nexthdr: int
    options: bytes
    payload: Payload

    def with_payload(self, payload: Payload) -> "DestOpts":
        """The same header around another payload."""
        return DestOpts(self.nexthdr, self.options, payload)

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return 2 + len(self.options) + size_of(self.payload)


@attrs.frozen
class Routing:
    """A routing header (next header 43): `data` is what follows the four fixed octets, a multiple of eight less four."""

    nexthdr: int
    type: int
    segments_left: int
    data: bytes
    payload: Payload

    def with_payload(self, payload: Payload) -> "Routing":
        """The same header around another payload."""
        return Routing(self.nexthdr, self.type, self.segments_left, self.data, payload)

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return 4 + len(self.data) + size_of(self.payload)


@attrs.frozen
class Fragment:
    """A fragment header (next header 44): `offset` in bytes, `more` 1 on all fragments but the last."""

    nexthdr: int
    offset: int
    more: int
    ident: int
    payload: bytes

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return 8 + len(self.payload)
