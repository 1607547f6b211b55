"""The same command lines in a private network of this machine and in netsim, where this machine can do that."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

import netsim
from tests.real.machine import ask_real, missing

TOOLS = ("ip", "ifconfig", "route", "arp", "netstat", "nstat", "ethtool", "ping", "sysctl")
LINES = """
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip link add eth0 address 02:00:00:00:00:01 type veth peer name px address 02:00:00:00:00:02
ip link set px up; ip link set lo up
ifconfig
ifconfig -a
ifconfig eth0
ifconfig eth0 10.0.0.1 netmask 255.255.255.0
ifconfig eth0:1 10.0.0.2/24
ifconfig eth0:2 172.31.0.1
ifconfig eth0:2
ifconfig eth0:9
ifconfig eth0:9 up
ifconfig -s
netstat -i
ip -4 addr show eth0
ifconfig eth0:1 down; ifconfig eth0 add 10.0.0.9; ifconfig eth0 del 172.31.0.1
ip -4 addr show eth0
ifconfig eth0 mtu 1400 hw ether 02:00:00:00:00:aa promisc -arp -broadcast
ifconfig eth0
ifconfig eth0 mtu 50
ifconfig eth0 arp -promisc allmulti hw ether 02:00:00:00:00:01
ifconfig eth0 netmask 255.0.255.0
ifconfig eth0 hw ether 01:02
ifconfig eth0 pointopoint 10.0.0.3
ip -4 addr show eth0
ifconfig eth0 10.0.0.5/33
ip -4 addr show eth0
ifconfig eth0 224.0.0.1
ifconfig eth0 10.0.0.1/24
ifconfig nosuch up
ifconfig nosuch 10.0.0.1
ifconfig eth0 10.0.0.300
ifconfig eth0 hw foo
ifconfig -z
cat /proc/net/route
route add default gw 10.0.0.254
route add default gw 10.0.0.254
route add -net 10.50.0.0/16 gw 10.0.0.253 metric 7 mss 1300 window 4096 irtt 300
route add -net 10.52.0.0 netmask 255.255.0.0 dev eth0
route add -host 10.53.0.1 gw 10.0.0.251
route add -net 10.54.0.0/16 reject
route add -net 10.55.0.1/16 gw 10.0.0.253
route add -net 10.56.0.0/16
route add -net 10.56.0.0 dev eth0
route add 10.58.0.0/16 gw 10.0.0.253
route add default gw 1.2.3.4
route add -net 10.59.0.0/16 gw default
route add -net 10.60.0.0/16 mss 1
route -n
route -ne
route -nee
netstat -rn
netstat -rnee
ip route
cat /proc/net/fib_trie
route del -net 10.52.0.0/16
route del -net 10.52.0.0/16
route del default
route foo
route add
route flush
route -A foo
cat /proc/net/route
arp -s 10.0.0.77 02:00:00:00:00:77
arp -s 10.0.0.78 02:00:00
arp -s 9.9.9.9 02:00:00:00:00:09
arp -s 10.0.0.79 zz
arp -s 10.0.0.80 02:00:00:00:00:80 pub
arp -i eth0 -Ds 10.0.0.81 eth0 pub
arp -n
arp -an
arp -vn -i lo
arp -n 10.0.0.99
arp -d 10.0.0.77
arp -d 10.0.0.77
cat /proc/net/arp
ip netns add x; ip link add t0 address 02:00:00:00:01:01 type veth peer name t1; ip link set t1 netns x; ip -n x addr add 10.9.0.2/24 dev t1; ip -n x link set t1 up
ifconfig t0 10.9.0.1/24; ping -c2 -i0.2 -q 10.9.0.2 > /dev/null
nstat | grep -v Ip6 | grep -v Icmp6
nstat | grep -v Ip6 | grep -v Icmp6  # a report of IPv6 may fall between the two on a busy machine
nstat -az 'IpIn*' IpForwarding
netstat -tuln
netstat -an
netstat -z
netstat -ri
netstat -gn
netstat -sw
cat /proc/net/snmp
cat /proc/net/tcp /proc/net/udp /proc/net/unix
ethtool nosuch
ethtool t0
ethtool -i t0
ethtool -i lo
ethtool -S t0
ethtool -k t0
ethtool -K t0 tx off
ethtool -K t0 lro on
ethtool -K t0 foo on
ip link add br0 type bridge stp_state 1; ip link set px master br0; ip link set br0 up
for f in mtu flags type ifindex iflink addr_len tx_queue_len operstate; do cat /sys/class/net/px/$f /sys/class/net/br0/$f; done
echo 10 > /sys/class/net/px/mtu
echo 200 > /sys/class/net/br0/bridge/ageing_time; cat /sys/class/net/br0/bridge/ageing_time
echo 1 > /sys/class/net/br0/bridge/forward_delay
echo 1 > /sys/class/net/px/brport/hairpin_mode; cat /sys/class/net/br0/brif/px/hairpin_mode
echo 1 > /sys/class/net/px/ifindex
cd /sys/class/net/br0/bridge && cat priority bridge_id root_id stp_state forward_delay max_age hello_time group_addr group_fwd_mask
"""
# fib_trie is read before routes are deleted: the shape that deletions leave is not modelled (netsim/machine/procnet_fib.py)
HASHED = re.compile(r"arp|ip neigh|cat /proc/net/arp")
GENERATED = re.compile(r"(?<![0-9a-f:])(?!02:00:00|00:00:00|ff:ff|01:80)(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")


def _missing() -> str:
    if reason := missing(*TOOLS):
        return reason
    version = subprocess.run(["ifconfig", "-V"], capture_output=True, check=False).stdout
    return "" if b"2.10" in version else "compares with net-tools 2.10"


def _comparable(line: str, text: str) -> str:
    text = GENERATED.sub("MAC", text)
    return "\n".join(sorted(text.splitlines())) if HASHED.match(line) else text


@pytest.mark.skipif(bool(_missing()), reason=_missing() or "runs")
def test_the_same_lines_print_the_same_in_a_real_network_and_here() -> None:
    lines = [line for line in LINES.splitlines() if line]
    real = ask_real(lines, seconds=60)
    host = netsim.World(seed=0).host("h1")
    differing = {}
    for line, (stdout, stderr, status, _) in zip(lines, real, strict=True):
        told = host.run(line)
        ours = (_comparable(line, told.stdout), _comparable(line, told.stderr), told.status)
        theirs = (_comparable(line, stdout), _comparable(line, stderr), status)
        if ours != theirs:
            differing[line] = {"real": theirs, "ours": ours}
    assert not differing, json.dumps(differing, indent=1)
