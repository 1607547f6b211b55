"""docker export, import, save, load: roots and images as tar archives."""

from __future__ import annotations

import posixpath
import re

import attrs

from netsim.archive import Archive, read
from netsim.commands.docker.flags import BOOL, LIST, Flag, Parsed
from netsim.commands.docker.reference import reference_problem
from netsim.commands.docker.session import Docker, Subcommand
from netsim.docker.builder.dockerfile import parse
from netsim.docker.builder.instructions import SETTINGS, variables
from netsim.docker.engine.archives import exported, imported, loaded, saved
from netsim.docker.engine.engine import Engine
from netsim.docker.engine.registry import unreachable
from netsim.docker.errors import Refusal, failed, invalid, not_found
from netsim.docker.ids import new_id
from netsim.docker.image import Image, Layer, image_id, image_size
from netsim.errors import NetError, strerror
from netsim.machine.call import Call, ReadInput, Result
from netsim.machine.nodes import Directory

UNREADABLE = "ApplyLayer exit status 1 stdout:  stderr: unexpected EOF"


def _unwritable(docker: Docker, path: str, what: str) -> Result | None:
    """Why an archive cannot be put where the user wants it, which is seen to before the daemon is asked."""
    if not path:
        return None
    proc = docker.call.proc
    folder = posixpath.dirname(path) or "."
    files = proc.machine.files
    problem = ""
    if not isinstance(files.stat(proc, folder), Directory):
        missing = f'directory "{folder}" does not exist' if docker.cli.family == "20.10" else f"stat {folder}: no such file or directory"
        problem = f"invalid output path: {missing}"
    elif isinstance(files.stat(proc, path), Directory):
        problem = "cannot write to a directory"
    if problem:
        docker.complain(f"failed to {what}: {problem}")
        return docker.result(1)
    return None


def _put(docker: Docker, data: bytes, path: str) -> Result:
    """An archive goes to a file or, without one, to standard output."""
    if not path:
        return Result(data.decode("utf-8", "surrogateescape"))
    try:
        docker.call.machine.files.write(docker.call.proc, path, data)
    except NetError as error:
        docker.complain(f"open {path}: {strerror(error.errno).lower()}")
        return docker.result(1)
    return docker.result()


def export(docker: Docker, parsed: Parsed) -> Result:
    """docker export: the root of a container."""
    wrong = _unwritable(docker, parsed.text("output"), "export container")
    if wrong is not None:
        return wrong
    container = docker.engine.container(parsed.words[0])
    docker.engine.tell_of(container, "export")
    return _put(docker, exported(docker.engine, container), parsed.text("output"))


# import ---------------------------------------------------------------------------------------------------------------------


def import_(docker: Docker, parsed: Parsed) -> Result | ReadInput:
    """docker import: an image with the files of a tar archive, changed by Dockerfile instructions (`--change`)."""
    source, *name = parsed.words
    wrong = reference_problem(docker.cli, name[0]) if name else ""
    if wrong:
        docker.complain(wrong)
        return docker.result(1)
    if source == "-":
        return ReadInput(_import_input)
    if "://" in source:
        raise failed(unreachable(docker.engine, source, source.partition("://")[2].partition("/")[0]))
    data = _file(docker, source)
    return data if isinstance(data, Result) else _import(docker, parsed, data)


def _file(docker: Docker, path: str) -> bytes | Result:
    try:
        return docker.call.machine.files.read(docker.call.proc, path)
    except NetError as error:
        docker.complain(f"open {path}: {strerror(error.errno).lower()}")
        return docker.result(1)


def _again(call: Call, command: str) -> tuple[Docker, Parsed]:
    """The same command line once more, now that the input is there."""
    from netsim.commands.docker.main import again

    return again(call, command)


def _refusing(docker: Docker, problem: Refusal) -> Result:
    docker.refused(problem)
    return docker.result(1)


def _import_input(call: Call, data: bytes) -> Result:
    docker, parsed = _again(call, "import")
    try:
        return _import(docker, parsed, data)
    except Refusal as problem:
        return _refusing(docker, problem)


def _import(docker: Docker, parsed: Parsed, data: bytes) -> Result:
    source, *name = parsed.words
    engine = docker.engine
    bare, tag = engine.split_reference(name[0]) if name else ("<none>", "<none>")
    image = Image(bare, "busybox", env=(), tag=tag)
    for change in parsed.many("change"):
        image = _changed(image, change)
    archive = read(data) if data.strip(b"\0") else Archive(())
    if archive is None:
        raise failed(UNREADABLE)
    image = imported(engine, image, archive)
    comment = parsed.text("message") or f"Imported from {'-' if source == '-' else source if '://' in source else '-'}"
    fresh = "sha256:" + new_id(engine.rng)
    image = attrs.evolve(image, id=fresh, layers=(Layer(engine.now(), "", image_size(image), comment, fresh),))
    engine.keep(image)
    if name:
        engine.tell("image", "tag", image_id(image), name=name[0])
    engine.tell("image", "import", image_id(image), name=image_id(image))
    docker.print(image_id(image))
    return docker.result()


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


# save and load --------------------------------------------------------------------------------------------------------------


def save(docker: Docker, parsed: Parsed) -> Result:
    """docker save: images with what they were built upon."""
    wrong = _unwritable(docker, parsed.text("output"), "save image")
    if wrong is not None:
        return wrong
    engine = docker.engine
    wanted: dict[str, tuple[Image, list[str]]] = {}
    for word in parsed.words:
        for image, tag in _named(engine, word):
            names = wanted.setdefault(image_id(image), (image, []))[1]
            if tag and tag not in names:
                names.append(tag)
    return _put(docker, saved(engine, wanted), parsed.text("output"))


def _named(engine: Engine, word: str) -> list[tuple[Image, str]]:
    """What a word of `docker save` asks for: an image by its id has no name, a name without a tag means all of them."""
    tagged = ":" in word.rpartition("/")[2]
    try:
        image = engine.image(word)
    except Refusal:
        raise not_found("reference does not exist" if tagged else f"No such image: {word}") from None
    name, tag = engine.split_reference(word)
    if image.name != name:
        return [(image, "")]
    if tagged:
        return [(image, f"{name}:{tag}")]
    every = {f"{one.name}:{one.tag}": one for one in engine.images.values() if one.name == name}
    return [(one, tag) for tag, one in every.items()]


def load(docker: Docker, parsed: Parsed) -> Result | ReadInput:
    """docker load: the images of an archive that `docker save` made."""
    path = parsed.text("input")
    if not path:
        return ReadInput(_load_input)
    data = _file(docker, path)
    return data if isinstance(data, Result) else _load(docker, data)


def _load_input(call: Call, data: bytes) -> Result:
    docker, _ = _again(call, "load")
    try:
        return _load(docker, data)
    except Refusal as problem:
        return _refusing(docker, problem)


def _load(docker: Docker, data: bytes) -> Result:
    archive = read(data) if data else Archive(())
    if archive is None:
        docker.complain("Error processing tar file(exit status 1): unexpected EOF")
        return docker.result(1)
    engine = docker.engine
    images = loaded(engine, archive)
    if images is None:
        place = f"/var/lib/docker/tmp/docker-import-{engine.rng.randrange(10**9, 4 * 10**9)}"
        docker.complain(f"open {place}/repositories: no such file or directory")
        return docker.result(1)
    for image, tags in images:
        for tag in tags:
            name, _, label = tag.rpartition(":")
            engine.keep(attrs.evolve(image, name=name, tag=label))
            docker.print(f"Loaded image: {tag}")
        if not tags:
            if engine.by_id(image_id(image)) is None:
                engine.keep(image)
            docker.print(f"Loaded image ID: {image_id(image)}")
        engine.tell("image", "load", image_id(image), name=image_id(image))
    return docker.result()


OUTPUT = Flag("output", "o")
ARCHIVE_COMMANDS = (
    Subcommand("export", "[OPTIONS] CONTAINER", (OUTPUT,), 1, 1, export),
    Subcommand(
        "import",
        "[OPTIONS] file|URL|- [REPOSITORY[:TAG]]",
        (Flag("change", "c", LIST), Flag("message", "m"), Flag("platform", unmodelled=1)),
        1,
        2,
        import_,
    ),
    Subcommand("save", "[OPTIONS] IMAGE [IMAGE...]", (OUTPUT, Flag("platform", only="28", unmodelled=1)), 1, None, save),
    Subcommand("load", "[OPTIONS]", (Flag("input", "i"), Flag("quiet", "q", BOOL), Flag("platform", only="28", unmodelled=1)), 0, 0, load),
)
