"""What IGMP and MLD share: response codes, records of version 3 and 2 reports."""

from collections.abc import Callable

from netsim.packet.describe.output import Output

RECORDS = {1: "is_in", 2: "is_ex", 3: "to_in", 4: "to_ex", 5: "allow", 6: "block"}


def floating(code: int, bits: int) -> int:
    """A value of 8 or 16 bits whose upper half may be an exponent (RFC 3376, 4.1.1; RFC 3810, 5.1.3)."""
    if code < 1 << bits - 1:
        return code
    fraction = bits - 4
    return (1 << fraction | code & (1 << fraction) - 1) << (code >> fraction & 7) + 3


def print_record(out: Output, at: int, width: int, address: Callable[[int], str], unknown: str) -> int:
    """One group record of a report; returns its size."""
    kind, count = out.u8(at), out.u16(at + 2)
    out.put(f" [gaddr {address(at + 4)} {RECORDS.get(kind, f' [{unknown}-report-#{kind}]')}")
    if out.options.v > 1:
        print_sources(out, at + 4 + width, count, width, address)
        out.put("]")
    else:
        out.put(f", {count} source(s)]")
    return 4 + width + width * count + 4 * out.u8(at + 1)


def print_sources(out: Output, at: int, count: int, width: int, address: Callable[[int], str]) -> None:
    """Source addresses in braces."""
    out.put(" {")
    for index in range(count):
        out.put(f" {address(at + width * index)}")
    out.put(" }")
