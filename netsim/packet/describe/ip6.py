"""IPv6 and its extension headers."""

from typing import ClassVar

import attrs

from netsim.packet.describe.ip import PROTOCOLS, WITH_PORTS
from netsim.packet.describe.output import Output
from netsim.packet.numbers import IPPROTO_DSTOPTS, IPPROTO_FRAGMENT, IPPROTO_HOPOPTS, IPPROTO_ROUTING


@attrs.frozen
class Around6:
    """The IPv6 packet around a transport header; `fragmented` if a fragment header stands between."""

    at: int
    fragmented: int
    final: int
    """Where the address of the final destination stands."""
    version: ClassVar[int] = 6

    def source(self, out: Output) -> str:
        """The source address."""
        return out.ipv6(self.at + 8)

    def destination(self, out: Output) -> str:
        """The destination address."""
        return out.ipv6(self.at + 24)

    def is_outer(self, out: Output, protocol: int) -> bool:
        """Whether the protocol follows the IPv6 header at once, so that addresses stand beside the ports."""
        return out.u8(self.at + 6) == protocol

    def pseudo(self, out: Output) -> int:
        """The addresses' part of the pseudo header."""
        return int.from_bytes(out.raw(self.at + 8, 16), "big") + int.from_bytes(out.raw(self.final, 16), "big")

    def flow(self, out: Output) -> tuple[int, int]:
        """Source and destination as numbers."""
        return int.from_bytes(out.raw(self.at + 8, 16), "big"), int.from_bytes(out.raw(self.at + 24, 16), "big")


def print_ip6(out: Output, at: int, length: int) -> None:
    """An IPv6 packet (`ip6_print`)."""
    out.protocol = "ip6"
    if not out.has(at, 40):
        out.truncated()
        return
    if length < 40:
        out.put(f"truncated-ip6 {length}")
        return
    version = out.u8(at) >> 4
    if not out.options.e:
        out.put("IP6 ")
    if version != 6:
        out.put(f"version error: {version} != 6")
        return
    payload = out.u16(at + 4)
    total = payload + 40
    if length < total:
        out.put(f"truncated-ip6 - {total - length} bytes missing!")
    if out.options.v:
        _print_header(out, at, payload)
    end = out.end
    out.end = min(end, at + total)
    _print_chain(out, at, payload)
    out.end = end


def _print_header(out: Output, at: int, payload: int) -> None:
    first, nexthdr = out.u32(at), out.u8(at + 6)
    tclass, flow = first >> 20 & 255, first & 0xFFFFF
    out.put(f"({f'class 0x{tclass:02x}, ' if tclass else ''}{f'flowlabel 0x{flow:05x}, ' if flow else ''}hlim {out.u8(at + 7)}, ")
    out.put(f"next-header {PROTOCOLS.get(nexthdr, 'unknown')} ({nexthdr}) payload length: {payload}) ")


def _print_chain(out: Output, at: int, payload: int) -> None:
    nexthdr = out.u8(at + 6)
    here, left = at + 40, payload
    fragmented = 0
    final = at + 24
    if nexthdr not in WITH_PORTS:
        out.put(f"{out.ipv6(at + 8)} > {out.ipv6(at + 24)}: ")
    while nexthdr in _EXTENSIONS:
        if here >= out.end:
            return
        size = _EXTENSIONS[nexthdr](out, here, left)
        if size < 0:
            return
        if nexthdr == IPPROTO_FRAGMENT:
            fragmented = 1
            if here + size >= out.end:
                return
        if nexthdr == IPPROTO_ROUTING and size > 16:
            # tcpdump takes the final destination of a routing header even if that is used up.
            final = here + 8 if out.u8(here + 2) == 4 else here + size - 16
        nexthdr = out.u8(here)
        here += size
        left -= size
    if here > out.end:
        return
    out.demux.print_transport(out, nexthdr, here, left, Around6(at, fragmented, final))


def _print_hop_by_hop(out: Output, at: int, _left: int) -> int:
    out.protocol = "hbhopt"
    return _print_options_header(out, at, "HBH")


def _print_destination_options(out: Output, at: int, _left: int) -> int:
    out.protocol = "dstopt"
    return _print_options_header(out, at, "DSTOPT")


def _print_options_header(out: Output, at: int, name: str) -> int:
    size = (out.u8(at + 1) + 1) << 3
    if out.has(at, size):
        out.put(f"{name} ")
    if not out.has(at, size) or not _print_options(out, at + 2, size - 2, out.options.v):
        out.truncated()
        return -1
    return size


def _print_options(out: Output, at: int, length: int, v: int) -> bool:
    """Options are checked always and shown with -v (`ip6_opt_print`); whether they were sound."""
    end = at + length
    while at < end:
        kind = out.u8(at)
        if kind == 0:
            out.put("(pad1)" if v else "")
            at += 1
            continue
        size = out.u8(at + 1) + 2 if at + 1 < end else 256
        if at + size > end:
            return False
        text = _option(out, kind, at, size)
        if "invalid" in text:
            out.put(text)
            return False
        out.put(text if v else "")
        at += size
    out.put(" " if v else "")
    return True


def _option(out: Output, kind: int, at: int, size: int) -> str:
    if kind == 1:
        return "(padn)"
    if kind == 5:
        return f"(rtalert: 0x{out.u16(at + 2):04x}) " if size == 4 else f"(rtalert: invalid len {size - 2})"
    if kind == 0xC2:
        if size != 6:
            return f"(jumbo: invalid len {size - 2})"
        payload = out.u32(at + 2)
        return f"(jumbo: {payload} - payload len != 0) " if payload >= 65536 else f"(jumbo: {payload} - too small) "
    return f"(opt_type 0x{kind:02x}: len={size - 2})"


def _print_fragment(out: Output, at: int, left: int) -> int:
    out.protocol = "frag6"
    word = out.u16(at + 2)
    ident = f"0x{out.u32(at + 4):08x}:" if out.options.v else ""
    out.put(f"frag ({ident}{word & 0xFFF8}|{left - 8})")
    if word & 0xFFF8:
        return -1
    out.put(" ")
    return 8


def _print_routing(out: Output, at: int, _left: int) -> int:
    out.protocol = "rt6"
    words = out.u8(at + 1)
    out.put(f"RT6 (len={words}")
    kind = out.u8(at + 2)
    out.put(f", type={kind}{' [Deprecated]' if kind == 0 else ''}")
    out.put(f", segleft={out.u8(at + 3)}")
    v = out.options.v
    if kind in (0, 2):
        if out.u32(at + 4) or v:
            out.put(f", rsv=0x{out.u32(at + 4):0x}")
    elif kind == 4:
        out.put(f", last-entry={out.u8(at + 4)}")
        out.put(f", flags=0x{out.u8(at + 5):0x}" if out.u8(at + 5) or v else "")
        out.put(f", tag={out.u16(at + 6):0x}")
    else:
        out.put(" (unknown type)")
        out.invalid()
        return -1
    if words % 2:
        out.invalid()
        return -1
    for index in range(words >> 1):
        out.put(f", [{index}]{out.ipv6(at + 8 + 16 * index)}")
    out.put(") ")
    return (words + 1) << 3


_EXTENSIONS = {
    IPPROTO_HOPOPTS: _print_hop_by_hop,
    IPPROTO_DSTOPTS: _print_destination_options,
    IPPROTO_FRAGMENT: _print_fragment,
    IPPROTO_ROUTING: _print_routing,
}
