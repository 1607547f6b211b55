"""What a device leads to: the other end of its cable, and the other end of its tunnel."""

from __future__ import annotations

from collections.abc import Iterator

from netsim.addr import IPv4
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.drivers.ip_tunnel import IpTunnel
from netsim.kernel.drivers.nic import CabledNic
from netsim.kernel.drivers.vxlan import VxlanDevice
from netsim.world.cable import Cable
from netsim.world.cable import End as CableEnd
from netsim.world.switch import Lan, Port


def cable_far_end(dev: NetDevice) -> NetDevice | Lan | None:
    """The card at the other end of a card's cable, or the switch that the cable leads to; None without."""
    cable = cable_of(dev)
    if cable is None or not isinstance(dev, CabledNic):
        return None
    jack = cable.other(dev.plug).jack
    return jack.switch if isinstance(jack, Port) else jack if isinstance(jack, CabledNic) else None


def cable_of(dev: NetDevice) -> Cable | None:
    """The cable in a card's jack."""
    return dev.plug.cable if isinstance(dev, CabledNic) and isinstance(dev.plug, CableEnd) else None


def tunnel_remotes(dev: NetDevice) -> list[IPv4]:
    """Where a tunnel's outer packets go, as far as it is configured: its remote end, and a VXLAN's static entries."""
    if isinstance(dev, IpTunnel):
        return [dev.parms.remote] if dev.parms.remote else []
    if isinstance(dev, VxlanDevice):
        found = [dev.config.remote] if dev.config.remote else []
        found += [remote.ip for entry in dev.fdb.entries.values() if entry.is_static for remote in entry.remotes]
        return list(dict.fromkeys(found))
    return []


def tunnel_key(dev: NetDevice) -> object:
    """What the two ends of a tunnel have in common; None for what is no tunnel."""
    if isinstance(dev, VxlanDevice):
        return ("vxlan", dev.config.id, dev.config.dstport)
    return dev.family if isinstance(dev, IpTunnel) and not dev.is_fallback else None


def tunnel_peers(devices: list[NetDevice]) -> Iterator[tuple[NetDevice, NetDevice]]:
    """Pairs of tunnel devices that send to each other, or of which one sends to the other: each pair once."""
    ends = [dev for dev in devices if tunnel_key(dev) is not None]
    told: set[tuple[int, int]] = set()
    for dev in ends:
        remotes = tunnel_remotes(dev)
        for other in ends:
            if other is dev or tunnel_key(other) != tunnel_key(dev) or (id(other), id(dev)) in told:
                continue
            if any(owns(other, remote) or (remote.is_multicast and remote in tunnel_remotes(other)) for remote in remotes):
                told.add((id(dev), id(other)))
                yield dev, other


def owns(tunnel: NetDevice, address: IPv4) -> bool:
    """Whether outer packets to an address come to a tunnel: it is its local end, or an address of the namespace it sends from."""
    local = tunnel.config.local if isinstance(tunnel, VxlanDevice) else tunnel.parms.local if isinstance(tunnel, IpTunnel) else None
    if local:
        return local == address
    home = getattr(tunnel, "home", None) or tunnel.netns
    return any(ifa.local == address for dev in home.devices.values() if dev.inet is not None for ifa in dev.inet.addresses)
