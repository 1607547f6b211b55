"""Spans and moments of time as docker writes and reads them (go-units, `timetypes`)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

from netsim.clock import SECOND
from netsim.commands.docker.values import span

MINUTE, HOUR = 60, 3600


def human(ns: int) -> str:
    """A span in words: `8 seconds`, `About a minute` (units.HumanDuration)."""
    seconds = ns // SECOND
    if seconds < 1:
        return "Less than a second"
    if seconds == 1:
        return "1 second"
    if seconds < MINUTE:
        return f"{seconds} seconds"
    minutes = seconds // MINUTE
    if minutes == 1:
        return "About a minute"
    if minutes < 60:
        return f"{minutes} minutes"
    hours = int(ns / SECOND / HOUR + 0.5)
    if hours == 1:
        return "About an hour"
    for limit, unit, name in ((48, 1, "hours"), (24 * 7 * 2, 24, "days"), (24 * 30 * 2, 24 * 7, "weeks"), (24 * 365 * 2, 24 * 30, "months")):
        if hours < limit:
            return f"{hours // unit} {name}"
    return f"{hours // (24 * 365)} years"


MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)


def moment(text: str, now: int) -> int:
    """A point in time in ns since 1970: a span before `now`, seconds since 1970, or a date (`timetypes.GetTimestamp`); ValueError."""
    try:
        return now - span(text)
    except ValueError:
        pass
    if re.fullmatch(r"\d+(?:\.\d{1,9})?", text, re.ASCII):
        whole, _, part = text.partition(".")
        return int(whole) * SECOND + int(part.ljust(9, "0") if part else "0")
    found = MOMENT.fullmatch(text)
    if found is None:
        raise ValueError(f'failed to parse value as time or duration: "{text}"')
    year, month, day, hour, minute, second, part, zone = found.groups()
    try:
        made = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC)
    except ValueError:
        raise ValueError(f'failed to parse value as time or duration: "{text}"') from None
    shift = 0 if zone in (None, "Z") else (int(zone[1:3]) * HOUR + int(zone[4:]) * MINUTE) * (-1 if zone[0] == "-" else 1)
    return (int(made.timestamp()) - shift) * SECOND + int((part or "0").ljust(9, "0"))


def stamp(ns: int) -> str:
    """RFC 3339 with nine digits, as `logs -t` and `events` begin their lines."""
    return datetime.fromtimestamp(ns // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{ns % SECOND:09d}Z"


def second(ns: int) -> str:
    """RFC 3339 to the second: `2026-11-26T09:45:01Z`."""
    return datetime.fromtimestamp(ns // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=256)
def _day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def written(ns: int) -> str:
    """As Go prints a time: `2026-11-23 19:24:45.632921336 +0000 UTC`."""
    day = _day(ns // SECOND)
    part = f".{ns % SECOND:09d}".rstrip("0").rstrip(".")
    return f"{day}{part} +0000 UTC"
