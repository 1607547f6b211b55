"""Everything reachable from a world, found without the annotations that `fork` trusts."""

from __future__ import annotations

import random
import types
from collections import deque
from enum import Enum
from typing import Any

import attrs

from netsim.state.kinds import is_frozen, is_stateless, treatment

IMMUTABLE = (int, str, bytes, float, type(None), Enum, type, types.FunctionType, types.BuiltinFunctionType)


def mutable_parts(root: object) -> dict[int, object]:
    """Every mutable object that `root` holds, by its id; what forks share on purpose is left out."""
    found: dict[int, object] = {}
    seen: set[int] = set()
    todo: list[Any] = [root]
    while todo:
        value = todo.pop()
        if isinstance(value, IMMUTABLE) or id(value) in seen:
            continue
        seen.add(id(value))
        if is_mutable(value):
            found[id(value)] = value
        todo += parts(value)
    return found


def is_mutable(value: object) -> bool:
    """Whether it matters which of two equal ones something is."""
    kind = type(value)
    return not (isinstance(value, tuple | frozenset | types.MethodType) or (attrs.has(kind) and is_frozen(kind)) or is_stateless(kind))


def difference(one: object, other: object) -> str:
    """Where two worlds differ: in a value, or in what is one object here and two there; nothing when they are alike."""
    twins: tuple[dict[int, int], dict[int, int]] = ({}, {})
    seen: set[tuple[int, int]] = set()
    todo: list[tuple[Any, Any, str]] = [(one, other, "world")]
    while todo:
        left, right, path = todo.pop()
        if left.__class__ is not right.__class__:
            return f"{path}: {left!r} and {right!r}"
        if isinstance(left, IMMUTABLE):
            if left != right:
                return f"{path}: {left!r} and {right!r}"
            continue
        pair = id(left), id(right)
        if pair in seen:
            continue
        seen.add(pair)
        if is_mutable(left) and (twins[0].setdefault(*pair) != pair[1] or twins[1].setdefault(*reversed(pair)) != pair[0]):
            return f"{path}: one object and two"
        if isinstance(left, random.Random) and left.getstate() != right.getstate():
            return f"{path}: another chance"
        ours, theirs = (sorted(parts(each), key=repr) if isinstance(each, set | frozenset) else parts(each) for each in (left, right))
        if len(ours) != len(theirs):
            return f"{path}: {len(ours)} and {len(theirs)} in {left!r}"
        todo += [(mine, yours, f"{path}.{type(left).__name__}") for mine, yours in zip(ours, theirs, strict=True)]
    return ""


def parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value, *value.values()]
    if isinstance(value, list | tuple | set | frozenset | deque):
        return list(value)
    if isinstance(value, types.MethodType):
        return [value.__self__]
    if isinstance(value, random.Random) or not attrs.has(type(value)):
        return []
    return [getattr(value, field.name) for field in attrs.fields(type(value)) if treatment(field) == "deep" and hasattr(value, field.name)]
