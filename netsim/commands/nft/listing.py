"""Tables, chains, rules and sets as `nft list` writes them."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.clock import MS, SECOND
from netsim.commands.nft.datatypes import KEYS, TYPES
from netsim.commands.nft.objects import SIZES, UNITS
from netsim.commands.nft.statements import NETWORK_OF, TERMINAL
from netsim.commands.nft.values import as_prefix, flags_text, interval_text
from netsim.kernel.core.hooks import FORWARD, LOCAL_IN, LOCAL_OUT, POST_ROUTING, PRE_ROUTING
from netsim.kernel.netfilter.nft.stateful import ByteLimit, Counter, Limit, Named, Quota
from netsim.kernel.netfilter.nft.statements import (
    Anonymous,
    Assign,
    Flags,
    Interval,
    Log,
    Mapped,
    Masked,
    Match,
    Nat,
    Notrack,
    Reject,
    SetRef,
    Verdict,
    Vmap,
)
from netsim.kernel.tables.nftables import NftChain, NftObject, NftRule, NftSet, NftTable

HOOKS = {"prerouting": PRE_ROUTING, "input": LOCAL_IN, "forward": FORWARD, "output": LOCAL_OUT, "postrouting": POST_ROUTING}
PRIORITIES = {"raw": -300, "mangle": -150, "dstnat": -100, "filter": 0, "security": 50, "srcnat": 100}
ONLY_AT = {"dstnat": PRE_ROUTING, "srcnat": POST_ROUTING}
NEAR = 10


@attrs.frozen
class Look:
    """How a listing looks: -a, -s, -n, -t, -y; `now` for what expires."""

    handles: bool = False
    stateless: bool = False
    numeric: bool = False
    terse: bool = False
    numeric_priority: bool = False
    devices: dict[int, str] = attrs.field(factory=dict)
    now: int = 0


def priority_text(priority: int, hook: int, look: Look) -> str:
    """A priority by the name it is near to."""
    if look.numeric or look.numeric_priority:
        return str(priority)
    for name, value in PRIORITIES.items():
        distance = priority - value
        if ONLY_AT.get(name, hook) == hook and abs(distance) <= NEAR:
            return name if not distance else f"{name} {'+' if distance > 0 else '-'} {abs(distance)}"
    return str(priority)


def _handle(number: int, look: Look) -> str:
    return f" # handle {number}" if look.handles else ""


def table_text(table: NftTable, look: Look) -> str:
    """A whole table."""
    blocks = [object_text(known, look) for known in table.objects.values()]
    blocks += [set_text(known, look) for known in table.sets.values()]
    blocks += [chain_text(chain, look) for chain in table.chains.values()]
    head = f'\tcomment "{table.comment}"\n' if table.comment else ""
    return f"table {table.family} {table.name} {{{_handle(table.handle, look)}\n{head}" + "\n".join(blocks) + "}\n"


def within(table: NftTable, text: str, look: Look) -> str:
    """One part of a table, with the table around it."""
    return f"table {table.family} {table.name} {{\n{text}}}\n"


def base_text(chain: NftChain, look: Look) -> str:
    """The lines a base chain begins with."""
    text = f'\t\tcomment "{chain.comment}"\n' if chain.comment else ""
    if chain.hook < 0:
        return text
    hook = next(name for name, number in HOOKS.items() if number == chain.hook)
    policy = "accept" if chain.policy else "drop"
    return text + f"\t\ttype {chain.kind} hook {hook} priority {priority_text(chain.priority, chain.hook, look)}; policy {policy};\n"


def chain_text(chain: NftChain, look: Look) -> str:
    """A chain and its rules."""
    lines = "".join(f"\t\t{rule_text(rule, look)}{_handle(rule.handle, look)}\n" for rule in chain.rules)
    return f"\tchain {chain.name} {{{_handle(chain.handle, look)}\n{base_text(chain, look)}{lines}\t}}\n"


def chain_head(chain: NftChain, look: Look) -> str:
    """A chain without its rules, for `list chains`."""
    return f"\tchain {chain.name} {{{_handle(chain.handle, look)}\n{base_text(chain, look)}\t}}\n"


# objects -------------------------------------------------------------------------------------------------------------


def object_text(known: NftObject, look: Look) -> str:
    """A counter, quota or limit with a name."""
    lines = [f"\t{known.kind} {known.name} {{{_handle(known.handle, look)}"]
    if known.comment:
        lines.append(f'\t\tcomment "{known.comment}"')
    text = STATES[type(known.state)](known.state, look)
    return "\n".join([*lines, *([f"\t\t{text}"] if text else []), "\t}", ""])


def _counted(counter: Counter, look: Look) -> str:
    return "" if look.stateless else f"packets {counter.packets} bytes {counter.bytes}"


def _sized(size: int) -> str:
    """In the largest unit that leaves nothing over."""
    unit = next(unit for unit in reversed(SIZES) if not size % SIZES[unit] or unit == "bytes") if size else "bytes"
    return f"{size // SIZES[unit]} {unit}"


def _quota_words(quota: Quota, look: Look) -> str:
    told = f" used {_sized(quota.used)}" if quota.used and not look.stateless else ""
    return f"{'over ' if quota.over else ''}{_sized(quota.quota)}{told}"


def _limit_words(limit: Limit, look: Look) -> str:
    text = f"rate {'over ' if limit.over else ''}{limit.rate}/{_unit(limit.unit)}"
    return text if limit.burst == 5 else f"{text} burst {limit.burst} packets"


def _byte_limit_words(limit: ByteLimit, look: Look) -> str:
    text = f"rate {'over ' if limit.over else ''}{_sized(limit.rate)}/{_unit(limit.unit)}"
    return f"{text} burst {_sized(limit.burst)}" if limit.burst else text


def _unit(seconds: int) -> str:
    return next(name for name, known in UNITS.items() if known == seconds)


STATES: dict[type, Any] = {Counter: _counted, Quota: _quota_words, Limit: _limit_words, ByteLimit: _byte_limit_words}


# sets ----------------------------------------------------------------------------------------------------------------


def set_text(known: NftSet, look: Look) -> str:
    """A set or map with its elements."""
    word = "map" if known.data_type else "set"
    kind = (known.typeof and f"typeof {known.typeof}") or f"type {known.key_type}"
    lines = [f"\t{word} {known.name} {{{_handle(known.handle, look)}", f"\t\t{kind}" + (f" : {known.data_type}" if known.data_type else "")]
    if known.size:
        lines.append(f"\t\tsize {known.size}")
    if known.flags and known.flags != ("timeout",):
        lines.append(f"\t\tflags {','.join(known.flags)}")
    elif known.flags and not known.timeout:
        lines.append("\t\tflags timeout")
    if known.timeout:
        lines.append(f"\t\ttimeout {duration(known.timeout * 1000)}")
    if known.auto_merge:
        lines.append("\t\tauto-merge")
    if known.comment:
        lines.append(f'\t\tcomment "{known.comment}"')
    elements = _elements(known, look)
    if elements and not look.terse:
        lines.append("\t\telements = { " + elements + " }")
    return "\n".join([*lines, "\t}", ""])


def _elements(known: NftSet, look: Look) -> str:
    kind = TYPES[known.key_type]
    text = ""
    plain = "interval" in known.flags  # intervals of names are compared letter by letter
    keys = sorted(known.elements, key=lambda key: key[0] if plain else kind.order(key[0]))
    for place, key in enumerate(keys):
        element = known.elements[key]
        if element.expires and element.expires <= look.now:
            continue
        if text:
            text += ",\n\t\t\t     " if place % kind.a_line == 0 else ", "
        text += value_text(as_prefix(*key, known.key_type), known.key_type, look)
        if element.expires and not look.stateless:
            text += f" expires {duration((element.expires - look.now) // MS)}"
        if element.comment:
            text += f' comment "{element.comment}"'
        if known.data_type:
            text += " : " + data_text(element.data, known.data_type, look)
    return text


def data_text(data: Any, kind: str, look: Look) -> str:
    """What a map leads to."""
    return verdict_text(data) if isinstance(data, Verdict) else value_text(data, kind, look)


def duration(milliseconds: int) -> str:
    """`1d2h3m4s5ms`."""
    text = ""
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", SECOND // MS), ("ms", 1)):
        count, milliseconds = divmod(milliseconds, size)
        text += f"{count}{unit}" if count else ""
    return text or "0s"


def value_text(interval: Interval, kind: str, look: Look) -> str:
    """A value; devices by index are shown by name."""
    if kind == "iface_index":
        return f'"{look.devices.get(interval.low, interval.low)}"'
    return interval_text(interval, kind, numeric=look.numeric)


# rules ---------------------------------------------------------------------------------------------------------------


def rule_text(rule: NftRule, look: Look) -> str:
    """A rule's statements and remark."""
    statements = rule.statements
    words = [
        WRITERS[type(statement)](statement, look)
        for place, statement in enumerate(statements)
        if not _is_implied(statement, statements[place + 1] if place + 1 < len(statements) else None)
    ]
    if rule.comment:
        words.append(f'comment "{rule.comment}"')
    return " ".join(words)


def _is_implied(statement: Any, following: Any) -> bool:
    """Whether the ICMP error right after it says already which protocol a test asks for."""
    if not isinstance(statement, Match) or not isinstance(following, Reject) or statement.key != "meta nfproto" or statement.op:
        return False
    wanted = NETWORK_OF.get(following.kind.split()[0]) if following.kind else None
    return wanted is not None and statement.right == Interval(wanted, wanted)


def verdict_text(verdict: Verdict) -> str:
    """accept, jump CHAIN ..."""
    return verdict.word if verdict.word in TERMINAL else f"{verdict.word} {verdict.chain}"


def _verdict(verdict: Verdict, look: Look) -> str:
    return verdict_text(verdict)


def source_text(source: Any, kind: str, look: Look, data: str = "") -> str:
    """`@name` or `{ ... }`."""
    if isinstance(source, SetRef):
        return f"@{source.name}"
    assert isinstance(source, Anonymous)
    parts = []
    for interval, value in source.elements:
        text = value_text(interval, kind, look)
        parts.append(text if value is None else f"{text} : {data_text(value, data, look)}")
    return "{ " + ", ".join(parts) + " }"


def _match(match: Match, look: Look) -> str:
    kind, right = KEYS[match.key], match.right
    op = f"{match.op} " if match.op else ""
    if isinstance(right, Interval):
        return f"{match.key} {op}{value_text(right, kind, look)}"
    if isinstance(right, Flags):
        joint = " | " if match.op else ","
        return f"{match.key} {op}{flags_text(right.bits, kind, numeric=look.numeric, joint=joint)}"
    if isinstance(right, Masked):
        return _masked(match, right, kind, look)
    return f"{match.key} {op}{source_text(right, kind, look)}"


def _masked(match: Match, right: Masked, kind: str, look: Look) -> str:
    if right.is_flags or TYPES[kind].is_flags:
        if not right.value:
            return f"{match.key} ! {flags_text(right.mask, kind, numeric=look.numeric)}"
        op = f"{match.op} " if match.op else ""
        return f"{match.key} {op}{flags_text(right.value, kind, numeric=look.numeric)} / {flags_text(right.mask, kind, numeric=look.numeric)}"
    known = TYPES[kind]
    return f"{match.key} & {known.text(right.mask)} {match.op or '=='} {known.text(right.value)}"


def _vmap(vmap: Vmap, look: Look) -> str:
    return f"{vmap.key} vmap {source_text(vmap.source, KEYS[vmap.key], look, 'verdict')}"


def _counter(counter: Counter, look: Look) -> str:
    return "counter" if look.stateless else f"counter packets {counter.packets} bytes {counter.bytes}"


def _stateful(known: Any, look: Look) -> str:
    return f"{'quota' if isinstance(known, Quota) else 'limit'} {STATES[type(known)](known, look)}"


def _named(named: Named, look: Look) -> str:
    return f'{named.kind} name "{named.name}"'


def _log(log: Log, look: Look) -> str:
    text = "log" + (f' prefix "{log.prefix}"' if log.prefix else "") + (f" level {log.level}" if log.level else "")
    return text + (f" group {log.group}" if log.group >= 0 else "")


def _reject(reject: Reject, look: Look) -> str:
    return f"reject with {reject.kind}" if reject.kind else "reject"


def _nat(nat: Nat, look: Look) -> str:
    text = nat.word + (f" {nat.family}" if nat.family else "")
    address = nat.address
    place = ""
    if isinstance(address, Mapped):
        kind = "ipv4_addr"
        place = f"{address.key} map {source_text(address.source, KEYS[address.key], look, kind)}"
    elif isinstance(address, Interval):
        kind = "ipv6_addr" if address.high > 0xFFFFFFFF else "ipv4_addr"
        place = value_text(address, kind, look)
        if nat.ports is not None and kind == "ipv6_addr":
            place = f"[{place}]"
    if nat.ports is not None:
        place += f":{value_text(nat.ports, 'inet_service', look)}"
    text += f" to {place}" if place else ""
    return text + (f" {','.join(nat.flags)}" if nat.flags else "")


def _assign(assign: Assign, look: Look) -> str:
    value = assign.value if isinstance(assign.value, str) else TYPES[KEYS[assign.key]].text(assign.value, look.numeric)
    return f"{assign.key} set {value}"


def _notrack(notrack: Notrack, look: Look) -> str:
    return "notrack"


WRITERS: dict[type, Any] = {
    Match: _match, Vmap: _vmap, Counter: _counter, Verdict: _verdict, Limit: _stateful, ByteLimit: _stateful, Quota: _stateful, Named: _named, Log: _log, Reject: _reject, Nat: _nat, Assign: _assign,
    Notrack: _notrack,
}  # fmt: skip
