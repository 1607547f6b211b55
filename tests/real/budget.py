"""Runs of draws within a time."""

from __future__ import annotations

import time
from typing import Any

LAST = 10
"""Seconds kept for the chunk that is under way when time is up."""


def within(run: Any, draws: int, seconds: float) -> str:
    """Draw until there are enough or time is nearly up, end the private networks, and say what was drawn."""
    started = time.monotonic()
    try:
        run.until(draws, seconds - LAST - (time.monotonic() - started), 0)
    finally:
        run.close()
    return f"\n{run.summary()}"
