"""What is wrong with a compose file, in the words of compose-go."""

from __future__ import annotations

from collections.abc import Callable


class ComposeProblem(Exception):
    """A project that cannot be loaded or carried out; the text is what `docker compose` prints, after the warnings."""

    warnings: tuple[str, ...] = ()


Reader = Callable[[str], str]
"""Gives a file's text by its absolute path; OSError."""

INVALID = "invalid compose project"


def invalid(text: str) -> ComposeProblem:
    """A project that is well-formed and makes no sense (`errdefs.ErrInvalid`)."""
    return ComposeProblem(f"{text}: {INVALID}")


def no_such_file(path: str) -> ComposeProblem:
    """A file that is not there, as Go's `os.Open` words it."""
    return ComposeProblem(f"open {path}: no such file or directory")
