"""IPv4 and its options."""

from typing import ClassVar

import attrs

from netsim.packet.describe.output import Output, bits, should_be, token
from netsim.packet.numbers import IPPROTO_DCCP, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP

PROTOCOLS = {
    0: "Options", 1: "ICMP", 2: "IGMP", 4: "IPIP", 6: "TCP", 8: "EGP", 9: "IGRP", 17: "UDP", 33: "DCCP", 41: "IPv6", 43: "Routing",
    44: "Fragment", 46: "RSVP", 47: "GRE", 50: "ESP", 51: "AH", 55: "Mobile IP", 58: "ICMPv6", 62: "Mobile IP (old)", 88: "EIGRP",
    89: "OSPF", 103: "PIM", 108: "Compressed IP", 112: "VRRP", 113: "PGM", 132: "SCTP", 135: "Mobility", 143: "Ethernet",
}  # fmt: skip
WITH_PORTS = (IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP, IPPROTO_DCCP)
"""Protocols that print the addresses themselves, with ports."""

_ECN = ("", ",ECT(1)", ",ECT(0)", ",CE")
_FLAGS = {1: "+", 2: "DF", 4: "rsvd"}
_OPTIONS = {0: "EOL", 1: "NOP", 7: "RR", 68: "timestamp", 82: "traceroute", 130: "security", 131: "LSRR", 137: "SSRR", 148: "RA"}


def print_ip(out: Output, at: int, length: int) -> None:
    """An IPv4 packet (`ip_print`)."""
    out.protocol = "ip"
    version, header = out.u8(at) >> 4, (out.u8(at) & 15) * 4
    if version != 4:
        out.put("IP6, wrong link-layer encapsulation" if version == 6 else f"IP{version}")
        out.invalid()
        return
    if not out.options.e:
        out.put("IP ")
    if not out.has(at, 20):
        out.truncated()
        return
    if length < 20:
        out.put(f"truncated-ip {length}")
        return
    if header < 20:
        out.put(f"bad-hlen {header}")
        return
    total = out.u16(at + 2)
    if length < total:
        out.put(f"truncated-ip - {total - length} bytes missing! ")
    if total < header:
        out.put(f"bad-len {total}")
        return
    end = out.end
    out.end = min(end, at + total)
    _print_packet(out, at, header, total)
    out.end = end


def _print_packet(out: Output, at: int, header: int, total: int) -> None:
    protocol = out.u8(at + 9)
    flags, offset = out.u16(at + 6) >> 13, (out.u16(at + 6) & 0x1FFF) * 8
    if out.options.v:
        if not _print_header(out, at, header):
            out.put(f"{out.ipv4(at + 12)} > {out.ipv4(at + 16)}: ")
            out.truncated()
            return
    if offset:
        if out.options.q < 2:
            name = out.protocol_name(protocol) or f"ip-proto-{protocol}"
            out.put(f"{out.ipv4(at + 12)} > {out.ipv4(at + 16)}: {name}")
        return
    if protocol not in WITH_PORTS:
        out.put(f"{out.ipv4(at + 12)} > {out.ipv4(at + 16)}: ")
    if not out.has(at, header):
        out.put(f" [remaining caplen({out.end - at}) < header length({header})]")
        out.need(at, header)
    out.demux.print_transport(out, protocol, at + header, total - header, Around4(at, header, flags & 1))


def _print_header(out: Output, at: int, header: int) -> bool:
    """The header's fields in brackets; whether its options were all there."""
    whole = True
    tos, ttl, protocol = out.u8(at + 1), out.u8(at + 8), out.u8(at + 9)
    flags, offset = out.u16(at + 6) >> 13, (out.u16(at + 6) & 0x1FFF) * 8
    out.put(f"(tos 0x{tos:x}{_ECN[tos & 3]}{f', ttl {ttl}' if ttl else ''}, id {out.u16(at + 4)}, offset {offset}, ")
    out.put(f"flags [{bits(_FLAGS, flags)}], proto {PROTOCOLS.get(protocol, 'unknown')} ({protocol}), length {out.u16(at + 2)}")
    if header > 20:
        out.put(", options (")
        whole = _print_options(out, at + 20, header - 20)
        out.put(")" if whole else " [truncated-option])")
    if not out.options.K and out.has(at, header):
        wrong = out.sum(at, header)
        if wrong:
            field = out.u16(at + 10)
            out.put(f", bad cksum {field:x} (->{should_be(field, wrong):x})!")
    out.put(")\n    ")
    return whole


def _print_options(out: Output, at: int, length: int) -> bool:
    separator = ""
    while length > 0:
        out.put(separator)
        kind = out.u8(at)
        out.put(token(_OPTIONS, "unknown %u", kind))
        separator = ","
        size = 1 if kind in (0, 1) else out.u8(at + 1)
        if (kind > 1 and size < 2) or size > length:
            out.put(f" [bad length {size}]")
            return True
        if not out.has(at, size):
            return False
        if kind == 0:
            return True
        _print_option(out, kind, at, size)
        at += size
        length -= size
    return True


def _print_option(out: Output, kind: int, at: int, size: int) -> None:
    if kind in (7, 131, 137):
        _print_route(out, at, size)
    elif kind == 68:
        _print_timestamps(out, at, size)
    elif kind == 148:
        if size < 4:
            out.put(f" [bad length {size}]")
        elif out.u16(at + 2):
            out.put(f" value {out.u16(at + 2)}")


def _print_route(out: Output, at: int, size: int) -> None:
    if size < 3:
        out.put(f" [bad length {size}]")
        return
    if size + 1 & 3:
        out.put(f" [bad length {size}]")
    pointer = out.u8(at + 2) - 1
    if pointer < 3 or pointer + 1 & 3 or pointer > size + 1:
        out.put(f" [bad ptr {pointer + 1}]")
    for here in range(3, size, 4):
        out.put(f" {out.ipv4(at + here)}{',' if pointer > here else ''}")


def _print_timestamps(out: Output, at: int, size: int) -> None:
    if size < 4:
        out.put(f"[bad length {size}]")
        return
    flag, missed = out.u8(at + 3) & 15, out.u8(at + 3) >> 4
    step = 4 if flag == 0 else 8
    out.put(" TS{")
    if size - 4 & step - 1:
        out.put(f"[bad length {size}]")
    pointer = out.u8(at + 2) - 1
    if pointer < 4 or pointer - 4 & step - 1 or pointer > size + 1:
        out.put(f"[bad ptr {pointer + 1}]")
    here = 0
    if flag in (0, 1, 3):
        out.put({0: "TSONLY", 1: "TS+ADDR", 3: "PRESPEC"}[flag])
        for here in range(4, size, step):
            mark = " ^ " if pointer == here else " "
            out.put(f"{mark}{out.u32(at + here + step - 4)}@{out.ipv4(at + here) if step == 8 else ''}")
        here = 4 + -(-(size - 4) // step) * step
    else:
        out.put(f"[bad ts type {flag}]")
    out.put(" ^ " if pointer == here else "")
    out.put(f" [{missed} hops not recorded]}} " if missed else "}")


@attrs.frozen
class Around4:
    """The IPv4 packet around a transport header: where it starts, for addresses and pseudo header; `fragmented` if more fragments follow."""

    at: int
    header: int
    fragmented: int
    version: ClassVar[int] = 4

    def source(self, out: Output) -> str:
        """The source address."""
        return out.ipv4(self.at + 12)

    def destination(self, out: Output) -> str:
        """The destination address."""
        return out.ipv4(self.at + 16)

    def is_outer(self, out: Output, protocol: int) -> bool:
        """Whether the protocol follows the IP header at once, so that addresses stand beside the ports."""
        return out.u8(self.at + 9) == protocol

    def pseudo(self, out: Output) -> int:
        """The addresses' part of the pseudo header, the last hop of a source route for the destination (`ip_finddst`)."""
        return out.u32(self.at + 12) + self._final_destination(out)

    def _final_destination(self, out: Output) -> int:
        here, end = self.at + 20, self.at + self.header
        while here < end:
            kind = out.u8(here)
            size = 1 if kind == 1 else out.u8(here + 1)
            if kind == 0 or size < 1 or (kind > 1 and size < 2) or here + size > end:
                break
            if kind in (131, 137) and size >= 7:
                return out.u32(here + size - 4)
            here += size
        return out.u32(self.at + 16)

    def flow(self, out: Output) -> tuple[int, int]:
        """Source and destination as numbers."""
        return out.u32(self.at + 12), out.u32(self.at + 16)
