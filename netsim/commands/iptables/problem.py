"""How iptables fails: the kinds of problem, their exit codes and closing lines (`xtables_error`)."""

from __future__ import annotations

from netsim.commands.iptables.tool import Tool

OTHER, PARAMETER, VERSION, RESOURCE = 1, 2, 3, 4


class Problem(Exception):
    """Something is wrong; `kind` is the exit status and chooses the closing line."""

    def __init__(self, message: str, kind: int = PARAMETER) -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind

    def text(self, tool: Tool, line: int = 0) -> str:
        """What goes to stderr; `line` is where in the input of -restore it happened."""
        return f"{tool.version}: {self.message}\n{self.closing(tool, line)}"

    def closing(self, tool: Tool, line: int) -> str:
        """The lines after the message."""
        where = f"Error occurred at line: {line}\n" if line and self.kind == PARAMETER else ""
        if self.kind == PARAMETER:
            return where + tool.hint
        return f"Perhaps {tool.program} or your kernel needs to be upgraded.\n" if self.kind == VERSION else ""


class BareProblem(Problem):
    """A failure worded without the version (`iptables: No chain/target/match by that name.`)."""

    def text(self, tool: Tool, line: int = 0) -> str:
        """What goes to stderr."""
        if self.kind == PARAMETER:
            return f"{self.message}\n{self.closing(tool, line)}"
        return f"{tool.name}: {self.message}\n"


class Unlocked(Problem):
    """The lock of the legacy build could not be had."""

    def text(self, tool: Tool, line: int = 0) -> str:
        """What goes to stderr."""
        return f"{self.message}\n"


class Usage(Problem):
    """Only the pointer to the help (`-6` to iptables)."""

    def text(self, tool: Tool, line: int = 0) -> str:
        """What goes to stderr."""
        return self.closing(tool, line)


class LateProblem(BareProblem):
    """The kernel said no to the legacy build when a whole table was handed over: -restore hears it at COMMIT."""


class Refused(Problem):
    """The kernel said no to one step of the nf_tables build's change."""


class TableRefused(Refused):
    """The kernel said no to what the table as a whole would become; `reason` is the words of its error."""

    def __init__(self, message: str, kind: int, reason: str) -> None:
        super().__init__(message, kind)
        self.reason = reason
