"""What a task's own namespace does with its published ports: from the published port to the service's, and nothing else (`redirector`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netsim.docker.cnm.model import Endpoint
from netsim.docker.engine.engine import Engine
from netsim.docker.swarm.objects import INGRESS, PortSpec

PROTOCOLS = ("sctp", "udp", "tcp")


def redirect(engine: Engine, endpoint: Endpoint, ports: Iterable[PortSpec]) -> None:
    """The rules of an endpoint on the ingress network."""
    address, sandbox = endpoint.interface.ipv4, endpoint.sandbox
    if address is None or sandbox is None:
        return
    for line in _rules(str(address.address), [port for port in ports if port.mode == INGRESS]):
        engine.run(("iptables", "--wait", *line.split()), netns=sandbox.netns)


def _rules(address: str, ports: list[PortSpec]) -> Iterator[str]:
    for port in ports:
        yield f"-t nat -A PREROUTING -d {address} -p {port.protocol} --dport {port.published} -j REDIRECT --to-port {port.target}"
        yield f"-I INPUT -d {address} -p {port.protocol} --dport {port.target} -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT"
        yield f"-I OUTPUT -s {address} -p {port.protocol} --sport {port.target} -m conntrack --ctstate ESTABLISHED -j ACCEPT"
    for protocol in PROTOCOLS:
        yield f"-A INPUT -d {address} -p {protocol} -j DROP"
    for protocol in PROTOCOLS:
        yield f"-A OUTPUT -s {address} -p {protocol} -j DROP"
