"""Ethernet, VLAN tags, LLC, spanning tree, ARP."""

from netsim.packet.describe.dump import print_default
from netsim.packet.describe.output import Output, Truncated, bits, token
from netsim.packet.numbers import ETH_P_ARP, ETH_P_IP, ETH_P_RARP

ETHERTYPES = {
    0x0600: "NS", 0x0707: "GeoNet (old)", 0x0800: "IPv4", 0x0806: "ARP", 0x1000: "Trail", 0x1111: "CALM FAST", 0x6001: "MOP DL",
    0x6002: "MOP RC", 0x6003: "DN", 0x6004: "LAT", 0x6007: "SCA", 0x6558: "TEB", 0x8035: "Reverse ARP", 0x8038: "Lanbridge",
    0x803C: "DEC DNS", 0x803E: "DEC DTS", 0x805B: "VEXP", 0x805C: "VPROD", 0x809B: "Appletalk", 0x80F3: "Appletalk ARP", 0x8100: "802.1Q",
    0x8137: "IPX", 0x86DD: "IPv6", 0x8808: "MPCP", 0x8809: "Slow Protocols", 0x880B: "PPP", 0x8847: "MPLS unicast",
    0x8848: "MPLS multicast", 0x8863: "PPPoE D", 0x8864: "PPPoE S", 0x886F: "MS NLB heartbeat", 0x888E: "EAPOL",
    0x8899: "Realtek protocols", 0x88A2: "AoE", 0x88A8: "802.1Q-QinQ", 0x88CA: "TIPC", 0x88CC: "LLDP", 0x88E5: "802.1AE MACsec",
    0x88F7: "PTP", 0x8902: "CFM", 0x893A: "IEEE1905.1", 0x8947: "GeoNet", 0x894F: "NSH", 0x9000: "Loopback", 0x9100: "802.1Q-9100",
    0x9200: "802.1Q-9200", 0xABCD: "CFM (old)", 0xD28B: "Arista Vendor Specific Protocol", 0xFEFE: "OSI",
}  # fmt: skip
_TAGS = (0x8100, 0x9100, 0x9200, 0x88A8)
_LONGEST_802_3 = 1500

_ARP_OPERATIONS = {
    1: "Request", 2: "Reply", 3: "Reverse Request", 4: "Reverse Reply", 8: "Inverse Request", 9: "Inverse Reply", 10: "NACK Reply"
}  # fmt: skip
_ARP_HARDWARE = {
    1: "Ethernet", 6: "TokenRing", 7: "ArcNet", 15: "FrameRelay", 19: "ATM", 23: "Strip", 24: "IEEE 1394", 32: "InfiniBand"
}  # fmt: skip


def print_ethernet(out: Output, at: int, length: int) -> int:
    """A frame; returns the bytes of its link header with tags and LLC (`ether_print`)."""
    out.protocol = "ether"
    if not out.has(at, 14) or length < 14:
        out.truncated()
        return min(out.end - at, length)
    if out.options.e:
        _print_header(out, at, length)
    kind = out.u16(at + 12)
    here = at + 14
    left = length - 14
    while kind in _TAGS:
        out.protocol = "vlan"
        if not out.has(here, 4) or left < 4:
            out.truncated()
            return here - at + min(out.end - here, left)
        if out.options.e:
            _print_tag(out, here)
        kind = out.u16(here + 2)
        here += 4
        left -= 4
        if out.options.e:
            out.put("802.3" if kind <= _LONGEST_802_3 else f"{_type_text(out, kind)}, ")
    if kind <= _LONGEST_802_3:
        header = print_llc(out, here, min(left, kind), at)
        return here - at + header
    if not out.demux.print_network(out, kind, here, left):
        if not out.options.e:
            _print_header(out, at, length)
        if not out.options.q:
            print_default(out, here, left)
    return here - at


def _print_header(out: Output, at: int, length: int) -> None:
    """Addresses, type and length; a type nobody knows is told behind its tags, where those are not shown themselves."""
    kind = out.u16(at + 12)
    here = at + 14
    while kind in _TAGS and not out.options.e:
        kind = out.u16(here + 2)
        here += 4
    if kind <= _LONGEST_802_3:
        length = min(kind, length - (here - at))
    name = "802.3" if kind <= _LONGEST_802_3 else _type_text(out, kind)
    out.put(f"{out.mac(at + 6)} > {out.mac(at)}, {name}, length {length}: ")


def _type_text(out: Output, kind: int) -> str:
    if out.options.q:
        return token(ETHERTYPES, "Unknown Ethertype (0x%04x)", kind)
    return f"ethertype {ETHERTYPES.get(kind, 'Unknown')} (0x{kind:04x})"


def _print_tag(out: Output, at: int) -> None:
    tci = out.u16(at)
    out.put(f"vlan {tci & 0xFFF}, p {tci >> 13}{', DEI' if tci & 0x1000 else ''}, ")


_SAPS = {
    0x00: "Null", 0x02: "802.1B I", 0x04: "SNA", 0x06: "IP", 0x0E: "ProWay NM", 0x42: "STP", 0x4E: "RS511", 0x7E: "ISO8208", 0x8E: "ProWay",
    0xAA: "SNAP", 0xE0: "IPX", 0xF0: "NetBeui", 0xFE: "OSI",
}  # fmt: skip
_STP_SAP = 0x42
_SNAP_SAP = 0xAA


def print_llc(out: Output, at: int, length: int, frame: int) -> int:
    """What follows a length field; returns the bytes of the LLC header (`llc_print`).

    Spanning tree, SNAP and other unnumbered information; frames of connected LLC are shown as contents only.
    """
    out.protocol = "llc"
    if not out.has(at, 3) or length < 3:
        out.truncated()
        return min(out.end - at, length)
    dsap, ssap, control = out.u8(at), out.u8(at + 1), out.u8(at + 2)
    if out.options.e:
        out.put(
            f"LLC, dsap {_SAPS.get(dsap & 0xFE, 'Unknown')} (0x{dsap & 0xFE:02x}) {'Group' if dsap & 1 else 'Individual'}, "
            f"ssap {_SAPS.get(ssap & 0xFE, 'Unknown')} (0x{ssap & 0xFE:02x}) {'Response' if ssap & 1 else 'Command'}, ctrl 0x{control:02x}: "
        )
    if dsap == ssap == _STP_SAP and control == 3:
        print_stp(out, at + 3, length - 3)
        return 3
    if dsap == ssap == _SNAP_SAP and control == 3 and _print_snap(out, at + 3, length - 3):
        return 8
    if control == 3:
        _print_unnumbered(out, at, length, frame)
    elif not out.options.q:
        print_default(out, at, length)
    return 3


def _print_snap(out: Output, at: int, length: int) -> bool:
    """An Ethernet type wrapped in SNAP; whether it is one."""
    out.protocol = "snap"
    if not out.has(at, 5) or length < 5:
        raise Truncated
    oui, kind = out.u24(at), out.u16(at + 3)
    if oui != 0 or kind <= _LONGEST_802_3:
        return False
    if out.options.e:
        out.put(f"oui Ethernet (0x000000), ethertype {ETHERTYPES.get(kind, 'Unknown')} (0x{kind:04x}), length {length - 5}: ")
    return bool(out.demux.print_network(out, kind, at + 5, length - 5))


def _print_unnumbered(out: Output, at: int, length: int, frame: int) -> None:
    dsap, ssap = out.u8(at), out.u8(at + 1)
    if not out.options.e:
        source = token(_SAPS, "Unknown SSAP 0x%02x", ssap & 0xFE)
        destination = token(_SAPS, "Unknown DSAP 0x%02x", dsap & 0xFE)
        out.put(f"{out.mac(frame + 6)} {source} > {out.mac(frame)} {destination} ")
    out.put(f"Unnumbered, ui, Flags [{'Response' if ssap & 1 else 'Command'}], length {length}")
    if not out.options.q:
        print_default(out, at, length)


_BPDU_FLAGS = {0x01: "Topology change", 0x02: "Proposal", 0x10: "Learn", 0x20: "Forward", 0x40: "Agreement", 0x80: "Topology change ACK"}


def print_stp(out: Output, at: int, length: int) -> None:
    """A spanning tree message (`stp_print`); of rapid and multiple spanning tree only the kind of message."""
    out.protocol = "stp"
    if length < 4:
        out.invalid()
        return
    if out.u16(at):
        out.put(f"unknown STP version, length {length}")
        return
    out.put("STP ")
    version = out.u8(at + 2)
    out.put(_STP_VERSIONS.get(version, f"Unknown STP protocol (0x{version:02x})"))
    if version not in _STP_VERSIONS:
        return
    kind = out.u8(at + 3)
    out.put(f", {_BPDU_KINDS.get(kind, f'Unknown BPDU Type (0x{kind:02x})')}")
    if kind == 0 and version == 0:
        _print_config(out, at, length)


_STP_VERSIONS = {0: "802.1d", 2: "802.1w", 3: "802.1s", 4: "802.1aq"}
_BPDU_KINDS = {0x00: "Config", 0x02: "Rapid STP", 0x80: "Topology Change"}


def _print_config(out: Output, at: int, length: int) -> None:
    if length < 35:
        out.invalid()
        return
    out.put(f", Flags [{bits(_BPDU_FLAGS, out.u8(at + 4))}]")
    out.put(f", bridge-id {_bridge_id(out, at + 17)}.{out.u16(at + 25):04x}, length {length}")
    if not out.options.v:
        return
    times = [out.u16(where) / 256 for where in (at + 27, at + 29, at + 31, at + 33)]
    out.put(f"\n\tmessage-age {times[0]:.2f}s, max-age {times[1]:.2f}s, hello-time {times[2]:.2f}s, forwarding-delay {times[3]:.2f}s")
    out.put(f"\n\troot-id {_bridge_id(out, at + 5)}, root-pathcost {out.u32(at + 13)}")


def _bridge_id(out: Output, at: int) -> str:
    return f"{out.u16(at):04x}.{out.raw(at + 2, 6).hex(':')}"


def print_arp(out: Output, at: int, length: int) -> None:
    """An ARP message (`arp_print`)."""
    out.protocol = "arp"
    hardware, protocol, hlen, plen, op = out.u16(at), out.u16(at + 2), out.u8(at + 4), out.u8(at + 5), out.u16(at + 6)
    sha = at + 8
    spa = sha + hlen
    tha = spa + plen
    tpa = tha + hlen
    out.raw(tpa, plen)
    v = out.options.v
    if not out.options.e:
        out.put("ARP, ")
    strange = protocol not in (ETH_P_IP, 0x1000) or plen != 4 or hlen == 0
    if strange or v:
        name = token(_ARP_HARDWARE, "Unknown Hardware (%u)", hardware)
        out.put(f"{name} (len {hlen}), {token(ETHERTYPES, 'Unknown Protocol (0x%04x)', protocol)} (len {plen})")
        if not v:
            out.put(f", length {length}")
            return
    out.put(f"{', ' if v else ''}{token(_ARP_OPERATIONS, 'Unknown (%u)', op)} ")
    source, target = (_arp_address(out, where, protocol, plen) for where in (spa, tpa))
    if op == 1:
        hint = f" ({out.mac(tha, hlen)})" if any(out.raw(tha, hlen)) else ""
        out.put(f"who-has {target}{hint} tell {source}")
    elif op == 2:
        out.put(f"{source} is-at {out.mac(sha, hlen)}")
    elif op in (3, 8):
        out.put(f"who-is {out.mac(tha, hlen)} tell {out.mac(sha, hlen)}")
    elif op == 4:
        out.put(f"{out.mac(tha, hlen)} at {target}")
    elif op == 9:
        out.put(f"{out.mac(sha, hlen)} at {source}")
    else:
        print_default(out, at, out.end - at)
        return
    out.put(f", length {length}")


def _arp_address(out: Output, at: int, protocol: int, plen: int) -> str:
    if protocol not in (ETH_P_IP, 0x1000):
        return "<wrong proto type>"
    return out.ipv4(at) if plen == 4 else "<wrong len>"


NETWORK_LINK = {ETH_P_ARP: print_arp, ETH_P_RARP: print_arp}
