"""The networks and images of a project go (docker/compose `ensureNetworksDown`, `ensureImagesDown`)."""

from __future__ import annotations

import attrs

from netsim.clock import MS
from netsim.commands.docker.compose.file.problem import ComposeProblem
from netsim.commands.docker.compose.request import LABEL
from netsim.commands.docker.compose.steps import Step, Steps
from netsim.docker.engine.networks import remove_network
from netsim.docker.errors import Refusal
from netsim.machine.process import Process


@attrs.define(eq=False)
class RemoveResources(Step):
    """Images, and networks that the project made, unless somebody still uses them."""

    project: str
    networks: list[tuple[str, str]]
    """Key and name."""
    images: list[str] = attrs.field(factory=list)
    """Name and tag."""
    found: list[str] = attrs.field(factory=list)

    def begin(self, run: Steps, proc: Process) -> int:
        """Tell what goes."""
        for image in self.images:
            run.tell(proc, f"Image {image}", "Removing")
        for key, name in self.networks:
            for one in run.engine.networks.values():
                labels = one.spec.labels
                if one.name == name and labels.get(LABEL + "project") == self.project and labels.get(LABEL + "network") == key:
                    self.found.append(name)
                    run.tell(proc, f"Network {name}", "Removing")
                    break
        return run.engine.profile.durations.network_remove * MS if self.found or self.images else 0

    def finish(self, run: Steps, proc: Process) -> int:
        """Gone, or still in use."""
        for image in self.images:
            self._image(run, proc, image)
        for name in self.found:
            network = run.engine.network(name)
            if network.endpoints:
                run.tell(proc, f"Network {name}", "Resource is still in use")
                continue
            try:
                remove_network(run.engine, network.id)
            except Refusal as problem:
                run.tell(proc, f"Network {name}", "Error")
                raise ComposeProblem(f"failed to remove network {name}: Error response from daemon: {problem.text}") from None
            run.tell(proc, f"Network {name}", "Removed")
        return 0

    def _image(self, run: Steps, proc: Process, name: str) -> None:
        engine = run.engine
        meant = [image for image in engine.images.values() if f"{image.name}:{image.tag}" == name]
        if any(one.image in meant for one in engine.containers.values()):
            run.tell(proc, f"Image {name}", "Resource is still in use")
            return
        engine.images = {key: image for key, image in engine.images.items() if image not in meant}
        run.tell(proc, f"Image {name}", "Removed")
