"""bridge mdb: groups of bridges and the ports in them (`bridge/mdb.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.addr import MAC, IPv4, IPv6
from netsim.clock import MS, SECOND
from netsim.commands.bridge.link import c_number
from netsim.commands.ip.names import name_of
from netsim.commands.ip.output import to_json
from netsim.commands.ip.words import Stop, Words, answers, matches, no_device, parse_address
from netsim.errors import NetError
from netsim.kernel.bridge.device import Bridge
from netsim.kernel.bridge.multicast import tells_sources
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.rtnl.mdb import MdbRequest, delmdb, newmdb, routers, settled
from netsim.kernel.tables.mdb import NEVER, Group, MdbEntry, PortGroup

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

USAGE = """\
Usage: bridge mdb { add | del } dev DEV port PORT grp GROUP [src SOURCE] [permanent | temp] [vid VID]
       bridge mdb {show} [ dev DEV ] [ vid VID ]
"""


def do_mdb(session: Ip, cursor: Words) -> None:
    """bridge mdb."""
    if not cursor.more():
        show(session, cursor)
        return
    word = cursor.take()
    if matches(word, "add"):
        modify(session, cursor, newmdb)
    elif matches(word, "delete"):
        modify(session, cursor, delmdb)
    elif matches(word, "show") or matches(word, "lst") or matches(word, "list"):
        show(session, cursor)
    elif matches(word, "help"):
        raise Stop(USAGE, 255)
    else:
        raise Stop(f'Command "{word}" is unknown, try "bridge mdb help".\n', 255)


def _group(word: str) -> Group:
    """An IPv4, IPv6 or hardware address (`mdb_parse_grp`)."""
    found: Group | None = parse_address(word) if ":" not in word or word.count(":") != 5 or "::" in word else None
    if found is None:
        try:
            found = MAC.parse(word)
        except ValueError:
            raise Stop(f'"{word}" is invalid lladdr.\nInvalid address "{word}"\n', 255) from None
    return found


def _device(session: Ip, name: str) -> NetDevice:
    dev = session.netns.device(name)
    if dev is None:
        raise no_device(name)
    return dev


def modify(session: Ip, cursor: Words, change: Any) -> None:
    """add and del (`mdb_modify`)."""
    said: dict[str, str] = {}
    is_permanent = vid = 0
    while cursor.more():
        word = cursor.take()
        if word in ("dev", "port", "grp", "src"):
            said[word] = cursor.argument()
        elif matches(word, "permanent"):
            is_permanent = 1
        elif matches(word, "temp"):
            continue
        elif word == "vid":
            vid = c_number(cursor.argument()) & 0xFFFF
        elif matches(word, "help"):
            raise Stop(USAGE, 255)
    if not {"dev", "port", "grp"} <= said.keys():
        raise Stop("Device, group address and port name are required arguments.\n", 255)
    bridge, port = _device(session, said["dev"]), _device(session, said["port"])
    group = _group(said["grp"])
    source: IPv4 | IPv6 | None = None
    if "src" in said:
        source = parse_address(said["src"])
        if source is None:
            raise Stop(f'Invalid source address "{said["src"]}"\n', 255)
    try:
        change(session.netns, MdbRequest(bridge.ifindex, port.ifindex, group, source, vid, is_permanent))
    except NetError as error:
        raise answers(error) from None


# showing ---------------------------------------------------------------------------------------------------------------


def show(session: Ip, cursor: Words) -> None:
    """bridge mdb show (`mdb_show`)."""
    wanted: NetDevice | None = None
    vid = 0
    while cursor.more():
        word = cursor.take()
        if word == "dev":
            if wanted is not None:
                raise Stop(f'Error: duplicate "dev": "{cursor.argument()}" is the second value.\n', 255)
            wanted = _device(session, cursor.argument())
        elif word == "vid":
            vid = c_number(cursor.argument()) & 0xFFFF
        elif matches(word, "help"):
            raise Stop(USAGE, 255)
    items, ports = [], {}
    for dev in session.netns.devices.values():
        if isinstance(dev, Bridge) and wanted in (None, dev):
            for entry in reversed(settled(dev).entries.values()):
                items += [item for item in _items(session, dev, entry) if not vid or item.get("vid", 0) == vid]
            if session.style.details:
                ports[dev.name] = [_router(session, name, left) for name, left in ((port.dev.name, left) for port, left in routers(dev))]
    if session.style.json:
        told = {name: found for name, found in ports.items() if found}
        session.print(to_json([{"mdb": items, "router": told}], session.style))
        return
    for item in items:
        session.print(_line(session, item))
    for name, found in ports.items():
        if found:
            session.print(_routers_line(session, name, found))


def _items(session: Ip, bridge: Bridge, entry: MdbEntry) -> list[dict[str, Any]]:
    """One line for the bridge itself, and one for each port, the newest first (`br_mdb_fill_info`)."""
    items = []
    if entry.host_expires:
        items.append(_item(session, bridge, entry, bridge.name, None))
    for place in sorted(entry.ports, reverse=True):
        member = entry.ports[place]
        items.append(_item(session, bridge, entry, member.port.dev.name, member))
    return items


def _item(session: Ip, bridge: Bridge, entry: MdbEntry, name: str, member: PortGroup | None) -> dict[str, Any]:
    item: dict[str, Any] = {"index": bridge.ifindex, "dev": bridge.name, "port": name, "grp": str(entry.group)}
    if entry.source is not None:
        item["src"] = str(entry.source)
    until = member.expires if member is not None else entry.host_expires
    is_permanent = member.is_permanent if member is not None else isinstance(entry.group, MAC)
    item["state"] = "permanent" if is_permanent else "temp"
    if session.style.details and member is not None:
        if not isinstance(entry.group, MAC) and tells_sources(bridge, entry.group):
            item["filter_mode"] = "include" if member.is_include else "exclude"
        item["protocol"] = name_of(session, "protocol", member.protocol)
    item["flags"] = []
    if entry.vid:
        item["vid"] = entry.vid
    if session.style.statistics:
        item["timer"] = _timer(0 if is_permanent or until == NEVER else until - session.netns.kernel.clock.now)
    return item


def _timer(left: int) -> str:
    return f"{left // SECOND:4d}.{left // (10 * MS) % 100:02d}"


def _line(session: Ip, item: dict[str, Any]) -> str:
    text = f"dev {item['dev']} port {item['port']} grp {item['grp']}"
    if "src" in item:
        text += f" src {item['src']}"
    text += f" {item['state']}"
    if "filter_mode" in item:
        text += f" filter_mode {item['filter_mode']}"
    if "protocol" in item:
        text += f" proto {item['protocol']} "
    if "vid" in item:
        text += f" vid {item['vid']}"
    if "timer" in item:
        text += f" {item['timer']}"
    return text + "\n"


def _router(session: Ip, name: str, left: int) -> dict[str, Any]:
    item: dict[str, Any] = {"port": name}
    if session.style.statistics:
        item |= {"timer": _timer(left), "type": "temp" if left else "permanent"}
    return item


def _routers_line(session: Ip, bridge: str, found: list[dict[str, Any]]) -> str:
    """`router ports on BRIDGE: ...`; under -s each with its time and type, and no more than one to a line."""
    if not session.style.statistics:
        return f"router ports on {bridge}: " + "".join(f"{item['port']} " for item in found) + "\n"
    return "".join(f"router ports on {bridge}: {item['port']} {item['timer']} {item['type']}\n" for item in found)
