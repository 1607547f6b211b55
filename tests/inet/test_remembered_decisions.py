"""A routing decision that is remembered is the one that would be made now."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netsim import Host, World
from netsim.addr import IPv4
from netsim.clock import SECOND
from netsim.errors import NetError
from netsim.kernel.inet.sock import InetSocket
from netsim.kernel.ipv4 import af_inet, icmp
from netsim.kernel.ipv4 import input as ip_input
from netsim.kernel.ipv4.af_inet import INET4
from netsim.kernel.ipv4.fib_lookup import Flow
from netsim.kernel.ipv4.route import Rt, ip_route_input_slow, ip_route_output
from netsim.kernel.ipv4.rt_cache import ip_route_input, known_way
from netsim.machine.sockets import make_socket

LAB = """
for n in a r b c; do ip netns add $n; ip -n $n link set lo up; done
ip link add right netns a type veth peer name left netns r
ip link add right netns r type veth peer name left netns b
ip link add other netns r type veth peer name left netns c
for p in a/right r/left r/right r/other b/left c/left; do ip -n ${p%/*} link set ${p#*/} up; done
ip -n a addr add 10.1.0.1/24 dev right; ip -n r addr add 10.1.0.2/24 dev left
ip -n r addr add 10.2.0.1/24 dev right; ip -n b addr add 10.2.0.2/24 dev left
ip -n r addr add 10.3.0.1/24 dev other; ip -n c addr add 10.3.0.2/24 dev left
ip -n a route add default via 10.1.0.2; ip -n b route add default via 10.2.0.1; ip -n c route add default via 10.3.0.1
ip -n c addr add 10.2.0.2/32 dev lo
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
"""
CHANGES = (
    "ip -n r route add 10.2.0.2 via 10.3.0.2",
    "ip -n r route del 10.2.0.2 via 10.3.0.2",
    "ip -n r route replace blackhole 10.2.0.2",
    "ip -n r route del blackhole 10.2.0.2",
    "ip -n r route add 10.2.0.2 nexthop via 10.3.0.2 nexthop dev right",
    "ip -n r route flush 10.2.0.2",
    "ip -n r route change 10.2.0.0/24 dev right mtu 1200",
    "ip -n r rule add to 10.2.0.2 table 7",
    "ip -n r route add default via 10.3.0.2 table 7",
    "ip -n r rule add from 10.1.0.1 iif left table 7",
    "ip -n r rule del from 10.1.0.1 iif left table 7",
    "ip -n r link set left down; ip -n r link set left name west; ip -n r link set west up",
    "ip -n r link set west down; ip -n r link set west name left; ip -n r link set left up",
    "ip -n r link set right mtu 1300",
    "ip -n r link set right down",
    "ip -n r link set right up",
    "ip -n b link set left down",
    "ip -n b link set left up",
    "ip netns exec r sysctl -qw net.ipv4.conf.right.ignore_routes_with_linkdown=1",
    "ip netns exec r sysctl -qw net.ipv4.ip_forward=0",
    "ip netns exec r sysctl -qw net.ipv4.ip_forward=1",
    "ip netns exec r sysctl -qw net.ipv4.conf.left.forwarding=0",
    "ip netns exec r sysctl -qw net.ipv4.conf.left.rp_filter=1",
    "ip -n r route add 10.1.0.1 via 10.3.0.2",
    "ip netns exec r sysctl -qw net.ipv4.conf.all.rp_filter=2",
    "ip netns exec r sysctl -qw net.ipv4.conf.left.accept_local=1",
    "ip netns exec r sysctl -qw net.ipv4.fib_multipath_hash_policy=1",
    "ip -n r addr add 10.1.0.1/32 dev lo",
    "ip -n r addr del 10.1.0.1/32 dev lo",
    "ip -n r addr add 10.2.0.2/32 dev lo",
    "ip -n r addr del 10.2.0.2/32 dev lo",
    "ip -n r link add v type vrf table 9; ip -n r link set v up",
    "ip -n r link set left master v",
    "ip -n r link set left nomaster",
    "ip -n r link del v",
    "ip -n a addr add 10.1.0.9/24 dev right",
    "ip -n a route replace default via 10.1.0.2 src 10.1.0.9",
    "ip -n a link set right mtu 1280",
    "ip -n a route add unreachable 10.2.0.2",
    "ip -n a route del unreachable 10.2.0.2",
    "ip netns exec a ping -c1 -W1 -s 1400 -M do 10.2.0.2",
)


def decided(function: Any, *args: Any) -> Rt | tuple[int, str]:
    """The decision, or the error it dies of."""
    try:
        route: Rt = function(*args)
    except NetError as error:
        return error.errno, error.extack
    return route


def compared(patch: pytest.MonkeyPatch) -> list[Any]:
    """A list of the decisions, of packets that came in and of sockets, that are not what would be decided anew."""
    found: list[Any] = []
    route = INET4.route

    def watched(skb: Any) -> Rt:
        known, anew = decided(ip_route_input, skb), decided(ip_route_input_slow, skb)
        if known != anew:
            found.append((skb.packet, known, anew))
        return ip_route_input(skb)

    def watched_socket(self: Any, sock: InetSocket, address: Any, port: int) -> Rt:
        known = decided(route, sock, address, port)
        sock.dst_cache, sock.netns.inet.rt_cache_genid = None, -1
        anew = decided(route, sock, address, port)
        if known != anew:
            found.append((address, known, anew))
        return route(sock, address, port)

    def watched_way(netns: Any, dst: IPv4, src: IPv4 | None, tos: int) -> Rt | None:
        known = known_way(netns, dst, src, tos)
        if known is not None and known != decided(ip_route_output, netns, Flow(dst, src, tos=tos)):
            found.append((dst, src, known))
        return known

    patch.setattr(icmp, "known_way", watched_way)
    patch.setattr(af_inet, "known_way", watched_way)
    patch.setattr(ip_input, "ip_route_input", watched)
    patch.setattr(type(INET4), "route", watched_socket)
    return found


def lab() -> Host:
    """A client, a router with a way aside, and two who answer at the same address."""
    host = World().host("m")
    done = host.run_script(LAB)
    assert done.status == 0, done
    host.world.run_for(5 * SECOND)
    return host


def talk(host: Host, sender: Any) -> None:
    """A datagram of a socket that lives on, and a ping."""
    try:
        sender.send(b"x" * 1300)
    except NetError:
        sender.so_error = 0
    host.run("ip netns exec a ping -c1 -W1 10.2.0.2")


def walk(changes: list[str]) -> None:
    """Traffic between changes; each decision is compared."""
    with pytest.MonkeyPatch.context() as patch:
        found = compared(patch)
        host = lab()
        sender: Any = make_socket(host.netns("a").netns, 2, 2, 0)
        sender.connect(IPv4.parse("10.2.0.2"), 9)
        talk(host, sender)
        for change in changes:
            host.run_script(change)
            talk(host, sender)
            assert not found, (change, found)


@settings(max_examples=30)
@given(st.lists(st.sampled_from(CHANGES), min_size=4, max_size=12))
def test_a_remembered_decision_is_the_one_that_would_be_made_now(changes: list[str]) -> None:
    walk(changes)


def test_every_single_change_is_noticed() -> None:
    walk(list(CHANGES))


def test_a_decision_is_made_once_for_packets_alike_and_no_fork_inherits_it() -> None:
    host = lab()
    router = host.netns("r").netns
    assert host.run("ip netns exec a ping -c1 -W1 10.2.0.2").status == 0
    decisions = dict(router.inet.rt_cache)
    ends = IPv4.parse("10.1.0.1"), IPv4.parse("10.2.0.2")
    left, right = (router.names[name].ifindex for name in ("left", "right"))
    assert set(decisions) >= {(*ends, left, 0, 0, 0), (*ends[::-1], right, 0, 0, 0)}
    assert host.run("ip netns exec a ping -c1 -W1 10.2.0.2").status == 0
    assert all(router.inet.rt_cache[key] is route for key, route in decisions.items())
    assert not host.world.fork().hosts["m"].netns("r").netns.inet.rt_cache
