"""Reading a world back from what `dump` wrote, or refusing what it did not."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from random import Random
from typing import Any

import attrs

from netsim.state.fork import set_field
from netsim.state.hints import accepts, hints_of
from netsim.state.kinds import DEEP, CannotLoad, fresh, is_frozen, is_stateless, name_of, treatment
from netsim.state.names import NETSIM, Names
from netsim.state.save import FORMAT, VERSION, Json

MUTABLE: dict[str, Callable[[], Any]] = {
    "list": list, "dict": dict, "counter": Counter, "ordereddict": OrderedDict, "set": set, "defaultdict": defaultdict,
    "bytearray": bytearray, "random": Random,
}  # fmt: skip
IMMUTABLE = ("tuple", "frozenset", "method")
WORDS = 624
"""Of the generator's state (Mersenne Twister)."""


def load(data: Json, names: Names = NETSIM) -> Any:
    """The root of a graph that `dump` wrote; CannotLoad, in one line, for anything else.

    Nothing outside `names` is imported, made or called, and every field is checked against its annotation.
    """
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise CannotLoad("not a netsim snapshot")
    if data.get("version") != VERSION:
        raise CannotLoad(f"snapshot version {data.get('version')!r:.20}; this netsim reads version {VERSION}")
    entries = data.get("objects")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries) or "root" not in data:
        raise CannotLoad("damaged snapshot: no list of objects")
    try:
        return _Reader(names, entries).read(data["root"])
    except CannotLoad as problem:
        raise CannotLoad(f"damaged snapshot: {problem}") from None
    except RecursionError:
        raise CannotLoad("damaged snapshot: values nested too deeply") from None
    except (TypeError, ValueError, LookupError, AttributeError, OverflowError) as problem:
        raise CannotLoad(f"damaged snapshot: {type(problem).__name__}: {' '.join(str(problem).split()):.200}") from None


@attrs.define(eq=False)
class _Reader:
    names: Names
    entries: list[dict[str, Json]]
    made: dict[int, Any] = attrs.field(factory=dict)

    def read(self, root: Json) -> Any:
        """Make what is mutable, build what is not, then fill."""
        waiting = []
        for number, entry in enumerate(self.entries):
            kind, cls = self._kind(entry)
            if kind == "object" and cls is not None and not is_frozen(cls):
                self.made[number] = object.__new__(cls)
            elif kind == "deque":
                self.made[number] = deque(maxlen=entry["maxlen"])
            elif kind in MUTABLE:
                self.made[number] = MUTABLE[kind]()
            else:
                waiting.append(number)
        mutable = list(self.made)
        for number in waiting:
            self._build(number)
        for number in mutable:
            self._fill(self.made[number], self.entries[number])
        for value in self.made.values():
            _check(value)
        return self.value(root)

    def _kind(self, entry: dict[str, Json]) -> tuple[str, type | None]:
        kind = next(iter(entry), "")
        if kind == "object":
            cls = self.names.find(entry["object"])
            if not isinstance(cls, type) or not (attrs.has(cls) or is_stateless(cls)):
                raise CannotLoad(f"{entry['object']!r:.80} is not an attrs class")
            return kind, cls if attrs.has(cls) else None
        if kind not in MUTABLE and kind not in IMMUTABLE and kind != "deque":
            raise CannotLoad(f"no such kind of object: {kind!r:.40}")
        return kind, None

    def value(self, data: Json) -> Any:
        """A value from how it stands in a field or container."""
        if data is None or isinstance(data, bool | int | str):
            return data
        if not isinstance(data, dict):
            raise CannotLoad(f"not a value: {data!r:.40}")
        match data:
            case {"ref": int(number), **rest} if not rest:
                if number not in self.made:
                    raise CannotLoad(f"no object number {number}")
                return self.made[number]
            case {"bytes": str(text), **rest} if not rest:
                return bytes.fromhex(text)
            case {"float": str(text), **rest} if not rest:
                return float(text)
            case {"tuple": list(items), **rest} if not rest:
                return tuple(self.value(item) for item in items)
            case {"enum": name, "name": str(member), **rest} if not rest:
                return self.names.enum(name)[member]
            case {"enum": name, "value": value, **rest} if not rest:
                return self.names.enum(name)(self.value(value))
            case {"class": name, **rest} if not rest:
                return self.names.of_class(name)
            case {"function": name, **rest} if not rest:
                return self.names.function(name)
            case {"kind": name, "value": plain, **rest} if not rest:
                base = self.value(plain)
                return self.names.scalar(name, type(base))(base)
        raise CannotLoad(f"not a value: {data!r:.60}")

    def _build(self, number: int) -> None:
        """Build an immutable object after those it is made of, however deep."""
        stack, open_numbers = [(number, False)], set[int]()
        while stack:
            number, ready = stack.pop()
            if number in self.made:
                continue
            if ready:
                self.made[number] = self._immutable(self.entries[number])
                continue
            if number in open_numbers:
                raise CannotLoad(f"object {number} is part of itself")
            open_numbers.add(number)
            stack.append((number, True))
            stack += [(part, False) for part in _references(self.entries[number]) if part not in self.made and 0 <= part < len(self.entries)]

    def _immutable(self, entry: dict[str, Json]) -> Any:
        match entry:
            case {"object": name, "fields": dict(fields)}:
                new = object.__new__(self.names.find(name))
                self._set_fields(new, fields)
                return new
            case {"tuple": list(items), "class": name}:
                return tuple.__new__(self.names.named_tuple(name), [self.value(item) for item in items])
            case {"tuple": list(items)}:
                return tuple(self.value(item) for item in items)
            case {"frozenset": list(items)}:
                return frozenset(self.value(item) for item in items)
            case {"method": name, "of": owner}:
                return self.names.method(self.value(owner), name)
        raise CannotLoad(f"not an object: {entry!r:.60}")

    def _fill(self, new: Any, entry: dict[str, Json]) -> None:
        match entry:
            case {"object": _, "fields": dict(fields)}:
                self._set_fields(new, fields)
            case {"list": list(items)}:
                new.extend(self.value(item) for item in items)
            case {"set": list(items)}:
                new.update(self.value(item) for item in items)
            case {"deque": list(items), "maxlen": _}:
                new.extend(self.value(item) for item in items)
            case {"dict": list(pairs)} | {"counter": list(pairs)} | {"ordereddict": list(pairs)}:
                self._set_items(new, pairs)
            case {"defaultdict": list(pairs), "factory": factory}:
                new.default_factory = self.value(factory)
                self._set_items(new, pairs)
            case {"bytearray": str(text)}:
                new.extend(bytes.fromhex(text))
            case {"random": str(words), "index": int(index), "gauss": gauss}:
                _set_random(new, bytes.fromhex(words), index, gauss)
            case _:
                raise CannotLoad(f"not an object: {entry!r:.60}")

    def _set_items(self, new: dict[Any, Any], pairs: list[Json]) -> None:
        for key, item in pairs:
            dict.__setitem__(new, self.value(key), self.value(item))

    def _set_fields(self, new: Any, fields: dict[str, Json]) -> None:
        cls = type(new)
        if not attrs.has(cls):
            return
        known = {field.name: field for field in attrs.fields(cls)}
        for name in fields:
            if name not in known or treatment(known[name]) != DEEP:
                raise CannotLoad(f"{name_of(cls)} has no field {name!r:.40} in a snapshot")
        for name, field in known.items():
            if name in fields:
                value = self.value(fields[name])
            elif treatment(field) != DEEP or field.default is not attrs.NOTHING:
                value = fresh(field)
            else:
                raise CannotLoad(f"{name_of(cls)} lacks its field {name}")
            set_field(cls, name, new, value)
        if hasattr(cls, "_attrs_cached_hash"):
            set_field(cls, "_attrs_cached_hash", new, None)


def _references(data: Json) -> list[int]:
    """The numbers of the objects an entry names."""
    found, stack = [], [data]
    while stack:
        part = stack.pop()
        if isinstance(part, dict):
            if isinstance(part.get("ref"), int):
                found.append(part["ref"])
            else:
                stack += part.values()
        elif isinstance(part, list):
            stack += part
    return found


def _set_random(rng: Random, words: bytes, index: int, gauss: Json) -> None:
    if len(words) != 4 * WORDS or not 0 < index <= WORDS:
        raise CannotLoad("the state of chance has a wrong size")
    numbers = tuple(int.from_bytes(words[at : at + 4], "big") for at in range(0, len(words), 4))
    rng.setstate((3, (*numbers, index), None if gauss is None else float(gauss)))


def _check(value: Any) -> None:
    """Every field holds what its annotation says."""
    wrong = misdeclared(value)
    if wrong:
        raise CannotLoad(wrong)


def misdeclared(value: Any) -> str:
    """The first field of an attrs object whose content its annotation does not allow, as a sentence; "" when all do."""
    cls = type(value)
    if not attrs.has(cls):
        return ""
    for field, hint in _checked_fields(cls):
        if hasattr(value, field.name):
            held = getattr(value, field.name)
            if not accepts(hint, held) and not (held is None and field.default is None):
                return (
                    f"{name_of(cls)}.{field.name} cannot be {held!r:.60}"
                    if isinstance(held, int | str)
                    else f"{name_of(cls)}.{field.name} cannot hold such a {type(held).__name__}"
                )
    return ""


_FIELDS: dict[type, list[tuple[attrs.Attribute[Any], Any]]] = {}


def _checked_fields(cls: type) -> list[tuple[attrs.Attribute[Any], Any]]:
    known = _FIELDS.get(cls)
    if known is None:
        hints = hints_of(cls)
        known = _FIELDS[cls] = [(field, hints[field.name]) for field in attrs.fields(cls) if hints[field.name]]
    return known
