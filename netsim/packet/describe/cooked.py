"""Frames of all devices together, behind the header that stands for the different link layers (LINKTYPE_LINUX_SLL2, LINKTYPE_LINUX_SLL)."""

from netsim.packet.describe.dump import print_default
from netsim.packet.describe.link import ETHERTYPES
from netsim.packet.describe.output import Output, token

DIRECTIONS = {0: "In", 1: "B", 2: "M", 3: "P", 4: "Out"}


def print_sll2(out: Output, at: int, length: int) -> int:
    """A frame with device and direction in front; returns the 20 bytes of its header (`sll2_if_print`)."""
    out.protocol = "sll2"
    if not out.has(at, 20) or length < 20:
        out.truncated()
        return min(out.end - at, length)
    kind, ifindex, direction, halen = out.u16(at), out.u32(at + 4), out.u8(at + 10), out.u8(at + 11)
    name = out.names.devices.get(ifindex, "?")
    out.put(f"{name:<5s} {token(DIRECTIONS, '?', direction):<3s} ")
    if out.options.e:
        out.put(f"ifindex {ifindex} ")
        _put_address(out, at + 12, halen)
        _put_type(out, kind, length)
    _print_content(out, kind, at + 20, length - 20)
    return 20


def print_sll(out: Output, at: int, length: int) -> int:
    """The same without a device; returns the 16 bytes of its header (`sll_if_print`)."""
    out.protocol = "sll"
    if not out.has(at, 16) or length < 16:
        out.truncated()
        return min(out.end - at, length)
    direction, halen, kind = out.u16(at), out.u16(at + 4), out.u16(at + 14)
    if out.options.e:
        out.put(f"{token(DIRECTIONS, '?', direction):>3s} ")
        _put_address(out, at + 6, halen)
        _put_type(out, kind, length)
    _print_content(out, kind, at + 16, length - 16)
    return 16


def _put_address(out: Output, at: int, halen: int) -> None:
    if halen == 6:
        out.put(f"{out.mac(at)} ")
    elif halen:
        out.put("?? ")


def _put_type(out: Output, kind: int, length: int) -> None:
    if out.options.q:
        out.put(f"{token(ETHERTYPES, 'Unknown Ethertype (0x%04x)', kind)}, length {length}: ")
    else:
        out.put(f"ethertype {ETHERTYPES.get(kind, 'Unknown')} (0x{kind:04x}), length {length}: ")


def _print_content(out: Output, kind: int, at: int, length: int) -> None:
    if not out.demux.print_network(out, kind, at, length):
        if not out.options.e:
            _put_type(out, kind, length + at)
        if not out.options.q:
            print_default(out, at, length)
