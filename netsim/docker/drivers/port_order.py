"""In which order a container's ports are gone through (`nat.SortPortMap`, `sortAndNormPBs`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from netsim.addr import IPv4, IPv6
from netsim.docker.settings import Port, PortBinding

PROTOCOLS = {"tcp": 6, "udp": 17, "sctp": 132}
Entry = tuple[Port, "PortBinding | None"]
Group = tuple[Port, list[PortBinding]]


def sort_port_map(ports: Iterable[Port], bindings: Mapping[Port, Sequence[PortBinding]]) -> dict[Port, tuple[PortBinding, ...]]:
    """The ports a container exposes, each with its bindings, in the daemon's order: a larger host port or a larger port of its own goes
    before, and TCP before the same port of another protocol. (The order is none: who meets whom decides, and so does Go's sort, which
    inserts one after the other where there are few; it begins with a map's order, here that of the request.)"""
    entries: list[Entry] = []
    for port in sorted(ports, key=str):
        entries += [(port, binding) for binding in bindings.get(port, ())] or [(port, None)]
    for place in range(1, len(entries)):
        while place and _goes_before(entries[place], entries[place - 1]):
            entries[place - 1 : place + 1] = entries[place], entries[place - 1]
            place -= 1
    found: dict[Port, tuple[PortBinding, ...]] = {}
    for port, binding in entries:
        found[port] = found.get(port, ()) + ((binding,) if binding is not None else ())
    return found


def _goes_before(one: Entry, other: Entry) -> bool:
    (port, binding), (other_port, other_binding) = one, other
    if host_ports(binding)[0] > host_ports(other_binding)[0] or port.number > other_port.number:
        return True
    return port.number == other_port.number and port.protocol == "tcp"


def host_ports(binding: PortBinding | None) -> tuple[int, int]:
    """First and last host port asked for; 0 where any will do."""
    first, _, last = (binding.host_port if binding is not None else "").partition("-")
    low = int(first) if first.isdigit() else 0
    return low, int(last) if last.isdigit() else low


def sort_bindings(bindings: Mapping[Port, Sequence[PortBinding]]) -> Iterator[Group]:
    """What is to be published from 27 on: exact host ports first, then by the container's port and protocol; those that differ in the host's
    address only stay together and get one number."""
    flat = [(port, binding) for port, several in bindings.items() for binding in several]
    group: Group | None = None
    before: tuple[object, ...] = ()
    for port, binding in sorted(flat, key=lambda item: (*_key(*item), _address_key(item[1].host_ip))):
        key = _key(port, binding)
        if group is not None and key == before:
            group[1].append(binding)
            continue
        if group is not None:
            yield group
        group, before = (port, [binding]), key
    if group is not None:
        yield group


def _key(port: Port, binding: PortBinding) -> tuple[int, ...]:
    first, last = host_ports(binding)
    return int(first == 0 or first != last), port.number, PROTOCOLS.get(port.protocol, 0), first, last


def _address_key(text: str) -> tuple[int, int]:
    if not text:
        return 0, 0
    return (6, int(IPv6.parse(text))) if ":" in text else (4, int(IPv4.parse(text)))
