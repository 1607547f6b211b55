"""In which order ports are published, and which host ports they get."""

from __future__ import annotations

import re

import pytest

from netsim import Host
from netsim.docker.drivers.port_order import sort_bindings, sort_port_map
from netsim.docker.settings import DaemonOptions, Port, PortBinding
from tests.docker.hosts import host_of, ok

ANY = PortBinding()


def opened(host: Host) -> list[int]:
    """Ports of containers that the filter lets in, from the top of the chain."""
    return [int(found) for found in re.findall(r"-A DOCKER .*--dport (\d+) -j ACCEPT", ok(host, "iptables -S DOCKER"))]


def test_20_10_goes_from_large_to_small() -> None:
    order = sort_port_map({Port(80), Port(443), Port(53, "udp"), Port(53)}, {Port(443): (PortBinding("", "8443"), PortBinding("", "8444"))})
    assert list(order) == [Port(443), Port(80), Port(53), Port(53, "udp")]
    assert order[Port(443)] == (PortBinding("", "8444"), PortBinding("", "8443"))


def test_later_releases_take_exact_host_ports_first() -> None:
    groups = list(
        sort_bindings({Port(80): (ANY,), Port(90): (PortBinding("", "9000-9009"),), Port(443): (PortBinding("", "8443"),), Port(53, "udp"): (ANY,)})
    )
    assert [port for port, _ in groups] == [Port(443), Port(53, "udp"), Port(80), Port(90)]


@pytest.mark.parametrize(("engine", "ports"), [("20.10", [443, 80]), ("27", [80, 443]), ("28", [443, 80])])
def test_rules_stand_in_the_order_in_which_ports_were_published(engine: str, ports: list[int]) -> None:
    host = host_of(engine)
    ok(host, "docker run -d -p 8080:80 -p 8443:443 busybox sleep 1000")
    assert opened(host) == ports  # 28 puts each on top


@pytest.mark.parametrize("engine", ["27", "28", "29"])
def test_addresses_of_one_port_share_its_number(engine: str) -> None:
    host = host_of(engine)
    ok(host, "ip addr add 10.0.0.1/24 dev lo")
    ok(host, "docker run -d --name c1 -p 127.0.0.1::80 -p 10.0.0.1::80 busybox sleep 1000")
    assert ok(host, "docker port c1").split() == ["80/tcp", "->", "10.0.0.1:32768", "80/tcp", "->", "127.0.0.1:32768"]


@pytest.mark.parametrize("engine", ["20.10", "27", "28", "29"])
def test_a_number_drawn_goes_on_after_the_last_one_of_its_range(engine: str) -> None:
    host = host_of(engine)
    ok(host, "docker run -d --name c1 -p 9000-9002:80 busybox sleep 1000")
    ok(host, "docker rm -f c1")
    ok(host, "docker run -d --name c2 -p 9000-9002:80 busybox sleep 1000")
    assert "0.0.0.0:9001" in ok(host, "docker port c2")


@pytest.mark.parametrize("engine", ["20.10", "27", "28", "29"])
def test_a_drawn_number_that_another_program_has_is_drawn_again(engine: str) -> None:
    host = host_of(engine)
    host.start("nc -l -p 32768")
    ok(host, "docker run -d --name c1 -p 80 busybox sleep 1000")
    assert "0.0.0.0:32769" in ok(host, "docker port c1")
    assert host.run("docker run -d --name c2 -p 32768:80 busybox sleep 1000").status == 125


@pytest.mark.parametrize("engine", ["20.10", "27", "28", "29"])
def test_without_the_proxy_ipv6_has_no_way_to_a_container_without_ipv6(engine: str) -> None:
    host = host_of(engine, DaemonOptions(userland_proxy=0))
    ok(host, "docker run -d --name c1 -p 8080:80 nginx")
    assert ok(host, "docker port c1") == "80/tcp -> 0.0.0.0:8080\n"
    assert host.run("curl -g -s -m 2 http://[::1]:8080/").status == 7


@pytest.mark.parametrize(("engine", "inherits"), [("20.10", 1), ("27", 0), ("28", 0), ("29", 0)])
def test_20_10_publishes_ports_on_an_internal_network_when_another_left(engine: str, inherits: int) -> None:
    host = host_of(engine)
    ok(host, "docker network create --internal inner")
    ok(host, "docker network create outer")
    ok(host, "docker run -d --name c1 --network inner -p 81:80 busybox sleep 1000")
    assert not ok(host, "docker port c1")
    ok(host, "docker network connect outer c1")
    ok(host, "docker network disconnect outer c1")
    assert bool(ok(host, "docker port c1")) == bool(ok(host, "ss -Hltn sport = 81")) == bool(inherits)
    assert ":80" not in ok(host, "iptables -t nat -S DOCKER")
    ok(host, "docker rm -f c1")
    assert not ok(host, "ss -Hltn sport = 81")


def test_20_10_has_an_ipv6_loopback_while_an_interface_has_ipv6() -> None:
    host = host_of("20.10")
    ok(host, "docker network create --ipv6 --subnet fd00:8::/64 n6")
    ok(host, "docker run -d --name c1 busybox sleep 1000")
    found = []
    for line in ("true", "docker network connect n6 c1", "docker network disconnect n6 c1"):
        ok(host, line)
        found.append("::1/128" in ok(host, "docker exec c1 ip -6 addr"))
    assert found == [False, True, False]
