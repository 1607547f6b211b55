"""`-m tcpmss` and `-j TCPMSS`."""

from __future__ import annotations

from netsim.commands.iptables.extension import Context, Extension, Given, Place, bang, once
from netsim.commands.iptables.problem import Problem
from netsim.commands.iptables.words import number
from netsim.kernel.netfilter.matches.tcp import TcpMatch
from netsim.kernel.netfilter.matches.tcpmss import TcpmssMatch
from netsim.kernel.netfilter.ruleset import LEGACY
from netsim.kernel.netfilter.targets.tcpmss import CLAMP, TcpmssTarget
from netsim.kernel.tables.xtables import RuleSpec
from netsim.packet.numbers import TCP_SYN

WIDEST = 65535 - 20


def _match(given: list[Given], context: Context) -> TcpmssMatch:
    found = once(given, "tcpmss")
    if "mss" not in found:
        raise Problem('tcpmss: option "--mss" must be specified\n')
    low, colon, high = found["mss"].value.partition(":")
    first = number(low) if low else 0
    last = (number(high) if high else 65535) if colon else first
    if first is None or last is None or first > 65535 or last > 65535:
        raise Problem(f'tcpmss: bad value for option "--mss" near "{found["mss"].value}", or out of range (0-65535).\n')
    return TcpmssMatch(first, last, found["mss"].inverted)


def _words(match: TcpmssMatch) -> str:
    return str(match.low) if match.low == match.high else f"{match.low}:{match.high}"


def _match_save(match: TcpmssMatch) -> str:
    return f"{bang(match.inverted)} --mss {_words(match)}"


def _match_listing(match: TcpmssMatch, numeric: bool, /) -> str:
    return f" tcpmss match {'!' if match.inverted else ''}{_words(match)}"


def _target(given: list[Given], context: Context) -> TcpmssTarget:
    found = once(given, "TCPMSS")
    if not found:
        raise Problem("TCPMSS target: At least one parameter is required")
    if len(found) > 1:
        raise Problem("TCPMSS target: --set-mss and --clamp-mss-to-pmtu exclude each other")
    if "clamp-mss-to-pmtu" in found:
        return TcpmssTarget(CLAMP)
    value = number(found["set-mss"].value)
    most = WIDEST if context.family == 2 else WIDEST - 20
    if value is None or value > most:
        raise Problem(f'TCPMSS: bad value for option "--set-mss", or out of range (0-{most}).\n')
    return TcpmssTarget(value)


def _target_save(target: TcpmssTarget) -> str:
    return " --clamp-mss-to-pmtu" if target.mss == CLAMP else f" --set-mss {target.mss}"


def _target_listing(target: TcpmssTarget, numeric: bool, /) -> str:
    return " TCPMSS clamp to PMTU" if target.mss == CLAMP else f" TCPMSS set {target.mss}"


def _is_tcp(spec: RuleSpec) -> bool:
    return spec.protocol == 6 and not spec.protocol_inverted


def _match_valid(match: TcpmssMatch, spec: RuleSpec, place: Place) -> bool:
    return _is_tcp(spec)


def _target_valid(target: TcpmssTarget, spec: RuleSpec, place: Place) -> bool:
    """Of TCP only, and in the legacy build of its opening only (`tcpmss_tg4_check`)."""
    if not _is_tcp(spec):
        return False
    return place.build != LEGACY or any(isinstance(match, TcpMatch) and _asks_for_syn(match) for match in spec.matches)


def _asks_for_syn(match: TcpMatch) -> bool:
    """Whether only segments with SYN meet it; the nf_tables build's rules are not looked into that far."""
    return bool(match.flag_mask & match.flag_compare & TCP_SYN) and not match.flags_inverted


TCPMSS_MATCH = Extension("tcpmss", {"mss": ("mss", True)}, _match, _match_save, _match_listing, TcpmssMatch, frozenset({"mss"}), valid=_match_valid)
TCPMSS = Extension(
    "TCPMSS", {"set-mss": ("set-mss", True), "clamp-mss-to-pmtu": ("clamp-mss-to-pmtu", False)},
    _target, _target_save, _target_listing, TcpmssTarget, valid=_target_valid,
)  # fmt: skip
