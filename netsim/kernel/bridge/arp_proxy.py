"""Ports behind which the bridge answers ARP itself, or need not ask since it knows (`br_arp_nd_proxy.c`); of IPv6's neighbour discovery nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.kernel.bridge import fdb as br_fdb
from netsim.kernel.core.receive import receive_core
from netsim.kernel.core.skbuff import PACKET_HOST, SkBuff
from netsim.kernel.core.transmit import dev_queue_xmit
from netsim.kernel.tables.neigh import NUD_VALID
from netsim.packet import Arp
from netsim.packet.numbers import ETH_P_8021Q, ETH_P_ARP

if TYPE_CHECKING:
    from netsim.kernel.bridge.device import Bridge, BridgePort
    from netsim.kernel.core.netdevice import NetDevice
    from netsim.kernel.tables.fdb import FdbEntry

ANSWERING = ("proxy_arp", "proxy_arp_wifi", "neigh_suppress")
"""The options of a port that this is about; who sets one tells its bridge (`Bridge.answers_arp`)."""
REQUEST, REPLY = 1, 2
ARPOP_RREQUEST, ARPOP_RREPLY = 3, 4


def do_proxy_suppress_arp(bridge: Bridge, skb: SkBuff, vid: int, port: BridgePort | None) -> bool:
    """Answer an ARP request where that is wanted; True: ports that suppress neighbour requests need not see it (`br_do_proxy_suppress_arp`)."""
    message = skb.packet
    if not isinstance(message, Arp):
        return False
    suppresses = any(other.options["neigh_suppress"] for other in bridge.ports)
    if suppresses:
        if port is not None and port.options["neigh_suppress"]:
            return False
        if message.op not in (ARPOP_RREQUEST, ARPOP_RREPLY) and (message.spa == 0 or message.spa == message.tpa):
            return True  # nobody is asked
    home = bridge if not vid else (bridge.vlan_devices or {}).get((ETH_P_8021Q, vid))
    if message.op != REQUEST or home is None:
        return False
    if suppresses and home.inet is not None and any(ifa.local == message.tpa for ifa in home.inet.addresses):
        return True
    answered = _answer(bridge, home, message, vid, port)
    return answered is not None if suppresses else bool(answered)


def _answer(bridge: Bridge, home: NetDevice, message: Arp, vid: int, port: BridgePort | None) -> bool | None:
    """Whether the bridge answered; None: it does not know who is asked for, or where that is."""
    neigh = home.netns.inet.arp.entries.get((message.tpa, home.ifindex))
    if neigh is None or neigh.lladdr is None or not neigh.state & NUD_VALID:
        return None
    entry = br_fdb.lookup(bridge, neigh.lladdr, vid)
    if entry is None:
        return None
    if not _is_wanted(port, entry):
        return False
    answer = Arp(REPLY, neigh.lladdr, message.tpa, message.sha, message.spa)
    if port is None:
        bridge.netns.kernel.clock.call_soon(receive_core, SkBuff(bridge, neigh.lladdr, message.sha, ETH_P_ARP, answer, PACKET_HOST, bridge.ifindex))
    else:
        tag = 0 if not vid or port.pvid == vid else ETH_P_8021Q << 16 | vid
        dev_queue_xmit(SkBuff(port.dev, neigh.lladdr, message.sha, ETH_P_ARP, answer, vlan=tag))
    return True


def _is_wanted(port: BridgePort | None, entry: FdbEntry) -> bool:
    if port is not None and port.options["proxy_arp"]:
        return True
    return entry.port is not None and bool(entry.port.options["proxy_arp_wifi"] or entry.port.options["neigh_suppress"])


def is_spared(port: BridgePort, skb: SkBuff) -> bool:
    """Whether a flood leaves a port out: it has a proxy, or what is asked is answered (`br_flood`)."""
    options = port.options
    if options["proxy_arp"]:
        return True
    return skb.protocol == ETH_P_ARP and skb.control == ANSWERED and bool(options["proxy_arp_wifi"] or options["neigh_suppress"])


ANSWERED = "answered"
"""What `skb.control` of an ARP message says once the bridge has answered it or knows what is asked (`proxyarp_replied`)."""
