"""What mtr prints when it is done: a report for people, or lines for programs (`report_close`, `csv_close`, `json_close`)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from netsim.clock import SECOND

if TYPE_CHECKING:
    from netsim.programs.mtr.command import Options
    from netsim.programs.mtr.program import Hop

NAME, PLAIN = 25, 33
COLUMNS = {
    " ": ("", "", 1), "L": ("Loss%", " {:4.1f}%", 6), "D": ("Drop", " {:4d}", 5), "R": ("Rcv", " {:5d}", 6), "S": ("Snt", " {:5d}", 6),
    "N": ("Last", " {:5.1f}", 6), "B": ("Best", " {:5.1f}", 6), "A": ("Avg", " {:5.1f}", 6), "W": ("Wrst", " {:5.1f}", 6), "V": ("StDev", " {:5.1f}", 6),
    "G": ("Gmean", " {:5.1f}", 6), "J": ("Jttr", " {:4.1f}", 5), "M": ("Javg", " {:4.1f}", 5), "X": ("Jmax", " {:4.1f}", 5), "I": ("Jint", " {:4.1f}", 5),
}  # fmt: skip
"""By letter: title, how a value is written, and how wide a column is; what is too long is cut by the next column."""


def figure(letter: str, hop: Hop) -> float | int:
    """One figure of a hop, times in ms."""
    times = [time / 1000 for time in hop.times]
    count = len(times)
    if letter in "DRS":
        return {"D": hop.sent - count, "R": count, "S": hop.sent}[letter]
    if letter == "L":
        return 100 * (1 - count / hop.sent) if hop.sent else 0.0
    if not times:
        return 0.0
    mean = sum(times) / count
    if letter == "V":
        return math.sqrt(sum((time - mean) ** 2 for time in times) / (count - 1)) if count > 1 else 0.0
    if letter == "G":
        return math.exp(sum(math.log(max(time, 1e-3)) for time in times) / count)
    jitters = [abs(one - other) for one, other in zip(times[1:], times, strict=False)]
    found = {
        "N": times[-1], "B": min(times), "A": mean, "W": max(times), "J": jitters[-1] if jitters else 0.0, "M": sum(jitters) / count,
        "X": max(jitters, default=0.0),
    }  # fmt: skip
    if letter == "I":
        smooth = 0.0
        for jitter in jitters:
            smooth += jitter - (smooth + 8) / 16 if smooth else jitter
        return smooth
    return found[letter]


def _name(options: Options, hop: Hop) -> str:
    if hop.address is None:
        return "???"
    if options.both and hop.name:
        return f"{hop.name} ({hop.address})"
    return hop.name or str(hop.address)


def written(options: Options, hops: Sequence[Hop], host: str, target: str, begun: int) -> str:
    """The whole of it."""
    if options.form == "C":
        return _csv(options, hops, target, begun // SECOND)
    if options.form == "j":
        return _json(options, hops, host, target)
    moment = datetime.fromtimestamp(begun // SECOND, UTC)
    names = [_name(options, hop) for hop in hops]
    width = max(map(len, [host, *names]), default=0) if options.form == "w" else 0
    head = f"HOST: {host:<{width}}" if width else f"HOST: {host}".ljust(PLAIN)[:PLAIN]
    text = f"Start: {moment:%Y-%m-%dT%H:%M:%S}+0000\n{head}{_cells(options, None)}\n"
    for at, (hop, name) in enumerate(zip(hops, names, strict=True)):
        if at >= options.first - 1:
            text += f" {at + 1:2d}.|-- {name[: width or NAME]:<{width or NAME}}{_cells(options, hop)}\n"
    return text


def _cells(options: Options, hop: Hop | None) -> str:
    """The columns of a hop, or their titles."""
    text = ""
    for place, letter in enumerate(options.order):
        title, form, width = COLUMNS[letter]
        cell = title.rjust(width) if hop is None else form.format(figure(letter, hop)) if form else " "
        text += cell if place == len(options.order) - 1 else cell.ljust(width)[:width]
    return text


def _csv(options: Options, hops: Sequence[Hop], target: str, begun: int) -> str:
    titles = ",".join(COLUMNS[letter][0] or " " for letter in options.order)
    text = f"Mtr_Version,Start_Time,Status,Host,Hop,Ip,{titles},\n"
    for at, hop in enumerate(hops):
        values = [figure(letter, hop) if letter != " " else 0 for letter in options.order]
        told = ",".join(f"{value:.2f}" if isinstance(value, float) else str(value) for value in values)
        text += f"MTR.0.95,{begun},OK,{target},{at + 1},{_name(options, hop)},{told}\n"
    return text


def _json(options: Options, hops: Sequence[Hop], host: str, target: str) -> str:
    hubs = []
    for at, hop in enumerate(hops):
        lines = [f'"count": {at + 1}', f'"host": "{_name(options, hop)}"']
        for letter in options.order:
            if letter != " ":
                value = figure(letter, hop)
                lines.append(f'"{COLUMNS[letter][0]}": {round(value, 3) if isinstance(value, float) else value}')
        hubs.append("            {\n" + ",\n".join(f"                {line}" for line in lines) + "\n            }")
    head = [
        f'"src": "{host}"',
        f'"dst": "{target}"',
        f'"tos": {options.tos}',
        f'"tests": {options.cycles}',
        f'"psize": "{options.size}"',
        '"bitpattern": "0x00"',
    ]
    told = ",\n".join(f"            {line}" for line in head)
    listed = "[\n" + ",\n".join(hubs) + "\n        ]" if hubs else "[]"
    return f'{{\n    "report": {{\n        "mtr": {{\n{told}\n        }},\n        "hubs": {listed}\n    }}\n}}\n'
