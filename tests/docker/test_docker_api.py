"""Docker from Python."""

from __future__ import annotations

import pytest

from netsim import World
from netsim.docker.errors import Refusal
from netsim.docker.settings import DaemonOptions


def test_containers_and_networks_are_objects() -> None:
    host = World().host("h1")
    docker = host.docker("28", DaemonOptions(iptables=0))
    front = docker.network("front", subnet="10.1.0.0/24")
    back = docker.network("back")
    db = docker.run("busybox", "sleep 1000", name="db", network="back", env={"KIND": "test"})
    web = docker.run("busybox", ["sleep", "1000"], name="web", network=["front", "back"], publish=["8080:80"])
    assert front.subnets == ["10.1.0.0/24"]
    assert str(web.addresses["front"]) == "10.1.0.2"
    assert web.run("ping -c1 -W1 db").status == 0
    assert db.run("echo $KIND").stdout == "test\n"
    assert host.run("docker ps -q --no-trunc").stdout.split() == [web.id, db.id]
    back.disconnect(web)
    assert web.run("ping -c1 -W1 db").status == 1
    back.connect(web, aliases=["www"])
    assert f"PING www ({web.addresses['back']})" in db.run("ping -c1 -W1 www").stdout
    assert web.inspect()["NetworkSettings"]["Networks"]["back"]["Aliases"] == ["www"]
    assert docker.network("front").id == front.id


def test_a_containers_life_from_python() -> None:
    docker = World().host("h1").docker("28", DaemonOptions(iptables=0))
    one = docker.create("busybox", "echo hello", name="one")
    assert one.status == "created"
    one.start()
    docker.machine.kernel.clock.run_for(1_000_000_000)
    assert (one.status, one.logs()) == ("exited", "hello\n")
    two = docker.run("busybox", "sleep 1000")
    assert two.ip is not None
    two.stop(0)
    assert (two.status, two.ip) == ("exited", None)
    two.start()
    two.kill()
    assert two.status == "exited"
    two.remove()
    assert [container.name for container in docker.containers] == ["one"]


def test_refusals_are_exceptions_with_the_daemons_text() -> None:
    docker = World().host("h1").docker("28", DaemonOptions(iptables=0))
    docker.run("busybox", "sleep 1000", name="web", network="bridge")
    for call, text in (
        (lambda: docker.run("busybox", "true", name="web"), "already in use"),
        (lambda: docker.run("nosuch"), "No such image"),
        (lambda: docker.network("host2", driver="host"), 'only one instance of "host" network is allowed'),
        (lambda: docker.container("nosuch"), "No such container: nosuch"),
    ):
        with pytest.raises(Refusal, match=text):
            call()


def test_the_release_and_the_firewall_are_chosen_with_the_engine() -> None:
    host = World().host("h1")
    host.run("sysctl -qw net.ipv4.ip_forward=1")
    assert host.docker("29", firewall="nftables").engine.profile.version == "29.7.2"
    assert "docker-bridges" in host.run("nft list tables").stdout
