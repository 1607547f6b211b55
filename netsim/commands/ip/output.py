"""How ip prints: plain, one-line, brief or JSON (`lib/json_print.c`)."""

from __future__ import annotations

import json
from typing import Any

import attrs

COLORS = {"ifname": 36, "mac": 33, "inet": 35, "inet6": 34, "up": 32, "down": 31}


@attrs.define(eq=False)
class Style:
    """Global options that shape output."""

    oneline: bool = False
    brief: bool = False
    details: int = 0
    statistics: int = 0
    json: bool = False
    pretty: bool = False
    family: int = 0
    numeric: bool = False
    color: bool = False
    human: int = 0  # the base of -h (1000) or -iec (1024); 0 prints whole numbers

    def paint(self, what: str, text: str) -> str:
        """Text in iproute2's colour for that kind of field (`lib/color.c`), where colours are on."""
        return f"\x1b[{COLORS[what]}m{text}\x1b[0m" if self.color and not self.json else text

    def paint_address(self, address: Any, text: str | None = None) -> str:
        """An address in its family's colour."""
        return self.paint("inet6" if ":" in str(address) else "inet", str(address) if text is None else text)

    def count(self, value: int) -> str:
        """A counter, shortened for people under -h and -iec (`print_num`)."""
        if not self.human or value < self.human:
            return str(value)
        power, letter = 0, ""
        while value >= self.human ** (power + 1) and power < 6:
            power, letter = power + 1, "kMGTPE"[power]
        scaled = value / self.human**power
        places = 2 if scaled < 10 else 1 if scaled < 100 else 0
        return f"{scaled:.{places}f}{letter}" + ("i" if self.human == 1024 else "")

    @property
    def newline(self) -> str:
        """What -o puts where lines would end."""
        return "\\" if self.oneline else "\n"


class Decimal2(float):
    """A number that JSON shows with two places, as iproute2 prints timers."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{float(self):.2f}"


def scalar_json(value: Any) -> str:
    """One value that is neither object nor list."""
    return repr(value) if isinstance(value, Decimal2) else json.dumps(value, ensure_ascii=False)


def plain_json(items: list[Any]) -> str:
    """One line without blanks."""
    return _plain(items) + "\n"


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{_plain(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_plain(item) for item in value) + "]"
    return scalar_json(value)


def pretty_json(items: list[Any]) -> str:
    """iproute2's own layout: objects opened in place, members indented by eight, short lists inline."""
    if not items:
        return "[ ]\n"
    return "[ " + ",".join(_object(item, 4) if isinstance(item, dict) else _value(item, 4) for item in items) + " ]\n"


def _object(item: dict[str, Any], depth: int) -> str:
    if not item:
        return "{}"
    inner = " " * (depth + 4)
    members = (",\n" + inner).join(f"{json.dumps(key)}: {_value(value, depth + 4)}" for key, value in item.items())
    return "{\n" + inner + members + "\n" + " " * depth + "}"


def _value(value: Any, depth: int) -> str:
    if isinstance(value, dict):
        return _object(value, depth)
    if isinstance(value, list):
        if not value:
            return "[ ]"
        if any(isinstance(item, dict) for item in value):
            return "[ " + ",".join(_object(item, depth + 4) if isinstance(item, dict) else _value(item, depth + 4) for item in value) + " ]"
        return "[ " + ",".join(_value(item, depth) for item in value) + " ]"
    return scalar_json(value)


def to_json(items: list[Any], style: Style) -> str:
    """Items as -j or -j -p prints them."""
    return pretty_json(items) if style.pretty else plain_json(items)
