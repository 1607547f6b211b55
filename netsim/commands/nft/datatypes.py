"""Kinds of values: how each is read, written and ordered (`nft describe`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from netsim.addr import MAC, IPv4, IPv6
from netsim.commands.iptables.syntax.tos import CLASSES
from netsim.commands.iptables.words import PORTS, PROTOCOLS
from netsim.kernel.tables.conntrack import IPS_DST_NAT, IPS_SRC_NAT


class Wrong(Exception):
    """A word is no value of its kind."""


def _number(word: str, most: int) -> int | None:
    if re.fullmatch(r"0[xX][0-9a-fA-F]+|\d+", word):
        value = int(word, 0) if word[:2] in ("0x", "0X") else int(word)
        return value if value <= most else None
    return None


@attrs.frozen
class DataType:
    """One kind: symbols before numbers; `wrong` is the complaint; `a_line` how many elements stand on a line of a listing (0: all)."""

    name: str
    most: int = 0xFFFFFFFF
    symbols: Mapping[str, int] = attrs.field(factory=dict)
    is_flags: bool = False
    style: str = "{}"
    wrong: str = "Could not parse {name}"
    a_line: int = 1
    parse_word: Callable[[str], Any] | None = None
    write: Callable[[Any], str] | None = None
    host_order: bool = False

    def parse(self, word: str) -> Any:
        """The value of a word; raises Wrong."""
        if word in self.symbols:
            return self.symbols[word]
        value = self.parse_word(word) if self.parse_word is not None else _number(word, self.most)
        if value is None:
            raise Wrong(self.wrong.format(name=self.name, word=word))
        return value

    def text(self, value: Any, numeric: bool = False) -> str:  # noqa: FBT001, FBT002 -- asked by its name everywhere
        """A value as listings write it."""
        if self.write is not None:
            return self.write(value)
        if not numeric:
            for name, known in self.symbols.items():
                if known == value:
                    return name
        elif self.is_flags:
            return f"0x{value:x}"
        return self.style.format(value)

    def order(self, value: Any) -> Any:
        """What elements are sorted by."""
        return int.from_bytes(value.encode().ljust(16, b"\0"), "little") if isinstance(value, str) else value


def _ipv4(word: str) -> int | None:
    try:
        return int(IPv4.parse(word))
    except ValueError:
        return None


def _ipv6(word: str) -> int | None:
    try:
        return int(IPv6.parse(word.strip("[]")))
    except ValueError:
        return None


def _mac(word: str) -> int | None:
    return int(MAC.parse(word)) if re.fullmatch(r"([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}", word) else None


def _write4(value: int) -> str:
    return str(IPv4(value))


def _write6(value: int) -> str:
    return str(IPv6(value))


def _write_mac(value: int) -> str:
    return str(MAC(value))


def _name(word: str) -> str | None:
    return word if len(word) < 16 else None


def _quoted(value: str) -> str:
    return f'"{value}"'


ICMP_TYPES = {
    "echo-reply": 0, "destination-unreachable": 3, "source-quench": 4, "redirect": 5, "echo-request": 8, "router-advertisement": 9,
    "router-solicitation": 10, "time-exceeded": 11, "parameter-problem": 12, "timestamp-request": 13, "timestamp-reply": 14, "info-request": 15,
    "info-reply": 16, "address-mask-request": 17, "address-mask-reply": 18,
}  # fmt: skip
ICMPV6_TYPES = {
    "destination-unreachable": 1, "packet-too-big": 2, "time-exceeded": 3, "parameter-problem": 4, "echo-request": 128, "echo-reply": 129,
    "mld-listener-query": 130, "mld-listener-report": 131, "mld-listener-done": 132, "mld-listener-reduction": 132, "nd-router-solicit": 133,
    "nd-router-advert": 134, "nd-neighbor-solicit": 135, "nd-neighbor-advert": 136, "nd-redirect": 137, "router-renumbering": 138,
    "ind-neighbor-solicit": 141, "ind-neighbor-advert": 142, "mld2-listener-report": 143,
}  # fmt: skip
ICMP_CODES = {
    "net-unreachable": 0, "host-unreachable": 1, "prot-unreachable": 2, "port-unreachable": 3, "frag-needed": 4, "net-prohibited": 9,
    "host-prohibited": 10, "admin-prohibited": 13,
}  # fmt: skip
ICMPV6_CODES = {"no-route": 0, "admin-prohibited": 1, "addr-unreachable": 3, "port-unreachable": 4, "policy-fail": 5, "reject-route": 6}
CT_STATES = {"invalid": 1, "established": 2, "related": 4, "new": 8, "untracked": 64}
CT_STATUSES = {"expected": 1, "seen-reply": 2, "assured": 4, "confirmed": 8, "snat": IPS_SRC_NAT, "dnat": IPS_DST_NAT, "dying": 512}
TCP_FLAGS = {"fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32, "ecn": 64, "cwr": 128}
ADDRESS_TYPES = {
    "unspec": 0, "unicast": 1, "local": 2, "broadcast": 3, "anycast": 4, "multicast": 5, "blackhole": 6, "unreachable": 7, "prohibit": 8,
}  # fmt: skip
DSCP = {name.lower(): value for name, value in CLASSES.items() if name not in ("BE",)}
PROTOCOL_NAMES = {name: number for name, number in PROTOCOLS.items() if number} | {"icmpv6": 58}
RESOLVE = "Could not resolve hostname: Name or service not known"

TYPES = {
    "ipv4_addr": DataType("ipv4_addr", wrong=RESOLVE, a_line=2, parse_word=_ipv4, write=_write4),
    "ipv6_addr": DataType("ipv6_addr", wrong=RESOLVE, parse_word=_ipv6, write=_write6),
    "ether_addr": DataType("ether_addr", wrong="Could not parse link layer address", parse_word=_mac, write=_write_mac),
    "inet_service": DataType("inet_service", 65535, wrong="Could not resolve service: Servname not supported for ai_socktype", a_line=5),
    "inet_proto": DataType("inet_proto", 255, PROTOCOL_NAMES, wrong="Could not resolve protocol name", a_line=5),
    "ifname": DataType("ifname", wrong="String exceeds maximum length of 16", parse_word=_name, write=_quoted, host_order=True),
    "iface_index": DataType("iface_index", wrong="Interface does not exist"),
    "mark": DataType("mark", style="0x{:08x}", a_line=5),
    "ct_state": DataType("ct_state", 0xFF, CT_STATES, is_flags=True, wrong="Could not parse conntrack state", a_line=5),
    "ct_status": DataType("ct_status", 0xFFFF, CT_STATUSES, is_flags=True, wrong="Could not parse conntrack status", a_line=5),
    "ct_dir": DataType("ct_dir", 1, {"original": 0, "reply": 1}, wrong="Could not parse packet direction"),
    "icmp_type": DataType("icmp_type", 255, ICMP_TYPES, wrong="Could not parse ICMP type"),
    "icmpv6_type": DataType("icmpv6_type", 255, ICMPV6_TYPES, wrong="Could not parse ICMPv6 type"),
    "icmp_code": DataType("icmp_code", 255, ICMP_CODES, wrong="Could not parse icmp code"),
    "icmpv6_code": DataType("icmpv6_code", 255, ICMPV6_CODES, wrong="Could not parse icmpv6 code"),
    "tcp_flag": DataType("tcp_flag", 255, TCP_FLAGS, is_flags=True, wrong="Could not parse TCP flag"),
    "fib_addrtype": DataType("fib_addrtype", 255, ADDRESS_TYPES, wrong="Could not parse Forwarding Information Base (FIB) address type"),
    "pkt_type": DataType("pkt_type", 7, {"host": 0, "unicast": 0, "broadcast": 1, "multicast": 2, "other": 3}, wrong="Could not parse packet type"),
    "nf_proto": DataType("nf_proto", 255, {"ipv4": 2, "ipv6": 10}, wrong="Could not parse Netfilter protocol"),
    "dscp": DataType("dscp", 63, DSCP, style="0x{:02x}", wrong="Could not parse Differentiated Services Code Point"),
    "uid": DataType("uid", symbols={}, wrong="User does not exist"),
    "integer": DataType("integer", a_line=5),
}
SERVICE_NAMES = PORTS
KEYS = {
    "ip saddr": "ipv4_addr", "ip daddr": "ipv4_addr", "ip protocol": "inet_proto", "ip ttl": "integer", "ip length": "integer", "ip id": "integer",
    "ip dscp": "dscp", "ip6 saddr": "ipv6_addr", "ip6 daddr": "ipv6_addr", "ip6 nexthdr": "inet_proto", "ip6 hoplimit": "integer",
    "ip6 length": "integer", "ip6 dscp": "dscp", "ip6 flowlabel": "integer", "tcp sport": "inet_service", "tcp dport": "inet_service",
    "tcp flags": "tcp_flag", "tcp window": "integer", "tcp sequence": "integer", "tcp ackseq": "integer", "tcp urgptr": "integer",
    "udp sport": "inet_service", "udp dport": "inet_service", "udp length": "integer", "sctp sport": "inet_service", "sctp dport": "inet_service",
    "dccp sport": "inet_service", "dccp dport": "inet_service", "udplite sport": "inet_service", "udplite dport": "inet_service",
    "th sport": "inet_service", "th dport": "inet_service", "icmp type": "icmp_type", "icmp code": "icmp_code", "icmp id": "integer",
    "icmp sequence": "integer", "icmpv6 type": "icmpv6_type", "icmpv6 code": "icmpv6_code", "icmpv6 id": "integer", "icmpv6 sequence": "integer",
    "ether saddr": "ether_addr", "ether daddr": "ether_addr", "ct state": "ct_state", "ct status": "ct_status", "ct mark": "mark",
    "ct direction": "ct_dir", "meta mark": "mark", "meta l4proto": "inet_proto", "meta nfproto": "nf_proto", "meta length": "integer",
    "meta pkttype": "pkt_type", "meta skuid": "uid", "meta skgid": "uid", "iifname": "ifname", "oifname": "ifname", "iif": "iface_index",
    "oif": "iface_index", "fib daddr type": "fib_addrtype", "fib saddr type": "fib_addrtype",
}  # fmt: skip
"""What each selector yields."""
