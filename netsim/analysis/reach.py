"""reach: who reaches whom on which listening port, each cell tried in the world as it stands."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

import attrs

from netsim.analysis.explain import explain
from netsim.analysis.explanation import Explanation
from netsim.analysis.places import place_of, places
from netsim.analysis.reasons import REACHED, REASONS
from netsim.analysis.services import Service, services
from netsim.analysis.trials import Trials, trials
from netsim.api import World

FIELDS = ("source", "target", "protocol", "port", "address", "verdict", "reason")


@attrs.frozen
class Cell:
    """One attempt: from `source` to a service, at the address that answered (else the first that was tried)."""

    source: str
    target: str
    protocol: str
    port: int
    address: str
    verdict: str
    reason: str

    @property
    def service(self) -> str:
        """`PLACE PORT/PROTOCOL`, or `PLACE ping`."""
        return str(Service(self.target, self.protocol, self.port, ()))


@attrs.frozen
class Matrix:
    """Who reaches whom; cells in the order of services, then sources."""

    cells: tuple[Cell, ...]

    def __str__(self) -> str:
        return self.text()

    def cell(self, source: str, target: str, protocol: str, port: int = 0) -> Cell:
        """One cell; KeyError."""
        wanted = (source, target, protocol, port)
        for cell in self.cells:
            if (cell.source, cell.target, cell.protocol, cell.port) == wanted:
                return cell
        raise KeyError(wanted)

    def reached(self) -> set[tuple[str, str]]:
        """Pairs of source and service that work."""
        return {(cell.source, cell.service) for cell in self.cells if cell.verdict == "reached"}

    def text(self) -> str:
        """A table: a row for each service, a column for each source; what does not reach shows its reason."""
        sources = list(dict.fromkeys(cell.source for cell in self.cells))
        rows = [["to \\ from", *sources]]
        for service in dict.fromkeys(cell.service for cell in self.cells):
            told = {cell.source: "yes" if cell.verdict == "reached" else cell.reason for cell in self.cells if cell.service == service}
            rows.append([service, *(told.get(source, "-") for source in sources)])
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        return "".join("  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip() + "\n" for row in rows)

    def csv(self) -> str:
        """A line for each cell, for spreadsheets."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(FIELDS)
        for cell in self.cells:
            writer.writerow([getattr(cell, field) for field in FIELDS])
        return out.getvalue()

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"cells": [attrs.asdict(cell) for cell in self.cells]}


def reach(world: World, sources: Iterable[Any] = (), targets: Iterable[Any] = ()) -> Matrix:
    """Try every service from every place (or from and to those named only); the world stays as it is.

    A place's own services are left out, and those with no address but loopback. AnalysisProblem for places that are not there.
    """
    froms = [place_of(world, source).name for source in sources] or [place.name for place in places(world)]
    wanted = {place_of(world, target).name for target in targets}
    tries = trials(world)
    asked = [service for service in services(world) if not wanted or service.place in wanted]
    found = {(source, service): cell_of(tries, source, service) for source in froms for service in asked if source != service.place}
    return Matrix(tuple(found[source, service] for service in asked for source in froms if source != service.place))


def cell_of(tries: Trials, source: str, service: Service) -> Cell:
    """One cell: the service's addresses one after the other, until one answers; else what became of the first."""
    first: Cell | None = None
    for target in service.targets():
        tried = tries.outcome(source, target)
        reason = REASONS[tried.cause.code]
        cell = Cell(source, service.place, service.protocol, service.port, tried.address, reason.verdict, reason.code)
        if reason.verdict == REACHED:
            return cell
        first = first or cell
    assert first is not None
    return first


def best_answer(world: World, source: Any, service: Service) -> Explanation:
    """The explanation of the address that is reached, or of the first one that is not."""
    first: Explanation | None = None
    for target in service.targets():
        answer = explain(world, source, target)
        if answer.is_reached:
            return answer
        first = first or answer
    assert first is not None
    return first
