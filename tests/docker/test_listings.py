"""The rules of whole scenarios, daemon and all, as Docker's documentation lists them."""

from __future__ import annotations

from pathlib import Path

import pytest

from netsim import Host, World
from netsim.docker.settings import DaemonOptions
from tests.docker.golden import ABSENT, GOLDEN

RELEASES = {"27-like_master-20241010": "27", "28.0.0": "28.0.0", "28.0.1": "28.0.1", "28.2.0": "28.2.0", "28.2.2": "28.2.2", "29.0.0": "29"}
BRIDGE = "docker network create -o com.docker.network.bridge.name={0} --subnet {1}.0/24 --gateway {1}.1"
CREATE = BRIDGE.format("bridge1", "192.0.2")
RUN = "docker run -d --network bridge1 -p 8080:80 --name c1 busybox sleep 10000"
SCENARIOS: dict[str, list[str]] = {
    "new-daemon": [],
    "usernet-portmap": [CREATE + " bridge1", RUN],
    "usernet-portmap-lo": [CREATE + " bridge1", RUN.replace("8080:80", "127.0.0.1:8080:80")],
    "usernet-portmap-noproxy": [CREATE + " bridge1", RUN],
    "usernet-portmap-noicc": [CREATE + " -o com.docker.network.bridge.enable_icc=false bridge1", RUN],
    "usernet-portmap-routed": [CREATE + " -o com.docker.network.bridge.gateway_mode_ipv4=routed bridge1", RUN],
    "usernet-portmap-natunprot": [CREATE + " -o com.docker.network.bridge.gateway_mode_ipv4=nat-unprotected bridge1", RUN],
    "usernet-internal": [
        BRIDGE.format("bridgeICC", "192.0.2") + " --internal bridgeICC",
        "docker run -d --network bridgeICC --name c1 busybox sleep 10000",
        BRIDGE.format("bridgeNoICC", "198.51.100") + " --internal -o com.docker.network.bridge.enable_icc=false bridgeNoICC",
        "docker run -d --network bridgeNoICC --name c2 busybox sleep 10000",
    ],
    "swarm-portmap": [
        "ip link add eth0 type dummy",
        "ip addr add 192.168.124.2/24 dev eth0",
        "docker swarm init",
        "docker service create --name c1 -p 8080:80 --quiet busybox httpd -f -p 80",
    ],
}
FILES = [
    path
    for folder in RELEASES
    for path in sorted((GOLDEN / folder).glob("*tables/*.txt"))
    if not path.name.endswith(".L.txt") and path.stem in SCENARIOS
]


SHOWN = [path for folder in RELEASES for path in sorted((GOLDEN / folder).glob("iptables/*.L.txt")) if path.name.removesuffix(".L.txt") in SCENARIOS]


def name_of(path: Path) -> str:
    return "/".join((path.parts[-3], path.parts[-2], path.stem))


def host_with(release: str, backend: str, scenario: str) -> Host:
    """The scenario's host: forwarding on already, so that policies stay."""
    host = World().host("h1")
    host.run("sysctl -qw net.ipv4.ip_forward=1")
    options = DaemonOptions(
        userland_proxy=int(scenario != "usernet-portmap-noproxy"),
        firewall_backend="nftables" if backend == "nftables" else "",
        swarm_default_advertise_addr="eth0",
    )
    host.docker(release, options)
    for line in SCENARIOS[scenario]:
        done = host.run(line)
        assert done.status == 0, (line, done)
    return host


def sections(text: str) -> dict[str, str]:
    """Listings by the command that heads them."""
    found: dict[str, str] = {}
    for part in text.split("## ")[1:]:
        command, _, body = part.partition("\n")
        found[command.strip()] = body.strip()
    return found


@pytest.mark.skipif(not FILES, reason=ABSENT)
@pytest.mark.parametrize("path", FILES or [GOLDEN], ids=name_of)
def test_the_rules_of_a_scenario(path: Path) -> None:
    host = host_with(RELEASES[path.parts[-3]], path.parts[-2], path.stem)
    for command, body in sections(path.read_text()).items():
        listed = host.run(command).stdout.strip()
        assert listed.replace("priority -100", "priority dstnat") == body.replace("priority -100", "priority dstnat"), command


@pytest.mark.skipif(not SHOWN, reason=ABSENT)
@pytest.mark.parametrize("path", SHOWN or [GOLDEN], ids=name_of)
def test_the_tables_of_a_scenario_as_a_reader_sees_them(path: Path) -> None:
    host = host_with(RELEASES[path.parts[-3]], path.parts[-2], path.name.removesuffix(".L.txt"))
    for table in ("filter", "nat", "raw"):
        host.run(f"iptables -t {table} -Z")
    for command, body in sections(path.read_text()).items():
        typed = (
            command if path.parts[-3] == "29.0.0" else command.replace("-vL", "-nvL")
        )  # those before were taken with -n, whatever their heading says
        assert host.run(typed).stdout.strip() == body, command
