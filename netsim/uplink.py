"""A way out: a machine called `internet` at the other end of a cable, with a few names and addresses that everybody knows.

Nothing real is reached. The resolvers answer for the names below, web servers on port 80 serve one page, everything else is unknown or refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from netsim.addr import IPv4
from netsim.api import Host, World
from netsim.clock import MS, SECOND
from netsim.errors import EEXIST, NetError
from netsim.journal import Entry, Journal, line_options
from netsim.kernel.tables.fib import RT_TABLE_MAIN
from netsim.packet.dns import TYPE_A, TYPE_PTR, Record
from netsim.programs.dns.server import DnsServer
from netsim.programs.http.server import FixedSite, HttpServer
from netsim.programs.net.resolver import reverse_name
from netsim.wiring import Wiring

INTERNET = "internet"
DELAY = 5 * MS
"""One way, unless something else is asked for."""
TTL = 300
FIRST, SIZE = IPv4.parse("100.64.0.0"), 256
"""Subnets of uplinks, out of what carriers use between themselves and customers (RFC 6598): the provider has .1, the machine .2."""
RESOLVERS = {
    "dns.google": ("8.8.8.8", "8.8.4.4"), "one.one.one.one": ("1.1.1.1", "1.0.0.1"), "dns9.quad9.net": ("9.9.9.9", "149.112.112.112"),
}  # fmt: skip
NAMES: Mapping[str, str] = {
    "example.com": "203.0.113.10", "www.example.com": "203.0.113.10", "example.org": "203.0.113.11", "www.example.org": "203.0.113.11",
    "google.com": "203.0.113.20", "www.google.com": "203.0.113.20", "github.com": "203.0.113.30", "cloudflare.com": "203.0.113.40",
    "deb.debian.org": "203.0.113.50", "security.debian.org": "203.0.113.51", "archive.ubuntu.com": "203.0.113.52", "security.ubuntu.com": "203.0.113.53",
    "dl-cdn.alpinelinux.org": "203.0.113.54", "ifconfig.me": "203.0.113.60",
}  # fmt: skip
"""Names and what stands for them here (documentation addresses, RFC 5737)."""
PAGE = b"<html><body><h1>It works!</h1><p>A web server of netsim's simulated internet.</p></body></html>\n"
NAME = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,62}))*")
NO_NAMES: Mapping[str, str] = {}


def uplink(world: World, host: Host, *, name: str = "", names: Mapping[str, str] = NO_NAMES, **quality: Any) -> Host:
    """Give a machine a way out; gives back the machine `internet`.

    A new card of `host` (`name`, or the first free ethN) gets 100.64.N.2/24, the default route leads through it, and /etc/resolv.conf names the provider's
    resolver unless it names one already. `names` are further names with their addresses; `quality` is the cable's (`World.cable`; delay: 5 ms).
    NetError when there is a default route already; ValueError for a name or an address that is none, or a machine `internet` of somebody else's.
    """
    number = sum(entry.text.startswith("uplink ") for entry in world.journal.entries)
    for told, address in names.items():
        if not NAME.fullmatch(told):
            raise ValueError(f"{told!r} is no name")
        IPv4.parse(address)
    if host.name == INTERNET or (INTERNET in world.hosts and not number):
        raise ValueError(f"there is a machine {INTERNET} already, which is another one")
    if host.machine.init.netns.inet.fib.table(RT_TABLE_MAIN).at(IPv4(0), 0):
        raise NetError(EEXIST)
    kept, world.journal = world.journal, Journal()  # it is one step of a lab, not those that it takes here
    try:
        internet = world.hosts.get(INTERNET) or _internet(world)
        quality = {"delay": DELAY, **quality}
        near = _join(world, host, internet, name, number, quality)
        _serve(internet, names)
        world.clock.run_for(SECOND)  # the line is up when somebody looks
    finally:
        world.journal = kept
    more = f" names={','.join(f'{told}:{address}' for told, address in names.items())}" if names else ""
    world.journal.add(Entry("", f"uplink {host.name} {line_options([near], quality)}{more}"))
    return internet


def _internet(world: World) -> Host:
    """The other end: resolvers, and a web server wherever it is asked."""
    made = world.host(INTERNET)
    netns = made.machine.init.netns
    Wiring(netns).up("lo")
    made.machine.files.write(made.machine.init, "/proc/sys/net/ipv4/ip_forward", b"1\n")
    known = [(told, address) for told, addresses in RESOLVERS.items() for address in addresses]
    for address in dict.fromkeys((*(address for _, address in known), *NAMES.values())):
        Wiring(netns).address("lo", f"{address}/32")
    records = [*_records(known, TYPE_PTR), *_records(NAMES.items(), 0)]
    for _, address in known:
        _start(made, DnsServer(records, IPv4.parse(address), authority=0), "resolver")
    _start(made, HttpServer(FixedSite(PAGE, "netsim"), IPv4(0), 80), "web")
    return made


def _records(known: Iterable[tuple[str, str]], reverse: int) -> list[Record]:
    found = [Record(told, TYPE_A, TTL, IPv4.parse(address)) for told, address in known]
    return found + [Record(reverse_name(one.data), TYPE_PTR, TTL, one.name) for one in found if reverse and isinstance(one.data, IPv4)]


def _start(host: Host, program: Any, name: str) -> None:
    host.machine.spawn(host.machine.init, (name,), program=program)


def _join(world: World, host: Host, internet: Host, name: str, number: int, quality: Mapping[str, Any]) -> str:
    """The cable and the addresses at its ends; the name of the machine's card."""
    before = set(host.machine.init.netns.names)
    world.cable(host, internet, names=(name, f"to{number}"), **quality)
    (near,) = set(host.machine.init.netns.names) - before
    base = IPv4(int(FIRST) + number * SIZE)
    provider, own = IPv4(int(base) + 1), IPv4(int(base) + 2)
    inside, outside = Wiring(host.machine.init.netns), Wiring(internet.machine.init.netns)
    outside.address(f"to{number}", f"{provider}/24")
    outside.up(f"to{number}")
    inside.address(near, f"{own}/24")
    inside.up(near)
    inside.route("default", via=str(provider), dev=near)
    servers = _servers(internet)
    _start(internet, DnsServer(servers[0].records, provider, authority=0), "resolver")
    init = host.machine.init
    if not any(line.split()[:1] == ["nameserver"] for line in init.read_text("/etc/resolv.conf").splitlines()):
        host.machine.files.write(init, "/etc/resolv.conf", f"nameserver {provider}\n".encode())
    return near


def _servers(internet: Host) -> list[DnsServer]:
    return [one.program for one in internet.machine.processes.values() if isinstance(one.program, DnsServer)]


def _serve(internet: Host, names: Mapping[str, str]) -> None:
    """Further names, with their addresses where they are not there yet."""
    netns = internet.machine.init.netns
    for address in dict.fromkeys(names.values()):
        try:
            Wiring(netns).address("lo", f"{address}/32")
        except NetError:
            continue  # it is there
    fresh = _records(names.items(), 0)
    for server in _servers(internet):
        server.records = [*fresh, *(one for one in server.records if one.name not in names)]


def read_names(text: str) -> dict[str, str]:
    """`NAME:ADDRESS,...` as a directive has it; ValueError."""
    found = {}
    for item in text.split(",") if text else ():
        told, colon, address = item.partition(":")
        if not colon:
            raise ValueError(f"names= wants NAME:ADDRESS, not {item!r}")
        found[told] = address
    return found


__all__: Sequence[str] = ("NAMES", "RESOLVERS", "read_names", "uplink")
