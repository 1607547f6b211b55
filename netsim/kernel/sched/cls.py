"""Filters of a discipline: which class or fate a frame gets (`cls_api.c`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from netsim.kernel.core.skbuff import SkBuff
from netsim.packet.numbers import ETH_P_ALL

if TYPE_CHECKING:
    from netsim.kernel.sched.act import Action
    from netsim.kernel.sched.qdisc import Qdisc

TC_ACT_UNSPEC, TC_ACT_OK, TC_ACT_RECLASSIFY, TC_ACT_SHOT, TC_ACT_PIPE, TC_ACT_STOLEN, TC_ACT_QUEUED, TC_ACT_REPEAT = range(-1, 7)
FIRST_AUTO_PRIO = 0xC000
FIRST_HASH_TABLE = 0x800
Verdict = tuple[int, int]
"""What a filter says (TC_ACT_*, negative: go on), and the class it chooses, 0 for none."""
GO_ON: Verdict = (TC_ACT_UNSPEC, 0)


@attrs.define(eq=False)
class Rule:
    """One filter of a priority; `classid` 0 chooses no class, without `actions` it only chooses."""

    handle: int
    match: Any
    classid: int = 0
    actions: tuple[Action, ...] = ()
    hits: int = 0
    """How often it was asked."""
    successes: int = 0
    key_hits: list[int] = attrs.field(factory=list)
    """How often each key of a rule by bytes was found."""

    def execute(self, skb: SkBuff, length: int) -> int:
        """Carry out the actions in order, as long as each says so (`tcf_exts_exec`)."""
        verdict = TC_ACT_OK
        for action in self.actions:
            verdict = action.act(skb, length)
            if verdict != TC_ACT_PIPE:
                break
        return verdict


@attrs.define(eq=False)
class Proto:
    """The filters of one priority and protocol, all of one kind (`struct tcf_proto`)."""

    kind: ClassVar[str] = ""

    block: Block
    prio: int
    protocol: int
    parent: int = 0
    """The place as it was named when the first rule was made."""
    rules: dict[int, Rule] = attrs.field(factory=dict)

    def classify(self, skb: SkBuff, length: int) -> Verdict:
        """What the first rule that matches says (`tcf_proto_ops.classify`)."""
        for rule in self.rules.values():
            rule.hits += 1
            if rule.match.matches(skb):
                rule.successes += 1
                verdict = rule.execute(skb, length)
                if verdict >= 0:
                    return verdict, rule.classid
        return GO_ON

    def listed(self) -> Iterator[Rule]:
        """The rules as a dump walks them."""
        return iter(self.rules.values())

    def free_handle(self) -> int:
        """The handle a rule gets that was given none."""
        return next(number for number in range(1, 1 << 32) if number not in self.rules)

    def put(self, rule: Rule) -> None:
        """Add a rule, or put it in the place of the one with its handle; NetError as the kind refuses."""
        self.rules[rule.handle] = rule


@attrs.define(eq=False)
class Block:
    """All filters of one place, by rising priority (`struct tcf_block`, of which chain 0 is all there is)."""

    qdisc: Qdisc
    protos: list[Proto] = attrs.field(factory=list)

    def classify(self, skb: SkBuff, length: int) -> Verdict:
        """The first filter that has something to say (`tcf_classify`)."""
        protocol = skb.vlan >> 16 if skb.vlan else skb.protocol
        for proto in self.protos:
            if proto.protocol in (protocol, ETH_P_ALL):
                verdict = proto.classify(skb, length)
                if verdict[0] >= 0:
                    return verdict
        return GO_ON

    def find(self, prio: int) -> Proto | None:
        """The filters of a priority."""
        return next((proto for proto in self.protos if proto.prio == prio), None)

    def auto_prio(self) -> int:
        """The priority of a filter that was given none: before those that were not either (`tcf_auto_prio`)."""
        return min([proto.prio for proto in self.protos if proto.prio > FIRST_AUTO_PRIO >> 1] or [FIRST_AUTO_PRIO + 1]) - 1

    def insert(self, proto: Proto) -> None:
        """Put a new priority into its place."""
        place = next((place for place, known in enumerate(self.protos) if known.prio >= proto.prio), len(self.protos))
        self.protos.insert(place, proto)

    def targets(self) -> set[int]:
        """The classes that filters send to."""
        return {rule.classid for proto in self.protos for rule in proto.rules.values()}


@attrs.frozen
class Anything:
    """Matches every frame."""

    flags: tuple[str, ...] = ()

    def matches(self, skb: SkBuff) -> bool:
        """It does."""
        return True
