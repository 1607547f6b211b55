"""Policy rules: which of them a flow meets, for both protocols (`net/core/fib_rules.c`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import attrs

from netsim.errors import EACCES, EINVAL, ENETUNREACH, NetError
from netsim.kernel.tables.fib import (
    FR_ACT_BLACKHOLE,
    FR_ACT_GOTO,
    FR_ACT_PROHIBIT,
    FR_ACT_TO_TBL,
    FR_ACT_UNREACHABLE,
    Rule,
)

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns

LOOPBACK_IFINDEX = 1
ACTION_ERRORS = {FR_ACT_BLACKHOLE: EINVAL, FR_ACT_UNREACHABLE: ENETUNREACH, FR_ACT_PROHIBIT: EACCES}


class Flow(Protocol):
    """What rules look at of a routing question (`struct flowi`)."""

    @property
    def dst(self) -> Any:
        """Where to."""

    @property
    def src(self) -> Any:
        """Where from; None or 0 while that is open."""

    @property
    def oif(self) -> int:
        """The device it must leave by, or 0."""

    @property
    def iif(self) -> int:
        """The device it came in by, or 0."""

    @property
    def tos(self) -> int:
        """Type of service or traffic class."""

    @property
    def mark(self) -> int:
        """The packet's mark."""

    @property
    def protocol(self) -> int:
        """The transport protocol."""

    @property
    def sport(self) -> int:
        """Source port."""

    @property
    def dport(self) -> int:
        """Destination port."""

    @property
    def uid(self) -> int:
        """Whose packet it is."""

    @property
    def l3mdev(self) -> int:
        """The L3 master whose table decides, or 0."""


AnyFlow = TypeVar("AnyFlow", bound=Flow)


def l3mdev_update_flow(netns: Netns, flow: AnyFlow) -> AnyFlow:
    """A flow out of or in by a VRF or a port of one is decided by the VRF's table; the VRF itself is no way out (`l3mdev_update_flow`)."""
    for ifindex in (flow.oif, flow.iif if flow.iif > LOOPBACK_IFINDEX else 0):
        dev = netns.devices.get(ifindex) if ifindex else None
        master = dev.l3mdev if dev is not None else None
        if master is not None:
            oif = 0 if master is dev and ifindex == flow.oif else flow.oif
            updated: AnyFlow = attrs.evolve(flow, oif=oif, l3mdev=flow.l3mdev or master.ifindex)  # type: ignore[misc]
            return updated
    return flow


def l3mdev_table(netns: Netns, flow: Flow) -> int:
    """The table of the L3 master a flow belongs to (`l3mdev_fib_rule_match`)."""
    master = netns.devices.get(flow.l3mdev)
    return master.l3mdev_table if master is not None else 0


def chosen_rules(netns: Netns, rules: tuple[Rule, ...], flow: Flow, mask: Callable[[int], int]) -> Iterator[Rule]:
    """The rules a flow meets in order, up to the first that decides by itself (`fib_rules_lookup`); `refused_by` says what that one answers."""
    position = 0
    while position < len(rules):
        rule = rules[position]
        position += 1
        if not rule_matches(netns, rule, flow, mask):
            continue
        if rule.action == FR_ACT_GOTO:
            position = next((place for place, other in enumerate(rules) if other.priority == rule.goto), position)  # unresolved: passed over
        elif rule.action in ACTION_ERRORS:
            yield rule
            return
        elif rule.action == FR_ACT_TO_TBL:
            yield rule


def refused_by(rule: Rule) -> NetError | None:
    """What a rule that does not lead to a table answers."""
    error = ACTION_ERRORS.get(rule.action)
    return None if error is None else NetError(error)


def rule_matches(netns: Netns, rule: Rule, flow: Flow, mask: Callable[[int], int]) -> bool:
    """Whether a rule applies to a flow (`fib_rule_match`, `fib4_rule_match`, `fib6_rule_match`); `mask` makes a family's netmask of a length."""
    return _selects(netns, rule, flow, mask) != rule.invert


def _selects(netns: Netns, rule: Rule, flow: Flow, mask: Callable[[int], int]) -> bool:
    if rule.iif and not _is_device(netns, rule.iif, flow.iif or LOOPBACK_IFINDEX):
        return False
    if rule.oif and not _is_device(netns, rule.oif, flow.oif):
        return False
    if rule.l3mdev and not flow.l3mdev:
        return False
    if (flow.mark ^ rule.fwmark) & rule.fwmask:
        return False
    if rule.src_length and ((rule.src or 0) ^ (flow.src or 0)) & mask(rule.src_length):
        return False
    if rule.dst_length and ((rule.dst or 0) ^ flow.dst) & mask(rule.dst_length):
        return False
    if rule.tos and rule.tos != flow.tos & 0x1C:
        return False
    if rule.ipproto and rule.ipproto != flow.protocol:
        return False
    if rule.uid is not None and not rule.uid[0] <= flow.uid <= rule.uid[1]:
        return False
    return all(not (ports is not None and not ports[0] <= port <= ports[1]) for ports, port in ((rule.sport, flow.sport), (rule.dport, flow.dport)))


def _is_device(netns: Netns, name: str, ifindex: int) -> bool:
    dev = netns.devices.get(ifindex)
    return dev is not None and dev.name == name
