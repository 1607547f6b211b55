"""ip rule: policy rules (`iprule.c`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from netsim.addr import IPv6
from netsim.commands.ip.inet_proto import inet_proto_a2n, inet_proto_n2a
from netsim.commands.ip.names import name_of, number_of
from netsim.commands.ip.output import to_json
from netsim.commands.ip.route_words import named, table_number
from netsim.commands.ip.usage import RULE
from netsim.commands.ip.words import Stop, Words, answers, check_name, invarg, matches, number, prefix, unsigned
from netsim.errors import EINVAL, NetError
from netsim.kernel.rtnl.rule import RuleRequest, delrule, fib_of, newrule
from netsim.kernel.tables.fib import (
    FR_ACT_BLACKHOLE,
    FR_ACT_GOTO,
    FR_ACT_NOP,
    FR_ACT_PROHIBIT,
    FR_ACT_TO_TBL,
    FR_ACT_UNREACHABLE,
    RT_TABLE_MAIN,
    RTPROT_KERNEL,
    RTPROT_UNSPEC,
    Rule,
)

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

ACTIONS = {"blackhole": FR_ACT_BLACKHOLE, "unreachable": FR_ACT_UNREACHABLE, "prohibit": FR_ACT_PROHIBIT, "nop": FR_ACT_NOP}
ACTION_NAMES = {value: name for name, value in ACTIONS.items()}
FILTER_PREFIXES = ("preference", "order", "priority", "table", "lookup", "protocol")
ASKED = ("priority", "tos", "fwmark", "iif", "oif", "table", "uid", "ipproto", "sport", "dport", "protocol", "l3mdev")
"""What a listing compares, by the names of a rule's fields."""
PORTS = re.compile(r"\s*([+-]?\d+)(?:-\s*([+-]?\d+))?")
"""`sscanf` of "%hu-%hu"."""
FILTER_WORDS = ("not", "tos", "dsfield", "fwmark", "iif", "dev", "oif", "uidrange", "from", "to", "ipproto", "sport", "dport")
FILTER_FLAGS = ("not", "l3mdev")


def do_iprule(session: Ip, cursor: Words) -> None:
    """ip rule."""
    if not cursor.more():
        show(session, cursor)
        return
    word = cursor.take()
    if matches(word, "list") or matches(word, "lst") or matches(word, "show"):
        show(session, cursor)
    elif matches(word, "add"):
        modify(session, cursor, deleting=False)
    elif matches(word, "delete"):
        modify(session, cursor, deleting=True)
    elif matches(word, "flush"):
        flush(session, parse_filter(session, cursor))
    elif word in ("save", "restore"):
        raise Stop(f'netsim: "ip rule {word}" is not modelled\n', 1)
    elif matches(word, "help"):
        raise Stop(RULE, 255)
    else:
        raise Stop(f'Command "{word}" is unknown, try "ip rule help".\n', 255)


def parse(session: Ip, cursor: Words, complaint: str = "invalid table ID\n") -> dict[str, Any]:
    """The words of add, delete and show; `complaint` is about a table."""
    fields: dict[str, Any] = {}
    family = session.style.family if session.style.family in (2, 10) else 0
    fields["family"] = family or 2  # whatever family the prefixes have
    while cursor.more():
        word = cursor.take()
        if word == "not":
            fields["invert"] = True
        elif word == "from":
            found = prefix(cursor.argument(), family)
            if found.address is not None and found.length:
                fields["src"], fields["src_length"] = found.address, found.length
        elif word == "to":
            found = prefix(cursor.argument(), family)
            if found.address is not None and found.length:
                fields["dst"], fields["dst_length"] = found.address, found.length
        elif matches(word, "preference") or matches(word, "order") or matches(word, "priority"):
            value = cursor.argument()
            parsed = number(value, 0, 0xFFFFFFFF)
            if parsed is None:
                raise invarg("preference value is invalid\n", value)
            fields["priority"] = parsed
        elif word == "tos" or matches(word, "dsfield"):
            value = cursor.argument()
            parsed = number("0x" + value.removeprefix("0x"), 0, 255)
            if parsed is None:
                raise invarg("TOS value is invalid\n", value)
            fields["tos"] = parsed
        elif word == "fwmark":
            _mark(fields, cursor.argument())
        elif matches(word, "table") or matches(word, "lookup"):
            fields["table"] = table_number(session, cursor.argument(), complaint)
        elif word in ("iif", "dev"):
            fields["iif"] = _ifname(cursor.argument(), '"iif"/"dev" not a valid ifname')
        elif word == "oif":
            fields["oif"] = _ifname(cursor.argument(), '"oif" not a valid ifname')
        elif word in ("suppress_prefixlength", "sup_pl"):
            fields["suppress_prefixlength"] = unsigned(cursor.argument(), "suppress_prefixlength value is invalid\n")
        elif word in ("suppress_ifgroup", "sup_group"):
            fields["suppress_ifgroup"] = _group(session, cursor.argument())
        elif word == "ipproto":
            fields["ipproto"] = inet_proto_a2n(session, cursor.argument())
        elif word in ("sport", "dport"):
            fields[word] = _ports(word, cursor.argument())
        elif word == "uidrange":
            low, _, high = cursor.argument().partition("-")
            first, last = number(low, 0, 0xFFFFFFFF), number(high, 0, 0xFFFFFFFF)
            if first is None or last is None:
                raise invarg("invalid UID range\n", low)
            fields["uid"] = (first, last)
        elif matches(word, "goto"):
            value = cursor.argument()
            parsed = number(value, 0, 0xFFFFFFFF)
            if parsed is None:
                raise invarg("invalid target\n", value)
            fields["goto"], fields["action"] = parsed, FR_ACT_GOTO
        elif matches(word, "protocol"):
            value = cursor.argument()
            fields["protocol"] = named(session, "protocol", value, '"protocol" value is invalid\n')
        elif word == "l3mdev":
            fields["l3mdev"] = True
        elif word in ("nat", "map-to", "realms", "tun_id"):
            raise Stop(f'netsim: "ip rule" option "{word}" is not modelled\n', 1)
        else:
            if word == "type":
                word = cursor.argument()
            if matches(word, "help"):
                raise Stop(RULE, 255)
            action = next((value for name, value in ACTIONS.items() if matches(word, name)), number(word, 0, 255))
            if action is None:
                raise invarg("Failed to parse rule type", word)
            fields["action"] = action
    return fields


def parse_filter(session: Ip, cursor: Words) -> dict[str, Any]:
    """The words of show and flush (`iprule_list_flush_or_save`): a bare word is a destination."""
    at = cursor.at
    while cursor.more():
        word = cursor.take()
        known = any(matches(word, name) for name in FILTER_PREFIXES) or word in FILTER_WORDS or word in FILTER_FLAGS
        if not known:
            prefix(word, 2 if session.style.family in (0, 2) else 10)
        elif word not in FILTER_FLAGS and cursor.more():
            cursor.take()
    cursor.at = at
    return parse(session, cursor, "table id value is invalid\n")


def _ifname(word: str, complaint: str) -> str:
    if not check_name(word):
        raise invarg(complaint, word)
    return word


def _mark(fields: dict[str, Any], value: str) -> None:
    text, slash, mask = value.partition("/")
    mark = number(text, 0, 0xFFFFFFFF)
    if mark is None:
        raise invarg("fwmark value is invalid\n", text)
    fields["fwmark"] = mark
    if slash:
        parsed = number(mask, 0, 0xFFFFFFFF)
        if parsed is None:
            raise invarg("fwmask value is invalid\n", mask)
        fields["fwmask"] = parsed


def _ports(key: str, word: str) -> tuple[int, int]:
    told = PORTS.match(word)
    if told is None:
        raise invarg(f"invalid {key} range\n", word)
    first = int(told[1]) & 0xFFFF
    return first, first if told[2] is None else int(told[2]) & 0xFFFF


def modify(session: Ip, cursor: Words, *, deleting: bool) -> None:
    """ip rule add and delete."""
    if not cursor.more():
        raise Stop(f'"ip rule {"del" if deleting else "add"}" requires arguments.\n', 1)
    fields = parse(session, cursor)
    if fields.get("l3mdev") and "table" in fields:
        raise Stop("table can not be specified for l3mdev rules\n", EINVAL)
    if deleting:
        fields.setdefault("action", 0)
    elif not fields.get("l3mdev") and fields.get("action", FR_ACT_TO_TBL) == FR_ACT_TO_TBL:
        fields.setdefault("table", RT_TABLE_MAIN)
    try:
        if deleting:
            delrule(session.netns, RuleRequest(**fields))
        else:
            newrule(session.netns, RuleRequest(**fields))
    except NetError as error:
        raise answers(error) from None


def flush(session: Ip, fields: dict[str, Any]) -> None:
    """ip rule flush: all that are asked about but rule 0."""
    state = fib_of(session.netns, session.style.family if session.style.family in (2, 10) else 2)
    state.rules = tuple(rule for rule in state.rules if rule.priority == 0 or not _is_shown(rule, fields))
    session.netns.stir()
    state.has_custom_rules = True
    state.generation += 1


def _is_shown(rule: Rule, fields: dict[str, Any]) -> bool:
    """Whether a rule is asked about (`filter_nlmsg`): prefixes hold those within them, all else must be the same."""
    return all(getattr(rule, name) == fields[name] for name in ASKED if name in fields) and all(
        _is_within(getattr(rule, name), getattr(rule, f"{name}_length"), fields[name], fields[f"{name}_length"])
        for name in ("src", "dst")
        if name in fields
    )


def _is_within(address: Any, length: int, wanted: Any, wanted_length: int) -> bool:
    return address is not None and length >= wanted_length and not (address ^ wanted) >> (_whole(address) - wanted_length)


def show(session: Ip, cursor: Words) -> None:
    """ip rule show."""
    fields = parse_filter(session, cursor)
    fields.pop("protocol", None)  # only flush looks at it
    rules = [rule for rule in rules_of(session) if _is_shown(rule, fields)]
    if session.style.json:
        session.print(to_json([_to_dict(rule, session) for rule in rules], session.style))
        return
    for rule in rules:
        session.print(line(rule, session) + "\n")


def rules_of(session: Ip) -> tuple[Rule, ...]:
    """The rules of the family asked about."""
    return fib_of(session.netns, 10 if session.style.family == 10 else 2).rules


def _whole(address: Any) -> int:
    """The prefix length of a single address."""
    return 128 if isinstance(address, IPv6) else 32


def _prefix_text(session: Ip, address: Any, length: int) -> str:
    painted = session.style.paint_address(address)
    return painted if length == _whole(address) else f"{painted}/{length}"


def _group(session: Ip, word: str) -> int:
    value = number_of(session, "group", word)
    if value is None:
        raise invarg('Invalid "suppress_ifgroup" value\n', word)
    return value


def _group_told(rule: Rule, session: Ip) -> str:
    return name_of(session, "group", rule.suppress_ifgroup)


def _protocol(rule: Rule, session: Ip) -> str:
    return name_of(session, "protocol", rule.protocol)


def line(rule: Rule, session: Ip) -> str:
    """One rule (`print_rule`)."""
    text = f"{rule.priority}:\t"
    if rule.invert:
        text += "not "
    text += f"from {_prefix_text(session, rule.src, rule.src_length) if rule.src is not None else 'all'} "
    if rule.dst is not None:
        text += f"to {_prefix_text(session, rule.dst, rule.dst_length)} "
    if rule.tos:
        text += f"tos 0x{rule.tos:02x} "
    if rule.fwmark or rule.fwmask:
        text += f"fwmark {rule.fwmark:#x}" + (f"/{rule.fwmask:#x}" if rule.fwmask != 0xFFFFFFFF else "") + " "
    for key, name in (("iif", rule.iif), ("oif", rule.oif)):
        if name:
            text += f"{key} {session.style.paint('ifname', name)} "
            if session.netns.device(name) is None:
                text += "[detached] "
    if rule.uid is not None:
        text += f"uidrange {rule.uid[0]}-{rule.uid[1]} "
    if rule.ipproto:
        text += f"ipproto {inet_proto_n2a(session, rule.ipproto)} "
    for key, ports in (("sport", rule.sport), ("dport", rule.dport)):
        if ports is not None:
            text += f"{key} {ports[0]}" + (f"-{ports[1]}" if ports[1] != ports[0] else "") + " "
    if rule.table:
        text += f"lookup {name_of(session, 'table', rule.table)}"
        if rule.suppress_prefixlength != -1:
            text += f" suppress_prefixlength {rule.suppress_prefixlength}"
        if rule.suppress_ifgroup != -1:
            text += f" suppress_ifgroup {_group_told(rule, session)}"
        text += " "
    if rule.l3mdev:
        text += "lookup [l3mdev-table] "
    if rule.action == FR_ACT_GOTO:
        text += f"goto {rule.goto}"
        if not any(other.priority == rule.goto for other in rules_of(session)):
            text += " [unresolved]"
    elif rule.action != FR_ACT_TO_TBL:
        text += _action(rule, session)
    text = text.rstrip(" ")
    if session.style.details or rule.protocol not in (RTPROT_UNSPEC, RTPROT_KERNEL):
        text += f" proto {_protocol(rule, session)}"
    return text


def _action(rule: Rule, session: Ip) -> str:
    return str(rule.action) if session.style.numeric else ACTION_NAMES.get(rule.action, str(rule.action))


def _to_dict(rule: Rule, session: Ip) -> dict[str, Any]:
    item: dict[str, Any] = {"priority": rule.priority}
    if rule.invert:
        item["not"] = None
    item["src"] = str(rule.src) if rule.src is not None else "all"
    if rule.src is not None and rule.src_length != _whole(rule.src):
        item["srclen"] = rule.src_length
    if rule.dst is not None:
        item["dst"] = str(rule.dst)
        if rule.dst_length != _whole(rule.dst):
            item["dstlen"] = rule.dst_length
    if rule.tos:
        item["tos"] = f"0x{rule.tos:02x}"
    if rule.fwmark:
        item["fwmark"] = f"{rule.fwmark:#x}"
        if rule.fwmask != 0xFFFFFFFF:
            item["fwmask"] = f"{rule.fwmask:#x}"
    for key, name in (("iif", rule.iif), ("oif", rule.oif)):
        if name:
            item[key] = name
            if session.netns.device(name) is None:
                item[f"{key}_detached"] = None
    if rule.uid is not None:
        item["uid_start"], item["uid_end"] = rule.uid
    if rule.ipproto:
        item["ipproto"] = inet_proto_n2a(session, rule.ipproto)
    for key, ports in (("sport", rule.sport), ("dport", rule.dport)):
        if ports is not None and ports[0] == ports[1]:
            item[key] = ports[0]
        elif ports is not None:
            item[f"{key}_start"], item[f"{key}_end"] = ports
    if rule.table:
        item["table"] = name_of(session, "table", rule.table)
        if rule.suppress_prefixlength != -1:
            item["suppress_prefixlen"] = rule.suppress_prefixlength
        if rule.suppress_ifgroup != -1:
            item["suppress_ifgroup"] = _group_told(rule, session)
    if rule.action == FR_ACT_GOTO:
        item["goto"] = rule.goto
        if not any(other.priority == rule.goto for other in rules_of(session)):
            item["unresolved"] = None
    elif rule.action != FR_ACT_TO_TBL:
        item.update({"nop": None} if rule.action == FR_ACT_NOP else {"action": _action(rule, session)})
    if session.style.details or rule.protocol not in (RTPROT_UNSPEC, RTPROT_KERNEL):
        item["protocol"] = _protocol(rule, session)
    return item
