"""Values of templates and how Go prints them (fmt's %v)."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any


class TemplateError(Exception):
    """A template that cannot be read or filled; the text is Go's, without what the command puts in front."""


class Struct(dict[str, Any]):
    """A value with a fixed set of fields; `go_type` is what an error calls it, `json_names` how JSON spells fields, `omitted` those it leaves out.

    `embedded` are the fields, by first and last, of structures inside this one whose fields are its own (Go's embedding).
    """

    def __init__(
        self, fields: dict[str, Any], go_type: str, json_names: Mapping[str, str] | None = None, omitted: Collection[str] = (),
        embedded: Sequence[tuple[str, str]] = (),
    ) -> None:  # fmt: skip
        super().__init__(fields)
        self.go_type = go_type
        self.json_names = json_names or {}
        self.omitted = omitted
        self.embedded = embedded

    def text(self) -> str:
        """The fields as fmt prints them."""
        before, after = {first: "{" for first, _ in self.embedded}, {last: "}" for _, last in self.embedded}
        return "{" + " ".join(before.get(name, "") + inner(part) + after.get(name, "") for name, part in self.items()) + "}"

    def plain(self) -> dict[str, Any]:
        """The fields as JSON has them."""
        return {self.json_names.get(name, name): value for name, value in self.items() if name not in self.omitted}


class Labels(str):
    """Labels as a row of a list has them: one text, and by their names."""

    values: Mapping[str, str]

    def __new__(cls, values: Mapping[str, str]) -> Labels:
        """`values` by their names, in whose order they are printed."""
        made = super().__new__(cls, ",".join(f"{name}={value}" for name, value in sorted(values.items())))
        made.values = values
        return made

    def one(self, name: str) -> str:
        """`.Label "name"` of a row: empty when there is none of the name."""
        return self.values.get(name, "")


class Row(Struct):
    """A row of a list; one with labels can be asked for each (`.Label "name"`)."""

    def methods(self) -> Mapping[str, Callable[[str], str]]:
        """What takes an argument."""
        labels = self.get("Labels")
        return {"Label": labels.one} if isinstance(labels, Labels) else {}


class Headers(dict[str, Any]):
    """The headers of a list's fields (`formatter.SubHeaderContext`)."""

    def methods(self) -> Mapping[str, Callable[[str], str]]:
        """What takes an argument."""
        return {"Label": _heading}


def _heading(name: str) -> str:
    return name.rpartition(".")[2].replace("-", " ").replace("_", " ")


class Pointed(Struct):
    """A structure that a map or list holds by its address, which is all that fmt prints of it there."""

    @property
    def address(self) -> int:
        """Where it might be on Go's heap: made from what it holds."""
        return 0xC000000000 + (zlib.crc32(Struct.text(self).encode()) & 0xFFFFE0)


class Moment(str):
    """A time, which JSON has as text and fmt prints with its zone (`time.Time`)."""

    __slots__ = ()

    def __str__(self) -> str:
        return f"{self[:10]} {self[11:].removesuffix('Z')} +0000 UTC"


class Nil:
    """A pointer that is nil."""

    def __bool__(self) -> bool:
        return False


NIL = Nil()


class Pointers(dict[str, Any]):
    """A map to pointers: what it does not have is nil, not the zero value of anything."""


class ByPort(dict[str, Any]):
    """A map by port (`nat.PortMap`), whose keys no text can be."""


class Texts(dict[str, Any]):
    """A map to text: what it does not have is empty."""


class NilList(list[Any]):
    """A Go slice that is nil: empty, and null in JSON."""


class NilMap(dict[str, Any]):
    """A Go map that is nil."""


class Missing:
    """The zero value of a map's missing key, which prints as `<no value>`."""


MISSING = Missing()


def is_true(value: Any) -> bool:
    """Whether `if` takes a value for true: not false, 0, nil, or empty."""
    return bool(value) and value is not MISSING


def show(value: Any) -> str:
    """A value as an action prints it."""
    if type(value) is str:
        return value
    if isinstance(value, Pointed):
        return value.text()  # text/template follows a pointer before it prints
    return "<no value>" if value is None or value is MISSING else inner(value)


def inner(value: Any) -> str:
    """A value inside another one, as fmt prints it."""
    if value is None or value is MISSING or value is NIL:
        return "<nil>"
    if isinstance(value, Pointed):
        return f"{value.address:#x}"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, Struct):
        return value.text()
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{inner(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, list | tuple):
        return "[" + " ".join(inner(part) for part in value) + "]"
    return str(value)


def plain(value: Any) -> Any:
    """A value as JSON takes it: structures with the names of JSON, maps in the order of their keys."""
    if value is MISSING or value is NIL or isinstance(value, NilList | NilMap):
        return None
    if isinstance(value, Struct):
        return {name: plain(part) for name, part in value.plain().items()}
    if isinstance(value, dict):
        return {name: plain(value[name]) for name in sorted(value)}
    return [plain(part) for part in value] if isinstance(value, list | tuple) else value


def to_json_plain(value: Any) -> str:
    """The same without escapes (`SetEscapeHTML(false)`)."""
    return json.dumps(plain(value), separators=(",", ":"), ensure_ascii=False)


def to_json(value: Any) -> str:
    """A value as Go's encoding/json writes it: no blanks, `<`, `>` and `&` escaped."""
    return to_json_plain(value).replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
