"""Decisions in words: what the kernel did, and the object that decided, written as the tools write it."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPv4, IPv6
from netsim.analysis.headers import one_line
from netsim.analysis.places import Names
from netsim.commands.iptables.show import save_rule, target_name
from netsim.commands.nft.listing import Look, rule_text
from netsim.errors import strerror
from netsim.kernel.core.netns import Netns
from netsim.kernel.inet.sock import InetSocket
from netsim.kernel.netfilter.ruleset import CHAIN_NAMES
from netsim.kernel.tables.conntrack import Tuple
from netsim.kernel.tables.fib import RTN_LOCAL, Route, Rule
from netsim.kernel.tables.fib6 import Fib6Info
from netsim.kernel.tables.ipvs import DROUTE, MASQ, TUNNEL
from netsim.kernel.tables.neigh import NUD_NOARP, NUD_VALID
from netsim.kernel.tables.nftables import NftTable
from netsim.kernel.tables.xtables import Chain, Table
from netsim.kernel.tables.xtables import Rule as FilterRule
from netsim.machine.machine import Machine
from netsim.packet import Arp, Tcp
from netsim.packet.numbers import TCP_ACK
from netsim.trace import Dropped, Rewritten, RuleMet, Step

ROUTE_TYPES = {1: "", 2: "local ", 3: "broadcast ", 5: "multicast ", 6: "blackhole ", 7: "unreachable ", 8: "prohibit ", 9: "throw "}
TABLES = {253: "default", 254: "main", 255: "local"}
RULE_ACTIONS = {6: "blackhole", 7: "unreachable", 8: "prohibit"}
NUD = {0: "NONE", 1: "INCOMPLETE", 2: "REACHABLE", 4: "STALE", 8: "DELAY", 16: "PROBE", 32: "FAILED", 64: "NOARP", 128: "PERMANENT"}
TRACKING = {-1: "INVALID", 0: "ESTABLISHED", 1: "RELATED", 2: "NEW", 3: "ESTABLISHED", 4: "RELATED", 7: "UNTRACKED"}
VERDICTS = {0: "DROP", 1: "ACCEPT", 2: "STOLEN", 3: "REJECT", -1: "CONTINUE", -2: "RETURN"}


@attrs.frozen
class Worded:
    """A decision: its kind, the object that decided, what came of it."""

    kind: str
    object: str
    outcome: str = ""


VS_METHODS = {MASQ: "masquerading", TUNNEL: "tunnelling", DROUTE: "direct routing"}


@attrs.frozen
class Speaker:
    """Words events; `owners` says whose a socket is."""

    names: Names
    machines: dict[int, Machine]
    """id of a kernel -> its machine"""

    def say(self, event: Any) -> Worded | None:
        """An event in words; None for one that decides nothing worth telling."""
        if isinstance(event, RuleMet):
            return self._rule(event)
        if isinstance(event, Rewritten):
            who = f"conntrack {tuples_text(event.tuples)}" if event.tuples else "virtual service"
            return Worded("nat", who, f"{event.where} rewritten")
        if isinstance(event, Dropped):
            if event.detail == "filter":
                return None  # the rule has been told
            return Worded("drop", self.detail_text(event), event.reason)
        if isinstance(event, Step):
            write = STEPS.get(event.where)
            return write(self, event) if write is not None else None
        return None

    def _netns(self, event: Any) -> Netns | None:
        return self.names.by_cookie.get(event.netns)

    def _device_name(self, event: Any, ifindex: int) -> str:
        netns = self._netns(event)
        dev = netns.devices.get(ifindex) if netns is not None else None
        return dev.name if dev is not None else f"if{ifindex}"

    # packet filters ------------------------------------------------------------------------------------------------------

    def _rule(self, event: RuleMet) -> Worded:
        table = event.table
        where = f"{table.family} {table.name}" if isinstance(table, NftTable) else table.name
        hook = CHAIN_NAMES.get(event.hook, "")
        place = f"{where} {event.chain}" + (f" (from {hook})" if isinstance(table, Table) and event.chain != hook else "")
        verdict = "" if event.verdict is None else VERDICTS.get(event.verdict, str(event.verdict))
        if not event.number:
            return Worded("policy", f"{place} policy", verdict)
        return Worded("rule", f"{place} rule {event.number}: {self._rule_text(event)}", verdict or self._jump(event))

    def _rule_text(self, event: RuleMet) -> str:
        if isinstance(event.table, NftTable):
            netns = self._netns(event)
            devices = {ifindex: dev.name for ifindex, dev in netns.devices.items()} if netns is not None else {}
            return rule_text(event.rule, Look(devices=devices))
        return save_rule(FilterRule(event.rule), Chain(event.chain), event.table.family)

    def _jump(self, event: RuleMet) -> str:
        return "on" if isinstance(event.table, NftTable) else f"to {target_name(event.rule, event.table.family)}"

    # routes --------------------------------------------------------------------------------------------------------------

    def route_text(self, event: Any, rt: Any) -> str:
        """A routing decision by its route, table and rule."""
        found = rt.found
        if found is None:
            return f"no route in a table: dev {rt.dev.name}"
        text = self.found_text(event, found)
        return text + (f", learnt: via {rt.gateway}" if getattr(rt, "is_redirected", False) else "")

    def found_text(self, event: Any, found: Any) -> str:
        """A route that was found, with its table and the policy rule that led there."""
        text = self.one_route(event, found.route)
        rule = found.rule
        if rule is None:
            return f"{text} (table {TABLES.get(found.route.table, found.route.table)})"
        return f"{text} (rule {rule.priority}: {rule_words(rule)})"

    def one_route(self, event: Any, route: Route | Fib6Info) -> str:
        """A route as `ip route` writes it, without what goes without saying."""
        whole = 128 if isinstance(route, Fib6Info) else 32
        prefix = "default" if not route.length else str(route.dst) if route.length == whole else f"{route.dst}/{route.length}"
        hops = [(route.ifindex, route.gateway)] if isinstance(route, Fib6Info) else [(hop.ifindex, hop.gateway) for hop in route.nexthops]
        ways = " ".join(
            f"{f'via {gateway} ' if gateway is not None else ''}dev {self._device_name(event, ifindex)}" for ifindex, gateway in hops if ifindex
        )
        return f"{ROUTE_TYPES.get(route.type, '')}{prefix} {ways}".rstrip()

    def _routed(self, event: Step) -> Worded | None:
        rt = event.detail
        if rt.error:
            return Worded("route", self.route_text(event, rt) if rt.found is not None else "no route", strerror(rt.error))
        if event.where in ("ip_rcv_finish", "ip6_rcv_finish"):
            return Worded("route", self.route_text(event, rt), "for this host" if rt.is_local else f"forward to {rt.dev.name}")
        return None if rt.type == RTN_LOCAL and rt.found is None else Worded("route", self.route_text(event, rt), f"out of {rt.dev.name}")

    def _refusing(self, event: Step) -> Worded:
        detail = event.detail
        if isinstance(detail, Rule):
            return Worded("route", f"policy rule {detail.priority}: {rule_words(detail)}", "refused")
        return Worded("route", self.found_text(event, detail), "refused")

    # links ---------------------------------------------------------------------------------------------------------------

    def _neighbour(self, event: Step) -> Worded | None:
        key, state, lladdr = event.detail
        if state & NUD_NOARP:
            return None  # a device without neighbours
        if lladdr is None or not state & NUD_VALID:
            return Worded("neighbour", f"{key} dev {event.device} {NUD.get(state, state)}", "asks for its address")
        return Worded("neighbour", f"{key} dev {event.device} lladdr {lladdr} {NUD.get(state, state)}")

    def _not_answered(self, event: Step) -> Worded:
        return Worded("neighbour", f"{event.detail} dev {event.device}", "does not answer")

    def _bridge(self, event: Step) -> Worded:
        _, destination, out = event.detail
        bridge = self.names.of_device(event.netns, event.device)
        return Worded("bridge", f"{bridge} fdb {destination} dev {out}", f"to {out}")

    def _flood(self, event: Step) -> Worded:
        _, destination, ports = event.detail
        bridge = self.names.of_device(event.netns, event.device)
        return Worded("bridge", f"{bridge} fdb has no {destination}", f"flooded to {', '.join(ports) or 'no port'}")

    def _members(self, event: Step) -> Worded:
        _, destination, ports = event.detail
        bridge = self.names.of_device(event.netns, event.device)
        return Worded("bridge", f"{bridge} mdb says who is in {destination}", f"sent to {', '.join(ports) or 'no port'}")

    def _wrapped(self, event: Step) -> Worded:
        return Worded("tunnel", f"{event.device} encapsulates", one_line(event.detail))

    def _unwrapped(self, event: Step) -> Worded:
        return Worded("tunnel", f"{event.device} takes out of {event.detail.src} > {event.detail.dst}", one_line(event.packet))

    def _scheduled(self, event: Step) -> Worded:
        """The destination a virtual service sends the packet to."""
        known = event.detail
        address = IPv4 if known.family == 2 else IPv6
        service = known.destination.service
        name = f"mark {service.fwmark}" if service is not None and service.fwmark else f"{address(known.vaddr)}:{known.vport}"
        scheduler = f" ({service.scheduler})" if service is not None else ""
        real = (IPv4 if known.dfamily == 2 else IPv6)(known.daddr)
        return Worded("ipvs", f"virtual service {name}{scheduler}", f"to {real}:{known.dport}, {VS_METHODS[known.method]}")

    # tracking and sockets ------------------------------------------------------------------------------------------------

    def _tracked(self, event: Step) -> Worded:
        info, tuples = event.detail
        return Worded("conntrack", tuples_text(tuples) if tuples else "no connection", TRACKING.get(info, str(info)))

    def _delivered(self, event: Step) -> Worded:
        return Worded("socket", self.socket_text(event.netns, event.detail), "delivered")

    def _echoed(self, event: Step) -> Worded:
        return Worded("icmp", "icmp_echo_ignore_all = 1" if event.detail else "the kernel answers", "ignored" if event.detail else "echo")

    def socket_text(self, cookie: int, sock: InetSocket) -> str:
        """A socket as `ss -lp` shows it: its address and who has it."""
        address, port = sock.getsockname()
        where = f"[{address}]:{port}" if ":" in str(address) else f"{address}:{port}"
        return f"{where}{self.owner_text(cookie, sock)}"

    def owner_text(self, cookie: int, sock: InetSocket) -> str:
        """Which process has a socket: ` of NAME (pid N)`, or nothing."""
        netns = self.names.by_cookie.get(cookie)
        machine = self.machines.get(id(netns.kernel)) if netns is not None else None
        for process in machine.processes.values() if machine is not None else ():
            if any(getattr(opened, "sock", None) is sock for opened in process.fds.values()):
                return f" of {process.comm} (pid {process.pid})"
        return ""

    # drops ---------------------------------------------------------------------------------------------------------------

    def detail_text(self, event: Dropped) -> str:
        """What decided that a packet dies, as far as the event says."""
        detail = event.detail
        name = f" at {event.device}" if event.device else ""
        if event.reason == "IP_RPFILTER":
            return self._rp_filter(event)
        if event.reason == "IP_INVALID_SOURCE":
            return f"{source_of(event.packet)} cannot come in{name}"
        if event.reason == "IP_INVALID_DEST":
            return f"{event.packet.dst} cannot come in{name}"
        if event.reason == "IP_INHDR" and isinstance(detail, int):
            return f"ttl {detail}{name}"
        if event.reason == "BRIDGE_NO_EGRESS_PORT":
            return f"port {event.device}: {EGRESS.get(detail, detail)}"
        if event.reason == "DEV_READY":
            return f"{event.device} is down or without carrier"
        if event.reason == "IP_INADDRERRORS":
            return f"net.ipv4.conf.{event.device}.forwarding = 0" if not hasattr(event.packet, "hop_limit") else "net.ipv6.conf.all.forwarding = 0"
        if event.reason in ("IP_OUTNOROUTES", "IP_INNOROUTES") and isinstance(detail, int):
            return f"{strerror(detail)}: {event.packet.dst}"
        if event.reason == "IP_OUTNOROUTES":
            return f"{event.device} has no way for its outer packet"
        if event.reason == "NEIGH_FAILED":
            return f"{detail} dev {event.device} FAILED"
        if event.reason == "PKT_TOO_BIG":
            size = getattr(event.packet, "size", 0)
            return f"{size} bytes, mtu {getattr(detail, 'mtu', '?')}{name}"
        if event.reason == "NO_SOCKET":
            payload = event.packet.payload
            if isinstance(payload, Tcp) and payload.flags & TCP_ACK:
                return f"no connection is from {event.packet.src}:{payload.sport} to {event.packet.dst}:{payload.dport}"
            return f"nothing listens on {event.packet.dst}:{payload.dport}{self._others(event)}"
        if isinstance(detail, str):
            return f"{detail}{name}"
        return f"{event.device}" if event.device else ""

    def _others(self, event: Dropped) -> str:
        """Who has the port on other addresses."""
        netns = self._netns(event)
        payload = event.packet.payload
        known = netns.sockets.listening.get((6 if isinstance(payload, Tcp) else 17, payload.dport), ()) if netns is not None else ()
        return "".join(f", only {self.socket_text(event.netns, sock)}" for sock in known)

    def _rp_filter(self, event: Dropped) -> str:
        netns = self._netns(event)
        dev = netns.names.get(event.device) if netns is not None else None
        if netns is None or dev is None or dev.inet is None:
            return "rp_filter"
        mode = max(netns.inet.conf_all.rp_filter, dev.inet.conf.rp_filter)
        return f"rp_filter = {mode}: the way to {source_of(event.packet)} is not by {event.device}"


EGRESS = {
    "state": "not forwarding (spanning tree)",
    "down": "down",
    "vlan": "not a member of the VLAN",
    "isolated": "isolated, as the port the frame came by",
    "hairpin": "the port the frame came by, hairpin off",
}
"""Why a bridge does not send a frame by a port."""


def source_of(packet: Any) -> Any:
    """The sender's address of a packet, or of an ARP message."""
    return packet.spa if isinstance(packet, Arp) else packet.src


def tuples_text(tuples: tuple[Any, ...]) -> str:
    """A connection's two directions, as `conntrack -L` orders them."""
    return " / ".join(_tuple_text(one) for one in tuples)


def _tuple_text(one: Tuple) -> str:
    family = IPv4 if one.family == 2 else IPv6
    if one.protocol in (6, 17):
        return f"{family(one.src)}:{one.sport}>{family(one.dst)}:{one.dport}"
    return f"{family(one.src)}>{family(one.dst)}"


def rule_words(rule: Rule) -> str:
    """A policy rule's selector and action, short."""
    source = f"{rule.src}/{rule.src_length}" if rule.src_length else "all"
    words = [f"from {source}"]
    if rule.dst_length:
        words.append(f"to {rule.dst}/{rule.dst_length}")
    if rule.fwmark or rule.fwmask:
        words.append(f"fwmark {rule.fwmark:#x}")
    if rule.iif:
        words.append(f"iif {rule.iif}")
    if rule.oif:
        words.append(f"oif {rule.oif}")
    words.append(RULE_ACTIONS.get(rule.action, f"lookup {TABLES.get(rule.table, rule.table)}"))
    return " ".join(words)


STEPS = {
    "ip_rcv_finish": Speaker._routed,
    "ip6_rcv_finish": Speaker._routed,
    "ip_local_out": Speaker._routed,
    "ip6_local_out": Speaker._routed,
    "fib_rules_lookup": Speaker._refusing,
    "fib_table_lookup": Speaker._refusing,
    "neigh_output": Speaker._neighbour,
    "arp_process": Speaker._not_answered,
    "ndisc_recv_ns": Speaker._not_answered,
    "br_fdb_find": Speaker._bridge,
    "br_flood": Speaker._flood,
    "br_multicast_flood": Speaker._members,
    "iptunnel_xmit": Speaker._wrapped,
    "ip_tunnel_rcv": Speaker._unwrapped,
    "ip_vs_in": Speaker._scheduled,
    "nf_conntrack_in": Speaker._tracked,
    "tcp_conn_request": Speaker._delivered,
    "udp_queue_rcv_skb": Speaker._delivered,
    "icmp_echo": Speaker._echoed,
    "icmpv6_echo_reply": Speaker._echoed,
}
"""Kernel functions whose decisions are told; the others only lead the way."""
