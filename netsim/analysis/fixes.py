"""What would help, with this world's own names in it."""

from __future__ import annotations

from netsim.analysis.behind import asks_nobody_else
from netsim.analysis.explanation import Decision
from netsim.analysis.places import CONTAINER, Place, engine_at
from netsim.analysis.probe import Probe
from netsim.analysis.reasons import Reason
from netsim.docker.engine.container import Container


def fix_of(reason: Reason, source: Place, probe: Probe, cause: Decision | None) -> str:
    """The known cure of a reason, or "" where there is none."""
    if reason.code in ("name-not-found", "docker-isolated") and source.kind == CONTAINER:
        return _join(source, probe)
    if reason.code == "name-server-silent" and asks_nobody_else(source):
        return f"give what is meant that name on a network of {source.name} (--name, --network-alias), or the host a name server in /etc/resolv.conf"
    if reason.code == "forwarding-off" and cause is not None and "ipv6" in cause.object:
        return f"on {cause.place}: sysctl -w net.ipv6.conf.all.forwarding=1"
    if reason.code == "behind-neighbour" and cause is not None:
        address = cause.object.partition(" ")[0]
        switch = f"sysctl -w net.ipv6.conf.{cause.device}.proxy_ndp=1; ip -6" if ":" in address else "ip"
        return f"on {cause.place}: {switch} neigh add proxy {address} dev {cause.device} (or route the prefix to {cause.place})"
    if cause is None or not reason.fix:
        return reason.fix
    return f"on {cause.place}: {reason.fix.replace('DEVICE', cause.device)}"


def known_container(source: Place, probe: Probe) -> Container | None:
    """The container somebody asked for, by name or by address, whatever its name servers know."""
    engine = engine_at(source.machine)
    for container in engine.containers.values() if engine is not None else ():
        if container.name == probe.name:
            return container
        endpoints = container.sandbox.endpoints if container.sandbox is not None else ()
        nets = [net for end in endpoints for net in (end.interface.ipv4, end.interface.ipv6) if net is not None]
        if probe.target is not None and any(net.address == probe.target for net in nets):
            return container
    return None


def _join(source: Place, probe: Probe) -> str:
    wanted = known_container(source, probe)
    if wanted is None:
        return ""
    networks = [name for name in wanted.networks if name not in ("bridge", "host", "none")]
    if not networks:
        return f"names work on networks of one's own only: docker network create NET, docker network connect NET for {source.name} and {wanted.name}"
    return f"docker network connect {networks[0]} {source.name}"
