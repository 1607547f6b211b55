"""Nodes, services and tasks as the API sends them (`GET /nodes/ID`, `GET /services/ID`)."""

from __future__ import annotations

from typing import Any

from netsim.docker.engine.views.moment import moment
from netsim.docker.engine.views.release import shown
from netsim.docker.swarm.member import Member
from netsim.docker.swarm.objects import DOWN, MANAGER, Node, PortSpec, Service, ServiceSpec
from netsim.docker.swarm.store import Store

GRACE, DELAY = 10_000_000_000, 5_000_000_000
NETWORKS = ("bridge", "host", "ipvlan", "macvlan", "null", "overlay")


def node_view(member: Member, node: Node) -> dict[str, Any]:
    """A node; certificates, processors and memory are those of no real machine and stay out."""
    logs = shown(member.engine.profile).log_drivers
    plugins = [*(("Log", name) for name in logs), *(("Network", name) for name in NETWORKS), ("Volume", "local")]
    view: dict[str, Any] = {
        "ID": node.id, "Version": {"Index": node.version}, "CreatedAt": moment(node.created), "UpdatedAt": moment(node.updated),
        "Spec": {"Labels": dict(sorted(node.labels.items())), "Role": node.role, "Availability": node.availability},
        "Description": {
            "Hostname": node.hostname, "Platform": {"Architecture": "x86_64", "OS": "linux"}, "Resources": {"NanoCPUs": 2_000_000_000},
            "Engine": {"EngineVersion": node.engine, "Plugins": [{"Type": kind, "Name": name} for kind, name in plugins]},
        },
        "Status": {"State": node.state, **({"Message": node.message} if node.message else {}), "Addr": node.address},
    }  # fmt: skip
    if node.role == MANAGER and member.manager is not None:
        status = member.manager.raft.state_of(node.id)
        leads = {"Leader": True} if status == "Leader" else {}
        reachability = "unreachable" if node.state == DOWN or status == "Unreachable" else "reachable"
        view["ManagerStatus"] = {**leads, "Reachability": reachability, "Addr": f"{node.address}:2377"}
    return view


def service_view(store: Store, service: Service) -> dict[str, Any]:
    """A service."""
    spec = service.spec
    view: dict[str, Any] = {
        "ID": service.id, "Version": {"Index": service.version}, "CreatedAt": moment(service.created), "UpdatedAt": moment(service.updated),
        "Spec": spec_view(spec),
    }  # fmt: skip
    if service.previous is not None:
        view["PreviousSpec"] = spec_view(service.previous)
    endpoint: dict[str, Any] = {"Spec": {"Mode": spec.endpoint_mode, **_ports("Ports", spec.ports)}, **_ports("Ports", service.ports)}
    if service.vips:
        endpoint["VirtualIPs"] = [{"NetworkID": one, "Addr": f"{vip}/{_length(store, one)}"} for one, vip in service.vips.items()]
    view["Endpoint"] = endpoint
    if service.update_state:
        view["UpdateStatus"] = {"State": service.update_state, "StartedAt": moment(service.update_started)}
        if service.update_ended:
            view["UpdateStatus"]["CompletedAt"] = moment(service.update_ended)
        view["UpdateStatus"]["Message"] = service.update_message or (
            "update completed" if service.update_state == "completed" else "update in progress"
        )
    return view


def _length(store: Store, network_id: str) -> str:
    network = store.networks.get(network_id)
    return network.subnets[0].rpartition("/")[2] if network is not None and network.subnets else "32"


def spec_view(spec: ServiceSpec) -> dict[str, Any]:
    """What was asked of a service."""
    template: dict[str, Any] = {
        "ContainerSpec": _container(spec), "Resources": {"Limits": {}, "Reservations": {}},
        "RestartPolicy": {"Condition": spec.restart, "Delay": spec.restart_delay, "MaxAttempts": spec.restart_most}, "Placement": _placement(spec),
    }  # fmt: skip
    if spec.networks:
        template["Networks"] = [{"Target": one.target, **({"Aliases": list(one.aliases)} if one.aliases else {})} for one in spec.networks]
    template |= {"ForceUpdate": spec.force, "Runtime": "container"}
    mode: dict[str, Any] = {"Replicated": {"Replicas": spec.replicas}} if spec.mode == "replicated" else {spec.mode.capitalize(): {}}
    update = {"FailureAction": "pause", "Monitor": DELAY, "MaxFailureRatio": 0}
    delay = {"Delay": spec.update_delay} if spec.update_delay else {}
    return {
        "Name": spec.name, "Labels": dict(sorted(spec.labels.items())), "TaskTemplate": template, "Mode": mode,
        "UpdateConfig": {"Parallelism": spec.parallelism, **delay, **update, "Order": spec.update_order},
        "RollbackConfig": {"Parallelism": 1, **update, "Order": "stop-first"},
        "EndpointSpec": {"Mode": spec.endpoint_mode, **_ports("Ports", spec.ports)},
    }  # fmt: skip


def _container(spec: ServiceSpec) -> dict[str, Any]:
    part = spec.container
    given: list[tuple[str, Any]] = [
        ("Labels", dict(part.labels)), ("Command", list(part.entrypoint or ())), ("Args", list(part.args)), ("Hostname", part.hostname),
        ("Env", list(part.env)), ("Dir", part.workdir), ("User", part.user), ("TTY", bool(part.tty)),
    ]  # fmt: skip
    dns = {name: list(value) for name, value in (("Nameservers", part.dns), ("Search", part.dns_search), ("Options", part.dns_options)) if value}
    last: list[tuple[str, Any]] = [("Hosts", [_host(line) for line in part.hosts]), ("Sysctls", dict(part.sysctls))]
    return {
        "Image": part.image, **{name: value for name, value in given if value}, "Init": False, "StopGracePeriod": GRACE,
        "DNSConfig": dns, **{name: value for name, value in last if value}, "Isolation": "default",
    }  # fmt: skip


def _host(line: str) -> str:
    """NAME:ADDRESS as a line of /etc/hosts."""
    name, _, address = line.partition(":")
    return f"{address} {name}"


def _placement(spec: ServiceSpec) -> dict[str, Any]:
    found: dict[str, Any] = {"Constraints": list(spec.constraints)} if spec.constraints else {}
    return {**found, **({"MaxReplicas": spec.max_per_node} if spec.max_per_node else {})}


def _ports(name: str, ports: list[PortSpec]) -> dict[str, Any]:
    rows = []
    for port in ports:
        row: dict[str, Any] = {"Protocol": port.protocol, "TargetPort": port.target}
        if port.published:
            row["PublishedPort"] = port.published
        rows.append({**row, "PublishMode": port.mode})
    return {name: rows} if rows else {}


def network_services(member: Member, network_id: str) -> dict[str, Any]:
    """What `network inspect --verbose` adds: the services on a network, with their tasks everywhere."""
    found: dict[str, Any] = {}
    balance = member.balance
    for record in member.gossip.rows(network_id):
        value = record.value or {}
        if not value.get("service"):
            continue
        virtual = balance.virtuals.get((network_id, value["service_id"]))
        entry = found.setdefault(
            value["service"],
            {
                "VIP": value["vip"] or "<nil>", "Ports": [f"Target: {target}, Publish: {published}" for _, published, target in value["ports"]],
                "LocalLBIndex": virtual.mark if virtual is not None else 0, "Tasks": [],
            },
        )  # fmt: skip
        name = value["names"][0] if value["names"] else ""
        entry["Tasks"].append({"Name": name, "EndpointID": record.key, "EndpointIP": value["ip"], "Info": {"Host IP": value["host"]}})
    return found
