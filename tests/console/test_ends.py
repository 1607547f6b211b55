"""head and tail: beginnings, ends, and what a file gets while one looks on (compared by hand with coreutils 9.1 and BusyBox 1.35)."""

from __future__ import annotations

import pytest

from netsim import World


@pytest.mark.parametrize(
    ("line", "stdout", "stderr", "status"),
    [
        ("tail -n x f", "", "tail: invalid number of lines: 'x'\n", 1),
        ("head -c x f", "", "head: invalid number of bytes: 'x'\n", 1),
        ("head nosuch f", "==> f <==\na\n", "head: cannot open 'nosuch' for reading: No such file or directory\n", 1),
        ("head -n1 f f", "==> f <==\na\n\n==> f <==\na\n", "", 0),
        ("tail -q f f", "a\na\n", "", 0),
        ("tail -v f", "==> f <==\na\n", "", 0),
        ("tail +1 f", "a\n", "", 0),
        ("seq 5 | tail -n +4", "4\n5\n", "", 0),
        ("seq 5 | head -n -3", "1\n2\n", "", 0),
        ("seq 5 | tail -3 | head -n 1K | head -c 3", "3\n4", "", 0),
        ("printf 'x\\0y\\0' | tail -z -n 1 | wc -c", "2\n", "", 0),
        ("head --foo f", "", "head: unrecognized option '--foo'\nTry 'head --help' for more information.\n", 1),
        ("tail -f nosuch", "", "tail: cannot open 'nosuch' for reading: No such file or directory\ntail: no files remaining\n", 1),
        ("busybox tail -f nosuch", "", "tail: can't open 'nosuch': No such file or directory\ntail: no files\n", 1),
    ],
)
def test_ends_of_files_and_of_input(line: str, stdout: str, stderr: str, status: int) -> None:
    host = World().host("h")
    host.run("bash -c 'echo a > f'")
    done = host.run_script(line)
    assert (done.stdout, done.stderr, done.status) == (stdout, stderr, status)


@pytest.mark.parametrize("tail", ["tail", "busybox tail"])
def test_a_file_is_followed_until_somebody_ends_it(tail: str) -> None:
    done = (
        World()
        .host("h")
        .run_script(f"""
        seq 12 > log
        timeout 10 {tail} -n 2 -f log & p=$!
        sleep 3; echo more >> log; sleep 3; echo new > log
        wait $p; echo $?""")
    )
    assert done.stdout.splitlines()[:3] == ["11", "12", "more"]
    assert "new" in done.stdout


@pytest.mark.parametrize("image", ["alpine", "debian"])
def test_a_container_that_follows_nothing_stays_up(image: str) -> None:
    host = World().host("h")
    host.run(f"docker run -d --name kept {image} tail -f /dev/null")
    host.run("sleep 60")
    assert host.run("docker ps --format '{{.Names}} {{.Status}}'").stdout == "kept Up About a minute\n"
    assert host.run("docker rm -f kept").status == 0


def test_head_takes_no_more_than_it_needs() -> None:
    done = World().host("h").run_script("(seq 20; sleep 100; echo late) | head -n 3; date +%M")
    assert done.stdout.splitlines()[:3] == ["1", "2", "3"]


@pytest.mark.parametrize("mark", list("\x01\x02\x03\x04\x06\x07"))
def test_control_characters_in_a_script_end_nothing(mark: str) -> None:
    host = World(seed=0).host("h")
    assert host.run(f"echo a{mark}; {mark}; x='{mark}'; echo $x {mark} b{mark}; echo end").stdout.endswith("end\n")
