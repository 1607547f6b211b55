"""JSON as Go's decoder reads it: the first value counts, what follows does not, and errors are in its words (`encoding/json`)."""

from __future__ import annotations

import json
from typing import Any

LITERALS = {"n": "null", "t": "true", "f": "false"}
KINDS: tuple[tuple[type, str], ...] = ((list, "array"), (str, "string"), (bool, "bool"), (int, "number"), (float, "number"))


class JsonError(Exception):
    """What is wrong with it."""


def decode(data: bytes, into: str) -> dict[str, Any]:
    """An object; `into` is the name of the Go type that the engine reads it into. null is an empty one."""
    text = data.decode(errors="replace").lstrip(" \t\r\n")
    if not text:
        raise JsonError("EOF")
    try:
        value, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError) as problem:
        is_cut = str(problem).startswith("Unterminated string")
        raise JsonError(_said(text, len(text) if is_cut else getattr(problem, "pos", len(text)))) from None
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    kind = next(name for known, name in KINDS if isinstance(value, known))
    raise JsonError(f"json: cannot unmarshal {kind} into Go value of type {into}")


def _said(text: str, at: int) -> str:
    literal = LITERALS.get(text[0])
    if literal is not None:
        for place, expected in enumerate(literal):
            if place >= len(text):
                return "unexpected EOF"
            if text[place] != expected:
                return f"invalid character {_quoted(text[place])} in literal {literal} (expecting '{expected}')"
    if at >= len(text):
        return "unexpected EOF"
    if at == 0:
        return f"invalid character {_quoted(text[0])} looking for beginning of value"
    return f"invalid character {_quoted(text[at])} {_context(text, at)}"


def _context(text: str, at: int) -> str:
    before = text[:at].rstrip(" \t\r\n")[-1:]
    if before == "{":
        return "looking for beginning of object key string"
    if before in ":[":
        return "looking for beginning of value"
    return "after object key:value pair" if before != "," else "looking for beginning of object key string"


def _quoted(letter: str) -> str:
    return {"'": r"'\''", '"': "'\"'"}.get(letter, f"'{letter}'")
