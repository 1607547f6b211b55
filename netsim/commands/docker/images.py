"""docker images, rmi and pull: images are small declarations (netsim.docker.image)."""

from __future__ import annotations

import json
from functools import partial

from netsim.clock import SECOND
from netsim.commands.docker import filters
from netsim.commands.docker.flags import BOOL, Flag, Parsed
from netsim.commands.docker.listing import Columns, show
from netsim.commands.docker.ps import LIST_FLAGS
from netsim.commands.docker.reference import reference_problem
from netsim.commands.docker.session import Docker, Subcommand
from netsim.commands.docker.sizes import sized
from netsim.commands.docker.spans import human, written
from netsim.docker.engine.registry import hint, no_registry
from netsim.docker.errors import Refusal, conflict, failed
from netsim.docker.image import Image, image_id, image_size, layers_of
from netsim.machine.call import Result

COLUMNS = Columns(
    "*formatter.imageContext",
    {
        "ID": "IMAGE ID", "Repository": "REPOSITORY", "Tag": "TAG", "Digest": "DIGEST", "CreatedSince": "CREATED", "CreatedAt": "CREATED AT",
        "Size": "SIZE", "Containers": "CONTAINERS", "SharedSize": "SHARED SIZE", "UniqueSize": "UNIQUE SIZE", "VirtualSize": "SIZE",
    },
    "{{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}",
    "{{.ID}}",
)  # fmt: skip
FILTERS = ("before", "dangling", "label", "reference", "since", "until")


def images(docker: Docker, parsed: Parsed) -> Result:
    """docker images."""
    engine = docker.engine
    wanted = filters.read(engine, parsed.many("filter"), FILTERS)
    name, _, tag = parsed.words[0].partition(":") if parsed.words else ("", "", "")
    found = [
        image
        for image in sorted(sorted(engine.images.values(), key=_name), key=partial(_age, engine.now(), engine.machine.epoch))
        if (not name or (name == image.name and tag in ("", image.tag)))
        and not filters.truth(engine, "dangling", wanted.get("dangling"), False)
        and filters.labelled(wanted.get("label"), image.labels)
        and filters.matches(wanted.get("reference"), f"{image.name}:{image.tag}")
    ]
    whole = int(parsed.has("no-trunc"))
    form = parsed.text("format")
    if parsed.has("digests") and not form:
        form = "table {{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}"
    return show(docker, COLUMNS, form, [row(docker, image, whole) for image in found], quiet=int(parsed.has("quiet")))


def _name(image: Image) -> str:
    return image.name


def _age(now: int, begun: int, image: Image) -> int:
    """The newest first, to the second."""
    return now // SECOND - layers_of(image, begun)[-1].created // SECOND


def row(docker: Docker, image: Image, whole: int) -> dict[str, str]:
    """The fields of an image."""
    made, now = layers_of(image, docker.engine.machine.epoch)[-1].created, docker.engine.now()
    size = sized(image_size(image), 3)
    return {
        "ID": image_id(image) if whole else image_id(image)[7:19], "Repository": image.name, "Tag": image.tag, "Digest": "<none>",
        "CreatedSince": human(now - made) + " ago", "CreatedAt": written(made // SECOND * SECOND), "Size": size, "Containers": "N/A", "SharedSize": "N/A",
        "UniqueSize": "N/A", "VirtualSize": size,
    }  # fmt: skip


def remove(docker: Docker, parsed: Parsed) -> Result:
    """docker rmi."""
    engine = docker.engine
    status = 0
    for name in parsed.words:
        try:
            image = engine.image(name)
            others = any(one is not image and image_id(one) == image_id(image) for one in engine.images.values())  # it has another name still
            user = next((one for one in engine.containers.values() if one.image is image and not others), None)
            if user is not None and (user.state.is_running or not parsed.has("force")):
                force = "cannot be forced" if user.state.is_running else "must be forced"
                kind = "running" if user.state.is_running else "stopped"
                text = f"conflict: unable to remove repository reference {json.dumps(name)} ({force}) - container {user.short_id} is using its referenced image"
                raise conflict(f"{text} {image_id(image)[7:19]}" if kind else text)
            engine.images = {key: value for key, value in engine.images.items() if value is not image}
            engine.tell("image", "untag", image_id(image), name=image_id(image))
            docker.print(f"Untagged: {image.name}:{image.tag}")
            if not others:
                engine.tell("image", "delete", image_id(image), name=image_id(image))
                docker.print(f"Deleted: {image_id(image)}")
        except Refusal as problem:
            if problem.status == 404:
                whole = name if ":" in name else f"{name}:latest"
                problem = Refusal(404, f"No such image: {whole}")
            docker.refused(problem, "image", name)
            status = 1
    return docker.result(status)


def pull(docker: Docker, parsed: Parsed) -> Result:
    """docker pull: what is declared is there already; nothing else can be reached."""
    name = parsed.words[0]
    wrong = reference_problem(docker.cli, name)
    if wrong:
        docker.complain(wrong)
        return docker.result(1)
    tagged = ":" in name.rpartition("/")[2]
    if not tagged and not parsed.has("quiet"):
        docker.print("Using default tag: latest")
    try:
        image = docker.engine.image(name)
    except Refusal:
        hint(docker.engine, name)
        raise failed(no_registry(docker.engine, name)) from None
    whole = f"{image.name}:{image.tag}"
    official = whole if "/" in whole else f"library/{whole}"
    if not parsed.has("quiet"):
        docker.print(f"{image.tag}: Pulling from {official.rpartition(':')[0]}")
        docker.print(f"Digest: {image_id(image)}")
        docker.print(f"Status: Image is up to date for {whole}")
    docker.print(f"docker.io/{official}")
    return docker.result()


IMAGE_COMMANDS = (
    Subcommand("images", "[OPTIONS] [REPOSITORY[:TAG]]", (*LIST_FLAGS, Flag("all", "a", BOOL), Flag("digests", "", BOOL)), 0, 1, images),
    Subcommand("rmi", "[OPTIONS] IMAGE [IMAGE...]", (Flag("force", "f", BOOL), Flag("no-prune", "", BOOL)), 1, None, remove),
    Subcommand(
        "pull", "[OPTIONS] NAME[:TAG|@DIGEST]",
        (Flag("all-tags", "a", BOOL, unmodelled=1), Flag("platform", unmodelled=1), Flag("quiet", "q", BOOL), Flag("disable-content-trust", "", BOOL)), 1, 1, pull,
    ),
)  # fmt: skip
