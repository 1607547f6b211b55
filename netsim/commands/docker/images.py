"""docker images, rmi, pull and import: images are small declarations (netsim.docker.image)."""

from __future__ import annotations

import json
import re

import attrs

from netsim.archive import unpacked
from netsim.clock import SECOND
from netsim.commands.docker import filters
from netsim.commands.docker.flags import BOOL, LIST, Flag, Parsed
from netsim.commands.docker.listing import Columns, show
from netsim.commands.docker.ps import LIST_FLAGS
from netsim.commands.docker.reference import reference_problem
from netsim.commands.docker.session import Docker, Subcommand
from netsim.commands.docker.spans import human, written
from netsim.docker.builder.dockerfile import parse
from netsim.docker.builder.instructions import SETTINGS, variables
from netsim.docker.engine.registry import hint, no_registry
from netsim.docker.errors import Refusal, conflict, failed, invalid
from netsim.docker.image import Image, image_id
from netsim.errors import NetError
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
        for image in sorted(engine.images.values(), key=_name)
        if (not name or (name == image.name and tag in ("", image.tag)))
        and not filters.truth("dangling", wanted.get("dangling"), False)
        and filters.labelled(wanted.get("label"), image.labels)
        and filters.matches(wanted.get("reference"), f"{image.name}:{image.tag}")
    ]
    whole = int(parsed.has("no-trunc"))
    form = parsed.text("format")
    if parsed.has("digests") and not form:
        form = "table {{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}"
    return show(docker, COLUMNS, form, [_row(docker, image, whole) for image in found], quiet=int(parsed.has("quiet")))


def _name(image: Image) -> str:
    return image.name


def _row(docker: Docker, image: Image, whole: int) -> dict[str, str]:
    made, now = docker.engine.machine.epoch, docker.engine.now()
    return {
        "ID": image_id(image) if whole else image_id(image)[7:19], "Repository": image.name, "Tag": image.tag, "Digest": "<none>",
        "CreatedSince": human(now - made) + " ago", "CreatedAt": written(made // SECOND * SECOND), "Size": "0B", "Containers": "N/A", "SharedSize": "N/A",
        "UniqueSize": "N/A", "VirtualSize": "0B",
    }  # fmt: skip


def remove(docker: Docker, parsed: Parsed) -> Result:
    """docker rmi."""
    engine = docker.engine
    status = 0
    for name in parsed.words:
        try:
            image = engine.image(name)
            user = next((one for one in engine.containers.values() if one.image is image), None)
            if user is not None and (user.state.is_running or not parsed.has("force")):
                force = "cannot be forced" if user.state.is_running else "must be forced"
                kind = "running" if user.state.is_running else "stopped"
                text = f"conflict: unable to remove repository reference {json.dumps(name)} ({force}) - container {user.short_id} is using its referenced image"
                raise conflict(f"{text} {image_id(image)[7:19]}" if kind else text)
            engine.images = {key: value for key, value in engine.images.items() if value is not image}
            engine.tell("image", "untag", image_id(image), name=image_id(image))
            engine.tell("image", "delete", image_id(image), name=image_id(image))
            docker.print(f"Untagged: {image.name}:{image.tag}")
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
        raise failed(no_registry(docker.engine)) from None
    whole = f"{image.name}:{image.tag}"
    official = whole if "/" in whole else f"library/{whole}"
    if not parsed.has("quiet"):
        docker.print(f"{image.tag}: Pulling from {official.rpartition(':')[0]}")
        docker.print(f"Digest: {image_id(image)}")
        docker.print(f"Status: Image is up to date for {whole}")
    docker.print(f"docker.io/{official}")
    return docker.result()


def import_(docker: Docker, parsed: Parsed) -> Result:
    """docker import: BusyBox with the files of a tar archive, where the host has it, changed by Dockerfile instructions (`--change`)."""
    source, *name = parsed.words
    bare, tag = docker.engine.split_reference(name[0]) if name else ("<none>", "<none>")
    image = Image(bare, "busybox", env=(), tag=tag)
    for change in parsed.many("change"):
        image = _changed(image, change)
    files = _unpacked(docker, source)
    if files is None:
        docker.call.netns.kernel.unmodelled.append(f"docker import {source} (its files)")
    image = attrs.evolve(image, files=files or {})
    docker.engine.keep(image)
    docker.engine.tell("image", "import", image_id(image), name=image_id(image))
    docker.print(image_id(image))
    return docker.result()


def _unpacked(docker: Docker, source: str) -> dict[str, str] | None:
    """The plain files of an archive on the host by path; None where there is none that can be read."""
    proc = docker.call.proc
    if docker.call.machine.files.stat(proc, source) is None:
        return None
    try:
        return unpacked(docker.call.machine.files.read(proc, source))
    except NetError:
        return None


CHANGES = ("CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "ONBUILD", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR")


def _changed(image: Image, change: str) -> Image:
    """An instruction of `--change` (`dockerfile.BuildFromConfig`)."""
    word = (change.split() or [""])[0]
    if word.upper() not in CHANGES:
        raise invalid(f"{word.lower()} is not a valid change command")
    try:
        (instruction,) = parse(change)
    except Refusal as problem:
        raise Refusal(problem.status, re.sub(r"^failed to parse Dockerfile: |^dockerfile parse error line \d+: ", "", problem.text)) from None
    return SETTINGS[instruction.word](image, instruction, variables(image, {}))


IMAGE_COMMANDS = (
    Subcommand("images", "[OPTIONS] [REPOSITORY[:TAG]]", (*LIST_FLAGS, Flag("all", "a", BOOL), Flag("digests", "", BOOL)), 0, 1, images),
    Subcommand("rmi", "[OPTIONS] IMAGE [IMAGE...]", (Flag("force", "f", BOOL), Flag("no-prune", "", BOOL)), 1, None, remove),
    Subcommand(
        "pull", "[OPTIONS] NAME[:TAG|@DIGEST]",
        (Flag("all-tags", "a", BOOL, unmodelled=1), Flag("platform", unmodelled=1), Flag("quiet", "q", BOOL), Flag("disable-content-trust", "", BOOL)), 1, 1, pull,
    ),
    Subcommand(
        "import", "[OPTIONS] file|URL|- [REPOSITORY[:TAG]]", (Flag("change", "c", LIST), Flag("message", "m", unmodelled=1), Flag("platform", unmodelled=1)), 1, 2,
        import_,
    ),
)  # fmt: skip
