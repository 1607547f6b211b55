"""Absurd sizes and names: one clear line or a plain answer; nothing hangs, and nothing prints what no name may hold."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from netsim import World
from netsim.clock import SECOND
from netsim.machine.machine import FOREGROUND_LIMIT
from netsim.programs.seq import MOST_NUMBERS
from tests.properties.lab import small_world


def test_a_loop_may_make_many_devices() -> None:
    host = World().host()
    done = host.run_script("for ((i = 0; i < 11000; i++)); do ip link add d$i type dummy; done; ip -br link | wc -l")
    assert (done.status, done.stdout, done.stderr) == (0, "11001\n", "")


def test_more_commands_than_a_script_may_run_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netsim.shell.program.MOST_COMMANDS", 5_000)
    done = World().host().run_script("for ((i = 0; i < 100000; i++)); do ip link add d$i type dummy; done")
    assert done.status == 1
    assert done.stderr == "script.sh: line 1: netsim: more than 5000 commands: stopped\n"


@pytest.mark.parametrize("line", ["seq 1000000 | tail -1", "seq 1000000 | wc -l"])
def test_a_million_numbers_are_counted(line: str) -> None:
    assert World().host().run(line).stdout == "1000000\n"


def test_more_numbers_than_anybody_reads_are_refused() -> None:
    done = World().host().run("seq 1 1e17")
    assert (done.stdout, done.stderr, done.status) == ("", f"seq: netsim: more than {MOST_NUMBERS} numbers\n", 1)


SEQ = [
    "3",
    "2 4",
    "1 2 6",
    "5 1",
    "5 -2 1",
    "-w 8 11",
    "-s , 3",
    "0.5 0.25 1",
    "-3 -1",
    "1 0 3",
    "x",
    "",
    "1 2 3 4",
    "-w -1 10",
    "1e2 102",
    "-q 3",
    "--equal-width 9 10",
]


@pytest.mark.parametrize("words", SEQ)
def test_seq_counts_as_the_real_one(words: str) -> None:
    if not os.path.exists("/usr/bin/seq"):
        pytest.skip("there is no seq(1) to compare with")
    real = subprocess.run(["/usr/bin/seq", *words.split()], capture_output=True, text=True, env={"LC_ALL": "C"}, check=False)
    done = World().host().run(f"seq {words}")
    assert (done.status, done.stdout, done.stderr.replace("/usr/bin/seq", "seq")) == (
        real.returncode,
        real.stdout,
        real.stderr.replace("/usr/bin/seq", "seq"),
    )


@pytest.mark.parametrize("name", ["a\tb", "a\nb", "a b", "", ".", "..", "a/b", "a:b", "x" * 16, "é" * 8])
def test_no_device_has_a_name_the_kernel_refuses(name: str) -> None:
    host = World().host()
    done = host.run(f"ip link add dev '{name}' type bridge")
    assert done.status != 0 and done.stderr.count("\n") <= 2
    assert host.run("ip -br link | wc -l").stdout == "1\n"


def test_ping_without_a_count_ends_at_the_bound_as_if_interrupted() -> None:
    world = small_world()
    started = world.clock.now
    done = world.host().run("ping 10.0.0.1")
    assert done.status == 0
    assert re.search(
        r"\n--- 10.0.0.1 ping statistics ---\n(600 packets transmitted, 600|601 packets transmitted, 60[01]) received, ", done.stdout
    )  # the last one goes at the bound, and its answer may come too late
    assert 0 <= world.clock.now - started - FOREGROUND_LIMIT < SECOND
    assert world.host().run("ping 10.0.0.77", limit=10 * SECOND).status == 1


def test_a_flood_ends_when_it_has_cost_enough_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netsim.machine.machine.FOREGROUND_STEPS", 5_000)
    world = small_world()
    done = world.host().run("ping -f -q 10.0.0.1")
    assert done.status == 0 and " packets transmitted, " in done.stdout
    assert world.clock.now < 20 * SECOND
