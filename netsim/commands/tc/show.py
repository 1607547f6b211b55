"""Disciplines and classes as tc lists them (`print_qdisc`, `print_class`)."""

from __future__ import annotations

from typing import Any

from netsim.commands.ip.main import Ip
from netsim.commands.tc import fair, htb, netem, tbf
from netsim.commands.tc.units import sprint_classid, sprint_size
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.sched.codel import CodelQdisc
from netsim.kernel.sched.fair import Fair, FqCodel
from netsim.kernel.sched.fifo import PRIO2BAND, Bfifo, Pfifo, PfifoFast
from netsim.kernel.sched.htb import Htb, HtbClass
from netsim.kernel.sched.ingress import Clsact, Ingress
from netsim.kernel.sched.netem import Netem
from netsim.kernel.sched.prio import Prio
from netsim.kernel.sched.qdisc import TC_H_ROOT, Qdisc
from netsim.kernel.sched.tbf import Tbf


def options_text(qdisc: Qdisc, details: int) -> str:
    """A discipline's parameters."""
    if isinstance(qdisc, Netem):
        return netem.text(qdisc)
    if isinstance(qdisc, Tbf):
        return tbf.text(qdisc, details)
    if isinstance(qdisc, Htb):
        return htb.text(qdisc, details)
    if isinstance(qdisc, Fair | CodelQdisc):
        return fair.text(qdisc, details)
    if isinstance(qdisc, Bfifo):
        return f"limit {sprint_size(qdisc.limit)}"
    if isinstance(qdisc, Pfifo):
        return f"limit {qdisc.limit}p"
    if _is_plain_ingress(qdisc):
        return "---------------- "
    if isinstance(qdisc, Prio | PfifoFast):
        bands, priomap = _bands(qdisc)
        return f"bands {bands} priomap {' '.join(map(str, priomap))}"
    return ""


def _is_plain_ingress(qdisc: Qdisc) -> bool:
    return isinstance(qdisc, Ingress) and not isinstance(qdisc, Clsact)


def _bands(qdisc: Prio | PfifoFast) -> tuple[int, tuple[int, ...]]:
    return (qdisc.options.bands, qdisc.options.priomap) if isinstance(qdisc, Prio) else (3, PRIO2BAND)


def options_json(qdisc: Qdisc, details: int) -> dict[str, Any]:
    """The same for -j."""
    if isinstance(qdisc, Netem):
        return netem.json(qdisc)
    if isinstance(qdisc, Tbf):
        return tbf.json(qdisc, details)
    if isinstance(qdisc, Htb):
        return htb.json(qdisc)
    if isinstance(qdisc, Fair | CodelQdisc):
        return fair.json(qdisc)
    if isinstance(qdisc, Pfifo):
        return {"limit": qdisc.limit}
    if isinstance(qdisc, Prio | PfifoFast):
        bands, priomap = _bands(qdisc)
        return {"bands": bands, "priomap": list(priomap), "multiqueue": False}
    return {}


def qdisc_text(session: Ip, dev: NetDevice, qdisc: Qdisc | None, named: str) -> str:
    """One discipline, None for the default noqueue; `named` is the device's name where the listing tells it."""
    style = session.style
    handle, parent, kind = (qdisc.handle, qdisc.parent, qdisc.kind) if qdisc is not None else (0, TC_H_ROOT, dev.qdisc)
    text = f"qdisc {kind} {handle >> 16:x}: " + (f"dev {named} " if named else "")
    if parent == TC_H_ROOT:
        text += f"root refcnt {references(dev, qdisc)} "
    else:
        text += f"parent {sprint_classid(parent)} "
    text += (options_text(qdisc, style.details) if qdisc is not None else "") + style.newline
    return text + (statistics(session, qdisc) if style.statistics else "")


def references(dev: NetDevice, qdisc: Qdisc | None) -> int:
    """Who holds a root discipline: the device, and each of its queues unless these have default ones of their own."""
    return 2 if qdisc is None or not qdisc.handle else dev.num_tx_queues + 1


def statistics(session: Ip, qdisc: Qdisc | None) -> str:
    """Counters after -s (`print_tcstats2_attr`)."""
    end = session.style.newline
    counted = _counters(qdisc)
    text = (
        f" Sent {counted['bytes']} bytes {counted['packets']} pkt (dropped {counted['drops']}, overlimits {counted['overlimits']} "
        f"requeues {counted['requeues']}) {end} backlog {sprint_size(counted['backlog'])} {counted['qlen']}p requeues {counted['requeues']}{end}"
    )
    return text + (fair.xstats(qdisc, end) if isinstance(qdisc, Fair | CodelQdisc) else "")


def _counters(qdisc: Qdisc | None) -> dict[str, int]:
    names = ("bytes", "packets", "drops", "overlimits", "requeues", "backlog", "qlen")
    return {name: int(getattr(qdisc, name)) if qdisc is not None else 0 for name in names}


def qdisc_json(session: Ip, dev: NetDevice, qdisc: Qdisc | None, named: str) -> dict[str, Any]:
    """One discipline for -j."""
    style = session.style
    handle, parent, kind = (qdisc.handle, qdisc.parent, qdisc.kind) if qdisc is not None else (0, TC_H_ROOT, dev.qdisc)
    out: dict[str, Any] = {"kind": kind, "handle": f"{handle >> 16:x}:"}
    out |= {"dev": named} if named else {}
    out |= {"root": True, "refcnt": references(dev, qdisc)} if parent == TC_H_ROOT else {"parent": sprint_classid(parent)}
    out["options"] = options_json(qdisc, style.details) if qdisc is not None else {}
    if style.statistics:
        out |= _counters(qdisc)
        if isinstance(qdisc, FqCodel):
            told = {
                "maxpacket": qdisc.maxpacket,
                "drop_overlimit": qdisc.drop_overlimit,
                "new_flow_count": qdisc.new_flow_count,
                "ecn_mark": qdisc.ecn_mark,
            }
            out |= told | {"new_flows_len": len(qdisc.new_flows), "old_flows_len": len(qdisc.old_flows)}
    return out


def class_text(session: Ip, qdisc: Qdisc, number: int) -> str:
    """One class: only prio counts for each."""
    end = session.style.newline
    if isinstance(qdisc, Htb):
        return _htb_class(session, qdisc, qdisc.members[number])
    leaf = qdisc.leaf(number)
    text = f"class {qdisc.kind} {sprint_classid(qdisc.handle | number)} parent {sprint_classid(qdisc.handle)} "
    text += f"leaf {leaf.handle >> 16:x}: " if leaf is not None and leaf.handle else ""
    text += end
    if not session.style.statistics:
        return text
    return text + (statistics(session, leaf) if isinstance(qdisc, Prio) else end)


def _htb_class(session: Ip, qdisc: Htb, each: HtbClass) -> str:
    style, end = session.style, session.style.newline
    text = f"class htb {sprint_classid(qdisc.handle | each.number)} "
    text += f"parent {sprint_classid(qdisc.handle | each.parent.number)} " if each.parent is not None else "root "
    if each.leaf is not None and each.leaf.handle:
        text += f"leaf {each.leaf.handle >> 16:x}: "
    text += htb.class_options(each, style.details) + end
    if not style.statistics:
        return text
    backlog, qlen = (each.leaf.backlog, each.leaf.qlen) if each.leaf is not None else (0, 0)
    text += f" Sent {each.bytes} bytes {each.packets} pkt (dropped {each.drops}, overlimits {each.overlimits} requeues 0) {end}"
    return text + f" backlog {sprint_size(backlog)} {qlen}p requeues 0{end}" + htb.class_xstats(each) + end


__all__ = ["class_text", "qdisc_json", "qdisc_text"]
