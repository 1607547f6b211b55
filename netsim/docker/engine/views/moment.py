"""Moments as the API writes them."""

from __future__ import annotations

from datetime import UTC, datetime

from netsim.clock import SECOND


def moment(ns: int) -> str:
    """RFC 3339 with nanoseconds, without the zeros at their end; the zero time for 0."""
    if not ns:
        return "0001-01-01T00:00:00Z"
    part = f".{ns % SECOND:09d}".rstrip("0").rstrip(".")
    return datetime.fromtimestamp(ns // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f"{part}Z"
