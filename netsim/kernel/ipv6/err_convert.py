"""What an ICMPv6 error means to a socket (`icmpv6_err_convert`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.errors import EACCES, ECONNREFUSED, EHOSTUNREACH, EMSGSIZE, ENETUNREACH, EPROTO
from netsim.kernel.inet.sock import ORIGIN_ICMP6, SockError
from netsim.kernel.ipv6.icmp import incoming_of
from netsim.packet import Icmp6Error, Ip6

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.core.skbuff import SkBuff

UNREACHABLE = {0: (ENETUNREACH, 0), 1: (EACCES, 1), 2: (EHOSTUNREACH, 0), 3: (EHOSTUNREACH, 0), 4: (ECONNREFUSED, 1), 5: (EACCES, 1), 6: (EACCES, 1)}
"""Code of Destination Unreachable -> errno, and whether a connected socket hears of it unasked."""


def errno_of(error: Icmp6Error) -> int:
    """The errno of an error."""
    if error.type == 1:
        return UNREACHABLE.get(error.code, (EPROTO, 0))[0]
    return {2: EMSGSIZE, 3: EHOSTUNREACH, 4: EPROTO}.get(error.type, EPROTO)


def entry_of(netns: Netns, message: Icmp6Error, inner: Ip6, skb: SkBuff) -> SockError:
    """An error as an entry of a socket's error queue (`ipv6_icmp_error`)."""
    return SockError(
        errno_of(message), ORIGIN_ICMP6, message.type, message.code, message.rest, skb.packet.src, inner, netns.kernel.clock.now, incoming_of(skb),
        skb.packet.hop_limit,
    )  # fmt: skip


def is_fatal(error: Icmp6Error) -> int:
    """1 when a connected datagram socket hears of it unasked."""
    if error.type == 1:
        return UNREACHABLE.get(error.code, (EPROTO, 1))[1]
    return int(error.type == 4)
