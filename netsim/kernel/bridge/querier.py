"""The questions a bridge asks itself and its ports: who is in which group (`br_multicast_send_query`, `br_multicast_alloc_query`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.addr import IPV4_ALL_HOSTS, IPV6_ALL_NODES, IPv4, IPv6
from netsim.clock import MS
from netsim.kernel.bridge.forward import br_dev_queue_push_xmit
from netsim.kernel.bridge.multicast import (
    BRIDGE_ITSELF,
    CENTISECOND,
    IGMP_QUERY,
    MLD_QUERY,
    OwnQuery,
    Querier,
    has_ipv6_address,
    may_use,
    state_of,
)
from netsim.kernel.core.hooks import LOCAL_OUT, PF_BRIDGE, nf_hook
from netsim.kernel.core.receive import netif_rx
from netsim.kernel.core.skbuff import SkBuff
from netsim.packet import ROUTER_ALERT_MLD, HopByHop, Igmp, Igmpv3Query, Ip, Ip6, Mld, Mldv2Query
from netsim.packet.numbers import ETH_P_IP, ETH_P_IPV6, IPPROTO_ICMPV6, IPPROTO_IGMP

if TYPE_CHECKING:
    from netsim.kernel.bridge.device import Bridge, BridgePort

ROUTER_ALERT = bytes([148, 4, 0, 0])
ROBUSTNESS = 2


def start(bridge: Bridge, port: BridgePort | None) -> None:
    """Begin to ask at a place, at once and some times in short order (`br_multicast_enable`)."""
    state = state_of(bridge)
    place = BRIDGE_ITSELF if port is None else port.number
    for querier in (state.ip4, state.ip6):
        own = querier.own.get(place)
        if own is None:
            own = querier.own[place] = OwnQuery()
        if own.timer is not None:
            own.timer.cancel()
        own.sent = 0
        own.timer = bridge.netns.kernel.clock.call_later(0, _expired, bridge, port, querier, own)


def _expired(bridge: Bridge, port: BridgePort | None, querier: Querier, own: OwnQuery) -> None:
    """Ask for all groups, unless somebody else does, and again after a while (`br_multicast_query_expired`)."""
    if port is not None and port.dev.slave_data is not port:
        return
    if own.sent < bridge.options["mcast_startup_query_count"]:
        own.sent += 1
    options, state = bridge.options, state_of(bridge)
    if not may_use(bridge, port) or not options["mcast_snooping"] or not options["mcast_querier"]:
        return
    if querier.other_until > bridge.netns.kernel.clock.now:
        return
    ask(bridge, port, IPv6(0) if querier is state.ip6 else IPv4(0))
    interval = options["mcast_startup_query_interval" if own.sent < options["mcast_startup_query_count"] else "mcast_query_interval"]
    own.timer = bridge.netns.kernel.clock.call_later(interval * CENTISECOND, _expired, bridge, port, querier, own)


def ask(bridge: Bridge, port: BridgePort | None, group: IPv4 | IPv6) -> None:
    """One question, for all groups (the address of none) or for one, out of a port or to the bridge itself (`__br_multicast_send_query`)."""
    skb = _query6(bridge, group) if isinstance(group, IPv6) else _query4(bridge, group)
    if skb is None:
        return
    if port is None:
        netif_rx(skb)
        return
    skb.dev = port.dev
    nf_hook(PF_BRIDGE, LOCAL_OUT, bridge.netns, skb, None, port.dev, br_dev_queue_push_xmit)


def _delay(bridge: Bridge, group: IPv4 | IPv6) -> int:
    """How long answers may take, in ms."""
    name = "mcast_last_member_interval" if group else "mcast_query_response_interval"
    return bridge.options[name] * CENTISECOND // MS


def _query4(bridge: Bridge, group: IPv4) -> SkBuff:
    source = IPv4(0)
    if bridge.options["mcast_query_use_ifaddr"] and bridge.inet is not None and bridge.inet.addresses:
        source = bridge.inet.addresses[0].local
    state_of(bridge).ip4.address = source
    tenths = _delay(bridge, group) // 100
    message: Igmp | Igmpv3Query = Igmp(IGMP_QUERY, min(tenths, 255), group)
    if bridge.options["mcast_igmp_version"] == 3:
        message = Igmpv3Query(min(tenths, 127), group, ROBUSTNESS, bridge.options["mcast_query_interval"] // 100)
    packet = Ip(source, IPV4_ALL_HOSTS, IPPROTO_IGMP, 1, 0xC0, 0, 2, options=ROUTER_ALERT, payload=message)
    return SkBuff(bridge, bridge.address, IPV4_ALL_HOSTS.multicast_mac(), ETH_P_IP, packet)


def _query6(bridge: Bridge, group: IPv6) -> SkBuff | None:
    if not has_ipv6_address(bridge) or bridge.inet6 is None:
        return None
    source = next(ifa.address for ifa in bridge.inet6.addresses if ifa.address.is_linklocal and not ifa.flags & 0x40)
    state_of(bridge).ip6.address = source
    message: Mld | Mldv2Query = Mld(MLD_QUERY, _delay(bridge, group), group)
    if bridge.options["mcast_mld_version"] == 2:
        message = Mldv2Query(_delay(bridge, group), group, ROBUSTNESS, bridge.options["mcast_query_interval"] // 100)
    packet = Ip6(source, IPV6_ALL_NODES, 0, 1, payload=HopByHop(IPPROTO_ICMPV6, ROUTER_ALERT_MLD, message))
    return SkBuff(bridge, bridge.address, IPV6_ALL_NODES.multicast_mac(), ETH_P_IPV6, packet)
