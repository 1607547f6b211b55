"""`ipset create`: what each kind of set is made with."""

from __future__ import annotations

import attrs

from netsim.commands.ipset.session import Session
from netsim.commands.ipset.words import LONGEST_NAME, TYPES, UNMODELLED, Stop, address, number, options, port_number
from netsim.kernel.core.hooks import PF_INET, PF_INET6
from netsim.kernel.tables.ipset import BITMAP_IP, BITMAP_PORT, HASH_IP, HASH_IP_PORT, HASH_MAC, LIST_SET, IpSet

FAMILIES = {"inet": PF_INET, "ipv4": PF_INET, "-4": PF_INET, "inet6": PF_INET6, "ipv6": PF_INET6, "-6": PF_INET6}
OF_HASHES = ("hashsize", "maxelem", "bucketsize", "initval")
OF_FAMILIES = ("family", *OF_HASHES)
CUTS = ("netmask", "bitmask")
VALUED: dict[str, tuple[str, ...]] = {LIST_SET: ("size",), BITMAP_IP: ("range", "netmask"), BITMAP_PORT: ("range",), HASH_MAC: OF_HASHES,
    HASH_IP: (*OF_FAMILIES, *CUTS), HASH_IP_PORT: (*OF_FAMILIES, *CUTS),
}  # fmt: skip
"""Options with values besides `timeout`; kinds that are not here are hashes of either family."""
NOT_MODELLED = ("bitmask", "skbinfo", "forceadd")
MOST_TIMEOUT = 2147483
MOST_IN_BITMAP = 65536


def create(session: Session, words: list[str]) -> None:
    """Make a set."""
    name, kind, *rest = words
    if len(name) > LONGEST_NAME:
        raise Stop(f"Syntax error: setname '{name}' is longer than {LONGEST_NAME} characters")
    if kind not in TYPES:
        raise Stop(f"set type '{kind}' is not modelled by netsim" if kind in UNMODELLED else f"Syntax error: typename '{kind}' is unknown")
    kind = TYPES[kind]
    hashes = kind not in (LIST_SET, BITMAP_IP, BITMAP_PORT)
    given = options(rest, ("timeout", *VALUED.get(kind, OF_FAMILIES)), ("counters", "comment", "skbinfo", *(("forceadd",) if hashes else ())))
    if "netmask" in given and "bitmask" in given:
        raise Stop("Syntax error: bitmask and netmask are mutually exclusive, provide only one")
    for option in NOT_MODELLED:
        if option in given:
            raise Stop(f"option '{option}' of {kind} is not modelled by netsim")
    if given.get("family", "inet") not in FAMILIES:
        raise Stop(f"Syntax error: unknown INET family {given['family']}")
    hashsize = number(given.get("hashsize", "1024"))
    made = IpSet(
        name, kind, 0 if kind in (LIST_SET, BITMAP_PORT, HASH_MAC) else FAMILIES[given.get("family", "inet")],
        max(64, 1 << (hashsize - 1).bit_length()), number(given.get("maxelem", "65536")),
        number(given["initval"]) if "initval" in given else session.call.netns.kernel.rng.getrandbits(32) if hashes else 0,
        number(given["timeout"], MOST_TIMEOUT) if "timeout" in given else None, "counters" in given, "comment" in given,
        size=number(given.get("size", "8")),
    )  # fmt: skip
    if kind in (BITMAP_IP, BITMAP_PORT):
        _bound(session, made, given)
    elif "netmask" in given:
        made.netmask = _netmask(made, given["netmask"])
    old = session.sets.get(name)
    if old is not None:
        if "exist" in session.flags and _same(old) == _same(made):
            return
        raise Stop("Set cannot be created: set with the same name already exists")
    session.sets[name] = made


def _same(known: IpSet) -> tuple[object, ...]:
    skipped = ("name", "entries", "lengths", "soonest", "initval", "hashsize", *(() if known.kind == LIST_SET else ("size",)))
    return tuple(getattr(known, field.name) for field in attrs.fields(IpSet) if field.name not in skipped)


def _bound(session: Session, made: IpSet, given: dict[str, str]) -> None:
    """What a bitmap ranges over."""
    if "range" not in given:
        raise Stop("Mandatory option `range' is missing", 2)
    text = given["range"]
    low, dash, high = text.partition("-")
    if made.kind == BITMAP_PORT:
        if not dash:
            raise Stop("Mandatory option `to' is missing", 2)
        ends = port_number(low, "tcp"), port_number(high, "tcp")
    elif dash:
        ends = address(low, PF_INET, session.hosts), address(high, PF_INET, session.hosts)
    else:
        low, slash, suffix = text.partition("/")
        if not slash:
            raise Stop(f"Syntax error: IP/cidr or IP-IP range must be specified: {text}")
        rest = (1 << 32 - number(suffix, 32)) - 1
        first = address(low, PF_INET, session.hosts) & ~rest
        ends = first, first | rest
    made.first, made.last = min(ends), max(ends)
    if "netmask" in given:
        made.netmask = _netmask(made, given["netmask"])
        if made.first & (1 << made.rest) - 1 or made.last & (1 << made.rest) - 1 != (1 << made.rest) - 1:
            raise Stop("Element is out of the range of the set")
    if made.last - made.first >> made.rest >= MOST_IN_BITMAP:
        raise Stop("The range you specified exceeds the size limit of the set type")


def _netmask(made: IpSet, word: str) -> int:
    """How many bits of an address count, 0 for all."""
    if not word.isdigit() or not 1 <= int(word) <= made.width:
        wrong = f"'{word}' is out of range 1-{made.width}" if word.isdigit() else f"'{word}' is invalid as number"
        raise Stop(f"Syntax error: {wrong}\nSyntax error: netmask is out of the inclusive range of 1-{made.width}")
    return int(word) % made.width
