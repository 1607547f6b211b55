"""Kinds with few options or none: veth, dummy, ifb, vrf, tun (`link_veth.c`, `iplink_dummy.c`, `iplink_vrf.c`, `iplink_tuntap.c`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from netsim.commands.ip.kinds.grammar import Key, LinkUtil, Reader, Shown, no_options, on_off, read
from netsim.commands.ip.kinds.help import KIND_HELP
from netsim.commands.ip.route_words import table_number
from netsim.commands.ip.usage import VETH
from netsim.commands.ip.words import Stop, Words
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.drivers.tun import Tun
from netsim.kernel.drivers.vrf import Vrf

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip


def _veth(session: Ip, cursor: Words, netns: Netns) -> dict[str, Any]:
    from netsim.commands.ip.link import parse_peer

    if not cursor.more():
        return {}
    word = cursor.take()
    if word != "peer":
        raise Stop("", 1, VETH)
    return {"peer": parse_peer(session, cursor, netns)}


def _table(reader: Reader) -> None:
    reader.data["table"] = table_number(reader.argument(), "invalid table ID\n")


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


def _show_tun(session: Ip, dev: NetDevice) -> Sequence[Shown]:
    assert isinstance(dev, Tun)
    shown = [
        Shown(f"type {dev.mode} ", "type", dev.mode), Shown(f"pi {on_off(dev.pi)} ", "pi", bool(dev.pi)),
        Shown(f"vnet_hdr {on_off(dev.vnet_hdr)} ", "vnet_hdr", bool(dev.vnet_hdr)),
        Shown("multi_queue on " if dev.multi_queue else "", "multi_queue", bool(dev.multi_queue)),
        Shown(f"persist {on_off(dev.persist)} ", "persist", bool(dev.persist)),
    ]  # fmt: skip
    if dev.owner is not None:
        name = "root" if dev.owner == 0 else str(dev.owner)
        shown.append(Shown(f"user {name} ", "user", name))
    if dev.owner_group is not None:
        name = "root" if dev.owner_group == 0 else str(dev.owner_group)
        shown.append(Shown(f"group {name} ", "group", name))
    return shown


VETH_KIND = LinkUtil(_veth)
PLAIN = LinkUtil(no_options)
VRF = LinkUtil(_vrf, _show_vrf, _show_vrf_port)
TUN = LinkUtil(no_options, _show_tun)
