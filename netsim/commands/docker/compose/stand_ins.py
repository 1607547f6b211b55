"""Which image a service's containers run: one the engine has, or a stand-in that listens where the service says or its image is known to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from netsim.commands.docker.compose import public_images
from netsim.commands.docker.compose.file.document import shown
from netsim.commands.docker.compose.file.problem import ComposeProblem
from netsim.commands.docker.compose.file.project import Project, Service
from netsim.commands.docker.publish import port_range, split_protocol
from netsim.docker.engine.engine import Engine
from netsim.docker.errors import Refusal
from netsim.docker.image import Image
from netsim.docker.settings import Port

TOOL = "netsim.programs.images.standin:standin"
KEYS = {"listen", "dialect"}
MOST_PORTS = 64


def image_name(project: Project, name: str) -> str:
    """The image of a service: the one it names, or what building it makes."""
    return str(project.services[name].get("image") or f"{project.name}-{name}")


def declared(name: str, service: Service) -> Mapping[str, Any]:
    """A service's `x-netsim`; ComposeProblem for what it cannot be."""
    found = service.get("x-netsim") or {}
    if not isinstance(found, dict) or set(found) - KEYS:
        raise ComposeProblem(f"services.{name}.x-netsim: netsim: takes a mapping with {' and '.join(sorted(KEYS))}")
    if found.get("dialect", "debian") not in ("debian", "busybox"):
        raise ComposeProblem(f"services.{name}.x-netsim.dialect: netsim: is debian or busybox")
    return found


def ensure_image(engine: Engine, project: Project, name: str) -> str:
    """The engine has the image of a service afterwards, a stand-in if need be; how it came by it, in words, or nothing when it is its own."""
    service = project.services[name]
    wanted = declared(name, service)
    reference = image_name(project, name)
    listen = wanted.get("listen")
    if listen is None and _known(engine, reference):
        return ""
    base, tag = split(reference)
    if listen is not None:
        where, why = texts(name, listen), "x-netsim"
        reference = stand_in_name(project, name)
    elif (public := public_images.ports(base, tag)) is not None:
        where, why = public.split(), "known to listen there"
    else:
        where, why = _told(service), "its ports"
    found = read_ports(name, where)
    shown_ports = " ".join(str(port) for port in found) or "nothing"
    engine.images[reference] = Image(
        reference if listen is not None else base, str(wanted.get("dialect", "debian")), (), ("stand-in", *(str(port) for port in found), "--"),
        tuple(found), tools={"stand-in": TOOL}, tag="latest" if listen is not None else tag, stop_signal="SIGTERM",
    )  # fmt: skip
    return f"image {reference}: a stand-in listens on {shown_ports} ({why})"


def stand_in_name(project: Project, name: str) -> str:
    """What the image of a service with `x-netsim: {listen: ...}` is called."""
    return f"{image_name(project, name).partition('@')[0]}"


def texts(name: str, value: Any) -> list[str]:
    """`listen`: one port or several."""
    return [shown(one) if isinstance(one, int) else str(one) for one in (value if isinstance(value, list) else [value])]


def _told(service: Service) -> list[str]:
    """Where a service's containers listen as far as `ports` and `expose` tell."""
    found = [f"{one['target']}/{one.get('protocol', 'tcp')}" for one in service.get("ports", ())]
    return [*found, *(str(one) for one in service.get("expose", ()))]


def read_ports(name: str, items: list[str]) -> list[Port]:
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
    return list(found)


def split(reference: str) -> tuple[str, str]:
    """Name and tag of an image; Docker Hub's own prefixes and digests do not count."""
    bare = reference.partition("@")[0]
    for prefix in ("docker.io/", "index.docker.io/", "library/"):
        bare = bare.removeprefix(prefix)
    head, slash, last = bare.rpartition("/")
    name, _, tag = last.partition(":")
    return f"{head}{slash}{name}", tag or "latest"


def _known(engine: Engine, reference: str) -> int:
    """Whether the engine has an image, or another tag of one of its own, which then stands for this one too."""
    try:
        engine.image(reference)
    except Refusal:
        base, tag = split(reference)
        own = engine.images.get(base)
        if own is None or own.tools.get("stand-in") == TOOL:
            return 0
        engine.images[reference] = attrs.evolve(own, tag=tag)
    return 1
