"""Words of ipset: sets, elements and options, with the tool's complaints."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import product

from netsim.addr import MAC, IPv4, IPv6
from netsim.kernel.core.hooks import PF_INET6
from netsim.kernel.tables.ipset import BITMAP_IP, HASH_IP, HASH_NET, KINDS, LIST_SET, IpSet, Key, Part
from netsim.machine.hostnames import in_hosts

TYPES = {kind: kind for kind in KINDS} | {
    "iphash": HASH_IP, "nethash": HASH_NET, "ipmap": "bitmap:ip", "portmap": "bitmap:port", "setlist": LIST_SET, "ipporthash": "hash:ip,port",
    "ipportiphash": "hash:ip,port,ip", "ipportnethash": "hash:ip,port,net",
}  # fmt: skip
UNMODELLED = frozenset(("bitmap:ip,mac", "hash:ip,mac", "hash:ip,mark", "hash:net,net", "hash:net,port,net", "macipmap"))
LONGEST_NAME = 31
MOST_AT_ONCE = 1 << 20


class Stop(Exception):
    """The command fails with this message: status 1, or 2 with a pointer to the help for wrong words."""

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


def number(word: str, most: int = 0xFFFFFFFF) -> int:
    """A whole number in decimal, hexadecimal or octal."""
    if not re.fullmatch(r"0[xX][0-9a-fA-F]+|\d+", word):
        raise Stop(f"Syntax error: '{word}' is invalid as number")
    value = int(word, 16) if word[:2].lower() == "0x" else int(word, 8) if word[0] == "0" and word.strip("01234567") == "" else int(word, 10)
    if value > most:
        raise Stop(f"Syntax error: '{word}' is out of range 0-{most}")
    return value


def address(word: str, family: int, hosts: str) -> int:
    """An address by number or name."""
    kind = IPv6 if family == PF_INET6 else IPv4
    parts = word.split(".")
    if family != PF_INET6 and 1 < len(parts) < 4 and all(part.isdigit() for part in parts):  # inet_aton: the last number fills the rest
        word = ".".join([*parts[:-1], *["0"] * (4 - len(parts)), parts[-1]])
    try:
        return int(kind.parse(word))
    except ValueError:
        named = [int(found) for found in in_hosts(hosts, word) if isinstance(found, kind)]
    if not named:
        raise Stop(f"Syntax error: cannot parse {word}: resolving to IPv{6 if family == PF_INET6 else 4} address failed")
    return named[0]


def elements(word: str, known: IpSet, hosts: str) -> Iterator[Key]:
    """The entries one word stands for, ranges of addresses and ports one by one."""
    wanted = known.parts
    words = split(word, known)
    if len(wanted) == 1:
        yield from _parts(wanted[0], words[0], known, hosts)
        return
    for place, (what, part) in enumerate(zip(wanted, words, strict=True)):
        if place == 2 and what == "ip" and ("-" in part or "/" in part):
            raise Stop(f"Syntax error: plain IP address must be supplied: {part}")
    yield from product(*[list(_parts(what, part, known, hosts)) for what, part in zip(wanted, words, strict=True)])


ORDINALS = ("", "Second", "Third")


def split(word: str, known: IpSet) -> list[str]:
    """The parts of an element, as many as the kind has."""
    words, wanted = word.split(","), known.parts
    if len(words) < len(wanted):
        raise Stop(f"Syntax error: {ORDINALS[len(words)]} element is missing from {word}.")
    if len(words) > len(wanted):
        if len(wanted) == 1:
            raise Stop(f"Syntax error: Elem separator in {word}, but settype {known.kind} supports none.")
        many, least = ("Two", "one") if len(wanted) == 2 else ("Three", "two")
        raise Stop(f"Syntax error: {many} elem separators in {word}, but settype {known.kind} supports {least}.")
    return words


def _parts(what: str, word: str, known: IpSet, hosts: str) -> Iterator[Part]:
    if what == "port":
        yield from ports(word)
    elif what == "number":
        values = [value for _, value in ports(word)]
        if not known.first <= values[0] <= values[-1] <= known.last:
            raise Stop(OUT_OF_RANGE)
        yield from ((value, 0) for value in values)
    elif what == "iface":
        yield _device(word)
    elif what == "mac":
        yield _mac(word), 48
    elif what == "set":
        yield word, 0
    else:
        yield from addresses(word, known, hosts, is_net=int(what == "net"))


OUT_OF_RANGE = "Element is out of the range of the set"
LONGEST_DEVICE = 15


def _device(word: str) -> Part:
    name = word.removeprefix("physdev:")
    if len(name) > LONGEST_DEVICE:
        raise Stop(f"Syntax error: interface name '{name}' is longer than {LONGEST_DEVICE} characters")
    return name, int(name != word)


def _mac(word: str) -> int:
    try:
        return int(MAC.parse(word))
    except ValueError:
        raise Stop(f"Syntax error: cannot parse '{word}' as ethernet address") from None


def addresses(word: str, known: IpSet, hosts: str, *, is_net: int) -> Iterator[Part]:
    """An address, a network, or a range (which a set of networks holds as networks)."""
    width = known.width
    if "-" in word and "/" not in word:
        low, _, high = word.partition("-")
        first, last = address(low, known.family, hosts), address(high, known.family, hosts)
        if first > last:
            first, last = last, first
    else:
        text, slash, suffix = word.partition("/")
        length = number(suffix) if slash else width
        if length > width:
            raise Stop(f"Syntax error: '{suffix}' is out of range 0-{width}")
        if length == 0 and known.kind != "hash:net,iface":
            raise Stop("The value of the CIDR parameter of the IP address is invalid")
        first = address(text, known.family, hosts) >> width - length << width - length
        if is_net:
            yield first, length
            return
        last = first | (1 << width - length) - 1
    if is_net:
        yield from networks(first, last, width)
        return
    if known.family == PF_INET6 and first != last:
        raise Stop("Syntax error: plain IP address must be supplied: " + word)
    if last - first >= MOST_AT_ONCE:
        raise Stop("Hash is full, cannot add more elements")
    if known.kind == BITMAP_IP and not known.first <= first <= last <= known.last:
        raise Stop(OUT_OF_RANGE)
    is_one = first == last
    first = first >> known.rest << known.rest
    if is_one:
        yield first, width
        return
    step = 1 << known.rest if len(known.parts) == 1 else 1  # with ports only the first address of a range is cut
    yield from ((value, width) for value in range(first, last + 1, step))


PROTOCOLS = {"tcp": 6, "udp": 17, "sctp": 132, "udplite": 136, "icmp": 1, "icmpv6": 58, "ipv6-icmp": 58, "gre": 47, "vrrp": 112, "esp": 50, "ah": 51}
PROTOCOL_NAMES = {6: "tcp", 17: "udp", 132: "sctp", 136: "udplite", 1: "icmp", 58: "ipv6-icmp", 47: "gre", 112: "vrrp", 50: "esp", 51: "ah"}
ICMP = {
    "echo-reply": (0, 0), "pong": (0, 0), "network-unreachable": (3, 0), "host-unreachable": (3, 1), "protocol-unreachable": (3, 2),
    "port-unreachable": (3, 3), "fragmentation-needed": (3, 4), "source-quench": (4, 0), "redirect": (5, 0), "echo-request": (8, 0), "ping": (8, 0),
    "router-advertisement": (9, 0), "router-solicitation": (10, 0), "ttl-zero-during-transit": (11, 0), "ttl-zero-during-reassembly": (11, 1),
    "timestamp-request": (13, 0), "timestamp-reply": (14, 0),
}  # fmt: skip
ICMPV6 = {
    "no-route": (1, 0), "communication-prohibited": (1, 1), "address-unreachable": (1, 3), "port-unreachable": (1, 4), "packet-too-big": (2, 0),
    "ttl-zero-during-transit": (3, 0), "echo-request": (128, 0), "ping": (128, 0), "echo-reply": (129, 0), "pong": (129, 0),
    "router-solicitation": (133, 0), "router-advertisement": (134, 0), "neighbour-solicitation": (135, 0), "neighbor-solicitation": (135, 0),
    "neighbour-advertisement": (136, 0), "neighbor-advertisement": (136, 0), "redirect": (137, 0),
}  # fmt: skip
WITH_PORTS = (6, 17, 132, 136)
SERVICES = {
    "ftp-data": 20, "ftp": 21, "ssh": 22, "telnet": 23, "smtp": 25, "domain": 53, "bootps": 67, "bootpc": 68, "tftp": 69, "http": 80, "kerberos": 88,
    "pop3": 110, "sunrpc": 111, "ntp": 123, "imap2": 143, "snmp": 161, "snmp-trap": 162, "bgp": 179, "ldap": 389, "https": 443, "submissions": 465,
    "isakmp": 500, "syslog": 514, "dhcpv6-client": 546, "dhcpv6-server": 547, "submission": 587, "ldaps": 636, "imaps": 993, "pop3s": 995, "openvpn": 1194,
    "ms-sql-s": 1433, "nfs": 2049, "mysql": 3306, "postgresql": 5432, "amqp": 5672, "redis": 6379, "ircd": 6667, "http-alt": 8080,
}  # fmt: skip
"""Of Debian's /etc/services those that rules name."""


def ports(word: str) -> Iterator[Part]:
    """`[PROTOCOL:]PORT[-PORT]`, a control message's name or `TYPE/CODE`, or 0 for protocols without ports."""
    name, colon, told = word.rpartition(":")
    protocol = 6
    if colon:
        found = PROTOCOLS.get(name)
        if found is None and name.isdigit() and int(name) < 256:
            found = int(name)
        if found is None:
            raise Stop(f"Syntax error: cannot parse '{name}' as a protocol")
        protocol = found
    if protocol in (1, 58):
        yield protocol, _message(told, protocol)
        return
    if protocol not in WITH_PORTS:
        if told != "0":
            raise Stop(f"Syntax error: Protocol {name} can be used with pseudo port value 0 only.")
        yield protocol, 0
        return
    low, dash, high = told.partition("-")
    first = port_number(low, PROTOCOL_NAMES[protocol])
    last = port_number(high, PROTOCOL_NAMES[protocol]) if dash else first
    first, last = min(first, last), max(first, last)
    yield from ((protocol, value) for value in range(first, last + 1))


def port_number(word: str, protocol: str) -> int:
    """A port by number, or by name in services(5)."""
    named = SERVICES.get(word)
    if named is not None:
        return named
    try:
        return number(word, 0xFFFF)
    except Stop as stop:
        raise Stop(f"{stop.message}\nSyntax error: '{protocol}' is invalid as number\ncannot parse '{word}' as a {protocol} port") from None


def _message(word: str, protocol: int) -> int:
    kind, slash, code = word.partition("/")
    if slash:
        return number(kind, 255) << 8 | number(code, 255)
    found = (ICMP if protocol == 1 else ICMPV6).get(word)
    if found is None:
        raise Stop(f"Syntax error: cannot parse {word} as an {'ICMP' if protocol == 1 else 'ICMPv6'} type")
    return found[0] << 8 | found[1]


def networks(first: int, last: int, width: int) -> Iterator[Key]:
    """The fewest networks that make up a range, from its start."""
    while first <= last:
        bits = min(width, (first & -first).bit_length() - 1) if first else width
        while (1 << bits) - 1 > last - first:
            bits -= 1
        yield first, width - bits
        first += 1 << bits


def text_of(key: Key, known: IpSet) -> str:
    """An entry as listings show it."""
    parts = [key] if len(known.parts) == 1 else list(key)
    return ",".join(_text(what, part, known) for what, part in zip(known.parts, parts, strict=True))


def _text(what: str, part: Part, known: IpSet) -> str:
    value, length = part
    if what == "port":
        protocol = PROTOCOL_NAMES.get(value, str(value))
        if value in (1, 58):
            names = ICMP if value == 1 else ICMPV6
            pair = length >> 8, length & 0xFF
            return f"{protocol}:{next((name for name, known_pair in names.items() if known_pair == pair and name not in ('ping', 'pong')), f'{pair[0]}/{pair[1]}')}"
        return f"{protocol}:{length}"
    if what == "iface":
        return f"physdev:{value}" if length else str(value)
    if what == "mac":
        return str(MAC(value)).upper()
    if what in ("set", "number"):
        return str(value)
    text = str(IPv6(value) if known.family == PF_INET6 else IPv4(value))
    return text if length == known.width else f"{text}/{length}"


def options(words: Sequence[str], valued: Sequence[str], flags: Sequence[str]) -> dict[str, str]:
    """`NAME VALUE` and `NAME` words after the entry or type."""
    found: dict[str, str] = {}
    queue = iter(words)
    for word in queue:
        if word in flags:
            found[word] = ""
        elif word in valued:
            value = next(queue, None)
            if value is None:
                raise Stop(f"Missing mandatory argument of option `{word}'", 2)
            found[word] = value
        else:
            raise Stop(f"Unknown argument: `{word}'", 2)
    return found
