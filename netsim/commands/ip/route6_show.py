"""IPv6 routes as far as they follow from addresses: the local, link and multicast routes every Linux shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.addr import mask6
from netsim.kernel.core.netdevice import IFF_LOOPBACK, IFF_UP

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip


def show6(session: Ip, table: int) -> None:
    """`ip -6 route show`: worked out from the addresses, since IPv6 routes cannot be added yet."""
    from netsim.addr import IPv6

    main, local = [], []
    for dev in session.netns.devices.values():
        if dev.inet6 is None or not dev.flags & IFF_UP:
            continue
        for ifa in dev.inet6.addresses:
            suffix = "table local " if table == 0 else ""
            if not ifa.flags & 0x40:
                local.append((int(ifa.address), 0, f"local {ifa.address} dev {dev.name} {suffix}proto kernel metric 0 pref medium"))
            if ifa.length < 128:
                net = IPv6(ifa.address & mask6(ifa.length))
                down = "" if dev.carrier else " linkdown"
                main.append((int(net), ifa.created, f"{net}/{ifa.length} dev {dev.name} proto kernel metric 256{down} pref medium"))
        if not dev.flags & IFF_LOOPBACK and dev.inet6.ready:
            suffix = "table local " if table == 0 else ""
            first = min((ifa.created for ifa in dev.inet6.addresses), default=0)
            local.append((0xFF << 120, first, f"multicast ff00::/8 dev {dev.name} {suffix}proto kernel metric 256 pref medium"))
    lines = []
    if table in (0, 254):
        lines += [text for _, _, text in sorted(main, key=_first)]
    if table in (0, 255):
        lines += [text for _, _, text in sorted(local, key=_first)]
    for text in lines:
        session.print(text + "\n")


def _first(item: tuple[int, int, str]) -> tuple[int, int]:
    return item[:2]
