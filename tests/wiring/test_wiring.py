"""Networks built by Python calls are the ones that commands build."""

from __future__ import annotations

import pytest

from netsim import NetError, World
from netsim.errors import EEXIST, ENODEV

TYPED = """
ip netns add sw
ip netns add a
ip -n sw link add br0 type bridge
ip -n sw link set br0 up
ip -n sw link add pa type veth peer name eth0 netns a
ip -n sw link set pa master br0
ip -n sw link set pa up
ip -n a addr add 10.0.0.1/24 dev eth0
ip -n a link set lo up
ip -n a link set eth0 up
ip -n a route add default via 10.0.0.254
ip -n a route add 10.9.0.0/16 dev eth0 metric 5
"""
SHOWN = (
    "ip netns",
    "ip -n sw -d -o link show br0 | cut -c1-40",
    "ip -n a -4 addr",
    "ip -n a route",
    "ip -n sw -o link | wc -l",
    "ip netns exec sw brctl show | wc -l",
)


def test_calls_and_commands_build_the_same() -> None:
    typed = World().host("h1")
    assert typed.run_script(TYPED).status == 0
    called = World().host("h1")
    switch, leaf = called.netns("sw"), called.netns("a")
    switch.wiring.bridge("br0")
    switch.wiring.veth("pa", "eth0", leaf.netns)
    switch.wiring.enslave("pa", "br0")
    switch.wiring.up("pa")
    leaf.wiring.address("eth0", "10.0.0.1/24")
    leaf.wiring.up("lo", "eth0")
    leaf.wiring.route("default", via="10.0.0.254")
    leaf.wiring.route("10.9.0.0/16", dev="eth0", metric=5)
    for host in (typed, called):
        host.world.run_for(3_000_000_000)
    for line in SHOWN:
        assert called.run(line) == typed.run(line), line


def test_what_the_kernel_refuses_is_raised_with_its_errno() -> None:
    wiring = World().host("h1").wiring
    wiring.veth("a", "b")
    with pytest.raises(NetError) as taken:
        wiring.veth("a", "c")
    assert taken.value.errno == EEXIST
    with pytest.raises(NetError) as absent:
        wiring.up("nosuch")
    assert absent.value.errno == ENODEV


def test_a_namespace_runs_commands_and_is_the_one_that_ip_names() -> None:
    host = World().host("h1")
    red = host.netns("red")
    red.wiring.up("lo")
    assert host.run("ip -n red -br link").stdout == red.run("ip -br link").stdout
    assert red.run("ip netns identify").stdout == "red\n"
