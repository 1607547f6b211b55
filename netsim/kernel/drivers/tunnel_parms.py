"""What an IPv4 tunnel was told (`struct ip_tunnel_parm`), and finding the tunnel a packet belongs to (`ip_tunnel.c`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from netsim.addr import IPV4_ANY, IPv4
from netsim.errors import EINVAL, NetError
from netsim.kernel.core.netdevice import IFF_UP
from netsim.packet.numbers import GRE_KEY

if TYPE_CHECKING:
    from netsim.kernel.drivers.ip_tunnel import IpTunnel

NO_TUNNEL = "no tunnel here takes it: other ends, key, checksum or sequence"
"""Why an outer packet dies (the kernel gives no reason: `NOT_SPECIFIED`); for recorders."""


@attrs.frozen
class TunnelParms:
    """Outer addresses (0: any), the device to send by (0: any), TTL (0: the inner one's), TOS (bit 0: the inner one's), and GRE's options.

    `iflags` and `oflags` are GRE_CSUM | GRE_KEY | GRE_SEQ; `protocol` is what the tunnel may carry (0: anything).
    """

    local: IPv4 = IPV4_ANY
    remote: IPv4 = IPV4_ANY
    link: int = 0
    ttl: int = 0
    tos: int = 0
    df: int = 1
    ignore_df: int = 0
    iflags: int = 0
    oflags: int = 0
    ikey: int = 0
    okey: int = 0
    fwmark: int = 0
    protocol: int = 0


NAMES = tuple(field.name for field in attrs.fields(TunnelParms))


def parms_of(data: Mapping[str, Any], known: TunnelParms) -> TunnelParms:
    """The parameters with those a request names replaced; `iflags` are added to those known, `iflags_off` taken away."""
    changed = {name: data[name] for name in NAMES if name in data}
    for name in ("iflags", "oflags"):
        changed[name] = (getattr(known, name) & ~data.get(f"{name}_off", 0)) | data.get(name, 0)
    parms = attrs.evolve(known, **changed)
    if parms.ignore_df and parms.df:
        raise NetError(EINVAL)  # `ipgre_netlink_parms`
    return parms


def has_key(parms: TunnelParms, flags: int, key: int) -> bool:
    """Whether a packet's key, or its lack of one, fits (`ip_tunnel_key_match`)."""
    if parms.iflags & GRE_KEY:
        return bool(flags & GRE_KEY) and key == parms.ikey
    return not flags & GRE_KEY


def find(tunnels: Sequence[IpTunnel], parms: TunnelParms, kind: int) -> IpTunnel | None:
    """The tunnel with exactly these ends, this link, key and hardware type (`ip_tunnel_find`)."""
    for tunnel in tunnels:
        own = tunnel.parms
        if (own.local, own.remote, own.link, tunnel.type) == (parms.local, parms.remote, parms.link, kind) and has_key(own, parms.iflags, parms.ikey):
            return tunnel
    return None


def lookup(tunnels: Sequence[IpTunnel], link: int, flags: int, remote: IPv4, local: IPv4, key: int) -> IpTunnel | None:
    """The tunnel a packet from `remote` to `local` belongs to: both ends, then one, then none; the fallback device last (`ip_tunnel_lookup`)."""
    living = [tunnel for tunnel in tunnels if tunnel.flags & IFF_UP and not tunnel.is_fallback and has_key(tunnel.parms, flags, key)]
    candidate: IpTunnel | None = None
    for fits in (_both_ends, _remote_end, _local_end, _no_end):
        for tunnel in living:
            if not fits(tunnel.parms, remote, local):
                continue
            if tunnel.parms.link == link:
                return tunnel
            if candidate is None:
                candidate = tunnel
    if candidate is not None:
        return candidate
    return next((tunnel for tunnel in tunnels if tunnel.is_fallback and tunnel.flags & IFF_UP), None)


def _both_ends(parms: TunnelParms, remote: IPv4, local: IPv4) -> bool:
    return parms.remote == remote and parms.local == local


def _remote_end(parms: TunnelParms, remote: IPv4, local: IPv4) -> bool:
    return parms.remote == remote and parms.local == 0


def _local_end(parms: TunnelParms, remote: IPv4, local: IPv4) -> bool:
    return (parms.local == local and parms.remote == 0) or (parms.remote == local and local.is_multicast)


def _no_end(parms: TunnelParms, remote: IPv4, local: IPv4) -> bool:
    return parms.local == 0 and parms.remote == 0
