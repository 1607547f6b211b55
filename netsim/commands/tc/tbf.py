"""tbf's words (iproute2 `tc/q_tbf.c`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from netsim.commands.ip.words import Stop, Words, matches
from netsim.commands.tc import units
from netsim.commands.tc.usage import TBF
from netsim.kernel.sched.tbf import Rate, Tbf, TbfOptions

LINK_LAYERS = ("ethernet", "atm", "adsl")


@attrs.define(eq=False)
class Reading:
    """What has been read so far; 0 for nothing."""

    rate: int = 0
    peakrate: int = 0
    limit: int = 0
    latency: int = 0
    burst: int = 0
    mtu: int = 0
    mpu: int = 0
    overhead: int = 0
    linklayer: str = "ethernet"


def _wrong(name: str, word: str) -> Stop:
    return Stop(f'tbf: illegal value for "{name}": "{word}"\n', 1)


def _duplicate(name: str) -> Stop:
    return Stop(f'tbf: duplicate "{name}" specification\n', 1)


def _value(name: str, word: str, read: Callable[[str], int | None]) -> int:
    value = read(word)
    if value is None:
        raise _wrong(name, word)
    return value


def _size_and_cell(word: str) -> int | None:
    """BYTES, or BYTES/CELL with a cell that is a power of two (`get_size_and_cell`)."""
    size, slash, cell = word.partition("/")
    if slash and (not cell.isdigit() or int(cell).bit_count() != 1):
        return None
    return units.get_size(size)


def _sixteen(word: str) -> int | None:
    return units.get_number(word, 0, 0xFFFF)


def _limit(reading: Reading, word: str, cursor: Words) -> None:
    argument = cursor.argument()
    if reading.limit:
        raise _duplicate("limit")
    if reading.latency:
        raise Stop('tbf: specifying both "latency" and "limit" is not allowed\n', 1)
    reading.limit = _value("limit", argument, units.get_size)


def _latency(reading: Reading, word: str, cursor: Words) -> None:
    argument = cursor.argument()
    if reading.latency:
        raise _duplicate("latency")
    if reading.limit:
        raise Stop('tbf: specifying both "limit" and "/latency" is not allowed\n', 1)
    reading.latency = _value("latency", argument, units.get_time)


def _burst(reading: Reading, word: str, cursor: Words) -> None:
    argument = cursor.argument()
    if reading.burst:
        raise _duplicate("buffer/burst/maxburst")
    reading.burst = _value(word, argument, _size_and_cell)


def _mtu(reading: Reading, word: str, cursor: Words) -> None:
    argument = cursor.argument()
    if reading.mtu:
        raise _duplicate("mtu/minburst")
    reading.mtu = _value(word, argument, _size_and_cell)


def _rate(reading: Reading, word: str, cursor: Words) -> None:
    argument = cursor.argument()
    if reading.rate:
        raise _duplicate("rate")
    reading.rate = _value("rate", argument, units.get_rate)


def _peakrate(reading: Reading, word: str, cursor: Words) -> None:
    argument = cursor.argument()
    if reading.peakrate:
        raise _duplicate("peakrate")
    reading.peakrate = _value("peakrate", argument, units.get_rate)


def _mpu(reading: Reading, word: str, cursor: Words) -> None:
    reading.mpu = _value("mpu", cursor.argument(), units.get_size) & 0xFFFF


def _overhead(reading: Reading, word: str, cursor: Words) -> None:
    reading.overhead = _value("overhead", cursor.argument(), _sixteen)


def _linklayer(reading: Reading, word: str, cursor: Words) -> None:
    argument = cursor.argument()
    if argument not in LINK_LAYERS:
        raise _wrong("linklayer", argument)
    reading.linklayer = "atm" if argument == "adsl" else argument


def _reader(word: str) -> Callable[[Reading, str, Words], None] | None:
    exact = {
        "limit": _limit, "buffer": _burst, "maxburst": _burst, "mtu": _mtu, "minburst": _mtu, "mpu": _mpu, "rate": _rate,
    }  # fmt: skip
    if word in exact:
        return exact[word]
    loose = (("latency", _latency), ("burst", _burst), ("peakrate", _peakrate), ("overhead", _overhead), ("linklayer", _linklayer))
    return next((function for pattern, function in loose if matches(word, pattern)), None)


def parse(cursor: Words) -> TbfOptions:
    """The words after `tbf`; Stop."""
    reading = Reading()
    while cursor.more():
        word = cursor.take()
        read = _reader(word)
        if read is not None:
            read(reading, word, cursor)
        elif word == "help":
            raise Stop(TBF, 1)
        else:
            raise Stop(f'tbf: unknown parameter "{word}"\n{TBF}', 1)
    missing = ""
    if not reading.rate:
        missing += 'tbf: the "rate" parameter is mandatory.\n'
    if not reading.burst:
        missing += 'tbf: the "burst" parameter is mandatory.\n'
    if reading.peakrate and not reading.mtu:
        missing += 'tbf: when "peakrate" is specified, "mtu" must also be specified.\n'
    if not reading.limit and not reading.latency:
        missing += 'tbf: either "limit" or "latency" is required.\n'
    if missing:
        raise Stop(missing + TBF, 1)
    return _options(reading)


def _options(reading: Reading) -> TbfOptions:
    limit = reading.limit
    if not limit:
        limit = int(reading.rate * reading.latency / 1e6 + reading.burst)
        if reading.peakrate:
            limit = min(limit, int(reading.peakrate * reading.latency / 1e6 + reading.mtu))
    is_atm = int(reading.linklayer == "atm")
    rate = Rate(reading.rate, reading.mpu, reading.overhead, is_atm)
    peak = Rate(reading.peakrate, reading.mpu, reading.overhead, is_atm) if reading.peakrate else None
    return TbfOptions(rate, reading.burst, limit, peak, reading.mtu)


@attrs.frozen
class _Shown:
    """Values as the kernel tells them."""

    burst: int
    mtu: int
    latency: float


def _shown(tbf: Tbf) -> _Shown:
    options = tbf.options
    rate, peak = options.rate.rate, options.peak
    ticks, peak_ticks = (time // units.TICK_NS & 0xFFFFFFFF for time in (tbf.buffer, tbf.mtu))
    latency = 1e6 * (options.limit / rate) - int(ticks / units.TICKS_PER_US)
    mtu = 0
    if peak is not None:
        mtu = units.burst_size(peak.rate, peak_ticks)
        latency = max(latency, 1e6 * (options.limit / peak.rate) - int(peak_ticks / units.TICKS_PER_US))
    return _Shown(units.burst_size(rate, ticks), mtu, latency)


def text(tbf: Tbf, details: int) -> str:
    """The parameters as tc prints them (`tbf_print_opt`)."""
    options, shown = tbf.options, _shown(tbf)
    size = units.sprint_size
    out = f"rate {units.sprint_rate(options.rate.rate)} burst {size(shown.burst)}"
    out += f"/1 mpu {size(options.rate.mpu)} " if details else " "
    if options.peak is not None:
        out += f"peakrate {units.sprint_rate(options.peak.rate)} "
        out += f"mtu {size(shown.mtu)}/1 mpu {size(options.peak.mpu)} " if details else f"minburst {size(shown.mtu)} "
    out += f"limit {size(options.limit)} " if shown.latency < 0 else f"lat {units.sprint_time(int(shown.latency))} "
    out += f"overhead {options.rate.overhead} " if options.rate.overhead else ""
    return out + (f"linklayer {_layer(options.rate)} " if options.rate.is_atm or details else "")


def _layer(rate: Rate) -> str:
    return "atm" if rate.is_atm else "ethernet"


def json(tbf: Tbf, details: int) -> dict[str, Any]:
    """The same for -j."""
    options, shown = tbf.options, _shown(tbf)
    out: dict[str, Any] = {"rate": options.rate.rate, "burst": f"{units.sprint_size(shown.burst)}/1" if details else shown.burst}
    if details:
        out["mpu"] = options.rate.mpu
    if options.peak is not None:
        out |= {"mtu": f"{units.sprint_size(shown.mtu)}/1", "mpu": options.peak.mpu} if details else {"minburst": shown.mtu}
    out |= {"limit": options.limit} if shown.latency < 0 else {"lat": int(shown.latency)}
    if options.rate.overhead:
        out["overhead"] = options.rate.overhead
    return out | ({"linklayer": _layer(options.rate)} if options.rate.is_atm or details else {})
