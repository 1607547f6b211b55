"""What rules read of a packet: headers, notes of the kernel, connection and routing table (`nft_payload`, `nft_meta`, `nft_ct`, `nft_fib`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from netsim.kernel.core.hooks import PF_INET, PF_INET6
from netsim.kernel.core.kernel_socket import KernelSocket
from netsim.kernel.core.netdevice import ARPHRD_ETHER
from netsim.kernel.ipv4.fib_lookup import inet_addr_type
from netsim.kernel.netfilter.headers import icmp_type, ports_of, protocol_of, tos_of, transport_of
from netsim.kernel.netfilter.matches.conntrack import state_of
from netsim.kernel.netfilter.verdict import HookState
from netsim.kernel.tables.conntrack import Tracked
from netsim.kernel.tables.fib import RTN_LOCAL, RTN_MULTICAST, RTN_UNICAST
from netsim.packet import Ip, Tcp

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff

Reader = Callable[["SkBuff", HookState], Any]
TCP, UDP, SCTP, DCCP, UDPLITE, ICMP, ICMP6 = 6, 17, 132, 33, 136, 1, 58


def read(key: str, skb: SkBuff, state: HookState) -> Any:
    """The value, or None where the packet has none: the rule then does not match (`NFT_BREAK`)."""
    reader = READERS.get(key)
    if reader is not None:
        return reader(skb, state)
    protocol, _, field = key.partition(" ")
    if protocol in ("ip", "ip6"):
        return _ip(protocol, field, skb)
    if protocol in PORT_CARRIERS:
        ports = ports_of(skb.packet) if protocol == "th" or protocol_of(skb.packet) == PORT_CARRIERS[protocol] else None
        if field in ("sport", "dport"):
            return None if ports is None else ports[field == "dport"]
        return _transport(protocol, field, skb)
    return _icmp(protocol, field, skb)


PORT_CARRIERS = {"tcp": TCP, "udp": UDP, "sctp": SCTP, "dccp": DCCP, "udplite": UDPLITE, "th": 0}
IP_FIELDS = {"saddr": "src", "daddr": "dst", "ttl": "ttl", "hoplimit": "hop_limit", "length": "size", "id": "ident", "flowlabel": "flowlabel"}


def _ip(family: str, field: str, skb: SkBuff) -> Any:
    packet = skb.packet
    if isinstance(packet, Ip) != (family == "ip"):
        return None
    if field in ("protocol", "nexthdr"):
        return packet.protocol if isinstance(packet, Ip) else packet.nexthdr
    if field == "dscp":
        return tos_of(packet) >> 2
    if field == "ecn":
        return tos_of(packet) & 3
    value = getattr(packet, IP_FIELDS[field])
    return int(value) - 40 if (family, field) == ("ip6", "length") else int(value)


def _transport(protocol: str, field: str, skb: SkBuff) -> Any:
    header = transport_of(skb.packet)
    if protocol == "tcp" and isinstance(header, Tcp):
        if field == "flags":
            return header.flags & 0xFF
        return {"sequence": header.seq, "ackseq": header.ack, "window": header.window, "urgptr": header.urgent}[field]
    if protocol == "udp" and field == "length" and protocol_of(skb.packet) == UDP:
        return getattr(header, "size", None)
    return None


def _icmp(protocol: str, field: str, skb: SkBuff) -> Any:
    if protocol_of(skb.packet) != (ICMP if protocol == "icmp" else ICMP6):
        return None
    header = transport_of(skb.packet)
    return icmp_type(header) if field == "type" else getattr(header, {"code": "code", "id": "ident", "sequence": "seq"}[field], None)


def _connection(skb: SkBuff) -> Any:
    return skb.nfct.connection if isinstance(skb.nfct, Tracked) else None


def _ct_state(skb: SkBuff, state: HookState) -> Any:
    return state_of(skb)[0] & ~0x100 | (64 if state_of(skb)[0] == 0x100 else 0)


def _ct_status(skb: SkBuff, state: HookState) -> Any:
    connection = _connection(skb)
    return None if connection is None else connection.status


def _ct_mark(skb: SkBuff, state: HookState) -> Any:
    connection = _connection(skb)
    return None if connection is None else connection.mark


def _ct_direction(skb: SkBuff, state: HookState) -> Any:
    return skb.nfct.direction if _connection(skb) is not None else None


def _mark(skb: SkBuff, state: HookState) -> Any:
    return skb.mark


def _priority(skb: SkBuff, state: HookState) -> Any:
    return skb.priority


def _l4proto(skb: SkBuff, state: HookState) -> Any:
    return protocol_of(skb.packet)


def _nfproto(skb: SkBuff, state: HookState) -> Any:
    return PF_INET if isinstance(skb.packet, Ip) else PF_INET6


def _length(skb: SkBuff, state: HookState) -> Any:
    return skb.size


def _pkttype(skb: SkBuff, state: HookState) -> Any:
    return skb.pkt_type


def _iifname(skb: SkBuff, state: HookState) -> Any:
    return state.indev.name if state.indev is not None else ""


def _oifname(skb: SkBuff, state: HookState) -> Any:
    return state.outdev.name if state.outdev is not None else ""


def _iif(skb: SkBuff, state: HookState) -> Any:
    return state.indev.ifindex if state.indev is not None else 0


def _oif(skb: SkBuff, state: HookState) -> Any:
    return state.outdev.ifindex if state.outdev is not None else 0


def _user(skb: SkBuff, state: HookState) -> Any:
    return 0 if skb.owner is not None and skb.owner.is_held and not isinstance(skb.owner, KernelSocket) else None


def _ether_src(skb: SkBuff, state: HookState) -> Any:
    return int(skb.src) if state.indev is not None and state.indev.type == ARPHRD_ETHER else None


def _ether_dst(skb: SkBuff, state: HookState) -> Any:
    return int(skb.dst) if state.indev is not None and state.indev.type == ARPHRD_ETHER else None


def _kind_of(address: Any, state: HookState) -> int:
    if state.family == PF_INET:
        return inet_addr_type(state.netns, address)
    if address.is_multicast:
        return RTN_MULTICAST
    devices = state.netns.devices.values()
    own = any(ifa.address == address for dev in devices if dev.inet6 is not None for ifa in dev.inet6.addresses)
    return RTN_LOCAL if own else RTN_UNICAST


def _fib_daddr_type(skb: SkBuff, state: HookState) -> Any:
    return _kind_of(skb.packet.dst, state)


def _fib_saddr_type(skb: SkBuff, state: HookState) -> Any:
    return _kind_of(skb.packet.src, state)


READERS: dict[str, Reader] = {
    "ct state": _ct_state, "ct status": _ct_status, "ct mark": _ct_mark, "ct direction": _ct_direction, "meta mark": _mark,
    "meta priority": _priority, "meta l4proto": _l4proto, "meta nfproto": _nfproto, "meta length": _length, "meta pkttype": _pkttype,
    "iifname": _iifname, "oifname": _oifname, "iif": _iif, "oif": _oif, "meta skuid": _user, "meta skgid": _user, "ether saddr": _ether_src,
    "ether daddr": _ether_dst, "fib daddr type": _fib_daddr_type, "fib saddr type": _fib_saddr_type,
}  # fmt: skip
