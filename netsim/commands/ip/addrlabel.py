"""ip addrlabel: the labels of addresses that source selection compares (`ipaddrlabel.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.addr import IPv4, IPv6
from netsim.commands.ip.output import to_json
from netsim.commands.ip.words import Prefix, Stop, Words, answers, device, invarg, matches, number, prefix
from netsim.errors import NetError
from netsim.kernel.ipv6.addrlabel import add_label, delete_label
from netsim.kernel.tables.inet6 import AddrLabel

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

USAGE = """Usage: ip addrlabel { add | del } prefix PREFIX [ dev DEV ] [ label LABEL ]
       ip addrlabel [ list | flush | help ]
"""


def do_ipaddrlabel(session: Ip, cursor: Words) -> None:
    """ip addrlabel."""
    word = cursor.take() if cursor.more() else "list"
    if matches(word, "list") or matches(word, "show"):
        show(session)
    elif matches(word, "add") or matches(word, "delete"):
        modify(session, cursor, deleting=matches(word, "delete"))
    elif matches(word, "flush"):
        session.netns.inet6.labels = ()
    elif matches(word, "help"):
        raise Stop(USAGE, 255)
    else:
        raise Stop(f'Command "{word}" is unknown, try "ip addrlabel help".\n', 255)


def modify(session: Ip, cursor: Words, *, deleting: bool) -> None:
    """add and del."""
    found: Prefix | None = None
    label: int | None = None
    ifindex = 0
    while cursor.more():
        word = cursor.take()
        if word == "prefix":
            found = prefix(cursor.argument(), session.style.family)
        elif word == "dev":
            ifindex = device(session.netns, cursor.argument()).ifindex
        elif word == "label":
            value = cursor.argument()
            label = number(value, 0, 0xFFFFFFFF)
            if label is None or label == 0xFFFFFFFF:
                raise invarg("label value is invalid\n", value)
    if found is None:
        raise Stop('Not enough information: "prefix" argument is required.\n', 1)
    if label is None:
        raise Stop('Not enough information: "label" argument is required.\n', 1)
    if isinstance(found.address, IPv4):
        raise Stop("Error: Attribute failed policy validation.\n", 2)  # an address of four bytes
    address = IPv6(found.address or 0)
    try:
        if deleting:
            delete_label(session.netns, address, found.length, ifindex)
        else:
            add_label(session.netns, AddrLabel(address, found.length, label, ifindex))
    except NetError as error:
        raise answers(error) from None


def show(session: Ip) -> None:
    """list."""
    entries = session.netns.inet6.labels
    devices = session.netns.devices
    if session.style.json:
        session.print(
            to_json(
                [
                    {
                        "address": str(entry.prefix),
                        "prefixlen": entry.length,
                        **({"ifname": devices[entry.ifindex].name} if entry.ifindex in devices else {}),
                        "label": entry.label,
                    }
                    for entry in entries
                ],
                session.style,
            )
        )
        return
    for entry in entries:
        dev = f"dev {devices[entry.ifindex].name} " if entry.ifindex in devices else ""
        session.print(f"prefix {entry.prefix}/{entry.length} {dev}label {entry.label} \n")
