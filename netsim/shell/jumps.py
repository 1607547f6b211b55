"""How commands leave the place they stand in: what the interpreter raises and catches."""

from __future__ import annotations


class Exit(Exception):
    """The shell ends with a status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Return(Exit):
    """A function or sourced file ends."""


class Replaced(Exception):
    """The last command of `-c` took the shell's place."""


class Jump(Exception):
    """break or continue, through `levels` loops."""

    def __init__(self, kind: str, levels: int) -> None:
        super().__init__(kind)
        self.kind = kind
        self.levels = levels


class RedirectProblem(Exception):
    """A redirection that cannot be made."""
