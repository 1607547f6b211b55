"""BOOTP and DHCP (`print-bootp.c`): who asks, and with -v what for; the options themselves are not described."""

from __future__ import annotations

from netsim.packet.describe.output import Output

BOOTP_PORTS = (67, 68)
ETHERNET = 1


def print_bootp(out: Output, at: int, length: int) -> None:
    """A message."""
    out.protocol = "bootp"
    out.put("BOOTP/DHCP, ")
    out.need(at, 34)
    op, kind, size = out.u8(at), out.u8(at + 1), out.u8(at + 2)
    is_ethernet = kind == ETHERNET and size == 6
    out.put({1: "Request", 2: "Reply"}.get(op, f"unknown (0x{op:02x})"))
    if op == 1 and is_ethernet:
        out.put(f" from {out.mac(at + 28)}")
    out.put(f", length {length}")
    if not out.options.v:
        return
    hops, xid, secs, flags = out.u8(at + 3), out.u16(at + 4) << 16 | out.u16(at + 6), out.u16(at + 8), out.u16(at + 10)
    out.put(f", hops {hops}" if hops else "")
    out.put(f", xid 0x{xid:x}" + (f", secs {secs}" if secs else ""))
    out.put(f", Flags [{'Broadcast' if flags & 0x8000 else 'none'}]" + (f" (0x{flags:04x})" if out.options.v > 1 else ""))
    for place, name in ((12, "Client-IP"), (16, "Your-IP"), (20, "Server-IP"), (24, "Gateway-IP")):
        address = [out.u8(at + place + step) for step in range(4)]
        out.put(f"\n\t  {name} {'.'.join(map(str, address))}" if any(address) else "")
    if is_ethernet:
        out.put(f"\n\t  Client-Ethernet-Address {out.mac(at + 28)}")
    if length > 240:
        out.put("\n\t  netsim: options are not described")
