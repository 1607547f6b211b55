"""Brace expansion: `a{b,c}d`, `{1..3}`, inside each other (`braces.c`)."""

from __future__ import annotations

import re

from netsim.shell.tokens import skip_quoted

SEQUENCE = re.compile(r"(-?\d{1,18}|[a-zA-Z])\.\.(-?\d{1,18}|[a-zA-Z])(?:\.\.(-?\d{1,18}))?")
MOST_WORDS = 100_000
"""Words that braces may make of one."""


class TooManyWords(Exception):
    """Braces that make more words than a shell could hold; `str()` says so."""


def brace_expand(text: str) -> list[str]:
    """The words that braces make of one; a word without any is itself. TooManyWords."""
    if "{" not in text:
        return [text]
    at = 0
    while at < len(text):
        letter = text[at]
        if letter == "\\":
            at += 2
        elif letter in "'\"`$":
            at = skip_quoted(text, at, 0)
        elif letter == "{" and (found := _parts(text, at)) is not None:
            parts, end = found
            return _joined(text[:at], parts, brace_expand(text[end:]))
        else:
            at += 1
    return [text]


def _joined(front: str, parts: list[str], ends: list[str]) -> list[str]:
    found: list[str] = []
    for part in parts:
        for end in ends:
            found.append(front + part + end)
            if len(found) > MOST_WORDS:
                raise TooManyWords(f"netsim: braces make more than {MOST_WORDS} words")
    return found


def _parts(text: str, start: int) -> tuple[list[str], int] | None:
    """What the braces that open at `start` stand for, and the place behind them; None when they are plain text."""
    depth, at, commas = 0, start, [start]
    while at < len(text):
        letter = text[at]
        if letter == "\\":
            at += 2
            continue
        if letter in "'\"`$":
            at = skip_quoted(text, at, 0)
            continue
        if letter == "{":
            depth += 1
        elif letter == "}":
            depth -= 1
            if not depth:
                break
        elif letter == "," and depth == 1:
            commas.append(at)
        at += 1
    if depth or at >= len(text):
        return None
    if len(commas) > 1:
        pieces = [text[here + 1 : there] for here, there in zip(commas, [*commas[1:], at], strict=True)]
        return [word for piece in pieces for word in brace_expand(piece)], at + 1
    sequence = SEQUENCE.fullmatch(text[start + 1 : at])
    numbers = None if sequence is None else _sequence(sequence)
    return None if numbers is None else (numbers, at + 1)


def _sequence(match: re.Match[str]) -> list[str] | None:
    low, high, step = match.groups()
    if low.isalpha() != high.isalpha():
        return None
    first, last = (ord(low), ord(high)) if low.isalpha() else (int(low), int(high))
    stride = abs(int(step or 1)) or 1
    if abs(last - first) // stride >= MOST_WORDS:
        raise TooManyWords(f"netsim: {{{match[0]}}} makes more than {MOST_WORDS} words")
    every = range(first, last + 1, stride) if first <= last else range(first, last - 1, -stride)
    if low.isalpha():
        return [chr(value) for value in every]
    padded = any(len(word.lstrip("-")) > 1 and word.lstrip("-").startswith("0") for word in (low, high))
    width = max(len(low), len(high)) if padded else 0
    return [f"{value:0{width}d}" if width else str(value) for value in every]
