"""How help lays options out in 80 columns (spf13/pflag `FlagUsagesWrapped`)."""

from __future__ import annotations

from collections.abc import Sequence

COLUMNS = 79
SLOP, LEAST = 5, 24
"""A last word may stand out by so much; with less room the text goes on a line of its own."""


def laid_out(options: Sequence[tuple[str, str]]) -> str:
    """Lines of options: what is typed on the left, what it is for on the right."""
    lefts = ["  " + (left if left[1] != "-" else "    " + left) for left, _ in options]
    width = max(map(len, lefts)) + 1
    return "".join(f"{left:<{width}}  {wrapped(text, width + 2)}\n" for left, (_, text) in zip(lefts, options, strict=True))


def wrapped(text: str, indent: int) -> str:
    """A text broken into lines behind an indentation."""
    room, out = COLUMNS - indent, ""
    if room < LEAST:
        indent, room = 16, COLUMNS - 16
        out = "\n" + " " * indent
    margin, room = "\n" + " " * indent, room - SLOP
    line, text = _line(text, room)
    out += line.replace("\n", margin)
    while text:
        line, text = _line(text, room)
        out += margin + line.replace("\n", margin)
    return out


def _line(text: str, room: int) -> tuple[str, str]:
    """The first line, and the rest."""
    if room + SLOP > len(text):
        return text, ""
    begin = text[:room]
    blank = max(begin.rfind(" "), begin.rfind("\t"), begin.rfind("\n"))
    if blank <= 0:
        return text, ""
    end = begin.rfind("\n")
    if 0 < end < blank:
        return text[:end], text[end + 1 :]
    return text[:blank], text[blank + 1 :]
