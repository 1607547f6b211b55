"""Multicast snooping: who is in which group behind which port, learnt from reports; routers and queriers (`br_multicast.c`).

Nothing is known of a bridge until its first report, query or entry: `Bridge.multicast_ctx` is None. Times of groups are looked at when somebody
asks; only an own querier has timers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.addr import IPV6_ALL_NODES, MAC, IPv4, IPv6
from netsim.clock import MS, SECOND, Timer
from netsim.errors import E2BIG, NetError
from netsim.kernel.core.modules import part
from netsim.kernel.core.netdevice import IFF_ALLMULTI, IFF_UP
from netsim.kernel.tables.mdb import Group, Mdb, MdbEntry, PortGroup
from netsim.packet import HopByHop, Igmp, Igmpv3Query, Igmpv3Report, Ip, Ip6, Mld, Mldv2Query, Mldv2Report
from netsim.packet.numbers import ETH_P_IP, ETH_P_IPV6, IPPROTO_IGMP

if TYPE_CHECKING:
    from netsim.kernel.bridge.device import Bridge, BridgePort
    from netsim.kernel.core.skbuff import SkBuff

CENTISECOND = 10 * MS
IGMP_QUERY, IGMP_REPORT_V1, IGMP_REPORT_V2, IGMP_LEAVE = 0x11, 0x12, 0x16, 0x17
MLD_QUERY, MLD_REPORT, MLD_DONE = 130, 131, 132
IS_INCLUDE, IS_EXCLUDE, TO_INCLUDE, TO_EXCLUDE, ALLOW_NEW, BLOCK_OLD = range(1, 7)
ROUTER_DISABLED, ROUTER_TEMP_QUERY, ROUTER_PERM, ROUTER_TEMP = range(4)
STATE_DISABLED, STATE_BLOCKING = 0, 4
BRIDGE_ITSELF = 0
"""The place of the bridge among its ports, whose numbers begin at 1."""


@attrs.define(eq=False)
class OwnQuery:
    """The queries a bridge sends out of one port, or asks itself (`struct bridge_mcast_own_query`)."""

    sent: int = 0
    timer: Timer | None = None


@attrs.define(eq=False)
class Querier:
    """Who asks in one protocol (`struct bridge_mcast_querier` and its timers); times in ns."""

    address: int = 0
    delay_until: int = 0
    """While answers to the first query may still come, floods go everywhere (`delay_timer`)."""
    other_until: int = 0
    """Until when somebody else asks."""
    routers: dict[int, int] = attrs.field(factory=dict)
    """Ports behind which a router was heard, by number: until when."""
    own: dict[int, OwnQuery] = attrs.field(factory=dict)


@attrs.define(eq=False)
class Multicast:
    """What a bridge knows of groups (`struct net_bridge_mcast`)."""

    mdb: Mdb = attrs.field(factory=Mdb)
    ip4: Querier = attrs.field(factory=Querier)
    ip6: Querier = attrs.field(factory=Querier)
    decides: bool = False
    """Whether somebody was ever set up to ask, or heard asking, or an entry needs no asking: until then all is flooded."""


@attrs.frozen
class Seen:
    """What a frame means to snooping: whether it may go no further than routers without an entry, and whether it speaks of groups itself."""

    mrouters_only: int = 0
    speaks: int = 0


PLAIN, DATA, REPORT, SPOKEN = Seen(), Seen(1), Seen(1, 1), Seen(0, 1)


def state_of(bridge: Bridge) -> Multicast:
    """A bridge's knowledge, made when it is not there."""
    if bridge.multicast_ctx is None:
        bridge.multicast_ctx = Multicast()
    return bridge.multicast_ctx


def _querier(state: Multicast, group: Group | int) -> Querier:
    return state.ip6 if isinstance(group, IPv6) else state.ip4


def interval(bridge: Bridge, name: str) -> int:
    """One of the times a bridge has been given, in ns."""
    return bridge.options[name] * CENTISECOND


def may_use(bridge: Bridge, port: BridgePort | None) -> bool:
    """Whether what is heard there counts (`br_multicast_ctx_should_use`)."""
    return bool(bridge.flags & IFF_UP) and (port is None or port.state not in (STATE_DISABLED, STATE_BLOCKING))


# what is heard ---------------------------------------------------------------------------------------------------------


def receive(bridge: Bridge, port: BridgePort | None, skb: SkBuff, vid: int) -> Seen:
    """Look at a frame to a group that comes in at a port, or from the bridge itself (`br_multicast_rcv`)."""
    packet = skb.packet
    if type(packet) is Ip:
        if packet.protocol == IPPROTO_IGMP:
            return _igmp(bridge, port, packet, skb.src, vid)
        return PLAIN if packet.dst >> 8 == 0xE00000 else DATA
    if type(packet) is Ip6:
        header = packet.payload
        if type(header) is HopByHop and isinstance(header.payload, (Mld, Mldv2Report, Mldv2Query)):
            return _mld(bridge, port, packet, header.payload, skb.src, vid)
        return PLAIN if packet.dst == IPV6_ALL_NODES else DATA
    return PLAIN


def _igmp(bridge: Bridge, port: BridgePort | None, packet: Ip, src: MAC, vid: int) -> Seen:
    message = packet.payload
    if isinstance(message, Igmpv3Report):
        for record in message.records:
            _record(bridge, port, record.kind, record.group, record.sources, src, vid)
        return SPOKEN
    if isinstance(message, Igmpv3Query):
        if not message.sources:
            _query(bridge, port, packet.src, message.group, _code8(message.max_resp) * 100 * MS, vid)
        return SPOKEN
    if not isinstance(message, Igmp):
        return SPOKEN
    if message.type in (IGMP_REPORT_V1, IGMP_REPORT_V2):
        add_group(bridge, port, message.group, vid, src)
        return REPORT
    if message.type == IGMP_LEAVE:
        leave_group(bridge, port, message.group, vid, src)
    elif message.type == IGMP_QUERY:
        _query(bridge, port, packet.src, message.group if message.max_resp else IPv4(0), message.max_resp * 100 * MS or 10 * SECOND, vid)
    return SPOKEN


def _mld(bridge: Bridge, port: BridgePort | None, packet: Ip6, message: Mld | Mldv2Report | Mldv2Query, src: MAC, vid: int) -> Seen:
    if isinstance(message, Mldv2Report):
        for record in message.records:
            _record(bridge, port, record.kind, record.group, record.sources, src, vid)
        return SPOKEN
    if isinstance(message, Mldv2Query):
        if not message.sources:
            _query(bridge, port, packet.src, message.group, message.max_delay * MS, vid)
        return SPOKEN
    if message.type == MLD_REPORT:
        add_group(bridge, port, message.group, vid, src)
        return REPORT
    if message.type == MLD_DONE:
        leave_group(bridge, port, message.group, vid, src)
    elif message.type == MLD_QUERY:
        _query(bridge, port, packet.src, message.group, message.max_delay * MS, vid)
    return SPOKEN


def _code8(value: int) -> int:
    """What a response code of IGMPv3 stands for (RFC 3376, 4.1.1)."""
    return value if value < 0x80 else ((value & 0xF) | 0x10) << ((value >> 4 & 7) + 3)


def is_snooped(group: Group) -> bool:
    """Whether groups like this are kept: not those of one link in IPv4, nor all nodes (`br_ip4_multicast_add_group`)."""
    return group >> 8 != 0xE00000 if isinstance(group, IPv4) else group != IPV6_ALL_NODES


def tells_sources(bridge: Bridge, group: Group) -> bool:
    """Whether the version spoken for a group knows sources."""
    return bridge.options["mcast_mld_version"] == 2 if isinstance(group, IPv6) else bridge.options["mcast_igmp_version"] == 3


def _record(
    bridge: Bridge, port: BridgePort | None, kind: int, group: IPv4 | IPv6, sources: tuple[IPv4, ...] | tuple[IPv6, ...], src: MAC, vid: int
) -> None:
    """One record of a report that may name sources (`br_ip4_multicast_igmp3_report`)."""
    if kind > BLOCK_OLD or not kind:
        return
    if not sources and kind in (TO_INCLUDE, IS_INCLUDE):
        leave_group(bridge, port, group, vid, src)
        return
    if sources and port is not None and tells_sources(bridge, group):
        said = f"bridge {bridge.name}: snooping of single sources, {group} is joined as a whole"
        if said not in bridge.netns.kernel.unmodelled:
            bridge.netns.kernel.unmodelled.append(said)
    add_group(bridge, port, group, vid, src)


def _place(port: BridgePort, src: MAC) -> tuple[int, int]:
    """A port is one member, or each station behind it where they get copies of their own (`br_port_group_equal`)."""
    return port.number, src if port.options["mcast_to_unicast"] else 0


def new_group(bridge: Bridge, group: Group, vid: int, source: IPv4 | IPv6 | None = None) -> MdbEntry:
    """A group's entry, made when it is not there; where there are too many snooping ends (`br_multicast_new_group`); E2BIG."""
    mdb = state_of(bridge).mdb
    entry = mdb.find(group, vid, source)
    if entry is None:
        if len(mdb.entries) >= bridge.options["mcast_hash_max"]:
            mdb.settle(bridge.netns.kernel.clock.now)
        if len(mdb.entries) >= bridge.options["mcast_hash_max"]:
            part("bridge.multicast_settings:set_snooping")(bridge, 0)
            raise NetError(E2BIG)
        entry = MdbEntry(group, vid, source)
        mdb.entries[entry.key] = entry
    else:
        mdb.settle_entry(entry, bridge.netns.kernel.clock.now)
    return entry


def add_group(bridge: Bridge, port: BridgePort | None, group: Group, vid: int, src: MAC) -> None:
    """Somebody behind a port, or the bridge itself, is in a group (`__br_multicast_add_group`)."""
    if not is_snooped(group) or not may_use(bridge, port):
        return
    until = bridge.netns.kernel.clock.now + interval(bridge, "mcast_membership_interval")
    try:
        entry = new_group(bridge, group, vid)
    except NetError:
        return
    if port is None:
        entry.host_expires = until
        return
    place = _place(port, src)
    member = entry.ports.get(place)
    if member is None:
        entry.ports[place] = PortGroup(port, until, station=src if place[1] else None)
    elif not member.is_permanent:
        member.expires = until


def leave_group(bridge: Bridge, port: BridgePort | None, group: Group, vid: int, src: MAC) -> None:
    """Somebody left: unless another querier will ask, whoever else is there has the time of two questions to say so (`br_multicast_leave_group`)."""
    state = bridge.multicast_ctx
    if state is None or not is_snooped(group) or not may_use(bridge, port):
        return
    entry = state.mdb.find(group, vid)
    if entry is None:
        return
    if port is not None and port.options["fastleave"]:
        member = entry.ports.get(_place(port, src))
        if member is not None and not member.is_permanent:
            state.mdb.drop(entry, _place(port, src))
        return
    now = bridge.netns.kernel.clock.now
    if _querier(state, group).other_until > now:
        return
    if bridge.options["mcast_querier"]:
        part("bridge.querier:ask")(bridge, port, group)
    until = now + bridge.options["mcast_last_member_count"] * interval(bridge, "mcast_last_member_interval")
    if port is None:
        entry.host_expires = min(entry.host_expires, until)
        return
    for member in entry.ports.values():
        if member.port is port and not member.is_permanent:
            member.expires = min(member.expires, until)
            break


def _query(bridge: Bridge, port: BridgePort | None, src: IPv4 | IPv6, group: IPv4 | IPv6, delay: int, vid: int) -> None:
    """Somebody asks: for all groups, which makes it the querier and its port one with a router; or for one, whose members must answer in time."""
    if not may_use(bridge, port):
        return
    state, now = state_of(bridge), bridge.netns.kernel.clock.now
    if not group:
        _query_received(bridge, port, _querier(state, src), src, delay)
        return
    entry = state.mdb.find(group, vid)
    if entry is None:
        return
    until = now + delay * bridge.options["mcast_last_member_count"]
    entry.host_expires = min(entry.host_expires, until)
    for member in entry.ports.values():
        if not member.is_permanent:
            member.expires = min(member.expires, until)


def _query_received(bridge: Bridge, port: BridgePort | None, querier: Querier, src: IPv4 | IPv6, delay: int) -> None:
    """`br_multicast_query_received`, `br_multicast_select_querier`."""
    now = bridge.netns.kernel.clock.now
    is_own_asking = any(own.timer is not None and own.timer.pending for own in querier.own.values())
    if querier.address and src > querier.address and (is_own_asking or querier.other_until > now):
        return
    querier.address = src
    if querier.other_until <= now:
        querier.delay_until = now + delay
    querier.other_until = now + interval(bridge, "mcast_querier_interval")
    state_of(bridge).decides = True
    mark_router(bridge, port, querier)


def mark_router(bridge: Bridge, port: BridgePort | None, querier: Querier) -> None:
    """A router is behind a port, or the bridge's host is one, for a while (`br_multicast_mark_router`)."""
    option = (bridge if port is None else port).options["mcast_router"]
    if option in (ROUTER_DISABLED, ROUTER_PERM):
        return
    querier.routers[BRIDGE_ITSELF if port is None else port.number] = bridge.netns.kernel.clock.now + interval(bridge, "mcast_querier_interval")


# where frames go -------------------------------------------------------------------------------------------------------


def is_querier_there(bridge: Bridge, state: Multicast, protocol: int) -> bool:
    """Whether somebody asks, so that who is in no group is known to be in none (`br_multicast_querier_exists`)."""
    querier, now = state.ip6 if protocol == ETH_P_IPV6 else state.ip4, bridge.netns.kernel.clock.now
    if querier.delay_until > now:
        return False
    if querier.other_until > now:
        return True
    return bool(bridge.options["mcast_querier"]) and (protocol != ETH_P_IPV6 or has_ipv6_address(bridge))


def has_ipv6_address(bridge: Bridge) -> bool:
    """Whether the bridge has a link-local address to ask from (`BROPT_HAS_IPV6_ADDR`)."""
    return bridge.inet6 is not None and any(ifa.address.is_linklocal and not ifa.flags & 0x40 for ifa in bridge.inet6.addresses)


def find(bridge: Bridge, state: Multicast, skb: SkBuff, vid: int) -> MdbEntry | None:
    """The entry that says where a frame goes (`br_mdb_entry_skb_get`)."""
    packet, mdb = skb.packet, state.mdb
    entry = None
    if type(packet) is Ip or type(packet) is Ip6:
        if tells_sources(bridge, packet.dst):
            entry = mdb.find(packet.dst, vid, packet.src)
        entry = entry or mdb.find(packet.dst, vid)
    else:
        entry = mdb.find(skb.dst, vid)
    if entry is None:
        return None
    mdb.settle_entry(entry, bridge.netns.kernel.clock.now)
    return None if entry.is_empty else entry


@attrs.frozen
class Audience:
    """Where a frame to a group goes in place of everywhere: members, with the station each copy is for; and whether to the bridge itself."""

    members: tuple[tuple[BridgePort, MAC | None], ...]
    is_for_host: bool


def audience(bridge: Bridge, port: BridgePort | None, skb: SkBuff, vid: int) -> Audience | None:
    """Look at a frame to a group and say who gets it; None: everybody (`br_handle_frame_finish`, `br_multicast_flood`)."""
    seen = receive(bridge, port, skb, vid)
    state = bridge.multicast_ctx
    if state is None or not state.decides:
        return None
    entry = None if seen.speaks else find(bridge, state, skb, vid)
    if entry is None and not seen.mrouters_only:
        return None
    if skb.protocol in (ETH_P_IP, ETH_P_IPV6):
        if not is_querier_there(bridge, state, skb.protocol):
            return None
    elif entry is None or not isinstance(entry.group, MAC):
        return None
    members = {}
    if entry is not None:
        for place, member in entry.ports.items():
            members[place] = member.port, member.station
    for router in router_ports(bridge, state, skb.protocol):
        if not any(number == router.number for number, _ in members):
            members[router.number, 0] = router, None
    is_host = (entry is not None and bool(entry.host_expires)) or is_router(bridge, state, skb.protocol) or bool(bridge.flags & IFF_ALLMULTI)
    return Audience(tuple([members[place] for place in sorted(members, reverse=True)]), is_host)


def _heard(state: Multicast, protocol: int) -> dict[int, int]:
    return (state.ip6 if protocol == ETH_P_IPV6 else state.ip4).routers


def router_ports(bridge: Bridge, state: Multicast, protocol: int) -> list[BridgePort]:
    """The ports with routers behind them, set or heard (`br_multicast_get_first_rport_node`)."""
    heard, now = _heard(state, protocol), bridge.netns.kernel.clock.now
    return [port for port in bridge.ports if port.options["mcast_router"] == ROUTER_PERM or heard.get(port.number, 0) > now]


def is_router(bridge: Bridge, state: Multicast, protocol: int) -> bool:
    """Whether the bridge's own host routes groups (`br_multicast_is_router`)."""
    option = bridge.options["mcast_router"]
    return option == ROUTER_PERM or (option == ROUTER_TEMP_QUERY and _heard(state, protocol).get(BRIDGE_ITSELF, 0) > bridge.netns.kernel.clock.now)
