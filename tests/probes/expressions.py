"""Capture filters at random, from primitives people type."""

from __future__ import annotations

import random

PRIMITIVES = """
icmp|arp|ip|ip6|tcp|udp|icmp6|igmp|sctp|rarp|ah|stp|broadcast|multicast|ether broadcast|ether multicast|ip multicast|ip6 multicast|ip broadcast
host 10.0.0.1|src host 10.0.0.2|dst 10.0.0.1|src or dst 10.0.1.255|src and dst host 10.0.0.1|host fe80::1|src host fd00:1::9|ip host 10.0.0.1
arp host 10.0.0.1|net 10|net 10.0|net 10.0.0.0/24|src net 192.168.0.0/16|dst net 10.0.0.0 mask 255.255.0.0|net fe80::/10|dst net ff00::/8
port 80|src port 53|dst port 443|tcp port 22|udp port 53|tcp src port 80|portrange 50-90|udp dst portrange 60-70|port ssh|port domain|src or dst port 90
ip proto 6|ip proto \\udp|proto 17|ip6 proto 58|proto \\tcp|ether proto 0x806|ether proto \\ip|ether host 02:00:00:00:00:01|ether src 02:00:00:00:00:02
ether dst ff:ff:ff:ff:ff:ff|less 60|greater 130|len > 110|len <= 106|len = 124|len != 106|less 110
icmp[icmptype] = icmp-echo|icmp[0] == 11|icmp[icmptype] != icmp-echoreply|tcp[tcpflags] & tcp-syn != 0|tcp[tcpflags] & (tcp-syn\\|tcp-ack) = tcp-syn
tcp[13] = 2|tcp[13] & 7 != 0|ip[8] < 64|ip[0] & 0xf != 5|ip[6:2] & 0x1fff = 0|ip[2:2] > 60|udp[4:2] >= 10|ether[0] & 1 = 0|ether[12:2] = 0x800
ip[12:4] = 0x0a000001|ip6[6] = 58|arp[7] = 1|icmp6[0] = 128|ip[9] = 6 + 11|ip[8] * 2 > 100|ip[8] / 2 < 30|ip[8] % 3 = 1|ip[1] ^ 255 > 9|(ip[0] >> 4) = 4
tcp[((tcp[12] & 0xf0) >> 2):4] = 0x61626300|len - 14 > ip[2:2]|ip[ip[0] & 0xf] = 0|udp[100] = 1|1 << 3 = ip[8]|vlan|vlan 5|vlan 5 and icmp|vlan and host 10.0.0.1
host 10.0.0.1 or 10.0.0.2|host 10.0.0.1 and not 192.168.7.9|port 80 or 443|not host 10.0.0.1|src host (10.0.0.1 or 10.0.0.2)|! arp|port (22 or 53)|net 10 or 192
"""


def _primitives() -> list[str]:
    text = PRIMITIVES.replace("\\|", "\0").replace("\\\\", "\\")
    return [piece.strip().replace("\0", "|") for piece in text.replace("\n", "|").split("|") if piece.strip()]


ALL = _primitives()
FAR = ("udp[100]", "tcp[((", "ip[ip[0]")
"""What reads far into a frame: alone only, since among others it matters which of them libpcap's optimiser lets read first."""
NEAR = [text for text in ALL if not text.startswith(FAR)]


def draw(chance: random.Random, depth: int = 2) -> str:
    """One expression."""
    if depth == 0 or not chance.randrange(3):
        return chance.choice(NEAR)
    kind = chance.randrange(5)
    left, right = draw(chance, depth - 1), draw(chance, depth - 1)
    if kind == 0:
        return f"not ({left})"
    if kind == 1:
        return f"({left}) and ({right})"
    if kind == 2:
        return f"({left}) or not ({right})"
    return f"{left} {chance.choice(('and', 'or', '&&', '||'))} {right}"
