"""Pictures by the `dot` program: the one place that starts a program of the real machine."""

from __future__ import annotations

import shutil
import subprocess


class CannotRender(Exception):
    """A picture cannot be made: graphviz is not installed, or failed."""


def render(dot: str, form: str) -> bytes:
    """SVG or PNG of DOT text; CannotRender when the program `dot` of graphviz is missing, takes longer than a minute, or refuses."""
    program = shutil.which("dot")
    if program is None:
        raise CannotRender("the program dot of graphviz is not installed; DOT (.dot) and Mermaid (.mmd) text need no program")
    try:
        done = subprocess.run([program, f"-T{form}"], input=dot.encode(), capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise CannotRender(f"dot: {problem}") from None
    if done.returncode or not done.stdout:
        raise CannotRender(f"dot: {done.stderr.decode(errors='replace').strip() or f'status {done.returncode}'}")
    return done.stdout
