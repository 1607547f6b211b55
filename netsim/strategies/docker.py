"""Docker hosts: networks, and containers attached to one or two of them."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
from hypothesis import strategies as st

from netsim.api import World


@attrs.frozen
class DockerHost:
    """Networks `net0`, `net1` ... (1: internal) and containers `box0`, `box1` ..., each with the networks it is on and the port it publishes or 0.

    Every container serves HTTP on port 80.
    """

    internal: tuple[int, ...]
    attached: tuple[tuple[int, ...], ...]
    published: tuple[int, ...]
    engine: str = "28"

    @property
    def containers(self) -> tuple[str, ...]:
        """The containers' names."""
        return tuple(f"box{number}" for number in range(len(self.attached)))

    def shared(self, one: str, other: str) -> bool:
        """Whether two containers are on one network, so that they reach each other by name."""
        first, second = (set(self.attached[self.containers.index(name)]) for name in (one, other))
        return bool(first & second)

    @property
    def script(self) -> str:
        """The commands that build it."""
        return "".join(f"{line}\n" for line in self._lines())

    def build(self, world: World | None = None) -> World:
        """Build it on the first machine of a world (a new one at need), and let devices get ready."""
        world = World() if world is None else world
        world.host().docker(self.engine)
        done = world.host().run_script(self.script)
        assert done.status == 0, done.stderr
        world.run_for(2_000_000_000)
        return world

    def _lines(self) -> Iterator[str]:
        for number, internal in enumerate(self.internal):
            yield f"docker network create {'--internal ' if internal else ''}net{number}"
        for number, (networks, port) in enumerate(zip(self.attached, self.published, strict=True)):
            publish = f"-p {port}:80 " if port else ""
            yield f"docker run -d --name box{number} --network net{networks[0]} {publish}training/webapp python -m http.server 80"
            yield from (f"docker network connect net{network} box{number}" for network in networks[1:])


@st.composite
def docker_worlds(draw: st.DrawFn, most_networks: int = 3, most_containers: int = 4, engines: tuple[str, ...] = ("28",)) -> DockerHost:
    """Hosts with 1 to `most_networks` networks and 1 to `most_containers` containers; they shrink to one of each."""
    networks = draw(st.integers(1, most_networks))
    internal = tuple(draw(st.integers(0, 1)) for _ in range(networks))
    attached = []
    for _ in range(draw(st.integers(1, most_containers))):
        attached.append(tuple(draw(st.lists(st.integers(0, networks - 1), min_size=1, max_size=2, unique=True))))
    published = tuple(draw(st.sampled_from([0, 0, 8000 + number])) for number in range(len(attached)))
    return DockerHost(internal, tuple(attached), published, draw(st.sampled_from(engines)))
