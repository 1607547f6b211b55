"""A container, whole (`GET /containers/NAME/json`)."""

from __future__ import annotations

from typing import Any

from netsim.docker.engine.attach import exposed
from netsim.docker.engine.container import Container
from netsim.docker.engine.engine import Engine
from netsim.docker.engine.views.endpoint import network_settings
from netsim.docker.engine.views.host_config import host_config_view
from netsim.docker.engine.views.moment import moment
from netsim.docker.engine.views.release import Shown, shown
from netsim.docker.image import image_id
from netsim.docker.settings import HealthCheck

GONE = {"NetworkSettings": ("Bridge", "HairpinMode", "LinkLocalIPv6Address", "LinkLocalIPv6PrefixLen", "SecondaryIPAddresses", "SecondaryIPv6Addresses"),
        "Config": ("OnBuild",)}  # fmt: skip
"""Fields that 29 has no more."""


def container_view(engine: Engine, container: Container) -> dict[str, Any]:
    """A container (`container.InspectResponse`), in the order in which the release sends it."""
    release = shown(engine.profile)
    path, *args = (*(container.spec.entrypoint or ()), *container.spec.command)
    place = f"/var/lib/docker/containers/{container.id}"
    files = f"/var/lib/docker/containers/{container.mode.partition(':')[2]}" if container.mode.startswith("container:") else place
    view: dict[str, Any] = {
        "Id": container.id, "Created": moment(container.created), "Path": path, "Args": args, "State": state_view(container),
        "Image": image_id(container.image), "ResolvConfPath": f"{files}/resolv.conf", "HostnamePath": f"{files}/hostname", "HostsPath": f"{files}/hosts",
        "LogPath": f"{place}/{container.id}-json.log", "Name": f"/{container.name}", "RestartCount": container.restart_count, "Driver": "vfs",
        "Platform": "linux", "MountLabel": "", "ProcessLabel": "", "AppArmorProfile": "", "ExecIDs": None,
        "HostConfig": host_config_view(container, release), "GraphDriver": {"Data": _graph(container, release), "Name": "vfs"}, "Mounts": mounts_view(container, release),
        "Config": config_view(engine, container), "NetworkSettings": network_settings(engine, container, release),
    }  # fmt: skip
    if not container.state.started:
        for name in ("ResolvConfPath", "HostnamePath", "HostsPath", "LogPath"):
            view[name] = ""
    if release.alphabetic:
        for part, names in GONE.items():
            view[part] = {name: value for name, value in view[part].items() if name not in names}
        view["HostConfig"]["MaskedPaths"] = sorted(view["HostConfig"]["MaskedPaths"] or ()) or None
        return _alphabetic(view)  # type: ignore[no-any-return]
    return view


def _alphabetic(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _alphabetic(value[name]) for name in sorted(value)}
    return [_alphabetic(item) for item in value] if isinstance(value, list) else value


def _graph(container: Container, release: Shown) -> dict[str, str] | None:
    values = {"ID": container.id, "SourceDir": f"/var/lib/docker/vfs/dir/{container.id}"}
    return {name: values[name] for name in release.graph_data} or None


def mounts_view(container: Container, release: Shown) -> list[dict[str, Any]]:
    """`Mounts`, by where they are in the container."""
    found: list[dict[str, Any]] = []
    for point in sorted(container.mounts, key=lambda one: one.target):
        writable = not point.read_only
        if point.kind == "bind":
            source = {"Type": "bind", "Source": point.source}
            found.append({**source, "Destination": point.target, "Mode": point.mode, "RW": writable, "Propagation": "rprivate"})
        elif point.kind == "volume":
            source = {"Type": "volume", "Name": point.source, "Source": f"/var/lib/docker/volumes/{point.source}/_data"}
            mode = point.mode or ("" if point.nameless else "z")
            found.append({**source, "Destination": point.target, "Driver": "local", "Mode": mode, "RW": writable, "Propagation": ""})
    return found


def state_view(container: Container) -> dict[str, Any]:
    """`State`."""
    state, health = container.state, container.health
    return {
        "Status": state.status, "Running": state.is_running or state.status == "restarting", "Paused": state.status == "paused",
        "Restarting": state.status == "restarting", "OOMKilled": False, "Dead": state.status == "dead", "Pid": state.pid, "ExitCode": state.exit_code,
        "Error": state.error, "StartedAt": moment(state.started), "FinishedAt": moment(state.finished),
        **({} if health is None else {"Health": {"Status": health.status, "FailingStreak": health.streak, "Log": []}}),
    }  # fmt: skip


def config_view(engine: Engine, container: Container) -> dict[str, Any]:
    """`Config`: what was asked for, with what the image brings."""
    spec, image = container.spec, container.image
    given = {item.partition("=")[0] for item in spec.env}
    env = [*spec.env, *(item for item in image.env if item.partition("=")[0] not in given)]
    ports = exposed(engine, container)
    view: dict[str, Any] = {
        "Hostname": container.hostname, "Domainname": spec.domainname, "User": spec.user or image.user, "AttachStdin": "stdin" in spec.attached,
        "AttachStdout": "stdout" in spec.attached, "AttachStderr": "stderr" in spec.attached, "ExposedPorts": {str(port): {} for port in ports},
        "Tty": bool(spec.tty), "OpenStdin": bool(spec.open_stdin), "StdinOnce": bool(spec.open_stdin) and "stdin" in spec.attached, "Env": env or None,
        "Cmd": list(spec.command) or None, **({} if spec.health is None else {"Healthcheck": health_view(spec.health)}), "Image": spec.image,
        "Volumes": {path: {} for path in (*image.volumes, *(one.target for one in spec.host.mounts if one.kind == "volume" and not one.source))} or None, "WorkingDir": spec.working_dir or image.working_dir,
        "Entrypoint": list(spec.entrypoint) if spec.entrypoint else None, **({"NetworkDisabled": True} if container.network_disabled else {}), "MacAddress": str(spec.mac) if spec.mac is not None else "", "OnBuild": None,
        "Labels": dict(sorted({**image.labels, **spec.labels}.items())), "StopSignal": spec.stop_signal, "StopTimeout": spec.stop_timeout,
    }  # fmt: skip
    view["ExposedPorts"] = dict(sorted(view["ExposedPorts"].items()))
    for name in ("ExposedPorts", "MacAddress", "StopSignal", "StopTimeout"):
        if not view[name] and view[name] != 0:
            del view[name]
    return view


def health_view(check: HealthCheck) -> dict[str, Any]:
    """`Healthcheck`: what was asked for; what was not is left out."""
    spans = {"Interval": check.interval, "Timeout": check.timeout, "StartPeriod": check.start_period, "StartInterval": check.start_interval}
    return {"Test": list(check.test), **{name: value for name, value in {**spans, "Retries": check.retries}.items() if value}}
