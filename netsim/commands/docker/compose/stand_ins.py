"""Which image a service's containers run: one the engine has, one that is built, or a stand-in that listens where the service says or its image is known to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from netsim.commands.docker.compose.file.document import shown
from netsim.commands.docker.compose.file.problem import ComposeProblem
from netsim.commands.docker.compose.file.project import Project, Service
from netsim.commands.docker.publish import port_range, split_protocol
from netsim.docker import public_images
from netsim.docker.engine.engine import Engine
from netsim.docker.errors import Refusal
from netsim.docker.image import READY, Image
from netsim.docker.settings import Port
from netsim.errors import NetError

TOOL = "netsim.programs.images.standin:standin"
KEYS = {"listen", "dialect"}
MOST_PORTS = 64
INSTRUCTION = re.compile(r"^\s*(FROM|EXPOSE)\s+(.*?)\s*$", re.IGNORECASE | re.MULTILINE)


@attrs.frozen
class StandIn:
    """Where a stand-in listens, and how that is known."""

    ports: tuple[Port, ...]
    why: str


def image_name(project: Project, name: str) -> str:
    """The image of a service: the one it names, or what building it makes; a ready one that is told to listen elsewhere is another."""
    service = project.services[name]
    told = str(service.get("image") or f"{project.name}-{name}")
    if "listen" in declared(name, service) and split(told)[0] in {image.name for image in READY}:
        return f"stand-in/{told}"
    return told


def declared(name: str, service: Service) -> Mapping[str, Any]:
    """A service's `x-netsim`; ComposeProblem for what it cannot be."""
    found = service.get("x-netsim") or {}
    if not isinstance(found, dict) or set(found) - KEYS:
        raise ComposeProblem(f"services.{name}.x-netsim: netsim: takes a mapping with {' and '.join(sorted(KEYS))}")
    if found.get("dialect", "debian") not in ("debian", "busybox"):
        raise ComposeProblem(f"services.{name}.x-netsim.dialect: netsim: is debian or busybox")
    return found


def is_stand_in(image: Image) -> int:
    """Whether an image is one of ours for one that is not known."""
    return int(image.tools.get("stand-in") == TOOL)


def has_image(engine: Engine, reference: str) -> int:
    """Whether the engine has an image that is no stand-in."""
    try:
        return int(not public_images.is_empty_base(engine.image(reference)))
    except Refusal:
        return 0


def stand_in(engine: Engine, project: Project, name: str) -> StandIn:
    """Where the stand-in for a service's image listens; ComposeProblem."""
    service = project.services[name]
    listen = declared(name, service).get("listen")
    base, tag = split(image_name(project, name))
    if listen is not None:
        items = [shown(one) if isinstance(one, int) else str(one) for one in (listen if isinstance(listen, list) else [listen])]
        return StandIn(read_ports(name, items), "x-netsim")
    public = public_images.ports(base, tag)
    if public is not None:
        return StandIn(read_ports(name, public.split()), "known to listen there")
    said = [word for keyword, rest in INSTRUCTION.findall(dockerfile(engine, service)) if keyword.upper() == "EXPOSE" for word in rest.split()]
    told = [f"{one['target']}/{one.get('protocol', 'tcp')}" for one in service.get("ports", ())] + [str(one) for one in service.get("expose", ())]
    return StandIn(read_ports(name, [one for one in (*said, *told) if "$" not in one]), "EXPOSE, ports and expose" if said else "ports and expose")


def ensure_stand_in(engine: Engine, project: Project, name: str) -> str:
    """The engine has the image of a service, or a stand-in in its place; how, in words, or nothing when it is its own."""
    reference = image_name(project, name)
    if has_image(engine, reference):
        return ""
    base, tag = split(reference)
    dialect = str(declared(name, project.services[name]).get("dialect", "debian"))
    engine.images[base if tag == "latest" else f"{base}:{tag}"] = Image(base, dialect, (), ("stand-in", "--"), tools={"stand-in": TOOL}, tag=tag)
    found = stand_in(engine, project, name)
    where = " ".join(str(port) for port in found.ports)
    return f"image {reference}: a stand-in {f'listens on {where} ({found.why})' if where else 'runs and listens nowhere'}"


def dockerfile(engine: Engine, service: Service) -> str:
    """The text of the Dockerfile that a service is built from; empty when there is none to read."""
    build = service.get("build")
    if not isinstance(build, dict):
        return ""
    if build.get("dockerfile_inline"):
        return str(build["dockerfile_inline"])
    try:
        path = f"{build.get('context', '')}/{build.get('dockerfile', 'Dockerfile')}"
        return engine.machine.files.read(engine.machine.init, path).decode(errors="replace")
    except NetError:
        return ""


def is_buildable(engine: Engine, service: Service) -> int:
    """Whether a service's image can be built here: its Dockerfile is there, and the engine has every image it stands on."""
    text = dockerfile(engine, service)
    if not text or (service.get("build") or {}).get("dockerfile_inline"):
        return 0
    stages: set[str] = {"scratch"}
    bases = 0
    for keyword, rest in INSTRUCTION.findall(text):
        words = [word for word in rest.split() if not word.startswith("--")]
        if keyword.upper() != "FROM" or not words:
            continue
        bases += 1
        if words[0] not in stages and not has_image(engine, words[0]):
            return 0
        if len(words) == 3:
            stages.add(words[2])
    return int(bases > 0)


def read_ports(name: str, items: Sequence[str]) -> tuple[Port, ...]:
    """Ports from texts, ranges too; ComposeProblem."""
    found: dict[Port, None] = {}
    for item in items:
        numbers, protocol = split_protocol(item.rpartition(":")[2])
        try:
            low, high = port_range(numbers)
        except ValueError:
            raise ComposeProblem(f"services.{name}: netsim: not a port to listen on: {item}") from None
        if high - low >= MOST_PORTS or len(found) >= MOST_PORTS:
            raise ComposeProblem(f"services.{name}: netsim: a stand-in listens on {MOST_PORTS} ports at most")
        if protocol in ("tcp", "udp"):
            found |= {Port(number, protocol): None for number in range(max(low, 1), high + 1)}
    return tuple(found)


def split(reference: str) -> tuple[str, str]:
    """Name and tag of an image; Docker Hub's own prefixes and digests do not count."""
    bare = reference.partition("@")[0]
    for prefix in ("docker.io/", "index.docker.io/", "library/"):
        bare = bare.removeprefix(prefix)
    head, slash, last = bare.rpartition("/")
    name, _, tag = last.partition(":")
    return f"{head}{slash}{name}", tag or "latest"
