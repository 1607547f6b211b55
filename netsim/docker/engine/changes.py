"""What a container's root has become since it was made from its image (`GET /containers/ID/changes`)."""

from __future__ import annotations

from collections.abc import Iterator

from netsim.docker.engine.container import Container
from netsim.docker.engine.engine import Engine
from netsim.docker.engine.root import make_root, root_of
from netsim.machine.nodes import Device, Directory, File, Node, Stream, Symlink

ADDED, CHANGED, DELETED = "A", "C", "D"
WORKED_OUT = ("/proc", "/sys", "/dev")
"""Places of the kernel and the runtime, which are no part of the root."""


def changes(engine: Engine, container: Container) -> list[tuple[str, str]]:
    """Kind of change and path, in the order of a walk (`archive.OverlayChanges`); a directory in which something changed has changed itself."""
    return [(kind, path) for kind, path, _ in _walked(engine, container)]


def added_size(engine: Engine, container: Container) -> int:
    """Bytes of the files that were written in it (`SizeRw`)."""
    return sum(len(node.content) for kind, _, node in _walked(engine, container) if kind != DELETED and isinstance(node, File))


def _walked(engine: Engine, container: Container) -> list[tuple[str, str, Node]]:
    if container.jail is None:
        return []
    mounted = {point.target for point in container.mounts}
    hidden = {*WORKED_OUT, *(f"/etc/{name}" for name in container.files)}
    return list(_compared("", make_root(engine, container), root_of(engine, container), (mounted, hidden)))


def _compared(path: str, before: Directory, now: Directory, apart: tuple[set[str], set[str]]) -> Iterator[tuple[str, str, Node]]:
    mounted, hidden = apart
    for name in sorted({*before.entries, *now.entries}):
        full = f"{path}/{name}"
        old, new = before.entries.get(name), now.entries.get(name)
        if full in hidden or (full in mounted and old is not None):
            continue
        if new is None:
            if old is not None:
                yield DELETED, full, old
        elif old is None:
            yield from _added(full, Directory() if full in mounted else new, mounted)
        elif isinstance(old, Directory) and isinstance(new, Directory):
            below = list(_compared(full, old, new, apart))
            if below or old.mode != new.mode:
                yield CHANGED, full, new
            yield from below
        elif not _alike(old, new):
            yield CHANGED, full, new


def _added(path: str, node: Node, mounted: set[str]) -> Iterator[tuple[str, str, Node]]:
    yield ADDED, path, node
    if isinstance(node, Directory):
        for name in sorted(node.entries):
            full = f"{path}/{name}"
            yield from _added(full, Directory() if full in mounted else node.entries[name], mounted)


def _alike(old: Node, new: Node) -> bool:
    if isinstance(old, File) and isinstance(new, File):
        return old.content == new.content and old.mode == new.mode
    if isinstance(old, Symlink) and isinstance(new, Symlink):
        return old.target == new.target
    return type(old) is type(new) and isinstance(old, Device | Stream)
