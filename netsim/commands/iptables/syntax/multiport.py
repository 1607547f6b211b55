"""`-m multiport`."""

from __future__ import annotations

from netsim.commands.iptables.extension import Context, Extension, Given, bang
from netsim.commands.iptables.problem import Problem
from netsim.commands.iptables.words import port, port_name
from netsim.kernel.netfilter.matches.multiport import MultiportMatch

SIDES = {"source-ports": "sports", "destination-ports": "dports", "ports": "ports"}
CARRIERS = (6, 17, 33, 132, 136)
MOST = 15


def build(given: list[Given], context: Context) -> MultiportMatch:
    """The match from its options."""
    if context.protocol and context.protocol not in CARRIERS and not context.protocol_inverted:
        raise Problem("multiport only works with TCP, UDP, UDPLITE, SCTP and DCCP")
    if not context.protocol or context.protocol_inverted or (given and not given[0].protocol):
        raise Problem("multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'")
    if not given:
        raise Problem("multiport expection an option")
    if len(given) > 1:
        raise Problem("multiport can only have one option")
    ranges: list[tuple[int, int]] = []
    slots = 0
    for part in given[0].value.split(","):
        low, colon, high = part.partition(":")
        slots += 2 if colon else 1
        if slots > MOST:
            raise Problem("too many ports specified")
        first = port(low)
        last = port(high) if colon else first
        if first > last:
            raise Problem("invalid portrange specified")
        ranges.append((first, last))
    return MultiportMatch(SIDES[given[0].name], tuple(ranges), given[0].inverted)


def save(match: MultiportMatch) -> str:
    """Words for -S."""
    ports = ",".join(str(low) if low == high else f"{low}:{high}" for low, high in match.ranges)
    return f"{bang(match.inverted)} --{match.side} {ports}"


def listing(match: MultiportMatch, numeric: bool, /) -> str:
    """Words for -L."""

    def name(number: int) -> str:
        return str(number) if numeric else port_name(number)

    ports = ",".join(name(low) if low == high else f"{name(low)}:{name(high)}" for low, high in match.ranges)
    return f" multiport {match.side} {' !' if match.inverted else ''}{ports}"


MULTIPORT = Extension(
    "multiport",
    {
        "source-ports": ("source-ports", True),
        "sports": ("source-ports", True),
        "destination-ports": ("destination-ports", True),
        "dports": ("destination-ports", True),
        "ports": ("ports", True),
    },
    build,
    save,
    listing,
    MultiportMatch,
    frozenset({"source-ports", "destination-ports", "ports"}),
)
