"""Several files as one (compose-go `override`): mappings grow together, lists follow each other without repetition, the rest is replaced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from netsim.commands.docker.compose.file import ports
from netsim.commands.docker.compose.file.document import Marked, inside
from netsim.commands.docker.compose.file.interpolate import matches
from netsim.commands.docker.compose.file.problem import ComposeProblem

Path = tuple[str, ...]
REPLACED = tuple(
    ("services", "*", *path.split("."))
    for path in ("command", "entrypoint", "healthcheck.test", "build.entitlements")
)  # fmt: skip


def merge(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Trees in their long form, the second one laid over the first; ComposeProblem where they do not fit."""
    found: dict[str, Any] = _merged(under, over, ())
    return found


def _merged(under: Any, over: Any, path: Path) -> Any:
    if isinstance(over, Marked):
        return over if over.kind == "reset" else over.value
    if any(matches(path, pattern) for pattern in REPLACED if len(pattern) == len(path)):
        return over
    if over is None or isinstance(under, Marked):
        return under if over is None else over
    if len(path) == 3 and path[2] == "logging" and under.get("driver") and over.get("driver") and under["driver"] != over["driver"]:
        return over
    if isinstance(under, dict) and under is not None:
        if not isinstance(over, dict):
            return over if len(path) == 4 and path[2] == "ulimits" else _misfit(path)
        done = dict(under)
        for key, value in over.items():
            done[key] = _merged(done[key], value, (*path, key)) if key in done else value
        return done
    if isinstance(under, list):
        return unique([*under, *over], path) if isinstance(over, list) else _misfit(path)
    return over


def _misfit(path: Path) -> Any:
    raise ComposeProblem(f"cannot override {'.'.join(path)}")


def _target(one: Any) -> str:
    return str(one.get("target") or one.get("source")) if isinstance(one, dict) else str(one)


def _subnet(one: Any) -> str:
    return str(one.get("subnet"))


def _path(one: Any) -> str:
    return str(one.get("path"))


KEYS: Mapping[Path, Callable[[Any], str]] = {
    ("services", "*", "ports"): ports.key, ("services", "*", "volumes"): _target, ("services", "*", "secrets"): _target,
    ("services", "*", "configs"): _target, ("services", "*", "env_file"): _path, ("networks", "*", "ipam", "config"): _subnet,
    **{("services", "*", name): str for name in ("dns", "dns_opt", "dns_search", "expose", "tmpfs", "links", "cap_add", "cap_drop", "extra_hosts", "label_file")},
}  # fmt: skip


def unique(values: list[Any], path: Path) -> list[Any]:
    """A list whose later entries take the place of earlier ones that are the same thing."""
    key = next((key for pattern, key in KEYS.items() if matches(path, pattern)), None)
    if key is None:
        return values
    found: dict[str, Any] = {}
    for one in values:
        name = key(one)
        found[name] = {**found[name], **one} if key is _subnet and name in found else one
    return sorted(found.values()) if path[-1] == "extra_hosts" else list(found.values())


TWICE = (
    "dns",
    "dns_opt",
    "dns_search",
    "expose",
    "cap_add",
    "cap_drop",
    "tmpfs",
    "links",
    "devices",
    "ports",
    "environment",
    "labels",
    "sysctls",
    "annotations",
)
"""Lists of a service in which a file may say the same thing twice; elsewhere the schema forbids it."""


def distinct(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A file's raw tree without what its lists hold twice (`EnforceUnicity`); ComposeProblem for what cannot be told apart."""
    services = raw.get("services")
    if not isinstance(services, dict):
        return dict(raw)
    return {**raw, "services": {name: _distinct_service(one, f"services.{name}") if isinstance(one, dict) else one for name, one in services.items()}}


def _distinct_service(service: Mapping[str, Any], path: str) -> dict[str, Any]:
    done = dict(service)
    for name in TWICE:
        if isinstance(done.get(name), list):
            done[name] = _distinct(done[name], name, f"{path}.{name}")
    if isinstance(done.get("networks"), dict):
        done["networks"] = {
            key: {**one, "aliases": list({repr(alias): alias for alias in one["aliases"]}.values())}
            if isinstance(one, dict) and isinstance(one.get("aliases"), list) else one
            for key, one in done["networks"].items()
        }  # fmt: skip
    return done


def _distinct(values: list[Any], name: str, path: str) -> list[Any]:
    found: dict[str, Any] = {}
    for number, one in enumerate(values):
        key = repr(one) if isinstance(one, (dict, list)) else str(one)
        if name in ("environment", "labels", "sysctls", "annotations"):
            if not isinstance(one, str):
                kind = {bool: "bool", int: "int", float: "float64"}.get(type(one), "map[string]interface {}")
                raise ComposeProblem(f"{path}.[{number}]: unexpected type {kind}")
            key = one.partition("=")[0]
        elif name == "ports" and isinstance(one, dict):
            if not isinstance(one.get("target"), int):
                raise ComposeProblem(f"service ports {path}.[{number}] is missing a target port")
            key = ports.key(one)
        found[key] = one
    return list(found.values())


def bare(tree: Any) -> Any:
    """A tree without its marks: what was reset is gone."""
    if isinstance(tree, dict):
        return {key: bare(value.value if isinstance(value, Marked) else value) for key, value in tree.items() if not is_reset(value)}
    if isinstance(tree, list):
        return [bare(value.value if isinstance(value, Marked) else value) for value in tree if not is_reset(value)]
    return tree


def is_reset(value: Any) -> bool:
    """Whether a value is to be dropped."""
    return isinstance(value, Marked) and value.kind == "reset"


def unified(tree: dict[str, Any]) -> dict[str, Any]:
    """One file's tree whose own lists hold nothing twice."""
    return {**tree, "services": inside(tree["services"], _unified_services)} if "services" in tree else tree


def _unified_services(services: Any) -> Any:
    return {name: inside(service, _unified_service) for name, service in services.items()} if isinstance(services, dict) else services


def _unified_service(service: Any) -> Any:
    if not isinstance(service, dict):
        return service
    return {key: unique(value, ("services", "", key)) if isinstance(value, list) else value for key, value in service.items()}


def settled(raw: Any, under: Any, path: Path = ()) -> Any:
    """A file's raw tree without what it leaves empty and files before it have filled."""
    if not isinstance(raw, dict) or not isinstance(under, dict):
        return raw
    done = {}
    for key, value in raw.items():
        here = (*path, key)
        if value is None and under.get(key) is not None and not any(matches(here, pattern) for pattern in REPLACED if len(pattern) == len(here)):
            continue
        done[key] = settled(value, under.get(key), here)
    return done
