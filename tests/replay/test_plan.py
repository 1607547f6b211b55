"""A plan typed into a fresh machine builds the world it was made of."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netsim
from netsim.labs import open_lab
from netsim.replay import CannotReplay, plan, replay, script, settled, verify
from netsim.strategies import Topology, rulesets, topologies
from tests.replay.model import Model

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").rglob("*.sh"))


def states_differ(world: netsim.World) -> list[str]:
    """Where a world and its copy by plan differ, what is learnt by probing apart."""
    found = verify(world, Model(), probes=0)
    return [found.failed] if found.failed else [str(each) for each in found.differences]


def made(*lines: str) -> netsim.World:
    world = netsim.World()
    for line in lines:
        done = world.host("h1").run(line)
        assert done.status == 0, f"{line}: {done.stderr}"
    return world


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_examples_are_built_anew(example: Path) -> None:
    world = open_lab(str(example))
    beyond = plan(settled(world)).beyond
    if beyond:
        with pytest.raises(CannotReplay, match="beyond a plain kernel"):
            verify(world, Model())
        pytest.skip(f"cannot be built: {beyond[0]}")
    assert states_differ(world) == []


def test_what_goes_with_a_namespace_that_is_about_to_go_is_not_built() -> None:
    world = open_lab(str(ROOT / "examples/tutorial/bridge.sh"))  # its last line kills the container
    assert "dev veth-a" in script(plan(world), "lab")
    built = replay(world, backend=Model())
    assert built.failed == ""
    assert "veth-a" not in script(built.plan, "lab")


@pytest.mark.parametrize(
    "lines",
    [
        ("ip link add d0 type dummy", "ip addr add 10.0.0.1/24 dev d0", "ip link set d0 up", "ip route add 10.9.0.0/16 via 10.0.0.9 metric 7 proto static"),
        ("ip link add d0 type dummy", "ip addr add 10.0.0.1/24 dev d0", "ip link set d0 up", "ip route del 10.0.0.0/24 dev d0"),
        ("ip link add d0 mtu 1400 type dummy", "ip link set d0 alias uplink up", "ip link property add dev d0 altname other", "ip link set d0 promisc on"),
        ("ip link add br0 type bridge stp_state 1 priority 4096", "ip link add d0 type dummy", "ip link set d0 master br0 up", "ip link set br0 up"),
        ("ip link add br0 type bridge vlan_filtering 1", "ip link add d0 type dummy", "ip link set d0 master br0", "bridge vlan add dev d0 vid 7 pvid",
         "bridge vlan del dev d0 vid 1", "bridge vlan add dev br0 vid 9 self", "bridge fdb add 02:00:00:00:00:07 dev d0 master static vlan 7"),
        ("ip link add d0 type dummy", "ip link add link d0 name d0.5 type vlan id 5 ingress-qos-map 1:2", "ip link set d0 up", "ip link set d0.5 up"),
        ("ip link add d0 type dummy", "ip link set d0 up", "ip netns add red", "ip link add link d0 name eth0 netns red type macvlan mode bridge",
         "ip -n red link set eth0 up", "ip -n red addr add 10.0.0.7/24 dev eth0"),
        ("ip link add d0 type dummy", "ip link set d0 up", "ip netns add red", "ip link add link d0 name m0 netns red type macvlan mode bridge",
         "ip -n red link set m0 name d0", "ip -n red link set d0 up"),
        ("ip link add d0 type dummy", "ip link set d0 up", "ip link add link d0 name i0 type ipvlan mode l3", "ip addr add 10.0.0.8/24 dev i0", "ip link set i0 up"),
        ("ip link add d0 type dummy", "ip addr add 10.0.0.1/24 dev d0", "ip link set d0 up", "ip link add g0 type gre remote 10.0.0.9 local 10.0.0.1 key 5 ttl 9"),
        ("ip link add v0 type vrf table 10", "ip link set v0 up", "ip link add d0 type dummy", "ip link set d0 master v0 up", "ip addr add 10.0.0.1/24 dev d0"),
        ("ip link add b0 type bond mode active-backup", "ip link add d0 type dummy", "ip link set d0 master b0", "ip link set b0 up"),
        ("ip link add d0 type dummy", "ip link set d0 up", "ip link add vx0 type vxlan id 3 group 239.1.1.1 dev d0 dstport 4789",
         "bridge fdb append 00:00:00:00:00:00 dev vx0 dst 10.0.0.5", "ip link set vx0 up"),
        ("ip rule add from 10.0.0.0/8 lookup 10 pref 100", "ip rule add fwmark 3/7 iif lo unreachable pref 50", "ip rule del pref 32767",
         "ip -6 rule add to fd00::/8 lookup 7 pref 9"),
        ("ip link add d0 type dummy", "ip link set d0 up", "ip addr add 10.0.0.1/24 dev d0", "ip neigh add 10.0.0.5 lladdr 02:00:00:00:00:05 dev d0",
         "ip neigh add proxy 10.0.0.6 dev d0", "ip -6 addr add fd00::1/64 dev d0", "ip -6 route add fd09::/64 via fd00::9 dev d0"),
        ("sysctl -w net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.lo.forwarding=0 net.ipv6.conf.all.forwarding=1",
         "sysctl -w net.ipv4.icmp_echo_ignore_all=1 net.ipv4.conf.default.arp_ignore=2 net.ipv6.conf.lo.hop_limit=9"),
        ("ipset create web hash:ip timeout 600", "ipset add web 10.0.0.1", "iptables -A INPUT -m set --match-set web src -j DROP", "iptables -P FORWARD DROP",
         "ip6tables -t nat -A POSTROUTING -j MASQUERADE"),
        ("ipset create l list:set", "ipset create n hash:net,port counters", "ipset add n 10.0.0.0/8,udp:53", "ipset create b bitmap:port range 0-99", "ipset create e hash:ip netmask 24", "ipset create e2 hash:ip,port netmask 16", "ipset add e 10.0.0.1",
         "ipset add b 1-9", "ipset add l b", "ipset add l n before b", "iptables -A INPUT -m set --match-set l src,dst -j DROP"),
        ("ipset create s hash:ip timeout 60", "iptables -A INPUT -j SET --add-set s src --exist --timeout 5", "iptables -A INPUT -j NFQUEUE --queue-bypass",
         "iptables -t raw -A PREROUTING -m rpfilter --invert -j DROP", "ip6tables -A OUTPUT -j TEE --gateway fd00::1", "iptables -A INPUT -m u32 --u32 '6&0xFF=1'"),
        ("nft add table inet t", "nft 'add chain inet t c { type filter hook input priority 0; policy accept; }'", "nft add rule inet t c tcp dport 80 drop"),
        ("ip link add d0 type dummy", "ip link set d0 up", "ip link add d1 type dummy", "ip link set d1 up", "ip addr add 10.0.0.1/24 dev d0",
         "ip addr add 10.0.1.1/24 dev d1", "ip route add 10.9.0.0/16 nexthop via 10.0.0.9 weight 2 nexthop via 10.0.1.9", "ip route add blackhole 10.8.0.0/16"),
        ("ip link set lo up", "ip link add v0 type veth peer name v1", "ip link set v0 up", "ip link set v1 up", "ip addr add 10.0.0.1/24 dev v0",
         "ip -6 addr add fd00::1/64 dev v0", "ip nexthop add id 1 via 10.0.0.9 dev v0", "ip nexthop add id 2 via fd00::9 dev v0 proto bgp",
         "ip nexthop add id 3 group 1,3/2", "ip nexthop add id 4 group 2", "ip -6 nexthop add id 5 blackhole", "ip route add 10.9.0.0/16 nhid 3",
         "ip route add 10.8.0.0/16 nhid 2 metric 4", "ip -6 route add fd09::/64 nhid 4", "ip -6 route add fd08::/64 nhid 5", "ip route add 10.7.0.0/16 nhid 5"),
        ("ip link add br0 type bridge mcast_querier 1", "ip link set br0 up", "ip link add d0 type dummy", "ip link set d0 master br0 up",
         "bridge mdb add dev br0 port d0 grp 239.1.1.1 permanent", "bridge mdb add dev br0 port d0 grp ff0e::5 permanent vid 7",
         "bridge mdb add dev br0 port d0 grp 01:02:03:04:05:06 permanent", "ip link set d0 type bridge_slave mcast_router 2"),
        ("ip link add d0 type dummy", "ip link set d0 up", "tc qdisc add dev d0 root handle 1: htb default 20 r2q 5",
         "tc class add dev d0 parent 1: classid 1:1 htb rate 1gbit", "tc class add dev d0 parent 1:1 classid 1:20 htb rate 3mbit ceil 6mbit prio 2 quantum 3000",
         "tc qdisc add dev d0 parent 1:20 handle 20: sfq perturb 10", "ip link add d1 type dummy", "ip link set d1 up", "tc qdisc add dev d1 root fq_codel limit 5",
         "tc qdisc add dev d1 clsact", "ip link add d2 type dummy", "ip link set d2 up", "tc qdisc add dev d2 root fq maxrate 1mbit",
         "tc qdisc add dev d2 ingress", "ip link add d3 type dummy", "ip link set d3 up", "tc qdisc add dev d3 root codel target 2ms ecn"),
        ("ip tuntap add dev t0 mode tap", "ip link set t0 up", "ip addr add 10.0.0.1/24 dev t0", "ip tuntap add dev t1 mode tun user 1000"),
        ("ip link add d0 type dummy", "tc qdisc add dev d0 root handle 1: tbf rate 1mbit burst 32kbit latency 50ms",
         "tc qdisc add dev d0 parent 1:1 handle 10: netem delay 10ms 2ms loss 1%", "ip link add d1 type dummy", "tc qdisc add dev d1 root prio bands 4"),
        ("ip link add br0 type bridge", "ip addr add fd00::5/64 dev br0", "ip link set br0 up", "ip link add d0 type dummy", "ip link set d0 master br0 up"),
        ("ipvsadm -A -t 10.0.0.1:80 -s wrr -p 60", "ipvsadm -a -t 10.0.0.1:80 -r 10.0.1.2:8080 -m -w 3", "ipvsadm -A -f 7 -s rr", "ipvsadm -a -f 7 -r 10.0.1.3 -g",
         "sysctl -w net.ipv4.vs.conntrack=1"),
        ("ip netns add n1", "ip netns add n2", "ip -n n2 link add d0 type dummy", "ip link add e0 netns n1 type veth peer name p0 netns n2", "ip -n n2 link set p0 up",
         "ip -n n1 link set e0 up", "sleep 2", "ip -n n2 link set p0 down", "sleep 2", "ip -n n1 link add br0 type bridge", "ip -n n1 link set br0 up"),
    ],
    ids=lambda lines: lines[0],
)  # fmt: skip
def test_what_was_typed_is_built_anew(lines: tuple[str, ...]) -> None:
    assert states_differ(made(*lines)) == []


def test_a_shell_that_is_running_stands_still_and_that_is_told() -> None:
    world = netsim.World()
    job = world.host("h1").start("while nc -l -p 80; do :; done")
    world.run_for(1_000_000_000)
    planned = plan(settled(world))
    assert [known.port for known in planned.listeners] == [80]
    assert f"h1: process {job.pid}, bash -c while nc -l -p 80; do :; done, a shell that stands still" in planned.left_out


def test_cards_cables_and_switches_become_pairs_and_bridges() -> None:
    world = netsim.World()
    one, two, three = (world.host(name) for name in ("one", "two", "three"))
    world.lan("office", one, two)
    cable = world.cable(two, three)
    cable.unplug()
    for host in (one, two, three):
        host.run("ip link set eth0 up; ip link set eth1 up")
    text = script(plan(world))
    assert "ip -n office link add name switch type bridge" in text
    assert "type veth peer name one-eth0 mtu 65535 netns office" in text
    assert "ip -n two link add name eth1" in text
    assert states_differ(world) == []


@settings(max_examples=12, deadline=None)
@given(topology=topologies(3, 2), filters=rulesets(5), data=st.data())
def test_drawn_networks_are_built_anew(topology: Topology, filters: object, data: st.DataObject) -> None:
    world = topology.build()
    where = data.draw(st.sampled_from([f"r{number}" for number in range(len(topology.hosts))]))
    for rule in filters.rules:  # type: ignore[attr-defined]
        world.host().run(f"ip netns exec {where} iptables {rule}")
    assert states_differ(world) == []


def test_planning_changes_nothing() -> None:
    world = made("ip link add d0 type dummy", "ip addr add 10.0.0.1/24 dev d0", "ip link set d0 up")
    before = world.clock.now, plan(world)
    assert (world.clock.now, plan(world).operations) == (before[0], before[1].operations)


def test_what_cannot_be_built_is_named() -> None:
    world = made("ip netns add red", "ip link add v0 type veth peer name v1 netns red", "ip addr add 10.0.0.1/24 dev v0", "ip link set v0 up")
    world.host("h1").run("ip -n red addr add 10.0.0.2/24 dev v1; ip -n red link set v1 up; ping -c1 10.0.0.2")
    world.host("h1").start("sleep 1000")
    told = "\n".join(plan(world).left_out)
    for line in ("h1: process ", "learnt neighbour"):
        assert line in told
