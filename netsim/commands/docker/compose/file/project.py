"""A project: what its files say after all is merged, and what follows from it (compose-go `Normalize`, `checkConsistency`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from netsim.commands.docker.compose.file import dotenv
from netsim.commands.docker.compose.file.durations import check_durations
from netsim.commands.docker.compose.file.problem import ComposeProblem, invalid
from netsim.commands.docker.compose.file.source import Source

Service = Mapping[str, Any]
STARTED = {"condition": "service_started", "required": True}
WITH_RESTART = {"condition": "service_started", "restart": True, "required": True}
SHARED = ("network_mode", "ipc", "pid", "uts", "cgroup")


@attrs.frozen
class Project:
    """Services, networks ... by their keys, in the long form; nothing in it is unused."""

    name: str
    directory: str
    files: tuple[str, ...]
    services: Mapping[str, Service]
    disabled: Mapping[str, Service] = attrs.field(factory=dict)
    """Services whose profiles are not wanted."""
    networks: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)
    volumes: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)
    secrets: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)
    configs: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)
    extensions: Mapping[str, Any] = attrs.field(factory=dict)
    environment: Mapping[str, str] = attrs.field(factory=dict)
    asked: Mapping[str, tuple[str, str, int]] = attrs.field(factory=dict)
    """Variables that the files refer to: default, alternative, whether required."""

    def service(self, name: str) -> Service:
        """A service by name; ComposeProblem when there is none such."""
        if name in self.services:
            return self.services[name]
        raise ComposeProblem(f"no such service: {name}")

    def with_dependencies(self, names: Iterable[str]) -> list[str]:
        """Services and, without end, those they depend on, sorted."""
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in found and name in self.services:
                found.add(name)
                waiting += self.services[name].get("depends_on", {})
        return sorted(found)

    def dependents(self, name: str) -> list[str]:
        """Services that depend on one directly."""
        return [other for other in sorted(self.services) if name in self.services[other].get("depends_on", {})]

    def levels(self, names: Iterable[str]) -> list[list[str]]:
        """Services in the order of their dependencies: each list needs only those before it."""
        left = sorted(set(names) & set(self.services))
        done: list[list[str]] = []
        while left:
            ready = [name for name in left if not set(self.services[name].get("depends_on", {})) & set(left)] or left
            done.append(ready)
            left = [name for name in left if name not in ready]
        return done


def networks_by_priority(service: Service) -> list[str]:
    """A service's networks, the highest priority first, then by name."""
    networks = service.get("networks") or {}
    return sorted(networks, key=lambda name: (-int((networks[name] or {}).get("priority") or 0), name))


def scale(service: Service) -> int:
    """How many containers a service is to have."""
    if service.get("scale") is not None:
        return int(service["scale"])
    replicas = (service.get("deploy") or {}).get("replicas")
    return 1 if replicas is None else int(replicas)


def normalised(tree: Mapping[str, Any], source: Source, name: str) -> dict[str, Any]:
    """A merged tree with what follows from it: the default network, names, implied dependencies, resolved environments."""
    services = {key: _service(key, dict(one or {}), source) for key, one in (tree.get("services") or {}).items()}
    networks = {key: _external(key, dict(one or {}), source) for key, one in (tree.get("networks") or {}).items()}
    networks.setdefault("default", {})
    done = {**tree, "services": services, "networks": networks}
    for section in ("networks", "volumes", "secrets", "configs"):
        found = {key: dict(one or {}) for key, one in (done.get(section) or {}).items()}
        done[section] = {key: {"name": key if one.get("external") else f"{name}_{key}", **one} for key, one in found.items()}
    return done


def _external(key: str, network: dict[str, Any], source: Source) -> dict[str, Any]:
    external = network.get("external")
    if isinstance(external, dict):
        network["external"] = True
        if external.get("name"):
            source.warnings.append(f"networks.{key}: external.name is deprecated. Please set name and external: true")
            if "name" in network and network["name"] != external["name"]:
                raise ComposeProblem(f"networks.{key}: name and external.name conflict; only use name")
            network["name"] = external["name"]
    return network


def _service(name: str, service: dict[str, Any], source: Source) -> dict[str, Any]:
    service = {key: value for key, value in service.items() if value is not None or key in ("networks",)}
    if not service.get("networks"):
        service.pop("networks", None)
        if "network_mode" not in service:
            service["networks"] = {"default": None}
    depends = dict(service.get("depends_on") or {})
    for link in service.get("links", ()):
        depends.setdefault(link.partition(":")[0], WITH_RESTART)
    for key in SHARED:
        if str(service.get(key, "")).startswith("service:"):
            depends.setdefault(service[key].removeprefix("service:"), WITH_RESTART)
    for volume in service.get("volumes_from", ()):
        if not volume.startswith("container:"):
            depends.setdefault(volume.partition(":")[0], {**STARTED, "restart": False})
    if depends:
        service["depends_on"] = depends
    if "build" in service:
        service["build"] = {"dockerfile": "Dockerfile", **service["build"]} if "dockerfile_inline" not in service["build"] else service["build"]
    for secret in service.get("secrets", ()):
        secret.setdefault("target", f"/run/secrets/{secret['source']}")
    _environment(service, source)
    check_durations(name, service)
    return service


def _environment(service: dict[str, Any], source: Source) -> None:
    """env_file below environment; a bare name has the value it has where the command runs."""
    known = source.variables.values
    found: dict[str, Any] = {}
    for file in service.pop("env_file", ()):
        try:
            text = source.text(file["path"])
        except ComposeProblem:
            if file["required"]:
                raise ComposeProblem(f"env file {file['path']} not found: stat {file['path']}: no such file or directory") from None
            continue
        if file.get("format") == "raw":
            lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
            found.update(line.partition("=")[::2] for line in lines)
        else:
            found.update(dotenv.parse(text, {**known, **found}, file["path"]))
    for name, value in service.get("environment", {}).items():
        found[name] = known.get(name) if value is None else value
    if found:
        service["environment"] = found
    else:
        service.pop("environment", None)


def check(project: Project, named: Sequence[str] = ()) -> None:
    """What makes no sense (`checkConsistency`); ComposeProblem. A disabled service that one of those named needs is not there."""
    for name in named:
        for other in project.services[name].get("depends_on", {}) if name in project.services else ():
            if other in project.disabled:
                raise ComposeProblem(f"no such service: {other}")
    for name in sorted(project.services):
        _check_service(project, name, project.services[name])
    _check_cycles(project)
    _check_names(project)
    for kind in ("secrets", "configs"):
        for name, one in getattr(project, kind).items():
            if not one.get("external") and not {"file", "environment", "content", "driver"} & set(one):
                raise ComposeProblem(f"{kind}.{name}: one of {'file|environment' + ('|content' if kind == 'configs' else '')} must be set")


def _check_service(project: Project, name: str, service: Service) -> None:
    if not service.get("image") and "build" not in service and "provider" not in service:
        raise invalid(f'service "{name}" has neither an image nor a build context specified')
    for other, wanted in sorted(service.get("depends_on", {}).items()):
        if other in project.services or (other in project.disabled and not wanted.get("required", True)):
            continue
        raise invalid(f'service "{name}" depends on undefined service "{other}"')
    if service.get("network_mode") and service.get("networks"):
        raise invalid(f"service {name} declares mutually exclusive `network_mode` and `networks`")
    for network in sorted(service.get("networks") or {}):
        if network not in project.networks:
            raise invalid(f'service "{name}" refers to undefined network {network}')
    for volume in service.get("volumes", ()):
        if volume.get("type") == "volume" and volume.get("source") and volume["source"] not in project.volumes:
            raise invalid(f'service "{name}" refers to undefined volume {volume["source"]}')
    for kind in ("secrets", "configs"):
        for one in service.get(kind, ()):
            if one.get("source") not in getattr(project, kind):
                raise invalid(f'service "{name}" refers to undefined {kind[:-1]} {one.get("source")}')
    replicas = (service.get("deploy") or {}).get("replicas")
    if service.get("scale") is not None and replicas is not None and service["scale"] != replicas:
        raise invalid(f"services.{name}: can't set distinct values on 'scale' and 'deploy.replicas'")
    if service.get("container_name") and scale(service) > 1:
        where = "scale" if service.get("scale") is not None else "deploy.replicas"
        raise invalid(f"services.{where}: can't set container_name and {name} as container name must be unique")
    if scale(service) < 0:
        raise ComposeProblem(f"services.{name}.scale: must be greater than or equal to 0")


def _check_names(project: Project) -> None:
    """Two services cannot have one container's name (the text is the real one's)."""
    taken: set[str] = set()
    for name, service in sorted(project.services.items()):
        wanted = service.get("container_name")
        if wanted and wanted in taken:
            raise ComposeProblem(f'services.{name}: container name "{wanted}" is already in use by service {{}}"')
        taken.add(wanted or "")


def _check_cycles(project: Project) -> None:
    """Services that wait for each other."""
    done: set[str] = set()
    for start in sorted(project.services):
        trail = [start]
        waiting = [sorted(project.services[start].get("depends_on", {}))]
        while waiting:
            if not waiting[-1]:
                waiting.pop()
                done.add(trail.pop())
                continue
            name = waiting[-1].pop(0)
            if name in trail:
                raise ComposeProblem(f"dependency cycle detected: {' -> '.join([*trail[trail.index(name) :], name])}")
            if name in project.services and name not in done:
                trail.append(name)
                waiting.append(sorted(project.services[name].get("depends_on", {})))
