"""ip ntable: how neighbours of each family are treated (`ipntable.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.commands.ip.output import to_json
from netsim.commands.ip.words import Stop, Words, answers, duparg, invarg, matches, number
from netsim.errors import NetError
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.rtnl import neightbl
from netsim.kernel.rtnl.neightbl import Row, limits, rows, value

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

USAGE = """Usage: ip ntable change name NAME [ dev DEV ]
        [ thresh1 VAL ] [ thresh2 VAL ] [ thresh3 VAL ] [ gc_int MSEC ]
        [ PARMS ]
Usage: ip ntable show [ dev DEV ] [ name NAME ]
PARMS := [ base_reachable MSEC ] [ retrans MSEC ] [ gc_stale MSEC ]
         [ delay_probe MSEC ] [ queue LEN ]
         [ app_probes VAL ] [ ucast_probes VAL ] [ mcast_probes VAL ]
         [ anycast_delay MSEC ] [ proxy_delay MSEC ] [ proxy_queue LEN ]
         [ locktime MSEC ]
"""
LINES = (
    ("base_reachable", "retrans"), ("gc_stale", "delay_probe", "queue"), ("app_probes", "ucast_probes", "mcast_probes"),
    ("anycast_delay", "proxy_delay", "proxy_queue", "locktime"),
)  # fmt: skip
"""What stands on each line, below the first."""
FAMILIES = {"arp_cache": ("inet", 2), "ndisc_cache": ("inet6", 10)}


def do_ipntable(session: Ip, cursor: Words) -> None:
    """ip ntable."""
    word = cursor.take() if cursor.more() else "show"
    if matches(word, "change") or matches(word, "chg"):
        _change(session, cursor)
    elif matches(word, "show") or matches(word, "lst") or matches(word, "list"):
        _show(session, cursor)
    elif matches(word, "help"):
        raise Stop(USAGE, 255)
    else:
        raise Stop(f'Command "{word}" is unknown, try "ip ntable help".\n', 255)


def _device(session: Ip, name: str) -> NetDevice:
    dev = session.netns.device(name)
    if dev is None:
        raise invarg('"DEV" is invalid', name)
    return dev


def _show(session: Ip, cursor: Words) -> None:
    dev: NetDevice | None = None
    name, only_default = "", False
    while cursor.more():
        word = cursor.take()
        if word == "dev":
            word = cursor.argument()
            only_default = word == "none"
            dev = None if only_default else _device(session, word)
        elif word == "name":
            name = cursor.argument()
        else:
            raise invarg("unknown", word)
    if session.style.statistics:
        session.netns.kernel.unmodelled.append("ip -s ntable: what tables have counted")
    family = session.style.family
    found = [
        row
        for row in rows(session.netns)
        if (dev is None or row.dev is dev) and not (only_default and row.dev) and name in ("", row.table) and family in (0, FAMILIES[row.table][1])
    ]
    if session.style.json:
        session.print(to_json([_item(session, row) for row in found], session.style))
        return
    for row in found:
        session.print(_text(session, row))


def _item(session: Ip, row: Row) -> dict[str, Any]:
    found: dict[str, Any] = {"family": FAMILIES[row.table][0], "name": row.table}
    if row.dev is not None:
        found["dev"] = row.dev.name
    else:
        found |= {{"gc_int": "gc_interval"}.get(name, name): number for name, number in limits(session.netns, row.table).items()}
    found |= {"refcnt": row.refcnt, "reachable": row.reachable_ms}
    return found | {name: value(row.parms, name) for names in LINES for name in names}


def _text(session: Ip, row: Row) -> str:
    lines = [f"{FAMILIES[row.table][0]} {row.table} "]
    if row.dev is not None:
        lines.append(f"    dev {row.dev.name} ")
    else:
        lines.append("    " + "".join(f"{name} {number} " for name, number in limits(session.netns, row.table).items()))
    for place, names in enumerate(LINES):
        begin = f"refcnt {row.refcnt} reachable {row.reachable_ms} " if not place else ""
        lines.append(f"    {begin}" + "".join(f"{name} {value(row.parms, name)} " for name in names))
    return "".join(line + session.style.newline for line in lines) + "\n"


def _change(session: Ip, cursor: Words) -> None:
    name, dev = "", None
    asked: dict[str, int] = {}
    while cursor.more():
        word = cursor.take()
        if word == "name":
            if name:
                raise duparg("NAME", cursor.argument())
            name = cursor.argument()
        elif word == "dev":
            dev = _device(session, cursor.argument())
        elif word in neightbl.LIMITS or word in neightbl.SETTINGS:
            text = cursor.argument()
            found = number(text, 0, 0xFFFFFFFF)
            if found is None:
                raise invarg(f'"{word}" value is invalid', text)
            asked[word] = found
        else:
            raise invarg("unknown", word)
    if not name:
        raise Stop('Error: argument "NAME" is required\n', 255)
    if not asked:
        raise Stop("Not enough information: changeable attributes required.\n", 255)
    try:
        neightbl.change(session.netns, name, dev, asked)
    except NetError as error:
        raise answers(error) from None
