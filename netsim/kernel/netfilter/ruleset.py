"""Tables of a namespace: made and hung into the hooks at first use, changed by rule and by chain (`nf_tables`' view of iptables' tables)."""

from __future__ import annotations

import attrs

from netsim.errors import EBUSY, EEXIST, EINVAL, EMLINK, ENOENT, NetError
from netsim.kernel.core.hooks import FORWARD, LOCAL_IN, LOCAL_OUT, POST_ROUTING, PRE_ROUTING, register_hook
from netsim.kernel.core.netns import Netns
from netsim.kernel.netfilter.chains import TableHook
from netsim.kernel.netfilter.targets.standard import Jump
from netsim.kernel.netfilter.verdict import ACCEPT
from netsim.kernel.tables.xtables import Chain, NetfilterState, Rule, RuleSpec, Table

CHAIN_NAMES = {PRE_ROUTING: "PREROUTING", LOCAL_IN: "INPUT", FORWARD: "FORWARD", LOCAL_OUT: "OUTPUT", POST_ROUTING: "POSTROUTING"}

RAW, MANGLE, DSTNAT, FILTER, SECURITY, SRCNAT = -300, -150, -100, 0, 50, 100


@attrs.frozen
class TableKind:
    """A table as the kernel knows it: its hooks in the order listings show them, each with its priority."""

    name: str
    hooks: tuple[tuple[int, int], ...]


TABLES = {
    "raw": TableKind("raw", ((PRE_ROUTING, RAW), (LOCAL_OUT, RAW))),
    "mangle": TableKind("mangle", tuple((hook, MANGLE) for hook in (PRE_ROUTING, LOCAL_IN, FORWARD, LOCAL_OUT, POST_ROUTING))),
    "nat": TableKind("nat", ((PRE_ROUTING, DSTNAT), (LOCAL_IN, SRCNAT), (LOCAL_OUT, DSTNAT), (POST_ROUTING, SRCNAT))),
    "filter": TableKind("filter", tuple((hook, FILTER) for hook in (LOCAL_IN, FORWARD, LOCAL_OUT))),
    "security": TableKind("security", tuple((hook, SECURITY) for hook in (LOCAL_IN, FORWARD, LOCAL_OUT))),
}


def state_of(netns: Netns) -> NetfilterState:
    """The namespace's packet filtering state."""
    if netns.netfilter is None:
        netns.netfilter = NetfilterState()
    state: NetfilterState = netns.netfilter
    return state


def table_of(netns: Netns, family: int, name: str) -> Table:
    """A table, made with empty built-in chains and hung into its hooks when it was not there yet."""
    tables = state_of(netns).tables
    table = tables.get((family, name))
    if table is None:
        table = Table(name, family)
        hung = TableHook(table)
        for hook, priority in TABLES[name].hooks:
            chain = Chain(CHAIN_NAMES[hook], ACCEPT)
            table.chains[chain.name] = table.hooks[hook] = chain
            register_hook(netns, family, hook, priority, hung.run)
        tables[family, name] = table
    return table


def new_chain(table: Table, name: str) -> Chain:
    """Add a user chain; EEXIST when there is one."""
    if name in table.chains:
        raise NetError(EEXIST)
    table.chains[name] = chain = Chain(name)
    table.generation += 1
    return chain


def delete_chain(table: Table, name: str) -> None:
    """Remove an empty, unreferenced user chain; ENOENT, EBUSY."""
    chain = chain_of(table, name)
    if chain.policy is not None or chain.rules or table.references(name):
        raise NetError(EBUSY)
    del table.chains[name]
    table.generation += 1


def rename_chain(table: Table, old: str, new: str) -> None:
    """Give a user chain another name; rules that lead to it follow. ENOENT, EEXIST, EINVAL for built-in ones."""
    chain = chain_of(table, old)
    if chain.policy is not None:
        raise NetError(EINVAL)
    if new in table.chains:
        raise NetError(EEXIST)
    table.chains = {new if name == old else name: kept for name, kept in table.chains.items()}
    chain.name = new
    for other in table.chains.values():
        for rule in other.rules:
            if isinstance(rule.spec.target, Jump) and rule.spec.target.chain == old:
                rule.spec = attrs.evolve(rule.spec, target=Jump(new))
    table.generation += 1


def chain_of(table: Table, name: str) -> Chain:
    """A chain by name; ENOENT."""
    chain = table.chains.get(name)
    if chain is None:
        raise NetError(ENOENT)
    return chain


def set_policy(table: Table, name: str, policy: int) -> None:
    """What happens at the end of a built-in chain; ENOENT, EINVAL for user chains."""
    chain = chain_of(table, name)
    if chain.policy is None:
        raise NetError(EINVAL)
    chain.policy = policy
    table.generation += 1


def insert_rule(table: Table, chain: Chain, position: int, spec: RuleSpec) -> Rule:
    """Put a rule before the `position`th (from 0); EMLINK when it would lead in a circle."""
    rule = Rule(spec)
    chain.rules.insert(position, rule)
    if isinstance(spec.target, Jump) and _leads_back(table, chain.name, spec.target.chain):
        chain.rules.remove(rule)
        raise NetError(EMLINK)
    table.generation += 1
    return rule


def _leads_back(table: Table, start: str, chain: str) -> bool:
    waiting, seen = [chain], set[str]()
    while waiting:
        name = waiting.pop()
        if name == start:
            return True
        if name in seen or name not in table.chains:
            continue
        seen.add(name)
        waiting.extend(rule.spec.target.chain for rule in table.chains[name].rules if isinstance(rule.spec.target, Jump))
    return False
