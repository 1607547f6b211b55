"""A pipe ends when nobody can write to it any more, whoever was redirected elsewhere meanwhile."""

from __future__ import annotations

import pytest

import netsim
from netsim import Host


@pytest.fixture
def host() -> Host:
    return netsim.World().host()


@pytest.mark.parametrize(
    "script",
    [
        "bash -c 'echo a | cat >/dev/null; echo end' | cat",
        "(echo a | sed s/a/b/ >/dev/null; echo end) | cat",
        "(sleep 100 >/dev/null 2>&1 & echo end) | cat",
        "({ sleep 100; } >/dev/null 2>&1 & echo end) | cat",
        "bash -c '{ echo x; kill -9 $$; } >/dev/null' | cat; echo end",
        "bash -c 'shopt -s lastpipe; echo 1 | { read x; kill -9 $$; }' | cat; echo end",
        "x=$(sleep 100 >/dev/null & echo end); echo $x",
    ],
)
def test_who_writes_elsewhere_keeps_no_pipe_open(host: Host, script: str) -> None:
    began = host.world.clock.now
    assert host.run(script).stdout == "end\n"
    assert host.world.clock.now - began < 10**9


def test_a_program_that_takes_a_groups_place_writes_where_the_group_did(host: Host) -> None:
    assert host.run("({ exec cat /etc/hostname; } > out; echo not) | cat; cat out").stdout == f"{host.name}\n"


@pytest.mark.parametrize(
    ("words", "told", "status"),
    [
        ("a b", "2c2\n< two\n---\n> deux\n4a5\n> five\n", 1),
        ("-U1 -L x -L y a b", "--- x\n+++ y\n@@ -1,4 +1,5 @@\n one\n-two\n+deux\n three\n four\n+five\n", 1),
        ("-q a b", "Files a and b differ\n", 1),
        ("-s a a", "Files a and a are identical\n", 0),
        ("-Z a trailing", "", 0),
        ("a cut", "4c4\n< four\n---\n> four\n\\ No newline at end of file\n", 1),
        ("<(seq 2) <(seq 3)", "2a3\n> 3\n", 1),
    ],
)
def test_differences_are_told_line_by_line(host: Host, words: str, told: str, status: int) -> None:
    host.run(r"printf 'one\ntwo\nthree\nfour\n' > a; printf 'one\ndeux\nthree\nfour\nfive\n' > b; printf 'one\ntwo \nthree\nfour\n' > trailing")
    host.run(r"printf 'one\ntwo\nthree\nfour' > cut")
    done = host.run(f"diff {words}")
    assert (done.stdout, done.status) == (told, status)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("a nope", "diff: nope: No such file or directory\n"),
        ("a", "diff: missing operand after 'a'\ndiff: Try 'diff --help' for more information.\n"),
        ("-B a a", "diff: netsim: -B is not modelled\n"),
    ],
)
def test_what_cannot_be_compared_is_trouble(host: Host, words: str, why: str) -> None:
    host.run("touch a")
    done = host.run(f"diff {words}")
    assert (done.stderr, done.status) == (why, 2)
