"""Routing decisions for IPv6 packets that come in and go out, and what was learnt about single destinations (`route.c`, `ip6_output.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.addr import IPV6_ANY, IPv6
from netsim.clock import SECOND
from netsim.errors import EADDRNOTAVAIL, EINVAL, ENETUNREACH, NetError
from netsim.kernel.core.fib_rules import l3mdev_update_flow
from netsim.kernel.core.netdevice import IFF_LOOPBACK, NetDevice
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.core.tracepoint import trace_drop, trace_step
from netsim.kernel.inet.flow_keys import ports_of
from netsim.kernel.ipv6.exthdrs import upper_of
from netsim.kernel.ipv6.fib_lookup import LOOKUP_IFACE, Flow6, Found6, fib6_lookup, lookup_strictness, need_strict, table_lookup
from netsim.kernel.ipv6.saddr import ipv6_dev_get_saddr
from netsim.kernel.tables.fib import RTN_ANYCAST, RTN_LOCAL, RTN_MULTICAST, RTN_UNICAST
from netsim.kernel.tables.fib6 import Exception6, Fib6Info
from netsim.packet import DestOpts, HopByHop, Ip6, Routing
from netsim.values import quick

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns

MIN_MTU, MAX_MTU = 1280, 65535 + 40


@quick
@attrs.frozen(weakref_slot=False)
class Rt6:
    """A decision (`struct rt6_info`): where the packet goes and how. `error` is the errno of a route that refuses."""

    type: int
    dev: NetDevice
    gateway: IPv6 | None = None
    src: IPv6 | None = None
    mtu: int = 1500
    found: Found6 | None = None
    learnt: Exception6 | None = None
    iif: int = 0
    error: int = 0

    @property
    def is_local(self) -> bool:
        """Whether it is delivered here."""
        return self.type in (RTN_LOCAL, RTN_ANYCAST)

    @property
    def refuses(self) -> bool:
        """Whether whoever sends is told at once; a way over lo takes the packet and discards it (`ip6_rt_type_to_error`, `ip6_pkt_discard_out`)."""
        return bool(self.error) and self.type != RTN_UNICAST


# exceptions ------------------------------------------------------------------------------------------------------------


def find_exception(netns: Netns, route: Fib6Info, dst: IPv6) -> Exception6 | None:
    """What is still valid about a destination behind a route (`rt6_find_cached_rt`)."""
    known = route.exceptions.get(dst)
    if known is not None and known.expires and known.expires <= netns.kernel.clock.now:
        del route.exceptions[dst]
        return None
    return known


def learn_pmtu(netns: Netns, rt: Rt6, dst: IPv6, mtu: int) -> None:
    """Packets to `dst` must be smaller from now on (`__ip6_rt_update_pmtu`); what is below the least MTU of IPv6 is not believed."""
    if mtu < MIN_MTU or mtu >= rt.mtu or rt.found is None:
        return
    entry = rt.found.route.exceptions.setdefault(dst, Exception6())
    entry.mtu = mtu
    entry.expires = netns.kernel.clock.now + int(netns.inet6.sysctl.get("net/ipv6/route/mtu_expires", 600)) * SECOND


def learn_redirect(rt: Rt6, dst: IPv6, gateway: IPv6 | None) -> None:
    """A router named a better next hop for `dst`; None: `dst` itself is on the link (`rt6_do_redirect`)."""
    if rt.found is not None:
        rt.found.route.exceptions[dst] = Exception6(gateway=gateway, is_redirect=True)  # in place of what was known of its MTU


def flush_cache(netns: Netns) -> None:
    """Forget all exceptions (`rt6_flush_exceptions`)."""
    for route in netns.inet6.fib.routes():
        route.exceptions.clear()


# output ----------------------------------------------------------------------------------------------------------------


def ip6_route_output(netns: Netns, flow: Flow6, bound: int = 0) -> Rt6:
    """How a packet made here goes (`ip6_route_output_flags`); NetError ENETUNREACH, or `Rt6.error` for routes that refuse.

    `bound`: the device the socket is bound to, which the way out must then be.
    """
    if netns.l3mdevs and _is_out_of_reach(netns, flow):
        raise NetError(ENETUNREACH)
    is_open = flow.src is None or flow.src == IPV6_ANY
    strict = LOOKUP_IFACE if bound or need_strict(flow.dst) or (flow.oif and is_open) else 0
    try:
        found = fib6_lookup(netns, flow, flow.oif, lookup_strictness(netns, strict))
    except NetError as error:
        if netns.trace is not None:
            trace_drop(netns, "IP_OUTNOROUTES", "", flow, error.errno)
        raise
    return decide(netns, flow, found)


def _is_out_of_reach(netns: Netns, flow: Flow6) -> bool:
    """A VRF has no link of its own, so nothing that is of one link is behind it (`vrf_link_scope_lookup`)."""
    dev = netns.devices.get(flow.oif)
    return dev is not None and bool(dev.l3mdev_table) and (flow.dst.is_multicast or flow.dst.is_linklocal)


def ip6_dst_lookup(netns: Netns, flow: Flow6, bound: int = 0) -> Rt6:
    """The way of a packet of our own with its source (`ip6_dst_lookup_tail`); NetError as sendto would report it."""
    rt: Rt6 | None = None
    refused: NetError | None = None
    if flow.src is None or flow.src == IPV6_ANY:
        try:
            rt = ip6_route_output(netns, flow, bound)
        except NetError as error:
            refused = error
        master = netns.devices.get(l3mdev_update_flow(netns, flow).l3mdev) if netns.l3mdevs else None
        source = get_saddr(netns, rt if rt is not None and not rt.refuses else None, flow.dst, master)
        if source is None:
            raise NetError(EADDRNOTAVAIL)
        flow = attrs.evolve(flow, src=source)
        if rt is not None and not rt.refuses:
            return attrs.evolve(rt, src=source)
        if refused is None and rt is not None:
            refused = NetError(rt.error)
    rt = ip6_route_output(netns, flow, bound)
    if rt.refuses:
        if netns.trace is not None:
            trace_step(netns, "fib_table_lookup", "", flow, rt.found)
        raise NetError(rt.error)
    return rt


def get_saddr(netns: Netns, rt: Rt6 | None, dst: IPv6, master: NetDevice | None = None) -> IPv6 | None:
    """The source for a destination on a way: what the route prefers, else by the rules of RFC 6724 (`ip6_route_get_saddr`).

    `master`: the VRF the packet starts in, which its source belongs to wherever the way leads.
    """
    if rt is None or rt.found is None:
        return ipv6_dev_get_saddr(netns, master, dst)
    route = rt.found.route
    first = (
        route.siblings[0] if route.nh is not None and route.siblings else route
    )  # a nexthop group's first way out speaks for it (`fib6_info_nh_dev`)
    dev = netns.devices.get(first.ifindex)
    if master is not None and (dev is None or dev.l3mdev is not master):
        return ipv6_dev_get_saddr(netns, master, dst)
    if route.prefsrc is not None:
        return route.prefsrc
    return ipv6_dev_get_saddr(netns, dev, dst)


def decide(netns: Netns, flow: Flow6, found: Found6) -> Rt6:
    """The decision with everything that depends on the destination (`ip6_rt_init_dst`, `ip6_create_rt_rcu`)."""
    route = found.route
    dev = netns.devices[route.ifindex]
    if found.error:
        return Rt6(route.type, netns.loopback, None, flow.src, MAX_MTU, found, None, flow.iif, found.error)
    kind = route.type
    if kind in (RTN_LOCAL, RTN_ANYCAST):
        dev = netns.loopback if dev.master is None and not dev.l3mdev_table else _own_device(netns, dev, route.dst)
    elif flow.dst.is_multicast:
        kind = RTN_MULTICAST
    learnt = find_exception(netns, route, flow.dst)
    gateway = route.gateway if kind == RTN_UNICAST else None
    mtu = route.metric_value("mtu") or mtu_of(dev)
    if learnt is not None:
        if learnt.is_redirect:
            gateway = learnt.gateway
        if learnt.mtu:
            mtu = min(mtu, learnt.mtu) if not route.metric_value("mtu") else learnt.mtu
    return Rt6(kind, dev, gateway, flow.src, min(mtu, MAX_MTU), found, learnt, flow.iif)


def _own_device(netns: Netns, dev: NetDevice, address: IPv6) -> NetDevice:
    """Where packets for an own address go round: its VRF, or lo (`ip6_rt_get_dev_rcu`)."""
    master = dev.l3mdev
    return netns.loopback if master is None or (master is not dev and need_strict(address)) else master


def mtu_of(dev: NetDevice) -> int:
    """The MTU for IPv6 on a device: the device's, or less when a router or a setting said so (`idev->cnf.mtu6`)."""
    return dev.inet6.mtu if dev.inet6 is not None else max(dev.mtu, MIN_MTU)


def direct(netns: Netns, dev: NetDevice, flow: Flow6) -> Rt6:
    """A way over a device that no table knows, for discovery and listener reports (`icmp6_dst_alloc`)."""
    kind = RTN_MULTICAST if flow.dst.is_multicast else RTN_UNICAST
    return Rt6(kind, dev, None, flow.src, mtu_of(dev))


# input -----------------------------------------------------------------------------------------------------------------


def _flow_of(skb: SkBuff, dev: NetDevice) -> Flow6:
    packet = skb.packet
    protocol, sport, dport = keys_of(packet)
    return Flow6(packet.dst, packet.src, 0, dev.ifindex, packet.tclass, skb.mark, protocol, sport, dport, flowlabel=packet.flowlabel)


def keys_of(packet: Ip6) -> tuple[int, int, int]:
    """Protocol and ports, behind extension headers too."""
    protocol, payload = packet.nexthdr, packet.payload
    if isinstance(payload, HopByHop | DestOpts | Routing):
        upper = upper_of(packet)
        protocol, payload = upper.protocol, upper.payload
    return (protocol, *ports_of(payload))


def ip6_route_input(skb: SkBuff) -> Rt6:
    """How a packet that came in goes on (`ip6_route_input`); NetError ENETUNREACH when no route knows."""
    dev, packet = skb.dev, skb.packet
    netns = dev.netns
    if dev.inet6 is None:
        raise NetError(EINVAL)
    flow = _flow_of(skb, dev)
    strict = LOOKUP_IFACE if need_strict(packet.dst) else 0
    found = fib6_lookup(netns, flow, dev.ifindex, lookup_strictness(netns, strict))
    return decide(netns, flow, found)


def l3mdev_route_input(skb: SkBuff, dev: NetDevice) -> Rt6 | None:
    """How a packet goes on for which the link matters that it came by, a port's: by the VRF's table alone (`vrf_ip6_input_dst`)."""
    netns = dev.netns
    table = netns.inet6.fib.tables.get(dev.l3mdev_fib_table)
    flow = _flow_of(skb, dev)
    found = table_lookup(netns, table, flow, dev.ifindex, lookup_strictness(netns, LOOKUP_IFACE)) if table is not None else None
    return decide(netns, flow, found) if found is not None else None


def is_loopback_way(rt: Rt6) -> bool:
    """Whether the packet stays on this host."""
    return bool(rt.dev.flags & IFF_LOOPBACK)


__all__ = ["Flow6", "Found6", "Rt6", "direct", "ip6_dst_lookup", "ip6_route_input", "ip6_route_output", "learn_pmtu", "learn_redirect"]
