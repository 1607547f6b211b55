"""bash opens connections where a redirection names /dev/tcp/HOST/PORT or /dev/udp/HOST/PORT."""

from __future__ import annotations

import pytest

import netsim
from netsim.api import Host


@pytest.fixture
def host() -> Host:
    """A host with its loopback up and a listener on 8080."""
    host = netsim.World(seed=0).host("h")
    host.run("ip link set lo up")
    host.run("printf 'welcome\\nsecond\\n' > banner; nc -lk 8080 < banner > heard &")
    return host


def test_what_a_server_says_is_read_through_a_descriptor(host: Host) -> None:
    told = host.run("exec 3<>/dev/tcp/127.0.0.1/8080; head -n 1 <&3; exec 3>&-")
    assert (told.stdout, told.stderr, told.status) == ("welcome\n", "", 0)


def test_what_is_written_reaches_the_server_and_closing_ends_the_connection(host: Host) -> None:
    host.run("exec 5<>/dev/tcp/localhost/8080; echo hello >&5; exec 5>&-; sleep 1")
    assert host.run("cat heard").stdout == "hello\n"
    assert "ESTAB" not in host.run("ss -tn").stdout


@pytest.mark.parametrize(
    "target, told",
    [
        ("tcp/127.0.0.1/81", "bash: connect: Connection refused\nbash: line 1: /dev/tcp/127.0.0.1/81: Connection refused\n"),
        ("tcp/10.9.9.9/80", "bash: connect: Network is unreachable\nbash: line 1: /dev/tcp/10.9.9.9/80: Network is unreachable\n"),
        (
            "tcp/127.0.0.1/nosuch",
            "bash: line 1: nosuch: Servname not supported for ai_socktype\nbash: line 1: /dev/tcp/127.0.0.1/nosuch: Invalid argument\n",
        ),
        ("tcp/127.0.0.1", "bash: line 1: /dev/tcp/127.0.0.1: No such file or directory\n"),
    ],
)
def test_a_connection_that_cannot_be_made_is_told_twice_as_bash_does(host: Host, target: str, told: str) -> None:
    answer = host.run(f"echo x > /dev/{target}")
    assert (answer.stdout, answer.stderr, answer.status) == ("", told, 1)


def test_a_name_is_looked_up_and_a_silent_server_is_waited_for(host: Host) -> None:
    answer = host.run("echo x > /dev/tcp/far.example/80")
    assert answer.stderr.splitlines() == [
        "bash: line 1: far.example: Temporary failure in name resolution",
        "bash: line 1: /dev/tcp/far.example/80: Invalid argument",
    ]
    host.run("echo 'nameserver 10.9.9.9' > /etc/resolv.conf; ip link add dm0 type dummy; ip addr add 10.9.9.1/24 dev dm0; ip link set dm0 up")
    before = host.world.clock.now
    assert "Temporary failure" in host.run("echo x > /dev/tcp/far.example/80").stderr
    assert 5 < (host.world.clock.now - before) / 1e9 < 30


def test_a_time_limit_ends_a_connection_nobody_answers(host: Host) -> None:
    host.run(
        "ip link add dm0 type dummy; ip addr add 10.9.9.1/24 dev dm0; ip link set dm0 up; ip neigh add 10.9.9.2 lladdr 02:00:00:00:00:02 dev dm0"
    )
    assert host.run("timeout 2 bash -c '</dev/tcp/10.9.9.2/80'; echo $?").stdout == "124\n"


def test_datagrams_need_nobody_who_listens(host: Host) -> None:
    host.run("nc -ul 5000 > datagrams &")
    assert host.run("echo one > /dev/udp/127.0.0.1/5000; echo two > /dev/udp/127.0.0.1/5001; echo $?").stdout == "0\n"
    assert host.run("cat datagrams").stdout == "one\n"


def test_a_loop_waits_for_a_port_without_sleeping(host: Host) -> None:
    host.run("(sleep 2; nc -l 9000 >/dev/null) &")
    assert host.run("until (: < /dev/tcp/127.0.0.1/9000) 2>/dev/null; do /bin/true; done; echo open").stdout == "open\n"
