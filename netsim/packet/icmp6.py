"""ICMPv6: echo, errors, neighbour discovery (RFC 4861), multicast listener discovery (RFC 2710, RFC 3810)."""

import attrs

from netsim.addr import MAC, IPv6
from netsim.packet.ip6 import Ip6
from netsim.values import quick


@attrs.frozen
class Icmp6Echo:
    """An echo request or reply (type 128 or 129)."""

    type: int
    code: int
    ident: int
    seq: int
    data: bytes

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return 8 + len(self.data)


@attrs.frozen
class Icmp6Error:
    """An error about a packet: `rest` is the second word (MTU, pointer).

    `inner` is that packet, or bytes where only a piece of one is known; `room` bounds how many of its bytes are quoted
    (up to the minimum MTU of 1280 in all: `icmp6_send`).
    """

    type: int
    code: int
    rest: int
    inner: Ip6 | bytes
    room: int = 1232

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        inner = self.inner
        return 8 + min(self.room, len(inner) if isinstance(inner, bytes) else inner.size)

    def with_inner(self, inner: Ip6 | bytes) -> "Icmp6Error":
        """The same error about another packet (address translation reaches into errors)."""
        return Icmp6Error(self.type, self.code, self.rest, inner, self.room)


@attrs.frozen
class Icmp6Other:
    """Any other message: the second word as a number, then what follows."""

    type: int
    code: int
    rest: int
    data: bytes

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return 8 + len(self.data)


@attrs.frozen
class NdLinkAddr:
    """A source (`ND_OPT_SOURCE_LL_ADDR`) or target (`ND_OPT_TARGET_LL_ADDR`) link-layer address option."""

    kind: int
    address: MAC

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return 8


@attrs.frozen
class NdPrefix:
    """A prefix information option; lifetimes in seconds, 0xffffffff is for ever."""

    length: int
    flags: int
    valid: int
    preferred: int
    prefix: IPv6

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return 32


@attrs.frozen
class NdMtu:
    """An MTU option."""

    mtu: int

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return 8


@attrs.frozen
class NdOther:
    """Any other option: `data` follows kind and length, a multiple of eight less two."""

    kind: int
    data: bytes

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return 2 + len(self.data)


NdOption = NdLinkAddr | NdPrefix | NdMtu | NdOther


def link_address(options: tuple[NdOption, ...], kind: int) -> MAC | None:
    """The link-layer address that an option of this kind gives, or None."""
    for option in options:
        if isinstance(option, NdLinkAddr) and option.kind == kind:
            return option.address
    return None


def _options_size(options: tuple[NdOption, ...]) -> int:
    return sum(option.size for option in options)


@attrs.frozen
class NeighSolicit:
    """Who has `target`? Without a source link-layer address it is a probe for duplicates."""

    target: IPv6
    options: tuple[NdOption, ...] = ()

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return 24 + _options_size(self.options)


@attrs.frozen
class NeighAdvert:
    """`target` is here; flags `ND_NA_ROUTER | ND_NA_SOLICITED | ND_NA_OVERRIDE`."""

    flags: int
    target: IPv6
    options: tuple[NdOption, ...] = ()

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return 24 + _options_size(self.options)


@attrs.frozen
class RouterSolicit:
    """The question whether there are routers."""

    options: tuple[NdOption, ...] = ()

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return 8 + _options_size(self.options)


@attrs.frozen
class RouterAdvert:
    """A router is here. `lifetime` in seconds, `reachable` and `retrans` in ms; flags `ND_RA_MANAGED | ND_RA_OTHER`."""

    hop_limit: int
    flags: int
    lifetime: int
    reachable: int
    retrans: int
    options: tuple[NdOption, ...] = ()

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return 16 + _options_size(self.options)


@attrs.frozen
class Redirect6:
    """For `destination` there is a better next hop: `target`."""

    target: IPv6
    destination: IPv6
    options: tuple[NdOption, ...] = ()

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return 40 + _options_size(self.options)


@attrs.frozen
class Mld:
    """An MLDv1 message (type 130 query, 131 report, 132 done); `max_delay` in ms."""

    type: int
    max_delay: int
    group: IPv6

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return 24


@attrs.frozen
class Mldv2Query:
    """An MLDv2 query: `max_delay` is the raw response code, `flags` the S bit (8) and robustness, `interval` the raw query interval code."""

    max_delay: int
    group: IPv6
    flags: int
    interval: int
    sources: tuple[IPv6, ...] = ()

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return 28 + 16 * len(self.sources)


@quick
@attrs.frozen(weakref_slot=False)
class Mldv2Record:
    """One group of an MLDv2 report; kinds are those of IGMPv3 (`IGMPV3_MODE_IS_INCLUDE` ...)."""

    kind: int
    group: IPv6
    sources: tuple[IPv6, ...] = ()

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return 20 + 16 * len(self.sources)


@quick
@attrs.frozen(weakref_slot=False)
class Mldv2Report:
    """An MLDv2 report (type 143)."""

    records: tuple[Mldv2Record, ...]

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        size = 8
        for record in self.records:
            size += 20 + 16 * len(record.sources)
        return size
