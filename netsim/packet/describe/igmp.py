"""IGMP."""

from netsim.packet.describe.groups import floating, print_record, print_sources
from netsim.packet.describe.ip import Around4
from netsim.packet.describe.output import Output


def print_igmp(out: Output, at: int, length: int, _around: Around4) -> None:
    """An IGMP message (`igmp_print`). DVMRP, PIM version 1 and mtrace inside IGMP are told by number only."""
    out.protocol = "igmp"
    if out.options.q:
        out.put("igmp")
        return
    kind, code = out.u8(at), out.u8(at + 1)
    if kind == 0x11:
        _print_query(out, at, length, code)
    elif kind in _GROUP_MESSAGES:
        name = _GROUP_MESSAGES[kind]
        out.put(f"igmp {name} {out.ipv4(at + 4)}")
        if length != 8:
            out.put(f" [len {length}]")
    elif kind == 0x22:
        _print_v3_report(out, at, length)
    else:
        out.put(f"igmp-{kind}")
    if out.options.v and out.has(at, length) and out.sum(at, length):
        out.put(f" bad igmp cksum {out.u16(at + 2):x}!")


_GROUP_MESSAGES = {0x12: "v1 report", 0x16: "v2 report", 0x17: "leave"}


def _print_query(out: Output, at: int, length: int, code: int) -> None:
    out.put("igmp query")
    if length >= 12:
        _print_v3_query(out, at, length, code)
        return
    if code:
        out.put(f" v2 [max resp time {code}]" if code != 100 else " v2")
    else:
        out.put(" v1")
    out.put(f" [gaddr {out.ipv4(at + 4)}]" if out.u32(at + 4) else "")
    if length != 8:
        out.put(f" [len {length}]")


def _print_v3_query(out: Output, at: int, length: int, code: int) -> None:
    out.put(" v3")
    if code != 100:
        tenths = floating(code, 8)
        out.put(f" [max resp time {f'{tenths / 10:.1f}s' if tenths < 600 else spoken(tenths // 10)}]")
    group, count = out.u32(at + 4), out.u16(at + 10)
    if group == 0 and count == 0:
        return
    if group == 0:
        return
    out.put(f" [gaddr {out.ipv4(at + 4)}")
    if count:
        if length < 12 + 4 * count:
            out.put(f" [invalid number of sources {count}]")
        elif out.options.v > 1:
            print_sources(out, at + 12, count, 4, out.ipv4)
        else:
            out.put(f", {count} source(s)")
    out.put("]")


def spoken(seconds: int) -> str:
    """A duration in the largest units that make it up (`relts_print`)."""
    if seconds == 0:
        return "0s"
    text = ""
    for unit, size in (("y", 31536000), ("w", 604800), ("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        text += f"{count}{unit}" if count else ""
    return text


def _print_v3_report(out: Output, at: int, length: int) -> None:
    out.put("igmp v3 report")
    if length < 16 or length & 3:
        out.put(f" [invalid len {length}]")
        return
    count = out.u16(at + 6)
    out.put(f", {count} group record(s)")
    if not out.options.v:
        return
    here = at + 8
    for _ in range(count):
        if here + 8 > at + length:
            out.put(" [invalid number of groups]")
            return
        here += print_record(out, here, 4, out.ipv4, "v3")
