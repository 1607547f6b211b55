"""What a workload's module says of each of its sides, and the figures a run gives."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable
from dataclasses import dataclass

Figures = dict[str, float]
"""`cpu_s`: CPU seconds of the measured part; `count`: how many things it did; others by name."""


@dataclass(frozen=True)
class Side:
    """How one side does the work of size N; which programs and modules it needs; whether it needs a private network."""

    run: Callable[[int], Figures]
    programs: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    isolated: bool = False
    needs: Callable[[], str] | None = None
    """Further needs: what is missing, or ""."""
    python: str = ""
    """Another interpreter than this one, where the peer lives in that."""

    def missing(self) -> str:
        """What is not installed here; "" when the side can run."""
        gone = [name for name in self.programs if shutil.which(name) is None]
        if not self.python:
            gone += [name for name in self.modules if importlib.util.find_spec(name.partition(".")[0]) is None]
        elif shutil.which(self.python) is None:
            gone.append(self.python)
        if self.needs is not None and self.needs():
            gone.append(self.needs())
        return ", ".join(gone)


@dataclass(frozen=True)
class Case:
    """A row of the page: every named side at one size; `unit` says what is counted, `rounds` how often each side runs."""

    size: int
    sides: tuple[str, ...]
    what: str
    unit: str
    rounds: int = 3
    baseline: str = "netsim"
