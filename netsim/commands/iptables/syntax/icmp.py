"""`-m icmp` and `-m icmp6`: types by number or name."""

from __future__ import annotations

from netsim.commands.iptables.extension import Context, Extension, Given, bang
from netsim.commands.iptables.problem import Problem
from netsim.commands.iptables.words import number
from netsim.kernel.netfilter.matches.icmp import ANY_TYPE, IcmpMatch

ALL = (0, 255)
NAMES4: dict[str, tuple[int, tuple[int, int]]] = {
    "any": (255, ALL),
    "echo-reply": (0, ALL),
    "destination-unreachable": (3, ALL),
    "network-unreachable": (3, (0, 0)),
    "host-unreachable": (3, (1, 1)),
    "protocol-unreachable": (3, (2, 2)),
    "port-unreachable": (3, (3, 3)),
    "fragmentation-needed": (3, (4, 4)),
    "source-route-failed": (3, (5, 5)),
    "network-unknown": (3, (6, 6)),
    "host-unknown": (3, (7, 7)),
    "network-prohibited": (3, (9, 9)),
    "host-prohibited": (3, (10, 10)),
    "TOS-network-unreachable": (3, (11, 11)),
    "TOS-host-unreachable": (3, (12, 12)),
    "communication-prohibited": (3, (13, 13)),
    "host-precedence-violation": (3, (14, 14)),
    "precedence-cutoff": (3, (15, 15)),
    "source-quench": (4, ALL),
    "redirect": (5, ALL),
    "network-redirect": (5, (0, 0)),
    "host-redirect": (5, (1, 1)),
    "TOS-network-redirect": (5, (2, 2)),
    "TOS-host-redirect": (5, (3, 3)),
    "echo-request": (8, ALL),
    "router-advertisement": (9, ALL),
    "router-solicitation": (10, ALL),
    "time-exceeded": (11, ALL),
    "ttl-zero-during-transit": (11, (0, 0)),
    "ttl-zero-during-reassembly": (11, (1, 1)),
    "parameter-problem": (12, ALL),
    "ip-header-bad": (12, (0, 0)),
    "required-option-missing": (12, (1, 1)),
    "timestamp-request": (13, ALL),
    "timestamp-reply": (14, ALL),
    "address-mask-request": (17, ALL),
    "address-mask-reply": (18, ALL),
}
ALIASES4 = {"pong": "echo-reply", "ping": "echo-request", "ttl-exceeded": "time-exceeded"}
NAMES6: dict[str, tuple[int, tuple[int, int]]] = {
    "destination-unreachable": (1, ALL),
    "no-route": (1, (0, 0)),
    "communication-prohibited": (1, (1, 1)),
    "beyond-scope": (1, (2, 2)),
    "address-unreachable": (1, (3, 3)),
    "port-unreachable": (1, (4, 4)),
    "failed-policy": (1, (5, 5)),
    "reject-route": (1, (6, 6)),
    "packet-too-big": (2, ALL),
    "time-exceeded": (3, ALL),
    "ttl-zero-during-transit": (3, (0, 0)),
    "ttl-zero-during-reassembly": (3, (1, 1)),
    "parameter-problem": (4, ALL),
    "bad-header": (4, (0, 0)),
    "unknown-header-type": (4, (1, 1)),
    "unknown-option": (4, (2, 2)),
    "echo-request": (128, ALL),
    "echo-reply": (129, ALL),
    "mld-listener-query": (130, ALL),
    "mld-listener-report": (131, ALL),
    "mld-listener-done": (132, ALL),
    "router-solicitation": (133, ALL),
    "router-advertisement": (134, ALL),
    "neighbour-solicitation": (135, ALL),
    "neighbour-advertisement": (136, ALL),
    "redirect": (137, ALL),
}
ALIASES6 = {
    "ping": "echo-request",
    "pong": "echo-reply",
    "ttl-exceeded": "time-exceeded",
    "neighbor-solicitation": "neighbour-solicitation",
    "neighbor-advertisement": "neighbour-advertisement",
}


def _names(family: int) -> dict[str, tuple[int, tuple[int, int]]]:
    return NAMES4 if family == 2 else NAMES6


def build(given: list[Given], context: Context) -> IcmpMatch:
    """The match from its options."""
    option_name = "icmp-type" if context.family == 2 else "icmpv6-type"
    if len(given) > 1:
        raise Problem(f'{"icmp" if context.family == 2 else "icmp6"}: option "--{option_name}" can only be used once.\n')
    if not given:
        raise Problem(f'{"icmp" if context.family == 2 else "icmp6"}: option "--{option_name}" must be specified\n')
    word = given[0].value
    names, aliases = _names(context.family), ALIASES4 if context.family == 2 else ALIASES6
    lowered = word.lower()
    matches = [name for name in [*names, *aliases] if name.lower().startswith(lowered)] if not word[:1].isdigit() else []
    exact = [name for name in matches if name.lower() == lowered]
    if exact or len(matches) == 1:
        name = (exact or matches)[0]
        kind, codes = names[aliases.get(name, name)]
        return IcmpMatch(context.family, kind, codes, given[0].inverted)
    if len(matches) > 1:
        raise Problem(f"Ambiguous ICMP type `{word}': `{matches[0]}' or `{matches[1]}'?")
    return IcmpMatch(context.family, *_numeric(word, context.family), given[0].inverted)


def _numeric(word: str, family: int) -> tuple[int, tuple[int, int]]:
    kind_word, slash, code_word = word.partition("/")
    label = "ICMP" if family == 2 else "ICMPv6"
    kind = number(kind_word)
    if kind is None or kind > 255:
        raise Problem(f"{'Unknown' if not word[:1].isdigit() else 'Invalid'} {label} type `{word if kind is None else kind_word}'")
    if not slash:
        return kind, ALL
    code = number(code_word)
    if code is None or code > 255:
        raise Problem(f"Invalid {label} code `{code_word}'")
    return kind, (code, code)


def save(match: IcmpMatch) -> str:
    """Words for -S."""
    option = "icmp-type" if match.family == 2 else "icmpv6-type"
    if match.type == ANY_TYPE and match.family == 2:
        return f"{bang(match.inverted)} --{option} any"
    code = "" if match.codes == ALL else f"/{match.codes[0]}"
    return f"{bang(match.inverted)} --{option} {match.type}{code}"


def listing(match: IcmpMatch, numeric: bool, /) -> str:
    """Words for -L."""
    mark = "!" if match.inverted else ""
    label = "icmp" if match.family == 2 else "ipv6-icmp"
    short = f"{label} {mark}type" if match.inverted else f"{label}type"
    if match.type == ANY_TYPE and match.family == 2:
        return f" {short} 255" if numeric else f" {label} {mark}any"
    if not numeric:
        for name, known in _names(match.family).items():
            if known == (match.type, match.codes):
                return f" {label} {mark}{name}"
    text = f" {short} {match.type}"
    return text if match.codes == ALL else f"{text} code {match.codes[0]}"


ICMP = Extension("icmp", {"icmp-type": ("icmp-type", True)}, build, save, listing, IcmpMatch, frozenset({"icmp-type"}), frozenset({1}))
ICMP6 = Extension("icmp6", {"icmpv6-type": ("icmpv6-type", True)}, build, save, listing, IcmpMatch, frozenset({"icmpv6-type"}), frozenset({58}))
