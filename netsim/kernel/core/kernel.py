"""One Linux kernel: what all its namespaces share."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

from netsim.addr import MAC
from netsim.clock import SECOND, Clock
from netsim.errors import EPERM, NetError
from netsim.kernel.profile import KernelProfile

if TYPE_CHECKING:
    from netsim.kernel.core.netdevice import NetDevice
    from netsim.kernel.core.netns import Netns

FIRST_INODE = 4026531840  # PROC_DYNAMIC_FIRST-like: the first namespace's inode on every Linux
COOKIE_SHIFT = 32
"""Above are the machine's bits of a cookie."""

DOOR = {"state": "share"}
"""Doors belong to the program, not to the state of a world: forks share them, snapshots leave them out."""


def _nobody(event: int, dev: NetDevice) -> None:
    """Until the doors are hung."""


@attrs.define(eq=False)
class Kernel:
    """A running Linux: its namespaces, the doors late-bound by `boot`, and what is counted machine-wide.

    The doors (`packet_types`, `inet_protos`, `inet6_protos`, `link_kinds`, `netdev_chain`, `netns_chain`) are filled by `boot`
    from dict literals; paths call through them so that rooms need not import each other.
    """

    clock: Clock
    rng: random.Random
    profile: KernelProfile
    number: int = 0
    """Which of the world's machines it runs on."""
    epoch: int = 1_767_225_600 * SECOND
    """Wall time (ns since 1970) at which the world's clock began."""
    init_net: Netns = attrs.field(default=None)
    namespaces: list[Netns] = attrs.field(factory=list)
    inherits_devconf: int = 1
    """New namespaces begin with IPv4's settings for all and new devices as they are in the first; 0 where that stands for one that is not the first."""
    next_inode: int = FIRST_INODE
    next_cookie: int = 0
    next_socket_inode: int = 16384
    next_socket_cookie: int = 1
    packet_types: dict[int, Callable[..., Any]] = attrs.field(factory=dict, metadata=DOOR)
    """ethertype -> `(skb) -> None`."""
    only_counts: dict[int, Callable[..., bool]] = attrs.field(factory=dict)
    """ethertype -> `(dev, skb) -> bool`: whether a group or broadcast frame that arrives at dev would be dropped without a trace."""
    inet_protos: dict[int, Callable[..., Any]] = attrs.field(factory=dict, metadata=DOOR)
    """IPv4 protocol -> `(netns, skb) -> bool`; the skb's packet is the whole `Ip` value."""
    inet_err: dict[int, Callable[..., Any]] = attrs.field(factory=dict, metadata=DOOR)
    """IPv4 protocol -> `(netns, error, inner, skb) -> None`: an ICMP error about a packet of that protocol."""
    inet_families: dict[int, Any] = attrs.field(factory=dict, metadata=DOOR)
    """AF_INET, AF_INET6 -> what transports ask of the network layer (`inet/family.py`)."""
    inet6_protos: dict[int, Callable[..., Any]] = attrs.field(factory=dict, metadata=DOOR)
    """IPv6 next header -> `(netns, skb) -> bool`."""
    inet6_err: dict[int, Callable[..., Any]] = attrs.field(factory=dict, metadata=DOOR)
    """IPv6 next header -> `(netns, error, inner, skb) -> None`."""
    link_kinds: dict[str, Any] = attrs.field(factory=dict, metadata=DOOR)
    """kind -> `drivers.kinds.LinkKind`."""
    br_refragment: Callable[..., bool] | None = attrs.field(default=None, metadata=DOOR)
    """`(netns, skb) -> bool`: bridge netfilter cuts a packet that is too long for the port it leaves by, or drops it."""
    qdisc_kinds: dict[str, Any] = attrs.field(factory=dict, metadata=DOOR)
    """kind -> `sched.qdisc.QdiscKind`."""
    autohandle: int = 0x80000000
    """The last handle given to a discipline that was made without one."""
    netdev_chain: dict[int, tuple[Callable[..., None], ...]] = attrs.field(factory=dict, metadata=DOOR)
    """device event -> `(dev) -> None`, called in order: those who do something about it (`call_netdevice_notifiers`)."""
    upper_event: Callable[..., None] = attrs.field(default=_nobody, metadata=DOOR)
    """`(event, dev) -> None`: devices are stacked on one to which something happened."""
    inetaddr_chain: tuple[Callable[..., None], ...] = attrs.field(default=(), metadata=DOOR)
    """`(dev, address) -> None`: an address was taken off a device (`inetaddr_chain`, `inet6addr_chain`: NETDEV_DOWN)."""
    netns_init: tuple[Callable[..., None], ...] = attrs.field(default=(), metadata=DOOR)
    """`(netns) -> None`, run for each new namespace (`pernet_operations.init`)."""
    link_watch: Any = None
    """State of the delayed carrier worker (`core/link_watch.py`)."""
    log: list[tuple[int, str]] = attrs.field(factory=list)
    """The kernel's log for dmesg: (ns, line)."""
    modules: dict[str, Any] = attrs.field(factory=dict, metadata=DOOR)
    """name -> where its `core.modules.Module` is found (`part`): what loading it adds."""
    loaded_modules: dict[str, int] = attrs.field(factory=dict)
    unmodelled: list[str] = attrs.field(factory=list)
    """Options that were accepted although what they do is not modelled."""
    hash_secret: int = 0
    """What flows are hashed with besides their ends: machines differ in it, namespaces of one do not."""
    watchers: list[Any] = attrs.field(factory=list)
    """Captures that want to hear of every new namespace, with `joined(netns)`."""
    xmit_depth: int = 0
    """How many devices the packet being sent was handed on through (`dev_xmit_recursion`)."""
    current: Any = None
    """Who is asking just now (`current`): the process whose command runs, with `capable(name)`; None: the machine itself."""

    def require_admin(self) -> None:
        """EPERM unless whoever asks may configure networks (`ns_capable(net->user_ns, CAP_NET_ADMIN)`)."""
        if self.current is not None and not self.current.capable("NET_ADMIN"):
            raise NetError(EPERM)

    def is_admin(self) -> bool:
        """Whether whoever asks may configure networks."""
        return self.current is None or self.current.capable("NET_ADMIN")

    def __repr__(self) -> str:
        return f"<netsim kernel {self.profile.release}>"

    def below(self, limit: int) -> int:
        """A number from 0 up to, but not, a positive limit (`get_random_u32_below`): the one that `Random.randrange` would draw, in fewer steps."""
        draw, bits = self.rng.getrandbits, limit.bit_length()
        number = draw(bits)
        while number >= limit:
            number = draw(bits)
        return number

    def random_mac(self) -> MAC:
        """A locally administered unicast address (`eth_random_addr`)."""
        return MAC((self.rng.getrandbits(48) & 0xFCFFFFFFFFFF) | 0x020000000000)

    def cookie(self) -> int:
        """The next cookie of a namespace (`net_gen_cookie`)."""
        self.next_cookie += 1
        return self.number << COOKIE_SHIFT | self.next_cookie

    def inode(self) -> int:
        """The next free inode number of the namespace file system."""
        number = self.next_inode
        self.next_inode += 1
        return number

    def socket_cookie(self) -> int:
        """The next number a socket is known by to those who list sockets (`sock_gen_cookie`)."""
        number = self.next_socket_cookie
        self.next_socket_cookie += 1
        return number

    def socket_inode(self) -> int:
        """The next free inode number of the file system of sockets."""
        number = self.next_socket_inode
        self.next_socket_inode += 1
        return number

    def notify(self, event: int, dev: NetDevice) -> None:
        """Tell what happened to a device (`call_netdevice_notifiers`): its master, every room that minds, the devices on top of it."""
        if dev.master is not None:
            dev.master.port_event(event, dev)
        for listener in self.netdev_chain[event]:
            listener(dev)
        if dev.uppers:
            self.upper_event(event, dev)
