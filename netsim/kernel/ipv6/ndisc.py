"""Neighbour discovery (`ndisc.c`): solicitations for duplicate detection and resolution, answers for own addresses, router solicitations."""

from __future__ import annotations

from typing import Any

from netsim.addr import IPV6_ALL_ROUTERS, IPV6_ANY, MAC, IPv6
from netsim.kernel.core.neighbour import ISROUTER, OVERRIDE, OVERRIDE_ISROUTER, WEAK_OVERRIDE, NeighOps, neigh_create, neigh_update
from netsim.kernel.core.netdevice import IFF_LOOPBACK, NetDevice
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.core.transmit import dev_queue_xmit
from netsim.kernel.tables.neigh import NUD_REACHABLE, NUD_STALE, Neighbour, NeighParms
from netsim.packet import Ip6, NdLinkAddr, NeighAdvert, NeighSolicit, RouterSolicit
from netsim.packet.numbers import ETH_P_IPV6

ICMPV6 = 58
SOURCE_ADDRESS, TARGET_ADDRESS = 1, 2
ROUTER, SOLICITED, OVERRIDES = 0x80, 0x40, 0x20


def nd_parms(dev: NetDevice) -> NeighParms:
    """The neighbour settings in force on a device."""
    return dev.inet6.nd if dev.inet6 is not None else dev.netns.inet6.nd_default


def send(dev: NetDevice, src: IPv6, dst: IPv6, message: Any, lladdr: MAC | None = None) -> None:
    """Send one message with hop limit 255."""
    target = lladdr if lladdr is not None else dst.multicast_mac()
    dev_queue_xmit(SkBuff(dev, dev.address, target, ETH_P_IPV6, Ip6(src, dst, ICMPV6, 255, payload=message)))


def send_dad(dev: NetDevice, address: IPv6) -> None:
    """Does anybody have this address already? (`ndisc_send_ns` from ::)."""
    if not dev.flags & IFF_LOOPBACK:
        send(dev, IPV6_ANY, address.solicited_node(), NeighSolicit(address, ()))


def send_rs(dev: NetDevice, source: IPv6) -> None:
    """Is there a router? (`ndisc_send_rs`)."""
    options = () if source == IPV6_ANY else (NdLinkAddr(SOURCE_ADDRESS, dev.address),)
    send(dev, source, IPV6_ALL_ROUTERS, RouterSolicit(options))


def nd_solicit(neigh: Neighbour, skb: SkBuff | None) -> None:
    """Ask for a neighbour's hardware address (`ndisc_solicit`)."""
    dev = neigh.dev
    source = skb.packet.src if skb is not None and isinstance(skb.packet, Ip6) else _any_source(dev, neigh.key)
    if source is None:
        return
    message = NeighSolicit(neigh.key, (NdLinkAddr(SOURCE_ADDRESS, dev.address),))
    if neigh.lladdr is not None and neigh.probes <= nd_parms(dev).ucast_solicit:
        send(dev, source, neigh.key, message, neigh.lladdr)
    else:
        send(dev, source, neigh.key.solicited_node(), message)


def _any_source(dev: NetDevice, target: IPv6) -> IPv6 | None:
    if dev.inet6 is None:
        return None
    return next((ifa.address for ifa in dev.inet6.addresses if ifa.address.is_linklocal == target.is_linklocal), None)


def nd_error_report(neigh: Neighbour, skb: SkBuff) -> None:
    """Nobody answered (`ndisc_error_report`): the sender is told by `ipv6/icmp`."""
    from netsim.kernel.ipv6.icmp import icmp6_send

    icmp6_send(skb, 1, 3, 0)


def multicast_mac(key: Any) -> MAC:
    """Where packets to a group go."""
    mac: MAC = key.multicast_mac()
    return mac


ND_OPS = NeighOps(ETH_P_IPV6, nd_solicit, nd_error_report, nd_parms, multicast_mac)


def receive(skb: SkBuff, message: Any) -> None:
    """A discovery message came (`ndisc_rcv`); only those that did not pass a router count."""
    if skb.packet.hop_limit != 255 or skb.dev.inet6 is None:
        return
    if isinstance(message, NeighSolicit):
        _solicited(skb, message)
    elif isinstance(message, NeighAdvert):
        _advertised(skb, message)


def _link_address(message: Any, kind: int) -> MAC | None:
    return next((option.address for option in message.options if isinstance(option, NdLinkAddr) and option.kind == kind), None)


def _solicited(skb: SkBuff, message: NeighSolicit) -> None:
    """Somebody asks for an address of ours, or tries one that we have or try too (`ndisc_recv_ns`)."""
    from netsim.kernel.ipv6.addrconf import IFA_F_TENTATIVE, dad_failure

    dev, packet = skb.dev, skb.packet
    assert dev.inet6 is not None
    own = next((ifa for ifa in dev.inet6.addresses if ifa.address == message.target), None)
    if own is None:
        return
    is_probe = packet.src == IPV6_ANY
    if own.flags & IFA_F_TENTATIVE:
        if is_probe and skb.src != dev.address:
            dad_failure(dev, own)
        return
    flags = ROUTER if dev.inet6.conf.forwarding else 0
    if is_probe:
        send(
            dev, message.target, IPv6((0xFF02 << 112) | 1), NeighAdvert(flags | OVERRIDES, message.target, (NdLinkAddr(TARGET_ADDRESS, dev.address),))
        )
        return
    lladdr = _link_address(message, SOURCE_ADDRESS) or skb.src
    neigh = neigh_create(dev.netns.inet6.neigh, ND_OPS, packet.src, dev)
    neigh_update(neigh, lladdr, NUD_STALE, WEAK_OVERRIDE | OVERRIDE)
    options = (NdLinkAddr(TARGET_ADDRESS, dev.address),) if packet.dst.is_multicast else ()
    send(dev, message.target, packet.src, NeighAdvert(flags | SOLICITED | OVERRIDES, message.target, options), neigh.lladdr)


def _advertised(skb: SkBuff, message: NeighAdvert) -> None:
    """An answer, or an announcement (`ndisc_recv_na`)."""
    from netsim.kernel.ipv6.addrconf import IFA_F_TENTATIVE, dad_failure

    dev = skb.dev
    assert dev.inet6 is not None
    own = next((ifa for ifa in dev.inet6.addresses if ifa.address == message.target), None)
    if own is not None:
        if own.flags & IFA_F_TENTATIVE and skb.src != dev.address:
            dad_failure(dev, own)
        return
    neigh = dev.netns.inet6.neigh.entries.get((message.target, dev.ifindex))
    if neigh is None:
        return
    flags = WEAK_OVERRIDE | (OVERRIDE if message.flags & OVERRIDES else 0) | OVERRIDE_ISROUTER | (ISROUTER if message.flags & ROUTER else 0)
    lladdr = _link_address(message, TARGET_ADDRESS)
    neigh_update(neigh, lladdr, NUD_REACHABLE if message.flags & SOLICITED else NUD_STALE, flags)
