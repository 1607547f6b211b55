"""What each release says of driver options, families and configuration networks when a network is asked for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from netsim import Host
from netsim.docker.settings import DaemonOptions
from tests.docker.hosts import host_of, ok

ENGINES = ("20.10", "27", "28", "29")
B = "com.docker.network.bridge."


def refused(host: Host, line: str) -> str:
    """What the daemon answered; it must have refused."""
    done = host.run(line)
    assert done.status == 1, (line, done)
    return done.stderr.removeprefix("Error response from daemon: ").strip()


def of(host: Host, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ok(host, f"docker network inspect {name}"))[0]
    return found


@pytest.mark.parametrize("engine", ENGINES[1:])
@pytest.mark.parametrize(
    ("option", "why"),
    [
        ("com.docker.network.host_ipv4=zz", "com.docker.network.host_ipv4 value: zz (nil ip)"),
        ("com.docker.network.host_ipv6=zz", "com.docker.network.host_ipv6 value: zz (nil ip)"),
        (f"{B}gateway_mode_ipv4=", f"{B}gateway_mode_ipv4 value:  (unknown gateway mode )"),
        ("com.docker.network.driver.mtu=", 'com.docker.network.driver.mtu value:  (strconv.Atoi: parsing "": invalid syntax)'),
        ("com.docker.network.driver.mtu=9" + "9" * 19, f'com.docker.network.driver.mtu value: 9{"9" * 19} (strconv.Atoi: parsing "9{"9" * 19}": value out of range)'),
        (f"{B}inhibit_ipv4=", f'{B}inhibit_ipv4 value:  (strconv.ParseBool: parsing "": invalid syntax)'),
    ],
)  # fmt: skip
def test_an_option_that_cannot_be_read_is_named_with_the_reason(engine: str, option: str, why: str) -> None:
    """`networkConfiguration.fromLabels`, `parseErr`, `newGwMode`."""
    assert refused(host_of(engine), f"docker network create -o '{option}' n") == f"failed to parse {why}"


@pytest.mark.parametrize("engine", ["28", "29"])
def test_a_family_is_switched_by_a_driver_option_unless_the_request_says_it_itself(engine: str) -> None:
    """`Daemon.createNetwork` reads `com.docker.network.enable_ipv4` and `..6`, and drops those that the request overrides."""
    host = host_of(engine)
    assert refused(host, "docker network create -o com.docker.network.enable_ipv4=maybe n") == (
        'driver-opt "com.docker.network.enable_ipv4" is not a valid bool'
    )
    ok(host, "docker network create -o com.docker.network.enable_ipv4=false -o com.docker.network.enable_ipv6=1 six")
    assert (of(host, "six")["EnableIPv4"], of(host, "six")["EnableIPv6"], len(of(host, "six")["IPAM"]["Config"])) == (False, True, 1)
    assert refused(host, "docker network create --ipv4=false none4") == "IPv4 or IPv6 must be enabled"
    ok(host, "docker network create --ipv6=false -o com.docker.network.enable_ipv6=1 four")
    assert (of(host, "four")["EnableIPv6"], of(host, "four")["Options"]) == (False, {})


@pytest.mark.parametrize("engine", ["20.10", "27"])
def test_before_28_nothing_switches_ipv4_off(engine: str) -> None:
    """API 1.48 brought `EnableIPv4`; the command sends it to older daemons too, which do not know it."""
    host = host_of(engine)
    ok(host, "docker network create -o com.docker.network.enable_ipv4=false a")
    assert of(host, "a")["IPAM"]["Config"][0]["Subnet"].startswith("172.18.")


def test_the_default_options_of_new_networks_reach_configuration_networks_too() -> None:
    """`Daemon.createNetwork` merges `default-network-opts` before it looks at anything else of the request."""
    host = host_of(
        "28", DaemonOptions(default_network_opts=("bridge=com.docker.network.enable_ipv6=true", "bridge=com.docker.network.driver.mtu=1300"))
    )
    ok(host, "docker network create --config-only settings")
    assert of(host, "settings")["Options"] == {"com.docker.network.driver.mtu": "1300", "com.docker.network.enable_ipv6": "true"}
    ok(host, "docker network create --config-from settings made")
    assert of(host, "made")["EnableIPv6"] is True


@pytest.mark.parametrize("engine", ENGINES)
def test_a_network_out_of_a_configuration_network_brings_nothing_of_its_own(engine: str) -> None:
    """`Network.validateConfiguration`."""
    host = host_of(engine)
    ok(host, "docker network create --config-only --label a=b --subnet 10.1.0.0/24 settings")
    for more in ("--label c=d", "--subnet 10.2.0.0/24", "--ipam-opt x=y", "--ipv6"):
        assert refused(host, f"docker network create --config-from settings {more} made").endswith(
            "are not supported if the network depends on a configuration network"
        )
    assert refused(host, "docker network create --config-only --internal --config-from settings both").startswith(
        "configuration network can only contain"
    )
    ok(host, "docker network create --config-from settings made")
    assert of(host, "made")["Labels"] == {"a": "b"}


@pytest.mark.parametrize("engine", ENGINES)
def test_no_event_tells_of_the_end_of_a_configuration_network(engine: str) -> None:
    """`Daemon.deleteNetwork` logs `destroy` only where a driver had something to do."""
    host = host_of(engine)
    ok(host, "docker network create --config-only settings")
    ok(host, "docker network rm settings")
    told = host.run("timeout 1 docker events --since 1").stdout
    assert ("network create" in told, "network destroy" in told) == (True, False)


@pytest.mark.parametrize("engine", ["27", "28", "29"])
def test_a_bridge_takes_no_multicast_subnet_and_nothing_that_looks_like_addresses_of_the_link(engine: str) -> None:
    """`validateIPv6Subnet` sees the gateway's address with the subnet's length."""
    host = host_of(engine)
    assert refused(host, "docker network create --ipv6 --subnet fe80::/80 n") == "'fe80::1/80' clashes with the Link-Local prefix 'fe80::/64'"
    assert refused(host, "docker network create --ipv6 --subnet ff05::/64 n") == "multicast subnet 'ff05::1/64' is not allowed"
    ok(host, "docker network create --ipv6 --subnet fe80::/64 n")


@pytest.mark.parametrize("engine", ["28", "29"])
def test_how_often_addresses_are_announced_is_checked_before_anything_is_made(engine: str) -> None:
    """`validatedAdvertiseAddrNMsgs`, `validatedAdvertiseAddrInterval`."""
    host, label = host_of(engine), "com.docker.network.advertise_addr_"
    assert refused(host, f"docker network create -o {label}nmsgs=x n") == f'value for option {label}nmsgs "x" must be an integer'
    assert refused(host, f"docker network create -o {label}nmsgs=4 -o {label}ms=50 n") == (
        f"{label}nmsgs must be in the range 0 to 3\n{label}ms must be in the range 100 to 2000"
    )
    ok(host, f"docker network create -o {label}nmsgs=0 n")


@pytest.mark.parametrize(("engine", "names"), [("20.10", "n1\nn2\n"), ("28", "n1\nn2\n"), ("29", "n2\n")])
def test_only_29_knows_of_containers_when_it_lists_networks(engine: str, names: str) -> None:
    """`Daemon.GetNetworks` filters before it adds the containers, up to 28."""
    host = host_of(engine)
    ok(host, "docker network create n1; docker network create n2; docker run -d --network n1 busybox sleep 1000")
    assert ok(host, "docker network ls --filter dangling=true --format '{{.Name}}'") == names
    assert ok(host, "docker network ls --filter 'id=^[0-9a-f]{64}$' --filter type=custom --format '{{.Name}}'") == "n1\nn2\n"


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("network ls --filter dangling=true --filter dangling=false", 'got more than one value for filter key "dangling"'),
        ("network ls --filter dangling=x --filter type=y", 'invalid value for filter \'dangling\', must be "true" (or "1"), or "false" (or "0")'),
        ("network ls --filter type=y", "invalid filter: 'type'='y'"),
        ("network prune -f --filter until=1h --filter until=2h", "more than one until filter specified"),
        ("network prune -f --filter dangling=true", "invalid filter 'dangling'"),
        ("volume prune -f --filter until=1h", "invalid filter 'until'"),
    ],
)
def test_filters_that_make_no_sense(command: str, text: str) -> None:
    """`FilterNetworks`, `getUntilFromPruneFilters`, `networksAcceptedFilters`."""
    assert refused(host_of("28"), f"docker {command}") == text


@pytest.mark.parametrize(("engine", "left"), [("27", "10.7.0.9"), ("28", "10.7.0.9"), ("29", "")])
def test_29_forgets_a_network_that_a_container_could_not_join(engine: str, left: str) -> None:
    """`Daemon.connectToNetwork` takes its entry back when `Endpoint.Join` fails (29, moby#51758): the next start is one without the network."""
    host = host_of(engine)
    ok(host, "docker network create --subnet 10.7.0.0/24 n1; docker run -d --name first -p 8080:80 busybox sleep 1000")
    assert host.run("docker run -d --name second --network n1 --ip 10.7.0.9 -p 8080:80 busybox sleep 1000").status == 125
    ok(host, "docker rm -f first; docker start second")
    assert ok(host, "docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' second").strip() == left
    assert ("10.7.0.9" in ok(host, "docker exec second ip addr")) == bool(left)


def test_a_size_of_nothing_is_no_size() -> None:
    """`Allocator.RequestPool` (29): of an unspecified prefix only its length counts, and not 0."""
    host = host_of("29")
    ok(
        host,
        "docker network create --subnet 0.0.0.0/0 n1; docker network create --ipv6 --subnet ::/0 n2; docker network create --subnet 0.0.0.0/26 n3",
    )
    form = "{{range .IPAM.Config}}{{.Subnet}} {{end}}"
    lengths = [one.partition("/")[2] for one in ok(host, f"docker network inspect -f '{form}' n1 n2 n3").split()]
    assert lengths == ["16", "16", "64", "26"]
