"""kill(1) of procps: what runs where no shell answers `kill` itself (`/bin/kill`, `sudo kill`, `xargs kill`)."""

from __future__ import annotations

import re

from netsim.errors import EINVAL, ENOENT, ERANGE, NetError, strerror
from netsim.machine.call import Call, Result
from netsim.machine.signals import LISTED, NUMBERS

USAGE = """
Usage:
 kill [options] <pid> [...]

Options:
 <pid> [...]            send signal to every <pid> listed
 -<signal>, -s, --signal <signal>
                        specify the <signal> to be sent
 -q, --queue <value>    integer value to be sent with the signal
 -l, --list=[<signal>]  list all signal names, or convert one to a name
 -L, --table            list all signal names in a nice table

 -h, --help     display this help and exit
 -V, --version  output version information and exit

For more details see kill(1).
"""
KNOWN = {name: number for name, number in NUMBERS.items() if 0 < number < 32} | {"IOT": 6, "RTMIN": 34, "EXIT": 0, "NULL": 0}
LONG = {"signal": "s", "queue": "q", "list": "l", "table": "L", "help": "h", "version": "V"}
MOST = (1 << 63) - 1
NUL = chr(0)


def signal_number(word: str) -> int | None:
    """A signal by number, name or distance from RTMIN (`signal_name_to_number`); None for what is none."""
    if word.isascii() and word.isdigit():
        return int(word) if len(word) < 4 and int(word) <= 64 else None
    name = word.upper().removeprefix("SIG")
    if name.startswith("RTMIN+") and name[6:].isascii() and name[6:].isdigit() and int(name[6:]) <= 30:
        return 34 + int(name[6:])
    return KNOWN.get(name)


def kill(call: Call) -> Result:
    """kill [-SIGNAL | -s SIGNAL] PID... | -l [SIGNAL] | -L (`kill_main`)."""
    called, words, signum = call.argv[0], list(call.argv[1:]), 15
    for place, word in enumerate(words):
        number = signal_number(word[1:]) if word[:1] == "-" and len(word) > 1 else None
        if number is not None:
            signum = number
            del words[place]
            break
    pids: list[str] = []
    while words:
        word = words.pop(0)
        if word == "--":
            pids += words
            break
        if word[:1] != "-" or word == "-":
            pids.append(word)
            continue
        letter, argument = _option(word)
        if letter in "hV" and letter:
            return Result(USAGE if letter == "h" else "kill from procps-ng 4.0.2\n")
        if letter == "L":
            return Result(_table())
        if letter == "l":
            return _listed(called, argument or "".join(words[:1]))
        if letter.isdigit() and letter:
            return _own_group(call, int(letter), signum)
        if letter not in ("s", "q"):
            return Result("", f"{called}: invalid argument {letter or NUL}\n{USAGE}", 1)
        if not argument and not words:
            return Result("", f"{called}: option requires an argument -- '{letter}'\n{USAGE}", 1)
        argument = argument or words.pop(0)
        if letter == "q" and re.fullmatch(r"[+-]?[0-9]+", argument) is None:
            return Result("", f"{called}: must be an integer value to be passed with the signal.: '{argument}'\n", 1)
        if letter == "s":
            known = signal_number(argument)
            signum = -1 if known is None else known
    return _sent(call, pids, signum) if pids else Result("", USAGE, 1)


def _option(word: str) -> tuple[str, str]:
    """An option's letter and what is written together with it; a long one may be cut short."""
    if not word.startswith("--"):
        return word[1], word[2:]
    name, _, argument = word[2:].partition("=")
    found = [letter for long, letter in LONG.items() if long.startswith(name)]
    return (found[0], argument) if len(found) == 1 else ("", "")


def _listed(called: str, word: str) -> Result:
    if not word:
        names = list(LISTED.values())
        return Result(f"{' '.join(names[:16])}\n{' '.join(names[16:])}\n")
    number = int(word) if word.isascii() and word.isdigit() and len(word) < 10 else None
    if number in LISTED:
        return Result(f"{LISTED[number]}\n")
    known = None if number is not None else KNOWN.get(word.upper().removeprefix("SIG"))
    return Result("", f"{called}: unknown signal name {word}\n") if known is None else Result(f"{known}\n")


def _table() -> str:
    cells = [f"{number:2d} {name:<8s}" for number, name in LISTED.items()]
    rows = ["".join(cells[start : start + 7]) for start in range(0, len(cells), 7)]
    return "".join([f"{row.rstrip()}\n" for row in rows[:-1]]) + f"{rows[-1]}\n"


def _own_group(call: Call, digit: int, signum: int) -> Result:
    """`-99999` is read as the group of its first digit; nothing is said, and it ends well where that failed."""
    try:
        call.machine.kill(-digit, signum, call.proc)
    except NetError:
        return Result()
    return Result("", "", 1)


def _sent(call: Call, pids: list[str], signum: int) -> Result:
    called, failures = call.argv[0], ""
    for word in pids:
        if re.fullmatch(r"\s*[+-]?[0-9]+", word, re.ASCII) is None:
            why = "" if word else f": {strerror(ENOENT)}"
            return Result("", f"{failures}{called}: failed to parse argument: '{word}'{why}\n", 1)
        if abs(int(word)) > MOST:
            return Result("", f"{failures}{called}: failed to parse argument: '{word}': {strerror(ERANGE)}\n", 1)
        try:
            call.machine.kill(int(word), max(signum, 0), call.proc)
            if signum < 0:
                raise NetError(EINVAL)
        except NetError as error:
            failures += f"{called}: ({word}): {strerror(error.errno)}\n"
    return Result("", failures, int(bool(failures)))
