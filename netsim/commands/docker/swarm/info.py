"""What `docker info` tells of the swarm."""

from __future__ import annotations

from typing import Any

from netsim.docker.engine.engine import Engine
from netsim.docker.swarm.member import Member
from netsim.docker.swarm.objects import MANAGER
from netsim.docker.swarm.store import Store

SECOND = 1_000_000_000
PORT = 2377


def swarm_facts(engine: Engine) -> dict[str, Any]:
    """`Swarm` of `GET /info`."""
    member: Member | None = engine.swarm
    if member is None:
        return {"NodeID": "", "NodeAddr": "", "LocalNodeState": "inactive", "ControlAvailable": False, "Error": "", "RemoteManagers": None}
    remote = [{"NodeID": _node_at(member, address), "Addr": f"{address}:{PORT}"} for address in member.managers]
    facts: dict[str, Any] = {
        "NodeID": member.node_id, "NodeAddr": member.address, "LocalNodeState": "error" if member.error else "active",
        "ControlAvailable": member.manager is not None, "Error": member.error, "RemoteManagers": remote,
    }  # fmt: skip
    if member.manager is not None:
        store = member.manager.store
        facts |= {"Nodes": len(store.nodes), "Managers": len(_managers(store)), "Cluster": _cluster_facts(store)}
    return facts


def _cluster_facts(store: Store) -> dict[str, Any]:
    return {
        "ID": store.id, "RootRotationInProgress": False, "DefaultAddrPool": list(store.pools) or ["10.0.0.0/8"], "SubnetSize": store.pool_size,
        "DataPathPort": store.data_port,
    }  # fmt: skip


def _node_at(member: Member, address: str) -> str:
    nodes = member.manager.store.nodes.values() if member.manager is not None else ()
    return next((node.id for node in nodes if node.address == address), "")


def _managers(store: Store) -> list[str]:
    return [node.address for node in store.nodes.values() if node.role == MANAGER]


def swarm_lines(engine: Engine) -> list[str]:
    """The lines of `docker info`."""
    member: Member | None = engine.swarm
    if member is None:
        return ["Swarm: inactive"]
    lines = [f"Swarm: {'error' if member.error else 'active'}", f" NodeID: {member.node_id}"]
    if member.error:
        lines.append(f" Error: {member.error}")
    lines.append(f" Is Manager: {'true' if member.manager is not None else 'false'}")
    if member.manager is not None:
        lines += _cluster(member.manager.store)
    lines += [f" Node Address: {member.address}", " Manager Addresses:", *(f"  {address}:{PORT}" for address in sorted(member.managers))]
    return lines


def _cluster(store: Store) -> list[str]:
    pools = [f" Default Address Pool: {' '.join(store.pools)}  ", f" SubnetSize: {store.pool_size}"] if store.pools else []
    return [
        f" ClusterID: {store.id}", f" Managers: {len(_managers(store))}", f" Nodes: {len(store.nodes)}", *pools, f" Data Path Port: {store.data_port}",
        " Orchestration:", f"  Task History Retention Limit: {store.task_history}", " Raft:", f"  Snapshot Interval: {store.snapshot_interval}",
        f"  Number of Old Snapshots to Retain: {store.max_snapshots}", "  Heartbeat Tick: 1", "  Election Tick: 10", " Dispatcher:",
        f"  Heartbeat Period: {_span(store.heartbeat)}", " CA Configuration:", f"  Expiry Duration: {_span(store.cert_expiry)}", "  Force Rotate: 0",
        f" Autolock Managers: {str(bool(store.autolock)).lower()}", " Root Rotation In Progress: false",
    ]  # fmt: skip


def _span(ns: int) -> str:
    """A duration in words (units.HumanDuration)."""
    from netsim.commands.docker.spans import human

    return human(ns)
