"""Several things wrong with one request, told together (`multierror.Join`)."""

from __future__ import annotations

from collections.abc import Sequence


def joined(problems: Sequence[str]) -> str:
    """One problem as it is; several as a list."""
    return problems[0] if len(problems) == 1 else "\n".join(f"* {problem}" for problem in problems)
