"""`-m quota`."""

from __future__ import annotations

from netsim.commands.iptables.extension import Context, Extension, Given, bang, once
from netsim.commands.iptables.problem import Problem
from netsim.commands.iptables.words import number
from netsim.kernel.netfilter.matches.quota import QuotaMatch


def build(given: list[Given], context: Context) -> QuotaMatch:
    """The match from its options."""
    found = once(given, "quota")
    if "quota" not in found:
        raise Problem('quota: option "--quota" must be specified\n')
    value = number(found["quota"].value)
    if value is None:
        raise Problem('quota: bad value for option "--quota", or out of range.\n')
    return QuotaMatch(value, found["quota"].inverted)


def save(match: QuotaMatch) -> str:
    """Words for -S."""
    return f"{bang(match.inverted)} --quota {match.quota}"


def listing(match: QuotaMatch, numeric: bool, /) -> str:
    """Words for -L."""
    return f" quota: {match.quota} bytes"


QUOTA = Extension("quota", {"quota": ("quota", True)}, build, save, listing, QuotaMatch, frozenset({"quota"}))
