"""Tables of a namespace, changed by rule and by chain: what the nf_tables and the legacy build of iptables ask of the kernel."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from netsim.errors import EBUSY, EEXIST, EINVAL, ELOOP, EMLINK, ENOENT, EOPNOTSUPP, NetError
from netsim.kernel.core.hooks import FORWARD, LOCAL_IN, LOCAL_OUT, POST_ROUTING, PRE_ROUTING, HookFunction, register_hook, unregister_hook
from netsim.kernel.core.netns import Netns
from netsim.kernel.netfilter import br_netfilter
from netsim.kernel.netfilter.chains import TableHook
from netsim.kernel.netfilter.conntrack import users
from netsim.kernel.netfilter.targets.standard import Jump, Verdict
from netsim.kernel.netfilter.verdict import ACCEPT
from netsim.kernel.tables.xtables import Chain, NetfilterState, Rule, RuleSpec, Table

CHAIN_NAMES = {PRE_ROUTING: "PREROUTING", LOCAL_IN: "INPUT", FORWARD: "FORWARD", LOCAL_OUT: "OUTPUT", POST_ROUTING: "POSTROUTING"}

RAW, MANGLE, DSTNAT, FILTER, SECURITY, SRCNAT = -300, -150, -100, 0, 50, 100
LEGACY, NF_TABLES = "legacy", "nf_tables"
NOWHERE: frozenset[int] = frozenset()
DEEPEST = 16  # NFT_JUMP_STACK_SIZE


class InvalidTable(NetError):
    """A change after which the table as a whole would not do: every further rule of the same transaction is refused too (`nft_table_validate`)."""


@attrs.frozen
class TableKind:
    """A table as the kernel knows it: its hooks in the order listings show them, each with its priority."""

    name: str
    hooks: tuple[tuple[int, int], ...]


TABLES = {
    "mangle": TableKind("mangle", tuple((hook, MANGLE) for hook in (PRE_ROUTING, LOCAL_IN, FORWARD, LOCAL_OUT, POST_ROUTING))),
    "security": TableKind("security", tuple((hook, SECURITY) for hook in (LOCAL_IN, FORWARD, LOCAL_OUT))),
    "raw": TableKind("raw", ((PRE_ROUTING, RAW), (LOCAL_OUT, RAW))),
    "filter": TableKind("filter", tuple((hook, FILTER) for hook in (LOCAL_IN, FORWARD, LOCAL_OUT))),
    "nat": TableKind("nat", ((PRE_ROUTING, DSTNAT), (LOCAL_IN, SRCNAT), (LOCAL_OUT, DSTNAT), (POST_ROUTING, SRCNAT))),
}
"""In the order the nf_tables build saves them."""
PRIORITIES = {name: dict(kind.hooks) for name, kind in TABLES.items()}


def state_of(netns: Netns) -> NetfilterState:
    """The namespace's packet filtering state."""
    if netns.netfilter is None:
        netns.netfilter = NetfilterState()
    state: NetfilterState = netns.netfilter
    return state


def table_of(netns: Netns, family: int, name: str, build: str = "") -> Table:
    """A table of one build (the machine's own by default), ready to be read.

    The legacy build's comes to life in all its hooks by being asked for (`iptable_*_table_init`); the nf_tables build's stays a
    sight until a chain of it is written (`nft_xt_builtin_init`).
    """
    build = build or netns.kernel.profile.iptables
    state = netns.netfilter or state_of(netns)
    tables = state.legacy if build == LEGACY else state.tables
    table = tables.get((family, name))
    if table is None:
        table = Table(name, family, build, netns=netns)
        table.entry = TableHook(table)
        for hook, _ in TABLES[name].hooks:
            chain = Chain(CHAIN_NAMES[hook], ACCEPT, counted=build == LEGACY, hook=hook)
            table.chains[chain.name] = table.hooks[hook] = chain
        tables[family, name] = table
    if build == LEGACY and not table.present:
        for chain in list(table.hooks.values()):
            hang(table, chain)
    return table


def saved_tables(netns: Netns, family: int, build: str) -> list[Table]:
    """The tables that are there, in the order each build saves them."""
    state = state_of(netns)
    if build == LEGACY:
        return [table for (of, _), table in reversed(state.legacy.items()) if of == family]
    return [table for name in TABLES if (table := state.tables.get((family, name))) is not None and table.present]


# base chains ---------------------------------------------------------------------------------------------------------


def is_hung(table: Table, chain: Chain) -> bool:
    """Whether a chain exists in the kernel: user chains do, built-in ones from when they hang in their hook."""
    return chain.policy is None or chain.hook in table.hung


def hang(table: Table, chain: Chain) -> None:
    """Make the table and, for a built-in chain, hang it into its hook."""
    table.present = True
    if chain.policy is None:
        return
    hook = chain.hook
    if hook not in table.hung:
        table.handles += 1
        chain.handle = table.handles
        table.hung.add(hook)
        if table.entry is not None:
            _register(table, hook, PRIORITIES[table.name][hook])


def unhang(table: Table, chain: Chain) -> None:
    """Take a built-in chain out of its hook; it starts anew when it is hung again."""
    hook = chain.hook
    if hook in table.hung:
        table.hung.discard(hook)
        if table.entry is not None:
            _unregister(table, hook)
    chain.packets = chain.bytes = 0
    chain.policy = ACCEPT
    chain.counted = table.build == LEGACY
    chain.rules = []


def _register(table: Table, hook: int, priority: int) -> None:
    """Chains of type nat wait for new connections (`nf_nat_register_fn`); the others see every packet."""
    if table.name != "nat":
        register_hook(table.netns, table.family, hook, priority, _function(table, hook))
        br_netfilter.settle(table.netns)
        return
    chains = state_of(table.netns).nat_chains
    chains[table.family, hook] = [*chains.get((table.family, hook), ()), (priority, table.entry.run)]
    users.settle(table.netns, table.family)


def _unregister(table: Table, hook: int) -> None:
    if table.name != "nat":
        unregister_hook(table.netns, table.family, hook, _function(table, hook))
        br_netfilter.settle(table.netns)
        return
    chains, place = state_of(table.netns).nat_chains, (table.family, hook)
    chains[place] = [known for known in chains[place] if known[1] != table.entry.run]
    if not chains[place]:
        del chains[place]
    users.settle(table.netns, table.family)


def _function(table: Table, hook: int) -> HookFunction:
    reroutes = table.name == "mangle" and hook == LOCAL_OUT
    function: HookFunction = table.entry.run_and_reroute if reroutes else table.entry.run
    return function


# transactions --------------------------------------------------------------------------------------------------------


def draft_of(table: Table) -> Table:
    """A copy to try changes on; packets do not see it until `commit`.

    The legacy build's commits lose the policies' counters, those of rules stay.
    """
    draft = Table(table.name, table.family, table.build, table.present, set(table.hung), None, table.netns)
    for name, chain in table.chains.items():
        draft.chains[name] = Chain(chain.name, chain.policy, list(chain.rules), chain.packets, chain.bytes, chain.counted, chain.hook, chain.handle)
    draft.handles = table.handles
    draft.hooks = {hook: draft.chains[chain.name] for hook, chain in table.hooks.items()}
    if table.build == LEGACY:
        forget_policy_counters(draft)
    return draft


def forget_policy_counters(table: Table) -> None:
    """What the built-in chains counted at their ends."""
    for chain in table.hooks.values():
        chain.packets = chain.bytes = 0


def commit(table: Table, draft: Table) -> None:
    """Put a draft in place of the table as one change."""
    for chain in table.hooks.values():
        if chain.hook not in draft.hung:
            unhang(table, chain)
    for hook, chain in draft.hooks.items():
        if hook in draft.hung and hook not in table.hung:
            hang(table, table.chains[chain.name])
    table.chains, table.hooks = draft.chains, draft.hooks
    table.present = draft.present
    table.handles = draft.handles
    table.generation += 1
    users.rules_changed(table.netns, table)


# chains and rules ----------------------------------------------------------------------------------------------------


def new_chain(table: Table, name: str) -> Chain:
    """Add a user chain; EEXIST when there is one."""
    if name in table.chains:
        raise NetError(EEXIST)
    table.present = True
    table.handles += 1
    table.chains[name] = chain = Chain(name, handle=table.handles)
    users.aged(table)
    return chain


def delete_chain(table: Table, name: str) -> None:
    """Remove an empty, unreferenced user chain; ENOENT, EBUSY."""
    chain = chain_of(table, name)
    if chain.policy is not None or chain.rules or table.references(name):
        raise NetError(EBUSY)
    del table.chains[name]
    users.aged(table)


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
    hang(table, chain)
    chain.policy = policy
    chain.counted = True
    chain.packets = chain.bytes = 0
    users.aged(table)


def insert_rule(table: Table, chain: Chain, position: int, spec: RuleSpec) -> Rule:
    """Put a rule before the `position`th (from 0).

    EOPNOTSUPP or EINVAL when it leads to a built-in chain; EMLINK (nf_tables) or ELOOP (legacy) when packets from a hook could
    then go in a circle (`nft_chain_validate`, `mark_source_chains`).
    """
    if spec.matches or not isinstance(spec.target, Verdict):
        _check(table, chain, spec)
    if not table.present or (chain.policy is not None and chain.hook not in table.hung):
        hang(table, chain)
    handle = table.handles = table.handles + 1
    rule = Rule(spec, 0, 0, handle)
    chain.rules.insert(position, rule)
    if table.counted == table.generation:  # known by then: who needs tracking
        table.counted += 1
        table.trackers += users.needs_tracking(spec)
    table.generation += 1
    return rule


def _check(table: Table, chain: Chain, spec: RuleSpec) -> None:
    """Whether a rule may stand in a chain for what it leads to and for the hooks that its parts may be met at."""
    target = spec.target
    led = table.chains[target.chain] if isinstance(target, Jump) else None
    if led is not None:
        if led.policy is not None:
            raise NetError(EINVAL if table.build == LEGACY else EOPNOTSUPP)
        if (led.rules or led is chain) and _visit(table, led.name, [chain.name], set()) and _is_reached(table, chain):
            raise InvalidTable(ELOOP if table.build == LEGACY else EMLINK)
    allowed = _hooks_of(spec)
    if allowed is not None and not _comes_from(table, chain, allowed):
        raise InvalidTable(EINVAL) if chain.policy is None else NetError(EINVAL)
    below = _hooks_below(table, led) if led is not None and led.rules else None
    if below is not None and not _comes_from(table, chain, below):
        raise InvalidTable(EINVAL)


def _hooks_of(spec: RuleSpec) -> frozenset[int] | None:
    """The hooks at which all parts of a rule may be met (`xt_check_match`, `nft_chain_validate`); None: any."""
    allowed: frozenset[int] | None = getattr(spec.target, "hooks", None)
    for match in spec.matches:
        own = getattr(match, "hooks", None)
        if own is not None:
            allowed = own if allowed is None else allowed & own
    return allowed


def _hooks_below(table: Table, start: Chain) -> frozenset[int] | None:
    """The same of all rules of a chain and of where they lead."""
    allowed, waiting, seen = None, [start], {start.name}
    while waiting:
        for rule in waiting.pop().rules:
            own, target = _hooks_of(rule.spec), rule.spec.target
            if own is not None:
                allowed = own if allowed is None else allowed & own
            if isinstance(target, Jump) and target.chain not in seen:
                seen.add(target.chain)
                waiting.append(table.chains[target.chain])
    return allowed


def _comes_from(table: Table, chain: Chain, hooks: frozenset[int]) -> bool:
    """Whether packets come into a chain from these hooks only; no rule leads into a built-in one."""
    if chain.policy is not None:
        return chain.hook in hooks
    others = [base for hook, base in table.hooks.items() if base.rules and hook not in hooks and _leads(table, base, chain.name)]
    return not others


def _leads(table: Table, start: Chain, wanted: str) -> bool:
    """Whether rules of a chain lead into another one, by way of others or not."""
    waiting, seen = [start], set[str]()
    while waiting:
        for rule in waiting.pop().rules:
            target = rule.spec.target
            if isinstance(target, Jump) and target.chain not in seen:
                if target.chain == wanted:
                    return True
                seen.add(target.chain)
                waiting.append(table.chains[target.chain])
    return False


def delete_rule(table: Table, chain: Chain, rule: Rule) -> None:
    """Take one rule out (by identity: equal rules may stand beside it)."""
    chain.rules = rules = chain.rules.copy()
    rules.remove(rule)
    if table.counted == table.generation:
        table.counted += 1
        table.trackers -= users.needs_tracking(rule.spec)
    table.generation += 1


def _visit(table: Table, name: str, path: list[str], clean: set[str]) -> bool:
    """Whether going on into a chain can come back to one on the way."""
    if name in path or len(path) >= (DEEPEST if table.build == NF_TABLES else 1000):
        return True
    if name in clean:
        return False
    for after in jumps(table, name):
        if _visit(table, after, [*path, name], clean):
            return True
    clean.add(name)
    return False


def jumps(table: Table, name: str) -> Iterable[str]:
    """The chains that rules of a chain lead to."""
    chain = table.chains.get(name)
    if chain is None or not chain.rules:
        return ()
    found: dict[str, None] = {}
    for rule in chain.rules:
        target = rule.spec.target
        if isinstance(target, Jump):
            found[target.chain] = None
    return found


def _is_reached(table: Table, chain: Chain) -> bool:
    """Whether packets can come into a chain from a hook."""
    return not _comes_from(table, chain, NOWHERE)
