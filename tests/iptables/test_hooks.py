"""Where a rule may stand follows from the hooks that packets come from."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netsim import World
from netsim.errors import NetError
from netsim.kernel.core.hooks import PF_INET
from netsim.kernel.netfilter import ruleset
from netsim.kernel.netfilter.nat.ranges import NatRange
from netsim.kernel.netfilter.targets.nat import DnatTarget, MasqueradeTarget, SnatTarget
from netsim.kernel.netfilter.targets.standard import Jump, Verdict
from netsim.kernel.netfilter.verdict import ACCEPT
from netsim.kernel.tables.xtables import Rule, RuleSpec, Table

OWN = ("one", "two", "three")
TARGETS = [*map(Jump, OWN), DnatTarget(NatRange()), SnatTarget(NatRange()), MasqueradeTarget(), Verdict("ACCEPT", ACCEPT)]


def ways(table: Table, chain: str, path: tuple[str, ...] = ()) -> set[str]:
    """The chains that packets in a chain come into; KeyError where they go in a circle."""
    if chain in path:
        raise KeyError(chain)
    found = {chain}
    for rule in table.chains[chain].rules:
        if isinstance(rule.spec.target, Jump):
            found |= ways(table, rule.spec.target.chain, (*path, chain))
    return found


def is_sound(table: Table) -> bool:
    """Whether no packet from a hook goes in a circle, and each meets only what may be met there."""
    for hook, base in table.hooks.items():
        try:
            met = ways(table, base.name)
        except KeyError:
            return False
        allowed = [getattr(rule.spec.target, "hooks", None) for name in met for rule in table.chains[name].rules]
        if any(hooks is not None and hook not in hooks for hooks in allowed):
            return False
    return True


@settings(max_examples=300)
@given(st.lists(st.tuples(st.sampled_from([*OWN, "PREROUTING", "OUTPUT", "POSTROUTING"]), st.sampled_from(TARGETS)), max_size=8))
def test_a_rule_goes_in_if_the_table_stays_sound(wanted: list[tuple[str, object]]) -> None:
    table = ruleset.table_of(World().host("h").machine.kernel.init_net, PF_INET, "nat")
    for name in OWN:
        ruleset.new_chain(table, name)
    for name, target in wanted:
        chain = table.chains[name]
        try:
            rule = ruleset.insert_rule(table, chain, 0, RuleSpec(target=target))
        except NetError:
            chain.rules.insert(0, Rule(RuleSpec(target=target)))
            assert not is_sound(table)
            del chain.rules[0]
        else:
            assert rule in chain.rules
            assert is_sound(table)


@pytest.mark.parametrize(
    "way", [("-A PREROUTING -j one", "-A one -j two", "-A two -j MASQUERADE"), ("-A two -j MASQUERADE", "-A one -j two", "-A OUTPUT -j one")]
)
def test_what_a_chain_leads_to_counts_too(way: tuple[str, ...]) -> None:
    host = World().host("h")
    host.run_script("iptables -t nat -N one; iptables -t nat -N two")
    answers = [host.run(f"iptables -t nat {line}") for line in way]
    assert [answer.status for answer in answers] == [0, 0, 4]
