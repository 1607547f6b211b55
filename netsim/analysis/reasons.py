"""The closed set of reasons an explanation ends with; `docs/explain.md` has a paragraph on each."""

from __future__ import annotations

import attrs

REACHED, BLOCKED, UNKNOWN = "reached", "blocked", "unknown"


@attrs.frozen
class Reason:
    """Why a question was answered as it was: a code to assert on, and what it means in a sentence."""

    code: str
    meaning: str
    fix: str = ""
    """What usually helps, where something does."""
    verdict: str = BLOCKED


REASONS: dict[str, Reason] = {
    reason.code: reason
    for reason in (
        Reason("reached", "the other end answered (UDP: took the datagram)", verdict=REACHED),
        Reason(
            "reached-by-relay", "the other end answered docker-proxy, which relays on a connection of its own: the server sees its address, not the client's",
            verdict=REACHED,
        ),
        # names
        Reason("name-not-found", "the name has no address where it was asked for"),
        Reason("name-server-silent", "no name server answered", "make the name servers in /etc/resolv.conf reachable, or name others"),
        Reason("container-not-running", "the name is that of a container that does not run", "find out what it failed for: docker start NAME"),
        # routes
        Reason("no-route", "no route leads to the destination", "add a route: ip route add DESTINATION via GATEWAY"),
        Reason("route-refuses", "the route that fits says so: unreachable, prohibit or blackhole", "remove the refusing route"),
        Reason("policy-rule-refuses", "a policy rule (ip rule) refuses the packet", "remove the refusing rule"),
        Reason("forwarding-off", "the packet is for somebody else, and this machine does not forward", "sysctl -w net.ipv4.ip_forward=1"),
        Reason(
            "rp-filter", "the way back to the source is not the way the packet came (strict or loose rp_filter)",
            "add the route back by the incoming device, or set rp_filter to 2 or 0",
        ),
        Reason("martian-source", "the source address cannot come in here: one of this machine's own, or one no packet may have"),
        Reason("martian-destination", "the destination address cannot come in here"),
        Reason("ttl-exceeded", "the packet made too many hops: mostly a loop of routes"),
        Reason("too-big", "the packet is larger than the MTU ahead and may not be cut", "use the smaller MTU on the way, or let ICMP through"),
        # links and neighbours
        Reason("arp-ignored", "the other end has the address and is told not to answer for it here (arp_ignore, arp_filter)", "sysctl -w net.ipv4.conf.all.arp_ignore=0"),
        Reason(
            "behind-neighbour", "the address is not on the link but behind a machine on it, and nobody says so",
            "let that machine answer (ip neigh add proxy ADDRESS dev DEVICE; IPv6: proxy_ndp=1), or route the prefix to it",
        ),
        Reason("macvlan-parent", "a device and the macvlans and ipvlans on it do not hear each other", "give the host a macvlan of its own on the same device, and a route by it"),
        Reason("macvlan-mode", "the mode of the macvlan or ipvlan keeps it apart from its siblings (private, vepa)", "ip link set DEVICE type macvlan mode bridge"),
        Reason("device-down", "the device is down, or has no carrier because its other end is down", "ip link set DEVICE up (both ends)"),
        Reason("neighbour-failed", "nobody on the link answered for the next hop's address"),
        Reason("wrong-station", "the frame's MAC address is not that of the device it arrived at", "remove the wrong neighbour entry"),
        Reason("port-state", "a bridge port is not forwarding (spanning tree, or set so)"),
        Reason("vlan-filtered", "a bridge's VLAN filter does not let the frame in or out", "bridge vlan add dev PORT vid VID"),
        Reason("port-isolated", "the bridge does not send from this port to that one: isolated ports, hairpin or flooding off"),
        Reason("queue-drop", "the queueing discipline of the device dropped the packet"),
        Reason("tc-filter", "a filter of tc on the device drops the packet", "tc filter show dev DEVICE (ingress, egress, parent)"),
        Reason("storm", "the frame goes round in a loop of bridges", "switch spanning tree on, or take the loop out"),
        Reason("tunnel-no-remote", "the tunnel does not know where the other end is", "bridge fdb append 00:00:00:00:00:00 dev VXLAN dst REMOTE"),
        Reason("tunnel-broken", "the tunnel's outer packet cannot be sent or is not taken"),
        Reason("ipv6-disabled", "IPv6 is switched off on the device", "sysctl -w net.ipv6.conf.DEVICE.disable_ipv6=0"),
        # packet filters
        Reason("rule-drop", "a rule of the packet filter dropped the packet"),
        Reason("rule-reject", "a rule of the packet filter refused the packet and said so"),
        Reason("policy-drop", "no rule let the packet pass, and the chain's policy drops"),
        Reason("docker-isolated", "Docker keeps its bridge networks apart", "attach both containers to one network: docker network connect"),
        Reason("docker-unpublished", "Docker lets nobody from outside to a port that is not published", "publish the port: docker run -p"),
        Reason("docker-internal", "the Docker network is internal: nobody gets in or out, and nothing is published", "attach the container to a network that is not internal, too"),
        Reason("docker-shadows", "a Docker network covers the address and goes before the route that leads there", "make the network again with another --subnet"),
        Reason("docker-rules-gone", "Docker's rules have been flushed, and its policy DROP has stayed", "systemctl restart docker"),
        Reason(
            "bridge-netfilter", "a frame that is only bridged was given to iptables, whose policy drops it",
            "sysctl -w net.bridge.bridge-nf-call-iptables=0, or let the bridge pass: iptables -I DOCKER-USER -i BRIDGE -o BRIDGE -j ACCEPT",
        ),
        Reason("tracking-drop", "connection tracking dropped the packet: table full, addresses taken, or the masqueraded way changed"),
        # the other end
        Reason("no-listener", "nobody listens on the port", "start the server, or ask for the port it listens on"),
        Reason("listener-elsewhere", "a server listens on the port, but not on this address", "let the server listen on 0.0.0.0"),
        Reason("listener-full", "the listener's queue of new connections is full"),
        Reason("no-protocol", "nobody takes packets of this protocol"),
        Reason("echo-ignored", "the other end does not answer pings", "sysctl -w net.ipv4.icmp_echo_ignore_all=0"),
        Reason(
            "answer-not-translated", "the answer came straight back, past the machine that had translated the question, and fits no connection",
            "translate the source too, so that answers come back the same way: -t nat -A POSTROUTING -d SERVER -j MASQUERADE",
        ),
        Reason(
            "answer-strayed", "the answer went to a machine that had not asked: the source was translated to an address that leads there, or the translator did not know the answer",
            "translate the source to an address of the translating machine, and track both directions in one zone",
        ),
        Reason("address-unusable", "the kernel refuses the address or the source for this destination"),
        # answers that are none
        Reason("unexplained", "no answer came, and no event of the model says why"),
        Reason("not-modelled", "the question is beyond what the model can try", verdict=UNKNOWN),
    )
}  # fmt: skip
"""Every reason by its code."""
