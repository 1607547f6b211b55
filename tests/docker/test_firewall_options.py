"""Options of the daemon and of networks that only some rules show."""

from __future__ import annotations

import itertools

import pytest

from netsim import Host
from netsim.docker.errors import Refusal
from netsim.docker.firewall.mark import for_iptables, for_nftables
from netsim.docker.settings import DaemonOptions
from tests.docker.hosts import host_of, ok

FORWARDING = ("sysctl -qw net.ipv4.ip_forward=1", "sysctl -qw net.ipv6.conf.all.forwarding=1", "sysctl -qw net.ipv6.conf.default.forwarding=1")
MARKED = DaemonOptions(bridge_accept_fwmark="0x1/0xff")
MODES = ("nat", "nat-unprotected", "routed")
BRIDGE = "com.docker.network.bridge."


@pytest.mark.parametrize(
    ("text", "with_iptables", "with_nftables"), [("1", "0x1", "1"), ("0x10/0xff", "0x10/0xff", "and 255 == 16"), ("010", "0x8", "8")]
)
def test_a_mark_is_written_as_each_tool_reads_it(text: str, with_iptables: str, with_nftables: str) -> None:
    assert (for_iptables(text), for_nftables(text)) == (with_iptables, with_nftables)


@pytest.mark.parametrize("text", ["", "x", "1/", "-1", "0x1ffffffff"])
def test_what_is_no_mark_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="invalid firewall ma"):
        for_iptables(text)


def test_one_rule_lets_marked_packets_into_every_network() -> None:
    host = host_of("29", MARKED)
    ok(host, "docker network create n")
    rules = ok(host, "iptables -S DOCKER-FORWARD").splitlines()
    assert rules[1] == "-A DOCKER-FORWARD -m mark --mark 0x1/0xff -j ACCEPT"
    assert sum("--mark" in rule for rule in rules) == 1


def test_with_nftables_every_network_lets_marked_packets_in() -> None:
    host = host_of("29", DaemonOptions(bridge_accept_fwmark="5", firewall_backend="nftables"), *FORWARDING)
    assert 'meta mark 0x00000005 counter accept comment "ALLOW FW MARK"' in ok(host, "nft -s list chain ip docker-bridges filter-forward-in__docker0")


@pytest.mark.parametrize("engine", ["27", "28.0.1", "28.2.0", "28", "29", "29-nftables"])
@pytest.mark.parametrize(("four", "six"), list(itertools.product(MODES, MODES)))
def test_each_family_goes_its_own_way(engine: str, four: str, six: str) -> None:
    release, _, backend = engine.partition("-")
    if release == "27" and "nat-unprotected" in (four, six):
        pytest.skip("27 has no nat-unprotected")
    host = host_of(release, DaemonOptions(firewall_backend=backend), *FORWARDING, "ip link add wan type veth peer name far", "ip link set wan up")
    ok(host, f"docker network create --ipv6 --subnet 10.1.0.0/24 --subnet fd00:1::/64 -o {BRIDGE}name=br-n -o {BRIDGE}gateway_mode_ipv4={four} "
             f"-o {BRIDGE}gateway_mode_ipv6={six} n")  # fmt: skip
    ok(host, "docker run -d --name c1 --network n -p 8080:80 busybox sleep 1000")
    before = ok(host, "docker port c1")
    for mode, version, own, any_address in ((four, "4", "10.1.0.2", "0.0.0.0:8080"), (six, "6", "[fd00:1::2]", "[::]:8080")):
        listed = _rules(host, backend, version)
        assert (f"to {own}:80" in listed or f"--to-destination {own}:80" in listed) == (mode != "routed"), (mode, listed)
        assert (any_address in before) == (mode != "routed" or (version == "6" and four != "routed" and six != "routed"))
        dropped = own.strip("[]") in "".join(
            line for line in listed.splitlines() if "PREROUTING" in line and "DROP" in line or "DIRECT ACCESS" in line
        )
        assert dropped == (mode == "nat" and release != "27"), (mode, listed)
    ok(host, "docker rm -f c1")
    ok(host, "docker network rm n")
    assert "br-n" not in _rules(host, backend, "4") + _rules(host, backend, "6")


def _rules(host: Host, backend: str, version: str) -> str:
    if backend:
        return ok(host, f"nft -s list table {'ip' if version == '4' else 'ip6'} docker-bridges")
    return ok(host, "iptables-save" if version == "4" else "ip6tables-save")


def test_default_options_of_networks_go_to_each_that_does_not_say_otherwise() -> None:
    host = host_of("28", DaemonOptions(default_network_opts=("bridge=com.docker.network.driver.mtu=1234",)))
    ok(host, "docker network create plain")
    ok(host, "docker network create -o com.docker.network.driver.mtu=1400 own")
    for name, mtu in (("plain", 1234), ("own", 1400)):
        assert f"mtu {mtu} " in ok(host, f"docker run --rm --network {name} busybox ip link show eth0")
        assert ok(host, f"docker network inspect -f '{{{{json .Options}}}}' {name}") == f'{{"com.docker.network.driver.mtu":"{mtu}"}}\n'
    assert "mtu 1500 " in ok(host, "docker run --rm busybox ip link show eth0")


def test_an_ordinary_container_leaves_nothing_to_report() -> None:
    host = host_of("28")
    ok(host, "docker run -d -p 8080:80 nginx")
    assert host.machine.kernel.unmodelled == []


@pytest.mark.parametrize(("engine", "chain"), [("20.10", 0), ("27", 1)])
def test_ip6tables_isolates_bridges_without_ipv6(engine: str, chain: int) -> None:
    host = host_of(engine, DaemonOptions(ip6tables=1, experimental=1), *FORWARDING)
    bridge = f"br-{ok(host, 'docker network create n').strip()[:12]}"
    rules = ok(host, "ip6tables -S").splitlines()
    assert "-P FORWARD DROP" in rules
    assert ("-N DOCKER-USER" in rules) == bool(chain)
    assert f"-A DOCKER-ISOLATION-STAGE-1 -i {bridge} ! -o {bridge} -j DOCKER-ISOLATION-STAGE-2" in rules
    ok(host, "docker network rm n")
    assert bridge not in ok(host, "ip6tables -S")


@pytest.mark.parametrize("engine", ["20.10", "27", "28", "29"])
def test_without_forwarding_containers_are_warned_of(engine: str) -> None:
    host = host_of(engine, DaemonOptions(ip_forward=0))
    warning = "WARNING: IPv4 forwarding is disabled"
    assert host.run("docker create busybox").stderr == f"{warning}. Networking will not work.\n"
    assert not host.run("docker create --network none busybox").stderr
    assert not host.run("docker create --network host busybox").stderr
    assert host.run("docker info").stderr == f"{warning}\n"


def test_only_20_10_sees_that_forwarding_was_switched_off_since() -> None:
    for engine, warned in (("20.10", 1), ("28", 0)):
        host = host_of(engine)
        ok(host, "sysctl -qw net.ipv4.ip_forward=0")
        assert ("forwarding" in host.run("docker create busybox").stderr) == warned
