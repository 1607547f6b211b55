"""The IPv4 header."""

from typing import Any

import attrs

from netsim.addr import IPv4
from netsim.packet.value import Payload
from netsim.values import set_class, twin


@attrs.frozen(init=False, weakref_slot=False)
class Ip:
    """An IPv4 packet. `flags` are `IP_DF | IP_MF`, `offset` is in bytes, `options` are the header's raw option bytes (a multiple of four).

    A fragment (offset or MF set) carries bytes. Checksum and lengths are the codec's business.
    """

    src: IPv4
    dst: IPv4
    protocol: int
    ttl: int
    tos: int
    ident: int
    flags: int
    offset: int
    options: bytes
    payload: Payload
    size: int = attrs.field(init=False, eq=False, repr=False)
    """Bytes on the wire: what the total length field says."""

    def __init__(
        self,
        src: IPv4,
        dst: IPv4,
        protocol: int,
        ttl: int = 64,
        tos: int = 0,
        ident: int = 0,
        flags: int = 0,
        offset: int = 0,
        options: bytes = b"",
        payload: Payload = b"",
    ) -> None:
        raw: Any = self
        set_class(raw, _Ip)
        raw.src = src
        raw.dst = dst
        raw.protocol = protocol
        raw.ttl = ttl
        raw.tos = tos
        raw.ident = ident
        raw.flags = flags
        raw.offset = offset
        raw.options = options
        raw.payload = payload
        raw.size = 20 + len(options) + (len(payload) if isinstance(payload, bytes) else payload.size)
        raw.__class__ = Ip

    @property
    def is_fragment(self) -> bool:
        """Whether this is a part of a packet only (`ip_is_fragment`)."""
        return self.offset != 0 or self.flags & 1 == 1

    @property
    def header_size(self) -> int:
        """Bytes of the header with its options."""
        return 20 + len(self.options)

    def with_src(self, src: IPv4) -> "Ip":
        """The same packet from another source."""
        s = self
        return Ip(src, s.dst, s.protocol, s.ttl, s.tos, s.ident, s.flags, s.offset, s.options, s.payload)

    def with_dst(self, dst: IPv4) -> "Ip":
        """The same packet to another destination."""
        s = self
        return Ip(s.src, dst, s.protocol, s.ttl, s.tos, s.ident, s.flags, s.offset, s.options, s.payload)

    def with_ttl(self, ttl: int) -> "Ip":
        """The same packet with another time to live."""
        made = _Ip()  # field by field, as in `with_ends`: the two changes that are made on every hop, for half of what making a packet anew costs
        made.src = self.src
        made.dst = self.dst
        made.protocol = self.protocol
        made.ttl = ttl
        made.tos = self.tos
        made.ident = self.ident
        made.flags = self.flags
        made.offset = self.offset
        made.options = self.options
        made.payload = self.payload
        made.size = self.size
        made.__class__ = Ip
        return made  # type: ignore[no-any-return]

    def with_tos(self, tos: int) -> "Ip":
        """The same packet with another type of service octet."""
        s = self
        return Ip(s.src, s.dst, s.protocol, s.ttl, tos, s.ident, s.flags, s.offset, s.options, s.payload)

    def with_ident(self, ident: int) -> "Ip":
        """The same packet with another identification."""
        s = self
        return Ip(s.src, s.dst, s.protocol, s.ttl, s.tos, ident, s.flags, s.offset, s.options, s.payload)

    def with_flags(self, flags: int) -> "Ip":
        """The same packet with other flags."""
        s = self
        return Ip(s.src, s.dst, s.protocol, s.ttl, s.tos, s.ident, flags, s.offset, s.options, s.payload)

    def with_options(self, options: bytes) -> "Ip":
        """The same packet with other options."""
        s = self
        return Ip(s.src, s.dst, s.protocol, s.ttl, s.tos, s.ident, s.flags, s.offset, options, s.payload)

    def with_payload(self, payload: Payload) -> "Ip":
        """The same header around another payload."""
        s = self
        return Ip(s.src, s.dst, s.protocol, s.ttl, s.tos, s.ident, s.flags, s.offset, s.options, payload)

    def with_ends(self, src: IPv4, dst: IPv4, payload: Payload) -> "Ip":
        """The same packet between other ends with a payload as long, in one step for address translation."""
        made = _Ip()
        made.src = src
        made.dst = dst
        made.protocol = self.protocol
        made.ttl = self.ttl
        made.tos = self.tos
        made.ident = self.ident
        made.flags = self.flags
        made.offset = self.offset
        made.options = self.options
        made.payload = payload
        made.size = self.size
        made.__class__ = Ip
        return made  # type: ignore[no-any-return]

    def fragment(self, flags: int, offset: int, payload: bytes) -> "Ip":
        """One fragment of this packet: its flags, its offset in bytes and its part of the payload."""
        s = self
        return Ip(s.src, s.dst, s.protocol, s.ttl, s.tos, s.ident, flags, offset, s.options, payload)


_Ip = twin(Ip)
