"""Volumes of a project, and what its services mount (docker/compose `ensureProjectVolumes`, `ensureVolumesDown`)."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from netsim.commands.docker.compose.file.problem import ComposeProblem
from netsim.commands.docker.compose.file.project import Project, Service
from netsim.commands.docker.compose.steps import Step, Steps, warning
from netsim.docker.engine.mounts import create_volume, remove_volume, users
from netsim.docker.settings import MountPoint
from netsim.machine.process import Process

LABEL = "com.docker.compose."
VERSION = "2.40.3"


def mounts_of(project: Project, service: Service) -> tuple[MountPoint, ...]:
    """What a service's containers have mounted."""
    found = [MountPoint("tmpfs", "", one.partition(":")[0]) for one in service.get("tmpfs") or ()]
    for one in service.get("volumes") or ():
        kind, source = one["type"], one.get("source", "")
        if kind not in ("bind", "volume", "tmpfs"):
            continue
        is_made = kind != "bind" or bool((one.get("bind") or {}).get("create_host_path", True))
        name = project.volumes[source]["name"] if kind == "volume" and source in project.volumes else source
        read_only = int(bool(one.get("read_only")))
        found.append(MountPoint(kind, name, one["target"], "ro" if read_only else "rw", read_only, made=int(is_made)))
    return tuple(found)


def used_volumes(project: Project, services: Iterable[str]) -> list[str]:
    """The project's volumes that services use, by key."""
    used = {one.get("source") for name in services for one in project.services[name].get("volumes") or () if one["type"] == "volume"}
    return [key for key in project.volumes if key in used]


@attrs.define(eq=False)
class Volume(Step):
    """A volume is there."""

    project: Project
    key: str

    def begin(self, run: Steps, proc: Process) -> int:
        """An external one has to be there; one that is there is used."""
        volume = self.project.volumes[self.key]
        name = volume["name"]
        known = run.engine.volumes.get(name)
        if volume.get("external"):
            if known is None:
                raise ComposeProblem(f'external volume "{name}" not found')
            return 0
        if known is not None:
            owner = known.labels.get(LABEL + "project")
            if owner is None:
                proc.write(2, warning(run.engine.machine, f'volume "{name}" already exists but was not created by Docker Compose. Use `external: true` to use an existing volume'))  # fmt: skip
            elif owner != self.project.name:
                text = f'volume "{name}" already exists but was created for project "{owner}" (expected "{self.project.name}"). Use `external: true` to use an existing volume'
                proc.write(2, warning(run.engine.machine, text))
            return 0
        run.tell(proc, f'Volume "{name}"', "Creating")
        labels = {**dict(volume.get("labels") or {}), LABEL + "project": self.project.name, LABEL + "version": VERSION, LABEL + "volume": self.key}
        create_volume(run.engine, name, labels)
        run.tell(proc, f'Volume "{name}"', "Created")
        return 0


@attrs.define(eq=False)
class RemoveVolumes(Step):
    """`down --volumes`: those that the project made, unless somebody still uses them."""

    project: Project

    def begin(self, run: Steps, proc: Process) -> int:
        """Gone, or still in use."""
        for volume in self.project.volumes.values():
            name = volume["name"]
            if volume.get("external") or name not in run.engine.volumes:
                continue
            run.tell(proc, f"Volume {name}", "Removing")
            if users(run.engine, name):
                run.tell(proc, f"Volume {name}", "Resource is still in use")
                continue
            remove_volume(run.engine, name)
            run.tell(proc, f"Volume {name}", "Removed")
        return 0
