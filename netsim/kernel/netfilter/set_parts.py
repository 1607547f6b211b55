"""What a packet has for each part of a set's element (`ip_set_get_ip4_port`, `hash_netiface4_kadt`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.kernel.core.netdevice import ARPHRD_ETHER
from netsim.kernel.netfilter.headers import protocol_of, transport_of
from netsim.kernel.netfilter.verdict import HookState
from netsim.kernel.tables.ipset import IpSet
from netsim.packet import Icmp6Echo, Icmp6Error, IcmpEcho, IcmpError, Tcp, Udp
from netsim.packet.numbers import IPPROTO_TCP, IPPROTO_UDP

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


def part_of(known: IpSet, what: str, side: str, skb: SkBuff, state: HookState) -> tuple[Any, int] | None:
    """What a packet has for one part of an element; None where it has nothing (`ip_set_get_ip4_port`, `hash_netiface4_kadt`)."""
    packet, is_src = skb.packet, side == "src"
    if what in ("ip", "net"):
        address = int(packet.src if is_src else packet.dst)
        if known.kind == "bitmap:ip":
            if not known.first <= address <= known.last:
                return None
            return address >> known.rest << known.rest, 32
        return address >> known.rest << known.rest, known.width
    if what == "port":
        return _port(packet, is_src)
    if what == "number":
        found = _port(packet, is_src)
        return (found[1], 0) if found is not None and found[0] in (IPPROTO_TCP, IPPROTO_UDP) else None
    if what == "iface":
        dev = state.indev if is_src else state.outdev
        return (dev.name, 0) if dev is not None else None
    if state.indev is None or state.indev.type != ARPHRD_ETHER:
        return None
    return int(skb.src if is_src else skb.dst), 48


def _port(packet: Any, is_src: bool) -> tuple[int, int] | None:  # noqa: FBT001  (a side)
    """Protocol and port; type and code of control messages; None for protocols that have neither (`get_port`)."""
    header = transport_of(packet)
    if isinstance(header, Tcp | Udp):
        return protocol_of(packet), header.sport if is_src else header.dport
    if isinstance(header, IcmpEcho | IcmpError | Icmp6Echo | Icmp6Error):
        return protocol_of(packet), header.type << 8 | getattr(header, "code", 0)
    return None
