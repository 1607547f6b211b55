"""There is no registry: images are declared (`docker build`, `docker import`, `netsim.docker.image`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netsim.docker.engine.engine import Engine


def no_registry(engine: Engine, reference: str = "") -> str:
    """Why nothing can be pulled: the registry's name does not resolve, or nobody listens there. (Images are declared: netsim.docker.image.)"""
    domain = reference.partition("/")[0] if "/" in reference else ""
    if domain.partition(":")[0] == "localhost":  # which may do without TLS
        port = domain.partition(":")[2] or "80"
        near = (
            "[::1]"
            if any(line.split()[:1] == ["::1"] and "localhost" in line for line in engine.process.read_text("/etc/hosts").splitlines())
            else "127.0.0.1"
        )
        return f'Get "http://{domain}/v2/": dial tcp {near}:{port}: connect: connection refused'
    if "." in domain or ":" in domain:
        return unreachable(engine, f"https://{domain}/v2/", domain)
    return unreachable(engine, "https://registry-1.docker.io/v2/", "registry-1.docker.io")


def unreachable(engine: Engine, url: str, host: str) -> str:
    """How the daemon words that a host has no address."""
    servers = [
        line.split()[1]
        for line in engine.process.read_text("/etc/resolv.conf").splitlines()
        if line.split()[:1] == ["nameserver"] and len(line.split()) > 1
    ]
    server = servers[0] if servers else "[::1]"
    return f'Get "{url}": dial tcp: lookup {host.partition(":")[0]} on {server}:53: no such host'


def hint(engine: Engine, name: str) -> None:
    """Note, beside what is not modelled, how an image that is not there can be had."""
    told = f"image {name}: nothing is pulled; declare it with docker build, docker import or host.docker().declare (docs/docker.md)"
    if told not in engine.machine.kernel.unmodelled:
        engine.machine.kernel.unmodelled.append(told)
