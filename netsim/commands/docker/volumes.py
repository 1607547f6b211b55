"""docker volume."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netsim.commands.docker import filters
from netsim.commands.docker.flags import BOOL, LIST, Flag, Parsed
from netsim.commands.docker.listing import Columns, show
from netsim.commands.docker.ps import LIST_FLAGS
from netsim.commands.docker.session import Docker, Subcommand
from netsim.commands.docker.template.values import Labels
from netsim.commands.docker.values import label, name_and_value
from netsim.docker.engine import mounts
from netsim.docker.engine.engine import Engine, Volume
from netsim.docker.engine.views.moment import moment
from netsim.docker.errors import Refusal
from netsim.machine.call import Result

COLUMNS = Columns(
    "*formatter.volumeContext",
    {"Name": "VOLUME NAME", "Driver": "DRIVER", "Mountpoint": "MOUNTPOINT", "Scope": "SCOPE", "Labels": "LABELS", "Links": "LINKS", "Size": "SIZE"},
    "{{.Driver}}\t{{.Name}}",
    "{{.Name}}",
)
FILTERS = ("dangling", "driver", "label", "name")


def volume_view(volume: Volume) -> dict[str, Any]:
    """A volume as the API tells it."""
    return {
        "CreatedAt": moment(volume.created // 10**9 * 10**9), "Driver": "local",
        "Labels": dict(volume.labels) or ({"com.docker.volume.anonymous": ""} if volume.nameless else None), "Mountpoint": volume.place,
        "Name": volume.name, "Options": None, "Scope": "local",
    }  # fmt: skip


def find(engine: Engine, name: str) -> dict[str, Any]:
    """The view of one by name; refused when there is none."""
    return volume_view(mounts.find_volume(engine, name))


def create(docker: Docker, parsed: Parsed) -> Result:
    """docker volume create."""
    name = parsed.words[0] if parsed.words else parsed.text("name")
    labels = dict(item.partition("=")[::2] for item in parsed.many("label"))
    docker.print(mounts.create_volume(docker.engine, name, labels).name)
    return docker.result()


def ls(docker: Docker, parsed: Parsed) -> Result:
    """docker volume ls."""
    engine = docker.engine
    wanted = filters.read(engine, parsed.many("filter"), FILTERS)
    idle = {volume.name for volume in mounts.unused(engine)}
    dangling = filters.truth(engine, "dangling", wanted.get("dangling"), False)
    found = [
        volume
        for volume in sorted(engine.volumes.values(), key=lambda one: one.name)
        if (not wanted.get("name") or any(text in volume.name for text in wanted["name"]))
        and (not wanted.get("dangling") or (volume.name in idle) == bool(dangling))
        and (not wanted.get("driver") or "local" in wanted["driver"])
        and filters.labelled(wanted.get("label"), dict(volume.labels))
    ]
    return show(docker, COLUMNS, parsed.text("format"), [_row(volume) for volume in found], quiet=int(parsed.has("quiet")))


def _row(volume: Volume) -> Mapping[str, str]:
    return {
        "Name": volume.name,
        "Driver": "local",
        "Mountpoint": volume.place,
        "Scope": "local",
        "Labels": Labels(volume.labels),
        "Links": "N/A",
        "Size": "N/A",
    }


def remove(docker: Docker, parsed: Parsed) -> Result:
    """docker volume rm."""
    failed = 0
    for name in parsed.words:
        try:
            mounts.remove_volume(docker.engine, name)
            docker.print(name)
        except Refusal as problem:
            if parsed.has("force") and problem.status == 404:
                docker.print(name)
                continue
            docker.refused(problem, "volume", name)
            failed = 1
    return docker.result(failed)


VOLUME_COMMANDS = (
    Subcommand("volume create", "[OPTIONS] [VOLUME]", (Flag("driver", "d", unmodelled=1), Flag("label", "", LIST, label), Flag("name"), Flag("opt", "o", LIST, unmodelled=1)), 0, 1, create),
    Subcommand("volume ls", "[OPTIONS]", (*LIST_FLAGS, Flag("filter", "f", LIST, name_and_value)), 0, 0, ls),
    Subcommand("volume rm", "[OPTIONS] VOLUME [VOLUME...]", (Flag("force", "f", BOOL),), 1, None, remove),
)  # fmt: skip
