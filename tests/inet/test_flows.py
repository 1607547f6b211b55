"""Flows of packets that a router passes on: rules look at their ports, and several next hops share them."""

from __future__ import annotations

import itertools

import pytest

from netsim import World

TWO_WAYS = """
for n in a r b1 b2; do ip netns add $n; ip -n $n link set lo up; done
ip link add ra netns r type veth peer name e0 netns a
ip link add r1 netns r type veth peer name e0 netns b1
ip link add r2 netns r type veth peer name e0 netns b2
for n in a b1 b2; do ip -n $n link set e0 up; done
for d in ra r1 r2; do ip -n r link set $d up; done
ip -n a addr add 10.0.0.2/24 dev e0
ip -n r addr add 10.0.0.1/24 dev ra
ip -n r addr add 10.1.0.1/24 dev r1
ip -n r addr add 10.2.0.1/24 dev r2
ip -n a addr add fd00::2/64 dev e0 nodad
ip -n r addr add fd00::1/64 dev ra nodad
ip -n r addr add fd01::1/64 dev r1 nodad
ip -n r addr add fd02::1/64 dev r2 nodad
ip -n a route add default via 10.0.0.1
ip -n a route add default via fd00::1
for i in 1 2; do
  ip -n b$i addr add 10.$i.0.2/24 dev e0
  ip -n b$i addr add fd0$i::2/64 dev e0 nodad
  ip -n b$i addr add 10.9.9.9/32 dev lo
  ip -n b$i addr add fd09::9/128 dev lo nodad
  ip -n b$i route add default via 10.$i.0.1
  ip -n b$i route add default via fd0$i::1
  ip netns exec b$i iptables -A INPUT -p udp
  ip netns exec b$i ip6tables -A INPUT -p udp
done
ip netns exec r sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
sleep 2
"""
FAR = {"ipv4": "10.9.9.9", "ipv6": "fd09::9"}
EQUAL = (
    "ip -n r route add 10.9.9.9 nexthop via 10.1.0.2 nexthop via 10.2.0.2",
    "ip -n r route add fd09::9 nexthop via fd01::2 nexthop via fd02::2",
)


def two_ways(*more: str) -> World:
    world = World(seed=1)
    done = world.host().run_script(TWO_WAYS + "\n".join(more))
    assert (done.status, done.stderr) == (0, "")
    return world


def arrived(world: World, family: str, sports: range, dport: int = 7000) -> list[int]:
    """How many datagrams from those ports came to b1 and to b2."""
    tool = "iptables" if family == "ipv4" else "ip6tables"
    for sport in sports:
        world.host().run(f"sh -c 'echo x | ip netns exec a nc -u -w1 -p {sport} {FAR[family]} {dport}'")
    return [int(world.host().run(f"ip netns exec {place} {tool} -L INPUT -vnx -Z").stdout.splitlines()[2].split()[0]) for place in ("b1", "b2")]


@pytest.mark.parametrize("family", FAR)
@pytest.mark.parametrize(("policy", "by"), [("hash_policy=0", "label"), ("hash_policy=1", "ports"), ("hash_policy=3", "")])
def test_ports_choose_among_next_hops_when_the_policy_says_so(family: str, policy: str, by: str) -> None:
    """Flows of IPv6 have labels, which are part of the network header."""
    world = two_ways(*EQUAL, f"ip netns exec r sysctl -qw net.{family}.fib_multipath_{policy}")
    came = arrived(world, family, range(5000, 5012))
    assert sum(came) == 12
    assert all(came) == (by == "ports" or (by == "label" and family == "ipv6")), came


@pytest.mark.parametrize("family", FAR)
def test_the_fields_of_a_flow_can_be_chosen(family: str) -> None:
    name = f"net.{family}.fib_multipath_hash"
    world = two_ways(*EQUAL, f"ip netns exec r sysctl -qw {name}_policy=3 {name}_fields=16")
    assert all(arrived(world, family, range(5000, 5012)))
    world.host().run(f"ip netns exec r sysctl -qw {name}_fields=32")
    assert sorted(arrived(world, family, range(5000, 5012))) == [0, 12]
    assert not world.unmodelled


def test_what_looks_into_tunnels_is_reported_and_what_is_no_field_refused() -> None:
    world = World()
    name = "net.ipv4.fib_multipath_hash"
    assert world.host().run(f"sysctl -w {name}_policy=2 {name}_fields=64").status == 0
    assert world.unmodelled == [f"h1: sysctl {name}_policy=2", f"h1: sysctl {name}_fields=64"] or len(world.unmodelled) == 2
    for wrong in ("policy=4", "fields=0", "fields=4096"):
        assert world.host().run(f"sysctl -w {name}_{wrong}").stderr == f'sysctl: setting key "{name}_{wrong.partition("=")[0]}": Invalid argument\n'


@pytest.mark.parametrize("family", FAR)
def test_rules_see_the_ports_of_what_passes(family: str) -> None:
    flag = "" if family == "ipv4" else "-6"
    near = {"ipv4": ("10.1.0.2", "10.2.0.2"), "ipv6": ("fd01::2", "fd02::2")}[family]
    rules = (
        f"ip -n r {flag} route add {FAR[family]} via {near[0]}",
        f"ip -n r {flag} route add {FAR[family]} via {near[1]} table 100",
        f"ip -n r {flag} rule add ipproto udp dport 7001 table 100",
        f"ip -n r {flag} rule add sport 6000-6005 table 100",
    )
    world = two_ways(*rules)
    assert arrived(world, family, range(5000, 5002)) == [2, 0]
    assert arrived(world, family, range(5000, 5002), 7001) == [0, 2]
    assert arrived(world, family, range(6004, 6008)) == [2, 2]


def test_a_flow_and_its_answers_take_the_same_way() -> None:
    from netsim.addr import IPv4
    from netsim.kernel.inet.flow_keys import ALL_OUTER, flow_hash
    from netsim.kernel.ipv4.fib_lookup import Flow

    for number, port in itertools.product(range(1, 20), (1, 53, 6000)):
        there = Flow(IPv4(0x0A000000 + number), IPv4(0x0A000100), protocol=17, sport=port, dport=53)
        back = Flow(IPv4(0x0A000100), IPv4(0x0A000000 + number), protocol=17, sport=53, dport=port)
        assert flow_hash(there, ALL_OUTER) == flow_hash(back, ALL_OUTER)
