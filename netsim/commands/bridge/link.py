"""bridge link: ports and their options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.commands.ip.link_show import at_link, flag_names, on_off
from netsim.commands.ip.words import Stop, Words, answers, device, matches, number
from netsim.errors import NetError
from netsim.kernel.bridge.device import BridgePort
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.rtnl.link import LinkRequest, setlink

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

USAGE = """Usage: bridge link set dev DEV [ cost COST ] [ priority PRIO ] [ state STATE ]
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
    while cursor.more():
        word = cursor.take()
        if word == "dev":
            name = cursor.argument()
        elif word in SWITCHES:
            value = cursor.argument()
            if value not in ("on", "off"):
                raise Stop(f'Error: argument of "{word}" must be "on" or "off", not "{value}"\n', 255)
            data[SWITCHES[word]] = int(value == "on")
        elif word in ("cost", "priority", "mcast_router"):
            data[word] = number(cursor.argument(), 0, 0xFFFFFFFF)
        elif word == "state":
            value = cursor.argument()
            state = number(value, 0, 255)
            if state is None:
                if value.lower() not in STATES:
                    raise Stop("Error: invalid STP port state\n", 255)
                state = STATES.index(value.lower())
            data["state"] = state
        elif word in ("self", "master"):
            continue
        elif matches(word, "help"):
            raise Stop(USAGE, 255)
        else:
            raise Stop(USAGE, 255)
    if name is None:
        raise Stop("Device is a required argument.\n", 255)
    dev = device(session.netns, name)
    if not isinstance(dev.slave_data, BridgePort):
        raise Stop("RTNETLINK answers: Operation not supported\n", 2)
    try:
        setlink(dev, LinkRequest(slave_kind="bridge", slave_data=data))
    except NetError as error:
        raise answers(error) from None


def show(session: Ip, cursor: Words) -> None:
    """bridge link show."""
    wanted: NetDevice | None = None
    while cursor.more():
        word = cursor.take()
        if word == "dev":
            word = cursor.argument()
        wanted = device(session.netns, word)
    for dev in session.netns.devices.values():
        port = dev.slave_data
        if not isinstance(port, BridgePort) or wanted not in (None, dev):
            continue
        session.print(_line(session, dev, port))


def _at(dev: NetDevice) -> str:
    """The lower device as `bridge` names it: the index looked up in the port's own namespace, right or wrong."""
    lower = dev.lower()
    if lower is None:
        return ""
    namesake = dev.netns.devices.get(lower.ifindex)
    return f"@{namesake.name}" if namesake is not None else f"@if{lower.ifindex}" if lower.netns is not dev.netns else at_link(dev)


def _line(session: Ip, dev: NetDevice, port: BridgePort) -> str:
    flags = ",".join(name for name in flag_names(dev) if name != "M-DOWN")
    text = f"{dev.ifindex}: {dev.name}{_at(dev)}: <{flags}> mtu {dev.mtu} master {port.bridge.name} state {STATES[port.state]} priority {port.priority} cost {port.cost} \n"
    if session.style.details:
        o = port.options
        text += f"    hairpin {on_off(o['hairpin'])} guard {on_off(o['guard'])} root_block {on_off(o['root_block'])} fastleave {on_off(o['fastleave'])} learning {on_off(o['learning'])} flood {on_off(o['flood'])} mcast_flood {on_off(o['mcast_flood'])} bcast_flood {on_off(o['bcast_flood'])} mcast_router {o['mcast_router']} mcast_to_unicast {on_off(o['mcast_to_unicast'])} neigh_suppress {on_off(o['neigh_suppress'])} vlan_tunnel {on_off(o['vlan_tunnel'])} isolated {on_off(o['isolated'])} locked {on_off(o['locked'])} \n"
    return text
