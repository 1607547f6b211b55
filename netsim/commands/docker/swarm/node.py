"""docker node: ls, inspect, ps, update, rm, promote, demote (docker/cli `command/node`)."""

from __future__ import annotations

from netsim.commands.docker import filters
from netsim.commands.docker.flags import BOOL, LIST, Flag, Parsed
from netsim.commands.docker.listing import Columns, show
from netsim.commands.docker.ps import LIST_FLAGS
from netsim.commands.docker.session import Docker, Subcommand
from netsim.commands.docker.swarm.swarm import AVAILABILITIES, member_of
from netsim.commands.docker.swarm.tasks import PS_FLAGS, show_tasks
from netsim.docker.errors import invalid
from netsim.docker.swarm.lookup import find_node
from netsim.docker.swarm.member import Member
from netsim.docker.swarm.objects import MANAGER, WORKER, Node
from netsim.machine.call import Result

COLUMNS = Columns(
    "*node.nodeContext",
    {
        "ID": "ID", "Self": "", "Hostname": "HOSTNAME", "Status": "STATUS", "Availability": "AVAILABILITY", "ManagerStatus": "MANAGER STATUS",
        "EngineVersion": "ENGINE VERSION", "TLSStatus": "TLS STATUS",
    },
    "{{.ID}} {{if .Self}}*{{else}} {{ end }}\t{{.Hostname}}\t{{.Status}}\t{{.Availability}}\t{{.ManagerStatus}}\t{{.EngineVersion}}",
    "{{.ID}}",
)  # fmt: skip
FILTERS = ("id", "label", "node.label", "membership", "name", "role")


def ls(docker: Docker, parsed: Parsed) -> Result:
    """docker node ls."""
    member = member_of(docker)
    wanted = filters.read(docker.engine, parsed.many("filter"), FILTERS)
    nodes = [node for node in member.state().nodes.values() if _is_wanted(node, wanted)]
    rows = [_row(member, node) for node in sorted(nodes, key=_place)]
    return show(docker, COLUMNS, parsed.text("format"), rows, quiet=int(parsed.has("quiet")))


def _place(node: Node) -> tuple[str, str]:
    return node.hostname, node.id


def _row(member: Member, node: Node) -> dict[str, str]:
    manager = member.manager
    assert manager is not None
    status = manager.raft.state_of(node.id) if node.role == MANAGER else ""
    return {
        "ID": node.id, "Self": "true" if node.id == member.node_id else "", "Hostname": node.hostname, "Status": node.state.capitalize(),
        "Availability": node.availability.capitalize(), "ManagerStatus": status, "EngineVersion": node.engine, "TLSStatus": "Ready",
    }  # fmt: skip


def _is_wanted(node: Node, wanted: dict[str, list[str]]) -> bool:
    return (
        filters.matches(wanted.get("name"), node.hostname)
        and (not wanted.get("id") or any(node.id.startswith(value) for value in wanted["id"]))
        and filters.exactly(wanted.get("role"), node.role)
        and filters.labelled(wanted.get("node.label"), node.labels)
    )


def update(docker: Docker, parsed: Parsed) -> Result:
    """docker node update."""
    member = member_of(docker)
    changes: dict[str, object] = {}
    if parsed.given("role"):
        changes["role"] = parsed.text("role")
    if parsed.given("availability"):
        changes["availability"] = parsed.text("availability")
    if parsed.many("label-add"):
        changes["labels"] = dict(item.partition("=")[::2] for item in parsed.many("label-add"))
    if parsed.many("label-rm"):
        changes["labels_gone"] = list(parsed.many("label-rm"))
    if changes.get("role", MANAGER) not in (WORKER, MANAGER):
        raise invalid(f'invalid Role: "{changes["role"]}"')
    if changes.get("availability", "active") not in AVAILABILITIES:
        raise invalid(f'invalid Availability: "{changes["availability"]}"')
    member.call("node_update", id=find_node(member, parsed.words[0]).id, **changes)
    docker.print(parsed.words[0])
    return docker.result()


def _to(docker: Docker, parsed: Parsed, role: str, already: str, done: str) -> Result:
    member = member_of(docker)
    for name in parsed.words:
        node = find_node(member, name)
        if node.role == role:
            docker.print(already.format(name))
            continue
        member.call("node_update", id=node.id, role=role)
        docker.print(done.format(name))
    return docker.result()


def promote(docker: Docker, parsed: Parsed) -> Result:
    """docker node promote."""
    return _to(docker, parsed, MANAGER, "Node {} is already a manager.", "Node {} promoted to a manager in the swarm.")


def demote(docker: Docker, parsed: Parsed) -> Result:
    """docker node demote."""
    return _to(docker, parsed, WORKER, "Node {} is already a worker.", "Manager {} demoted in the swarm.")


def remove(docker: Docker, parsed: Parsed) -> Result:
    """docker node rm."""
    member, force = member_of(docker), int(parsed.has("force"))
    failed = docker.each(parsed.words, lambda name: member.call("node_remove", id=find_node(member, name).id, force=force))
    return docker.result(int(bool(failed)))


def ps(docker: Docker, parsed: Parsed) -> Result:
    """docker node ps."""
    member = member_of(docker)
    nodes = {find_node(member, name).id for name in parsed.words or ("self",)}
    tasks = [task for task in member.state().tasks.values() if task.node_id in nodes and task.service_id]
    return show_tasks(docker, parsed, member, tasks)


UPDATE_FLAGS = (Flag("availability"), Flag("label-add", "", LIST), Flag("label-rm", "", LIST), Flag("role"))
NODE_COMMANDS = (
    Subcommand("node ls", "[OPTIONS]", tuple(flag for flag in LIST_FLAGS if flag.name in ("filter", "format", "quiet")), 0, 0, ls),
    Subcommand("node ps", "[OPTIONS] [NODE...]", PS_FLAGS, 0, None, ps),
    Subcommand("node update", "[OPTIONS] NODE", UPDATE_FLAGS, 1, 1, update),
    Subcommand("node promote", "NODE [NODE...]", (), 1, None, promote),
    Subcommand("node demote", "NODE [NODE...]", (), 1, None, demote),
    Subcommand("node rm", "[OPTIONS] NODE [NODE...]", (Flag("force", "f", BOOL),), 1, None, remove),
)
