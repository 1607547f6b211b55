"""ip maddress: multicast addresses of devices (`ipmaddr.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.commands.ip.usage import MADDR
from netsim.commands.ip.words import Stop, Words, duparg2, matches
from netsim.kernel.rtnl.link import dumped

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip


def do_maddr(session: Ip, cursor: Words) -> None:
    """ip maddress."""
    word = cursor.take() if cursor.more() else "show"
    if matches(word, "add") or matches(word, "delete"):
        raise Stop(f'netsim: "ip maddress {word}" is not modelled\n', 1)
    if matches(word, "help"):
        raise Stop(MADDR, 255)
    if not (matches(word, "show") or matches(word, "lst") or matches(word, "list")):
        raise Stop(f'Command "{word}" is unknown, try "ip maddr help".\n', 255)
    name = None
    while cursor.more():
        word = cursor.take()
        if word == "dev":
            word = cursor.argument()
        if name is not None:
            raise duparg2("dev", word)
        name = word
    for dev in dumped(session.netns):
        if name is not None and dev.name != name:
            continue
        session.print(f"{dev.ifindex}:\t{dev.name}\n")
        family = session.style.family
        for mac, users in dev.multicast.items() if family in (0, 17) else ():
            session.print(f"\tlink  {mac}" + (f" users {users}" if users > 1 else "") + "\n")
        for group, users in reversed(list(dev.inet.multicast.items() if dev.inet and family in (0, 2) else ())):
            session.print(f"\tinet  {group}" + (f" users {users}" if users > 1 else "") + "\n")
        for group6, users in reversed(list(dev.inet6.multicast.items() if dev.inet6 and family in (0, 10) else ())):
            session.print(f"\tinet6 {group6}" + (f" users {users}" if users > 1 else "") + "\n")
