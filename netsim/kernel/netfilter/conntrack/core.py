"""The tracker's hooks: every packet is assigned its connection, and new ones are confirmed when they get through (`nf_conntrack_core.c`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from netsim.kernel.core.hooks import ACCEPT, DROP, PF_INET
from netsim.kernel.core.tracepoint import trace_drop, trace_step
from netsim.kernel.netfilter.conntrack.entries import COLLECTION, UPDATE, collect_early, early_drop, insert, kill, note, sweep, tell
from netsim.kernel.netfilter.conntrack.errors import find_in_zone, settled
from netsim.kernel.netfilter.conntrack.outcome import DROPPED, REPEAT, VALID
from netsim.kernel.netfilter.conntrack.protocols import TRACKERS, generic_packet
from netsim.kernel.netfilter.conntrack.tuples import tuple_of
from netsim.kernel.netfilter.headers import icmp_type, protocol_of, transport_of
from netsim.kernel.tables.conntrack import (
    CT_ESTABLISHED,
    CT_ESTABLISHED_REPLY,
    CT_NEW,
    CT_RELATED,
    IPS_CONFIRMED,
    IPS_DYING,
    IPS_SEEN_REPLY,
    PROTO_ICMP,
    PROTO_ICMP6,
    REPLY,
    Connection,
    ConntrackTable,
    Template,
    Tracked,
    Tuple,
)
from netsim.packet import IcmpEcho, Ip, Tcp, Udp

if TYPE_CHECKING:
    from netsim.kernel.core.netdevice import NetDevice
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.core.skbuff import SkBuff

DEFAULT = Template()
BOTH_ICMP = (PROTO_ICMP, PROTO_ICMP6)
WITH_PORTS = (Udp, Tcp)


def nf_conntrack_in(netns: Netns, hook: int, skb: SkBuff, indev: NetDevice | None, outdev: NetDevice | None, okfn: Callable[..., Any]) -> int:
    """A packet comes in, or was made here: find or begin its connection and let the protocol judge it."""
    template = skb.nfct
    if template is None:
        template = DEFAULT
    elif type(template) is Tracked and template.info != CT_RELATED:
        return ACCEPT  # seen before (loopback), or not to be tracked
    elif isinstance(template, Template):
        skb.nfct = None
    elif template.connection is None and template.info == CT_RELATED:
        template = DEFAULT  # made as an error about an untracked packet
    else:
        return ACCEPT  # made as an error about a tracked packet
    table: ConntrackTable = netns.netfilter.conntrack
    packet = skb.packet
    header, zone = packet.payload, 0 if template is DEFAULT or not template.directions & 1 else template.zone
    if type(packet) is Ip:
        original: tuple[int, ...] = ()  # as `tuple_of` has it
        protocol = packet.protocol
        if type(header) in WITH_PORTS:
            original = (PF_INET, protocol, packet.src, packet.dst, header.sport, header.dport, zone)
        elif type(header) is IcmpEcho and protocol == PROTO_ICMP:
            original = (PF_INET, protocol, packet.src, packet.dst, header.ident, header.type << 8 | header.code, zone)
        if original:
            return _track(netns, table, skb, template, original, TRACKERS.get(protocol, generic_packet))
    protocol = protocol_of(packet)
    if protocol in BOTH_ICMP:
        header = transport_of(packet)
        kind = icmp_type(header)
        if kind is None:
            return _invalid(table)
        is_settled, nfct = settled(table, packet, header, kind, template, netns.kernel.clock.now)
        if is_settled:
            skb.nfct = nfct
            return ACCEPT if nfct is not None else _invalid(table)
    found = tuple_of(packet, zone)
    if found is None:
        return _invalid(table)
    return _track(netns, table, skb, template, found, TRACKERS.get(protocol, generic_packet))


def _invalid(table: ConntrackTable) -> int:
    table.stats["invalid"] += 1
    return ACCEPT


def _track(netns: Netns, table: ConntrackTable, skb: SkBuff, template: Template, original: tuple[int, ...], tracker: Callable[..., int]) -> int:
    """Find the packet's place in a connection, or begin one, and let the protocol judge it (`resolve_normal_ct`, `nf_conntrack_handle_packet`)."""
    while True:
        found = table.entries.get(original) if template is DEFAULT else find_in_zone(table, Tuple.of(original), template)
        if found is not None and found[0].timeout <= netns.kernel.clock.now:
            kill(table, found[0])
            found = None
        connection: Connection | None
        if found is not None:
            connection, info = found[0], CT_NEW
            if found[1] == REPLY:
                info = CT_ESTABLISHED_REPLY
            elif connection.status & IPS_SEEN_REPLY:
                info = CT_ESTABLISHED
        else:
            connection, info = _begin(netns, table, skb, Tuple.of(original), template), CT_NEW
            if connection is None:
                return _invalid(table)
            if connection.status & IPS_DYING:
                return DROP
        nfct = skb.nfct = Tracked(connection, info)
        outcome = tracker(netns, table, skb, nfct)
        if outcome == VALID:
            break
        skb.nfct = None
        if outcome != REPEAT:
            return _unfit(netns, table, skb, outcome)
    if info == CT_ESTABLISHED_REPLY and not connection.status & IPS_SEEN_REPLY:
        connection.status |= IPS_SEEN_REPLY
        note(connection)
    if netns.trace is not None:
        trace_step(netns, "nf_conntrack_in", skb.dev.name, skb.packet, (info, tuple(connection.tuples)))
    return ACCEPT


def _unfit(netns: Netns, table: ConntrackTable, skb: SkBuff, outcome: int) -> int:
    """What the protocol does not accept belongs to no connection, and is dropped where it says so."""
    _invalid(table)
    if netns.trace is not None:
        trace_step(netns, "nf_conntrack_in", skb.dev.name, skb.packet, (-1, ()))
    if outcome != DROPPED:
        return ACCEPT
    table.stats["drop"] += 1
    if netns.trace is not None:
        trace_drop(netns, "NETFILTER_DROP", skb.dev.name, skb.packet, "conntrack")
    return DROP


def _begin(netns: Netns, table: ConntrackTable, skb: SkBuff, original: Tuple, template: Template) -> Connection | None:
    """A connection not seen before (`init_conntrack`); None when it cannot have answers, dying when the table is full."""
    reply = original.inverted()
    if reply is None:
        return None
    if template.zone:
        reply = reply.in_zone(template.zone if template.directions & 2 else 0)
    connection = Connection([original, reply], zone=template.zone, zone_directions=template.directions)
    if table.listeners:
        connection.events = 0
    if table.conf.acct:
        connection.packets, connection.bytes = [0, 0], [0, 0]
    limit = netns.kernel.init_net.netfilter.conntrack.conf.max
    if limit and len(table.entries) // 2 >= limit:
        sweep(table, netns.kernel.clock.now)
        if len(table.entries) // 2 >= limit and not early_drop(netns, table):
            _full(netns, table, skb)
            connection.status |= IPS_DYING
    return connection


def _full(netns: Netns, table: ConntrackTable, skb: SkBuff) -> None:
    kernel = netns.kernel
    where = f" in netns {netns.inode}" if kernel.profile.names_full_netns and netns is not kernel.init_net else ""
    line = f"nf_conntrack: nf_conntrack: table full{where}, dropping packet"
    log = kernel.log
    if not table.drops_early:
        table.drops_early = True
        kernel.clock.call_at((kernel.clock.now // COLLECTION + 1) * COLLECTION, collect_early, netns)
    if not log or log[-1][1] != line:
        log.append((netns.kernel.clock.now, line))
    table.stats["drop"] += 1
    if netns.trace is not None:
        trace_drop(netns, "NETFILTER_DROP", skb.dev.name, skb.packet, "table full")


def nf_confirm(netns: Netns, hook: int, skb: SkBuff, indev: NetDevice | None, outdev: NetDevice | None, okfn: Callable[..., Any]) -> int:
    """The packet got through: its connection, if new, becomes known (`nf_confirm`); dropped when its tuples are taken by now."""
    nfct = skb.nfct
    connection = nfct.connection if type(nfct) is Tracked else None
    if connection is None:
        return ACCEPT
    if connection.status & IPS_CONFIRMED or nfct.direction == REPLY:
        if connection.events > 0 and not connection.status & IPS_DYING:
            connection.events = 0
            tell(netns.netfilter.conntrack, UPDATE, connection)
        return ACCEPT
    if connection.status & IPS_DYING:
        return DROP
    table: ConntrackTable = netns.netfilter.conntrack
    now = netns.kernel.clock.now
    for tuple_ in connection.tuples:
        taken = table.entries.get(tuple_)
        if taken is None:
            continue
        if taken[0].timeout <= now:
            kill(table, taken[0])
        elif taken[0].tuples == connection.tuples:
            skb.nfct = Tracked(taken[0], nfct.info)  # another packet of the same flow was faster (`nf_ct_resolve_clash`)
            table.stats["clash_resolve"] += 1
            return ACCEPT
        else:
            table.stats["insert_failed"] += 1
            table.stats["drop"] += 1
            if netns.trace is not None:
                trace_drop(netns, "NETFILTER_DROP", skb.dev.name, skb.packet, "tuple taken")
            return DROP
    insert(table, connection, now)
    return ACCEPT
