"""The default bridge's subnets out of the daemon's options and the device's addresses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from netsim import Host
from netsim.docker.errors import Refusal
from netsim.docker.settings import DaemonOptions
from tests.docker.hosts import host_of, ok


def subnets(host: Host) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(ok(host, "docker network inspect -f '{{json .IPAM.Config}}' bridge"))
    return found


@pytest.mark.parametrize("engine", ["27", "28"])
def test_the_part_for_containers_is_the_whole_subnet_when_no_other_is_named(engine: str) -> None:
    """`initBridgeDriver` (27), `getDefaultBridgeIPAMConf` (28): the pool is that of `--fixed-cidr`; nobody named a gateway, so none is shown."""
    assert subnets(host_of(engine, DaemonOptions(fixed_cidr="10.99.1.0/24"))) == [{"Subnet": "10.99.1.0/24", "IPRange": "10.99.1.0/24"}]


def test_27_cannot_do_without_an_ipv6_subnet_where_28_takes_one_out_of_its_pools() -> None:
    """`initBridgeDriver`."""
    with pytest.raises(Refusal, match="IPv6 is enabled for the default bridge, but no subnet is configured"):
        host_of("27", DaemonOptions(ipv6=1))
    assert len(subnets(host_of("28", DaemonOptions(ipv6=1)))) == 2
    given = DaemonOptions(ipv6=1, default_address_pools=("base=10.200.0.0/16,size=24", "base=fd12:3456::/48,size=64"))
    assert [one["Subnet"] for one in subnets(host_of("28", given))] == ["10.200.0.0/24", "fd12:3456::/64"]


def test_both_families_have_a_bridge_address_and_a_part_for_containers_from_28_on() -> None:
    """`--bip6` and `--fixed-cidr-v6` do for IPv6 what `--bip` and `--fixed-cidr` do for IPv4."""
    host = host_of("28", DaemonOptions(ipv6=1, bip6="2001:db8:2::9/64", fixed_cidr_v6="2001:db8:2::8000/120"))
    assert subnets(host)[1] == {"Subnet": "2001:db8:2::/64", "IPRange": "2001:db8:2::8000/120", "Gateway": "2001:db8:2::9"}
    ok(host, "docker run -d --name c1 busybox sleep 1000")
    assert ok(host, "docker inspect -f '{{.NetworkSettings.GlobalIPv6Address}}' c1") == "2001:db8:2::8000\n"


@pytest.mark.parametrize(
    ("before", "options", "shown"),
    [
        ("10.9.0.5/16", DaemonOptions(fixed_cidr="10.9.3.0/24"), {"Subnet": "10.9.0.0/16", "IPRange": "10.9.3.0/24", "Gateway": "10.9.0.5"}),
        ("10.9.0.5/16", DaemonOptions(fixed_cidr="10.8.3.0/24"), {"Subnet": "10.8.3.0/24", "IPRange": "10.8.3.0/24"}),
        ("10.9.0.5/24", DaemonOptions(fixed_cidr="10.9.0.0/16"), {"Subnet": "10.9.0.0/16", "IPRange": "10.9.0.0/16", "Gateway": "10.9.0.5"}),
        ("10.9.0.5/16", DaemonOptions(), {"Subnet": "10.9.0.0/16", "Gateway": "10.9.0.5"}),
        ("10.9.0.5/16", DaemonOptions(bip="10.7.0.1/24"), {"Subnet": "10.7.0.0/24", "Gateway": "10.7.0.1"}),
    ],
)  # fmt: skip
def test_an_address_that_docker0_has_is_taken_as_far_as_the_options_go_with_it(before: str, options: DaemonOptions, shown: dict[str, str]) -> None:
    """`selectBIP`: outside the part for containers it is passed over, and a larger part widens its subnet."""
    assert subnets(host_of("28", options, "ip link add docker0 type bridge", f"ip addr add {before} dev docker0")) == [shown]


def test_a_part_outside_a_bridge_of_the_users_own_is_no_part_of_ipv4_and_refused_for_ipv6() -> None:
    """`getDefaultBridgeIPAMConf`."""
    lines = ("ip link add br0 type bridge", "ip addr add 10.9.0.5/16 dev br0", "ip addr add 2001:db8::5/64 dev br0")
    assert subnets(host_of("28", DaemonOptions(bridge="br0", fixed_cidr="10.8.0.0/24"), *lines)) == [{"Subnet": "10.9.0.0/16", "Gateway": "10.9.0.5"}]
    with pytest.raises(Refusal, match="fixed-cidr-v6=fd00::/80 is outside any subnet implied by addresses on the user-managed default bridge"):
        host_of("28", DaemonOptions(bridge="br0", ipv6=1, fixed_cidr_v6="fd00::/80"), *lines)


def test_a_gateway_in_a_subnet_that_the_daemon_chose_is_not_listed_with_it() -> None:
    """`buildIPAMResources` shows of such a subnet what was given, which is no auxiliary address."""
    host = host_of("28", DaemonOptions(default_gateway="172.17.0.200"))
    assert subnets(host) == [{"Subnet": "172.17.0.0/16", "Gateway": "172.17.0.1"}]
    ok(host, "docker run -d --name c1 busybox sleep 1000")
    assert "default via 172.17.0.200" in ok(host, "docker exec c1 ip route")


@pytest.mark.parametrize(
    ("pool", "text"),
    [
        (
            "base=10.0.0.0/24,size=16",
            r"network at index 0 \(&{10.0.0.0/24 16}\) has a smaller prefix \(/24\) than the target size of that pool \(/16\)",
        ),
        ("base=10.0.0.0/24", r"network at index 0 \(&{10.0.0.0/24 0}\) is not in canonical form"),
        ("size=24", r"network at index 0 \(&{invalid Prefix 24}\) is not in canonical form"),
        ("base=fd00::/48,size=64", "all predefined address pools have been fully subnetted"),
    ],
)
def test_a_daemon_does_not_start_with_pools_that_make_no_sense(pool: str, text: str) -> None:
    """`ipam.splitByIPFamily` (27); with IPv6 pools alone there is no subnet for the default bridge."""
    with pytest.raises(Refusal, match=text):
        host_of("28", DaemonOptions(default_address_pools=(pool,)))


def test_the_command_line_reads_the_base_of_a_pool() -> None:
    """`PoolsOpt.Set` (27)."""
    told = host_of("28").run("dockerd --default-address-pool base=x,size=16").stderr
    words = 'invalid argument "base=x,size=16" for "--default-address-pool" flag: invalid base prefix "x": netip.ParsePrefix("x"): no \'/\''
    assert told == f"Status: {words}\nSee 'dockerd --help'., Code: 125\n"
