"""Port ranges as tcp, udp and sctp write them."""

from __future__ import annotations

from netsim.commands.iptables.extension import Given, bang
from netsim.commands.iptables.words import port_name, port_range

ALL_PORTS = (0, 65535)
OPTIONS = {
    "source-port": ("source-port", True),
    "sport": ("source-port", True),
    "destination-port": ("destination-port", True),
    "dport": ("destination-port", True),
}


def asked(given: dict[str, Given], name: str) -> tuple[tuple[int, int], bool]:
    """The range and inversion of one side."""
    option = given.get(name)
    return (port_range(option.value), option.inverted) if option else (ALL_PORTS, False)


def save(name: str, ports: tuple[int, int], inverted: bool, /) -> str:
    """One side for -S; nothing when all ports are meant."""
    if ports == ALL_PORTS and not inverted:
        return ""
    low, high = ports
    return f"{bang(inverted)} --{name} {low}" + (f":{high}" if high != low else "")


def listing(name: str, ports: tuple[int, int], inverted: bool, numeric: bool, /, carrier: str = "tcp") -> str:
    """One side for -L (`spt:`, `dpts:`)."""
    if ports == ALL_PORTS and not inverted:
        return ""
    mark = "!" if inverted else ""
    low, high = (str(port) if numeric else port_name(port, carrier) for port in ports)
    return f" {name}:{mark}{low}" if ports[0] == ports[1] else f" {name}s:{mark}{low}:{high}"
