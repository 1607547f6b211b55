"""diff: what differs between two worlds, in state and in who reaches whom."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Any

import attrs

from netsim.analysis.inventory import inventory
from netsim.analysis.reach import Cell, Matrix, reach
from netsim.api import World

PAINT = {"-": "\033[31m", "+": "\033[32m"}
PLAIN = "\033[0m"


@attrs.frozen
class Change:
    """Lines of one section of one place that only one of the worlds has."""

    place: str
    section: str
    removed: tuple[str, ...]
    added: tuple[str, ...]


@attrs.frozen
class Turn:
    """A pair whose answer changed: verdict and reason before and after; "" where there was no such service or source."""

    source: str
    service: str
    before: str
    after: str


@attrs.frozen
class Difference:
    """What differs; false when nothing does."""

    changes: tuple[Change, ...]
    turns: tuple[Turn, ...]

    def __bool__(self) -> bool:
        return bool(self.changes or self.turns)

    def __str__(self) -> str:
        return self.text()

    def text(self, paint: int = 0) -> str:
        """Lines as diff(1) shows them, then what changed in reachability."""
        lines: list[str] = []
        for change in self.changes:
            lines.append(f"{change.place} {change.section}")
            lines += [_painted("-", line, paint) for line in change.removed]
            lines += [_painted("+", line, paint) for line in change.added]
        if self.turns:
            lines.append("who reaches whom")
        for turn in self.turns:
            pair = f"{turn.source} -> {turn.service}"
            lines += [_painted("-", f"{pair}: {turn.before}", paint)] if turn.before else []
            lines += [_painted("+", f"{pair}: {turn.after}", paint)] if turn.after else []
        return "".join(f"{line}\n" for line in lines)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return attrs.asdict(self)


def _painted(sign: str, line: str, paint: int) -> str:
    return f"  {PAINT[sign]}{sign} {line}{PLAIN}" if paint else f"  {sign} {line}"


def diff(before: World, after: World) -> Difference:
    """The difference of two worlds in state (`state_diff`) and in reachability; neither is changed."""
    return attrs.evolve(state_diff(before, after), turns=turns_between(reach(before), reach(after)))


def state_diff(before: World, after: World) -> Difference:
    """The difference in what was set: devices, addresses, routes, rules, static entries, filters, queues, settings, listeners, containers, networks."""
    old, new = inventory(before).sections, inventory(after).sections
    changes = []
    for place, section in dict.fromkeys((*old, *new)):
        change = _change(place, section, old.get((place, section), ()), new.get((place, section), ()))
        changes += [change] if change.removed or change.added else []
    return Difference(tuple(changes), ())


def _change(place: str, section: str, old: tuple[str, ...], new: tuple[str, ...]) -> Change:
    removed: list[str] = []
    added: list[str] = []
    for _, first, last, begin, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if old[first:last] != new[begin:end]:
            removed += old[first:last]
            added += new[begin:end]
    return Change(place, section, tuple(removed), tuple(added))


def turns_between(before: Matrix, after: Matrix) -> tuple[Turn, ...]:
    """Pairs whose answer is another one now."""
    old, new = _answers(before), _answers(after)
    pairs = dict.fromkeys((*old, *new))
    return tuple(Turn(*pair, old.get(pair, ""), new.get(pair, "")) for pair in pairs if old.get(pair) != new.get(pair))


def _answers(matrix: Matrix) -> dict[tuple[str, str], str]:
    return {(cell.source, cell.service): _answer(cell) for cell in matrix.cells}


def _answer(cell: Cell) -> str:
    return "reached" if cell.verdict == "reached" else f"{cell.verdict} ({cell.reason})"
