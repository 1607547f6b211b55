"""docker service: create, ls, ps, inspect, scale, update, rollback, rm, logs (docker/cli `command/service`)."""

from __future__ import annotations

from netsim.commands.docker import filters
from netsim.commands.docker.flags import BOOL, Flag, Parsed
from netsim.commands.docker.listing import Columns, show
from netsim.commands.docker.port import natural
from netsim.commands.docker.ps import LIST_FLAGS
from netsim.commands.docker.reference import reference_problem
from netsim.commands.docker.session import Docker, Subcommand, worded
from netsim.commands.docker.swarm.ports import ingress_text
from netsim.commands.docker.swarm.progress import Converging
from netsim.commands.docker.swarm.request import CREATE_FLAGS, UPDATE_FLAGS, changed_spec, new_spec, wanted_networks
from netsim.commands.docker.swarm.swarm import member_of
from netsim.commands.docker.swarm.tasks import PS_FLAGS, show_tasks
from netsim.docker.engine.networks import find_network
from netsim.docker.errors import Missing, Refusal
from netsim.docker.ids import pet_name
from netsim.docker.swarm.lookup import find_service
from netsim.docker.swarm.member import Member
from netsim.docker.swarm.objects import READY, Service, plain
from netsim.machine.call import Program, Result

COLUMNS = Columns(
    "*service.serviceContext",
    {"ID": "ID", "Name": "NAME", "Mode": "MODE", "Replicas": "REPLICAS", "Image": "IMAGE", "Ports": "PORTS"},
    "{{.ID}}\t{{.Name}}\t{{.Mode}}\t{{.Replicas}}\t{{.Image}}\t{{.Ports}}",
    "{{.ID}}",
)
FILTERS = ("id", "label", "mode", "name")
UNRESOLVED = (
    "image {0} could not be accessed on a registry to record\nits digest. Each node will access {0} independently,\n"
    "possibly leading to different nodes running different\nversions of the image.\n\n"
)


def create(docker: Docker, parsed: Parsed) -> Result | Program:
    """docker service create."""
    for name in wanted_networks(parsed):
        try:
            find_network(docker.engine, name)
        except Refusal as problem:
            docker.complain(docker.worded(problem, "network", name))
            return docker.result(1)
    member = member_of(docker)
    wrong = reference_problem(docker.cli, parsed.words[0])
    if wrong:
        docker.complain(wrong if docker.cli.family == "20.10" else f"Error response from daemon: {wrong}")
        return docker.result(1)
    taken = {service.spec.name for service in member.state().services.values()}
    spec = new_spec(member, parsed, parsed.text("name") or pet_name(docker.engine.rng, taken))
    made = member.call("service_create", spec=plain(spec))
    if not parsed.has("no-resolve-image"):
        docker.call.proc.write(2, UNRESOLVED.format(spec.container.image))
    docker.call.proc.write(1, made + "\n")
    return _until_converged(docker, parsed, member, [(made, made)])


def _until_converged(docker: Docker, parsed: Parsed, member: Member, services: list[tuple[str, str]], rolled_back: int = 0) -> Result | Program:
    if parsed.has("detach"):
        return docker.result()
    return Converging(member, services, int(docker.cli.family == "20.10"), int(parsed.has("quiet")), rolled_back)


def ls(docker: Docker, parsed: Parsed) -> Result:
    """docker service ls."""
    member = member_of(docker)
    wanted = filters.read(docker.engine, parsed.many("filter"), FILTERS)
    services = [service for service in member.state().services.values() if _is_wanted(service, wanted)]
    services.sort(key=lambda service: natural(service.spec.name))
    return show(docker, COLUMNS, parsed.text("format"), [_row(member, service) for service in services], quiet=int(parsed.has("quiet")))


def _is_wanted(service: Service, wanted: dict[str, list[str]]) -> bool:
    return (
        filters.matches(wanted.get("name"), service.spec.name)
        and (not wanted.get("id") or any(service.id.startswith(value) for value in wanted["id"]))
        and filters.exactly(wanted.get("mode"), service.spec.mode)
        and filters.labelled(wanted.get("label"), service.spec.labels)
    )


def _row(member: Member, service: Service) -> dict[str, str]:
    spec, store = service.spec, member.state()
    tasks = store.tasks_of(service)
    running = sum(task.state == "running" and task.desired == "running" and _is_up(member, task.node_id) for task in tasks)
    desired = spec.replicas if spec.mode == "replicated" else sum(task.desired == "running" for task in tasks)
    most = f" (max {spec.max_per_node} per node)" if spec.max_per_node else ""
    return {
        "ID": service.id[:12], "Name": spec.name, "Mode": spec.mode, "Replicas": f"{running}/{desired}{most}", "Image": spec.container.image,
        "Ports": ingress_text(service),
    }  # fmt: skip


def _is_up(member: Member, node_id: str) -> bool:
    node = member.state().nodes.get(node_id)
    return node is not None and node.state == READY


def ps(docker: Docker, parsed: Parsed) -> Result:
    """docker service ps."""
    member = member_of(docker)
    tasks, missing = [], []
    for name in parsed.words:
        try:
            tasks += member.state().tasks_of(find_service(member, name))
        except Refusal as problem:
            if problem.status != 404:
                raise
            missing.append(f"no such service: {name}")
    if missing and not tasks:
        docker.complain("\n".join(missing))
        return docker.result(1)
    shown = show_tasks(docker, parsed, member, tasks)
    if missing:
        docker.complain("\n".join(missing))
        return docker.result(1)
    return shown


def scale(docker: Docker, parsed: Parsed) -> Result | Program:
    """docker service scale."""
    member, problems, changed = member_of(docker), [], []
    pairs = []
    for word in parsed.words:
        name, equals, count = word.partition("=")
        if not equals:
            return (
                Result("", worded(docker.cli.bad_option, f"invalid scale specifier '{word}'", "service scale"), 1)
                if docker.cli.family == "20.10"
                else _specifier(word)
            )
        pairs.append((name, count))
    for name, count in pairs:
        try:
            changed.append(_scale_one(member, name, count))
            docker.call.proc.write(1, f"{name} scaled to {count}\n")
        except ValueError as problem:
            problems.append(f"{name}: {problem}")
        except Refusal as problem:
            problems.append(f"{name}: {docker.worded(problem)}")
    if problems:
        docker.complain("\n".join(problems))
        return docker.result(1)
    return _until_converged(docker, parsed, member, changed)


def _specifier(word: str) -> Result:
    text = "Scale one or multiple replicated services"
    return Result(
        "",
        f"invalid scale specifier '{word}'.\nSee 'docker service scale --help'.\n\nUsage:  docker service scale SERVICE=REPLICAS [SERVICE=REPLICAS...]\n\n{text}\n",
        1,
    )


def _scale_one(member: Member, name: str, count: str) -> tuple[str, str]:
    if not count.isdigit():
        raise ValueError(f'invalid replicas value {count}: strconv.ParseUint: parsing "{count}": invalid syntax')
    service = find_service(member, name)
    if service.spec.mode != "replicated":
        raise ValueError("scale can only be used with replicated or replicated-job mode")
    spec = plain(service.spec) | {"replicas": int(count)}
    member.call("service_update", id=service.id, spec=spec)
    return service.id, name


def update(docker: Docker, parsed: Parsed) -> Result | Program:
    """docker service update."""
    member, name = member_of(docker), parsed.words[0]
    service = find_service(member, name)
    if parsed.has("rollback"):
        return rollback(docker, parsed)
    spec = changed_spec(member, parsed, service.spec)
    member.call("service_update", id=service.id, spec=plain(spec))
    if parsed.given("image") and not parsed.has("no-resolve-image"):
        docker.call.proc.write(2, UNRESOLVED.format(spec.container.image))
    docker.call.proc.write(1, name + "\n")
    return _until_converged(docker, parsed, member, [(service.id, name)])


def rollback(docker: Docker, parsed: Parsed) -> Result | Program:
    """docker service rollback."""
    member, name = member_of(docker), parsed.words[0]
    service = find_service(member, name)
    member.call("service_rollback", id=service.id)
    docker.call.proc.write(1, name + "\n")
    return _until_converged(docker, parsed, member, [(service.id, name)], rolled_back=1)


def remove(docker: Docker, parsed: Parsed) -> Result:
    """docker service rm."""
    member = member_of(docker)
    failed = docker.each(parsed.words, lambda name: member.call("service_remove", id=find_service(member, name).id))
    return docker.result(int(bool(failed)))


def logs(docker: Docker, parsed: Parsed) -> Result:
    """docker service logs: what the service's containers on this node printed; those of others are not modelled."""
    member = member_of(docker)
    try:
        service = find_service(member, parsed.words[0])
    except Missing:
        if not docker.cli.names_missing:
            raise
        docker.complain(f"no such task or service: {parsed.words[0]}")
        return docker.result(1)
    for task in member.state().tasks_of(service):
        node = member.state().nodes.get(task.node_id)
        container = docker.engine.containers.get(task.container_id)
        if container is None:
            if task.state == "running":
                docker.engine.machine.kernel.unmodelled.append(f"docker service logs: of task {task.id} on another node")
            continue
        head = f"{service.spec.name}.{task.slot or task.node_id}.{task.id[:12]}@{node.hostname if node is not None else ''}    | "
        for line in b"".join(data for _, _, data in container.log).decode(errors="replace").splitlines():
            docker.print(line if parsed.has("raw") else head + line)
    return docker.result()


LOG_FLAGS = (
    Flag("details", "", BOOL, unmodelled=1), Flag("follow", "f", BOOL, unmodelled=1), Flag("no-resolve", "", BOOL), Flag("no-task-ids", "", BOOL, unmodelled=1),
    Flag("no-trunc", "", BOOL), Flag("raw", "", BOOL), Flag("since", unmodelled=1), Flag("tail", "n", unmodelled=1), Flag("timestamps", "t", BOOL, unmodelled=1),
)  # fmt: skip
DETACH = (Flag("detach", "d", BOOL), Flag("quiet", "q", BOOL))
SERVICE_COMMANDS = (
    Subcommand("service create", "[OPTIONS] IMAGE [COMMAND] [ARG...]", CREATE_FLAGS, 1, None, create, interspersed=False),
    Subcommand("service ls", "[OPTIONS]", tuple(flag for flag in LIST_FLAGS if flag.name in ("filter", "format", "quiet")), 0, 0, ls),
    Subcommand("service ps", "[OPTIONS] SERVICE [SERVICE...]", PS_FLAGS, 1, None, ps),
    Subcommand("service scale", "SERVICE=REPLICAS [SERVICE=REPLICAS...]", (Flag("detach", "d", BOOL),), 1, None, scale),
    Subcommand("service update", "[OPTIONS] SERVICE", UPDATE_FLAGS, 1, 1, update),
    Subcommand("service rollback", "[OPTIONS] SERVICE", DETACH, 1, 1, rollback),
    Subcommand("service rm", "SERVICE [SERVICE...]", (), 1, None, remove),
    Subcommand("service logs", "[OPTIONS] SERVICE|TASK", LOG_FLAGS, 1, 1, logs),
)
