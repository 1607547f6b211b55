"""docker service ps and node ps: lists of tasks (docker/cli `task/print.go`)."""

from __future__ import annotations

from netsim.commands.docker import filters
from netsim.commands.docker.flags import BOOL, LIST, Flag, Parsed
from netsim.commands.docker.listing import Columns, show
from netsim.commands.docker.port import natural
from netsim.commands.docker.session import Docker
from netsim.commands.docker.spans import human
from netsim.docker.swarm.member import Member
from netsim.docker.swarm.objects import HOST, Task
from netsim.machine.call import Result

COLUMNS = Columns(
    "*task.taskContext",
    {
        "ID": "ID", "Name": "NAME", "Image": "IMAGE", "Node": "NODE", "DesiredState": "DESIRED STATE", "CurrentState": "CURRENT STATE", "Error": "ERROR",
        "Ports": "PORTS",
    },
    "{{.ID}}\t{{.Name}}\t{{.Image}}\t{{.Node}}\t{{.DesiredState}}\t{{.CurrentState}}\t{{.Error}}\t{{.Ports}}",
    "{{.ID}}",
)  # fmt: skip
PS_FLAGS = (Flag("filter", "f", LIST), Flag("format"), Flag("no-resolve", "", BOOL), Flag("no-trunc", "", BOOL), Flag("quiet", "q", BOOL))
FILTERS = ("id", "name", "node", "desired-state", "service", "label")
LONGEST_ERROR = 30


def show_tasks(docker: Docker, parsed: Parsed, member: Member, tasks: list[Task]) -> Result:
    """A table of tasks: by service and slot, the newest first, older ones of a slot indented under it."""
    wanted = filters.read(docker.engine, parsed.many("filter"), FILTERS)
    found = [task for task in tasks if _is_wanted(member, task, wanted)]
    order = {task.id: number for number, task in enumerate(member.state().tasks.values())}
    found.sort(key=lambda task: (_service_place(member, task), task.slot, task.node_id if not task.slot else "", -task.created, -order[task.id]))
    rows, before = [], ""
    for task in found:
        base = _name(task)
        rows.append(
            _row(docker, member, task, f" \\_ {base}" if base == before and not parsed.has("quiet") else base, whole=int(parsed.has("no-trunc")))
        )
        before = base
    return show(docker, COLUMNS, parsed.text("format"), rows, quiet=int(parsed.has("quiet")))


def _service_place(member: Member, task: Task) -> list[tuple[int, int, str]]:
    return natural(task.spec.name if task.spec is not None else "")


def _name(task: Task) -> str:
    name = task.spec.name if task.spec is not None else task.service_id
    return f"{name}.{task.slot or task.node_id}"


def _row(docker: Docker, member: Member, task: Task, name: str, *, whole: int) -> dict[str, str]:
    node = member.state().nodes.get(task.node_id)
    spec = task.spec
    error = task.error
    if error:
        error = f'"{error if whole or len(error) <= LONGEST_ERROR else error[: LONGEST_ERROR - 1] + "…"}"'
    since = human(docker.engine.now() - task.updated).lower()
    return {
        "ID": task.id if whole else task.id[:12], "Name": name, "Image": spec.container.image if spec is not None else "",
        "Node": node.hostname if node is not None else task.node_id, "DesiredState": task.desired.capitalize(),
        "CurrentState": f"{task.state.capitalize()} {since} ago", "Error": error, "Ports": _ports(task),
    }  # fmt: skip


def _ports(task: Task) -> str:
    """Ports published on the node itself, while the task runs; both families' bindings are told."""
    if task.spec is None or task.state != "running":
        return ""
    return ",".join(f"*:{port.published}->{port.target}/{port.protocol}" for port in task.spec.ports if port.mode == HOST for _ in range(2))


def _is_wanted(member: Member, task: Task, wanted: dict[str, list[str]]) -> bool:
    node = member.state().nodes.get(task.node_id)
    states = wanted.get("desired-state")
    return (
        (not states or (task.desired in states) or ("shutdown" in states and task.desired == "remove"))
        and (not wanted.get("node") or any(value in (task.node_id, node.hostname if node is not None else "") for value in wanted["node"]))
        and filters.matches(wanted.get("name"), f"{_name(task)}.{task.id}")
        and (not wanted.get("id") or any(task.id.startswith(value) for value in wanted["id"]))
    )
