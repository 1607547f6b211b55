"""IPv6 routes, addresses and a row of routers: the same lines typed into this machine's kernel and into netsim."""

from __future__ import annotations

import re

import pytest

from tests.real.machine import Answer, ask_netsim, ask_real, missing

ROUTES = """
ip netns add h1; ip netns add h2
for n in h1 h2; do ip netns exec $n sysctl -qw net.ipv6.conf.default.accept_dad=0; done
ip link add eth0 netns h1 address 02:00:00:00:00:01 type veth peer name eth0 netns h2 address 02:00:00:00:00:02
ip link add eth1 netns h1 address 02:00:00:00:00:03 type veth peer name eth1 netns h2 address 02:00:00:00:00:04
for n in h1 h2; do ip -n $n link set lo up; ip -n $n link set eth0 up; ip -n $n link set eth1 up;  done
ip -n h1 addr add fd00:1::1/64 dev eth0 nodad; ip -n h2 addr add fd00:1::2/64 dev eth0 nodad
ip -n h1 addr add fd00:2::1/64 dev eth1 nodad; ip -n h2 addr add fd00:2::2/64 dev eth1 nodad
sleep 1.1
ip -n h1 -6 route add unreachable 2001:db8:1::/48
ip -n h1 -6 route add prohibit 2001:db8:2::/48
ip -n h1 -6 route add blackhole 2001:db8:3::/48 metric 7
ip -n h1 -6 route add throw 2001:db8:4::/48
ip -n h1 -6 route show
ip -n h1 -d -6 route show
ip -n h1 -j -6 route show
ip -n h1 -6 route get fd00:1::1
ip -n h1 -6 route get fd00:1::2
ip -n h1 -6 route get ::1
ip -n h1 -6 route get fe80::1
ip -n h1 -6 route get fe80::1 oif eth1
ip -n h1 -6 route get ff02::1
ip -n h1 -6 route get ff02::1 oif eth1
ip -n h1 -6 route get fd00:1::2 from fd00:2::1
ip -n h1 -6 route get fd00:1::2 from fd00:9::1
ip -n h1 -6 route get fd00:1::2 iif eth1
ip -n h1 -6 route get fd00:1::2 from fd00:2::2 iif eth1
ip -n h1 -6 route get fd00:1::2 mark 5
ip -n h1 -6 route get fd00:1::2 oif nope
ip -n h1 -6 route get fd00:1::2 oif eth1
ip -n h1 -6 route get ::
ip -n h1 -j -6 route get fd00:1::2
ip -n h1 -d -6 route get fd00:1::2
ip -n h1 -6 route add fd00:5::/64 nexthop via fd00:1::2 nexthop via fd00:2::2 weight 3
ip -n h1 -6 route add fd00:6::/64 via fd00:1::2 src fd00:2::1 mtu 1400 hoplimit 5 proto static
ip -n h1 -6 route add fd00:7::/64 via fd00:1::2 expires 100
ip -n h1 -6 route add fd00:8::/64 via fd00:1::2 pref high
ip -n h1 -6 route add fd00:9::/64 dev eth1 table 100
ip -n h1 -6 route add fd00:a::/64 via fd00:99::1 dev eth1 onlink
ip -n h1 -6 route add fd00:b::/64 via fd00:1::1
ip -n h1 -6 route add fd00:b::/64 via ff02::1 dev eth0
ip -n h1 -6 route add fd00:b::/64 via :: dev eth0
ip -n h1 -6 route add fd00:c::/64 dev lo
ip -n h1 -6 route add fd00:c::1 dev eth0
ip -n h1 -6 route add fd00:d::/64 src fd00:77::1 dev eth0
ip -n h1 -6 route add fd00:d::/64 dev nope
ip -n h1 -6 route add fd00:d::/64
ip -n h1 -6 route add fd00:d::/129 dev eth0
ip -n h1 -6 route add local fd00:e::/64 dev lo
ip -n h1 -6 route add fd00:1::/64 dev eth0
ip -n h1 -6 route add fd00:1::/64 dev eth0 metric 256
ip -n h1 -6 route append fd00:1::/64 dev eth0 metric 256
ip -n h1 -6 route replace fd00:8::/64 via fd00:2::2
ip -n h1 -6 route change fd00:8::/64 via fd00:1::2
ip -n h1 -6 route change fd00:88::/64 via fd00:1::2
ip -n h1 -6 route replace fd00:5::/64 via fd00:1::2
ip -n h1 -6 route show
ip -n h1 -6 route show table all
ip -n h1 -6 route show table 100
ip -n h1 -6 route show table 101
ip -n h1 -6 route show dev eth1
ip -n h1 -6 route show fd00:6::/64
ip -n h1 -6 route show root fd00::/16
ip -n h1 -6 route show match fd00:6::1
ip -n h1 -6 route show via fd00:1::2
ip -n h1 -6 route show proto static
ip -n h1 -6 route show type unreachable
ip -n h1 -6 route show default
ip -n h1 -j -6 route show fd00:6::/64
ip -n h1 -6 route get fd00:6::1
ip -n h1 -6 route get fd00:e::5
ip -n h1 -6 route del fd00:6::/64 via fd00:2::2
ip -n h1 -6 route del fd00:6::/64 dev eth1
ip -n h1 -6 route del fd00:6::/64 metric 3
ip -n h1 -6 route del fd00:6::/64
ip -n h1 -6 route del fd00:6::/64 table 777
ip -n h1 -6 route flush proto static
ip -n h1 -6 route flush fd00:7::/64
ip -n h1 -6 route flush table 100
ip -n h1 -6 route add default via fd00:1::2
ip -n h1 -6 route add default via fd00:2::2
ip -n h1 -6 route append default via fd00:2::2
ip -n h1 -6 route show default
ip -n h1 -j -6 route show default
ip -n h1 -6 route del default via fd00:1::2
ip -n h1 -6 route show default
ip -n h1 -n h2 link set eth1 down
ip -n h1 -6 rule add from fd00:2::/64 table 100
ip -n h1 -6 rule add fwmark 5 table 100 prio 50
ip -n h1 -6 rule add to fd00:5::5 prohibit
ip -n h1 -6 rule add to 10.0.0.1 prohibit
ip -n h1 -6 rule
ip -n h1 -6 rule del prio 77
ip -n h1 -6 rule add from fd00:2::/64 table 100
ip -n h1 -j -6 rule
ip -n h1 -6 rule flush
ip -n h1 -6 rule
sleep 1.2
ip -n h2 link set eth1 down; sleep 1.2
ip -n h1 -6 route
ip -n h1 -6 addr show dev eth1
ip -n h1 link set eth1 down
ip -n h1 -6 route
ip -n h1 -6 addr
ip -n h1 link set eth1 up;  ip -n h2 link set eth1 up; sleep 1.4
ip -n h1 -6 route
"""
ADDRESSES = """
ip netns add h1; ip netns add h2
ip netns exec h1 sysctl -qw net.ipv6.conf.default.accept_dad=0
ip link add eth0 netns h1 address 02:00:00:00:00:01 type veth peer name eth0 netns h2 address 02:00:00:00:00:02
ip link add eth1 netns h1 address 02:00:00:00:00:03 type veth peer name eth5 netns h2 address 02:00:00:00:00:04
ip link add d0 netns h1 address 02:00:00:00:00:05 type bridge
for n in h1 h2; do ip -n $n link set lo up; ip -n $n link set eth0 up;  done; sleep 1.1
ip -n h1 addr add fd00:1::1/64 dev eth0
ip -n h1 addr add fd00:1::1/64 dev eth0
ip -n h1 addr add fd00:1::2/64 dev eth0 nodad
ip -n h1 addr add fd00:1::3/64 dev eth0 home
ip -n h1 addr add fd00:1::4/64 dev eth0 mngtmpaddr
ip -n h1 addr add fd00:1::4/48 dev eth0 mngtmpaddr
ip -n h1 addr add fd00:5::4/48 dev eth0 mngtmpaddr
ip -n h1 addr add fd00:1::5/64 dev eth0 noprefixroute
ip -n h1 addr add fd00:1::6/64 dev eth0 autojoin
ip -n h1 addr add fd00:1::7/64 dev eth0 optimistic
ip -n h1 addr add fd00:1::8/64 dev eth0 optimistic nodad
ip -n h1 addr add ff02::5/64 dev eth0
ip -n h1 addr add ff05::5/128 dev eth0 autojoin
ip -n h1 addr add ::/64 dev eth0
ip -n h1 addr add ::1/64 dev eth0
ip -n h1 addr add fd00:1::9/64 dev eth0 valid_lft 100 preferred_lft 50
ip -n h1 addr add fd00:1::a/64 dev eth0 valid_lft 100 preferred_lft 0
ip -n h1 addr add fd00:1::b/64 dev eth0 valid_lft 0
ip -n h1 addr add fd00:1::b/64 dev eth0 valid_lft 10 preferred_lft 20
ip -n h1 addr add fd00:2::1 peer fd00:2::2/128 dev eth0
ip -n h1 addr add fd00:2::1 peer fd00:2::2 dev eth0
ip -n h1 addr add fd00:3::1/64 dev eth0 metric 55
ip -n h1 addr add fd00:4::1 dev eth0
ip -n h1 addr add fec0::1/64 dev eth0
ip -n h1 addr add fe80::5/64 dev eth0
ip -n h1 addr add fd00:6::1/64 dev lo
ip -n h1 addr add fd00:7::1/64 dev eth1
ip -n h1 addr add fd00:8::1/64 dev d0
ip -n h1 addr add fd00:9::1/64 dev nope
ip -n h1 addr add ::ffff:10.0.0.1/96 dev eth0
ip -n h1 addr add fd00:a::1/64 scope link dev eth0
ip -n h1 addr add fd00:b::1/64 brd + dev eth0
ip -n h1 addr add fd00:c::1/64 label eth0:1 dev eth0
ip -n h1 -6 addr show dev eth0
sleep 1.1
ip -n h1 -6 addr
ip -n h1 -6 addr show scope global
ip -n h1 -6 addr show dynamic
ip -n h1 -6 addr show permanent
ip -n h1 -6 addr show tentative
ip -n h1 -6 addr show deprecated
ip -n h1 -6 addr show -deprecated dev eth0
ip -n h1 -6 addr show to fd00:2::/32
ip -n h1 -6 addr show up
ip -n h1 -6 -o addr
ip -n h1 -6 -br addr
ip -n h1 -j -6 addr show dev eth0
ip -n h1 -j -6 addr show scope link
ip -n h1 -6 route show table all
ip -n h1 -6 maddr
ip -n h1 addr change fd00:1::1/64 dev eth0 valid_lft 50 preferred_lft 20
ip -n h1 addr replace fd00:1::2/64 dev eth0 noprefixroute
ip -n h1 addr replace fd00:66::2/64 dev eth0
ip -n h1 addr del fd00:1::1 dev eth0
ip -n h1 addr del fd00:1::1/48 dev eth0
ip -n h1 addr del fd00:1::1/64 dev eth0
ip -n h1 addr del fd00:1::1/64 dev eth0
ip -n h1 addr del fd00:2::1 peer fd00:2::2/128 dev eth0
ip -n h1 -6 addr show dev eth0
ip -n h1 -6 route
ip -n h1 -6 addr flush dev eth0 scope global
ip -n h1 -6 addr show dev eth0
ip -n h1 -6 route
ip -n h1 -s -s -6 addr flush dev eth1
ip -n h1 link set eth0 mtu 1279
ip -n h1 -6 addr
ip -n h1 addr add fd00:1::1/64 dev eth0
ip netns exec h1 sort /proc/net/if_inet6
ip -n h1 link set eth0 mtu 1500
sleep 1.1
ip -n h1 -6 addr
ip netns exec h1 sysctl net.ipv6.conf.eth0.disable_ipv6=1
ip -n h1 addr add fd00:1::1/64 dev eth0
ip -n h1 -6 addr
ip -n h1 -6 route add fd00:77::/64 dev eth0
ip netns exec h1 sysctl net.ipv6.conf.eth0.disable_ipv6=0
sleep 1.1
ip -n h1 -6 addr
ip netns exec h1 sysctl net.ipv6.conf.all.disable_ipv6=1
ip -n h1 -6 addr
ip -n h1 -6 route show table all
ip netns exec h1 ping -c1 -W1 ::1
ip netns exec h1 sysctl net.ipv6.conf.all.disable_ipv6=0
sleep 1.1
ip -n h1 -6 addr
ip netns exec h1 sysctl net.ipv6.conf.eth0.keep_addr_on_down=1
ip -n h1 addr add fd00:1::1/64 dev eth0
ip -n h1 link set eth0 down
ip -n h1 -6 addr
ip -n h1 -6 route
ip -n h1 link set eth0 up
sleep 1.1
ip -n h1 -6 addr
ip -n h1 -6 route
ip netns exec h1 sysctl net.ipv6.conf.all.forwarding=1
ip -n h1 -6 route show table all
ip -n h1 -6 maddr show dev eth0
ip -n h1 -6 route show table all
ip netns exec h1 sysctl net.ipv6.conf.all.forwarding net.ipv6.conf.default.forwarding net.ipv6.conf.lo.forwarding
ip -n h1 link set eth0 addrgenmode none
ip -n h1 link set eth0 down
ip -n h1 link set eth0 up
sleep 1.1
ip -n h1 -6 addr show dev eth0
ip -n h1 addrlabel
ip -n h1 addrlabel add prefix fd00:1::/64 label 99
ip -n h1 addrlabel add prefix fd00:1::/64 label 99
ip -n h1 addrlabel list
ip -n h1 addrlabel del prefix fd00:1::/64
ip -n h1 addrlabel del prefix fd00:2::/64
ip -n h1 addrlabel add prefix fd00:3::/64 label 5 dev eth0
ip -n h1 addrlabel
ip -n h1 addrlabel flush
ip -n h1 addrlabel
ip -n h1 addrlabel add label 5
ip -n h1 addrlabel foo
"""
ROUTERS = """
ip netns add h1; ip netns add r1; ip netns add r2; ip netns add h2
ip link add eth0 netns h1 address 02:00:00:00:00:01 type veth peer name eth0 netns r1 address 02:00:00:00:00:02
ip link add eth1 netns r1 address 02:00:00:00:00:03 type veth peer name eth0 netns r2 address 02:00:00:00:00:04
ip link add eth1 netns r2 address 02:00:00:00:00:05 type veth peer name eth0 netns h2 address 02:00:00:00:00:06
for n in h1 r1 r2 h2; do ip netns exec $n sysctl -qw net.ipv6.conf.default.accept_dad=0; ip -n $n link set lo up; for i in eth0 eth1; do ip -n $n link set $i up 2>/dev/null; done; done
ip netns exec r1 sysctl -w net.ipv6.conf.all.forwarding=1; ip netns exec r2 sysctl -w net.ipv6.conf.all.forwarding=1
ip -n h1 addr add fd00:1::10/64 dev eth0 nodad; ip -n r1 addr add fd00:1::1/64 dev eth0 nodad
ip -n r1 addr add fd00:2::1/64 dev eth1 nodad; ip -n r2 addr add fd00:2::2/64 dev eth0 nodad
ip -n r2 addr add fd00:3::1/64 dev eth1 nodad; ip -n h2 addr add fd00:3::10/64 dev eth0 nodad
ip -n h1 route add default via fd00:1::1; ip -n h2 route add default via fd00:3::1
ip -n r1 route add fd00:3::/64 via fd00:2::2; ip -n r2 route add fd00:1::/64 via fd00:2::1
for n in h1 r1 r2 h2; do ip netns exec $n sysctl -qw net.ipv6.icmp.ratelimit=0; done
sleep 1.5
ip netns exec h1 ping -c1 -W2 fd00:3::10 | head -2
ip netns exec h1 ping -c1 -W0.3 -t1 fd00:3::10
ip netns exec h1 ping -c1 -W0.3 -t2 fd00:3::10
ip netns exec h1 ping -c1 -W0.3 -t3 fd00:3::10
ip netns exec h1 ping -c1 -W0.3 fd00:4::1
ip -n r2 link set eth1 mtu 1400; ip -n h2 link set eth0 mtu 1400
ip netns exec h1 ping -c1 -W0.3 -s 1400 fd00:3::10
ip -n h1 -6 route get fd00:3::10
ip -n h1 -6 route show cache
ip netns exec h1 ping -c1 -W0.3 -s 1400 fd00:3::10
ip netns exec h1 ping -c1 -W0.3 -M do -s 1400 fd00:3::10
ip netns exec h1 ping -c1 -W0.3 -M do -s 1352 fd00:3::10
ip netns exec h1 ping -c1 -W0.3 -M do -s 1353 fd00:3::10
ip -n h1 -j -6 route get fd00:3::10
ip -n h1 -j -6 route show cache
ip -n h1 -6 route flush cache
ip -n h1 -6 route get fd00:3::10
ip netns exec h2 ping -c1 -W0.3 -s 1400 fd00:1::10
ip netns exec r1 sysctl -w net.ipv6.conf.eth0.forwarding=0
ip netns exec h1 ping -c1 -W0.3 fd00:3::10
ip netns exec r1 sysctl -w net.ipv6.conf.all.forwarding=0
ip netns exec h1 ping -c1 -W0.3 fd00:3::10
ip netns exec h1 ping -c1 -W0.3 fd00:2::1
ip netns exec r1 sysctl -w net.ipv6.conf.all.forwarding=1
ip -n r1 route del fd00:3::/64
ip netns exec h1 ping -c1 -W0.3 fd00:3::10
ip -n r1 route add unreachable fd00:3::/64
ip netns exec h1 ping -c1 -W0.3 fd00:3::10
ip -n r1 route replace prohibit fd00:3::/64
ip netns exec h1 ping -c1 -W0.3 fd00:3::10
ip -n r1 route replace blackhole fd00:3::/64
ip netns exec h1 ping -c1 -W0.3 fd00:3::10
ip -n r1 route del fd00:3::/64;  ip -n r1 route add fd00:3::/64 via fd00:2::2
ip -n r1 -6 rule add from fd00:1::/64 prohibit
ip netns exec h1 ping -c1 -W0.3 fd00:3::10
ip -n r1 -6 rule del from fd00:1::/64 prohibit
ip -n r1 -6 rule add to fd00:3::/64 iif eth0 table 50
ip -n r1 -6 route add unreachable default table 50
ip netns exec h1 ping -c1 -W0.3 fd00:3::10
ip -n r1 -6 rule
ip -n r1 -6 rule del table 50
ip netns exec h1 ping -c1 -W0.3 fd00:3::10
ip -n h1 addr add fd00:3::77/128 dev lo nodad
ip netns exec h1 ping -c1 -W0.3 -I fd00:3::77 fd00:3::10
ip -n r1 route add fd00:3::77 via fd00:1::10; ip -n r2 route add fd00:3::77 via fd00:2::1
ip netns exec h1 ping -c1 -W0.3 -I fd00:3::77 fd00:2::2
"""
VOLATILE = re.compile(
    r"(?<=time=)[\d.]+(?= ms)|(?<=time )\d+(?=ms)|(?<== )[\d./]+(?= ms)|-?\d+(?=sec)|(?<=\"expires\":)\d+|(?<=_life_time\":)\d{1,3}(?=\D)"
)
"""Round trips, and seconds that are left."""


def told(line: str, answer: Answer) -> tuple[str, str, int]:
    """What may be compared; which of two devices got ready first depends on the machine's pace."""
    text = VOLATILE.sub("~", answer.stdout)
    if "-6 route" in line and "get" not in line:
        text = "\n".join(sorted(text.splitlines()))
    return text, answer.stderr, answer.status


@pytest.mark.parametrize("typed", [ROUTES, ADDRESSES, ROUTERS], ids=["routes", "addresses", "routers"])
def test_the_lines_are_answered_as_linux_answers_them(typed: str) -> None:
    reason = missing("ip", "ping", "sysctl")
    if reason:
        pytest.skip(reason)
    lines = typed.strip().splitlines()
    real = ask_real(lines)
    wrong = [
        f"{line}\n{told(line, expected)}\n{told(line, given)}"
        for line, expected, given in zip(lines, real, ask_netsim(lines, real), strict=True)
        if told(line, expected) != told(line, given)
    ]
    assert not wrong, "\n\n".join(wrong)
