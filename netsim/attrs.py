"""Classes of fields, in the words of the attrs library and with their meaning; a method is written when it is first looked for.

attrs writes and compiles the methods of a class while its module is imported, at about 0.4 ms a class. netsim has 900 classes, and a script uses a
few dozen. Here a class gets its slots at once; `__init__`, `__eq__` and `__hash__` come when the first object is made, compared or hashed.
`define`, `frozen`, `field`, `evolve`, `fields` and `asdict` mean what they mean there, as far as netsim asks: fields by annotation, a class's own
methods kept, no validators, converters or hooks. Type checkers read the classes by PEP 681.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import FunctionType, MappingProxyType
from typing import Any, NoReturn, TypedDict, TypeVar, Unpack, dataclass_transform, overload

T = TypeVar("T")


class FrozenInstanceError(AttributeError):
    """Somebody tried to change a frozen value."""


class _Nothing:
    __slots__ = ()

    def __repr__(self) -> str:
        return "NOTHING"

    def __reduce__(self) -> str:
        return "NOTHING"


NOTHING: Any = _Nothing()
"""The default of a field that has none."""


class Attribute:
    """One field: `type` is its annotation as written; `factory` makes the value of a new object where there is no `default`.

    `eq` may be a function that answers what of the value is compared; `alias` is the name of the argument of `__init__`.
    """

    __slots__ = ("alias", "default", "eq", "factory", "init", "kw_only", "metadata", "name", "repr", "type")

    name: str
    alias: str
    type: Any

    def __init__(
        self,
        *,
        default: Any = NOTHING,
        factory: Callable[[], Any] | None = None,
        metadata: Mapping[str, Any] = MappingProxyType({}),
        init: bool = True,
        repr: bool = True,
        eq: Any = True,
        kw_only: bool = False,
    ) -> None:
        self.default = default
        self.factory = factory
        self.metadata = metadata
        self.init = init
        self.repr = repr
        self.eq = eq
        self.kw_only = kw_only


class _More(TypedDict, total=False):
    metadata: Mapping[str, Any]
    init: bool
    repr: bool
    eq: Any
    kw_only: bool


@overload
def field(*, default: None, **more: Unpack[_More]) -> Any: ...
@overload
def field(*, default: T, **more: Unpack[_More]) -> T: ...
@overload
def field(*, factory: Callable[[], T], **more: Unpack[_More]) -> T: ...
@overload
def field(**more: Unpack[_More]) -> Any: ...
def field(**said: Any) -> Any:
    """A field about which there is more to say than its annotation and default; see `Attribute`."""
    return Attribute(**said)


@overload
def define(cls: type[T], /) -> type[T]: ...
@overload
def define(*, init: bool = ..., repr: bool = ..., eq: bool = ...) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(field_specifiers=(field,))
def define(cls: type[Any] | None = None, /, **wanted: Any) -> Any:
    """A class whose instances change: slots, `__init__`, `__repr__`, and unless `eq=False` also `__eq__` (which leaves it without a hash)."""
    return partial(_build, methods={}, **wanted) if cls is None else _build(cls, {})


@overload
def frozen(cls: type[T], /) -> type[T]: ...
@overload
def frozen(*, init: bool = ..., repr: bool = ..., eq: bool = ...) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[Any] | None = None, /, **wanted: Any) -> Any:
    """A class of values: nothing changes after `__init__`, and unless `eq=False` two with equal fields are one key."""
    return partial(_build, methods=_FROZEN, **wanted) if cls is None else _build(cls, _FROZEN)


def _build(cls: type[Any], methods: Mapping[str, Any], *, init: bool = True, repr: bool = True, eq: bool = True) -> type[Any]:
    """The class once more, with slots in place of its fields, and with the methods that it does not write itself."""
    body = dict(cls.__dict__)
    body.pop("__dict__", None)
    body.pop("__weakref__", None)
    body["_own_fields"] = own = {
        name: (written, body.pop(name, NOTHING)) for name, written in cls.__annotations__.items() if not _is_of_class(written)
    }
    body |= methods
    frozen = bool(methods) or is_frozen(cls)
    if init and "__init__" not in body:
        body["__init__"] = _Later(_write_init)
    if repr and "__repr__" not in body:
        body["__repr__"] = _repr
    if eq and "__eq__" not in body:
        body["__eq__"] = _Later(_write_eq)
        if "__hash__" not in body:
            body["__hash__"] = _Later(_write_hash) if frozen else None
    slots = [name for name in own if not any(name in parent.__dict__.get("__slots__", ()) for parent in cls.__mro__[1:-1])]
    if not frozen and not any(parent.__weakrefoffset__ for parent in cls.__bases__):
        slots.append("__weakref__")
    body["__slots__"] = tuple(slots)
    metaclass: Any = type(cls)
    built: type[Any] = metaclass(cls.__name__, cls.__bases__, body)
    _rebind(cls, built)
    return built


def _is_of_class(annotation: Any) -> bool:
    """Whether an annotation says `ClassVar`."""
    return (annotation if type(annotation) is str else str(annotation)).startswith(("ClassVar", "typing.ClassVar"))


def _rebind(first: type, built: type) -> None:
    """Let methods that say `super()` mean the class with slots."""
    for value in built.__dict__.values():
        function = value if type(value) is FunctionType else getattr(value, "__func__", None) or getattr(value, "fget", None)
        for cell in getattr(function, "__closure__", None) or ():
            try:
                if cell.cell_contents is first:
                    cell.cell_contents = built
            except ValueError:  # a name that its function has not given a value yet
                continue


class _Later:
    """A method that is written, and put in its place, when somebody first looks for it."""

    __slots__ = ("name", "owner", "write")

    def __init__(self, write: Callable[[type], Any]) -> None:
        self.write = write

    def __set_name__(self, owner: type, name: str) -> None:
        self.owner, self.name = owner, name

    def __get__(self, instance: Any, kind: type) -> Any:
        method = self.write(self.owner)
        method.__qualname__ = f"{self.owner.__qualname__}.{self.name}"
        setattr(self.owner, self.name, method)
        return method if instance is None else method.__get__(instance)


def _write_init(cls: type) -> Any:
    """`__init__`: an argument for every field, the default or a new value of the factory where none is given, all in order."""
    names: dict[str, Any] = {"NOTHING": NOTHING}
    arguments, named, lines = ["self"], list[str](), list[str]()
    for number, one in enumerate(fields(cls)):
        argument, value = one.alias, one.alias if one.init else ""
        if one.factory is not None:
            names[f"_make{number}"] = one.factory
            made = _LITERALS.get(one.factory, f"_make{number}()")
            argument, value = f"{argument}=NOTHING", f"{made} if {value} is NOTHING else {value}" if value else made
        elif one.default is not NOTHING:
            names[f"_default{number}"] = one.default
            argument, value = f"{argument}=_default{number}", value or f"_default{number}"
        if value:
            lines.append(f"self.{one.name} = {value}")
        if one.init:
            (named if one.kw_only else arguments).append(argument)
    if lines and is_frozen(cls):
        names |= {"_set_class": set_class, "_Thawed": thawed(cls), "_Frozen": cls}
        lines = ["_set_class(self, _Thawed)", *lines, "self.__class__ = _Frozen"]
    if hasattr(cls, "__attrs_post_init__"):
        lines.append("self.__attrs_post_init__()")
    method = _compile(cls, f"def __init__({', '.join([*arguments, *(['*'] if named else []), *named])}):", lines or ["pass"], names)
    method.__annotations__ = {one.alias: one.type for one in fields(cls) if one.init} | {"return": None}
    return method


_class_slot: Any = vars(object)["__class__"]
set_class = _class_slot.__set__
"""`set_class(value, thawed)` lets a frozen value be filled by its own `__init__`."""

_LITERALS: dict[Any, str] = {list: "[]", dict: "{}"}


def thawed(cls: type) -> type:
    """A class with the same slots whose instances change: a frozen value is one of it while `__init__` fills it, which halves the time of that."""
    metaclass: Any = type(cls)
    made: type = metaclass(f"_{cls.__name__}", cls.__bases__, {"__slots__": cls.__dict__.get("__slots__", ()), "__setattr__": object.__setattr__})
    return made


def _write_eq(cls: type) -> Any:
    names: dict[str, Any] = {}
    pairs = [f"{mine} == {other}" for mine, other in zip(_compared(cls, "self", names), _compared(cls, "other", names), strict=True)]
    lines = ["if other.__class__ is not self.__class__:", " return NotImplemented", f"return {' and '.join(pairs) or True}"]
    return _compile(cls, "def __eq__(self, other):", lines, names)


def _write_hash(cls: type) -> Any:
    names: dict[str, Any] = {}
    return _compile(cls, "def __hash__(self):", [f"return hash(({''.join(f'{value}, ' for value in _compared(cls, 'self', names))}))"], names)


def _compared(cls: type, of: str, names: dict[str, Any]) -> list[str]:
    """What `==` and `hash` read of an object, as source; functions that it calls go into `names`."""
    read = []
    for number, one in enumerate(fields(cls)):
        if callable(one.eq):
            names[f"_key{number}"] = one.eq
            read.append(f"_key{number}({of}.{one.name})")
        elif one.eq:
            read.append(f"{of}.{one.name}")
    return read


def _compile(cls: type, head: str, lines: list[str], names: dict[str, Any]) -> Any:
    names["__name__"] = cls.__module__
    found: dict[str, Any] = {}
    exec(compile("\n ".join([head, *lines]), f"<{cls.__module__}.{cls.__qualname__}>", "exec"), names, found)
    return next(iter(found.values()))


_shown: set[int] = set()


def _repr(self: Any) -> str:
    """`Name(field=value, ...)`."""
    if id(self) in _shown:
        return "..."
    _shown.add(id(self))
    try:
        parts = [f"{one.name}={getattr(self, one.name, NOTHING)!r}" for one in fields(type(self)) if one.repr]
    finally:
        _shown.discard(id(self))
    return f"{type(self).__qualname__.rpartition('>.')[2]}({', '.join(parts)})"


def _refuse_change(self: Any, name: str, value: Any) -> NoReturn:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_deletion(self: Any, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _restore(self: Any, state: tuple[dict[str, Any] | None, dict[str, Any]]) -> None:
    """Fill a value that was pickled or copied."""
    for part in state:
        for name, value in (part or {}).items():
            object.__setattr__(self, name, value)


_FROZEN = {"__setattr__": _refuse_change, "__delattr__": _refuse_deletion, "__setstate__": _restore}


def has(cls: type) -> bool:
    """Whether a class was made by `define` or `frozen`, or descends from one."""
    return hasattr(cls, "_own_fields")


def is_frozen(cls: type) -> bool:
    """Whether the instances of a class with fields cannot be changed."""
    return getattr(cls, "__setattr__") is _refuse_change


def fields(cls: type) -> tuple[Attribute, ...]:
    """The fields of a class: those of its bases first, and its own at the end.

    Raises:
        TypeError: the class has none, being another kind of class.
    """
    known: tuple[Attribute, ...] | None = cls.__dict__.get("_fields")
    if known is None:
        if not has(cls):
            raise TypeError(f"{cls!r} has no fields")
        said: dict[str, tuple[Any, Any]] = {}
        for parent in reversed(cls.__mro__):
            for name, value in parent.__dict__.get("_own_fields", {}).items():
                said.pop(name, None)  # what is said again stands where it is said last
                said[name] = value
        known = tuple(_named(name, written, value) for name, (written, value) in said.items())
        cls._fields = known  # type: ignore[attr-defined]
    return known


def _named(name: str, annotation: Any, value: Any) -> Attribute:
    one = value if type(value) is Attribute else Attribute(default=value)
    one.name, one.alias, one.type = name, name.lstrip("_"), annotation
    return one


def evolve(value: T, /, **changes: Any) -> T:
    """A new object with other values in some fields, named as the arguments of `__init__` are."""
    for one in fields(type(value)):
        if one.init and one.alias not in changes:
            changes[one.alias] = getattr(value, one.name)
    return type(value)(**changes)


def asdict(value: Any) -> dict[str, Any]:
    """The fields of an object as a dict, those of objects within too, also in lists, tuples, sets and dicts."""
    return {one.name: _plain(getattr(value, one.name)) for one in fields(type(value))}


def _plain(value: Any) -> Any:
    if has(type(value)):
        return asdict(value)
    if isinstance(value, list | tuple | set | frozenset):
        return type(value)(map(_plain, value))
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    return value
