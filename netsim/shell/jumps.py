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


class Killed(Exception):
    """A signal without a trap ends the shell, which has something to say at its end."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum


class Discard(Exception):
    """The rest of the line is given up, and of `-c` everything (`DISCARD` of `jump_to_top_level`)."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Jump(Exception):
    """break or continue, through `levels` loops."""

    def __init__(self, kind: str, levels: int) -> None:
        super().__init__(kind)
        self.kind = kind
        self.levels = levels


class RedirectProblem(Exception):
    """A redirection that cannot be made."""


class ReadonlyProblem(Exception):
    """A variable that may not be set; `str()` is what bash says."""


class BuiltinProblem(Exception):
    """A builtin that gives up once it has complained; a fatal one ends the shell."""

    def __init__(self, status: int, is_fatal: int = 0) -> None:
        super().__init__(status)
        self.status = status
        self.is_fatal = is_fatal


class ExpansionProblem(Exception):
    """What cannot be expanded; `str()` is bash's message without its beginning. An unset parameter under `set -u`, or `${x:?word}`, ends the shell."""

    def __init__(self, message: str, ends_shell: int = 0) -> None:
        super().__init__(message)
        self.ends_shell = ends_shell
