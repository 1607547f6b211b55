"""How the classes of a world are built: frozen or not, which fields, what their metadata asks for."""

from __future__ import annotations

from typing import Any, NoReturn

import attrs

DEEP, SHARE, SKIP = "deep", "share", "skip"
"""What `metadata={"state": ...}` of an attrs field may say: copy what it holds (the default), refer to the same thing, or start afresh.

Only the first stands in a snapshot."""


class CannotFork(Exception):
    """A world cannot be copied now; the text says what stands in the way."""


class CannotSave(Exception):
    """Something in a world has no place in a snapshot; the text says what."""


class CannotLoad(Exception):
    """A snapshot is damaged, foreign or hostile; the text says how, in one line."""


def is_frozen(cls: type) -> bool:
    """Whether instances of an attrs class cannot be changed."""
    return attrs.inspect(cls).is_frozen


def has_dict(cls: type) -> bool:
    """Whether instances have a `__dict__`, which could hold more than fields."""
    return any("__dict__" in vars(c) for c in cls.__mro__)


def is_stateless(cls: type) -> bool:
    """Whether instances have nowhere to keep anything: neither fields, slots nor a `__dict__`."""
    return cls is not object and not has_dict(cls) and all(not _slots(c) for c in cls.__mro__[:-1]) and cls.__mro__[-2].__module__ != "builtins"


def _slots(cls: type) -> tuple[str, ...]:
    slots = vars(cls).get("__slots__", ())
    return tuple(name for name in ((slots,) if isinstance(slots, str) else slots) if name != "__weakref__")


def treatment(field: attrs.Attribute[Any]) -> str:
    """DEEP, SHARE or SKIP."""
    said: str = field.metadata.get("state", DEEP)
    if said not in (DEEP, SHARE, SKIP):
        raise TypeError(f"field {field.name}: state must be {DEEP!r}, {SHARE!r} or {SKIP!r}, not {said!r}")
    return said


def fresh(field: attrs.Attribute[Any]) -> Any:
    """What a skipped field holds in a new object: its default, or None where it has none (or one that asks the instance)."""
    default: Any = field.default
    if default is attrs.NOTHING:
        return None
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        return None if default.takes_self else default.factory()
    return default


def name_of(thing: object) -> str:
    """The dotted name of a class or function, for messages and snapshots."""
    return f"{getattr(thing, '__module__', '?')}:{getattr(thing, '__qualname__', type(thing).__qualname__)}"


def refuse_copy(value: object, why: str) -> NoReturn:
    """Tell that a value cannot live in a world."""
    raise CannotFork(f"{why}: {name_of(value) if callable(value) else name_of(type(value))}")
