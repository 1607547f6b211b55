"""Where rules and maps lead: what may be deleted, and what would go in a circle."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.kernel.netfilter.nft.statements import Anonymous, SetRef, Verdict, Vmap
from netsim.kernel.tables.nftables import NftTable


def leads(statements: tuple[Any, ...]) -> list[str]:
    """Chains that statements jump or go to."""
    names = [statement.chain for statement in statements if isinstance(statement, Verdict) and statement.chain]
    for statement in statements:
        if isinstance(statement, Vmap) and isinstance(statement.source, Anonymous):
            names += [data.chain for _, data in statement.source.elements if data.chain]
    return names


def leads_of_chain(table: NftTable, name: str) -> list[str]:
    """Chains that the rules of a chain lead to, through maps as well."""
    found: list[str] = []
    for rule in table.chains[name].rules:
        found += leads(rule.statements)
        for statement in rule.statements:
            if isinstance(statement, Vmap) and isinstance(statement.source, SetRef) and statement.source.name in table.sets:
                found += [element.data.chain for element in table.sets[statement.source.name].elements.values() if element.data.chain]
    return found


def leads_back(table: NftTable, start: str, statements: tuple[Any, ...]) -> bool:
    """Whether statements in a chain can lead back to it."""
    waiting, seen = leads(statements), set[str]()
    while waiting:
        name = waiting.pop()
        if name == start:
            return True
        if name not in seen and name in table.chains:
            seen.add(name)
            waiting += leads_of_chain(table, name)
    return False


def is_reached(table: NftTable, wanted: str) -> bool:
    """Whether packets can come into a chain from a hook: only then its circles matter (`nft_table_validate`)."""
    waiting, seen = [chain.name for chain in table.chains.values() if chain.hook >= 0], set[str]()
    while waiting:
        name = waiting.pop()
        if name == wanted:
            return True
        if name not in seen and name in table.chains:
            seen.add(name)
            waiting += leads_of_chain(table, name)
    return False


def jumped_to(table: NftTable) -> set[str]:
    """Chains that something leads to."""
    names = {name for chain in table.chains.values() for rule in chain.rules for name in leads(rule.statements)}
    for known in table.sets.values():
        names |= {element.data.chain for element in known.elements.values() if isinstance(element.data, Verdict)}
    return names


def looked_into(table: NftTable) -> set[str]:
    """Sets that rules look into."""
    names = set()
    for chain in table.chains.values():
        for rule in chain.rules:
            for statement in rule.statements:
                for value in (
                    getattr(statement, "source", None),
                    getattr(statement, "right", None),
                    getattr(getattr(statement, "address", None), "source", None),
                ):
                    if isinstance(value, SetRef):
                        names.add(value.name)
    return names


def rename_jumps(table: NftTable, old: str, new: str) -> None:
    """Let everything that leads to a chain follow its new name."""
    for chain in table.chains.values():
        for rule in chain.rules:
            rule.statements = tuple(
                attrs.evolve(statement, chain=new) if isinstance(statement, Verdict) and statement.chain == old else statement
                for statement in rule.statements
            )
    for known in table.sets.values():
        for element in known.elements.values():
            if isinstance(element.data, Verdict) and element.data.chain == old:
                element.data = attrs.evolve(element.data, chain=new)
