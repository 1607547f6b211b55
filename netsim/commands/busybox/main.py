"""busybox itself: runs an applet by its name."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import attrs

from netsim.commands.busybox.table import APPLETS
from netsim.machine.call import Call, Invoked, ReadInput, Result


def busybox(call: Call) -> Any:
    """busybox APPLET [ARGUMENT...]."""
    words = call.argv[1:]
    if words and words[0] == "--list":
        return Result("".join(f"{name}\n" for name in sorted(APPLETS)))
    if not words or words[0].startswith("-"):
        return Result("", "busybox: netsim: name an applet; `busybox --list` tells which there are\n", 1)
    name = words[0].rsplit("/", 1)[-1]
    if name not in APPLETS:
        return Result("", f"{name}: applet not found\n", 127)
    module, _, function = APPLETS[name].partition(":")
    call.proc.argv, call.proc.comm = call.argv, "busybox"
    return _named(getattr(import_module(module), function)(Invoked(call.proc, (name, *words[1:]))), (name, *words[1:]))


@attrs.frozen
class Named:
    """What an applet does with its input: it goes on by its own name."""

    then: Callable[[Call, bytes], Any]
    argv: tuple[str, ...]

    def __call__(self, call: Call, data: bytes) -> Any:
        """The input is there."""
        return _named(self.then(Invoked(call.proc, self.argv), data), self.argv)


def _named(outcome: Any, argv: tuple[str, ...]) -> Any:
    return attrs.evolve(outcome, then=Named(outcome.then, argv)) if isinstance(outcome, ReadInput) else outcome
