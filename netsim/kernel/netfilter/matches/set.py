"""`-m set`: whether what a packet is from, to or by is in a set (`xt_set`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from netsim.kernel.core.netdevice import ARPHRD_ETHER
from netsim.kernel.netfilter.headers import protocol_of, transport_of
from netsim.kernel.netfilter.verdict import HookState
from netsim.kernel.tables.ipset import LIST_SET, Entry, IpSet
from netsim.packet import Icmp6Echo, Icmp6Error, IcmpEcho, IcmpError, Tcp, Udp
from netsim.packet.numbers import IPPROTO_TCP, IPPROTO_UDP

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.frozen
class SetMatch:
    """The set by name (a swap gives the rule the other's contents); `sides` are "src" or "dst", one for each part of an element.

    With `return_nomatch` it is what exceptions cover that matches, nothing else.
    """

    name: str
    sides: tuple[str, ...]
    inverted: bool = False
    return_nomatch: bool = False

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Look the packet up; a hit counts in sets that count."""
        known = state.netns.netfilter.sets.get(self.name)
        return (known is not None and self._is_in(known, skb, state)) != self.inverted

    def _is_in(self, known: IpSet, skb: SkBuff, state: HookState) -> bool:
        """Whether it is in a set, or in one of a list's (`ip_set_test`)."""
        if known.family not in (0, state.family) or len(self.sides) < len(known.parts):
            return False
        now = state.netns.kernel.clock.now
        if known.kind == LIST_SET:
            known.expire(now)
            for name, _ in known.entries:
                member = state.netns.netfilter.sets.get(name)
                if member is not None and self._is_in(member, skb, state):
                    _count(known, known.entries[name, 0], skb)
                    return True
            return False
        parts = tuple([part_of(known, what, side, skb, state) for what, side in zip(known.parts, self.sides, strict=False)])
        if None in parts:
            return False
        entry = known.lookup(parts if len(parts) > 1 else parts[0], now)  # type: ignore[arg-type]
        if entry is None:
            return False
        _count(known, entry, skb)
        return entry.nomatch == (self.return_nomatch and "net" in known.parts)


def _count(known: IpSet, entry: Entry, skb: SkBuff) -> None:
    if known.has_counters:
        entry.packets += 1
        entry.bytes += skb.size


def part_of(known: IpSet, what: str, side: str, skb: SkBuff, state: HookState) -> tuple[Any, int] | None:
    """What a packet has for one part of an element; None where it has nothing (`ip_set_get_ip4_port`, `hash_netiface4_kadt`)."""
    packet, is_src = skb.packet, side == "src"
    if what in ("ip", "net"):
        address = int(packet.src if is_src else packet.dst)
        if known.kind == "bitmap:ip":
            if not known.first <= address <= known.last:
                return None
            return address >> 32 - known.netmask << 32 - known.netmask, 32
        return address, known.width
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
