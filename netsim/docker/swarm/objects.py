"""What managers keep: nodes, networks, services and tasks, as values that travel as JSON (`swarmkit/api`)."""

from __future__ import annotations

from typing import Any, TypeVar

import attrs

WORKER, MANAGER = "worker", "manager"
ACTIVE, PAUSE, DRAIN = "active", "pause", "drain"
READY, DOWN, UNKNOWN = "ready", "down", "unknown"
STATES = (
    "new", "pending", "assigned", "accepted", "preparing", "ready", "starting", "running", "complete", "shutdown", "failed", "rejected", "remove",
    "orphaned",
)  # fmt: skip
"""A task's states in their order."""
ENDED = STATES[STATES.index("complete") :]
VIP, DNSRR = "vip", "dnsrr"
INGRESS, HOST = "ingress", "host"

Kind = TypeVar("Kind")


def nested(kind: type[Any], **more: Any) -> Any:
    """A field that holds an object of a kind."""
    return attrs.field(metadata={"one": kind}, **more)


def listed(kind: type[Any]) -> Any:
    """A field that holds a list of objects of a kind."""
    return attrs.field(factory=list, metadata={"list": kind})


def mapped(kind: type[Any]) -> Any:
    """A field that holds objects of a kind by name."""
    return attrs.field(factory=dict, metadata={"map": kind})


def plain(value: Any) -> Any:
    """An object as JSON has it."""
    if attrs.has(type(value)):
        return {field.name: plain(getattr(value, field.name)) for field in attrs.fields(type(value))}
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, (list, tuple)) else value


def revive(kind: type[Kind], sent: Any) -> Kind:
    """The object that JSON tells of."""
    values: dict[str, Any] = {}
    for field in attrs.fields(kind):  # type: ignore[arg-type]
        value, of = sent[field.name], field.metadata
        if "one" in of:
            value = None if value is None else revive(of["one"], value)
        elif "list" in of:
            value = [revive(of["list"], one) for one in value]
        elif "map" in of:
            value = {key: revive(of["map"], one) for key, one in value.items()}
        values[field.name] = value
    return kind(**values)


@attrs.define(eq=False)
class Node:
    """A member of the swarm; times are virtual ns since 1970."""

    id: str
    hostname: str
    address: str
    role: str = WORKER
    availability: str = ACTIVE
    state: str = READY
    message: str = ""
    engine: str = ""
    labels: dict[str, str] = attrs.field(factory=dict)
    created: int = 0
    updated: int = 0
    version: int = 0
    heard: int = 0
    """When its agent was heard of last, in virtual ns."""
    attachments: dict[str, str] = attrs.field(factory=dict)
    """Network -> the address of the node's load balancer there."""
    is_reachable: int = 1
    """Of a manager: whether the leader hears of it."""
    votes: int = 0
    """1: a manager that has the state and so counts when more than half are needed."""


@attrs.define(eq=False)
class SwarmNetwork:
    """A network of the whole swarm; an empty subnet: nothing could be allocated (so far)."""

    id: str
    name: str
    driver: str = "overlay"
    options: dict[str, str] = attrs.field(factory=dict)
    labels: dict[str, str] = attrs.field(factory=dict)
    internal: int = 0
    attachable: int = 0
    ingress: int = 0
    ipv6: int = 0
    scope: str = "swarm"
    subnets: list[str] = attrs.field(factory=list)
    gateways: list[str] = attrs.field(factory=list)
    ranges: list[str] = attrs.field(factory=list)
    vnis: list[int] = attrs.field(factory=list)
    created: int = 0
    updated: int = 0
    version: int = 0
    taken: dict[str, str] = attrs.field(factory=dict)
    """Address -> who has it."""
    last: dict[str, int] = attrs.field(factory=dict)
    """Subnet -> the address given last: the next one follows it."""


@attrs.define(eq=False)
class PortSpec:
    """A published port: `--publish published=8080,target=80`."""

    target: int
    published: int = 0
    protocol: str = "tcp"
    mode: str = INGRESS


@attrs.define(eq=False)
class Attachment:
    """A network that a service's tasks are on, with their names there."""

    target: str
    aliases: list[str] = attrs.field(factory=list)


@attrs.define(eq=False)
class ContainerPart:
    """What each task's container is like; `fields` are the other fields of a container's request, as the command named them."""

    image: str
    args: list[str] = attrs.field(factory=list)
    entrypoint: list[str] | None = None
    env: list[str] = attrs.field(factory=list)
    hostname: str = ""
    labels: dict[str, str] = attrs.field(factory=dict)
    workdir: str = ""
    user: str = ""
    dns: list[str] = attrs.field(factory=list)
    dns_search: list[str] = attrs.field(factory=list)
    dns_options: list[str] = attrs.field(factory=list)
    hosts: list[str] = attrs.field(factory=list)
    sysctls: dict[str, str] = attrs.field(factory=dict)
    tty: int = 0


@attrs.define(eq=False)
class ServiceSpec:
    """What somebody asked of a service."""

    name: str
    container: ContainerPart = nested(ContainerPart)
    mode: str = "replicated"
    """replicated, global, replicated-job or global-job."""
    replicas: int = 1
    networks: list[Attachment] = listed(Attachment)
    ports: list[PortSpec] = listed(PortSpec)
    endpoint_mode: str = VIP
    constraints: list[str] = attrs.field(factory=list)
    preferences: list[str] = attrs.field(factory=list)
    max_per_node: int = 0
    labels: dict[str, str] = attrs.field(factory=dict)
    restart: str = "any"
    restart_delay: int = 5_000_000_000
    restart_most: int = 0
    parallelism: int = 1
    update_delay: int = 0
    update_order: str = "stop-first"
    force: int = 0


@attrs.define(eq=False)
class Service:
    """A service: what was asked, what it got."""

    id: str
    spec: ServiceSpec = nested(ServiceSpec)
    previous: ServiceSpec | None = nested(ServiceSpec, default=None)
    vips: dict[str, str] = attrs.field(factory=dict)
    """Network -> virtual address."""
    ports: list[PortSpec] = listed(PortSpec)
    """With the ports that the swarm chose."""
    created: int = 0
    updated: int = 0
    version: int = 0
    spec_version: int = 0
    is_pending: int = 0
    """Nothing could be allocated for it so far."""
    update_state: str = ""
    update_started: int = 0
    update_ended: int = 0
    update_message: str = ""


@attrs.define(eq=False)
class Task:
    """One container's worth of a service, or a container that was attached to a network by hand (no service)."""

    id: str
    service_id: str = ""
    slot: int = 0
    node_id: str = ""
    desired: str = "running"
    state: str = "new"
    error: str = ""
    message: str = ""
    spec: ServiceSpec | None = nested(ServiceSpec, default=None)
    spec_version: int = 0
    networks: dict[str, str] = attrs.field(factory=dict)
    """Network -> its address there."""
    container_id: str = ""
    created: int = 0
    updated: int = 0
    """When its state was reached."""
    not_before: int = 0
    """A replacement that must wait: virtual ns of the clock."""

    @property
    def is_alive(self) -> bool:
        """Whether it runs, or is about to, as wanted."""
        return self.desired in ("running", "ready") and self.state not in ENDED


@attrs.define(eq=False)
class Assigned:
    """What one node is told: its tasks, and the networks and services that these need."""

    tasks: list[Task] = listed(Task)
    networks: list[SwarmNetwork] = listed(SwarmNetwork)
    services: list[Service] = listed(Service)
    balancers: dict[str, str] = attrs.field(factory=dict)
    """Network -> the address of the node's load balancer."""
    managers: list[str] = attrs.field(factory=list)
    role: str = WORKER
