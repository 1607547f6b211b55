"""What clients ask of a swarm: networks, services, nodes, the swarm itself (`swarmkit/manager/controlapi`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from netsim.docker.errors import Refusal, conflict, failed, not_found
from netsim.docker.swarm import ids
from netsim.docker.swarm.objects import (
    DNSRR,
    DOWN,
    DRAIN,
    INGRESS,
    MANAGER,
    WORKER,
    Node,
    PortSpec,
    Service,
    ServiceSpec,
    SwarmNetwork,
    plain,
    revive,
)
from netsim.docker.swarm.orchestrator import is_constraint

if TYPE_CHECKING:
    from netsim.docker.swarm.dispatcher import Manager

NO_LEADER = (
    "rpc error: code = Unknown desc = The swarm does not have a leader. It's possible that too few managers are online. "
    "Make sure more than half of the managers are online."
)
Args = dict[str, Any]
NAME = re.compile(r"[a-zA-Z0-9](?:[-_]*[A-Za-z0-9]+)*")


def rpc(status: int, code: str, text: str) -> Refusal:
    """A refusal as gRPC words it."""
    return Refusal(status, f"rpc error: code = {code} desc = {text}")


def call(manager: Manager, name: str, args: Args) -> Any:
    """One request, by name; Refusal."""
    handler = METHODS.get(name)
    if handler is None:
        raise rpc(501, "Unimplemented", f"unknown method {name}")
    found = handler(manager, args)
    manager.store.version += 1
    manager.changed()
    return found


# networks ------------------------------------------------------------------------------------------------------------------


def network_create(manager: Manager, args: Args) -> str:
    """A network of the whole swarm."""
    store = manager.store
    if any(network.name == args["name"] for network in store.networks.values()):
        raise conflict(f"network with name {args['name']} already exists")
    network = SwarmNetwork(
        ids.new_id(manager.member.engine.rng), args["name"], args["driver"], dict(args["options"]), dict(args["labels"]), args["internal"],
        args["attachable"], args["ingress"], created=manager.now,
    )  # fmt: skip
    if network.ingress and store.ingress is not None:
        raise rpc(409, "AlreadyExists", f"ingress network ({store.ingress.id}) is already present")
    for subnet, ip_range, gateway in args["configs"]:
        network.subnets.append(subnet)
        network.ranges.append(ip_range)
        network.gateways.append(gateway)
    store.networks[network.id] = network
    store.touched(network, manager.now)
    try:
        store.allocate_network(manager.member.engine.profile, network)
    except Refusal as problem:
        del store.networks[network.id]
        raise failed(problem.text) from None
    if network.ingress:
        for node in store.nodes.values():
            manager.orchestrator.balancer(node, network)
        manager.touch_all()
    return network.id


def network_remove(manager: Manager, args: Args) -> str:
    """A network that neither a service nor a container is on goes."""
    store = manager.store
    network = store.networks.get(args["id"])
    if network is None:
        raise not_found(f"network {args['id']} not found")
    if network.ingress:
        for service in store.services.values():
            if any(port.mode == INGRESS for port in service.ports):
                raise rpc(500, "FailedPrecondition", f"ingress network cannot be removed because service {service.id} depends on it")
    for service in store.services.values():
        if any(attachment.target == network.id for attachment in service.spec.networks):
            raise rpc(500, "FailedPrecondition", f"network {network.id} is in use by service {service.id}")
    for task in store.tasks.values():
        if network.id in task.networks and task.desired == "running" and not task.service_id:
            raise rpc(500, "FailedPrecondition", f"network {network.id} is in use by task {task.id}")
    del store.networks[network.id]
    for node in store.nodes.values():
        node.attachments.pop(network.id, None)
    manager.touch_all()
    return network.name


# services ------------------------------------------------------------------------------------------------------------------


def service_create(manager: Manager, args: Args) -> str:
    """A service; its tasks follow."""
    store, spec = manager.store, revive(ServiceSpec, args["spec"])
    _check(manager, spec, None)
    if any(service.spec.name == spec.name for service in store.services.values()):
        raise rpc(409, "AlreadyExists", f"name conflicts with an existing object: service {spec.name} already exists")
    service = Service(ids.new_id(manager.member.engine.rng), spec, created=manager.now)
    store.allocate_service(service)
    store.services[service.id] = service
    store.touched(service, manager.now)
    service.spec_version = store.version
    return service.id


def _check(manager: Manager, spec: ServiceSpec, service: Service | None) -> None:
    """What a service may not be (`validateServiceSpec`, `checkPortConflicts`)."""
    store = manager.store
    seen: dict[tuple[str, int, str], int] = {}
    for port in spec.ports:
        key = (port.protocol, port.published, port.mode)
        if port.published and key in seen:
            raise rpc(400, "InvalidArgument", "EndpointSpec: duplicate published ports provided")
        seen[key] = 1
    if spec.endpoint_mode == DNSRR and any(port.mode == INGRESS for port in spec.ports):
        raise rpc(400, "InvalidArgument", "EndpointSpec: port published with ingress mode can't be used with dnsrr mode")
    if NAME.fullmatch(spec.name) is None:
        raise rpc(400, "InvalidArgument", "name must be valid as a DNS name component")
    for text in spec.constraints:
        if not is_constraint(text):
            raise rpc(400, "InvalidArgument", "constraint expected one operator from ==, !=")
    for other in store.services.values():
        for port in spec.ports:
            if other is service or not port.published:
                continue
            if any(_clash(one, port) for one in other.ports):
                raise rpc(
                    400, "InvalidArgument",
                    f"port '{port.published}' is already in use by service '{other.spec.name}' ({other.id}) as "
                    f"{'an ingress' if _clash_mode(other, port) == INGRESS else 'a host-published'} port",
                )  # fmt: skip
    for attachment in spec.networks:
        network = store.networks.get(attachment.target)
        if network is None:
            raise rpc(404, "NotFound", f"network {attachment.target} not found")
        if network.ingress:
            raise rpc(400, "InvalidArgument", 'Service cannot be explicitly attached to the ingress network "ingress"')


def _clash(one: PortSpec, other: PortSpec) -> bool:
    """Ingress ports are the whole swarm's; host ports clash only with those."""
    same = (one.protocol, one.published) == (other.protocol, other.published)
    return same and INGRESS in (one.mode, other.mode)


def _clash_mode(service: Service, port: PortSpec) -> str:
    return next(one.mode for one in service.ports if _clash(one, port))


def service_update(manager: Manager, args: Args) -> str:
    """Another request for a service; tasks are replaced only where their containers or networks change."""
    store, spec = manager.store, revive(ServiceSpec, args["spec"])
    service = store.services.get(args["id"])
    if service is None:
        raise rpc(404, "NotFound", f"service {args['id']} not found")
    _check(manager, spec, service)
    if spec.mode != service.spec.mode:
        raise rpc(501, "Unimplemented", "service mode change is not allowed")
    before = plain(service.spec)
    service.previous, service.spec = service.spec, spec
    store.allocate_service(service)
    store.touched(service, manager.now)
    if _replaces(before, plain(spec)):
        service.spec_version = store.version
        service.update_state, service.update_started, service.update_ended = "updating", manager.now, 0
    manager.touch_all()
    return service.id


KEPT = ("name", "replicas", "labels", "restart", "restart_delay", "restart_most", "parallelism", "update_delay", "update_order", "endpoint_mode")
"""What a service can change without new tasks."""


def _replaces(before: Args, after: Args) -> bool:
    return any(before[field] != after[field] for field in before if field not in KEPT)


def service_rollback(manager: Manager, args: Args) -> str:
    """Back to the request before the last one."""
    service = manager.store.services.get(args["id"])
    if service is None:
        raise rpc(404, "NotFound", f"service {args['id']} not found")
    if service.previous is None:
        raise rpc(500, "FailedPrecondition", f"service {service.id} does not have a previous spec")
    return service_update(manager, {"id": service.id, "spec": plain(service.previous)})


def service_remove(manager: Manager, args: Args) -> str:
    """A service goes, its tasks with it."""
    store = manager.store
    service = store.services.pop(args["id"], None)
    if service is None:
        raise rpc(404, "NotFound", f"service {args['id']} not found")
    for network_id, address in service.vips.items():
        store.give_back(network_id, address)
    for task in store.tasks_of(service):
        task.desired = "remove"
        if task.state in ("new", "pending"):
            task.state = "shutdown"
        manager.touch(task.node_id)
    return service.spec.name


# nodes and the swarm -------------------------------------------------------------------------------------------------------


def node_update(manager: Manager, args: Args) -> str:
    """Role, availability and labels of a node."""
    store = manager.store
    node = _node(manager, args["id"])
    role = args.get("role", node.role)
    if role == WORKER and node.role == MANAGER:
        managers = [one for one in store.nodes.values() if one.role == MANAGER]
        if len(managers) == 1:
            raise rpc(500, "FailedPrecondition", "attempting to demote the last manager of the swarm")
    if role != node.role:
        node.votes = 0
    node.role, node.availability = role, args.get("availability", node.availability)
    node.labels = {name: value for name, value in {**node.labels, **args.get("labels", {})}.items() if name not in args.get("labels_gone", ())}
    store.touched(node, manager.now)
    manager.touch_all()
    return node.id


def node_remove(manager: Manager, args: Args) -> str:
    """A node is struck off."""
    store, node = manager.store, _node(manager, args["id"])
    if (node.role == MANAGER and not args.get("force")) or (node.role == MANAGER and node.state != DOWN):
        raise rpc(
            500, "FailedPrecondition",
            f"node {node.id} is a cluster manager and is a member of the raft cluster. It must be demoted to worker before removal",
        )  # fmt: skip
    if node.state != DOWN and not args.get("force"):
        raise rpc(500, "FailedPrecondition", f"node {node.id} is not down and can't be removed")
    node.availability = DRAIN
    for network_id, address in node.attachments.items():
        store.give_back(network_id, address)
    del store.nodes[node.id]
    for task in [task for task in store.tasks.values() if task.node_id == node.id]:
        store.free_task(task)
        if task.service_id:
            task.desired = "shutdown"
        else:
            del store.tasks[task.id]
    session = manager.sessions.pop(node.id, None)
    if session is not None:
        session.send({"m": "unknown"})
    return node.id


def _node(manager: Manager, node_id: str) -> Node:
    node = manager.store.nodes.get(node_id)
    if node is None:
        raise rpc(404, "NotFound", f"node {node_id} not found")
    return node


def swarm_update(manager: Manager, args: Args) -> str:
    """Settings of the swarm, new tokens."""
    store, rng = manager.store, manager.member.engine.rng
    for name in ("task_history", "heartbeat", "cert_expiry", "autolock", "snapshot_interval", "max_snapshots"):
        if name in args:
            setattr(store, name, args[name])
    if args.get("rotate_worker"):
        store.worker_token = ids.new_token(store.digest, rng)
    if args.get("rotate_manager"):
        store.manager_token = ids.new_token(store.digest, rng)
    store.version += 1
    store.updated = manager.now
    return store.id


METHODS: Mapping[str, Callable[[Manager, Args], Any]] = {
    "network_create": network_create, "network_remove": network_remove, "service_create": service_create, "service_update": service_update,
    "service_remove": service_remove, "service_rollback": service_rollback, "node_update": node_update, "node_remove": node_remove,
    "swarm_update": swarm_update,
}  # fmt: skip
