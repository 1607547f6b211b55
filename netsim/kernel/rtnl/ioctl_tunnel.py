"""SIOCADDTUNNEL, SIOCCHGTUNNEL and SIOCDELTUNNEL on IPv4 tunnels (`ip_tunnel_ctl`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netsim.errors import EEXIST, EINVAL, ENODEV, ENOENT, EOPNOTSUPP, EPERM, NetError
from netsim.kernel.core.device_life import dev_set_mtu, unregister_netdevice
from netsim.kernel.core.link_ops import LinkRequest
from netsim.kernel.core.modules import load
from netsim.kernel.core.netns import Netns
from netsim.kernel.drivers import ip_tunnel
from netsim.kernel.drivers.ip_tunnel import IpTunnel
from netsim.kernel.drivers.tunnel_parms import TunnelParms, find, parms_of

MODULES = {"gre": "ip_gre", "ipip": "ipip", "sit": "sit"}
FALLBACK = {"gre": "gre0", "ipip": "tunl0", "sit": "sit0"}
PROTOCOLS = {"gre": 47, "ipip": 4, "sit": 41}


def _through(netns: Netns, mode: str) -> IpTunnel:
    """The fallback device the ioctl goes through; asking for it loads the module (`dev_load`). ENODEV when there is none."""
    kernel = netns.kernel
    if MODULES[mode] in kernel.profile.modules:
        load(kernel, MODULES[mode])
    dev = netns.device(FALLBACK[mode])
    if not isinstance(dev, IpTunnel):
        raise NetError(ENODEV)
    return dev


def add(netns: Netns, mode: str, name: str, data: Mapping[str, Any]) -> None:
    """Make a tunnel (`ip_tunnel_create`); EEXIST for the ends of another or a name in use."""
    netns.kernel.require_admin()
    through = _through(netns, mode)
    protocol = {} if mode == "gre" else {"protocol": PROTOCOLS[mode]}
    parms = parms_of({**data, **protocol}, TunnelParms())
    if find(through.home.tunnels.get(mode, []), parms, through.type) is not None or (name and name in netns.names):
        raise NetError(EEXIST)
    kind = netns.kernel.link_kinds[mode]
    dev = kind.create(netns, LinkRequest(name=name or None, kind=mode, data={**data, **protocol}, link_netns=netns))
    if mode != "sit":
        dev.min_mtu = ip_tunnel.MIN_MTU
        dev.max_mtu = ip_tunnel.IP_MAX_MTU - 20 - dev.header_room()


def change(netns: Netns, mode: str, name: str, data: Mapping[str, Any]) -> None:
    """Give a tunnel other parameters; what is not named is reset (`ip_tunnel_update`)."""
    netns.kernel.require_admin()
    _through(netns, mode)
    dev = netns.device(name)
    if not isinstance(dev, IpTunnel):
        raise NetError(ENODEV if dev is None else EOPNOTSUPP)
    if dev.is_fallback:
        raise NetError(EINVAL)
    before = dev.parms.link
    ip_tunnel.update(dev, parms_of(data, dev.parms))
    if before != dev.parms.link:
        dev_set_mtu(dev, ip_tunnel.bind_dev(dev))


def delete(netns: Netns, name: str, data: Mapping[str, Any]) -> None:
    """Remove a tunnel, by its name or through the fallback device by its ends; EPERM for the fallback device itself."""
    netns.kernel.require_admin()
    dev = netns.device(name)
    if dev is None:
        raise NetError(ENODEV)
    if not isinstance(dev, IpTunnel):
        raise NetError(EOPNOTSUPP)
    if dev.is_fallback:
        found = find(dev.home.tunnels.get(dev.family, []), parms_of(data, TunnelParms()), dev.type)
        if found is None:
            raise NetError(ENOENT)
        if found is dev:
            raise NetError(EPERM)
        dev = found
    unregister_netdevice(dev)
