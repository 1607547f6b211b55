"""Multicast groups a device listens to (`igmp.c`): joining and leaving; membership reports are sent for joined groups."""

from __future__ import annotations

from netsim.addr import IPV4_ALL_HOSTS, IPV4_IGMPV3, IPv4
from netsim.clock import MS, SECOND
from netsim.errors import NetError
from netsim.kernel.core.device_life import dev_mc_add, dev_mc_del
from netsim.kernel.core.modules import part
from netsim.kernel.core.netdevice import ARPHRD_ETHER, IFF_UP, NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.ipv4.fib_lookup import Flow
from netsim.packet import Igmp, Igmpv3Query, Igmpv3Record, Igmpv3Report, Ip
from netsim.packet.numbers import IPPROTO_IGMP

IS_EXCLUDE, CHANGE_TO_EXCLUDE, CHANGE_TO_INCLUDE = 2, 4, 3
QUERY, REPORT_V1, REPORT_V2, LEAVE = 0x11, 0x12, 0x16, 0x17
ALL_ROUTERS = IPV4_ALL_HOSTS + 1
TENTH = 100 * MS
V2_UNSOLICITED = 10 * SECOND
QUERIER_PRESENT = 260 * SECOND
"""How long a querier of an older version is minded: robustness times its interval and the time for answers (`igmp_heard_query`)."""
ALL_HOSTS_MAC = IPV4_ALL_HOSTS.multicast_mac()
ROUTER_ALERT = bytes([148, 4, 0, 0])


def ip_mc_up(dev: NetDevice) -> None:
    """A device with IPv4 listens to all hosts and to its driver's groups (`ip_mc_up`)."""
    assert dev.inet is not None
    groups = dev.inet.multicast
    if IPV4_ALL_HOSTS not in groups:
        groups[IPV4_ALL_HOSTS] = 1  # of this nobody is told
        if dev.type == ARPHRD_ETHER:
            dev_mc_add(dev, ALL_HOSTS_MAC)
    for group in dev.own_groups():
        if group not in groups:
            join(dev, group)


def ip_mc_down(dev: NetDevice) -> None:
    """It stops (`ip_mc_down`)."""
    assert dev.inet is not None
    groups = dev.inet.multicast
    if not groups:
        return
    for group in dev.own_groups():
        if group in groups:
            leave(dev, group)
    users = groups.get(IPV4_ALL_HOSTS, 0)
    if users > 1:
        groups[IPV4_ALL_HOSTS] = users - 1
    elif users:
        del groups[IPV4_ALL_HOSTS]
        if dev.type == ARPHRD_ETHER:
            dev_mc_del(dev, ALL_HOSTS_MAC)


def join(dev: NetDevice, group: IPv4) -> None:
    """One more listener of a group; the first one is reported (`ip_mc_inc_group`)."""
    assert dev.inet is not None
    users = dev.inet.multicast.get(group, 0)
    dev.inet.multicast[group] = users + 1
    if not users:
        if dev.type == ARPHRD_ETHER:
            dev_mc_add(dev, group.multicast_mac())
        if group != IPV4_ALL_HOSTS:
            delay = dev.netns.kernel.below(V2_UNSOLICITED if speaks_v2(dev) else SECOND)
            _report(dev, group, CHANGE_TO_EXCLUDE)
            dev.netns.kernel.clock.call_later(delay, _report_if_member, dev, group, dev.inet.mr_v2_seen)


def leave(dev: NetDevice, group: IPv4) -> None:
    """One listener less; the last one is reported (`ip_mc_dec_group`)."""
    assert dev.inet is not None
    users = dev.inet.multicast.get(group, 0)
    if users > 1:
        dev.inet.multicast[group] = users - 1
        return
    if dev.inet.multicast.pop(group, None) is None:
        return
    if dev.type == ARPHRD_ETHER:
        dev_mc_del(dev, group.multicast_mac())
    if group != IPV4_ALL_HOSTS and dev.flags & IFF_UP:
        _report(dev, group, CHANGE_TO_INCLUDE)


def _report_if_member(dev: NetDevice, group: IPv4, seen: int) -> None:
    """Once more, unless somebody has asked in IGMPv2 since: that is answered instead (`mr_ifc_timer`)."""
    if dev.inet is not None and group in dev.inet.multicast and (seen or not dev.inet.mr_v2_seen):
        _report(dev, group, CHANGE_TO_EXCLUDE)


def _report(dev: NetDevice, group: IPv4, kind: int) -> None:
    """Tell multicast routers of a change (`igmpv3_send_report`)."""
    if not dev.flags & IFF_UP or dev.inet is None or dev is dev.netns.loopback:
        return
    if speaks_v2(dev):
        is_leave = kind == CHANGE_TO_INCLUDE
        _send(dev, IPv4(ALL_ROUTERS) if is_leave else group, Igmp(LEAVE if is_leave else REPORT_V2, 0, group))
    else:
        _send(dev, IPV4_IGMPV3, Igmpv3Report((Igmpv3Record(kind, group, ()),)))


def _send(dev: NetDevice, dst: IPv4, message: Igmp | Igmpv3Report) -> None:
    assert dev.inet is not None
    src = dev.inet.addresses[0].local if dev.inet.addresses else IPv4(0)
    packet = Ip(src, dst, IPPROTO_IGMP, ttl=1, tos=0xC0, flags=2, options=ROUTER_ALERT, payload=message)
    try:
        # routes know of devices' addresses, and those of groups
        route = part("ipv4.route:ip_route_output")(dev.netns, Flow(dst, src or None, dev.ifindex, protocol=IPPROTO_IGMP))
        part("ipv4.output:ip_local_out")(dev.netns, packet, route)
    except NetError:
        return  # no way out, or a rule refused it


# queries ---------------------------------------------------------------------------------------------------------------


def speaks_v2(dev: NetDevice) -> bool:
    """Whether somebody asks in IGMPv2 there, who is answered in it (`IGMP_V2_SEEN`)."""
    return dev.inet is not None and dev.inet.mr_v2_seen > dev.netns.kernel.clock.now


def igmp_rcv(netns: Netns, skb: SkBuff) -> None:
    """A router asks who listens, or another host says that it does (`igmp_rcv`)."""
    dev, message = skb.dev, skb.packet.payload
    if dev.inet is None:
        return
    if isinstance(message, Igmpv3Query):
        _asked(dev, message.group, max(1, _code(message.max_resp)) * TENTH)
    elif isinstance(message, Igmp) and message.type == QUERY:
        dev.inet.mr_v2_seen = netns.kernel.clock.now + QUERIER_PRESENT
        _asked(dev, message.group, message.max_resp * TENTH or 10 * SECOND)
    elif isinstance(message, Igmp) and message.type in (REPORT_V1, REPORT_V2) and dev.inet.report_timers is not None:
        timer = dev.inet.report_timers.pop(message.group, None)  # somebody else answers for all (`igmp_heard_report`)
        if timer is not None:
            timer.cancel()


def _code(value: int) -> int:
    return value if value < 0x80 else ((value & 0xF) | 0x10) << ((value >> 4 & 7) + 3)


def _asked(dev: NetDevice, group: IPv4, longest: int) -> None:
    """Answer for each group asked about, some time soon, unless an answer is due before (`igmp_heard_query`, `igmp_mod_timer`)."""
    inet, clock = dev.inet, dev.netns.kernel.clock
    assert inet is not None
    if inet.report_timers is None:
        inet.report_timers = {}
    for known in tuple(inet.multicast):
        if known == IPV4_ALL_HOSTS or group not in (IPv4(0), known):
            continue
        due = inet.report_timers.get(known)
        if due is None or not due.pending or due.when > clock.now + longest:
            if due is not None:
                due.cancel()
            inet.report_timers[known] = clock.call_later(dev.netns.kernel.below(longest), _answer, dev, known)


def _answer(dev: NetDevice, group: IPv4) -> None:
    if dev.inet is not None and group in dev.inet.multicast:
        if dev.inet.report_timers is not None:
            dev.inet.report_timers.pop(group, None)
        _report(dev, group, IS_EXCLUDE)
