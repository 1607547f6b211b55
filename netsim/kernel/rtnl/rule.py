"""RTM_NEWRULE, RTM_DELRULE: policy routing rules."""

from __future__ import annotations

import attrs

from netsim.addr import IPv4, IPv6
from netsim.errors import EEXIST, EINVAL, ENOENT, EOPNOTSUPP, NetError
from netsim.kernel.core.netns import Netns
from netsim.kernel.tables.fib import FR_ACT_GOTO, FR_ACT_TO_TBL, RT_TABLE_DEFAULT, FibState, Rule
from netsim.kernel.tables.fib6 import Fib6State

FULL_MASK = 0xFFFFFFFF
ECN_BITS = 3
TOS_MASK = 0x1E


@attrs.frozen
class RuleRequest:
    """What a rule message says; `None` means absent."""

    priority: int | None = None
    src: IPv4 | IPv6 | None = None
    src_length: int = 0
    dst: IPv4 | IPv6 | None = None
    dst_length: int = 0
    tos: int = 0
    fwmark: int | None = None
    fwmask: int | None = None
    iif: str | None = None
    oif: str | None = None
    table: int = 0
    action: int = FR_ACT_TO_TBL
    goto: int | None = None
    invert: bool = False
    ipproto: int | None = None
    sport: tuple[int, int] | None = None
    dport: tuple[int, int] | None = None
    uid: tuple[int, int] | None = None
    suppress_prefixlength: int | None = None
    suppress_ifgroup: int | None = None
    protocol: int = 0
    l3mdev: bool = False
    family: int = 2


def fib_of(netns: Netns, family: int) -> FibState | Fib6State:
    """The family's tables and rules; EOPNOTSUPP for any other family."""
    if family not in (2, 10):
        raise NetError(EOPNOTSUPP)
    return netns.inet.fib if family == 2 else netns.inet6.fib


def _valid_selectors(request: RuleRequest) -> None:
    """What adding and removing refuse alike (`fib_nl2rule`)."""
    for what, address, length in (("source", request.src, request.src_length), ("dst", request.dst, request.dst_length)):
        if length and (address is None or isinstance(address, IPv6) != (request.family == 10)):
            raise NetError(EINVAL, f"Invalid {what} address")
    if request.uid is not None and request.uid[0] > request.uid[1]:
        raise NetError(EINVAL, "Invalid uid range")
    for name, ports in (("sport", request.sport), ("dport", request.dport)):
        if ports is not None and (not ports[0] or ports[0] > ports[1]):
            raise NetError(EINVAL, f"Invalid {name} range")


def newrule(netns: Netns, request: RuleRequest) -> None:
    """Add a rule (`fib_nl_newrule`); without a priority it goes just before the first rule that is not rule 0."""
    netns.kernel.require_admin()
    state = fib_of(netns, request.family)
    _valid_selectors(request)
    if request.tos & ECN_BITS:
        raise NetError(EINVAL, "Invalid dsfield (tos): ECN bits must be 0")
    if request.tos & ~TOS_MASK and request.family == 2:
        raise NetError(EINVAL, "Invalid tos")  # the high bits of a DSCP do not count in IPv4 (`fib4_nl2rule_dscp`)
    if request.action == FR_ACT_TO_TBL and not request.table and not request.l3mdev:
        if request.family != 2:
            raise NetError(EINVAL)
        request = attrs.evolve(request, table=_empty_table(netns))
    if request.action == FR_ACT_GOTO and request.goto is not None and request.goto <= (request.priority or 0):
        raise NetError(EINVAL, "Backward goto not supported")
    rules = state.rules
    priority = request.priority if request.priority is not None else _default_priority(rules)
    rule = Rule(
        priority, request.src, request.src_length, request.dst,
        request.dst_length, request.tos, request.fwmark or 0,
        _mask_of(request), request.iif or "", request.oif or "",
        request.table, request.action, request.goto or 0, request.invert, request.ipproto or 0, request.sport, request.dport, request.uid,
        -1 if request.suppress_prefixlength is None else request.suppress_prefixlength,
        -1 if request.suppress_ifgroup is None else request.suppress_ifgroup, request.protocol, request.l3mdev,
    )  # fmt: skip
    if any(attrs.evolve(known, invert=rule.invert, goto=rule.goto) == rule for known in rules):
        raise NetError(EEXIST)  # `rule_exists` looks at neither
    place = next((number for number, known in enumerate(rules) if known.priority > priority), len(rules))
    state.rules = (*rules[:place], rule, *rules[place:])
    netns.stir()
    state.has_custom_rules = True
    state.generation += 1


def _empty_table(netns: Netns) -> int:
    """A rule that names no table gets the first that does not exist yet (`fib_empty_table`)."""
    fib = netns.inet.fib
    return fib.table(next(number for number in range(1, RT_TABLE_DEFAULT + 1) if number not in fib.tables)).number


def _default_priority(rules: tuple[Rule, ...]) -> int:
    """`fib_default_rule_pref`."""
    return rules[1].priority - 1 if len(rules) > 1 and rules[1].priority else 0


def delrule(netns: Netns, request: RuleRequest) -> None:
    """Remove the first rule that matches (`fib_nl_delrule`); ENOENT."""
    netns.kernel.require_admin()
    _valid_selectors(request)
    state = fib_of(netns, request.family)
    rules = state.rules
    for rule in rules:
        if _is_wanted(rule, request):
            netns.stir()
            state.rules = tuple(other for other in rules if other is not rule)
            state.has_custom_rules = True
            state.generation += 1
            return
    raise NetError(ENOENT)


def _mask_of(request: RuleRequest) -> int:
    """All of a mark counts where no mask is named (`fib_nl2rule`)."""
    return request.fwmask if request.fwmask is not None else (FULL_MASK if request.fwmark else 0)


def _is_wanted(rule: Rule, request: RuleRequest) -> bool:
    pairs = (
        (request.priority, rule.priority),
        (request.fwmark or None, rule.fwmark),
        (_mask_of(request) or None, rule.fwmask),
        (request.l3mdev or None, rule.l3mdev),
        (request.iif, rule.iif),
        (request.oif, rule.oif),
        (request.table or None, rule.table),
        (request.ipproto, rule.ipproto),
        (request.sport, rule.sport),
        (request.dport, rule.dport),
        (request.uid, rule.uid),
        (request.src, rule.src),
        (request.dst, rule.dst),
        (request.protocol or None, rule.protocol),
        (request.suppress_prefixlength, rule.suppress_prefixlength),
        (request.suppress_ifgroup, rule.suppress_ifgroup),
        (request.tos or None, rule.tos),
    )
    if any(asked is not None and asked != known for asked, known in pairs):
        return False
    if request.src is not None and request.src_length != rule.src_length:
        return False
    if request.dst is not None and request.dst_length != rule.dst_length:
        return False
    return request.action in (0, rule.action)
