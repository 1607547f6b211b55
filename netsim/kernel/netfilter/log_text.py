"""How the kernel writes a packet down (`nf_log_syslog`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.kernel.core.hooks import PF_INET
from netsim.kernel.netfilter.headers import protocol_of, transport_of
from netsim.kernel.netfilter.verdict import HookState
from netsim.packet import Icmp6Echo, Icmp6Error, IcmpEcho, IcmpError, Ip, Tcp, Udp
from netsim.packet.codec import encode
from netsim.packet.numbers import IP_DF, IP_MF

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.core.skbuff import SkBuff

SEQUENCE, OPTIONS, IP_OPTIONS, DECODE_MAC = 1, 2, 4, 32
_NAMES = {1: "ICMP", 6: "TCP", 17: "UDP", 50: "ESP", 51: "AH", 58: "ICMPv6", 136: "UDPLITE"}
_FLAGS = ((0x80, "CWR "), (0x40, "ECE "), (0x20, "URG "), (0x10, "ACK "), (0x08, "PSH "), (0x04, "RST "), (0x02, "SYN "), (0x01, "FIN "))


LOG_ALL = "net/netfilter/nf_log_all_netns"


def may_log(netns: Netns) -> bool:
    """Whether rules of a namespace reach the kernel's log: the first one's do, others' only where the machine says so (`nf_log_packet`)."""
    kernel = netns.kernel
    first = kernel.init_net
    return netns is first or first.inet6.sysctl.get(LOG_ALL, kernel.profile.log_all_netns) == "1"


def log_line(skb: SkBuff, state: HookState, flags: int) -> str:
    """Everything after the prefix: devices, link header, addresses, transport."""
    incoming = state.indev.name if state.indev else ""
    outgoing = state.outdev.name if state.outdev else ""
    text = f"IN={incoming} OUT={outgoing} "
    if state.indev is not None:
        text += _link(skb, flags)
    packet = skb.packet
    text += _ipv4(packet, flags) if state.family == PF_INET else _ipv6(packet)
    text += _transport(packet, flags)
    return text + (f"MARK=0x{skb.mark:x} " if skb.mark else "")


def _link(skb: SkBuff, flags: int) -> str:
    if skb.dev.header_length != 14:
        return "MAC= " if not flags & DECODE_MAC else ""
    if flags & DECODE_MAC:
        return f"MACSRC={skb.src} MACDST={skb.dst} MACPROTO={skb.protocol:04x} "
    return f"MAC={skb.dst}:{skb.src}:{skb.protocol >> 8:02x}:{skb.protocol & 255:02x} "


def _ipv4(packet: Ip, flags: int) -> str:
    text = f"SRC={packet.src} DST={packet.dst} LEN={packet.size} TOS=0x{packet.tos & 0x1E:02X} PREC=0x{packet.tos & 0xE0:02X} TTL={packet.ttl} ID={packet.ident} "
    if packet.flags & 4:
        text += "CE "
    if packet.flags & IP_DF:
        text += "DF "
    if packet.flags & IP_MF:
        text += "MF "
    if packet.offset:
        text += f"FRAG:{packet.offset // 8} "
    if flags & IP_OPTIONS and packet.options:
        text += f"OPT ({packet.options.hex().upper()}) "
    return text


def _ipv6(packet: Any) -> str:
    return f"SRC={_long(packet.src)} DST={_long(packet.dst)} LEN={packet.size} TC={packet.tclass} HOPLIMIT={packet.hop_limit} FLOWLBL={packet.flowlabel} "


def _long(address: int) -> str:
    """An IPv6 address with all its zeros, as the kernel's `%pI6` prints."""
    return ":".join(f"{address >> shift & 0xFFFF:04x}" for shift in range(112, -1, -16))


def _transport(packet: Any, flags: int) -> str:
    protocol = protocol_of(packet)
    name = _NAMES.get(protocol)
    text = f"PROTO={name} " if name else f"PROTO={protocol} "
    header = transport_of(packet)
    if isinstance(header, Udp):
        return text + f"SPT={header.sport} DPT={header.dport} LEN={header.size} "
    if isinstance(header, Tcp):
        return text + _tcp(header, flags)
    if isinstance(header, (IcmpEcho, Icmp6Echo)):
        return text + f"TYPE={header.type} CODE={header.code} ID={header.ident} SEQ={header.seq} "
    if isinstance(header, (IcmpError, Icmp6Error)):
        return text + _error(header, flags)
    kind = getattr(header, "type", None)
    return text + (f"TYPE={kind} CODE={getattr(header, 'code', 0)} " if kind is not None else "")


def _tcp(header: Tcp, flags: int) -> str:
    text = f"SPT={header.sport} DPT={header.dport} "
    if flags & SEQUENCE:
        text += f"SEQ={header.seq} ACK={header.ack} "
    text += f"WINDOW={header.window} RES=0x{(header.flags >> 6) & 0x3C:02x} "
    text += "".join(name for bit, name in _FLAGS if header.flags & bit)
    text += f"URGP={header.urgent} "
    if flags & OPTIONS and header.options:
        text += f"OPT ({encode(header)[20 : header.header_size].hex().upper()}) "
    return text


def _error(header: Any, flags: int) -> str:
    text = f"TYPE={header.type} CODE={header.code} "
    if header.type == 12:
        text += f"PARAMETER={header.rest >> 24} "
    if header.type == 5:
        text += f"GATEWAY={header.rest >> 24}.{header.rest >> 16 & 255}.{header.rest >> 8 & 255}.{header.rest & 255} "
    if isinstance(header.inner, Ip):
        text += f"[{_ipv4(header.inner, flags)}{_transport(header.inner, flags)}] "
    if header.type == 3 and header.code == 4:
        text += f"MTU={header.rest & 0xFFFF} "
    return text
