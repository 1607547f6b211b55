"""The Internet checksum (RFC 1071).

Sums are kept as plain ints modulo 65535: the ones' complement sum of 16-bit words is the whole string read as one big number, modulo 65535,
because 2**16 is 1 there. So addresses, lengths and bytes just add up.
"""


def words(data: bytes) -> int:
    """The bytes as one number, an odd one padded with zero: an addend for `fold`."""
    number = int.from_bytes(data, "big")
    return number << 8 if len(data) & 1 else number


def fold(total: int) -> int:
    """The ones' complement sum of addends, in 16 bits (0 only if all of them were 0)."""
    return total % 0xFFFF or (0xFFFF if total else 0)


def checksum(total: int) -> int:
    """What belongs in a checksum field that was zero while `total` was added up."""
    return 0xFFFF ^ fold(total)


def transport_checksum(total: int) -> int:
    """The same for UDP, where zero would mean that there is none."""
    return checksum(total) or 0xFFFF
