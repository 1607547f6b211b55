"""Targets with few options: REJECT, LOG, MARK, TTL and HL."""

from __future__ import annotations

from netsim.commands.iptables.extension import Context, Extension, Given, Place, once, quoted
from netsim.commands.iptables.problem import Problem
from netsim.commands.iptables.words import mark, number
from netsim.kernel.netfilter.targets.log import LOG_IPOPT, LOG_MACDECODE, LOG_TCPOPT, LOG_TCPSEQ, LOG_UID, LogTarget
from netsim.kernel.netfilter.targets.mark import MarkTarget
from netsim.kernel.netfilter.targets.reject import CODES, CODES6, RESET, RejectTarget
from netsim.kernel.netfilter.targets.ttl import TtlTarget
from netsim.kernel.tables.xtables import RuleSpec

ALL_BITS = 0xFFFFFFFF
LONGEST_PREFIX = 29  # what is beyond is cut off without a word
LEVELS = ("emerg", "alert", "crit", "error", "warning", "notice", "info", "debug")
TOLD_LEVELS = (*LEVELS[:3], "err", "warn", *LEVELS[5:])
LEVEL_ALIASES = {"panic": 0, "err": 3, "warn": 4}
LOG_FLAGS = (
    (LOG_TCPSEQ, "tcp-sequence"),
    (LOG_TCPOPT, "tcp-options"),
    (LOG_IPOPT, "ip-options"),
    (LOG_UID, "uid"),
    (LOG_MACDECODE, "macdecode"),
)
REJECT_ALIASES = {
    "net-unreach": "icmp-net-unreachable",
    "host-unreach": "icmp-host-unreachable",
    "proto-unreach": "icmp-proto-unreachable",
    "port-unreach": "icmp-port-unreachable",
    "net-prohib": "icmp-net-prohibited",
    "host-prohib": "icmp-host-prohibited",
    "tcp-rst": RESET,
    "admin-prohib": "icmp-admin-prohibited",
}

REJECT6_ALIASES = {
    "no-route": "icmp6-no-route",
    "adm-prohibited": "icmp6-adm-prohibited",
    "addr-unreach": "icmp6-addr-unreachable",
    "port-unreach": "icmp6-port-unreachable",
    "policy-fail": "icmp6-policy-fail",
    "reject-route": "icmp6-reject-route",
    "tcp-rst": RESET,
}


def _reject(given: list[Given], context: Context) -> RejectTarget:
    found = once(given, "REJECT")
    codes, aliases, usual = CODES6, REJECT6_ALIASES, "icmp6-port-unreachable"
    if context.family == 2:
        codes, aliases, usual = CODES, REJECT_ALIASES, "icmp-port-unreachable"
    word = found["reject-with"].value.lower() if "reject-with" in found else usual
    names = [*codes, RESET, *aliases]
    chosen = next((name for name in names if name.startswith(word)), None) if word else None
    if chosen is None:
        raise Problem(f'unknown reject type "{found["reject-with"].value}"')
    return RejectTarget(aliases.get(chosen, chosen))


def _reject_save(target: RejectTarget) -> str:
    return f" --reject-with {target.kind}"


def _reject_listing(target: RejectTarget, numeric: bool, /) -> str:
    return f" reject-with {target.kind}"


def _reject_valid(target: RejectTarget, spec: RuleSpec, place: Place) -> bool:
    """Resets answer TCP only (`reject_tg_check`)."""
    return target.kind != RESET or (spec.protocol == 6 and not spec.protocol_inverted)


def _log(given: list[Given], context: Context) -> LogTarget:
    found = once(given, "LOG")
    prefix = found["log-prefix"].value[:LONGEST_PREFIX] if "log-prefix" in found else ""
    if "\n" in prefix:
        raise Problem("Newlines not allowed in --log-prefix")
    flags = sum(bit for bit, name in LOG_FLAGS if f"log-{name}" in found)
    return LogTarget(_level(found["log-level"].value) if "log-level" in found else 4, prefix, flags)


def _level(word: str) -> int:
    value = number(word)
    if value is not None and value < len(LEVELS):
        return value
    names = {**{name: place for place, name in enumerate(LEVELS)}, **LEVEL_ALIASES}
    hits = [level for name, level in names.items() if word and name.startswith(word.lower())]
    if not hits:
        raise Problem(f'log level "{word}" unknown\n')
    return hits[0]


def _log_save(target: LogTarget) -> str:
    text = f" --log-prefix{quoted(target.prefix)}" if target.prefix else ""
    if target.level != 4:
        text += f" --log-level {target.level}"
    return text + "".join(f" --log-{name}" for bit, name in LOG_FLAGS if target.flags & bit)


def _log_listing(target: LogTarget, numeric: bool, /) -> str:
    if numeric:
        text = f" LOG flags {target.flags} level {target.level}"
    else:
        text = f" LOG level {TOLD_LEVELS[target.level]}" + "".join(f" {name}" for bit, name in LOG_FLAGS if target.flags & bit)
    return text + (f' prefix "{target.prefix}"' if target.prefix else "")


def _mark(given: list[Given], context: Context) -> MarkTarget:
    found = once(given, "MARK")
    if not found:
        raise Problem("MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required")
    if len(found) > 1:
        raise Problem("MARK: --set-xmark, --set-mark, --and-mark, --or-mark and --xor-mark exclude each other")
    name, option = next(iter(found.items()))
    value, mask = mark(option.value, name)
    if name == "set-mark":
        return MarkTarget(value, (value | mask) & ALL_BITS)
    if name == "and-mark":
        return MarkTarget(0, ~value & ALL_BITS)
    if name == "or-mark":
        return MarkTarget(value, value)
    return MarkTarget(value, 0) if name == "xor-mark" else MarkTarget(value, mask)


def _mark_save(target: MarkTarget) -> str:
    return f" --set-xmark 0x{target.value:x}/0x{target.mask:x}"


def _mark_listing(target: MarkTarget, numeric: bool, /) -> str:
    if target.value == 0:
        return f" MARK and 0x{~target.mask & ALL_BITS:x}"
    if target.value == target.mask:
        return f" MARK or 0x{target.value:x}"
    if target.mask == 0:
        return f" MARK xor 0x{target.value:x}"
    if target.mask == ALL_BITS:
        return f" MARK set 0x{target.value:x}"
    return f" MARK xset 0x{target.value:x}/0x{target.mask:x}"


def _ttl(given: list[Given], context: Context) -> TtlTarget:
    name = "TTL" if context.family == 2 else "HL"
    if not given:
        raise Problem(f"{name}: You must specify an action")
    if len(given) > 1:
        raise Problem(f"{name}: You must specify exactly one action")
    value = number(given[0].value)
    if value is None or value > 255:
        raise Problem(f'{name}: bad value for option "--{given[0].name}", or out of range (0-255).\n')
    return TtlTarget(given[0].name[-3:], value)


def _ttl_save(target: TtlTarget) -> str:
    return f" --ttl-{target.mode} {target.value}"


def _hl_save(target: TtlTarget) -> str:
    return f" --hl-{target.mode} {target.value}"


_ACTIONS = {"set": "set to", "inc": "increment by", "dec": "decrement by"}


def _ttl_listing(target: TtlTarget, numeric: bool, /) -> str:
    return f" TTL {_ACTIONS[target.mode]} {target.value}"


def _hl_listing(target: TtlTarget, numeric: bool, /) -> str:
    return f" HL {_ACTIONS[target.mode]} {target.value}"


REJECT = Extension(
    "REJECT",
    {"reject-with": ("reject-with", True)},
    _reject,
    _reject_save,
    _reject_listing,
    RejectTarget,
    tables=frozenset({"filter"}),
    valid=_reject_valid,
)
LOG = Extension(
    "LOG",
    {"log-level": ("log-level", True), "log-prefix": ("log-prefix", True)} | {f"log-{name}": (f"log-{name}", False) for _, name in LOG_FLAGS},
    _log, _log_save, _log_listing, LogTarget,
)  # fmt: skip
MARK = Extension(
    "MARK",
    {name: (name, True) for name in ("set-xmark", "set-mark", "and-mark", "or-mark", "xor-mark")},
    _mark, _mark_save, _mark_listing, MarkTarget,
)  # fmt: skip
TTL = Extension(
    "TTL", {f"ttl-{mode}": (f"ttl-{mode}", True) for mode in _ACTIONS}, _ttl, _ttl_save, _ttl_listing, TtlTarget, tables=frozenset({"mangle"})
)
HL = Extension("HL", {f"hl-{mode}": (f"hl-{mode}", True) for mode in _ACTIONS}, _ttl, _hl_save, _hl_listing, TtlTarget, tables=frozenset({"mangle"}))
