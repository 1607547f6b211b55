"""bridge fdb: forwarding entries of bridges, and the addresses devices themselves listen to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.commands.bridge import fdb_lookup
from netsim.commands.bridge.fdb_entry import USAGE, described, described_remotes, line, mac_address
from netsim.commands.bridge.link import c_number
from netsim.commands.ip.output import to_json
from netsim.commands.ip.words import Stop, Words, answers, device, duparg2, invarg, matches, no_device, number
from netsim.commands.ip.words import address as parse_ip
from netsim.errors import NetError
from netsim.kernel.bridge import fdb as br_fdb
from netsim.kernel.bridge.device import Bridge, BridgePort
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.drivers import vxlan_fdb
from netsim.kernel.drivers.vxlan import VxlanDevice
from netsim.kernel.rtnl.fdb import NTF_EXT_LEARNED, NTF_MASTER, NTF_ROUTER, NTF_SELF, NTF_STICKY, NTF_USE, FdbRequest, fdb_add, fdb_del
from netsim.kernel.rtnl.flags import NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE
from netsim.kernel.tables.neigh import NUD_NOARP, NUD_PERMANENT, NUD_REACHABLE, NUD_STALE

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip


def do_fdb(session: Ip, cursor: Words) -> None:
    """bridge fdb."""
    if not cursor.more():
        show(session, cursor)
        return
    word = cursor.take()
    if matches(word, "add"):
        modify(session, cursor, NLM_F_CREATE | NLM_F_EXCL)
    elif matches(word, "append"):
        modify(session, cursor, NLM_F_CREATE | NLM_F_APPEND)
    elif matches(word, "replace"):
        modify(session, cursor, NLM_F_CREATE | NLM_F_REPLACE)
    elif matches(word, "delete"):
        modify(session, cursor, 0)
    elif matches(word, "show") or matches(word, "lst") or matches(word, "list"):
        show(session, cursor)
    elif matches(word, "get"):
        fdb_lookup.get(session, cursor)
    elif matches(word, "flush"):
        fdb_lookup.flush(session, cursor)
    elif matches(word, "help"):
        raise Stop(USAGE, 255)
    else:
        raise Stop(f'Command "{word}" is unknown, try "bridge fdb help".\n', 255)


def modify(session: Ip, cursor: Words, flags: int) -> None:
    """add, append, replace and delete (`fdb_modify`)."""
    name: str | None = None
    address: str | None = None
    ntf = state = 0
    places: dict[str, Any] = {}
    has_nhid = False
    while cursor.more():
        word = cursor.take()
        if word == "dev":
            name = cursor.argument()
        elif word == "self":
            ntf |= NTF_SELF
        elif matches(word, "master"):
            ntf |= NTF_MASTER
        elif matches(word, "router"):
            ntf |= NTF_ROUTER
        elif matches(word, "local") or matches(word, "permanent"):
            state |= NUD_PERMANENT
        elif matches(word, "temp") or matches(word, "static"):
            state |= NUD_REACHABLE | NUD_NOARP
        elif matches(word, "dynamic"):
            state |= NUD_REACHABLE
        elif matches(word, "use"):
            ntf |= NTF_USE
        elif matches(word, "extern_learn"):
            ntf |= NTF_EXT_LEARNED
        elif matches(word, "sticky"):
            ntf |= NTF_STICKY
        elif word == "dst":
            value = cursor.argument()
            if "dst" in places:
                raise duparg2("dst", value)
            places["dst"] = parse_ip(value)
        elif word in ("vlan", "vni", "port"):
            places[word] = c_number(cursor.argument()) & 0xFFFF if word == "vlan" else _number_of(word, cursor.argument())
        elif word == "via":
            places["via"] = device(session.netns, cursor.argument()).ifindex
        elif word == "src_vni":
            _number_of(word, cursor.argument())  # of senders without metadata all have the device's (`vxlan_fdb_parse`)
        elif word == "nhid":
            value = cursor.argument()
            if number(value, 0, 0xFFFFFFFF) is None:
                raise invarg('"id" value is invalid\n', value)
            has_nhid = True
        elif matches(word, "help"):
            raise Stop(USAGE, 255)
        else:
            if word == "to":
                word = cursor.argument()
            if address is not None:
                raise duparg2("to", word)
            address = word
    if name is None or address is None:
        raise Stop("Device and address are required arguments.\n", 255)
    if has_nhid:
        if places.keys() & {"dst", "port", "vni"}:
            raise Stop("dst, port, vni are mutually exclusive with nhid\n", 255)
        raise Stop('netsim: "bridge fdb" option "nhid" is not modelled\n', 1)
    if not ntf & (NTF_SELF | NTF_MASTER):
        ntf |= NTF_SELF
    if not state & (NUD_PERMANENT | NUD_REACHABLE):
        state |= NUD_PERMANENT
    dev = session.netns.device(name)
    mac = mac_address(address)
    if dev is None:
        raise no_device(name)
    request = FdbRequest(mac, ntf, state, **places)
    try:
        if flags:
            fdb_add(dev, request, flags)
        else:
            fdb_del(dev, request)
    except NetError as error:
        raise answers(error) from None


def _number_of(word: str, value: str) -> int:
    parsed = number(value, 0, {"vlan": 0xFFFF, "port": 0xFFFF}.get(word, 0xFFFFFF))
    if parsed is None:
        raise invarg({"vlan": "invalid VLAN", "port": "invalid port\n", "vni": "invalid VNI\n", "src_vni": "invalid src VNI\n"}[word], value)
    return parsed


def show(session: Ip, cursor: Words) -> None:
    """bridge fdb show."""
    bridge: NetDevice | None = None
    port: NetDevice | None = None
    states, is_dynamic, vid = 0, False, 0
    while cursor.more():
        word = cursor.take()
        if word in ("brport", "dev"):
            port = device(session.netns, cursor.argument())
        elif word == "br":
            name = cursor.argument()
            bridge = session.netns.device(name)
            if bridge is None:
                raise Stop(f'Cannot find bridge device "{name}"\n', 255)
        elif word == "state":
            states = _states(cursor.argument())
        elif matches(word, "dynamic"):
            is_dynamic = True
        elif word == "vlan":
            vid = number(cursor.argument(), 0, 0xFFFF) or 0
        elif matches(word, "help"):
            raise Stop(USAGE, 255)
    items = []
    for dev in sorted(session.netns.devices.values(), key=_by_index) if port is None else (port,):
        if bridge is None or dev is bridge or dev.master is bridge:
            items += _of_device(session, dev)
    if vid:
        items = [item for item in items if item.get("vlan") == vid]
    if states or is_dynamic:
        items = [item for item in items if not (is_dynamic and item["state"] == "permanent") and STATES[item["state"]] & (states or ANY_STATE)]
    for item in items:
        if port is not None and session.style.json:
            item.pop("ifname")  # asked for by name
    if session.style.json:
        session.print(to_json(items, session.style))
        return
    for item in items:
        session.print(line(item, bridge, port))


STATES = {"permanent": NUD_PERMANENT, "static": NUD_NOARP, "": NUD_REACHABLE, "stale": NUD_STALE}
ANY_STATE = 0xFFFFFFFF


def _states(word: str) -> int:
    """The states a word means, as bits; 0 asks for none in particular (`state_a2n`)."""
    for names, bits in (
        (("permanent",), NUD_PERMANENT),
        (("static", "temp"), NUD_NOARP),
        (("stale",), NUD_STALE),
        (("reachable", "dynamic"), NUD_REACHABLE),
    ):
        if any(matches(word, name) for name in names):
            return bits
    value = ANY_STATE if word == "all" else number(word, 0, ANY_STATE)
    if value is None:
        raise invarg("invalid state", word)
    return value


def _by_index(dev: NetDevice) -> int:
    return dev.ifindex


def _of_device(session: Ip, dev: NetDevice) -> list[dict[str, Any]]:
    """What is told of one device (`rtnl_fdb_dump`): its bridge's entries at it, the latest first, and its own; of a bridge its own come first."""
    own = _own(session, dev)
    if isinstance(dev, Bridge):
        return own + _at(session, dev, None)
    port = dev.slave_data
    return (_at(session, port.bridge, port) if isinstance(port, BridgePort) else []) + own


def _at(session: Ip, bridge: Bridge, port: BridgePort | None) -> list[dict[str, Any]]:
    return [described(session, bridge, entry) for entry in reversed(br_fdb.listed(bridge)) if entry.port is port]


def _own(session: Ip, dev: NetDevice) -> list[dict[str, Any]]:
    if isinstance(dev, VxlanDevice):
        return [item for entry in vxlan_fdb.listed(dev) for item in described_remotes(session, dev, entry)]
    heard = (*dev.heard_addresses(), *dev.multicast)
    return [{"mac": str(mac), "ifname": dev.name, "flags": ["self"], "state": "permanent"} for mac in heard]
