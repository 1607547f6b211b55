"""Numbers on the command lines of iputils (`strtol_or_err`) and of programs that use strtol(3) and strtod(3) themselves."""

from __future__ import annotations

import re

INT_MAX = 2147483647
_WHOLE = re.compile(r"\s*([+-]?)(0[xX][0-9a-fA-F]+|\d+)", re.ASCII)
_REAL = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


class BadNumber(Exception):
    """A word that is no number, or one out of range; `str()` is what the program prints after its name."""


def checked(text: str, low: int, high: int, complaint: str = "invalid argument") -> int:
    """A whole decimal number in a range; BadNumber with the words of iputils."""
    if not re.fullmatch(r"\s*[+-]?\d+", text, re.ASCII) or len(text) > 400:
        raise BadNumber(f"{complaint}: '{text}'")
    number = int(text)
    if not low <= number <= high:
        raise BadNumber(f"{complaint}: '{text}': out of range: {low} <= value <= {high}")
    return number


def leading_int(text: str) -> tuple[int, str] | None:
    """strtol(3) with base 0: the number a word begins with and what follows, None without one."""
    found = _WHOLE.match(text[:400])
    if found is None:
        return None
    digits = found[2]
    end = found.end()
    if digits[:2].lower() == "0x":
        number = int(digits, 16)
    elif digits[0] == "0" and len(digits) > 1:
        octal = re.match(r"[0-7]+", digits)
        assert octal is not None
        number = int(octal[0], 8)
        end = found.start(2) + octal.end()
    else:
        number = int(digits)
    return (-number if found[1] == "-" else number), text[end:]


def leading_float(text: str) -> tuple[float, str] | None:
    """strtod(3): the number a word begins with and what follows, None without one."""
    found = _REAL.match(text[:400])
    return None if found is None else (float(found[0]), text[found.end() :])
