"""Changes to nftables' tables as one: a draft is put in place of what was there (`nf_tables_commit`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.nft.chains import hang, rules_changed, unhang
from netsim.kernel.netfilter.ruleset import state_of
from netsim.kernel.tables.nftables import NftRule, NftTable

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns

Tables = dict[tuple[str, str], NftTable]


def draft_of(netns: Netns) -> Tables:
    """A copy of all tables; rules share their statements, counters included."""
    return {key: _copy(table) for key, table in state_of(netns).nft.items()}


def _copy(table: NftTable) -> NftTable:
    chains = {}
    for name, chain in table.chains.items():
        rules = [NftRule(rule.handle, rule.statements, rule.comment) for rule in chain.rules]
        chains[name] = attrs.evolve(chain, rules=rules, entry=None)
    sets = {name: attrs.evolve(known, elements=dict(known.elements)) for name, known in table.sets.items()}
    return attrs.evolve(table, chains=chains, sets=sets, objects=dict(table.objects))


def commit(netns: Netns, draft: Tables) -> None:
    """Make a draft what packets see."""
    tables = state_of(netns).nft
    for table in tables.values():
        for chain in table.chains.values():
            unhang(table, chain)
    tables.clear()
    tables.update(draft)
    for table in tables.values():
        for chain in table.chains.values():
            if chain.hook >= 0:
                hang(table, chain)
    rules_changed(netns)
