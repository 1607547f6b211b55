"""What the annotations of an attrs class promise about the values in its fields."""

from __future__ import annotations

import builtins
import sys
import types
import typing
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterable
from enum import Enum
from typing import Any

import attrs

SCALARS = (int, str, bytes, float, bool, types.NoneType, Enum)
WHOLE_COPIES = (list, dict, set, deque, Counter, OrderedDict)
"""Containers whose own `copy()` is a true copy when what they hold is immutable."""


@attrs.frozen
class Shape:
    """One thing a value may be: an instance of `type`; for containers, what their elements may be."""

    type: type
    arguments: tuple[Hint, ...] = ()
    repeats: bool = False  # tuple[X, ...]


Hint = tuple[Shape, ...]
"""The alternatives of a union. No alternatives: nothing is known."""

ANYTHING: Hint = ()


class Unknown:
    """Stands for names that only a type checker sees."""

    def __class_getitem__(cls, item: object) -> type[Unknown]:
        """A generic of which nothing is known is itself unknown."""
        return cls


class _Names(dict[str, Any]):
    def __missing__(self, name: str) -> Any:
        return getattr(builtins, name, Unknown)


def hints_of(cls: type) -> dict[str, Hint]:
    """The hint of every attrs field of a class, inherited fields read in the module that wrote them."""
    found: dict[str, Hint] = {}
    for field in attrs.fields(cls):
        owner = next((c for c in cls.__mro__ if field.name in c.__dict__.get("__annotations__", {})), cls)
        found[field.name] = read(field.type, owner)
    return found


def read(annotation: Any, owner: type) -> Hint:
    """An annotation, text or object, as a hint; ANYTHING when it cannot be resolved."""
    if isinstance(annotation, str):
        module = sys.modules.get(owner.__module__)
        try:
            annotation = eval(annotation, {}, _Names(vars(module) if module else {}))  # our own source text, never a file's
        except Exception:  # a name only the checker imports, used in a way `Unknown` does not bear
            return ANYTHING
    return _hint(annotation)


def _hint(annotation: Any) -> Hint:
    if annotation is None:
        return (Shape(types.NoneType),)
    origin = typing.get_origin(annotation)
    if origin in (types.UnionType, typing.Union):
        parts = [_hint(part) for part in typing.get_args(annotation)]
        return ANYTHING if ANYTHING in parts else tuple(shape for part in parts for shape in part)
    if origin is typing.Literal:
        return tuple(Shape(kind) for kind in {type(value) for value in typing.get_args(annotation)})
    if origin in (tuple, frozenset, defaultdict, *WHOLE_COPIES):
        arguments = typing.get_args(annotation)
        repeats = arguments[-1:] == (Ellipsis,)
        return (Shape(origin, tuple(_hint(part) for part in arguments if part is not Ellipsis), repeats),)
    if (
        origin is None
        and isinstance(annotation, type)
        and annotation not in (object, Any, Unknown)
        and not getattr(annotation, "_is_protocol", False)
    ):
        return (Shape(annotation),)
    return ANYTHING


def is_immutable(hint: Hint) -> bool:
    """Whether every value of the hint may be shared between a world and its fork."""
    return bool(hint) and all(_is_immutable_shape(shape) for shape in hint)


def _is_immutable_shape(shape: Shape) -> bool:
    if shape.type in (tuple, frozenset):
        return bool(shape.arguments) and all(is_immutable(part) for part in shape.arguments)
    return issubclass(shape.type, SCALARS)


def is_copied_whole(hint: Hint) -> bool:
    """Whether every value of the hint is a container of immutable values, so that its own `copy()` is enough."""
    return len(hint) == 1 and hint[0].type in WHOLE_COPIES and bool(hint[0].arguments) and all(is_immutable(part) for part in hint[0].arguments)


def has_plain_keys(hint: Hint) -> bool:
    """Whether every value of the hint is a dict whose keys are immutable."""
    return len(hint) == 1 and hint[0].type is dict and bool(hint[0].arguments) and is_immutable(hint[0].arguments[0])


def accepts(hint: Hint, value: object) -> bool:
    """Whether a value keeps what the hint promises."""
    return not hint or any(_fits(shape, value) for shape in hint)


def _fits(shape: Shape, value: Any) -> bool:
    if shape.type is float and type(value) is int:
        return True
    if not isinstance(value, shape.type):
        return False
    arguments = shape.arguments
    if not arguments:
        return True
    if isinstance(value, tuple):
        if shape.repeats:
            return all(accepts(arguments[0], item) for item in value)
        return len(value) == len(arguments) and all(map(accepts, arguments, value))
    if isinstance(value, dict):
        values = arguments[1] if len(arguments) > 1 else (Shape(int),)
        return all(accepts(arguments[0], key) and accepts(values, item) for key, item in value.items())
    return all(accepts(arguments[0], item) for item in _items(value))


def _items(value: Any) -> Iterable[object]:
    return value  # type: ignore[no-any-return]
