"""`-m udp`."""

from __future__ import annotations

from netsim.commands.iptables.extension import Context, Extension, Given, own_once
from netsim.commands.iptables.syntax import ports
from netsim.kernel.netfilter.matches.udp import UdpMatch


def build(given: list[Given], context: Context) -> UdpMatch:
    """The match from its options."""
    found = own_once(given)
    return UdpMatch(*ports.asked(found, "source-port"), *ports.asked(found, "destination-port"))


def save(match: UdpMatch) -> str:
    """Words for -S."""
    return ports.save("sport", match.sports, match.sports_inverted) + ports.save("dport", match.dports, match.dports_inverted)


def listing(match: UdpMatch, numeric: bool, /) -> str:
    """Words for -L."""
    text = " udp" + ports.listing("spt", match.sports, match.sports_inverted, numeric, carrier="udp")
    return text + ports.listing("dpt", match.dports, match.dports_inverted, numeric, carrier="udp")


UDP = Extension("udp", ports.OPTIONS, build, save, listing, UdpMatch, frozenset({"source-port", "destination-port"}), frozenset({17}))
