"""Volumes, and what is mounted in a container (`daemon/volumes.go`, `volume/mounts`)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

import attrs

from netsim.docker.engine.container import Container
from netsim.docker.engine.engine import Engine, Volume
from netsim.docker.errors import Refusal, conflict, failed, invalid, not_found
from netsim.docker.ids import new_id
from netsim.docker.settings import ContainerSpec, MountPoint
from netsim.errors import NetError
from netsim.machine.mounts import Mount, read_only
from netsim.machine.nodes import Directory, File, Node, Symlink

NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
MODES = {"ro", "rw", "z", "Z", "nocopy", "cached", "delegated", "consistent", "private", "rprivate", "shared", "rshared", "slave", "rslave"}
NO_NAME = (
    'create {name}: "{name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. '
    "If you intended to pass a host directory, use absolute path"
)
NO_LABELS: Mapping[str, str] = {}


def create_volume(engine: Engine, name: str = "", labels: Mapping[str, str] = NO_LABELS) -> Volume:
    """A volume of a name (the one that is there already), or a new one without; refused for what is no name."""
    known = engine.volumes.get(name)
    if known is not None:
        if engine.profile.tells_volumes_again:
            engine.tell("volume", "create", name, driver="local")
        return known
    if name and not NAME.fullmatch(name):
        raise invalid(NO_NAME.format(name=name))
    made = Volume(name or new_id(engine.rng), labels, engine.now(), int(not name))
    engine.machine.files.makedirs(None, made.place)
    engine.volumes[made.name] = made
    engine.tell("volume", "create", made.name, driver="local")
    return made


def find_volume(engine: Engine, name: str) -> Volume:
    """A volume by its name; refused when there is none."""
    found = engine.volumes.get(name)
    if found is None:
        raise not_found(f"get {name}: no such volume")
    return found


def users(engine: Engine, name: str) -> list[Container]:
    """The containers that have a volume, running or not."""
    return [one for one in engine.containers.values() if any(point.kind == "volume" and point.source == name for point in one.mounts)]


def remove_volume(engine: Engine, name: str) -> None:
    """A volume is no more, unless a container has it."""
    volume = find_volume(engine, name)
    busy = users(engine, name)
    if busy:
        raise conflict(f"remove {name}: volume is in use - [{', '.join(one.id for one in busy)}]")
    del engine.volumes[name]
    place = engine.machine.files.stat(None, posixpath.dirname(posixpath.dirname(volume.place)))
    if isinstance(place, Directory):
        place.own().pop(name, None)
    engine.tell("volume", "destroy", name, driver="local")


def read_bind(text: str) -> MountPoint:
    """`SOURCE:TARGET[:MODE]` as the daemon reads it."""
    parts = text.split(":")
    if len(parts) > 3:
        raise invalid(f"invalid volume specification: '{text}'")
    source, target, mode = [*parts, ""][:3]
    wrong = next((one for one in mode.split(",") if mode and one not in MODES), "")
    if wrong:
        raise invalid(f"invalid mode: {mode}")
    kind = "bind" if source.startswith("/") else "volume"
    _check_target(f"invalid volume specification: '{text}': ", kind, target)
    return MountPoint(kind, source, posixpath.normpath(target), mode, int("ro" in mode.split(",")))


def _check_target(where: str, kind: str, target: str) -> None:
    begin = f'{where}invalid mount config for type "{kind}": '
    if not target.startswith("/"):
        raise invalid(f"{begin}invalid mount path: '{target}' mount path must be absolute")
    if posixpath.normpath(target) == "/":
        raise invalid(f"{begin}invalid specification: destination can't be '/'")


def mounts_of(engine: Engine, spec: ContainerSpec) -> list[MountPoint]:
    """What a container will have mounted, volumes made and named; refused where the daemon refuses it."""
    host = spec.host
    found: dict[str, MountPoint] = {}
    for reference in host.volumes_from:
        name, _, mode = reference.partition(":")
        for point in engine.container(name).mounts:
            found[point.target] = attrs.evolve(point, read_only=1) if mode == "ro" else point
    asked: dict[str, MountPoint] = {}
    for point in (*map(read_bind, host.binds), *host.mounts):
        if point.kind != "tmpfs" or not point.made:
            _check_target("", point.kind, point.target)
        if point.target in asked:
            raise invalid(f"Duplicate mount point: {point.target}")
        if point.kind == "bind" and not point.made and engine.machine.files.stat(None, point.source) is None:
            raise invalid(f'invalid mount config for type "bind": bind source path does not exist: {point.source}')
        asked[point.target] = point
    for point in asked.values():
        if point.kind == "volume":
            volume = create_volume(engine, point.source)
            point = attrs.evolve(point, source=volume.name, nameless=int(not point.source))
        found[point.target] = point
    return list(found.values())


def mount_all(engine: Engine, container: Container, root: Directory) -> None:
    """Everything is at its place when the container starts; an empty volume gets what the image has there."""
    for point in sorted(container.mounts, key=lambda one: one.target.count("/")):
        node = _source(engine, point)
        parent, name = _place(root, posixpath.dirname(point.target)), posixpath.basename(point.target)
        if parent is None:
            engine.machine.kernel.unmodelled.append(f"docker run: a mount at {point.target}: it lies in a file system that is worked out")
            continue
        there = parent.entries.get(name)
        if point.kind == "volume" and isinstance(node, Directory) and not node.entries and isinstance(there, Directory):
            node.own().update({inside: copied(one) for inside, one in there.entries.items()})
        parent.own()[name] = read_only(node) if point.read_only else node


def tell_mounts(engine: Engine, container: Container) -> None:
    """Events of the volumes that a start puts in place (`setupMounts`)."""
    for point in container.mounts:
        if point.kind == "volume":
            given = {"destination": point.target, "driver": "local", "propagation": "", "read/write": "false" if point.read_only else "true"}
            engine.tell("volume", "mount", point.source, container=container.id, **given)


def tell_unmounts(engine: Engine, container: Container) -> None:
    """Events of the volumes that an end lets go (`UnmountVolumes`)."""
    for point in container.mounts:
        if point.kind == "volume":
            engine.tell("volume", "unmount", point.source, container=container.id, driver="local")


def _source(engine: Engine, point: MountPoint) -> Node:
    if point.kind == "tmpfs":
        return Directory(0o1777)
    files = engine.machine.files
    path = point.source if point.kind == "bind" else engine.volumes[point.source].place if point.source in engine.volumes else ""
    if not path:
        raise not_found(f"get {point.source}: no such volume")
    try:
        if files.stat(None, path) is None:
            files.makedirs(None, path)
        return files.resolve(None, path)
    except NetError:
        raise failed(f"error while creating mount source path '{path}': mkdir {path}: not a directory") from None


def _place(root: Directory, path: str) -> Directory | None:
    """The directory of a container at a path, made as far as it is missing; None where it lies in /proc or /sys."""
    waiting, here, links = [part for part in path.split("/") if part], root, 0
    while waiting:
        part = waiting.pop(0)
        below = here.own().setdefault(part, Directory(0o755))
        if isinstance(below, Symlink) and links < 40:
            links += 1
            target = [one for one in below.target.split("/") if one]
            waiting, here = [*target, *waiting], root if below.target.startswith("/") else here
            continue
        if not isinstance(below, Directory) or isinstance(below, Mount):
            return None
        here = below
    return here


def copied(node: Node) -> Node:
    """A file or a whole directory once more."""
    if isinstance(node, Directory):
        return Directory(node.mode, node.changed, {name: copied(one) for name, one in node.entries.items()}, uid=node.uid, gid=node.gid)
    if isinstance(node, File):
        return File(node.mode, node.changed, node.read(), uid=node.uid, gid=node.gid)
    return Symlink(node.mode, node.changed, node.target) if isinstance(node, Symlink) else node


def forget_nameless(engine: Engine, container: Container) -> None:
    """The volumes that nobody named go with their last container (`docker rm -v`, `--rm`)."""
    for point in container.mounts:
        if point.kind == "volume" and point.nameless and not users(engine, point.source):
            try:
                remove_volume(engine, point.source)
            except Refusal:
                continue


def unused(engine: Engine) -> list[Volume]:
    """Volumes that no container has."""
    return [volume for volume in engine.volumes.values() if not users(engine, volume.name)]
