"""Networks of a project: made, used as they are, or made again when they are not as the project says (docker/compose `ensureNetwork`)."""

from __future__ import annotations

import attrs

from netsim.clock import MS
from netsim.commands.docker.compose.file.problem import ComposeProblem
from netsim.commands.docker.compose.file.project import Project
from netsim.commands.docker.compose.request import LABEL, Maker, members, network_hash, network_spec, number_of, service_of
from netsim.commands.docker.compose.steps import Step, Steps, Stop, warning
from netsim.docker.engine import attach
from netsim.docker.engine.container import Container
from netsim.docker.engine.networks import create_network, remove_network
from netsim.docker.errors import Refusal
from netsim.machine.process import Process


@attrs.define(eq=False)
class Removed(Step):
    """A network goes, to be made again."""

    name: str
    members: list[Container]
    """Who was on it."""

    def begin(self, run: Steps, proc: Process) -> int:
        """The daemon takes its time."""
        return run.engine.profile.durations.network_remove * MS

    def finish(self, run: Steps, proc: Process) -> int:
        """Nobody is on it any more, and it is gone."""
        for container in self.members:
            attach.disconnect(run.engine, self.name, container, force=1)
        remove_network(run.engine, self.name)
        run.tell(proc, f"Network {self.name}", "Removed")
        return 0


@attrs.define(eq=False)
class Network(Step):
    """A network is there."""

    project: Project
    key: str
    members: list[Container] = attrs.field(factory=list)
    """Who was on it before it was made again."""

    def begin(self, run: Steps, proc: Process) -> int:
        """An external one has to be there; one that is there may be used."""
        network = self.project.networks[self.key]
        name = network["name"]
        found = [one for one in run.engine.networks.values() if one.name == name]
        if network.get("external"):
            if not found:
                raise ComposeProblem(f"network {name} declared as external, but could not be found")
            return 0
        if found:
            labels = found[0].spec.labels
            if labels.get(LABEL + "project") is None and labels.get(LABEL + "network") is None:
                text = f"a network with name {name} exists but was not created by compose.\nSet `external: true` to use an existing network"
                proc.write(2, warning(run.engine.machine, text))
            elif labels.get(LABEL + "project") != self.project.name:
                text = f'a network with name {name} exists but was not created for project "{self.project.name}".\nSet `external: true` to use an existing network'
                proc.write(2, warning(run.engine.machine, text))
            if labels.get(LABEL + "network") != self.key:
                raise ComposeProblem(
                    f'network {name} was found but has incorrect label {LABEL}network set to "{labels.get(LABEL + "network", "")}" (expected: "{self.key}")'
                )
            if labels.get(LABEL + "project") == self.project.name and labels.get(LABEL + "config-hash") != network_hash(network):
                self.members = self.on_it(run, name)
                run.add(*self.leave(run), Removed(name, self.members), self)
            return 0
        run.tell(proc, f"Network {name}", "Creating")
        return run.engine.profile.durations.network_create * MS

    def on_it(self, run: Steps, name: str) -> list[Container]:
        """The project's containers on it."""
        return [one for one in members(run.engine, self.project.name, oneoff=1) if name in one.networks]

    def leave(self, run: Steps) -> list[Step]:
        """Everybody who is on it stops: it is not as the project says any more, and made again."""
        found: list[Step] = []
        for level in reversed(self.project.levels(self.project.services)):
            there = [
                one
                for name in level
                if self.key in (self.project.services[name].get("networks") or ())
                for one in members(run.engine, self.project.name, name)
            ]
            if there:
                found.append(Stop(there))
        return found

    def finish(self, run: Steps, proc: Process) -> int:
        """It is made."""
        name = self.project.networks[self.key]["name"]
        try:
            create_network(run.engine, network_spec(self.project, self.key))
        except Refusal as problem:
            run.tell(proc, f"Network {name}", "Error")
            raise ComposeProblem(f"failed to create network {name}: Error response from daemon: {problem.text}") from None
        run.tell(proc, f"Network {name}", "Created")
        maker = Maker(run.engine, self.project)
        for container in self.members:
            if service_of(container) in self.project.services:
                attach.connect(run.engine, name, container, maker.settings(service_of(container), number_of(container), self.key))
        return 0
