"""htb's words: the discipline's and its classes' (iproute2 `tc/q_htb.c`)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.commands.ip.words import Stop, Words, matches
from netsim.commands.tc import units
from netsim.commands.tc.usage_classes import HTB
from netsim.kernel.sched.htb import Htb, HtbClass, HtbClassOptions, HtbOptions
from netsim.kernel.sched.tbf import Rate

DEFAULT_MTU, CLOCK_HZ = 1600, 10**9


def _illegal(name: str) -> Stop:
    return Stop(f'Illegal "{name}"\n{HTB}', 1)


def parse(kind: str, cursor: Words) -> HtbOptions:
    """The words after `htb` of a discipline (`htb_parse_opt`)."""
    default, r2q, direct = 0, 10, None
    while cursor.more():
        word = cursor.take()
        if matches(word, "default"):
            default = _number("default", cursor.argument(), 16)
        elif matches(word, "r2q"):
            r2q = _number("r2q", cursor.argument(), 10)
        elif matches(word, "direct_qlen"):
            direct = _number("direct_qlen", cursor.argument(), 10)
        elif word in ("debug", "offload"):
            raise Stop(f'netsim: "tc qdisc htb {word}" is not modelled\n', 1)
        else:
            raise Stop(f'What is "{word}"?\n{HTB}', 1)
    return HtbOptions(default, r2q, direct)


def _number(name: str, word: str, base: int) -> int:
    value = units.get_number(word if base == 10 or word.startswith("0x") else f"0x{word}", 0, 0xFFFFFFFF)
    if value is None:
        raise _illegal(name)
    return value


@attrs.define(eq=False)
class Reading:
    """What a class says; 0 for nothing."""

    rate: int = 0
    ceil: int = 0
    burst: int = 0
    cburst: int = 0
    mtu: int = DEFAULT_MTU
    mpu: int = 0
    overhead: int = 0
    prio: int = 0
    quantum: int = 0
    linklayer: str = "ethernet"


SIZES = {"burst": "burst", "buffer": "burst", "maxburst": "burst", "cburst": "cburst", "cbuffer": "cburst", "cmaxburst": "cburst"}


def parse_class(cursor: Words) -> HtbClassOptions:
    """The words after `htb` of a class (`htb_parse_class_opt`)."""
    reading = Reading()
    while cursor.more():
        _class_word(reading, cursor, cursor.take())
    if not reading.rate:
        raise Stop('"rate" is required.\n', 1)
    ceil = reading.ceil or reading.rate
    burst = reading.burst or reading.rate // CLOCK_HZ + reading.mtu
    cburst = reading.cburst or ceil // CLOCK_HZ + reading.mtu
    is_atm = int(reading.linklayer == "atm")
    return HtbClassOptions(
        Rate(reading.rate, reading.mpu, reading.overhead, is_atm), Rate(ceil, reading.mpu, reading.overhead, is_atm),
        units.xmit_time(reading.rate, burst) * units.TICK_NS, units.xmit_time(ceil, cburst) * units.TICK_NS, reading.quantum, reading.prio,
    )  # fmt: skip


def _class_word(reading: Reading, cursor: Words, word: str) -> None:
    if word == "prio":
        reading.prio = _number("prio", cursor.argument(), 10)
    elif word == "mtu":
        reading.mtu = _number("mtu", cursor.argument(), 10)
    elif word == "mpu":
        reading.mpu = _number("mpu", cursor.argument(), 10) & 0xFFFF
    elif word == "overhead":
        reading.overhead = _number("overhead", cursor.argument(), 10) & 0xFFFF
    elif matches(word, "linklayer"):
        value = cursor.argument()
        if value not in ("ethernet", "atm", "adsl"):
            raise _illegal("linklayer")
        reading.linklayer = "atm" if value == "adsl" else value
    elif word == "quantum":
        reading.quantum = _number("quantum", cursor.argument(), 10)
    elif word in SIZES:
        size = units.get_size(cursor.argument())
        if size is None:
            raise _illegal(SIZES[word] if SIZES[word] == "burst" else "cburst")
        setattr(reading, SIZES[word], size)
    elif word in ("rate", "ceil"):
        argument = cursor.argument()
        if getattr(reading, word):
            raise Stop(f'Double "{word}" spec\n', 1)
        rate = units.get_rate(argument)
        if rate is None:
            raise _illegal(word)
        setattr(reading, word, rate)
    elif word == "help":
        raise Stop(HTB, 1)
    else:
        raise Stop(f'What is "{word}"?\n{HTB}', 1)


# showing ---------------------------------------------------------------------------------------------------------------


def text(htb: Htb, details: int) -> str:
    """The parameters of the discipline (`htb_print_opt`)."""
    told = f"r2q {htb.options.r2q} default {htb.options.default:#x} " if htb.options.default else f"r2q {htb.options.r2q} default 0 "
    told += f"direct_packets_stat {htb.direct_packets} " + ("ver 3.17 " if details else "")
    return told + f"direct_qlen {htb.direct_qlen}"


def json(htb: Htb) -> dict[str, Any]:
    """The same for -j."""
    default = f"{htb.options.default:#x}" if htb.options.default else "0"
    return {"r2q": htb.options.r2q, "default": default, "direct_packets_stat": htb.direct_packets, "direct_qlen": htb.direct_qlen}


def _burst(name: str, rate: Rate, time: int, details: int) -> str:
    size = units.sprint_size(units.burst_size(rate.rate, time // units.TICK_NS))
    return f"{name} {size}/1 mpu {units.sprint_size(rate.mpu)} " if details else f"{name} {size} "


def class_options(each: HtbClass, details: int) -> str:
    """The parameters of a class."""
    options, told = each.options, ""
    if not each.level:
        told += f"prio {each.prio} " + (f"quantum {each.quantum} " if details else "")
    told += f"rate {units.sprint_rate(options.rate.rate)} "
    told += f"overhead {options.rate.overhead} " if options.rate.overhead else ""
    told += f"ceil {units.sprint_rate(options.ceil.rate)} "
    if options.rate.is_atm or details:
        told += f"linklayer {'atm' if options.rate.is_atm else 'ethernet'} "
    told += _burst("burst", options.rate, options.buffer, details) + _burst("cburst", options.ceil, options.cbuffer, details)
    return told + (f"level {each.level} " if details else "")


def class_xstats(each: HtbClass) -> str:
    """What -s tells of a class alone."""
    tokens, ctokens = (_ticks(value) for value in (each.tokens, each.ctokens))
    return f" lended: {each.lends} borrowed: {each.borrows} giants: 0\n tokens: {tokens} ctokens: {ctokens}\n"


def _ticks(time: int) -> int:
    """ns in ticks, towards minus infinity as a shift is (`PSCHED_NS2TICKS`)."""
    return time >> 6
