"""YAML as go-yaml writes it: two blanks a level, lists indented, quotes only where a plain text would be read as something else."""

from __future__ import annotations

import re
from typing import Any

from netsim.commands.docker.compose.file.document import go_float, plain

OLD_TRUTHS = {"y", "Y", "yes", "Yes", "YES", "n", "N", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF"}
SIXTY = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
DATE = re.compile(r"\d{4}-\d\d?-\d\d?(?:[Tt ].*)?")
FIRST = set("-?:,[]{}#&*!|>'\"%@`")
ONLY_BEFORE_SPACE = set("-?:")


def write(tree: Any) -> str:
    """A tree as text."""
    return _mapping(tree, 0) if tree else "{}\n"


def _mapping(tree: dict[str, Any], depth: int) -> str:
    return "".join(f"{'  ' * depth}{text(key)}:{_value(value, depth + 1)}" for key, value in tree.items())


def _value(value: Any, depth: int) -> str:
    """What stands behind a colon, with its newline."""
    if isinstance(value, dict):
        return f"\n{_mapping(value, depth)}" if value else " {}\n"
    if isinstance(value, list):
        return "\n" + "".join(_item(one, depth) for one in value) if value else " []\n"
    return f" {scalar(value, depth)}\n"


def _item(value: Any, depth: int) -> str:
    lead = "  " * depth + "- "
    if isinstance(value, dict) and value:
        return lead + _mapping(value, depth + 1)[2 * depth + 2 :]
    if isinstance(value, list) and value:
        return lead + "".join(_item(one, depth + 1) for one in value)[2 * depth + 2 :]
    return lead + ("{}" if value == {} else "[]" if value == [] else scalar(value, depth + 1)) + "\n"


def scalar(value: Any, depth: int) -> str:
    """A value that has nothing below it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return go_float(value)
    return str(value) if isinstance(value, int) else text(value, depth)


def text(value: str, depth: int = 0) -> str:
    """A text in the style go-yaml chooses for it."""
    if "\n" in value:
        return _block(value, depth)
    if means_something_else(value):
        return quoted(value)
    if any(ord(char) < 32 or ord(char) == 127 for char in value):
        return quoted(value)
    if _needs_quotes(value):
        return "'" + value.replace("'", "''") + "'"
    return value


def means_something_else(value: str) -> bool:
    """Whether the plain text would be read as null, a truth, a number or a date."""
    if value in OLD_TRUTHS:
        return True
    return not isinstance(plain(value), str) or bool(SIXTY.fullmatch(value)) or bool(DATE.fullmatch(value))


def _needs_quotes(value: str) -> bool:
    if value[0] in FIRST and not (value[0] in ONLY_BEFORE_SPACE and len(value) > 1 and value[1] not in " \t"):
        return True
    if value != value.strip(" \t") or value.startswith(("---", "...")):
        return True
    return ": " in value or " #" in value or value.endswith(":")


def quoted(value: str) -> str:
    """In double quotes."""
    escapes = {'"': '\\"', "\\": "\\\\", "\t": "\\t", "\r": "\\r", "\x1b": "\\e", "\0": "\\0", "\n": "\\n"}
    return '"' + "".join(escapes.get(char, f"\\x{ord(char):02X}" if ord(char) < 32 else char) for char in value) + '"'


def _block(value: str, depth: int) -> str:
    """Several lines, each as it is."""
    bare = value.rstrip("\n")
    chomp = "" if value.endswith("\n") and not value.endswith("\n\n") and bare else "-" if not value.endswith("\n") else "+"
    if not bare or any(ord(char) < 32 and char not in "\n\t" for char in value):
        return quoted(value)
    hint = "2" if value[0] in " \n" else ""
    lines = (bare if chomp != "+" else value[:-1]).split("\n")
    indent = "  " * max(depth, 1)
    return f"|{hint}{chomp}\n" + "\n".join(indent + line if line else "" for line in lines)
