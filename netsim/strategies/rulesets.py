"""Rulesets of the packet filter, as the commands that make them."""

from __future__ import annotations

import attrs
from hypothesis import strategies as st

from netsim.addr import IPv4Net
from netsim.strategies.addresses import ipv4_nets

CHAINS = ("INPUT", "OUTPUT", "FORWARD")
USER_CHAIN = "CHECKS"
CLOSE = IPv4Net.parse("10.0.0.0/14")
"""The sites of drawn topologies are in here, so that rules match."""


@attrs.frozen
class Ruleset:
    """Rules in order, each as what follows `iptables`; the first makes the user's chain they may jump to."""

    rules: tuple[str, ...]

    @property
    def script(self) -> str:
        """The commands, for a machine or (with `ip netns exec NAME bash -c`) a namespace."""
        return "".join(f"iptables {rule}\n" for rule in self.rules)


def _matches() -> st.SearchStrategy[str]:
    nets = ipv4_nets(CLOSE, longest=24)
    ports = st.sampled_from([22, 53, 80, 443, 8080])
    return st.one_of(
        st.just(""),
        nets.map("-s {} ".format),
        nets.map("-d {} ".format),
        nets.map("! -s {} ".format),
        st.tuples(st.sampled_from(["tcp", "udp"]), ports).map(lambda drawn: f"-p {drawn[0]} -m {drawn[0]} --dport {drawn[1]} "),
        st.just("-p icmp "),
        st.sampled_from(["ESTABLISHED,RELATED", "NEW", "INVALID"]).map("-m conntrack --ctstate {} ".format),
    )


@st.composite
def rulesets(draw: st.DrawFn, most: int = 8) -> Ruleset:
    """Up to `most` rules of the filter table over its chains and one of the user's, with policies now and then."""
    rules = [f"-N {USER_CHAIN}"]
    for _ in range(draw(st.integers(0, most))):
        chain = draw(st.sampled_from((*CHAINS, USER_CHAIN)))
        targets = ("ACCEPT", "DROP", "REJECT") if chain == USER_CHAIN else ("ACCEPT", "DROP", "REJECT", USER_CHAIN)
        rules.append(f"-A {chain} {draw(_matches())}-j {draw(st.sampled_from(targets))}")
    if draw(st.booleans()):
        rules.append(f"-P {draw(st.sampled_from(CHAINS))} DROP")
    return Ruleset(tuple(rules))
