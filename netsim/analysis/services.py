"""What can be asked for at a place: its listening ports, and a ping."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from netsim.addr import IPv4, IPv6
from netsim.analysis.places import Place, places
from netsim.analysis.target import ICMP, TCP, UDP, Target
from netsim.api import World
from netsim.kernel.core.netns import Netns
from netsim.kernel.inet.tcp_states import LISTEN


@attrs.frozen
class Service:
    """A listening port of a place (or a ping to it, port 0) and the addresses it may be had at."""

    place: str
    protocol: str
    port: int
    addresses: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.place} {'ping' if self.protocol == ICMP else f'{self.port}/{self.protocol}'}"

    def targets(self) -> list[Target]:
        """One target for each address."""
        return [Target(address, self.protocol, self.port) for address in self.addresses]


def services(world: World) -> list[Service]:
    """Every place's ping and listening ports, in the order of places and ports; what listens on loopback only is nobody else's business."""
    return [service for place in places(world) for service in services_of(place)]


def services_of(place: Place) -> list[Service]:
    """The services of one place."""
    own = place.addresses()
    if not own:
        return []
    found = [Service(place.name, ICMP, 0, tuple(str(address) for address in own))]
    ports: dict[tuple[str, int], list[str]] = {}
    for protocol, sock in listeners(place.netns):
        known = ports.setdefault((protocol, sock.lport), [])
        known += [str(address) for address in own if _hears(sock, address) and str(address) not in known]
    return found + [Service(place.name, protocol, port, tuple(ports[protocol, port])) for protocol, port in sorted(ports) if ports[protocol, port]]


def listeners(netns: Netns) -> Iterator[tuple[str, Any]]:
    """The sockets of programs that listen in a namespace, each with its protocol."""
    for socks in list(netns.sockets.listening.values()):
        for sock in socks:
            if sock.protocol == 6 and sock.state == LISTEN:
                yield TCP, sock
            elif sock.protocol == 17 and sock.raddr is None and type(sock).encap_rcv is None and sock.inode:
                yield UDP, sock


def _hears(sock: Any, address: IPv4 | IPv6) -> bool:
    if sock.laddr:
        return bool(sock.laddr == address)
    return sock.family == (2 if isinstance(address, IPv4) else 10) or (isinstance(address, IPv4) and sock.hears_mapped)
