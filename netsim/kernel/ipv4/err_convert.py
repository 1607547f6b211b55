"""What an ICMP error means to a socket (`icmp_err_convert`)."""

from __future__ import annotations

from netsim.errors import ECONNREFUSED, EHOSTDOWN, EHOSTUNREACH, EMSGSIZE, ENETUNREACH, ENONET, ENOPROTOOPT, EOPNOTSUPP, EPROTO
from netsim.packet import IcmpError

ICMP_ERRNO = {
    0: ENETUNREACH,
    1: EHOSTUNREACH,
    2: ENOPROTOOPT,
    3: ECONNREFUSED,
    4: EMSGSIZE,
    5: EOPNOTSUPP,
    6: ENETUNREACH,
    7: EHOSTDOWN,
    8: ENONET,
    9: ENETUNREACH,
    10: EHOSTUNREACH,
    11: ENETUNREACH,
    12: EHOSTUNREACH,
    13: EHOSTUNREACH,
    14: EHOSTUNREACH,
    15: EHOSTUNREACH,
}
"""Code of Destination Unreachable -> errno."""
FATAL_CODES = frozenset({2, 3, 6, 7, 8, 9, 10, 13, 14, 15})
"""Codes of Destination Unreachable that end the hope of a connected socket which did not ask for errors."""


def errno_of(error: IcmpError) -> int:
    """The errno of a Destination Unreachable, Time Exceeded or Parameter Problem."""
    if error.type == 3:
        return ICMP_ERRNO.get(error.code, EHOSTUNREACH)
    return EPROTO if error.type == 12 else EHOSTUNREACH


def is_fatal(error: IcmpError) -> bool:
    """Whether a connected datagram socket hears of it unasked (`__udp4_lib_err`'s `harderr`)."""
    return error.type == 12 or (error.type == 3 and error.code in FATAL_CODES)
