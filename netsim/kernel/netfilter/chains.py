"""Walking the rules: from a hook's built-in chain to a verdict (`ipt_do_table`, `nft_do_chain`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from netsim.kernel.core.hooks import PF_INET
from netsim.kernel.core.tracepoint import trace_drop
from netsim.kernel.ipv4.netfilter import ip_route_me_harder
from netsim.kernel.ipv6.netfilter import ip6_route_me_harder
from netsim.kernel.netfilter.headers import protocol_of, same_interface
from netsim.kernel.netfilter.index import WORTHWHILE, candidates
from netsim.kernel.netfilter.targets.standard import Jump
from netsim.kernel.netfilter.tracing import policy_met, rule_met
from netsim.kernel.netfilter.verdict import ACCEPT, CONTINUE, DROP, REFUSED, RETURN, STOLEN, HookState
from netsim.kernel.tables.xtables import Chain, Rule, RuleSpec, Table
from netsim.packet import Ip
from netsim.trace import RuleMet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from netsim.kernel.core.netdevice import NetDevice
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.core.skbuff import SkBuff

STACK = 64  # chains within chains; loading refuses loops, so this is never reached by rules that loaded


@attrs.define(eq=False)
class TableHook:
    """A table hung into its hooks."""

    table: Table

    def run_and_reroute(
        self, netns: Netns, hook: int, skb: SkBuff, indev: NetDevice | None, outdev: NetDevice | None, okfn: Callable[..., Any]
    ) -> int:
        """The mangle table on packets made here: what it changes may change their way (`ipt_mangle_out`)."""
        before = _way(skb)
        verdict = self.run(netns, hook, skb, indev, outdev, okfn)
        if verdict == ACCEPT and _way(skb) != before:
            (ip_route_me_harder if self.table.family == PF_INET else ip6_route_me_harder)(netns, skb)
        return verdict

    def run(self, netns: Netns, hook: int, skb: SkBuff, indev: NetDevice | None, outdev: NetDevice | None, okfn: Callable[..., Any]) -> int:
        """Show one packet to the table's rules for this hook."""
        table = self.table
        state = HookState(netns, table.family, hook, indev, outdev, okfn, table.name)
        verdict = do_table(table, state, skb)
        if netns.trace is not None and verdict in (DROP, REFUSED, STOLEN):
            trace_drop(netns, "NETFILTER_DROP", device_of(state), skb.packet, "filter")
        return verdict


def _way(skb: SkBuff) -> tuple[int, ...]:
    """What a route may depend on."""
    packet = skb.packet
    if isinstance(packet, Ip):
        return packet.src, packet.dst, packet.tos, skb.mark
    return packet.src, packet.dst, packet.hop_limit, packet.tclass, packet.flowlabel, skb.mark


def do_table(table: Table, state: HookState, skb: SkBuff) -> int:
    """The table's verdict on a packet at a hook; counts every rule it met and, at the end of the chain, the policy."""
    chain = base = table.hooks[state.hook]
    walk = _numbered(table, chain, state, skb)
    stack: list[tuple[Chain, Iterator[tuple[int, Rule]]]] = []
    size, trace = skb.packet.size, state.netns.trace
    while True:
        for position, rule in walk:
            if not matches(rule.spec, state, skb):
                continue
            rule.packets += 1
            rule.bytes += size
            target = rule.spec.target
            if target is None:
                if skb.nf_trace:
                    rule_met(table, chain, position, skb, state, CONTINUE)
                if trace is not None:
                    trace_rule(state, table, chain, position + 1, rule.spec, CONTINUE, skb)
                continue
            if isinstance(target, Jump):
                if skb.nf_trace:
                    rule_met(table, chain, position, skb, state, CONTINUE)
                if trace is not None:
                    trace_rule(state, table, chain, position + 1, rule.spec, None, skb)
                if not rule.spec.is_goto and len(stack) < STACK:
                    stack.append((chain, walk))
                chain = table.chains[target.chain]
                walk = _numbered(table, chain, state, skb)
                break
            state.chain, state.rule_number = chain.name, position + 1
            verdict = target.apply(skb, state)
            if skb.nf_trace:
                rule_met(table, chain, position, skb, state, verdict)
            if trace is not None:
                trace_rule(state, table, chain, position + 1, rule.spec, int(verdict), skb)
            if verdict == CONTINUE:
                size = skb.size
                continue
            if verdict != RETURN:
                return int(verdict)
            walk = iter(())
            break
        else:
            if not stack:
                if skb.nf_trace:
                    policy_met(table, base, skb, state)
                if trace is not None:
                    trace_rule(state, table, base, 0, None, ACCEPT if base.policy is None else base.policy, skb)
                return _policy(base, size)
            chain, walk = stack.pop()


def _numbered(table: Table, chain: Chain, state: HookState, skb: SkBuff) -> Iterator[tuple[int, Rule]]:
    """The rules that may match with their positions, in order."""
    rules = chain.rules
    if len(rules) < WORTHWHILE:
        return enumerate(rules)
    positions = candidates(table, chain, state, skb)
    return zip(positions, map(rules.__getitem__, positions), strict=True)


def device_of(state: HookState) -> str:
    """The device a packet at a hook is told to be at."""
    dev = state.indev or state.outdev
    return dev.name if dev is not None else ""


def trace_rule(state: HookState, table: Any, chain: Any, number: int, rule: Any, verdict: int | None, skb: SkBuff) -> None:
    """Tell of a rule a packet met, or of a policy (`trace_packet`, `nft_trace_notify`)."""
    netns = state.netns
    if netns.trace is not None:
        netns.trace.record(
            RuleMet(netns.kernel.clock.now, netns.cookie, state.hook, table, chain.name, number, rule, verdict, device_of(state), skb.packet)
        )


def _policy(chain: Chain, size: int) -> int:
    if chain.counted:
        chain.packets += 1
        chain.bytes += size
    return ACCEPT if chain.policy is None else chain.policy


def matches(spec: RuleSpec, state: HookState, skb: SkBuff) -> bool:
    """Whether a packet meets a rule: addresses, interfaces and protocol first, then the extensions in order."""
    packet = skb.packet
    if spec.src_mask and (packet.src & spec.src_mask == spec.src) == spec.src_inverted:
        return False
    if spec.dst_mask and (packet.dst & spec.dst_mask == spec.dst) == spec.dst_inverted:
        return False
    if spec.iniface and same_interface(spec.iniface, state.indev) == spec.iniface_inverted:
        return False
    if spec.outiface and same_interface(spec.outiface, state.outdev) == spec.outiface_inverted:
        return False
    if spec.protocol and (protocol_of(packet) == spec.protocol) == spec.protocol_inverted:
        return False
    if spec.fragment and (packet.offset != 0) == (spec.fragment == 2):
        return False
    for match in spec.matches:  # noqa: SIM110 -- `all` of a generator costs four times as much
        if not match.match(skb, state):
            return False
    return True
