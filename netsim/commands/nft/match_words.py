"""iptables' matches in nft's words, as its listings translate them (`xlate` of each extension)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netsim.addr import IPv4, IPv6
from netsim.commands.iptables.syntax.limit import words_of
from netsim.commands.iptables.words import mask_suffix
from netsim.commands.nft.datatypes import ICMP_TYPES, ICMPV6_TYPES, TYPES
from netsim.commands.nft.values import flags_text
from netsim.kernel.inet.family import AF_INET, AF_INET6
from netsim.kernel.netfilter.matches.addrtype import LIMIT_IN, AddrtypeMatch
from netsim.kernel.netfilter.matches.comment import CommentMatch
from netsim.kernel.netfilter.matches.connmark import ConnmarkMatch
from netsim.kernel.netfilter.matches.conntrack import ConntrackMatch, StateMatch
from netsim.kernel.netfilter.matches.ecn import EcnMatch
from netsim.kernel.netfilter.matches.icmp import IcmpMatch
from netsim.kernel.netfilter.matches.iprange import IprangeMatch
from netsim.kernel.netfilter.matches.length import LengthMatch
from netsim.kernel.netfilter.matches.limit import LimitMatch
from netsim.kernel.netfilter.matches.mac import MacMatch
from netsim.kernel.netfilter.matches.marks import MarkMatch
from netsim.kernel.netfilter.matches.multiport import MultiportMatch
from netsim.kernel.netfilter.matches.pkttype import PkttypeMatch
from netsim.kernel.netfilter.matches.quota import QuotaMatch
from netsim.kernel.netfilter.matches.rpfilter import RpfilterMatch
from netsim.kernel.netfilter.matches.sctp import SctpMatch
from netsim.kernel.netfilter.matches.spi import SpiMatch
from netsim.kernel.netfilter.matches.statistic import StatisticMatch
from netsim.kernel.netfilter.matches.tcp import TcpMatch
from netsim.kernel.netfilter.matches.time import DAY, EVERY_MONTHDAY, EVERY_WEEKDAY, LATEST, TimeMatch
from netsim.kernel.netfilter.matches.tos import DscpMatch
from netsim.kernel.netfilter.matches.ttl import TtlMatch
from netsim.kernel.netfilter.matches.udp import UdpMatch
from netsim.kernel.tables.xtables import RuleSpec

STATES = ((8, "new"), (4, "related"), (2, "established"), (1, "invalid"), (256, "untracked"))
STATUSES = ((1, "expected"), (2, "seen-reply"), (4, "assured"), (8, "confirmed"), (16, "snat"), (32, "dnat"))
ECNS = ("not-ect", "ect1", "ect0", "ce")
LARGEST_SPI = 0xFFFFFFFF


def range_text(low: Any, high: Any) -> str:
    """One value, or both ends."""
    return str(low) if low == high else f"{low}-{high}"


def _not(inverted: object) -> str:
    return "!= " if inverted else ""


def tcp_udp_text(match: TcpMatch | UdpMatch) -> str:
    """Ports and flags."""
    carrier = "tcp" if isinstance(match, TcpMatch) else "udp"
    words = []
    for key, ports, inverted in (("sport", match.sports, match.sports_inverted), ("dport", match.dports, match.dports_inverted)):
        if ports != (0, 65535) or inverted:
            words.append(f"{carrier} {key} {_ports_compared(ports, inverted)}")
    if isinstance(match, TcpMatch) and match.flag_mask:
        mask = flags_text(match.flag_mask, "tcp_flag", numeric=False)
        if match.flag_compare:
            words.append(f"tcp flags {_not(match.flags_inverted)}{flags_text(match.flag_compare, 'tcp_flag', numeric=False)} / {mask}")
        else:
            words.append(f"tcp flags {'' if match.flags_inverted else '! '}{mask}")
    if isinstance(match, TcpMatch) and match.option:
        words.append(f"tcp option {match.option} {'missing' if match.option_inverted else 'exists'}")
    return " ".join(words)


def _ports_compared(ports: tuple[int, int], inverted: object) -> str:
    """A range from 0 is a comparison."""
    if ports[0] == 0 < ports[1]:
        return f"{'>' if inverted else '<='} {ports[1]}"
    return _not(inverted) + range_text(*ports)


def _ports(match: TcpMatch | UdpMatch, spec: RuleSpec) -> str:
    return tcp_udp_text(match)


def _comment(match: CommentMatch, spec: RuleSpec) -> str:
    return ""


def _icmp(match: IcmpMatch, spec: RuleSpec) -> str | None:
    name, types = ("icmp", ICMP_TYPES) if match.family == 2 else ("icmpv6", ICMPV6_TYPES)
    if match.type == 255:
        return "ip protocol icmp" if name == "icmp" else ""  # inverted or not
    if match.codes != (0, 255):
        return None
    kind = next((word for word, number in types.items() if number == match.type), str(match.type))
    return f"{name} type {_not(match.inverted)}{kind}"


def _states(bits: int, inverted: object) -> str:
    return f"ct state {'! ' if inverted else ''}" + ",".join(word for bit, word in STATES if bits & bit)


def _conntrack(match: ConntrackMatch, spec: RuleSpec) -> str:
    words = []
    if match.direction is not None:
        words.append(f"ct direction {('original', 'reply')[match.direction]}")
    if match.protocol is not None:
        words.append(f"ct original protocol {_not(match.protocol_inverted)}{match.protocol}")
    if match.states is not None and match.states & 192:
        words.append(
            f"ct status {'! ' if match.states_inverted else ''}" + ",".join(word for bit, word in ((64, "snat"), (128, "dnat")) if match.states & bit)
        )
    elif match.states is not None:
        words.append(_states(match.states, match.states_inverted))
    if match.status is not None:
        words.append(f"ct status {_not(match.status_inverted)}" + ",".join(word for bit, word in STATUSES if match.status & bit))
    if match.expires is not None:
        words.append(f"ct expiration {_not(match.expires[2])}{range_text(*match.expires[:2])}")
    for key, place in zip(("original saddr", "original daddr", "reply saddr", "reply daddr"), match.addresses, strict=True):
        if place is not None:
            suffix = mask_suffix(place[1], spec_family(place))
            address = IPv6(place[0]) if spec_family(place) == AF_INET6 else IPv4(place[0])
            words.append(f"ct {key} {_not(place[2])}{address}{'' if suffix in ('/32', '/128') else suffix}")
    for key, span in zip(("original proto-src", "original proto-dst", "reply proto-src", "reply proto-dst"), match.ports, strict=True):
        if span is not None:
            words.append(f"ct {key} {_not(span[2])}{range_text(*span[:2])}")
    return " ".join(words)


def spec_family(place: tuple[int, int, bool]) -> int:
    """The family of an address by its mask's width."""
    return AF_INET6 if place[1] >> 32 else AF_INET


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
    ports = ", ".join(range_text(low, high) for low, high in match.ranges)
    several = len(match.ranges) > 1
    return f"{carrier} {match.side[:-1]} {_not(match.inverted)}" + (f"{{ {ports} }}" if several else ports)


def _addrtype(match: AddrtypeMatch, spec: RuleSpec) -> str:
    where = "" if not match.limit else " . iif" if match.limit == LIMIT_IN else " . oif"
    words = []
    for side, mask, inverted in (("saddr", match.source, match.source_inverted), ("daddr", match.destination, match.destination_inverted)):
        kinds = [TYPES["fib_addrtype"].text(number) for number in range(12) if mask >> number & 1]
        if kinds:
            words.append(f"fib {side}{where} type {_not(inverted)}" + (kinds[0] if len(kinds) == 1 else f"{{ {', '.join(kinds)} }}"))
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
    return f"meta length {_not(match.inverted)}{range_text(match.low, match.high)}"


def _pkttype(match: PkttypeMatch, spec: RuleSpec) -> str:
    return f"pkttype {_not(match.inverted)}{TYPES['pkt_type'].text(match.kind)}"


def _compared(match: TtlMatch) -> str:
    return {"eq": "", "ne": "!= "}.get(match.compare, f"{match.compare} ") + str(match.value)


def _ttl(match: TtlMatch, spec: RuleSpec) -> str:
    return f"ip ttl {_compared(match)}"


def _hop_limit(match: TtlMatch, spec: RuleSpec) -> str:
    return f"ip6 hoplimit {_compared(match)}"


def _dscp(match: DscpMatch, spec: RuleSpec) -> str:
    return f"ip dscp {_not(match.inverted)}0x{match.value:02x}"


def _dscp6(match: DscpMatch, spec: RuleSpec) -> str:
    return f"ip6 {_dscp(match, spec).removeprefix('ip ')}"


def _statistic(match: StatisticMatch, spec: RuleSpec) -> str:
    if match.mode == "random":
        return f"meta random & 2147483647 {'>=' if match.inverted else '<'} {match.probability}"
    return f"numgen inc mod {match.every} {_not(match.inverted)}{match.packet}"


def _time(match: TimeMatch, spec: RuleSpec) -> str | None:
    if match.since or match.until != LATEST or match.monthdays != EVERY_MONTHDAY:
        return None
    words = []
    if match.start or match.stop != DAY - 1:
        words.append(f' meta hour "{_clock(match.start)}"-"{_clock(match.stop)}"')
    if match.weekdays != EVERY_WEEKDAY:
        words.append(f" meta day {{ {', '.join(str(day % 7) for day in range(1, 8) if match.weekdays >> day & 1)} }}")
    return " ".join(words)


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _connmark(match: ConnmarkMatch, spec: RuleSpec) -> str:
    if match.mask == 0xFFFFFFFF:
        return f"ct mark {_not(match.inverted)}0x{match.value:x}"
    return f"ct mark and 0x{match.mask:x} {'!=' if match.inverted else '=='} 0x{match.value:x}"


def _quota(match: QuotaMatch, spec: RuleSpec) -> str:
    return f"quota {'over ' if match.inverted else ''}{match.quota} bytes"


def _ecn(match: EcnMatch, spec: RuleSpec) -> str | None:
    return None if match.tcp_flags or match.ect < 0 else f"ip ecn {_not(match.ect_inverted)}{ECNS[match.ect]}"


def _spi(match: SpiMatch, spec: RuleSpec) -> str:
    name = "esp" if match.protocol == 50 else "ah"
    return "" if (match.low, match.high) == (0, LARGEST_SPI) else f"{name} spi {_not(match.inverted)}{range_text(match.low, match.high)}"


def _sctp(match: SctpMatch, spec: RuleSpec) -> str:
    words = []
    for key, ports, inverted in (("sport", match.sports, match.sports_inverted), ("dport", match.dports, match.dports_inverted)):
        if ports != (0, 65535) or inverted:
            words.append(f"sctp {key} {_not(inverted)}{range_text(*ports)}")
    return " ".join(words)


def _rpfilter(match: RpfilterMatch, spec: RuleSpec) -> str | None:
    if match.accept_local and not match.inverted:
        return None
    text = "fib saddr type != local " if match.accept_local else ""
    return f"{text}fib saddr {'. mark ' if match.valid_mark else ''}{'' if match.loose else '. iif '}oif {'' if match.inverted else '!= '}0"


MATCHES: dict[type, Callable[[Any, RuleSpec], str | None]] = {
    TcpMatch: _ports, UdpMatch: _ports, CommentMatch: _comment, IcmpMatch: _icmp, ConntrackMatch: _conntrack, StateMatch: _state, LimitMatch: _limit,
    MarkMatch: _mark, MultiportMatch: _multiport, AddrtypeMatch: _addrtype, MacMatch: _mac, IprangeMatch: _iprange, LengthMatch: _length,
    PkttypeMatch: _pkttype, TtlMatch: _ttl, DscpMatch: _dscp, StatisticMatch: _statistic, TimeMatch: _time, ConnmarkMatch: _connmark,
    QuotaMatch: _quota, EcnMatch: _ecn, SpiMatch: _spi, SctpMatch: _sctp, RpfilterMatch: _rpfilter,
}  # fmt: skip
MATCHES6: dict[type, Callable[[Any, RuleSpec], str | None]] = {**MATCHES, TtlMatch: _hop_limit, DscpMatch: _dscp6}
