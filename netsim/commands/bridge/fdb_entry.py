"""Forwarding entries as `bridge` reads and prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.addr import MAC
from netsim.clock import SECOND
from netsim.commands.ip.link import lladdr
from netsim.commands.ip.words import Stop
from netsim.kernel.bridge.device import Bridge
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.drivers.vxlan import VxlanDevice
from netsim.kernel.rtnl.fdb import NTF_EXT_LEARNED, NTF_ROUTER
from netsim.kernel.tables.fdb import FdbEntry
from netsim.kernel.tables.neigh import NUD_NOARP, NUD_PERMANENT
from netsim.kernel.tables.vxlan import VxlanEntry

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

USAGE = """Usage: bridge fdb { add | append | del | replace } ADDR dev DEV
              [ self ] [ master ] [ use ] [ router ] [ extern_learn ]
              [ sticky ] [ local | static | dynamic ] [ vlan VID ]
              { [ dst IPADDR ] [ port PORT] [ vni VNI ] | [ nhid NHID ] }
\t       [ via DEV ] [ src_vni VNI ]
       bridge fdb [ show [ br BRDEV ] [ brport DEV ] [ vlan VID ]
              [ state STATE ] [ dynamic ] ]
       bridge fdb get [ to ] LLADDR [ br BRDEV ] { brport | dev } DEV
              [ vlan VID ] [ vni VNI ] [ self ] [ master ] [ dynamic ]
       bridge fdb flush dev DEV [ brport DEV ] [ vlan VID ]
              [ self ] [ master ] [ [no]permanent | [no]static | [no]dynamic ]
              [ [no]added_by_user ] [ [no]extern_learn ] [ [no]sticky ]
              [ [no]offloaded ]
"""


def mac_address(text: str) -> MAC:
    """A MAC as `bridge` reads it (`sscanf` of six hexadecimal numbers)."""
    parts = text.split(":")
    if len(parts) < 6 or any(not 1 <= len(part) <= 2 or any(letter not in "0123456789abcdefABCDEF" for letter in part) for part in parts[:6]):
        raise Stop(f"Invalid mac address {text}\n", 1)
    return lladdr(":".join(parts[:6]))  # what follows is not read


PLACES = (("vlan", "vlan"), ("dst", "dst"), ("port", "port"), ("vni", "vni"), ("viaIf", "via"), ("linkNetNsId", "link-netnsid"))
"""Parts of an entry in the order they are listed."""


def described_remotes(session: Ip, dev: VxlanDevice, entry: VxlanEntry) -> list[dict[str, Any]]:
    """What `bridge fdb` tells of a VXLAN device's entry: one line for each remote end."""
    now, items = session.netns.kernel.clock.now, []
    for end in entry.remotes:
        item: dict[str, Any] = {"mac": str(entry.address), "ifname": dev.name, "dst": str(end.ip)}
        if end.port:
            item["port"] = end.port
        if end.vni is not None:
            item["vni"] = end.vni
        if end.ifindex:
            lower = dev.home.devices.get(end.ifindex)
            item["viaIf"] = lower.name if lower is not None and dev.home is session.netns else f"if{end.ifindex}"
        if dev.home is not dev.netns:
            item["linkNetNsId"] = dev.netns.id_for(dev.home)
        if session.style.statistics:
            item["used"], item["updated"] = (now - entry.used) // SECOND, (now - entry.updated) // SECOND
        item["flags"] = ["self"] + [name for bit, name in ((NTF_ROUTER, "router"), (NTF_EXT_LEARNED, "extern_learn")) if entry.flags & bit]
        item["state"] = "permanent" if entry.state & NUD_PERMANENT else "static" if entry.state & NUD_NOARP else ""
        items.append(item)
    return items


def described(session: Ip, bridge: Bridge, entry: FdbEntry) -> dict[str, Any]:
    """What `bridge fdb` tells of an entry (`print_fdb`)."""
    now = session.netns.kernel.clock.now
    item: dict[str, Any] = {"mac": str(entry.address), "ifname": entry.port.dev.name if entry.port is not None else bridge.name}
    if session.style.statistics:
        item["used"] = (now - entry.used) // SECOND
        item["updated"] = (now - entry.updated) // SECOND
    if entry.vid:
        item["vlan"] = entry.vid
    item["flags"] = ["extern_learn"] if entry.is_external else ["sticky"] if entry.is_sticky else []
    item["master"] = bridge.name
    item["state"] = "permanent" if entry.is_local else "static" if entry.is_static else ""
    return item


def line(item: dict[str, Any], bridge: NetDevice | None, port: NetDevice | None) -> str:
    """One entry as a line; what was asked for by name is left out (`print_fdb`)."""
    text = f"{item['mac']} "
    if port is None:
        text += f"dev {item['ifname']} "
    text += "".join(f"{word} {item[key]} " for key, word in PLACES if key in item)
    if "used" in item:
        text += f"used {item['used']}/{item['updated']} "
    text += "".join(f"{flag} " for flag in item["flags"])
    if ("master" in item and bridge is None) or ("master" in item and item["master"] and bridge is not None):
        text += f"master {item['master']} "
    return text + item["state"] + "\n"  # type: ignore[no-any-return]
