"""A small world to try things in, and what must hold in any world."""

from __future__ import annotations

from netsim import Result, World
from netsim.clock import SECOND
from netsim.machine.fds import Capture, Null
from netsim.machine.process import SIGINT, SIGKILL, Process

MOST_STEPS = 20_000
"""Pieces of work a command of these tests may cause before it counts as hung."""

SETUP = """
ip netns add a
ip netns add b
ip link add br0 type bridge
ip link add v0 type veth peer name eth0 netns a
ip link add v1 type veth peer name eth0 netns b
ip link set v0 master br0
ip link set v1 master br0
ip link set v0 up
ip link set v1 up
ip link set br0 up
ip addr add 10.0.0.254/24 dev br0
ip -n a addr add 10.0.0.1/24 dev eth0
ip -n a link set eth0 up
ip -n b addr add 10.0.0.2/24 dev eth0
ip -n b link set eth0 up
ip -n a route add default via 10.0.0.254
ip route add 192.0.2.0/24 via 10.0.0.2
ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev br0
ip rule add from 10.9.0.0/16 table 100
iptables -A FORWARD -p tcp --dport 80 -j ACCEPT
printf 'one\\ntwo\\nthree\\n' > /tmp/lines
"""


def small_world() -> World:
    world = World(seed=1)
    done = world.host().run_script(SETUP)
    assert (done.status, done.stderr) == (0, ""), done
    world.run_for(2 * SECOND)
    return world


SMALL = small_world()


def typed(world: World, argv: tuple[str, ...]) -> Result:
    """Run words as a command of the first machine; a command that does too much without ending is a failure."""
    machine = world.host().machine
    stdout, stderr = Capture(), Capture()
    process = machine.spawn(machine.init, argv, None, "/root", {0: Null(), 1: stdout, 2: stderr})
    for signum in (SIGINT, SIGKILL):
        run_down(world, process, 60 * SECOND)
        if process.status is not None:
            break
        process.signal(signum)
    assert process.status is not None, f"{argv} outlived SIGKILL"
    return Result(stdout.text(), stderr.text(), process.status)


def run_down(world: World, process: Process, limit: int) -> None:
    """Let the world go on until a process has ended or `limit` ns have passed."""
    clock = world.clock
    deadline = clock.now + limit
    steps = 0
    while process.status is None and (due := clock.next_time()) is not None and due <= deadline:
        clock.step()
        steps += 1
        assert steps < MOST_STEPS, f"{process.argv} hangs: more than {MOST_STEPS} steps"
    if process.status is None:
        clock.run_until(deadline)
