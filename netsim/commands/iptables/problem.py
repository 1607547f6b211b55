"""How iptables fails: the kinds of problem, their exit codes and closing lines (`xtables_error`)."""

from __future__ import annotations

OTHER, PARAMETER, VERSION, RESOURCE = 1, 2, 3, 4


class Problem(Exception):
    """Something is wrong; `kind` is the exit status and chooses the closing line."""

    def __init__(self, message: str, kind: int = PARAMETER) -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind

    def text(self, program: str, build: str) -> str:
        """What goes to stderr."""
        closing = {
            PARAMETER: f"Try `{program} -h' or '{program} --help' for more information.\n",
            VERSION: f"Perhaps {program} or your kernel needs to be upgraded.\n",
        }.get(self.kind, "")
        return f"{program} v1.8.9 ({build}): {self.message}\n{closing}"


class BareProblem(Problem):
    """A failure worded without the version (`iptables: No chain/target/match by that name.`)."""

    def text(self, program: str, build: str) -> str:
        """What goes to stderr."""
        if self.kind == PARAMETER:
            return f"{self.message}\nTry `{program} -h' or '{program} --help' for more information.\n"
        return f"{program}: {self.message}\n"
