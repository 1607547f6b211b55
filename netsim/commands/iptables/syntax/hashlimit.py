"""`-m hashlimit`."""

from __future__ import annotations

import re

from netsim.commands.iptables.extension import Context, Extension, Given, Place, once
from netsim.commands.iptables.problem import OTHER, Problem
from netsim.commands.iptables.words import number
from netsim.kernel.netfilter.matches.hashlimit import DSTIP, DSTPORT, SCALE, SRCIP, SRCPORT, HashlimitMatch
from netsim.kernel.tables.xtables import RuleSpec

UNITS = (("day", 86_400), ("hour", 3_600), ("min", 60), ("sec", 1))
FULL_NAMES = ("day", "hour", "minute", "second")
UPTO, ABOVE = "hashlimit-upto", "hashlimit-above"
MODES = (SRCIP, SRCPORT, DSTIP, DSTPORT)
SHAPE = ("hashlimit-htable-size", "hashlimit-htable-max", "hashlimit-htable-gcinterval", "hashlimit-htable-expire")
VALUED = (UPTO, ABOVE, "hashlimit-burst", "hashlimit-mode", "hashlimit-name", "hashlimit-srcmask", "hashlimit-dstmask", *SHAPE)
REPORTED = ("hashlimit-htable-max", "hashlimit-rate-match", "hashlimit-rate-interval")
DEFAULT_BURST, MOST_BURST, MOST_SECONDS = 5, 1_000_000, 86_400
DEFAULT_INTERVAL = 1000


def rate_of(option: Given) -> tuple[int, int]:
    """`N/unit` as the time one packet costs in microseconds, and the unit's seconds (`parse_rate`)."""
    count, slash, unit = option.value.partition("/")
    known = next((place for place, name in enumerate(FULL_NAMES) if unit and name.startswith(unit.lower())), 3 if not slash else None)
    if re.match(r"\d+[kmg]?b/", option.value, re.I):
        raise Problem("hashlimit: rates in bytes are not modelled by netsim", OTHER)
    if known is None or not count.isdigit() or not int(count):
        raise Problem(f'hashlimit: Bad value for "--{option.name}" option: "{option.value}"')
    seconds = UNITS[known][1]
    if int(count) > seconds * SCALE:
        raise Problem(f'Rate too fast "{option.value}"')
    return seconds * SCALE // int(count), seconds


def words_of(average: int) -> tuple[str, int]:
    """The rate in the unit that divides well, and that unit's milliseconds (`print_rate`)."""
    place = 1
    while place < len(UNITS):
        period = UNITS[place][1] * SCALE
        if average > period or period // average < period % average:
            break
        place += 1
    name, seconds = UNITS[place - 1]
    return f"{seconds * SCALE // average}/{name}", seconds * 1000


def build(given: list[Given], context: Context) -> HashlimitMatch:
    """The match from its options."""
    found = once(given, "hashlimit")
    for name in REPORTED:
        if name in found:
            raise Problem(f"hashlimit: --{name} is not modelled by netsim", OTHER)
    asked = [found[name] for name in (UPTO, ABOVE) if name in found]
    if len(asked) > 1:
        raise Problem(f'hashlimit: option "--{UPTO}" cannot be used together with "--{ABOVE}".\n')
    average, seconds = rate_of(asked[0]) if asked else (0, 0)
    modes = tuple(found["hashlimit-mode"].value.split(",")) if "hashlimit-mode" in found else ()
    if not set(modes) <= set(MODES):
        raise Problem(f'hashlimit: Bad value for "--hashlimit-mode" option: "{found["hashlimit-mode"].value}"')
    if asked and "hashlimit-name" not in found:
        raise Problem('hashlimit: option "--hashlimit-name" must be specified\n')
    if not asked:
        raise Problem("You have to specify --hashlimit")
    burst = number(found["hashlimit-burst"].value) if "hashlimit-burst" in found else DEFAULT_BURST
    if burst is None or not 1 <= burst <= MOST_BURST:
        raise Problem(f'bad value for option "--hashlimit-burst", or out of range (1-{MOST_BURST}).')
    width = 32 if context.family == 2 else 128
    return HashlimitMatch(
        found["hashlimit-name"].value,
        average,
        burst,
        tuple(mode for mode in MODES if mode in modes),
        (asked[0].name == ABOVE) != asked[0].inverted,
        _whole(found, "hashlimit-srcmask", width),
        _whole(found, "hashlimit-dstmask", width),
        width,
        _whole(found, "hashlimit-htable-expire", seconds * 1000),
        _whole(found, "hashlimit-htable-size", 0),
        _whole(found, "hashlimit-htable-gcinterval", DEFAULT_INTERVAL),
    )


def _whole(found: dict[str, Given], name: str, default: int) -> int:
    if name not in found:
        return default
    value = number(found[name].value)
    if value is None:
        raise Problem(f'hashlimit: bad value for option "--{name}", or out of range (0-4294967295).\n')
    return value


def valid(match: HashlimitMatch, spec: RuleSpec, place: Place) -> bool:
    """Masks fit the addresses, and the table is a file's name (`hashlimit_mt_check_common`)."""
    return match.srcmask <= match.width and match.dstmask <= match.width and 0 < len(match.name) < 255 and "/" not in match.name and match.expire > 0


def _shape(match: HashlimitMatch, mark: str, unit: int) -> str:
    """What is not as it is by default, each with `mark` before it."""
    shown = (
        ("htable-size", match.size, 0), ("htable-gcinterval", match.interval, DEFAULT_INTERVAL), ("htable-expire", match.expire, unit),
        ("srcmask", match.srcmask, match.width), ("dstmask", match.dstmask, match.width),
    )  # fmt: skip
    return "".join(f" {mark}{name} {value}" for name, value, default in shown if value != default)


def save(match: HashlimitMatch) -> str:
    """Words for -S."""
    rate, unit = words_of(match.average)
    modes = f" --hashlimit-mode {','.join(match.modes)}" if match.modes else ""
    kind = ABOVE if match.above else UPTO
    return f" --{kind} {rate} --hashlimit-burst {match.burst}{modes} --hashlimit-name {match.name}{_shape(match, '--hashlimit-', unit)}"


def listing(match: HashlimitMatch, numeric: bool, /) -> str:
    """Words for -L."""
    rate, unit = words_of(match.average)
    modes = f" mode {'-'.join(match.modes)}" if match.modes else ""
    return f" limit: {'above' if match.above else 'up to'} {rate} burst {match.burst}{modes}{_shape(match, '', unit)}"


HASHLIMIT = Extension(
    "hashlimit",
    {name: (name, True) for name in (*VALUED, "hashlimit-rate-interval")} | {"hashlimit": (UPTO, True), "hashlimit-rate-match": ("hashlimit-rate-match", False)},
    build, save, listing, HashlimitMatch, frozenset((UPTO, ABOVE)), valid=valid,
)  # fmt: skip
