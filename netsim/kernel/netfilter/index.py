"""An index over a long chain: which rules a packet can meet at all, by addresses, interfaces, protocol and port."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from netsim.kernel.netfilter.headers import ports_of, protocol_of
from netsim.kernel.netfilter.matches.tcp import TcpMatch
from netsim.kernel.netfilter.matches.udp import UdpMatch
from netsim.kernel.netfilter.verdict import HookState
from netsim.kernel.tables.xtables import Chain, Rule, RuleSpec, Table

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff

WORTHWHILE = 32
"""Rules from which on an index is made; shorter chains are walked."""
SRC, DST, IN, OUT, PROTOCOL, SPORT, DPORT = range(7)
Key = tuple[int, Any, Any]


@attrs.define(eq=False)
class ChainIndex:
    """Positions of rules under the rarest thing each asks for; `always` asks for nothing that can be looked up.

    A rule is left out for a packet only when its addresses, interfaces, protocol or first port cannot match: the kernel would
    have passed it by before asking any extension with a memory, so verdicts and counters are those of walking every rule.
    """

    generation: int
    walked: int = 0
    buckets: dict[Key, list[int]] | None = None
    always: list[int] = attrs.field(factory=list)
    masks: tuple[tuple[int, int], ...] = ()
    kinds: frozenset[int] = frozenset()


def candidates(table: Table, chain: Chain, state: HookState, skb: SkBuff) -> Sequence[int]:
    """Positions of the rules of a long chain that may match, in order."""
    index: ChainIndex | None = chain.index
    if index is None or index.generation != table.generation:
        chain.index = ChainIndex(table.generation)
        return range(len(chain.rules))
    if index.buckets is None:
        _fill(index, chain.rules)
    return _look_up(index, state, skb)


def _fill(index: ChainIndex, rules: list[Rule]) -> None:
    """Put each rule under the one of its keys that fewest rules share."""
    keys = [list(_keys(rule.spec)) for rule in rules]
    sizes = Counter(key for of_rule in keys for key in of_rule)
    buckets: dict[Key, list[int]] = {}
    for position, of_rule in enumerate(keys):
        if of_rule:
            buckets.setdefault(min(of_rule, key=sizes.__getitem__), []).append(position)
        else:
            index.always.append(position)
    index.buckets = buckets
    index.masks = tuple(sorted({(kind, part) for kind, part, _ in buckets if kind in (SRC, DST)}))
    index.kinds = frozenset(kind for kind, _, _ in buckets)


def _keys(spec: RuleSpec) -> Iterator[Key]:
    if spec.src_mask and not spec.src_inverted:
        yield SRC, spec.src_mask, spec.src
    if spec.dst_mask and not spec.dst_inverted:
        yield DST, spec.dst_mask, spec.dst
    if spec.iniface and not spec.iniface_inverted and not spec.iniface.endswith("+"):
        yield IN, spec.iniface, None
    if spec.outiface and not spec.outiface_inverted and not spec.outiface.endswith("+"):
        yield OUT, spec.outiface, None
    if spec.protocol and not spec.protocol_inverted:
        yield PROTOCOL, spec.protocol, None
        first = spec.matches[0] if spec.matches else None
        if isinstance(first, (TcpMatch, UdpMatch)):
            for kind, ports, inverted in ((SPORT, first.sports, first.sports_inverted), (DPORT, first.dports, first.dports_inverted)):
                if ports[0] == ports[1] and not inverted:
                    yield kind, spec.protocol, ports[0]


def _look_up(index: ChainIndex, state: HookState, skb: SkBuff) -> Sequence[int]:
    packet = skb.packet
    assert index.buckets is not None
    get = index.buckets.get
    found = [index.always] if index.always else []
    for kind, mask in index.masks:
        bucket = get((kind, mask, (packet.src if kind == SRC else packet.dst) & mask))
        if bucket:
            found.append(bucket)
    for key in _packet_keys(index.kinds, state, packet):
        bucket = get(key)
        if bucket:
            found.append(bucket)
    if len(found) == 1:
        return found[0]
    return sorted([position for bucket in found for position in bucket])


def _packet_keys(kinds: frozenset[int], state: HookState, packet: Any) -> list[Key]:
    keys: list[Key] = []
    if IN in kinds and state.indev is not None:
        keys.append((IN, state.indev.name, None))
    if OUT in kinds and state.outdev is not None:
        keys.append((OUT, state.outdev.name, None))
    if kinds & {PROTOCOL, SPORT, DPORT}:
        protocol = protocol_of(packet)
        keys.append((PROTOCOL, protocol, None))
        ports = ports_of(packet) if kinds & {SPORT, DPORT} else None
        if ports is not None:
            keys.append((SPORT, protocol, ports[0]))
            keys.append((DPORT, protocol, ports[1]))
    return keys
