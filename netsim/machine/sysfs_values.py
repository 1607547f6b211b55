"""What attributes below /sys are made of: how they read, how they are set, and which numbers they take."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import attrs

from netsim.errors import EINVAL, NetError

UNSIGNED_LONG = 0xFFFFFFFFFFFFFFFF
_LEADING = re.compile(r"\s*([+-]?)(0[xX][0-9a-fA-F]+|\d+)")


@attrs.frozen
class Shown:
    """An attribute: how it reads (None: for writing only) and how it is set (None: for reading only)."""

    show: Callable[[Any], str] | None
    store: Callable[[Any, str], None] | None = None


def number(text: str, most: int = UNSIGNED_LONG) -> int:
    """A whole word as `kstrtoul(buf, 0)` takes it (a last newline is allowed); EINVAL."""
    word = text.removesuffix("\n")
    match = _LEADING.fullmatch(word)
    if match is None or match[1] == "-" or word[:1].isspace():
        raise NetError(EINVAL)
    value = based(match[2])
    if value > most:
        raise NetError(EINVAL)
    return value


def based(digits: str) -> int:
    """Digits with C's prefixes: 0x sixteen, 0 eight; EINVAL for an eight in an octal number."""
    try:
        if digits[:2] in ("0x", "0X"):
            return int(digits, 16)
        return int(digits, 8) if len(digits) > 1 and digits[0] == "0" else int(digits)
    except ValueError:
        raise NetError(EINVAL) from None


def field(name: str) -> Callable[[Any], str]:
    """Shows a field of the object."""

    def show(subject: Any) -> str:
        return str(getattr(subject, name))

    return show


def fixed(text: str) -> Callable[[Any], str]:
    """Shows always the same."""

    def show(subject: Any) -> str:
        return text

    return show
