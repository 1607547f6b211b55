"""The words of sfq, fq_codel, fq and codel (iproute2 `tc/q_sfq.c`, `q_fq_codel.c`, `q_fq.c`, `q_codel.c`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netsim.commands.ip.words import Stop, Words
from netsim.commands.tc import units
from netsim.commands.tc.usage_classes import FQ, FQ_CODEL, SFQ
from netsim.kernel.sched.codel import CodelOptions, CodelQdisc, CodelQdiscOptions
from netsim.kernel.sched.fair import Fair, Fq, FqCodel, FqCodelOptions, FqOptions, Sfq, SfqOptions

CODEL = """Usage: ... codel [ limit PACKETS ] [ target TIME ]
\t\t [ interval TIME ] [ ecn | noecn ]
\t\t [ ce_threshold TIME ]
"""
Reader = Callable[[str], int | None]


def _unsigned(word: str) -> int | None:
    return units.get_number(word, 0, 0xFFFFFFFF)


def _ns(word: str) -> int | None:
    time = units.get_time(word)
    return None if time is None else time * 1000


def _read(cursor: Words, readers: dict[str, Reader], switches: dict[str, tuple[str, int]], unmodelled: tuple[str, ...], usage: str) -> dict[str, Any]:
    """Words with a value, and words that are one."""
    told: dict[str, Any] = {}
    while cursor.more():
        word = cursor.take()
        if word in readers:
            value = readers[word](cursor.argument())
            if value is None:
                raise Stop(f'Illegal "{word}"\n', 1)
            told[word] = value
        elif word in switches:
            name, value = switches[word]
            told[name] = value
        elif word in unmodelled:
            raise Stop(f'netsim: "tc qdisc" option "{word}" is not modelled\n', 1)
        elif word == "help":
            raise Stop(usage, 1)
        else:
            raise Stop(f'What is "{word}"?\n{usage}', 1)
    return told


SFQ_READERS: dict[str, Reader] = {
    "limit": _unsigned, "quantum": units.get_size, "depth": _unsigned, "flows": _unsigned, "divisor": _unsigned, "perturb": _unsigned,
}  # fmt: skip


def parse_sfq(kind: str, cursor: Words) -> SfqOptions | None:
    """sfq's words, None for none (`sfq_parse_opt`)."""
    if not cursor.more():
        return None
    red = ("redflowlimit", "min", "max", "avpkt", "burst", "probability", "ecn", "harddrop")
    return SfqOptions(**_read(cursor, SFQ_READERS, {"headdrop": ("headdrop", 1)}, red, SFQ))


def parse_fq_codel(kind: str, cursor: Words) -> FqCodelOptions | None:
    """fq_codel's words (`fq_codel_parse_opt`)."""
    readers: dict[str, Reader] = {
        "limit": _unsigned, "flows": _unsigned, "quantum": _unsigned, "target": _ns, "interval": _ns, "ce_threshold": _ns,
        "memory_limit": units.get_size, "drop_batch": _unsigned,
    }  # fmt: skip
    return FqCodelOptions(**_read(cursor, readers, {"ecn": ("ecn", 1), "noecn": ("ecn", 0)}, ("ce_threshold_selector",), FQ_CODEL))


def parse_codel(kind: str, cursor: Words) -> CodelQdiscOptions:
    """codel's words (`codel_parse_opt`)."""
    readers: dict[str, Reader] = {"limit": _unsigned, "target": _ns, "interval": _ns, "ce_threshold": _ns}
    return CodelQdiscOptions(**_read(cursor, readers, {"ecn": ("ecn", 1), "noecn": ("ecn", 0)}, (), CODEL))


def parse_fq(kind: str, cursor: Words) -> FqOptions:
    """fq's words (`fq_parse_opt`)."""
    readers: dict[str, Reader] = {
        "limit": _unsigned, "flow_limit": _unsigned, "buckets": _unsigned, "orphan_mask": _unsigned, "quantum": units.get_size,
        "initial_quantum": units.get_size, "maxrate": units.get_rate, "low_rate_threshold": units.get_rate, "refill_delay": units.get_time,
        "ce_threshold": units.get_time, "timer_slack": _ns, "horizon": units.get_time,
    }  # fmt: skip
    switches = {"pacing": ("pacing", 1), "nopacing": ("pacing", 0), "horizon_drop": ("horizon_drop", 1), "horizon_cap": ("horizon_drop", 0)}
    return FqOptions(**_read(cursor, readers, switches, ("defrate",), FQ))


PARSERS: dict[str, Callable[[str, Words], Any]] = {"sfq": parse_sfq, "fq_codel": parse_fq_codel, "codel": parse_codel, "fq": parse_fq}


# showing ---------------------------------------------------------------------------------------------------------------


def _time(ns: int) -> str:
    return units.sprint_time(-(-ns // 1000))


def text(qdisc: Fair | CodelQdisc, details: int) -> str:
    """The parameters as tc prints them."""
    if isinstance(qdisc, Sfq):
        told = f"limit {qdisc.limit}p quantum {units.sprint_size(qdisc.quantum)} depth {qdisc.depth} " + (
            "headdrop " if qdisc.options.headdrop else ""
        )
        told += f"flows {qdisc.most_flows} " if details else ""
        return told + f"divisor {qdisc.buckets} " + (f"perturb {qdisc.options.perturb}sec " if qdisc.options.perturb else "")
    if isinstance(qdisc, FqCodel):
        told = f"limit {qdisc.limit}p flows {qdisc.buckets} quantum {qdisc.quantum} " + _codel(qdisc.codel)
        return (
            told + f"memory_limit {units.sprint_size(qdisc.memory_limit)} " + ("ecn " if qdisc.codel.ecn else "") + f"drop_batch {qdisc.drop_batch} "
        )
    if isinstance(qdisc, Fq):
        return _fq(qdisc.options)
    assert isinstance(qdisc, CodelQdisc)
    return f"limit {qdisc.limit}p " + _codel(qdisc.codel) + ("ecn " if qdisc.codel.ecn else "")


def _codel(codel: CodelOptions) -> str:
    threshold = f"ce_threshold {_time(codel.ce_threshold)} " if codel.ce_threshold else ""
    return f"target {_time(codel.target)} {threshold}interval {_time(codel.interval)} "


def _fq(o: FqOptions) -> str:
    told = f"limit {o.limit}p flow_limit {o.flow_limit}p buckets {o.buckets} orphan_mask {o.orphan_mask} " + ("" if o.pacing else "nopacing ")
    told += f"quantum {o.quantum}b initial_quantum {o.initial_quantum}b "
    told += f"maxrate {units.sprint_rate(o.maxrate)} " if o.maxrate is not None and o.maxrate != 0xFFFFFFFF else ""
    told += f"low_rate_threshold {units.sprint_rate(o.low_rate_threshold or 0)} refill_delay {units.sprint_time(o.refill_delay or 0)} "
    told += f"ce_threshold {units.sprint_time(o.ce_threshold)} " if o.ce_threshold is not None and o.ce_threshold != 0xFFFFFFFF else ""
    told += f"timer_slack {units.sprint_time((o.timer_slack or 0) // 1000)} horizon {units.sprint_time(o.horizon or 0)} "
    return told + ("horizon_drop " if o.horizon_drop else "horizon_cap ")


def json(qdisc: Fair | CodelQdisc) -> dict[str, Any]:
    """The same for -j."""
    if isinstance(qdisc, Sfq):
        told: dict[str, Any] = {"limit": qdisc.limit, "quantum": qdisc.quantum, "depth": qdisc.depth}
        told |= {"headdrop": True} if qdisc.options.headdrop else {}
        return told | {"divisor": qdisc.buckets} | ({"perturb": qdisc.options.perturb} if qdisc.options.perturb else {})
    if isinstance(qdisc, FqCodel):
        told = (
            {"limit": qdisc.limit, "flows": qdisc.buckets, "quantum": qdisc.quantum} | _codel_json(qdisc.codel) | {"memory_limit": qdisc.memory_limit}
        )
        return told | ({"ecn": True} if qdisc.codel.ecn else {}) | {"drop_batch": qdisc.drop_batch}
    if isinstance(qdisc, Fq):
        return _fq_json(qdisc.options)
    assert isinstance(qdisc, CodelQdisc)
    return {"limit": qdisc.limit} | _codel_json(qdisc.codel) | ({"ecn": True} if qdisc.codel.ecn else {})


def _us(ns: int) -> int:
    """As codel's own clock of 1024 ns makes of it, one less."""
    return ns // 1000 - 1


def _codel_json(codel: CodelOptions) -> dict[str, Any]:
    told = {"target": _us(codel.target)} | ({"ce_threshold": _us(codel.ce_threshold)} if codel.ce_threshold else {})
    return told | {"interval": _us(codel.interval)}


def _fq_json(o: FqOptions) -> dict[str, Any]:
    told: dict[str, Any] = {"limit": o.limit, "flow_limit": o.flow_limit, "buckets": o.buckets, "orphan_mask": o.orphan_mask}
    told |= {} if o.pacing else {"pacing": False}
    told |= {"quantum": o.quantum, "initial_quantum": o.initial_quantum} | ({"maxrate": o.maxrate} if o.maxrate != 0xFFFFFFFF else {})
    told |= {"low_rate_threshold": o.low_rate_threshold, "refill_delay": o.refill_delay}
    told |= {"ce_threshold": o.ce_threshold} if o.ce_threshold != 0xFFFFFFFF else {}
    told |= {"timer_slack": o.timer_slack, "horizon": o.horizon}
    return told | ({"horizon_drop": None} if o.horizon_drop else {"horizon_cap": None})


def xstats(qdisc: Fair | CodelQdisc, end: str) -> str:
    """What -s tells of the kind alone."""
    if isinstance(qdisc, FqCodel):
        told = f"  maxpacket {qdisc.maxpacket} drop_overlimit {qdisc.drop_overlimit} new_flow_count {qdisc.new_flow_count} ecn_mark {qdisc.ecn_mark}{end}"
        return told + f"  new_flows_len {len(qdisc.new_flows)} old_flows_len {len(qdisc.old_flows)}{end}"
    if isinstance(qdisc, Fq):
        waiting = [flow for flow in qdisc.flows.values() if flow.queue]
        throttled = sum(flow.ready > qdisc.clock.now for flow in waiting)
        told = f"  flows {len(qdisc.flows)} (inactive {len(qdisc.flows) - len(waiting)} throttled {throttled}){end}"
        return told + f"  gc 0 highprio 0 throttled 0{end}"
    if isinstance(qdisc, CodelQdisc):
        state = qdisc.vars
        told = f"  count {state.count} lastcount {state.lastcount} ldelay {_time(state.ldelay)} "
        left = max(0, state.drop_next - qdisc.clock.now) if state.dropping else 0
        told += ("dropping " if state.dropping else "") + f"drop_next {_time(left)}{end}"
        return told + f"  maxpacket {qdisc.maxpacket} ecn_mark {qdisc.ecn_mark} drop_overlimit {qdisc.drop_overlimit}{end}"
    return ""
