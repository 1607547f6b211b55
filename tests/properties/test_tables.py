"""The tables of the kernel against the plainest thing that could do their work."""

from __future__ import annotations

from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from netsim import World
from netsim.addr import MAC, IPv4, mask4
from netsim.clock import SECOND
from netsim.errors import ESRCH, NetError
from netsim.kernel.bridge import fdb
from netsim.kernel.core.netns import Netns
from netsim.kernel.ipv4 import fib
from netsim.kernel.ipv4.fib_lookup import Flow, fib_lookup
from netsim.kernel.tables.fib import RT_SCOPE_LINK, RT_TABLE_MAIN, NextHop, Route

# routes ------------------------------------------------------------------------------------------------------------------------

Key = tuple[int, int, int, int]
"""Prefix, length, TOS, metric."""

ADDRESS = st.one_of(
    st.integers(0x0A000000, 0x0A00000F), st.integers(0x0A000000, 0x0AFFFFFF), st.sampled_from([0x0B000001, 0xC0A80001, 0x01000000, 0x7EFFFFFF])
)
KEY = st.tuples(
    ADDRESS,
    st.one_of(st.sampled_from([0, 8, 24, 30, 31, 32]), st.integers(1, 32)),
    st.sampled_from([0, 0, 0, 8, 16]),
    st.sampled_from([0, 0, 5, 100]),
).map(lambda key: (key[0] & mask4(key[1]), *key[1:]))
CHANGE = st.tuples(st.sampled_from(["add", "add", "add", "replace", "delete"]), KEY, st.integers(0, 3))
PROBE = st.tuples(ADDRESS, st.sampled_from([0, 8, 16]))


def with_devices() -> tuple[World, Netns, list[int]]:
    world = World()
    host = world.host()
    for number in range(4):
        host.run(f"ip link add d{number} type dummy")
        host.run(f"ip link set d{number} up")
    netns = host.machine.kernel.init_net
    return world, netns, [dev.ifindex for dev in netns.devices.values() if dev.name.startswith("d")]


WORLD, _, DEVICES = with_devices()


def scan(routes: dict[Key, int], address: int, tos: int) -> Key | None:
    """What longest prefix, then exact TOS, then lowest metric choose, found by looking at everything."""
    fitting = [key for key in routes if address & mask4(key[1]) == key[0] and key[2] in (0, tos)]
    return max(fitting, key=lambda key: (key[1], key[2], -key[3]), default=None)


@given(st.lists(CHANGE, max_size=30), st.lists(PROBE, min_size=1, max_size=10))
def test_a_look_up_finds_what_a_linear_scan_finds(changes: list[tuple[str, Key, int]], probes: list[tuple[int, int]]) -> None:
    netns = WORLD.fork().host().machine.kernel.init_net
    routes: dict[Key, int] = {}
    for action, key, device in changes:
        change(netns, routes, action, key, DEVICES[device])
    assert sorted(routes) == sorted(
        (int(route.dst), route.length, route.tos, route.priority) for route in netns.inet.fib.table(RT_TABLE_MAIN).routes()
    )
    for address, tos in [*probes, *((key[0], key[2]) for key in routes)]:
        expected = scan(routes, address, tos)
        try:
            found = fib_lookup(netns, Flow(IPv4(address), tos=tos))
        except NetError:
            assert expected is None
        else:
            route, hop = found.route, found.hop
            assert hop is not None and expected is not None
            assert (int(route.dst), route.length, route.tos, route.priority, hop.ifindex) == (*expected, routes[expected])


def change(netns: Netns, routes: dict[Key, int], action: str, key: Key, ifindex: int) -> None:
    dst, length, tos, priority = key
    if action == "delete":
        known = [known for known in routes if known[:3] == key[:3] and (not priority or known[3] == priority)]
        try:
            fib.delete(netns, fib.Wanted(IPv4(dst), length, tos, priority))
        except NetError as error:
            assert error.errno == ESRCH and not known
        else:
            del routes[min(known, key=lambda known: known[3])]
        return
    route = Route(IPv4(dst), length, tos, priority, scope=RT_SCOPE_LINK, nexthops=(NextHop(ifindex),))
    flags = fib.NLM_F_CREATE | (fib.NLM_F_REPLACE if action == "replace" else fib.NLM_F_EXCL)
    try:
        fib.insert(netns, route, flags)
    except NetError:
        assert action == "add" and key in routes
    else:
        routes[key] = ifindex


# forwarding databases ----------------------------------------------------------------------------------------------------------


@attrs.define
class PlainFdb:
    """Who was last seen where and when."""

    ageing: int = 300
    seen: dict[int, tuple[int, int]] = attrs.field(factory=dict)

    def alive(self, now: int) -> dict[int, int]:
        return {mac: port for mac, (port, when) in self.seen.items() if now < when + self.ageing}


MACS = st.integers(0x020000000001, 0x020000000005)
STEP = st.one_of(
    st.tuples(st.just("learn"), st.integers(0, 2), MACS), st.tuples(st.just("wait"), st.integers(1, 400), st.just(0)),
    st.tuples(st.just("ageing"), st.sampled_from([0, 1, 30, 300]), st.just(0)), st.tuples(st.just("port down"), st.integers(0, 2), st.just(0)),
    st.tuples(st.just("flush"), st.just(0), st.just(0)), st.tuples(st.just("list"), st.just(0), st.just(0)),
)  # fmt: skip


def with_bridge() -> World:
    world = World()
    lines = ["ip link add br0 type bridge", *(f"ip link add p{number} master br0 type dummy" for number in range(3))]
    for line in lines:
        assert world.host().run(line).status == 0
    return world


BRIDGED = with_bridge()


@given(st.lists(STEP, max_size=25))
def test_a_bridge_remembers_what_a_dict_with_ages_remembers(steps: list[tuple[str, int, int]]) -> None:
    world = BRIDGED.fork()
    bridge: Any = world.host().machine.kernel.init_net.device("br0")
    model = PlainFdb()
    for action, number, mac in steps:
        now = world.clock.now // SECOND
        if action == "learn":
            fdb.learn(bridge, bridge.ports[number], MAC(mac))
            if model.ageing:
                model.seen[mac] = (number, now)
        elif action == "wait":
            world.run_for(number * SECOND)
        elif action == "ageing":
            bridge.ageing_time, model.ageing = number * SECOND, number
        elif action == "port down":
            fdb.delete_by_port(bridge, bridge.ports[number], fdb.Which.DYNAMIC)
            model.seen = {mac: entry for mac, entry in model.seen.items() if entry[0] != number}
        elif action == "flush":
            fdb.flush(bridge, fdb.Which.DYNAMIC)
            model.seen.clear()
        else:
            model.seen = {mac: model.seen[mac] for mac in model.alive(now)}
            listed = {int(entry.address): bridge.ports.index(entry.port) for entry in fdb.listed(bridge) if not entry.is_local}
            assert listed == model.alive(now)
        now = world.clock.now // SECOND
        for mac in range(0x020000000001, 0x020000000006):
            entry = fdb.lookup(bridge, MAC(mac))
            assert (None if entry is None else bridge.ports.index(entry.port)) == model.alive(now).get(mac)
