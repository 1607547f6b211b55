"""Writing a world down as JSON-able data."""

from __future__ import annotations

import json
import types
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterable
from enum import Enum
from random import Random
from typing import Any

import attrs

from netsim.state.kinds import DEEP, CannotSave, is_frozen, is_stateless, name_of, treatment
from netsim.state.late import touch
from netsim.state.names import NETSIM, Names

FORMAT, VERSION = "netsim-world", 1
Json = Any


def dump(root: object, names: Names = NETSIM) -> dict[str, Json]:
    """Everything reachable from `root` as data for `json.dump`; CannotSave names what has no place in a snapshot.

    The form is described by `netsim/schema/world-1.json`. The same graph always gives the same data.
    """
    writer = _Writer(names)
    try:
        value = writer.value(root)
        while writer.waiting:
            number, found = writer.waiting.popleft()
            writer.holder = found
            writer.objects[number] = writer.entry(found)
    except _Refused as problem:
        raise CannotSave(str(problem)) from None
    except CannotSave as problem:
        where = "" if writer.holder is None else f"{name_of(type(writer.holder))}: "
        raise CannotSave(f"{where}{problem}") from None
    except RecursionError:
        raise CannotSave(f"{name_of(type(writer.holder))}: values nested too deeply in a set") from None
    return {"format": FORMAT, "version": VERSION, "root": value, "objects": writer.objects}


class _Refused(CannotSave):
    """An object said itself why it cannot be written down now."""


@attrs.define(eq=False)
class _Writer:
    names: Names
    objects: list[Json] = attrs.field(factory=list)
    numbers: dict[int, int] = attrs.field(factory=dict)
    waiting: deque[tuple[int, Any]] = attrs.field(factory=deque)
    holder: Any = None

    def value(self, value: Any) -> Json:
        """A value as it stands in a field or container: itself, a small tagged object, or a reference."""
        simple = self.simple(value)
        if simple is not NotImplemented:
            return simple
        if type(value) is tuple:
            items = [self.simple(item) for item in value]
            if NotImplemented not in items:
                return {"tuple": items}
        number = self.numbers.get(id(value))
        if number is None:
            number = self.numbers[id(value)] = len(self.objects)
            self.objects.append(None)
            self.waiting.append((number, value))
        return {"ref": number}

    def simple(self, value: Any) -> Json:
        """A value that holds nothing, or NotImplemented."""
        kind = type(value)
        if kind in (int, str, bool, types.NoneType):
            return value
        if kind is bytes:
            return {"bytes": value.hex()}
        if kind is float:
            return {"float": repr(value)}
        if isinstance(value, Enum):
            return {"enum": self.names.of(kind), **self._member(value)}
        if isinstance(value, type):
            return {"class": self.names.of(value)}
        if kind is types.FunctionType:
            return {"function": self.names.of(value)}
        for base in (int, str, bytes, float):
            if isinstance(value, base):
                return {"kind": self.names.of(kind), "value": self.simple(_plain(base, value))}
        return NotImplemented

    def _member(self, member: Enum) -> Json:
        if type(member).__members__.get(member.name or "") is member:
            return {"name": member.name}
        return {"value": self.simple(member.value)}  # several flags at once have no name

    def entry(self, value: Any) -> Json:
        """A numbered object with what it holds."""
        touch(value)
        kind = type(value)
        if attrs.has(kind):
            reason = value.refuse_fork() if hasattr(kind, "refuse_fork") else None
            if reason:
                raise _Refused(reason)
            return {
                "object": self.names.of(kind),
                "fields": {field.name: self.value(getattr(value, field.name)) for field in attrs.fields(kind) if treatment(field) == DEEP},
            }
        if kind in (list, tuple):
            return {kind.__name__: [self.value(item) for item in value]}
        if isinstance(value, tuple) and hasattr(kind, "_fields"):
            return {"tuple": [self.value(item) for item in value], "class": self.names.of(kind)}
        if kind in (dict, Counter, OrderedDict):
            return {kind.__name__.lower(): self._pairs(value)}
        if kind is defaultdict:
            return {"defaultdict": self._pairs(value), "factory": self.value(value.default_factory)}
        if kind in (set, frozenset):
            return {kind.__name__: [self.value(item) for item in self._ordered(value)]}
        if kind is deque:
            return {"deque": [self.value(item) for item in value], "maxlen": value.maxlen}
        if kind is bytearray:
            return {"bytearray": value.hex()}
        if kind is types.MethodType:
            return self._method(value)
        if kind is Random:
            _, words, gauss = value.getstate()
            return {
                "random": b"".join(word.to_bytes(4, "big") for word in words[:-1]).hex(),
                "index": words[-1],
                "gauss": None if gauss is None else repr(gauss),
            }
        if is_stateless(kind):
            return {"object": self.names.of(kind), "fields": {}}
        raise CannotSave(f"a {name_of(kind)} cannot be saved")

    def _pairs(self, value: dict[Any, Any]) -> Json:
        return [[self.value(key), self.value(item)] for key, item in value.items()]

    def _method(self, method: types.MethodType) -> Json:
        owner, name = method.__self__, method.__func__.__name__
        kind = owner if isinstance(owner, type) else type(owner)
        found = getattr(kind, name, None)
        if getattr(found, "__func__", found) is not method.__func__ or not self.names.holds(method.__func__.__module__):
            raise CannotSave(f"the method {name_of(method.__func__)} cannot be found again by its name")
        return {"method": name, "of": self.value(owner)}

    def _ordered(self, values: Iterable[Any]) -> list[Any]:
        """The elements of a set in an order that depends on nothing but their values."""
        return sorted(values, key=self._text)

    def _text(self, value: Any) -> str:
        return json.dumps(self._shape(value))

    def _shape(self, value: Any) -> Json:
        simple = self.simple(value)
        if simple is not NotImplemented:
            return simple
        if isinstance(value, tuple):
            return [name_of(type(value)), *map(self._shape, value)]
        if isinstance(value, frozenset):
            return ["frozenset", *sorted(map(self._text, value))]
        if attrs.has(type(value)) and is_frozen(type(value)):
            return [name_of(type(value)), *(self._shape(getattr(value, field.name)) for field in attrs.fields(type(value)))]
        raise CannotSave(f"a set of {name_of(type(value))} has no order; keep such objects in a dict")


def _plain(base: Any, value: Any) -> Any:
    """The plain number or text under a subclass, whatever its own `str` prints."""
    return str.__str__(value) if base is str else base(value)
