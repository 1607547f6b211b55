"""Who hears what is sent to a group, and for how long."""

from __future__ import annotations

import netsim
from netsim.clock import SECOND

LAB = """
ip link add br0 type bridge; ip link set br0 up
for n in 1 2 3; do ip netns add h$n; ip link add p$n type veth peer name e netns h$n; ip link set p$n master br0; ip link set p$n up
  ip -n h$n link set e up; ip -n h$n addr add 10.0.0.$n/24 dev e; ip -n h$n -6 addr add fd00::$n/64 dev e nodad; ip -n h$n route add 224.0.0.0/4 dev e; done
"""


def lab(*lines: str) -> tuple[netsim.World, netsim.Host]:
    world = netsim.World(seed=0)
    host = world.host("h1")
    assert host.run("\n".join((LAB, *lines))).stderr == ""
    world.clock.run_for(3 * SECOND)
    return world, host


def heard(host: netsim.Host, target: str) -> list[int]:
    """How many packets each port sends while one host pings a group once."""

    def sent() -> list[int]:
        return [int(host.run(f"cat /sys/class/net/p{n}/statistics/tx_packets").stdout) for n in (1, 2, 3)]

    before = sent()
    host.run(f"ip netns exec h1 ping -c1 -W1 {target}")
    return [after - count for after, count in zip(sent(), before, strict=True)]


def test_without_a_querier_everybody_hears_a_group_with_one_member() -> None:
    _, host = lab("bridge mdb add dev br0 port p3 grp 239.1.1.1 permanent")
    assert heard(host, "239.1.1.1") == [0, 1, 1]


def test_with_a_querier_only_members_hear_a_group_once_its_first_question_may_be_answered() -> None:
    world, host = lab("bridge mdb add dev br0 port p3 grp 239.1.1.1 permanent", "ip link set br0 type bridge mcast_querier 1")
    assert heard(host, "239.1.1.1") == [0, 1, 1]
    world.clock.run_for(10 * SECOND)
    assert heard(host, "239.1.1.1") == [0, 0, 1]
    assert heard(host, "239.1.1.2") == [0, 0, 0]
    assert heard(host, "224.0.0.5") == [0, 1, 1]  # groups of the link are everybody's


def test_neighbours_find_each_other_by_their_groups_while_the_bridge_asks() -> None:
    world, host = lab("ip link set br0 type bridge mcast_querier 1")
    world.clock.run_for(12 * SECOND)
    assert "ff02::1:ff00:2 temp" in host.run("bridge mdb").stdout
    assert host.run("ip netns exec h1 ping -c1 fd00::2").status == 0
    world.clock.run_for(400 * SECOND)  # longer than an entry lasts: the questions keep them
    assert host.run("ip netns exec h2 ping -c1 fd00::3").status == 0


def test_who_never_answers_is_not_asked_for_and_cannot_be_found() -> None:
    world, host = lab("ip link set br0 type bridge mcast_querier 1", "ip netns exec h3 iptables -A OUTPUT -p igmp -j DROP",
                      "ip netns exec h3 ip6tables -A OUTPUT -p icmpv6 --icmpv6-type 143 -j DROP",
                      "ip netns exec h3 ip6tables -A OUTPUT -p icmpv6 --icmpv6-type 131 -j DROP")  # fmt: skip
    world.clock.run_for(400 * SECOND)
    assert "grp ff02::1:ff00:3" not in host.run("bridge mdb").stdout
    assert host.run("ip netns exec h1 ping -c1 -W1 fd00::3").status == 1
    assert host.run("ip netns exec h1 ping -c1 -W1 fd00::2").status == 0


def test_members_that_are_asked_to_have_copies_of_their_own_get_them_by_their_own_address() -> None:
    world, host = lab("ip link set p2 type bridge_slave mcast_to_unicast on", "ip -n h2 link add vx type vxlan id 5 group 239.1.1.1 dev e dstport 4789",
                      "ip -n h2 link set vx up", "ip link set br0 type bridge mcast_querier 1")  # fmt: skip
    world.clock.run_for(12 * SECOND)
    host.start("ip netns exec h2 timeout 3 tcpdump -nle -i e icmp > /tmp/seen")
    world.clock.run_for(SECOND)
    host.run("ip netns exec h1 ping -c1 -W1 239.1.1.1")
    world.clock.run_for(4 * SECOND)
    mac = host.run("ip -n h2 -br link show e").stdout.split()[2]
    assert f"> {mac}, " in host.run("cat /tmp/seen").stdout


def test_a_host_that_leaves_is_out_at_once_where_ports_leave_fast() -> None:
    world, host = lab("ip link set p2 type bridge_slave fastleave on", "ip -n h2 link add vx type vxlan id 5 group 239.1.1.1 dev e dstport 4789",
                      "ip -n h2 link set vx up")  # fmt: skip
    assert "port p2 grp 239.1.1.1 temp" in host.run("bridge mdb").stdout
    host.run("ip -n h2 link set vx down")
    assert "239.1.1.1" not in host.run("bridge mdb").stdout


def test_groups_end_with_their_time_and_a_full_table_ends_snooping() -> None:
    world, host = lab("bridge mdb add dev br0 port p3 grp 239.1.1.1 temp", "ip link set br0 type bridge mcast_hash_max 16")
    assert "239.1.1.1" in host.run("bridge mdb").stdout
    assert [host.run(f"bridge mdb add dev br0 port p3 grp 239.9.9.{n} temp").status for n in range(16)][-1] == 255
    assert host.run("cat /sys/class/net/br0/bridge/multicast_snooping").stdout == "0\n"
    world.clock.run_for(300 * SECOND)
    assert "239." not in host.run("bridge mdb").stdout


def test_forks_and_snapshots_know_the_groups(tmp_path: object) -> None:
    world, host = lab("bridge mdb add dev br0 port p3 grp 239.1.1.1 permanent", "ip link set br0 type bridge mcast_querier 1")
    copy = world.fork()
    world.save(f"{tmp_path}/w")
    for again in (copy, netsim.World.load(f"{tmp_path}/w"), world):
        again.clock.run_for(12 * SECOND)
        assert heard(again.host("h1"), "239.1.1.1") == [0, 0, 1]
    copy.host("h1").run("bridge mdb del dev br0 port p3 grp 239.1.1.1")
    assert "239.1.1.1" in host.run("bridge mdb").stdout
