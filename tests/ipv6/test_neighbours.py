"""Discovery on a link: routers that advertise, redirects, proxies, duplicates; and worlds copied in the middle of it."""

from __future__ import annotations

import netsim
from netsim.api import Host
from netsim.clock import SECOND
from tests.ipv6.lab import ask, chain

RADVD = """
interface eth0 {
    AdvSendAdvert on;
    MinRtrAdvInterval 3; MaxRtrAdvInterval 4;
    AdvDefaultPreference high; AdvLinkMTU 1400;
    prefix fd00:77::/64 { };
    route fd00:99::/48 { AdvRouteLifetime 300; AdvRoutePreference low; };
};
"""
LINK = """
ip netns add h1; ip netns add r1
for n in h1 r1; do ip netns exec $n sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.accept_ra_rt_info_max_plen=64; done
ip netns exec r1 sysctl -qw net.ipv6.conf.all.forwarding=1
ip link add eth0 netns h1 address 02:00:00:00:00:01 type veth peer name eth0 netns r1 address 02:00:00:00:00:02
for n in h1 r1; do ip -n $n link set lo up; ip -n $n link set eth0 up; done
ip -n r1 addr add fd00:77::1/64 dev eth0
sleep 1.5
"""


def link() -> Host:
    """A host and a router on one link."""
    host = netsim.World(seed=0).host("vm")
    told = host.run_script(LINK)
    assert (told.stderr, told.status) == ("", 0)
    return host


def advertise(host: Host, config: str) -> None:
    """Start radvd on the router."""
    told = host.run_script(f"cat > /etc/radvd.conf <<'END'\n{config}\nEND\nip netns exec r1 radvd\n")
    assert (told.stdout, told.stderr, told.status) == ("", "", 0)
    host.world.run_for(2 * SECOND)


def test_a_host_configures_itself_from_what_the_router_says() -> None:
    host = link()
    advertise(host, RADVD)
    routes = ask(host, "ip -n h1 -6 route")
    assert "default via fe80::ff:fe00:2 dev eth0 proto ra metric 1024 expires " in routes
    assert " mtu 1400 hoplimit 64 pref high" in routes
    assert "fd00:99::/48 via fe80::ff:fe00:2 dev eth0 proto ra metric 1024 expires " in routes
    assert "inet6 fd00:77::ff:fe00:1/64 scope global dynamic mngtmpaddr " in ask(host, "ip -n h1 -6 addr")
    assert "fe80::ff:fe00:2 dev eth0 lladdr 02:00:00:00:00:02 router " in ask(host, "ip -n h1 -6 neigh")
    assert "1 received" in ask(host, "ip netns exec h1 ping -c1 -W1 fd00:77::1")


def test_a_router_that_ends_takes_itself_back_and_one_that_dies_is_forgotten_in_time() -> None:
    host = link()
    advertise(host, RADVD)
    dead = host.world.fork().host("vm")
    ask(host, "kill $(cat /run/radvd.pid)")
    host.world.run_for(SECOND)
    assert "default" not in ask(host, "ip -n h1 -6 route")
    ask(dead, "kill -9 $(cat /run/radvd.pid)")
    dead.world.run_for(SECOND)
    assert "default" in ask(dead, "ip -n h1 -6 route")
    dead.world.run_for(13 * SECOND)
    assert "default" not in ask(dead, "ip -n h1 -6 route")


def test_a_router_does_not_configure_itself_unless_told_so() -> None:
    host = link()
    ask(host, "ip netns exec h1 sysctl -qw net.ipv6.conf.all.forwarding=1")
    advertise(host, RADVD)
    assert "proto ra" not in ask(host, "ip -n h1 -6 route")
    ask(host, "ip netns exec h1 sysctl -qw net.ipv6.conf.eth0.accept_ra=2")
    host.world.run_for(5 * SECOND)
    assert "proto ra" in ask(host, "ip -n h1 -6 route")


def test_a_configuration_that_cannot_be_read_is_refused_with_its_line() -> None:
    host = link()
    told = host.run_script("printf 'interface eth0 {\\n  Foo on;\\n};\\n' > /etc/radvd.conf\nradvd")
    assert (told.stderr, told.status) == ("/etc/radvd.conf:2 error: syntax error\n", 1)


def test_a_duplicate_address_stays_tentative_and_is_not_used() -> None:
    host = link()
    ask(host, "ip netns exec h1 sysctl -qw net.ipv6.conf.eth0.accept_dad=1")
    ask(host, "ip -n h1 addr add fd00:77::1/64 dev eth0")
    host.world.run_for(3 * SECOND)
    assert "inet6 fd00:77::1/64 scope global dadfailed tentative " in ask(host, "ip -n h1 -6 addr")
    assert "local fd00:77::1" not in ask(host, "ip -n h1 -6 route show table local")


def test_a_host_behind_a_proxy_is_found_on_the_link() -> None:
    host = chain()
    ask(host, "ip -n r2 addr add fd00:1::50/128 dev lo")
    ask(host, "ip -n r1 route add fd00:1::50 via fd00:2::2")
    assert "Address unreachable" in ask(host, "ip netns exec h1 ping -c1 -W4 fd00:1::50")
    ask(host, "ip netns exec r1 sysctl -qw net.ipv6.conf.eth0.proxy_ndp=1")
    ask(host, "ip -n r1 neigh add proxy fd00:1::50 dev eth0")
    assert ask(host, "ip -n r1 -6 neigh show proxy") == "fd00:1::50 dev eth0 proxy \n"
    assert "1 received" in ask(host, "ip netns exec h1 ping -c1 -W2 fd00:1::50")


def test_a_worlds_copy_goes_its_own_way() -> None:
    host = chain()
    copy = host.world.fork().host("vm")
    ask(copy, "ip -n r1 -6 route flush fd00:3::/64")
    assert "No route" in ask(copy, "ip netns exec h1 ping -c1 -W1 fd00:3::10")
    assert "1 received" in ask(host, "ip netns exec h1 ping -c1 -W1 fd00:3::10")


def test_shared_routes_use_all_ways_and_leave_out_the_dead_one() -> None:
    host = netsim.World(seed=0).host("vm")
    told = host.run_script("""
ip netns add a; ip netns add b
for n in a b; do ip netns exec $n sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.forwarding=1; ip -n $n link set lo up; done
for i in 0 1; do ip link add v$i netns a type veth peer name v$i netns b; for n in a b; do ip -n $n link set v$i up; done; done
for i in 0 1; do ip -n a addr add fd00:$i::1/64 dev v$i; ip -n b addr add fd00:$i::2/64 dev v$i; done
for h in 1 2 3 4 5 6 7 8; do ip -n b addr add fd00:9::$h/128 dev lo; done
sleep 2
ip -n a route add fd00:9::/64 nexthop via fd00:0::2 nexthop via fd00:1::2
""")
    assert (told.stderr, told.status) == ("", 0)
    ways = {ask(host, f"ip -n a -6 route get fd00:9::{number}").split(" dev ")[1][:2] for number in range(1, 9)}
    assert ways == {"v0", "v1"}
    ask(host, "ip -n a link set v0 down")
    assert "dead linkdown" in ask(host, "ip -n a -6 route show fd00:9::/64")
    for number in range(1, 9):
        assert "1 received" in ask(host, f"ip netns exec a ping -c1 -W1 fd00:9::{number}")


def test_an_ipv4_route_may_lead_through_an_ipv6_neighbour() -> None:
    host = link()
    for line in ("ip -n r1 addr add 10.9.0.1/32 dev lo", "ip -n h1 addr add 192.0.2.5/32 dev lo"):
        ask(host, line)
    ask(host, "ip -n r1 route add 192.0.2.5 via inet6 fe80::ff:fe00:1 dev eth0")
    ask(host, "ip -n h1 route add 10.0.0.0/8 via inet6 fe80::ff:fe00:2 dev eth0")
    assert ask(host, "ip -n h1 route") == "10.0.0.0/8 via inet6 fe80::ff:fe00:2 dev eth0 \n"
    assert "1 received" in ask(host, "ip netns exec h1 ping -c1 -W1 10.9.0.1")
    assert "fe80::ff:fe00:2 dev eth0 lladdr 02:00:00:00:00:02" in ask(host, "ip -n h1 neigh")


def test_tracepath_finds_the_narrow_link() -> None:
    host = chain()
    ask(host, "ip -n r2 link set eth1 mtu 1400")
    ask(host, "ip -n h2 link set eth0 mtu 1400")
    told = ask(host, "ip netns exec h1 tracepath -n fd00:3::10")
    assert "pmtu 1400" in told
    assert told.splitlines()[-1] == "     Resume: pmtu 1400 hops 3 back 3 "


def test_an_older_kernel_refuses_addresses_without_explaining() -> None:
    host = netsim.World(seed=0).host("old", kernel="6.1")
    ask(host, "ip link add v type veth peer name w")
    assert ask(host, "ip addr add fd00::1/64 dev v") == ""
    assert ask(host, "ip addr add fd00::1/64 dev v") == "RTNETLINK answers: File exists\n"
    assert ask(host, "ip addr add ff02::1/64 dev v") == "RTNETLINK answers: Cannot assign requested address\n"
    assert ask(host, "ip addr del fd00::9/64 dev v") == "RTNETLINK answers: Cannot assign requested address\n"
