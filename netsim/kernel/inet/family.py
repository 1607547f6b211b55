"""What TCP and UDP ask of the network layer below them (`struct inet_connection_sock_af_ops`).

Each family has one implementation, a class without fields, hung into `kernel.inet_families` by `boot`. A socket asks the
family of the address at hand: an IPv6 socket that talks to an IPv4 host uses IPv4's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from netsim.addr import IPv4
from netsim.errors import EAFNOSUPPORT, NetError

if TYPE_CHECKING:
    from netsim.kernel.core.netdevice import NetDevice
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.core.skbuff import SkBuff
    from netsim.kernel.inet.sock import InetSocket

AF_INET, AF_INET6 = 2, 10


class Family(Protocol):
    """One network layer as transports see it. Routes (`rt`) are the family's own values with at least `src` and `mtu`."""

    header_length: int
    """Bytes of the network header without options."""
    udp_in_datagrams: str
    """The counter of datagrams that sockets got."""

    def check_bindable(self, sock: InetSocket, address: Any) -> None:
        """EADDRNOTAVAIL for an address that is not ours (`inet_bind`, `inet6_bind`)."""

    def check_peer(self, sock: InetSocket, address: Any) -> None:
        """EINVAL for an address that means nothing without a device while the socket has none."""

    def route(self, sock: InetSocket, address: Any, port: int) -> Any:
        """The way to a destination for a socket; the route's NetError when there is none."""

    def is_unicast(self, rt: Any) -> bool:
        """Whether a stream can go this way."""

    def check_destination(self, sock: InetSocket, rt: Any) -> None:
        """EACCES for broadcasts without SO_BROADCAST."""

    def send_segment(self, sock: InetSocket, header: Any) -> None:
        """Send a TCP segment of a connection (`ip_queue_xmit`, `inet6_csk_xmit`)."""

    def send_datagram(self, sock: InetSocket, address: Any, port: int, data: bytes) -> None:
        """Send a UDP datagram from the socket's port; EMSGSIZE, EACCES and the route's errors."""

    def send_answer(self, netns: Netns, skb: SkBuff, header: Any, owner: Any) -> None:
        """Answer a segment with a reset, back the way it came, in the name of a socket (`tcp_v4_send_reset`)."""

    def port_unreachable(self, skb: SkBuff) -> None:
        """Tell the sender that nobody listens there."""

    def join_group(self, sock: InetSocket, group: Any, ifindex: int) -> None:
        """IP_ADD_MEMBERSHIP, IPV6_JOIN_GROUP; EINVAL."""

    def leave_group(self, sock: InetSocket, group: Any, ifindex: int) -> None:
        """The socket is closed or has had enough of it."""

    def join_own_groups(self, dev: NetDevice) -> None:
        """The device's driver has groups of its own."""

    def leave_own_groups(self, dev: NetDevice) -> None:
        """It has none any more."""


def family_number(address: Any) -> int:
    """AF_INET or AF_INET6, as the address is."""
    return AF_INET if type(address) is IPv4 else AF_INET6


def family_of(netns: Netns, address: Any) -> Family:
    """The family an address belongs to; EAFNOSUPPORT."""
    found: Family | None = netns.kernel.inet_families.get(AF_INET if type(address) is IPv4 else AF_INET6)
    if found is None:
        raise NetError(EAFNOSUPPORT)
    return found
