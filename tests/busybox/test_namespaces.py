"""Inside a container there are only its own processes, under ids of their own, and /proc/sys cannot be written."""

from __future__ import annotations

import pytest

import netsim
from netsim.api import Host


@pytest.fixture
def host() -> Host:
    host = netsim.World(seed=0).host("h1")
    host.run("docker run -d --name box busybox sh -c 'sleep 1000; echo over'")
    return host


def test_ps_shows_the_containers_own_processes_from_number_one(host: Host) -> None:
    assert host.run("docker exec box ps").stdout == (
        "PID   USER     COMMAND\n    1 root     sh -c sleep 1000; echo over\n    2 root     sleep 1000\n    3 root     ps\n"
    )


def test_the_machine_sees_them_under_its_own_ids(host: Host) -> None:
    pid = host.run("docker inspect -f '{{.State.Pid}}' box").stdout.strip()
    assert host.run(f"cat /proc/{pid}/comm").stdout == "sh\n"
    assert host.run("docker exec box cat /proc/1/comm").stdout == "sh\n"
    assert host.run(f"docker exec box cat /proc/{pid}/comm").status == 1


def test_the_shell_knows_itself_and_its_jobs_by_inner_ids(host: Host) -> None:
    told = host.run("docker exec box sh -c 'echo $$; sleep 50 & echo $!; kill $!; wait $!; echo $?'").stdout.split()
    assert int(told[1]) == int(told[0]) + 1
    assert told[2] == "143"


def test_process_one_is_safe_from_inside_and_not_from_outside(host: Host) -> None:
    assert host.run("docker exec box kill -9 1").status == 0
    assert host.run("docker inspect -f '{{.State.Running}}' box").stdout == "true\n"
    assert host.run("docker kill box").status == 0
    assert host.run("docker inspect -f '{{.State.ExitCode}}' box").stdout == "137\n"


def test_a_shell_that_traps_the_signal_hears_docker_stop(host: Host) -> None:
    host.run("docker run -d --name trapping busybox sh -c 'trap \"exit 5\" TERM; sleep 1000 & wait'")
    host.run("docker stop trapping")
    assert host.run("docker inspect -f '{{.State.ExitCode}}' trapping").stdout == "5\n"


def test_exec_makes_the_server_process_one(host: Host) -> None:
    host.run("docker run -d --name web busybox sh -c 'mkdir /w; exec httpd -f -p 80 -h /w'")
    assert "    1 root     httpd -f -p 80 -h /w\n" in host.run("docker exec web ps").stdout


def test_settings_are_read_only_unless_privileged(host: Host) -> None:
    told = host.run("docker exec box sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'")
    assert (told.stderr, told.status) == ("sh: can't create /proc/sys/net/ipv4/ip_forward: Read-only file system\n", 1)
    assert (
        host.run("docker exec box sysctl -w net.ipv4.ip_forward=0").stderr
        == "sysctl: error setting key 'net.ipv4.ip_forward': Read-only file system\n"
    )
    assert host.run("docker run --rm --privileged busybox sysctl -w net.ipv4.ip_forward=1").stdout == "net.ipv4.ip_forward = 1\n"


def test_only_applets_are_found_in_a_busybox_image(host: Host) -> None:
    for name in ("curl", "iptables", "ss", "tcpdump", "bash", "dig"):
        told = host.run(f"docker exec box {name}")
        assert "executable file not found in $PATH" in told.stdout + told.stderr


def test_what_only_an_administrator_may_is_refused(host: Host) -> None:
    for line, told in (
        ("ip link set eth0 down", "ip: SIOCSIFFLAGS: Operation not permitted\n"),
        ("ip addr add 172.17.0.99/16 dev eth0", "ip: RTNETLINK answers: Operation not permitted\n"),
        ("ip route flush dev eth0", "ip: RTNETLINK answers: Operation not permitted\n"),
        ("ifconfig eth0 down", "ifconfig: SIOCSIFFLAGS: Operation not permitted\n"),
        ("route del default", "route: SIOCDELRT: Operation not permitted\n"),
        ("arp -s 172.17.0.1 02:00:00:00:00:01", "arp: SIOCSARP: Operation not permitted\n"),
        ("brctl addbr br7", "brctl: bridge br7: Operation not permitted\n"),
        ("hostname other", "hostname: sethostname: Operation not permitted\n"),
    ):
        done = host.run(f"docker exec box {line}")
        assert done.stderr == told and done.status in (1, 2)


def test_without_net_raw_ping_says_who_may(host: Host) -> None:
    told = host.run("docker run --rm --cap-drop NET_RAW busybox ping -c1 127.0.0.1")
    assert (told.stderr, told.status) == ("ping: permission denied (are you root?)\n", 1)
