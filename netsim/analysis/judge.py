"""The reason of an outcome: the first event that cost the packet its life, by what decided there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from netsim.analysis.cause import Cause
from netsim.analysis.follow import ASKING, BACK, DELIVERIES, OUT, RELAY, Follower, Seen
from netsim.analysis.headers import layers
from netsim.analysis.places import CONTAINER, Names, Place
from netsim.analysis.probe import Probe
from netsim.analysis.target import ICMP, TCP
from netsim.errors import EACCES, EADDRNOTAVAIL, EAFNOSUPPORT, EINVAL, EMSGSIZE, ENETUNREACH, EPERM
from netsim.kernel.drivers.tunnel_parms import NO_TUNNEL
from netsim.kernel.inet.tcp_states import LISTEN
from netsim.kernel.tables.fib import Rule
from netsim.kernel.tables.nftables import NftTable
from netsim.packet import Arp, Tcp
from netsim.programs.net.resolver import AGAIN
from netsim.trace import Dropped, RuleMet, Step

NOISE = frozenset({"OTHERHOST", "UNHANDLED_PROTO"})
"""Deaths of copies: a flooded frame dies at every station but one."""
PLAIN = {
    "IP_INADDRERRORS": "forwarding-off",
    "IP_RPFILTER": "rp-filter",
    "IP_INVALID_SOURCE": "martian-source",
    "IP_INVALID_DEST": "martian-destination",
    "PKT_TOO_BIG": "too-big",
    "DEV_READY": "device-down",
    "QDISC_DROP": "queue-drop",
    "TC_INGRESS": "tc-filter",
    "TC_EGRESS": "tc-filter",
    "NETEM_LOSS": "queue-drop",
    "OTHERHOST": "wrong-station",
    "BRIDGE_INGRESS_STP_STATE": "port-state",
    "VLAN_FILTER": "vlan-filtered",
    "STORM": "storm",
    "VXLAN_NO_REMOTE": "tunnel-no-remote",
    "TCP_LISTEN_OVERFLOW": "listener-full",
    "IP_NOPROTO": "no-protocol",
    "IPV6DISABLED": "ipv6-disabled",
    "ARP_IGNORED": "arp-ignored",
    "IPVLAN_PRIVATE": "macvlan-mode",
}
"""Drop reasons that need no second look."""
EGRESS = {"state": "port-state", "down": "device-down", "vlan": "vlan-filtered"}
UNUSABLE = (EINVAL, EADDRNOTAVAIL, EACCES, EAFNOSUPPORT)


@attrs.frozen
class Judge:
    """Judges one attempt from `source`, after it is over."""

    probe: Probe
    follower: Follower
    names: Names
    source: Place

    def cause(self) -> Cause:
        """Why the attempt ended as it did."""
        if self.probe.outcome == "unnamed":
            lookup = self.probe.lookup
            if lookup is None or lookup.error != AGAIN:
                return Cause("name-not-found")
            death = self._death(OUT, NOISE) or self._death(BACK, NOISE)
            return Cause("name-server-silent", death.seen if death is not None else None)
        if self._is_reached():
            code = "reached" if self.follower.relay is None else "reached-by-relay"
            return Cause(code, self._last((*DELIVERIES, "icmp_echo", "icmpv6_echo_reply")))
        for way in (OUT, RELAY, BACK):
            found = self._death(way, NOISE)
            if found is not None:
                return found
        return self._ignored() or self._death(OUT, frozenset()) or self._death(BACK, frozenset()) or self._strayed() or self._by_errno()

    def _is_reached(self) -> bool:
        ways = {seen.way for seen in self._steps(DELIVERIES)}
        last = RELAY if self.follower.relay is not None else OUT
        if self.probe.protocol == ICMP:
            return self.probe.outcome == "answered"
        if self.probe.protocol == TCP:
            return self.probe.outcome == "answered" and last in ways and (last == OUT or self._death(BACK, NOISE) is None)
        return self.probe.outcome in ("answered", "sent") and last in ways

    def _steps(self, functions: Iterable[str]) -> list[Seen]:
        return [seen for seen in self.follower.seen if isinstance(seen.event, Step) and seen.event.where in functions]

    def _last(self, functions: tuple[str, ...]) -> Seen | None:
        return next((seen for seen in reversed(self._steps(functions)) if seen.way in (OUT, RELAY)), None)

    def _strayed(self) -> Cause | None:
        """An echo reply that nobody asked for ends without a word: the answer was for this machine, says its last route, and it is not the asker."""
        routes = [seen for seen in self._steps(("ip_rcv_finish", "ip6_rcv_finish")) if seen.way == BACK]
        if routes and routes[-1].event.detail.is_local and routes[-1].event.netns != self.source.netns.cookie:
            return Cause("answer-strayed", routes[-1])
        return None

    def _ignored(self) -> Cause | None:
        for seen in self._steps(("icmp_echo", "icmpv6_echo_reply")):
            if seen.event.detail:
                return Cause("echo-ignored", seen)
        return None

    def _by_errno(self) -> Cause:
        errno = self.probe.errno
        if errno == ENETUNREACH:
            return Cause("no-route")
        if errno == EPERM:
            return Cause("rule-drop")
        if errno == EMSGSIZE:
            return Cause("too-big")
        return Cause("address-unusable" if errno in UNUSABLE else "unexplained")

    # deaths --------------------------------------------------------------------------------------------------------------

    def _death(self, way: str, noise: frozenset[str]) -> Cause | None:
        for place, seen in enumerate(self.follower.seen):
            event = seen.event
            if seen.way == way and isinstance(event, Dropped) and event.reason not in noise and not self._is_copy(event):
                return self._of_drop(place, seen)
        return None

    def _is_copy(self, event: Dropped) -> bool:
        """Whether a flooded frame had other ways: then this port's refusal cost nobody anything, unless the target is behind it."""
        if event.reason != "BRIDGE_NO_EGRESS_PORT":
            return False
        floods = [seen.event for seen in self._steps(("br_flood",)) if seen.event.netns == event.netns and seen.event.packet == event.packet]
        return any(flood.detail[2] for flood in floods) and not self._is_ahead(event)

    def _is_ahead(self, event: Dropped) -> bool:
        """Whether the station that is looked for is right behind the port."""
        netns = self.names.by_cookie.get(event.netns)
        dev = netns.names.get(event.device) if netns is not None else None
        there = getattr(getattr(dev, "peer", None), "netns", None)
        if there is None:
            return False
        own = {int(ifa.local) for other in there.devices.values() if other.inet is not None for ifa in other.inet.addresses}
        own |= {int(ifa.address) for other in there.devices.values() if other.inet6 is not None for ifa in other.inet6.addresses}
        return bool(own & {int(hop) for hop in self.follower.hops})

    def _of_drop(self, place: int, seen: Seen) -> Cause:
        event = seen.event
        reason = event.reason
        if reason in PLAIN:
            return Cause(PLAIN[reason], seen)
        if reason == "NETFILTER_DROP":
            return self._filtered(place, seen)
        if reason in ("IP_OUTNOROUTES", "IP_INNOROUTES") and isinstance(event.detail, int):
            return self._unrouted(place, seen)
        if reason == "NEIGH_FAILED":
            return self._unanswered(seen)
        if reason == "NO_SOCKET" and seen.way == BACK:
            return Cause("answer-not-translated" if event.netns == self.source.netns.cookie else "answer-strayed", seen)
        if reason == "NO_SOCKET":
            return Cause("listener-elsewhere" if self._listens_elsewhere(event) else "no-listener", seen)
        if reason == "IP_INHDR":
            return Cause("ttl-exceeded" if isinstance(event.detail, int) else "martian-source", seen)
        if reason == "BRIDGE_NO_EGRESS_PORT":
            return Cause(EGRESS.get(event.detail, "port-isolated"), seen)
        if reason == "NOT_SPECIFIED" and event.detail == NO_TUNNEL:
            return Cause("tunnel-broken", seen)
        return Cause("tunnel-broken" if reason.startswith(("TUNNEL", "VXLAN", "IP_OUTNOROUTES")) else "unexplained", seen)

    def _filtered(self, place: int, seen: Seen) -> Cause:
        if seen.event.detail != "filter":
            return Cause("tracking-drop", seen)
        for earlier in reversed(self.follower.seen[:place]):
            event = earlier.event
            if isinstance(event, RuleMet) and event.netns == seen.event.netns and event.verdict in (0, 2, 3) and earlier.way == seen.way:
                return Cause(self._by_rule(event), earlier)
        return Cause("rule-drop", seen)

    def _by_rule(self, event: RuleMet) -> str:
        if self._is_dockers(event):
            if self.names.internal & {(event.netns, getattr(event.rule, "iniface", "")), (event.netns, getattr(event.rule, "outiface", ""))}:
                return "docker-internal"
            return "docker-isolated" if self.source.kind == CONTAINER else "docker-unpublished"
        if not event.number:
            return "policy-drop"
        return "rule-reject" if event.verdict == 3 else "rule-drop"

    def _is_dockers(self, event: RuleMet) -> bool:
        """Whether Docker wrote the rule: it has chains and tables of its own, and rules for its containers' addresses in raw."""
        if isinstance(event.table, NftTable):
            return event.table.name == "docker-bridges"
        if event.chain == "DOCKER-USER":
            return False
        return event.chain.startswith("DOCKER") or (event.table.name == "raw" and bool(event.number) and self._guards_container(event))

    def _guards_container(self, event: RuleMet) -> bool:
        bridges = {name for (cookie, name) in self.names.networks if cookie == event.netns}
        return event.rule.iniface in bridges and bool(event.rule.iniface_inverted)

    def _unrouted(self, place: int, seen: Seen) -> Cause:
        for earlier in reversed(self.follower.seen[:place]):
            event = earlier.event
            if isinstance(event, Step) and event.netns == seen.event.netns and earlier.way == seen.way:
                if event.where == "fib_rules_lookup" or isinstance(event.detail, Rule):
                    return Cause("policy-rule-refuses", earlier)
                if event.where == "fib_table_lookup" or (event.where == "ip6_rcv_finish" and event.detail.found is not None):
                    return Cause("route-refuses", earlier)
        return Cause("no-route", seen)

    def _unanswered(self, seen: Seen) -> Cause:
        """Nobody answered: perhaps because the question, or the answer, died on its way."""
        for place, other in enumerate(self.follower.seen):
            event = other.event
            if other.way == ASKING and isinstance(event, Dropped) and event.reason not in NOISE and is_about(event.packet, seen.event.detail):
                if event.reason == "BRIDGE_NO_EGRESS_PORT" and not self._is_ahead(event):
                    continue
                return self._of_drop(place, other)
        return Cause("neighbour-failed", seen)

    def _listens_elsewhere(self, event: Dropped) -> bool:
        """Whether a server has the port in that namespace on other addresses only."""
        netns = self.names.by_cookie.get(event.netns)
        if netns is None:
            return False
        payload = event.packet.payload
        protocol = 6 if isinstance(payload, Tcp) else 17
        known = netns.sockets.listening.get((protocol, payload.dport), ())
        return any(protocol == 17 or sock.state == LISTEN for sock in known)


def is_about(packet: Any, address: Any) -> bool:
    """Whether a packet asks for the neighbour with an address, or answers."""
    for layer in layers(packet):
        if isinstance(layer, Arp):
            return address in (layer.tpa, layer.spa)
        if getattr(layer.payload, "target", None) == address:
            return True
    return False
