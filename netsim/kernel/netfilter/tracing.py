"""Telling of traced packets: to listeners (`nft_trace_notify`), or to the kernel's log for the legacy build (`trace_packet`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from netsim.kernel.netfilter.log_text import log_line, may_log
from netsim.kernel.netfilter.targets.standard import Jump
from netsim.kernel.netfilter.verdict import ACCEPT, CONTINUE, DROP, REFUSED, RETURN, HookState
from netsim.kernel.tables.xtables import Chain, Rule, Table

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff

ALL_DETAILS = 15
VERDICTS = {ACCEPT: "ACCEPT", DROP: "DROP", REFUSED: "DROP", CONTINUE: "CONTINUE", RETURN: "RETURN"}


@attrs.frozen
class TraceEvent:
    """A packet met a rule (or, `rule` None, the policy); `is_first`: the first word of this walk, which shows the packet."""

    number: int
    family: int
    table: str
    chain: Chain
    rule: Rule | None
    verdict: str
    is_first: bool
    packet: Any
    indev: str
    outdev: str
    link: tuple[int, int, int] | None
    """Source, destination and type of the link header, of what came in."""


def rule_met(table: Table, chain: Chain, position: int, skb: SkBuff, state: HookState, verdict: int) -> None:
    """A traced packet met a rule."""
    rule = chain.rules[position]
    target = rule.spec.target
    word = VERDICTS.get(verdict, "STOLEN")
    if isinstance(target, Jump):
        word = f"{'GOTO' if rule.spec.is_goto else 'JUMP'}:{target.chain}"
    if table.build == "legacy":
        _log(f"{table.name}:{chain.name}:rule:{position + 1}", skb, state)
    else:
        _tell(table, chain, rule, word, skb, state)


def policy_met(table: Table, chain: Chain, skb: SkBuff, state: HookState) -> None:
    """A traced packet came to the end of a built-in chain."""
    if table.build == "legacy":
        _log(f"{table.name}:{chain.name}:policy:{len(chain.rules) + 1}", skb, state)
    else:
        _tell(table, chain, None, VERDICTS[ACCEPT if chain.policy is None else chain.policy], skb, state)


def _log(where: str, skb: SkBuff, state: HookState) -> None:
    kernel = state.netns.kernel
    if may_log(state.netns):
        kernel.log.append((kernel.clock.now, f"TRACE: {where} {log_line(skb, state, ALL_DETAILS)}"))


def _tell(table: Table, chain: Chain, rule: Rule | None, verdict: str, skb: SkBuff, state: HookState) -> None:
    listeners = state.netns.netfilter.tracers
    if not listeners:
        return
    incoming = state.indev is not None and state.indev.header_length == 14
    event = TraceEvent(
        skb.nf_trace, table.family, table.name, chain, rule, verdict, not state.is_traced, skb.packet,
        state.indev.name if state.indev is not None else "", state.outdev.name if state.outdev is not None else "",
        (int(skb.src), int(skb.dst), skb.protocol) if incoming else None,
    )  # fmt: skip
    state.is_traced = True
    for listener in tuple(listeners):
        listener.trace_event(event)
