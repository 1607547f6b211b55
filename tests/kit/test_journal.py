"""The journal: what was typed can be typed again."""

from __future__ import annotations

from pathlib import Path

import pytest

from netsim import World
from netsim.__main__ import main
from netsim.journal import MOST_ENTRIES, Entry, Journal
from netsim.labs import play


def played(world: World, tmp_path: Path) -> World:
    """The world that the journal's script makes."""
    lab = tmp_path / "lab.sh"
    lab.write_text(world.journal.script())
    again, result = play(str(lab))
    assert result.status == 0, result.stderr
    return again


def test_lines_and_scripts_are_repeated_in_order_also_those_that_failed(tmp_path: Path) -> None:
    world = World()
    host = world.host()
    host.run("ip netns add a")
    host.run_script("ip netns add b\nexit 3\n")
    host.run("ip netns add a")
    host.netns("c").run("ip link add d0 type dummy")
    host.netns("c").run("ip link add d1 type dummy && ip link add d2 type dummy | cat")
    assert host.run("ip netns").stdout == played(world, tmp_path).host().run("ip netns").stdout
    assert host.run("ip -n c -br link").stdout.count("d") == played(world, tmp_path).host().run("ip -n c -br link").stdout.count("d")


def test_a_world_of_one_plain_machine_needs_no_directive() -> None:
    world = World()
    world.host().run("ip netns add a")
    assert world.journal.script() == "ip netns add a\n"


def test_machines_lines_between_them_and_time_are_repeated(tmp_path: Path) -> None:
    world = World()
    one, two = world.host("one"), world.host("two", kernel="6.1")
    world.lan("office", one, two, names="lan0", delay=5_000_000, rate=10_000_000)
    world.cable(one, two, loss=0.5, mtu=9000)
    world.run_for(3_000_000_000)
    two.run("ip addr add 10.0.0.2/24 dev lan0", env={"NAME": "a b"})
    again = played(world, tmp_path)
    assert list(again.hosts) == ["one", "two"]
    assert again.hosts["two"].machine.kernel.profile is two.machine.kernel.profile
    assert [(line.delay, line.rate) for line in again.lans["office"].cables.values()] == [(5_000_000, 10_000_000)] * 2
    assert [(line.loss, line.mtu) for line in again.cables] == [(pytest.approx(0.5), 9000)]
    assert again.hosts["two"].run("ip -br addr show lan0").stdout == two.run("ip -br addr show lan0").stdout
    assert again.clock.now >= 3_000_000_000


def test_a_fork_goes_on_with_a_journal_of_its_own() -> None:
    world = World()
    world.host().run("ip netns add a")
    trial = world.fork()
    trial.host().run("ip netns del a")
    assert world.journal.script() == "ip netns add a\n"
    assert trial.journal.script() == "ip netns add a\nip netns del a\n"


def test_a_snapshot_keeps_it(tmp_path: Path) -> None:
    world = World()
    world.host("h1").run("ip netns add a")
    world.save(tmp_path / "w.json")
    assert World.load(tmp_path / "w.json").journal.script() == world.journal.script()
    assert main(["run", str(tmp_path / "w.json")]) == 0


def test_a_journal_does_not_grow_for_ever() -> None:
    journal = Journal()
    for _ in range(MOST_ENTRIES + 2):
        journal.add(Entry("h", "true"))
    assert len(journal.entries) == MOST_ENTRIES
    assert "2 more" in journal.script()
