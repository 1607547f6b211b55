"""Walking nftables' chains: from a base chain to a verdict (`nft_do_chain`), and hanging them into the hooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import attrs

from netsim.kernel.core.hooks import LOCAL_OUT, PF_INET, PF_INET6, register_hook, unregister_hook
from netsim.kernel.core.tracepoint import trace_drop
from netsim.kernel.ipv4.netfilter import ip_route_me_harder
from netsim.kernel.netfilter.chains import device_of, trace_rule
from netsim.kernel.netfilter.conntrack import users
from netsim.kernel.netfilter.nft.stateful import BREAK
from netsim.kernel.netfilter.nft.statements import Verdict
from netsim.kernel.netfilter.ruleset import state_of
from netsim.kernel.netfilter.verdict import ACCEPT, CONTINUE, DROP, REFUSED, HookState
from netsim.kernel.tables.nftables import NftChain, NftRule, NftTable

if TYPE_CHECKING:
    from netsim.kernel.core.netdevice import NetDevice
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.core.skbuff import SkBuff

FAMILIES = {"ip": (PF_INET,), "ip6": (PF_INET6,), "inet": (PF_INET, PF_INET6)}


@attrs.define(eq=False)
class BaseChain:
    """A base chain in a hook."""

    table: NftTable
    chain: NftChain

    def run(self, netns: Netns, hook: int, skb: SkBuff, indev: NetDevice | None, outdev: NetDevice | None, okfn: Callable[..., Any]) -> int:
        """Show one packet to the chain."""
        family = PF_INET if skb.protocol == 0x800 else PF_INET6
        state = HookState(netns, family, hook, indev, outdev, okfn, self.table.name, self.chain.name)
        before = (skb.mark, getattr(skb.packet, "tos", 0))
        verdict = do_chain(self.table, self.chain, skb, state)
        if verdict in (DROP, REFUSED):
            if netns.trace is not None:
                trace_drop(netns, "NETFILTER_DROP", device_of(state), skb.packet, "filter")
            return REFUSED
        if self.chain.kind == "route" and hook == LOCAL_OUT and family == PF_INET and before != (skb.mark, skb.packet.tos):
            ip_route_me_harder(netns, skb)
        return verdict


def do_chain(table: NftTable, base: NftChain, skb: SkBuff, state: HookState) -> int:
    """The verdict on a packet: of the first statement that has one, else the policy."""
    stack: list[Iterator[NftRule]] = []
    walk = iter(base.rules)
    while True:
        rule = next(walk, None)
        if rule is None:
            if not stack:
                if state.netns.trace is not None:
                    trace_rule(state, table, base, 0, None, base.policy, skb)
                return base.policy
            walk = stack.pop()
            continue
        outcome = run_rule(rule, table, skb, state)
        if state.netns.trace is not None and outcome not in (CONTINUE, BREAK):
            _trace_outcome(rule, table, base, skb, state, outcome)
        if isinstance(outcome, int):
            if outcome in (CONTINUE, BREAK):
                continue
            return outcome
        if outcome.word in ("jump", "goto"):
            if outcome.word == "jump":
                stack.append(walk)
            walk = iter(table.chains[outcome.chain].rules)
        elif outcome.word == "return":
            walk = iter(())
        else:
            return ACCEPT if outcome.word == "accept" else DROP


VERDICTS = {"accept": ACCEPT, "drop": DROP}


def _trace_outcome(rule: NftRule, table: NftTable, base: NftChain, skb: SkBuff, state: HookState, outcome: int | Verdict) -> None:
    """Tell of a rule that decided something, by the chain it stands in."""
    home = next((chain for chain in table.chains.values() if any(known is rule for known in chain.rules)), base)
    number = next((place for place, known in enumerate(home.rules, 1) if known is rule), 0)
    verdict = outcome if isinstance(outcome, int) else VERDICTS.get(outcome.word)
    trace_rule(state, table, home, number, rule, verdict, skb)


def run_rule(rule: NftRule, table: NftTable, skb: SkBuff, state: HookState) -> int | Verdict:
    """What a rule's statements come to."""
    for statement in rule.statements:
        outcome: int | Verdict = statement.run(table, skb, state)
        if outcome != CONTINUE:
            return outcome
    return CONTINUE


# hooks ---------------------------------------------------------------------------------------------------------------


def hang(table: NftTable, chain: NftChain) -> None:
    """Put a base chain into its hook; chains of type nat wait for new connections."""
    chain.entry = BaseChain(table, chain)
    for family in FAMILIES[table.family]:
        if chain.kind == "nat":
            place = family, chain.hook
            chains = state_of(table.netns).nat_chains
            chains[place] = sorted([*chains.get(place, ()), (chain.priority, chain.entry.run)], key=_priority)
        else:
            register_hook(table.netns, family, chain.hook, chain.priority, chain.entry.run)


def _priority(entry: tuple[int, Any]) -> int:
    return entry[0]


def unhang(table: NftTable, chain: NftChain) -> None:
    """Take a base chain out again."""
    if chain.entry is None:
        return
    for family in FAMILIES[table.family]:
        if chain.kind == "nat":
            chains, place = state_of(table.netns).nat_chains, (family, chain.hook)
            chains[place] = [entry for entry in chains[place] if entry[1] != chain.entry.run]
            if not chains[place]:
                del chains[place]
        else:
            unregister_hook(table.netns, family, chain.hook, chain.entry.run)
    chain.entry = None


def rules_changed(netns: Netns) -> None:
    """Start or stop tracking connections as the rules of all tables need it now."""
    state = state_of(netns)
    wanted = dict.fromkeys((PF_INET, PF_INET6), 0)
    for table in state.nft.values():
        count = sum(
            getattr(statement, "needs_tracking", False) for chain in table.chains.values() for rule in chain.rules for statement in rule.statements
        )
        for family in FAMILIES[table.family]:
            wanted[family] += count
    for family, count in wanted.items():
        state.conntrack.users[family] += count - state.nft_users.get(family, 0)
        state.nft_users[family] = count
        users.settle(netns, family)
