"""`-m physdev`."""

from __future__ import annotations

from netsim.commands.iptables.extension import Context, Extension, Given, bang, once
from netsim.commands.iptables.problem import Problem
from netsim.kernel.netfilter.matches.physdev import NOT_ASKED, UNWANTED, WANTED, PhysdevMatch

LONGEST = 15


def _name(option: Given | None) -> tuple[str, bool]:
    if option is None:
        return "", False
    if len(option.value) > LONGEST:
        raise Problem(f"interface name `{option.value}' must be shorter than IFNAMSIZ ({LONGEST})")
    return option.value, option.inverted


def _question(option: Given | None) -> int:
    return NOT_ASKED if option is None else UNWANTED if option.inverted else WANTED


def build(given: list[Given], context: Context) -> PhysdevMatch:
    """The match from its options."""
    found = once(given, "physdev")
    if not found:
        raise Problem("PHYSDEV: no physdev option specified")
    questions = (_question(found.get(f"physdev-{name}")) for name in ("is-in", "is-out", "is-bridged"))
    return PhysdevMatch(*_name(found.get("physdev-in")), *_name(found.get("physdev-out")), *questions)


def save(match: PhysdevMatch) -> str:
    """Words for -S."""
    parts = (
        (match.is_in != NOT_ASKED, match.is_in == UNWANTED, "is-in"),
        (match.iniface != "", match.iniface_inverted, f"in {match.iniface}"),
        (match.is_out != NOT_ASKED, match.is_out == UNWANTED, "is-out"),
        (match.outiface != "", match.outiface_inverted, f"out {match.outiface}"),
        (match.is_bridged != NOT_ASKED, match.is_bridged == UNWANTED, "is-bridged"),
    )
    return "".join(f"{bang(inverted)} --physdev-{words}" for asked, inverted, words in parts if asked)


def listing(match: PhysdevMatch, numeric: bool, /) -> str:
    """Words for -L."""
    return " PHYSDEV match" + save(match)


_TAKES = {"physdev-in": True, "physdev-out": True, "physdev-is-in": False, "physdev-is-out": False, "physdev-is-bridged": False}
PHYSDEV = Extension("physdev", {name: (name, takes) for name, takes in _TAKES.items()}, build, save, listing, PhysdevMatch, frozenset(_TAKES))
