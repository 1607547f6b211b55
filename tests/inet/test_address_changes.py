"""What an address takes along when it changes or goes, and a device when it ends."""

from __future__ import annotations

import pytest

import netsim
from netsim import Host


@pytest.fixture
def host() -> Host:
    host = netsim.World().host()
    host.run("for i in 0 1; do ip link add d$i type dummy; ip link set d$i up; done")
    return host


def test_a_new_metric_of_an_address_is_its_routes_too(host: Host) -> None:
    host.run("ip addr add 10.1.0.1/24 dev d0 metric 50; ip addr change 10.1.0.1/24 dev d0 metric 70")
    assert host.run("ip route").stdout == "10.1.0.0/24 dev d0 proto kernel scope link src 10.1.0.1 metric 70 \n"


def test_the_other_end_of_an_address_may_change(host: Host) -> None:
    host.run("ip -6 addr add 2001:db8::1 peer 2001:db8::2 dev d0 nodad; ip -6 addr change 2001:db8::1 peer 2001:db8::3 dev d0 metric 300")
    assert host.run("ip -6 route show root 2001:db8::/32").stdout == (
        "2001:db8::1 dev d0 proto kernel metric 300 pref medium\n2001:db8::3 dev d0 proto kernel metric 300 pref medium\n"
    )
    assert "peer 2001:db8::3/128 metric 300" in host.run("ip -6 addr show d0").stdout


@pytest.mark.parametrize(("kernel", "left"), [("6.18", 0), ("6.1", 1)])
def test_a_source_that_went_is_preferred_no_more(kernel: str, left: int) -> None:
    host = netsim.World().host("h", kernel=kernel)
    host.run("for i in 0 1; do ip link add d$i type dummy; ip link set d$i up; ip -6 addr add 2001:db8:$i::1/64 dev d$i nodad; done")
    host.run("ip -6 route add 2001:db8:9::/64 dev d1 src 2001:db8:0::1; ip -6 addr del 2001:db8:0::1/64 dev d0")
    assert host.run("ip -6 route show 2001:db8:9::/64").stdout.count("src") == left


def test_only_the_main_table_loses_routes_with_the_address_they_prefer(host: Host) -> None:
    host.run("ip addr add 10.1.0.1/24 dev d0; ip addr add 10.5.0.1/32 dev d0")
    host.run("ip route add 10.8.0.0/16 dev d0 src 10.5.0.1; ip route add 10.9.0.0/16 dev d0 src 10.5.0.1 table 100; ip addr del 10.5.0.1/32 dev d0")
    assert "10.8." not in host.run("ip route").stdout
    assert "10.9.0.0/16" in host.run("ip route show table 100").stdout


def test_a_shared_route_ends_with_one_of_its_devices(host: Host) -> None:
    host.run("ip addr add 10.1.0.1/24 dev d0; ip addr add 10.2.0.1/24 dev d1")
    host.run("ip route add 10.9.0.0/16 nexthop via 10.1.0.2 nexthop via 10.2.0.2; ip link set d0 down")
    assert "10.9.0.0/16" in host.run("ip route").stdout
    host.run("ip link del d0")
    assert "10.9.0.0/16" not in host.run("ip route").stdout


def test_a_broadcast_address_forgets_who_did_not_answer_there(host: Host) -> None:
    host.run("ip neigh add 10.1.0.255 nud failed dev d0; ip neigh add 10.2.0.255 lladdr 00:11:22:33:44:55 nud reachable dev d0")
    host.run("ip addr add 10.1.0.1/24 dev d0; ip addr add 10.2.0.1/24 dev d0")
    assert host.run("ip neigh").stdout == "10.2.0.255 dev d0 lladdr 00:11:22:33:44:55 REACHABLE \n"


def test_what_was_learnt_of_a_destination_goes_with_its_route(host: Host) -> None:
    script = """
    ip netns add r; ip netns add far; ip link add v type veth peer name w netns r; ip -n r link add x type veth peer name y netns far
    ip addr add 10.3.0.1/24 dev v; ip link set v up; ip -n r addr add 10.3.0.2/24 dev w; ip -n r link set w up
    ip -n r addr add 10.4.0.2/24 dev x; ip -n r link set x mtu 1300 up; ip -n far addr add 10.4.0.3/24 dev y; ip -n far link set y mtu 1300 up
    ip -n far route add default via 10.4.0.2; ip netns exec r sysctl -qw net.ipv4.ip_forward=1
    ip route add 10.4.0.0/24 via 10.3.0.2; ping -c1 -W1 -s1400 -M want 10.4.0.3
    """
    host.run(script)
    assert "mtu 1300" in host.run("ip route get 10.4.0.3").stdout
    host.run("ip route del 10.4.0.0/24; ip route add 10.4.0.0/24 via 10.3.0.2")
    assert "mtu" not in host.run("ip route get 10.4.0.3").stdout


def test_an_error_comes_from_somewhere_even_without_an_address(host: Host) -> None:
    host.run("ip netns add r; ip link add v type veth peer name w netns r; ip addr add 10.3.0.1/24 dev v; ip link set v up; ip -n r link set w up")
    host.run(
        "ip -n r link set lo up; ip netns exec r sysctl -qw net.ipv4.ip_forward=1; ip -n r route add 10.3.0.0/24 dev w; ip -n r route add unreachable default"
    )
    host.run(
        "ip -n r link set w address 02:00:00:00:00:09; ip neigh add 10.3.0.9 lladdr 02:00:00:00:00:09 dev v; ip route add 10.9.0.0/16 via 10.3.0.9"
    )
    assert "From 192.0.0.8 icmp_seq=1" in host.run("ping -c1 -W1 10.9.0.1").stdout


def test_carrier_of_a_dummy_is_set_by_hand_and_of_a_cable_not(host: Host) -> None:
    assert host.run("ip link set d0 carrier off; ip -br link show d0").stdout.split()[1] == "DOWN"
    assert host.run("ip link set d0 carrier on; ip -br link show d0").stdout.split()[1] == "UP"
    assert host.run("ip link add v type veth peer name w; ip link set v carrier off").stderr == "RTNETLINK answers: Operation not supported\n"


def test_a_gateway_may_be_behind_a_link_that_is_down(host: Host) -> None:
    host.run("sysctl -qw net.ipv4.conf.default.ignore_routes_with_linkdown=1 net.ipv6.conf.default.ignore_routes_with_linkdown=1")
    host.run("ip link add v type veth peer name w; ip link set v up; ip addr add 10.3.0.1/24 dev v; ip -6 addr add 2001:db8::1/64 dev v nodad")
    assert host.run("ip route add 10.9.0.0/16 via 10.3.0.2").status == 0
    assert host.run("ip -6 route add 2001:db8:9::/64 via 2001:db8::2").status == 0


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("ip -6 route add 2001:db8::/64 dsfield 4 dev d0", "Error: Invalid dsfield (tos): option not available for IPv6.\n"),
        ("ip -6 rule add dsfield 5 table 9", "Error: Invalid dsfield (tos): ECN bits must be 0.\n"),
        ("ip -6 route add 2001:db8::/64 dev d0 congctl foo", "Error: Unknown tcp congestion algorithm.\n"),
        ("ip -6 route get 2001:db8::1 ipproto icmp", "Error: Unsupported ip proto.\n"),
        ("ip route add 10.0.0.0/8 nexthop encap ip dst 10.1.1.1 dev d0", 'netsim: "ip route" option "nexthop encap" is not modelled\n'),
        ("echo 'netns exec x ip addr' | ip -batch -", 'netsim: "ip netns exec" in a batch is not modelled\n'),
    ],
)
def test_what_is_refused_is_refused_by_name(host: Host, command: str, answer: str) -> None:
    host.run("ip netns add x")
    assert host.run(command).stderr == answer


def test_names_of_protocols_are_those_of_the_table(host: Host) -> None:
    assert host.run("ip -6 rule add ipproto ipv6-icmp table 9; ip -6 rule").stdout.splitlines()[1] == "32765:\tfrom all ipproto ipv6-icmp lookup 9"
    assert host.run("ip rule add ipproto 200 table 9; ip rule").stdout.splitlines()[1] == "32765:\tfrom all ipproto ipproto-200 lookup 9"


def test_a_label_behind_a_name_is_cut_off(host: Host) -> None:
    host.run("ip addr add 10.1.0.1/24 dev d0:7; ip route add 10.9.0.0/16 dev d0:1")
    assert host.run("ip -br -4 addr show dev d0:3").stdout.split() == ["d0", "UNKNOWN", "10.1.0.1/24"]
    assert host.run("ip route show 10.9.0.0/16").stdout == "10.9.0.0/16 dev d0 scope link \n"


@pytest.mark.parametrize(("mode", "address", "known"), [(0, "10.1.0.9", 0), (1, "10.7.0.9", 1), (2, "10.1.0.9", 1), (2, "10.7.0.9", 0)])
def test_who_was_not_asked_is_believed_as_far_as_arp_accept_says(host: Host, mode: int, address: str, known: int) -> None:
    host.run("ip netns add r; ip link add v type veth peer name w netns r; ip addr add 10.1.0.1/24 dev v; ip link set v up; ip -n r link set w up")
    host.run(f"sysctl -qw net.ipv4.conf.v.arp_accept={mode}; ip -n r addr add {address}/24 dev w; ip netns exec r arping -c1 -U -I w {address}")
    assert (host.run(f"ip neigh get {address} dev v").status == 0) == bool(known)


def test_a_packet_that_was_marked_is_routed_by_its_ports_again(host: Host) -> None:
    host.run(
        "ip link set lo up; ip addr add 10.1.0.1/24 dev d0; ip route add 10.9.0.9 dev lo table 100; ip rule add ipproto udp dport 99 table 100 pref 5"
    )
    host.run("ip route add local 10.9.0.9 dev lo table 100; ip route add unreachable 10.9.0.9; iptables -t mangle -A OUTPUT -j MARK --set-mark 1")
    assert host.run("echo hi | nc -u -w1 10.9.0.9 99").status == 0


def test_a_secondary_that_takes_over_leaves_no_route_behind(host: Host) -> None:
    host.run("sysctl -qw net.ipv4.conf.d0.promote_secondaries=1; for i in 2 3 4; do ip addr add 10.1.0.$i/24 dev d0; done")
    host.run("ip addr del 10.1.0.2/24 dev d0; ip addr del 10.1.0.3/24 dev d0")
    assert host.run("ip route; ip route show table local dev d0").stdout == (
        "10.1.0.0/24 dev d0 proto kernel scope link src 10.1.0.4 \n"
        "local 10.1.0.4 proto kernel scope host src 10.1.0.4 \nbroadcast 10.1.0.255 proto kernel scope link src 10.1.0.4 \n"
    )


def test_settings_of_devices_are_told_by_family(host: Host) -> None:
    host.run("sysctl -qw net.ipv4.conf.d0.rp_filter=2 net.ipv4.conf.d0.proxy_arp=1")
    assert host.run("ip -4 netconf show dev d0").stdout == (
        "inet d0 forwarding off rp_filter loose mc_forwarding off proxy_neigh on ignore_routes_with_linkdown off \n"
    )
    assert [line.split()[1] for line in host.run("ip -6 netconf").stdout.splitlines()] == ["lo", "d0", "d1", "all", "default"]
    assert host.run("ip netconf show dev nope").stderr == 'Device "nope" does not exist.\n'


def test_a_vrf_may_want_its_table_for_itself(host: Host) -> None:
    host.run("ip link add ra type vrf table 9; ip link add rb type vrf table 9")
    assert "Device or resource busy" in host.run("sysctl -w net.vrf.strict_mode=1").stderr
    host.run("ip link del rb; sysctl -qw net.vrf.strict_mode=1")
    assert host.run("ip link add rb type vrf table 9").stderr == "Error: Table is used by another VRF.\n"


def test_an_alternative_name_is_in_the_way_of_a_move(host: Host) -> None:
    host.run("ip netns add x; ip link property add dev d0 altname same; ip link property add dev d1 altname same2; ip link set d1 netns x")
    host.run("ip -n x link property del dev d1 altname same2; ip -n x link property add dev d1 altname same")
    assert host.run("ip link set d0 netns x").stderr == "Error: An interface with the altname same exists in the target netns.\n"


def test_another_default_end_of_a_tunnel_joins_the_others(host: Host) -> None:
    host.run("ip link add vx type vxlan id 5 dstport 4789; for i in 1 2; do bridge fdb append 00:00:00:00:00:00 dst 10.0.0.$i dev vx; done")
    ends = "bridge fdb show dev vx | awk '{print $3}' | xargs"
    assert host.run(f"ip link set vx type vxlan remote 10.0.0.2; {ends}").stdout == "10.0.0.1 10.0.0.2\n"
    assert host.run(f"ip link set vx type vxlan remote 10.0.0.3; {ends}").stdout == "10.0.0.1 10.0.0.3\n"


def test_a_broadcast_is_heard_by_who_sent_it(host: Host) -> None:
    host.run("sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0; ip link add v type veth peer name w; ip link set v up; ip link set w up")
    host.run("ip addr add 10.1.0.1/24 dev v; ip link set lo up")
    assert "64 bytes from 10.1.0.1: icmp_seq=1" in host.run("ping -c1 -W1 -b 10.1.0.255").stdout


def test_a_router_passes_broadcasts_on_where_it_shall(host: Host) -> None:
    host.run("ip netns add r; ip netns add h; ip link add v type veth peer name w netns r; ip -n r link add x type veth peer name y netns h")
    host.run(
        "ip addr add 10.1.0.2/24 dev v; ip link set v up; ip route add default via 10.1.0.1; ip -n r addr add 10.1.0.1/24 dev w; ip -n r link set w up"
    )
    host.run("ip -n r addr add 10.2.0.1/24 dev x; ip -n r link set x up; ip -n h addr add 10.2.0.2/24 dev y; ip -n h link set y up")
    host.run("ip -n h route add default via 10.2.0.1; ip netns exec h sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0")
    host.run("ip netns exec r sysctl -qw net.ipv4.ip_forward=1")
    assert "received" in host.run("ping -c1 -W1 -b 10.2.0.255").stdout
    assert "from 10.2.0.2" not in host.run("ping -c1 -W1 -b 10.2.0.255").stdout
    host.run("ip netns exec r sysctl -qw net.ipv4.conf.all.bc_forwarding=1 net.ipv4.conf.w.bc_forwarding=1")
    assert "64 bytes from 10.2.0.2: icmp_seq=1 ttl=63" in host.run("ping -c1 -W1 -b 10.2.0.255").stdout
    assert host.run("ip -n r route get 10.2.0.255 from 10.1.0.2 iif w").stdout == "broadcast 10.2.0.255 from 10.1.0.2 dev x \n    cache iif w \n"


def test_a_gateway_on_the_link_may_be_no_address_of_ours(host: Host) -> None:
    host.run("ip addr add 10.1.0.1/24 dev d0; ip -6 addr add 2001:db8:1::1/64 dev d0 nodad; ip -6 addr add 2001:db8:2::1/64 dev d1 nodad")
    assert host.run("ip route add 10.9.0.0/16 via 10.1.0.1 dev d1 onlink").stderr == "Error: Nexthop has invalid gateway.\n"
    assert host.run("ip -6 route add 2001:db8:9::/64 via 2001:db8:2::2 dev d0 onlink").stderr == (
        "Error: Nexthop has invalid gateway or device mismatch.\n"
    )


def test_what_the_device_limited_grows_with_it(host: Host) -> None:
    host.run("ip netns add r; ip netns add h; ip link add v type veth peer name w netns r; ip -n r link add x type veth peer name y netns h")
    host.run("ip link set v mtu 1400 up; ip addr add 10.3.0.1/24 dev v; ip -n r addr add 10.3.0.2/24 dev w; ip -n r link set w up")
    host.run("ip -n r addr add 10.4.0.2/24 dev x; ip -n r link set x mtu 1300 up; ip -n h addr add 10.4.0.3/24 dev y; ip -n h link set y mtu 1300 up")
    host.run("ip -n h route add default via 10.4.0.2; ip netns exec r sysctl -qw net.ipv4.ip_forward=1; ip route add 10.4.0.0/24 via 10.3.0.2")
    host.run("ping -c1 -W1 -s1350 -M want 10.4.0.3; ip link set v mtu 1300")
    assert "mtu 1300" in host.run("ip route get 10.4.0.3").stdout
    host.run("ip link set v mtu 1500")
    assert "mtu 1500" in host.run("ip route get 10.4.0.3").stdout


def test_a_tunnel_tied_to_a_device_of_a_vrf_goes_by_the_vrfs_table(host: Host) -> None:
    host.run("ip netns add far; ip link add u type veth peer name w netns far; ip link add red type vrf table 9; ip link set red up")
    host.run("ip link set u master red up; ip addr add 10.5.0.1/24 dev u; ip link set d0 master red; ip addr add 10.6.0.1/32 dev d0")
    host.run("ip link add g1 type gre local 10.6.0.1 remote 10.6.0.2 dev d0; ip link set g1 up; ip addr add 10.7.0.1/24 dev g1")
    host.run("ip route add vrf red 10.6.0.2/32 via 10.5.0.2; ip -n far link set lo up; ip -n far link set w up; ip -n far addr add 10.5.0.2/24 dev w")
    host.run(
        "ip -n far addr add 10.6.0.2/32 dev lo; ip -n far route add 10.6.0.1/32 via 10.5.0.1; ip -n far link add g2 type gre local 10.6.0.2 remote 10.6.0.1"
    )
    host.run("ip -n far link set g2 up; ip -n far addr add 10.7.0.2/24 dev g2")
    assert host.run("ping -c1 -W1 10.7.0.2").status == 0


def test_what_was_learnt_goes_with_a_nexthop_object(host: Host) -> None:
    host.run("ip netns add r; ip netns add far; ip link add v type veth peer name w netns r; ip -n r link add x type veth peer name y netns far")
    host.run("ip addr add 10.3.0.1/24 dev v; ip link set v up; ip -n r addr add 10.3.0.2/24 dev w; ip -n r link set w up")
    host.run(
        "ip -n r addr add 10.4.0.2/24 dev x; ip -n r link set x mtu 1300 up; ip -n far addr add 10.4.0.3/24 dev y; ip -n far link set y mtu 1300 up"
    )
    host.run("ip -n far route add default via 10.4.0.2; ip netns exec r sysctl -qw net.ipv4.ip_forward=1")
    made = "ip nexthop add id 1 via 10.3.0.2 dev v; ip route add 10.4.0.0/24 nhid 1"
    host.run(f"{made}; ping -c1 -W1 -s1400 -M want 10.4.0.3")
    assert "mtu 1300" in host.run("ip route get 10.4.0.3").stdout
    host.run(f"ip nexthop flush; {made}")
    assert "mtu" not in host.run("ip route get 10.4.0.3").stdout
