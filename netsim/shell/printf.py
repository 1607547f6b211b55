"""printf: formats and values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netsim.shell.expand import unescape

if TYPE_CHECKING:
    from netsim.shell.state import ShellState

MOST_DIGITS = 6
"""Of the width of a field that printf fills."""


def printf(shell: ShellState, args: list[str]) -> int:
    """The format as often as there are values; answers the status."""
    words = args[1:]
    target = None
    if len(words) > 1 and words[0] == "-v":
        target, words = words[1], words[2:]
    if words and words[0] == "--":
        words = words[1:]
    if not words:
        shell.complain("printf: usage: printf [-v var] format [arguments]")
        return 2
    template, values = words[0], words[1:]
    out, status = "", 0
    widths = re.findall(r"%[-+ 0#]*(\d*)(?:\.(\d*))?", template)
    if any(len(digits) > MOST_DIGITS for pair in widths for digits in pair) or ("*" in template and any(len(word) > MOST_DIGITS for word in values)):
        shell.complain(f"printf: netsim: a field of more than {MOST_DIGITS} digits' width")
        return 1
    while True:
        piece, values, wrong = _format(template, values)
        out += piece
        for word in wrong:
            shell.complain(f"printf: {word}: invalid number")
            status = 1
        if not values:
            break
    if target is not None:
        shell.set(target, out)
    else:
        shell.write(1, out)
    return status


def _width(word: str, wrong: list[str]) -> str:
    if not re.fullmatch(r"-?[0-9]+", word):
        wrong.append(word)
        return "0"
    return word


def _real(word: str, wrong: list[str]) -> float:
    try:
        return float(word or 0)
    except ValueError:
        wrong.append(word)
        return 0.0


def _format(template: str, values: list[str]) -> tuple[str, list[str], list[str]]:
    wrong: list[str] = []
    out, rest, used = "", list(values), False
    for literal, spec in re.findall(r"((?:[^%]|%%)+)|(%[-+ 0#]*(?:\*|\d+)?(?:\.\d+)?[a-zA-Z])", template):
        if literal:
            out += unescape(literal.replace("%%", "%"))
            continue
        used = True
        kind = spec[-1]
        if "*" in spec:
            spec = spec.replace("*", _width(rest.pop(0) if rest else "0", wrong))
        value = rest.pop(0) if rest else ""
        if kind in "diouxX":
            try:
                number = ord(value[1]) if value[:1] in "'\"" and len(value) > 1 else int(value or "0", 0)
            except ValueError:
                wrong.append(value)
                number = 0
            out += (spec[:-1].replace("i", "d") + ("d" if kind in "diu" else kind)) % number
        elif kind in "feEgG":
            out += spec % _real(value, wrong)
        elif kind == "b":
            out += (spec[:-1] + "s") % unescape(value)
        elif kind == "q":
            out += value
        elif kind == "c":
            out += value[:1]
        else:
            out += (spec[:-1] + "s") % value
    return out, rest if used else [], wrong
