"""CPU time of a piece of work."""

from __future__ import annotations

import time
from collections.abc import Callable


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    started = time.process_time()
    work()
    return time.process_time() - started


def best(work: Callable[[], object], rounds: int = 5) -> float:
    """The least CPU seconds of several calls."""
    return min(seconds(work) for _ in range(rounds))
