"""docker compose ps, ls, images, port, top and version."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from netsim.commands.docker.compose.file.problem import ComposeProblem
from netsim.commands.docker.compose.request import LABEL, number_of, service_of
from netsim.commands.docker.compose.session import Compose, ComposeCommand
from netsim.commands.docker.compose.up import known
from netsim.commands.docker.flags import BOOL, INT, LIST, Flag, Parsed
from netsim.commands.docker.lifecycle import top_rows
from netsim.commands.docker.listing import Columns, align, show
from netsim.commands.docker.ps import row
from netsim.commands.docker.spans import human
from netsim.commands.docker.template import TemplateError, check
from netsim.docker.engine.container import Container
from netsim.docker.engine.views.ports import PublicPort, public_ports
from netsim.docker.image import image_id
from netsim.machine.call import Program, Result

COLUMNS = Columns(
    "*formatter.ContainerContext",
    {
        "Name": "NAME", "Image": "IMAGE", "Command": "COMMAND", "Service": "SERVICE", "RunningFor": "CREATED", "Status": "STATUS", "Ports": "PORTS",
        "ID": "CONTAINER ID", "State": "STATE", "CreatedAt": "CREATED AT", "ExitCode": "EXIT CODE", "Health": "HEALTH", "Labels": "LABELS",
        "LocalVolumes": "LOCAL VOLUMES", "Mounts": "MOUNTS", "Names": "NAMES", "Networks": "NETWORKS", "Project": "PROJECT", "Publishers": "PUBLISHERS",
        "Size": "SIZE",
    },
    "{{.Name}}\t{{.Image}}\t{{.Command}}\t{{.Service}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}",
    "{{.ID}}",
)  # fmt: skip


def ps(compose: Compose, parsed: Parsed) -> Result | Program:
    """docker compose ps."""
    project, name = compose.project_or_name(parsed.words)
    if project is not None:
        known(project, parsed.words)
    statuses = _statuses(parsed)
    every = parsed.has("all") or bool(statuses)
    found = [
        one
        for one in compose.members(name, parsed.words, oneoff=1)
        if (every or one.state.is_running)
        and (not statuses or one.state.status in statuses)
        and (parsed.has("all") or _is_known(parsed, project, one))
    ]
    found.sort(key=_name)
    if parsed.has("quiet"):
        compose.docker.out += [f"{one.id}\n" for one in found]
        return compose.result()
    if parsed.has("services"):
        compose.docker.out += [f"{service}\n" for service in dict.fromkeys(service_of(one) for one in found)]
        return compose.result()
    if parsed.text("format") == "json":
        compose.docker.out += [json.dumps(_told(compose, one), ensure_ascii=False, separators=(",", ":")) + "\n" for one in found]
        return compose.result()
    problem = form_problem(parsed.text("format"))
    if problem:
        raise ComposeProblem(problem)
    rows = [_row(compose, one, int(parsed.has("no-trunc"))) for one in found]
    return show(compose.docker, COLUMNS, parsed.text("format"), rows, quiet=0)


def form_problem(form: str) -> str:
    """A template is read before anything is shown."""
    try:
        check(form.removeprefix("table").strip() if form.startswith("table") else form)
    except TemplateError as problem:
        return f"template parsing error: {problem}"
    return ""


def _name(container: Container) -> str:
    return container.name


def _is_known(parsed: Parsed, project: Any, container: Container) -> bool:
    """Orphans are shown unless `--orphans=false`."""
    return not parsed.given("orphans") or parsed.has("orphans") or project is None or service_of(container) in project.services


def _statuses(parsed: Parsed) -> tuple[str, ...]:
    found = list(parsed.many("status"))
    for text in (parsed.text("filter"),) if parsed.given("filter") else ():
        key, equals, value = text.partition("=")
        if not equals:
            raise ComposeProblem("arguments to --filter should be in form KEY=VAL")
        if key != "status":
            raise ComposeProblem(f"unknown filter {key}")
        found.append(value)
    return tuple(found)


def _row(compose: Compose, container: Container, whole: int) -> dict[str, str]:
    told = row(compose.docker, container, whole=whole)
    health = container.health.status if container.health is not None else ""
    return {
        **told, "Name": container.name, "Service": service_of(container), "Project": container.spec.labels.get(LABEL + "project", ""), "Health": health,
        "ExitCode": str(container.state.exit_code), "Publishers": _publishers(container), "Ports": ports(container),
    }  # fmt: skip


def ports(container: Container) -> str:
    """Ports as compose writes them: published ones with their addresses, runs of numbers as one, addresses of IPv6 in brackets."""
    texts = []
    for one in sorted(public_ports(container), key=_unpublished_first):
        address = f"[{one.ip}]" if ":" in one.ip else one.ip
        texts.append(f"{address}:{one.public}->{one.private}/{one.protocol}" if one.public else f"{one.private}/{one.protocol}")
    return ", ".join(texts)


def _unpublished_first(port: PublicPort) -> tuple[int, int, str, int, str]:
    return (int(bool(port.public)), *_port_order(port))


def _port_order(port: PublicPort) -> tuple[int, str, int, str]:
    return (port.private, port.ip, port.public, port.protocol)


def _publishers(container: Container) -> str:
    found = [one for one in public_ports(container) if one.public]
    return "[" + " ".join(f"{{{one.ip} {one.private} {one.public} {one.protocol}}}" for one in found) + "]"


def _told(compose: Compose, container: Container) -> dict[str, Any]:
    told = _row(compose, container, 0)
    published = [
        {"URL": one.ip, "TargetPort": one.private, "PublishedPort": one.public, "Protocol": one.protocol}
        for one in sorted(public_ports(container), key=_port_order)
    ]
    made: dict[str, Any] = {key: told[key] for key in ("Command", "CreatedAt", "Health", "ID", "Image", "Labels", "LocalVolumes", "Mounts", "Name", "Names", "Networks", "Ports", "Project", "RunningFor", "Service", "Size", "State", "Status")}  # fmt: skip
    made |= {"ExitCode": container.state.exit_code, "Publishers": published}
    return {key: made[key] for key in sorted(made)}


def ls(compose: Compose, parsed: Parsed) -> Result | Program:
    """docker compose ls."""
    projects: dict[str, list[Container]] = {}
    for container in compose.engine.containers.values():
        name = container.spec.labels.get(LABEL + "project")
        if name:
            projects.setdefault(name, []).append(container)
    wanted = [text.partition("=")[2] for text in parsed.many("filter") if text.startswith("name=")]
    rows = []
    for name, there in sorted(projects.items()):
        status = _status(there)
        files = sorted({path for one in there for path in one.spec.labels.get(LABEL + "project.config_files", "").split(",") if path}) or ["N/A"]
        if (parsed.has("all") or "running" in status) and all(text in name for text in wanted):
            rows.append({"Name": name, "Status": status, "ConfigFiles": ",".join(files)})
    if parsed.has("quiet"):
        compose.docker.out += [f"{one['Name']}\n" for one in rows]
    elif parsed.text("format") == "json":
        compose.docker.print(json.dumps(rows, separators=(",", ":")))
    else:
        _table(compose, ("NAME", "STATUS", "CONFIG FILES"), [tuple(one.values()) for one in rows])
    return compose.result()


def _status(there: Sequence[Container]) -> str:
    counts: dict[str, int] = {}
    for one in there:
        counts[one.state.status] = counts.get(one.state.status, 0) + 1
    return ", ".join(f"{name}({count})" for name, count in sorted(counts.items()))


def _table(compose: Compose, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns at least twenty wide, three blanks apart."""
    compose.docker.out.append(align("".join("\t".join(cells) + "\n" for cells in (head, *rows)), 20, 3))


def images(compose: Compose, parsed: Parsed) -> Result | Program:
    """docker compose images."""
    _, name = compose.project_or_name()
    found = sorted(compose.members(name, parsed.words, oneoff=1), key=_name)
    if parsed.has("quiet"):
        compose.docker.out += [f"{identity}\n" for identity in dict.fromkeys(image_id(one.image)[7:] for one in found)]
        return compose.result()
    made = human(compose.engine.now() - compose.engine.machine.epoch) + " ago"
    head = ("CONTAINER", "REPOSITORY", "TAG", "PLATFORM", "IMAGE ID", "SIZE", "CREATED")
    rows = [(one.name, one.image.name, one.image.tag, "linux/amd64", image_id(one.image)[7:19], "0B", made) for one in found]
    if parsed.text("format") == "json":
        keys = ("ContainerName", "Repository", "Tag", "Platform", "ID", "Size", "Created")
        compose.docker.print(json.dumps([dict(zip(keys, cells, strict=True)) for cells in rows], separators=(",", ":")))
    else:
        _table(compose, head, rows)
    return compose.result()


def port(compose: Compose, parsed: Parsed) -> Result | Program:
    """docker compose port."""
    service, text = parsed.words[:2]
    if not (text.isascii() and text.isdigit()):
        raise ComposeProblem(f'strconv.ParseUint: parsing "{text}": invalid syntax')
    index, protocol = parsed.number("index"), parsed.text("protocol") or "tcp"
    if int(text) > 65535:
        raise ComposeProblem(f'strconv.ParseUint: parsing "{text}": value out of range')
    _, name = compose.project_or_name()
    found = [one for one in compose.members(name, [service]) if one.state.is_running and (not index or number_of(one) == index)]
    if not found:
        raise ComposeProblem(f'service "{service}" is not running' + (f" container #{index}" if index else ""))
    there = sorted(public_ports(found[0]), key=_port_order)
    for one in there:
        if one.private == int(text) and one.protocol == protocol and one.public:
            compose.docker.print(f"[{one.ip}]:{one.public}" if ":" in one.ip else f"{one.ip}:{one.public}")
            return compose.result()
    others = ", ".join(f"{one.public}/{one.protocol}" for one in there)
    raise ComposeProblem(f"no port {text}/{protocol} for container {found[0].name}: {others}")


def top(compose: Compose, parsed: Parsed) -> Result | Program:
    """docker compose top."""
    _, name = compose.project_or_name()
    there = [one for one in compose.members(name, parsed.words) if one.state.is_running]
    rows: list[tuple[str, ...]] = []
    for one in there:
        rows += [(service_of(one), str(number_of(one)), *cells) for cells in top_rows(compose.engine, one)]
    if rows:
        head = ("SERVICE", "#", "UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD")
        compose.docker.out.append(align("".join("\t".join(cells) + "\n" for cells in (head, *rows)), 4, 2))
    return compose.result()


def version(compose: Compose, parsed: Parsed) -> Result | Program:
    """docker compose version."""
    if parsed.has("short"):
        compose.docker.print(compose.version)
    elif parsed.text("format") == "json":
        compose.docker.print(f'{{"version":"v{compose.version}"}}')
    else:
        compose.docker.print(f"Docker Compose version v{compose.version}")
    return compose.result()


LISTING_COMMANDS = (
    ComposeCommand(
        "ps", "[OPTIONS] [SERVICE...]", "List containers",
        (
            Flag("all", "a", BOOL), Flag("filter"), Flag("format"), Flag("no-trunc", "", BOOL), Flag("orphans", "", BOOL), Flag("quiet", "q", BOOL),
            Flag("services", "", BOOL), Flag("status", "", LIST),
        ), ps,
    ),
    ComposeCommand("ls", "[OPTIONS]", "List running compose projects", (Flag("all", "a", BOOL), Flag("filter", "", LIST), Flag("format"), Flag("quiet", "q", BOOL)), ls),
    ComposeCommand("images", "[OPTIONS] [SERVICE...]", "List images used by the created containers", (Flag("format"), Flag("quiet", "q", BOOL)), images),
    ComposeCommand("port", "[OPTIONS] SERVICE PRIVATE_PORT", "Print the public port for a port binding", (Flag("index", "", INT), Flag("protocol")), port, 2),
    ComposeCommand("top", "[SERVICES...]", "Display the running processes", (), top),
    ComposeCommand("version", "[OPTIONS]", "Show the Docker Compose version information", (Flag("format", "f"), Flag("short", "", BOOL)), version),
)  # fmt: skip
