"""vrf (`iplink_vrf.c`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from netsim.commands.ip.kinds.grammar import Key, LinkUtil, Reader, Shown, read
from netsim.commands.ip.kinds.help import KIND_HELP
from netsim.commands.ip.route_words import table_number
from netsim.commands.ip.words import Stop, Words
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.drivers.vrf import Vrf

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip


def _table(reader: Reader) -> None:
    reader.data["table"] = table_number(reader.session, reader.argument(), "invalid table ID\n")


def _vrf_help(reader: Reader) -> None:
    raise Stop(KIND_HELP["vrf"], 1)


def _unknown_vrf(word: str) -> Stop:
    return Stop(f'vrf: unknown option "{word}"?\n{KIND_HELP["vrf"]}', 1)


def _vrf(session: Ip, cursor: Words, netns: Netns) -> dict[str, Any]:
    return read((Key("table", _table), Key("help", _vrf_help)), Reader(session, cursor, netns), _unknown_vrf)


def _show_vrf(session: Ip, dev: NetDevice) -> Sequence[Shown]:
    assert isinstance(dev, Vrf)
    return (Shown(f"table {dev.table} ", "table", dev.table),)


def _show_vrf_port(session: Ip, dev: NetDevice) -> Sequence[Shown]:
    assert isinstance(dev.master, Vrf)
    return (Shown(f"table {dev.master.table} ", "table", dev.master.table),)


VRF = LinkUtil(_vrf, _show_vrf, _show_vrf_port)
