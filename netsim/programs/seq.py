"""seq: numbers in a row (seq(1), coreutils)."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from netsim.machine.call import Call, Result
from netsim.machine.getopt import Grammar, OptionError, parse

GRAMMAR = Grammar(
    "w", "fs", long={"equal-width": ("w", ""), "format": ("f", "="), "separator": ("s", "="), "help": ("help", ""), "version": ("version", "")}
)
FORMAT = re.compile(r"%%|%([-+ #0']*\d*(?:\.\d*)?)L?(.?)", re.S)
HINT = "Try 'seq --help' for more information.\n"
MOST_NUMBERS = 2_000_000
"""More are refused: nobody reads them, and they would fill memory."""


def seq(call: Call) -> Result:
    """seq [-w] [-s SEPARATOR] [FIRST [INCREMENT]] LAST."""
    words = list(call.argv[1:])
    numbers: list[str] = []
    while words and _is_number(words[-1]):
        numbers.insert(0, words.pop())  # a negative number is no option
    try:
        options, rest = parse(words, GRAMMAR)
    except OptionError as error:
        return Result("", f"seq: {error}\n{HINT}", 1)
    letters = {option.name: option.argument or "" for option in options}
    for name in ("help", "version"):
        if name in letters:
            return Result("", f"seq: netsim: --{name} is not modelled\n", 1)
    if problem := _wrong_format(letters):
        return Result("", f"seq: {problem}\n", 1)
    if rest:
        return Result("", f"seq: invalid floating point argument: '{rest[0]}'\n{HINT}", 1)
    if not numbers:
        return Result("", f"seq: missing operand\n{HINT}", 1)
    if len(numbers) > 3:
        return Result("", f"seq: extra operand '{numbers[3]}'\n{HINT}", 1)
    first, step = numbers[0] if len(numbers) > 1 else "1", numbers[1] if len(numbers) > 2 else "1"
    return _row(first, step, numbers[-1], letters)


def _wrong_format(letters: dict[str, str]) -> str:
    """What is wrong with -f: one directive for a number with a point must stand in it."""
    if "f" not in letters:
        return ""
    form = letters["f"]
    if "w" in letters:
        return f"format string may not be specified when printing equal width strings\n{HINT.rstrip()}"
    directives = [match for match in FORMAT.finditer(form) if match[0] != "%%"]
    if not directives:
        return f"format '{form}' has no % directive"
    if len(directives) > 1:
        return f"format '{form}' has too many % directives"
    kind = directives[0][2]
    if not kind:
        return f"format '{form}' ends in %"
    if kind in "aA":
        return f"netsim: the directive %{kind} is not modelled"
    return "" if kind in "efgEFG" and len(directives[0][1]) < 8 else f"format '{form}' has unknown %{kind} directive"


def _is_number(word: str) -> bool:
    try:
        return word.isascii() and not word.isspace() and "_" not in word and Decimal(word).is_finite()
    except InvalidOperation:
        return False


def _row(first: str, step: str, last: str, letters: dict[str, str]) -> Result:
    start, pace, end = Decimal(first), Decimal(step), Decimal(last)
    if not pace:
        return Result("", f"seq: invalid Zero increment value: '{step}'\n{HINT}", 1)
    if max(abs(number.adjusted()) for number in (start, pace, end) if number) > 18 if any((start, pace, end)) else False:
        return Result("", "seq: netsim: numbers of more than 18 digits are not modelled\n", 1)
    count = max(0, int((end - start) / pace) + 1) if (end - start) * pace >= 0 else 0
    if count > MOST_NUMBERS:
        return Result("", f"seq: netsim: more than {MOST_NUMBERS} numbers\n", 1)
    places = max(_places(first), _places(step))
    if "f" in letters:
        form = FORMAT.sub(lambda match: match[0] if match[0] == "%%" else f"%{match[1]}{match[2].replace('a', 'g')}", letters["f"])
        found = [form % float(start + pace * place) for place in range(count)]
    else:
        found = [f"{start + pace * place:.{places}f}" for place in range(count)]
    if "w" in letters and found:
        width = max(map(len, found))
        found = [f"-{text[1:].zfill(width - 1)}" if text.startswith("-") else text.zfill(width) for text in found]
    return Result(letters.get("s", "\n").join(found) + "\n" if found else "")


def _places(word: str) -> int:
    return max(0, -int(Decimal(word).as_tuple().exponent))
