"""`-j CT` and `-j NOTRACK`."""

from __future__ import annotations

from netsim.commands.iptables.extension import Context, Extension, Given, once
from netsim.commands.iptables.problem import OTHER, Problem
from netsim.commands.iptables.words import number
from netsim.kernel.netfilter.targets.ct import BOTH, FROM_MARK, ORIGINAL_ONLY, REPLY_ONLY, CtTarget, NotrackTarget

ZONES = {"zone": BOTH, "zone-orig": ORIGINAL_ONLY, "zone-reply": REPLY_ONLY}
EVENTS = ("new", "related", "destroy", "reply", "assured", "protoinfo", "helper", "mark", "natseqinfo", "secmark")
RAW = frozenset({"raw"})


def build(given: list[Given], context: Context) -> CtTarget:
    """The target from its options; the last zone given counts."""
    found = once(given, "CT")
    for name in ("helper", "timeout", "ctevents", "expevents"):
        if name in found:
            _refuse(name, found[name].value)
    zone, directions = 0, BOTH
    for option in given:
        if option.name in ZONES:
            zone, directions = _zone(option.value), ZONES[option.name]
    return CtTarget(zone, directions, notrack="notrack" in found)


def _refuse(name: str, value: str) -> None:
    for event in value.split(",") if name == "ctevents" else ():
        if event not in EVENTS:
            raise Problem(f'Unknown event type "{event}"')
    raise Problem(f"CT option --{name} is not modelled by netsim", OTHER)


def _zone(word: str) -> int:
    if word == "mark":
        return FROM_MARK
    value = number(word)
    if value is None or value > 65535:
        raise Problem(f"Cannot parse {word} as a zone ID")
    return value


def _words(target: CtTarget, dashes: str) -> str:
    text = f" {dashes}notrack" if target.notrack else ""
    if target.zone:
        name = next(name for name, directions in ZONES.items() if directions == target.directions)
        text += f" {dashes}{name} {'mark' if target.zone == FROM_MARK else target.zone}"
    return text


def save(target: CtTarget) -> str:
    """Words for -S."""
    return _words(target, "--")


def listing(target: CtTarget, numeric: bool, /) -> str:
    """Words for -L."""
    return " CT" + _words(target, "")


def _notrack(given: list[Given], context: Context) -> NotrackTarget:
    return NotrackTarget()


def _nothing(target: NotrackTarget) -> str:
    return ""


def _notrack_listing(target: NotrackTarget, numeric: bool, /) -> str:
    return " NOTRACK"


CT = Extension(
    "CT",
    {"notrack": ("notrack", False), **{name: (name, True) for name in ("helper", "timeout", "ctevents", "expevents", *ZONES)}},
    build, save, listing, CtTarget, tables=RAW,
)  # fmt: skip
NOTRACK = Extension("NOTRACK", {}, _notrack, _nothing, _notrack_listing, NotrackTarget, tables=RAW, listed="CT")
