"""docker compose config: the project as it is after everything was merged and resolved."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.commands.docker.compose.file.problem import ComposeProblem
from netsim.commands.docker.compose.file.project import Project
from netsim.commands.docker.compose.file.shape import escaped, go_json, network_json, shaped
from netsim.commands.docker.compose.file.write import write
from netsim.commands.docker.compose.request import as_json, service_hash
from netsim.commands.docker.compose.session import Compose, ComposeCommand
from netsim.commands.docker.flags import BOOL, Flag, Parsed
from netsim.commands.docker.listing import align
from netsim.machine.call import Program, Result

UNMODELLED = (
    "lock-image-digests",
    "no-interpolate",
    "no-normalize",
    "no-path-resolution",
    "resolve-image-digests",
    "no-env-resolution",
    "no-consistency",
    "models",
)
LISTS = ("services", "volumes", "networks", "images", "profiles", "hash", "environment", "variables")


def config(compose: Compose, parsed: Parsed) -> Result | Program:
    """docker compose config."""
    for option in UNMODELLED:
        if parsed.has(option):
            raise ComposeProblem(f"docker compose: netsim: config --{option} is not modelled")
    form = parsed.text("format")
    if form not in ("", "yaml", "json"):
        raise ComposeProblem(f'unsupported format "{form}"')
    project = chosen_services(compose.load(parsed.words), parsed.words)
    text = _text(project, parsed, form)
    if parsed.text("output") and not parsed.has("quiet"):
        path = f"{compose.call.proc.cwd.rstrip('/')}/{parsed.text('output')}" if not parsed.text("output").startswith("/") else parsed.text("output")
        compose.call.machine.files.write(compose.call.proc, path, text.encode())
    elif not parsed.has("quiet"):
        compose.docker.out.append(text)
    return compose.result()


def chosen_services(project: Project, names: tuple[str, ...]) -> Project:
    """A project with some of its services only, and with those they need; ComposeProblem."""
    if not names:
        return project
    for name in names:
        project.service(name)
    kept = project.with_dependencies(names)
    networks = {key for name in kept for key in project.services[name].get("networks") or ()}
    return attrs.evolve(
        project,
        services={name: one for name, one in project.services.items() if name in kept},
        networks={key: one for key, one in project.networks.items() if key in networks},
    )


def _text(project: Project, parsed: Parsed, form: str) -> str:
    if parsed.has("services"):
        return _lines([name for level in project.levels(project.services) for name in level])
    if parsed.has("volumes") or parsed.has("networks"):
        return _lines(sorted(project.volumes if parsed.has("volumes") else project.networks))
    if parsed.has("images"):
        return _lines([str(one.get("image") or f"{project.name}-{name}") for name, one in sorted(project.services.items())])
    if parsed.has("profiles"):
        return _lines(sorted({profile for one in (*project.services.values(), *project.disabled.values()) for profile in one.get("profiles", ())}))
    if parsed.given("hash"):
        return _hashes(project, parsed.text("hash"))
    if parsed.has("environment"):
        return _lines([f"{name}={value}" for name, value in sorted(project.environment.items())])
    if parsed.has("variables"):
        return _variables(project)
    if form == "json":
        return as_text(project)
    return write(escaped(shaped(project)))


def _lines(names: list[str]) -> str:
    return "".join(f"{name}\n" for name in names)


def _hashes(project: Project, wanted: str) -> str:
    names = sorted(project.services) if wanted == "*" else wanted.split(",")
    for name in names:
        if name not in project.services:
            raise ComposeProblem(f"no such service: {name}: not found")
    return _lines([f"{name} {service_hash(project.services[name])}" for name in sorted(names)])


def _variables(project: Project) -> str:
    head = ("NAME", "REQUIRED", "DEFAULT VALUE", "ALTERNATE VALUE")
    rows = [(name, str(bool(required)).lower(), default, alternative) for name, (default, alternative, required) in sorted(project.asked.items())]
    return align("".join("\t".join(cells) + "\n" for cells in (head, *rows)), 20, 3)


def as_text(project: Project) -> str:
    """The project as JSON."""
    told = shaped(project)
    services = {name: as_json(one) for name, one in told.pop("services").items()}
    networks = {key: network_json(one) for key, one in told.pop("networks", {}).items()}
    made: dict[str, Any] = {"name": told.pop("name"), **({"networks": networks} if networks else {}), "services": services, **told}
    made = {"name": made["name"], **{key: made[key] for key in sorted(made) if key != "name"}}
    return go_json(escaped(made), 2)


CONFIG_COMMANDS = (
    ComposeCommand(
        "config", "[OPTIONS] [SERVICE...]", "Parse, resolve and render compose file in canonical format",
        (
            Flag("environment", "", BOOL), Flag("format"), Flag("hash"), Flag("images", "", BOOL), *(Flag(name, "", BOOL) for name in UNMODELLED),
            Flag("networks", "", BOOL), Flag("output", "o"), Flag("profiles", "", BOOL), Flag("quiet", "q", BOOL), Flag("services", "", BOOL),
            Flag("variables", "", BOOL), Flag("volumes", "", BOOL),
        ), config,
    ),
)  # fmt: skip
