"""Nodes and services by what somebody called them (`daemon/cluster/helpers.go`)."""

from __future__ import annotations

from typing import TypeVar

from netsim.docker.errors import Missing, Refusal
from netsim.docker.swarm.member import Member
from netsim.docker.swarm.objects import Node, Service

Kind = TypeVar("Kind")


def find_node(member: Member, reference: str) -> Node:
    """A node by id, name, unambiguous beginning of its id or `self`; refused when there is none such."""
    nodes = member.state().nodes
    return nodes[member.node_id] if reference == "self" else _one("node", reference, {node.id: (node.hostname, node) for node in nodes.values()})


def find_service(member: Member, reference: str) -> Service:
    """The same for a service."""
    services = member.state().services
    return _one("service", reference, {service.id: (service.spec.name, service) for service in services.values()})


def _one(what: str, reference: str, things: dict[str, tuple[str, Kind]]) -> Kind:
    found = [thing for identity, (_, thing) in things.items() if identity == reference]
    found = found or [thing for name, thing in things.values() if name == reference]
    found = found or [thing for identity, (_, thing) in things.items() if reference and identity.startswith(reference)]
    if len(found) > 1:
        raise Refusal(400, f"{what} {reference} is ambiguous ({len(found)} matches found)")
    if not found:
        raise Missing(what, reference)
    return found[0]
