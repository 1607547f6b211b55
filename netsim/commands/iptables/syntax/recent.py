"""`-m recent`."""

from __future__ import annotations

from netsim.commands.iptables.extension import Context, Extension, Given, Place, once
from netsim.commands.iptables.problem import Problem
from netsim.commands.iptables.words import address_text, number
from netsim.kernel.netfilter.matches.recent import RCHECK, REMOVE, SET, UPDATE, RecentMatch
from netsim.kernel.tables.xtables import RuleSpec
from netsim.machine.hostnames import inet_aton, inet_pton6

ACTIONS = (SET, RCHECK, UPDATE, REMOVE)
SHOWN = {SET: "SET", RCHECK: "CHECK", UPDATE: "UPDATE", REMOVE: "REMOVE"}
MOST_HITS = 0xFFFF


def build(given: list[Given], context: Context) -> RecentMatch:
    """The match from its options."""
    found = once(given, "recent")
    for option in given:
        if option.inverted and option.name not in ACTIONS:
            raise Problem(f'recent: option "--{option.name}" cannot be inverted.\n')
    for name, others in (*((action, ACTIONS) for action in ACTIONS), ("rttl", (SET, REMOVE))):
        for other in others:
            if name in found and other in found and other != name:
                raise Problem(f'recent: option "--{name}" cannot be used together with "--{other}".\n')
    if "reap" in found and "seconds" not in found:
        raise Problem('recent: option "--reap" also requires "--seconds".\n')
    seconds = _number(found, "seconds", 1)
    hits = _number(found, "hitcount", 0)
    width = 32 if context.family == 2 else 128
    mask = (1 << width) - 1
    if "mask" in found:
        mask = _mask(found["mask"].value, context)
    action = next((action for action in ACTIONS if action in found), None)
    if action is None:
        raise Problem("recent: you must specify one of `--set', `--rcheck' `--update' or `--remove'")
    sides = [option.name for option in given if option.name in ("rsource", "rdest")]
    name = found["name"].value if "name" in found else "DEFAULT"
    return RecentMatch(action, name, mask, sides[-1:] == ["rdest"], seconds, hits, "rttl" in found, "reap" in found, found[action].inverted)


def _number(found: dict[str, Given], name: str, least: int) -> int:
    if name not in found:
        return 0
    value = number(found[name].value)
    if value is None or not least <= value <= 0xFFFFFFFF:
        raise Problem(f'recent: bad value for option "--{name}", or out of range ({least}-4294967295).\n')
    return value


def _mask(word: str, context: Context) -> int:
    address = inet_aton(word) if context.family == 2 else inet_pton6(word)
    if address is None:
        raise Problem("getaddrinfo: Temporary failure in name resolution\n")
    return int(address)


def valid(match: RecentMatch, spec: RuleSpec, place: Place) -> bool:
    """Times belong to questions, and the list is a file's name (`recent_mt_check`)."""
    if match.action in (SET, REMOVE) and (match.seconds or match.hits or match.with_ttl or match.reaps):
        return False
    return match.hits <= MOST_HITS and 0 < len(match.name) < 200 and "/" not in match.name and match.name not in (".", "..")


def _family(match: RecentMatch) -> int:
    return 2 if match.mask.bit_length() <= 32 else 10


def save(match: RecentMatch) -> str:
    """Words for -S."""
    text = f"{' !' if match.inverted else ''} --{match.action}"
    text += f" --seconds {match.seconds}" if match.seconds else ""
    text += " --reap" if match.reaps else ""
    text += f" --hitcount {match.hits}" if match.hits else ""
    text += " --rttl" if match.with_ttl else ""
    side = "rdest" if match.by_destination else "rsource"
    return f"{text} --name {match.name} --mask {address_text(match.mask, _family(match))} --{side}"


def listing(match: RecentMatch, numeric: bool, /) -> str:
    """Words for -L."""
    text = f"{' !' if match.inverted else ''} recent: {SHOWN[match.action]}"
    text += f" seconds: {match.seconds}" if match.seconds else ""
    text += " reap" if match.reaps else ""
    text += f" hit_count: {match.hits}" if match.hits else ""
    text += " TTL-Match" if match.with_ttl else ""
    side = "dest" if match.by_destination else "source"
    return f"{text} name: {match.name} side: {side} mask: {address_text(match.mask, _family(match))}"


RECENT = Extension(
    "recent",
    {name: (name, False) for name in (*ACTIONS, "rttl", "rsource", "rdest", "reap")}
    | {name: (name, True) for name in ("seconds", "hitcount", "name", "mask")},
    build, save, listing, RecentMatch, frozenset((*ACTIONS, "seconds", "hitcount", "rttl", "reap", "name", "mask", "rsource", "rdest")), valid=valid,
)  # fmt: skip
