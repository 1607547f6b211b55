"""GRE, VXLAN, and OTV, which VXLAN on Linux's old default port looks like."""

from netsim.packet.describe.ip import Around4
from netsim.packet.describe.ip6 import Around6
from netsim.packet.describe.link import print_ethernet
from netsim.packet.describe.output import Output, bits
from netsim.packet.numbers import ETH_P_IP, ETH_P_IPV6, ETH_P_TEB

_GRE_FLAGS = {
    0x8000: "checksum present", 0x4000: "routing present", 0x2000: "key present", 0x1000: "sequence# present",
    0x0800: "source routing present", 0x0080: "acknum present",
}  # fmt: skip
_GRE_PROTOCOLS = {0x0800: "IPv4", 0x86DD: "IPv6", 0x6558: "TEB", 0x0806: "ARP", 0x880B: "PPP", 0x8847: "MPLS unicast", 0xFEFE: "OSI"}
_PPP = 0x880B


def print_gre(out: Output, at: int, length: int, _around: Around4 | Around6) -> None:
    """A GRE packet of version 0; of PPTP's version 1 only the header (`gre_print`)."""
    out.protocol = "gre"
    version = out.u16(at) & 7
    if version > 1:
        out.put(f"GREv{version} ERROR: unknown-version")
        return
    out.put(f"GREv{version}, ")
    flags, protocol = out.u16(at), out.u16(at + 2)
    if out.options.v:
        out.put(f"Flags [{bits(_GRE_FLAGS, flags & 0xFFF8)}]")
    here = at + 4
    words = []
    separator = ", " if out.options.v else ""
    if flags & 0xC000:
        if out.options.v:
            words.append(f"sum 0x{out.u16(here):x}")
        words.append(f"off 0x{out.u16(here + 2):x}")
        here += 4
    if flags & 0x2000:
        words.append(f"key=0x{out.u32(here):x}" if version == 0 else f"call {out.u16(here + 2)}")
        here += 4
    if flags & 0x1000:
        words.append(f"seq {out.u32(here)}")
        here += 4
    if version == 1 and flags & 0x0080:
        words.append(f"ack {out.u32(here)}")
        here += 4
    if version == 1 and not flags & 0x1000:
        words.append("no-payload")
    if out.options.e:
        words.append(f"proto {_GRE_PROTOCOLS.get(protocol, 'unknown')} (0x{protocol:04x})")
    words.append(f"length {length}")
    out.put(separator + ", ".join(words))
    if version == 1 and not flags & 0x1000:
        return
    out.put("\n\t" if out.options.v else ": ")
    _print_inner(out, protocol, here, length - (here - at))


def _print_inner(out: Output, protocol: int, at: int, length: int) -> None:
    if protocol in (ETH_P_IP, ETH_P_IPV6):
        out.demux.print_network(out, protocol, at, length)
    elif protocol == ETH_P_TEB:
        print_ethernet(out, at, length)
    else:
        out.put(f"gre-proto-0x{protocol:x}")


def print_vxlan(out: Output, at: int, length: int) -> None:
    """A VXLAN packet and its frame, which starts a new line (`vxlan_print`)."""
    out.protocol = "vxlan"
    out.put("VXLAN")
    if length < 8:
        out.invalid()
        return
    flags = out.u8(at)
    out.put(f", flags [{'I' if flags & 8 else 'invalid'}] (0x{flags:02x}), ")
    out.put(f"vni {out.u24(at + 4)}")
    out.u8(at + 7)
    out.put("\n")
    print_ethernet(out, at + 8, length - 8)


def print_otv(out: Output, at: int, length: int) -> None:
    """An OTV packet and its frame (`otv_print`)."""
    out.protocol = "otv"
    out.put("OTV")
    if length < 8:
        out.invalid()
        return
    flags = out.u8(at)
    out.put(f", flags [{'I' if flags & 8 else '.'}] (0x{flags:02x})")
    out.put(f", overlay {out.u24(at + 1)}")
    out.put(f", instance {out.u24(at + 4)}\n")
    out.u8(at + 7)
    print_ethernet(out, at + 8, length - 8)
