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
        if not isinstance(value, tuple | frozenset | types.MethodType) and not (attrs.has(type(value)) and is_frozen(type(value))):
            if not is_stateless(type(value)):
                found[id(value)] = value
        todo += parts(value)
    return found


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
