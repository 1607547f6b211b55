"""`ip netns exec NAME` shows the command what stands in /etc/netns/NAME in place of the files of /etc."""

from __future__ import annotations

import pytest

import netsim
from netsim.api import Host


@pytest.fixture
def host() -> Host:
    """A namespace with a resolver and hosts of its own."""
    host = netsim.World(seed=0).host("h")
    host.run("ip netns add red; ip netns add blue; mkdir -p /etc/netns/red")
    host.run("echo 'nameserver 9.9.9.9' > /etc/netns/red/resolv.conf; echo '10.0.0.7 web' > /etc/netns/red/hosts")
    return host


@pytest.mark.parametrize(
    "command",
    [
        "cat /etc/resolv.conf",
        "sh -c 'cat /etc/resolv.conf'",
        "bash -c 'cd /etc; cat resolv.conf'",
        "cat /etc/../etc/./resolv.conf",
        "head -n 1 /etc/resolv.conf",
    ],
)
def test_the_command_and_its_children_see_the_namespace_s_files(host: Host, command: str) -> None:
    assert host.run(f"ip netns exec red {command}").stdout == "nameserver 9.9.9.9\n"


def test_names_are_found_in_the_namespace_s_hosts(host: Host) -> None:
    assert host.run("ip netns exec red getent hosts web").stdout.split() == ["10.0.0.7", "web"]
    assert host.run("getent hosts web").status == 2


def test_others_see_their_own(host: Host) -> None:
    assert host.run("ip netns exec blue cat /etc/resolv.conf; ip -n red link set lo up; cat /etc/resolv.conf").stdout == ""
    assert "localhost" in host.run("ip netns exec blue cat /etc/hosts").stdout


def test_what_is_written_there_stays_the_namespace_s(host: Host) -> None:
    host.run("ip netns exec red sh -c 'echo 10.0.0.8 db >> /etc/hosts'")
    assert host.run("tail -n 1 /etc/netns/red/hosts").stdout == "10.0.0.8 db\n"
    assert "db" not in host.run("cat /etc/hosts").stdout


def test_a_file_that_etc_has_not_cannot_be_bound(host: Host) -> None:
    host.run("echo x > /etc/netns/red/nosuch.conf")
    told = host.run("ip netns exec red cat /etc/resolv.conf")
    assert told.stdout == "nameserver 9.9.9.9\n"
    assert told.stderr == "Bind /etc/netns/red/nosuch.conf -> /etc/nosuch.conf failed: No such file or directory\n"
