"""Values of templates and how Go prints them (fmt's %v)."""

from __future__ import annotations

import json
from typing import Any


class TemplateError(Exception):
    """A template that cannot be read or filled; the text is Go's, without what the command puts in front."""


class Struct(dict[str, Any]):
    """A value with a fixed set of fields; `go_type` is what an error calls it."""

    def __init__(self, fields: dict[str, Any], go_type: str) -> None:
        super().__init__(fields)
        self.go_type = go_type


class Missing:
    """The zero value of a map's missing key, which prints as `<no value>`."""


MISSING = Missing()


def is_true(value: Any) -> bool:
    """Whether `if` takes a value for true: not false, 0, nil, or empty."""
    return bool(value) and value is not MISSING


def show(value: Any) -> str:
    """A value as an action prints it."""
    return "<no value>" if value is None or value is MISSING else inner(value)


def inner(value: Any) -> str:
    """A value inside another one, as fmt prints it."""
    if value is None or value is MISSING:
        return "<nil>"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, Struct):
        return "{" + " ".join(inner(part) for part in value.values()) + "}"
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{inner(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, list | tuple):
        return "[" + " ".join(inner(part) for part in value) + "]"
    return str(value)


def to_json(value: Any) -> str:
    """A value as Go's encoding/json writes it: no blanks, `<`, `>` and `&` escaped."""
    text = json.dumps(None if value is MISSING else value, separators=(",", ":"), ensure_ascii=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
