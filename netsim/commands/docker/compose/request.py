"""From services and networks of a project to requests for the daemon (docker/compose `create.go`)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from netsim.addr import MAC
from netsim.clock import SECOND
from netsim.commands.docker.compose.file import shape
from netsim.commands.docker.compose.file.durations import nanoseconds
from netsim.commands.docker.compose.file.problem import ComposeProblem
from netsim.commands.docker.compose.file.project import Project, Service, networks_by_priority
from netsim.commands.docker.compose.stand_ins import image_name, is_stand_in, stand_in
from netsim.commands.docker.compose.volumes import mounts_of
from netsim.docker.engine.container import Container
from netsim.docker.engine.engine import Engine
from netsim.docker.image import image_id
from netsim.docker.settings import ContainerSpec, EndpointSettings, HealthCheck, HostConfig, IpamConfig, NetworkSpec, Port, PortBinding, RestartPolicy

VERSION = "2.40.3"
LABEL = "com.docker.compose."
IFNAME = "com.docker.network.endpoint.ifname"
SHELL_WORDS = frozenset(["test", "[", "[[", "if", "!", "(", "{", ":", "exit", "echo", "true", "false", "exec", "case", "for", "while", "until"])
NOT_HASHED = ("build", "pull_policy", "scale", "depends_on", "profiles")


@attrs.frozen
class Oneoff:
    """What `docker compose run` asks for besides the service."""

    name: str
    slug: str
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] | None = None
    publishes: int = 0
    """Whether the service's own ports are published."""
    ports: Mapping[Port, tuple[PortBinding, ...]] = attrs.field(factory=dict)
    aliases: int = 0
    env: tuple[str, ...] = ()
    labels: Mapping[str, str] = attrs.field(factory=dict)
    remove: int = 0
    workdir: str = ""
    user: str = ""
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    attached: tuple[str, ...] = ("stdout", "stderr")


def network_spec(project: Project, key: str) -> NetworkSpec:
    """The request for a network."""
    network = project.networks[key]
    ipam = network.get("ipam") or {}
    configs = tuple(
        IpamConfig(one.get("subnet", ""), one.get("ip_range", ""), one.get("gateway", ""), dict(one.get("aux_addresses") or {}))
        for one in ipam.get("config") or ()
    )
    labels = {**network.get("labels", {}), LABEL + "config-hash": network_hash(network), LABEL + "network": key, LABEL + "project": project.name}
    labels[LABEL + "version"] = VERSION
    return NetworkSpec(
        network["name"], network.get("driver") or "bridge", configs, ipam.get("driver") or "default", options=dict(network.get("driver_opts") or {}),
        labels=labels, internal=int(bool(network.get("internal"))), attachable=int(bool(network.get("attachable"))),
        ipv4=int(network.get("enable_ipv4", True)), ipv6=int(bool(network.get("enable_ipv6"))),
    )  # fmt: skip


def container_name(project: Project, name: str, number: int) -> str:
    """`PROJECT-SERVICE-NUMBER`, or the name the service wants."""
    return str(project.services[name].get("container_name") or f"{project.name}-{name}-{number}")


def service_hash(service: Service) -> str:
    """What tells whether a container still is as its service says (`ServiceHash`): SHA-256 of the service as JSON, without what changes nothing about it."""
    bare = {key: value for key, value in service.items() if key not in NOT_HASHED}
    if bare.get("deploy") is not None:
        bare["deploy"] = {key: value for key, value in bare["deploy"].items() if key != "replicas"}
    return _hash(as_json(shape.service({key: value for key, value in bare.items() if value is not None})))


def network_hash(network: Mapping[str, Any]) -> str:
    """The same for a network (`NetworkHash`)."""
    return _hash(shape.network_json(shape.network(network)))


def _hash(told: Mapping[str, Any]) -> str:
    return hashlib.sha256(shape.go_json(told).encode()).hexdigest()


def as_json(service: Mapping[str, Any]) -> dict[str, Any]:
    """A service as the real one writes it in JSON: command and entrypoint are there even when they are not, extensions never."""
    service = {key: value for key, value in service.items() if not key.startswith("x-")}
    full = {**service, "command": service.get("command"), "entrypoint": service.get("entrypoint")}
    if "deploy" in full:
        deploy = {"resources": {}, "placement": {}, **full["deploy"]}
        full["deploy"] = {
            key: deploy[key]
            for key in (*(key for key in shape.ORDERS["deploy"] if key in deploy), *sorted(set(deploy) - set(shape.ORDERS["deploy"])))
        }
    order = [key for key in shape.SERVICE if key in full and key != "name"]
    return {key: full[key] for key in (*order, *sorted(key for key in full if key not in order))}


@attrs.frozen
class Maker:
    """Makes the requests for containers of a project."""

    engine: Engine
    project: Project

    def spec(self, name: str, number: int, oneoff: Oneoff | None = None) -> ContainerSpec:
        """The request for one container of a service; ComposeProblem."""
        service = self.project.services[name]
        image = image_name(self.project, name)
        command = oneoff.command if oneoff and oneoff.command else tuple(service.get("command") or ())
        entrypoint = oneoff.entrypoint if oneoff and oneoff.entrypoint is not None else service.get("entrypoint")
        exposed = self._exposed(service)
        if oneoff is None and is_stand_in(self.engine.image(image)) and not self._is_tool(image, entrypoint):
            ports = stand_in(self.engine, self.project, name).ports
            shares = str(service.get("network_mode", "")).startswith(("service:", "container:"))
            entrypoint, exposed = ("stand-in", *(str(port) for port in ports), "--"), exposed if shares else (*exposed, *ports)
        grace = service.get("stop_grace_period")
        mode, networks = self._networks(name, number, oneoff)
        return ContainerSpec(
            image, oneoff.name if oneoff else container_name(self.project, name, number), command, None if entrypoint is None else tuple(entrypoint),
            service.get("hostname", ""), service.get("domainname", ""), self._environment(service, oneoff), exposed,
            self._labels(name, number, oneoff), None if self._per_network else _mac(service.get("mac_address")),
            (oneoff.workdir if oneoff else "") or service.get("working_dir", ""), (oneoff.user if oneoff else "") or str(service.get("user", "")),
            int(bool(service.get("tty"))), int(bool(service.get("stdin_open")) or bool(oneoff and "stdin" in oneoff.attached)),
            service.get("stop_signal", ""), None if grace is None else nanoseconds(grace) // SECOND,
            attached=oneoff.attached if oneoff else (), health=self._health(name), host=self._host(name, number, mode, oneoff), networks=networks,
        )  # fmt: skip

    @property
    def _per_network(self) -> int:
        """Whether a container may be created on several networks, each with a MAC of its own (API 1.44)."""
        return self.engine.profile.several_networks_at_create

    def _is_tool(self, image: str, entrypoint: Sequence[str] | None) -> int:
        """Whether an entrypoint can be executed in a stand-in; else its own program runs in spite of it."""
        found = self.engine.image(image)
        return int(bool(entrypoint) and (entrypoint or ("",))[0].rpartition("/")[2] in {*self.engine.machine.dialects[found.dialect], *found.tools})

    def _health(self, name: str) -> HealthCheck | None:
        """How it is tested; a test by a program that the image does not have here counts as passed, and the machine is told."""
        told = self.project.services[name].get("healthcheck")
        if not told:
            return None
        test = ("NONE",) if told.get("disable") else tuple(told.get("test") or ())
        image = self.engine.image(image_name(self.project, name))
        program = test[1].split()[:1] if test[:1] == ("CMD-SHELL",) and len(test) > 1 else list(test[1:2])
        tools = {*self.engine.machine.dialects[image.dialect], *image.tools}
        assumed = int(bool(program) and program[0].rpartition("/")[2] not in tools and program[0] not in SHELL_WORDS)
        if assumed:
            text = f"docker compose: services.{name}.healthcheck: {program[0]} is not modelled: healthy while the container runs"
            known = self.engine.machine.kernel.unmodelled
            known += [text] if text not in known else []
        spans = {key: nanoseconds(told.get(key)) for key in ("interval", "timeout", "start_period", "start_interval")}
        return HealthCheck(test, **spans, retries=int(told.get("retries") or 0), assumed=assumed) if test else None

    def _environment(self, service: Service, oneoff: Oneoff | None) -> tuple[str, ...]:
        told = [name if value is None else f"{name}={value}" for name, value in service.get("environment", {}).items()]
        return (*sorted(told), *(oneoff.env if oneoff else ()))

    def _exposed(self, service: Service) -> tuple[Port, ...]:
        found = []
        for one in service.get("expose", ()):
            numbers, _, protocol = one.partition("/")
            first, _, last = numbers.partition("-")
            if not first.isdigit() or (last and not last.isdigit()):
                raise ComposeProblem(f"invalid port: {one}")
            found += [Port(number, protocol or "tcp") for number in range(int(first), min(int(last or first), 65535) + 1)]
        return (*found, *(Port(one["target"], one.get("protocol", "tcp")) for one in service.get("ports", ())))

    def _labels(self, name: str, number: int, oneoff: Oneoff | None) -> dict[str, str]:
        service, project = self.project.services[name], self.project
        told = {
            "project": project.name, "service": name, "version": VERSION, "oneoff": "True" if oneoff else "False", "config-hash": self.hash(name),
            "container-number": str(number), "depends_on": _told_dependencies(service), "image": image_id(self.engine.image(image_name(project, name))),
            "project.config_files": ",".join(project.files), "project.working_dir": project.directory,
        }  # fmt: skip
        if oneoff:
            told["slug"] = oneoff.slug
            del told["container-number"]
        own = {**service.get("labels", {}), **(oneoff.labels if oneoff else {})}
        return {**own, **{LABEL + key: value for key, value in told.items()}}

    def _networks(self, name: str, number: int, oneoff: Oneoff | None) -> tuple[str, dict[str, EndpointSettings]]:
        """The network mode, and the networks that a container is created on."""
        service = self.project.services[name]
        mode = service.get("network_mode", "")
        if mode.startswith("service:"):
            other = members(self.engine, self.project.name, mode.removeprefix("service:"))
            if not other:
                raise ComposeProblem(f"cannot share network namespace with service {mode.removeprefix('service:')}: container missing")
            return f"container:{other[0].id}", {}
        if mode:
            return mode, {}
        keys = networks_by_priority(service)
        wanted = {self.network_name(key): self.settings(name, number, key, oneoff) for key in keys}
        first = next(iter(wanted))
        return first, wanted if self._per_network else {first: wanted[first]}

    def hash(self, name: str) -> str:
        """What a container's label tells of its service: namespaces that it shares with another service count by the container they are."""
        service = dict(self.project.services[name])
        for key in ("network_mode", "ipc", "pid"):
            mode = str(service.get(key, ""))
            found = members(self.engine, self.project.name, mode.removeprefix("service:")) if mode.startswith("service:") else []
            if found:
                service[key] = f"container:{found[0].id}"
        return service_hash(service)

    def network_name(self, key: str) -> str:
        """What a network of the project is called."""
        return str(self.project.networks[key]["name"])

    def later(self, name: str) -> list[str]:
        """The networks that a container is connected to after it was created, because the release takes one only."""
        service = self.project.services[name]
        return [] if self._per_network or service.get("network_mode") else networks_by_priority(service)[1:]

    def settings(self, name: str, number: int, key: str, oneoff: Oneoff | None = None) -> EndpointSettings:
        """How a container is attached to a network."""
        service = self.project.services[name]
        told = (service.get("networks") or {}).get(key) or {}
        aliases = [oneoff.name if oneoff else container_name(self.project, name, number)]
        if oneoff is None or oneoff.aliases:
            aliases += [name, *told.get("aliases", ())]
        options = {**told.get("driver_opts", {}), **({IFNAME: told["interface_name"]} if told.get("interface_name") else {})}
        first = key == networks_by_priority(service)[0]
        mac = told.get("mac_address") or (service.get("mac_address") if first else None)
        return EndpointSettings(
            told.get("ipv4_address", ""), told.get("ipv6_address", ""), tuple(told.get("link_local_ips", ())), tuple(dict.fromkeys(aliases)),
            tuple(self._links(name, oneoff)), _mac(mac), options, int(told.get("gw_priority") or 0),
        )  # fmt: skip

    def _links(self, name: str, oneoff: Oneoff | None) -> list[str]:
        """`CONTAINER:ALIAS` for every container of a linked service, under the alias and under its own names (`getLinks`)."""
        service, found = self.project.services[name], []
        for link in service.get("links", ()):
            other, _, alias = link.partition(":")
            for container in members(self.engine, self.project.name, other):
                number = container.spec.labels.get(LABEL + "container-number", "1")
                found += [f"{container.name}:{each}" for each in (alias or other, f"{other}-{number}", f"{self.project.name}-{other}-{number}")]
        for link in service.get("external_links", ()):
            other, _, alias = link.partition(":")
            found.append(f"{other}:{alias or other}")
        return list(dict.fromkeys(found))

    def _host(self, name: str, number: int, mode: str, oneoff: Oneoff | None) -> HostConfig:
        service = self.project.services[name]
        bindings: dict[Port, tuple[PortBinding, ...]] = dict(oneoff.ports) if oneoff else {}
        for one in service.get("ports", ()) if oneoff is None or oneoff.publishes else ():
            port = Port(one["target"], one.get("protocol", "tcp"))
            bindings[port] = (*bindings.get(port, ()), PortBinding(one.get("host_ip", ""), str(one.get("published", ""))))
        reported = {key: shape.size(service[field]) for field, key in (("mem_limit", "Memory"), ("shm_size", "ShmSize")) if field in service}
        told: dict[str, object] = {key: int(value) for key, value in reported.items() if value.isdigit()}
        for field, key in (("read_only", "ReadonlyRootfs"), ("init", "Init")):
            told |= {key: True} if service.get(field) else {}
        for field, key in (("security_opt", "SecurityOpt"), ("group_add", "GroupAdd")):
            told |= {key: [str(one) for one in service[field]]} if service.get(field) else {}
        told |= {"IpcMode": service["ipc"]} if service.get("ipc") else {}
        told |= {"Ulimits": _limits(service["ulimits"])} if service.get("ulimits") else {}
        legacy = mode in ("bridge", "default")
        return HostConfig(
            mode, bindings, links=tuple(self._links(name, oneoff)) if legacy else (), dns=tuple(service.get("dns", ())),
            dns_options=tuple(service.get("dns_opt", ())), dns_search=tuple(service.get("dns_search", ())),
            extra_hosts=tuple(one.replace("=", ":", 1) for one in service.get("extra_hosts", ())),
            cap_add=(*service.get("cap_add", ()), *(oneoff.cap_add if oneoff else ())), cap_drop=(*service.get("cap_drop", ()), *(oneoff.cap_drop if oneoff else ())),
            privileged=int(bool(service.get("privileged"))), restart=_restart(service) if oneoff is None else RestartPolicy(),
            auto_remove=oneoff.remove if oneoff else 0, sysctls=dict(service.get("sysctls") or {}), uts_mode=service.get("uts", ""),
            pid_mode="host" if service.get("pid") == "host" else "", mounts=mounts_of(self.project, service), reported=told,
        )  # fmt: skip


def _limits(told: Mapping[str, Any]) -> list[dict[str, object]]:
    """`ulimits`: one number for both, or `soft` and `hard`."""
    found: list[dict[str, object]] = []
    for name, one in sorted(told.items()):
        soft, hard = (one.get("soft", 0), one.get("hard", 0)) if isinstance(one, Mapping) else (one, one)
        found.append({"Name": name, "Hard": int(hard), "Soft": int(soft)})
    return found


def _mac(text: Any) -> MAC | None:
    try:
        return MAC.parse(str(text).replace("-", ":")) if text else None
    except ValueError:
        raise ComposeProblem(f"invalid MAC address: {text}") from None


def _told_dependencies(service: Service) -> str:
    told = service.get("depends_on", {})
    return ",".join(f"{name}:{one['condition']}:{str(bool(one.get('restart'))).lower()}" for name, one in sorted(told.items()))


def _restart(service: Service) -> RestartPolicy:
    """`restart`, or what `deploy.restart_policy` says (`getRestartPolicy`)."""
    told = service.get("restart")
    if told:
        name, _, count = str(told).partition(":")
        return RestartPolicy(name, int(count) if count.isdigit() else 0)
    policy = (service.get("deploy") or {}).get("restart_policy")
    if policy:
        name = {"none": "no", "any": "always"}.get(policy.get("condition", "any"), policy.get("condition", "any"))
        return RestartPolicy(name, int(policy.get("max_attempts") or 0))
    return RestartPolicy()


def members(engine: Engine, project: str, service: str | None = None, *, oneoff: int = 0) -> list[Container]:
    """Containers of a project, or of one service of it, by service and number; those that `run` made only with `oneoff`."""
    found = [
        container
        for container in engine.containers.values()
        if container.spec.labels.get(LABEL + "project") == project
        and service in (None, container.spec.labels.get(LABEL + "service"))
        and (oneoff or container.spec.labels.get(LABEL + "oneoff") != "True")
    ]
    return sorted(found, key=_order)


def service_of(container: Container) -> str:
    """Which service a container belongs to."""
    return container.spec.labels.get(LABEL + "service", "")


def number_of(container: Container) -> int:
    """Which of its service's containers it is."""
    text = container.spec.labels.get(LABEL + "container-number", "1")
    return int(text) if text.isdigit() else 1


def _order(container: Container) -> tuple[str, int, str]:
    return (service_of(container), number_of(container), container.name)


def told_levels(there: Sequence[Container]) -> list[list[str]]:
    """The services of containers in the order of the dependencies that their labels tell, for a project of which only the name is known."""
    needs: dict[str, set[str]] = {}
    for one in there:
        told = one.spec.labels.get(LABEL + "depends_on", "")
        needs.setdefault(service_of(one), set()).update(item.partition(":")[0] for item in told.split(",") if item)
    done: list[list[str]] = []
    left = sorted(needs)
    while left:
        ready = [name for name in left if not needs[name] & set(left)] or left
        done.append(ready)
        left = [name for name in left if name not in ready]
    return done
