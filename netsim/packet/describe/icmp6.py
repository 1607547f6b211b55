"""ICMPv6: errors, echo, neighbour and listener discovery."""

from netsim.addr import IPv6
from netsim.packet.describe.dns import print_name
from netsim.packet.describe.dump import print_unknown
from netsim.packet.describe.groups import floating, print_record, print_sources
from netsim.packet.describe.ip6 import Around6
from netsim.packet.describe.output import Ended, Output, bits, should_be, token
from netsim.packet.numbers import IPPROTO_DSTOPTS, IPPROTO_FRAGMENT, IPPROTO_HOPOPTS, IPPROTO_ICMPV6, IPPROTO_ROUTING, IPPROTO_TCP, IPPROTO_UDP

_TYPES = {
    1: "destination unreachable", 2: "packet too big", 3: "time exceeded in-transit", 4: "parameter problem", 128: "echo request",
    129: "echo reply", 130: "multicast listener query", 131: "multicast listener report", 132: "multicast listener done",
    133: "router solicitation", 134: "router advertisement", 135: "neighbor solicitation", 136: "neighbor advertisement", 137: "redirect",
    138: "router renumbering", 139: "who-are-you request", 140: "who-are-you reply", 141: "inverse neighbor solicitation",
    142: "inverse neighbor advertisement", 143: "multicast listener report v2", 144: "ha discovery request",
    145: "ha discovery reply", 146: "mobile router solicitation", 147: "mobile router advertisement", 155: "RPL", 200: "mtrace response",
    201: "mtrace message",
}  # fmt: skip
_UNREACHABLE = {
    0: "unreachable route", 1: " unreachable prohibited", 2: "beyond scope", 3: "unreachable address", 4: "unreachable port"
}  # fmt: skip
_PROBLEMS = {0: "erroneous", 1: "next header", 2: "option", 3: "incomplete header chain"}
_LENGTH_FIRST = (133, 134, 135, 136, 137)
_RA_FLAGS = {0x80: "managed", 0x40: "other stateful", 0x20: "home agent", 0x02: "ipv6 only"}
_NA_FLAGS = {0x80: "router", 0x40: "solicited", 0x20: "override"}
_PREFIX_FLAGS = {0x80: "onlink", 0x40: "auto", 0x20: "router"}
_OPTIONS = {
    1: "source link-address", 2: "destination link-address", 3: "prefix info", 4: "redirected header", 5: "mtu", 7: "advertisement interval",
    8: "homeagent information", 24: "route info", 25: "rdnss", 31: "dnssl",
}  # fmt: skip
_FOR_EVER = 0xFFFFFFFF


def print_icmp6(out: Output, at: int, length: int, around: Around6) -> None:
    """An ICMPv6 message (`icmp6_print`). Of mobility, renumbering, node information and RPL messages only the name is told."""
    out.protocol = "icmp6"
    kind = out.u8(at)
    code = out.u8(at + 1) if out.has(at, 2) else 0
    if out.options.v and not around.fragmented and out.has(at, length):
        wrong = out.sum(at, length, around.pseudo(out) + IPPROTO_ICMPV6 + length)
        field = out.u16(at + 2)
        out.put(f"[bad icmp6 cksum 0x{field:04x} -> 0x{should_be(field, wrong):04x}!] " if wrong else "[icmp6 sum ok] ")
    out.put(f"ICMP6, {token(_TYPES, 'unknown icmp6 type (%u)', kind)}")
    if out.options.v and kind in _LENGTH_FIRST:
        out.put(f", length {length}")
    printer = _MESSAGES.get(kind)
    if printer is None:
        out.put(f", length {length}")
        if out.options.v < 2:
            print_unknown(out, at, length, "\n\t")
        return
    if printer(out, at, length, code) and not out.options.v:
        out.put(f", length {length}")


def _print_unreachable(out: Output, at: int, length: int, code: int) -> bool:
    out.put(f", {token(_UNREACHABLE, 'unknown unreach code (%u)', code)}")
    inner = at + 8
    if code in (0, 1, 3):
        out.put(f" {out.ipv6(inner + 24)}")
    elif code == 2:
        out.put(f" {out.ipv6(inner + 24)}, source address {out.ipv6(inner + 8)}")
    elif code == 4:
        _print_port(out, inner)
    elif out.options.v < 2:
        print_unknown(out, at, length, "\n\t")
        return False
    return True


def _print_port(out: Output, inner: int) -> None:
    """Which port of the quoted packet was unreachable (`get_upperlayer`)."""
    out.need(inner, 40)
    nexthdr, here = out.u8(inner + 6), inner + 40
    while nexthdr in (IPPROTO_HOPOPTS, IPPROTO_DSTOPTS, IPPROTO_ROUTING, IPPROTO_FRAGMENT):
        if nexthdr == IPPROTO_FRAGMENT:
            if out.u16(here + 2) & 0xFFF8:
                raise Ended
            size = 8
        else:
            size = (out.u8(here + 1) + 1) << 3
        nexthdr = out.u8(here)
        here += size
    if nexthdr not in (IPPROTO_TCP, IPPROTO_UDP):
        raise Ended
    out.need(here, 4)
    port = out.u16(here + 2)
    name = f"tcp port {out.tcp_port(port)}" if nexthdr == IPPROTO_TCP else f"udp port {out.udp_port(port)}"
    out.put(f", {out.ipv6(inner + 24)} {name}")


def _print_too_big(out: Output, at: int, _length: int, _code: int) -> bool:
    out.put(f", mtu {out.u32(at + 4)}")
    return True


def _print_time_exceeded(out: Output, at: int, _length: int, code: int) -> bool:
    out.need(at + 8 + 24, 16)
    out.put(f" for {out.ipv6(at + 32)}" if code == 0 else " (reassembly)" if code == 1 else f", unknown code ({code})")
    return True


def _print_problem(out: Output, at: int, _length: int, code: int) -> bool:
    out.need(at + 8 + 24, 16)
    out.put(f", {_PROBLEMS[code]} - octet {out.u32(at + 4)}" if code in _PROBLEMS else f", code-#{code}")
    return True


def _print_echo(out: Output, at: int, _length: int, _code: int) -> bool:
    out.put(f", id {out.u16(at + 4)}, seq {out.u16(at + 6)}")
    return True


def _print_router_solicitation(out: Output, at: int, length: int, _code: int) -> bool:
    _print_options(out, at + 8, length - 8)
    return True


def _print_router_advertisement(out: Output, at: int, length: int, _code: int) -> bool:
    if out.options.v:
        out.need(at, 16)
        flags = out.u8(at + 5)
        preference = ("medium", "high", "rsv", "low")[flags >> 3 & 3]
        out.put(f"\n\thop limit {out.u8(at + 4)}, Flags [{bits(_RA_FLAGS, flags)}], pref {preference}, router lifetime {out.u16(at + 6)}s, ")
        out.put(f"reachable time {out.u32(at + 8)}ms, retrans timer {out.u32(at + 12)}ms")
        _print_options(out, at + 16, length - 16)
    return True


def _print_neighbour_solicitation(out: Output, at: int, length: int, _code: int) -> bool:
    out.put(f", who has {out.ipv6(at + 8)}")
    _print_options(out, at + 24, length - 24)
    return True


def _print_neighbour_advertisement(out: Output, at: int, length: int, _code: int) -> bool:
    out.put(f", tgt is {out.ipv6(at + 8)}")
    if out.options.v:
        out.put(f", Flags [{bits(_NA_FLAGS, out.u8(at + 4))}]")
        _print_options(out, at + 24, length - 24)
    return True


def _print_redirect(out: Output, at: int, length: int, _code: int) -> bool:
    out.put(f", {out.ipv6(at + 24)} to {out.ipv6(at + 8)}")
    _print_options(out, at + 40, length - 40)
    return True


def _print_listener(out: Output, at: int, _length: int, _code: int) -> bool:
    if not out.has(at, 24):
        return True
    # tcpdump 4.99 really puts no blank here.
    out.put(f"max resp delay: {out.u16(at + 4)} addr: {out.ipv6(at + 8)}")
    return True


def _print_query(out: Output, at: int, length: int, code: int) -> bool:
    if length == 24:
        return _print_listener(out, at, length, code)
    if length < 28:
        out.put(f" unknown-version (len {length}) ")
        return True
    out.put(" v2")
    v = out.options.v
    if v:
        out.put(f" [max resp delay={floating(out.u16(at + 4), 16)}]")
    out.put(f" [gaddr {out.ipv6(at + 8)}")
    if v:
        flags = out.u8(at + 24)
        out.put(f"{' sflag' if flags & 8 else ''}{f' robustness={flags & 7}' if flags & 7 else ''} qqi={floating(out.u8(at + 25), 8)}")
    count = out.u16(at + 26)
    if count:
        if length < 28 + 16 * count:
            out.put(f" [invalid number of sources {count}]")
        elif v > 1:
            print_sources(out, at + 28, count, 16, out.ipv6)
        else:
            out.put(f", {count} source(s)")
    out.put("]")
    return True


def _print_listener_report2(out: Output, at: int, length: int, _code: int) -> bool:
    count = out.u16(at + 6)
    out.put(f", {count} group record(s)")
    here = at + 8
    for _ in range(count if out.options.v else 0):
        if here + 20 > at + length:
            out.put(" [invalid number of groups]")
            break
        here += print_record(out, here, 16, out.ipv6, "v2")
    return True


_MESSAGES = {
    1: _print_unreachable, 2: _print_too_big, 3: _print_time_exceeded, 4: _print_problem, 128: _print_echo, 129: _print_echo, 130: _print_query,
    131: _print_listener, 132: _print_listener, 133: _print_router_solicitation, 134: _print_router_advertisement,
    135: _print_neighbour_solicitation, 136: _print_neighbour_advertisement, 137: _print_redirect, 143: _print_listener_report2,
}  # fmt: skip


def _print_options(out: Output, at: int, length: int) -> None:
    """Neighbour discovery options, with -v (`icmp6_opt_print`)."""
    if not out.options.v:
        return
    start, end = at, min(at + length, out.end)
    while at < end:
        kind = out.u8(at)
        size = out.u8(at + 1) * 8
        if size == 0 or at + size > end:
            raise Ended
        out.put(f"\n\t  {_OPTIONS.get(kind, 'unknown')} option ({kind}), length {size} ({size // 8}): ")
        if kind == 4:
            # tcpdump 4.99 shows the first options here instead of the redirected header.
            print_unknown(out, start, size, "\n\t    ")
        else:
            _print_option(out, kind, at, size)
        if kind not in _OPTIONS and out.options.v < 2:
            print_unknown(out, at + 2, size - 2, "\n\t  ")
            return
        if out.options.v > 1:
            print_unknown(out, at + 2, size - 2, "\n\t    ")
        at += size


def _print_option(out: Output, kind: int, at: int, size: int) -> None:
    if kind in (1, 2):
        out.put(out.mac(at + 2, size - 2))
    elif kind == 3:
        out.need(at, 32)
        out.put(f"{out.ipv6(at + 16)}/{out.u8(at + 2)}{', ' if size != 32 else ''}, Flags [{bits(_PREFIX_FLAGS, out.u8(at + 3))}], ")
        out.put(f"valid time {_lifetime(out.u32(at + 4))}, pref. time {_lifetime(out.u32(at + 8))}")
    elif kind == 5:
        out.put(f" {out.u32(at + 4)}{', bad option length' if size != 8 else ''}")
    elif kind == 7:
        out.put(f" {out.u32(at + 4)}ms")
    elif kind == 8:
        out.put(f" preference {out.u16(at + 4)}, lifetime {out.u16(at + 6)}")
    elif kind == 24:
        _print_route_info(out, at, size)
    elif kind == 25:
        out.put(f" lifetime {out.u32(at + 4)}s,")
        for here in range(at + 8, at + size - 15, 16):
            out.put(f" addr: {out.ipv6(here)}")
    elif kind == 31:
        out.put(f" lifetime {out.u32(at + 4)}s, domain(s):")
        here = at + 8
        while here < at + size and out.u8(here):
            out.put(" ")
            here = print_name(out, here, at + size)


def _lifetime(seconds: int) -> str:
    return "infinity" if seconds == _FOR_EVER else f"{seconds}s"


def _print_route_info(out: Output, at: int, size: int) -> None:
    prefix = out.raw(at + 8, size - 8) if size > 8 else b""
    preference = ("medium", "high", "rsv", "low")[out.u8(at + 3) >> 3 & 3]
    out.put(f" {IPv6.from_bytes(prefix.ljust(16, bytes(1))[:16])}/{out.u8(at + 2)}, pref={preference}, lifetime={_lifetime(out.u32(at + 4))}")
