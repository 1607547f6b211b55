"""A network namespace: devices, tables, settings and counters that belong together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import attrs

from netsim.kernel.core.kernel import Kernel
from netsim.kernel.tables.counts import nothing_counted
from netsim.kernel.tables.inet import COUNTED_HERE, Inet4State, icmp_counters
from netsim.kernel.tables.inet6 import Inet6State
from netsim.kernel.tables.sockets import SocketTables
from netsim.state.late import Late

if TYPE_CHECKING:
    from netsim.kernel.core.netdevice import NetDevice
    from netsim.kernel.tables.nexthop import NexthopTable
    from netsim.trace import Recorder

NO_HOOKS = ((), (), (), (), ())


@attrs.define(eq=False)
class Netns(Late):
    """Mirrors `struct net`.

    It lives while something holds it: processes in it, names or files bound to it (`holders` counts them); the last
    `put` tears it down (`cleanup_net`).
    """

    kernel: Kernel
    inode: int
    cookie: int
    """A number no other namespace of the world has, not even on another machine (`net_cookie`)."""
    devices: dict[int, NetDevice] = attrs.field(factory=dict)  # by ifindex, in order of registration
    names: dict[str, NetDevice] = attrs.field(factory=dict)  # alternative names too
    next_ifindex: int = 1
    loopback: NetDevice = attrs.field(default=None)
    nsids: dict[int, int] = attrs.field(factory=dict)  # cookie of another namespace -> its id as seen from here
    has_nsid_gaps: bool = False  # ids below the highest may be free
    holders: int = 0
    dead: bool = False
    inet: Inet4State = attrs.field(factory=Inet4State)
    inet6: Inet6State = attrs.field(factory=Inet6State)
    sockets: SocketTables = attrs.field(factory=SocketTables)
    hooks_ipv4: tuple[tuple[tuple[int, Callable[..., int]], ...], ...] = NO_HOOKS
    """At each of the five hooks the functions with their priorities, in the order they are called (`struct netns_nf`)."""
    hooks_ipv6: tuple[tuple[tuple[int, Callable[..., int]], ...], ...] = NO_HOOKS
    hooks_bridge: tuple[tuple[tuple[int, Callable[..., int]], ...], ...] = NO_HOOKS
    netfilter: Any = None
    tunnels: dict[str, list[Any]] = attrs.field(factory=dict)
    """Tunnels whose outer packets are routed here, by family: gre, gretap, ipip, sit, vxlan (`struct ip_tunnel_net`)."""
    nexthops: NexthopTable | None = None
    """The nexthop objects, from when somebody first asked."""
    l3mdevs: int = 0  # L3 masters (VRF devices) here
    vrf_strict_mode: int = 0  # whether a table may be one VRF's alone (net.vrf.strict_mode)
    has_vrf_rules: bool = False  # the rule of the first one was made, once and for all
    taps: tuple[Any, ...] = ()  # packet sockets bound to any device
    mib: Counter[str] = attrs.field(factory=nothing_counted)
    """SNMP counters by the names nstat prints; who reads asks `snmp_fold`, as some floods are counted elsewhere."""
    trace: Recorder | None = None

    def stir(self) -> None:
        """Who listens here may be another from now on: bridges that count on it are told."""
        for dev in self.devices.values():
            place = dev.place
            if place is not None and place.is_sorted:
                place.stir()

    def owned_late(self) -> Iterable[Late]:
        """Its devices."""
        return self.devices.values()

    def __repr__(self) -> str:
        return f"<netsim netns {self.inode}>"

    def device(self, name: str) -> NetDevice | None:
        """The device called so (main or alternative name), or None (`__dev_get_by_name`)."""
        return self.names.get(name)

    def id_of(self, other: Netns) -> int | None:
        """The id `other` has here, or None when none was given yet (`peernet2id`)."""
        return self.nsids.get(other.cookie)

    def id_for(self, other: Netns) -> int:
        """The id `other` has here, giving it the lowest free one at need (`peernet2id_alloc`)."""
        known = self.nsids.get(other.cookie)
        if known is None:
            known = len(self.nsids)
            if self.has_nsid_gaps:
                taken = set(self.nsids.values())
                highest = max(taken, default=0)
                known = 0
                while known in taken:
                    known += 1
                self.has_nsid_gaps = highest > len(taken)
            self.nsids[other.cookie] = known
        return known

    def forget_id(self, other: Netns) -> None:
        """The id of a namespace that is gone is free again (`idr_remove`)."""
        if self.nsids.pop(other.cookie, None) is not None:
            self.has_nsid_gaps = True


def snmp_fold(netns: Netns) -> Counter[str]:
    """The SNMP counters of a namespace, whatever was counted elsewhere added (`snmp_fold_field`)."""
    for dev in netns.devices.values():
        if dev.place is not None:
            dev.place.settle()
    inet, mib = netns.inet, netns.mib
    for field, names in COUNTED_HERE:
        count = getattr(inet, field)
        if count:
            for name in names:
                mib[name] += count
            setattr(inet, field, 0)
    for way, counts in (("In", inet.icmp_in), ("Out", inet.icmp_out)):
        for kind, count in counts.items() if counts else ():
            for name in icmp_counters(way, kind):
                mib[name] += count
    inet.icmp_in = inet.icmp_out = None
    return mib
