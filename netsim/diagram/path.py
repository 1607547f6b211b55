"""A packet's path laid over a picture: numbered steps along the lines, and where it ended."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Protocol

import attrs

from netsim.analysis.explanation import Explanation
from netsim.diagram.model import End, Kind, Line, Picture, Stop, Walk

ON_THE_LINK = frozenset(
    (
        "port-state", "vlan-filtered", "port-isolated", "storm", "wrong-station", "neighbour-failed", "device-down", "queue-drop", "tunnel-no-remote",
        "arp-ignored", "behind-neighbour", "bridge-netfilter", "docker-shadows", "macvlan-mode", "macvlan-parent",
    )
)  # fmt: skip
"""Reasons for which a packet ends at a device; with others it ends in the namespace the device belongs to."""


class Passed(Protocol):
    """A step of a packet's path: the namespace it is in, by its box's id or by a name that no other box has, and the device there."""

    @property
    def place(self) -> str:
        """Machine, `MACHINE/NAMESPACE` or `MACHINE/CONTAINER`, or the last part alone."""

    @property
    def device(self) -> str:
        """The device; empty for none in particular."""


@attrs.frozen
class Way:
    """What is to be laid over a picture: the steps in order, and the reason code when the packet did not arrive."""

    steps: tuple[Passed, ...]
    reason: str = ""
    detail: str = ""


THERE = ("out", "relay")


def way_of(explained: Explanation) -> Way:
    """The way there of an explained packet: what came back is not drawn; where the packet died is its last step."""
    steps: list[Passed] = [step for step in explained.steps if step.way in THERE]
    if explained.is_reached:
        return Way(tuple(steps))
    cause = explained.cause
    if cause is not None and cause.way not in THERE:
        steps.append(cause)
    return Way(tuple(steps), explained.reason.code, explained.detail if cause is None else cause.object)


def located(picture: Picture, ends: dict[tuple[str, str], End], way: Way) -> list[End]:
    """Where a way's steps are in a picture, each place once in a row; steps at places that are not drawn are left out."""
    found: list[End] = []
    for step in way.steps:
        box = place_id(picture, step.place)
        end = ends.get((box, step.device)) or (End(box) if box in picture.boxes else None)
        if end is not None and (not found or found[-1] != end):
            found.append(end)
    return found


def place_id(picture: Picture, name: str) -> str:
    """The id of the box a place has; the name itself where none is called so."""
    if name in picture.boxes:
        return name
    fits = [box for box in picture.boxes if box.partition("/")[2] == name]
    return fits[0] if len(fits) == 1 else name


def lay_over(picture: Picture, ends: Sequence[End], way: Way, homes: dict[str, str]) -> None:
    """Mark the lines a way leads along, and its end; `homes` are the namespaces' boxes of bridges' boxes."""
    stops = list(ends)
    if not stops:
        return
    last = stops[-1].box
    if way.reason and way.reason not in ON_THE_LINK and last in homes and homes[last] in picture.boxes:
        stops.append(End(homes[last]))
    for near, far in _through_namespaces(picture, stops, homes):
        picture.walks.append(Walk(near, far, len(picture.walks) + 1))
    picture.stop = Stop(stops[-1], way.reason, way.detail)


def _through_namespaces(picture: Picture, stops: Sequence[End], homes: dict[str, str]) -> list[tuple[End, End]]:
    """Pairs of ends that follow each other; between two bridges of a namespace lies the namespace, which routes."""
    found: list[tuple[End, End]] = []
    for near, far in pairwise(stops):
        if near.box == far.box:
            continue
        home = homes.get(near.box) or homes.get(far.box)
        between = switch_between(picture, near, far)
        if line_between(picture, near, far) is None and home is not None and home in picture.boxes and home not in (near.box, far.box):
            found += [(near, End(home)), (End(home), far)]
        elif between is not None:
            found += [(near, between), (between, far)]
        else:
            found.append((near, far))
    return found


def switch_between(picture: Picture, near: End, far: End) -> End | None:
    """The switch that two ends hang on which no line joins: the explanation names no device of it."""
    if line_between(picture, near, far) is not None:
        return None
    for line in picture.lines:
        middle = line.b.box if line.a == near else line.a.box if line.b == near else ""
        if middle and picture.boxes[middle].kind is Kind.LAN and line_between(picture, End(middle), far) is not None:
            return End(middle)
    return None


def line_between(picture: Picture, near: End, far: End) -> Line | None:
    """The line a step leads along, the one with these very rows first."""
    fits = [line for line in picture.lines if {line.a.box, line.b.box} == {near.box, far.box} and line.kind is not Kind.TUNNEL]
    exact = [line for line in fits if {line.a, line.b} == {near, far}]
    return next(iter(exact or fits), None)
