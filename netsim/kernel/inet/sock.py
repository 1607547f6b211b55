"""What all internet sockets have in common: names, options, queues, errors (`af_inet.c`, `ip_sockglue.c`).

Addresses are values of their own family: a socket made for IPv6 that talks to an IPv4 host holds `IPv4` addresses, which tools
print as `::ffff:10.0.0.1`; everything that has to do with packets is asked of the address's family (`family.py`).
"""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPV4_ANY, IPV6_ANY, IPv4, IPv6
from netsim.errors import EDESTADDRREQ, EMSGSIZE, ENODEV, ENOPROTOOPT, ENOTCONN, NetError
from netsim.kernel.core.netns import Netns
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.inet.family import AF_INET, Family, family_of
from netsim.state.late import Late
from netsim.values import quick

PMTUDISC_DONT, PMTUDISC_WANT, PMTUDISC_DO, PMTUDISC_PROBE = range(4)
ORIGIN_LOCAL, ORIGIN_ICMP, ORIGIN_ICMP6 = 1, 2, 3
QUEUE_LIMIT = 1024


@quick
@attrs.frozen(weakref_slot=False)
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
    ifindex: int = 0
    """The device an ICMPv6 error came by, which its sender's link-local address needs."""
    ttl: int = 0
    """The TTL the message about it arrived with (IP_RECVTTL on the error queue)."""


@attrs.define(eq=False)
class InetSocket(Late):
    """State and options of an internet socket. Ports are 0 and addresses None until they are known."""

    netns: Netns
    family: int
    kind: int
    protocol: int
    laddr: IPv4 | IPv6 | None = None
    lport: int = 0
    raddr: IPv4 | IPv6 | None = None
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
    dontroute: int = 0
    reuseaddr: int = 0
    reuseport: int = 0
    v6only: int = 0
    transparent: int = 0
    """IP_TRANSPARENT: addresses of others may be its own, and TPROXY may hand it packets."""
    freebind: int = 0
    """IP_FREEBIND: any address may be bound."""
    ip_options: bytes = b""
    queue: list[Received] = attrs.field(factory=list)
    errors: tuple[SockError, ...] = ()
    so_error: int = 0
    waker: Any = None
    is_closed: bool = False
    is_held: bool = True
    """Whether a process holds it (`sk_socket`): not a connection before `accept` nor one after `close`."""
    groups: tuple[tuple[int, IPv4 | IPv6], ...] = ()
    is_unprivileged: bool = False
    """Whether whoever made it lacks CAP_NET_BIND_SERVICE."""
    cookie: int = 0
    inode: int = 0
    """What /proc/PID/fd and /proc/net name it by; 0 until a process has a descriptor for it."""
    dst_cache: Any = attrs.field(default=None, metadata={"state": "skip"})
    """The last way out: what it was asked for, under which genid, and the family's route (`sk_dst_cache`)."""

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
            "dontroute",
            "reuseaddr",
            "reuseport",
            "v6only",
            "transparent",
            "freebind",
            "nodelay",
            "keepalive",
        ):
            raise NetError(ENOPROTOOPT)
        setattr(self, name, value)

    def is_bound_to(self, skb: SkBuff, accept: str) -> bool:
        """Whether a packet's device suits the socket: bound to it, to its VRF or to its port; unbound ones hear VRFs if sysctl `accept` says so.

        Mirrors `inet_sk_bound_dev_eq`.
        """
        ifindex = skb.dev.ifindex
        if self.bound_dev:
            return self.bound_dev in (ifindex, skb.sdif)
        return not skb.sdif or bool(int(self.netns.inet.sysctl.get(accept, accept == "raw_l3mdev_accept")))

    # names -------------------------------------------------------------------------------------------------------------

    @property
    def any(self) -> IPv4 | IPv6:
        """The wildcard address of the socket's own family."""
        return IPV4_ANY if self.family == AF_INET else IPV6_ANY

    @property
    def source(self) -> IPv4 | IPv6 | None:
        """The address packets are bound to leave from, None when the route may choose."""
        return self.laddr if self.laddr else None

    @property
    def hears_mapped(self) -> bool:
        """Whether a wildcard socket hears of the other family's packets: an IPv6 one does, unless told not to."""
        return self.family != AF_INET and not self.v6only

    def family_for(self, address: IPv4 | IPv6) -> Family:
        """The network layer that reaches an address."""
        return family_of(self.netns, address)

    def check_bindable(self, address: IPv4 | IPv6) -> None:
        """EADDRNOTAVAIL for an address that is not ours."""
        self.family_for(address).check_bindable(self, address)

    def getsockname(self) -> tuple[IPv4 | IPv6, int]:
        """The local address and port."""
        return self.laddr if self.laddr is not None else self.any, self.lport

    def getpeername(self) -> tuple[IPv4 | IPv6, int]:
        """The address and port connected to; ENOTCONN."""
        if self.raddr is None:
            raise NetError(ENOTCONN)
        return self.raddr, self.rport

    def route_to(self, address: IPv4 | IPv6, port: int = 0) -> Any:
        """The way to a destination for this socket."""
        return self.family_for(address).route(self, address, port)

    def route_to_self(self, address: IPv4 | IPv6, port: int) -> Any:
        """The way to this host itself, which the address 0 means: asked for again from and to the address chosen (`ip_route_connect`)."""
        before, self.laddr = self.laddr, self.laddr or address
        try:
            return self.route_to(address, port)
        except NetError:
            self.laddr = before
            raise

    def destination(self, address: IPv4 | IPv6 | None, port: int) -> tuple[IPv4 | IPv6, int]:
        """Where a datagram goes: where asked, or where connected; EDESTADDRREQ."""
        if address is not None:
            return address, port
        if self.raddr is None:
            raise NetError(EDESTADDRREQ)
        return self.raddr, self.rport

    # arrivals ----------------------------------------------------------------------------------------------------------

    def deliver(self, received: Received) -> None:
        """Queue a datagram and wake the reader."""
        if len(self.queue) < QUEUE_LIMIT:
            self.queue.append(received)
            if self.waker is not None:
                self.waker.wake()

    def recvfrom(self) -> Received | None:
        """The next datagram, None when there is none; a pending error is raised first."""
        if self.so_error:
            error, self.so_error = self.so_error, 0
            raise NetError(error)
        return self.queue.pop(0) if self.queue else None

    def next_error(self) -> SockError | None:
        """The next entry of the error queue, None when it is empty; reading it clears the pending error."""
        if not self.errors:
            return None
        entry, self.errors = self.errors[0], self.errors[1:]
        self.so_error = self.errors[0].errno if self.errors else 0
        return entry

    def queue_error(self, entry: SockError) -> None:
        """Keep an error for who asked for it, and wake the reader."""
        self.errors += (entry,)
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
