"""Commands that are right in their grammar, over few enough names that they often meet."""

from __future__ import annotations

from hypothesis import strategies as st

NETNS = st.sampled_from(["a", "b", "c"])
DEV = st.sampled_from(["d0", "d1", "d2", "d3", "br0", "br1", "lo"])
NEW = st.sampled_from(["d0", "d1", "d2", "d3"])
BRIDGE = st.sampled_from(["br0", "br1"])
ADDRESS = st.sampled_from(["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.1.1", "192.168.7.1"])
PREFIX = st.sampled_from(["10.0.0.0/24", "10.0.1.0/24", "10.0.0.2/32", "default", "172.16.0.0/12"])
LENGTH = st.sampled_from(["24", "24", "24", "16", "32", "30"])
MAC = st.sampled_from(["02:00:00:00:00:01", "02:00:00:00:00:02"])
SMALL = st.integers(1, 3).map(str)
TABLE = st.sampled_from(["main", "100", "local"])
KIND = st.sampled_from(["dummy", "ifb", "bridge"])
ON_OFF = st.sampled_from(["on", "off"])
WHERE = st.one_of(st.just(""), st.just(""), NETNS.map("ip netns exec {} ".format))


def line(template: str, *slots: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """A command with its holes filled, in the machine's namespace or another."""
    return st.tuples(WHERE, st.tuples(*slots)).map(lambda made: made[0] + template.format(*made[1]))


HERE = [
    st.tuples(NETNS).map(lambda name: f"ip netns add {name[0]}"),
    st.tuples(NETNS).map(lambda name: f"ip netns add {name[0]}"),
    st.tuples(NETNS).map(lambda name: f"ip netns del {name[0]}"),
    st.sampled_from(["sleep 1", "sleep 0.1", "sleep 40"]),
]
LINKS = [
    line("ip link add {} type {}", NEW, KIND), line("ip link add {} type bridge", BRIDGE), line("ip link add {} type veth peer name {}", NEW, NEW),
    line("ip link add {} type veth peer name {} netns {}", NEW, NEW, NETNS), line("ip link add {} type vlan id {} link {}", NEW, SMALL, DEV),
    line("ip link add {} link {} type macvlan mode bridge", NEW, DEV), line("ip link del {}", DEV), line("ip link set {} up", DEV), line("ip link set {} up", DEV),
    line("ip link set {} up", DEV), line("ip link set {} down", DEV), line("ip link set {} master {}", DEV, BRIDGE), line("ip link set {} nomaster", DEV),
    line("ip link set {} netns {}", DEV, NETNS), line("ip link set {} netns 1", DEV), line("ip link set {} name {}", DEV, NEW),
    line("ip link set {} mtu {}", DEV, st.sampled_from(["1400", "1500", "100"])), line("ip link set {} address {}", DEV, MAC), line("ip link set {} promisc {}", DEV, ON_OFF),
    line("ip link set {} arp {}", DEV, ON_OFF), line("ip link set {} type bridge stp_state {}", BRIDGE, st.sampled_from("01")),
    line("ip link set {} type bridge ageing_time {}", BRIDGE, st.sampled_from(["0", "100", "30000"])), line("ip link property add dev {} altname {}", DEV, st.just("other")),
]  # fmt: skip
PORTS = [
    line("bridge link set dev {} learning {}", DEV, ON_OFF), line("bridge link set dev {} hairpin {}", DEV, ON_OFF), line("bridge link set dev {} state {}", DEV, st.sampled_from("01234")),
    line("bridge link set dev {} isolated {}", DEV, ON_OFF), line("bridge fdb add {} dev {} master static", MAC, DEV), line("bridge fdb del {} dev {} master", MAC, DEV),
    line("brctl addif {} {}", BRIDGE, DEV), line("brctl delif {} {}", BRIDGE, DEV), line("brctl addbr {}", BRIDGE), line("brctl delbr {}", BRIDGE), line("brctl stp {} {}", BRIDGE, ON_OFF),
]  # fmt: skip
ADDRESSES = [
    line("ip addr add {}/{} dev {}", ADDRESS, LENGTH, DEV), line("ip addr add {}/{} dev {}", ADDRESS, LENGTH, DEV), line("ip addr del {}/{} dev {}", ADDRESS, LENGTH, DEV),
    line("ip addr flush dev {}", DEV), line("ip addr replace {}/{} dev {} valid_lft 30 preferred_lft 10", ADDRESS, LENGTH, DEV), line("ifconfig {} {} up", DEV, ADDRESS),
    line("ifconfig {} down", DEV), line("ip addr add {} peer {} dev {}", ADDRESS, ADDRESS, DEV),
]  # fmt: skip
ROUTES = [
    line("ip route add {} dev {}", PREFIX, DEV), line("ip route add {} via {}", PREFIX, ADDRESS), line("ip route replace {} via {} metric {}", PREFIX, ADDRESS, SMALL),
    line("ip route del {}", PREFIX), line("ip route add {} dev {} table {}", PREFIX, DEV, TABLE), line("ip route add blackhole {} metric {}", PREFIX, SMALL), line("ip route flush table {}", TABLE),
    line("ip route add {} nexthop via {} nexthop via {}", PREFIX, ADDRESS, ADDRESS), line("ip route get {}", ADDRESS), line("ip rule add from {} table {}", ADDRESS, TABLE),
    line("ip rule del from {}", ADDRESS), line("ip rule add iif {} prohibit", DEV), line("ip neigh add {} lladdr {} dev {}", ADDRESS, MAC, DEV),
    line("ip neigh replace {} lladdr {} dev {} nud stale", ADDRESS, MAC, DEV), line("ip neigh del {} dev {}", ADDRESS, DEV), line("ip neigh flush dev {}", DEV),
    line("sysctl -w net.ipv4.conf.{}.{}={}", DEV, st.sampled_from(["rp_filter", "proxy_arp", "arp_ignore", "forwarding"]), st.sampled_from("012")), line("sysctl -w net.ipv4.ip_forward={}", st.sampled_from("01")),
]  # fmt: skip
TRAFFIC = [
    line("ping -c 1 -W 1 {}", ADDRESS), line("ping -c 2 -i 0.2 -W 1 {}", ADDRESS), line("ping -b -c 1 -W 1 10.0.0.255", ), line("iptables -A INPUT -s {} -j DROP", ADDRESS), line("iptables -F"),
]  # fmt: skip
COMMAND = st.one_of(*HERE, *LINKS, *PORTS, *ADDRESSES, *ROUTES, *TRAFFIC)
COMMANDS = st.lists(COMMAND, min_size=1, max_size=25)
