"""bridge vlan: which VLANs ports are in (`bridge/vlan.c`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from netsim.commands.ip.output import to_json
from netsim.commands.ip.words import Stop, Words, answers, device, matches
from netsim.errors import NetError
from netsim.kernel.bridge.device import Bridge, BridgePort
from netsim.kernel.bridge.vlan import PVID, UNTAGGED
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.rtnl.bridge_vlan import VlanRequest, change_vlans

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

USAGE = """\
Usage: bridge vlan { add | del } vid VLAN_ID dev DEV [ tunnel_info id TUNNEL_ID ]
                                                     [ pvid ] [ untagged ]
                                                     [ self ] [ master ]
       bridge vlan { set } vid VLAN_ID dev DEV [ state STP_STATE ]
                                               [ mcast_router MULTICAST_ROUTER ]
       bridge vlan { show } [ dev DEV ] [ vid VLAN_ID ]
       bridge vlan { tunnelshow } [ dev DEV ] [ vid VLAN_ID ]
       bridge vlan global { set } vid VLAN_ID dev DEV
                      [ mcast_snooping MULTICAST_SNOOPING ]
                      [ mcast_querier MULTICAST_QUERIER ]
                      [ mcast_igmp_version IGMP_VERSION ]
                      [ mcast_mld_version MLD_VERSION ]
                      [ mcast_last_member_count LAST_MEMBER_COUNT ]
                      [ mcast_last_member_interval LAST_MEMBER_INTERVAL ]
                      [ mcast_startup_query_count STARTUP_QUERY_COUNT ]
                      [ mcast_startup_query_interval STARTUP_QUERY_INTERVAL ]
                      [ mcast_membership_interval MEMBERSHIP_INTERVAL ]
                      [ mcast_querier_interval QUERIER_INTERVAL ]
                      [ mcast_query_interval QUERY_INTERVAL ]
                      [ mcast_query_response_interval QUERY_RESPONSE_INTERVAL ]
       bridge vlan global { show } [ dev DEV ] [ vid VLAN_ID ]
"""
MOST_VIDS = 4096


def do_vlan(session: Ip, cursor: Words) -> None:
    """bridge vlan."""
    if not cursor.more():
        show(session, cursor)
        return
    word = cursor.take()
    if matches(word, "add"):
        modify(session, cursor, "add")
    elif matches(word, "delete"):
        modify(session, cursor, "del")
    elif matches(word, "show") or matches(word, "lst") or matches(word, "list"):
        show(session, cursor)
    elif matches(word, "tunnelshow") or matches(word, "set") or matches(word, "global"):
        raise Stop(f'netsim: "bridge vlan {word}" is not modelled\n', 1)
    elif matches(word, "help"):
        raise Stop(USAGE, 255)
    else:
        raise Stop(f'Command "{word}" is unknown, try "bridge vlan help".\n', 255)


def _vid(word: str) -> int:
    digits = re.match(r"\d*", word)
    value = int(digits[0] or 0) if digits is not None else 0  # `atoi`
    if value >= MOST_VIDS:
        raise Stop(f'Invalid VLAN ID "{word}"\n', 255)
    return value


def modify(session: Ip, cursor: Words, action: str) -> None:
    """add and del (`vlan_modify`)."""
    name: str | None = None
    first = last = -1
    flags = ways = 0
    while cursor.more():
        word = cursor.take()
        if word == "dev":
            name = cursor.argument()
        elif word == "vid":
            text = cursor.argument()
            low, dash, high = text.partition("-")
            first = last = _vid(low)
            if dash:
                last = _vid(high)
                if first >= last:
                    raise Stop(f'Invalid VLAN range "{text}"\n', 255)
        elif word == "self":
            ways |= 1
        elif word == "master":
            ways |= 2
        elif matches(word, "pvid"):
            flags |= PVID
        elif matches(word, "untagged"):
            flags |= UNTAGGED
        elif matches(word, "tunnel_info"):
            raise Stop('netsim: "bridge vlan" option "tunnel_info" is not modelled\n', 1)
        elif matches(word, "help"):
            raise Stop(USAGE, 255)
    if name is None or first < 0:
        raise Stop("Device and VLAN ID are required arguments.\n", 255)
    dev = session.netns.device(name)
    if dev is None:
        raise Stop(f'Cannot find bridge device "{name}"\n', 255)
    if flags & PVID and last > first:
        raise Stop("pvid cannot be configured for a vlan range\n", 255)
    try:
        change_vlans(dev, VlanRequest(first, last, flags, ways), action)
    except NetError as error:
        raise answers(error) from None


# showing ---------------------------------------------------------------------------------------------------------------


def show(session: Ip, cursor: Words) -> None:
    """show (`vlan_show`)."""
    wanted: NetDevice | None = None
    vid = 0
    while cursor.more():
        word = cursor.take()
        if word == "dev":
            wanted = device(session.netns, cursor.argument())
        elif word == "vid":
            vid = _vid(cursor.argument())
        elif matches(word, "help"):
            raise Stop(USAGE, 255)
    places = [dev for dev in session.netns.devices.values() if isinstance(dev, Bridge) or isinstance(dev.slave_data, BridgePort)]
    items = [_described(session, dev, vid) for dev in sorted(places, key=_index) if wanted in (None, dev)]
    items = [item for item in items if item["vlans"]]
    if session.style.json:
        session.print(to_json(items, session.style))
        return
    session.print(f"{'port':<16s}  vlan-id{'' if session.style.statistics else '  '}\n")
    for item in items:
        session.print(_text(session, item))


def _index(dev: NetDevice) -> int:
    return dev.ifindex


def _described(session: Ip, dev: NetDevice, vid: int) -> dict[str, Any]:
    place = dev if isinstance(dev, Bridge) else dev.slave_data
    vlans = []
    for number_, untagged in sorted(place.vlans.items()):
        if vid and number_ != vid:
            continue
        item: dict[str, Any] = {"vlan": number_}
        flags = (["PVID"] if place.pvid == number_ else []) + (["Egress Untagged"] if untagged else [])
        if flags:
            item["flags"] = flags
        if session.style.details:
            item.update(state="forwarding", mcast_router=1)
        if session.style.statistics:
            item.update(rx_bytes=0, rx_packets=0, tx_bytes=0, tx_packets=0)
        vlans.append(item)
    return {"ifname": dev.name, "vlans": _compressed(vlans) if session.compressed else vlans}


def _compressed(vlans: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Neighbouring VLANs with the same flags as one range (`-c`)."""
    ranges: list[dict[str, Any]] = []
    for item in vlans:
        before = ranges[-1] if ranges else None
        same = before is not None and before.get("flags") == item.get("flags") and "PVID" not in item.get("flags", ())
        if before is not None and same and before.get("vlanEnd", before["vlan"]) + 1 == item["vlan"]:
            flags = before.pop("flags", None)
            before["vlanEnd"] = item["vlan"]
            if flags:
                before["flags"] = flags
        else:
            ranges.append(dict(item))
    return ranges


def _text(session: Ip, item: dict[str, Any]) -> str:
    text, name = "", item["ifname"]
    for vlan in item["vlans"]:
        number_ = f"{vlan['vlan']}-{vlan['vlanEnd']}" if "vlanEnd" in vlan else str(vlan["vlan"])
        text += f"{session.style.paint('ifname', f'{name:<16s}  ') if name else f'{name:<18s}'}{number_}{''.join(f' {flag}' for flag in vlan.get('flags', ()))}\n"
        if session.style.details:
            text += f"{'':<20s}state forwarding mcast_router 1 \n"
        if session.style.statistics:  # counted only with vlan_stats_enabled, which is not modelled
            text += f"{'':<20s}RX: 0 bytes 0 packets\n{'':<20s}TX: 0 bytes 0 packets\n"
        name = ""
    return text
