"""iptables' targets, and matches without words, in nft's words, as its listings translate them (`xlate` of each extension)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netsim.addr import IPv4, IPv6
from netsim.commands.iptables.extensions import of_value
from netsim.commands.nft.match_words import MATCHES, MATCHES6, range_text
from netsim.commands.nft.statements import LEVELS
from netsim.kernel.inet.family import AF_INET
from netsim.kernel.netfilter.nat.ranges import MAP_IPS, PERSISTENT, PROTO_RANDOM, PROTO_RANDOM_FULLY, PROTO_SPECIFIED, NatRange
from netsim.kernel.netfilter.targets.classify import ClassifyTarget
from netsim.kernel.netfilter.targets.connmark import ConnmarkTarget
from netsim.kernel.netfilter.targets.ct import CtTarget, NotrackTarget
from netsim.kernel.netfilter.targets.log import LogTarget
from netsim.kernel.netfilter.targets.mark import MarkTarget
from netsim.kernel.netfilter.targets.nat import DnatTarget, MasqueradeTarget, RedirectTarget, SnatTarget
from netsim.kernel.netfilter.targets.nflog import NflogTarget
from netsim.kernel.netfilter.targets.nfqueue import NfqueueTarget
from netsim.kernel.netfilter.targets.reject import RejectTarget
from netsim.kernel.netfilter.targets.tcpmss import CLAMP, TcpmssTarget
from netsim.kernel.netfilter.targets.tee import TeeTarget
from netsim.kernel.netfilter.targets.tos import DscpTarget, TosTarget
from netsim.kernel.netfilter.targets.trace import TraceTarget
from netsim.kernel.tables.xtables import RuleSpec

REJECTS = {
    "icmp-net-unreachable": "icmp type net-unreachable", "icmp-host-unreachable": "icmp type host-unreachable", "icmp-proto-unreachable": "icmp type prot-unreachable",
    "icmp-net-prohibited": "icmp type net-prohibited", "icmp-host-prohibited": "icmp type host-prohibited", "icmp-admin-prohibited": "icmp type admin-prohibited",
    "icmp6-no-route": "icmpv6 type no-route", "icmp6-adm-prohibited": "icmpv6 type admin-prohibited", "icmp6-addr-unreachable": "icmpv6 type addr-unreachable",
    "icmp6-policy-fail": "icmpv6 type policy-fail", "icmp6-reject-route": "icmpv6 type reject-route", "tcp-reset": "tcp reset",
}  # fmt: skip


def match_text(match: Any, spec: RuleSpec, family: int) -> str:
    """A match in nft's words, or by name where there are none."""
    writer = (MATCHES if family == AF_INET else MATCHES6).get(type(match))
    text = writer(match, spec) if writer is not None else None
    return text if text is not None else f"xt match {of_value(match, family).name}"


def target_text(target: Any, family: int) -> str:
    """A target in nft's words, or by name where there are none."""
    writer = TARGETS.get(type(target))
    text = writer(target) if writer is not None else None
    return text if text is not None else f"xt target {of_value(target, family).name}"


# targets -------------------------------------------------------------------------------------------------------------


def _reject(target: RejectTarget) -> str:
    return f"reject with {REJECTS[target.kind]}" if target.kind in REJECTS else "reject"


LOG_FLAGS = ((1, "tcp sequence"), (2, "tcp options"), (4, "ip options"), (8, "skuid"), (32, "ether"))


def _log(target: LogTarget) -> str:
    level = f" level {LEVELS[target.level]}" if target.level != 4 else ""
    return (
        "log"
        + (f' prefix "{target.prefix}"' if target.prefix else "")
        + level
        + "".join(f" flags {word}" for bit, word in LOG_FLAGS if target.flags & bit)
    )


def _set_mark(target: MarkTarget) -> str:
    value, mask = target.value, target.mask
    if mask == 0xFFFFFFFF:
        return f"meta mark set 0x{value:x}"
    change = f"and 0x{~mask & 0xFFFFFFFF:x}" if not value else f"or 0x{value:x}" if value == mask else f"xor 0x{value:x}"
    return f"meta mark set mark {change if not value or value == mask or not mask else f'and 0x{~mask & 0xFFFFFFFF:x} xor 0x{value:x}'}"


def _connmark(target: ConnmarkTarget) -> str | None:
    value, mask = target.value, target.ctmask
    if target.shift or (target.mode != "set" and target.ctmask != target.nfmask):
        return None
    if target.mode == "save":
        return "ct mark set mark" + (f" and 0x{mask:x}" if mask != 0xFFFFFFFF else "")
    if target.mode == "restore":
        return "meta mark set ct mark" + (f" and 0x{mask:x}" if mask != 0xFFFFFFFF else "")
    if mask == 0xFFFFFFFF:
        return f"ct mark set 0x{value:x}"
    if not value:
        return f"ct mark set ct mark and 0x{~mask & 0xFFFFFFFF:x}"
    if value == mask:
        return f"ct mark set ct mark or 0x{value:x}"
    return f"ct mark set ct mark xor 0x{value:x}" + (f" and 0x{~mask & 0xFFFFFFFF:x}" if mask else "")


def _set_dscp(target: DscpTarget) -> str:
    return f"ip dscp set 0x{target.value:02x}"


def _set_tos(target: TosTarget) -> str | None:
    """As it is told: of the six bits, and in the other protocol's words."""
    if target.mask & ~0x3F & 0xFF and target.mask != 0xFF:
        return None
    if target.value == target.mask:
        return f"ip6 dscp set ip6 dscp or 0x{target.value >> 2:02x}"
    return f"ip6 dscp set 0x{target.value >> 2:02x}"


def _nflog(target: NflogTarget) -> str:
    text = "log" + (f' prefix "{target.prefix}"' if target.prefix else "")
    return (
        text
        + (f" snaplen {target.size}" if target.size else "")
        + (f" queue-threshold {target.threshold}" if target.threshold else "")
        + f" group {target.group}"
    )


def _trace(target: TraceTarget) -> str:
    return "meta nftrace set 1"


def _classify(target: ClassifyTarget) -> str:
    return f"meta priority set {target.priority >> 16:x}:{target.priority & 0xFFFF:x}"


NAT_FLAGS = ((PROTO_RANDOM, "random"), (PROTO_RANDOM_FULLY, "fully-random"), (PERSISTENT, "persistent"))
TOLD = MAP_IPS | PROTO_SPECIFIED | PROTO_RANDOM | PROTO_RANDOM_FULLY | PERSISTENT


def _place(word: str, choice: NatRange) -> str | None:
    if choice.flags & ~TOLD or choice.base_port:
        return None
    ways = ",".join(name for bit, name in NAT_FLAGS if choice.flags & bit)
    kind = IPv6 if choice.max_addr >> 32 else IPv4
    place = range_text(kind(choice.min_addr), kind(choice.max_addr)) if choice.flags & MAP_IPS else ""
    if choice.flags & PROTO_SPECIFIED:
        place = (f"[{place}]" if kind is IPv6 and place else place) + f":{range_text(choice.min_port, choice.max_port)}"
    return (f"{word} to {place}" if place else word) + (f" {ways}" if ways else "")


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


def _nfqueue(target: NfqueueTarget) -> str:
    place = f"{target.number}-{target.last}" if target.last > target.number else str(target.number)
    flags = ",".join(word for word, holds in (("bypass", target.bypass), ("fanout", target.fanout)) if holds)
    return f"queue num {place}" + (f" {flags}" if flags else "")


def _tee(target: TeeTarget) -> str:
    """The listing has no words for IPv6's."""
    if target.gateway >> 32:
        return ""
    return f"dup to {IPv4(target.gateway)}" + (f" device {target.oif}" if target.oif else "")


TARGETS: dict[type, Callable[[Any], str | None]] = {
    RejectTarget: _reject, LogTarget: _log, MarkTarget: _set_mark, DnatTarget: _dnat, SnatTarget: _snat, MasqueradeTarget: _masquerade,
    RedirectTarget: _redirect, TcpmssTarget: _tcpmss, CtTarget: _ct, NotrackTarget: _notrack, ConnmarkTarget: _connmark, DscpTarget: _set_dscp,
    TosTarget: _set_tos, NflogTarget: _nflog, TraceTarget: _trace, ClassifyTarget: _classify, NfqueueTarget: _nfqueue, TeeTarget: _tee,
}  # fmt: skip
