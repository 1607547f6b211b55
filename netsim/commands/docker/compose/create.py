"""Networks and containers of a project are made, and made again where they are not as it says any more (docker/compose `convergence.go`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from netsim.commands.docker.compose.building import Images
from netsim.commands.docker.compose.file.problem import ComposeProblem
from netsim.commands.docker.compose.file.project import Project, scale
from netsim.commands.docker.compose.network import Network
from netsim.commands.docker.compose.request import LABEL, Maker, container_name, members, number_of, service_of
from netsim.commands.docker.compose.stand_ins import image_name, is_stand_in
from netsim.commands.docker.compose.steps import Said, Step, Steps, Stop, Together, warning
from netsim.commands.docker.compose.volumes import Volume, used_volumes
from netsim.docker.engine import attach
from netsim.docker.engine import run as life
from netsim.docker.engine.container import Container
from netsim.docker.engine.create import create
from netsim.docker.engine.engine import Engine
from netsim.docker.image import image_id
from netsim.machine.process import Process

DIVERGED, FORCE, NEVER = "diverged", "force", "never"
"""When a container is made again."""


@attrs.frozen
class Plan:
    """What is to be there afterwards."""

    project: Project
    services: Sequence[str]
    """Every service that takes part, dependencies too."""
    named: Sequence[str] = ()
    """Those that were asked for; none: all."""
    recreate: str = DIVERGED
    recreate_dependencies: str = DIVERGED
    scales: Mapping[str, int] = attrs.field(factory=dict)
    remove_orphans: int = 0
    ignore_orphans: int = 0
    timeout: int | None = None
    builds: int = 0
    """Whether images are built although they are there."""
    never_builds: int = 0
    networks: Sequence[str] | None = None
    """Which of the project's networks; None: those of the services."""

    def scale(self, name: str) -> int:
        """How many containers of a service."""
        return self.scales[name] if name in self.scales else scale(self.project.services[name])

    def policy(self, name: str) -> str:
        """When containers of a service are made again."""
        return self.recreate if not self.named or name in self.named else self.recreate_dependencies


def steps(plan: Plan) -> list[Step]:
    """Images, networks, orphans, containers in the order of dependencies."""
    levels = plan.project.levels(plan.services)
    return [
        Images(plan.project, list(plan.services), plan.builds, plan.never_builds),
        *(Network(plan.project, key) for key in networks(plan)),
        *(Volume(plan.project, key) for key in used_volumes(plan.project, plan.services)),
        Orphans(plan),
        *(Level(plan, level) for level in levels),
    ]


def networks(plan: Plan) -> list[str]:
    """The networks that the services use, by key."""
    used = {key for name in plan.services for key in plan.project.services[name].get("networks") or ()}
    return sorted(key for key in plan.project.networks if key in used)


@attrs.define(eq=False)
class Orphans(Step):
    """Containers of services that the project does not have any more."""

    plan: Plan

    def begin(self, run: Steps, proc: Process) -> int:
        """They are told, or stopped and removed."""
        project = self.plan.project
        known = {*project.services, *project.disabled}
        found = [one for one in members(run.engine, project.name, oneoff=1) if service_of(one) not in known]
        if not found or self.plan.ignore_orphans:
            return 0
        if self.plan.remove_orphans:
            run.add(Stop(found, None, 1))
            return 0
        names = f"[{' '.join(one.name for one in found)}]"
        proc.write(2, warning(run.engine.machine, f"Found orphan containers ({names}) for this project. If you removed or renamed this service in your compose file, "
                              "you can run this command with the --remove-orphans flag to clean it up."))  # fmt: skip
        return 0


@attrs.define(eq=False)
class Create:
    """A container is made."""

    maker: Maker
    service: str
    number: int
    doing: str = "Creating"
    done: str = "Created"
    replaces: int = 0
    """Whether there was one before."""

    def name(self) -> str:
        """`Container NAME`."""
        return f"Container {container_name(self.maker.project, self.service, self.number)}"

    def act(self, engine: Engine) -> None:
        """Create it, and connect it to what it could not be created on."""
        spec = self.maker.spec(self.service, self.number)
        made = create(
            engine, attrs.evolve(spec, labels={**spec.labels, LABEL + "replace": f"{self.service}-{self.number}"}) if self.replaces else spec
        )
        for key in self.maker.later(self.service):
            attach.connect(engine, self.maker.network_name(key), made, self.maker.settings(self.service, self.number, key))


@attrs.define(eq=False)
class Recreate:
    """A container is made again under its name."""

    maker: Maker
    old: Container
    service: str
    doing: str = "Recreate"
    done: str = "Recreated"

    def name(self) -> str:
        """`Container NAME`."""
        return f"Container {self.old.name}"

    def act(self, engine: Engine) -> None:
        """The old one goes, one like it comes."""
        life.remove(engine, self.old, force=1)
        Create(self.maker, self.service, number_of(self.old), replaces=1).act(engine)


@attrs.define(eq=False)
class Quiet(Step):
    """Containers end without a word: they are about to be made again."""

    containers: list[Container]

    def begin(self, run: Steps, proc: Process) -> int:
        """Ask them to end, as `Stop` does."""
        kept, run.quiet = run.quiet, 1
        run.add(Stop([one for one in self.containers if one.state.is_running]), Loud(kept))
        return 0


@attrs.define(eq=False)
class Loud(Step):
    """What follows is told again."""

    quiet: int

    def begin(self, run: Steps, proc: Process) -> int:
        """As it was."""
        run.quiet = self.quiet
        return 0


@attrs.define(eq=False)
class Level(Step):
    """Services that depend on none of each other get their containers."""

    plan: Plan
    names: Sequence[str]

    def begin(self, run: Steps, proc: Process) -> int:
        """See what there is, and plan what is missing or wrong."""
        engine, maker = run.engine, Maker(run.engine, self.plan.project)
        told: list[tuple[str, str]] = []
        again: list[Recreate] = []
        fresh: list[Create] = []
        over: list[Container] = []
        dependents: list[Container] = []
        for name in self.names:
            wanted, there = self.plan.scale(name), members(engine, self.plan.project.name, name)
            if wanted > 1 and self.plan.project.services[name].get("container_name"):
                given = self.plan.project.services[name]["container_name"]
                raise ComposeProblem(
                    f'WARNING: The "{name}" service is using the custom container name "{given}". Docker requires each container to have a unique name. '
                    "Remove the custom name to scale the service.\n"
                )
            stale = {one.id for one in there if self._is_stale(maker, name, one)}
            there.sort(key=_first_current(stale))
            over += there[wanted:]
            for container in there[:wanted]:
                if container.id in stale:
                    again.append(Recreate(maker, container, name))
                    dependents += self._dependents(engine, name)
                elif container.state.is_running:
                    told.append((f"Container {container.name}", "Running"))
            next_number = max((number_of(one) for one in there), default=0) + 1
            fresh += [Create(maker, name, next_number + extra) for extra in range(wanted - len(there))]
        durations = engine.profile.durations
        run.add(
            Said(told),
            Stop(list(dict.fromkeys(dependents)), self.plan.timeout),
            Stop(over, self.plan.timeout, 1),
            Said([(one.name(), one.doing) for one in again]),
            Quiet([one.old for one in again]),
            Together([attrs.evolve(one, doing="") for one in again], durations.create),
            Together(list(fresh), durations.create),
        )
        return 0

    def _dependents(self, engine: Engine, name: str) -> list[Container]:
        """Containers of services that want to be started again with this one."""
        project = self.plan.project
        found = [other for other in project.dependents(name) if project.services[other]["depends_on"][name].get("restart")]
        return [one for other in found for one in members(engine, project.name, other)]

    def _is_stale(self, maker: Maker, name: str, container: Container) -> int:
        policy, service = self.plan.policy(name), self.plan.project.services[name]
        if policy in (FORCE, NEVER):
            return int(policy == FORCE)
        labels = container.spec.labels
        image = maker.engine.image(image_name(self.plan.project, name))
        if labels.get(LABEL + "config-hash") != maker.hash(name) or labels.get(LABEL + "image") != image_id(image):
            return 1
        if is_stand_in(image) and container.spec.entrypoint != maker.spec(name, number_of(container)).entrypoint:
            return 1
        wanted = {maker.network_name(key) for key in service.get("networks") or ()}
        return int(container.state.is_running and not wanted <= set(attach.endpoints(maker.engine, container)))


@attrs.frozen
class _first_current:
    """Order in which containers are kept: those that are as they should be before the others, low numbers first."""

    stale: set[str]

    def __call__(self, container: Container) -> tuple[int, int]:
        return (int(container.id in self.stale), number_of(container))
