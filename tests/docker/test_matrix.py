"""Every combination of settings that Docker's own tests list, written by us and saved by iptables-save."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

import pytest

from netsim import Host, World
from netsim.addr import IPv4, IPv4Net, IPv6, IPv6Net
from netsim.docker.firewall.iptabler import V28, V29, Iptabler, Layout
from netsim.docker.firewall.nftabler import Nftabler
from netsim.docker.firewall.wants import NAT, FamilyWants, NetworkWants, PortWants
from netsim.docker.firewall.writer import Firewall
from netsim.docker.settings import Port
from netsim.machine.call import Result
from tests.docker.golden import ABSENT, GOLDEN, settings

FOLDERS: dict[str, Layout | None] = {"iptables-28.2.0_28.5.2": V28, "iptables-29.0.0_29.7.2": V29, "nftables-29.0.0_29.7.2": None}
FILES = [path for folder in FOLDERS for path in sorted((GOLDEN / "matrix" / folder).glob("*.txt"))]
FOUR, SIX = IPv4.parse("192.168.0.2"), IPv6.parse("fd49:efd7:54aa::1")


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def write(host: Host, said: dict[str, str], layout: Layout | None) -> None:
    """The network, endpoint and port of Docker's tests."""

    def run(argv: Sequence[str]) -> Result:
        return host.run(shlex.join(argv))

    hairpin, mode = int(said.get("hairpin") == "true"), said.get("gwm", NAT)
    wsl2 = int(said.get("wsl2mirrored") == "true")
    firewall: Firewall = Nftabler(run, hairpin, wsl2=wsl2) if layout is None else Iptabler(run, layout, hairpin, wsl2=wsl2)
    if "no" in said:
        return
    firewall.start(0)
    snat = said.get("snat") == "true"
    wants = NetworkWants(
        "br-dummy",
        FamilyWants(IPv4Net.parse("192.168.0.0/24"), mode, IPv4.parse("192.168.123.0") if snat else None),
        FamilyWants(IPv6Net.parse("fd49:efd7:54aa::/64"), mode, IPv6.parse("fd34:d0d4:672f::123") if snat else None),
        int(said.get("internal") == "true"), int(said.get("icc") != "false"), int(said.get("masq") == "true"), hairpin,
    )  # fmt: skip
    bound: tuple[IPv4, IPv6] = (IPv4.parse("127.0.0.1"), IPv6.parse("::1")) if said.get("bindlh") == "true" else (IPv4(0), IPv6(0))
    ports = [PortWants(Port(80), FOUR, bound[0], 8080), PortWants(Port(80), SIX, bound[1], 8080)]
    firewall.add_network(wants)
    firewall.add_endpoint(wants, [FOUR, SIX])
    if not wants.internal:
        firewall.add_ports(wants, ports)
    if "cleaned" in said:
        firewall.del_ports(wants, ports)
        firewall.del_endpoint(wants, [FOUR, SIX])
        firewall.del_network(wants)


@pytest.mark.skipif(not FILES, reason=ABSENT)
@pytest.mark.parametrize("path", FILES or [GOLDEN], ids=name_of)
def test_the_rules_are_dockers_own(path: Path) -> None:
    stem, _, command = path.stem.rpartition("__")
    host = World().host("h1")
    write(host, settings(stem), FOLDERS[path.parent.name])
    if command in ("ip", "ip6"):
        listed = host.run(f"nft list table {command} docker-bridges").stdout.replace("priority -100", "priority dstnat")
        assert listed.strip() == path.read_text().strip()
        return
    saved = "".join(host.run(f"{command}-save -t {table}").stdout for table in ("raw", "filter", "nat"))
    rules = "\n".join(line for line in saved.splitlines() if not line.startswith("#"))
    assert rules == path.read_text().strip()
