"""iptables' matches and targets in nft's words, as its listings translate them (`xlate` of each extension)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netsim.addr import IPv4, IPv6
from netsim.commands.iptables.extensions import of_value
from netsim.commands.iptables.syntax.limit import words_of
from netsim.commands.nft.datatypes import ICMP_TYPES, ICMPV6_TYPES, TYPES
from netsim.commands.nft.statements import LEVELS
from netsim.commands.nft.values import flags_text
from netsim.kernel.netfilter.matches.addrtype import AddrtypeMatch
from netsim.kernel.netfilter.matches.comment import CommentMatch
from netsim.kernel.netfilter.matches.conntrack import ConntrackMatch, StateMatch
from netsim.kernel.netfilter.matches.icmp import IcmpMatch
from netsim.kernel.netfilter.matches.iprange import IprangeMatch
from netsim.kernel.netfilter.matches.length import LengthMatch
from netsim.kernel.netfilter.matches.limit import LimitMatch
from netsim.kernel.netfilter.matches.mac import MacMatch
from netsim.kernel.netfilter.matches.marks import MarkMatch
from netsim.kernel.netfilter.matches.multiport import MultiportMatch
from netsim.kernel.netfilter.matches.pkttype import PkttypeMatch
from netsim.kernel.netfilter.matches.tcp import TcpMatch
from netsim.kernel.netfilter.matches.udp import UdpMatch
from netsim.kernel.netfilter.nat.ranges import MAP_IPS, PROTO_SPECIFIED, NatRange
from netsim.kernel.netfilter.targets.ct import CtTarget, NotrackTarget
from netsim.kernel.netfilter.targets.log import LogTarget
from netsim.kernel.netfilter.targets.mark import MarkTarget
from netsim.kernel.netfilter.targets.nat import DnatTarget, MasqueradeTarget, RedirectTarget, SnatTarget
from netsim.kernel.netfilter.targets.reject import RejectTarget
from netsim.kernel.netfilter.targets.tcpmss import CLAMP, TcpmssTarget
from netsim.kernel.tables.xtables import RuleSpec

REJECTS = {
    "icmp-net-unreachable": "icmp net-unreachable", "icmp-host-unreachable": "icmp host-unreachable", "icmp-proto-unreachable": "icmp prot-unreachable",
    "icmp-net-prohibited": "icmp net-prohibited", "icmp-host-prohibited": "icmp host-prohibited", "icmp-admin-prohibited": "icmp admin-prohibited",
    "icmp6-no-route": "icmpv6 no-route", "icmp6-adm-prohibited": "icmpv6 admin-prohibited", "icmp6-addr-unreachable": "icmpv6 addr-unreachable",
    "icmp6-policy-fail": "icmpv6 policy-fail", "icmp6-reject-route": "icmpv6 reject-route", "tcp-reset": "tcp reset",
}  # fmt: skip
STATES = ((8, "new"), (4, "related"), (2, "established"), (1, "invalid"), (256, "untracked"))


def match_text(match: Any, spec: RuleSpec, family: int) -> str:
    """A match in nft's words, or by name where there are none."""
    writer = MATCHES.get(type(match))
    text = writer(match, spec) if writer is not None else None
    return text if text is not None else f'xt match "{of_value(match, family).name}"'


def target_text(target: Any, family: int) -> str:
    """A target in nft's words, or by name where there are none."""
    writer = TARGETS.get(type(target))
    text = writer(target) if writer is not None else None
    return text if text is not None else f'xt target "{of_value(target, family).name}"'


def _range(low: Any, high: Any) -> str:
    return str(low) if low == high else f"{low}-{high}"


def _not(inverted: object) -> str:
    return "!= " if inverted else ""


def tcp_udp_text(match: TcpMatch | UdpMatch) -> str:
    """Ports and flags."""
    carrier = "tcp" if isinstance(match, TcpMatch) else "udp"
    words = []
    for key, ports, inverted in (("sport", match.sports, match.sports_inverted), ("dport", match.dports, match.dports_inverted)):
        if ports != (0, 65535) or inverted:
            words.append(f"{carrier} {key} {_not(inverted)}{_range(*ports)}")
    if isinstance(match, TcpMatch) and match.flag_mask:
        compare = flags_text(match.flag_compare, "tcp_flag", numeric=False) if match.flag_compare else "0x0"
        words.append(f"tcp flags {_not(match.flags_inverted)}{compare} / {flags_text(match.flag_mask, 'tcp_flag', numeric=False)}")
    if isinstance(match, TcpMatch) and match.option:
        words.append(f"tcp option {match.option} {'missing' if match.option_inverted else 'exists'}")
    return " ".join(words)


def _ports(match: TcpMatch | UdpMatch, spec: RuleSpec) -> str:
    return tcp_udp_text(match)


def _comment(match: CommentMatch, spec: RuleSpec) -> str:
    return ""


def _icmp(match: IcmpMatch, spec: RuleSpec) -> str | None:
    name, types = ("icmp", ICMP_TYPES) if match.family == 2 else ("icmpv6", ICMPV6_TYPES)
    if match.type == 255:
        return ""
    kind = next((word for word, number in types.items() if number == match.type), str(match.type))
    text = f"{name} type {_not(match.inverted)}{kind}"
    return text if match.codes == (0, 255) else f"{text} {name} code {_not(match.inverted)}{match.codes[0]}"


def _states(bits: int, inverted: object) -> str:
    return f"ct state {_not(inverted)}" + ",".join(word for bit, word in STATES if bits & bit)


def _conntrack(match: ConntrackMatch, spec: RuleSpec) -> str | None:
    if match != ConntrackMatch(states=match.states, states_inverted=match.states_inverted) or match.states is None or match.states & 192:
        return None
    return _states(match.states, match.states_inverted)


def _state(match: StateMatch, spec: RuleSpec) -> str:
    return _states(match.states, match.inverted)


def _limit(match: LimitMatch, spec: RuleSpec) -> str:
    count, _, unit = words_of(match.average).partition("/")
    whole = {"sec": "second", "min": "minute"}.get(unit, unit)
    return f"limit rate {count}/{whole}" + (f" burst {match.burst} packets" if match.burst != 5 else "")


def _mark(match: MarkMatch, spec: RuleSpec) -> str:
    mark = TYPES["mark"].text
    if match.mask == 0xFFFFFFFF:
        return f"meta mark {_not(match.inverted)}{mark(match.value)}"
    return f"meta mark & {mark(match.mask)} {'!=' if match.inverted else '=='} {mark(match.value)}"


def _multiport(match: MultiportMatch, spec: RuleSpec) -> str | None:
    if match.side == "ports":
        return None
    carrier = {6: "tcp", 17: "udp", 132: "sctp", 33: "dccp", 136: "udplite"}[spec.protocol]
    ports = ", ".join(_range(low, high) for low, high in match.ranges)
    several = len(match.ranges) > 1 or match.inverted
    return f"{carrier} {match.side[:-1]} {_not(match.inverted)}" + (f"{{ {ports} }}" if several else ports)


def _addrtype(match: AddrtypeMatch, spec: RuleSpec) -> str | None:
    if match.limit:
        return None
    words = []
    for side, mask, inverted in (("saddr", match.source, match.source_inverted), ("daddr", match.destination, match.destination_inverted)):
        kinds = [TYPES["fib_addrtype"].text(number) for number in range(12) if mask >> number & 1]
        if kinds:
            words.append(f"fib {side} type {_not(inverted)}" + (kinds[0] if len(kinds) == 1 else f"{{ {', '.join(kinds)} }}"))
    return " ".join(words)


def _mac(match: MacMatch, spec: RuleSpec) -> str:
    return f"ether saddr {_not(match.inverted)}{match.address}"


def _iprange(match: IprangeMatch, spec: RuleSpec) -> str:
    words = []
    for side, span, inverted in (("saddr", match.src, match.src_inverted), ("daddr", match.dst, match.dst_inverted)):
        if span:
            words.append(f"ip{'6' if int(span[1]) >> 32 else ''} {side} {_not(inverted)}{span[0]}-{span[1]}")
    return " ".join(words)


def _length(match: LengthMatch, spec: RuleSpec) -> str:
    return f"meta length {_not(match.inverted)}{_range(match.low, match.high)}"


def _pkttype(match: PkttypeMatch, spec: RuleSpec) -> str:
    return f"pkttype {_not(match.inverted)}{TYPES['pkt_type'].text(match.kind)}"


MATCHES: dict[type, Callable[[Any, RuleSpec], str | None]] = {
    TcpMatch: _ports, UdpMatch: _ports, CommentMatch: _comment, IcmpMatch: _icmp, ConntrackMatch: _conntrack, StateMatch: _state, LimitMatch: _limit,
    MarkMatch: _mark, MultiportMatch: _multiport, AddrtypeMatch: _addrtype, MacMatch: _mac, IprangeMatch: _iprange, LengthMatch: _length,
    PkttypeMatch: _pkttype,
}  # fmt: skip


# targets -------------------------------------------------------------------------------------------------------------


def _reject(target: RejectTarget) -> str:
    return f"reject with {REJECTS[target.kind]}" if target.kind in REJECTS else "reject"


def _log(target: LogTarget) -> str | None:
    if target.flags:
        return None
    level = f" level {LEVELS[target.level]}" if target.level != 4 else ""
    return "log" + (f' prefix "{target.prefix}"' if target.prefix else "") + level


def _set_mark(target: MarkTarget) -> str | None:
    if target.mask == 0xFFFFFFFF:
        return f"meta mark set 0x{target.value:x}"
    return None


def _place(word: str, choice: NatRange) -> str | None:
    if choice.flags & ~(MAP_IPS | PROTO_SPECIFIED) or choice.base_port:
        return None
    kind = IPv6 if choice.max_addr >> 32 else IPv4
    place = _range(kind(choice.min_addr), kind(choice.max_addr)) if choice.flags & MAP_IPS else ""
    if choice.flags & PROTO_SPECIFIED:
        place = (f"[{place}]" if kind is IPv6 and place else place) + f":{_range(choice.min_port, choice.max_port)}"
    return f"{word} to {place}" if place else word


def _dnat(target: DnatTarget) -> str | None:
    return _place("dnat", target.choice)


def _snat(target: SnatTarget) -> str | None:
    return _place("snat", target.choice)


def _masquerade(target: MasqueradeTarget) -> str | None:
    return _place("masquerade", target.choice)


def _redirect(target: RedirectTarget) -> str | None:
    return _place("redirect", target.choice)


def _tcpmss(target: TcpmssTarget) -> str:
    return f"tcp option maxseg size set {'rt mtu' if target.mss == CLAMP else target.mss}"


def _ct(target: CtTarget) -> str | None:
    return "notrack" if target.notrack else None


def _notrack(target: NotrackTarget) -> str:
    return "notrack"


TARGETS: dict[type, Callable[[Any], str | None]] = {
    RejectTarget: _reject, LogTarget: _log, MarkTarget: _set_mark, DnatTarget: _dnat, SnatTarget: _snat, MasqueradeTarget: _masquerade,
    RedirectTarget: _redirect, TcpmssTarget: _tcpmss, CtTarget: _ct, NotrackTarget: _notrack,
}  # fmt: skip
