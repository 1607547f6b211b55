"""Loadable modules: what one brings when it is loaded, by hand or because somebody needs it (`kernel/module`, `request_module`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from netsim.kernel.core.kernel import Kernel

NOTHING: Mapping[int, Callable[..., Any]] = {}


@attrs.frozen
class Module:
    """What a module adds: IPv4 protocols with their error handlers, and what every namespace gets (`pernet_operations`)."""

    name: str
    inet_protos: Mapping[int, Callable[..., Any]] = attrs.field(default=NOTHING)
    inet_err: Mapping[int, Callable[..., Any]] = attrs.field(default=NOTHING)
    netns_init: tuple[Callable[..., None], ...] = ()


@cache
def part(path: str) -> Any:
    """What a room of the kernel offers by name, as `drivers.gre:create_gre`; its file is read when somebody asks for it first, as modules are."""
    room, _, name = path.partition(":")
    return getattr(import_module(f"netsim.kernel.{room}"), name)


def load(kernel: Kernel, name: str) -> None:
    """Load a module unless it is there (`request_module`): its protocols are registered, all namespaces get its devices."""
    if name in kernel.loaded_modules:
        return
    kernel.loaded_modules[name] = 0
    hang(kernel, name)
    if name not in kernel.modules:
        return
    module: Module = part(kernel.modules[name])
    for netns in kernel.namespaces:
        for init in module.netns_init:
            init(netns)


def hang(kernel: Kernel, name: str) -> None:
    """Register what a loaded module serves."""
    if name not in kernel.modules:
        return
    module: Module = part(kernel.modules[name])
    kernel.inet_protos = {**kernel.inet_protos, **module.inet_protos}
    kernel.inet_err = {**kernel.inet_err, **module.inet_err}
    kernel.netns_init = (*kernel.netns_init, *module.netns_init)
