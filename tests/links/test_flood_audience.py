"""Floods past ports that would only count: whatever happens, every counter reads as if each port had been visited."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netsim import Host, World
from netsim.clock import MS, SECOND

LEAVES = 4
PORTS = st.integers(0, LEAVES - 1)
READS = ("cat /proc/net/dev", "cat /proc/net/snmp6", "ip -s link")

CHANGES = {
    "down": "ip -n n{0} link set eth0 down",
    "up": "ip -n n{0} link set eth0 up",
    "port down": "ip -n sw link set p{0} down",
    "port up": "ip -n sw link set p{0} up",
    "leave": "ip -n sw link set p{0} nomaster",
    "enslave": "ip -n sw link set p{0} master br0",
    "address": "ip -n n{0} addr add 2001:db8::{0}/64 dev eth0",
    "no address": "ip -n n{0} addr flush dev eth0",
    "no ipv6": "ip netns exec n{0} sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1",
    "ipv6": "ip netns exec n{0} sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0",
    "router": "ip netns exec n{0} sysctl -qw net.ipv6.conf.all.forwarding=1",
    "no flood": "bridge -n sw link set dev p{0} mcast_flood off",
    "flood": "bridge -n sw link set dev p{0} mcast_flood on",
    "hairpin": "bridge -n sw link set dev p{0} hairpin on",
    "isolated": "bridge -n sw link set dev p{0} isolated on",
    "mtu": "ip -n n{0} link set eth0 mtu 1000",
    "rule": "ip -n n{0} -6 rule add pref 100 table 100",
    "filter": "ip netns exec n{0} ip6tables -t mangle -A PREROUTING -j ACCEPT",
    "nested": "ip -n n{0} link add br1 type bridge",
    "nested port": "ip -n n{0} link set eth0 master br1",
    "nested up": "ip -n n{0} link set br1 up",
    "macvlan": "ip -n n{0} link add link eth0 name m0 type macvlan",
    "discipline": "tc -n n{0} qdisc add dev eth0 root pfifo limit 10",
    "port discipline": "tc -n sw qdisc add dev p{0} root pfifo limit 10",
    "move": "ip -n n{0} link set eth0 netns sw",
    "delete": "ip -n n{0} link del eth0",
    "ping": "ip netns exec n{0} ping -6 -c 1 -W 1 ff02::1%eth0",
    "solicit": "ip netns exec n{0} ping -6 -c 1 -W 1 fe80::1%eth0",
    "vlans": "ip -n sw link set br0 type bridge vlan_filtering {0}",
    "tagged": "ip -n n{0} link add link eth0 name v0 type vlan id 5",
    "tagged up": "ip -n n{0} link set v0 up",
}
STEPS = st.one_of(
    st.tuples(st.sampled_from(sorted(CHANGES)), PORTS),
    st.tuples(st.just("wait"), st.sampled_from((10, 700, 3000))),
    st.tuples(st.sampled_from(("read", "listen", "listen to all")), PORTS),
)


def star() -> Host:
    """Hosts on one bridge, just set up: they still have to introduce themselves."""
    host = World(seed=3).host("h1")
    switch = host.netns("sw").wiring
    switch.bridge("br0")
    for number in range(LEAVES):
        leaf = host.netns(f"n{number}")
        switch.veth(f"p{number}", "eth0", leaf.netns)
        switch.enslave(f"p{number}", "br0")
        switch.up(f"p{number}")
        leaf.wiring.up("lo", "eth0")
    return host


def listen(host: Host, name: str, device: str) -> None:
    """Run tcpdump in a namespace, in the background."""
    host.start(f"tcpdump -nn -i {device} icmp6", netns=host.netns(name).netns)


def counters(host: Host, name: str) -> list[str]:
    """What a namespace tells of its traffic."""
    return [host.netns(name).run(line).stdout for line in READS]


def told(steps: list[tuple[str, int]]) -> list[object]:
    """What the steps print, and all counters at the end."""
    host = star()
    answers: list[object] = []
    for what, number in steps:
        if what == "wait":
            host.world.run_for(number * MS)
        elif what == "read":
            answers.append(counters(host, f"n{number}"))
        elif what.startswith("listen"):
            listen(host, f"n{number}", "any" if what.endswith("all") else "eth0")
        else:
            answers.append(host.run(CHANGES[what].format(number)))
    host.world.run_for(5 * SECOND)
    answers += [host.run(f"ip netns exec n{number} ip6tables-save -c -t mangle").stdout for what, number in steps if what == "filter"]
    return [*answers, *(counters(host, name) for name in ("sw", *(f"n{number}" for number in range(LEAVES))))]


def with_visits(steps: list[tuple[str, int]]) -> list[object]:
    """The same where every flood visits every port."""
    with patch("netsim.kernel.bridge.forward.is_plain", lambda bridge, skb: False):
        return told(steps)


@settings(max_examples=25, deadline=None)
@given(st.lists(STEPS, max_size=12))
def test_counters_read_as_if_a_flood_had_visited_every_port(steps: list[tuple[str, int]]) -> None:
    assert told(steps) == with_visits(steps)


@pytest.mark.parametrize("change", sorted(CHANGES))
def test_after_a_change_floods_are_counted_as_if_they_had_visited_every_port(change: str) -> None:
    steps = [("wait", 3000), ("solicit", 0), (change, 1), ("solicit", 0), ("wait", 700), ("solicit", 2)]
    assert told(steps) == with_visits(steps)


def test_an_address_taken_after_others_is_heard_of_by_who_has_it() -> None:
    host = star()
    host.world.run_for(5 * SECOND)
    host.run("ip -n n0 addr add 2001:db8::9/64 dev eth0")
    host.world.run_for(5 * SECOND)
    host.run("ip -n n1 addr add 2001:db8::9/64 dev eth0")
    host.world.run_for(5 * SECOND)
    assert "dadfailed" in host.run("ip -n n1 addr show dev eth0").stdout


def test_a_flood_goes_only_where_somebody_listens() -> None:
    host = star()
    host.world.run_for(5 * SECOND)
    bridge = host.netns("sw").wiring.device("br0")
    host.netns("n0").run("ping -6 -c 1 -W 1 fe80::1%eth0")
    assert not bridge.audience.visited  # type: ignore[attr-defined]
    listen(host, "n2", "eth0")
    host.netns("n0").run("ping -6 -c 1 -W 1 fe80::1%eth0")
    assert [place.port.dev.name for place in bridge.audience.visited.values()] == ["p2"]  # type: ignore[attr-defined]


def test_what_is_not_settled_yet_survives_a_fork() -> None:
    host = star()
    host.world.run_for(5 * SECOND)
    other = host.world.fork().host("h1")
    assert counters(other, "n1") == counters(host, "n1")
