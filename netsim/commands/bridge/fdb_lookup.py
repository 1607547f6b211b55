"""bridge fdb get and flush: one entry, and many deleted at once (`fdb_get`, `fdb_flush`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.commands.bridge.fdb_entry import USAGE, described, described_remotes, line, mac_address
from netsim.commands.ip.output import to_json
from netsim.commands.ip.words import Stop, Words, answers, device, duparg2, matches, number
from netsim.errors import NetError
from netsim.kernel.bridge.device import Bridge
from netsim.kernel.drivers.vxlan import VxlanDevice
from netsim.kernel.rtnl.fdb import NTF_MASTER, NTF_SELF, FlushRequest, fdb_flush, fdb_get
from netsim.kernel.tables.vxlan import VxlanEntry

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

MARKS = {
    "permanent": (("is_local", 1),),
    "nopermanent": (("is_local", 0),),
    "static": (("is_static", 1), ("is_local", 0)),
    "nostatic": (("is_static", 0),),
    "dynamic": (("is_static", 0),),
    "nodynamic": (("is_static", 1),),
    "added_by_user": (("added_by_user", 1),),
    "noadded_by_user": (("added_by_user", 0),),
    "extern_learn": (("is_external", 1),),
    "noextern_learn": (("is_external", 0),),
    "sticky": (("is_sticky", 1),),
    "nosticky": (("is_sticky", 0),),
    "offloaded": (("is_offloaded", 1),),
    "nooffloaded": (("is_offloaded", 0),),
}
FLAGS = {"self": NTF_SELF, "master": NTF_MASTER}
MOST_VLANS = 4094


def get(session: Ip, cursor: Words) -> None:
    """bridge fdb get."""
    address = name = master = None
    flags = vlan = dynamic = 0
    while cursor.more():
        word = cursor.take()
        if word in ("brport", "dev"):
            name = cursor.argument()
        elif word == "br":
            master = cursor.argument()
        elif word in FLAGS:
            flags |= FLAGS[word]
        elif word == "vlan":
            vlan = number(cursor.argument(), 0, 0xFFFF) or 0
        elif word == "vni":
            cursor.argument()  # asks vxlan devices only
        elif word == "dynamic":
            dynamic = 1
        elif matches(word, "help"):
            raise Stop(USAGE, 255)
        else:
            if word == "to":
                word = cursor.argument()
            if address is not None:
                raise duparg2("to", word)
            address = word
    if address is None or (name is None and master is None):
        raise Stop("Device or master and address are required arguments.\n", 255)
    mac = mac_address(address)
    dev = device(session.netns, name) if name is not None else None
    bridge = session.netns.device(master) if master is not None else None
    if master is not None and bridge is None:
        raise Stop(f'Cannot find bridge device "{master}"\n', 255)
    try:
        if vlan > MOST_VLANS:
            raise Stop("Error: invalid vlan id.\n", 254)
        holder, entry = fdb_get(dev, bridge, flags, mac, vlan)
    except NetError as error:
        raise Stop(answers(error).stderr, 254) from None
    if isinstance(entry, VxlanEntry):
        assert isinstance(holder, VxlanDevice)
        found = described_remotes(session, holder, entry)[:1]
    else:
        assert isinstance(holder, Bridge)
        found = [described(session, holder, entry)]
    if dynamic:
        found = [one for one in found if one["state"] != "permanent"]
    session.print(to_json(found, session.style) if session.style.json else "".join(line(one, None, None) for one in found))


def flush(session: Ip, cursor: Words) -> None:
    """bridge fdb flush; words it does not know are passed over, as the real one does."""
    name = port = None
    flags = vlan = 0
    marks: dict[str, int] = {}
    while cursor.more():
        word = cursor.take()
        if word == "dev":
            name = cursor.argument()
        elif word == "brport":
            port = cursor.argument()
        elif word in FLAGS:
            flags |= FLAGS[word]
        elif word == "vlan":
            text = cursor.argument()
            parsed = number(text, 0, MOST_VLANS + 1)
            if parsed is None:
                raise Stop(f'Invalid VLAN ID "{text}"\n', 255)
            vlan = parsed or MOST_VLANS + 1
        elif word in MARKS:
            for field, value in MARKS[word]:
                marks.setdefault(field, value) if word == "static" and field == "is_local" else marks.update({field: value})
        elif matches(word, "help"):
            cursor.argument()
    if name is None:
        raise Stop("Device is a required argument.\n", 255)
    dev = session.netns.device(name)
    if dev is None:
        raise Stop(f'Cannot find bridge device "{name}"\n', 255)
    target = session.netns.device(port) if port is not None else None
    if port is not None and target is None:
        raise Stop(f'Cannot find bridge port device "{port}"\n', 255)
    if vlan > MOST_VLANS:
        raise Stop("Error: integer out of range.\n", 255)
    request = FlushRequest(flags or NTF_SELF, target.ifindex if target is not None else 0, tuple(marks.items()), vlan)
    try:
        fdb_flush(dev, request)
    except NetError as error:
        raise answers(error) from None
