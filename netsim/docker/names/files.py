"""/etc/hosts and /etc/resolv.conf of a container (`libnetwork/etchosts`, `libnetwork/internal/resolvconf`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.docker.engine.attach import endpoints

if TYPE_CHECKING:
    from netsim.docker.engine.container import Container
    from netsim.docker.engine.engine import Engine


def hosts_text(engine: Engine, container: Container) -> str:
    """localhost in both families, extra hosts, and a line for each of its own addresses."""
    if container.mode == "host" and not container.spec.host.extra_hosts:
        return engine.process.read_text("/etc/hosts")
    zeros = engine.profile.hosts_zeros
    lines = [
        "127.0.0.1\tlocalhost", "::1\tlocalhost ip6-localhost ip6-loopback", f"fe00{zeros}\tip6-localnet", f"ff00{zeros}\tip6-mcastprefix",
        "ff02::1\tip6-allnodes", "ff02::2\tip6-allrouters",
    ]  # fmt: skip
    for item in container.spec.host.extra_hosts:
        name, _, address = item.partition(":")
        lines.append(f"{address}\t{name}")
    full = f"{container.hostname}.{container.spec.domainname} {container.hostname}" if container.spec.domainname else container.hostname
    for endpoint in endpoints(engine, container).values():
        lines += [f"{net.address}\t{full}" for net in (endpoint.interface.ipv4, endpoint.interface.ipv6) if net is not None]
    return "\n".join(lines) + "\n"


def resolv_conf_text(engine: Engine, container: Container) -> str:
    """The host's name servers, those asked for, or on user-defined networks the daemon's own."""
    return engine.process.read_text("/etc/resolv.conf")
