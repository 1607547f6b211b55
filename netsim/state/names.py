"""Which classes and functions a snapshot may name, and how."""

from __future__ import annotations

import re
import sys
import types
from enum import Enum
from importlib import import_module
from typing import Any

import attrs

from netsim.state.kinds import CannotLoad, CannotSave, name_of

NAME = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)", re.ASCII)
BUILTINS: dict[str, type] = {f"builtins:{kind.__name__}": kind for kind in (int, str, bytes, float, bool, list, dict, set, tuple, frozenset)}


@attrs.frozen
class Names:
    """The modules whose classes and functions a snapshot may name: `rooms` and all below them; of `faces` the classes alone.

    Nothing else is ever imported, made or called on behalf of a snapshot. A function named by a snapshot may be called once the
    world's clock runs, so the rooms must not reach the real machine.
    """

    rooms: tuple[str, ...]
    faces: tuple[str, ...] = ()

    def of(self, thing: Any) -> str:
        """The name of a class or function; CannotSave when a snapshot could not find it again."""
        name = name_of(thing)
        if BUILTINS.get(name) is thing:
            return name
        try:
            found = self.find(name)
        except CannotLoad as problem:
            raise CannotSave(str(problem)) from None
        if found is not thing:
            raise CannotSave(f"{name} is not what its name says")
        return name

    def find(self, name: object) -> Any:
        """The class or function of that name; CannotLoad when there is none, or it lives elsewhere."""
        if not isinstance(name, str) or not (parts := NAME.fullmatch(name)):
            raise CannotLoad(f"not the name of a class or function: {_shortly(name)}")
        if name in BUILTINS:
            return BUILTINS[name]
        module_name, path = parts[1], parts[2]
        if not self.holds(module_name) and module_name not in self.faces:
            raise CannotLoad(f"{_shortly(name)} is outside what a snapshot may name")
        found: Any = sys.modules.get(module_name)
        if found is None:
            try:
                found = import_module(module_name)
            except ImportError:
                raise CannotLoad(f"no module {_shortly(module_name)} in this version") from None
        for part in path.split("."):
            found = vars(found).get(part) if isinstance(found, type | types.ModuleType) else None
        if not isinstance(found, type | types.FunctionType) or found.__module__ != module_name or found.__qualname__ != path:
            raise CannotLoad(f"no class or function {_shortly(name)} in this version")
        return found

    def holds(self, module_name: str) -> bool:
        """Whether a module is one of the rooms or below one."""
        return any(module_name == room or module_name.startswith(room + ".") for room in self.rooms)

    def of_class(self, name: object) -> type:
        """A class by name."""
        found: type = self._class(name, object, "a class")
        return found

    def named_tuple(self, name: object) -> type:
        """A NamedTuple by name."""
        found: type = self._class(name, tuple, "a named tuple")
        return found

    def enum(self, name: object) -> type[Enum]:
        """An enumeration by name."""
        found: type[Enum] = self._class(name, Enum, "an enumeration")
        return found

    def scalar(self, name: object, base: type) -> type:
        """A subclass of int, str, bytes or float by name."""
        found: type = self._class(name, base, f"a kind of {base.__name__}")
        return found

    def function(self, name: object) -> types.FunctionType:
        """A function by name."""
        found = self.find(name)
        if not isinstance(found, types.FunctionType) or not self.holds(found.__module__):
            raise CannotLoad(f"{_shortly(name)} is not a function that a snapshot may name")
        return found

    def method(self, owner: Any, name: object) -> types.MethodType:
        """A method of an object (or a class method of a class) by its name."""
        kind = owner if isinstance(owner, type) else type(owner)
        if isinstance(name, str) and name.isidentifier():
            found = getattr(kind, name, None)
            if isinstance(owner, type) and isinstance(found, types.MethodType) and self.holds(found.__func__.__module__):
                return found
            if not isinstance(owner, type) and isinstance(found, types.FunctionType) and self.holds(found.__module__):
                return types.MethodType(found, owner)
        raise CannotLoad(f"{name_of(kind)} has no method {_shortly(name)}")

    def _class(self, name: object, base: type, what: str) -> Any:
        found = self.find(name)
        if not isinstance(found, type) or not issubclass(found, base):
            raise CannotLoad(f"{_shortly(name)} is not {what}")
        return found


def _shortly(value: object) -> str:
    text = ascii(value)
    return text if len(text) <= 80 else text[:77] + "..."


NETSIM = Names(
    tuple(
        "netsim." + room
        for room in ("addr", "clock", "commands", "docker", "errors", "kernel", "machine", "packet", "programs", "shell", "trace", "world")
    ),
    faces=("netsim.api", "netsim.journal"),
)
"""The rooms whose objects make up a world. `World` and `Host` read and write files: nothing of them may be called."""
