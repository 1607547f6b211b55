"""tc qdisc and tc class (iproute2 `tc/tc_qdisc.c`, `tc_class.c`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from netsim.commands.ip.main import Ip
from netsim.commands.ip.output import to_json
from netsim.commands.ip.words import Stop, Words, answers, duparg, invarg, matches
from netsim.commands.tc import fair, htb, netem, tbf, units
from netsim.commands.tc.place import another_device, device, verb_of
from netsim.commands.tc.show import qdisc_json, qdisc_text
from netsim.commands.tc.small import parse_fifo, parse_prio
from netsim.commands.tc.usage import QDISC
from netsim.errors import NetError
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.rtnl.flags import NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE
from netsim.kernel.rtnl.qdisc import QdiscRequest, delete, modify
from netsim.kernel.sched.ingress import INGRESS_HANDLE
from netsim.kernel.sched.qdisc import TC_H_INGRESS, TC_H_ROOT, Qdisc, tree

COMMANDS = (("add", NLM_F_EXCL | NLM_F_CREATE), ("change", 0), ("replace", NLM_F_CREATE | NLM_F_REPLACE), ("link", NLM_F_REPLACE))
UNMODELLED = frozenset(
    [
        "hfsc",
        "cbq",
        "drr",
        "qfq",
        "fq_pie",
        "pie",
        "red",
        "gred",
        "sfb",
        "choke",
        "cake",
        "mq",
        "mqprio",
        "taprio",
        "etf",
        "cbs",
        "ets",
        "hhf",
        "skbprio",
        "plug",
        "multiq",
        "dsmark",
        "atm",
        "pfifo_head_drop",
        "teql0",
        "blackhole",
    ]
)
"""Disciplines of the kernel that are refused by name."""


def _netem(kind: str, cursor: Words) -> Any:
    return netem.parse(cursor)


def _tbf(kind: str, cursor: Words) -> Any:
    return tbf.parse(cursor)


PARSERS: dict[str, Callable[[str, Words], Any]] = {
    "netem": _netem, "tbf": _tbf, "prio": parse_prio, "pfifo": parse_fifo, "bfifo": parse_fifo, "htb": htb.parse, **fair.PARSERS,
}  # fmt: skip


def refuse(what: str) -> Stop:
    """Nothing is modelled of it."""
    return Stop(f'netsim: "tc {what}" is not modelled\n', 1)


@attrs.define(eq=False)
class Reading:
    """What stands before the kind."""

    dev: str = ""
    handle: int = 0
    parent: int = 0
    kind: str = ""


def do_qdisc(session: Ip, cursor: Words) -> None:
    """tc qdisc (`do_qdisc`)."""
    if not cursor.more():
        show(session, cursor)
        return
    word = cursor.take()
    verb, flags = verb_of("qdisc", word, COMMANDS)
    if verb == "show":
        show(session, cursor)
    elif verb == "help":
        session.err.append(QDISC)
    else:
        change(session, cursor, word, flags)


def change(session: Ip, cursor: Words, verb: str, flags: int | None) -> None:
    """Add, change, replace, link; delete where there are no flags (`tc_qdisc_modify`)."""
    reading = _place(session, cursor, verb)
    options = _options(reading, cursor, verb)
    dev = device(session, reading.dev)
    request = QdiscRequest(reading.parent, reading.handle, reading.kind, options)
    try:
        if flags is None:
            delete(dev, request)
        else:
            modify(dev, request, flags)
    except NetError as error:
        raise answers(error) from None


def _place(session: Ip, cursor: Words, verb: str) -> Reading:
    """The words up to the kind."""
    reading = Reading()
    while cursor.more():
        word = cursor.take()
        if word == "dev":
            reading.dev = another_device(cursor, reading.dev)
        elif word == "handle":
            if reading.handle:
                raise duparg("handle", word)
            argument = cursor.argument()
            handle = units.get_handle(argument)
            if handle is None:
                raise invarg("invalid qdisc ID", argument)
            reading.handle = handle
        elif word == "root":
            if reading.parent:
                raise Stop('Error: "root" is duplicate parent ID\n', 255)
            reading.parent = TC_H_ROOT
        elif word in ("ingress", "clsact"):
            if reading.parent:
                raise Stop(f'Error: "{word}" is a duplicate parent ID\n', 255)
            reading.parent, reading.kind, reading.handle = TC_H_INGRESS, word, INGRESS_HANDLE
        elif word == "parent":
            _read_parent(reading, cursor)
        elif word in ("estimator", "stab", "ingress_block", "egress_block"):
            raise refuse(f"qdisc {word}")
        elif matches(word, "help"):
            session.err.append(QDISC)
        else:
            reading.kind = word
            break
    return reading


def _read_parent(reading: Reading, cursor: Words) -> None:
    argument = cursor.argument()
    if reading.parent:
        raise duparg("parent", argument)
    parent = units.get_classid(argument)
    if parent is None:
        raise invarg("invalid parent ID", argument)
    reading.parent = parent


def _options(reading: Reading, cursor: Words, verb: str) -> Any:
    """What stands after the kind, as the kind's own tool reads it."""
    kind = reading.kind
    parser = PARSERS.get(kind)
    if parser is not None:
        return parser(kind, cursor)
    if kind in UNMODELLED:
        raise refuse(f"qdisc {verb} {kind}")
    if cursor.more():
        if kind == "pfifo_fast":
            raise Stop(f"qdisc '{kind}' does not support option parsing\n", 255)
        usage = QDISC if matches(cursor.peek(), "help") else ""
        raise Stop(f'{usage}Unknown qdisc "{kind}", hence option "{cursor.peek()}" is unparsable\n', 1)
    return None


def disciplines(dev: NetDevice) -> list[Qdisc | None]:
    """What a dump tells of a device: None is its default noqueue; nothing before it was up the first time."""
    ingress: list[Qdisc | None] = [dev.ingress_queue] if dev.ingress_queue is not None else []
    if dev.root_qdisc is not None:
        return [*tree(dev), *ingress]
    return ingress if dev.qdisc == "noop" else [None, *ingress]


@attrs.define(eq=False)
class Filter:
    """Which disciplines a listing tells; 0 and "" for all."""

    dev: str = ""
    parent: int = 0
    handle: int = 0

    def passes(self, qdisc: Qdisc | None) -> bool:
        """Whether it is told."""
        handle, parent = (qdisc.handle, qdisc.parent) if qdisc is not None else (0, TC_H_ROOT)
        return (not self.parent or parent == self.parent) and (not self.handle or handle == self.handle)


def show(session: Ip, cursor: Words) -> None:
    """tc qdisc show (`tc_qdisc_list`)."""
    wanted = _filter(session, cursor, "qdisc")
    if wanted is None:
        return
    devices = [device(session, wanted.dev)] if wanted.dev else list(session.netns.devices.values())
    found = [(dev, each) for dev in devices for each in disciplines(dev) if wanted.passes(each)]
    if session.style.json:
        items = [qdisc_json(session, dev, each, "" if wanted.dev else dev.name) for dev, each in found]
        session.print(to_json(items, session.style))
        return
    for dev, each in found:
        session.print(qdisc_text(session, dev, each, "" if wanted.dev else dev.name))


def _filter(session: Ip, cursor: Words, object_name: str) -> Filter | None:
    wanted = Filter()
    while cursor.more():
        word = cursor.take()
        if word == "dev":
            wanted.dev = cursor.argument()
        elif word == "root":
            wanted.parent = TC_H_ROOT
        elif word in ("ingress", "clsact"):
            wanted.parent = TC_H_INGRESS
        elif word == "parent" or (word == "handle" and object_name == "qdisc"):
            argument = cursor.argument()
            number = units.get_classid(argument) if word == "parent" else units.get_handle(argument)
            if number is None:
                raise invarg("invalid parent ID" if word == "parent" else "invalid handle", argument)
            setattr(wanted, word, number)
        elif matches(word, "help"):
            session.err.append(QDISC)
        elif word != "invisible" or object_name != "qdisc":
            raise Stop(f'What is "{word}"? Try "tc {object_name} help".\n', 255)
    return wanted
