"""RTM_NEWTFILTER and RTM_DELTFILTER: filters of disciplines and classes (`net/sched/cls_api.c`)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.errors import EEXIST, EINVAL, ENOENT, NetError
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.rtnl.flags import NLM_F_CREATE, NLM_F_EXCL
from netsim.kernel.sched.act import Action, Gact, Mirred, Police, PoliceOptions
from netsim.kernel.sched.cls import FIRST_HASH_TABLE, Block, Proto, Rule
from netsim.kernel.sched.cls_kinds import KINDS, U32
from netsim.kernel.sched.qdisc import MAJOR, MINOR, Qdisc, qdisc_lookup, tree

MODULES = {"gact": "act_gact", "mirred": "act_mirred", "police": "act_police"}


@attrs.frozen
class ActionRequest:
    """One action asked for: its kind, what follows it (TC_ACT_*), an index of its own or 0; `target` and its ways for mirred, `police` for police."""

    kind: str
    verdict: int
    index: int = 0
    target: NetDevice | None = None
    is_redirect: bool = False
    is_ingress: bool = False
    police: PoliceOptions | None = None


@attrs.frozen
class FilterRequest:
    """A message about a filter; 0, "" and None mean absent. `match` None: nothing was said of the rule."""

    parent: int = 0
    prio: int = 0
    protocol: int = 0
    kind: str = ""
    handle: int = 0
    match: Any = None
    classid: int = 0
    actions: tuple[ActionRequest, ...] = ()


def block_of(dev: NetDevice, parent: int) -> Block:
    """The filters of a place (`__tcf_qdisc_find`, `__tcf_qdisc_cl_find`); NetError with the kernel's sentences."""
    qdisc: Qdisc | None = dev.root_qdisc if not parent else qdisc_lookup(dev, parent & MAJOR)
    if qdisc is None and parent:
        raise NetError(EINVAL, "Parent Qdisc doesn't exists")
    if qdisc is None or not qdisc.is_classful:
        raise NetError(EINVAL, "Qdisc not classful")
    number = 0
    if parent & MINOR:
        number = qdisc.find(parent)
        if not number:
            raise NetError(ENOENT, "Specified class doesn't exist")
    return qdisc.filters_of(number)


def newfilter(dev: NetDevice, request: FilterRequest, flags: int) -> None:
    """Add, change or replace a filter (`tc_new_tfilter`)."""
    dev.netns.kernel.require_admin()
    if not request.prio and not flags & NLM_F_CREATE:
        raise NetError(ENOENT, "Invalid filter command with priority of zero")
    block = block_of(dev, request.parent)
    proto = block.find(request.prio) if request.prio else None
    if proto is None:
        proto = _new_proto(dev, block, request, flags)
        try:
            _new_rule(dev, proto, request, flags)
        except NetError:
            if not proto.rules:
                block.protos.remove(proto)
            raise
        return
    if request.protocol and proto.protocol != request.protocol:
        mismatch = "Protocol mismatch for filter with specified priority"
        raise NetError(EINVAL, mismatch if dev.netns.kernel.profile.extended_acks >= 618 else "Filter with specified priority/protocol not found")
    if request.kind and request.kind != proto.kind:
        raise NetError(EINVAL, "Specified filter kind does not match existing one")
    _new_rule(dev, proto, request, flags)


def _new_proto(dev: NetDevice, block: Block, request: FilterRequest, flags: int) -> Proto:
    if not request.kind or not request.protocol:
        raise NetError(EINVAL, "Filter kind and protocol must be specified")
    if not flags & NLM_F_CREATE:
        raise NetError(ENOENT, "Need both RTM_NEWTFILTER and NLM_F_CREATE to create a new filter")
    made = KINDS.get(request.kind)
    if made is None or f"cls_{request.kind}" not in dev.netns.kernel.profile.modules:
        raise NetError(ENOENT, "TC classifier not found")
    proto = made(block, request.prio or block.auto_prio(), request.protocol, request.parent or block.qdisc.handle)
    if isinstance(proto, U32):
        proto.table = _free_table(block.qdisc)
    block.insert(proto)
    return proto


def _free_table(qdisc: Qdisc) -> int:
    """The number of the next table of u32 in a discipline; they are used again when all are gone (`gen_new_htid`)."""
    known = [proto.table for block in blocks_of(qdisc) for proto in block.protos if isinstance(proto, U32)]
    return max(known, default=FIRST_HASH_TABLE - 1) + 1


def blocks_of(qdisc: Qdisc) -> list[Block]:
    """All places of a discipline that have filters."""
    found = [qdisc.block, getattr(qdisc, "egress", None), *[each.block for each in getattr(qdisc, "members", {}).values()]]
    return [block for block in found if block is not None]


def _holder(proto: Proto, handle: int) -> Proto:
    """Who has a handle: tables of u32 are shared by all filters of a discipline (`u32_get`)."""
    if isinstance(proto, U32) and handle not in proto.rules:
        for block in blocks_of(proto.block.qdisc):
            for known in block.protos:
                if isinstance(known, U32) and handle in known.rules:
                    return known
    return proto


def _new_rule(dev: NetDevice, proto: Proto, request: FilterRequest, flags: int) -> None:
    proto = _holder(proto, request.handle)
    known = proto.rules.get(request.handle) if request.handle else None
    if known is None and not flags & NLM_F_CREATE:
        raise NetError(ENOENT, "Need both RTM_NEWTFILTER and NLM_F_CREATE to create a new filter")
    if known is not None and flags & NLM_F_EXCL:
        raise NetError(EEXIST, "Filter already exists")
    if request.match is None:
        if request.handle:
            raise NetError(EINVAL)
        return
    rule = Rule(request.handle or proto.free_handle(), request.match, request.classid, _actions(dev.netns, request.actions))
    proto.put(rule)


def _actions(netns: Netns, wanted: tuple[ActionRequest, ...]) -> tuple[Action, ...]:
    """Actions made as asked for (`tcf_action_init`)."""
    made: list[Action] = []
    for request in wanted:
        if MODULES[request.kind] not in netns.kernel.profile.modules:
            raise NetError(ENOENT, "Failed to load TC action module")
        made.append(_action(netns, request, made))
    return tuple(made)


def _taken(netns: Netns, kind: str) -> set[int]:
    """The numbers that actions of a kind have in a namespace."""
    qdiscs = [qdisc for dev in netns.devices.values() for qdisc in (*tree(dev), *([dev.ingress_queue] if dev.ingress_queue is not None else []))]
    rules = [rule for qdisc in qdiscs for block in blocks_of(qdisc) for proto in block.protos for rule in proto.rules.values()]
    return {action.index for rule in rules for action in rule.actions if action.kind == kind}


def _action(netns: Netns, request: ActionRequest, made: list[Action]) -> Action:
    taken = _taken(netns, request.kind) | {action.index for action in made if action.kind == request.kind}
    index = request.index or next(number for number in range(1, 1 << 32) if number not in taken)
    if index in taken:
        raise NetError(EEXIST)
    now = netns.kernel.clock.now
    if request.kind == "mirred":
        assert request.target is not None
        return Mirred(index, request.verdict, now, target=request.target, is_redirect=request.is_redirect, is_ingress=request.is_ingress)
    if request.kind == "police":
        options = request.police
        assert options is not None
        peak = options.peak.time(options.mtu) if options.peak is not None else 0
        return Police(index, request.verdict, now, options=options, tokens=options.burst, ptokens=peak, checked=now)
    return Gact(index, request.verdict, now)


def delfilter(dev: NetDevice, request: FilterRequest) -> None:
    """Remove a filter, all of a priority, or all there are (`tc_del_tfilter`)."""
    dev.netns.kernel.require_admin()
    if not request.prio and (request.protocol or request.handle or request.kind):
        raise NetError(ENOENT, "Cannot flush filters with protocol, handle or kind set")
    block = block_of(dev, request.parent)
    if not request.prio:
        block.protos.clear()
        return
    known = block.find(request.prio)
    if known is None or (request.protocol and known.protocol != request.protocol):
        raise NetError(ENOENT, "Filter with specified priority/protocol not found")
    if request.kind and request.kind != known.kind:
        raise NetError(EINVAL, "Specified filter kind does not match existing one")
    if not request.handle:
        block.protos.remove(known)
        return
    known = _holder(known, request.handle)
    rule = known.rules.pop(request.handle, None)
    if rule is None:
        raise NetError(ENOENT, "Specified filter handle not found")
    if not known.rules and known in block.protos:
        block.protos.remove(known)
