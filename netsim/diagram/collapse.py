"""Alike boxes become one: a picture of 500 containers has to be read, too."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import attrs

from netsim.diagram.model import Box, End, Kind, Line, Picture, Row

MANY, TOO_MANY = 24, 40
"""Boxes that a picture has with ease, and at most: above the first already two alike become one, above the second what hangs on the same
networks does whatever it runs."""
PLURALS = {Kind.CONTAINER: "containers", Kind.NAMESPACE: "namespaces", Kind.STOPPED: "stopped containers"}


def collapse(picture: Picture, least: int, kept: frozenset[str] = frozenset()) -> None:
    """Draw `least` or more boxes as one that are alike (same image, same networks, same devices); 0: never. `kept` boxes stay."""
    if not least:
        return
    _collapse_by(picture, least, kept, _strict)
    if len(picture.boxes) > MANY:
        _collapse_by(picture, 2, kept, _strict)
    if len(picture.boxes) > TOO_MANY:
        _collapse_by(picture, 2, kept, _loose)


def _strict(box: Box) -> object:
    return (box.kind, box.alike, *sorted((row.segment, row.note, row.state, len(row.addresses)) for row in box.rows))


def _loose(box: Box) -> object:
    return (box.kind, len(box.rows))


def _collapse_by(picture: Picture, least: int, kept: frozenset[str], what: Callable[[Box], object]) -> None:
    lines: dict[str, list[Line]] = {name: [] for name in picture.boxes}
    for line in picture.lines:
        for name in {line.a.box, line.b.box}:
            lines[name].append(line)
    groups: dict[object, list[Box]] = {}
    for box in picture.boxes.values():
        if not box.alike or box.id in kept or any(picture.boxes[line.other(box.id).box].alike for line in lines[box.id]):
            continue
        hangs_on = tuple(sorted((line.other(box.id).box, line.kind.value) for line in lines[box.id]))
        groups.setdefault((box.frame, what(box), hangs_on), []).append(box)
    for group in groups.values():
        if sum(max(len(box.members), 1) for box in group) >= least and len(group) > 1:
            _merge(picture, group, lines)


def _merge(picture: Picture, group: list[Box], lines: dict[str, list[Line]]) -> None:
    """Put one box in the place of a group, one line in the place of theirs."""
    first = group[0]
    members = [title for box in group for title in (box.members or [box.title])]
    more = first.alike.partition(" ")[2]  # published, stopped
    titles = _span([title for box in group for title in box.members or [box.title]]) + (f", {more}" if more else "")
    alike = Counter(name for box in group for name in [box.alike] * max(len(box.members), 1))
    what = first.alike.split(" ")[0] if len(alike) == 1 and first.kind is not Kind.NAMESPACE else PLURALS[first.kind]
    note = titles if len(alike) == 1 else ", ".join(f"{count} {name}" for name, count in alike.most_common(4)) + (" …" if len(alike) > 4 else "")
    made = Box(first.id, first.kind, f"{len(members)} × {what}", first.frame, note, _merged_rows(group), first.segment, first.alike, members)
    gone = {box.id for box in group}
    hubs: dict[str, list[Row]] = {}
    for line in lines[first.id]:
        far = line.other(first.id)
        if far.row:
            used = {other.other(name).row for name in gone for other in lines[name] if other.other(name).box == far.box}
            hubs.setdefault(far.box, [row for row in picture.boxes[far.box].rows if row.id in used])
    picture.boxes = {name: made if name == first.id else box for name, box in picture.boxes.items() if name == first.id or name not in gone}
    gone.discard(first.id)
    picture.lines = [line for line in picture.lines if line.a.box not in gone and line.b.box not in gone]
    for name, rows in hubs.items():
        _one_row(picture, name, first.id, rows)


def _one_row(picture: Picture, hub: str, box: str, rows: list[Row]) -> None:
    """The ports of a bridge that lead to a group become one row."""
    whole = attrs.evolve(rows[0], name=_span([row.name for row in rows]))
    gone = {row.id for row in rows[1:]}
    picture.boxes[hub].rows = [whole if row.id == whole.id else row for row in picture.boxes[hub].rows if row.id not in gone]
    for number, line in enumerate(picture.lines):
        if {line.a.box, line.b.box} == {hub, box}:
            near, far = (line.a, line.b) if line.a.box == hub else (line.b, line.a)
            near = End(hub, whole.id)
            picture.lines[number] = attrs.evolve(line, a=near, b=far) if line.a.box == hub else attrs.evolve(line, a=far, b=near)


def _merged_rows(group: list[Box]) -> list[Row]:
    """The first box's rows, each for those that the others have on the same network, whatever they call them."""
    rows = []
    ordered = [_in_order_of(group[0].rows, box.rows) for box in group]
    for number, row in enumerate(group[0].rows):
        same = [each[number] for each in ordered]
        addresses = tuple(_span([other.addresses[place] for other in same if place < len(other.addresses)]) for place in range(len(row.addresses)))
        rows.append(attrs.evolve(row, name=_span([other.name for other in same]), addresses=addresses))
    return rows


def _in_order_of(first: list[Row], rows: list[Row]) -> list[Row]:
    """Rows put beside another box's by their networks, as far as these are the same."""
    left = list(rows)
    if sorted(row.segment for row in first) != sorted(row.segment for row in rows):
        return left
    found = []
    for row in first:
        found.append(left.pop(next(place for place, one in enumerate(left) if one.segment == row.segment)))
    return found


def _span(words: list[str]) -> str:
    """What a list of words says in short: the one or two they are, or the first and the last, numbers in them taken as numbers."""
    distinct = sorted({part for word in words for part in re.split(" … |, ", word)}, key=_natural)
    if len(distinct) <= 2 and all("…" not in word for word in words):
        return ", ".join(distinct)
    first, last = distinct[0], distinct[-1]
    if "/" in first and first.rpartition("/")[2] == last.rpartition("/")[2]:
        first = first.rpartition("/")[0]
    return f"{first} … {last}"


def _natural(word: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", word)]
