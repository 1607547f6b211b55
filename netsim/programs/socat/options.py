"""socat's own options (socat.c)."""

from __future__ import annotations

import attrs

from netsim.clock import SECOND
from netsim.machine.call import Call, Result
from netsim.programs.socat.address import Address, AddressProblem, read_address

VERSION = "1.7.4.4"
HELP = """socat by Gerhard Rieger and contributors - see www.dest-unreach.org
Usage:
socat [options] <bi-address> <bi-address>
"""


@attrs.frozen
class Options:
    """What was asked for; times in ns."""

    addresses: tuple[Address, Address]
    verbosity: int = 0
    direction: str = ""
    """`u`: only from the first to the second address, `U`: the other way."""
    linger: int = SECOND // 2
    inactivity: int = 0
    family: int = 0


def read(call: Call) -> Options | str | Result:
    """The command line; a str is an error for socat's log."""
    words = list(call.argv[1:])
    verbosity, direction, linger, inactivity, family = 0, "", SECOND // 2, 0, 0
    while words and words[0].startswith("-") and words[0] != "-":
        word = words.pop(0)
        if word in ("-h", "-?", "-hh", "-hhh"):
            return Result(HELP)
        if word == "-V":
            return Result(f"socat by Gerhard Rieger and contributors - see www.dest-unreach.org\nsocat version {VERSION} on 06 Nov 2022 08:15:51\n")
        letter = word[1]
        if letter == "d":
            verbosity += word.count("d") if set(word[1:]) == {"d"} else int(word[2:] or 1)
        elif word in ("-u", "-U"):
            direction = letter
        elif word in ("-4", "-6"):
            family = 2 if letter == "4" else 10
        elif letter in "tTb":
            value = word[2:] or (words.pop(0) if words else "")
            try:
                number = float(value)
            except ValueError:
                return (
                    f'option "-{letter}" requires an argument; use option "-h" for help'
                    if not value
                    else f'invalid number "{value}" in option -{letter}'
                )
            linger = int(number * SECOND) if letter == "t" else linger
            inactivity = int(number * SECOND) if letter == "T" else inactivity
        elif letter in "lvxrRDgLWsS" and word[:3] != "-ss":
            if letter in "rRLW" and not word[2:] and words:
                words.pop(0)
            if letter not in "sg":
                call.machine.kernel.unmodelled.append(f"socat {word}: not modelled")
        else:
            return f'unknown option "{word}"; use option "-h" for help'
    if len(words) != 2:
        return f'exactly 2 addresses required (there are {len(words)}); use option "-h" for help'
    try:
        pair = (read_address(words[0]), read_address(words[1]))
    except AddressProblem as problem:
        return str(problem)
    return Options(pair, verbosity, direction, linger, inactivity, family)
