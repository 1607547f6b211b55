"""What a match or target brings to the command line: its options, and its words in listings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from netsim.commands.iptables.known_names import KnownNames
from netsim.commands.iptables.problem import Problem
from netsim.kernel.tables.ipset import IpSet
from netsim.values import quick


@quick
@attrs.frozen(weakref_slot=False)
class Given:
    """One option as typed: its canonical name, its argument ("" for a flag), whether a `!` stood before it, and where its last word stood."""

    name: str
    value: str = ""
    inverted: bool = False
    place: int = 0
    """Counted from the end of the line."""
    protocol: int = 0
    """What `-p` had said by then; some options want it said before them."""


@quick
@attrs.frozen(weakref_slot=False)
class Context:
    """What an extension may need to know of the rule around it."""

    family: int
    table: str
    protocol: int
    protocol_inverted: bool
    hosts: KnownNames
    sets: Mapping[str, IpSet]


@attrs.frozen
class Place:
    """Where a rule is loaded: the chain's name and the build of the tool."""

    chain: str
    build: str


@attrs.frozen
class Extension:
    """A match or target: `options` maps each spelling to (canonical name, takes an argument).

    `build` makes the kernel's value from what was given (raises Problem), `save` words it for -S and -save (with a leading blank each
    option), `listing` for -L (second argument: numeric).
    """

    name: str
    options: Mapping[str, tuple[str, bool]]
    build: Callable[[list[Given], Context], Any]
    save: Callable[[Any], str]
    listing: Callable[[Any, bool], str]
    makes: type
    invertible: frozenset[str] = frozenset()
    protocols: frozenset[int] = frozenset()  # loaded by `-p` when one of its options is met
    tables: frozenset[str] = frozenset()  # targets valid only in these tables
    valid: Callable[[Any, Any, Place], bool] | None = None
    """What the kernel asks of value, rule and place when a rule is loaded; False: EINVAL."""
    listed: str = ""  # what -L calls a target, where that is another name


def once(given: list[Given], module: str) -> dict[str, Given]:
    """The options by name; the same one twice is an error (`xtables_option_parse`)."""
    found: dict[str, Given] = {}
    for option in given:
        if option.name in found:
            raise Problem(f'{module}: option "--{option.name}" can only be used once.\n')
        found[option.name] = option
    return found


def own_once(given: list[Given]) -> dict[str, Given]:
    """The options by name for the extensions that word this themselves (tcp, udp, icmp)."""
    found: dict[str, Given] = {}
    for option in given:
        if option.name in found:
            raise Problem(f"Only one `--{option.name}' allowed")
        found[option.name] = option
    return found


def bang(option: bool, /) -> str:
    """The mark of inversion before an option in saved rules."""
    return " !" if option else ""


def quoted(text: str) -> str:
    """A string argument as iptables-save writes it (`xtables_save_string`)."""
    plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
    if text and all(letter in plain for letter in text):
        return f" {text}"
    escaped = "".join(f"\\{letter}" if letter in "\"\\'" else letter for letter in text)
    return f' "{escaped}"'
