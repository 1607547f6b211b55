"""tun and tap (`iplink_tuntap.c`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from netsim.commands.ip.kinds.grammar import LinkUtil, Shown, no_options, on_off
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.drivers.tun import Tun

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip


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


TUN = LinkUtil(no_options, _show_tun)
