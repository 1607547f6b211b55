"""Queueing disciplines that somebody put on devices."""

from __future__ import annotations

from collections.abc import Iterator

from netsim.commands.tc.show import options_text
from netsim.commands.tc.units import TICK_NS, burst_size, sprint_classid, xmit_time
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.rtnl.filter import blocks_of
from netsim.kernel.sched.codel import CodelOptions, CodelQdisc
from netsim.kernel.sched.fair import Fq, FqCodel, FqOptions, Sfq
from netsim.kernel.sched.htb import Htb, HtbClass
from netsim.kernel.sched.qdisc import TC_H_ROOT, Qdisc, tree
from netsim.kernel.sched.tbf import Rate
from netsim.replay.devices import devices
from netsim.replay.operations import AddQueue, Operation
from netsim.replay.sites import Sites

PUT = frozenset(("netem", "tbf", "prio", "pfifo", "bfifo", "htb", "sfq", "fq_codel", "fq", "codel", "ingress", "clsact"))
"""Kinds nobody gets without asking."""
ENDLESS = 0xFFFFFFFF
ASKED_AS = {"lat": "latency"}
"""Words that tc prints short and does not read so."""


def queues(sites: Sites) -> Iterator[Operation]:
    """Each discipline after the one it is in, its classes right after it."""
    for site, dev in devices(sites):
        if dev.root_qdisc is not None:
            yield from _put(site, dev.name, dev.root_qdisc)
        if dev.ingress_queue is not None:
            yield AddQueue(site, ("qdisc", "replace", "dev", dev.name, dev.ingress_queue.kind))


def has_filters(dev: NetDevice) -> bool:
    """Whether filters look at a device's frames, which are not built."""
    found = [*tree(dev), *([dev.ingress_queue] if dev.ingress_queue is not None else [])]
    return any(block.protos for qdisc in found for block in blocks_of(qdisc))


def _put(site: str, device: str, qdisc: Qdisc) -> Iterator[Operation]:
    if qdisc.kind in PUT and qdisc.handle:
        where = ["root"] if qdisc.parent == TC_H_ROOT else ["parent", sprint_classid(qdisc.parent)]
        verb = ("qdisc", "replace", "dev", device, *where, "handle", sprint_classid(qdisc.handle), qdisc.kind)
        yield AddQueue(site, (*verb, *_words(qdisc)))
    if isinstance(qdisc, Htb):
        for each in sorted(qdisc.members.values(), key=_depth):
            above = sprint_classid(qdisc.handle | (each.parent.number if each.parent is not None else 0))
            yield AddQueue(
                site, ("class", "replace", "dev", device, "parent", above, "classid", sprint_classid(qdisc.handle | each.number), *_class(each))
            )
    for child in qdisc.children():
        yield from _put(site, device, child)


def _depth(each: HtbClass) -> int:
    return len(each.path())


def _words(qdisc: Qdisc) -> list[str]:
    """A discipline's parameters as tc reads them."""
    if isinstance(qdisc, Htb):
        direct = ["direct_qlen", str(qdisc.options.direct_qlen)] if qdisc.options.direct_qlen is not None else []
        return ["default", f"{qdisc.options.default:x}", "r2q", str(qdisc.options.r2q), *direct]
    if isinstance(qdisc, Sfq):
        names = ("limit", "quantum", "depth", "flows", "divisor", "perturb")
        told = [word for name in names if getattr(qdisc.options, name) for word in (name, str(getattr(qdisc.options, name)))]
        return [*told, "headdrop"] if qdisc.options.headdrop else told
    if isinstance(qdisc, FqCodel):
        told = ["limit", str(qdisc.limit), "flows", str(qdisc.buckets), "quantum", str(qdisc.quantum), *_codel(qdisc.codel)]
        return [*told, "memory_limit", f"{qdisc.memory_limit}b", "drop_batch", str(qdisc.drop_batch)]
    if isinstance(qdisc, CodelQdisc):
        return ["limit", str(qdisc.limit), *_codel(qdisc.codel)]
    if isinstance(qdisc, Fq):
        return _fq(qdisc.options)
    return [ASKED_AS.get(word, word) for word in options_text(qdisc, 0).split()]


def _codel(codel: CodelOptions) -> list[str]:
    told = ["target", f"{codel.target // 1000}us", "interval", f"{codel.interval // 1000}us", "ecn" if codel.ecn else "noecn"]
    return [*told, "ce_threshold", f"{codel.ce_threshold // 1000}us"] if codel.ce_threshold else told


def _fq(o: FqOptions) -> list[str]:
    told = ["limit", str(o.limit), "flow_limit", str(o.flow_limit), "buckets", str(o.buckets), "orphan_mask", str(o.orphan_mask)]
    told += ["pacing" if o.pacing else "nopacing", "quantum", f"{o.quantum}b", "initial_quantum", f"{o.initial_quantum}b"]
    told += ["maxrate", f"{(o.maxrate or 0) * 8}bit"] if o.maxrate != ENDLESS else []
    told += ["low_rate_threshold", f"{(o.low_rate_threshold or 0) * 8}bit", "refill_delay", f"{o.refill_delay}us"]
    told += ["ce_threshold", f"{o.ce_threshold}us"] if o.ce_threshold != ENDLESS else []
    told += ["timer_slack", f"{(o.timer_slack or 0) // 1000}us", "horizon", f"{o.horizon}us"]
    return [*told, "horizon_drop" if o.horizon_drop else "horizon_cap"]


def _class(each: HtbClass) -> list[str]:
    """A class of htb as tc reads it."""
    o = each.options
    told = ["htb", "rate", f"{o.rate.rate * 8}bit", "ceil", f"{o.ceil.rate * 8}bit"]
    told += ["burst", f"{_size(o.rate, o.buffer)}b", "cburst", f"{_size(o.ceil, o.cbuffer)}b", "prio", str(each.prio)]
    told += ["quantum", str(o.quantum)] if o.quantum else []
    told += ["mpu", str(o.rate.mpu)] if o.rate.mpu else []
    told += ["overhead", str(o.rate.overhead)] if o.rate.overhead else []
    return [*told, "linklayer", "atm"] if o.rate.is_atm else told


def _size(rate: Rate, time: int) -> int:
    """The bytes that tc makes a time (ns) of at a rate; at high rates there are many."""
    ticks = time // TICK_NS
    size = burst_size(rate.rate, ticks)
    while xmit_time(rate.rate, size) < ticks:
        size += 1
    return size
