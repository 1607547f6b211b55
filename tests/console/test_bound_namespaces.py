"""Namespaces are bound to names by hand: mount, umount, and what stat tells of them."""

from __future__ import annotations

import pytest

import netsim
from netsim.api import Host


@pytest.fixture
def host() -> Host:
    """A host with a process in a network namespace of its own, whose pid is in the file `pid`."""
    host = netsim.World(seed=0).host("h")
    host.run("unshare -n sleep 1000 & echo $! > pid; mkdir -p /run/netns; touch /run/netns/a")
    return host


@pytest.mark.parametrize("how", ["--bind", "-o bind", "-B"])
def test_a_process_s_namespace_gets_a_name_and_outlives_it(host: Host, how: str) -> None:
    assert host.run(f"mount {how} /proc/$(cat pid)/ns/net /run/netns/a").status == 0
    assert host.run("ip netns").stdout == "a\n"
    host.run("kill $(cat pid); sleep 1; ip -n a link set lo up")
    assert "LOOPBACK,UP" in host.run("ip netns exec a ip link").stdout


def test_without_its_mount_a_name_is_a_plain_file(host: Host) -> None:
    host.run("ip netns add b; umount /run/netns/b")
    assert "Invalid argument" in host.run("ip netns exec b true").stderr
    assert host.run("rm -f /run/netns/b; ip netns").stdout == "a\n"


@pytest.mark.parametrize(
    "line, complaint",
    [
        ("umount /run/netns/a", "umount: /run/netns/a: not mounted.\n"),
        ("umount /nosuch", "umount: /nosuch: no mount point specified.\n"),
        (
            "mount --bind /nosuch /run/netns/a",
            "mount: /run/netns/a: special device /nosuch does not exist.\n       dmesg(1) may have more information after failed mount system call.\n",
        ),
        ("mount -t tmpfs t /mnt", "mount: netsim: only namespaces can be bound (mount --bind /proc/PID/ns/net FILE); nothing else is modelled\n"),
    ],
)
def test_what_cannot_be_mounted_is_told(host: Host, line: str, complaint: str) -> None:
    told = host.run(line)
    assert (told.stderr, told.status) == (complaint, 32)


def test_a_namespace_is_known_by_its_number(host: Host) -> None:
    link = host.run("readlink /proc/self/ns/net").stdout.strip()
    assert f"net:[{host.run('stat -Lc %i /proc/self/ns/net').stdout.strip()}]" == link
    assert host.run("stat -c '%F %a %s' pid").stdout == "regular file 644 2\n"
    assert host.run("stat -c %i nosuch").stderr == "stat: cannot statx 'nosuch': No such file or directory\n"


def test_complaints_come_first_where_output_waits_for_the_end(host: Host) -> None:
    assert host.run("ls pid nosuch 2>&1 | cat").stdout == "ls: cannot access 'nosuch': No such file or directory\npid\n"
    host.run("ls pid nosuch > both 2>&1")
    assert host.run("head -n 1 both").stdout.startswith("ls: cannot")


def test_a_trace_keeps_line_ends_in_quotes(host: Host) -> None:
    assert host.run("set -x; /bin/true 'one\ntwo'").stderr == "+ /bin/true 'one\ntwo'\n"
