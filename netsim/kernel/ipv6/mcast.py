"""Multicast listeners (`mcast.c`): the groups a device is in, and the reports that tell bridges and routers of them."""

from __future__ import annotations

from collections.abc import Sequence

from netsim.addr import IPV6_ALL_NODES, IPV6_ALL_ROUTERS, IPV6_ANY, IPV6_MLDV2, IPv6
from netsim.clock import MS, SECOND
from netsim.errors import NetError
from netsim.kernel.core.device_life import dev_mc_add, dev_mc_del
from netsim.kernel.core.netdevice import ARPHRD_ETHER, IFF_MULTICAST, IFF_UP, NetDevice
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.ipv6.counters import icmp6_count
from netsim.kernel.ipv6.output import NDISC_SOCKET, ip6_local_out
from netsim.kernel.ipv6.route import Rt6
from netsim.kernel.ipv6.saddr import linklocal_of
from netsim.kernel.tables.fib import RTN_MULTICAST
from netsim.packet import ROUTER_ALERT_MLD, HopByHop, Ip6, Mld, Mldv2Query, Mldv2Record, Mldv2Report
from netsim.packet.numbers import IPPROTO_ICMPV6

IS_EXCLUDE, CHANGE_TO_INCLUDE, CHANGE_TO_EXCLUDE = 2, 3, 4
QUERY, REPORT_V1, DONE_V1 = 130, 131, 132
ROBUSTNESS = 2
SOON = 4 * MS
QUERIER_PRESENT = 260 * SECOND
"""How long a querier of the older version is minded: robustness times its interval and the time for answers (`mld_set_v1_mode`)."""


def is_reported(group: IPv6) -> bool:
    """All nodes, and what stays within the interface, are never reported (`MAF_NOREPORT`)."""
    return group != IPV6_ALL_NODES and group >> 112 & 0xF > 1


def join(dev: NetDevice, group: IPv6) -> None:
    """One more listener of a group; the first one is reported (`__ipv6_dev_mc_inc`, `igmp6_group_added`)."""
    assert dev.inet6 is not None
    groups = dev.inet6.multicast
    users = groups.get(group, 0)
    if not users:
        dev.stir()
    groups[group] = users + 1
    if users or group >> 112 & 0xF < 2:
        return
    if dev.type == ARPHRD_ETHER:
        dev_mc_add(dev, group.multicast_mac())
    _change(dev, group, CHANGE_TO_EXCLUDE)


def leave(dev: NetDevice, group: IPv6) -> None:
    """One listener less; the last one is reported (`__ipv6_dev_mc_dec`)."""
    assert dev.inet6 is not None
    users = dev.inet6.multicast.get(group, 0)
    if users > 1:
        dev.inet6.multicast[group] = users - 1
    elif users:
        forget(dev, group)
        _change(dev, group, CHANGE_TO_INCLUDE)


def forget(dev: NetDevice, group: IPv6) -> None:
    """Out of a group without a word."""
    assert dev.inet6 is not None
    if group not in dev.inet6.multicast:
        return
    dev.stir()
    del dev.inet6.multicast[group]
    if group in dev.inet6.unfiltered:
        dev.inet6.unfiltered = tuple(other for other in dev.inet6.unfiltered if other != group)
    elif group >> 112 & 0xF >= 2 and dev.type == ARPHRD_ETHER:
        dev_mc_del(dev, group.multicast_mac())


def forget_all(dev: NetDevice) -> None:
    """Out of all groups without a word (`ipv6_mc_destroy_dev`)."""
    state = dev.inet6
    assert state is not None
    dev.stir()
    if dev.type == ARPHRD_ETHER:
        for group in state.multicast:
            if group not in state.unfiltered and group >> 112 & 0xF >= 2:
                dev_mc_del(dev, group.multicast_mac())
    state.multicast.clear()
    state.unfiltered = ()


def ipv6_mc_down(dev: NetDevice) -> None:
    """Down, or without IPv6: the memberships stay, the device no longer listens to their MACs (`ipv6_mc_down`)."""
    state = dev.inet6
    if state is None or dev.type != ARPHRD_ETHER:
        return
    deaf = [group for group in state.multicast if group >> 112 & 0xF >= 2 and group not in state.unfiltered]
    if deaf:
        state.unfiltered = (*state.unfiltered, *deaf)
    for group in deaf:
        dev_mc_del(dev, group.multicast_mac())


def ipv6_mc_up(dev: NetDevice) -> None:
    """It listens again (`ipv6_mc_up`)."""
    state = dev.inet6
    if state is None or not state.unfiltered:
        return
    for group in state.multicast:
        if group in state.unfiltered:
            dev_mc_add(dev, group.multicast_mac())
    state.unfiltered = ()


def _change(dev: NetDevice, group: IPv6, kind: int) -> None:
    """Something to tell: at once, with whatever else comes up in the next moment, and again within a second (`mld_ifc_event`, RFC 3810)."""
    state = dev.inet6
    if state is None or not dev.flags & IFF_UP or group == IPV6_ALL_NODES or group >> 112 & 0xF <= 1:  # `is_reported`
        return
    if state.changes is None:
        state.changes = {}
    state.changes[group] = (kind, ROBUSTNESS)
    _tell_later(dev, SOON, ROBUSTNESS)


def _tell_later(dev: NetDevice, delay: int, times: int) -> None:
    assert dev.inet6 is not None
    if dev.inet6.report_timer is not None:
        dev.inet6.report_timer.cancel()
    dev.inet6.report_timer = dev.netns.kernel.clock.call_later(delay, _tell, dev, times)


def _tell(dev: NetDevice, times: int) -> None:
    """One report of all that changed and was not told often enough (`mld_ifc_work`, `mld_send_cr`)."""
    state = dev.inet6
    if state is None:
        return
    state.report_timer = None
    records, left = [], {}
    for group, (kind, still) in state.changes.items() if state.changes is not None else ():
        if kind == CHANGE_TO_INCLUDE or group in state.multicast:
            records.append((kind, group))
            if still > 1:
                left[group] = kind, still - 1
    _report(dev, records)
    state.changes = left or None
    if times > 1:
        interval = state.conf.mldv2_unsolicited_report_interval * MS
        _tell_later(dev, SOON + dev.netns.kernel.below(max(1, interval)), times - 1)


def _report(dev: NetDevice, records: Sequence[tuple[int, IPv6]]) -> None:
    """Send reports of some groups in the version the device speaks (`mld_sendpack`, `igmp6_send`)."""
    if not records or not dev.flags & IFF_UP or not dev.flags & IFF_MULTICAST or dev.inet6 is None or not dev.carrier:
        return
    source = linklocal_of(dev) or IPV6_ANY
    if speaks_v1(dev):
        for kind, group in records:
            done = kind == CHANGE_TO_INCLUDE
            _send(dev, source, IPV6_ALL_ROUTERS if done else group, Mld(DONE_V1 if done else REPORT_V1, 0, group))
        return
    _send(dev, source, IPV6_MLDV2, Mldv2Report(tuple([Mldv2Record(kind, group, ()) for kind, group in records])))


def _send(dev: NetDevice, source: IPv6, dst: IPv6, message: Mld | Mldv2Report) -> None:
    assert dev.inet6 is not None
    packet = Ip6(source, dst, 0, 1, payload=HopByHop(IPPROTO_ICMPV6, ROUTER_ALERT_MLD, message))
    icmp6_count(dev.netns, "Out", message)
    try:
        ip6_local_out(dev.netns, packet, Rt6(RTN_MULTICAST, dev, None, source, dev.inet6.mtu), owner=NDISC_SOCKET)
    except NetError:
        return


def reported_groups(dev: NetDevice) -> tuple[IPv6, ...]:
    """The groups of a device that others hear of."""
    assert dev.inet6 is not None
    return tuple([group for group in dev.inet6.multicast if is_reported(group)])


def report_all(dev: NetDevice) -> None:
    """All groups once more: the device may have been plugged in elsewhere (`ipv6_mc_up`)."""
    if dev.inet6 is not None:
        for group in dev.inet6.multicast:
            _change(dev, group, CHANGE_TO_EXCLUDE)


def dad_complete(dev: NetDevice) -> None:
    """The link-local address may be used: say again, now from it, what one listens to (`ipv6_mc_dad_complete`)."""
    _introduce(dev, ROBUSTNESS)


def _introduce(dev: NetDevice, times: int) -> None:
    if dev.inet6 is None:
        return
    _report(dev, [(CHANGE_TO_EXCLUDE, group) for group in reported_groups(dev)])
    if times > 1:
        interval = dev.inet6.conf.mldv2_unsolicited_report_interval * MS
        delay = SOON + dev.netns.kernel.below(max(1, interval))
        if dev.inet6.mc_dad_timer is not None:
            dev.inet6.mc_dad_timer.cancel()
        dev.inet6.mc_dad_timer = dev.netns.kernel.clock.call_later(delay, _introduce, dev, times - 1)


def speaks_v1(dev: NetDevice) -> bool:
    """Whether reports are of MLDv1: it is set so, or somebody asks in it (`mld_in_v1_mode`)."""
    state = dev.inet6
    return state is not None and (state.conf.force_mld_version == 1 or state.mc_v1_seen > dev.netns.kernel.clock.now)


def queried(skb: SkBuff, message: Mld | Mldv2Query) -> None:
    """A router asks who listens: answer after a while (`igmp6_event_query`); or another host answers for all (`igmp6_event_report`)."""
    dev, state = skb.dev, skb.dev.inet6
    if state is None:
        return
    if isinstance(message, Mld) and message.type != QUERY:
        timer = state.mca_timers.pop(message.group, None) if message.type == REPORT_V1 and state.mca_timers is not None else None
        if timer is not None:
            timer.cancel()
        return
    if not skb.packet.src.is_linklocal:
        return
    clock = dev.netns.kernel.clock
    longest = message.max_delay if isinstance(message, Mld) else _code(message.max_delay)
    if isinstance(message, Mld):
        state.mc_v1_seen = clock.now + QUERIER_PRESENT
    if speaks_v1(dev):
        _asked_v1(dev, message.group, max(1, longest * MS))
        return
    delay = dev.netns.kernel.below(max(1, longest * MS))
    clock.call_later(delay, _answer, dev, message.group)


def _asked_v1(dev: NetDevice, group: IPv6, longest: int) -> None:
    """Answer for each group asked about, some time soon, unless an answer is due before (`igmp6_group_queried`)."""
    state, clock = dev.inet6, dev.netns.kernel.clock
    assert state is not None
    if state.mca_timers is None:
        state.mca_timers = {}
    for known in reported_groups(dev):
        if group not in (IPV6_ANY, known):
            continue
        due = state.mca_timers.get(known)
        if due is None or not due.pending or due.when > clock.now + longest:
            if due is not None:
                due.cancel()
            state.mca_timers[known] = clock.call_later(dev.netns.kernel.below(longest), _answer, dev, known)


def _code(value: int) -> int:
    """The delay a response code stands for, in ms (RFC 3810, 5.1.3)."""
    return value if value < 0x8000 else ((value & 0xFFF) | 0x1000) << ((value >> 12 & 7) + 3)


def _answer(dev: NetDevice, group: IPv6) -> None:
    if dev.inet6 is not None:
        if dev.inet6.mca_timers is not None:
            dev.inet6.mca_timers.pop(group, None)
        _report(dev, [(IS_EXCLUDE, known) for known in reported_groups(dev) if group in (IPV6_ANY, known)])
