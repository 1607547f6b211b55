"""What all internet sockets have in common: names, options, queues, errors (`af_inet.c`, `ip_sockglue.c`)."""

from __future__ import annotations

from collections import deque
from typing import Any

import attrs

from netsim.addr import IPV4_ANY, IPv4
from netsim.errors import EADDRNOTAVAIL, EDESTADDRREQ, EMSGSIZE, ENODEV, ENOPROTOOPT, NetError
from netsim.kernel.core.netns import Netns
from netsim.kernel.ipv4.fib_lookup import inet_addr_type
from netsim.kernel.ipv4.route import Flow, Rt, ip_route_output
from netsim.kernel.tables.fib import RTN_BROADCAST, RTN_LOCAL, RTN_MULTICAST
from netsim.packet import Ip

AF_INET, AF_INET6 = 2, 10
PMTUDISC_DONT, PMTUDISC_WANT, PMTUDISC_DO, PMTUDISC_PROBE = range(4)
ORIGIN_LOCAL, ORIGIN_ICMP, ORIGIN_ICMP6 = 1, 2, 3
QUEUE_LIMIT = 1024


@attrs.frozen
class Received:
    """A datagram as recvmsg tells it; `time` in ns, `packet` the whole IP packet."""

    data: Any
    src: Any
    sport: int
    ttl: int
    tos: int
    ifindex: int
    time: int
    packet: Any


@attrs.frozen
class SockError:
    """An entry of the error queue (`struct sock_extended_err`): where it began, what it is, who said so, about what."""

    errno: int
    origin: int
    type: int = 0
    code: int = 0
    info: int = 0
    offender: Any = None
    packet: Any = None
    time: int = 0


@attrs.define(eq=False)
class InetSocket:
    """State and options of an internet socket. Ports are 0 and addresses None until they are known."""

    netns: Netns
    family: int
    kind: int
    protocol: int
    laddr: IPv4 | None = None
    lport: int = 0
    raddr: IPv4 | None = None
    rport: int = 0
    bound_dev: int = 0
    mark: int = 0
    ttl: int | None = None
    tos: int = 0
    multicast_ttl: int = 1
    multicast_loop: int = 1
    multicast_if: int = 0
    pmtudisc: int = PMTUDISC_WANT
    broadcast: int = 0
    recverr: int = 0
    hdrincl: int = 0
    reuseaddr: int = 0
    reuseport: int = 0
    ip_options: bytes = b""
    queue: deque[Received] = attrs.field(factory=deque)
    errors: deque[SockError] = attrs.field(factory=deque)
    so_error: int = 0
    waker: Any = None
    is_closed: bool = False
    groups: list[tuple[int, IPv4]] = attrs.field(factory=list)
    inode: int = 0
    """What /proc/PID/fd and /proc/net name it by; 0 until a process has a descriptor for it."""

    # options -----------------------------------------------------------------------------------------------------------

    def bind_to_device(self, name: str) -> None:
        """SO_BINDTODEVICE; ENODEV."""
        dev = self.netns.device(name)
        if dev is None:
            raise NetError(ENODEV)
        self.bound_dev = dev.ifindex

    def set(self, name: str, value: int) -> None:
        """Set one of the integer options, named as the field is."""
        if name not in (
            "mark",
            "ttl",
            "tos",
            "multicast_ttl",
            "multicast_loop",
            "multicast_if",
            "pmtudisc",
            "broadcast",
            "recverr",
            "hdrincl",
            "reuseaddr",
            "reuseport",
        ):
            raise NetError(ENOPROTOOPT)
        setattr(self, name, value)

    # names -------------------------------------------------------------------------------------------------------------

    def check_bindable(self, address: IPv4) -> None:
        """EADDRNOTAVAIL for an address that is not ours (`inet_bind`)."""
        if address == IPV4_ANY or self.netns.inet.sysctl.get("ip_nonlocal_bind"):
            return
        if inet_addr_type(self.netns, address) not in (RTN_LOCAL, RTN_MULTICAST, RTN_BROADCAST):
            raise NetError(EADDRNOTAVAIL)

    def getsockname(self) -> tuple[IPv4, int]:
        """The local address and port."""
        return self.laddr if self.laddr is not None else IPV4_ANY, self.lport

    def getpeername(self) -> tuple[IPv4, int]:
        """The address and port connected to."""
        if self.raddr is None:
            raise NetError(107)
        return self.raddr, self.rport

    def route_to(self, address: IPv4, port: int = 0) -> Rt:
        """The way to a destination for this socket."""
        source = self.laddr if self.laddr is not None and self.laddr != IPV4_ANY and not self.laddr.is_multicast else None
        oif = self.bound_dev or (self.multicast_if if address.is_multicast else 0)
        return ip_route_output(self.netns, Flow(address, source, oif, 0, self.tos, self.mark, self.protocol, self.lport, port))

    def destination(self, address: IPv4 | None, port: int) -> tuple[IPv4, int]:
        """Where a datagram goes: where asked, or where connected; EDESTADDRREQ."""
        if address is not None:
            return address, port
        if self.raddr is None:
            raise NetError(EDESTADDRREQ)
        return self.raddr, self.rport

    def ttl_for(self, rt: Rt) -> int:
        """The TTL of a packet on this way."""
        if rt.type == RTN_MULTICAST:
            return self.multicast_ttl
        return self.ttl if self.ttl is not None else int(self.netns.inet.sysctl.get("ip_default_ttl", 64))

    def df_for(self, size: int, rt: Rt) -> int:
        """The DF flag (2) or 0, as path MTU discovery is set."""
        if self.pmtudisc in (PMTUDISC_DO, PMTUDISC_PROBE):
            return 2
        if self.pmtudisc == PMTUDISC_WANT and not rt.mtu_locked and size <= rt.mtu:
            return 2
        return 0

    # arrivals ----------------------------------------------------------------------------------------------------------

    def deliver(self, received: Received) -> None:
        """Queue a datagram and wake the reader."""
        if len(self.queue) < QUEUE_LIMIT:
            self.queue.append(received)
            self.wake()

    def recvfrom(self) -> Received | None:
        """The next datagram, None when there is none; a pending error is raised first."""
        if self.so_error:
            error, self.so_error = self.so_error, 0
            raise NetError(error)
        return self.queue.popleft() if self.queue else None

    def next_error(self) -> SockError | None:
        """The next entry of the error queue, None when it is empty; reading it clears the pending error."""
        if not self.errors:
            return None
        entry = self.errors.popleft()
        self.so_error = self.errors[0].errno if self.errors else 0
        return entry

    def queue_error(self, entry: SockError) -> None:
        """Keep an error for who asked for it, and wake the reader."""
        self.errors.append(entry)
        self.so_error = entry.errno
        self.wake()

    def wake(self) -> None:
        """Tell the owner that something can be read."""
        if self.waker is not None:
            self.waker.wake()

    def local_mtu(self, mtu: int) -> None:
        """A packet was too big before it left (`ip_local_error`)."""
        if self.recverr:
            self.queue_error(SockError(EMSGSIZE, ORIGIN_LOCAL, info=mtu, time=self.netns.kernel.clock.now))

    def close(self) -> None:
        """The last descriptor is gone."""
        self.is_closed = True

    def check_destination(self, rt: Rt) -> None:
        """EACCES for broadcasts without SO_BROADCAST."""
        if rt.type == RTN_BROADCAST and not self.broadcast:
            raise NetError(13)


def check_size(packet: Ip) -> None:
    """EMSGSIZE for what no IP packet can carry."""
    if packet.size > 65535:
        raise NetError(EMSGSIZE)
