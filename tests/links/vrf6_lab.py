"""Two VRFs with the same IPv6 addresses, each routing between two namespaces: lines for our machine and for a real one."""

LAB = (
    "ip link set lo up; for v in red:10 blue:20; do ip link add ${v%:*} type vrf table ${v#*:}; ip link set ${v%:*} up; done",
    "for n in a b c d; do ip netns add $n; ip link add v$n type veth peer name e0 netns $n; ip -n $n link set e0 up; ip -n $n link set lo up; done",
    "ip link set va master red; ip link set vb master red; ip link set vc master blue; ip link set vd master blue",
    "for n in a b c d; do ip link set v$n up; done; sysctl -qw net.ipv6.conf.all.forwarding=1",
    "for n in a c; do ip -6 addr add fd00:1::1/64 dev v$n nodad; ip -n $n -6 addr add fd00:1::2/64 dev e0 nodad; done",
    "for n in b d; do ip -6 addr add fd00:2::1/64 dev v$n nodad; ip -n $n -6 addr add fd00:2::2/64 dev e0 nodad; done",
    "for n in a c; do ip -n $n -6 route add default via fd00:1::1; done; for n in b d; do ip -n $n -6 route add default via fd00:2::1; done",
    "sleep 3",
)
TABLES = ("ip -6 rule", "ip -6 route", "ip -6 route show table all", "ip -6 addr show red | grep -v link/", "ip -6 route show vrf red")
PACKETS = (
    "ip netns exec a ping -c1 -W1 fd00:2::2",
    "ip netns exec c ping -c1 -W1 fd00:2::1",
    "ip netns exec a ping -c1 -W1 fd00:9::1",
    "ip netns exec a traceroute -n -q1 -w1 fd00:2::2",
    "ping -c1 -W1 -I red fd00:2::2",
    "ping -c1 -W1 -I blue fd00:1::1",
    "ping -c1 -W1 -I va fd00:2::2",
    "ping -c1 -W1 -I red ff02::1",
    "ip netns exec a ping -c1 -W1 -I e0 ff02::1",
    "ip vrf exec red ping -c1 -W1 fd00:1::2",
    "ping -c1 -W1 fd00:1::1",
    "ip -6 route get fd00:1::2",
    "ip -6 route get fd00:1::2 vrf red",
    "ip -6 route get fd00:1::1 from fd00:1::2 iif va",
)
CHANGES = (
    "ip -6 route add fd00:5::/64 via fd00:2::2 vrf red",
    "ip -6 route add fd00:6::/64 via fd00:2::2",
    "ip -6 route add unreachable default metric 4278198272 vrf red",
    "ip -6 addr add fd00:ff::1/128 dev red; ip netns exec a ping -c1 -W1 fd00:ff::1",
    "ip link set va nomaster; sleep 4; ip -6 route show table all",
    "ip link set va master blue; sleep 4; ip -6 route show table all",
    "ip link del blue; sleep 4; ip -6 route show table all; ip -6 rule",
)
