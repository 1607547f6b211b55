"""Floods past ports that would only count: whatever happens, every counter reads as if each port had been visited."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from netsim import Host, World
from netsim.api import Background
from netsim.clock import MS, SECOND
from netsim.kernel.bridge import audience

LEAVES = 4
PORTS = st.integers(0, LEAVES - 1)
READS = ("cat /proc/net/dev", "cat /proc/net/snmp6", "cat /proc/net/snmp", "ip -s link", "ip -s neigh", "bridge -s fdb")

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
    "bridge netfilter": "ip netns exec sw iptables -A FORWARD -j ACCEPT",
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
REQUESTS = {
    "ask": "ip netns exec n{0} ping -c 1 -W 1 10.0.0.2",
    "ask the first": "ip netns exec n{0} ping -c 1 -W 1 10.0.0.0",
    "ask nobody": "ip netns exec n{0} ping -c 1 -W 1 10.0.0.99",
    "second address": "ip -n n{0} addr add 10.0.0.99/24 dev eth0",
    "address elsewhere": "ip -n n{0} addr add 10.0.0.99/32 dev lo",
    "other station": "ip -n n{0} link set eth0 address 02:00:00:00:00:0{0}",
    "neighbour": "ip -n n{0} neigh replace 10.0.0.2 lladdr 02:00:00:00:00:77 dev eth0 nud stale",
    "neighbour for good": "ip -n n{0} neigh replace 10.0.0.0 lladdr 02:00:00:00:00:77 dev eth0 nud permanent",
    "failed": "ip -n n{0} neigh replace 10.0.0.2 dev eth0 nud failed",
    "no neighbours": "ip -n n{0} neigh flush all",
    "no neighbour": "ip -n n{0} neigh del 10.0.0.2 dev eth0",
    "stranger": "ip -n n{0} neigh replace 10.0.0.98 lladdr 02:00:00:00:00:98 dev eth0 nud permanent",
    "ask the stranger": "ip netns exec n{0} ping -c 1 -W 1 10.0.0.98",
    "announce": "ip netns exec n{0} arping -U -c 1 -I eth0 10.0.0.{0}",
    "announce in reply": "ip netns exec n{0} arping -A -c 1 -I eth0 10.0.0.{0}",
    "probe": "ip netns exec n{0} arping -D -c 1 -w 1 -I eth0 10.0.0.2",
    "forward": "ip netns exec n{0} sysctl -qw net.ipv4.ip_forward=1",
    "proxy": "ip netns exec n{0} sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.proxy_arp=1 net.ipv4.neigh.eth0.proxy_delay=0; "
    "ip -n n{0} link add d0 type dummy; ip -n n{0} addr add 10.9.0.1/24 dev d0; ip -n n{0} link set d0 up",
    "ask beyond": "ip netns exec n{0} arping -c 1 -w 1 -I eth0 10.9.0.5",
    "accept": "ip netns exec n{0} sysctl -qw net.ipv4.conf.eth0.arp_accept=1",
    "accept on all": "ip netns exec n{0} sysctl -qw net.ipv4.conf.all.arp_accept=1",
    "ignore": "ip netns exec n{0} sysctl -qw net.ipv4.conf.all.arp_ignore=1",
    "rule for requests": "ip -n n{0} rule add pref 100 table 100",
    "local route": "ip -n n{0} route add local 10.0.0.99 dev lo",
    "local route in main": "ip -n n{0} route add local 10.0.0.99 dev lo table main",
    "no arp": "ip -n n{0} link set eth0 arp off",
    "forget": "ip -n sw link set br0 type bridge fdb_flush",
    "no unicast": "bridge -n sw link set dev p{0} flood off",
    "no broadcast": "bridge -n sw link set dev p{0} bcast_flood off",
    "suppress": "bridge -n sw link set dev p{0} neigh_suppress on",
    "bridge address": "ip -n sw addr add 10.0.0.97/24 dev br0",
    "ask the bridge": "ip netns exec n{0} ping -c 1 -W 1 10.0.0.97",
    "new host": "ip -n sw link add q{0} type veth peer name eth5 netns n{0}; ip -n n{0} addr add 10.0.0.9{0}/24 dev eth5; "
    "ip -n n{0} link set eth5 up; ip -n sw link set q{0} master br0 up",
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
        leaf.wiring.address("eth0", f"10.0.0.{number}/24")
        leaf.wiring.up("lo", "eth0")
    return host


def listen(host: Host, name: str, device: str) -> Background:
    """Run tcpdump in a namespace, in the background."""
    return host.start(f"tcpdump -nn -e -i {device} icmp6 or arp", netns=host.netns(name).netns)


def counters(host: Host, name: str) -> list[str]:
    """What a namespace tells of its traffic."""
    return [host.netns(name).run(line).stdout for line in READS]


def assert_all_ports_are_known(host: Host) -> None:
    """What a bridge remembers of its ports is what it would find now."""
    for netns in host.machine.kernel.namespaces:
        for bridge in netns.devices.values():
            for port in getattr(bridge, "ports", ()) if bridge.kind == "bridge" else ():
                place = port.place
                if not place.is_sorted:
                    continue
                far = place.far
                assert place.is_quiet == (far is not None and audience.is_quiet(port, far))
                if place.is_quiet:
                    assert place.station == far.address
                    assert place.is_bystander == (far.inet6 is not None and not audience.minds_groups(far))
                if place.is_bystander:
                    assert place.memberships == tuple(far.inet6.multicast)
                if place.is_listed:
                    assert (place.order in place.audience.curious) == audience.minds_requests(far)
                    assert sorted(place.prefixes) == sorted(audience.own_prefixes(far))
                    for sender, asker in place.audience.askers.items():
                        if place.minds(sender, asker.sha):
                            assert place.order in asker.minders or place in place.audience.newcomers[asker.since :]


def told(steps: list[tuple[str, int]]) -> list[object]:
    """What the steps print, and all counters at the end."""
    host = star()
    answers: list[object] = []
    listeners: list[Background] = []
    for what, number in steps:
        if what == "wait":
            host.world.run_for(number * MS)
        elif what == "read":
            answers.append(counters(host, f"n{number}"))
        elif what.startswith("listen"):
            listeners.append(listen(host, f"n{number}", "any" if what.endswith("all") else "eth0"))
        else:
            answers.append(host.run((CHANGES | REQUESTS)[what].format(number)))
        assert_all_ports_are_known(host)
    host.world.run_for(5 * SECOND)
    answers += [host.run(f"ip netns exec n{number} ip6tables-save -c -t mangle").stdout for what, number in steps if what == "filter"]
    answers += [listener.result() for listener in listeners]
    return [*answers, *(counters(host, name) for name in ("sw", *(f"n{number}" for number in range(LEAVES))))]


def with_visits(steps: list[tuple[str, int]]) -> list[object]:
    """The same where every flood visits every port."""
    with patch("netsim.kernel.bridge.forward.is_heard_by_nobody_else", lambda bridge, skb: False):
        return told(steps)


@settings(max_examples=25, deadline=None)
@example([("no ipv6", 0), ("listen", 1)])  # who minds every group still takes no time where there is nothing to do
@given(st.lists(STEPS, max_size=12))
def test_counters_read_as_if_a_flood_had_visited_every_port(steps: list[tuple[str, int]]) -> None:
    assert told(steps) == with_visits(steps)


@pytest.mark.parametrize("change", sorted(CHANGES))
def test_after_a_change_floods_are_counted_as_if_they_had_visited_every_port(change: str) -> None:
    steps = [("wait", 3000), ("solicit", 0), (change, 1), ("solicit", 0), ("wait", 700), ("solicit", 2)]
    assert told(steps) == with_visits(steps)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.one_of(STEPS, st.tuples(st.sampled_from(sorted(REQUESTS)), PORTS)), max_size=12))
def test_requests_and_unknown_stations_are_counted_as_if_every_port_had_been_visited(steps: list[tuple[str, int]]) -> None:
    assert told([("wait", 3000), *steps]) == with_visits([("wait", 3000), *steps])


@pytest.mark.parametrize("change", sorted(REQUESTS))
def test_after_a_change_requests_find_who_minds_them(change: str) -> None:
    questions = [("ask", 0), ("ask nobody", 1), ("ask the first", 3), ("announce", 0), ("ask beyond", 0), ("forget", 0), ("ask", 0)]
    steps = [("wait", 3000), *questions, (change, 1), *questions, ("wait", 700), (change, 2), *questions]
    assert told(steps) == with_visits(steps)


def test_a_request_passes_the_hooks_of_bridge_netfilter_as_if_it_had_been_shown_to_them_at_every_port() -> None:
    questions = [("ask", 0), ("ask nobody", 1), ("announce", 2), ("solicit", 3)]
    steps = [("wait", 3000), *questions, ("bridge netfilter", 0), *questions, ("wait", 700), ("ask", 3), *questions]
    passed = told(steps)[-1 - LEAVES :]
    with patch("netsim.kernel.bridge.forward._is_watched", lambda netns, hook, skb: any(netns.hooks_bridge)):
        shown = told(steps)[-1 - LEAVES :]
    assert passed == shown


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
