"""A host with more links than routes are looked through one by one."""

from __future__ import annotations

from typing import Any

from netsim import World
from netsim.clock import SECOND
from netsim.kernel.tables.fib6 import MANY


def test_routes_over_many_links_are_those_that_few_links_have() -> None:
    world = World()
    host = world.host("h1")
    count = MANY + 8
    for number in range(1, count + 1):
        host.wiring.veth(f"v{number}", f"w{number}")
        host.wiring.up(f"v{number}", f"w{number}")
    world.run_for(5 * SECOND)
    shown = host.run("ip -6 route show table all").stdout.splitlines()
    for number in (1, MANY // 2, count):
        assert [line.split()[:2] for line in shown if f"dev v{number} " in line and not line.startswith("local")] == [
            ["fe80::/64", "dev"],
            ["multicast", "ff00::/8"],
        ]
        assert host.run(f"ping -6 -c1 -W2 ff02::1%v{number}").status == 0
    fib: Any = host.machine.kernel.init_net.inet6.fib
    for ifindex, dev in host.machine.kernel.init_net.devices.items():
        assert {id(route) for route in fib.over(ifindex)} == {id(route) for route in fib.routes() if route.ifindex == ifindex}, dev.name
    assert host.run("ip link set v3 down").status == 0
    assert not [line for line in host.run("ip -6 route show table all").stdout.splitlines() if "dev v3 " in line]
    assert host.run("ip link set v3 up").status == 0
    world.run_for(5 * SECOND)
    assert [line.split()[:2] for line in host.run("ip -6 route show table all").stdout.splitlines() if "dev v3 " in line and line[0] != "l"] == [
        ["fe80::/64", "dev"],
        ["multicast", "ff00::/8"],
    ]


def test_a_second_route_over_one_of_many_links_is_refused_or_placed_by_its_metric() -> None:
    host = World().host("h1")
    for number in range(1, MANY + 5):
        host.run(f"ip link add d{number} type dummy; ip link set d{number} up; ip -6 route add 2001:db8::/64 dev d{number} metric {1000 + number}")
    assert host.run("ip -6 route append 2001:db8::/64 dev d5 metric 1005").status == 2
    assert host.run("ip -6 route append 2001:db8::/64 dev d5 metric 2000").status == 0
    assert host.run("ip -6 route append 2001:db8::/64 dev d6 metric 1").status == 0
    shown = [line.split()[2] for line in host.run("ip -6 route show 2001:db8::/64").stdout.splitlines()]
    assert shown == ["d6", *(f"d{number}" for number in range(1, MANY + 5)), "d5"]
