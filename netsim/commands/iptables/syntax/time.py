"""`-m time`."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from netsim.commands.iptables.extension import Context, Extension, Given, once
from netsim.commands.iptables.problem import Problem
from netsim.kernel.netfilter.matches.time import DAY, EVERY_MONTHDAY, EVERY_WEEKDAY, LATEST, TimeMatch

WEEKDAYS = ("", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
INVERTIBLE = ("weekdays", "monthdays")
FLAGS = ("utc", "kerneltz", "localtz", "contiguous")
EARLIEST_YEAR, LATEST_YEAR = 1970, 2038


def _date(word: str) -> int:
    parts = re.fullmatch(r"(\d+)(?:-(\d+)(?:-(\d+)(?:T(\d+)(?::(\d+)(?::(\d+))?)?)?)?)?", word)
    values = [int(part) if part is not None else default for part, default in zip(parts.groups(), (0, 1, 1, 0, 0, 0), strict=True)] if parts else []
    limits = ((EARLIEST_YEAR, LATEST_YEAR), (1, 12), (1, 31), (0, 23), (0, 59), (0, 59))
    if not values or any(not low <= value <= high for value, (low, high) in zip(values, limits, strict=True)):
        raise Problem(f'Invalid date "{word}" specified. Should be YYYY[-MM[-DD[Thh[:mm[:ss]]]]]')
    year, month, day, hour, minute, second = values
    first = datetime(year, month, 1, hour, minute, second, tzinfo=UTC)
    return int(first.timestamp()) + (day - 1) * DAY  # 30 February is 1 March, as mktime(3) has it


def _time(word: str) -> int:
    parts = word.split(":")
    for part, least in zip(parts, (24, 60, 60), strict=False):
        if not part.isdigit() or int(part) >= least:
            raise Problem(_wrong(part if part != parts[0] else word))
    if not 2 <= len(parts) <= 3:
        raise Problem(_wrong(word))
    return int(parts[0]) * 3600 + int(parts[1]) * 60 + (int(parts[2]) if len(parts) == 3 else 0)


def _wrong(word: str) -> str:
    return f'invalid time "{word}" specified, should be hh:mm[:ss] format and within the boundaries'


def _weekdays(word: str) -> int:
    days = 0
    for day in word.split(","):
        if not day or day.isdigit():
            if not int(day or 0):
                raise Problem("No, the week does NOT begin with Sunday.")
            days |= 1 << int(day) & 0xFF if int(day) < 9 else 0
            continue
        number = next((place for place, name in enumerate(WEEKDAYS) if place and day[:2] == name[:2]), 0)
        if not number:
            raise Problem(f"{day} is not a valid day specifier")
        days |= 1 << number
    return days


def _monthdays(word: str) -> int:
    days = 0
    for day in word.split(","):
        if not day.isdigit() or int(day) > 31:
            raise Problem(f"{day} is not a valid day for --monthdays")
        days |= 1 << int(day)
    return days


def build(given: list[Given], context: Context) -> TimeMatch:
    """The match from its options."""
    found = once(given, "time")
    for option in given:
        if option.inverted and option.name not in INVERTIBLE:
            raise Problem(f'time: option "--{option.name}" cannot be inverted.\n')
    if "utc" in found and ("kerneltz" in found or "localtz" in found):
        raise Problem('time: option "--utc" cannot be used together with "--kerneltz".\n')
    value = {name: option.value for name, option in found.items()}
    start = _time(value["timestart"]) if "timestart" in value else 0
    stop = _time(value["timestop"]) if "timestop" in value else DAY - 1
    weekdays = _weekdays(value["weekdays"]) if "weekdays" in value else EVERY_WEEKDAY
    monthdays = _monthdays(value["monthdays"]) if "monthdays" in value else EVERY_MONTHDAY
    if "contiguous" in found and start < stop:
        raise Problem("time: --contiguous only makes sense when stoptime is smaller than starttime")
    return TimeMatch(
        _date(value["datestart"]) if "datestart" in value else 0,
        _date(value["datestop"]) if "datestop" in value else LATEST,
        start,
        stop,
        weekdays ^ (EVERY_WEEKDAY if "weekdays" in found and found["weekdays"].inverted else 0),
        monthdays ^ (EVERY_MONTHDAY if "monthdays" in found and found["monthdays"].inverted else 0),
        "kerneltz" in found or "localtz" in found,
        "contiguous" in found,
    )


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _day(stamp: int, between: str) -> str:
    return datetime.fromtimestamp(stamp, UTC).strftime(f"%Y-%m-%d{between}%H:%M:%S")


def _named_weekdays(match: TimeMatch) -> str:
    return ",".join(name for place, name in enumerate(WEEKDAYS) if place and match.weekdays >> place & 1)


def _numbers(match: TimeMatch) -> list[int]:
    return [day for day in range(1, 32) if match.monthdays >> day & 1]


def _is_all_day(match: TimeMatch) -> bool:
    return (match.start, match.stop) == (0, DAY - 1)


def save(match: TimeMatch) -> str:
    """Words for -S."""
    text = "" if _is_all_day(match) else f" --timestart {_clock(match.start)} --timestop {_clock(match.stop)}"
    if match.monthdays != EVERY_MONTHDAY:
        text += f" --monthdays {','.join(map(str, _numbers(match)))}"
    if match.weekdays != EVERY_WEEKDAY:
        text += f" --weekdays {_named_weekdays(match)}"
    text += f" --datestart {_day(match.since, 'T')}" if match.since else ""
    text += f" --datestop {_day(match.until, 'T')}"
    return text + (" --kerneltz" if match.is_kernel_zone else "") + (" --contiguous" if match.is_contiguous else "")


def _ordinal(day: int) -> str:
    return f"{day}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th') }"


def listing(match: TimeMatch, numeric: bool, /) -> str:
    """Words for -L."""
    text = " TIME" + ("" if _is_all_day(match) else f" from {_clock(match.start)} to {_clock(match.stop)}")
    if match.weekdays != EVERY_WEEKDAY:
        text += f" on {_named_weekdays(match)}"
    if match.monthdays != EVERY_MONTHDAY:
        text += f" on {','.join(_ordinal(day) for day in _numbers(match))}"
    text += f" starting from {_day(match.since, ' ')}" if match.since else ""
    text += f" until date {_day(match.until, ' ')}" if match.until != LATEST else ""
    return text + ("" if match.is_kernel_zone else " UTC") + (" contiguous" if match.is_contiguous else "")


TIME = Extension(
    "time",
    {name: (name, True) for name in ("datestart", "datestop", "timestart", "timestop", *INVERTIBLE)} | {name: (name, False) for name in FLAGS},
    build, save, listing, TimeMatch, frozenset(("datestart", "datestop", "timestart", "timestop", *INVERTIBLE, *FLAGS)),
)  # fmt: skip
