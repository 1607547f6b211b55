"""macvlan (`iplink_macvlan.c`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from netsim.commands.ip.kinds.grammar import Key, LinkUtil, Reader, Shown, read
from netsim.commands.ip.kinds.help import KIND_HELP
from netsim.commands.ip.words import Stop, Words, number
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.drivers.macvlan import (
    BRIDGE,
    FLAG_NODST,
    FLAG_NOPROMISC,
    MACADDR_ADD,
    MACADDR_DEL,
    MACADDR_FLUSH,
    MACADDR_SET,
    PASSTHRU,
    PRIVATE,
    SOURCE,
    VEPA,
    Macvlan,
)

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

MODES = {"private": PRIVATE, "vepa": VEPA, "bridge": BRIDGE, "passthru": PASSTHRU, "source": SOURCE}
MODE_NAMES = {value: name for name, value in MODES.items()}
FLAGS = {"nopromisc": FLAG_NOPROMISC, "nodst": FLAG_NODST, "null": 0}


def _mode(reader: Reader) -> None:
    word = reader.argument()
    if word not in MODES:
        raise Stop(f'Error: argument of "mode" must be "private", "vepa", "bridge", "passthru" or "source", not "{word}"\n', 1)
    reader.data["mode"] = MODES[word]


def _flag(reader: Reader) -> None:
    word = reader.argument()
    if word not in FLAGS:
        raise Stop(f'Error: argument of "flag" must be "nopromisc", "nodst" or "null", not "{word}"\n', 1)
    reader.data["flags"] = reader.data.get("flags", 0) | FLAGS[word] if FLAGS[word] else 0


def _macaddr(reader: Reader) -> None:
    from netsim.commands.ip.link import lladdr

    word = reader.argument()
    if word not in ("add", "del", "set", "flush"):
        raise _usage(word)
    data = reader.data
    data["macaddr_mode"] = {"add": MACADDR_ADD, "del": MACADDR_DEL, "set": MACADDR_SET, "flush": MACADDR_FLUSH}[word]
    if word in ("add", "del"):
        data["macaddr"] = (lladdr(reader.argument()),)
    elif word == "set":
        addresses = []
        while reader.cursor.more() and ":" in reader.cursor.peek():
            addresses.append(lladdr(reader.cursor.take()))
        data["macaddr"] = tuple(addresses)


def _bcqueuelen(reader: Reader) -> None:
    word = reader.argument()
    value = number(word, 0, 0xFFFFFFFF)
    if value is None:
        raise Stop(f'Error: argument of "bcqueuelen" must be a positive integer [0-4294967295], not "{word}"\n', 1)
    reader.data["bcqueuelen"] = value


def _usage(word: str) -> Stop:
    return Stop(KIND_HELP["macvlan"], 1)


def _help(reader: Reader) -> None:
    raise _usage("help")


def _promisc(reader: Reader) -> None:
    reader.data["flags"] = reader.data.get("flags", 0) | FLAG_NOPROMISC


def _unknown(word: str) -> Stop:
    return Stop(f'macvlan: unknown option "{word}"?\n{KIND_HELP["macvlan"]}', 1)


KEYS = (
    Key("mode", _mode), Key("flag", _flag), Key("macaddr", _macaddr), Key("nopromisc", _promisc), Key("bcqueuelen", _bcqueuelen), Key("help", _help),
)  # fmt: skip


def _parse(session: Ip, cursor: Words, netns: Netns) -> dict[str, Any]:
    data = read(KEYS, Reader(session, cursor, netns), _unknown)
    if data.get("flags", 0) & FLAG_NOPROMISC and data.get("mode") != PASSTHRU:
        raise Stop(f"macvlan: nopromisc flag only valid in passthru mode\n{KIND_HELP['macvlan']}", 1)
    return data


def _show(session: Ip, dev: NetDevice) -> Sequence[Shown]:
    assert isinstance(dev, Macvlan)
    name = MODE_NAMES[dev.mode]
    shown = [Shown(f"mode {name} ", "mode", name)]
    if dev.mode_flags & FLAG_NOPROMISC:
        shown.append(Shown("nopromisc ", "nopromisc", True))
    if dev.mode_flags & FLAG_NODST:
        shown.append(Shown("nodst ", "nodst", True))
    shown.append(Shown(f"bcqueuelen {dev.bc_queue_len} ", "bcqueuelen", dev.bc_queue_len))
    shown.append(Shown(f"usedbcqueuelen {dev.port.bc_queue_len} ", "usedbcqueuelen", dev.port.bc_queue_len))
    if dev.mode == SOURCE:
        addresses = [str(address) for address in dev.sources]
        shown.append(Shown(f"remotes ({len(addresses)}) " + "".join(f"{address} " for address in addresses), "macaddr_count", len(addresses)))
        if addresses:
            shown.append(Shown("", "macaddr_data", addresses))
    return shown


MACVLAN = LinkUtil(_parse, _show)
