"""Probing tools typed into a private network of this machine and into netsim: three routers in a row, a bridge at the end."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

import netsim
from tests.real.machine import ask_real, missing

TOOLS = ("ip", "traceroute", "tracepath", "arping", "tcpdump", "ping", "iptables", "sysctl")
LINES = r"""
for n in h1 r1 r2 r3 h2 h3; do ip netns add $n; ip -n $n link set lo up; ip netns exec $n sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.conf.all.disable_ipv6=1; done
for n in r1 r2 r3; do ip netns exec $n sysctl -qw net.ipv4.ip_forward=1; done
ip link add name e0 netns h1 address 02:00:00:00:01:01 type veth peer name w netns r1 address 02:00:00:00:01:02
ip link add name e netns r1 address 02:00:00:00:02:01 type veth peer name w netns r2 address 02:00:00:00:02:02
ip link add name e netns r2 address 02:00:00:00:03:01 type veth peer name w netns r3 address 02:00:00:00:03:02
ip -n r3 link add name br0 address 02:00:00:00:04:00 type bridge
ip link add name p1 netns r3 address 02:00:00:00:04:f1 type veth peer name e0 netns h2 address 02:00:00:00:04:01
ip link add name p2 netns r3 address 02:00:00:00:04:f2 type veth peer name e0 netns h3 address 02:00:00:00:04:02
for d in "h1 e0" "r1 w" "r1 e" "r2 w" "r2 e" "r3 w" "r3 br0" "r3 p1" "r3 p2" "h2 e0" "h3 e0"; do set -- $d; ip -n $1 link set dev $2 up; done
ip -n r3 link set dev p1 master br0; ip -n r3 link set dev p2 master br0
ip -n h1 addr add 10.1.0.2/24 dev e0; ip -n r1 addr add 10.1.0.1/24 dev w; ip -n r1 addr add 10.2.0.1/24 dev e; ip -n r2 addr add 10.2.0.2/24 dev w
ip -n r2 addr add 10.3.0.1/24 dev e; ip -n r3 addr add 10.3.0.2/24 dev w; ip -n r3 addr add 10.4.0.1/24 dev br0
ip -n h2 addr add 10.4.0.2/24 dev e0; ip -n h3 addr add 10.4.0.3/24 dev e0
ip -n h1 route add default via 10.1.0.1; ip -n r1 route add default via 10.2.0.2; ip -n r2 route add 10.1.0.0/24 via 10.2.0.1
ip -n r2 route add 10.4.0.0/24 via 10.3.0.2; ip -n r3 route add default via 10.3.0.1; ip -n h2 route add default via 10.4.0.1; ip -n h3 route add default via 10.4.0.1
sleep 0.5; ip netns exec h1 ping -c1 -W2 10.4.0.2 > /dev/null; ip netns exec h1 ping -c1 -W2 10.4.0.3 > /dev/null
ip netns exec h1 traceroute -n 10.4.0.2
ip netns exec h1 traceroute -n -q1 10.4.0.2
ip netns exec h1 traceroute -n -I -q2 10.4.0.3
ip netns exec h1 traceroute -n -T -q1 -p 81 10.4.0.2
ip netns exec h1 traceroute -n -T -q1 -O info 10.4.0.2
ip netns exec h1 traceroute -n -U -q1 10.4.0.2
ip netns exec h1 traceroute -n -P 99 -q1 10.4.0.2
ip netns exec h1 traceroute -n -q1 -f3 -m3 10.4.0.2
ip netns exec h1 traceroute -n -q1 --back 10.4.0.2
ip netns exec h1 traceroute -n -q1 10.4.0.2 200
ip netns exec h1 traceroute -n -q1 -N1 -z 20 10.4.0.2
ip netns exec h1 traceroute -n -q1 -w0.2 -m4 10.4.0.2 -s 10.1.0.2
ip netns exec h1 traceroute -n -q1 --sport=4000 10.4.0.2
ip netns exec h1 traceroute -n -q1 -r 10.4.0.2
ip netns exec h1 traceroute -n -q1 -r 10.1.0.1
ip netns exec h1 traceroute -n -q1 -i e0 10.4.0.2
ip netns exec h1 traceroute -n -q1 -w0.1 -i lo 10.4.0.2
ip netns exec h1 traceroute -n -q1 -s 10.9.9.9 10.4.0.2
ip netns exec h1 traceroute -n -q1 -t 16 -w 1,3,10 10.4.0.2
ip netns exec h1 traceroute -n -q1 -F 10.4.0.2 1600
ip netns exec h1 traceroute -D 10.4.0.2
ip netns exec h1 traceroute; ip netns exec h1 traceroute -nq1 10.4.0.2; ip netns exec h1 traceroute --max-hops 3 10.4.0.2; ip netns exec h1 traceroute -z
ip netns exec h1 traceroute -M foo 10.4.0.2; ip netns exec h1 traceroute -T -O foo 10.4.0.2; ip netns exec h1 traceroute -q99 10.4.0.2; ip netns exec h1 traceroute a b c
ip -n r2 route add blackhole 10.50.0.0/16; ip -n r2 route add prohibit 10.52.0.0/16; ip -n r2 route add 10.54.0.0/16 via 10.2.0.1
for a in 10.50.0.1 10.52.0.1; do ip netns exec h1 traceroute -n -q1 -w0.2 -m4 $a; done
ip netns exec h1 traceroute -n -q1 -w0.2 -m7 10.54.0.1
ip netns exec h1 tracepath -n 10.4.0.2
ip -n r2 link set dev e mtu 1400; ip -n r3 link set dev w mtu 1400; ip -n r1 link set dev e mtu 1450; ip -n r2 link set dev w mtu 1450
ip netns exec h1 tracepath -n 10.4.0.2; ip netns exec h1 tracepath -n 10.4.0.2
ip netns exec h1 traceroute -n -q1 --mtu 10.4.0.3
ip netns exec h1 traceroute -n -q1 -F 10.4.0.3 1500
ip netns exec h1 tracepath -n -l 1200 10.4.0.3
ip netns exec h3 tracepath -n -m 2 10.1.0.2
tracepath; tracepath -m 300 127.0.0.1; tracepath -l 1 127.0.0.1
ip netns exec r1 iptables -A FORWARD -p udp --dport 33440 -j REJECT --reject-with icmp-host-prohibited; ip netns exec r2 iptables -A FORWARD -p tcp -j REJECT --reject-with tcp-reset
ip netns exec h1 traceroute -n -q1 -w0.2 -m6 10.4.0.2
ip netns exec h1 traceroute -n -q1 -w0.2 -m6 -T 10.4.0.2
ip netns exec r1 iptables -F; ip netns exec r2 iptables -F
ip netns exec h2 arping -f -I e0 10.4.0.3
ip netns exec h2 arping -c1 -w2 -I e0 10.4.0.1
ip netns exec h2 arping -f -b 10.4.0.3
ip netns exec h2 arping -D -c1 -I e0 10.4.0.3
ip netns exec h2 arping -U -c1 -I e0 10.4.0.2
ip netns exec h2 arping -q -c1 -w1 -I e0 10.4.0.99
ip netns exec h2 arping -I lo 10.4.0.3; ip netns exec h2 arping -I nosuch 10.4.0.3; ip netns exec h2 arping 127.0.0.1; ip netns exec h2 arping -c0 10.4.0.3; ip netns exec h2 arping -s 9.9.9.9 10.4.0.3
ip netns exec r3 sysctl -qw net.ipv4.conf.br0.proxy_arp=1 net.ipv4.neigh.br0.proxy_delay=0; ip netns exec h2 arping -c1 -w1 -I e0 10.1.0.2
ip -n h3 addr add 10.4.0.2/24 dev e0; ip netns exec r3 arping -c1 -I br0 10.4.0.2; ip netns exec h2 arping -D -c2 -I e0 10.4.0.2; ip -n h3 addr del 10.4.0.2/24 dev e0
ip netns exec h2 timeout 0.8 tcpdump -l -n -t -i e0 -c4 icmp & sleep 0.3; ip netns exec h3 ping -c1 10.4.0.2 > /dev/null; wait
ip netns exec r3 timeout 0.8 tcpdump -l -n -e -t -i any icmp & sleep 0.3; ip netns exec h1 ping -s 8 -c1 10.4.0.2 > /dev/null; wait
ip netns exec r3 timeout 1.4 tcpdump -n -w /tmp/x.pcap -i br0 arp or udp & sleep 0.3; ip netns exec h2 arping -c1 -w1 -I e0 10.4.0.1 >/dev/null; wait
tcpdump -tnr /tmp/x.pcap; tcpdump -ter /tmp/x.pcap arp; tcpdump -tnr /tmp/x.pcap udp; tcpdump -c1 -tnr /tmp/x.pcap; tcpdump --count -r /tmp/x.pcap
ip netns exec h2 timeout 0.8 tcpdump -l -nt -v -i e0 udp or icmp & sleep 0.3; ip netns exec h3 traceroute -n -q1 -N1 10.4.0.2 >/dev/null; wait
ip netns exec h2 timeout 0.8 tcpdump -l -nt -Q out -i e0 icmp & sleep 0.3; ip netns exec h3 ping -c1 10.4.0.2 >/dev/null; wait
ip netns exec h2 timeout 0.8 tcpdump -l -i lo -nt icmp & sleep 0.3; ip netns exec h2 ping -c1 127.0.0.1 >/dev/null; wait
ip netns exec h2 tcpdump -D
tcpdump -r /nosuch; tcpdump -i nosuch; tcpdump -c0; ip netns exec h2 tcpdump -i e0 foo bar; ip netns exec h2 tcpdump -i e0 host nosuch.example
"""
TIMES = re.compile(r" +\d+\.\d{3} ?ms")
DRAWN = ((re.compile(r"\bid \d+"), "id N"), (re.compile(r"\.[3-6]\d{4} >"), ".PORT >"), (re.compile(r"cksum 0x\w+( -> 0x\w+)?"), "cksum X"))


def _missing() -> str:
    if reason := missing(*TOOLS):
        return reason
    versions = (("traceroute", b"2.1.2"), ("arping", b"20221126"), ("tcpdump", b"4.99"))
    for tool, version in versions:
        told = subprocess.run([tool, "--version" if tool != "arping" else "-V"], capture_output=True, check=False)
        if version not in told.stdout + told.stderr:
            return f"compares with {tool} {version.decode()}"
    return ""


def _comparable(text: str) -> str:
    text = TIMES.sub("  T ms", text)
    for drawn, mask in DRAWN:
        text = drawn.sub(mask, text)
    return text


@pytest.mark.skipif(bool(_missing()), reason=_missing() or "runs")
def test_probes_find_the_same_in_a_real_network_and_here() -> None:
    lines = [line for line in LINES.splitlines() if line]
    real = ask_real(lines, seconds=90)
    host = netsim.World(seed=0).host("h1")
    differing = {}
    for line, (stdout, stderr, status, _) in zip(lines, real, strict=True):
        told = host.run(line)
        ours = (_comparable(told.stdout), _comparable(told.stderr), told.status)
        theirs = (_comparable(stdout), _comparable(stderr), status)
        if ours != theirs:
            differing[line] = {"real": theirs, "ours": ours}
    assert not differing, json.dumps(differing, indent=1)
