"""Statements of rules: each answers CONTINUE, BREAK (the rule does not match) or a verdict (`nft_expr_ops.eval`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from netsim.kernel.core.hooks import PF_INET
from netsim.kernel.netfilter.headers import protocol_of
from netsim.kernel.netfilter.log_text import log_line, may_log
from netsim.kernel.netfilter.nat.ranges import MAP_IPS, PERSISTENT, PROTO_RANDOM, PROTO_RANDOM_FULLY, PROTO_SPECIFIED, NatRange
from netsim.kernel.netfilter.nft.selectors import read
from netsim.kernel.netfilter.nft.stateful import BREAK
from netsim.kernel.netfilter.targets.nat import DnatTarget, MasqueradeTarget, RedirectTarget, SnatTarget
from netsim.kernel.netfilter.targets.reject import RejectTarget
from netsim.kernel.netfilter.targets.tos import DscpTarget
from netsim.kernel.netfilter.verdict import CONTINUE, HookState
from netsim.kernel.tables.conntrack import UNTRACKED, Tracked
from netsim.kernel.tables.nftables import NftElement, NftTable
from netsim.packet.numbers import IPPROTO_TCP

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff

CT_KEYS = ("ct state", "ct status", "ct mark", "ct direction")
NAT_FLAGS = {"random": PROTO_RANDOM, "fully-random": PROTO_RANDOM_FULLY, "persistent": PERSISTENT}


@attrs.frozen
class Interval:
    """From `low` to `high`; `is_prefix`: written as a network. An interface name ending in `*` is the beginning of one."""

    low: Any
    high: Any
    is_prefix: bool = False

    def holds(self, value: Any) -> bool:
        """Whether the value is one of these."""
        if isinstance(self.low, str) and self.low.endswith("*"):
            return str(value).startswith(self.low[:-1])
        return bool(self.low <= value <= self.high)


@attrs.frozen
class Flags:
    """Bits of which one must be set (`established,related`)."""

    bits: int


@attrs.frozen
class Masked:
    """`mask` and the bits that must be left (`syn / syn,ack`); `is_flags` only says how it is written."""

    mask: int
    value: int
    is_flags: bool = False


@attrs.frozen
class SetRef:
    """A named set."""

    name: str


@attrs.frozen
class Anonymous:
    """A set written in the rule: (interval, data) pairs."""

    elements: tuple[tuple[Interval, Any], ...]


Source = SetRef | Anonymous


@attrs.frozen
class Verdict:
    """accept, drop, return, continue, jump or goto; `verdict` as the walk reads it."""

    word: str
    chain: str = ""

    def run(self, table: NftTable, skb: SkBuff, state: HookState) -> Any:
        """Itself: the walk acts on it."""
        return CONTINUE if self.word == "continue" else self


def look_up(source: Source, value: Any, table: NftTable, state: HookState) -> NftElement | None:
    """The element a value belongs to, or None."""
    if isinstance(source, SetRef):
        known = table.sets.get(source.name)
        return None if known is None else known.find(value, state.netns.kernel.clock.now)
    return next((NftElement(data) for interval, data in source.elements if interval.holds(value)), None)


@attrs.frozen
class Match:
    """`SELECTOR [OP] RIGHT`; op "" is what nft writes as nothing."""

    key: str
    op: str
    right: Interval | Flags | Masked | Source

    @property
    def needs_tracking(self) -> bool:
        """Whether connections must be tracked."""
        return self.key in CT_KEYS

    def run(self, table: NftTable, skb: SkBuff, state: HookState) -> int:
        """Go on or break off."""
        value = read(self.key, skb, state)
        if value is None:
            return BREAK
        return CONTINUE if self._holds(value, table, state) else BREAK

    def _holds(self, value: Any, table: NftTable, state: HookState) -> bool:
        right = self.right
        if isinstance(right, Interval):
            if self.op in ORDERS:
                return bool(ORDERS[self.op](value, right.low))
            return right.holds(value) != (self.op == "!=")
        if isinstance(right, Flags):
            return bool(value & right.bits) != (self.op == "!=")
        if isinstance(right, Masked):
            return bool(value & right.mask == right.value) != (self.op == "!=")
        return (look_up(right, value, table, state) is not None) != (self.op == "!=")


def _less(left: int, right: int) -> bool:
    return left < right


def _more(left: int, right: int) -> bool:
    return left > right


def _at_most(left: int, right: int) -> bool:
    return left <= right


def _at_least(left: int, right: int) -> bool:
    return left >= right


ORDERS = {"<": _less, ">": _more, "<=": _at_most, ">=": _at_least}


@attrs.frozen
class Vmap:
    """`SELECTOR vmap SOURCE`: the verdict the map has for it."""

    key: str
    source: Source

    @property
    def needs_tracking(self) -> bool:
        """Whether connections must be tracked."""
        return self.key in CT_KEYS

    def run(self, table: NftTable, skb: SkBuff, state: HookState) -> Any:
        """The verdict, or break off."""
        value = read(self.key, skb, state)
        found = None if value is None else look_up(self.source, value, table, state)
        return BREAK if found is None else found.data.run(table, skb, state)


@attrs.frozen
class Log:
    """A line in the kernel's log."""

    prefix: str = ""
    level: str = ""
    group: int = -1
    """An nflog group that nobody listens to, or -1."""

    def run(self, table: NftTable, skb: SkBuff, state: HookState) -> int:
        """Write the line and go on; only the first namespace logs unless told otherwise."""
        kernel = state.netns.kernel
        if self.group < 0 and may_log(state.netns):
            kernel.log.append((kernel.clock.now, self.prefix + log_line(skb, state, 0)))
        return CONTINUE


@attrs.frozen
class Reject:
    """An ICMP error or a reset; `kind` is "", "tcp reset", "icmp X", "icmpv6 X" or "icmpx X"."""

    kind: str = ""

    def run(self, table: NftTable, skb: SkBuff, state: HookState) -> int:
        """Answer and drop."""
        version = 0 if state.family == PF_INET else 1
        if self.kind == "tcp reset":
            if protocol_of(skb.packet) != IPPROTO_TCP:
                return BREAK
            target = RejectTarget("tcp-reset")
        elif not self.kind or self.kind.startswith("icmpx"):
            target = RejectTarget(ICMPX[self.kind.removeprefix("icmpx ") or "port-unreachable"][version])
        else:
            target = RejectTarget((ICMP, ICMPV6)[self.kind.startswith("icmpv6")][self.kind.split()[1]])
        return target.apply(skb, state)


ICMP = {
    "net-unreachable": "icmp-net-unreachable", "host-unreachable": "icmp-host-unreachable", "prot-unreachable": "icmp-proto-unreachable",
    "port-unreachable": "icmp-port-unreachable", "net-prohibited": "icmp-net-prohibited", "host-prohibited": "icmp-host-prohibited",
    "admin-prohibited": "icmp-admin-prohibited",
}  # fmt: skip
ICMPV6 = {
    "no-route": "icmp6-no-route", "admin-prohibited": "icmp6-adm-prohibited", "addr-unreachable": "icmp6-addr-unreachable",
    "port-unreachable": "icmp6-port-unreachable", "policy-fail": "icmp6-policy-fail", "reject-route": "icmp6-reject-route",
}  # fmt: skip
ICMPX = {
    "no-route": ("icmp-net-unreachable", "icmp6-no-route"), "host-unreachable": ("icmp-host-unreachable", "icmp6-addr-unreachable"),
    "port-unreachable": ("icmp-port-unreachable", "icmp6-port-unreachable"), "admin-prohibited": ("icmp-admin-prohibited", "icmp6-adm-prohibited"),
}  # fmt: skip


@attrs.frozen
class Mapped:
    """`SELECTOR map SOURCE` where a value stands."""

    key: str
    source: Source


@attrs.frozen
class Nat:
    """dnat, snat, masquerade or redirect; `address` and `ports` where given."""

    needs_tracking: ClassVar[bool] = True

    word: str
    address: Interval | Mapped | None = None
    ports: Interval | None = None
    flags: tuple[str, ...] = ()
    family: str = ""

    def run(self, table: NftTable, skb: SkBuff, state: HookState) -> Any:
        """Translate the connection; packets without one go on."""
        choice = self._choice(table, skb, state)
        if choice is None:
            return BREAK
        verdict = TRANSLATIONS[self.word](choice).apply(skb, state)
        return Verdict("accept") if verdict == 1 else Verdict("drop")

    def _choice(self, table: NftTable, skb: SkBuff, state: HookState) -> NatRange | None:
        flags = sum(NAT_FLAGS[word] for word in self.flags)
        low = high = 0
        address = self.address
        if isinstance(address, Mapped):
            value = read(address.key, skb, state)
            found = None if value is None else look_up(address.source, value, table, state)
            if found is None:
                return None
            address = found.data
        if isinstance(address, Interval):
            flags, low, high = flags | MAP_IPS, address.low, address.high
        if self.ports is None:
            return NatRange(flags, low, high)
        return NatRange(flags | PROTO_SPECIFIED, low, high, self.ports.low, self.ports.high)


TRANSLATIONS: dict[str, Callable[[NatRange], Any]] = {
    "dnat": DnatTarget,
    "snat": SnatTarget,
    "masquerade": MasqueradeTarget,
    "redirect": RedirectTarget,
}


@attrs.frozen
class Assign:
    """`meta mark set`, `ct mark set`, `ip dscp set`: a number or what another selector reads."""

    key: str
    value: int | str

    @property
    def needs_tracking(self) -> bool:
        """Whether connections must be tracked."""
        return self.key in CT_KEYS or self.value in CT_KEYS

    def run(self, table: NftTable, skb: SkBuff, state: HookState) -> int:
        """Write and go on."""
        value = read(self.value, skb, state) if isinstance(self.value, str) else self.value
        if value is None:
            return BREAK
        if self.key == "meta mark":
            skb.mark = value
        elif self.key == "meta priority":
            skb.priority = value
        elif self.key == "ct mark":
            if isinstance(skb.nfct, Tracked) and skb.nfct.connection is not None:
                skb.nfct.connection.mark = value
        else:
            return DscpTarget(value).apply(skb, state)
        return CONTINUE


@attrs.frozen
class Notrack:
    """The packet belongs to no connection."""

    def run(self, table: NftTable, skb: SkBuff, state: HookState) -> int:
        """Mark it so and go on; an error about an untracked packet too, which iptables' NOTRACK leaves alone (`nft_notrack_eval`)."""
        if skb.nfct is None or (isinstance(skb.nfct, Tracked) and skb.nfct.connection is None):
            skb.nfct = UNTRACKED
        return CONTINUE
