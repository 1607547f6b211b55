"""ip link of BusyBox: ioctls for what a device is, rtnetlink for making and removing (`libiproute/iplink.c`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from netsim.addr import MAC
from netsim.commands.busybox.ip import addr
from netsim.commands.busybox.ip.words import AF_PACKET, Ip, device, keyword, whole
from netsim.errors import NetError, strerror
from netsim.kernel.core.link_ops import LinkRequest
from netsim.kernel.core.netdevice import IFF_MULTICAST, IFF_NOARP, IFF_PROMISC, IFF_UP, NetDevice
from netsim.kernel.rtnl import ioctl
from netsim.kernel.rtnl.link import dellink, newlink, setlink
from netsim.programs.busybox.applet import Die

COMMANDS = ("add", "delete", "set", "show", "lst", "list")
SET_WORDS = ("up", "down", "name", "mtu", "qlen", "multicast", "arp", "address", "promisc", "master", "nomaster", "netns", "dev")
SWITCHES = {"multicast": (IFF_MULTICAST, "on"), "arp": (IFF_NOARP, "off"), "promisc": (IFF_PROMISC, "on")}
"""Flags by the words that set them, and the value that does."""
CHANGE_WORDS = ("link", "name", "type", "dev")
LONGEST_NAME = 15


def do_iplink(ip: Ip) -> None:
    """ip link (`do_iplink`); its own complaints have status 2."""
    ip.status = 2
    if ip.more():
        word = ip.take()
        command = keyword(word, COMMANDS)
        if not command:
            raise ip.wrong(word, "ip")
        if command in ("add", "delete"):
            _change(ip, command)
            return
        if command == "set":
            _set(ip)
            return
    ip.family = AF_PACKET
    addr.show(ip)


@attrs.define(eq=False)
class Setting:
    """What `ip link set` names."""

    dev: str = ""
    values: dict[str, Any] = attrs.field(factory=dict)
    flags: int = 0
    mask: int = 0


def _set(ip: Ip) -> None:
    wanted = Setting()
    while ip.more():
        word = ip.take()
        key = keyword(word, SET_WORDS)
        if key in ("up", "down"):
            wanted.mask |= IFF_UP
            wanted.flags = wanted.flags | IFF_UP if key == "up" else wanted.flags & ~IFF_UP
        elif key in ("mtu", "qlen"):
            value = ip.argument()
            if key in wanted.values:
                raise ip.repeated(key, value)
            wanted.values[key] = whole(ip, value, key)
        elif key in ("name", "address"):
            wanted.values[key] = ip.argument()
        elif key == "master":
            wanted.values[key] = device(ip, ip.argument()).ifindex
        elif key == "nomaster":
            wanted.values["master"] = 0
        elif key == "netns":
            wanted.values[key] = whole(ip, ip.argument(), key)
        elif key in SWITCHES:
            _switch(ip, wanted, key)
        else:
            if key == "dev":
                word = ip.argument()
            if wanted.dev:
                raise ip.twice("dev", word)
            wanted.dev = word
    if not wanted.dev:
        raise ip.fail('"dev" requires an argument')
    _carry_out(ip, wanted)


def _switch(ip: Ip, wanted: Setting, key: str) -> None:
    value = ip.argument()
    if value not in ("on", "off"):
        raise ip.fail(f'argument of "{key}" must be "on" or "off"')
    bit, sets = SWITCHES[key]
    wanted.mask |= bit
    wanted.flags = wanted.flags | bit if value == sets else wanted.flags & ~bit


def _ioctl(ip: Ip, name: str, act: Any, *arguments: Any) -> Any:
    try:
        return act(ip.netns, *arguments)
    except NetError as error:
        raise ip.fail(f"{name}: {strerror(error.errno)}") from None


def _carry_out(ip: Ip, wanted: Setting) -> None:
    """In the order of the real one: address, name, queue, MTU, master, namespace, flags."""
    name, values = wanted.dev, wanted.values
    if "address" in values:
        _ioctl(ip, "SIOCGIFINDEX", ioctl.ifindex_of, name)
        _ioctl(ip, "SIOCSIFHWADDR", ioctl.set_hwaddr, name, _mac(ip, values["address"]))
    if "name" in values and values["name"] != name:
        _ioctl(ip, "SIOCSIFNAME", ioctl.set_name, name, values["name"][:LONGEST_NAME])
        name = values["name"][:LONGEST_NAME]
    if "qlen" in values:
        _ioctl(ip, "SIOCSIFTXQLEN", ioctl.set_txqlen, name, values["qlen"])
    if "mtu" in values:
        _ioctl(ip, "SIOCSIFMTU", ioctl.set_mtu, name, values["mtu"])
    try:
        if "master" in values:
            setlink(device(ip, name), LinkRequest(master=values["master"]))
        if "netns" in values:
            _move(ip, device(ip, name), values["netns"])
    except NetError as error:
        raise ip.answers(error) from None
    if wanted.mask:
        flags = _ioctl(ip, "SIOCGIFFLAGS", ioctl.get_flags, name)
        if (flags ^ wanted.flags) & wanted.mask:
            _ioctl(ip, "SIOCSIFFLAGS", ioctl.set_flags, name, flags & ~wanted.mask | wanted.flags & wanted.mask)


def _move(ip: Ip, dev: NetDevice, pid: int) -> None:
    proc = ip.call.proc
    found = next((process for process in ip.call.machine.processes.values() if process.jail is proc.jail and process.inner_pid() == pid), None)
    if found is None:
        raise NetError(3)  # ESRCH: no such process
    setlink(dev, LinkRequest(netns=found.netns))


def _mac(ip: Ip, word: str) -> MAC:
    """A hardware address of six bytes (`parse_address`); of a malformed one the first part that is no byte is told."""
    values = []
    parts = word.split(":")
    for part in parts:
        try:
            value = int(part, 16)
        except ValueError:
            value = -1
        if not 0 <= value <= 255:
            raise ip.fail(f'"{part}" is invalid lladdr', 1)
        values.append(value)
    if len(values) != 6:
        raise ip.fail(f"wrong address ({parts[0]}) length: expected 6 bytes")
    return MAC(int.from_bytes(bytes(values), "big"))


def _change(ip: Ip, command: str) -> None:
    """ip link add and delete (`do_change`)."""
    found: dict[str, str] = {}
    rest: Sequence[str] = ()
    while ip.more():
        word = ip.take()
        key = keyword(word, CHANGE_WORDS)
        if key in ("link", "name"):
            found[key] = ip.argument()
        elif key == "type":
            found[key] = ip.argument()
            rest, ip.at = ip.words[ip.at :], len(ip.words)
        else:
            if key == "dev":
                word = ip.argument()
            found["dev"] = word
    if command == "delete":
        _delete(ip, found.get("dev"))
        return
    name = found.get("name", found.get("dev"))
    link = device(ip, found["link"]).ifindex if "link" in found else None
    if name is not None and not 1 <= len(name) <= LONGEST_NAME:
        raise ip.wrong(name, "name")
    data = _vlan(ip, rest) if found.get("type") == "vlan" else {}
    try:
        newlink(ip.netns, LinkRequest(name=name, kind=found.get("type"), data=data, link=link, link_netns=ip.netns))
    except NetError as error:
        raise ip.answers(error) from None


def _vlan(ip: Ip, rest: Sequence[str]) -> dict[str, Any]:
    """The options of a VLAN device; what follows other kinds is not looked at, as in the real one (`vlan_parse_opt`)."""
    ip.words, ip.at = rest, 0
    data: dict[str, Any] = {}
    while ip.more():
        word = ip.take()
        key = keyword(word, ("id", "protocol", "reorder_hdr", "gvrp", "mvrp", "loose_binding"))
        value = ip.argument() if key else ""
        if key == "id":
            data["id"] = whole(ip, value, "id", 65535)
        elif key == "protocol":
            if value not in ("802.1q", "802.1ad"):
                raise ip.wrong(value, "protocol")
            data["protocol"] = {"802.1q": 0x8100, "802.1ad": 0x88A8}[value]
        elif key:
            if value not in ("on", "off"):
                raise ip.fail(f'argument of "{key}" must be "on" or "off"')
            data[key] = int(value == "on")
        else:
            raise ip.wrong(word, "type vlan")
    return data


def _delete(ip: Ip, name: str | None) -> None:
    if name is None:
        raise _silently(ip)
    try:
        dellink(device(ip, name))
    except NetError as error:
        raise ip.answers(error) from None


def _silently(ip: Ip) -> Die:
    """`ip link del` without a device says nothing."""
    end = ip.fail("", 1)
    return Die(attrs.evolve(end.result, stderr=""))
