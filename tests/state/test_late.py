"""A fork copies parts of a world when they are first touched; nobody can tell, whoever touches what first."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.workloads.star import by_netsim
from netsim import World
from netsim.clock import SECOND
from netsim.state.fork import fork
from netsim.state.late import TOUCHED, Late
from netsim.strategies import command_lines, docker_lines
from netsim.strategies.commands import NAMESPACES
from tests.state.walk import difference, mutable_parts


@attrs.define(eq=False)
class Corner(Late):
    name: str
    friend: Any = None
    things: list[Any] = attrs.field(factory=list)
    seen: dict[str, int] = attrs.field(factory=dict)
    parts: list[Corner] = attrs.field(factory=list)

    def owned_late(self) -> list[Corner]:
        return self.parts

    def rename(self, name: str) -> None:
        self.name = name


@attrs.define(eq=False)
class Town:
    corners: list[Corner]
    shared: list[int] = attrs.field(factory=list)


def is_untouched(thing: object) -> bool:
    return type(thing) in TOUCHED


def street() -> Town:
    """Three corners in a circle; the first two hold one list, which the town holds too."""
    town = Town([Corner(name) for name in "abc"])
    for corner, friend in zip(town.corners, [*town.corners[1:], town.corners[0]], strict=True):
        corner.friend = friend
    town.corners[0].things.append(town.shared)
    town.corners[1].things.append(town.shared)
    return town


def test_what_is_not_touched_is_not_copied() -> None:
    town = street()
    trial = fork(town)
    assert [is_untouched(corner) for corner in trial.corners] == [True] * 3
    trial.corners[0].name = "x"
    assert [is_untouched(corner) for corner in trial.corners] == [False, True, True]
    assert trial.corners[0].friend is trial.corners[1]
    assert isinstance(trial.corners[2], Corner)  # asking for the class is no touch: an untouched object is of it


def test_each_side_keeps_what_it_had_whoever_changes_first() -> None:
    town = street()
    trial = fork(town)
    town.corners[0].rename("theirs")
    trial.corners[1].rename("ours")
    del town.corners[2].friend
    assert [corner.name for corner in town.corners] == ["theirs", "b", "c"]
    assert [corner.name for corner in trial.corners] == ["a", "ours", "c"]
    assert trial.corners[2].friend is trial.corners[0]


def test_what_hangs_on_several_late_objects_is_one_object_in_the_copy() -> None:
    town = street()
    trial = fork(town)
    town.corners[0].things[0].append(1)
    trial.corners[1].things[0].append(2)
    town.corners[1].things[0].append(3)
    assert trial.corners[0].things[0] is trial.corners[1].things[0] is trial.shared
    assert (town.shared, trial.shared) == ([1, 3], [2])


def test_many_forks_of_one_world_each_read_it_before_it_changes() -> None:
    town = street()
    trials = []
    for number in range(4):
        trials.append(fork(town))
        town.corners[0].name = f"a{number}"
    assert [trial.corners[0].name for trial in trials] == ["a", "a0", "a1", "a2"]


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])
def test_forks_of_untouched_forks_are_right_in_every_order(order: tuple[int, ...]) -> None:
    town = street()
    child = fork(town)
    grandchild = fork(child)
    worlds = [town, child, grandchild]
    for number in order:
        worlds[number].corners[0].name += str(number)
        worlds[number].corners[0].seen[str(number)] = number
    assert [world.corners[0].name for world in worlds] == ["a0", "a1", "a2"]
    assert [world.corners[0].seen for world in worlds] == [{"0": 0}, {"1": 1}, {"2": 2}]


def test_a_child_that_reads_lets_its_own_fork_read_too() -> None:
    town = street()
    child = fork(town)
    grandchild = fork(child)
    town.corners[0].name = "later"  # the child reads; the grandchild still waits for the child
    assert is_untouched(child.corners[0])
    child.corners[0].name = "child"
    assert (town.corners[0].name, child.corners[0].name, grandchild.corners[0].name) == ("later", "child", "a")


def test_a_part_held_by_somebody_is_read_before_it_changes_although_its_owner_is_not() -> None:
    owner = Corner("owner", parts=[Corner("part")])
    part = owner.parts[0]
    first = fork(Town([owner]))
    part.name = "changed"
    second = fork(Town([owner]))
    part.name = "changed again"
    assert is_untouched(first.corners[0])
    assert [town.corners[0].parts[0].name for town in (first, second)] == ["part", "changed"]


def test_a_part_whose_owner_was_read_waits_once_for_a_fork_of_the_fork() -> None:
    child = fork(Town([Corner("owner", parts=[Corner("part")])]))
    assert [is_untouched(part) for part in child.corners[0].parts] == [True]
    grandchild = fork(child)
    child.corners[0].parts[0].name = "changed"
    assert grandchild.corners[0].parts[0].name == "part"


def test_nothing_is_copied_for_a_fork_that_is_gone() -> None:
    town = street()
    trial = fork(town)
    gone = weakref.ref(trial.corners[0])
    del trial
    gc.collect()
    assert gone() is None
    town.corners[0].name = "x"
    assert not is_untouched(town.corners[0])


def test_the_world_a_fork_was_made_of_may_go() -> None:
    town = street()
    trial = fork(town)
    del town
    gc.collect()
    assert [corner.name for corner in trial.corners] == ["a", "b", "c"]


def test_a_late_class_that_cannot_wait_is_refused() -> None:
    @attrs.frozen
    class Still(Late):
        names: list[str] = attrs.field(factory=list)

    with pytest.raises(TypeError, match="neither frozen nor compared by value"):
        fork([Still()])


def test_a_trial_of_one_namespace_leaves_the_others_unread() -> None:
    world = by_netsim(20).world
    world.run_for(5 * SECOND)
    with world.fork() as trial:
        assert trial.host("h1").netns("h7").run("ip -br addr").stdout.split()[-2].startswith("10.0.0.7/")
        names = {name: netns for name, netns in zip(range(21), trial.host("h1").machine.kernel.namespaces, strict=True)}
        assert sum(is_untouched(netns) for netns in names.values()) >= 18


# against copies that are read at once ----------------------------------------------------------------------------------------

SIDES = ("world", "trial", "second", "grandchild")
LINES = st.one_of(command_lines(), docker_lines(), st.sampled_from([f"ip netns exec {NAMESPACES[0]} ping -c 1 127.0.0.1", "sleep 3"]))


def read_at_once(world: World) -> World:
    """A fork that has read everything before anything can change."""
    trial = world.fork()
    mutable_parts(trial)
    return trial


@settings(max_examples=25, deadline=None)
@given(st.lists(LINES, max_size=12), st.lists(st.tuples(st.sampled_from(SIDES), LINES), min_size=1, max_size=12))
def test_late_copies_answer_as_those_made_at_once(before: list[str], after: list[tuple[str, str]]) -> None:
    world, again = World(seed=5), World(seed=5)
    for line in before:
        assert world.host().run(line) == again.host().run(line)
    at_once = {name: read_at_once(world) for name in SIDES[1:]} | {"world": again}
    late = {"world": world, "trial": world.fork(), "second": world.fork()}
    late["grandchild"] = late["trial"].fork()
    for name, line in after:
        assert (name, late[name].host().run(line)) == (name, at_once[name].host().run(line))
    for name in SIDES:
        assert (name, difference(late[name], at_once[name])) == (name, "")
