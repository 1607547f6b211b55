"""Networks over hosts: what they are made of, and what stops them."""

from __future__ import annotations

import pytest

from netsim import NetError
from tests.swarm.hosts import SECOND, addresses, hosts, ok, swarm


def pair(release: str = "28") -> tuple[object, object, object]:
    world, (one, two) = swarm(2, release)
    ok(one, "docker run -d --name c1 --net front busybox httpd -f -p 80")
    ok(two, "docker run -d --name c2 --net front busybox sleep 1000")
    return world, one, two


@pytest.mark.parametrize("release", ["20.10", "27", "28", "29"])
def test_containers_of_one_overlay_reach_each_other_by_name(release: str) -> None:
    _, one, two = pair(release)
    ok(two, "docker exec c2 ping -c1 -W2 c1")
    ok(one, "docker exec c1 ping -c1 -W2 c2.front")
    assert addresses(two, "c2", "c1") == ["10.0.1.2"]


def test_the_data_goes_through_4789_and_a_rule_there_stops_it() -> None:
    _, one, two = pair()
    ok(one, "iptables -I INPUT -p udp --dport 4789 -j DROP")
    assert two.run("docker exec c2 ping -c1 -W1 c1").status == 1
    assert addresses(two, "c2", "c1") == ["10.0.1.2"]


def test_peers_are_permanent_neighbours_behind_their_hosts() -> None:
    _, one, _ = pair()
    inside = "nsenter --net=$(ls -d /run/docker/netns/1-* | tail -1)"
    listed = ok(one, "for n in /run/docker/netns/1-*; do nsenter --net=$n bridge fdb show; nsenter --net=$n ip neigh; done")
    assert "02:42:0a:00:01:04 dev vxlan0 dst 10.0.9.2 link-netnsid 0 self permanent" in listed
    assert "10.0.1.4 dev vxlan0 lladdr 02:42:0a:00:01:04 PERMANENT" in listed
    assert "proxy l2miss l3miss" in ok(one, f"{inside} ip -d link show vxlan0")


def test_a_container_that_goes_takes_its_name_and_its_neighbours_entry_along() -> None:
    world, one, two = pair()
    ok(two, "docker rm -f c2")
    world.run_for(SECOND)
    assert addresses(one, "c1", "c2") == []
    assert "10.0.1.4" not in ok(one, "for n in /run/docker/netns/1-*; do nsenter --net=$n ip neigh; done")
    assert "front" not in ok(two, "docker network ls")


def test_an_internal_overlay_leads_nowhere_and_an_encrypted_one_is_shorter() -> None:
    world, one, two = pair()
    ok(one, "docker network create -d overlay --attachable --internal inside")
    ok(one, "docker network create -d overlay --attachable --opt encrypted secret")
    ok(one, "docker run -d --name i1 --net inside busybox sleep 1000")
    assert ok(one, "docker exec i1 ip route").splitlines() == ["10.0.2.0/24 dev eth0 scope link  src 10.0.2.2 "]
    ok(two, "docker run -d --name s2 --net secret busybox sleep 1000")
    assert "mtu 1424" in ok(two, "docker exec s2 ip link show eth0")
    assert any("encrypted" in line for line in world.unmodelled)


def test_ports_of_a_container_on_an_overlay_are_published_through_docker_gwbridge() -> None:
    world, (one, two) = swarm(2)
    ok(one, "docker run -d --name c1 --net front -p 8080:80 busybox httpd -f -p 80 -h /etc")
    lan = world.hosts["lan"]
    assert len(ok(lan, "curl -s -m 3 http://10.0.9.1:8080/hostname")) == 13
    assert lan.run("curl -s -m 3 http://10.0.9.2:8080/hostname").status == 7


def test_networks_that_cannot_be() -> None:
    _, (one, two) = swarm(2)
    assert "network with name front already exists" in one.run("docker network create -d overlay front").stderr
    assert "not manually attachable" in one.run("docker network create -d overlay shut; docker run --rm --net shut busybox true").stderr
    assert "Cannot create a multi-host network from a worker node" in two.run("docker network create -d overlay w").stderr
    ok(one, "docker run -d --name c1 --net front busybox sleep 1000")
    assert "is in use by task" in one.run("docker network rm front").stderr
    refused = two.run("docker run --rm --net nosuch busybox true").stderr
    assert "network nosuch not found" in refused


def test_an_overlay_without_a_swarm_is_the_data_plane_alone() -> None:
    world, (one, two) = hosts(2)
    made = world.overlay("plain", one, two, subnet="10.5.0.0/24")
    first = one.docker().run("busybox", "httpd -f -p 80", name="c1", network="plain")
    second = two.docker().run("busybox", "sleep 1000", name="c2", network="plain")
    assert str(made.subnet) == "10.5.0.0/24"
    assert [str(container.addresses["plain"]) for container in (first, second)] == ["10.5.0.2", "10.5.0.3"]
    assert second.run("ping -c1 -W2 c1").status == 0
    assert first.run("ping -c1 -W2 c2").status == 0
    assert one.run("docker node ls").status == 1
    second.remove()
    assert first.run("ping -c1 -W1 10.5.0.3").status == 1
    with pytest.raises((ValueError, NetError)):
        world.overlay("plain", one, subnet="no subnet")
