"""Docker's own tables of addresses, hosts files and small rule sets."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from netsim import Host, World
from netsim.docker.engine.boot import boot
from netsim.docker.engine.engine import engine_of
from netsim.docker.errors import Refusal
from netsim.docker.ipam import parse
from netsim.docker.ipam.pool import Pool
from netsim.docker.ipam.space import AddressSpace, BlockOf
from netsim.docker.profile import RELEASES
from netsim.docker.settings import DaemonOptions
from tests.docker.golden import ABSENT, GOLDEN

CASES = [
    (path.stem.rpartition("-")[2], case)
    for path in sorted((GOLDEN / "ipam").glob("*.json"))
    for case in json.loads(path.read_text())
    if "specified" not in case["name"] and "requested" not in case["name"]  # the size asked for is not in the file
]
EXTRA = "--add-host otherhost.invalid:192.0.2.3 --add-host otherhost.invalid:2001:db8::1234"
VERSIONS = [path.name for path in sorted((GOLDEN / "etc-hosts").glob("*"))]


def host_with(release: str, options: DaemonOptions) -> Host:
    host = World().host("h1")
    host.run("sysctl -qw net.ipv4.ip_forward=1")
    host.docker(release, options)
    return host


def ok(host: Host, line: str) -> str:
    done = host.run(line)
    status = done.status
    assert status == 0, (line, done.stderr)
    return done.stdout


@pytest.mark.skipif(not CASES, reason=ABSENT)
@pytest.mark.parametrize(("version", "case"), CASES, ids=lambda value: value["name"] if isinstance(value, dict) else value)
def test_the_subnet_chosen_is_the_lowest_that_nobody_has(version: str, case: dict[str, Any]) -> None:
    space = AddressSpace(RELEASES[version], tuple(BlockOf(parse.prefix(block["base"]), block["size"]) for block in case["predefined"]))
    for text in case["allocated"]:
        space.pools.append(Pool(parse.prefix(text)))
    reserved = [parse.prefix(text) for text in case["reserved"]]
    if case["error"]:
        with pytest.raises(Refusal) as refused:
            space.choose(reserved)
        assert case["error"] in refused.value.text
    else:
        assert str(space.choose(reserved).subnet) == case["expect"]


@pytest.mark.skipif(not VERSIONS, reason=ABSENT)
@pytest.mark.parametrize("version", VERSIONS)
def test_etc_hosts_follows_the_networks(version: str) -> None:
    host = host_with(version, DaemonOptions())
    host.run("sysctl -qw net.ipv6.conf.all.forwarding=1")
    for line in (
        "docker network create --ipv6 --subnet 192.168.123.0/24 --gateway 192.168.123.1 --subnet fde6:be58:aedf::/64 --gateway fde6:be58:aedf::1 br",
        "docker network create -d ipvlan --ipv6 --subnet 192.168.124.0/24 --gateway 192.168.124.1 --subnet fdd2:c4e3:c4d5::/64 --gateway fdd2:c4e3:c4d5::1 ipv",
        f"docker run -d --name c1 --hostname c1.invalid --network br {EXTRA} busybox sleep 1000",
    ):
        ok(host, line)
    steps = ("connect ipv", "disconnect br", "connect br", "disconnect br", "disconnect ipv")
    for number, step in enumerate(steps, 1):
        ok(host, f"docker network {step} c1")
        recorded = (GOLDEN / "etc-hosts" / version / f"TestEtcHostsDisconnect{number}.txt").read_text()
        written = ok(host, "docker exec c1 cat /etc/hosts")
        assert written.strip() == recorded.strip()


@pytest.mark.skipif(not VERSIONS, reason=ABSENT)
@pytest.mark.parametrize("skip", ["true", "false"])
@pytest.mark.parametrize("version", VERSIONS)
def test_the_raw_table_stays_empty_where_the_daemon_is_told_so(version: str, skip: str) -> None:
    host = World().host("h1")
    host.run("sysctl -qw net.ipv4.ip_forward=1")
    host.run("ip link set lo up")
    host.machine.init.env["DOCKER_INSECURE_NO_IPTABLES_RAW"] = str(int(skip == "true"))
    boot(host.machine, RELEASES[version], DaemonOptions(ipv6=1, bip="192.168.0.1/24", bip6="fd30:1159:a755::1/64"))
    ok(host, "docker run -d -p 127.0.0.1:8080:80 -p 8081:80 busybox sleep 1000")
    for family, command in (("ipv4", "iptables"), ("ipv6", "ip6tables")):
        recorded = (GOLDEN / "skip-raw-rules" / version / f"skip={skip}_{family}.txt").read_text()
        written = ok(host, f"{command} -S -t raw")
        assert written.strip() == recorded.strip()


def listing(host: Host, command: str, chain: str) -> str:
    return host.run(f"{command} -S {chain}").stdout


@pytest.mark.skipif(not VERSIONS, reason=ABSENT)
@pytest.mark.parametrize("append", ["true", "false"])
@pytest.mark.parametrize("iptables", ["true", "false"])
@pytest.mark.parametrize("version", VERSIONS)
def test_the_chain_of_the_user_stands_first(version: str, iptables: str, append: str) -> None:
    folder, stem = GOLDEN / "user-chain" / version, f"TestUserChain_iptables-{iptables}_append-{append}_"
    if not list(folder.glob(stem + "*")):
        pytest.skip(f"Docker has no listing {stem}")
    switch = int(iptables == "true")
    host = host_with(version, DaemonOptions(bridge="none", iptables=switch, ip6tables=switch))
    check_chains(host, folder, stem, "init")
    if append == "true":
        for command in ("iptables", "ip6tables"):
            host.run(f"{command} -A FORWARD -j DROP")
    engine_of(host.machine).firewall.user_chain()
    check_chains(host, folder, stem, "after")


def check_chains(host: Host, folder: Path, stem: str, moment: str) -> None:
    chains = {f"fwd{moment}": "FORWARD", f"dockerfwd{moment}": "DOCKER-FORWARD", f"usr{moment}": "DOCKER-USER"}
    seen = 0
    for name, chain in chains.items():
        for family, command in (("4", "iptables"), ("6", "ip6tables")):
            path = folder / f"{stem}{name}{family}.txt"
            if path.exists():
                written = listing(host, command, chain)
                assert written.strip() == path.read_text().strip(), path.name
                seen += 1
    assert seen


def test_what_docker_sets_aside_is_chosen_in_order() -> None:
    space = AddressSpace(RELEASES["28"], (BlockOf(parse.prefix("10.0.0.0/8"), 24),))
    chosen = [int(space.choose(()).subnet.network) for _ in range(5)]
    assert all(later - earlier == 256 for earlier, later in pairwise(chosen))


def test_a_subnet_of_another_size_comes_out_of_the_predefined_ones() -> None:
    host = host_with("29", DaemonOptions())
    ok(host, "docker network create --subnet 0.0.0.0/24 small")
    shown = ok(host, "docker network inspect -f '{{(index .IPAM.Config 0).Subnet}}' small")
    assert shown == "172.18.0.0/24\n"
