"""docker compose up, create, down and scale."""

from __future__ import annotations

from collections.abc import Sequence

from netsim.clock import SECOND
from netsim.commands.docker.compose import create as making
from netsim.commands.docker.compose import start as starting
from netsim.commands.docker.compose.file.problem import ComposeProblem
from netsim.commands.docker.compose.file.project import Project
from netsim.commands.docker.compose.following import Foreground
from netsim.commands.docker.compose.removing import RemoveResources
from netsim.commands.docker.compose.request import LABEL, members, service_of, told_levels
from netsim.commands.docker.compose.session import Compose, ComposeCommand
from netsim.commands.docker.compose.stand_ins import image_name, split
from netsim.commands.docker.compose.steps import Step, Steps, Stop
from netsim.commands.docker.compose.volumes import RemoveVolumes
from netsim.commands.docker.compose.waiting import AllUp
from netsim.commands.docker.flags import BOOL, INT, LIST, TEXT, Flag, Parsed
from netsim.machine.call import Program, Result

TOGETHER = "--detach cannot be combined with --abort-on-container-exit, --abort-on-container-failure, --attach, --attach-dependencies or --watch"


def plan_of(compose: Compose, parsed: Parsed) -> making.Plan:
    """What the options of up and create ask for; ComposeProblem."""
    if parsed.has("force-recreate") and parsed.has("no-recreate"):
        raise ComposeProblem("--force-recreate and --no-recreate are incompatible")
    if parsed.has("always-recreate-deps") and parsed.has("no-recreate"):
        raise ComposeProblem("--always-recreate-deps and --no-recreate are incompatible")
    if parsed.has("build") and parsed.has("no-build"):
        raise ComposeProblem("--build and --no-build are incompatible")
    project = compose.load(parsed.words)
    named = known(project, parsed.words)
    scales = read_scales(project, parsed.many("scale"))
    services = list(named or project.services)
    services = sorted(services) if parsed.has("no-deps") else project.with_dependencies(services)
    policy = making.FORCE if parsed.has("force-recreate") else making.NEVER if parsed.has("no-recreate") else making.DIVERGED
    environment = project.environment
    plan = making.Plan(
        project, services, named, policy, making.FORCE if parsed.has("always-recreate-deps") else making.DIVERGED if policy != making.NEVER else policy,
        scales, int(parsed.has("remove-orphans") or truth(environment.get("COMPOSE_REMOVE_ORPHANS", ""))),
        int(truth(environment.get("COMPOSE_IGNORE_ORPHANS", ""))), grace(parsed), int(parsed.has("build")), int(parsed.has("no-build")),
    )  # fmt: skip
    compose.report(project, services)
    return plan


def truth(text: str) -> bool:
    """A switch in the environment."""
    return text.lower() in ("1", "t", "true", "y", "yes", "on")


def grace(parsed: Parsed) -> int | None:
    """--timeout in ns."""
    return parsed.number("timeout") * SECOND if parsed.given("timeout") else None


def known(project: Project, names: Sequence[str]) -> list[str]:
    """Services by name; ComposeProblem for one that is not there."""
    for name in names:
        project.service(name)
    return list(names)


def read_scales(project: Project, items: Sequence[str]) -> dict[str, int]:
    """SERVICE=NUM; ComposeProblem."""
    found = {}
    for item in items:
        name, equals, number = item.partition("=")
        if not equals or not number:
            raise ComposeProblem(f"invalid --scale option {item!r}. Should be SERVICE=NUM".replace("'", '"'))
        if not number.isdigit():
            raise ComposeProblem(f'strconv.Atoi: parsing "{number}": invalid syntax')
        if name not in project.services:
            raise ComposeProblem(f"no such service: {name}: not found")
        found[name] = int(number)
    return found


def quiet(compose: Compose) -> int:
    """Whether progress is told."""
    return int(compose.options.text("progress") == "quiet")


def up(compose: Compose, parsed: Parsed) -> Result | Program:
    """docker compose up."""
    detached = parsed.has("detach") or parsed.has("wait")
    stops = any(parsed.has(name) for name in ("abort-on-container-exit", "abort-on-container-failure", "attach", "attach-dependencies", "watch"))
    if detached and stops:
        raise ComposeProblem(TOGETHER)
    if parsed.has("watch"):
        raise ComposeProblem("docker compose: netsim: --watch is not modelled")
    plan = plan_of(compose, parsed)
    steps = making.steps(plan)
    if not parsed.has("no-start"):
        found = starting.steps(plan.project, plan.services)
        steps += found if detached else [making.Loud(1), *found]
    if parsed.has("wait"):
        steps.append(AllUp(plan.project, plan.services, parsed.number("wait-timeout") * SECOND))
    run = Steps(compose.engine, steps, quiet(compose), compose.said())
    if not detached and not parsed.has("no-start"):
        watched = _watched(plan, parsed)
        code = parsed.text("exit-code-from")
        if code:
            plan.project.service(code)
        ends = "exit" if parsed.has("abort-on-container-exit") or code else "failure" if parsed.has("abort-on-container-failure") else ""
        run.then = Foreground(
            compose.engine, plan.project.name, plan.services, watched, ends, code, int(not parsed.has("no-log-prefix")), int(parsed.has("timestamps")),
            grace(parsed),
        )  # fmt: skip
    return run


def _watched(plan: making.Plan, parsed: Parsed) -> list[str]:
    """Whose output is shown."""
    if parsed.many("attach"):
        return known(plan.project, parsed.many("attach"))
    base = plan.services if not plan.named or parsed.has("attach-dependencies") else plan.named
    hidden = {*known(plan.project, parsed.many("no-attach"))}
    return [name for name in base if name not in hidden and plan.project.services[name].get("attach", True)]


def create(compose: Compose, parsed: Parsed) -> Result | Program:
    """docker compose create."""
    return Steps(compose.engine, making.steps(plan_of(compose, parsed)), quiet(compose), compose.said())


def scale(compose: Compose, parsed: Parsed) -> Result | Program:
    """docker compose scale."""
    project = compose.load()
    scales = {}
    for item in parsed.words:
        name, equals, number = item.partition("=")
        if not equals:
            raise ComposeProblem(f"invalid scale specifier: {item}")
        if not number.isdigit():
            raise ComposeProblem(f"invalid scale specifier: {item}")
        project.service(name)
        scales[name] = int(number)
    named = list(scales)
    services = sorted(named) if parsed.has("no-deps") else project.with_dependencies(named)
    plan = making.Plan(project, services, named, scales=scales)
    compose.report(project, services)
    return Steps(compose.engine, [*making.steps(plan), *starting.steps(project, services)], quiet(compose), compose.said())


def down(compose: Compose, parsed: Parsed) -> Result | Program:
    """docker compose down."""
    if parsed.text("rmi") not in ("", "all", "local"):
        raise ComposeProblem(f'invalid value for --rmi: "{parsed.text("rmi")}"')
    project, name = compose.project_or_name(parsed.words)
    orphans = parsed.has("remove-orphans") or truth(compose.call.proc.env.get("COMPOSE_REMOVE_ORPHANS", ""))
    named = [one for one in parsed.words if project is None or known(project, [one])]
    there = members(compose.engine, name, oneoff=int(orphans))
    levels = told_levels(there) if project is None else project.levels(project.services)
    steps: list[Step] = []
    for level in reversed(levels):
        stopping = [one for one in there if service_of(one) in level and (not named or service_of(one) in named)]
        if stopping:
            steps.append(Stop([one for one in stopping if one.spec.labels.get(LABEL + "oneoff") != "True" or orphans], grace(parsed), 1))
    known_services = {*(service for level in levels for service in level), *(project.disabled if project is not None else ())}
    others = [one for one in there if service_of(one) not in known_services]
    if orphans and others and not named:
        steps.append(Stop(others, grace(parsed), 1))
    networks = _networks(compose, project, name)
    images = _images(compose, project, parsed.text("rmi"))
    if networks or images:
        steps.append(RemoveResources(name, networks, images))
    if not there and not networks:
        compose.warn([f'Warning: No resource found to remove for project "{name}".'])
    if parsed.has("volumes") and project is not None:
        steps.append(RemoveVolumes(project))
    return Steps(compose.engine, steps, quiet(compose), compose.said())


def _images(compose: Compose, project: Project | None, which: str) -> list[str]:
    """Images to remove: those that were built without a name of their own (`local`), or every one (`all`), as far as the engine has them."""
    names = [] if project is None or not which else sorted(project.services)
    wanted = [image_name(project, name) for name in names if project is not None and (which == "all" or not project.services[name].get("image"))]
    return [
        one
        for one in dict.fromkeys(":".join(split(one)) for one in wanted)
        if any(f"{image.name}:{image.tag}" == one for image in compose.engine.images.values())
    ]


def _networks(compose: Compose, project: Project | None, name: str) -> list[tuple[str, str]]:
    if project is not None:
        return [(key, str(one["name"])) for key, one in sorted(project.networks.items()) if not one.get("external")]
    labels = [(one.spec.labels.get(LABEL + "project"), one.spec.labels.get(LABEL + "network"), one.name) for one in compose.engine.networks.values()]
    return sorted((key, called) for owner, key, called in labels if owner == name and key)


CREATE_FLAGS = (
    Flag("build", "", BOOL), Flag("force-recreate", "", BOOL), Flag("no-build", "", BOOL), Flag("no-recreate", "", BOOL),
    Flag("pull", "", TEXT, unmodelled=1), Flag("quiet-pull", "", BOOL), Flag("remove-orphans", "", BOOL), Flag("scale", "", LIST), Flag("yes", "y", BOOL),
)  # fmt: skip
UP_FLAGS = (
    Flag("abort-on-container-exit", "", BOOL), Flag("abort-on-container-failure", "", BOOL), Flag("always-recreate-deps", "", BOOL),
    Flag("attach", "", LIST), Flag("attach-dependencies", "", BOOL), *CREATE_FLAGS[:1], Flag("detach", "d", BOOL), Flag("exit-code-from"),
    CREATE_FLAGS[1], Flag("menu", "", BOOL), Flag("no-attach", "", LIST), CREATE_FLAGS[2], Flag("no-color", "", BOOL), Flag("no-deps", "", BOOL),
    Flag("no-log-prefix", "", BOOL), CREATE_FLAGS[3], Flag("no-start", "", BOOL), CREATE_FLAGS[4], Flag("quiet-build", "", BOOL), CREATE_FLAGS[5],
    CREATE_FLAGS[6], Flag("renew-anon-volumes", "V", BOOL, unmodelled=1), CREATE_FLAGS[7], Flag("timeout", "t", INT), Flag("timestamps", "", BOOL),
    Flag("wait", "", BOOL), Flag("wait-timeout", "", INT), Flag("watch", "w", BOOL), CREATE_FLAGS[8],
)  # fmt: skip
DOWN_FLAGS = (Flag("remove-orphans", "", BOOL), Flag("rmi"), Flag("timeout", "t", INT), Flag("volumes", "v", BOOL))
UP_COMMANDS = (
    ComposeCommand("up", "[OPTIONS] [SERVICE...]", "Create and start containers", UP_FLAGS, up),
    ComposeCommand("create", "[OPTIONS] [SERVICE...]", "Creates containers for a service", CREATE_FLAGS, create),
    ComposeCommand("down", "[OPTIONS] [SERVICES]", "Stop and remove containers, networks", DOWN_FLAGS, down),
    ComposeCommand("scale", "[SERVICE=REPLICAS...]", "Scale services", (Flag("no-deps", "", BOOL),), scale),
)
