"""Containers are created: the request is checked, names and ids are given (`daemon/create.go`, `verifyContainerSettings`)."""

from __future__ import annotations

import re

import attrs

from netsim.docker.engine import endpoints, links, sysctls
from netsim.docker.engine.beside import check_beside
from netsim.docker.engine.container import Container
from netsim.docker.engine.engine import Engine
from netsim.docker.engine.mounts import mounts_of
from netsim.docker.engine.security import check_security
from netsim.docker.errors import Refusal, conflict, invalid
from netsim.docker.ids import new_id, pet_name
from netsim.docker.settings import ContainerSpec, EndpointSettings, HostConfig, RestartPolicy
from netsim.machine.jail import CAPABILITIES

NAME = r"[a-zA-Z0-9][a-zA-Z0-9_.-]"
IS_NAME = re.compile(NAME + "+").fullmatch
PLAIN = EndpointSettings()
LEAST_MEMORY = 6 << 20
BRIDGE_MODES = ("default", "bridge")


def create(engine: Engine, spec: ContainerSpec) -> Container:
    """A container that is not started yet; refused where the daemon refuses the request."""
    warning = ""
    if spec.host.sysctls:
        spec, warning = sysctls.moved(engine, spec)
    image = engine.image(spec.image)
    verify(engine, spec)
    for reference, settings in spec.networks.items():
        endpoints.check_request(engine, reference, settings)
    identity = new_id(engine.rng)
    name = checked_name(engine, spec.name)
    command = spec.command or (image.command if spec.entrypoint is None else ())
    entrypoint = image.entrypoint if spec.entrypoint is None else spec.entrypoint
    if not (*entrypoint, *command):
        raise invalid("No command specified")
    container = Container(identity, name, spec.filled_in(name, tuple(command), tuple(entrypoint)), image, engine.now())
    container.mode = _resolved_mode(engine, spec.host.network_mode)
    container.hostname = _hostname(engine, container)
    container.networks = _attachments(engine, container)
    container.runtime = str(spec.host.reported.get("Runtime", engine.options.default_runtime))
    container.places = list(container.networks)
    container.warning = warning
    host = spec.host
    if host.binds or host.mounts or host.volumes_from:
        container.mounts = mounts_of(engine, spec)
    links.register(engine, container)
    engine.containers[identity] = container
    engine.tell_of(container, "create")
    return container


def checked_name(engine: Engine, wanted: str) -> str:
    """A name for a container: the one asked for if it is free, or one that is drawn."""
    if not wanted:
        return pet_name(engine.rng, {container.name for container in engine.containers.values()})
    name = wanted.removeprefix("/")
    if not IS_NAME(name):
        raise invalid(f"Invalid container name ({wanted}), only {NAME[:-1]}] are allowed")
    for container in engine.containers.values():
        if container.name == name:
            raise conflict(
                f'Conflict. The container name "/{name}" is already in use by container "{container.id}". '
                "You have to remove (or rename) that container to be able to reuse that name."
            )
    return name


def verify(engine: Engine, spec: ContainerSpec) -> None:
    """Options that exclude each other (`runconfig.validateNetMode`)."""
    host, mode = spec.host, spec.host.network_mode
    kind, colon, target = mode.partition(":")
    if kind == "container":
        if not colon or not target:
            raise invalid(f"{engine.profile.mode_problem} network mode: invalid container format container:<name|id>")
        if spec.hostname:
            raise invalid("conflicting options: hostname and the network mode")
        if host.links:
            raise invalid("conflicting options: container type network can't be used with links. This would result in undefined behavior")
        if host.dns:
            raise invalid("conflicting options: dns and the network mode")
        if host.extra_hosts:
            raise invalid("conflicting options: custom host-to-IP mapping and the network mode")
    check_capabilities(host)
    if spec.stop_signal or host.pid_mode or "SecurityOpt" in host.reported or "IpcMode" in host.reported:
        check_security(engine, spec)
    if host.reported:
        check_beside(engine, spec)
    memory = host.reported.get("Memory")
    if isinstance(memory, int) and 0 < memory < LEAST_MEMORY:
        raise invalid("Minimum memory limit allowed is 6MB")
    if spec.working_dir and not spec.working_dir.startswith("/"):
        raise invalid(f"the working directory '{spec.working_dir}' is invalid, it needs to be an absolute path")
    check_restart(engine, host.restart)
    if host.uts_mode == "host" and spec.hostname:
        raise invalid("conflicting options: hostname and the UTS mode")
    if kind == "host" and host.links:
        raise invalid("conflicting options: host type networking can't be used with links. This would result in undefined behavior")
    if kind in ("container", "host") and spec.mac is not None and engine.profile.checks_mac_mode:
        raise invalid("conflicting options: mac-address and the network mode")
    if kind == "container":
        if host.port_bindings or host.publish_all:
            raise invalid("conflicting options: port publishing and the container type network mode")
        if spec.exposed:
            raise invalid("conflicting options: port exposing and the container type network mode")


def check_capabilities(host: HostConfig) -> None:
    """Only capabilities there are (`caps.NormalizeLegacyCapabilities`)."""
    for option, names in (("CapAdd", host.cap_add), ("CapDrop", host.cap_drop)):
        for name in names:
            bare = name.upper().removeprefix("CAP_")
            if bare not in CAPABILITIES and bare != "ALL":
                raise invalid(f'invalid {option}: unknown capability: "CAP_{bare}"')


def check_restart(engine: Engine, policy: RestartPolicy) -> None:
    """A restart policy there is, and a number of tries only where it counts (`ValidateRestartPolicy`)."""
    if policy.name not in ("", "no", "always", "unless-stopped", "on-failure"):
        raise invalid(engine.profile.unknown_restart.format(name=policy.name))
    if policy.maximum and policy.name != "on-failure":
        raise invalid(engine.profile.restart_count.format(name=policy.name))


def _resolved_mode(engine: Engine, mode: str) -> str:
    """`container:NAME` with the full id, unless there is no such container yet; `default` is `bridge` from 27 on."""
    kind, _, target = mode.partition(":")
    if mode == "default" and engine.profile.names_default_network:
        return "bridge"
    if kind != "container":
        return mode
    try:
        return f"container:{engine.container(target).id}"
    except Refusal:
        return mode  # told at the start


def _hostname(engine: Engine, container: Container) -> str:
    spec = container.spec
    if spec.hostname:
        return spec.hostname
    if container.mode == "host" or spec.host.uts_mode == "host":
        return engine.machine.name
    return container.short_id


def network_name(mode: str) -> str:
    """The network a mode stands for; empty when it shares another container's."""
    if mode in BRIDGE_MODES:
        return "bridge"
    return "" if mode.startswith("container:") else mode


def _attachments(engine: Engine, container: Container) -> dict[str, EndpointSettings]:
    """Which networks it will be on, and how (`updateContainerNetworkSettings`)."""
    spec = container.spec
    main = network_name(container.mode)
    wanted, of_task = spec.networks, "com.docker.swarm.task.id" in spec.labels
    if not wanted and main:
        wanted = {main: PLAIN}
    if len(wanted) > 1 and not engine.profile.several_networks_at_create and not of_task:
        raise invalid(f"Container cannot be connected to network endpoints: {', '.join(sorted(wanted))}")
    named: dict[str, EndpointSettings] = {}
    for reference, settings in wanted.items() if of_task else sorted(wanted.items()):
        reference = "bridge" if reference == "default" else reference
        known = engine.known_network(reference)
        if known is None and len(reference) >= 12:
            known = next((network for network in engine.networks.values() if network.id.startswith(reference)), None)
        name = known.spec.name if known is not None else reference
        mac = settings.mac or (spec.mac if reference == main or len(wanted) == 1 else None)
        named[name] = settings if mac == settings.mac else attrs.evolve(settings, mac=mac)
    return named
