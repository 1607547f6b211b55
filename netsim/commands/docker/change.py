"""docker update and docker commit."""

from __future__ import annotations

import attrs

from netsim.commands.docker import run_flags
from netsim.commands.docker.flags import BOOL, LIST, Flag, Parsed
from netsim.commands.docker.reference import reference_problem
from netsim.commands.docker.request import BadOption, read_restart, reported
from netsim.commands.docker.session import Docker, Subcommand
from netsim.docker.builder.dockerfile import parse
from netsim.docker.builder.files import left
from netsim.docker.builder.instructions import SETTINGS
from netsim.docker.engine.changes import added_size
from netsim.docker.engine.container import RUNNING, Container
from netsim.docker.engine.create import check_restart
from netsim.docker.engine.root import root_of
from netsim.docker.errors import Refusal, conflict
from netsim.docker.ids import new_id
from netsim.docker.image import Layer, image_id, layers_of
from netsim.docker.settings import HostConfig
from netsim.machine.call import Result

LIMITS = ("blkio-weight", "cpu-period", "cpu-quota", "cpu-rt-period", "cpu-rt-runtime", "cpu-shares", "cpus", "cpuset-cpus", "cpuset-mems", "kernel-memory",
          "memory", "memory-reservation", "memory-swap", "pids-limit")  # fmt: skip


def update(docker: Docker, parsed: Parsed) -> Result:
    """docker update: the restart policy; limits are not modelled."""
    if not any(parsed.given(name) for name in ("restart", *LIMITS)):
        docker.complain("you must provide one or more flags when using this command")
        return docker.result(1)
    failed = 0
    for name in parsed.words:
        try:
            container = docker.engine.container(name)
            if parsed.given("restart"):
                policy = read_restart(parsed.text("restart"))
                check_restart(docker.engine, policy)
            container.spec = attrs.evolve(container.spec, host=_limited(container, parsed))
            if parsed.given("restart"):
                container.spec = attrs.evolve(container.spec, host=attrs.evolve(container.spec.host, restart=policy))
            docker.engine.tell_of(container, "update")
            docker.print(name)
        except BadOption as problem:
            docker.complain(str(problem))
            failed = 1
        except Refusal as problem:
            docker.refused(problem)
            failed = 1
    return docker.result(failed)


SMALLER = "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time"


def _limited(container: Container, parsed: Parsed) -> HostConfig:
    """A container's settings with other limits, of which nothing comes but that inspect tells them (`Container.UpdateContainer`)."""
    host, limits = container.spec.host, reported(parsed)
    if not parsed.given("memory-swap"):
        limits.pop("MemorySwap", None)
    memory, swap, before = (int(str(one or 0)) for one in (limits.get("Memory"), limits.get("MemorySwap"), host.reported.get("MemorySwap")))
    if memory > before and not swap:
        raise conflict(f"Cannot update container {container.id}: {SMALLER}")
    return attrs.evolve(host, reported={**host.reported, **limits}) if limits else host


def commit(docker: Docker, parsed: Parsed) -> Result:
    """docker commit: an image of what a container's root has become, without what is mounted in it."""
    name = parsed.words[0]
    reference = parsed.words[1] if len(parsed.words) > 1 else ""
    wrong = reference_problem(docker.cli, reference) if reference else ""
    if wrong:
        docker.complain(wrong)
        return docker.result(1)
    engine = docker.engine
    container = engine.container(name)
    spec = container.spec
    base, tag = engine.split_reference(reference) if reference else ("<none>", "<none>")
    points = {point.target for point in container.mounts}
    made = left(container.image, root_of(engine, container))
    files = {path: content for path, content in made.files.items() if not any(path == one or path.startswith(f"{one}/") for one in points)}
    installed = container.jail.installed if container.jail is not None else {}
    env = tuple({item.partition("=")[0]: item for item in (*container.image.env, *spec.env)}.values())
    made = attrs.evolve(
        made, name=base, tag=tag, files=files, command=spec.command, entrypoint=spec.entrypoint or (), env=env, installed=dict(installed),
        exposed=tuple(dict.fromkeys((*container.image.exposed, *spec.exposed))), working_dir=spec.working_dir or container.image.working_dir,
        author=parsed.text("author"), parent=image_id(container.image), id="sha256:" + new_id(engine.rng),
    )  # fmt: skip
    shown = " ".join((*(spec.entrypoint or ()), *spec.command))
    layer = Layer(engine.now(), shown, added_size(engine, container), parsed.text("message"), made.id)
    made = attrs.evolve(made, layers=(*layers_of(container.image, engine.machine.epoch), layer))
    for text in parsed.many("change"):
        for instruction in parse(text):
            action = SETTINGS.get(instruction.word)
            if action is not None:
                made = action(made, instruction, {})
    engine.keep(made)
    pauses = container.state.status == RUNNING and (parsed.has("pause") or not parsed.given("pause"))
    if pauses:
        engine.tell_of(container, "pause")
    engine.tell_of(container, "commit", comment=parsed.text("message"), imageID=image_id(made), imageRef=f"{base}:{tag}" if reference else "")
    if pauses:
        engine.tell_of(container, "unpause")
    docker.print(image_id(made))
    return docker.result()


BY_NAME = {flag.name: flag for flag in run_flags.CREATE_FLAGS}
CHANGE_COMMANDS = (
    Subcommand("update", "[OPTIONS] CONTAINER [CONTAINER...]", (Flag("restart"), *(BY_NAME[name] for name in LIMITS)), 1, None, update),
    Subcommand(
        "commit", "[OPTIONS] CONTAINER [REPOSITORY[:TAG]]",
        (Flag("author", "a"), Flag("change", "c", LIST), Flag("message", "m"), Flag("pause", "p", BOOL)), 1, 2, commit,
    ),
)  # fmt: skip
