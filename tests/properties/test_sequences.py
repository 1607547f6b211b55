"""Any sequence of commands leaves a world whose tables agree, and which forks, snapshots and repeats alike."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from netsim import Result, World, snapshot
from netsim.state.fork import fork
from netsim.state.save import dump
from tests.properties.commands import COMMANDS
from tests.properties.invariants import check, show_everything

SOME = settings(max_examples=max(5, settings().max_examples // 4))


def fresh() -> World:
    world = World(seed=5)
    host = world.host()
    for line in (
        "ip netns add a", "ip netns add b", "ip link add br0 type bridge", "ip link set br0 up", "ip link add d0 type veth peer name d1 netns a", "ip link set d0 master br0 up",
        "ip -n a link set d1 up", "ip -n a addr add 10.0.0.1/24 dev d1", "ip addr add 10.0.0.2/24 dev br0", "ip link set lo up", "ip -n a link set lo up",
    ):  # fmt: skip
        assert host.run(line).status == 0
    return world


BEGIN = fresh()


def type_all(world: World, lines: list[str]) -> list[Result]:
    return [world.host().run(line, limit=10**11) for line in lines]


@given(COMMANDS)
def test_the_tables_agree_after_every_command(lines: list[str]) -> None:
    world = BEGIN.fork()
    for line in lines:
        world.host().run(line, limit=10**11)
        check(world)


@SOME
@given(COMMANDS)
def test_every_table_can_be_printed(lines: list[str]) -> None:
    world = BEGIN.fork()
    type_all(world, lines)
    show_everything(world)


@SOME
@given(COMMANDS, COMMANDS)
def test_a_fork_and_its_parent_never_see_each_others_changes(before: list[str], after: list[str]) -> None:
    world = BEGIN.fork()
    type_all(world, before)
    at_the_fork = json.dumps(dump(world))
    trial = world.fork()
    answers = type_all(trial, after)
    assert json.dumps(dump(world)) == at_the_fork
    at_the_end = json.dumps(dump(trial))
    assert type_all(world, after) == answers
    assert json.dumps(dump(trial)) == at_the_end
    assert json.dumps(dump(world)) == at_the_end


@SOME
@given(COMMANDS, COMMANDS)
def test_a_world_read_back_goes_on_as_the_one_that_was_written(before: list[str], after: list[str]) -> None:
    world = BEGIN.fork()
    type_all(world, before)
    text = snapshot.to_text(world, "test")
    loaded = World.from_snapshot(text)
    assert snapshot.to_text(loaded, "test") == text
    assert type_all(loaded, after) == type_all(world, after)
    check(loaded)
    assert show_everything(loaded) == show_everything(world)


@SOME
@given(COMMANDS, st.integers(0, 3))
def test_the_same_seed_gives_the_same_bytes(lines: list[str], seed: int) -> None:
    first, second = World(seed=seed), World(seed=seed)
    assert type_all(first, lines) == type_all(second, lines)
    assert json.dumps(dump(first)) == json.dumps(dump(second))
    assert json.dumps(dump(fork(first))) == json.dumps(dump(second))
