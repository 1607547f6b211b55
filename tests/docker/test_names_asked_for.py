"""What containers may ask their name server, and `host-gateway`."""

from __future__ import annotations

import pytest

from netsim.docker.settings import DaemonOptions
from netsim.uplink import uplink
from tests.docker.hosts import host_of, ok


@pytest.mark.parametrize("engine", ["20.10", "28"])
def test_aliases_and_networks_are_written_as_they_are_and_names_in_any_case(engine: str) -> None:
    """`Sandbox.ResolveName`: aliases and networks are compared as they stand, names of members in small letters."""
    host = host_of(engine)
    ok(host, "docker network create n1")
    ok(host, "docker run -d --name c2 --network n1 busybox sleep 1000")
    ok(host, "docker run -d --name c1 --network n1 --link c2:Other busybox sleep 1000")
    known = {name: host.run(f"docker exec c1 nslookup {name}").status for name in ("C2", "C2.n1", "c2.N1", "Other", "other")}
    assert known == {"C2": 0, "C2.n1": 0, "c2.N1": 1, "Other": 0, "other": 1}


def test_of_several_dots_the_last_one_is_tried_first() -> None:
    """`a.b.c` is `a.b` on network `c` before it is `a` on network `b.c`."""
    host = host_of("28")
    for name, subnet in (("c", "10.1.0.0/24"), ("b.c", "10.2.0.0/24")):
        ok(host, f"docker network create --subnet {subnet} {name}")
    ok(host, "docker run -d --name a.b --network c busybox sleep 1000")
    ok(host, "docker run -d --name aa --network b.c --network-alias a busybox sleep 1000")
    ok(host, "docker run -d --name asks --network c busybox sleep 1000")
    ok(host, "docker network connect b.c asks")
    assert "10.1.0.2" in ok(host, "docker exec asks nslookup a.b.c")


def test_a_question_for_a_pointer_that_is_no_address_goes_outside() -> None:
    """`handlePTRQuery`: 28 hands it on, where 20.10 only wrote to its log."""
    host = host_of("28", None, "echo nameserver 10.255.255.53 > /etc/resolv.conf")
    ok(host, "docker network create n1")
    ok(host, "docker run -d --name c1 --network n1 busybox sleep 1000")
    assert "can't find c1: SERVFAIL" in host.run("docker exec c1 nslookup -type=ptr c1").stdout


@pytest.mark.parametrize(("engine", "addresses"), [("27", ["172.17.0.1"]), ("28", ["172.17.0.1", "fd00:1::1"])])
def test_host_gateway_is_the_default_bridge_in_both_families_from_28_on(engine: str, addresses: list[str]) -> None:
    """`setHostGatewayIP`."""
    host = host_of(engine, DaemonOptions(ipv6=1, fixed_cidr_v6="fd00:1::/64"))
    lines = ok(host, "docker run --rm --add-host gw:host-gateway busybox cat /etc/hosts").splitlines()
    assert [line.split()[0] for line in lines if line.endswith("\tgw")] == addresses


def test_host_gateway_may_be_given_for_each_family() -> None:
    """`--host-gateway-ip`, `host-gateway-ips` in daemon.json."""
    host = host_of("28", DaemonOptions(host_gateway_ips=("192.0.2.1", "2001:db8::1")))
    assert "192.0.2.1\tgw\n2001:db8::1\tgw\n" in ok(host, "docker run --rm --add-host gw:host-gateway busybox cat /etc/hosts")


@pytest.mark.parametrize("engine", ["27", "28", "29"])
def test_ip6tables_is_written_though_iptables_is_not(engine: str) -> None:
    """`driver.configure`, `NewIptabler`: each family by its own switch."""
    host = host_of(engine, DaemonOptions(iptables=0))
    ok(host, "docker network create --ipv6 --subnet fd00:9::/64 n1")
    assert "DOCKER" not in ok(host, "iptables -S")
    assert "-N DOCKER-USER" in ok(host, "ip6tables -S")
    assert "-A POSTROUTING -s fd00:9::/64 ! -o br-" in ok(host, "ip6tables -t nat -S")


def test_nftables_writes_the_table_of_a_family_by_its_own_switch() -> None:
    """`NewNftabler`."""
    host = host_of("29", DaemonOptions(firewall_backend="nftables", ip6tables=0), "sysctl -qw net.ipv4.ip_forward=1")
    assert ("table ip docker-bridges" in ok(host, "nft list tables"), "table ip6" in ok(host, "nft list tables")) == (True, False)


@pytest.mark.parametrize("engine", ["20.10", "27", "28", "29"])
def test_the_outside_is_not_asked_for_who_cannot_get_there(engine: str) -> None:
    """`Sandbox.hasExternalAccess` (26, CVE-2024-29018): only 20.10 hands on what an internal network asks, where its server is the host's own."""
    host = host_of(engine)
    uplink(host.world, host)
    ok(host, "echo nameserver 127.0.0.1 > /etc/resolv.conf; socat UDP4-LISTEN:53,bind=127.0.0.1,fork UDP4:100.64.0.1:53 & sleep 1")
    ok(host, "docker network create --internal inside; docker network create outside; docker run -d --name c1 --network inside busybox sleep 1000")
    answers = [host.run("docker exec c1 nslookup -type=a example.com").status]
    ok(host, "docker network connect outside c1")
    answers.append(host.run("docker exec c1 nslookup -type=a example.com").status)
    ok(host, "docker network disconnect outside c1")
    answers.append(host.run("docker exec c1 nslookup -type=a example.com").status)
    assert answers == ([0, 0, 0] if engine == "20.10" else [1, 0, 1])


def test_a_server_on_an_internal_network_is_asked_all_the_same() -> None:
    """`Resolver.forwardExtDNS`: what the container reaches itself is no leak."""
    host = host_of("28")
    ok(
        host,
        "docker network create --internal --subnet 10.4.0.0/24 inside; docker run -d --name names --network inside --ip 10.4.0.5 busybox sleep 1000",
    )
    ok(host, "docker run -d --name c1 --network inside --dns 10.4.0.5 busybox sleep 1000")
    within = "nsenter -t $(docker inspect -f '{{.State.Pid}}' names) -n iptables"
    ok(host, f"{within} -I INPUT -p udp --dport 53")
    host.run("docker exec c1 nslookup -type=a example.com")
    assert int(ok(host, f"{within} -nvL INPUT").splitlines()[2].split()[0]) > 0
