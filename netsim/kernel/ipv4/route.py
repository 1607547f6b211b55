"""Routing decisions for packets that come in and go out, and what was learnt about single destinations (`route.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.addr import IPV4_LOOPBACK, IPv4, IPv6
from netsim.errors import EAGAIN, EHOSTUNREACH, EINVAL, ENETUNREACH, ENODEV, EXDEV, NetError
from netsim.kernel.core.fib_rules import l3mdev_update_flow
from netsim.kernel.core.netdevice import IFF_LOOPBACK, IFF_UP, NetDevice
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.core.tracepoint import trace_drop
from netsim.kernel.inet.flow_keys import ports_of
from netsim.kernel.ipv4.devinet import owner_of
from netsim.kernel.ipv4.fib_lookup import GROUPS, Flow, Found, fib_lookup, is_own
from netsim.kernel.ipv4.fnhe import find_exception
from netsim.kernel.ipv4.select_addr import inet_select_addr
from netsim.kernel.tables.fib import (
    RT_SCOPE_HOST,
    RT_SCOPE_LINK,
    RTN_BROADCAST,
    RTN_LOCAL,
    RTN_MULTICAST,
    RTN_UNICAST,
    RTN_UNREACHABLE,
)
from netsim.values import quick

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns
    from netsim.packet import Ip

Keys = tuple[int, int, int]
"""What rules and next hops look at beyond the IP header: protocol, source and destination port."""
NO_KEYS: Keys = (0, 0, 0)
FIRST_HOST, LOOPBACK_NET = 1 << 24, 127
"""Where addresses begin that are not of network 0, and the first octet of the host's own."""


@quick
@attrs.frozen(weakref_slot=False)
class Rt:
    """A decision (`struct rtable`): where the packet goes and how; `input` is what receives it when it is for us."""

    type: int
    dev: NetDevice
    gateway: IPv4 | IPv6 | None = None
    src: IPv4 | None = None
    mtu: int = 1500
    found: Found | None = None
    is_redirected: bool = False
    is_learnt: bool = False
    mtu_locked: bool = False
    expires: int = 0
    do_redirect: bool = False
    iif: int = 0
    error: int = 0
    pmtu: int = 0  # what a router or a tunnel said, even where it is no less than the device's MTU

    @property
    def is_local(self) -> bool:
        """Whether it is delivered here (`RTCF_LOCAL`); so is all that was made here and is sent to lo, whatever its address."""
        return self.type in (RTN_LOCAL, RTN_BROADCAST, RTN_MULTICAST) or (not self.iif and bool(self.dev.flags & IFF_LOOPBACK))

    @property
    def leaves(self) -> bool:
        """Whether a broadcast that came in goes on to somebody else's net (`bc_forwarding`): one for us has no route."""
        return self.type == RTN_BROADCAST and self.found is not None and bool(self.iif)


# output ----------------------------------------------------------------------------------------------------------------


def ip_route_output(netns: Netns, flow: Flow) -> Rt:
    """How a packet made here goes (`ip_route_output_key_hash_rcu`); NetError as sendto would report it."""
    src, dst = flow.src, flow.dst
    if src is not None and src != 0:
        if not FIRST_HOST <= src < GROUPS and (src.is_multicast or src.is_broadcast or src.is_zeronet):
            raise NetError(EINVAL)
        if not (flow.oif or flow.any_source):
            holder = owner_of(netns, src)
            if holder is None:
                raise NetError(ENETUNREACH)
            if dst >= GROUPS and (dst.is_multicast or dst.is_broadcast):
                flow = attrs.evolve(flow, oif=holder.ifindex)
    if flow.oif:
        settled = _with_device(netns, flow)
        if isinstance(settled, Rt):
            return settled
        flow = settled
    if flow.dst == 0:
        source = flow.src or IPV4_LOOPBACK
        return _make(netns, RTN_LOCAL, netns.loopback, IPV4_LOOPBACK if flow.src is None else flow.src, source, None)
    try:
        found = fib_lookup(netns, flow)
    except NetError as error:
        dev = netns.devices.get(flow.oif)
        if dev is not None and error.errno == ENETUNREACH and not flow.dst.is_broadcast and dev.l3mdev is None:
            source = flow.src or inet_select_addr(netns, dev, 0, RT_SCOPE_LINK)  # type: ignore[assignment]
            return _make(netns, RTN_MULTICAST if dst.is_multicast else RTN_UNICAST, dev, dst, source, None)
        if netns.trace is not None:
            trace_drop(netns, "IP_OUTNOROUTES", "", flow, error.errno)
        raise NetError(ENETUNREACH if error.errno == EAGAIN else error.errno, error.extack) from None
    return _from_found(netns, flow, found)


def _with_device(netns: Netns, flow: Flow) -> Flow | Rt:
    """What a fixed output device decides by itself: local and broadcast destinations."""
    dev = netns.devices.get(flow.oif)
    if dev is None:
        raise NetError(ENODEV)
    if not dev.flags & IFF_UP or dev.inet is None:
        raise NetError(ENETUNREACH)
    if flow.dst.is_broadcast or (flow.dst.is_multicast and flow.dst.is_local_multicast):
        source = flow.src or inet_select_addr(netns, dev, 0, RT_SCOPE_LINK)
        return _make(netns, RTN_BROADCAST if flow.dst.is_broadcast else RTN_MULTICAST, dev, flow.dst, source, None)
    if flow.src is None or flow.src == 0:
        if flow.dst.is_multicast:
            return attrs.evolve(flow, src=inet_select_addr(netns, dev, 0, flow.scope))
        if flow.dst == 0:
            return attrs.evolve(flow, src=inet_select_addr(netns, dev, 0, RT_SCOPE_HOST))
    return flow


def _from_found(netns: Netns, flow: Flow, found: Found) -> Rt:
    dst, src, kind = flow.dst, flow.src, found.route.type
    if kind == RTN_LOCAL:
        return _make(netns, RTN_LOCAL, _local_device(netns, found), dst, src or found.route.prefsrc or dst, found)
    assert found.hop is not None
    dev = netns.devices[found.hop.ifindex]
    if not src:
        src = _selected_source(netns, flow, found, dev)
    if dst >= GROUPS:
        if dst.is_broadcast:
            kind = RTN_BROADCAST
        elif dst.is_multicast and kind != RTN_BROADCAST:
            kind = RTN_MULTICAST
    return _make(netns, kind, dev, dst, src, found)


def _local_device(netns: Netns, found: Found) -> NetDevice:
    """Where packets for own addresses loop: lo, or the VRF the address is in."""
    if netns.l3mdevs and found.hop is not None:
        dev = netns.devices.get(found.hop.ifindex)
        master = dev.l3mdev if dev is not None else None
        if master is not None:
            return master
    return netns.loopback


def _selected_source(netns: Netns, flow: Flow, found: Found, dev: NetDevice) -> IPv4 | None:
    """The source for a way: of the way out, or of the VRF the packet starts in where the way leads out of it (`fib_select_path`)."""
    if netns.l3mdevs:
        master = netns.devices.get(l3mdev_update_flow(netns, flow).l3mdev)
        if master is not None and dev.l3mdev is not master:
            return inet_select_addr(netns, master, 0, RT_SCOPE_LINK)
    return source_of(netns, found, dev)


def source_of(netns: Netns, found: Found, dev: NetDevice) -> IPv4 | None:
    """The source a route prefers (`fib_result_prefsrc`)."""
    if found.route.prefsrc is not None:
        return found.route.prefsrc
    assert found.hop is not None
    gateway = found.hop.gateway
    return inet_select_addr(netns, dev, gateway if isinstance(gateway, IPv4) else 0, found.route.scope)


def _routes_localnet(netns: Netns, dev: NetDevice) -> bool:
    return bool(netns.inet.conf_all.route_localnet or (dev.inet is not None and dev.inet.conf.route_localnet))


def _make(netns: Netns, kind: int, dev: NetDevice, dst: IPv4, src: IPv4 | None, found: Found | None) -> Rt:
    """The decision with everything that depends on the destination (`__mkroute_output`)."""
    if src is not None and src >> 24 == LOOPBACK_NET and not dev.flags & IFF_LOOPBACK and not _routes_localnet(netns, dev):
        raise NetError(EINVAL)
    gateway = found.hop.gateway if found is not None and found.hop is not None and kind == RTN_UNICAST else None
    mtu, locked, redirected, learnt, expires = dev.mtu, False, False, False, 0
    if found is not None:
        for name, value in found.route.metrics:
            if name == "mtu":
                mtu = value
            elif name == "lock mtu":
                locked = bool(value)
    pmtu = 0
    if kind == RTN_UNICAST:
        known = find_exception(netns, dst, found) if netns.inet.exceptions else None
        if known is not None:
            expires, learnt = known.expires, True
            if known.gateway is not None:
                gateway, redirected = known.gateway, True
            pmtu = known.mtu
            if known.mtu and known.mtu < dev.mtu:
                mtu, locked = known.mtu, known.is_locked
    return Rt(kind, dev, gateway, src, min(mtu, 65535), found, redirected, learnt, locked, expires, pmtu=pmtu)


# input -----------------------------------------------------------------------------------------------------------------


def keys_of(packet: Ip) -> Keys:
    """Protocol and ports, which fragments do not show, not even first ones."""
    return (packet.protocol, 0, 0) if packet.is_fragment else (packet.protocol, *ports_of(packet.payload))


def ip_route_input_slow(skb: SkBuff, keys: Keys | None = None) -> Rt:
    """How a packet that came in goes on (`ip_route_input_slow`); NetError says why it dies: EINVAL for martians, EHOSTUNREACH, ENETUNREACH.

    Who knows that nothing here looks at protocol and ports need not read them (`keys`).
    """
    dev, packet = skb.dev, skb.packet
    netns = dev.netns
    src, dst = packet.src, packet.dst
    if dev.inet is None:
        raise NetError(EINVAL)
    if not (0 < dst >> 24 < 224 and 0 < src >> 24 < 224) or dst >> 24 == 127 or src >> 24 == 127:
        settled = _special_input(skb, src, dst)
        if settled is not None:
            return settled
    if keys is None:
        keys = keys_of(packet)
    flow = Flow(dst, src, 0, dev.ifindex, packet.tos, skb.mark, *keys)
    try:
        found = fib_lookup(netns, flow)
    except NetError as error:
        if not dev.inet.conf.forwarding:
            raise NetError(EHOSTUNREACH) from None
        return Rt(RTN_UNREACHABLE, dev, error=ENETUNREACH if error.errno in (EAGAIN, ENETUNREACH) else error.errno, iif=dev.ifindex)
    if found.type == RTN_BROADCAST:
        if dev.inet.conf.bc_forwarding and netns.inet.conf_all.bc_forwarding:
            return _forward(skb, flow, found)
        return _broadcast_input(skb)
    if found.type == RTN_LOCAL:
        fib_validate_source(dev, src, dst, packet.tos, skb.mark, netns.loopback, keys)
        return Rt(RTN_LOCAL, netns.loopback, None, dst, found=found, iif=dev.ifindex)
    if not dev.inet.conf.forwarding:
        raise NetError(EHOSTUNREACH)
    if found.type != RTN_UNICAST:
        raise NetError(EINVAL, "martian destination")
    return _forward(skb, flow, found)


def _special_input(skb: SkBuff, src: IPv4, dst: IPv4) -> Rt | None:
    """What addresses that are no ordinary host's decide by themselves; None: the tables decide."""
    dev = skb.dev
    if dst.is_multicast:
        return _multicast_input(skb)
    if src.is_multicast or src.is_broadcast:
        raise NetError(EINVAL, "martian source")
    if dst.is_broadcast or (src == 0 and dst == 0):
        return _broadcast_input(skb)
    if src.is_zeronet:
        raise NetError(EINVAL, "martian source")
    if dst.is_zeronet:
        raise NetError(EINVAL, "martian destination")
    if not dev.flags & IFF_LOOPBACK and (dst.is_loopback or src.is_loopback) and not _routes_localnet(dev.netns, dev):
        raise NetError(EINVAL, "martian destination" if dst.is_loopback else "martian source")
    return None


def _forward(skb: SkBuff, flow: Flow, found: Found) -> Rt:
    """On to somewhere else (`__mkroute_input`)."""
    netns, dev = skb.dev.netns, skb.dev
    assert found.hop is not None and dev.inet is not None
    out = netns.devices[found.hop.ifindex]
    on_link = fib_validate_source(dev, flow.src, flow.dst, flow.tos, flow.mark, out, (flow.protocol, flow.sport, flow.dport))  # type: ignore[arg-type]
    gateway = found.hop.gateway
    redirect = out is dev and bool(on_link) and (dev.inet.conf.shared_media or _is_on_link(out, packet_gateway(found, skb), skb))
    mtu, locked = out.mtu, False
    for name, value in found.route.metrics:
        if name == "mtu":
            mtu = value
    known = find_exception(netns, skb.packet.dst, found) if netns.inet.exceptions else None
    expires = 0
    if known is not None:
        expires = known.expires
        gateway = known.gateway or gateway
        if known.mtu and known.mtu < mtu:
            mtu, locked = known.mtu, known.is_locked
    kind = RTN_BROADCAST if found.type == RTN_BROADCAST else RTN_UNICAST
    return Rt(kind, out, gateway, None, mtu, found, False, known is not None, locked, expires, redirect, dev.ifindex)  # type: ignore[arg-type]


def packet_gateway(found: Found, skb: SkBuff) -> IPv4:
    """The next hop a redirect would name."""
    assert found.hop is not None
    gateway = found.hop.gateway
    return gateway if isinstance(gateway, IPv4) else IPv4(skb.packet.dst)


def _is_on_link(dev: NetDevice, address: IPv4, skb: SkBuff) -> bool:
    from netsim.addr import mask4

    assert dev.inet is not None
    return any(not (ifa.local ^ address) & mask4(ifa.length) and not (ifa.local ^ skb.packet.src) & mask4(ifa.length) for ifa in dev.inet.addresses)


def validates_all_but_own(dev: NetDevice) -> bool:
    """Whether any source but an own address may come in by a device for this host: no filter, nothing to look up, no redirect that could follow."""
    netns = dev.netns
    assert dev.inet is not None
    conf, conf_all, fib = dev.inet.conf, netns.inet.conf_all, netns.inet.fib
    if conf.rp_filter or conf_all.rp_filter or conf.accept_local or conf_all.accept_local:
        return False
    return not (fib.has_custom_rules or fib.has_custom_local_routes or dev.flags & IFF_LOOPBACK)


def fib_validate_source(dev: NetDevice, src: IPv4, dst: IPv4, tos: int, mark: int, out: NetDevice | None, keys: Keys = NO_KEYS) -> int:
    """Whether a source may come in by a device (`__fib_validate_source`): reverse path filtering and own addresses.

    Returns 1 when the source is directly on the link; raises NetError EINVAL (own address) or EXDEV (`IP_RPFILTER`).
    """
    netns = dev.netns
    assert dev.inet is not None
    conf, conf_all, fib = dev.inet.conf, netns.inet.conf_all, netns.inet.fib
    mode = max(conf_all.rp_filter, conf.rp_filter) if conf_all.rp_filter or conf.rp_filter else 0
    may_send_redirects = conf.send_redirects or conf_all.send_redirects
    if not mode and not (fib.has_custom_rules or fib.has_custom_local_routes or dev.flags & IFF_LOOPBACK) and not (out is dev and may_send_redirects):
        if not (conf.accept_local or conf_all.accept_local) and is_own(netns, src):
            raise NetError(EINVAL, "martian source")
        return 0
    mark = mark if conf.src_valid_mark or conf_all.src_valid_mark else 0
    master = dev.l3mdev
    try:
        protocol, sport, dport = keys
        l3mdev = master.ifindex if master is not None else 0
        found = fib_lookup(netns, Flow(src, dst, 0, 1, tos, mark, protocol, dport, sport, l3mdev=l3mdev))
    except NetError:
        if mode:
            raise NetError(EXDEV) from None
        return 0
    if found.type != RTN_UNICAST:
        if found.type != RTN_LOCAL or not (dev.inet.conf.accept_local or netns.inet.conf_all.accept_local):
            if not (found.type == RTN_LOCAL and dev.l3mdev_table):
                raise NetError(EINVAL, "martian source")
        return 0
    here = [hop for hop in found.route.nexthops if hop.ifindex == dev.ifindex or (master is not None and _is_port(netns, hop.ifindex, master))]
    if here:
        return int(here[0].scope >= RT_SCOPE_HOST)
    if mode == 1:
        raise NetError(EXDEV)
    return 0


def _is_port(netns: Netns, ifindex: int, master: NetDevice) -> bool:
    dev = netns.devices.get(ifindex)
    return dev is not None and dev.master is master


def _broadcast_input(skb: SkBuff) -> Rt:
    """A broadcast for everybody here."""
    if skb.packet.src != 0:
        fib_validate_source(skb.dev, skb.packet.src, skb.packet.dst, skb.packet.tos, skb.mark, None)
    return Rt(RTN_BROADCAST, skb.dev, None, None, iif=skb.dev.ifindex)


def _multicast_input(skb: SkBuff) -> Rt:
    """A packet to a group: taken when the device listens to it (`ip_route_input_mc`)."""
    dev, packet = skb.dev, skb.packet
    assert dev.inet is not None
    if packet.dst not in dev.inet.multicast:
        raise NetError(EINVAL, "not a member")
    if packet.src.is_multicast or packet.src.is_broadcast:
        raise NetError(EINVAL, "martian source")
    return Rt(RTN_MULTICAST, dev, None, None, iif=dev.ifindex)


__all__ = [
    "Flow",
    "Rt",
    "fib_validate_source",
    "ip_route_input_slow",
    "ip_route_output",
    "validates_all_but_own",
]
