"""ICMP."""

from netsim.packet.describe.ip import Around4, print_ip
from netsim.packet.describe.output import Output, should_be
from netsim.packet.numbers import (
    ICMP_ADDRESSREPLY,
    ICMP_DEST_UNREACH,
    ICMP_ECHO,
    ICMP_ECHOREPLY,
    ICMP_FRAG_NEEDED,
    ICMP_PARAMETERPROB,
    ICMP_PORT_UNREACH,
    ICMP_PROT_UNREACH,
    ICMP_REDIRECT,
    ICMP_ROUTERADVERT,
    ICMP_SOURCE_QUENCH,
    ICMP_TIME_EXCEEDED,
    ICMP_TIMESTAMP,
    ICMP_TIMESTAMPREPLY,
    IPPROTO_TCP,
    IPPROTO_UDP,
)

_PLAIN = {
    4: "source quench", 10: "router solicitation", 15: "information request", 16: "information reply", 17: "address mask request"
}  # fmt: skip
_UNREACHABLE = {
    0: "net %s unreachable",
    1: "host %s unreachable",
    5: "%s unreachable - source route failed",
    6: "net %s unreachable - unknown",
    7: "host %s unreachable - unknown",
    8: "%s unreachable - source host isolated",
    9: "net %s unreachable - admin prohibited",
    10: "host %s unreachable - admin prohibited",
    11: "net %s unreachable - tos prohibited",
    12: "host %s unreachable - tos prohibited",
    13: "host %s unreachable - admin prohibited filter",
    14: "host %s unreachable - host precedence violation",
    15: "host %s unreachable - precedence cutoff",
}
_REDIRECT = {
    0: "redirect %s to net %s", 1: "redirect %s to host %s", 2: "redirect-tos %s to net %s", 3: "redirect-tos %s to host %s"
}  # fmt: skip
_EXTENDED = 136
"""Bytes of an error before its extensions, if it has any."""
_ERRORS = (ICMP_DEST_UNREACH, ICMP_SOURCE_QUENCH, ICMP_REDIRECT, ICMP_TIME_EXCEEDED, ICMP_PARAMETERPROB)


def print_icmp(out: Output, at: int, length: int, around: Around4) -> None:
    """An ICMP message (`icmp_print`). Extensions after the quoted packet (RFC 4884) are not shown."""
    out.protocol = "icmp"
    kind, code = out.u8(at), out.u8(at + 1)
    out.put(f"ICMP {_message(out, at, kind, code)}, length {length}")
    if not out.options.v or around.fragmented:
        return
    if out.has(at, length):
        wrong = out.sum(at, length)
        if wrong:
            field = out.u16(at + 2)
            out.put(f" (wrong icmp cksum {field:x} (->{should_be(field, wrong):x})!)")
    if kind in _ERRORS:
        out.put("\n\t")
        end = out.end
        print_ip(out, at + 8, out.u16(at + 10))
        out.end = end
        if length > _EXTENDED and kind != ICMP_SOURCE_QUENCH:
            out.protocol = "icmp"
            out.need(at, _EXTENDED + 1)


def _message(out: Output, at: int, kind: int, code: int) -> str:
    if kind in (ICMP_ECHO, ICMP_ECHOREPLY):
        return f"echo {'request' if kind == ICMP_ECHO else 'reply'}, id {out.u16(at + 4)}, seq {out.u16(at + 6)}"
    if kind == ICMP_DEST_UNREACH:
        return _unreachable(out, at, code)
    if kind == ICMP_REDIRECT:
        return _REDIRECT.get(code, f"redirect-#{code} %s to %s") % (out.ipv4(at + 24), out.ipv4(at + 4))
    if kind == ICMP_ROUTERADVERT:
        return _router_advertisement(out, at)
    if kind == ICMP_TIME_EXCEEDED:
        out.need(at + 24, 4)
        return {0: "time exceeded in-transit", 1: "ip reassembly time exceeded"}.get(code, f"time exceeded-#{code}")
    if kind == ICMP_PARAMETERPROB:
        return f"parameter problem - code {code}" if code else f"parameter problem - octet {out.u8(at + 4)}"
    if kind == ICMP_ADDRESSREPLY:
        return f"address mask is 0x{out.u32(at + 8):08x}"
    if kind == ICMP_TIMESTAMP:
        return f"time stamp query id {out.u16(at + 4)} seq {out.u16(at + 6)}"
    if kind == ICMP_TIMESTAMPREPLY:
        out.need(at, 20)
        times = [_time_of_day(out.u32(at + where)) for where in (8, 12, 16)]
        return f"time stamp reply id {out.u16(at + 4)} seq {out.u16(at + 6)}: org {times[0]}, recv {times[1]}, xmit {times[2]}"
    return _PLAIN.get(kind, f"type-#{kind}")


def _unreachable(out: Output, at: int, code: int) -> str:
    if code in (ICMP_PROT_UNREACH, ICMP_PORT_UNREACH):
        out.need(at + 17, 1)
    destination = out.ipv4(at + 24)
    if code == ICMP_PROT_UNREACH:
        return f"{destination} protocol {out.u8(at + 17)} unreachable"
    if code == ICMP_PORT_UNREACH:
        protocol = out.u8(at + 17)
        port = out.u16(at + 8 + (out.u8(at + 8) & 15) * 4 + 2)
        if protocol == IPPROTO_TCP:
            return f"{destination} tcp port {out.tcp_port(port)} unreachable"
        if protocol == IPPROTO_UDP:
            return f"{destination} udp port {out.udp_port(port)} unreachable"
        return f"{destination} protocol {protocol} port {port} unreachable"
    if code == ICMP_FRAG_NEEDED:
        mtu = out.u16(at + 6)
        return f"{destination} unreachable - need to frag{f' (mtu {mtu})' if mtu else ''}"
    return _UNREACHABLE.get(code, f"%s unreachable - #{code}") % destination


def _router_advertisement(out: Output, at: int) -> str:
    lifetime, count, size = out.u16(at + 6), out.u8(at + 4), out.u8(at + 5)
    minutes, seconds = divmod(lifetime, 60)
    hours, minutes = divmod(minutes, 60)
    spoken = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}" if minutes else str(seconds)
    text = f"router advertisement lifetime {spoken} {count}:"
    if size != 2:
        return f"{text} [size {size}]"
    for here in range(at + 8, at + 8 + 8 * count, 8):
        text += f" {{{out.ipv4(here)} {out.u32(here + 4)}}}"
    return text


def _time_of_day(milliseconds: int) -> str:
    """A time stamp in ms since midnight UTC."""
    seconds, fraction = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{fraction:03}"
