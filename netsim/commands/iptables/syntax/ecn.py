"""`-m ecn`."""

from __future__ import annotations

from netsim.commands.iptables.extension import Context, Extension, Given, Place, bang, once
from netsim.commands.iptables.problem import Problem
from netsim.commands.iptables.words import number
from netsim.kernel.netfilter.matches.ecn import CWR, ECE, EcnMatch
from netsim.kernel.tables.xtables import RuleSpec

FLAGS = ((ECE, "ecn-tcp-ece", "ECE"), (CWR, "ecn-tcp-cwr", "CWR"))


def build(given: list[Given], context: Context) -> EcnMatch:
    """The match from its options."""
    found = once(given, "ecn")
    if not found:
        raise Problem("ECN match: some option required")
    ect, option = -1, found.get("ecn-ip-ect")
    if option is not None:
        value = number(option.value)
        if value is None or value > 3:
            raise Problem('ecn: bad value for option "--ecn-ip-ect", or out of range (0-3).\n')
        ect = value
    flags = tuple((bit, found[name].inverted) for bit, name, _ in FLAGS if name in found)
    return EcnMatch(ect, bool(option and option.inverted), flags)


def save(match: EcnMatch) -> str:
    """Words for -S."""
    text = "".join(f"{bang(inverted)} --{name}" for bit, inverted in match.tcp_flags for known, name, _ in FLAGS if known == bit)
    return text + (f"{bang(match.ect_inverted)} --ecn-ip-ect {match.ect}" if match.ect >= 0 else "")


def listing(match: EcnMatch, numeric: bool, /) -> str:
    """Words for -L."""
    text = " ECN match" + "".join(
        f" {'!' if inverted else ''}{word}" for bit, inverted in match.tcp_flags for known, _, word in FLAGS if known == bit
    )
    return text + (f" {'!' if match.ect_inverted else ''}ECT={match.ect}" if match.ect >= 0 else "")


def valid(match: EcnMatch, spec: RuleSpec, place: Place) -> bool:
    """TCP's bits are asked of TCP only (`ecn_mt_check4`)."""
    return not match.tcp_flags or (spec.protocol == 6 and not spec.protocol_inverted)


ECN = Extension(
    "ecn", {"ecn-tcp-ece": ("ecn-tcp-ece", False), "ecn-tcp-cwr": ("ecn-tcp-cwr", False), "ecn-ip-ect": ("ecn-ip-ect", True)},
    build, save, listing, EcnMatch, frozenset({"ecn-tcp-ece", "ecn-tcp-cwr", "ecn-ip-ect"}), valid=valid,
)  # fmt: skip
