"""What drivers say about their link (`ethtool_ops.get_link_ksettings`)."""

from __future__ import annotations

import attrs

from netsim.kernel.core.netdevice import IFF_UP, NetDevice

SPEED_UNKNOWN, SPEED_10000 = -1, 10000
DUPLEX_HALF, DUPLEX_FULL, DUPLEX_UNKNOWN = 0, 1, 0xFF
PORT_TP, PORT_OTHER = 0, 0xFF
DUPLEX_NAMES = {DUPLEX_HALF: "Half", DUPLEX_FULL: "Full"}


@attrs.frozen
class LinkSettings:
    """Speed in Mbit/s (-1: unknown), duplex mode and kind of connector."""

    speed: int
    duplex: int
    port: int


def link_settings(dev: NetDevice) -> LinkSettings | None:
    """A device's settings, or None for drivers that say nothing (`__ethtool_get_link_ksettings`)."""
    if dev.kind == "veth":
        return LinkSettings(SPEED_10000, DUPLEX_FULL, PORT_TP)
    if dev.kind == "bridge":
        ports: list[NetDevice] = [port.dev for port in getattr(dev, "ports", ())]
        speeds = [settings.speed for port in ports if port.flags & IFF_UP and port.carrier and (settings := link_settings(port)) is not None]
        return LinkSettings(max(speeds, default=SPEED_UNKNOWN), DUPLEX_UNKNOWN, PORT_OTHER)
    return None
