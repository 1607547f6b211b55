"""Functions that templates may call: Go's own and Docker's (`templates.basicFunctions`)."""

from __future__ import annotations

from collections.abc import Callable
from inspect import CO_VARARGS
from typing import Any
from urllib.parse import quote_plus

from netsim.commands.docker.template.values import MISSING, NIL, ByPort, Pointers, Row, TemplateError, Texts, inner, is_true, to_json, to_json_plain


def index(value: Any, *keys: Any) -> Any:
    """value[key]..., with Go's errors."""
    for key in keys:
        if value is None or value is MISSING or value is NIL:
            raise TemplateError("error calling index: index of untyped nil")
        if isinstance(value, dict):
            if isinstance(value, ByPort) and isinstance(key, str):
                raise TemplateError("error calling index: value has type string; should be nat.Port")
            if not isinstance(key, str):
                raise TemplateError(f"error calling index: value has type {_type(key)}; should be string")
            value = value.get(key, NIL if isinstance(value, Pointers) else "" if isinstance(value, Texts) else MISSING)
        elif isinstance(value, list | tuple | str):
            if not isinstance(key, int) or isinstance(key, bool):
                raise TemplateError("error calling index: cannot index slice/array with type string")
            if key == len(value):  # which Go finds only where it takes the item
                raise TemplateError(f"error calling index: reflect: {'string' if isinstance(value, str) else 'slice'} index out of range")
            if not 0 <= key < len(value):
                raise TemplateError(f"error calling index: index out of range: {key}")
            value = value.encode()[key] if isinstance(value, str) else value[key]
        else:
            raise TemplateError(f"error calling index: can't index item of type {_type(value)}")
    return value


def json_(value: Any) -> str:
    """A value as JSON: only a row of a list, which writes itself, has `<`, `>` and `&` escaped."""
    return to_json({name: value[name] for name in sorted(value)}) if isinstance(value, Row) else to_json_plain(value)


def slice_(value: Any, *bounds: int) -> Any:
    """value[i:j]."""
    if not isinstance(value, str | list | tuple):
        raise TemplateError(f"error calling slice: can't slice item of type {_type(value)}")
    for bound in bounds:
        if not 0 <= bound <= len(value):
            raise TemplateError(f"error calling slice: index out of range: {bound}")
    return value[slice(*bounds)] if len(bounds) == 2 else value[bounds[0] :] if bounds else value


def length(value: Any) -> int:
    """len."""
    if not isinstance(value, str | list | tuple | dict):
        raise TemplateError(f"error calling len: len of {'nil pointer' if value is None else 'type ' + _type(value)}")
    return len(value)


def _type(value: Any) -> str:
    return {bool: "bool", int: "int", float: "float64", str: "string", list: "[]interface {}", dict: "map[string]interface {}"}.get(
        type(value), "untyped nil"
    )


def counted(function: Callable[..., Any], given: int) -> str:
    """How many arguments a function wants, if it was given another number of them; else nothing."""
    code = function.__code__
    least = code.co_argcount - hasattr(function, "__self__")
    if code.co_flags & CO_VARARGS:
        return f"want at least {least} got {given}" if given < least else ""
    return f"want {least} got {given}" if given != least else ""


def printf(form: str, *values: Any) -> str:
    """fmt.Sprintf, as far as %v %s %d %q %x %t %f %% with flags and widths go."""
    import re

    waiting = list(values)

    def one(match: re.Match[str]) -> str:
        flags, verb = match[1], match[2]
        if verb == "%":
            return "%"
        if not waiting:
            return f"%!{verb}(MISSING)"
        value = waiting.pop(0)
        if verb == "q":
            return f"%{flags}s" % ('"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"')
        if verb == "T":
            return f"%{flags}s" % _type(value)
        if verb in ("v", "s", "t"):
            return f"%{flags}s" % inner(value)
        if verb in "dxXobc" and isinstance(value, int):
            return f"%{flags}{verb if verb != 'b' else 'd'}" % value
        if verb == "x":
            return f"%{flags}s" % str(value).encode().hex()
        if verb in "feg" and isinstance(value, int | float):
            return f"%{flags}{verb}" % value
        return f"%!{verb}({_type(value)}={inner(value)})"

    return re.sub(r"%([-+ #0]*\d*(?:\.\d+)?)([a-zA-Z%])", one, form)


def print_(*values: Any) -> str:
    """fmt.Sprint: blanks between operands when neither is text."""
    out = ""
    for number, value in enumerate(values):
        if number and not isinstance(value, str) and not isinstance(values[number - 1], str):
            out += " "
        out += inner(value)
    return out


def println(*values: Any) -> str:
    """fmt.Sprintln."""
    return " ".join(inner(value) for value in values) + "\n"


def and_(*values: Any) -> Any:
    """The first false value, or the last."""
    return next((value for value in values if not is_true(value)), values[-1])


def or_(*values: Any) -> Any:
    """The first true value, or the last."""
    return next((value for value in values if is_true(value)), values[-1])


def equal(value: Any, *others: Any) -> bool:
    """eq: like any of them; text, numbers and truths are of kinds that cannot be compared."""
    for other in others:
        _comparable("eq", value, other)
        if value == other and isinstance(value, bool) == isinstance(other, bool):
            return True
    return False


def unequal(value: Any, other: Any) -> bool:
    """ne."""
    _comparable("ne", value, other)
    return not equal(value, other)


def _comparable(name: str, one: Any, other: Any) -> None:
    basic = (str, bool, int, float)
    if isinstance(one, basic) and isinstance(other, basic) and _kind(one) != _kind(other):
        raise TemplateError(f"error calling {name}: incompatible types for comparison")


def _kind(value: Any) -> type:
    return next(kind for kind in (str, bool, int, float) if isinstance(value, kind))


def less(one: Any, other: Any) -> bool:
    """lt; kinds that cannot be compared are an error."""
    if type(one) is not type(other):
        raise TemplateError("error calling lt: incompatible types for comparison")
    return bool(one < other)


def pad(text: str, before: int, after: int) -> str:
    """Blanks around a text."""
    return " " * before + text + " " * after if text else text


def truncate(text: str, most: int) -> str:
    """The beginning of a text."""
    return text[:most]


def join(values: Any, between: str) -> str:
    """strings.Join."""
    return between.join(inner(value) for value in values or [])


HTML = str.maketrans({'"': "&#34;", "'": "&#39;", "&": "&amp;", "<": "&lt;", ">": "&gt;", "\0": "\ufffd"})
"""`HTMLEscape` of text/template."""
JAVASCRIPT = {character: f"\\u{character:04X}" for character in (*range(32), *b"<>&=")} | str.maketrans({"\\": r"\\", "'": r"\'", '"': r"\""})
"""`JSEscape` of text/template."""

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "json": json_, "split": lambda text, between: str(text).split(between), "join": join, "title": lambda text: str(text).title(),
    "lower": lambda text: str(text).lower(), "upper": lambda text: str(text).upper(), "pad": pad, "truncate": truncate, "index": index, "slice": slice_,
    "len": length, "print": print_, "printf": printf, "println": println, "and": and_, "or": or_, "not": lambda value: not is_true(value),
    "eq": equal, "ne": unequal, "lt": less, "le": lambda one, other: one == other or less(one, other),
    "gt": lambda one, other: one != other and not less(one, other), "ge": lambda one, other: not less(one, other),
    "html": lambda *values: print_(*values).translate(HTML), "js": lambda *values: print_(*values).translate(JAVASCRIPT),
    "urlquery": lambda *values: quote_plus(print_(*values)),
}  # fmt: skip
"""By name. `table` and `raw` are the commands', not templates'."""
