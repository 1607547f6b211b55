"""`-m sctp`: ports; chunk types are refused by name."""

from __future__ import annotations

from netsim.commands.iptables.extension import Context, Extension, Given, own_once
from netsim.commands.iptables.problem import OTHER, Problem
from netsim.commands.iptables.syntax import ports
from netsim.kernel.netfilter.matches.sctp import SctpMatch


def build(given: list[Given], context: Context) -> SctpMatch:
    """The match from its options."""
    found = own_once(given)
    if "chunk-types" in found:
        raise Problem("sctp: --chunk-types is not modelled by netsim", OTHER)
    return SctpMatch(*ports.asked(found, "source-port"), *ports.asked(found, "destination-port"))


def save(match: SctpMatch) -> str:
    """Words for -S."""
    return ports.save("sport", match.sports, match.sports_inverted) + ports.save("dport", match.dports, match.dports_inverted)


def listing(match: SctpMatch, numeric: bool, /) -> str:
    """Words for -L."""
    text = " sctp" + ports.listing("spt", match.sports, match.sports_inverted, numeric, carrier="sctp")
    return text + ports.listing("dpt", match.dports, match.dports_inverted, numeric, carrier="sctp")


SCTP = Extension(
    "sctp", ports.OPTIONS | {"chunk-types": ("chunk-types", True)}, build, save, listing, SctpMatch,
    frozenset({"source-port", "destination-port", "chunk-types"}), frozenset({132}),
)  # fmt: skip
