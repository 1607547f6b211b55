"""What a diagram consists of, before it is written as DOT or Mermaid: frames around boxes, boxes with rows, lines between rows."""

from __future__ import annotations

import enum
from collections.abc import Iterable

import attrs


class Kind(enum.Enum):
    """What a frame, box or line stands for."""

    MACHINE = "machine"
    NAMESPACE = "namespace"
    CONTAINER = "container"
    STOPPED = "stopped container"
    BRIDGE = "bridge"
    LAN = "lan"
    NETWORK = "docker network"
    VETH = "veth"
    MEMBER = "bridge's own device"
    LOWER = "device below"
    TUNNEL = "tunnel"
    CABLE = "cable"
    DROP = "drop"


@attrs.frozen
class Row:
    """A device in a box: its name, its addresses, what is to be said about it, and the segment (network) it is on."""

    id: str
    name: str
    addresses: tuple[str, ...] = ()
    note: str = ""
    segment: str = ""
    state: str = ""
    """Empty for a device that works; else why it does not ("down", "no carrier", "blocking")."""


@attrs.define(eq=False)
class Box:
    """A namespace, a container, a bridge or a switch."""

    id: str
    kind: Kind
    title: str
    frame: str = ""
    note: str = ""
    rows: list[Row] = attrs.field(factory=list)
    segment: str = ""
    alike: str = ""
    """What boxes that may be drawn as one have in common (an image); boxes without are always drawn."""
    members: list[str] = attrs.field(factory=list)
    """Titles of the boxes it stands for, when it stands for several."""


@attrs.frozen
class End:
    """Where a line ends: a box, and a row of it or "" for the box itself."""

    box: str
    row: str = ""


@attrs.frozen
class Line:
    """A connection."""

    a: End
    b: End
    kind: Kind
    segment: str = ""
    label: str = ""

    def other(self, box: str) -> End:
        """The end that is not at a box."""
        return self.b if self.a.box == box else self.a


@attrs.frozen
class Frame:
    """A border around boxes and other frames: a machine, a namespace with bridges in it, a Docker network."""

    id: str
    kind: Kind
    title: str
    parent: str = ""
    segment: str = ""


@attrs.frozen
class Walk:
    """A packet's step from one end to another, numbered from 1."""

    a: End
    b: End
    number: int


@attrs.frozen
class Stop:
    """Where a packet's way ended: at a box, dropped with a reason, or arrived with none."""

    at: End
    reason: str = ""
    detail: str = ""


@attrs.define(eq=False)
class Picture:
    """A whole diagram; `segments` are the networks by id with their names, in the order in which they get colours."""

    title: str = ""
    frames: dict[str, Frame] = attrs.field(factory=dict)
    boxes: dict[str, Box] = attrs.field(factory=dict)
    lines: list[Line] = attrs.field(factory=list)
    segments: dict[str, str] = attrs.field(factory=dict)
    walks: list[Walk] = attrs.field(factory=list)
    stop: Stop | None = None

    def lines_of(self, box: str) -> Iterable[Line]:
        """The lines that end at a box."""
        return (line for line in self.lines if box in (line.a.box, line.b.box))
