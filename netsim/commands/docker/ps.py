"""docker ps: lists of containers."""

from __future__ import annotations

import json
from collections.abc import Sequence

from netsim.clock import SECOND
from netsim.commands.docker import filters
from netsim.commands.docker.flags import BOOL, INT, LIST, Flag, Parsed
from netsim.commands.docker.listing import Columns, show
from netsim.commands.docker.ports_text import ports_text
from netsim.commands.docker.publish import port_range, split_protocol
from netsim.commands.docker.session import Docker, Subcommand
from netsim.commands.docker.sizes import sized
from netsim.commands.docker.spans import human, written
from netsim.commands.docker.template import TemplateError, check, render
from netsim.commands.docker.template.values import Labels, Row
from netsim.commands.docker.values import name_and_value
from netsim.docker.engine.changes import added_size
from netsim.docker.engine.container import Container
from netsim.docker.engine.engine import Engine
from netsim.docker.engine.views.ports import public_ports
from netsim.docker.engine.views.release import shown
from netsim.docker.errors import Refusal, invalid, not_found
from netsim.docker.image import image_id, image_size
from netsim.machine.call import Result

COLUMNS = Columns(
    "*formatter.ContainerContext",
    {
        "ID": "CONTAINER ID", "Names": "NAMES", "Image": "IMAGE", "Command": "COMMAND", "CreatedAt": "CREATED AT", "RunningFor": "CREATED",
        "Ports": "PORTS", "State": "STATE", "Status": "STATUS", "Size": "SIZE", "Labels": "LABELS", "Mounts": "MOUNTS",
        "LocalVolumes": "LOCAL VOLUMES", "Networks": "NETWORKS",
    },
    "{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}",
    "{{.ID}}",
    "failed to execute template: {problem}",
)  # fmt: skip
FILTERS = (
    "ancestor", "before", "exited", "expose", "health", "id", "is-task", "isolation", "label", "name", "network", "publish", "since", "status",
    "volume",
)  # fmt: skip
SHOWN = 15
"""Letters of a mount's name without --no-trunc."""
HEALTHS = ("none", "starting", "healthy", "unhealthy")
STATUSES = ("created", "restarting", "running", "removing", "paused", "exited", "dead")


def status_text(engine: Engine, container: Container) -> str:
    """`Up 8 seconds`, `Exited (137) 2 minutes ago` (`State.String`)."""
    state, now = container.state, engine.now()
    if state.status == "restarting":
        return f"Restarting ({state.exit_code}) {human(now - state.finished)} ago"
    if state.is_running:
        health = "" if container.health is None else "health: starting" if container.health.status == "starting" else container.health.status
        more = " (Paused)" if state.status == "paused" else f" ({health})" if health else ""
        return f"Up {human(now - state.started)}{more}"
    if state.status == "dead":
        return "Dead"
    if not state.started:
        return "Created"
    return f"Exited ({state.exit_code}) {human(now - state.finished)} ago"


def row(docker: Docker, container: Container, *, whole: int) -> dict[str, str]:
    """The fields of a container."""
    engine = docker.engine
    path, *args = (*(container.spec.entrypoint or ()), *container.spec.command)
    words = " ".join((path, *(f"'{arg}'" if " " in arg else arg for arg in args)))
    made = container.created // SECOND * SECOND
    return {
        "ID": container.id if whole else container.short_id, "Names": ",".join(_names(engine, container, whole=whole)), "Image": container.spec.image,
        "Command": json.dumps(words if whole or len(words) <= 20 else words[:19] + "…", ensure_ascii=False), "CreatedAt": written(made),
        "RunningFor": human(engine.now() - made) + " ago", "Ports": ports_text(public_ports(container), brackets=docker.cli.brackets_ipv6),
        "State": container.state.status, "Status": status_text(engine, container), "Size": "",
        "Labels": Labels({**container.image.labels, **container.spec.labels}), "Mounts": _mounts(container, whole),
        "LocalVolumes": str(sum(point.kind == "volume" for point in container.mounts)), "Networks": ",".join(sorted(container.networks)),
    }  # fmt: skip


def size_text(engine: Engine, container: Container) -> str:
    """What it has written, and that with its image."""
    written = added_size(engine, container)
    return f"{sized(written, 3)} (virtual {sized(written + image_size(container.image), 3)})"


def _mounts(container: Container, whole: int) -> str:
    """Names of its volumes, and where on the host other things are."""
    names = [point.source for point in container.mounts if point.source]
    return ",".join(name if whole or len(name) <= SHOWN else name[: SHOWN - 1] + "…" for name in names)


def _names(engine: Engine, container: Container, *, whole: int) -> list[str]:
    """Its name, and with --no-trunc what others call it by their links."""
    linked = [f"{other.name}/{alias}" for other in engine.containers.values() for alias, target in other.links.items() if target is container]
    return sorted([container.name, *linked]) if whole else [container.name]


def ps(docker: Docker, parsed: Parsed) -> Result:
    """docker ps."""
    form = parsed.text("format")
    problem = _form_problem(docker, form)
    if problem:
        docker.complain(problem)
        return docker.result(1)
    engine = docker.engine
    wanted = filters.read(engine, parsed.many("filter"), FILTERS)
    _check(engine, wanted)
    last = 1 if parsed.has("latest") else parsed.number("last", -1)
    every = parsed.has("all") or last > 0 or "status" in wanted or "exited" in wanted
    found = [
        container
        for container in reversed(engine.containers.values())
        if (every or container.state.is_running or container.state.status == "restarting") and _is_wanted(engine, container, wanted)
    ]
    if last > 0:
        found = found[:last]
    whole = int(parsed.has("no-trunc"))
    rows = [row(docker, one, whole=whole) for one in found]
    if parsed.has("size") or ".Size" in form:
        rows = [{**fields, "Size": size_text(engine, one)} for fields, one in zip(rows, found, strict=True)]
    elif form == "json":
        rows = [{**fields, "Size": "0B"} for fields in rows]
    return show(docker, COLUMNS, form or _default(parsed), rows, quiet=int(parsed.has("quiet")))


def _check(engine: Engine, wanted: dict[str, list[str]]) -> None:
    """Values that filters cannot have (`foldFilter`)."""
    release = shown(engine.profile)
    for status in wanted.get("status", ()):
        if status not in STATUSES:
            raise invalid(release.filter_problem.format(f"status={status}"))
    for code in wanted.get("exited", ()):
        if not code.lstrip("+-").isdigit():
            raise invalid(f'strconv.Atoi: parsing "{code}": invalid syntax')
    filters.truth(engine, "is-task", wanted.get("is-task"), False)
    for health in wanted.get("health", ()):
        if health not in HEALTHS:
            raise invalid(f"Unrecognised filter value for health: {health}")
    for name in ("publish", "expose"):
        for value in wanted.get(name, ()):
            try:
                port_range(split_protocol(value)[0])
            except ValueError as problem:
                raise invalid(f"error while looking up for {name} {value}: {problem}") from None
    for name in ("before", "since"):
        for value in wanted.get(name, ()):
            _other(engine, value)


def _other(engine: Engine, name: str) -> Container:
    """The container that others are older or younger than."""
    try:
        return engine.container(name)
    except Refusal as problem:
        if problem.status == 404:
            raise not_found(shown(engine.profile).no_other.format(name=name)) from None
        raise


def _default(parsed: Parsed) -> str:
    return f"table {COLUMNS.table}\t{{{{.Size}}}}" if parsed.has("size") and not parsed.has("quiet") else ""


def _form_problem(docker: Docker, form: str) -> str:
    """A template is tried before the daemon is asked (`buildContainerListOptions`)."""
    template = form.removeprefix("table").strip() if form.startswith("table") and docker.cli.family != "20.10" else form
    if template in ("", "json", "raw"):
        return ""
    try:
        check(template)
    except TemplateError as problem:
        return f"failed to parse template: {problem}"
    try:
        render(template, Row({**dict.fromkeys(COLUMNS.headers, ""), "Labels": Labels({})}, COLUMNS.go_type))
    except TemplateError as problem:
        return f"failed to execute template: {problem}"
    return ""


def _is_wanted(engine: Engine, container: Container, wanted: dict[str, list[str]]) -> bool:
    state = container.state
    names = (container.name, f"/{container.name}")
    for name in ("before", "since"):
        for value in wanted.get(name, ()):
            other = engine.container(value)
            if (container.created >= other.created) if name == "before" else (container.created <= other.created):
                return False
    return (
        (not wanted.get("name") or any(filters.matches(wanted["name"], name) for name in names))
        and (not wanted.get("id") or any(container.id.startswith(value) for value in wanted["id"]))
        and filters.exactly(wanted.get("status"), state.status)
        and filters.labelled(wanted.get("label"), {**container.image.labels, **container.spec.labels})
        and (not wanted.get("exited") or (bool(state.started) and not state.is_running and str(state.exit_code) in wanted["exited"]))
        and filters.exactly(wanted.get("health"), container.health.status if container.health is not None else "none")
        and (not wanted.get("volume"))
        and (not wanted.get("ancestor") or _descends(container, wanted["ancestor"]))
        and (not wanted.get("network") or _is_on(engine, container, wanted["network"]))
        and (not wanted.get("publish") or _has_port(container, wanted["publish"], published=1))
        and (not wanted.get("expose") or _has_port(container, wanted["expose"], published=0))
    )


def _descends(container: Container, wanted: Sequence[str]) -> bool:
    image = container.image
    return any(value in (image.name, f"{image.name}:{image.tag}", image_id(image), image_id(image)[7:19]) for value in wanted)


def _is_on(engine: Engine, container: Container, wanted: Sequence[str]) -> bool:
    ids = [network.id for network in engine.networks.values() if network.name in container.networks]
    return any(value in container.networks or value in ids for value in wanted)


def _has_port(container: Container, wanted: Sequence[str], *, published: int) -> bool:
    for value in wanted:
        numbers, protocol = split_protocol(value)
        low, high = port_range(numbers)
        for port in public_ports(container):
            if port.protocol == protocol and low <= (port.public if published else port.private) <= high:
                return True
    return False


FILTER = Flag("filter", "f", LIST, name_and_value)
LIST_FLAGS = (FILTER, Flag("format"), Flag("no-trunc", "", BOOL), Flag("quiet", "q", BOOL))
LIST_COMMANDS = (
    Subcommand(
        "ps", "[OPTIONS]", (*LIST_FLAGS, Flag("all", "a", BOOL), Flag("last", "n", INT), Flag("latest", "l", BOOL), Flag("size", "s", BOOL)), 0, 0, ps
    ),
)
