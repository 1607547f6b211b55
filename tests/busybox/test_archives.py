"""BusyBox's tar and named pipes inside containers, and applets behind `busybox` that read their input."""

from __future__ import annotations

import pytest

from netsim import Host
from tests.docker.hosts import host_of, ok


@pytest.fixture
def host() -> Host:
    made = host_of("28")
    ok(made, "docker run -d --name c1 busybox sleep 1000; docker run -d --name c2 busybox sleep 1000")
    return made


def test_directories_are_carried_between_containers_by_tar(host: Host) -> None:
    ok(host, "docker exec c1 sh -c 'mkdir -p /w/d; echo one > /w/d/f; chmod 700 /w/d'")
    assert ok(host, "docker exec c1 tar cC /w . | docker exec -i c2 tar xv -C /tmp") == "./\nd/\nd/f\n".replace("d/", "./d/").replace("././", "./")
    assert ok(host, "docker exec c2 sh -c 'cat /tmp/d/f; ls -ld /tmp/d | cut -c1-10'") == "one\ndrwx------\n"


def test_an_archive_of_the_host_goes_into_a_container(host: Host) -> None:
    ok(host, "mkdir /src; echo hi > /src/f; tar czf - -C /src f | docker exec -i c1 tar xzf - -C /tmp")
    assert ok(host, "docker exec c1 cat /tmp/f") == "hi\n"
    assert host.run("echo no | docker exec -i c1 tar xz").stderr == "tar: invalid magic\ntar: short read\n"


def test_a_named_pipe_joins_two_processes_of_a_container(host: Host) -> None:
    ok(host, "docker exec c1 mkfifo /tmp/p; docker exec c1 sh -c 'cat /tmp/p > /tmp/out & echo through > /tmp/p; wait; cat /tmp/out'")
    assert ok(host, "docker exec c1 cat /tmp/out") == "through\n"


def test_a_relay_of_two_netcats_and_a_pipe_works_both_ways(host: Host) -> None:
    ok(host, "docker exec -d c1 sh -c 'mkdir /w; echo hello from c1 > /w/index.html; httpd -f -p 8000 -h /w'")
    where = ok(host, "docker inspect -f '{{.NetworkSettings.Networks.bridge.IPAddress}}' c1").strip()
    ok(host, f"mkfifo /tmp/back; (nc -l 0.0.0.0 9000 < /tmp/back | nc {where} 8000 > /tmp/back) & sleep 0.3")
    assert ok(host, "curl -s -m 5 http://127.0.0.1:9000/") == "hello from c1\n"


def test_applets_behind_busybox_read_their_input(host: Host) -> None:
    assert ok(host, "echo a b | busybox wc -w; printf 'x\\ny\\n' | busybox grep y; echo AB | busybox tr A-Z a-z") == "2\ny\nab\n"
