"""One way out for each family, and settings of one interface."""

from __future__ import annotations

import json
import re

import pytest

from netsim import Host
from tests.docker.hosts import host_of, ok

SYSCTLS = "com.docker.network.endpoint.sysctls"


def routes(host: Host) -> list[str]:
    lines = ok(host, "docker exec c1 ip route") + ok(host, "docker exec c1 ip -6 route")
    return re.findall(r"default via (\S+) dev (\S+)", lines)


@pytest.mark.parametrize("engine", ["28", "29"])
def test_each_family_has_the_first_network_that_leads_out_by_it_and_its_ports_there(engine: str) -> None:
    """`Sandbox.getGatewayEndpoint`, `ProgramExternalConnectivity`, `trimPortBindings`."""
    host = host_of(engine)
    for spec in ("--subnet 10.1.0.0/24 n4", "--ipv4=false --ipv6 --subnet fd00:1::/64 n6", "--ipv6 --subnet 10.2.0.0/24 --subnet fd00:2::/64 both"):
        ok(host, f"docker network create {spec}")
    ok(host, "docker run -d --name c1 --network n4 -p 8080:80 busybox sleep 1000")
    assert ok(host, "docker port c1").count(":8080") == 2  # the proxy relays IPv6 to the address there is
    ok(host, "docker network connect n6 c1")
    assert routes(host) == [("10.1.0.1", "eth0"), ("fd00:1::1", "eth1")]
    assert "--to-destination 10.1.0.2:80" in ok(host, "iptables -t nat -S DOCKER")
    assert "--to-destination [fd00:1::2]:80" in ok(host, "ip6tables -t nat -S DOCKER")
    ok(host, "docker network connect both c1")
    assert routes(host) == [("10.2.0.1", "eth2"), ("fd00:2::1", "eth2")]
    assert (ok(host, "iptables -t nat -S DOCKER").count("DNAT"), ok(host, "ip6tables -t nat -S DOCKER").count("DNAT")) == (1, 1)
    ok(host, "docker network disconnect both c1")
    assert routes(host) == [("10.1.0.1", "eth0"), ("fd00:1::1", "eth1")]
    assert ok(host, "docker port c1").count(":8080") == 2


@pytest.mark.parametrize("engine", ["27", "28", "29"])
def test_settings_of_an_interface_are_set_before_it_is_up_and_may_take_its_ipv6_address(engine: str) -> None:
    """`Namespace.setSysctls`, `configureInterface`, `Endpoint.releaseIPv6Address`; quotes keep commas together (`csv.Reader`)."""
    host = host_of(engine)
    ok(host, "docker network create --ipv6 --subnet 10.1.0.0/24 --subnet fd00:1::/64 n")
    quoted = f'name=n,"driver-opt={SYSCTLS}=net.ipv4.conf.IFNAME.log_martians=1,net.ipv6.conf.IFNAME.disable_ipv6=1"'
    ok(host, f"docker run -d --name c1 --network '{quoted}' busybox sleep 1000")
    assert ok(host, "docker exec c1 cat /proc/sys/net/ipv4/conf/eth0/log_martians") == "1\n"
    shown = json.loads(ok(host, "docker inspect -f '{{json .NetworkSettings.Networks.n}}' c1"))
    assert (shown["GlobalIPv6Address"], shown["IPv6Gateway"]) == ("", "")
    ok(host, "docker run -d --name d1 --network n busybox sleep 1000")
    assert ok(host, "docker inspect -f '{{.NetworkSettings.Networks.n.GlobalIPv6Address}}' d1") == "fd00:1::2\n"  # it was free again


@pytest.mark.parametrize("engine", ["27", "28"])
@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ("net.ipv4.ip_forward=1", "unrecognised network interface sysctl 'net.ipv4.ip_forward=1'; represent 'net.X.Y.ethN.Z=V' as 'net.X.Y.IFNAME.Z=V'"),
        ("net.ipv4.conf.IFNAME.nosuch=1", "/proc/sys/net/ipv4/conf/eth0/nosuch is not a sysctl file"),
        ("net.ipv4.conf.IFNAME.mtu.x=1", "expected sysctl 'net.ipv4.conf.ifname.mtu.x=1' to have format net.X.Y.IFNAME.Z"),
        ("net.ipv4.conf.IFNAME.forwarding", "expected sysctl 'net.ipv4.conf.ifname.forwarding' to have format name=value"),
    ],
)  # fmt: skip
def test_a_setting_that_no_interface_has_is_refused(engine: str, setting: str, why: str) -> None:
    """`validateEndpointSettings`, `Namespace.setSysctls`."""
    host = host_of(engine)
    ok(host, "docker network create n")
    done = host.run(f"docker run -d --network name=n,driver-opt={SYSCTLS}={setting} busybox sleep 1000")
    assert done.status == 125
    assert why.lower() in done.stderr.lower()


def test_a_setting_of_eth0_is_moved_to_its_endpoint_by_27_and_refused_by_28() -> None:
    """`handleSysctlBC`."""
    line = "docker run -d --name c1 --sysctl net.ipv4.conf.eth0.log_martians=1 busybox sleep 1000"
    host = host_of("27")
    done = host.run(line)
    assert (
        done.stderr
        == f'WARNING: Migrated sysctl "net.ipv4.conf.eth0.log_martians" to DriverOpts{{"{SYSCTLS}":"net.ipv4.conf.IFNAME.log_martians=1"}}.\n'
    )
    assert ok(host, "docker exec c1 cat /proc/sys/net/ipv4/conf/eth0/log_martians") == "1\n"
    assert host.run("docker run --sysctl net.ipv4.conf.eth1.log_martians=1 busybox true").stderr.startswith(
        "docker: Error response from daemon: unable to determine network endpoint for sysctl net.ipv4.conf.eth1.log_martians"
    )
    done = host_of("28").run(line)
    wanted = f"interface specific sysctl setting \"net.ipv4.conf.eth0.log_martians\" must be supplied using driver option '{SYSCTLS}'"
    assert (done.status, done.stderr.partition("\n")[0]) == (125, f"docker: Error response from daemon: {wanted}")


@pytest.mark.parametrize("engine", ["28", "29"])
def test_a_namespace_without_ipv6_gets_no_ipv6_address(engine: str) -> None:
    """`Namespace.IPv6LoEnabled`, `CreateOptionDisableIPv6`, `etchosts.BuildNoIPv6`."""
    host = host_of(engine)
    ok(host, "docker network create --ipv6 --subnet 10.1.0.0/24 --subnet fd00:1::/64 n")
    ok(host, "docker run -d --name c1 --sysctl net.ipv6.conf.all.disable_ipv6=1 --network n busybox sleep 1000")
    assert "inet6" not in ok(host, "docker exec c1 ip addr")
    assert ok(host, "docker inspect -f '{{.NetworkSettings.Networks.n.GlobalIPv6Address}}' c1") == "\n"
    assert "::1" not in ok(host, "docker exec c1 cat /etc/hosts")


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ('name=n1,"alias', 'parse error on line 1, column 15: extraneous or missing " in quoted-field'),
        ('name=n1,al"ias=x', 'parse error on line 1, column 11: bare " in non-quoted-field'),
        ("name=n1,driver-opt= =x", "invalid key value pair format in driver options"),
        ("name=n1,gw-priority=99999999999999999999", "invalid gw-priority (99999999999999999999): value out of range"),
        ("name=n1,=x", "invalid field =x"),
    ],
)  # fmt: skip
def test_the_long_form_of_network_is_one_line_of_comma_separated_values(value: str, why: str) -> None:
    """docker/cli `NetworkOpt.Set`, `encoding/csv`; the value is shown as `%q` does it. Texts of the real docker 28.2.2."""
    done = host_of("28").run(f"docker run --network '{value}' busybox true")
    shown = '"' + value.replace('"', '\\"') + '"'
    assert (done.status, done.stderr.partition("\n")[0]) == (125, f'invalid argument {shown} for "--network" flag: {why}')


@pytest.mark.parametrize(("engine", "words"), [("27", "cannot join own network"), ("28", "cannot join own network namespace")])
def test_a_container_cannot_share_its_own_network(engine: str, words: str) -> None:
    """`Daemon.getNetworkedContainer`."""
    assert words in host_of(engine).run("docker run --name me --network container:me busybox true").stderr


@pytest.mark.parametrize("engine", ["27", "28", "29"])
def test_no_address_is_fixed_in_another_containers_network(engine: str) -> None:
    """`validateEndpointSettings`: the mode `container:` is no network of the user's."""
    host = host_of(engine)
    ok(host, "docker run -d --name x1 busybox sleep 1000")
    said = host.run("docker run --network container:x1 --ip 1.2.3.4 busybox true").stderr
    assert said.startswith("docker: Error response from daemon: invalid config for network container:x1: invalid endpoint settings:\nuser")
