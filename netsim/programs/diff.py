"""diff(1) of diffutils 3.8: the lines in which two files differ, as commands of ed's kind or as a patch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import attrs

from netsim.clock import SECOND
from netsim.errors import EISDIR, NetError, strerror
from netsim.machine.call import Call, ReadInput, Result
from netsim.machine.getopt import Grammar, OptionError, parse
from netsim.machine.nodes import Directory, Node

GRAMMAR = Grammar(
    "uqswbBZEiaNdtTp", "UL",
    long={
        "unified": ("u", "?"), "brief": ("q", ""), "report-identical-files": ("s", ""), "ignore-all-space": ("w", ""), "ignore-space-change": ("b", ""),
        "ignore-blank-lines": ("B", ""), "ignore-trailing-space": ("Z", ""), "ignore-tab-expansion": ("E", ""), "ignore-case": ("i", ""),
        "text": ("a", ""), "new-file": ("N", ""), "minimal": ("d", ""), "label": ("L", "="), "normal": ("normal", ""), "color": ("color", "?"),
        "strip-trailing-cr": ("strip-trailing-cr", ""),
    },
)  # fmt: skip
MORE = "diff: Try 'diff --help' for more information.\n"
UNMODELLED = ("B", "t", "T", "p")
CONTEXT = 3
MOST_EDITS = 3000
"""More differences than that are not looked for line by line: what lies between is another file."""


@attrs.define
class Wanted:
    """What one command line asks for; `context` lines around changes make it a patch."""

    names: list[str]
    context: int | None = None
    is_brief: int = 0
    tells_same: int = 0
    folds: tuple[str, ...] = ()
    labels: list[str] = attrs.field(factory=list)
    takes_absent: int = 0


@attrs.frozen
class Change:
    """Lines [begin, end) of the first file stand where [new, stop) of the second do."""

    begin: int
    end: int
    new: int
    stop: int


class Refused(Exception):
    """What the tool says instead, on standard error with status 2."""


def diff(call: Call) -> Result | ReadInput:
    """diff [-uqswbZEiaN] [-U LINES] [-L LABEL] FILE1 FILE2: status 0 for the same, 1 for different ones, 2 for trouble."""
    try:
        wanted = _read(call.argv[1:])
    except Refused as refused:
        return Result("", str(refused), 2)
    return ReadInput(_diff) if "-" in wanted.names else _diff(call, b"")


def _read(words: Sequence[str]) -> Wanted:
    try:
        found, names = parse(words, GRAMMAR)
    except OptionError as problem:
        raise Refused(f"diff: {problem}\n{MORE}") from None
    wanted = Wanted(names)
    for option in found:
        if option.name in UNMODELLED:
            raise Refused(f"diff: netsim: -{option.name} is not modelled\n")
        if option.name in ("u", "U"):
            count = option.argument or str(CONTEXT)
            if not count.isdecimal():
                raise Refused(f"diff: invalid context length '{count}'\n{MORE}")
            wanted.context = max(wanted.context or 0, int(count))
        elif option.name == "L":
            wanted.labels.append(option.argument or "")
        wanted.is_brief |= option.name == "q"
        wanted.tells_same |= option.name == "s"
        wanted.takes_absent |= option.name == "N"
    wanted.folds = tuple(letter for letter in "wbZEi" if any(option.name == letter for option in found))
    if len(names) != 2:
        what = f"extra operand '{names[2]}'" if len(names) > 2 else f"missing operand after '{words[-1] if words else 'diff'}'"
        raise Refused(f"diff: {what}\n{MORE}")
    return wanted


def _diff(call: Call, data: bytes) -> Result:
    wanted = _read(call.argv[1:])
    sides, err = [], ""
    for name in wanted.names:
        try:
            sides.append(_text(call, name, data))
        except NetError as error:
            if wanted.takes_absent and error.errno != EISDIR:
                sides.append("")
            elif error.errno == EISDIR:
                return Result("", f"diff: netsim: {name}: directories are not modelled\n", 2)
            else:
                err += f"diff: {name}: {strerror(error.errno)}\n"
    if err:
        return Result("", err, 2)
    old, new = (_lines(side) for side in sides)
    changes = changes_between([_folded(line, wanted.folds) for line in old], [_folded(line, wanted.folds) for line in new])
    if not changes:
        return Result(f"Files {wanted.names[0]} and {wanted.names[1]} are identical\n" if wanted.tells_same else "")
    if wanted.is_brief:
        return Result(f"Files {wanted.names[0]} and {wanted.names[1]} differ\n", "", 1)
    if wanted.context is None:
        return Result("".join(_command(change, old, new) for change in changes), "", 1)
    return Result(_heads(call, wanted) + "".join(_hunk(group, old, new, wanted.context) for group in _groups(changes, wanted.context)), "", 1)


def _text(call: Call, name: str, data: bytes) -> str:
    if name == "-":
        return data.decode("utf-8", "surrogateescape")
    if isinstance(call.machine.files.stat(call.proc, name), Directory):
        raise NetError(EISDIR)
    return call.machine.files.read(call.proc, name).decode("utf-8", "surrogateescape")


def _lines(text: str) -> list[str]:
    """Lines with their ends, so that a last one without is another line."""
    return [line for line in re.split(r"(?<=\n)", text) if line]


def _folded(line: str, folds: tuple[str, ...]) -> str:
    """A line as far as its letters count."""
    for fold in folds:
        if fold == "w":
            line = "".join(line.split())
        elif fold == "b":
            line = re.sub(r"\s+", " ", line.rstrip())
        elif fold == "Z":
            line = line.rstrip()
        elif fold == "E":
            line = line.expandtabs()
        else:
            line = line.lower()
    return line


def changes_between(old: Sequence[str], new: Sequence[str]) -> list[Change]:
    """The fewest changes that make one list of lines the other (Myers 1986), each as far down as it goes (`shift_boundaries`)."""
    start, most = 0, min(len(old), len(new))
    while start < most and old[start] == new[start]:
        start += 1
    tail = 0
    while tail < most - start and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    kept = _kept(old[start : len(old) - tail], new[start : len(new) - tail])
    pairs = [(place + start, other + start) for place, other in kept] + [(len(old) - tail, len(new) - tail)]
    changes, at, to = [], start, start
    for place, other in pairs:
        if place > at or other > to:
            changes.append(_shifted(Change(at, place, to, other), old, new))
        at, to = place + 1, other + 1
    return _joined(changes)


def _shifted(change: Change, old: Sequence[str], new: Sequence[str]) -> Change:
    """Lines that only go, or only come, are told as late as they may be."""
    begin, end, fresh, stop = change.begin, change.end, change.new, change.stop
    while fresh == stop and end < len(old) and old[begin] == old[end] and stop < len(new) and new[stop] == old[end]:
        begin, end, fresh, stop = begin + 1, end + 1, fresh + 1, stop + 1
    while begin == end and stop < len(new) and new[fresh] == new[stop] and end < len(old) and old[end] == new[stop]:
        begin, end, fresh, stop = begin + 1, end + 1, fresh + 1, stop + 1
    return Change(begin, end, fresh, stop)


def _joined(changes: list[Change]) -> list[Change]:
    """Changes that came to touch are one."""
    found: list[Change] = []
    for change in changes:
        if found and found[-1].end >= change.begin and found[-1].stop >= change.new:
            found[-1] = Change(found[-1].begin, change.end, found[-1].new, change.stop)
        else:
            found.append(change)
    return found


def _kept(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Places of the lines that both have, in order: the longest such list."""
    furthest, trace = {1: 0}, []
    for edits in range(min(len(old) + len(new), MOST_EDITS) + 1):
        trace.append(dict(furthest))
        for diagonal in range(-edits, edits + 1, 2):
            goes_down = diagonal == -edits or (diagonal != edits and furthest[diagonal - 1] < furthest[diagonal + 1])
            place = furthest[diagonal + 1] if goes_down else furthest[diagonal - 1] + 1
            other = place - diagonal
            while place < len(old) and other < len(new) and old[place] == new[other]:
                place, other = place + 1, other + 1
            furthest[diagonal] = place
            if place >= len(old) and other >= len(new):
                return _walked_back(trace, len(old), len(new))
    return []


def _walked_back(trace: list[dict[int, int]], place: int, other: int) -> list[tuple[int, int]]:
    kept = []
    for edits in range(len(trace) - 1, -1, -1):
        furthest, diagonal = trace[edits], place - other
        goes_down = diagonal == -edits or (diagonal != edits and furthest[diagonal - 1] < furthest[diagonal + 1])
        before = diagonal + 1 if goes_down else diagonal - 1
        came = furthest[before]
        while place > came and other > came - before and place > 0 and other > 0:
            place, other = place - 1, other - 1
            kept.append((place, other))
        if edits:
            place, other = came, came - before
    return kept[::-1]


def _span(begin: int, end: int) -> str:
    """Lines of a change, or the one in front where there are none."""
    return f"{end}" if end - begin < 2 else f"{begin + 1},{end}"


def _marked(mark: str, lines: Sequence[str]) -> str:
    return "".join(f"{mark}{line}" if line.endswith("\n") else f"{mark}{line}\n\\ No newline at end of file\n" for line in lines)


def _command(change: Change, old: Sequence[str], new: Sequence[str]) -> str:
    """`2,3c4` and the lines."""
    gone, come = old[change.begin : change.end], new[change.new : change.stop]
    letter = "c" if gone and come else "d" if gone else "a"
    between = "---\n" if gone and come else ""
    return f"{_span(change.begin, change.end)}{letter}{_span(change.new, change.stop)}\n{_marked('< ', gone)}{between}{_marked('> ', come)}"


def _heads(call: Call, wanted: Wanted) -> str:
    """`--- NAME TIME`, or the labels."""
    said = []
    for place, (mark, name) in enumerate(zip(("---", "+++"), wanted.names, strict=True)):
        node = call.machine.files.stat(call.proc, name) if name != "-" else None
        told = wanted.labels[place] if place < len(wanted.labels) else f"{name}\t{_time(call, node)}"
        said.append(f"{mark} {told}\n")
    return "".join(said)


def _time(call: Call, node: Node | None) -> str:
    moment = call.machine.epoch + (node.changed if node is not None else call.machine.kernel.clock.now)
    return f"{datetime.fromtimestamp(moment // SECOND, UTC):%Y-%m-%d %H:%M:%S}.{moment % SECOND:09d} +0000"


def _groups(changes: list[Change], context: int) -> list[list[Change]]:
    """Changes whose context touches stand in one hunk."""
    groups: list[list[Change]] = []
    for change in changes:
        if groups and change.begin - groups[-1][-1].end <= 2 * context:
            groups[-1].append(change)
        else:
            groups.append([change])
    return groups


def _hunk(group: list[Change], old: Sequence[str], new: Sequence[str], context: int) -> str:
    first, last = group[0], group[-1]
    before = min(context, first.begin)
    begin, fresh = first.begin - before, first.new - before
    end = min(len(old), last.end + context)
    stop = last.stop + end - last.end
    out = f"@@ -{_range(begin, end)} +{_range(fresh, stop)} @@\n"
    at = begin
    for change in group:
        out += _marked(" ", old[at : change.begin]) + _marked("-", old[change.begin : change.end]) + _marked("+", new[change.new : change.stop])
        at = change.end
    return out + _marked(" ", old[at:end])


def _range(begin: int, end: int) -> str:
    count = end - begin
    return f"{begin + 1}" if count == 1 else f"{begin + (count > 0)},{count}"
