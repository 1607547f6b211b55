"""`--volume`, `--mount`, `--tmpfs` and `--volumes-from` of docker run (`opts.MountOpt`, `volumespec.Parse`)."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

from netsim.commands.docker import record
from netsim.commands.docker.flags import Parsed
from netsim.commands.docker.session import Docker
from netsim.docker.settings import MountPoint

OPTIONS = frozenset({"volume", "mount", "tmpfs", "volumes-from"})
NOTHING: Mapping[str, Any] = {}
SOURCES, TARGETS = ("source", "src"), ("target", "dst", "destination")


def read_mounts(docker: Docker, parsed: Parsed) -> Mapping[str, Any]:
    """The fields of a `HostConfig` that these options fill."""
    if OPTIONS.isdisjoint(parsed.values):
        return NOTHING
    binds = tuple(_absolute(docker, spec) for spec in parsed.many("volume") if ":" in spec)
    nameless = [MountPoint("volume", "", posixpath.normpath(spec)) for spec in parsed.many("volume") if ":" not in spec]
    memory = [
        MountPoint("tmpfs", "", target, read_only=int("ro" in options.split(",")))
        for target, _, options in (spec.partition(":") for spec in parsed.many("tmpfs"))
    ]
    mounts = (*nameless, *map(read_mount, parsed.many("mount")), *memory)
    return {"binds": binds, "mounts": mounts, "volumes_from": parsed.many("volumes-from")}


def _absolute(docker: Docker, spec: str) -> str:
    """A source that begins with a dot is a path from where the command runs, since 23.0."""
    source, colon, rest = spec.partition(":")
    if source.startswith(".") and docker.cli.family != "20.10":
        source = posixpath.normpath(posixpath.join(docker.call.proc.cwd, source))
    return source + colon + rest


def read_mount(text: str) -> MountPoint:
    """`type=bind,source=/x,target=/y,readonly`."""
    given = {name.strip().lower(): value for name, _, value in (field.partition("=") for field in record.fields(text))}
    source = next((given[name] for name in SOURCES if name in given), "")
    target = next(given[name] for name in TARGETS if name in given)
    is_read_only = any(name in given and given[name] in ("", "1", "true") for name in ("readonly", "ro"))
    kind = given.get("type", "volume")
    return MountPoint(kind, source, posixpath.normpath(target) if target else "", "", int(is_read_only), made=int(kind != "bind"))
