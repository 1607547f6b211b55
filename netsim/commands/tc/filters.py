"""tc filter: filters made, removed and listed (iproute2 `tc/tc_filter.c`, `f_u32.c`, `f_fw.c`, `f_matchall.c`)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.commands.ip.main import Ip
from netsim.commands.ip.words import Stop, Words, answers, duparg, matches
from netsim.commands.tc import actions, flower, u32, units
from netsim.commands.tc.filter_show import show
from netsim.commands.tc.place import another_device, device, verb_of
from netsim.commands.tc.usage_classes import FILTER, FW, MATCHALL, U32
from netsim.errors import NetError
from netsim.kernel.rtnl.filter import ActionRequest, FilterRequest, delfilter, newfilter
from netsim.kernel.rtnl.flags import NLM_F_CREATE, NLM_F_EXCL
from netsim.kernel.sched.cls import Anything
from netsim.kernel.sched.cls_kinds import FwMatch, U32Key, U32Match
from netsim.kernel.sched.ingress import INGRESS_HANDLE, MIN_EGRESS, MIN_INGRESS
from netsim.packet.numbers import ETH_P_ALL

COMMANDS = (("add", NLM_F_EXCL | NLM_F_CREATE), ("change", 0), ("replace", NLM_F_CREATE))
PROTOCOLS = {"ip": 0x800, "ipv6": 0x86DD, "arp": 0x806, "all": 3, "802.1q": 0x8100, "802.1ad": 0x88A8, "802_3": 1, "802_2": 4, "rarp": 0x8035}
OTHERS = ("bpf", "basic", "route", "rsvp", "tcindex", "flow", "cgroup")
TALK = "We have an error talking to the kernel\n"


@attrs.define(eq=False)
class Reading:
    """What stands before the kind, and what the kind said."""

    dev: str = ""
    parent: int = 0
    prio: int = 0
    protocol: int | None = None
    handle: str = ""
    kind: str = ""
    number: int = 0
    match: Any = None
    classid: int = 0
    actions: tuple[ActionRequest, ...] = ()


def do_filter(session: Ip, cursor: Words) -> None:
    """tc filter (`do_filter`)."""
    if not cursor.more():
        show(session, cursor)
        return
    word = cursor.take()
    verb, flags = verb_of("filter", word, COMMANDS, ("get",))
    if verb == "show":
        show(session, cursor)
    elif verb == "help":
        session.err.append(FILTER)
    elif verb == "get":
        raise Stop('netsim: "tc filter get" is not modelled\n', 1)
    else:
        change(session, cursor, flags)


def change(session: Ip, cursor: Words, flags: int | None) -> None:
    """Add, change, replace; delete where there are no flags (`tc_filter_modify`)."""
    reading = Reading()
    while cursor.more() and not reading.kind:
        _word(session, reading, cursor, cursor.take())
    protocol = reading.protocol
    if protocol is None:
        protocol = ETH_P_ALL if flags is not None and flags & NLM_F_CREATE else 0
    if reading.kind:
        _kind(session, reading, cursor, protocol)
    elif reading.handle:
        raise Stop('Must specify filter type when using "handle"\n', 255)
    dev = device(session, reading.dev)
    request = FilterRequest(
        reading.parent, reading.prio, protocol, reading.kind, reading.number, reading.match, reading.classid, reading.actions
    )  # fmt: skip
    try:
        if flags is None:
            delfilter(dev, request)
        else:
            newfilter(dev, request, flags)
    except NetError as error:
        stop = answers(error)
        raise Stop(stop.stderr + TALK, stop.status) from None


def _word(session: Ip, reading: Reading, cursor: Words, word: str) -> None:
    if word == "dev":
        reading.dev = another_device(cursor, reading.dev)
    elif word in ("root", "ingress", "egress", "parent"):
        if reading.parent:
            raise Stop(f'Error: "{word}" is duplicate parent ID\n' if word != "parent" else duparg("parent", cursor.argument()).stderr, 255)
        reading.parent = _parent(word, cursor)
    elif word == "handle":
        reading.handle = cursor.argument()
    elif matches(word, "preference") or matches(word, "priority"):
        argument = cursor.argument()
        value = units.get_number(argument, 0, 0xFFFF)
        if value is None:
            raise Stop(f'Error: argument "{argument}" is wrong: invalid priority value\n', 255)
        reading.prio = value
    elif matches(word, "protocol"):
        argument = cursor.argument()
        number = PROTOCOLS.get(argument.lower())
        if number is None:
            number = units.get_number(argument, 0, 0xFFFF)
        if number is None:
            raise Stop(f'Error: argument "{argument}" is wrong: invalid protocol\n', 255)
        reading.protocol = number
    elif word in ("chain", "block", "estimator"):
        raise Stop(f'netsim: "tc filter {word}" is not modelled\n', 1)
    elif matches(word, "help"):
        raise Stop(FILTER, 0)
    else:
        reading.kind = word


def _parent(word: str, cursor: Words) -> int:
    if word == "parent":
        argument = cursor.argument()
        value = units.get_classid(argument)
        if value is None:
            raise Stop(f'Error: argument "{argument}" is wrong: Invalid parent ID\n', 255)
        return value
    return {"root": 0xFFFFFFFF, "ingress": INGRESS_HANDLE | MIN_INGRESS, "egress": INGRESS_HANDLE | MIN_EGRESS}[word]


def _kind(session: Ip, reading: Reading, cursor: Words, protocol: int) -> None:
    """The words of a kind."""
    kind = reading.kind
    if kind == "u32":
        _u32(session, reading, cursor)
    elif kind == "fw":
        _fw(session, reading, cursor)
    elif kind in ("matchall", "flower"):
        if reading.handle:
            reading.number = _plain_handle(reading.handle)
        _by_headers(session, reading, cursor, protocol)
    elif kind in OTHERS:
        raise Stop(f'netsim: "tc filter {kind}" is not modelled\n', 1)
    elif cursor.more():
        raise Stop(f'Unknown filter "{kind}", hence option "{cursor.peek()}" is unparsable\n', 1)


def _plain_handle(word: str) -> int:
    value = units.get_number(word, 0, 0xFFFFFFFF)
    if value is None:
        raise Stop('Illegal "handle"\n', 1)
    return value


def _classid(cursor: Words) -> int:
    value = units.get_classid(cursor.argument())
    if value is None:
        raise Stop('Illegal "classid"\n', 1)
    return value


def _u32(session: Ip, reading: Reading, cursor: Words) -> None:
    if reading.handle:
        handle = u32.handle_of(reading.handle)
        if handle is None:
            raise Stop("Illegal filter ID\n", 1)
        reading.number = handle
    if not cursor.more():
        return
    keys: list[U32Key] = []
    while cursor.more():
        word = cursor.take()
        if matches(word, "match"):
            u32.parse_match(cursor, keys)
        elif word in ("classid", "flowid"):
            reading.classid = _classid(cursor)
        elif matches(word, "action"):
            reading.actions = actions.parse(session, cursor)
        elif matches(word, "police"):
            reading.actions = (_police(cursor),)
        elif word in u32.UNMODELLED:
            raise Stop(f'netsim: "tc filter u32 {word}" is not modelled\n', 1)
        elif word == "help":
            raise Stop(U32, 1)
        else:
            raise Stop(f'What is "{word}"?\n{U32}', 1)
    reading.match = U32Match(tuple(keys), int(any(request.kind == "police" for request in reading.actions) and "action" not in cursor.words))


def _police(cursor: Words) -> ActionRequest:
    try:
        return actions.parse_police(cursor)
    except actions.Broken as broken:
        raise Stop(f'{broken.stderr}Illegal "police"\n', 1) from None


def _fw(session: Ip, reading: Reading, cursor: Words) -> None:
    mask = 0xFFFFFFFF
    if reading.handle:
        mark, slash, width = reading.handle.partition("/")
        number, found = units.get_number(mark, 0, 0xFFFFFFFF), units.get_number(width, 0, 0xFFFFFFFF) if slash else mask
        if number is None or found is None:
            raise Stop('Illegal "handle"\n' if number is None else 'Illegal "handle" mask\n', 1)
        reading.number, mask = number, found
    said = False
    while cursor.more():
        word, said = cursor.take(), True
        if word in ("classid", "flowid"):
            reading.classid = _classid(cursor)
        elif matches(word, "action"):
            reading.actions = actions.parse(session, cursor)
        elif matches(word, "police"):
            reading.actions = (_police(cursor),)
        elif word == "indev":
            raise Stop('netsim: "tc filter fw indev" is not modelled\n', 1)
        elif word == "help":
            raise Stop(FW, 1)
        else:
            raise Stop(f'What is "{word}"?\n{FW}', 1)
    if said:
        reading.match = FwMatch(reading.number, mask)


def _by_headers(session: Ip, reading: Reading, cursor: Words, protocol: int) -> None:
    """matchall, and flower with its keys."""
    keys, flags = flower.Reading(), tuple[str, ...]()
    while cursor.more():
        word = cursor.take()
        if word in ("classid", "flowid"):
            reading.classid = _classid(cursor)
        elif matches(word, "action"):
            reading.actions = actions.parse(session, cursor)
        elif reading.kind == "flower":
            flower.read(keys, cursor, word, protocol)
        elif word in ("skip_hw", "skip_sw"):
            flags = (*flags, word)
        elif word == "help":
            raise Stop(MATCHALL, 1)
        else:
            raise Stop(f'What is "{word}"?\n{MATCHALL}', 1)
    reading.match = keys.match(protocol) if reading.kind == "flower" else Anything(flags)
