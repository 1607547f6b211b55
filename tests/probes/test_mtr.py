"""mtr's reports, as mtr 0.95 writes them."""

from __future__ import annotations

import re

import pytest

from netsim import World
from netsim.api import Host

SETUP = """for n in a r s b; do ip netns add $n; ip -n $n link set lo up; done
ip link add ar netns a type veth peer name ra netns r; ip link add rs netns r type veth peer name sr netns s; ip link add sb netns s type veth peer name bs netns b
ip -n a addr add 10.0.1.1/24 dev ar; ip -n r addr add 10.0.1.2/24 dev ra; ip -n r addr add 10.0.2.1/24 dev rs; ip -n s addr add 10.0.2.2/24 dev sr
ip -n s addr add 10.0.3.1/24 dev sb; ip -n b addr add 10.0.3.2/24 dev bs
ip -n a link set ar up; ip -n r link set ra up; ip -n r link set rs up; ip -n s link set sr up; ip -n s link set sb up; ip -n b link set bs up
ip -n a route add default via 10.0.1.2; ip -n r route add 10.0.3.0/24 via 10.0.2.2; ip -n s route add 10.0.1.0/24 via 10.0.2.1; ip -n b route add default via 10.0.3.1
for n in r s b; do ip netns exec $n sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0; done; sleep 2
"""
HEAD = "HOST: h                           Loss%   Snt   Last   Avg  Best  Wrst StDev"
TIME = re.compile(r"(\d+\.\d+ +){4}\d+\.\d+")


@pytest.fixture
def host() -> Host:
    made = World(seed=1).host("h")
    assert made.run(SETUP).status == 0
    return made


def report(host: Host, words: str) -> list[str]:
    lines = host.run(f"ip netns exec a mtr {words}").stdout.splitlines()
    assert re.fullmatch(r"Start: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000", lines[0])
    return [TIME.sub("T", line) for line in lines[1:]]


def test_a_report_has_a_line_for_each_router_and_the_target(host: Host) -> None:
    hops = ("10.0.1.2", "10.0.2.2", "10.0.3.2")
    for words in ("-rn -c 2", "-r -n -c 2 -u"):
        assert report(host, f"{words} 10.0.3.2") == [HEAD, *(f"  {at}.|-- {hop}                   0.0%     2    T" for at, hop in enumerate(hops, 1))]
    assert report(host, "-rwn -c 1 10.0.3.2")[:2] == [
        "HOST: h        Loss%   Snt   Last   Avg  Best  Wrst StDev",
        "  1.|-- 10.0.1.2  0.0%     1    T",
    ]


def test_a_silent_router_is_unknown_and_what_is_too_long_is_cut(host: Host) -> None:
    host.run("ip netns exec r iptables -A OUTPUT -p icmp --icmp-type time-exceeded -j DROP")
    assert report(host, "-r -c 2 -n -i 0.2 10.0.3.2")[1] == "  1.|-- ???                       100.0     2    T"
    host.run("ip netns exec r iptables -F; echo 10.0.1.2 router-with-a-rather-long-name.example.com >> /etc/hosts")
    assert report(host, "-r -c 1 10.0.3.2")[1] == "  1.|-- router-with-a-rather-long  0.0%     1    T"


def test_a_report_ends_where_one_cannot_go_on(host: Host) -> None:
    assert report(host, "-r -c 1 -n 10.9.9.9") == [HEAD, "  1.|-- 10.0.1.2                   0.0%     1    T"]
    assert len(report(host, "-r -c 1 -n -m 2 10.0.3.2")) == 3
    assert report(host, "-r -c 1 -n -f 3 10.0.3.2")[1:] == ["  3.|-- 10.0.3.2                   0.0%     1    T"]


def test_programs_get_their_own_forms(host: Host) -> None:
    lines = host.run("ip netns exec a mtr -C -c 1 -n 10.0.3.2").stdout.splitlines()
    assert lines[0] == "Mtr_Version,Start_Time,Status,Host,Hop,Ip,Loss%,Snt, ,Last,Avg,Best,Wrst,StDev,"
    assert re.fullmatch(r"MTR.0.95,\d+,OK,10.0.3.2,1,10.0.1.2,0.00,1,0(,\d+\.\d\d){5}", lines[1])
    assert host.run("ip netns exec a mtr -j -c 1 -n 10.0.3.2 | jq -c '[.report.hubs[].host]'").stdout == '["10.0.1.2","10.0.2.2","10.0.3.2"]\n'
    raw = host.run("ip netns exec a mtr -l -c 1 -n 10.0.3.2").stdout
    assert re.sub(r"(p \d+) \d+ (33\d+)\n", r"\1 T \2\n", raw).startswith("x 0 33000\nh 0 10.0.1.2\nh 0 10.0.1.2\np 0 T 33000\nx 1 33001\n")


def test_wrong_words_are_refused(host: Host) -> None:
    assert host.run("ip netns exec a mtr -r -c x 10.0.3.2").stderr == "mtr: invalid argument: 'x'\n"
    assert host.run("ip netns exec a mtr -r -o Z 10.0.3.2").stderr == "mtr: Unknown field identifier: Z\n"
    assert host.run("ip netns exec a mtr 10.0.3.2").status == 1
