"""Packets that loop, typed into a private network of this machine and into netsim."""

from __future__ import annotations

import re

import pytest

from tests.inet.test_looped import HERE
from tests.real.machine import ask_netsim, ask_real, missing

TOOLS = ("ip", "ping", "nc", "nstat", "sysctl")
LINES = (
    *HERE.strip().split("\n"),
    "ip netns exec here nc -u -l -p 53 > /tmp/taken 2>&1 & sleep 0.1; echo hello | ip netns exec here nc -u -w1 10.9.0.1 53; cat /tmp/taken",
    "echo hello | ip netns exec here nc -u -w1 10.9.0.1 54",
    "ip netns exec here ping -c1 -W0.2 10.9.0.1",
    "ip netns exec there ping -c1 -W0.2 -t 9 10.9.0.1",
    "ip netns exec here sysctl -qw net.ipv4.conf.lo.rp_filter=1 net.ipv4.conf.all.rp_filter=1; ip netns exec there ping -c1 -W0.2 -t 4 10.9.0.1",
    "ip netns exec here sysctl -qw net.ipv4.conf.lo.rp_filter=0 net.ipv4.conf.all.rp_filter=0; ip -n here rule add from 10.1.0.1 lookup 77 pref 10; ip -n here route add default dev lo table 77",
    "ip netns exec here ping -c1 -W0.2 -I 10.1.0.1 10.1.0.2",
    "ip netns exec there ping -c1 -W0.2 10.1.0.1",
    "ip netns exec here ping -c1 -W1 10.1.0.2",
    "ip -n here -6 route add fd09::/64 dev lo; ip -n here -6 addr add fd01::1/128 dev lo nodad; ip -n here -6 route show dev lo; ip -n here route get fd09::1",
    "ip netns exec here ping -c1 -W0.2 fd09::1",
    "echo x | ip netns exec here nc -u -w1 fd09::1 99",
    "ip -n there -6 addr add fd02::2/64 dev e0 nodad; ip -n there -6 route add default via fd02::1; ip -n here -6 addr add fd02::1/64 dev e0 nodad",
    "ip netns exec here sysctl -qw net.ipv6.conf.all.forwarding=1; sleep 0.1; ip netns exec there ping -c1 -W1 fd02::1; ip netns exec there ping -c1 -W0.5 fd09::1",
    "ip netns exec here nstat -asz Ip6OutNoRoutes Ip6InNoRoutes",
    "ip netns exec here nstat -asz IpInReceives IpInDelivers IpForwDatagrams IpInHdrErrors IpInAddrErrors IcmpInEchos IcmpOutEchoReps IcmpInEchoReps",
)
TIMES = re.compile(r"time[= ][\d.]+ ?ms|= [\d./]+ ms")


@pytest.mark.skipif(bool(missing(*TOOLS)), reason=missing(*TOOLS) or "runs")
def test_what_goes_to_lo_comes_back_as_in_a_real_network() -> None:
    real = ask_real(LINES)
    ours = ask_netsim(LINES, real)
    for line, theirs, mine in zip(LINES, real, ours, strict=True):
        assert (TIMES.sub("T", mine.stdout), mine.status) == (TIMES.sub("T", theirs.stdout), theirs.status), line
