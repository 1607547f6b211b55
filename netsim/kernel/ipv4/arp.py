"""Address resolution, what goes out: asking, announcing (`arp.c`); `arp_input` has the rest."""

from __future__ import annotations

from typing import Any

from netsim.addr import IPV4_ANY, MAC, MAC_BROADCAST, MAC_ZERO, IPv4, mask4
from netsim.kernel.core.neighbour import NeighOps, neigh_changeaddr
from netsim.kernel.core.netdevice import IFF_NOARP, NetDevice
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.core.transmit import dev_queue_xmit
from netsim.kernel.ipv4.fib_lookup import inet_addr_type_dev
from netsim.kernel.ipv4.select_addr import inet_select_addr
from netsim.kernel.tables.fib import RT_SCOPE_LINK, RTN_LOCAL
from netsim.kernel.tables.inet import InDevice
from netsim.kernel.tables.neigh import NUD_PROBE, NUD_VALID, Neighbour, NeighParms
from netsim.packet import Arp, Ip
from netsim.packet.numbers import ETH_P_ARP

ARPOP_REQUEST, ARPOP_REPLY = 1, 2


def arp_parms(dev: NetDevice) -> NeighParms:
    """The neighbour settings in force on a device."""
    return dev.inet.arp if dev.inet is not None else dev.netns.inet.arp_default


def arp_home(dev: NetDevice) -> InDevice | None:
    """Who keeps the reachable time drawn for a device."""
    return dev.inet


def multicast_mac(key: Any) -> MAC:
    """Where packets to a group go."""
    mac: MAC = key.multicast_mac()
    return mac


def arp_solicit(neigh: Neighbour, skb: SkBuff | None) -> None:
    """Ask for a neighbour's address, from the source `arp_announce` allows (`arp_solicit`)."""
    dev = neigh.dev
    if dev.inet is None:
        return
    source = _announced_source(dev, neigh.key, skb) or IPv4(0)  # who has no address asks all the same
    parms: NeighParms = dev.inet.arp
    unicast = neigh.probes <= parms.ucast_solicit and neigh.state & NUD_VALID
    if neigh.state & NUD_PROBE and neigh.probes > parms.ucast_solicit + parms.mcast_solicit:
        return
    destination = neigh.lladdr if unicast and neigh.lladdr is not None else MAC_BROADCAST
    arp_send(dev, ARPOP_REQUEST, neigh.key, source, destination, dev.address, MAC_ZERO)


def _announced_source(dev: NetDevice, target: IPv4, skb: SkBuff | None) -> IPv4 | None:
    if dev.inet is None:
        return None
    netns = dev.netns
    if skb is not None and isinstance(skb.packet, Ip):
        source = skb.packet.src
        announce = max(netns.inet.conf_all.arp_announce, dev.inet.conf.arp_announce)
        if announce < 2 and inet_addr_type_dev(netns, dev, source) == RTN_LOCAL:
            if announce == 0:
                return source
            if any(not (ifa.local ^ target) & mask4(ifa.length) for ifa in dev.inet.addresses if not (ifa.local ^ source) & mask4(ifa.length)):
                return source
    return inet_select_addr(netns, dev, target, RT_SCOPE_LINK)


def arp_send(dev: NetDevice, op: int, tpa: IPv4, spa: IPv4, destination: MAC, sha: MAC, tha: MAC) -> None:
    """Send one ARP message out of a device (`arp_send`)."""
    if not dev.flags & IFF_NOARP:
        dev_queue_xmit(SkBuff(dev, dev.address, destination, ETH_P_ARP, Arp(op, sha, spa, tha, tpa)))


def arp_send_gratuitous(dev: NetDevice, address: IPv4) -> None:
    """Announce an own address to the segment."""
    arp_send(dev, ARPOP_REQUEST, address, address, MAC_BROADCAST, dev.address, MAC_ZERO)


def arp_error_report(neigh: Neighbour, skb: SkBuff) -> None:
    """Nobody answered: the sender of the packet is told that the host is unreachable (`arp_error_report`, `ipv4_link_failure`)."""
    from netsim.kernel.ipv4.icmp import icmp_send

    if isinstance(skb.packet, Ip):
        icmp_send(skb, 3, 1, 0)


ARP_OPS = NeighOps(ETH_P_ARP, arp_solicit, arp_error_report, arp_parms, arp_home, multicast_mac, IPV4_ANY)


def arp_changeaddr(dev: NetDevice) -> None:
    """The device has another address (`arp_netdev_event`)."""
    neigh_changeaddr(dev.netns.inet.arp, dev)
