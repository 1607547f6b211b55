"""Words of ipset: sets, elements and options, with the tool's complaints."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from netsim.addr import IPv4, IPv6
from netsim.kernel.core.hooks import PF_INET, PF_INET6
from netsim.kernel.tables.ipset import HASH_IP, HASH_NET, IpSet, Key
from netsim.machine.hostnames import in_hosts

TYPES = {"hash:ip": HASH_IP, "iphash": HASH_IP, "hash:net": HASH_NET, "nethash": HASH_NET}
UNMODELLED = frozenset(
    [
        "bitmap:ip",
        "bitmap:ip,mac",
        "bitmap:port",
        "hash:ip,mac",
        "hash:ip,mark",
        "hash:ip,port",
        "hash:ip,port,ip",
        "hash:ip,port,net",
        "hash:mac",
        "hash:net,iface",
        "hash:net,net",
        "hash:net,port",
        "hash:net,port,net",
        "list:set",
        "ipmap",
        "macipmap",
        "portmap",
        "setlist",
        "ipporthash",
        "ipportiphash",
        "ipportnethash",
    ]
)
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
    kind = IPv4 if family == PF_INET else IPv6
    parts = word.split(".")
    if family == PF_INET and 1 < len(parts) < 4 and all(part.isdigit() for part in parts):  # inet_aton: the last number fills the rest
        word = ".".join([*parts[:-1], *["0"] * (4 - len(parts)), parts[-1]])
    try:
        return int(kind.parse(word))
    except ValueError:
        named = [int(found) for found in in_hosts(hosts, word) if isinstance(found, kind)]
    if not named:
        raise Stop(f"Syntax error: cannot parse {word}: resolving to IPv{4 if family == PF_INET else 6} address failed")
    return named[0]


def elements(word: str, known: IpSet, hosts: str) -> Iterator[Key]:
    """The entries one word stands for: an address, a network, or a range (which a set of networks holds as networks)."""
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
        if length == 0:
            raise Stop("The value of the CIDR parameter of the IP address is invalid")
        first = address(text, known.family, hosts) >> width - length << width - length
        if known.kind == HASH_NET:
            yield first, length
            return
        last = first | (1 << width - length) - 1
    if known.kind == HASH_NET:
        yield from networks(first, last, width)
        return
    if known.family == PF_INET6 and first != last:
        raise Stop("Syntax error: plain IP address must be supplied: " + word)
    if last - first >= MOST_AT_ONCE:
        raise Stop("Hash is full, cannot add more elements")
    yield from ((value, width) for value in range(first, last + 1))


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
    value, length = key
    text = str(IPv4(value) if known.family == PF_INET else IPv6(value))
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
