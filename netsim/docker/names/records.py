"""Which names a container may know: those of its networks' members, and its own private aliases (`sandbox.ResolveName`, `Network.ResolveName`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from netsim.addr import IPv4, IPv4Net, IPv6
from netsim.docker.cnm.model import Endpoint, Interface, Network, Sandbox


@attrs.define(eq=False)
class Elsewhere:
    """A member that may be on another host, or a service: all that is known is where it is."""

    interface: Interface


Known = Endpoint | Elsewhere


def members(network: Network) -> Iterator[Endpoint]:
    """Endpoints whose containers run."""
    return (endpoint for endpoint in network.endpoints.values() if endpoint.sandbox is not None)


def called(network: Network, name: str) -> Sequence[Known]:
    """Members of a network with a name, in any letter case."""
    if network.book is not None:
        return [Elsewhere(Interface(ipv4=IPv4Net(address, 32))) for address in network.book.called(name)]
    return [endpoint for endpoint in members(network) if name in [known.lower() for known in endpoint.dns_names]]


def resolve(sandbox: Sandbox, name: str) -> Sequence[Known]:
    """Whom a name means to a container (`Sandbox.ResolveName`): on its networks in their order, private aliases first; `name.network` picks the
    network, whose name is written as it is, and of several dots the last one is tried first."""
    wanted = name.removesuffix(".")
    found = _as_given(sandbox, wanted, None)
    parts = wanted.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        if not found:
            found = _as_given(sandbox, ".".join(parts[:cut]), ".".join(parts[cut:]))
    return found


def _as_given(sandbox: Sandbox, name: str, network_name: str | None) -> Sequence[Known]:
    there = [  # nobody has a name on the default bridge
        endpoint for endpoint in sandbox.endpoints if not endpoint.network.builtin and network_name in (None, endpoint.network.name)
    ]
    aliased = [endpoint for endpoint in there if endpoint.settings.links and name in _aliases(endpoint)]
    for endpoint in aliased:
        found = called(endpoint.network, _aliases(endpoint)[name].lower())
        if found:
            return found
    for endpoint in there:
        found = called(endpoint.network, name.lower()) if endpoint not in aliased else ()
        if found:
            return found
    return []


def _aliases(endpoint: Endpoint) -> dict[str, str]:
    """What its container calls others on the network (`--link`)."""
    pairs = [link.partition(":") for link in endpoint.settings.links]
    return {alias or target: target for target, _, alias in pairs}


def addresses(endpoints: Sequence[Known], family: type[IPv4 | IPv6]) -> list[IPv4 | IPv6]:
    """Their addresses of a family."""
    nets = [(endpoint.interface.ipv4 if family is IPv4 else endpoint.interface.ipv6) for endpoint in endpoints]
    return [net.address for net in nets if net is not None]


def name_of(sandbox: Sandbox, address: IPv4 | IPv6) -> str | None:
    """What an address is called on the container's networks: `name.network` (`ResolveIP`)."""
    for endpoint in (one for one in sandbox.endpoints if not one.network.builtin):
        known = endpoint.network.book.name_of(address) if endpoint.network.book is not None and isinstance(address, IPv4) else None
        if known is not None:
            return f"{known}.{endpoint.network.name}"
        for member in members(endpoint.network):
            net = member.interface.ipv4 if isinstance(address, IPv4) else member.interface.ipv6
            if net is not None and net.address == address and member.dns_names:
                return f"{member.dns_names[0]}.{endpoint.network.name}"
    return None
