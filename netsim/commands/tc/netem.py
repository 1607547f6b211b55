"""netem's words (iproute2 `tc/q_netem.c`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from netsim.commands.ip.words import Stop, Words, matches
from netsim.commands.tc import units
from netsim.commands.tc.usage import NETEM
from netsim.kernel.sched.loss import FourStates, GilbertElliot, LossModel, RandomLoss
from netsim.kernel.sched.netem import Netem, NetemOptions, NetemRate
from netsim.kernel.sched.noise import distribution

MOST = 0xFFFFFFFF
TABLES = "/usr/lib/x86_64-linux-gnu/tc/"
UNMODELLED_TABLES = ("experimental",)


@attrs.define(eq=False)
class Reading:
    """What has been read so far; chances in units of 2**-32, times in us."""

    latency: int = 0
    jitter: int = 0
    limit: int = 1000
    loss: int = 0
    gap: int = 0
    duplicate: int = 0
    delay_rho: int = 0
    loss_rho: int = 0
    duplicate_rho: int = 0
    has_correlation: int = 0
    reorder: tuple[int, int] | None = None
    corrupt: tuple[int, int] | None = None
    model: tuple[int, ...] | None = None
    rate: NetemRate | None = None
    ecn: int | None = None
    table: tuple[int, ...] | None = None


def illegal(what: str) -> Stop:
    """`explain1`."""
    return Stop(f'Illegal "{what}"\n', 1)


def explained(text: str) -> Stop:
    """A complaint with the usage after it."""
    return Stop(f"{text}\n{NETEM}", 1)


def _number_next(cursor: Words) -> bool:
    return cursor.more() and cursor.peek()[:1].isdigit()


def _signed_next(cursor: Words) -> bool:
    return cursor.more() and (cursor.peek()[:1].isdigit() or cursor.peek()[:1] in ("+", "-"))


def _time(word: str) -> int:
    time = units.get_time(word)
    if time is None:
        raise illegal("latency")
    if units.is_too_large(time):
        raise Stop(f'Illegal {time} time (too large)\nIllegal "latency"\n', 1)
    return time


def _percent(word: str, what: str) -> int:
    chance = units.get_percent(word)
    if chance is None:
        raise illegal(what)
    return chance


def _whole(word: str, what: str, low: int = 0, high: int = MOST) -> int:
    value = units.get_number(word, low, high)
    if value is None:
        raise illegal(what)
    return value


def _limit(reading: Reading, cursor: Words) -> None:
    size = units.get_size(cursor.argument())
    if size is None:
        raise illegal("limit")
    reading.limit = size


def _delay(reading: Reading, cursor: Words) -> None:
    reading.latency = _time(cursor.argument())
    if _number_next(cursor):
        reading.jitter = _time(cursor.take())
        if _number_next(cursor):
            reading.delay_rho = _percent(cursor.take(), "latency")
            reading.has_correlation = 1


def _loss(reading: Reading, cursor: Words) -> None:
    if reading.loss > 0 or reading.model is not None:
        raise illegal("duplicate loss argument\n")
    word = cursor.argument()
    if word == "random" or word[:1].isdigit():
        reading.loss = _percent(cursor.argument() if word == "random" else word, "loss percent")
        if _number_next(cursor):
            reading.loss_rho = _percent(cursor.take(), "loss correlation")
            reading.has_correlation = 1
    elif word == "state":
        p13 = _percent(cursor.argument(), "loss p13")
        reading.model = _more(cursor, (p13, MOST - p13, 0, MOST, 0), ("loss p31", "loss p32", "loss p23", "loss p14"))
    elif word == "gemodel":
        p = _percent(cursor.argument(), "loss gemodel p")
        p, r, bad, good = _more(cursor, (p, MOST - p, MOST, 0), ("loss gemodel r", "loss gemodel h", "loss gemodel k1"))
        reading.model = (p, r, MOST - bad, good)
    else:
        raise Stop(f"Unknown loss parameter: {word}\n", 1)


def _more(cursor: Words, chances: tuple[int, ...], names: tuple[str, ...]) -> tuple[int, ...]:
    """Further chances, as many as there are numbers."""
    found = list(chances)
    for place, what in enumerate(names, 1):
        if not _number_next(cursor):
            break
        found[place] = _percent(cursor.take(), what)
    return tuple(found)


def _ecn(reading: Reading, cursor: Words) -> None:
    reading.ecn = 1


def _chance(cursor: Words, what: str) -> tuple[int, int]:
    chance = _percent(cursor.argument(), what)
    return chance, _percent(cursor.take(), what) if _number_next(cursor) else 0


def _reorder(reading: Reading, cursor: Words) -> None:
    reading.reorder = _chance(cursor, "reorder")


def _corrupt(reading: Reading, cursor: Words) -> None:
    reading.corrupt = _chance(cursor, "corrupt")


def _gap(reading: Reading, cursor: Words) -> None:
    reading.gap = _whole(cursor.argument(), "gap")


def _duplicate(reading: Reading, cursor: Words) -> None:
    """Its correlation is sent only along with another: this release forgets to ask for that."""
    reading.duplicate, reading.duplicate_rho = _chance(cursor, "duplicate")


def _distribution(reading: Reading, cursor: Words) -> None:
    name = cursor.argument()
    reading.table = distribution(name)
    if name in UNMODELLED_TABLES:
        raise Stop(f'netsim: "netem distribution {name}" is not modelled\n', 1)
    if reading.table is None:
        raise Stop(f"No distribution data for {name} ({TABLES}/{name}.dist: No such file or directory)\n", 1)


def _rate(reading: Reading, cursor: Words) -> None:
    rate = units.get_rate(cursor.argument())
    if rate is None:
        raise illegal("rate")
    packet = _whole(cursor.take(), "rate", -(1 << 31), (1 << 31) - 1) if _signed_next(cursor) else 0
    cell = _whole(cursor.take(), "rate") if _number_next(cursor) else 0
    reading.rate = NetemRate(rate, packet, cell, _whole(cursor.take(), "rate", -(1 << 31), (1 << 31) - 1) if _signed_next(cursor) else 0)


def _slot(reading: Reading, cursor: Words) -> None:
    word = cursor.argument()
    if word == "distribution" or word[:1].isdigit():
        raise Stop('netsim: "netem slot" is not modelled\n', 1)
    raise Stop(f"Unknown slot parameter: {word}\n", 1)


WORDS: tuple[tuple[str, Callable[[Reading, Words], None]], ...] = (
    ("limit", _limit), ("latency", _delay), ("delay", _delay), ("loss", _loss), ("drop", _loss), ("ecn", _ecn), ("reorder", _reorder),
    ("corrupt", _corrupt), ("gap", _gap), ("duplicate", _duplicate), ("distribution", _distribution), ("rate", _rate), ("slot", _slot),
)  # fmt: skip


def parse(cursor: Words) -> NetemOptions:
    """The words after `netem`; Stop."""
    reading = Reading()
    while cursor.more():
        word = cursor.take()
        read = next((function for pattern, function in WORDS if matches(word, pattern)), None)
        if read is not None:
            read(reading, cursor)
        elif matches(word, "help"):
            raise Stop(NETEM, 1)
        else:
            raise explained(f'What is "{word}"?')
    _check(reading)
    return NetemOptions(
        units.to_ticks(reading.latency) * units.TICK_NS, units.to_ticks(reading.jitter) * units.TICK_NS, reading.limit, reading.loss, reading.gap,
        reading.duplicate, (reading.delay_rho, reading.loss_rho, reading.duplicate_rho) if reading.has_correlation else None, reading.reorder,
        reading.corrupt, LossModel(reading.model) if reading.model is not None else None, reading.table, reading.rate, reading.ecn,
    )  # fmt: skip


def _check(reading: Reading) -> None:
    if reading.reorder is not None and reading.reorder[0]:
        if not reading.latency:
            raise explained("reordering not possible without specifying some delay")
        reading.gap = reading.gap or 1
    elif reading.gap:
        raise explained("gap specified without reorder probability")
    if reading.ecn and not reading.loss and reading.model is None:
        raise explained("ecn requested without loss model")
    if reading.table is not None and not (reading.latency and reading.jitter):
        raise explained("distribution specified but no latency and jitter values")


def _with(name: str, chance: int, rho: int) -> str:
    return f" {name} {units.sprint_percent(chance)}" + (f" {units.sprint_percent(rho)}" if rho else "")


def text(netem: Netem) -> str:
    """The parameters as tc prints them (`netem_print_opt`)."""
    out = f"limit {netem.limit}"
    if netem.latency:
        out += f" delay {units.sprint_time(units.from_ns(netem.latency))}"
        if netem.jitter:
            out += f"  {units.sprint_time(units.from_ns(netem.jitter))}"
            out += f" {units.sprint_percent(netem.delay_noise.rho)}" if netem.delay_noise.rho else ""
    loss = netem.loss
    if isinstance(loss, RandomLoss):
        out += _with("loss", loss.chance, netem.loss_noise.rho) if loss.chance else ""
    else:
        name, values = _model(loss)
        out += f" loss {name} " + " ".join(f"{key} {units.sprint_percent(value)}" for key, value in values)
    out += _with("duplicate", netem.duplicate, netem.duplicate_noise.rho) if netem.duplicate else ""
    out += _with("reorder", netem.reorder, netem.reorder_noise.rho) if netem.reorder else ""
    out += _with("corrupt", netem.corrupt, netem.corrupt_noise.rho) if netem.corrupt else ""
    if netem.rate is not None:
        rate = netem.rate
        out += f" rate {units.sprint_rate(rate.rate)}"
        for key, value in (("packetoverhead", rate.packet_overhead), ("cellsize", rate.cell_size), ("celloverhead", rate.cell_overhead)):
            out += f" {key} {value}" if value else ""
    return out + (" ecn " if netem.ecn else "") + (f" gap {netem.gap}" if netem.gap else "")


def _model(loss: Any) -> tuple[str, list[tuple[str, int]]]:
    """A model with states: its name, and its chances by the names tc gives them."""
    if isinstance(loss, FourStates):
        return "state", list(zip(("p13", "p31", "p32", "p23", "p14"), loss.model.chances, strict=True))
    assert isinstance(loss, GilbertElliot)
    p, r, h, k = loss.model.chances
    return "gemodel", [("p", p), ("r", r), ("1-h", MOST - h), ("1-k", k)]


def json(netem: Netem) -> dict[str, Any]:
    """The same for -j."""
    out: dict[str, Any] = {"limit": netem.limit}
    if netem.latency:
        times = (("delay", netem.latency), ("jitter", netem.jitter))
        out["delay"] = {key: units.shortest(units.from_ns(value) / 1e6) for key, value in times}
        out["delay"]["correlation"] = units.shortest(units.share(netem.delay_noise.rho))
    loss = netem.loss
    if not isinstance(loss, RandomLoss):
        name, values = _model(loss)
        out[f"loss-{name}"] = {key: units.shortest(units.share(value)) for key, value in values}
    elif loss.chance:
        out["loss-random"] = _chances("loss", loss.chance, netem.loss_noise.rho)
    for name, chance, rho in (
        ("duplicate", netem.duplicate, netem.duplicate_noise.rho),
        ("reorder", netem.reorder, netem.reorder_noise.rho),
        ("corrupt", netem.corrupt, netem.corrupt_noise.rho),
    ):
        if chance:
            out[name] = _chances(name, chance, rho)
    if netem.rate is not None:
        rate = netem.rate
        out["rate"] = {"rate": rate.rate, "packetoverhead": rate.packet_overhead, "cellsize": rate.cell_size, "celloverhead": rate.cell_overhead}
    return out | {"ecn": bool(netem.ecn), "gap": netem.gap}


def _chances(name: str, chance: int, rho: int) -> dict[str, Any]:
    return {name: units.shortest(units.share(chance)), "correlation": units.shortest(units.share(rho))}
