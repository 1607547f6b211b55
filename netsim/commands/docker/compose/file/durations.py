"""Spans of time in compose files: Go's `1m30s`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netsim.clock import MS, SECOND
from netsim.commands.docker.compose.file.problem import ComposeProblem
from netsim.commands.docker.values import span

PLACES = ("stop_grace_period", "healthcheck.interval", "healthcheck.timeout", "healthcheck.start_period", "healthcheck.start_interval")


def check_durations(name: str, service: Mapping[str, Any]) -> None:
    """ComposeProblem for a span that cannot be read."""
    for place in PLACES:
        first, _, second = place.partition(".")
        value = (service.get(first) or {}).get(second) if second else service.get(first)
        if value is None:
            continue
        try:
            span(str(value))
        except ValueError:
            where = f"'services[{name}].{place}'"
            raise ComposeProblem(f'decoding failed due to the following error(s):\n\n{where} time: invalid duration "{value}"') from None


def nanoseconds(text: Any, default: int = 0) -> int:
    """A span in ns."""
    return default if text is None else span(str(text))


def written(text: Any) -> str:
    """A span as Go's `Duration.String` has it: `1m30s`, `0s`, `1.5s`, `300ms`."""
    ns = span(str(text))
    if ns == 0:
        return "0s"
    if ns < SECOND:
        unit, name = (MS, "ms") if ns >= MS else (1000, "µs") if ns >= 1000 else (1, "ns")
        return f"{ns // unit}{_part(ns % unit, unit)}{name}"
    hours, rest = divmod(ns, 3600 * SECOND)
    minutes, rest = divmod(rest, 60 * SECOND)
    seconds = f"{rest // SECOND}{_part(rest % SECOND, SECOND)}s"
    return f"{hours}h{minutes}m{seconds}" if hours else f"{minutes}m{seconds}" if minutes else seconds


def _part(rest: int, unit: int) -> str:
    return f".{rest:0{len(str(unit)) - 1}d}".rstrip("0") if rest else ""
