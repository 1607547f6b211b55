"""YAML to plain values: scalars by go-yaml's rules (`resolve.go`), merge keys, `!reset` and `!override`, and limits against files made to do harm."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import attrs

from netsim.commands.docker.compose.file.problem import ComposeProblem

DEEPEST = 100
"""Levels of nesting; go-yaml stops at 10000."""
LARGEST = 200_000
"""Nodes with every alias written out."""
LONGEST = 4 << 20
"""Characters of a file."""
NULLS = ("", "~", "null", "Null", "NULL")
TRUTHS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
INFINITIES = {".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", ".nan", ".NaN", ".NAN"}
INTEGER = re.compile(r"[-+]?(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
SCALARS = "tag:yaml.org,2002:"


@attrs.frozen
class Marked:
    """A value behind `!reset` (dropped with whatever other files say) or `!override` (in place of whatever other files say)."""

    kind: str
    value: Any = None


def inside(value: Any, form: Callable[[Any], Any]) -> Any:
    """A value changed, whatever mark it carries; what is to be dropped stays as it is."""
    if isinstance(value, Marked):
        return Marked(value.kind, None if value.kind == "reset" else form(value.value))
    return form(value)


@attrs.define
class _Open:
    """A collection that is being read."""

    value: Any
    line: int
    anchor: str | None
    tag: str | None
    size: int = 1
    key: Any = None
    waits: int = 0
    """Whether a mapping has its key and waits for the value."""
    lines: dict[Any, int] = attrs.field(factory=dict)
    merged: list[Any] = attrs.field(factory=list)


def documents(text: str, path: str) -> list[Any]:
    """The documents of a file as plain values; ComposeProblem in go-yaml's words, ImportError without PyYAML."""
    import yaml  # type: ignore[import-untyped,unused-ignore]

    if len(text) > LONGEST:
        raise ComposeProblem(f"{path}: netsim: a compose file of more than {LONGEST >> 20} MiB is not read")
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    reader = _Reader(path)
    try:
        for event in yaml.parse(text, Loader=loader):
            reader.take(event)
    except yaml.YAMLError as problem:
        again = f"failed to parse {path}: " if reader.found else ""
        raise ComposeProblem(f"{again}yaml: {_worded(problem)}") from None
    return reader.found


def _worded(problem: Any) -> str:
    """An error of libyaml as go-yaml tells it: the line of the context if there is one, counted from 1 for the scanner and from 0 for the parser."""
    text = _go_text(str(getattr(problem, "problem", None) or "unknown problem parsing YAML content"), str(getattr(problem, "context", None) or ""))
    scanner = int(type(problem).__name__ == "ScannerError")
    for mark in (getattr(problem, "context_mark", None), getattr(problem, "problem_mark", None)):
        if mark is not None and mark.line:
            return f"line {mark.line + scanner}: {text}"
    if hasattr(problem, "character"):
        return "control characters are not allowed"
    return text


def _go_text(text: str, context: str) -> str:
    """libyaml's words for what PyYAML's own scanner words otherwise."""
    if text.startswith("expected <block end>"):
        return "did not find expected '-' indicator" if "collection" in context else "did not find expected key"
    for ours, theirs in (
        ("mapping values are not allowed", "mapping values are not allowed in this context"), ("expected ',' or ']'", "did not find expected ',' or ']'"),
        ("expected ',' or '}'", "did not find expected ',' or '}'"),
    ):  # fmt: skip
        if text.startswith(ours):
            return theirs
    return "found character that cannot start any token" if text.endswith("that cannot start any token") else text


@attrs.define
class _Reader:
    """Events to values, without recursion."""

    path: str
    found: list[Any] = attrs.field(factory=list)
    open: list[_Open] = attrs.field(factory=list)
    anchors: dict[str, tuple[Any, int]] = attrs.field(factory=dict)

    def take(self, event: Any) -> None:
        """One event of the parser."""
        kind = type(event).__name__
        if kind == "ScalarEvent":
            self.put(scalar(event), 1, event.anchor, event.tag, event.start_mark.line + 1)
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            if len(self.open) >= DEEPEST:
                raise ComposeProblem(f"yaml: line {event.start_mark.line + 1}: exceeded max depth of {DEEPEST}")
            self.open.append(_Open({} if kind.startswith("M") else [], event.start_mark.line + 1, event.anchor, event.tag))
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            done = self.open.pop()
            self.put(self.merge(done) if done.merged else done.value, done.size, done.anchor, done.tag, done.line)
        elif kind == "AliasEvent":
            if event.anchor in [one.anchor for one in self.open]:
                raise ComposeProblem(f"failed to parse {self.path}: cycle detected: node at path {self.where(event.anchor)}")
            if event.anchor not in self.anchors:
                raise ComposeProblem(f"yaml: unknown anchor '{event.anchor}' referenced")
            value, size = self.anchors[event.anchor]
            self.put(value, size, None, None, event.start_mark.line + 1)
        elif kind == "DocumentStartEvent":
            if event.version not in (None, (1, 1)):
                raise ComposeProblem("yaml: found incompatible YAML document")
            self.anchors = {}

    def where(self, anchor: str) -> str:
        """Which place refers to which above it."""
        keys = [shown(one.key) if isinstance(one.value, dict) else f"[{len(one.value)}]" for one in self.open]
        above = [one.anchor for one in self.open].index(anchor)
        return f"{'.'.join(keys)} references node at path {'.'.join(keys[:above])}"

    def put(self, value: Any, size: int, anchor: str | None, tag: str | None, line: int) -> None:
        """A finished value goes where it belongs."""
        if tag in ("!reset", "!override"):
            value = Marked(tag[1:], value)
        if anchor is not None:
            self.anchors[anchor] = (value, size)
        if not self.open:
            self.found.append(value)
            return
        into = self.open[-1]
        into.size += size
        if into.size > LARGEST:
            raise ComposeProblem("yaml: document contains excessive aliasing")
        if isinstance(into.value, list):
            into.value.append(value)
        elif not into.waits:
            self.key(into, value, line)
        else:
            into.waits = 0
            if into.key == "<<":
                into.merged.append(value)
            else:
                into.value[into.key] = value

    def key(self, into: _Open, key: Any, line: int) -> None:
        """A mapping's next key, which it must not have yet."""
        if isinstance(key, (dict, list, Marked)):
            raise ComposeProblem(f"failed to parse {self.path}: line {line}: invalid map key")
        if key in into.lines and key != "<<":
            raise ComposeProblem(f'failed to parse {self.path}: line {line}: mapping key "{shown(key)}" already defined at line {into.lines[key]}')
        into.lines[key] = line
        into.key, into.waits = key, 1

    def merge(self, done: _Open) -> dict[Any, Any]:
        """A mapping with what `<<` brings: its own keys win, then the first of several."""
        result = dict(done.value)
        for merged in done.merged:
            for one in merged if isinstance(merged, list) else [merged]:
                if not isinstance(one, dict):
                    raise ComposeProblem("yaml: map merge requires map or sequence of maps as the value")
                for key, value in one.items():
                    result.setdefault(key, value)
        return result


def shown(key: Any) -> str:
    """A key or number as Go prints it."""
    if isinstance(key, bool):
        return str(key).lower()
    if isinstance(key, float):
        return go_float(key)
    return "null" if key is None else str(key)


def go_float(number: float) -> str:
    """A float as `%v` prints it."""
    if number == int(number) and abs(number) < 1e21:
        return str(int(number))
    return repr(number)


def scalar(event: Any) -> Any:
    """A scalar's value: plain ones by their form, quoted and tagged ones as they say."""
    text: str = event.value
    tag = event.tag
    if tag and tag.startswith(SCALARS):
        return _tagged(text, tag.removeprefix(SCALARS))
    if not event.implicit[0]:
        return text
    return plain(text)


def _tagged(text: str, kind: str) -> Any:
    value = plain(text)
    if kind == "str" or (kind in ("int", "bool") and not isinstance(value, int)):
        return text
    return float(value) if kind == "float" and isinstance(value, int) else value


def plain(text: str) -> Any:
    """What an unquoted scalar stands for: null, a truth, a number, else text (dates too)."""
    if text in NULLS:
        return None
    if text in TRUTHS:
        return TRUTHS[text]
    if text[0] not in "+-.0123456789":
        return text
    bare = text.replace("_", "")
    if INTEGER.fullmatch(bare):
        return _integer(bare)
    if FLOAT.fullmatch(bare) or text in INFINITIES:
        return float(bare.replace(".inf", "inf").replace(".nan", "nan") if text in INFINITIES else bare)
    return text


def _integer(text: str) -> int | float:
    sign, digits = (-1 if text[0] == "-" else 1), text.lstrip("+-")
    base = {"0x": 16, "0o": 8, "0b": 2}.get(digits[:2].lower(), 8 if len(digits) > 1 and digits[0] == "0" else 10)
    if len(digits) > 100:
        return float("inf") * sign
    number = sign * int(digits[2:] if base in (16, 2) or digits[:2].lower() == "0o" else digits, base)
    return number if -(1 << 63) <= number < 1 << 64 else float(number)


def text_keys(value: Any, path: str = "") -> Any:
    """The same with every key a text; ComposeProblem names one that is none."""
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise ComposeProblem(f"non-string key {f'in {path}' if path else 'at top level'}: {shown(key)}")
        return {key: text_keys(one, f"{path}.{key}" if path else key) for key, one in value.items()}
    if isinstance(value, list):
        return [text_keys(one, f"{path}[{number}]") for number, one in enumerate(value)]
    return Marked(value.kind, text_keys(value.value, path)) if isinstance(value, Marked) else value


def walk(value: Any) -> Iterator[Any]:
    """Every scalar below a value."""
    if isinstance(value, dict):
        for one in value.values():
            yield from walk(one)
    elif isinstance(value, list):
        for one in value:
            yield from walk(one)
    else:
        yield value
