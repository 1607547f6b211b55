"""telnet, lsof, fuser, watch and journalctl; what they print is what the real ones printed for the same lines on Debian 12."""

from __future__ import annotations

import re

import pytest

from netsim import Host, World
from netsim.clock import SECOND

CONNECTED = "Trying 127.0.0.1...\nConnected to 127.0.0.1.\nEscape character is '^]'.\n"
CLOSED = "Connection closed by foreign host.\n"


@pytest.fixture
def host() -> Host:
    made = World(seed=0).host("h1")
    made.run("ip link set lo up; ip link add d0 type dummy; ip addr add 10.0.0.1/24 dev d0; ip link set d0 up")
    return made


def masked(text: str) -> str:
    """Without inodes and process ids."""
    return re.sub(r"(?m)^(nc +)\d+", r"\1PID", re.sub(r"\b\d{5}\b", "INODE", text))


@pytest.mark.parametrize(
    ("line", "out", "err", "status"),
    [
        ("telnet 127.0.0.1 81", "Trying 127.0.0.1...\n", "telnet: Unable to connect to remote host: Connection refused\n", 1),
        ("telnet 127.0.0.1 nosvc", "Server lookup failure:  127.0.0.1:nosvc, Servname not supported for ai_socktype\n", "", 1),
        ("telnet 1 2 3", "", "telnet: too many arguments\n", 1),
        ("telnet 203.0.113.1 80", "Trying 203.0.113.1...\n", "telnet: Unable to connect to remote host: Network is unreachable\n", 1),
    ],
)
def test_telnet_says_why_it_cannot_connect(host: Host, line: str, out: str, err: str, status: int) -> None:
    done = host.run(line)
    assert (done.stdout, done.stderr, done.status) == (out, err, status)


def test_telnet_sends_lines_with_carriage_returns_and_ends_with_its_input(host: Host) -> None:
    done = host.run("nc -l 127.0.0.1 90 > /tmp/got & sleep 0.2; (echo hello; sleep 0.3) | telnet 127.0.0.1 90; echo $?; wait; cat -A /tmp/got")
    assert (done.stdout, done.stderr) == (f"{CONNECTED}0\nhello^M$\n", CLOSED)


def test_telnet_prints_what_comes_and_tells_when_the_other_side_closes(host: Host) -> None:
    done = host.run("(echo banner; sleep 0.3) | nc -N -l 127.0.0.1 91 & sleep 0.2; sleep 1 | telnet 127.0.0.1 91; echo $?; wait")
    assert (done.stdout, done.stderr) == (f"{CONNECTED}banner\n0\n", CLOSED)


def test_telnet_declines_the_options_of_the_other_side(host: Host) -> None:
    line = r"""(printf '\xff\xfd\x18\xff\xfb\x01login: '; sleep 0.3) | nc -N -l 127.0.0.1 92 > /tmp/got & sleep 0.2; sleep 1 | telnet 127.0.0.1 92 2>/dev/null; wait"""
    assert host.run(line).stdout == f"{CONNECTED}login: "
    assert host.machine.files.read(None, "/tmp/got") == b"\xff\xfc\x18\xff\xfe\x01"


def test_lsof_lists_sockets_of_the_internet_with_their_processes(host: Host) -> None:
    host.run("nc -l 127.0.0.1 100 & nc -u -l 127.0.0.1 101 & nc -l 10.0.0.1 102 & sleep 0.2; sleep 30 | nc 127.0.0.1 100 & sleep 0.3")
    head = "COMMAND PID USER   FD   TYPE DEVICE SIZE/OFF NODE NAME\n"
    shown = masked(host.run("lsof -nP -iTCP -sTCP:LISTEN").stdout)
    first = "nc        PID root    3u  IPv4  INODE      0t0  TCP 127.0.0.1:100 (LISTEN)\n".replace("        PID", "       PID")
    assert shown.startswith(head) and shown.count("(LISTEN)") == 2 and first.split("root")[1] in shown
    assert host.run("lsof -i :102").stdout.endswith("TCP 10.0.0.1:iso-tsap (LISTEN)\n")
    assert host.run("lsof -i udp").stdout.endswith("UDP localhost:101 \n")
    both = host.run("lsof -nP -i :100 -sTCP:ESTABLISHED").stdout.splitlines()[1:]
    assert len(both) == 2 and all("->" in line for line in both)
    assert re.fullmatch(r"\d+\n", host.run("lsof -t -i :102").stdout)
    assert (host.run("lsof -i :999").status, host.run("lsof -i 6").status) == (1, 1)
    assert host.run("lsof -i foo").stderr.startswith("lsof: unknown protocol name (foo) in: -i foo\nlsof 4.95.0\n")
    assert host.run("lsof /tmp").stderr == "lsof: netsim: only sockets (-i) are modelled\n"
    host.run("ip netns add r")
    assert host.run("ip netns exec r lsof -i").status == 1


def test_fuser_names_and_kills_the_holders_of_a_port(host: Host) -> None:
    host.run("nc -l 10.0.0.1 102 & nc -u -l 127.0.0.1 101 & sleep 0.2")
    pid = host.run("lsof -t -i :102").stdout.strip()
    done = host.run("fuser 102/tcp")
    assert (done.stdout, done.stderr, done.status) == (f" {int(pid):5d}", "102/tcp:            \n", 0)
    assert host.run("fuser -n tcp 102 2>/dev/null").stdout == done.stdout
    shown = host.run("fuser -v 102/tcp").stderr
    assert shown == "                     USER        PID ACCESS COMMAND\n102/tcp:             root      F.... nc\n"
    assert (host.run("fuser 55/tcp").status, host.run("fuser -n udp 101").status) == (1, 0)
    assert host.run("fuser -k 102/tcp").status == 0
    assert host.run("fuser 102/tcp").status == 1
    assert host.run("fuser -n foo 3").stderr.startswith("Invalid namespace name\nUsage: fuser ")


def test_watch_shows_a_command_again_and_again(host: Host) -> None:
    done = host.run("timeout 2.5 watch -n1 -t date +%S")
    assert re.sub(r"\d\d", "SS", done.stdout) == "\x1b[H\x1b[2JSS\n" * 3
    assert host.run("(sleep 1.5; touch /tmp/f) & watch -g -n 0.5 ls /tmp/f").stdout.endswith("/tmp/f\n")
    assert host.run("watch -e false").status == 8
    assert host.run("watch -n x ls").stderr == "watch: failed to parse argument: 'x': Invalid argument\n"
    assert host.run("watch -q ² ls").stderr == "watch: failed to parse argument: '²': Invalid argument\n"
    assert host.run(f"watch -n {'9' * 400} ls", limit=SECOND).status == 130  # as long as it can be
    assert host.run("watch").stderr.startswith("\nUsage:\n watch [options] command\n")


def test_there_is_no_journal(host: Host) -> None:
    done = host.run("journalctl -u docker")
    assert (done.stdout, done.stderr, done.status) == ("-- No entries --\n", "No journal files were found.\n", 0)
    assert any("journal" in line for line in host.world.unmodelled)


def test_ufw_is_refused_by_name(host: Host) -> None:
    assert (host.run("ufw enable").status != 0, "netsim" in host.run("ufw enable").stderr) == (True, True)
