"""From where a command is typed, and with which options, to a project (compose-go `cli.ProjectOptions`)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from netsim.commands.docker.compose.file import dotenv
from netsim.commands.docker.compose.file.document import Marked, documents
from netsim.commands.docker.compose.file.interpolate import BadTemplate, Variables, substitute
from netsim.commands.docker.compose.file.merge import bare
from netsim.commands.docker.compose.file.paths import absolute
from netsim.commands.docker.compose.file.problem import ComposeProblem, Reader
from netsim.commands.docker.compose.file.project import Project, check, normalised
from netsim.commands.docker.compose.file.source import Source, load

NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
OVERRIDES = ("compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml")
PROJECT_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
SECTIONS = ("services", "networks", "volumes", "secrets", "configs")


@attrs.frozen
class Wanted:
    """How a project was asked for (`docker compose -f ... -p ... --profile ...`)."""

    cwd: str
    environment: Mapping[str, str]
    files: Sequence[str] = ()
    name: str = ""
    directory: str = ""
    env_files: Sequence[str] = ()
    profiles: Sequence[str] = ()
    services: Sequence[str] = ()
    """Services named on the command line: their profiles count as wanted."""
    keeps_all: int = 0
    """Whether what nothing uses stays."""


@attrs.frozen
class Loaded:
    """A project and what was said while it was read."""

    project: Project
    warnings: tuple[str, ...] = ()


def assemble(wanted: Wanted, read: Reader) -> Loaded:
    """Read a project; ComposeProblem, with what was said before."""
    warnings: list[str] = []
    try:
        return _assembled(wanted, read, warnings)
    except ComposeProblem as problem:
        problem.warnings = tuple(warnings)
        raise


def _assembled(wanted: Wanted, read: Reader, warnings: list[str]) -> Loaded:
    environment, files, directory = _where(wanted, read, warnings)
    variables = Variables(environment, warnings)
    source = Source(read, variables, directory, warnings)
    name = project_name(wanted, environment, files, directory, source)
    variables.values = environment = {**environment, "COMPOSE_PROJECT_NAME": name}
    tree = normalised(bare(load(source, files)), source, name)
    for section in SECTIONS:
        for key, value in (tree.get(section) or {}).items():
            if not isinstance(value, dict):
                raise ComposeProblem(f"{section}.{key} must be a mapping")
    profiles = [*wanted.profiles, *(one for one in environment.get("COMPOSE_PROFILES", "").split(",") if one)]
    enabled, disabled = _by_profile(tree["services"], profiles, wanted.services)
    project = Project(
        name, directory, files, enabled, disabled, tree["networks"], tree["volumes"], tree["secrets"], tree["configs"],
        {key: value for key, value in tree.items() if key.startswith("x-")}, environment, variables.asked,
    )  # fmt: skip
    check(project, wanted.services)
    return Loaded(project if wanted.keeps_all else trimmed(project), tuple(warnings))


def _where(wanted: Wanted, read: Reader, warnings: list[str]) -> tuple[dict[str, str], tuple[str, ...], str]:
    """The environment with `.env`, the files, and the project's directory."""
    environment = dict(wanted.environment)
    files = [absolute(one, wanted.cwd) if one != "-" else one for one in wanted.files]
    directory = absolute(wanted.directory, wanted.cwd) if wanted.directory else posixpath.dirname(files[0]) if files and files[0] != "-" else ""
    for path in _env_files(wanted, environment, read, directory or wanted.cwd):
        for name, value in dotenv.parse(_text(read, path, wanted), environment, path).items():
            environment.setdefault(name, value)
    if not files and environment.get("COMPOSE_FILE"):
        separator = environment.get("COMPOSE_PATH_SEPARATOR") or ":"
        files = [absolute(one, directory or wanted.cwd) for one in environment["COMPOSE_FILE"].split(separator)]
    if not files:
        files = _found(directory or wanted.cwd, read, warnings)
        own = posixpath.dirname(files[0])
        if not directory and own != wanted.cwd and exists(read, f"{own}/.env") and not wanted.env_files:
            for name, value in dotenv.parse(read(f"{own}/.env"), environment, f"{own}/.env").items():
                environment.setdefault(name, value)
    directory = directory or (wanted.cwd if files[0] == "-" else posixpath.dirname(files[0]))
    return environment, tuple(files), directory


def _env_files(wanted: Wanted, environment: Mapping[str, str], read: Reader, directory: str) -> list[str]:
    given = list(wanted.env_files) or [one for one in environment.get("COMPOSE_ENV_FILES", "").split(",") if one]
    if given:
        return [absolute(one, wanted.cwd) for one in reversed(given)]
    if environment.get("COMPOSE_DISABLE_ENV_FILE", "").lower() in ("1", "true"):
        return []
    return [f"{directory}/.env"] if exists(read, f"{directory}/.env") else []


def _text(read: Reader, path: str, wanted: Wanted) -> str:
    try:
        return read(path)
    except OSError:
        raise ComposeProblem(f"couldn't find env file: {path}") from None


def exists(read: Reader, path: str) -> bool:
    """Whether a file is there."""
    try:
        read(path)
    except (OSError, UnicodeDecodeError):
        return False
    return True


def _found(directory: str, read: Reader, warnings: list[str]) -> list[str]:
    """The files of the directory, or of the nearest one above that has any."""
    while True:
        there = [f"{directory.rstrip('/')}/{name}" for name in NAMES if exists(read, f"{directory.rstrip('/')}/{name}")]
        if there:
            break
        if directory in ("/", ""):
            raise ComposeProblem("no configuration file provided: not found")
        directory = posixpath.dirname(directory)
    if len(there) > 1:
        warnings += [f"Found multiple config files with supported names: {', '.join(there)}", f"Using {there[0]}"]
    over = [f"{directory.rstrip('/')}/{name}" for name in OVERRIDES if exists(read, f"{directory.rstrip('/')}/{name}")]
    if len(over) > 1:
        warnings += [f"Found multiple override files with supported names: {', '.join(over)}", f"Using {over[0]}"]
    return [there[0], *over[:1]]


def project_name(wanted: Wanted, environment: Mapping[str, str], files: Sequence[str], directory: str, source: Source) -> str:
    """-p, COMPOSE_PROJECT_NAME, the last file's `name`, or the directory's; ComposeProblem for one that cannot be."""
    given = wanted.name or environment.get("COMPOSE_PROJECT_NAME", "")
    written = _written_name(files, environment, source)
    name = (
        given
        or (normal(written) if written else "")
        or ("" if written else normal(posixpath.basename(directory.rstrip("/"))) or normal(posixpath.basename(wanted.cwd)))
    )
    if not name:
        raise ComposeProblem("project name must not be empty")
    if not PROJECT_NAME.fullmatch(name):
        rule = "must consist only of lowercase alphanumeric characters, hyphens, and underscores as well as start with a letter or number"
        raise ComposeProblem(f'invalid project name "{name}": {rule}')
    return name


def normal(name: str) -> str:
    """A text as a project's name (`NormalizeProjectName`)."""
    return re.sub(r"[^-_a-z0-9]", "", name.lower()).lstrip("_-")


def _written_name(files: Sequence[str], environment: Mapping[str, str], source: Source) -> str:
    found = ""
    for path in files:
        for document in documents(source.text(path), path):
            if document is None:
                continue
            if not isinstance(document, dict):
                raise ComposeProblem(f"yaml: unmarshal errors:\n  line 1: cannot unmarshal {_kind(document)} into cli.named")
            name = document.get("name")
            if isinstance(name, str) and name:
                try:
                    found = substitute(name, Variables(environment))
                except BadTemplate as problem:
                    raise ComposeProblem(
                        str(problem) or f"invalid interpolation format for name.\nYou may need to escape any $ with another $.\n{name}"
                    ) from None
    return found


def _kind(document: Any) -> str:
    """A document that is no mapping, as go-yaml tells it."""
    if isinstance(document, Marked):
        return f"!{document.kind} `{document.value}`" if not isinstance(document.value, (dict, list)) else f"!{document.kind}"
    return "!!seq" if isinstance(document, list) else f"!!{'str' if isinstance(document, str) else 'int'} `{document}`"


def _by_profile(services: Mapping[str, Any], profiles: Sequence[str], named: Sequence[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Services that are wanted, and the others."""
    wanted = {*profiles, *(profile for name in named for profile in services.get(name, {}).get("profiles", ()))}
    enabled = {
        name: one for name, one in services.items() if not one.get("profiles") or "*" in wanted or wanted & set(one["profiles"]) or name in named
    }  # fmt: skip
    return enabled, {name: one for name, one in services.items() if name not in enabled}


def trimmed(project: Project) -> Project:
    """A project without networks, volumes ... that none of its services uses (`WithoutUnnecessaryResources`)."""
    services = project.services.values()
    volumes = {one.get("source") for service in services for one in service.get("volumes", ()) if one.get("type") == "volume"}
    return attrs.evolve(
        project,
        networks=_kept(project.networks, {name for service in services for name in service.get("networks") or ()}),
        volumes=_kept(project.volumes, volumes),
        secrets=_kept(project.secrets, {one["source"] for service in services for one in service.get("secrets", ())}),
        configs=_kept(project.configs, {one["source"] for service in services for one in service.get("configs", ())}),
    )


def _kept(found: Mapping[str, Any], used: set[Any]) -> dict[str, Any]:
    return {name: one for name, one in sorted(found.items()) if name in used}
