"""Queueing disciplines that somebody put on devices."""

from __future__ import annotations

from collections.abc import Iterator

from netsim.commands.tc.show import options_text
from netsim.commands.tc.units import sprint_classid
from netsim.kernel.sched.qdisc import TC_H_ROOT, Qdisc
from netsim.replay.devices import devices
from netsim.replay.operations import AddQueue, Operation
from netsim.replay.sites import Sites

PUT = frozenset(("netem", "tbf", "prio", "pfifo", "bfifo"))
"""Kinds nobody gets without asking."""
ASKED_AS = {"lat": "latency"}
"""Words that tc prints short and does not read so."""


def queues(sites: Sites) -> Iterator[Operation]:
    """Each discipline after the one it is in."""
    for site, dev in devices(sites):
        if dev.root_qdisc is not None:
            yield from _put(site, dev.name, dev.root_qdisc)


def _put(site: str, device: str, qdisc: Qdisc) -> Iterator[Operation]:
    if qdisc.kind in PUT and qdisc.handle:
        where = ["root"] if qdisc.parent == TC_H_ROOT else ["parent", sprint_classid(qdisc.parent)]
        words = [ASKED_AS.get(word, word) for word in options_text(qdisc, 0).split()]
        yield AddQueue(site, ("qdisc", "replace", "dev", device, *where, "handle", sprint_classid(qdisc.handle), qdisc.kind, *words))
    for child in qdisc.children():
        yield from _put(site, device, child)
