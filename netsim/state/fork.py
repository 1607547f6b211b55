"""Copying a whole world: a graph copier with one generated function per class.

Mutable objects are made empty first and filled from a work list, so cycles and chains of any length are no matter. Immutable values are
made at once, and shared when nothing mutable hangs on them. Objects of late classes (`late.py`) are copied when they are first touched.
"""

from __future__ import annotations

import gc
import types
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from enum import Enum
from operator import is_
from random import Random
from typing import Any, TypeVar

import attrs

from netsim.state.hints import Hint, has_plain_keys, hints_of, is_copied_whole, is_immutable
from netsim.state.kinds import SHARE, SKIP, CannotFork, fresh, has_dict, is_frozen, is_stateless, name_of, refuse_copy, treatment
from netsim.state.late import TOUCHED, Filler, Late, Ledger, Work, put_off

T = TypeVar("T")
Memo = Ledger
Copier = Callable[[Any, Memo, Work], Any]

SHARED: set[type] = {int, str, bytes, float, bool, complex, range, type(None), type(...), type(NotImplemented), type}
"""Types whose values are never copied. Grows as classes are met for the first time."""


def fork(root: T, instead: Iterable[tuple[object, object]] = ()) -> T:
    """A deep, independent copy of everything reachable from `root`; `CannotFork` names what cannot be copied.

    Dictionaries keep their order; what was one object before is one object in the copy. `instead` are pairs of an object and what stands for it
    in the copy.
    """
    memo = Ledger(_filler_of)
    memo.update((id(old), new) for old, new in instead)
    work: Work = []
    holder: Any = root
    collecting = gc.isenabled()
    gc.disable()  # nothing made here can be garbage yet, and looking for it costs more than the copy
    try:
        copied: T = copy(root, memo, work)
        while work:
            fill, holder, new = work.pop()
            fill(holder, new, memo, work)
    except _Refused as problem:
        raise CannotFork(str(problem)) from None
    except (CannotFork, RecursionError) as problem:
        why = problem if isinstance(problem, CannotFork) else "values nested too deeply"
        raise CannotFork(f"{name_of(type(holder))} holds what cannot be copied: {why}") from None
    finally:
        if collecting:
            gc.enable()
    return copied


class _Refused(CannotFork):
    """An object said itself why it cannot be copied now."""


def _filler_of(cls: type) -> Filler:
    """What fills objects of a late class."""
    if cls not in FILLERS:
        COPIERS[cls] = _attrs_copier(cls)
    return FILLERS[cls]


def copy(value: Any, memo: Memo, work: Work) -> Any:
    """The copy of one value; mutable ones may still wait in `work` to be filled."""
    kind = type(value)
    if kind in SHARED:
        return value
    known = memo.get(id(value))
    if known is not None:
        return known
    return (COPIERS.get(kind) or _learn(kind, value))(value, memo, work)


def _learn(kind: type, value: object) -> Copier:
    """Find out once how to copy values of a type."""
    if issubclass(kind, Enum | type) or (issubclass(kind, int | str | bytes | float) and not has_dict(kind)):
        copier: Copier = _same
        SHARED.add(kind)
    elif issubclass(kind, tuple) and not has_dict(kind):
        copier = _copy_tuple  # a NamedTuple
    elif kind in TOUCHED:
        copier = put_off
    elif attrs.has(kind) and not has_dict(kind):
        copier = _attrs_copier(kind)
    elif is_stateless(kind):
        copier = _same
        SHARED.add(kind)
    else:
        refuse_copy(value, "not an attrs class with slots")
    COPIERS[kind] = copier
    return copier


def _same(value: Any, memo: Memo, work: Work) -> Any:
    return value


# containers ------------------------------------------------------------------------------------------------------------------


def _copy_list(value: list[Any], memo: Memo, work: Work) -> list[Any]:
    new: list[Any]
    for item in value:
        if type(item) not in SHARED:
            new = []
            work.append((_fill_list, value, new))
            break
    else:
        new = value[:]
    memo[id(value)] = new
    return new


def _fill_list(old: Iterable[Any], new: list[Any], memo: Memo, work: Work) -> None:
    new[:] = _copied(old, memo, work)


def _copied(values: Iterable[Any], memo: Memo, work: Work) -> list[Any]:
    get = memo.get
    found = []
    before: type | None = None
    copier: Copier = _same
    for value in values:
        kind = type(value)
        if kind not in SHARED:
            known = get(id(value))
            if known is not None:
                value = known
            else:
                if kind is not before:
                    copier, before = COPIERS.get(kind) or _learn(kind, value), kind
                value = copier(value, memo, work)
        found.append(value)
    return found


def _copy_dict(value: dict[Any, Any], memo: Memo, work: Work) -> dict[Any, Any]:
    new: dict[Any, Any]
    if SHARED.issuperset(map(type, value.values())) and SHARED.issuperset(map(type, value)):
        new = value.copy()
    else:
        new = defaultdict(copy(value.default_factory, memo, work)) if isinstance(value, defaultdict) else type(value)()
        work.append((_fill_dict, value, new))
    memo[id(value)] = new
    return new


def _copy_counter(value: Counter[Any]) -> Counter[Any]:
    """`Counter.copy` counts again, in Python."""
    new = Counter.__new__(Counter)
    dict.update(new, value)
    return new


def _fill_dict(old: dict[Any, Any], new: dict[Any, Any], memo: Memo, work: Work) -> None:
    keys = old if SHARED.issuperset(map(type, old)) else _copied(old, memo, work)
    new.update(zip(keys, _copied(old.values(), memo, work), strict=True))


def _fill_values(old: dict[Any, Any], new: dict[Any, Any], memo: Memo, work: Work) -> None:
    """Fill a dict whose keys are known to be immutable."""
    new.update(zip(old, _copied(old.values(), memo, work), strict=True))


def _copy_set(value: set[Any], memo: Memo, work: Work) -> set[Any]:
    new: set[Any] = value.copy()
    memo[id(value)] = new
    if not SHARED.issuperset(map(type, value)):
        work.append((_fill_set, value, new))
    return new


def _fill_set(old: set[Any], new: set[Any], memo: Memo, work: Work) -> None:
    copies = _copied(old, memo, work)
    new.clear()
    new.update(copies)


def _copy_deque(value: deque[Any], memo: Memo, work: Work) -> deque[Any]:
    new: deque[Any]
    if SHARED.issuperset(map(type, value)):
        new = value.copy()
    else:
        new = deque(maxlen=value.maxlen)
        work.append((_fill_deque, value, new))
    memo[id(value)] = new
    return new


def _fill_deque(old: deque[Any], new: deque[Any], memo: Memo, work: Work) -> None:
    copies = _copied(old, memo, work)
    new.clear()
    new.extend(copies)


def _copy_bytearray(value: bytearray, memo: Memo, work: Work) -> bytearray:
    new = memo[id(value)] = value[:]
    return new


def _copy_tuple(value: tuple[Any, ...], memo: Memo, work: Work) -> tuple[Any, ...]:
    for item in value:
        if type(item) not in SHARED:
            break
    else:
        return value
    copies = _copied(value, memo, work)
    new = value if all(map(is_, copies, value)) else tuple.__new__(type(value), copies)
    memo[id(value)] = new
    return new


def _copy_frozenset(value: frozenset[Any], memo: Memo, work: Work) -> frozenset[Any]:
    copies = _copied(value, memo, work)
    new = value if all(map(is_, copies, value)) else frozenset(copies)
    memo[id(value)] = new
    return new


# functions and chance --------------------------------------------------------------------------------------------------------


def _copy_function(value: types.FunctionType, memo: Memo, work: Work) -> types.FunctionType:
    if value.__closure__ is not None:
        refuse_copy(value, "a closure")
    return value


def _copy_builtin(value: types.BuiltinFunctionType, memo: Memo, work: Work) -> types.BuiltinFunctionType:
    if value.__self__ is not None and not isinstance(value.__self__, types.ModuleType):
        refuse_copy(value, "a method of a built-in object")
    return value


def _copy_method(value: types.MethodType, memo: Memo, work: Work) -> types.MethodType:
    owner = copy(value.__self__, memo, work)
    new = value if owner is value.__self__ else types.MethodType(value.__func__, owner)
    memo[id(value)] = new
    return new


def _copy_random(value: Random, memo: Memo, work: Work) -> Random:
    new = memo[id(value)] = Random()
    new.setstate(value.getstate())
    return new


FILLERS: dict[type, Filler] = {}
"""For late classes, whose copier only puts it off."""

COPIERS: dict[type, Copier] = {
    list: _copy_list,
    dict: _copy_dict,
    Counter: _copy_dict,
    OrderedDict: _copy_dict,
    defaultdict: _copy_dict,
    set: _copy_set,
    deque: _copy_deque,
    bytearray: _copy_bytearray,
    tuple: _copy_tuple,
    frozenset: _copy_frozenset,
    types.FunctionType: _copy_function,
    types.BuiltinFunctionType: _copy_builtin,
    types.MethodType: _copy_method,
    Random: _copy_random,
}


# attrs classes ---------------------------------------------------------------------------------------------------------------


def _attrs_copier(cls: type) -> Copier:
    """Write, compile and return the copier of an attrs class."""
    hints = hints_of(cls)
    frozen, refuses = is_frozen(cls), hasattr(cls, "refuse_fork")
    if frozen and not refuses and all(treatment(field) == SHARE or is_immutable(hints[field.name]) for field in attrs.fields(cls)):
        SHARED.add(cls)
        return _same
    names: dict[str, Any] = {"SHARED": SHARED, "copy": copy, "make": object.__new__, "cls": cls, "fresh": fresh}
    names |= {"Refused": _Refused, "fill_values": _fill_values, "copy_counter": _copy_counter}
    lines = ["def allocate(old, memo, work):"]
    if refuses:
        lines += [" reason = old.refuse_fork()", " if reason: raise Refused(reason)"]
    lines += _frozen_source(cls, hints, names) if frozen else _mutable_source(cls, hints, names)
    exec(compile("\n".join(lines), f"<fork of {name_of(cls)}>", "exec"), names)
    if issubclass(cls, Late):
        if frozen or refuses or cls.__hash__ is not object.__hash__:
            raise TypeError(f"{name_of(cls)}: a late class is neither frozen nor compared by value, and refuses no fork")
        FILLERS[cls] = names["fill"]
        return put_off
    copier: Copier = names["allocate"]
    return copier


def _mutable_source(cls: type, hints: dict[str, Hint], names: dict[str, Any]) -> list[str]:
    """Make the object at once, fill it when its turn in the work list comes."""
    lines = [" new = memo[id(old)] = make(cls)", " work.append((fill, old, new))", " return new"]
    lines += ["def fill(old, new, memo, work):", " get = memo.get"]
    for number, field in enumerate(attrs.fields(cls)):
        lines += [" " + line for line in _part_source(number, field, hints[field.name], names)]
        lines.append(" " + _assignment(cls, number, field.name, names))
    return [*lines, *_hash_source(cls, names)]


def _frozen_source(cls: type, hints: dict[str, Hint], names: dict[str, Any]) -> list[str]:
    """Copy the parts first; share the value when every part could be shared."""
    lines = [" get = memo.get"]
    open_parts = []
    for number, field in enumerate(attrs.fields(cls)):
        lines += [" " + line for line in _part_source(number, field, hints[field.name], names)]
        if treatment(field) == SKIP:
            open_parts.append("False")
        elif treatment(field) != SHARE and not is_immutable(hints[field.name]):
            open_parts.append(f"c{number} is old.{field.name}")
    lines += [f" if {' and '.join(open_parts) or 'True'}:", "  memo[id(old)] = old", "  return old", " new = memo[id(old)] = make(cls)"]
    lines += [" " + _assignment(cls, number, field.name, names) for number, field in enumerate(attrs.fields(cls))]
    return [*lines, *_hash_source(cls, names), " return new"]


def _part_source(number: int, field: attrs.Attribute[Any], hint: Hint, names: dict[str, Any]) -> list[str]:
    """Lines that leave in c<number> what the copy holds in a field."""
    said, copied = treatment(field), f"c{number}"
    if said == SKIP:
        names[f"field{number}"] = field
        return [f"{copied} = fresh(field{number})"]
    if said == SHARE or is_immutable(hint):
        return [f"{copied} = old.{field.name}"]
    known = [f" {copied} = get(id(v))"]
    if is_copied_whole(hint):
        names[f"kind{number}"] = hint[0].type
        whole = "copy_counter(v)" if hint[0].type is Counter else "v.copy()"
        quick = [f"if type(v) is kind{number}:", *known, f" if {copied} is None: {copied} = memo[id(v)] = {whole}"]
        return [f"v = old.{field.name}", *quick, f"else: {copied} = copy(v, memo, work)"]
    if has_plain_keys(hint):
        quick = [
            "if type(v) is dict:",
            *known,
            f" if {copied} is None:",
            f"  {copied} = memo[id(v)] = {{}}",
            f"  if v: work.append((fill_values, v, {copied}))",
        ]
        return [f"v = old.{field.name}", *quick, f"else: {copied} = copy(v, memo, work)"]
    return [f"v = old.{field.name}", f"if type(v) in SHARED: {copied} = v", "else:", *known, f" if {copied} is None: {copied} = copy(v, memo, work)"]


def _assignment(cls: type, number: int, name: str, names: dict[str, Any]) -> str:
    if getattr(cls, "__setattr__", None) is object.__setattr__:
        return f"new.{name} = c{number}"
    names[f"set{number}"] = _setter(cls, name)
    return f"set{number}(new, c{number})"


def _hash_source(cls: type, names: dict[str, Any]) -> list[str]:
    """A kept hash belongs to the old contents."""
    if not hasattr(cls, "_attrs_cached_hash"):
        return []
    names["set_hash"] = _setter(cls, "_attrs_cached_hash")
    return [" set_hash(new, None)"]


def _setter(cls: type, name: str) -> Callable[[Any, Any], None]:
    """Writes a field past `__setattr__`, which checks or forbids."""
    slot = getattr(cls, name, None)
    if isinstance(slot, types.MemberDescriptorType):
        return slot.__set__
    return _SetByName(name)


def set_field(cls: type, name: str, instance: object, value: object) -> None:
    """Write one field of an object, frozen or not."""
    _setter(cls, name)(instance, value)


@attrs.frozen
class _SetByName:
    name: str

    def __call__(self, instance: object, value: object) -> None:
        object.__setattr__(instance, self.name, value)
