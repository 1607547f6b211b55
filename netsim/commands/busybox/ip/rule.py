"""ip rule of BusyBox (`libiproute/iprule.c`)."""

from __future__ import annotations

from typing import Any

from netsim.addr import IPv4
from netsim.commands.busybox.ip.words import AF_INET, AF_INET6, Ip, keyword, name_in, prefix, table, table_name, whole
from netsim.commands.ip.words import number
from netsim.errors import EINVAL, NetError
from netsim.kernel.rtnl.rule import RuleRequest, delrule, fib_of, newrule
from netsim.kernel.tables.fib import FR_ACT_TO_TBL, RT_TABLE_MAIN, Rule

COMMANDS = ("add", "delete", "list", "show", "lst")
WORDS = ("from", "to", "preference", "order", "priority", "tos", "fwmark", "realms", "table", "lookup", "dev", "iif", "nat", "map-to", "type", "help")
UNMODELLED = ("realms", "nat", "map-to", "type", "help")


def do_iprule(ip: Ip) -> None:
    """ip rule (`do_iprule`)."""
    if not ip.more():
        show(ip)
        return
    word = ip.take()
    command = keyword(word, COMMANDS)
    if not command:
        raise ip.wrong(word, "ip")
    if command in ("add", "delete"):
        modify(ip, command)
        return
    if ip.more():
        raise ip.fail("ignoring all arguments", 255)
    show(ip)


def modify(ip: Ip, command: str) -> None:
    """ip rule add and delete (`iprule_modify`)."""
    chosen: dict[str, Any] = {}
    family, has_other_family = ip.family, 0
    while ip.more():
        word = ip.take()
        key = keyword(word, WORDS)
        if not key:
            raise ip.wrong(word, "ip")
        if key in UNMODELLED:
            raise ip.fail(f'netsim: "ip rule" word "{word}" is not modelled')
        value = ip.argument()
        if key in ("from", "to"):
            found = prefix(ip, value, family)
            has_other_family |= int(found.family == AF_INET6 and family != AF_INET6)
            if found.address is not None and found.length:
                end = "src" if key == "from" else "dst"
                chosen[end], chosen[f"{end}_length"] = found.address, found.length
        else:
            _word(ip, chosen, key, value)
    try:
        ip.netns.kernel.require_admin()
        if has_other_family:
            raise NetError(EINVAL)
        request = {**chosen, "family": family or AF_INET}
        if command == "delete":
            delrule(ip.netns, RuleRequest(**({"action": 0} | request if "table" not in chosen else request)))
        else:
            newrule(ip.netns, RuleRequest(**{"table": RT_TABLE_MAIN, **request}))
    except NetError as error:
        raise ip.answers(error) from None


def _word(ip: Ip, chosen: dict[str, Any], key: str, value: str) -> None:
    if key in ("preference", "order", "priority"):
        chosen["priority"] = whole(ip, value, "preference")
    elif key == "tos":
        tos = number(value if value.startswith("0x") else f"0x{value}", 0, 255)
        if tos is None:
            raise ip.wrong(value, "TOS")
        chosen["tos"] = tos
    elif key == "fwmark":
        mark, slash, mask = value.partition("/")
        chosen["fwmark"] = whole(ip, mark, "fwmark")
        if slash:
            chosen["fwmask"] = whole(ip, mask, "fwmask")
    elif key in ("table", "lookup"):
        chosen["table"] = table(ip, value, "table ID")
    else:
        chosen["iif"] = value


def show(ip: Ip) -> None:
    """ip rule list (`iprule_list`)."""
    family = ip.family if ip.family in (AF_INET, AF_INET6) else AF_INET
    for rule in fib_of(ip.netns, family).rules:
        ip.print(line(rule))


def _whose(address: Any, length: int) -> str:
    return str(address) if length == (32 if isinstance(address, IPv4) else 128) else f"{address}/{length}"


def line(rule: Rule) -> str:
    """One rule (`print_rule`): of newer selectors it shows nothing."""
    text = f"{rule.priority}:\tfrom {_whose(rule.src, rule.src_length) if rule.src is not None else 'all'} "
    if rule.dst is not None:
        text += f"to {_whose(rule.dst, rule.dst_length)} "
    if rule.tos:
        text += f"tos {rule.tos:x} " if rule.tos < 10 else f"tos 0x{rule.tos:02x} "
    if rule.fwmark or rule.fwmask:
        text += f"fwmark {rule.fwmark:#x}" + (f"/{rule.fwmask:#x}" if rule.fwmask != 0xFFFFFFFF else "") + " "
    if rule.iif:
        text += f"iif {rule.iif} "
    text += f"lookup {table_name(rule.table)} "
    if rule.action != FR_ACT_TO_TBL:
        text += name_in("type", rule.action)
    return text + "\n"
