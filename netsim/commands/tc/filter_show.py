"""Filters as tc lists them (`print_filter`)."""

from __future__ import annotations

from netsim.commands.ip.main import Ip
from netsim.commands.ip.words import Stop, Words, matches
from netsim.commands.tc import actions, flower, u32, units
from netsim.commands.tc.place import device
from netsim.commands.tc.units import sprint_classid
from netsim.commands.tc.usage_classes import FILTER
from netsim.errors import NetError
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.rtnl.filter import block_of, blocks_of
from netsim.kernel.sched.act import Police
from netsim.kernel.sched.cls import Anything, Block, Proto, Rule
from netsim.kernel.sched.cls_kinds import U32, FlowerMatch, FwMatch, U32Match
from netsim.kernel.sched.ingress import INGRESS_HANDLE, MIN_EGRESS, MIN_INGRESS

PROTOCOLS = {0x800: "ip", 0x86DD: "ipv6", 0x806: "arp", 3: "all", 0x8100: "802.1Q", 0x88A8: "802.1ad", 1: "802_3", 4: "802_2", 0x8035: "rarp"}
PLACES = {"root": 0xFFFFFFFF, "ingress": INGRESS_HANDLE | MIN_INGRESS, "egress": INGRESS_HANDLE | MIN_EGRESS}


def show(session: Ip, cursor: Words) -> None:
    """tc filter show (`tc_filter_list`)."""
    name, parent, prio, protocol = "", 0, 0, 0
    while cursor.more():
        word = cursor.take()
        if word == "dev":
            name = cursor.argument()
        elif word in PLACES:
            parent = PLACES[word]
        elif word == "parent":
            argument = cursor.argument()
            value = units.get_classid(argument)
            if value is None:
                raise Stop(f'Error: argument "{argument}" is wrong: invalid parent ID\n', 255)
            parent = value
        elif matches(word, "preference") or matches(word, "priority"):
            prio = units.get_number(cursor.argument(), 0, 0xFFFF) or 0
        elif matches(word, "protocol"):
            argument = cursor.argument()
            protocol = next((number for number, known in PROTOCOLS.items() if known.lower() == argument.lower()), 0)
        elif word in ("chain", "block", "handle"):
            raise Stop(f'netsim: "tc filter show {word}" is not modelled\n', 1)
        elif matches(word, "help"):
            session.err.append(FILTER)
            return
        else:
            raise Stop(f' What is "{word}"? Try "tc filter help"\n', 255)
    if not name:
        return
    if session.style.json or session.style.pretty:
        raise Stop('netsim: "tc -j filter show" and "tc -p filter show" are not modelled\n', 1)
    dev = device(session, name)
    try:
        block = block_of(dev, parent if parent != PLACES["root"] else 0)
    except NetError:
        return
    for proto in block.protos:
        if prio in (0, proto.prio) and protocol in (0, proto.protocol):
            session.print(_proto(session, dev, block, proto, parent))


def _place(dev: NetDevice, proto: Proto, asked: int) -> str:
    """Where a filter is, unless it was asked for: newer kernels tell it as it was named first (`tcm_parent`)."""
    told = proto.parent if dev.netns.kernel.profile.extended_acks >= 618 else asked or proto.block.qdisc.handle
    if told == asked:
        return ""
    return next((f"{word} " for word, number in PLACES.items() if number == told), f"parent {sprint_classid(told)} ")


def _proto(session: Ip, dev: NetDevice, block: Block, proto: Proto, asked: int) -> str:
    """A priority, then its rules."""
    protocol = PROTOCOLS.get(proto.protocol, f"[{proto.protocol}]")
    head = f"filter {_place(dev, proto, asked)}protocol {protocol} pref {proto.prio} {proto.kind} chain 0 "
    end = session.style.newline
    told = head + end
    if isinstance(proto, U32):
        tables = [known for other in blocks_of(block.qdisc) for known in other.protos if isinstance(known, U32) and known.prio == proto.prio]
        for table in sorted(tables, key=_table, reverse=True):
            told += f"{head}fh {table.table:x}: ht divisor 1 {end}"
            told += "".join(f"{head}{_u32(session, rule)}" for rule in table.listed())
        return told
    return told + "".join(f"{head}{_rule(session, rule)}" for rule in proto.listed())


def _table(proto: U32) -> int:
    return proto.table


def _u32(session: Ip, rule: Rule) -> str:
    match = rule.match
    assert isinstance(match, U32Match)
    counts = session.style.statistics and "cls_u32_perf" in session.netns.kernel.profile.modules
    told = f"fh {u32.handle_text(rule.handle)} order {rule.handle & 0xFFF} key ht {rule.handle >> 20:x} bkt {rule.handle >> 12 & 0xFF:x} "
    told += f"*flowid {sprint_classid(rule.classid)} " if rule.classid else "terminal flowid " if rule.actions else ""
    told += "not_in_hw " + (f"(rule hit {rule.hits} success {rule.successes})" if counts else "") + "\n"
    for place, key in enumerate(match.keys):
        success = rule.key_hits[place] if place < len(rule.key_hits) else 0
        told += f"  {u32.key_text(key)}" + (f" (success {success} ) " if counts else "") + "\n"
    if match.is_old_police and rule.actions and isinstance(rule.actions[0], Police):
        return told + actions.old_text(session, rule.actions[0])
    return told + actions.texts(session, rule.actions)


def _rule(session: Ip, rule: Rule) -> str:
    match = rule.match
    if isinstance(match, FwMatch):
        told = f"handle 0x{rule.handle:x}" + (f"/0x{match.mask:x}" if match.mask != 0xFFFFFFFF else "") + " "
        told += f"classid {sprint_classid(rule.classid)} " if rule.classid else ""
        return told + "\n" + ("\n" + actions.texts(session, rule.actions) if rule.actions else "")
    if isinstance(match, FlowerMatch):
        told = f"handle 0x{rule.handle:x} " + (f"classid {sprint_classid(rule.classid)} " if rule.classid else "") + "\n"
        told += "".join(f"  {line}\n" for line in (*flower.lines(match), *match.flags, "not_in_hw"))
        return told + actions.texts(session, rule.actions)
    assert isinstance(match, Anything)
    told = f"handle 0x{rule.handle:x} " + (f"flowid {sprint_classid(rule.classid)} " if rule.classid else "") + "\n"
    told += "".join(f"  {flag}\n" for flag in match.flags)
    return told + "  not_in_hw" + (f" (rule hit {rule.successes})" if session.style.statistics else "") + "\n" + actions.texts(session, rule.actions)
