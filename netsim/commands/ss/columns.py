"""How ss lays out its table (`render_calc_width`, `render`, of misc/ss.c)."""

from __future__ import annotations

import attrs

HEADERS = ("Netid", "State", "Recv-Q", "Send-Q", "Local Address:", "Port", "Peer Address:", "Port", "Process")
NETID, STATE = 0, 1
RIGHT = frozenset({4, 6})
TIGHT = frozenset({5, 7, 8})
"""Columns that follow the one before without a blank."""


@attrs.frozen
class Row:
    """One socket: the nine columns, `process` beginning with a blank where there is something to tell."""

    cells: tuple[str, ...]


def render(rows: list[Row], hidden: frozenset[int], *, header: object) -> str:
    """The table's text. The last cell of all does not widen its column, as in the real one, which measures before it is complete."""
    lines = ([HEADERS] if header else []) + [row.cells for row in rows]
    if not lines:
        return ""
    shown = [column for column in range(len(HEADERS)) if column not in hidden]
    widths = dict.fromkeys(shown, 0)
    last = len(lines) - 1
    for place, line in enumerate(lines):
        for column in shown:
            if place < last or column != shown[-1] or last == 0:
                widths[column] = max(widths[column], len(line[column]))
    return "".join(_line(line, [column for column in shown if widths[column]], widths) + "\n" for line in lines)


def _line(cells: tuple[str, ...], shown: list[int], widths: dict[int, int]) -> str:
    text = ""
    for place, column in enumerate(shown):
        lead = " " if place and column not in TIGHT else ""
        cell = cells[column]
        text += lead + (cell.rjust(widths[column]) if column in RIGHT else cell.ljust(widths[column]))
    return text
