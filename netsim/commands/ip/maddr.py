"""ip maddress: multicast addresses of devices (`ipmaddr.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.commands.ip.output import to_json
from netsim.commands.ip.usage import MADDR
from netsim.commands.ip.words import Stop, Words, duparg2, matches
from netsim.kernel.core.netdevice import NetDevice
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
    devices = [dev for dev in dumped(session.netns) if name is None or dev.name == name]
    told = [(dev, _groups(session, dev)) for dev in devices]
    if session.style.json:
        session.print(to_json([{"ifindex": dev.ifindex, "ifname": dev.name, "maddr": groups} for dev, groups in told], session.style))
        return
    for dev, groups in told:
        session.print(f"{dev.ifindex}:\t{dev.name}\n" + "".join([_line(group) for group in groups]))


def _groups(session: Ip, dev: NetDevice) -> list[dict[str, Any]]:
    """What a device listens to, by family: link, IPv4, IPv6."""
    family = session.style.family
    told: list[tuple[dict[str, Any], int]] = [({"link": str(mac)}, users) for mac, users in dev.multicast.items() if family in (0, 17)]
    for number, name, state in ((2, "inet", dev.inet), (10, "inet6", dev.inet6)):
        groups = state.multicast.items() if state is not None and family in (0, number) else ()
        told += [({"family": name, "address": str(group)}, users) for group, users in reversed(list(groups))]
    return [{**item, "users": users} if users > 1 else item for item, users in told]


def _line(item: dict[str, Any]) -> str:
    what = f"link  {item['link']}" if "link" in item else f"{item['family']:<5} {item['address']}"
    return f"\t{what}" + (f" users {item['users']}" if "users" in item else "") + "\n"
