"""Lines for both kernels: a client, a director with the virtual address, two real servers."""

from __future__ import annotations

from tests.ipvs.tool_lines import TOOL

__all__ = ["LAB", "MODULES", "NAT", "SEND", "SIX", "WAYS", "scheduling", "sender", "sending", "tool"]
MODULES = (
    "ip_vs", "ip_vs_rr", "ip_vs_wrr", "ip_vs_lc", "ip_vs_wlc", "ip_vs_sh", "ip_vs_dh", "ip_vs_sed", "ip_vs_nq", "ip_vs_fo", "ip_vs_ovf", "veth",
    "ipip", "ip_tables", "iptable_mangle", "iptable_nat", "xt_mark", "xt_ipvs", "xt_nat", "xt_tcpudp", "nf_conntrack_netlink",
)  # fmt: skip
LAB = [
    "for n in c d s1 s2; do ip netns add $n; ip -n $n link set lo up; done",
    "ip link add cd netns d type veth peer name eth0 netns c",
    "ip link add ds1 netns d type veth peer name eth0 netns s1",
    "ip link add ds2 netns d type veth peer name eth0 netns s2",
    "ip -n c addr add 10.0.0.2/24 dev eth0; ip -n d addr add 10.0.0.1/24 dev cd; ip -n d addr add 10.0.0.100/32 dev cd",
    "ip -n d addr add 192.168.1.254/24 dev ds1; ip -n s1 addr add 192.168.1.1/24 dev eth0",
    "ip -n d addr add 192.168.2.254/24 dev ds2; ip -n s2 addr add 192.168.2.1/24 dev eth0",
    "for n in c s1 s2; do ip -n $n link set eth0 up; done; for l in cd ds1 ds2; do ip -n d link set $l up; done",
    "ip -n c route add default via 10.0.0.1; ip -n s1 route add default via 192.168.1.254; ip -n s2 route add default via 192.168.2.254",
    "ip netns exec d sysctl -qw net.ipv4.ip_forward=1",
    "ip netns exec s1 nc -lk 8080 </dev/null >/dev/null 2>&1 & sleep 0.2",
    "ip netns exec s2 nc -lk 8080 </dev/null >/dev/null 2>&1 & sleep 0.2",
]
NAT = [
    "ip netns exec d ipvsadm -A -t 10.0.0.100:80 -s rr",
    "for i in 1 2; do ip netns exec d ipvsadm -a -t 10.0.0.100:80 -r 192.168.$i.1:8080 -m; done",
    "ip netns exec d ipvsadm -A -u 10.0.0.100:53 -s rr",
    "for i in 1 2; do ip netns exec d ipvsadm -a -u 10.0.0.100:53 -r 192.168.$i.1:53 -m; done",
    "for i in 1 2 3; do ip netns exec c nc -z -w1 -p 400$i 10.0.0.100 80; echo $?; done",
    "for i in 1 2; do echo x | ip netns exec c nc -u -w1 -p 500$i 10.0.0.100 53; echo $?; done",
    "ip netns exec d nc -z -w1 -p 6001 10.0.0.100 80; echo $?",
    "ip netns exec d ipvsadm -Lnc",
    "ip netns exec d ipvsadm -Ln",
    "sleep 2.2; ip netns exec d ipvsadm -Ln --stats -u 10.0.0.100:53",
    "ip netns exec d ipvsadm -Z; ip netns exec d ipvsadm -Ln --stats",
    "for i in 1 2; do ip netns exec d ipvsadm -e -t 10.0.0.100:80 -r 192.168.$i.1:8080 -m -w 0; done",
    "ip netns exec c nc -z -v -w1 10.0.0.100 80",
    "ip netns exec d nc -z -v -w1 10.0.0.100 80",
    "ip netns exec d ipvsadm -d -t 10.0.0.100:80 -r 192.168.1.1:8080; ip netns exec d ipvsadm -Ln",
    "ip netns exec d ipvsadm -a -t 10.0.0.100:80 -r 192.168.1.1:8080 -m; ip netns exec d ipvsadm -Ln",
    "ip netns exec d ipvsadm -D -t 10.0.0.100:80; ip netns exec d ipvsadm -Lnc",
    "ip netns exec c nc -z -v -w1 10.0.0.100 80",
    "ip netns exec d ipvsadm -C; ip netns exec d ipvsadm -Ln",
]
WAYS = [
    # direct routing: the real server has the virtual address and answers by itself
    "ip -n s1 addr add 10.0.0.100/32 dev lo; ip -n s2 addr add 10.0.0.100/32 dev lo",
    "ip netns exec s1 nc -lk 81 </dev/null >/dev/null 2>&1 & sleep 0.2",
    "ip netns exec d ipvsadm -A -t 10.0.0.100:81; ip netns exec d ipvsadm -a -t 10.0.0.100:81 -r 192.168.1.1 -g",
    "ip netns exec c nc -z -w1 -p 4101 10.0.0.100 81; echo $?",
    "ip netns exec d ipvsadm -Lnc | grep 4101",
    # tunnelling: the real server unwraps
    "modprobe ipip; ip -n s2 link set tunl0 up; ip netns exec s2 sysctl -qw net.ipv4.conf.tunl0.rp_filter=0 net.ipv4.conf.all.rp_filter=0",
    "ip netns exec s2 nc -lk 82 </dev/null >/dev/null 2>&1 & sleep 0.2",
    "ip netns exec d ipvsadm -A -t 10.0.0.100:82; ip netns exec d ipvsadm -a -t 10.0.0.100:82 -r 192.168.2.1 -i",
    "ip netns exec c nc -z -w1 -p 4102 10.0.0.100 82; echo $?",
    "ip netns exec d ipvsadm -Lnc | grep 4102",
    "ip -n s2 -s link show tunl0 | sed -n 4p",
    # by mark, with the tracker
    "ip netns exec d iptables-legacy -t mangle -A PREROUTING -d 10.0.0.100 -p tcp --dport 90 -j MARK --set-mark 300",
    "ip netns exec d iptables-legacy -t nat -A POSTROUTING -m ipvs --ipvs -d 192.168.0.0/16 -j SNAT --to-source 192.168.1.254",
    "ip netns exec d sysctl -w net.ipv4.vs.conntrack=1",
    "ip netns exec d ipvsadm -A -f 300 -s rr; for i in 1 2; do ip netns exec d ipvsadm -a -f 300 -r 192.168.$i.1:8080 -m; done",
    "for i in 1 2; do ip netns exec c nc -z -w1 -p 420$i 10.0.0.100 90; echo $?; done",
    "ip netns exec d ipvsadm -Lnc | grep :420",
    "ip netns exec d conntrack -L -p tcp --orig-port-src 4201 2>/dev/null | sed 's/TIME_WAIT//; s/tcp *6 [0-9]*//'",
    "ip netns exec d iptables-legacy -t nat -S; ip netns exec d iptables-legacy -t nat -L POSTROUTING -nv | tail -1",
    "ip netns exec d ipvsadm -Ln; ip netns exec d ipvsadm -Sn",
    "ip netns exec d sysctl -w net.ipv4.vs.conntrack=0; ip netns exec d iptables-legacy -t nat -F",
    # staying with a server
    "ip netns exec d ipvsadm -A -t 10.0.0.100:83 -s rr -p 100; for i in 1 2; do ip netns exec d ipvsadm -a -t 10.0.0.100:83 -r 192.168.$i.1:8080 -m; done",
    "for i in 1 2 3; do ip netns exec c nc -z -w1 -p 430$i 10.0.0.100 83; echo $?; done",
    "ip netns exec d ipvsadm -Lnc | grep ' 10.0.0.100:83'",
    "ip netns exec d ipvsadm -Ln --persistent-conn -t 10.0.0.100:83",
    # lifetimes and unreachable servers
    "ip netns exec d ipvsadm -A -u 10.0.0.100:54; ip netns exec d ipvsadm -a -u 10.0.0.100:54 -r 172.31.0.1:54 -m",
    "ip netns exec c traceroute -n -q1 -w1 -m3 -U -p 53 192.168.1.1",
    "ip netns exec d ipvsadm -A -u 10.0.0.100:55; ip netns exec d ipvsadm -a -u 10.0.0.100:55 -r 192.168.1.1:55 -m",
    "ip netns exec c traceroute -n -q1 -w1 -m3 -U -p 55 10.0.0.100",
    "ip netns exec c traceroute -n -q1 -w1 -m3 -U -p 54 10.0.0.100",
    "ip netns exec d ipvsadm -Lnc | grep -c UDP",
    "ip netns exec d ipvsadm -C",
]
SIX = [
    "ip -n c addr add fd00::2/64 dev eth0 nodad; ip -n d addr add fd00::1/64 dev cd nodad; ip -n d addr add fd00::100/128 dev cd nodad",
    "ip -n d addr add fd01::1/64 dev ds1 nodad; ip -n s1 addr add fd01::2/64 dev eth0 nodad; ip -n s1 route add default via fd01::1",
    "ip netns exec d sysctl -qw net.ipv6.conf.all.forwarding=1; ip netns exec s1 nc -6 -lk 8081 </dev/null >/dev/null 2>&1 & sleep 0.2",
    "ip netns exec d ipvsadm -A -t [fd00::100]:80 -s rr; ip netns exec d ipvsadm -a -t [fd00::100]:80 -r [fd01::2]:8081 -m",
    "ip netns exec c nc -6 -z -w1 -p 4401 fd00::100 80; echo $?",
    "ip netns exec d nc -6 -z -w1 -p 4402 fd00::100 80; echo $?",
    "ip netns exec d ipvsadm -Lnc; ip netns exec d ipvsadm -Ln",
    "ip netns exec d ipvsadm -e -t [fd00::100]:80 -r [fd01::2]:8081 -m -w 0",
    "ip netns exec d ipvsadm -C",
]
WEIGHTS = ("1 1 1", "3 1 2", "5 0 10")
SCHEDULERS = ("rr", "wrr", "lc", "wlc", "sh", "dh", "sed", "nq", "fo", "ovf", "sh -b sh-port,sh-fallback")


def tool(share: int = 1) -> str:
    """Every so-manyth command line, all as one, each with its status."""
    return "exec 2>&1; " + "; ".join(f"{line}; echo [$?]" for line in TOOL[::share])


DATAGRAMS = 10


def _services() -> list[tuple[str, str, str]]:
    """Address, scheduler and weights of a service for every combination."""
    pairs = [(scheduler, weights) for scheduler in SCHEDULERS for weights in WEIGHTS]
    return [(f"10.0.1.{number}", scheduler, weights) for number, (scheduler, weights) in enumerate(pairs, 21)]


def scheduling() -> list[str]:
    """Ten datagrams through every scheduler with every set of weights, each from another port."""
    rules, addresses = "", ""
    for address, scheduler, weights in _services():
        addresses += f"addr add {address}/32 dev lo\n"
        rules += f"-A -u {address}:53 -s {scheduler}\n"
        rules += "".join(f"-a -u {address}:53 -r 10.0.0.1{number} -g -w {weight}\n" for number, weight in enumerate(weights.split(), 1))
    return [
        "for i in 1 2 3; do ip -n d neigh add 10.0.0.1$i lladdr 02:00:00:00:00:1$i dev cd; done",
        f"ip -n d -batch - <<'EOF'\n{addresses}EOF",
        f"ip netns exec d ipvsadm -R <<'EOF'\n{rules}EOF",
        SEND,
        "ip netns exec d ipvsadm -Lnc",
        "ip netns exec d ipvsadm -Ln",
    ]


SEND = "send"


def sending() -> list[str]:
    """The same datagrams by netcat, for where that costs nothing."""
    return [
        f"echo x | ip netns exec d nc -u -q0 -p {20000 + 20 * number + step} {address} 53"
        for number, (address, _, _) in enumerate(_services())
        for step in range(DATAGRAMS)
    ]


def sender() -> str:
    """The same by one Python program."""
    wanted = [(address, 20000 + 20 * number) for number, (address, _, _) in enumerate(_services())]
    return f"""ip netns exec d python3 - <<'EOF'
import socket
for address, first in {wanted}:
    for step in range({DATAGRAMS}):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("", first + step))
        sock.sendto(b"x", (address, 53))
        sock.close()
EOF"""
