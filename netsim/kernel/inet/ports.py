"""Local ports: who may share one, and which are free (`inet_connection_sock.c`, `inet_hashtables.c`, `udp.c`)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from netsim.addr import IPv4
from netsim.errors import EACCES, EADDRINUSE, EADDRNOTAVAIL, EAGAIN, NetError
from netsim.kernel.inet.family import AF_INET6

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.inet.sock import InetSocket


def port_range(netns: Netns) -> tuple[int, int]:
    """`ip_local_port_range`: the lowest and the highest port the kernel chooses itself."""
    told = netns.inet.sysctl.get("ip_local_port_range")
    if told is None:
        return 32768, 60999
    low, high = str(told).split()
    return int(low), int(high)


def reserved_ports(netns: Netns) -> Collection[int]:
    """`ip_local_reserved_ports`: ports the kernel never chooses."""
    told = netns.inet.sysctl.get("ip_local_reserved_ports")
    if not told:
        return ()
    ports: set[int] = set()
    for part in str(told).replace(",", " ").split():
        low, _, high = part.partition("-")
        ports.update(range(int(low), int(high or low) + 1))
    return ports


def _is_wild(sock: InetSocket) -> bool:
    return not sock.laddr


def same_device(one: InetSocket, other: InetSocket) -> bool:
    """Whether two sockets hear of the same devices."""
    return not (one.bound_dev and other.bound_dev and one.bound_dev != other.bound_dev)


def addresses_meet(one: InetSocket, other: InetSocket) -> bool:
    """Whether a packet could be for both (`inet_rcv_saddr_equal`, `ipv6_rcv_saddr_equal`)."""
    if one.family == other.family:
        return _is_wild(one) or _is_wild(other) or (one.laddr == other.laddr and isinstance(one.laddr, IPv4) == isinstance(other.laddr, IPv4))
    six, four = (one, other) if one.family == AF_INET6 else (other, one)
    if six.v6only:
        return False
    if _is_wild(six):
        return True
    return isinstance(six.laddr, IPv4) and (_is_wild(four) or four.laddr == six.laddr)


def conflicts(one: InetSocket, other: InetSocket) -> bool:
    """Whether two sockets cannot have the same port, options aside."""
    return one is not other and same_device(one, other) and addresses_meet(one, other)


def local_ports(netns: Netns, parity: int) -> Iterator[int]:
    """Ports of the local range as the kernel tries them: from a random one on, those of a parity first, then the others."""
    low, high = port_range(netns)
    barred = reserved_ports(netns)
    count = high - low + 1
    start = netns.kernel.below(count)
    for wanted in (parity, 1 - parity):
        for step in range(count):
            port = low + (start + step) % count
            if port % 2 == wanted and port not in barred:
                yield port


def datagram_port(netns: Netns, protocol: int) -> int:
    """A free port for a datagram socket; EAGAIN when none is left (`udp_lib_get_port`)."""
    low, high = port_range(netns)
    count, bound, barred = high - low + 1, netns.sockets.listening, reserved_ports(netns)
    start = netns.kernel.below(count)
    for step in range(count):
        port = low + (start + step) % count
        if port not in barred and not bound.get((protocol, port)):
            return port
    raise NetError(EAGAIN)


def demand_privilege(sock: Any, port: int) -> None:
    """EACCES for a low port (`inet_port_requires_bind_service`)."""
    if 0 < port < int(sock.netns.inet.sysctl.get("ip_unprivileged_port_start", 1024)):
        raise NetError(EACCES)


def bind_port(sock: Any, port: int) -> None:
    """Give a stream socket a port, chosen when 0 (`inet_csk_get_port`); EADDRINUSE."""
    buckets = sock.netns.sockets.bound
    if not port:
        for free in local_ports(sock.netns, 1):
            if not buckets.get((sock.protocol, free)):
                port = free
                break
        else:
            raise NetError(EADDRINUSE)
    for other in buckets.get((sock.protocol, port), ()):
        if conflicts(sock, other) and not _may_share(sock, other):
            raise NetError(EADDRINUSE)
    sock.lport = port
    sock.is_port_bound = True
    hash_bound(sock)


def _may_share(one: Any, other: Any) -> bool:
    if one.reuseport and other.reuseport:
        return True
    return bool(one.reuseaddr and other.reuseaddr and not other.is_listening)


def connect_port(sock: Any, address: Any, port: int) -> None:
    """Choose the port a connection leaves from (`__inet_hash_connect`): even ones first, shared with connections to elsewhere; EADDRNOTAVAIL."""
    buckets, connected = sock.netns.sockets.bound, sock.netns.sockets.connected
    for local in local_ports(sock.netns, 0):
        if any(other.is_port_bound for other in buckets.get((sock.protocol, local), ())):
            continue
        if (sock.protocol, int(sock.laddr), local, int(address), port) not in connected:
            sock.lport = local
            hash_bound(sock)
            return
    raise NetError(EADDRNOTAVAIL)


def hash_bound(sock: Any) -> None:
    """Enter a socket into its port's bucket (`inet_bind_hash`)."""
    sock.netns.sockets.bound.setdefault((sock.protocol, sock.lport), []).append(sock)


def unhash(table: dict[tuple[int, int], list[Any]], sock: Any) -> None:
    """Take a socket out of a table by port, and the port out when it was the last."""
    known = table.get((sock.protocol, sock.lport))
    if known and sock in known:
        known.remove(sock)
        if not known:
            del table[sock.protocol, sock.lport]
