"""Images of services are built by the engine's own builder, or stood in for (docker/compose `build_classic.go`)."""

from __future__ import annotations

import attrs

from netsim.commands.docker.build import DEPRECATED
from netsim.commands.docker.compose.file.problem import ComposeProblem
from netsim.commands.docker.compose.file.project import Project
from netsim.commands.docker.compose.stand_ins import ensure_stand_in, has_image, image_name, is_buildable
from netsim.commands.docker.compose.steps import Step, Steps
from netsim.machine.fds import Capture
from netsim.machine.process import Process


@attrs.define(eq=False)
class Images(Step):
    """Every service's image is there: as it is, built, or a stand-in for it."""

    project: Project
    services: list[str]
    again: int = 0
    """Whether what is there is built all the same (`--build`)."""
    never: int = 0
    """Whether nothing is built (`--no-build`)."""

    def begin(self, run: Steps, proc: Process) -> int:
        """Plan builds; the machine is told of stand-ins."""
        builds = []
        for name in self.services:
            service, reference = self.project.services[name], image_name(self.project, name)
            there = has_image(run.engine, reference)
            if service.get("build") and not self.never and (self.again or not there) and is_buildable(run.engine, service):
                builds.append(Build(self.project, name))
            elif not there:
                report(run, f"docker compose: services.{name}: {ensure_stand_in(run.engine, self.project, name)}")
        run.add(*builds)
        return 0


def report(run: Steps, text: str) -> None:
    """Tell the machine once of something that is not modelled."""
    known = run.engine.machine.kernel.unmodelled
    if text not in known:
        known.append(text)


@attrs.define(eq=False)
class Build(Step):
    """One image is built."""

    project: Project
    name: str
    hears = 1
    error: Capture = attrs.field(factory=Capture)
    child: Process | None = None

    def begin(self, run: Steps, proc: Process) -> int:
        """`docker build` as a child."""
        build = self.project.services[self.name]["build"]
        run.tell(proc, f"Service {self.name}", "Building")
        context = str(build["context"])
        words = ["docker", "build", "--tag", image_name(self.project, self.name), "--file", f"{context}/{build.get('dockerfile', 'Dockerfile')}"]
        for name, value in (build.get("args") or {}).items():
            words += ["--build-arg", name if value is None else f"{name}={value}"]
        for name, value in {**(build.get("labels") or {}), "com.docker.compose.image.builder": "classic"}.items():
            words += ["--label", f"{name}={value}"]
        if build.get("network"):
            words += ["--network", str(build["network"])]
        if build.get("target"):
            words += ["--target", str(build["target"])]
        self.child = proc.machine.spawn(proc, (*words, context), fds={0: proc.fds[0].dup(), 1: proc.fds[1].dup(), 2: self.error})
        return self._look(run, proc)

    def finish(self, run: Steps, proc: Process) -> int:
        """It may have ended."""
        return self._look(run, proc)

    def _look(self, run: Steps, proc: Process) -> int:
        assert self.child is not None
        if self.child.status is None:
            return -1
        if self.child.status:
            raise ComposeProblem(self.error.text().removeprefix(DEPRECATED).strip())
        run.tell(proc, f"Service {self.name}", "Built")
        run.tell(proc, self.name, "Built")
        return 0
