"""tc's values: times, rates, sizes and percentages as typed and as printed (iproute2 `tc/tc_util.c`, `lib/utils.c`)."""

from __future__ import annotations

import math
import re
from typing import Any

TICKS_PER_US = 15.625
"""`tick_in_usec` from /proc/net/psched: a tick is 64 ns."""
TICK_NS = 64
LARGEST_CHANCE = 0xFFFFFFFF
NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?)")
TIMES = {"": 1, "us": 1, "usec": 1, "usecs": 1, "ms": 1000, "msec": 1000, "msecs": 1000, "s": 1e6, "sec": 1e6, "secs": 1e6}
SIZES = {
    "": 1, "b": 1, "k": 1024, "kb": 1024, "m": 1024**2, "mb": 1024**2, "g": 1024**3, "gb": 1024**3,
    "kbit": 128, "mbit": 128 * 1024, "gbit": 128 * 1024**2,
}  # fmt: skip
PREFIXES = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def _split(text: str) -> tuple[float, str] | None:
    found = NUMBER.match(text)
    return (float(found[0]), text[found.end() :]) if found else None


def get_time(text: str) -> int | None:
    """A time in whole microseconds, as an unsigned number (`get_time`); None for garbage."""
    parts = _split(text)
    if parts is None or parts[1].lower() not in TIMES:
        return None
    return int(parts[0] * TIMES[parts[1].lower()]) & 0xFFFFFFFF


def to_ticks(time: int) -> int:
    """Microseconds in ticks (`tc_core_time2tick`)."""
    return int(time * TICKS_PER_US)


def is_too_large(time: int) -> bool:
    """Whether microseconds do not fit in 32 bits of ticks (`tc_core_time2big`)."""
    return to_ticks(time) >> 32 != 0


def from_ns(time: int) -> int:
    """ns as tc tells them: in whole microseconds, of whole ticks (`tc_core_tick2time`)."""
    return int(time // TICK_NS / TICKS_PER_US)


def sprint_time(time: int) -> str:
    """Microseconds for people (`sprint_time`)."""
    if time >= 1_000_000:
        return f"{time / 1e6:.3g}s"
    return f"{time / 1e3:.3g}ms" if time >= 1000 else f"{time}us"


def get_size(text: str) -> int | None:
    """Bytes (`get_size`); None for garbage."""
    parts = _split(text)
    if parts is None or parts[0] < 0 or parts[1].lower() not in SIZES:
        return None
    return int(parts[0] * SIZES[parts[1].lower()]) & 0xFFFFFFFF


def sprint_size(size: int) -> str:
    """Bytes for people, rounded where nearly even (`sprint_size`)."""
    mega, kilo = 1024**2, 1024
    if size >= mega and abs(mega * round(size / mega) - size) < 1024:
        return f"{round(size / mega):g}Mb"
    if size >= kilo and abs(kilo * round(size / kilo) - size) < 16:
        return f"{round(size / kilo):g}Kb"
    return f"{size}b"


def get_rate(text: str) -> int | None:
    """Bytes a second; without a unit, and in ...bit, bits (`get_rate64`). None for garbage."""
    parts = _split(text)
    if parts is None or parts[0] < 0:
        return None
    found = re.fullmatch(r"(?:([kmgt]?)(i?))(bit|bps)?", parts[1].lower())
    if found is None or (not found[3] and parts[1]) or (found[2] and not found[1]):
        return None
    scale = (1024 if found[2] else 1000) ** PREFIXES[found[1]]
    return int(parts[0] * scale * (8 if found[3] == "bps" else 1) / 8)


def sprint_rate(rate: int) -> str:
    """Bytes a second as bits, in the largest unit that leaves little over (`print_rate`)."""
    bits, units = rate * 8, ("", "K", "M", "G", "T")
    place = 0
    while place < len(units) - 1 and bits >= 1000 and not (bits % 1000 and bits < 1_000_000):
        bits //= 1000
        place += 1
    return f"{bits}{units[place]}bit"


def get_percent(text: str) -> int | None:
    """A chance in units of 2**-32, from percent with or without the sign (`get_percent`); None for garbage and more than 100."""
    parts = _split(text)
    if parts is None or parts[1] not in ("", "%") or not 0 <= parts[0] / 100 <= 1:
        return None
    return round(parts[0] / 100 * LARGEST_CHANCE)


def share(chance: int) -> float:
    """A chance between 0 and 1."""
    return chance / LARGEST_CHANCE


def sprint_percent(chance: int) -> str:
    """A chance in percent."""
    return f"{100 * share(chance):g}%"


def shortest(value: float) -> Any:
    """A number as `%g` prints it, for JSON."""
    short = float(f"{value:g}")
    return int(short) if short.is_integer() and abs(short) < 1e6 else short


def get_number(text: str, low: int, high: int) -> int | None:
    """A whole number in C's notations within limits, or None."""
    try:
        value = int(text, 8) if re.fullmatch(r"[+-]?0[0-7]+", text) else int(text, 0)
    except ValueError:
        return None
    return value if low <= value <= high else None


def get_handle(text: str) -> int | None:
    """`MAJOR:` of a discipline (`get_qdisc_handle`); what follows the colon is not read. None for garbage."""
    if text == "none":
        return 0
    found = re.match(r"(0[xX])?([0-9a-fA-F]+)(:|$)", text)
    if found is None or int(found[2], 16) >= 1 << 16:
        return None
    return int(found[2], 16) << 16


def get_classid(text: str) -> int | None:
    """`MAJOR:MINOR`, `root` or `none` (`get_tc_classid`); None for garbage."""
    if text in ("root", "none"):
        return 0xFFFFFFFF if text == "root" else 0
    found = re.fullmatch(r"([0-9a-fA-F]*)(:([0-9a-fA-F]*))?", text)
    if found is None or not text:
        return None
    major = int(found[1] or "0", 16)
    if found[2] is None:
        return major if major <= 0xFFFFFFFF else None
    minor = int(found[3] or "0", 16)
    return major << 16 | minor if major < 1 << 16 and minor < 1 << 16 else None


def sprint_classid(classid: int) -> str:
    """`MAJOR:MINOR` (`print_tc_classid`)."""
    if classid == 0xFFFFFFFF:
        return "root"
    if not classid:
        return "none"
    major, minor = classid >> 16, classid & 0xFFFF
    return (f"{major:x}" if major else "") + ":" + (f"{minor:x}" if minor else "")


def burst_time(rate: int, size: int) -> int:
    """Ticks so many bytes take (`tc_calc_xmittime`)."""
    return math.ceil(1e6 * size / rate * TICKS_PER_US)


def xmit_time(rate: int, size: int) -> int:
    """The same as tc itself reckons for those who are told ticks: in whole microseconds first."""
    return to_ticks(int(1e6 * size / rate))


def burst_size(rate: int, ticks: int) -> int:
    """Bytes that go out in so many ticks (`tc_calc_xmitsize`)."""
    return int(rate * int(ticks / TICKS_PER_US) / 1e6)
