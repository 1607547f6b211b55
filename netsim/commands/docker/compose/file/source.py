"""Where a project's files come from, one file at a time: read, interpolated, checked, in its long form, with what it extends and includes."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

import attrs

from netsim.commands.docker.compose.file import dotenv
from netsim.commands.docker.compose.file.canonical import canonical
from netsim.commands.docker.compose.file.document import Marked, documents, inside, text_keys
from netsim.commands.docker.compose.file.interpolate import Variables, interpolate
from netsim.commands.docker.compose.file.merge import bare, distinct, merge, settled, unified
from netsim.commands.docker.compose.file.paths import REMOTE, absolute, resolved
from netsim.commands.docker.compose.file.problem import ComposeProblem, Reader, no_such_file
from netsim.commands.docker.compose.file.schema import validate

OBSOLETE = "the attribute `version` is obsolete, it will be ignored, please remove it to avoid potential confusion"
IMPORTED = ("services", "networks", "volumes", "secrets", "configs")
MOST_FILES = 200


@attrs.define
class Source:
    """The files that are read for one project."""

    read: Reader
    variables: Variables
    directory: str
    """Relative paths are relative to it."""
    warnings: list[str] = attrs.field(factory=list)
    texts: dict[str, str] = attrs.field(factory=dict)
    """Path -> text of every file that was read."""
    included: tuple[str, ...] = ()
    resources: int = 0
    """How many times something was extended or included, against files that do it without end."""

    def text(self, path: str) -> str:
        """A file's text; ComposeProblem."""
        if path not in self.texts:
            try:
                self.texts[path] = self.read(path)
            except (OSError, UnicodeDecodeError) as problem:
                if isinstance(problem, FileNotFoundError) or getattr(problem, "errno", 0) == 2:
                    raise no_such_file(path) from None
                why = (getattr(problem, "strerror", None) or str(problem)).lower()
                raise ComposeProblem(f"{'read' if 'directory' in why else 'open'} {path}: {why}") from None
        return self.texts[path]

    def again(self) -> None:
        """One more thing that was extended or included."""
        self.resources += 1
        if self.resources > MOST_FILES:
            raise ComposeProblem(f"netsim: a project that extends and includes more than {MOST_FILES} times is not read")


def load(source: Source, paths: tuple[str, ...]) -> dict[str, Any]:
    """The tree of several files laid over each other. ComposeProblem."""
    tree: dict[str, Any] = {}
    for path in paths:
        for document in documents(source.text(path), path):
            if document is None:
                if not tree and path == paths[-1]:
                    raise ComposeProblem("empty compose file")
                continue
            tree = merge(tree, _one(source, document, path, tree)) if tree else bare(_one(source, document, path, tree))
    if not tree:
        raise ComposeProblem("empty compose file")
    return tree


def _one(source: Source, document: Any, path: str, under: Mapping[str, Any]) -> dict[str, Any]:
    """One document of a file, with what the files before it said."""
    raw = text_keys(document)
    if not isinstance(raw, dict):
        raise ComposeProblem("top-level object must be a mapping")
    raw = interpolate(raw, source.variables)
    _check_mappings(raw, path)
    raw = distinct(settled(raw, under))
    validate(raw, path)
    if raw.pop("version", None) is not None:
        source.warnings.append(f"{path}: {OBSOLETE}")
    tree = unified(resolved(canonical(raw), source.directory))
    if "services" in tree:
        tree["services"] = inside(tree["services"], _Extending(source, path))
    for include in tree.pop("include", None) or ():
        _include(source, tree, include, path)
    return tree


@attrs.frozen
class _Extending:
    """Services with what they extend."""

    source: Source
    path: str

    def __call__(self, services: Any) -> Any:
        """Each of them."""
        return {name: extended(self.source, services, name, self.path, ()) for name in services}


def _check_mappings(raw: Mapping[str, Any], path: str) -> None:
    """What extending looks into before anything is checked by the schema."""
    services = raw.get("services")
    if "services" in raw and not isinstance(services, (dict, Marked)):
        raise ComposeProblem("services must be a mapping")
    for name, service in (services if isinstance(services, dict) else {}).items():
        if service is not None and not isinstance(service, (dict, Marked)):
            raise ComposeProblem(f"services.{name} must be a mapping")
        extends = service.get("extends", "") if isinstance(service, dict) else ""
        if isinstance(extends, dict) and "service" not in extends:
            raise ComposeProblem(f"extends.{name}.service is required")
        if not isinstance(extends, (dict, str, Marked)):
            raise ComposeProblem(f'cannot extend service "{name}" in {path}: service "" not found')


def extended(source: Source, services: Mapping[str, Any], name: str, path: str, chain: tuple[tuple[str, str], ...]) -> Any:
    """A service with what it extends laid under it; ComposeProblem for circles and what is not there."""
    service = services[name]
    if not isinstance(service, dict) or service.get("extends") is None:
        return service
    wanted = service["extends"]
    base_name, file, where = wanted["service"], wanted.get("file"), wanted.get("written") or path
    if (name, where) in chain:
        first, *others = (*chain, (name, where))
        lines = [f"  {first[0]} in {first[1]}", *(f"  extends {one[0]} in {one[1]}" for one in others)]
        raise ComposeProblem("Circular reference:\n" + "\n".join(lines))
    source.again()
    if file is not None:
        services = load_services(source, file, base_name, f"{path}\0{name}")
    if base_name not in services:
        raise ComposeProblem(f'cannot extend service "{name}" in {path}: service "{base_name}" not found{f" in {where}" if file is not None else ""}')
    base = extended(source, services, base_name, file or path, (*chain, (name, where)))
    own = {key: value for key, value in service.items() if key != "extends"}
    merged: dict[str, Any] = merge({"services": {name: bare(base)}}, {"services": {name: own}})
    return merged["services"][name]


def load_services(source: Source, path: str, wanted: str, blamed: str) -> dict[str, Any]:
    """The services of a file that another one extends, whose own `extends` are still there; what is wrong with the wanted one is told of the other."""
    found: dict[str, Any] = {}
    file, name = blamed.split("\0")
    for document in documents(source.text(path), path):
        raw = text_keys(document)
        if isinstance(raw, dict):
            raw = distinct(interpolate(raw, source.variables))
            _check_mappings(raw, path)
            services = raw.get("services") or {}
            if isinstance(services, dict):
                for key, one in services.items():
                    validate({"services": {name if key == wanted else key: one}}, file if key == wanted else path)
                found.update(bare(unified(resolved(canonical({"services": services}), posixpath.dirname(path)))).get("services") or {})
    return found


def _include(source: Source, tree: dict[str, Any], include: Mapping[str, Any], path: str) -> None:
    """Another project's resources in this one; those of the same name must be the same."""
    source.again()
    remote = next((one for one in include["path"] if one.startswith(REMOTE)), None)
    if remote is not None:
        raise ComposeProblem(f"docker compose: netsim: include of {remote}: files elsewhere are not modelled")
    paths = tuple(absolute(one, source.directory) for one in include["path"])
    loaded = (*source.included, path)
    if paths and paths[0] in loaded:
        raise ComposeProblem("include cycle detected:\n" + "\n include ".join((*loaded, paths[0])))
    directory = absolute(include["project_directory"], source.directory) if include.get("project_directory") else posixpath.dirname(paths[0])
    known = dict(source.variables.values)
    given = include.get("env_file")
    env_files = [absolute(one, source.directory) for one in ([given] if isinstance(given, str) else given or ())]
    if not env_files and _is_there(source, f"{directory}/.env"):
        env_files = [f"{directory}/.env"]
    for file in env_files:
        for name, value in dotenv.parse(source.text(file), known, file).items():
            known.setdefault(name, value)
    variables = Variables(known, source.variables.warnings, source.variables.asked)
    inner = attrs.evolve(source, variables=variables, directory=directory, included=loaded)
    other = load(inner, paths)
    source.resources = inner.resources
    for section in IMPORTED:
        for name, value in (other.get(section) or {}).items():
            own = tree.setdefault(section, {})
            if not isinstance(own, dict):
                continue
            if name in own and bare(own[name]) != value:
                raise ComposeProblem(f"{section}.{name} conflicts with imported resource")
            own[name] = value


def _is_there(source: Source, path: str) -> bool:
    try:
        source.text(path)
    except ComposeProblem:
        return False
    return True
