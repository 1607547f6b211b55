"""Diagrams of a world and of a packet's path over it."""

from __future__ import annotations

from pathlib import Path

import attrs

from netsim.analysis.explanation import Explanation
from netsim.api import World
from netsim.diagram.collapse import collapse
from netsim.diagram.dot import to_dot
from netsim.diagram.mermaid import to_mermaid
from netsim.diagram.model import Picture
from netsim.diagram.path import Passed, Way, lay_over, located, way_of
from netsim.diagram.render import CannotRender, render
from netsim.diagram.survey import survey

ALIKE = 4
"""From how many on boxes that are alike are drawn as one."""


@attrs.frozen
class Diagram:
    """A drawn world: DOT and Mermaid text, and pictures where graphviz is installed; notebooks show it by themselves."""

    picture: Picture

    @property
    def dot(self) -> str:
        """DOT text for graphviz."""
        return to_dot(self.picture)

    @property
    def mermaid(self) -> str:
        """A Mermaid flowchart."""
        return to_mermaid(self.picture)

    def svg(self) -> str:
        """An SVG picture; CannotRender without graphviz."""
        return render(self.dot, "svg").decode()

    def png(self) -> bytes:
        """A PNG picture; CannotRender without graphviz."""
        return render(self.dot, "png")

    def save(self, path: str | Path) -> None:
        """Write a file in the form its suffix says: .svg, .png, .dot, .gv, .mmd or .mermaid; CannotRender, OSError, ValueError."""
        target = Path(path)
        target.write_bytes(self.form(target.suffix))

    def form(self, suffix: str) -> bytes:
        """The bytes of one form, named by a file suffix; ValueError for one that is not known."""
        known = suffix.removeprefix(".").lower()
        if known in ("dot", "gv"):
            return self.dot.encode()
        if known in ("mmd", "mermaid"):
            return self.mermaid.encode()
        if known in ("svg", "png"):
            return render(self.dot, known)
        raise ValueError(f"{suffix or 'no suffix'}: a diagram is written as .svg, .png, .dot or .mmd")

    def _repr_svg_(self) -> str | None:
        """What notebooks show; nothing without graphviz, so that they fall back to the text."""
        try:
            return self.svg()
        except CannotRender:
            return None

    def __str__(self) -> str:
        return self.dot


def draw(world: World, *, path: Way | Explanation | None = None, alike: int = ALIKE) -> Diagram:
    """Draw a world: machines, namespaces, containers, bridges, tunnels, cables, addresses on their ports; and a packet's path over it.

    `path` is what `netsim.explain` answers, or a `Way`.
    `alike` is from how many on boxes that are alike (same image, same networks) are drawn as one; 0: each is drawn.
    """
    picture, found = survey(world)
    if path is None:
        collapse(picture, alike)
        return Diagram(picture)
    way = path if isinstance(path, Way) else way_of(path)
    ends = located(picture, found.named_ends(), way)
    collapse(picture, alike, frozenset(end.box for end in ends))
    lay_over(picture, ends, way, found.homes_of_bridges())
    return Diagram(picture)


__all__ = ["CannotRender", "Diagram", "Passed", "Way", "draw"]
