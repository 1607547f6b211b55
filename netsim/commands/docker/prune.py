"""docker network prune, container prune, image prune, system prune."""

from __future__ import annotations

import attrs

from netsim.commands.docker import filters
from netsim.commands.docker.flags import BOOL, LIST, Flag, Parsed, parse
from netsim.commands.docker.session import Docker, Subcommand
from netsim.commands.docker.sizes import sized
from netsim.commands.docker.spans import moment
from netsim.commands.docker.values import name_and_value
from netsim.docker.engine import mounts, networks
from netsim.docker.engine import run as life
from netsim.docker.engine.engine import Engine
from netsim.docker.errors import Refusal, invalid
from netsim.docker.image import image_id, image_size, layers_of
from netsim.machine.call import Call, ReadInput, Result

QUESTION = "Are you sure you want to continue? [y/N] "
WARNINGS = {
    "network": "WARNING! This will remove all custom networks not used by at least one container.\n",
    "container": "WARNING! This will remove all stopped containers.\n",
    "image": "WARNING! This will remove all {images}.\n",
    "volume": "WARNING! This will remove {volumes} local volumes not used by at least one container.\n",
    "system": "WARNING! This will remove:\n  - all stopped containers\n  - all networks not used by at least one container\n  - all {images}\n  - {cache}\n",
}
CACHE = {"20.10": "all dangling build cache\n", "28": "unused build cache\n"}


@attrs.frozen
class Limits:
    """Which things may go: by label, and older than a moment."""

    with_labels: tuple[str, ...] = ()
    without_labels: tuple[str, ...] = ()
    until: int = 0

    def allow(self, labels: dict[str, str], created: int) -> bool:
        """Whether a thing with these labels, made then, may go."""
        if self.until and created > self.until:
            return False
        if not filters.labelled(self.with_labels, labels):
            return False
        return not self.without_labels or not filters.labelled(self.without_labels, labels)


FILTERS = {"volume": ("all", "label", "label!"), "image": ("dangling", "label", "label!", "until")}
"""What may be said of things that go, where it is not the same as for containers and networks (`networksAcceptedFilters`)."""


def _limits(engine: Engine, parsed: Parsed, what: str) -> Limits:
    wanted = filters.read(engine, parsed.many("filter"), FILTERS.get(what, ("label", "label!", "until")))
    until, given = 0, set(wanted.get("until", ()))
    if len(given) > 1:
        raise invalid("more than one until filter specified")
    for text in given:
        try:
            until = moment(text, engine.now())
        except ValueError as problem:
            raise invalid(str(problem)) from None
    return Limits(tuple(wanted.get("label", ())), tuple(wanted.get("label!", ())), until)


def _networks(docker: Docker, limits: Limits) -> str:
    gone = networks.prune_swarm(docker.engine, limits.allow)
    for network in list(networks.prunable(docker.engine)):
        if limits.allow(dict(network.spec.labels), network.created):
            networks.delete_network(docker.engine, network)
            gone.append(network.name)
    docker.engine.tell("network", "prune", "", reclaimed="0")
    return "Deleted Networks:\n" + "".join(f"{name}\n" for name in gone) + "\n" if gone else ""


def _containers(docker: Docker, limits: Limits) -> str:
    """The newest first (`History.sort`)."""
    gone: list[str] = []
    for container in reversed(list(docker.engine.containers.values())):
        if not container.state.is_running and container.state.status != "restarting" and limits.allow(dict(container.spec.labels), container.created):
            life.remove(docker.engine, container)
            gone.append(container.id)
    docker.engine.tell("container", "prune", "", reclaimed="0")
    return "Deleted Containers:\n" + "".join(f"{name}\n" for name in gone) + "\n" if gone else ""


def _spared(docker: Docker, parsed: Parsed) -> int:
    """Whether volumes that somebody named stay: unless asked for, since API 1.42."""
    return int(docker.api >= (1, 42) and not parsed.has("all"))


def _volumes(docker: Docker, limits: Limits, spared: int) -> str:
    gone = [one.name for one in mounts.unused(docker.engine) if (one.nameless or not spared) and limits.allow(dict(one.labels), one.created)]
    for name in gone:
        mounts.remove_volume(docker.engine, name)
    docker.engine.tell("volume", "prune", "", reclaimed="0")
    return "Deleted Volumes:\n" + "".join(f"{name}\n" for name in gone) + "\n" if gone else ""


def _images(docker: Docker, limits: Limits, parsed: Parsed) -> tuple[str, int]:
    """Images without a name, with --all those that no container has too, and the bytes they took; what every engine has at hand stays, and is told of."""
    engine = docker.engine
    used = {image_id(one.image) for one in engine.containers.values()}
    lines, freed, kept = "", 0, []
    for key, image in list(engine.images.items()):
        begun = layers_of(image, engine.machine.epoch)[-1].created
        nameless = image.name == "<none>"
        if image_id(image) in used or not (nameless or parsed.has("all")) or not limits.allow(dict(image.labels), begun):
            continue
        if not image.layers:
            kept.append(f"{image.name}:{image.tag}")
            continue
        del engine.images[key]
        lines += "" if nameless else f"untagged: {image.name}:{image.tag}\n"
        if all(image_id(one) != image_id(image) for one in engine.images.values()):
            lines += f"deleted: {image_id(image)}\n"
            freed += image_size(image)
            engine.tell("image", "delete", image_id(image), name=image_id(image))
    if kept:
        engine.machine.kernel.unmodelled.append(f"docker {docker.verb} --all: {', '.join(kept)} stay, as they would be pulled again")
    engine.tell("image", "prune", "", reclaimed=str(freed))
    return (f"Deleted Images:\n{lines}\n" if lines else ""), freed


def _act(docker: Docker, what: str, parsed: Parsed) -> Result:
    limits = _limits(docker.engine, parsed, what)
    if what == "network":
        docker.out.append(_networks(docker, limits))
        return docker.result()
    if what in ("container", "system"):
        docker.out.append(_containers(docker, limits))
    if what == "system":
        docker.out.append(_networks(docker, limits))
    if what == "volume" or (what == "system" and parsed.has("volumes")):
        docker.out.append(_volumes(docker, limits, _spared(docker, parsed)))
    freed = 0
    if what in ("image", "system"):
        text, freed = _images(docker, limits, parsed)
        docker.out.append(text)
    docker.print(f"Total reclaimed space: {sized(freed)}")
    return docker.result()


def _prune(docker: Docker, parsed: Parsed, what: str) -> Result | ReadInput:
    if parsed.has("force"):
        return _act(docker, what, parsed)
    return ReadInput(ANSWERED[what])


def _answered(call: Call, data: bytes, what: str) -> Result:
    """The question was answered: anything that begins with y goes on."""
    docker = Docker(call)
    words = call.argv[call.argv.index("prune") + 1 :]
    parsed = parse(words, SYSTEM_FLAGS, interspersed=True)
    warning = WARNINGS[what].format(
        cache=CACHE[docker.cli.family], volumes="anonymous" if _spared(docker, parsed) else "all", images=_which(parsed, what)
    )
    docker.out.append(f"{warning}{QUESTION}")
    if data.decode(errors="replace").strip().lower() != "y":
        return docker.result()
    try:
        return _act(docker, what, parsed)
    except Refusal as problem:
        docker.refused(problem)
        return docker.result(1)


def _which(parsed: Parsed, what: str) -> str:
    return "images without at least one container associated to them" if parsed.has("all") and what != "volume" else "dangling images"


def _network_answer(call: Call, data: bytes) -> Result:
    return _answered(call, data, "network")


def _container_answer(call: Call, data: bytes) -> Result:
    return _answered(call, data, "container")


def _image_answer(call: Call, data: bytes) -> Result:
    return _answered(call, data, "image")


def _system_answer(call: Call, data: bytes) -> Result:
    return _answered(call, data, "system")


def _volume_answer(call: Call, data: bytes) -> Result:
    return _answered(call, data, "volume")


ANSWERED = {"volume": _volume_answer, "network": _network_answer, "container": _container_answer, "image": _image_answer, "system": _system_answer}


def prune_networks(docker: Docker, parsed: Parsed) -> Result | ReadInput:
    """docker network prune."""
    return _prune(docker, parsed, "network")


def prune_containers(docker: Docker, parsed: Parsed) -> Result | ReadInput:
    """docker container prune."""
    return _prune(docker, parsed, "container")


def prune_images(docker: Docker, parsed: Parsed) -> Result | ReadInput:
    """docker image prune."""
    return _prune(docker, parsed, "image")


def prune_volumes(docker: Docker, parsed: Parsed) -> Result | ReadInput:
    """docker volume prune."""
    return _prune(docker, parsed, "volume")


def prune_system(docker: Docker, parsed: Parsed) -> Result | ReadInput:
    """docker system prune."""
    return _prune(docker, parsed, "system")


FLAGS = (Flag("filter", "", LIST, name_and_value), Flag("force", "f", BOOL))
IMAGE_FLAGS = (*FLAGS, Flag("all", "a", BOOL))
SYSTEM_FLAGS = (*IMAGE_FLAGS, Flag("volumes", "", BOOL))
PRUNE_COMMANDS = (
    Subcommand("network prune", "[OPTIONS]", FLAGS, 0, 0, prune_networks),
    Subcommand("container prune", "[OPTIONS]", FLAGS, 0, 0, prune_containers),
    Subcommand("image prune", "[OPTIONS]", IMAGE_FLAGS, 0, 0, prune_images),
    Subcommand("volume prune", "[OPTIONS]", (*FLAGS, Flag("all", "a", BOOL)), 0, 0, prune_volumes),
    Subcommand("system prune", "[OPTIONS]", SYSTEM_FLAGS, 0, 0, prune_system),
)
