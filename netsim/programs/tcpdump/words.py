"""The words of a capture filter: keywords, numbers, addresses, names (libpcap's scanner)."""

from __future__ import annotations

import re

import attrs

CONSTANTS = {
    "icmptype": 0, "icmpcode": 1, "icmp-echoreply": 0, "icmp-unreach": 3, "icmp-sourcequench": 4, "icmp-redirect": 5, "icmp-echo": 8,
    "icmp-routeradvert": 9, "icmp-routersolicit": 10, "icmp-timxceed": 11, "icmp-paramprob": 12, "icmp-tstamp": 13, "icmp-tstampreply": 14,
    "icmp-ireq": 15, "icmp-ireqreply": 16, "icmp-maskreq": 17, "icmp-maskreply": 18, "icmp6type": 0, "icmp6code": 1, "icmp6-echo": 128,
    "icmp6-echoreply": 129, "icmp6-multicastlistenerquery": 130, "icmp6-multicastlistenerreportv1": 131, "icmp6-multicastlistenerdone": 132,
    "icmp6-routersolicit": 133, "icmp6-routeradvert": 134, "icmp6-neighborsolicit": 135, "icmp6-neighboradvert": 136, "icmp6-redirect": 137,
    "icmp6-multicastlistenerreportv2": 143, "icmp6-destinationunreach": 1, "icmp6-packettoobig": 2, "icmp6-timeexceeded": 3,
    "icmp6-parameterproblem": 4, "tcpflags": 13, "tcp-fin": 1, "tcp-syn": 2, "tcp-rst": 4, "tcp-push": 8, "tcp-ack": 16, "tcp-urg": 32,
    "tcp-ece": 64, "tcp-cwr": 128,
}  # fmt: skip
KEYWORDS = frozenset(
    [
        "dst",
        "src",
        "link",
        "ether",
        "arp",
        "rarp",
        "ip",
        "ip6",
        "tcp",
        "udp",
        "sctp",
        "icmp",
        "icmp6",
        "igmp",
        "igrp",
        "pim",
        "vrrp",
        "carp",
        "ah",
        "esp",
        "stp",
        "host",
        "net",
        "mask",
        "port",
        "portrange",
        "proto",
        "protochain",
        "gateway",
        "less",
        "greater",
        "byte",
        "broadcast",
        "multicast",
        "and",
        "or",
        "not",
        "len",
        "inbound",
        "outbound",
        "vlan",
        "ifname",
        "on",
        "mpls",
        "pppoed",
        "pppoes",
        "geneve",
        "atalk",
        "aarp",
        "decnet",
        "lat",
        "sca",
        "moprc",
        "mopdl",
        "iso",
        "esis",
        "es-is",
        "isis",
        "is-is",
        "clnp",
        "ipx",
        "netbeui",
        "radio",
        "wlan",
        "fddi",
        "tr",
        "ppp",
        "slip",
        "lane",
        "metac",
        "bcc",
        "oam",
        "oamf4",
        "llc",
        "type",
        "subtype",
        "direction",
        "dir",
        "address1",
        "address2",
        "address3",
        "address4",
        "addr1",
        "addr2",
        "addr3",
        "addr4",
        "rnr",
        "rset",
        "reason",
        "rulenum",
        "ruleset",
        "subrulenum",
        "srnr",
        "action",
        "vci",
        "vpi",
    ]
)
ALIASES = {"&&": "and", "||": "or", "!": "not", "length": "len", "fddi": "ether", "tr": "ether", "ppp": "ether", "slip": "ether", "link": "ether"}
_MAC = r"[0-9A-Fa-f]{1,2}(?::[0-9A-Fa-f]{1,2}){5}"
_SCAN = re.compile(
    rf"""
    (?P<blank>\s+)
    | (?P<mac>(?:{_MAC}|[0-9A-Fa-f]{{1,2}}(?:-[0-9A-Fa-f]{{1,2}}){{5}}|[0-9A-Fa-f]{{1,2}}(?:\.[0-9A-Fa-f]{{1,2}}){{5}}|[0-9A-Fa-f]{{12}}|[0-9A-Fa-f]{{4}}(?:\.[0-9A-Fa-f]{{4}}){{2}})(?![0-9A-Za-z:]))
    | (?P<six>(?:[0-9A-Fa-f]*:){{2,7}}(?:[0-9A-Fa-f]+|\d+(?:\.\d+){{3}})?(?![0-9A-Za-z:]))
    | (?P<quad>\d+(?:\.\d+){{1,3}}(?![-_.A-Za-z0-9]*[A-Za-z0-9]))
    | (?P<number>(?:0[xX][0-9A-Fa-f]+|\d+)(?![-_.A-Za-z0-9]*[A-Za-z0-9]))
    | (?P<escaped>\\[^\s()|&!<>=+*/%^\[\],]+)
    | (?P<name>[A-Za-z0-9](?:[-_.A-Za-z0-9]*[.A-Za-z0-9])?)
    | (?P<mark>&&|\|\||<<|>>|<=|>=|!=|==|[()\[\]:<>=+\-*/%&|^!])
    """,
    re.VERBOSE,
)


class FilterError(Exception):
    """The expression is wrong; `str()` is what tcpdump prints after its name."""


SYNTAX = "can't parse filter expression: syntax error"


@attrs.frozen
class Word:
    """A word with its kind: "key" (keywords and marks), "number", "quad", "six", "mac", "name"."""

    kind: str
    text: str
    value: int = 0


def words_of(text: str) -> list[Word]:
    """All words of an expression; FilterError where none can be read."""
    found = []
    at = 0
    while at < len(text):
        match = _SCAN.match(text, at)
        if match is None:
            raise FilterError(SYNTAX)
        at = match.end()
        kind, piece = str(match.lastgroup), match[0]
        if kind == "blank":
            continue
        found.append(_word(kind, piece))
    return found


def _word(kind: str, piece: str) -> Word:
    if kind == "number":
        return _number(piece)
    if kind == "escaped":
        return Word("name", piece[1:])
    if kind == "mark":
        return Word("key", {"==": "="}.get(piece, ALIASES.get(piece, piece)))
    if kind == "name":
        if piece in CONSTANTS:
            return Word("number", piece, CONSTANTS[piece])
        if piece in KEYWORDS or piece in ALIASES:
            return Word("key", ALIASES.get(piece, piece))
    return Word(kind, piece)


def _number(piece: str) -> Word:
    try:
        value = int(piece, 16) if piece[:2].lower() == "0x" else int(piece, 8) if piece[0] == "0" and len(piece) > 1 else int(piece[:64])
    except ValueError:
        raise FilterError(f"number {piece} contains non-octal digit") from None
    if value > 0xFFFFFFFF:
        raise FilterError(SYNTAX)
    return Word("number", piece, value)
