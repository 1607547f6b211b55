"""Address resolution, what comes in: answering, proxying, learning (`arp.c`: `arp_rcv`, `arp_process`)."""

from __future__ import annotations

from netsim.addr import MAC_ZERO, IPv4, mask4
from netsim.clock import SECOND
from netsim.errors import NetError
from netsim.kernel.core.neighbour import OVERRIDE, neigh_create, neigh_update
from netsim.kernel.core.netdevice import IFF_LOOPBACK, IFF_NOARP, IFF_UP, NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.core.skbuff import PACKET_HOST, PACKET_LOOPBACK, PACKET_OTHERHOST, SkBuff
from netsim.kernel.core.tracepoint import trace_drop, trace_step
from netsim.kernel.ipv4.arp import ARP_OPS, ARPOP_REPLY, ARPOP_REQUEST, arp_parms, arp_send
from netsim.kernel.ipv4.fib_lookup import Flow, inet_addr_type, inet_addr_type_dev
from netsim.kernel.ipv4.route import ip_route_output
from netsim.kernel.ipv4.rt_cache import ip_route_input_type
from netsim.kernel.tables.fib import RT_SCOPE_HOST, RT_SCOPE_LINK, RT_TABLE_LOCAL, RTN_LOCAL, RTN_UNICAST
from netsim.kernel.tables.neigh import NUD_NONE, NUD_REACHABLE, NUD_STALE, NUD_VALID, Neighbour
from netsim.packet import Arp

WITHOUT_ARP = IFF_NOARP | IFF_LOOPBACK
NOT_TO_US = (PACKET_OTHERHOST, PACKET_LOOPBACK)
OPERATIONS = (ARPOP_REQUEST, ARPOP_REPLY)
ACCEPT_ALL, ACCEPT_OF_SUBNET = 1, 2


def arp_only_counts(dev: NetDevice, skb: SkBuff) -> bool:
    """Whether a broadcast request changes nothing in `arp_rcv`: asked for somebody else, where nothing is forwarded, by a sender who is
    unknown here, or known by the same address (`bridge.audience` knows the same of many ports at once)."""
    message, state = skb.packet, dev.inet
    if state is None or not isinstance(message, Arp) or dev.flags & IFF_NOARP:
        return True
    inet, conf = dev.netns.inet, state.conf
    if conf.forwarding or inet.fib.has_custom_rules or inet.fib.has_custom_local_routes or message.op != ARPOP_REQUEST:
        return False
    table = inet.fib.tables.get(RT_TABLE_LOCAL)
    if table is not None and table.holds(message.tpa):
        return False
    neigh = inet.arp.entries.get((message.spa, dev.ifindex))
    if neigh is None:
        return not (conf.arp_accept or inet.conf_all.arp_accept)
    return bool(neigh.state & NUD_VALID) and neigh.lladdr == message.sha


def arp_rcv(skb: SkBuff) -> None:
    """An ARP message arrived (`arp_rcv`, `arp_process`)."""
    dev, message = skb.dev, skb.packet
    if dev.inet is None or not isinstance(message, Arp) or dev.flags & WITHOUT_ARP:
        return
    if skb.pkt_type in NOT_TO_US or message.op not in OPERATIONS:
        return
    target, sender = message.tpa, message.spa
    if target >> 28 == 14 or (target >> 24 == 127 and not _conf(dev, "route_localnet")):
        return
    if sender == target and _conf(dev, "drop_gratuitous_arp"):
        return
    if not sender:
        _answer_probe(skb, message)
        return
    if message.op == ARPOP_REQUEST and _asks_us(skb, message):
        return
    _learn(skb, message)


def _conf(dev: NetDevice, name: str) -> int:
    """A setting that counts as set when it is on the device or on all (`IN_DEV_ORCONF`)."""
    assert dev.inet is not None
    return getattr(dev.inet.conf, name) or getattr(dev.netns.inet.conf_all, name)  # type: ignore[no-any-return]


def _answer_probe(skb: SkBuff, message: Arp) -> None:
    """Duplicate address detection: an own address is defended."""
    dev = skb.dev
    if message.op == ARPOP_REQUEST and inet_addr_type_dev(dev.netns, dev, message.tpa) == RTN_LOCAL and not _ignores(dev, message.spa, message.tpa):
        arp_send(dev, ARPOP_REPLY, message.spa, message.tpa, message.sha, dev.address, message.sha)


def _asks_us(skb: SkBuff, message: Arp) -> bool:
    """A request we answer, for ourselves or as proxy; True: the sender was learnt on the way."""
    dev, state = skb.dev, skb.dev.inet
    netns = dev.netns
    assert state is not None
    if netns.trace is None and _is_none_of_ours(dev, message.tpa):
        return False
    kind, out = ip_route_input_type(skb, message.tpa, message.spa)
    if kind == RTN_LOCAL:
        conf, conf_all = state.conf, netns.inet.conf_all
        if (conf.arp_ignore or conf_all.arp_ignore) and _ignores(dev, message.spa, message.tpa):
            trace_drop(netns, "ARP_IGNORED", dev.name, message, "arp_ignore")
            return True
        if (conf.arp_filter or conf_all.arp_filter) and _filtered(dev, message):
            trace_drop(netns, "ARP_IGNORED", dev.name, message, "arp_filter")
            return True
        neigh = neigh_event_ns(netns, dev, message)
        if neigh is not None:
            arp_send(dev, ARPOP_REPLY, message.spa, message.tpa, message.sha, dev.address, message.sha)
        return True
    if kind == RTN_UNICAST and _forwards(dev) and out is not None and _is_proxied(dev, out, message):
        neigh_event_ns(netns, dev, message)
        delay = arp_parms(dev).proxy_delay * SECOND // 100
        if skb.pkt_type == PACKET_HOST or not delay:
            arp_send(dev, ARPOP_REPLY, message.spa, message.tpa, message.sha, dev.address, message.sha)
        else:
            wait = netns.kernel.below(delay)
            netns.kernel.clock.call_later(wait, _proxy_reply, dev, message)
        return True
    trace_step(netns, "arp_process", dev.name, message, message.tpa)
    return False


def _is_none_of_ours(dev: NetDevice, target: IPv4) -> bool:
    """Whether an address is not in the table local, nothing else could make it local, and nobody answers for others here, without asking for its route."""
    netns, state = dev.netns, dev.inet
    assert state is not None
    inet, conf = netns.inet, state.conf
    fib, conf_all = inet.fib, inet.conf_all
    table = fib.tables.get(RT_TABLE_LOCAL)
    if table is not None and table.holds(target):
        return False
    if inet.arp.proxies or conf.proxy_arp or conf_all.proxy_arp or conf.proxy_arp_pvlan:
        return False
    return not (fib.has_custom_rules or fib.has_custom_local_routes or netns.l3mdevs)


def _proxy_reply(dev: NetDevice, message: Arp) -> None:
    if dev.flags & IFF_UP and dev.inet is not None:
        arp_send(dev, ARPOP_REPLY, message.spa, message.tpa, message.sha, dev.address, message.sha)


def _forwards(dev: NetDevice) -> bool:
    assert dev.inet is not None
    return bool(dev.inet.conf.forwarding)


def _is_proxied(dev: NetDevice, out: NetDevice, message: Arp) -> bool:
    """Whether we answer for a host behind another device (`arp_fwd_proxy`, `arp_fwd_pvlan`, `pneigh_lookup`)."""
    netns = dev.netns
    if (message.tpa, dev.ifindex) in netns.inet.arp.proxies or (message.tpa, 0) in netns.inet.arp.proxies:
        return out is not dev
    if _conf(dev, "proxy_arp") and out is not dev:
        return True
    assert dev.inet is not None
    return bool(dev.inet.conf.proxy_arp_pvlan and out is dev and message.spa != message.tpa)


def neigh_event_ns(netns: Netns, dev: NetDevice, message: Arp) -> Neighbour | None:
    """A request tells the address of who asks (`neigh_event_ns`)."""
    neigh = neigh_create(netns.inet.arp, ARP_OPS, message.spa, dev)
    neigh_update(neigh, message.sha, NUD_STALE, OVERRIDE)
    return neigh


def _ignores(dev: NetDevice, spa: IPv4, tpa: IPv4) -> bool:
    """Whether `arp_ignore` forbids the answer (`arp_ignore`)."""
    assert dev.inet is not None
    mode = max(dev.netns.inet.conf_all.arp_ignore, dev.inet.conf.arp_ignore)
    if mode == 0:
        return False
    own = [ifa for ifa in dev.inet.addresses if ifa.local == tpa]
    if mode == 1:
        return not own
    if mode == 2:
        return not any(not (ifa.local ^ spa) & mask4(ifa.length) for ifa in own)
    if mode == 3:
        return not any(_confirms(other, tpa) for other in dev.netns.devices.values() if other.inet)
    return mode == 8


def _confirms(dev: NetDevice, address: IPv4) -> bool:
    """Whether an address is a device's and of more than the host alone; where loopback addresses are routed they are, too (`confirm_addr_indev`)."""
    assert dev.inet is not None
    widest = RT_SCOPE_LINK if _conf(dev, "route_localnet") else RT_SCOPE_HOST
    return any(ifa.local == address and min(ifa.scope, widest) <= RT_SCOPE_LINK for ifa in dev.inet.addresses)


def _filtered(dev: NetDevice, message: Arp) -> bool:
    """Whether the answer would leave by another device (`arp_filter`)."""
    try:
        return ip_route_output(dev.netns, Flow(dst=message.spa, src=message.tpa)).dev is not dev
    except NetError:
        return True


def _accepts(dev: NetDevice, sender: IPv4) -> bool:
    """Whether somebody who was not asked is believed: always (1), or only one of the device's own nets (2) (`arp_accept`)."""
    assert dev.inet is not None
    mode = max(dev.netns.inet.conf_all.arp_accept, dev.inet.conf.arp_accept)
    if mode != ACCEPT_OF_SUBNET:
        return mode == ACCEPT_ALL
    return any(ifa.scope <= RT_SCOPE_LINK and not (ifa.peer ^ sender) & mask4(ifa.length) for ifa in dev.inet.addresses)


def _learn(skb: SkBuff, message: Arp) -> None:
    """Update an entry that is there; `arp_accept` makes new ones from gratuitous messages (`arp_process`)."""
    dev, state, sender = skb.dev, skb.dev.inet, message.spa
    assert state is not None
    netns = dev.netns
    neigh = netns.inet.arp.entries.get((sender, dev.ifindex))
    is_reply = message.op == ARPOP_REPLY
    is_garp = sender == message.tpa and (not is_reply or message.tha in (MAC_ZERO, message.sha))
    if neigh is None and (is_reply or is_garp) and _accepts(dev, sender) and inet_addr_type(netns, sender) == RTN_UNICAST:
        neigh = neigh_create(netns.inet.arp, ARP_OPS, sender, dev)
        if neigh.state == NUD_NONE:
            neigh.confirmed = neigh.updated = -10 * SECOND
    if neigh is None:
        return
    is_locked = netns.kernel.clock.now <= neigh.updated + state.arp.locktime * SECOND // 100
    new = NUD_REACHABLE if is_reply and skb.pkt_type == PACKET_HOST else NUD_STALE
    neigh_update(neigh, message.sha, new, OVERRIDE if is_garp or not is_locked else 0)
