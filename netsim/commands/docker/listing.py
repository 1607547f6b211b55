"""Lists of things as tables, JSON lines or through a template (docker/cli `formatter`), laid out as text/tabwriter does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from netsim.commands.docker.session import Docker
from netsim.commands.docker.template import TemplateError, render
from netsim.commands.docker.template.values import Headers, Row, to_json
from netsim.machine.call import Result


@attrs.frozen
class Columns:
    """A kind of list: the Go type of a row, the headers of its fields, and which of them stand in the table."""

    go_type: str
    headers: Mapping[str, str]
    table: str
    """The default template."""
    quiet: str
    """What -q prints of a row."""
    parse_problem: str = "template parsing error: {problem}"
    """How a template that cannot be read or filled is told."""


def show(docker: Docker, columns: Columns, form: str, rows: Sequence[Mapping[str, str]], *, quiet: int) -> Result:
    """Print rows: `form` is --format's value, empty for the default."""
    template, is_table = _template(columns, form, quiet, int(docker.cli.family != "20.10"))
    lines: list[str] = []
    try:
        if is_table:
            lines.append(render(template, Headers(columns.headers), lenient=1))
        for row in rows:
            lines.append(to_json(dict(row)) if template == "{{json .}}" else render(template, Row(dict(row), columns.go_type)))
    except TemplateError as problem:
        docker.complain(columns.parse_problem.format(problem=problem))
        return docker.result(1)
    text = "".join(f"{line}\n" for line in lines)
    docker.out.append(align(text) if is_table else text)
    return docker.result()


def _template(columns: Columns, form: str, quiet: int, knows_json: int) -> tuple[str, int]:
    if form in ("", "table"):
        return (columns.quiet, 0) if quiet else (columns.table, 1)
    if form.startswith("table"):
        inner = form.removeprefix("table").strip(" \t")
        return (columns.quiet, 0) if quiet else (inner.replace("\\t", "\t").replace("\\n", "\n"), 1)
    if form == "{{json .}}" or (form == "json" and knows_json):
        return "{{json .}}", 0
    return (columns.quiet if form == "raw" and quiet else form.replace("\\t", "\t").replace("\\n", "\n")), 0


def align(text: str, least: int = 10, between: int = 3) -> str:
    """Cells ended by tabs in columns at least `least` wide, `between` blanks apart; a column ends at the first line that lacks it (text/tabwriter)."""
    lines = [line.split("\t") for line in text.split("\n")]
    widths: list[list[int]] = [[0] * (len(cells) - 1) for cells in lines]
    for at, cells in enumerate(lines):
        for column in range(len(cells) - 1):
            if not widths[at][column]:
                _measure(lines, widths, at, column, least, between)
    return "\n".join("".join(cell.ljust(width) for cell, width in zip(cells, widths[at], strict=False)) + cells[-1] for at, cells in enumerate(lines))


def _measure(lines: list[list[str]], widths: list[list[int]], at: int, column: int, least: int, between: int) -> None:
    end = at
    while end < len(lines) and len(lines[end]) - 1 > column:
        end += 1
    width = max(least, *(len(cells[column]) + between for cells in lines[at:end]))
    for row in range(at, end):
        widths[row][column] = width
