"""Small labs, each with one trouble: `red` and `blue` on two networks of the router `mid`, or two stations on one bridge."""

from __future__ import annotations

import attrs

import netsim

ROUTED = """
for n in red mid blue; do ip netns add $n; ip -n $n link set lo up; done
ip link add r0 netns red type veth peer name m0 netns mid
ip link add b0 netns blue type veth peer name m1 netns mid
ip -n red addr add 10.0.1.2/24 dev r0
ip -n mid addr add 10.0.1.1/24 dev m0
ip -n mid addr add 10.0.2.1/24 dev m1
ip -n blue addr add 10.0.2.2/24 dev b0
ip -n red link set r0 up; ip -n mid link set m0 up; ip -n mid link set m1 up; ip -n blue link set b0 up
ip -n red route add default via 10.0.1.1
ip -n blue route add default via 10.0.2.1
ip netns exec mid sysctl -qw net.ipv4.ip_forward=1
ip netns exec blue nc -lk -p 80 &
ip netns exec blue nc -luk -p 53 &
"""

BRIDGED = """
ip link set lo up
ip link add br0 type bridge; ip link set br0 up
for n in red blue; do
  ip netns add $n; ip -n $n link set lo up
  ip link add v-$n type veth peer name eth0 netns $n
  ip link set v-$n master br0 up; ip -n $n link set eth0 up
done
ip -n red addr add 10.0.0.2/24 dev eth0
ip -n blue addr add 10.0.0.3/24 dev eth0
"""


@attrs.frozen
class Trouble:
    """A lab with one fault: the reason it must be explained by, where the cause sits, and what cures it."""

    code: str
    script: str
    target: str
    place: str = ""
    cause: str = ""
    cure: str = ""
    source: str = "red"
    size: int = 0
    name: str = ""

    def world(self) -> netsim.World:
        """The lab, with its fault."""
        world = netsim.World()
        done = world.host("h1").run_script(self.script)
        assert not done.status, done
        return world


def on(place: str, line: str) -> str:
    """A line typed in a namespace."""
    return f"ip netns exec {place} {line}\n"


HAIRPIN = """
ip link set lo up
ip link add br0 type bridge
ip link set br0 up
for n in red blue mid; do
  ip netns add $n
  ip -n $n link set lo up
  ip link add v-$n type veth peer name eth0 netns $n
  ip link set v-$n master br0 up
  ip -n $n link set eth0 up
done
ip -n mid addr add 10.0.0.1/24 dev eth0
ip -n red addr add 10.0.0.2/24 dev eth0
ip -n blue addr add 10.0.0.3/24 dev eth0
ip netns exec mid sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0
ip netns exec mid iptables -t nat -A PREROUTING -p tcp --dport 8080 -j DNAT --to-destination 10.0.0.3:80
ip netns exec blue nc -lk -p 80 &
"""
TUNNEL = """
ip -n red link add t0 type {red} local 10.0.1.2 remote 10.0.2.2
ip -n blue link add t0 type {blue} local 10.0.2.2 remote 10.0.1.2
ip -n red addr add 10.7.0.1/24 dev t0
ip -n blue addr add 10.7.0.2/24 dev t0
ip -n red link set t0 up
ip -n blue link set t0 up
"""
NO_IPV6 = """
sysctl -qw net.ipv6.conf.all.disable_ipv6=1
sysctl -qw net.ipv6.conf.default.disable_ipv6=1
"""
LOOP = """
ip link add br1 type bridge
ip link set br1 up
for i in 1 2; do
  ip link add l$i type veth peer name k$i
  ip link set l$i master br0 up
  ip link set k$i master br1 up
done
"""

SIBLINGS = """
ip link add p0 type dummy
ip link set p0 up
for n in red blue; do
  ip netns add $n
  ip link add sib link p0 netns $n type {kind}
  ip -n $n link set sib up
done
ip -n red addr add 10.0.0.2/24 dev sib
ip -n blue addr add 10.0.0.3/24 dev sib
"""


def tunnel(red: str, blue: str) -> str:
    """Two ends of a tunnel over the router, which need not fit each other."""
    return ROUTED + TUNNEL.format(red=red, blue=blue)


TROUBLES = [
    Trouble(
        "arp-ignored", BRIDGED + "ip -n blue addr add 10.0.0.9/32 dev lo\n" + on("blue", "sysctl -qw net.ipv4.conf.all.arp_ignore=1"), "10.0.0.9", "blue",
        "arp_ignore at eth0", on("blue", "sysctl -qw net.ipv4.conf.all.arp_ignore=0"),
    ),
    Trouble(
        "macvlan-mode", SIBLINGS.format(kind="macvlan mode private"), "10.0.0.3", "red", "10.0.0.3 is on sib of blue",
        "for n in red blue; do ip -n $n link set sib type macvlan mode bridge; done\n",
    ),
    Trouble("macvlan-mode", SIBLINGS.format(kind="ipvlan mode l3 private"), "10.0.0.3", "red", "sib", "ip -n red link set sib type ipvlan mode l3 bridge\n", name="private-ipvlans"),
    Trouble("macvlan-mode", SIBLINGS.format(kind="ipvlan mode l2 private"), "10.0.0.3", "red", "10.0.0.3 is on sib of blue", name="private-ipvlans-on-layer-2"),
    Trouble("macvlan-parent", SIBLINGS.format(kind="macvlan mode bridge") + "ip addr add 10.0.0.1/24 dev p0\n", "10.0.0.1", "red", "whose p0 is below"),
    Trouble(
        "behind-neighbour", ROUTED + "ip -n red addr add 10.0.1.2/16 dev r0; ip -n red addr del 10.0.1.2/24 dev r0\n", "10.0.2.2:80", "mid", "10.0.2.2 is behind m1",
        on("mid", "sysctl -qw net.ipv4.conf.m0.proxy_arp=1"),
    ),
    Trouble("no-route", ROUTED + "ip -n red route del default\n", "10.0.2.2", "red", "Network is unreachable", "ip -n red route add default via 10.0.1.1"),
    Trouble("no-route", ROUTED, "8.8.8.8:53/udp", "mid", "8.8.8.8", name="no-route-at-the-router"),
    Trouble("no-route", ROUTED + "ip -n blue route del default\n", "10.0.2.2:80", "blue", "10.0.1.2", "ip -n blue route add default via 10.0.2.1", name="no-way-back"),
    Trouble("route-refuses", ROUTED + "ip -n red route add blackhole 10.0.2.0/24\n", "10.0.2.2:80", "red", "blackhole 10.0.2.0/24", "ip -n red route del blackhole 10.0.2.0/24"),
    Trouble("route-refuses", ROUTED + "ip -n mid route add prohibit 10.9.0.0/16\n", "10.9.0.1", "mid", "prohibit 10.9.0.0/16", name="route-prohibits-at-the-router"),
    Trouble(
        "policy-rule-refuses", ROUTED + "ip -n mid rule add from 10.0.1.2 to 10.0.2.2 pref 100 prohibit\n", "10.0.2.2:80", "mid", "policy rule 100", "ip -n mid rule del pref 100"
    ),
    Trouble("forwarding-off", ROUTED + on("mid", "sysctl -qw net.ipv4.ip_forward=0"), "10.0.2.2:80", "mid", "net.ipv4.conf.m0.forwarding = 0", on("mid", "sysctl -qw net.ipv4.ip_forward=1")),
    Trouble(
        "rp-filter",
        ROUTED + on("mid", "sysctl -qw net.ipv4.conf.all.rp_filter=1") + "ip -n mid route add 10.0.1.2/32 dev m1\n",
        "10.0.2.2:80", "mid", "rp_filter = 1", "ip -n mid route del 10.0.1.2/32 dev m1",
    ),
    Trouble("martian-source", ROUTED + "ip -n mid addr add 10.0.1.2/32 dev lo\n", "10.0.2.2:80", "mid", "", "ip -n mid addr del 10.0.1.2/32 dev lo"),
    Trouble("ttl-exceeded", ROUTED + "ip -n mid route add 10.9.0.0/16 via 10.0.2.2\nip -n blue route add 10.9.0.0/16 via 10.0.2.1\n" + on("blue", "sysctl -qw net.ipv4.ip_forward=1"), "10.9.0.1", "", ""),
    Trouble("too-big", ROUTED + "ip -n mid link set m1 mtu 1300\n", "10.0.2.2", "mid", "mtu 1300", "ip -n mid link set m1 mtu 1500", size=1400),
    Trouble("device-down", BRIDGED + "ip link set v-blue down\n", "10.0.0.3", "", "", "ip link set v-blue up", name="device-down-at-the-bridge"),
    Trouble("neighbour-failed", ROUTED, "10.0.2.9:80", "mid", "10.0.2.9 dev m1 FAILED"),
    Trouble("wrong-station", ROUTED + "ip -n red neigh add 10.0.1.1 lladdr 02:00:00:00:00:99 dev r0 nud permanent\n", "10.0.2.2", "mid", "", "ip -n red neigh del 10.0.1.1 dev r0"),
    Trouble("tunnel-broken", tunnel("vxlan id 7 dstport 4789", "vxlan id 8 dstport 4789"), "10.7.0.2:80", "blue", "", name="another-vni"),
    Trouble("tunnel-broken", tunnel("gre key 5", "gre"), "10.7.0.2:80", "blue", "no tunnel here takes it", name="another-key"),
    Trouble("tunnel-broken", tunnel("ipip", "gre"), "10.7.0.2", "blue", "no tunnel here takes it", name="nobody-unwraps"),
    Trouble("answer-not-translated", HAIRPIN, "10.0.0.1:8080", "red", "no connection is from 10.0.0.3:80 to 10.0.0.2:", on("mid", "iptables -t nat -A POSTROUTING -d 10.0.0.3 -j MASQUERADE"), name="hairpin-without-masquerade"),
    Trouble("answer-strayed", ROUTED + on("mid", "iptables -t nat -A POSTROUTING -o m1 -j SNAT --to-source 10.0.2.2") + on("blue", "sysctl -qw net.ipv4.conf.all.accept_local=1 net.ipv4.conf.b0.accept_local=1"), "10.0.2.2", "blue", "local 10.0.2.2", on("mid", "iptables -t nat -F"), name="answer-to-itself"),
    Trouble("answer-strayed", ROUTED + on("mid", "iptables -t raw -A PREROUTING -i m0 -j CT --zone 1") + on("mid", "iptables -t nat -A POSTROUTING -o m1 -j MASQUERADE"), "10.0.2.2", "mid", "local 10.0.2.1", on("mid", "iptables -t raw -F"), name="answer-in-another-zone"),
    Trouble("queue-drop", ROUTED + "tc -n mid qdisc add dev m1 root netem loss 100%\n", "10.0.2.2:80", "mid", "", "tc -n mid qdisc del dev m1 root"),
    Trouble("tc-filter", ROUTED + "tc -n mid qdisc add dev m0 ingress\ntc -n mid filter add dev m0 ingress protocol ip u32 match ip dst 10.0.2.2 action drop\n", "10.0.2.2:80", "mid", "", "tc -n mid qdisc del dev m0 ingress"),
    Trouble("port-state", BRIDGED + "ip link set br0 type bridge stp_state 1 forward_delay 3000\nip link set v-red down\nip link set v-red up\n", "10.0.0.3", "h1", "", "ip link set br0 type bridge stp_state 0\nip link set br0 down\nip link set br0 up"),
    Trouble("martian-destination", ROUTED + on("mid", "nc -lk -p 8000 &") + on("mid", "iptables -t nat -A PREROUTING -p tcp --dport 8000 -j DNAT --to 127.0.0.1"), "10.0.1.1:8000", "mid", "127.0.0.1", on("mid", "sysctl -qw net.ipv4.conf.m0.route_localnet=1")),
    Trouble("ipv6-disabled", ROUTED + "ip -n red addr add fd00:1::2/64 dev r0 nodad\nip -n mid addr add fd00:1::1/64 dev m0 nodad\nip -n red route add fd00:2::/64 via fd00:1::1\n" + on("red", "ping -c1 -W2 fd00:1::1 >/dev/null") + on("mid", "sysctl -qw net.ipv6.conf.m0.disable_ipv6=1"), "fd00:2::2", "mid", ""),
    Trouble("forwarding-off", ROUTED + "ip -n red addr add fd00:1::2/64 dev r0 nodad\nip -n mid addr add fd00:1::1/64 dev m0 nodad\nip -n mid addr add fd00:2::1/64 dev m1 nodad\nip -n blue addr add fd00:2::2/64 dev b0 nodad\nip -n red route add fd00:2::/64 via fd00:1::1\nip -n blue route add fd00:1::/64 via fd00:2::1\n", "fd00:2::2", "mid", "net.ipv6.conf.all.forwarding = 0", on("mid", "sysctl -qw net.ipv6.conf.all.forwarding=1"), name="forwarding-off-for-ipv6"),
    Trouble("tunnel-broken", ROUTED + "ip -n red link add vx0 type vxlan id 7 dstport 4789 remote 10.0.2.2\nip -n red addr add 10.7.0.1/24 dev vx0\nip -n red link set vx0 up\nip -n red route add unreachable 10.0.2.2/32\nip -n red neigh add 10.7.0.2 lladdr 02:00:00:00:00:07 dev vx0 nud permanent\n", "10.7.0.2", "red", "", name="no-way-for-the-outer-packet"),
    Trouble("neighbour-failed", BRIDGED, "10.0.0.9", "red", "", name="nobody-on-the-bridge"),
    Trouble("vlan-filtered", BRIDGED + "ip link set br0 type bridge vlan_filtering 1\nbridge vlan del dev v-red vid 1\n", "10.0.0.3", "h1", "", "bridge vlan add dev v-red vid 1 pvid untagged"),
    Trouble("port-isolated", BRIDGED + "bridge link set dev v-red isolated on\nbridge link set dev v-blue isolated on\n", "10.0.0.3", "h1", "isolated", "bridge link set dev v-red isolated off"),
    Trouble("rule-drop", ROUTED + on("mid", "iptables -A FORWARD -p tcp --dport 80 -j DROP"), "10.0.2.2:80", "mid", "filter FORWARD rule 1: -A FORWARD -p tcp -m tcp --dport 80 -j DROP", on("mid", "iptables -F")),
    Trouble("rule-drop", ROUTED + on("mid", "nft 'add table inet f; add chain inet f c { type filter hook forward priority 0; }; add rule inet f c tcp dport 80 drop'"), "10.0.2.2:80", "mid", "tcp dport 80 drop", on("mid", "nft flush ruleset"), name="rule-drop-nft"),
    Trouble("rule-drop", ROUTED + on("blue", "iptables -A OUTPUT -p tcp --sport 80 -j DROP"), "10.0.2.2:80", "blue", "-j DROP", on("blue", "iptables -F"), name="rule-drops-the-answer"),
    Trouble("rule-drop", ROUTED + on("red", "iptables -A OUTPUT -p tcp --dport 80 -j DROP"), "10.0.2.2:80", "red", "OUTPUT rule 1", on("red", "iptables -F"), name="rule-drop-at-the-source"),
    Trouble("rule-reject", ROUTED + on("blue", "iptables -A INPUT -p tcp --dport 80 -j REJECT --reject-with tcp-reset"), "10.0.2.2:80", "blue", "tcp-reset", on("blue", "iptables -F")),
    Trouble("policy-drop", ROUTED + on("mid", "iptables -P FORWARD DROP"), "10.0.2.2:53/udp", "mid", "filter FORWARD policy", on("mid", "iptables -P FORWARD ACCEPT")),
    Trouble("no-listener", ROUTED, "10.0.2.2:81", "blue", "nothing listens on 10.0.2.2:81", on("blue", "nc -lk -p 81 &")),
    Trouble("no-listener", ROUTED, "10.0.2.2:54/udp", "blue", "10.0.2.2:54", on("blue", "nc -luk -p 54 &"), name="no-listener-udp"),
    Trouble("listener-elsewhere", ROUTED + on("blue", "nc -lk -s 127.0.0.1 -p 8000 &"), "10.0.2.2:8000", "blue", "10.0.2.2:8000"),
    Trouble("echo-ignored", ROUTED + on("blue", "sysctl -qw net.ipv4.icmp_echo_ignore_all=1"), "10.0.2.2", "blue", "icmp_echo_ignore_all = 1", on("blue", "sysctl -qw net.ipv4.icmp_echo_ignore_all=0")),
    Trouble("address-unusable", ROUTED, "10.0.1.255:53/udp", "", "", name="broadcast-without-leave"),
    Trouble("name-server-silent", ROUTED + "echo 'nameserver 10.0.2.9' > /etc/resolv.conf\n", "web:80", "", "", "echo 10.0.2.2 web >> /etc/hosts"),
    Trouble(
        "tunnel-no-remote",
        ROUTED + "ip -n red link add vx0 type vxlan id 7 dstport 4789 local 10.0.1.2\nip -n red addr add 10.7.0.1/24 dev vx0\nip -n red link set vx0 up\n"
        "ip -n red neigh add 10.7.0.2 lladdr 02:00:00:00:00:07 dev vx0 nud permanent\n",
        "10.7.0.2", "red", "",
    ),
    Trouble("tracking-drop", ROUTED + on("mid", "iptables -A FORWARD -m conntrack --ctstate NEW -j ACCEPT") + "sysctl -qw net.netfilter.nf_conntrack_max=1\n" + on("red", "ping -c1 10.0.2.2 >/dev/null"), "10.0.2.2:80", "mid", "table full", "sysctl -qw net.netfilter.nf_conntrack_max=100"),
]  # fmt: skip
