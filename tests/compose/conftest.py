"""A host on which compose files are written and `docker compose` is typed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from netsim import World
from netsim.api import Host
from netsim.machine.call import Result

Typed = Callable[[str], Result]


class Desk:
    """A host with an engine and a project's directory."""

    def __init__(self, engine: str = "28") -> None:
        self.host: Host = World().host("h1")
        self.docker = self.host.docker(engine)
        self.files()

    def files(self, **texts: str) -> Desk:
        """Files of the project; `compose` is compose.yaml, and an underscore stands for a dot elsewhere."""
        machine = self.host.machine
        machine.files.makedirs(machine.init, "/root/app")
        for name, text in texts.items():
            path = {"compose": "compose.yaml", "env": ".env"}.get(name, name.replace("__", "/").replace("_", "."))
            machine.files.makedirs(machine.init, f"/root/app/{path}".rpartition("/")[0])
            machine.files.write(machine.init, f"/root/app/{path}", text.encode())
        return self

    def type(self, line: str) -> Result:
        """A line typed in the project's directory."""
        return self.host.run(f"cd /root/app && {line}")

    def compose(self, line: str) -> Result:
        """`docker compose LINE`."""
        return self.type(f"docker compose {line}")


@pytest.fixture
def desk() -> Desk:
    return Desk()
