"""UDP and TCP."""

from netsim.packet.describe.bootp import BOOTP_PORTS, print_bootp
from netsim.packet.describe.dns import print_dns, print_dns_over_tcp
from netsim.packet.describe.ip import Around4
from netsim.packet.describe.ip6 import Around6
from netsim.packet.describe.output import Output, Truncated, bits, printable, should_be
from netsim.packet.describe.text_protocol import FTP, HTTP, RTSP, SMTP, SSH, print_ssh, print_text_protocol
from netsim.packet.describe.tunnel import print_otv, print_vxlan
from netsim.packet.numbers import IPPROTO_TCP, IPPROTO_UDP, TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN, TCP_URG

Around = Around4 | Around6

_OTV_PORT = 8472
_VXLAN_PORT = 4789
_DNS_PORT = 53
_MDNS_PORT = 5353
_LONGEST_RESET_DATA = 30


def print_udp(out: Output, at: int, length: int, around: Around) -> None:
    """A UDP datagram (`udp_print`). By port it knows DNS, multicast DNS, VXLAN and OTV (which Linux's old VXLAN port looks like)."""
    out.protocol = "udp"
    if not out.has(at, 4):
        if around.is_outer(out, IPPROTO_UDP):
            out.put(f"{around.source(out)} > {around.destination(out)}: ")
        out.truncated()
        return
    sport, dport = out.u16(at), out.u16(at + 2)
    _print_ends(out, around, IPPROTO_UDP, out.udp_port(sport), out.udp_port(dport))
    if length < 8:
        out.put(f"truncated-udp {length}")
        return
    if not out.has(at, 6):
        out.truncated()
        return
    said = out.u16(at + 4)
    if said < 8:
        out.put(f"truncated-udplength {said}")
        return
    said -= 8
    here, left = at + 8, length - 8
    if said < left:
        left = said
    out.need(at, 8)
    if not around.fragmented and not out.options.K:
        _print_udp_checksum(out, at, left + 8, around)
    if not out.options.q:
        ports = (sport, dport)
        if _DNS_PORT in ports:
            print_dns(out, here, left, 0)
            return
        if any(port in BOOTP_PORTS for port in ports):
            print_bootp(out, here, left)
            return
        if _MDNS_PORT in ports:
            print_dns(out, here, left, 1)
            return
        if _VXLAN_PORT in ports:
            print_vxlan(out, here, left)
            return
        if _OTV_PORT in ports:
            print_otv(out, here, left)
            return
    if said > left and not around.fragmented:
        out.put(f"UDP, bad length {said} > {left}")
    else:
        out.put(f"UDP, length {said}")


def _print_ends(out: Output, around: Around, protocol: int, sport: str, dport: str) -> None:
    if around.is_outer(out, protocol):
        out.put(f"{around.source(out)}.{sport} > {around.destination(out)}.{dport}: ")
    else:
        out.put(f"{sport} > {dport}: ")


def _print_udp_checksum(out: Output, at: int, length: int, around: Around) -> None:
    if out.options.v < (2 if around.version == 4 else 1):
        return
    field = out.u16(at + 6)
    if field == 0 and around.version == 4:
        out.put("[no cksum] ")
    elif out.has(at, length):
        wrong = out.sum(at, length, around.pseudo(out) + IPPROTO_UDP + length)
        out.put(f"[bad udp cksum 0x{field:04x} -> 0x{should_be(field, wrong):04x}!] " if wrong else "[udp sum ok] ")


_FLAGS = {0x01: "F", 0x02: "S", 0x04: "R", 0x08: "P", 0x10: ".", 0x20: "U", 0x40: "E", 0x80: "W"}


def print_tcp(out: Output, at: int, length: int, around: Around) -> None:
    """A TCP segment (`tcp_print`); sequence numbers are relative to the first ones seen of the connection."""
    out.protocol = "tcp"
    if not out.has(at, 4):
        out.put(f"{around.source(out)} > {around.destination(out)}: [|tcp]")
        return
    sport, dport = out.u16(at), out.u16(at + 2)
    _print_ends(out, around, IPPROTO_TCP, out.tcp_port(sport), out.tcp_port(dport))
    out.need(at, 20)
    header = (out.u8(at + 12) >> 4) * 4
    if header < 20:
        out.put(f" tcp {length - header} [bad hdr length {header} - too short, < 20]")
        return
    if out.options.q:
        out.put(f"tcp {length - header}")
        if header > length:
            out.put(f" [bad hdr length {header} - too long, > {length}]")
        return
    flags = out.u8(at + 13)
    out.put(f"Flags [{bits(_FLAGS, flags, '')}]")
    seq, ack, base = _relative(out, at, around, flags)
    if header > length:
        out.put(f" [bad hdr length {header} - too long, > {length}]")
        return
    if out.options.v and not out.options.K and not around.fragmented and out.has(at, length):
        field, wrong = out.u16(at + 16), out.sum(at, length, around.pseudo(out) + IPPROTO_TCP + length)
        out.put(f", cksum 0x{field:04x} " + (f"(incorrect -> 0x{should_be(field, wrong):04x})" if wrong else "(correct)"))
    size = length - header
    if out.options.v > 1 or size > 0 or flags & (TCP_SYN | TCP_FIN | TCP_RST):
        out.put(f", seq {seq}" + (f":{seq + size & 0xFFFFFFFF}" if size else ""))
    if flags & TCP_ACK:
        out.put(f", ack {ack}")
    out.put(f", win {out.u16(at + 14)}")
    if flags & TCP_URG:
        out.put(f", urg {out.u16(at + 18)}")
    if header > 20 and not _print_options(out, at + 20, header - 20, base):
        return
    out.put(f", length {size}")
    if size > 0:
        if not out.has(at, header):
            out.put(f" [remaining caplen({out.end - at}) < header length({header})]")
            out.need(at, header)
        _print_content(out, at + header, size, flags, sport, dport)


def _relative(out: Output, at: int, around: Around, flags: int) -> tuple[int, int, int]:
    """Sequence and acknowledgement number as shown, and what selective acknowledgements are relative to."""
    seq, ack = out.u32(at + 4), out.u32(at + 8)
    if out.options.S or not flags & TCP_ACK:
        return seq, ack, 0
    src, dst = around.flow(out)
    sport, dport = out.u16(at), out.u16(at + 2)
    reverse = sport > dport or (sport == dport and src > dst)
    key = (dst, src, dport, sport) if reverse else (src, dst, sport, dport)
    known = out.flows.get(key)
    if known is None or flags & TCP_SYN:
        # `ack - 1` is the peer's first number: relative ones then count from 1 on both sides.
        first = (ack - 1 & 0xFFFFFFFF, seq) if reverse else (seq, ack - 1 & 0xFFFFFFFF)
        out.flows[key] = first
    else:
        first = known
        low, high = first
        seq -= high if reverse else low
        ack -= low if reverse else high
    return seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, first[0] if reverse else first[1]


def _print_options(out: Output, at: int, length: int, base: int) -> bool:
    """The options; whether they were sound."""
    out.put(", options [")
    separator = ""
    while length > 0:
        out.put(separator)
        kind = out.u8(at)
        size = 1 if kind < 2 else out.u8(at + 1)
        head = 1 if kind < 2 else 2
        taken = -1
        if size >= head and size <= length:
            try:
                taken = _print_option(out, kind, at + head, size - head, length - head, base)
            except Truncated:
                out.truncated()
                out.put(">" if separator else "")
                return False
        if taken < 0:
            out.put("[bad opt]" + ("]" if separator else ""))
            return False
        # The next option is looked for after what this kind should have, whatever its length says.
        at += head + taken
        length -= head + taken
        if head + taken != size:
            out.put(f"[len {size}]")
        if kind == 0:
            break
        separator = ","
    out.put("]")
    return True


def _print_option(out: Output, kind: int, at: int, size: int, left: int, base: int) -> int:
    """One option of `size` data bytes; returns how many of them it stands for, or -1 if it is broken."""
    if kind in _PLAIN_OPTIONS:
        out.put(_PLAIN_OPTIONS[kind])
        return 0
    if kind in _NUMBER_OPTIONS:
        name, width = _NUMBER_OPTIONS[kind]
        out.put(name)
        if width > left:
            return -1
        out.put(f" {int.from_bytes(out.raw(at, width), 'big')}")
        return width
    if kind == 5:
        return _print_sack(out, at, size, left, base)
    if kind == 8:
        out.put("TS")
        if left < 8:
            return -1
        out.put(f" val {out.u32(at)} ecr {out.u32(at + 4)}")
        return 8
    if kind == 34:
        out.put(f"tfo  cookie {out.raw(at, size).hex()}" if size else "tfo  cookiereq")
        return size
    out.put(f"unknown-{kind}" + (" 0x" if size else ""))
    out.put(out.raw(at, size).hex())
    return size


_PLAIN_OPTIONS = {0: "eol", 1: "nop", 4: "sackOK"}
_NUMBER_OPTIONS = {2: ("mss", 2), 3: ("wscale", 1), 6: ("echo", 4), 7: ("echoreply", 4), 11: ("cc", 4), 12: ("ccnew", 4), 13: ("ccecho", 4)}


def _print_sack(out: Output, at: int, size: int, left: int, base: int) -> int:
    out.put("sack")
    if size % 8:
        out.put(" invalid sack")
        return size
    out.put(f" {size // 8} ")
    for here in range(at, at + size, 8):
        out.put(f"{{{out.u32(here) - base & 0xFFFFFFFF}:{out.u32(here + 4) - base & 0xFFFFFFFF}}}")
    return size if size <= left else -1


def _print_content(out: Output, at: int, size: int, flags: int, sport: int, dport: int) -> None:
    if flags & TCP_RST and out.options.v:
        _print_reset_data(out, at, size)
        return
    ports = (sport, dport)
    for port, protocol in _TEXT_PORTS:
        if port in ports:
            if protocol is SSH:
                print_ssh(out, at, size)
                return
            out.put(": ")
            print_text_protocol(out, at, size, protocol)
            return
    if _DNS_PORT in ports:
        print_dns_over_tcp(out, at, size)


_TEXT_PORTS = ((25, SMTP), (22, SSH), (21, FTP), (80, HTTP), (8080, HTTP), (554, RTSP), (8554, RTSP))


def _print_reset_data(out: Output, at: int, size: int) -> None:
    """What a reset says, at most 30 bytes of it (`print_tcp_rst_data`)."""
    shown = min(size, _LONGEST_RESET_DATA)
    mark = ("RST" if out.has(at, size) else "!RST") + ("+" if size > shown else "")
    out.put(f" [{mark} {printable(out.data[at : min(at + shown, out.end)])}]")
