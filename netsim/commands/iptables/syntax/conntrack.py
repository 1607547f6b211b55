"""`-m conntrack` and `-m state`."""

from __future__ import annotations

from typing import Any

from netsim.addr import IPv4, IPv6, mask4, mask6
from netsim.commands.iptables.extension import Context, Extension, Given, bang, once
from netsim.commands.iptables.problem import Problem
from netsim.commands.iptables.words import PORTS, address_text, host_mask, mask_suffix, number, protocol_number
from netsim.kernel.netfilter.matches.conntrack import (
    STATE_DNAT,
    STATE_ESTABLISHED,
    STATE_INVALID,
    STATE_NEW,
    STATE_RELATED,
    STATE_SNAT,
    STATE_UNTRACKED,
    ConntrackMatch,
    Place,
    Span,
    StateMatch,
)
from netsim.kernel.tables.conntrack import IPS_ASSURED, IPS_CONFIRMED, IPS_EXPECTED, IPS_SEEN_REPLY, ORIGINAL, REPLY

STATES = {
    "INVALID": STATE_INVALID, "NEW": STATE_NEW, "RELATED": STATE_RELATED, "ESTABLISHED": STATE_ESTABLISHED, "UNTRACKED": STATE_UNTRACKED,
    "SNAT": STATE_SNAT, "DNAT": STATE_DNAT,
}  # fmt: skip
OWN_STATES = {name: bit for name, bit in STATES.items() if name not in ("SNAT", "DNAT")}
STATUSES = {"EXPECTED": IPS_EXPECTED, "SEEN_REPLY": IPS_SEEN_REPLY, "ASSURED": IPS_ASSURED, "CONFIRMED": IPS_CONFIRMED}
ENDS = ("origsrc", "origdst", "replsrc", "repldst")
LARGEST = 0xFFFFFFFF


def bits_of(words: str, known: dict[str, int], what: str) -> int:
    """Names with commas as bits; case does not matter."""
    value = 0
    for word in words.split(","):
        name = word.upper()
        if (name not in known and name != "NONE") or (name == "NONE" and what != "ctstatus"):
            raise Problem(f'Bad {what} "{word}"')
        value |= known.get(name, 0)
    return value


def names_of(value: int, known: dict[str, int]) -> str:
    """Bits as names, in the order listings have."""
    return ",".join(name for name, bit in known.items() if value & bit) or "NONE"


def _place(option: Given | None, family: int) -> Place | None:
    if option is None:
        return None
    text, slash, suffix = option.value.partition("/")
    kind: Any = IPv4 if family == 2 else IPv6
    try:
        address = int(kind.parse(text))
    except ValueError:
        raise Problem("getaddrinfo: Temporary failure in name resolution\n") from None
    return address, host_mask(suffix if slash else "", family), option.inverted


def _number_or_name(word: str) -> int:
    value = number(word)
    if value is None:
        value = PORTS.get(word)
    if value is None:
        raise Problem(f"invalid port/service `{word}' specified")
    return value & 0xFFFF


def _ports(option: Given | None) -> Span | None:
    if option is None:
        return None
    low, colon, high = option.value.partition(":")
    if not colon:
        value = _number_or_name(low)
        return value, value, option.inverted
    return _number_or_name(low) if low else 0, _number_or_name(high) if high else 65535, option.inverted


def _seconds(option: Given | None) -> Span | None:
    if option is None:
        return None
    low, colon, high = option.value.partition(":")
    first, last = number(low) if low else 0, (number(high) if high else LARGEST) if colon else number(low)
    if first is None or last is None or first > LARGEST or last > LARGEST:
        raise Problem(f'conntrack: bad value for option "--ctexpire" near "{option.value}", or out of range (0-{LARGEST}).\n')
    return first, last, option.inverted


def _direction(option: Given | None) -> int | None:
    if option is None:
        return None
    word = option.value.upper()
    if word not in ("ORIGINAL", "REPLY"):
        raise Problem(f'conntrack: Bad value for "--ctdir" option: "{option.value}"')
    return ORIGINAL if word == "ORIGINAL" else REPLY


def build(given: list[Given], context: Context) -> ConntrackMatch:
    """The match from its options."""
    if not given:
        raise Problem("conntrack: At least one option is required")
    found = once(given, "conntrack")
    states, status, protocol = found.get("ctstate"), found.get("ctstatus"), found.get("ctproto")
    return ConntrackMatch(
        None if states is None else bits_of(states.value, STATES, "ctstate"),
        bool(states and states.inverted),
        None if protocol is None else protocol_number(protocol.value),
        bool(protocol and protocol.inverted),
        tuple(_place(found.get(f"ct{end}"), context.family) for end in ENDS),  # type: ignore[arg-type]
        tuple(_ports(found.get(f"ct{end}port")) for end in ENDS),  # type: ignore[arg-type]
        None if status is None else bits_of(status.value, STATUSES, "ctstatus"),
        bool(status and status.inverted),
        _seconds(found.get("ctexpire")),
        _direction(found.get("ctdir")),
    )


def _span(span: Span) -> str:
    return str(span[0]) if span[0] == span[1] else f"{span[0]}:{span[1]}"


def _place_text(place: Place, anywhere: str) -> str:
    address, mask, _ = place
    family = 2 if mask in (mask4(length) for length in range(33)) and address < 1 << 32 else 10
    if not mask and not address:
        return anywhere
    if mask in (mask4(32), mask6(128)):
        return address_text(address, 2 if mask == mask4(32) else 10)
    return address_text(address, family) + mask_suffix(mask, family)


def _words(match: ConntrackMatch, prefix: str, anywhere: str) -> str:
    """All that is asked in the order of listings; `prefix` is `--` for rules as typed."""
    parts: list[tuple[bool, str]] = []
    if match.states is not None:
        parts.append((match.states_inverted, f"{prefix}ctstate {names_of(match.states, STATES)}"))
    if match.protocol is not None:
        parts.append((match.protocol_inverted, f"{prefix}ctproto {match.protocol}"))
    for end, place in zip(ENDS, match.addresses, strict=True):
        if place is not None:
            parts.append((place[2], f"{prefix}ct{end} {_place_text(place, anywhere)}"))
    for end, span in zip(ENDS, match.ports, strict=True):
        if span is not None:
            parts.append((span[2], f"{prefix}ct{end}port {_span(span)}"))
    if match.status is not None:
        parts.append((match.status_inverted, f"{prefix}ctstatus {names_of(match.status, STATUSES)}"))
    if match.expires is not None:
        parts.append((match.expires[2], f"{prefix}ctexpire {_span(match.expires)}"))
    if match.direction is not None:
        parts.append((False, f"{prefix}ctdir {'REPLY' if match.direction else 'ORIGINAL'}"))
    return "".join(f"{bang(inverted)} {words}" for inverted, words in parts)


def save(match: ConntrackMatch) -> str:
    """Words for -S."""
    return _words(match, "--", "0.0.0.0/0")


def listing(match: ConntrackMatch, numeric: bool, /) -> str:
    """Words for -L."""
    return _words(match, "", "0.0.0.0/0" if numeric else "anywhere")


def _state(given: list[Given], context: Context) -> StateMatch:
    option = once(given, "state").get("state")
    if option is None:
        raise Problem('state: option "--state" must be specified\n')
    return StateMatch(bits_of(option.value, OWN_STATES, "state"), option.inverted)


def _state_save(match: StateMatch) -> str:
    return f"{bang(match.inverted)} --state {names_of(match.states, OWN_STATES)}"


def _state_listing(match: StateMatch, numeric: bool, /) -> str:
    return f"{bang(match.inverted)} state {names_of(match.states, OWN_STATES)}"


_INVERTIBLE = ("ctstate", "ctproto", "ctstatus", "ctexpire", *(f"ct{end}" for end in ENDS), *(f"ct{end}port" for end in ENDS))
CONNTRACK = Extension(
    "conntrack", {name: (name, True) for name in (*_INVERTIBLE, "ctdir")}, build, save, listing, ConntrackMatch, frozenset(_INVERTIBLE)
)
STATE = Extension("state", {"state": ("state", True)}, _state, _state_save, _state_listing, StateMatch, frozenset({"state"}))
