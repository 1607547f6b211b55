"""A container as the daemon keeps it."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.docker.cnm.model import Sandbox
from netsim.docker.image import Image
from netsim.docker.settings import ContainerSpec, EndpointSettings, MountPoint
from netsim.machine.fds import OpenFile
from netsim.machine.jail import Jail
from netsim.machine.nodes import File
from netsim.machine.process import Process

CREATED, RUNNING, PAUSED, RESTARTING, EXITED, DEAD = "created", "running", "paused", "restarting", "exited", "dead"


@attrs.define(eq=False)
class State:
    """What became of it (`State` in inspect); times are virtual ns since 1970, 0 where it never happened."""

    status: str = CREATED
    pid: int = 0
    exit_code: int = 0
    error: str = ""
    started: int = 0
    finished: int = 0

    @property
    def is_running(self) -> bool:
        """Whether it has a process, paused or not."""
        return self.status in (RUNNING, PAUSED)


@attrs.define(eq=False)
class Health:
    """How its tests went since its start."""

    status: str
    begun: int
    """ns since 1970."""
    streak: int = 0
    """Tests failed in a row."""
    pid: int = 0
    """The test that is running."""


@attrs.define(eq=False)
class LogFile(OpenFile):
    """Where a container's output goes: kept for `docker logs`, and copied to whoever is attached."""

    stream: str = "stdout"
    log: list[tuple[int, str, bytes]] = attrs.field(factory=list)
    attached: tuple[OpenFile, ...] = ()
    owner: Container | None = None

    def write(self, data: bytes) -> None:
        """Keep it and pass it on."""
        moment = self.owner.process.wall_clock() if self.owner is not None and self.owner.process is not None else 0
        self.log.append((moment, self.stream, data))
        for opened in self.attached:
            opened.write(data)

    def read_available(self) -> bytes | None:
        """Nothing comes from there."""
        return b""


@attrs.define(eq=False)
class Container:
    """A container: what was asked for, what it is called, and where it is now."""

    id: str
    name: str
    spec: ContainerSpec
    image: Image
    created: int
    hostname: str = ""
    mode: str = "default"
    """The network mode, with the target's full id for `container:ID`."""
    networks: dict[str, EndpointSettings] = attrs.field(factory=dict)
    """Network name -> how it is, or at the next start will be, attached."""
    runtime: str = "runc"
    """What runs it (`--runtime`, or the daemon's default when it was created)."""
    places: list[str] = attrs.field(factory=list)
    """Where the daemon's map keeps each of them; empty where one has left."""
    joined: dict[str, str] = attrs.field(factory=dict)
    """Network name -> id of the network it was attached to there, for as long as it is not taken off it."""
    state: State = attrs.field(factory=State)
    sandbox: Sandbox | None = None
    last_sandbox: tuple[str, str] = ("", "")
    """Id and key of the sandbox it had before it ended; 20.10 goes on showing them."""
    jail: Jail | None = None
    process: Process | None = None
    files: dict[str, File] = attrs.field(factory=dict)
    """/etc/hosts, /etc/hostname and /etc/resolv.conf, which live outside its root and are mounted over it."""
    mounts: list[MountPoint] = attrs.field(factory=list)
    """With the names of volumes."""
    log: list[tuple[int, str, bytes]] = attrs.field(factory=list)
    stdin: OpenFile | None = None
    """The end that keeps its standard input open while nobody is attached (`-i`)."""
    outputs: list[LogFile] = attrs.field(factory=list)
    waiters: tuple[tuple[Process, str], ...] = ()
    """Processes (of `docker run`, `docker wait` ...) that hear of its end by a timer with this token."""
    health: Health | None = None
    """None: nothing tests it."""
    stale_ports: tuple[Any, ...] = ()
    """Ports that lists go on showing of one that could not start, until anything else becomes of it."""
    warning: str = ""
    """What the daemon warned of when it was created."""
    restart_count: int = 0
    patience: int = 0
    """ns that its last restart was waited for; 0 when it was started by hand."""
    network_disabled: int = 0
    """1: once started under a daemon without the bridge that it is on, and without networks since (`Config.NetworkDisabled`)."""
    stopped_by_hand: int = 0
    links: dict[str, Container] = attrs.field(factory=dict)
    """Alias -> target of legacy links."""

    def __repr__(self) -> str:
        return f"<netsim container {self.name}>"

    @property
    def short_id(self) -> str:
        """The first twelve digits."""
        return self.id[:12]
