"""ip maddress: multicast addresses of devices (`ipmaddr.c`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from netsim.addr import MAC
from netsim.commands.ip.output import to_json
from netsim.commands.ip.usage import MADDR
from netsim.commands.ip.words import Stop, Words, duparg2, matches, parse4
from netsim.errors import ENODEV, NetError, strerror
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.rtnl.ioctl import add_multicast, delete_multicast
from netsim.kernel.rtnl.link import dumped

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

MAC_BYTES = 6


def do_maddr(session: Ip, cursor: Words) -> None:
    """ip maddress."""
    word = cursor.take() if cursor.more() else "show"
    if matches(word, "add") or matches(word, "delete"):
        _modify(session, cursor, adding=matches(word, "add"))
        return
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


def _modify(session: Ip, cursor: Words, *, adding: bool) -> None:
    """add and del: a device listens to a MAC because somebody says so (SIOCADDMULTI)."""
    text = name = ""
    while cursor.more():
        word = cursor.take()
        if word == "dev":
            name = cursor.argument()
        else:
            if word == "address":
                word = cursor.argument()
            if matches(word, "help"):
                raise Stop(MADDR, 255)
            if text:
                raise duparg2("address", word)
            text = word
            parts = text.split("." if parse4(text) is not None else ":")
            if parse4(text) is None and not all(re.fullmatch(r"[0-9a-fA-F]{1,2}", part) for part in parts):
                raise Stop(f'"{text}" is invalid lladdr.\n', 1)
            if len(parts) != MAC_BYTES:
                raise Stop(f"Error: Invalid address length {len(parts)} - must be {MAC_BYTES} bytes\n", 1)
    if not name:
        raise Stop('Not enough information: "dev" is required.\n', 255)
    dev = session.netns.device(name)
    try:
        if dev is None:
            raise NetError(ENODEV)
        (add_multicast if adding else delete_multicast)(dev, MAC.parse(text))
    except NetError as error:
        raise Stop(f"ioctl: {strerror(error.errno)}\n", 1) from None


def _groups(session: Ip, dev: NetDevice) -> list[dict[str, Any]]:
    """What a device listens to, by family: link, IPv4, IPv6."""
    family = session.style.family
    told: list[tuple[dict[str, Any], int]] = [(_of_link(dev, mac), users) for mac, users in dev.multicast.items() if family in (0, 17)]
    for number, name, state in ((2, "inet", dev.inet), (10, "inet6", dev.inet6)):
        groups = state.multicast.items() if state is not None and family in (0, number) else ()
        told += [({"family": name, "address": str(group)}, users) for group, users in reversed(list(groups))]
    return [{**item, "users": users} if users > 1 else item for item, users in told]


def _of_link(dev: NetDevice, mac: MAC) -> dict[str, Any]:
    return {"link": str(mac), "features": "static"} if mac in dev.static_multicast else {"link": str(mac)}


def _line(item: dict[str, Any]) -> str:
    what = f"link  {item['link']}" if "link" in item else f"{item['family']:<5} {item['address']}"
    return f"\t{what}" + (f" users {item['users']}" if "users" in item else "") + (" static" if "features" in item else "") + "\n"
