"""pgrep and pkill choose processes by name, line, parent and age, and refuse in procps' words."""

from __future__ import annotations

import pytest

import netsim


@pytest.fixture
def host() -> netsim.Host:
    made = netsim.World().host("h1")
    made.run_script("nc -lk -p 80 &\nnc -lk -p 81 &\nsleep 100 &\n")
    return made


def pids(host: netsim.Host, words: str) -> list[str]:
    return host.run(f"pgrep {words}").stdout.split()


def test_processes_are_found_by_name_line_and_age(host: netsim.Host) -> None:
    both = pids(host, "nc")
    assert len(both) == 2
    assert pids(host, "-f 'nc.*81'") == [both[1]] == pids(host, "-n nc")
    assert pids(host, "-o nc") == [both[0]]
    assert pids(host, "-x n") == [] and pids(host, "-x nc") == both and pids(host, "-i NC") == both
    assert host.run("pgrep -c nc").stdout == "2\n"
    assert host.run("pgrep -d, nc").stdout == ",".join(both) + "\n"
    assert host.run("pgrep -l nc").stdout == "".join(f"{pid} nc\n" for pid in both)
    assert host.run("pgrep -a -f 80").stdout == f"{both[0]} nc -lk -p 80\n"
    assert set(pids(host, "-v nc")).isdisjoint(both)
    assert pids(host, "-u root nc") == both and pids(host, "-u 1000 nc") == []
    assert host.run("echo $(pgrep -o nc) > /tmp/pid; pgrep -F /tmp/pid").stdout.split() == both[:1]


def test_a_signal_goes_to_those_that_match_only(host: netsim.Host) -> None:
    both = pids(host, "nc")
    assert host.run("pkill -e -f 'nc.*80'").stdout == f"nc killed (pid {both[0]})\n"
    assert pids(host, "nc") == both[1:]
    assert host.run("pkill -KILL -x nc").status == 0
    assert host.run("pkill -9 -x nc").status == 1
    assert len(pids(host, "sleep")) == 1


@pytest.mark.parametrize(
    ("line", "stderr", "status"),
    [
        ("pgrep", "pgrep: no matching criteria specified\nTry `pgrep --help' for more information.\n", 2),
        ("pkill a b", "pkill: only one pattern can be provided\nTry `pkill --help' for more information.\n", 2),
        ("pgrep '['", "pgrep: regex error: Invalid regular expression\n", 2),
        ("pgrep -F /nosuch", "pgrep: pidfile not valid\nTry `pgrep --help' for more information.\n", 1),
        ("pkill --signal FOO nc", "pkill: killing pid 3 failed: Invalid argument\npkill: killing pid 4 failed: Invalid argument\n", 0),
        (
            "pgrep a-name-that-is-too-long",
            (
                "pgrep: pattern that searches for process name longer than 15 characters will result in zero matches\n"
                "Try `pgrep -f' option to match against the complete command line.\n"
            ),
            1,
        ),
    ],
)
def test_wrong_lines_are_refused_in_procps_words(host: netsim.Host, line: str, stderr: str, status: int) -> None:
    done = host.run(line)
    assert (done.stdout, done.stderr, done.status) == ("", stderr, status)


def test_wrong_options_show_the_usage_and_unmodelled_ones_are_told(host: netsim.Host) -> None:
    for line, first in (
        ("pgrep -Z x", "pgrep: invalid option -- 'Z'"),
        ("pkill -v x", "pkill: invalid option -- 'v'"),
        ("pgrep -P x y", "pgrep: not a number: x"),
    ):
        done = host.run(line)
        assert done.status == 2 and done.stderr.startswith(f"{first}\n\nUsage:\n {line.split()[0]} [options] <pattern>\n"), done
    assert host.run("pgrep --help").stdout.startswith("\nUsage:\n pgrep [options] <pattern>\n")
    assert host.world.unmodelled == []
    host.run("pgrep -G root nc")
    assert host.world.unmodelled == ["h1: pgrep --group"]
