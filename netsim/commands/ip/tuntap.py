"""ip tuntap: persistent tun and tap devices (`iptuntap.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.commands.ip.output import to_json
from netsim.commands.ip.words import Stop, Words, invarg, matches, number
from netsim.errors import EBUSY, EINVAL, NetError, strerror
from netsim.kernel.core.device_life import unregister_netdevice
from netsim.kernel.drivers.tun import Tun, create

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

USAGE = """\
Usage: ip tuntap { add | del | show | list | lst | help } [ dev PHYS_DEV ]
       [ mode { tun | tap } ] [ user USER ] [ group GROUP ]
       [ one_queue ] [ pi ] [ vnet_hdr ] [ multi_queue ] [ name NAME ]

Where: USER  := { STRING | NUMBER }
       GROUP := { STRING | NUMBER }
"""


def do_tuntap(session: Ip, cursor: Words) -> None:
    """ip tuntap."""
    if not cursor.more():
        show(session)
        return
    word = cursor.take()
    if matches(word, "add"):
        add(session, parse(cursor))
    elif matches(word, "delete"):
        delete(session, parse(cursor))
    elif matches(word, "show") or matches(word, "lst") or matches(word, "list"):
        show(session)
    elif matches(word, "help"):
        raise Stop(USAGE, 255)
    else:
        raise Stop(f'Command "{word}" is unknown, try "ip tuntap help".\n', 255)


def parse(cursor: Words) -> dict[str, Any]:
    """The words of add and del (`parse_args`)."""
    data: dict[str, Any] = {}
    while cursor.more():
        word = cursor.take()
        if matches(word, "mode"):
            mode = cursor.argument()
            if "mode" in data:
                raise Stop("You managed to ask for more than one tunnel mode.\n", 255)
            found = next((name for name in ("tun", "tap") if matches(mode, name)), None)
            if found is None:
                raise Stop(f'Unknown tunnel mode "{mode}"\n', 255)
            data["mode"] = found
        elif matches(word, "user") or matches(word, "group"):
            key = "user" if matches(word, "user") else "group"
            value = cursor.argument()
            parsed = 0 if value == "root" else number(value, 0, 0xFFFFFFFF)
            if parsed is None:
                raise invarg(f'invalid {key} "{value}"' if key == "group" else f'invalid user "{value}"', value)
            data[key] = parsed
        elif matches(word, "pi") or matches(word, "one_queue") or matches(word, "vnet_hdr") or matches(word, "multi_queue"):
            data[next(name for name in ("pi", "one_queue", "vnet_hdr", "multi_queue") if matches(word, name))] = 1
        elif matches(word, "help"):
            raise Stop(USAGE, 255)
        else:
            if word in ("dev", "name"):
                word = cursor.argument()
            data["name"] = word
    if "mode" not in data:
        raise Stop("You failed to specify a tunnel mode\n", 255)
    return data


def _failed(error: NetError) -> Stop:
    return Stop(f"ioctl(TUNSETIFF): {strerror(error.errno)}\n", 1)


def add(session: Ip, data: dict[str, Any]) -> None:
    """Make one; a name in use is refused as the ioctl does."""
    netns = session.netns
    if "tun" not in netns.kernel.profile.modules:
        raise Stop("open: No such file or directory\n", 1)
    netns.kernel.require_admin()
    name = data.get("name", "")
    known = netns.device(name) if name else None
    if known is not None:
        raise _failed(NetError(EBUSY if isinstance(known, Tun) and known.mode == data["mode"] else EINVAL))
    try:
        dev = create(netns, name, data["mode"])
    except NetError as error:
        raise _failed(error) from None
    dev.pi, dev.vnet_hdr, dev.multi_queue = data.get("pi", 0), data.get("vnet_hdr", 0), data.get("multi_queue", 0)
    dev.owner, dev.owner_group = data.get("user"), data.get("group")
    for option in ("pi", "vnet_hdr", "multi_queue"):
        if data.get(option):
            netns.kernel.unmodelled.append(f"ip tuntap {option}")


def delete(session: Ip, data: dict[str, Any]) -> None:
    """Remove one; deleting what is not there makes and removes it, and so succeeds."""
    name = data.get("name", "")
    dev = session.netns.device(name) if name else None
    if dev is None:
        return
    if not isinstance(dev, Tun) or dev.mode != data["mode"]:
        raise _failed(NetError(EINVAL))
    dev.persist = 0
    if dev.program is None:
        unregister_netdevice(dev)


def show(session: Ip) -> None:
    """All of the namespace, with their flags."""
    devices = [dev for dev in session.netns.devices.values() if isinstance(dev, Tun)]
    if session.style.json:
        items = [{"ifname": dev.name, "flags": _flags(dev), "processes": []} for dev in devices]
        session.print(to_json(items, session.style))
        return
    for dev in devices:
        text = f"{dev.name}: {' '.join(_flags(dev))}"
        text += f" user {dev.owner}" if dev.owner is not None else ""
        text += f" group {dev.owner_group}" if dev.owner_group is not None else ""
        session.print(text + "\n")


def _flags(dev: Tun) -> list[str]:
    flags = [dev.mode]
    flags += [name for name, value in (("pi", dev.pi), ("vnet_hdr", dev.vnet_hdr), ("multi_queue", dev.multi_queue)) if value]
    return [*flags, *(["persist"] if dev.persist else [])]
