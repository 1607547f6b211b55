"""What sets do to packets, and that they outlive a saved world."""

from __future__ import annotations

from pathlib import Path

import netsim
from netsim.clock import SECOND

LAB = """
ip netns add p; ip link add v0 type veth peer name v1 netns p; ip link set v0 up; ip addr add 10.0.0.1/24 dev v0; ip -6 addr add fd00::1/64 dev v0 nodad
ip -n p link set v1 address 02:00:00:00:00:05; ip -n p link set v1 up; ip -n p addr add 10.0.0.2/24 dev v1; ip -n p -6 addr add fd00::2/64 dev v1 nodad
"""


def lab(*lines: str) -> tuple[netsim.World, netsim.Host]:
    world = netsim.World(seed=0)
    host = world.host("h1")
    assert host.run("\n".join((LAB, *lines))).stderr == ""
    return world, host


def pings(host: netsim.Host, target: str = "10.0.0.1") -> bool:
    return host.run(f"ip netns exec p ping -c1 -W1 {target}").status == 0


def test_a_hardware_address_may_be_in_a_set() -> None:
    _, host = lab(
        "ipset create m hash:mac", "iptables -A INPUT -m set --match-set m src -j DROP", "ip6tables -A INPUT -m set --match-set m src -j DROP"
    )
    assert pings(host)
    assert host.run("ipset add m 02:00:00:00:00:05; ipset save m").stdout.endswith("add m 02:00:00:00:00:05\n")
    assert (pings(host), pings(host, "fd00::1")) == (False, False)
    assert host.run("ipset test m 02:00:00:00:00:06").stderr == "02:00:00:00:00:06 is NOT in set m.\n"
    assert host.run("ipset add m 02:00").stderr == "ipset v7.17: Syntax error: cannot parse '02:00' as ethernet address\n"


def test_control_messages_of_ipv6_have_a_port_too() -> None:
    _, host = lab("ipset create s hash:net,port family inet6", "ipset add s fd00::/64,icmpv6:echo-request",
                  "ip6tables -A INPUT -m set --match-set s src,dst -j DROP")  # fmt: skip
    assert not pings(host, "fd00::1")
    host.run("ipset add s fd00::2,icmpv6:128/0 nomatch")
    assert pings(host, "fd00::1")


def test_a_list_looks_into_sets_as_long_as_they_are_in_it() -> None:
    world, host = lab("ipset create a hash:ip", "ipset add a 10.0.0.2", "ipset create l list:set timeout 60", "ipset add l a",
                      "iptables -A INPUT -m set --match-set l src -j DROP")  # fmt: skip
    assert not pings(host)
    world.clock.run_for(61 * SECOND)
    assert pings(host)
    assert "References: 0" in host.run("ipset list a").stdout
    assert host.run("ipset destroy a").status == 0


def test_a_rule_and_its_list_go_on_in_a_copy_and_in_a_saved_world(tmp_path: Path) -> None:
    world, host = lab("ipset create n hash:net,iface", "ipset add n 10.0.0.0/24,v0", "ipset create l list:set", "ipset add l n",
                      "iptables -A INPUT -m set --match-set l src,src -j DROP")  # fmt: skip
    world.save(f"{tmp_path}/w")
    for other in (world.fork(), netsim.World.load(f"{tmp_path}/w")):
        copied = other.host("h1")
        assert not pings(copied)
        copied.run("ipset del n 10.0.0.0/24,v0")
        assert pings(copied)
    assert not pings(host)


def test_bitmaps_look_at_tcp_and_udp_alone() -> None:
    _, host = lab("ipset create b bitmap:port range 0-100", "ipset add b 0-100", "iptables -A INPUT -m set --match-set b dst -j DROP")
    assert pings(host)
    assert host.run("ip netns exec p nc -w 1 10.0.0.1 80").status == 1


def test_kinds_that_are_missing_are_refused_by_name() -> None:
    host = netsim.World(seed=0).host("h1")
    assert host.run("ipset create x hash:net,net").stderr == "ipset v7.17: set type 'hash:net,net' is not modelled by netsim\n"
    assert (
        host.run("ipset create x hash:ip,port bitmask 255.0.0.0").stderr
        == "ipset v7.17: option 'bitmask' of hash:ip,port is not modelled by netsim\n"
    )
    assert host.run("ipset create x hash:foo").stderr == "ipset v7.17: Syntax error: typename 'hash:foo' is unknown\n"


def test_networks_come_back_into_view_when_narrower_ones_end() -> None:
    world, host = lab("ipset create n hash:net timeout 0", "ipset add n 10.0.0.0/8", "ipset add n 10.0.0.0/24 nomatch timeout 30", "ipset add n 10.0.0.2 timeout 10",
                      "iptables -A INPUT -m set --match-set n src -j DROP")  # fmt: skip
    found = [pings(host)]
    for _ in range(3):
        world.clock.run_for(12 * SECOND)
        found.append(pings(host))
    assert found == [False, True, True, False]
    host.run("ipset flush n; ipset add n 10.0.0.0/30; ipset add n 10.0.0.0/29; ipset del n 10.0.0.0/30")
    assert not pings(host)
    host.run("ipset del n 10.0.0.0/29")
    assert pings(host)
