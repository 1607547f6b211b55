"""macvlan and ipvlan networks as the drivers of each release read their requests (moby's `drivers/macvlan`, `drivers/ipvlan`)."""

from __future__ import annotations

import pytest

from tests.docker.test_requests_of_networks import refused
from tests.docker.test_walkthroughs import host_of, ok

WIRE = "ip link add hv0 type veth peer name hv1; ip link set hv0 up; ip link set hv1 up"


@pytest.mark.parametrize(
    ("engine", "gateway", "address"), [("27", "10.40.0.1", "10.40.0.2"), ("28", "10.40.0.1", "10.40.0.2"), ("29", "", "10.40.0.1")]
)
def test_from_29_a_network_has_no_gateway_that_nobody_named(engine: str, gateway: str, address: str) -> None:
    """`macvlan.GetSkipGwAlloc`, moby#50929."""
    host = host_of(engine)
    ok(
        host,
        f"{WIRE}; docker network create -d macvlan --subnet 10.40.0.0/24 -o parent=hv0 wire; docker run -d --name m1 --network wire busybox sleep 1000",
    )
    form = "{{.NetworkSettings.Networks.wire.Gateway}} {{.NetworkSettings.Networks.wire.IPAddress}}"
    assert ok(host, f"docker inspect -f '{form}' m1") == f"{gateway} {address}\n"
    assert ("default via" in ok(host, "docker exec m1 ip route")) == bool(gateway)


def test_who_has_no_gateway_leads_outside_all_the_same() -> None:
    """`JoinInfo.ForceGw4`: the network stays the one that IPv4 leads out by."""
    host = host_of("29")
    ok(host, f"{WIRE}; docker network create -d macvlan --subnet 10.40.0.0/24 -o parent=hv0 a; docker network create b")
    ok(host, "docker run -d --name m1 --network a --network b busybox sleep 1000")
    assert "default" not in ok(host, "docker exec m1 ip route")


@pytest.mark.parametrize("engine", ["27", "28", "29"])
def test_what_stands_on_one_parent(engine: str) -> None:
    """`createNetwork` of both drivers: macvlan shares but for passthru, ipvlan does not."""
    host = host_of(engine)
    ok(host, f"{WIRE}; docker network create -d macvlan --subnet 10.40.0.0/24 -o parent=hv0 a")
    ok(
        host,
        "docker network create -d macvlan --subnet 10.41.0.0/24 -o parent=hv0 b; docker network create -d ipvlan --subnet 10.42.0.0/24 -o parent=hv0 c",
    )
    passthru = "docker network create -d macvlan --subnet 10.43.0.0/24 -o macvlan_mode=passthru -o parent={} d"
    assert "cannot use mode passthru, macvlan network " in refused(host, passthru.format("hv0"))
    first = ok(host, passthru.format("hv1")).strip()
    text = f"macvlan network {first} is already using parent interface hv1 in mode passthru"
    assert refused(host, "docker network create -d macvlan --subnet 10.44.0.0/24 -o parent=hv1 e") == text
    ours = ok(host, "docker network inspect -f '{{.Id}}' c")[:12]
    text = f"network di-{ours} is already using parent interface hv0"
    assert refused(host, "docker network create -d ipvlan --subnet 10.44.0.0/24 -o parent=hv0 e") == text


@pytest.mark.parametrize(("engine", "first"), [("27", "pool"), ("28", "mode"), ("29", "pool")])
def test_only_28_reads_the_mode_before_it_takes_a_subnet(engine: str, first: str) -> None:
    """`Controller.NewNetwork` asks `GetSkipGwAlloc`, which reads the options in 28 alone."""
    host = host_of(engine)
    ok(host, f"{WIRE}; docker network create --subnet 10.40.0.0/24 a")
    text = refused(host, "docker network create -d ipvlan --subnet 10.40.0.0/24 -o ipvlan_flag=x -o parent=hv0 b")
    assert ("requested ipvlan flag 'x' is not valid, 'bridge' is the ipvlan driver default" in text) == (first == "mode")


@pytest.mark.parametrize(("engine", "first"), [("27", "pool"), ("28", "mode"), ("29", "mode")])
def test_gateway_modes_of_bridges_are_read_before_a_subnet_is_taken(engine: str, first: str) -> None:
    """`bridge.GetSkipGwAlloc` (28)."""
    host = host_of(engine)
    ok(host, "docker network create --subnet 10.40.0.0/24 a")
    text = refused(host, "docker network create --subnet 10.40.0.0/24 -o com.docker.network.bridge.gateway_mode_ipv4=x b")
    assert ("unknown gateway mode x" in text) == (first == "mode")


def test_20_10_knows_neither_layer_3_with_netfilter_nor_flags() -> None:
    """`ipvlan_network.go` of 20.10."""
    host = host_of("20.10")
    ok(host, WIRE)
    text = "requested ipvlan mode 'l3s' is not valid, 'l2' mode is the ipvlan driver default"
    assert refused(host, "docker network create -d ipvlan --subnet 10.40.0.0/24 -o ipvlan_mode=l3s -o parent=hv0 a") == text
    ok(host, "docker network create -d ipvlan --subnet 10.40.0.0/24 -o ipvlan_flag=x -o parent=hv0 a")


def test_a_mac_is_the_parents() -> None:
    """`ipvlan.CreateEndpoint`."""
    host = host_of("29")
    ok(host, f"{WIRE}; docker network create -d ipvlan --subnet 10.40.0.0/24 -o parent=hv0 a")
    text = "failed to create endpoint c1 on network a: ipvlan interfaces do not support custom mac address assignment"
    assert text in host.run("docker run -d --name c1 --network a --mac-address 02:42:ac:11:00:09 busybox sleep 1000").stderr


@pytest.mark.parametrize(("engine", "way"), [("28", "10.6.0.1"), ("29", "10.5.0.1")])
def test_28_prefers_who_has_both_families_to_a_higher_priority(engine: str, way: str) -> None:
    """`Sandbox.getGatewayEndpoint`, mended by moby#52328."""
    host = host_of(engine)
    ok(host, "docker network create --subnet 10.5.0.0/24 four; docker network create --ipv6 --subnet 10.6.0.0/24 --subnet fd00:6::/64 both")
    ok(host, "docker run -d --name c1 --network name=four,gw-priority=10 --network both busybox sleep 1000")
    assert ok(host, "docker exec c1 ip route").startswith(f"default via {way} ")
    assert "default via fd00:6::1 " in ok(host, "docker exec c1 ip -6 route")
