"""Neighbour discovery (`ndisc.c`): questions and answers about addresses, redirects; routers are in `router.py`."""

from __future__ import annotations

from typing import Any

from netsim.addr import IPV6_ALL_NODES, IPV6_ALL_ROUTERS, IPV6_ANY, MAC, MASKS6, IPv6
from netsim.clock import SECOND
from netsim.errors import NetError
from netsim.kernel.core.neighbour import (
    ISROUTER,
    OVERRIDE,
    OVERRIDE_ISROUTER,
    WEAK_OVERRIDE,
    NeighOps,
    neigh_changeaddr,
    neigh_create,
    neigh_update,
)
from netsim.kernel.core.netdevice import IFF_NOARP, NetDevice
from netsim.kernel.core.skbuff import PACKET_HOST, PACKET_LOOPBACK, SkBuff
from netsim.kernel.core.tracepoint import trace_step
from netsim.kernel.inet.icmp_limit import PEER_BURST
from netsim.kernel.ipv6.counters import icmp6_count
from netsim.kernel.ipv6.output import NDISC_SOCKET, ip6_local_out
from netsim.kernel.ipv6.route import Flow6, direct, ip6_route_output, learn_redirect
from netsim.kernel.ipv6.saddr import ipv6_dev_get_saddr, linklocal_of
from netsim.kernel.tables.inet6 import IFA_F_OPTIMISTIC, IFA_F_TENTATIVE, Ifa6, Inet6Dev
from netsim.kernel.tables.inetpeer import inet_getpeer
from netsim.kernel.tables.neigh import NUD_FAILED, NUD_REACHABLE, NUD_STALE, NUD_VALID, Neighbour, NeighParms
from netsim.kernel.tables.settings import having
from netsim.packet import Ip6, NdLinkAddr, NeighAdvert, NeighSolicit, Redirect6, RouterAdvert, RouterSolicit, link_address
from netsim.packet.icmp6 import NdOption, NdOther
from netsim.packet.numbers import ETH_P_IPV6, IPPROTO_ICMPV6, ND_OPT_NONCE

NTF_ROUTER = 128
SOURCE_ADDRESS, TARGET_ADDRESS = 1, 2
ROUTER, SOLICITED, OVERRIDES = 0x80, 0x40, 0x20
HOP_LIMIT = 255
ACCEPT_ALL, ACCEPT_OF_PREFIX = 1, 2
REDIRECTED_HEADER = 4


def nd_parms(dev: NetDevice) -> NeighParms:
    """The neighbour settings in force on a device."""
    return dev.inet6.nd if dev.inet6 is not None else dev.netns.inet6.nd_default


def nd_home(dev: NetDevice) -> Inet6Dev | None:
    """Who keeps the reachable time drawn for a device."""
    return dev.inet6


# sending ---------------------------------------------------------------------------------------------------------------


def send(dev: NetDevice, src: IPv6, dst: IPv6, message: Any) -> None:
    """Send one message over a device with hop limit 255, past the hooks as any other packet (`ndisc_send_skb`)."""
    netns = dev.netns
    if dev.inet6 is None:
        return
    rt = direct(netns, dev, Flow6(dst, src))
    icmp6_count(netns, "Out", message)
    try:
        ip6_local_out(netns, Ip6(src, dst, IPPROTO_ICMPV6, HOP_LIMIT, dev.inet6.conf.ndisc_tclass, 0, message), rt, owner=NDISC_SOCKET)
    except NetError:
        return


def send_ns(dev: NetDevice, target: IPv6, dst: IPv6, source: IPv6, nonce: bytes = b"") -> None:
    """Who has `target`? From `::` it asks whether anybody has it already; `nonce` marks the question as this device's (`ndisc_send_ns`)."""
    options: tuple[NdOption, ...] = () if source == IPV6_ANY or dev.flags & IFF_NOARP else (NdLinkAddr(SOURCE_ADDRESS, dev.address),)
    if nonce:
        options = (*options, NdOther(ND_OPT_NONCE, nonce))
    send(dev, source, dst, NeighSolicit(target, options))


def send_na(dev: NetDevice, dst: IPv6, target: IPv6, flags: int, options: tuple[NdLinkAddr, ...]) -> None:
    """`target` is here (`ndisc_send_na`); `flags` without ROUTER, which the device's forwarding decides."""
    assert dev.inet6 is not None
    source: IPv6 | None = target
    if not any(ifa.address == target for ifa in dev.inet6.addresses):
        source = ipv6_dev_get_saddr(dev.netns, dev, dst)
        flags &= ~OVERRIDES
    if source is not None:
        send(dev, source, dst, NeighAdvert(flags | (ROUTER if _says_router(dev, target) else 0), target, options))


def _says_router(dev: NetDevice, target: IPv6) -> bool:
    """Whether an answer is a router's: of our own addresses where we forward, of a proxied one as its entry says (`ndisc_recv_ns`, `pndisc_is_router`)."""
    assert dev.inet6 is not None
    proxies = dev.netns.inet6.neigh.proxies
    if proxies and _own(dev, target) is None and is_proxied(dev, target):
        return bool(proxies.get((target, dev.ifindex), proxies.get((target, 0), 0)) & NTF_ROUTER)
    return bool(dev.inet6.conf.forwarding)


def target_option(dev: NetDevice) -> tuple[NdLinkAddr, ...]:
    """The option that tells this device's hardware address."""
    return (NdLinkAddr(TARGET_ADDRESS, dev.address),)


def announce(dev: NetDevice, address: IPv6) -> None:
    """Tell all nodes of an own address (`ndisc_send_unsol_na`)."""
    send_na(dev, IPV6_ALL_NODES, address, OVERRIDES, target_option(dev))


def send_rs(dev: NetDevice, source: IPv6) -> None:
    """Is there a router? (`ndisc_send_rs`)."""
    options = () if source == IPV6_ANY or not dev.link_address() else (NdLinkAddr(SOURCE_ADDRESS, dev.padded_address()),)
    send(dev, source, IPV6_ALL_ROUTERS, RouterSolicit(options))


def send_redirect(skb: SkBuff, target: IPv6) -> None:
    """For the packet's destination there is a better next hop on its sender's link (`ndisc_send_redirect`)."""
    packet, netns = skb.packet, skb.dev.netns
    dev = netns.devices[skb.sdif] if skb.sdif else skb.dev
    source = linklocal_of(dev)
    if source is None or (target != packet.dst and not target.is_linklocal):
        return
    try:
        way = ip6_route_output(netns, Flow6(packet.src, source, dev.ifindex))
    except NetError:
        return
    now = netns.kernel.clock.now
    if way.error or way.gateway is not None or not inet_getpeer(netns.inet6, int(packet.src), now).take(now, SECOND, PEER_BURST * SECOND):
        return
    neigh = netns.inet6.neigh.entries.get((target, dev.ifindex))
    options: tuple[Any, ...] = ()
    if neigh is not None and neigh.state & NUD_VALID and neigh.lladdr is not None:
        options = (NdLinkAddr(TARGET_ADDRESS, neigh.lladdr),)
    from netsim.packet.codec import encode

    quoted = encode(packet)[: 1280 - 40 - 40 - 8 * len(options) - 8]
    quoted = quoted[: len(quoted) & ~7]
    send(dev, source, packet.src, Redirect6(target, packet.dst, (*options, NdOther(REDIRECTED_HEADER, bytes(6) + quoted))))


# asking for neighbours -------------------------------------------------------------------------------------------------


def nd_solicit(neigh: Neighbour, skb: SkBuff | None) -> None:
    """Ask for a neighbour's hardware address (`ndisc_solicit`): first those who knew it, then the whole group."""
    dev = neigh.dev
    source = skb.packet.src if skb is not None and isinstance(skb.packet, Ip6) else None
    if source is None or not _has(dev, source):
        source = linklocal_of(dev)
    if source is None:
        return
    if neigh.state & NUD_VALID and neigh.lladdr is not None and neigh.probes <= nd_parms(dev).ucast_solicit:
        send_ns(dev, neigh.key, neigh.key, source)
    else:
        send_ns(dev, neigh.key, neigh.key.solicited_node(), source)


def _has(dev: NetDevice, address: IPv6) -> bool:
    """Whether a device itself has an address that may be used (`ipv6_chk_addr_and_flags`)."""
    addresses = dev.inet6.addresses if dev.inet6 is not None else ()
    return any(ifa.address == address and not ifa.flags & IFA_F_TENTATIVE for ifa in addresses)


def nd_error_report(neigh: Neighbour, skb: SkBuff) -> None:
    """Nobody answered: the sender of the packet is told (`ndisc_error_report`, `ip6_link_failure`)."""
    from netsim.kernel.ipv6.icmp import ADDR_UNREACH, DEST_UNREACH, icmp6_send

    icmp6_send(skb, DEST_UNREACH, ADDR_UNREACH, 0)


def multicast_mac(key: Any) -> MAC:
    """Where packets to a group go."""
    mac: MAC = key.multicast_mac()
    return mac


ND_OPS = NeighOps(ETH_P_IPV6, nd_solicit, nd_error_report, nd_parms, nd_home, multicast_mac)


# receiving -------------------------------------------------------------------------------------------------------------


def receive(skb: SkBuff, message: Any) -> None:
    """A discovery message came (`ndisc_rcv`); only those that did not pass a router count."""
    from netsim.kernel.ipv6 import router

    if skb.packet.hop_limit != HOP_LIMIT or skb.dev.inet6 is None:
        return
    if isinstance(message, NeighSolicit):
        _solicited(skb, message)
    elif isinstance(message, NeighAdvert):
        _advertised(skb, message)
    elif isinstance(message, RouterSolicit):
        router.solicited(skb, message)
    elif isinstance(message, RouterAdvert):
        router.advertised(skb, message)
    elif isinstance(message, Redirect6):
        _redirected(skb, message)


def _own(dev: NetDevice, address: IPv6) -> Ifa6 | None:
    assert dev.inet6 is not None
    return next((ifa for ifa in dev.inet6.addresses if ifa.address == address), None)


def _is_echo(dev: NetDevice, message: NeighSolicit) -> bool:
    """Whether a probe for duplicates is this device's own, come back (RFC 7527)."""
    assert dev.inet6 is not None
    trial = dev.inet6.trials.get(message.target) if dev.inet6.trials is not None else None
    return trial is not None and bool(trial.nonce) and NdOther(ND_OPT_NONCE, trial.nonce) in message.options


def _solicited(skb: SkBuff, message: NeighSolicit) -> None:
    """Somebody asks for an address of ours, or tries one that we have or try too (`ndisc_recv_ns`)."""
    from netsim.kernel.ipv6.dad import dad_failure

    dev, packet, target = skb.dev, skb.packet, message.target
    is_probe = packet.src == IPV6_ANY
    lladdr = link_address(message.options, SOURCE_ADDRESS)
    if target.is_multicast or (is_probe and (lladdr is not None or not packet.dst.is_solicited_node)):
        return
    own = _own(dev, target)
    if own is not None and own.flags & (IFA_F_TENTATIVE | IFA_F_OPTIMISTIC):
        if is_probe:
            if not _is_echo(dev, message):
                dad_failure(dev, own, skb.src)
            return
        if not own.flags & IFA_F_OPTIMISTIC:
            return
    if own is None and not _answers_for(skb, target):
        trace_step(dev.netns, "ndisc_recv_ns", dev.name, packet, target)
        return
    asked_all = packet.dst.is_multicast
    if is_probe:
        send_na(dev, IPV6_ALL_NODES, target, OVERRIDES if own is not None else 0, target_option(dev))
        return
    neigh = dev.netns.inet6.neigh.entries.get((packet.src, dev.ifindex))
    if neigh is None and (not asked_all or lladdr is not None):
        neigh = neigh_create(dev.netns.inet6.neigh, ND_OPS, packet.src, dev)
    if neigh is not None:
        neigh_update(neigh, lladdr, NUD_STALE, WEAK_OVERRIDE | OVERRIDE)
        flags = SOLICITED | (OVERRIDES if own is not None and asked_all else 0)
        send_na(dev, packet.src, target, flags, target_option(dev) if asked_all else ())


def _answers_for(skb: SkBuff, target: IPv6) -> bool:
    """Whether we speak for an address that is not on the device: an anycast one, or a proxied host elsewhere (`ndisc_recv_ns`)."""
    dev = skb.dev
    assert dev.inet6 is not None
    if target not in (dev.inet6.anycast or ()) and not (dev.inet6.conf.forwarding and is_proxied(dev, target)):
        return False
    delay = nd_parms(dev).proxy_delay * SECOND // 100
    if skb.control != "delayed" and skb.pkt_type != PACKET_HOST and skb.packet.dst.is_multicast and delay:
        again = skb.clone()
        again.control = "delayed"
        dev.netns.kernel.clock.call_later(dev.netns.kernel.below(delay), receive, again, skb.packet.payload)
        return False
    return True


def is_proxied(dev: NetDevice, address: IPv6) -> bool:
    """Whether this host answers for an address on a device (`pndisc_is_router`, `proxy_ndp`)."""
    netns = dev.netns
    proxies = netns.inet6.neigh.proxies
    if not proxies or dev.inet6 is None or not (netns.inet6.conf_all.proxy_ndp or dev.inet6.conf.proxy_ndp):
        return False
    return (address, dev.ifindex) in proxies or (address, 0) in proxies


def _accepts_untracked(dev: NetDevice, source: IPv6) -> bool:
    """Whether an advertisement nobody asked for is believed: always (1), or only from one of the device's prefixes (2) (`accept_untracked_na`)."""
    assert dev.inet6 is not None
    mode = dev.inet6.conf.accept_untracked_na
    if mode != ACCEPT_OF_PREFIX:
        return mode == ACCEPT_ALL
    return any(not (ifa.address ^ source) & MASKS6[ifa.length] for ifa in dev.inet6.addresses)


def _advertised(skb: SkBuff, message: NeighAdvert) -> None:
    """An answer, or an announcement (`ndisc_recv_na`)."""
    from netsim.kernel.ipv6.dad import dad_failure
    from netsim.kernel.ipv6.router import clean_to_host

    dev, target = skb.dev, message.target
    assert dev.inet6 is not None
    solicited = message.flags & SOLICITED
    if target.is_multicast or (skb.packet.dst.is_multicast and solicited):
        return
    if not solicited and (dev.inet6.conf.drop_unsolicited_na or dev.netns.inet6.conf_all.drop_unsolicited_na):
        return
    own = _own(dev, target)
    if own is not None:
        if own.flags & IFA_F_TENTATIVE and skb.pkt_type != PACKET_LOOPBACK:
            dad_failure(dev, own, skb.src)
        return
    lladdr = link_address(message.options, TARGET_ADDRESS)
    neigh = dev.netns.inet6.neigh.entries.get((target, dev.ifindex))
    if neigh is None:
        if lladdr is not None and not solicited and dev.inet6.conf.forwarding and _accepts_untracked(dev, skb.packet.src):
            neigh = neigh_create(dev.netns.inet6.neigh, ND_OPS, target, dev)
        else:
            return
    if neigh.state & NUD_FAILED:
        return
    was_router = neigh.is_router
    flags = WEAK_OVERRIDE | (OVERRIDE if message.flags & OVERRIDES else 0) | OVERRIDE_ISROUTER | (ISROUTER if message.flags & ROUTER else 0)
    neigh_update(neigh, lladdr, NUD_REACHABLE if solicited else NUD_STALE, flags)
    if was_router and not neigh.is_router:
        clean_to_host(dev, skb.packet.src)


def _redirected(skb: SkBuff, message: Redirect6) -> None:
    """Believe a redirect that comes from the first hop in use (`ndisc_redirect_rcv`, `rt6_do_redirect`)."""
    dev, packet, netns = skb.dev, skb.packet, skb.dev.netns
    assert dev.inet6 is not None
    if not packet.src.is_linklocal or message.destination.is_multicast:
        return
    on_link = message.target == message.destination
    if (not on_link and not message.target.is_linklocal) or dev.inet6.conf.forwarding or not dev.inet6.conf.accept_redirects:
        return
    try:
        rt = ip6_route_output(netns, Flow6(message.destination, None, dev.ifindex))
    except NetError:
        return
    if rt.error or rt.dev is not dev or rt.gateway != packet.src:
        return
    neigh = neigh_create(netns.inet6.neigh, ND_OPS, message.target, dev)
    flags = WEAK_OVERRIDE | OVERRIDE | (0 if on_link else OVERRIDE_ISROUTER | ISROUTER)
    neigh_update(neigh, link_address(message.options, TARGET_ADDRESS), NUD_STALE, flags)
    learn_redirect(rt, message.destination, None if on_link else message.target)


def address_changed(dev: NetDevice) -> None:
    """The device has another hardware address: what was learnt over the old one goes, and it may be told (`ndisc_netdev_event`)."""
    neigh_changeaddr(dev.netns.inet6.neigh, dev)
    if dev.inet6 is not None and (dev.inet6.conf.ndisc_notify or dev.netns.inet6.conf_all.ndisc_notify):
        for ifa in dev.inet6.addresses:
            if not ifa.flags & IFA_F_TENTATIVE:
                announce(dev, ifa.address)


def set_timers(dev: NetDevice, reachable: int, retrans: int) -> None:
    """Take a router's word for the timers of the link, in ms; 0 says nothing (`ndisc_router_discovery`)."""
    if dev.inet6 is None:
        return
    if retrans and retrans < 3_600_000:
        dev.inet6.nd = having(dev.inet6.nd, retrans_time_ms=max(retrans, 10))
    if reachable and reachable < 3_600_000:
        dev.inet6.nd = having(dev.inet6.nd, base_reachable_time_ms=reachable)
