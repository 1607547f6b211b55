"""Marked text: how an expansion tells quoted characters, separators and the limits of words; and splitting it into fields."""

from __future__ import annotations

import re

QUOTED = "\x01"
"""Stands before a character that was quoted: it neither splits nor globs."""
BETWEEN = "\x02"
"""Between the words of `"$@"`."""
EMPTY = "\x03"
"""Quotes with nothing in them."""
NOTHING = "\x04"
"""`"$@"` without parameters."""
SEPARATOR = "\x06"
"""Stands before a character of IFS that an expansion brought."""
LOOSE = "\x07"
"""Between the words of an unquoted `$@`."""
MARKS = re.compile("[\x01-\x04\x06\x07]")
EVERY_LETTER = re.compile(r"(.)", re.S)


def protect(text: str) -> str:
    """Mark every character as quoted."""
    return QUOTED + QUOTED.join(text) if text else ""


def literal(text: str) -> str:
    """Text as it stands: characters in it that are marks here are quoted, so that they mean nothing."""
    return text if MARKS.search(text) is None else MARKS.sub(lambda found: QUOTED + found[0], text)


def plain(text: str) -> str:
    """One word without marks; the words of `$@` stand side by side."""
    if MARKS.search(text) is None:
        return text
    return text.replace(QUOTED, "").replace(SEPARATOR, "").replace(EMPTY, "").replace(NOTHING, "").replace(BETWEEN, " ").replace(LOOSE, " ")


def separated(text: str, ifs: str) -> str:
    """Mark the characters at which an unquoted expansion is split."""
    text = literal(text)
    if not ifs or not text:
        return text
    for letter in ifs:
        if letter in text:
            return "".join(SEPARATOR + letter if letter in ifs else letter for letter in text)
    return text


def split(marked: str) -> list[str]:
    """Fields of an expanded word: at blanks, at other separators even where nothing is between them, and between the words of `"$@"`."""
    if MARKS.search(marked) is None:
        return [marked] if marked else []
    fields: list[str] = []
    field, started, at, size = "", False, 0, len(marked)
    while at < size:
        letter = marked[at]
        if letter == QUOTED:
            field += marked[at : at + 2]
            started = True
            at += 2
            continue
        at += 1
        if letter == SEPARATOR:
            sign = marked[at]
            at += 1
            if sign in " \t\n":
                while at < size and marked[at] == SEPARATOR and marked[at + 1] in " \t\n":
                    at += 2
                if not started:
                    continue
                if at < size and marked[at] == SEPARATOR:  # blanks around another separator are part of it
                    at += 2
                    at = _after_blanks(marked, at)
            else:
                at = _after_blanks(marked, at)
            fields.append(field)
            field, started = "", False
        elif letter == BETWEEN:
            fields.append(field)
            field, started = "", False
        elif letter == LOOSE:
            if started:
                fields.append(field)
            field, started = "", False
        elif letter == EMPTY:
            started = True
        elif letter != NOTHING:
            field += letter
            started = True
    if started:
        fields.append(field)
    return fields


def _after_blanks(marked: str, at: int) -> int:
    while marked[at : at + 1] == SEPARATOR and marked[at + 1] in " \t\n":
        at += 2
    return at
