"""A picture as a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html), for Markdown pages that draw those."""

from __future__ import annotations

from collections.abc import Iterator

from netsim.diagram.colours import ARRIVED, DROP, WALK, Colours, colours_of
from netsim.diagram.model import Box, Frame, Kind, Picture, Row

LINKS = {Kind.TUNNEL: "-.-", Kind.LOWER: "-.-"}


def to_mermaid(picture: Picture) -> str:
    """The whole text; the same picture gives the same text."""
    return "\n".join(_Writer(picture).lines()) + "\n"


class _Writer:
    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.colours: Colours = colours_of(picture)
        self.boxes = {name: f"b{number}" for number, name in enumerate(picture.boxes)}
        self.frames = {name: f"f{number}" for number, name in enumerate(picture.frames)}
        self.styles: list[str] = []

    def lines(self) -> Iterator[str]:
        """Head, frames with what is in them, lines, the path, colours."""
        yield "flowchart LR"
        yield from self._inside("", "  ")
        number = 0
        for line in self.picture.lines:
            label = f'|"{escaped(line.label)}"|' if line.label else ""
            yield f"  {self.boxes[line.a.box]} {LINKS.get(line.kind, '---')}{label} {self.boxes[line.b.box]}"
            self.styles.append(f"linkStyle {number} stroke:{self.colours.of(line.segment).line}")
            number += 1
        for walk in self.picture.walks:
            yield f'  {self.boxes[walk.a.box]} ==>|"{walk.number}"| {self.boxes[walk.b.box]}'
            self.styles.append(f"linkStyle {number} stroke:{WALK},stroke-width:3px")
            number += 1
        stop = self.picture.stop
        if stop is not None:
            words = f"✗ {stop.reason}" if stop.reason else "✓ arrived"
            detail = f"<br/>{escaped(stop.detail)}" if stop.detail else ""
            yield f'  {self.boxes[stop.at.box]} ==> stop{{{{"{escaped(words)}{detail}"}}}}'
            self.styles.append(f"style stop stroke:{DROP if stop.reason else ARRIVED},stroke-width:3px,fill:#ffffff,color:#000000")
        yield from (f"  {style}" for style in self.styles)

    def _inside(self, parent: str, indent: str) -> Iterator[str]:
        for box in self.picture.boxes.values():
            if box.frame == parent:
                yield f'{indent}{self.boxes[box.id]}["{_label(box)}"]'
                colour = self.colours.of(box.segment)
                fill, dashes = (colour.fill if box.segment else "#FFFFFF"), ",stroke-dasharray:4" if box.kind is Kind.STOPPED else ""
                self.styles.append(f"style {self.boxes[box.id]} fill:{fill},stroke:{colour.line},color:#000000{dashes}")
        for frame in self.picture.frames.values():
            if frame.parent == parent:
                yield f'{indent}subgraph {self.frames[frame.id]}["{_frame_title(frame)}"]'
                yield from self._inside(frame.id, indent + "  ")
                yield f"{indent}end"
                colour = self.colours.of(frame.segment)
                self.styles.append(f"style {self.frames[frame.id]} fill:{colour.tint},stroke:{colour.line},color:#000000")


def _frame_title(frame: Frame) -> str:
    words = {Kind.NETWORK: "network", Kind.MACHINE: "machine", Kind.CONTAINER: "container"}.get(frame.kind, "namespace")
    return escaped(f"{words} {frame.title}")


def _label(box: Box) -> str:
    told = [f"<b>{escaped(box.title)}</b>"] + ([escaped(box.note)] if box.note else [])
    return "<br/>".join(told + [_row(row) for row in box.rows])


def _row(row: Row) -> str:
    return escaped(" ".join(filter(None, (row.name, *row.addresses, row.note, row.state))))


def escaped(text: str) -> str:
    """Text inside a quoted label."""
    return (
        "".join(char if char.isprintable() else " " for char in text)
        .replace("&", "#amp;")
        .replace('"', "#quot;")
        .replace("<", "#lt;")
        .replace(">", "#gt;")
    )
