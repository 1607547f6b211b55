"""How ip prints: plain, one-line, brief or JSON (`lib/json_print.c`)."""

from __future__ import annotations

import json
from typing import Any

import attrs


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

    @property
    def newline(self) -> str:
        """What -o puts where lines would end."""
        return "\\" if self.oneline else "\n"


def plain_json(items: list[Any]) -> str:
    """One line without blanks."""
    return json.dumps(items, separators=(",", ":"), ensure_ascii=False) + "\n"


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
    return json.dumps(value, ensure_ascii=False)


def to_json(items: list[Any], style: Style) -> str:
    """Items as -j or -j -p prints them."""
    return pretty_json(items) if style.pretty else plain_json(items)
