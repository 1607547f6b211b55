"""The descriptors of docker-proxy, by release: recordings of `ss -p` show the number of its listening socket."""

import re

import pytest

from netsim import World


@pytest.mark.parametrize(("release", "number"), [("20.10", 4), ("27", 4), ("28", 7), ("29", 9)])
def test_a_proxy_listens_at_the_descriptor_of_its_release(release: str, number: int) -> None:
    host = World().host("h1")
    host.docker(release)
    assert host.run("docker run -d --name web -p 8080:80 busybox sleep 1000").status == 0
    listed = re.findall(r'"docker-proxy",pid=(\d+),fd=(\d+)', host.run("ss -ltnp").stdout)
    assert [int(fd) for _, fd in listed] == [number] * 2
    open_ones = host.run(f"ls /proc/{listed[0][0]}/fd").stdout.split()
    assert "3" not in open_ones  # what the daemon gave it is closed


def test_a_proxy_of_20_10_keeps_what_go_polls_with() -> None:
    host = World().host("h1")
    host.docker("20.10")
    host.run("docker run -d --name web -p 8080:80 busybox sleep 1000")
    # 6 and 7 are a pipe, which is not named here
    listed = host.run("ls -l /proc/$(pidof -s docker-proxy)/fd").stdout
    assert re.findall(r" (\d+) -> /?(\w+)", listed) == [
        ("0", "dev"), ("1", "dev"), ("2", "dev"), ("4", "socket"), ("5", "anon_inode"), ("6", "dev"), ("7", "dev"),
    ]  # fmt: skip


def test_processes_are_found_and_asked_by_name() -> None:
    host = World().host("h1")
    host.docker("20.10")
    host.run("docker run -d --name web -p 8080:80 busybox sleep 1000")
    pids = host.run("pidof docker-proxy").stdout.split()
    assert len(pids) == 2
    assert int(pids[0]) > int(pids[1])
    assert host.run("pidof -s docker-proxy").stdout == f"{pids[0]}\n"
    assert host.run("pidof nosuch").status == 1
    assert host.run("killall -0 docker-proxy; pkill -0 docker-proxy; pidof docker-proxy").stdout.split() == pids  # no signal
    assert host.run("killall -NOPE docker-proxy").stderr == "NOPE: unknown signal; killall -l lists signals.\n"
    assert host.run("killall -s KILL docker-proxy; pidof docker-proxy").status == 1
    assert (host.run("killall -q docker-proxy").stderr, host.run("killall docker-proxy").stderr) == ("", "docker-proxy: no process found\n")
