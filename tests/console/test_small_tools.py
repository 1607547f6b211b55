"""cmp, nproc and what socat does to files."""

from __future__ import annotations

import pytest

import netsim
from netsim import Host


@pytest.fixture
def host() -> Host:
    return netsim.World().host()


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("cmp", "cmp: missing operand after 'cmp'\ncmp: Try 'cmp --help' for more information.\n"),
        ("nproc x", "nproc: extra operand 'x'\nTry 'nproc --help' for more information.\n"),
    ],
)
def test_wrong_words_are_refused(host: Host, command: str, why: str) -> None:
    assert (host.run(command).stderr, host.run(command).status != 0) == (why, True)


def test_files_are_compared_byte_by_byte(host: Host) -> None:
    host.run("printf 'abc\\ndef\\n' > a; printf 'abc\\ndxf\\n' > b; printf 'abc\\n' > c; : > e")
    assert host.run("cmp a b; cmp -s a b; echo $?; cmp a a; echo $?; cmp -n 3 a b; echo $?").stdout == "a b differ: byte 6, line 2\n1\n0\n0\n"
    assert host.run("cmp a c; cmp e a").stderr == "cmp: EOF on c after byte 4, line 1\ncmp: EOF on e which is empty\n"


def test_processors_are_counted(host: Host) -> None:
    assert host.run("nproc; nproc --ignore=100").stdout == f"{host.machine.kernel.profile.cpus}\n1\n"


def test_socat_keeps_what_is_in_a_file_that_is_there(host: Host) -> None:
    host.run(
        "ip link set lo up; socat UDP4-LISTEN:5000,fork ./log & sleep 0.1; for i in 1 2 3; do echo $i | socat - UDP4:127.0.0.1:5000,sourceport=600$i; done; sleep 1"
    )
    assert host.run("cat log").stdout == "1\n2\n3\n"
