"""tc class: classes made, changed, removed and listed (iproute2 `tc/tc_class.c`)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.commands.ip.main import Ip
from netsim.commands.ip.words import Stop, Words, answers, duparg, matches
from netsim.commands.tc import htb, units
from netsim.commands.tc.place import another_device, device, verb_of
from netsim.commands.tc.show import class_text
from netsim.commands.tc.usage_classes import CLASS
from netsim.errors import NetError
from netsim.kernel.rtnl.flags import NLM_F_CREATE, NLM_F_EXCL
from netsim.kernel.rtnl.tclass import ClassRequest, delclass, newclass
from netsim.kernel.sched.qdisc import MAJOR, TC_H_ROOT, tree

COMMANDS = (("add", NLM_F_EXCL | NLM_F_CREATE), ("change", 0), ("replace", NLM_F_CREATE))
OTHERS = ("hfsc", "drr", "qfq", "cbq")
"""Disciplines whose classes are made too, which are refused by name."""


@attrs.define(eq=False)
class Reading:
    """What a command names."""

    dev: str = ""
    classid: int = 0
    parent: int = 0
    options: Any = None


def do_class(session: Ip, cursor: Words) -> None:
    """tc class (`do_class`)."""
    if not cursor.more():
        show(session, cursor)
        return
    word = cursor.take()
    verb, flags = verb_of("class", word, COMMANDS)
    if verb == "show":
        show(session, cursor)
    elif verb == "help":
        session.err.append(CLASS)
    else:
        change(session, cursor, flags)


def change(session: Ip, cursor: Words, flags: int | None) -> None:
    """Add, change, replace; delete where there are no flags (`tc_class_modify`)."""
    reading = Reading()
    while cursor.more():
        word = cursor.take()
        if word == "dev":
            reading.dev = another_device(cursor, reading.dev)
        elif word == "classid":
            argument = cursor.argument()
            if reading.classid:
                raise duparg("classid", argument)
            reading.classid = _id(argument, "invalid class ID")
        elif word == "root":
            if reading.parent:
                raise Stop('Error: "root" is duplicate parent ID.\n', 255)
            reading.parent = TC_H_ROOT
        elif word == "parent":
            argument = cursor.argument()
            if reading.parent:
                raise duparg("parent", argument)
            reading.parent = _id(argument, "invalid parent ID")
        elif matches(word, "estimator"):
            raise Stop('netsim: "tc class estimator" is not modelled\n', 1)
        elif matches(word, "help"):
            session.err.append(CLASS)
            return
        else:
            reading.options = _kind(word, cursor)
            break
    dev = device(session, reading.dev)
    request = ClassRequest(reading.parent, reading.classid, reading.options)
    try:
        if flags is None:
            delclass(dev, request)
            return
        warning = newclass(dev, request, flags)
    except NetError as error:
        raise answers(error) from None
    if warning:
        session.err.append(f"Warning: {warning}\n")


def _id(word: str, complaint: str) -> int:
    value = units.get_classid(word)
    if value is None:
        raise Stop(f'Error: argument "{word}" is wrong: {complaint}\n', 255)
    return value


def _kind(word: str, cursor: Words) -> Any:
    """A kind and its words."""
    if word == "htb":
        return htb.parse_class(cursor)
    if word in OTHERS:
        raise Stop(f'netsim: "tc class {word}" is not modelled\n', 1)
    raise Stop(f'Error: Qdisc "{word}" is classless.\n', 1)


def show(session: Ip, cursor: Words) -> None:
    """tc class show (`tc_class_list`): of one discipline where a parent is named, all its classes."""
    name, parent, classid = "", 0, 0
    while cursor.more():
        word = cursor.take()
        if word == "dev":
            name = cursor.argument()
        elif word == "classid":
            classid = _id(cursor.argument(), "invalid class ID")
        elif word == "root":
            parent = TC_H_ROOT
        elif word == "parent":
            parent = _id(cursor.argument(), "invalid parent ID")
        elif matches(word, "help"):
            session.err.append(CLASS)
            return
        else:
            raise Stop(f'What is "{word}"? Try "tc class help".\n', 255)
    if not name or parent == TC_H_ROOT:
        return
    for qdisc in tree(device(session, name)):
        if parent and qdisc.handle != parent & MAJOR:
            continue
        for number in qdisc.classes():
            if classid in (0, qdisc.handle | number):
                session.print(class_text(session, qdisc, number))
