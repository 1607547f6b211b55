"""bridge link: ports and their options."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from netsim.commands.ip.kinds.grammar import on_off
from netsim.commands.ip.link_show import at_link, flag_names
from netsim.commands.ip.output import to_json
from netsim.commands.ip.words import Stop, Words, answers, device, matches
from netsim.errors import NetError
from netsim.kernel.bridge.device import Bridge, BridgePort
from netsim.kernel.core.netdevice import IFF_UP, NetDevice
from netsim.kernel.rtnl.link import LinkRequest, setlink

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

USAGE = """Usage: bridge link set dev DEV [ cost COST ] [ priority PRIO ] [ state STATE ]
                               [ guard {on | off} ]
                               [ hairpin {on | off} ]
                               [ fastleave {on | off} ]
                               [ root_block {on | off} ]
                               [ learning {on | off} ]
                               [ learning_sync {on | off} ]
                               [ flood {on | off} ]
                               [ mcast_router MULTICAST_ROUTER ]
                               [ mcast_flood {on | off} ]
                               [ bcast_flood {on | off} ]
                               [ mcast_to_unicast {on | off} ]
                               [ neigh_suppress {on | off} ]
                               [ vlan_tunnel {on | off} ]
                               [ isolated {on | off} ]
                               [ locked {on | off} ]
                               [ hwmode {vepa | veb} ]
                               [ backup_port DEVICE ] [ nobackup_port ]
                               [ self ] [ master ]
       bridge link show [dev DEV]
"""
STATES = ("disabled", "listening", "learning", "forwarding", "blocking")
SWITCHES = {
    "guard": "guard",
    "hairpin": "hairpin",
    "fastleave": "fastleave",
    "root_block": "root_block",
    "learning": "learning",
    "flood": "flood",
    "mcast_flood": "mcast_flood",
    "bcast_flood": "bcast_flood",
    "mcast_to_unicast": "mcast_to_unicast",
    "neigh_suppress": "neigh_suppress",
    "vlan_tunnel": "vlan_tunnel",
    "isolated": "isolated",
    "locked": "locked",
}


SHOWN = (
    "hairpin", "guard", "root_block", "fastleave", "learning", "flood", "mcast_flood", "bcast_flood", "mcast_router", "mcast_to_unicast",
    "neigh_suppress", "vlan_tunnel", "isolated", "locked",
)  # fmt: skip


SIGNS = {"priority": 0x8000, "mcast_router": 0x80}
"""Of numbers kept in two bytes and in one."""


def do_link(session: Ip, cursor: Words) -> None:
    """bridge link."""
    if not cursor.more():
        show(session, cursor)
        return
    word = cursor.take()
    if matches(word, "set") or matches(word, "change"):
        change(session, cursor)
    elif matches(word, "show") or matches(word, "lst") or matches(word, "list"):
        show(session, cursor)
    elif matches(word, "help"):
        raise Stop(USAGE, 255)
    else:
        raise Stop(f'Command "{word}" is unknown, try "bridge link help".\n', 255)


def change(session: Ip, cursor: Words) -> None:
    """bridge link set."""
    name = None
    data: dict[str, Any] = {}
    targets: set[str] = set()
    while cursor.more():
        word = cursor.take()
        if word == "dev":
            name = cursor.argument()
        elif word in SWITCHES or word == "learning_sync":  # which the bridge itself does not look at
            value = cursor.argument()
            if value not in ("on", "off"):
                raise Stop(f'Error: argument of "{word}" must be one of "off", "on", not "{value}"\n', 234)
            if word in SWITCHES:
                data[SWITCHES[word]] = int(value == "on")
        elif word in ("cost", "priority", "mcast_router"):
            amount, sign = c_number(cursor.argument()), SIGNS.get(word, 0)
            if (not amount & sign) if sign else amount:  # below zero stands for nothing said
                data[word] = amount & (2 * sign - 1)
        elif word == "state":
            value = cursor.argument()
            if re.fullmatch(r"\s*[+-]?\d+", value):
                data["state"] = int(value) & 0xFF
            elif value.lower() in STATES:
                data["state"] = STATES.index(value.lower())
            else:
                raise Stop("Error: invalid STP port state\n", 255)
        elif word in ("self", "master"):
            targets.add(word)
        elif word == "hwmode":
            if cursor.argument() not in ("vepa", "veb"):
                raise Stop('Mode argument must be "vepa" or "veb".\n', 255)
            targets = {"self"}
        elif word == "nobackup_port":
            continue  # no port has one here
        elif word == "backup_port":
            raise Stop(f'netsim: "bridge link" option "{word}" is not modelled\n', 1)
        elif matches(word, "help"):
            raise Stop(USAGE, 255)
        else:
            raise Stop(USAGE, 255)
    if name is None:
        raise Stop("Device is a required argument.\n", 255)
    found = session.netns.device(name)
    if found is None:
        raise Stop(f'Cannot find bridge device "{name}"\n', 255)
    dev = found
    if isinstance(dev, Bridge) and targets == {"self"}:
        return  # it takes the message for one about its VLANs (`br_setlink`)
    if not isinstance(dev.slave_data, BridgePort) or targets == {"self"}:
        raise Stop("RTNETLINK answers: Operation not supported\n", 2)
    try:
        setlink(dev, LinkRequest(slave_kind="bridge", slave_data=data))
    except NetError as error:
        raise answers(error) from None


def c_number(text: str) -> int:
    """What C's `atoi` makes of a word: the number it starts with, else 0."""
    told = re.match(r"\s*[+-]?\d+", text)
    return int(told[0]) & 0xFFFFFFFF if told else 0


def show(session: Ip, cursor: Words) -> None:
    """bridge link show."""
    wanted: NetDevice | None = None
    while cursor.more():
        word = cursor.take()
        if word == "dev":
            word = cursor.argument()
            wanted = device(session.netns, word)
    items = []
    for dev in session.netns.devices.values():
        port = dev.slave_data
        if not isinstance(port, BridgePort) or wanted not in (None, dev):
            continue
        if session.style.json:
            items.append(_item(session, dev, port))
        else:
            session.print(_line(session, dev, port))
    if session.style.json:
        session.print(to_json(items, session.style))


def _item(session: Ip, dev: NetDevice, port: BridgePort) -> dict[str, Any]:
    item: dict[str, Any] = {"ifindex": dev.ifindex}
    if _at(dev):
        item["link"] = _at(dev)[1:]
    item |= {"ifname": dev.name, "flags": _flags(dev), "mtu": dev.mtu, "master": port.bridge.name}
    item |= {"state": STATES[port.state], "priority": port.priority, "cost": port.cost}
    if session.style.details:
        item |= {name: port.options[name] if name == "mcast_router" else bool(port.options[name]) for name in SHOWN}
    return item


def _flags(dev: NetDevice) -> list[str]:
    """The flags; M-DOWN when the device taken for the lower one is down."""
    names = [name for name in flag_names(dev) if name != "M-DOWN"]
    lower = dev.lower()
    namesake = dev.netns.devices.get(lower.ifindex) if lower is not None and lower.ifindex != dev.ifindex else None
    return [*names, "M-DOWN"] if namesake is not None and not namesake.flags & IFF_UP else names


def _at(dev: NetDevice) -> str:
    """The lower device as `bridge` names it: the index looked up in the port's own namespace, right or wrong; none when it equals the port's own."""
    lower = dev.lower()
    if lower is None or lower.ifindex == dev.ifindex:
        return ""
    namesake = dev.netns.devices.get(lower.ifindex)
    return f"@{namesake.name}" if namesake is not None else f"@if{lower.ifindex}" if lower.netns is not dev.netns else at_link(dev)


def _line(session: Ip, dev: NetDevice, port: BridgePort) -> str:
    flags = ",".join(_flags(dev))
    text = f"{dev.ifindex}: {dev.name}{_at(dev)}: <{flags}> mtu {dev.mtu} master {port.bridge.name} state {STATES[port.state]} priority {port.priority} cost {port.cost} \n"
    if session.style.details:
        told = (f"{name} {port.options[name] if name == 'mcast_router' else on_off(port.options[name])} " for name in SHOWN)
        text += f"    {''.join(told)}\n"
    return text
