"""docker system df: how much the files of images, containers and volumes take; docker builder prune."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from netsim.commands.docker.flags import BOOL, LIST, Flag, Parsed
from netsim.commands.docker.images import row as image_row
from netsim.commands.docker.listing import Columns, align, show
from netsim.commands.docker.ps import row as container_row
from netsim.commands.docker.session import Docker, Subcommand
from netsim.commands.docker.sizes import sized
from netsim.commands.docker.template import Struct, TemplateError, render
from netsim.commands.docker.template.values import to_json
from netsim.commands.docker.values import name_and_value
from netsim.docker.engine.changes import added_size
from netsim.docker.engine.engine import Engine, Volume
from netsim.docker.engine.mounts import users
from netsim.docker.image import Image, image_id, image_size, layers_of
from netsim.machine.call import Call, ReadInput, Result
from netsim.machine.nodes import Directory, File, Node

COLUMNS = Columns(
    "*formatter.diskUsageContext",
    {"Type": "TYPE", "TotalCount": "TOTAL", "Active": "ACTIVE", "Size": "SIZE", "Reclaimable": "RECLAIMABLE"},
    "{{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}", "{{.Type}}",
)  # fmt: skip
TABLES = (
    ("Images", "Images space usage:\n\n", {
        "Repository": "REPOSITORY", "Tag": "TAG", "ID": "IMAGE ID", "CreatedSince": "CREATED", "Size": "SIZE", "SharedSize": "SHARED SIZE",
        "UniqueSize": "UNIQUE SIZE", "Containers": "CONTAINERS"}),
    ("Containers", "\nContainers space usage:\n\n", {
        "ID": "CONTAINER ID", "Image": "IMAGE", "Command": "COMMAND", "LocalVolumes": "LOCAL VOLUMES", "Size": "SIZE", "RunningFor": "CREATED",
        "Status": "STATUS", "Names": "NAMES"}),
    ("Volumes", "\nLocal Volumes space usage:\n\n", {"Name": "VOLUME NAME", "Links": "LINKS", "Size": "SIZE"}),
    ("BuildCache", "\nBuild cache usage: 0B\n\n", {
        "ID": "CACHE ID", "CacheType": "CACHE TYPE", "Size": "SIZE", "CreatedSince": "CREATED", "LastUsedSince": "LAST USED", "UsageCount": "USAGE",
        "Shared": "SHARED"}),
)  # fmt: skip


@attrs.frozen
class Use:
    """Images by their id with what they share and the containers that have them; `layers` are the bytes of all layers together."""

    images: Mapping[str, Image]
    sizes: Mapping[str, int]
    shared: Mapping[str, int]
    containers: Mapping[str, int]
    layers: int


def _use(engine: Engine) -> Use:
    images = {image_id(one): one for one in engine.images.values()}
    had: dict[tuple[int, str, str], list[str]] = {}
    size: dict[tuple[int, str, str], int] = {}
    for name, image in images.items():
        for layer in layers_of(image, engine.machine.epoch):
            key = (layer.created, layer.by, layer.id)
            had.setdefault(key, []).append(name)
            size[key] = layer.size
    shared = {name: sum(size[key] for key, names in had.items() if name in names and len(names) > 1) for name in images}
    counts = {name: sum(image_id(one.image) == name for one in engine.containers.values()) for name in images}
    return Use(images, {name: image_size(one) for name, one in images.items()}, shared, counts, sum(size.values()))


def volume_size(engine: Engine, volume: Volume) -> int:
    """Bytes of the files in a volume."""
    node = engine.machine.files.stat(None, volume.place)
    return _bytes(node) if node is not None else 0


def _bytes(node: Node) -> int:
    if isinstance(node, Directory):
        return sum(map(_bytes, node.entries.values()))
    return len(node.content) if isinstance(node, File) else 0


def _share(part: int, whole: int) -> str:
    return f"{sized(part)} ({part * 100 // whole}%)" if whole > 0 else sized(part)


def df(docker: Docker, parsed: Parsed) -> Result:
    """docker system df."""
    if parsed.has("verbose"):
        return _verbose(docker, parsed.text("format"))
    engine = docker.engine
    use = _use(engine)
    taken = sum(use.sizes[name] - use.shared[name] for name, count in use.containers.items() if count)
    written = {one.id: added_size(engine, one) for one in engine.containers.values()}
    running = [one for one in engine.containers.values() if one.state.is_running or one.state.status == "restarting"]
    idle = sum(written.values()) - sum(written[one.id] for one in running)
    held = {name: volume_size(engine, one) for name, one in engine.volumes.items()}
    free = sum(size for name, size in held.items() if not users(engine, name))
    rows = [
        _row("Images", len(use.images), sum(map(bool, use.containers.values())), use.layers, _share(use.layers - taken, use.layers)),
        _row("Containers", len(engine.containers), len(running), sum(written.values()), _share(idle, sum(written.values()))),
        _row("Local Volumes", len(held), sum(bool(users(engine, name)) for name in held), sum(held.values()), _share(free, sum(held.values()))),
        _row("Build Cache", 0, 0, 0, "0B"),
    ]
    form = parsed.text("format")
    return show(docker, COLUMNS, docker.form(form), rows, quiet=0)


def _row(kind: str, total: int, active: int, size: int, reclaimable: str) -> dict[str, str]:
    return {"Type": kind, "TotalCount": str(total), "Active": str(active), "Size": sized(size), "Reclaimable": reclaimable}


def _verbose(docker: Docker, form: str) -> Result:
    templated = int(bool(form) and not form.startswith("table"))
    found = _lists(docker, templated)
    if templated:
        whole = Struct(dict(found.items()), "formatter.diskUsageContext")
        try:
            docker.print(to_json(whole) if form == "json" and docker.cli.family != "20.10" else render(form, whole))
        except TemplateError as problem:
            docker.complain(str(problem))
            return docker.result(1)
        return docker.result()
    for name, title, headers in TABLES:
        docker.out.append(title)
        lines = ["\t".join(headers.values()), *("\t".join(row[field] for field in headers) for row in found[name])]
        docker.out.append(align("".join(f"{line}\n" for line in lines)))
    return docker.result()


def _lists(docker: Docker, whole: int) -> dict[str, Sequence[Mapping[str, Any]]]:
    engine = docker.engine
    use = _use(engine)
    older = docker.cli.family == "20.10"
    images = []
    for image in sorted(use.images.values(), key=_created(engine), reverse=True):
        name = image_id(image)
        size = {
            "Size": sized(use.sizes[name], 4 if older else 3),
            "SharedSize": sized(use.shared[name]),
            "UniqueSize": sized(use.sizes[name] - use.shared[name]),
        }
        images.append({**image_row(docker, image, whole), **({"Digest": ""} if whole else {}), **size, "Containers": str(use.containers[name])})
    containers = [{**container_row(docker, one, whole=0), "Size": sized(added_size(engine, one))} for one in reversed(engine.containers.values())]
    volumes = [
        {"Name": one.name, "Links": str(len(users(engine, one.name))), "Size": sized(volume_size(engine, one))} for one in engine.volumes.values()
    ]
    return {"Images": images, "Containers": containers, "Volumes": volumes, "BuildCache": []}


@attrs.frozen
class _created:
    engine: Engine

    def __call__(self, image: Image) -> int:
        return layers_of(image, self.engine.machine.epoch)[-1].created


QUESTION = "WARNING! This will remove {what}. Are you sure you want to continue? [y/N] "


def prune(docker: Docker, parsed: Parsed) -> Result | ReadInput:
    """docker builder prune: steps that were kept need not be kept; they take nothing."""
    return _pruned(docker) if parsed.has("force") else ReadInput(_answered)


def _pruned(docker: Docker) -> Result:
    docker.engine.built.clear()
    docker.print("Total reclaimed space: 0B")
    return docker.result()


def _answered(call: Call, data: bytes) -> Result:
    from netsim.commands.docker.main import again

    docker, parsed = again(call, "builder prune")
    docker.out.append(QUESTION.format(what="all build cache" if parsed.has("all") else "all dangling build cache"))
    return _pruned(docker) if data.decode(errors="replace").strip().lower() == "y" else docker.result()


DISK_COMMANDS = (
    Subcommand("system df", "[OPTIONS]", (Flag("format"), Flag("verbose", "v", BOOL)), 0, 0, df),
    Subcommand(
        "builder prune", "", (Flag("all", "a", BOOL), Flag("filter", "", LIST, name_and_value), Flag("force", "f", BOOL), Flag("keep-storage", unmodelled=1)), 0, 0, prune,
    ),
)  # fmt: skip
