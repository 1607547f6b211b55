"""The words of fifo and prio (iproute2 `tc/q_fifo.c`, `q_prio.c`)."""

from __future__ import annotations

from netsim.commands.ip.words import Stop, Words
from netsim.commands.tc import units
from netsim.commands.tc.usage import FIFO, PRIO
from netsim.kernel.sched.fifo import PRIO2BAND
from netsim.kernel.sched.prio import PRIO_MAX, PrioOptions


def parse_fifo(kind: str, cursor: Words) -> int | None:
    """`limit NUMBER`, or None."""
    limit = None
    while cursor.more():
        word = cursor.take()
        if word == "limit":
            argument = cursor.argument()
            limit = units.get_size(argument)
            if limit is None:
                raise Stop(f'{kind}: Illegal value for "limit": "{argument}"\n', 1)
        elif word == "help":
            raise Stop(FIFO, 1)
        else:
            raise Stop(f'{kind}: unknown parameter "{word}"\n{FIFO}', 1)
    return limit


def parse_prio(kind: str, cursor: Words) -> PrioOptions:
    """`bands NUMBER priomap P1 P2...`."""
    bands, priomap, place = 3, list(PRIO2BAND), -1
    while cursor.more():
        word = cursor.take()
        if word == "bands":
            value = units.get_number(cursor.argument(), -(1 << 31), (1 << 31) - 1)
            if value is None:
                raise Stop('Illegal "bands"\n', 1)
            bands = value
        elif word == "priomap":
            if place >= 0:
                raise Stop("Error: duplicate priomap\n", 1)
            place = 0
        elif word == "multiqueue":
            raise Stop('netsim: "prio multiqueue" is not modelled\n', 1)
        elif word == "help":
            raise Stop(PRIO, 1)
        elif place < 0:
            raise Stop(f'What is "{word}"?\n{PRIO}', 1)
        else:
            _place(priomap, place, bands, word)
            place += 1
    return PrioOptions(bands, tuple(priomap))


def _place(priomap: list[int], place: int, bands: int, word: str) -> None:
    band = units.get_number(word, 0, 0xFFFFFFFF)
    if band is None:
        raise Stop('Illegal "priomap" element\n', 1)
    if band >= bands & 0xFFFFFFFF:  # compared as unsigned numbers
        raise Stop('"priomap" element is out of bands\n', 1)
    if place > PRIO_MAX:
        raise Stop(f'"priomap" index > TC_PRIO_MAX={PRIO_MAX}\n', 1)
    priomap[place] = band
