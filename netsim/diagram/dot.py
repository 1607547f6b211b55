"""A picture as DOT text, for graphviz (https://graphviz.org/doc/info/lang.html, shapes with HTML-like labels)."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from netsim.diagram.colours import ARRIVED, DROP, WALK, Colours, colours_of
from netsim.diagram.model import Box, End, Frame, Kind, Line, Picture, Row, Stop
from netsim.diagram.path import line_between

FONT = "Helvetica,Arial,sans-serif"
DETAIL_WIDTH = 48
SYMBOLS = {Kind.BRIDGE: "bridge", Kind.LAN: "switch", Kind.NAMESPACE: "namespace", Kind.MACHINE: "machine"}


def to_dot(picture: Picture) -> str:
    """The whole text; the same picture gives the same text."""
    return "\n".join(_Writer(picture).lines()) + "\n"


class _Writer:
    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.colours: Colours = colours_of(picture)
        switches = {box.id for box in picture.boxes.values() if box.kind is Kind.LAN}
        self.on_switches = {line.other(box).box for box in switches for line in picture.lines_of(box)}
        """Boxes on a switch stand side by side; cables between them must not pull them apart."""
        self.ports = {(box.id, row.id): f"p{number}" for box in picture.boxes.values() for number, row in enumerate(box.rows)}

    def lines(self) -> Iterator[str]:
        """Head, frames with what is in them, lines, the path."""
        yield f"digraph {quoted(self.picture.title or 'world')} {{"
        yield f'  graph [rankdir=LR, fontname="{FONT}", fontsize=13, ranksep=0.9, nodesep=0.22, splines=true, outputorder=edgeslast, bgcolor=white, pad=0.2]'
        yield f'  node [shape=plain, fontname="{FONT}", fontsize=11]'
        yield f'  edge [dir=none, fontname="{FONT}", fontsize=10, penwidth=1.6]'
        yield from self._inside("", "  ")
        for line in reversed(self.picture.lines):
            yield f"  {self._line(line)}"
        yield from self._path()
        yield "}"

    def _inside(self, parent: str, indent: str) -> Iterator[str]:
        yield from (f"{indent}{line}" for line in self._stop(parent))
        for box in reversed(self.picture.boxes.values()):
            if box.frame == parent:
                yield f"{indent}{quoted(box.id)} [label=<{self._label(box)}>]"
        frames = list(self.picture.frames.values())
        for frame in reversed(frames) if parent else frames:
            if frame.parent == parent:
                yield f"{indent}subgraph {quoted('cluster ' + frame.id)} {{"
                yield f"{indent}  graph [{self._frame(frame)}]"
                yield from self._inside(frame.id, indent + "  ")
                yield f"{indent}}}"

    def _frame(self, frame: Frame) -> str:
        colour = self.colours.of(frame.segment)
        if frame.kind is Kind.NETWORK:
            return f'label={quoted("network " + frame.title)}, labeljust=l, style="rounded,filled", color="{colour.line}", fillcolor="{colour.tint}"'
        words = {Kind.MACHINE: "machine", Kind.CONTAINER: "container"}.get(frame.kind, "namespace")
        return f'label={quoted(f"{words} {frame.title}")}, labeljust=l, style="rounded,filled", color="#888888", fillcolor="#FAFAFA", penwidth=1.2'

    # boxes -------------------------------------------------------------------------------------------------------------------

    def _label(self, box: Box) -> str:
        colour = self.colours.of(box.segment)
        is_hub = box.kind in (Kind.BRIDGE, Kind.LAN)
        border, fill = (colour.line, colour.fill) if is_hub else ("#333333", "#FFFFFF")
        style = ' STYLE="DASHED"' if box.kind is Kind.STOPPED else ""
        width = 3 if len(box.members) > 1 else 2 if is_hub else 1
        head = f"<B>{escaped(box.title)}</B>"
        kind = SYMBOLS.get(box.kind, "")
        if kind and not box.members:
            head = f'<FONT POINT-SIZE="9">{kind}</FONT>  {head}'
        if box.note:
            head += f'<BR/><FONT POINT-SIZE="9">{escaped(box.note)}</FONT>'
        cells = [f'<TR><TD PORT="head" BGCOLOR="{fill if is_hub else self._head_fill(box)}">{head}</TD></TR>']
        cells += [self._cell(box, row) for row in box.rows]
        return (
            f'<TABLE BORDER="{width}" CELLBORDER="{0 if not box.rows else 1}" CELLSPACING="0" CELLPADDING="4" COLOR="{border}"{style} BGCOLOR="{fill}">'
            f"{''.join(cells)}</TABLE>"
        )

    @staticmethod
    def _head_fill(box: Box) -> str:
        return "#E4E4E4" if box.kind is Kind.MACHINE else "#FFFFFF"

    def _cell(self, box: Box, row: Row) -> str:
        colour = self.colours.of(row.segment)
        parts = [escaped(address) for address in row.addresses[:1]]
        if row.note:
            parts.append(f'<FONT POINT-SIZE="9">{escaped(row.note)}</FONT>')
        if row.state:
            parts.append(f'<FONT POINT-SIZE="9" COLOR="{DROP}"><I>{escaped(row.state)}</I></FONT>')
        text = f"<B>{escaped(row.name)}</B>  " + "  ".join(parts)
        indent = "&#160;" * (len(row.name) + 3)
        if len(row.addresses) > 1:
            text += "".join(f'<BR ALIGN="LEFT"/>{indent}{escaped(address)}' for address in row.addresses[1:]) + '<BR ALIGN="LEFT"/>'
        fill = colour.fill if row.addresses else colour.tint
        return f'<TR><TD PORT="{self.ports[box.id, row.id]}" ALIGN="LEFT" BGCOLOR="{fill}">{text}</TD></TR>'

    # lines -------------------------------------------------------------------------------------------------------------------

    def _end(self, end: End, side: str = "") -> str:
        """Where a line ends: a row, or for boxes without rows their side; `side` is a compass point."""
        port = self.ports.get((end.box, end.row), "" if not side else "head")
        return quoted(end.box) + (f":{port}" if port else "") + (f":{side}" if side else "")

    def _line(self, line: Line) -> str:
        colour = self.colours.of(line.segment)
        told = [f'color="{colour.line}"']
        if line.label:
            told.append(f'label={quoted(line.label)}, fontcolor="{colour.line}"')
        if line.kind is Kind.TUNNEL:
            told.append("style=dashed, penwidth=2.4, constraint=false, arrowhead=none")
        elif line.kind is Kind.MEMBER:
            told.append("penwidth=2.4")
        elif line.kind is Kind.LOWER:
            told.append("style=dotted")
        elif line.kind is Kind.CABLE and {line.a.box, line.b.box} <= self.on_switches:
            told.append("constraint=false")
        if line.a.box == line.b.box:
            told.append("constraint=false")
        told += self._walked(line)
        tail, head = "", ""
        if line.kind is Kind.TUNNEL:
            tail = head = "e"
        elif line.kind is Kind.CABLE and {line.a.box, line.b.box} <= self.on_switches:
            tail = head = "w"
        elif not line.a.row and self.picture.boxes[line.a.box].kind in (Kind.BRIDGE, Kind.LAN, Kind.MACHINE):
            tail, head = ("" if line.kind is Kind.MEMBER else "e"), "w"
        return f"{self._end(line.a, tail)} -> {self._end(line.b, head)} [{', '.join(told)}]"

    def _walked(self, line: Line) -> list[str]:
        """How a line looks that a path leads along: black, with arrow and step."""
        walks = [walk for walk in self.picture.walks if line_between(self.picture, walk.a, walk.b) == line]
        if not walks:
            return []
        there = [walk for walk in walks if walk.a.box == line.a.box]
        direction = "both" if len(there) not in (0, len(walks)) else "forward" if there else "back"
        numbers = ", ".join(str(walk.number) for walk in walks)
        return [f'dir={direction}, color="{WALK}", penwidth=3, arrowsize=0.8, label=<<B>{numbers}</B>>, fontsize=12, fontcolor="{WALK}"']

    def _path(self) -> Iterator[str]:
        for walk in self.picture.walks:
            if line_between(self.picture, walk.a, walk.b) is None:
                yield (
                    f"  {self._end(walk.a)} -> {self._end(walk.b)} "
                    f'[dir=forward, style=dashed, color="{WALK}", penwidth=3, arrowsize=0.8, constraint=false, label=<<B>{walk.number}</B>>, fontsize=12]'
                )
        if self.picture.stop is not None:
            stop, colour = self.picture.stop, _stop_colour(self.picture.stop)
            yield f'  {self._end(stop.at)} -> "stop" [dir=forward, color="{colour}", penwidth=3, arrowsize=0.8]'

    def _stop(self, frame: str) -> Iterator[str]:
        """The sign where the path ended, inside the frame where it did."""
        stop = self.picture.stop
        if stop is None or self.picture.boxes[stop.at.box].frame != frame:
            return
        colour = _stop_colour(stop)
        word = f"✗ {stop.reason}" if stop.reason else "✓ arrived"
        detail = "".join(f'<BR/><FONT POINT-SIZE="9">{escaped(line)}</FONT>' for line in textwrap.wrap(stop.detail, DETAIL_WIDTH))
        yield (
            f'"stop" [shape=box, style="rounded,filled", fillcolor=white, color="{colour}", penwidth=3, fontcolor="{colour}", '
            f'margin="0.1,0.06", label=<<B>{escaped(word)}</B>{detail}>]'
        )


def _stop_colour(stop: Stop) -> str:
    return DROP if stop.reason else ARRIVED


def quoted(text: str) -> str:
    """A DOT string."""
    inner = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{inner}"'


def escaped(text: str) -> str:
    """Text inside an HTML-like label."""
    return "".join(char if char.isprintable() else " " for char in text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
