"""What a kind refuses of a new device before any name is looked at (`rtnl_link_ops.validate`)."""

from __future__ import annotations

from netsim.errors import EADDRNOTAVAIL, EINVAL, ERANGE, NetError
from netsim.kernel.core.link_ops import LinkRequest

ADDRESS_WORDS = {
    **dict.fromkeys(("dummy", "bridge", "veth", "macvlan", "ifb", "bond", "gretap", "erspan"), ("", "")),
    "vlan": ("8021q: Invalid link address", "8021q: Invalid link address"),
    "vrf": ("Invalid hardware address", "Invalid hardware address"),
    "vxlan": ("Provided link layer address is not Ethernet", "Provided Ethernet address is not unicast"),
}
"""Kinds that look at the address they are given: what they say of its length, and of one that is no station's."""
LEAST_BYTES = {"ipip": 4, "sit": 4, "ipvlan": 6}
"""Kinds that take any address of at least so many bytes, without a word."""
MTU_WORDS = {"veth": (EINVAL, ""), "vxlan": (ERANGE, "MTU must be between 68 and 65535")}
RANGED = ("macvlan", "vlan")
LEAST_MTU, LARGEST_MTU = 68, 65535


def validate(request: LinkRequest) -> None:
    """EINVAL, EADDRNOTAVAIL or ERANGE, with the kind's sentence."""
    kind, address, peer = request.kind or "", request.address, request.data.get("peer")
    words = ADDRESS_WORDS.get(kind)
    if words is not None and address is not None:
        if isinstance(address, bytes):
            raise NetError(EINVAL, words[0])
        if address.is_multicast or address.is_zero:
            raise NetError(EADDRNOTAVAIL, words[1])
    if isinstance(address, bytes) and len(address) < LEAST_BYTES.get(kind, 0):
        raise NetError(EINVAL)
    if kind in RANGED and request.mtu is not None and request.mtu > LARGEST_MTU:
        raise NetError(EINVAL, "mtu greater than device maximum")  # before the lower device's is looked at
    if kind == "gretap" and request.mtu is not None and request.mtu < LEAST_MTU:
        raise NetError(EINVAL, "mtu less than device minimum")
    if kind in MTU_WORDS and request.mtu is not None and not LEAST_MTU <= request.mtu <= LARGEST_MTU:
        raise NetError(*MTU_WORDS[kind])
    if kind == "vxlan" and not request.data:
        raise NetError(EINVAL, "Required attributes not provided to perform the operation")
    if isinstance(peer, LinkRequest):
        if isinstance(peer.address, bytes):
            raise NetError(EINVAL)
        if peer.address is not None and (peer.address.is_multicast or peer.address.is_zero):
            raise NetError(EADDRNOTAVAIL)
