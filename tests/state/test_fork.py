"""A fork is the same world again, and nothing that happens to one of the two is seen by the other."""

from __future__ import annotations

import random
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from enum import Enum
from typing import Any

import attrs
import pytest

from netsim import CannotFork, World
from netsim.clock import SECOND
from netsim.state.fork import fork
from tests.state.walk import mutable_parts

PAIR = """
ip netns add a
ip netns add b
ip link add va netns a type veth peer name vb netns b
ip -n a addr add 10.0.0.1/24 dev va
ip -n b addr add 10.0.0.2/24 dev vb
ip -n a link set va up
ip -n b link set vb up
ip netns exec b iptables -A INPUT -p tcp -j DROP
sleep 1
"""


def pair() -> World:
    world = World(seed=3)
    done = world.host().run_script(PAIR)
    assert (done.status, done.stderr) == (0, "")
    return world


def test_a_fork_answers_as_its_parent_would() -> None:
    world = pair()
    trial = world.fork()
    lines = ["ip netns exec a ping -c 2 10.0.0.2", "ip -s -n a link", "ip -n a neigh", "ip netns exec b iptables -vnL", "ip netns list", "ls /proc"]
    assert [trial.host().run(line) for line in lines] == [world.host().run(line) for line in lines]


def test_a_fork_and_its_parent_do_not_see_each_others_changes() -> None:
    world = pair()
    before = world.host().run("ip -n a addr").stdout
    with world.fork() as trial:
        trial.host().run_script("ip netns del b; sleep 1; ip -n a addr add 10.9.9.9/32 dev lo; echo x > /tmp/x")
        assert "va" not in trial.host().run("ip -n a link").stdout
    assert world.host().run("ip -n a addr").stdout == before
    assert world.host().run("cat /tmp/x").status == 1


def test_a_fork_shares_nothing_that_can_change() -> None:
    world = pair()
    world.host().start("ip netns exec a ping 10.0.0.2")
    world.run_for(3 * SECOND)
    trial = world.fork()
    ours, theirs = mutable_parts(world), mutable_parts(trial)
    assert {type(ours[known]) for known in ours.keys() & theirs.keys()} == set()
    assert Counter(map(type, ours.values())) == Counter(map(type, theirs.values()))


def test_a_running_program_goes_on_in_both() -> None:
    world = pair()
    job = world.host().start("ip netns exec a ping -i 1 10.0.0.2")
    world.run_for(2 * SECOND)
    trial = world.fork()
    twin = trial.host().machine.processes[job.pid]
    world.run_for(3 * SECOND)
    assert job.stdout.text().count("icmp_seq") > twin.fds[1].text().count("icmp_seq") > 0
    trial.run_for(3 * SECOND)
    assert twin.fds[1].text() == job.stdout.text()
    trial.host().run(f"kill {job.pid}")
    assert job.is_running
    assert job.pid not in trial.host().machine.processes


def test_a_background_command_of_a_script_that_ended_does_not_stand_in_the_way() -> None:
    world = pair()
    world.host().run_script("ip netns exec a ping 10.0.0.2 > /tmp/log &\nsleep 2")
    trial = world.fork()
    trial.run_for(5 * SECOND)
    assert len(trial.host().run("cat /tmp/log").stdout.splitlines()) > len(world.host().run("cat /tmp/log").stdout.splitlines()) > 1


def test_a_shell_under_way_refuses_by_name() -> None:
    world = World()
    job = world.host().start("while true; do sleep 1; done")
    world.run_for(SECOND)
    with pytest.raises(CannotFork, match=rf"^a shell is still running \(process {job.pid}\)$"):
        world.fork()
    world.host().run(f"kill -9 {job.pid}")
    world.fork()


def test_forks_of_forks_draw_the_same_chance() -> None:
    world = World(seed=8)
    macs = []
    for each in (world, world.fork(), world.fork().fork()):
        each.host().run("ip link add d0 type veth peer name d1")
        macs.append(each.host().run("ip link").stdout)
    assert macs[0] == macs[1] == macs[2]


# the copier itself -------------------------------------------------------------------------------------------------------------


class Colour(Enum):
    RED = 1


@attrs.define(eq=False)
class Node:
    name: str = ""
    next: Any = None
    numbers: list[int] = attrs.field(factory=list)
    by_name: dict[str, Node] = attrs.field(factory=dict)
    callback: Callable[[], str] | None = None
    shared: Any = attrs.field(default=None, metadata={"state": "share"})
    skipped: list[int] = attrs.field(factory=list, metadata={"state": "skip"})

    def say(self) -> str:
        return self.name


@attrs.frozen
class Route:
    prefix: int
    colour: Colour = Colour.RED


@attrs.frozen
class Hop:
    via: Node


def test_long_chains_and_cycles() -> None:
    first = last = Node("0")
    for number in range(50_000):
        last.next = Node(str(number))
        last = last.next
    last.next = first
    new = fork(first)
    count, at = 1, new.next
    while at is not new:
        count, at = count + 1, at.next
    assert count == 50_001


def test_what_was_one_object_is_one_object() -> None:
    inner = [1]
    box = Node(next=[inner, inner, (inner,), {"x": inner}])
    new = fork(box)
    assert new.next[0] is new.next[1] is new.next[2][0] is new.next[3]["x"]
    assert new.next[0] is not inner


def test_every_container_is_copied_with_its_kind_and_order() -> None:
    node = Node("n")
    values: list[Any] = [
        {node: 1, "z": 2}, OrderedDict(b=[1], a=[2]), Counter(a=2), defaultdict(list, x=[1]), deque([[1], [2]], maxlen=2), {node}, frozenset({3}),
        bytearray(b"x"), (1, (2, [3])),
    ]  # fmt: skip
    new = fork(values)
    assert [type(value) for value in new] == [type(value) for value in values]
    assert new[1:5] == values[1:5] and new[7:] == values[7:]
    assert new[3].default_factory is list and new[4].maxlen == 2
    (copied,) = new[5]
    assert copied is next(iter(new[0])) and copied is not node
    new[3]["x"].append(2)
    assert values[3]["x"] == [1]


def test_methods_belong_to_the_copy() -> None:
    node = Node("n")
    node.callback = node.say
    new = fork(node)
    new.name = "m"
    assert new.callback is not None and new.callback() == "m"
    assert node.callback() == "n"


def test_immutable_values_are_shared_and_those_that_hold_mutable_ones_are_not() -> None:
    route, hop = Route(1), Hop(Node())
    new = fork([route, hop])
    assert new[0] is route
    assert new[1] is not hop and new[1].via is not hop.via


def test_fields_say_what_is_shared_and_what_starts_afresh() -> None:
    node = Node(shared=[1], skipped=[1])
    new = fork(node)
    assert new.shared is node.shared
    assert new.skipped == []


def test_chance_goes_on_alike() -> None:
    rng = random.Random(1)
    rng.random()
    assert fork(rng).random() == rng.random()


def test_functions_of_modules_are_shared() -> None:
    assert fork(Node(next=open)).next is open


@pytest.mark.parametrize("kind", ["closure", "generator", "object", "method of a list"])
def test_what_cannot_be_copied_is_named(kind: str) -> None:
    bad: dict[str, object] = {"closure": closure(1), "generator": (number for number in []), "object": object(), "method of a list": [].append}
    with pytest.raises(CannotFork, match="Node holds what cannot be copied"):
        fork(Node("x", next=bad[kind]))


def closure(number: int) -> Callable[[], int]:
    return lambda: number


def test_a_still_copy_has_its_shells_stopped_and_what_they_started_going_on() -> None:
    world = World()
    host = world.host("h1")
    host.run("ip link set lo up")
    job = host.start("while nc -lN -p 99 < /etc/hostname; do echo again; done")
    world.run_for(SECOND)
    trial = world.still()
    assert trial.host("h1").run("nc 127.0.0.1 99 < /dev/null").stdout == "h1\n"
    assert "refused" in trial.host("h1").run("nc -v 127.0.0.1 99 < /dev/null").stderr  # nobody starts it anew
    assert host.run("nc 127.0.0.1 99 < /dev/null").stdout == "h1\n"
    assert host.run("nc 127.0.0.1 99 < /dev/null").stdout == "h1\n"
    assert job.stdout.text() == "again\nagain\n"
    trial.host("h1").run(f"kill {job.pid}")
    assert str(job.pid) not in trial.host("h1").run("ps -e").stdout.split()
    assert trial.fork().host("h1").run("hostname").stdout == "h1\n"
