"""What a shell remembers: variables, arrays, functions, options; and the parameters it makes up."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.errors import NetError, strerror
from netsim.machine.call import Program
from netsim.machine.process import Process
from netsim.shell.arith import evaluate
from netsim.shell.ash import ash_text
from netsim.shell.jumps import Exit
from netsim.shell.numbers import is_number
from netsim.shell.stack import LONG_TEXT, MOST_VALUE, Budget, Steps
from netsim.shell.tree import Sequence


@attrs.define(eq=False)
class ShellState(Program):
    """One shell: variables, functions, options; `stack` is the interpreter under way."""

    tree: Sequence | None
    name: str = "bash"
    zero: str = "bash"
    source: str = ""  # how messages call the text: "bash: line N" or "script.sh: line N"
    variables: dict[str, str] = attrs.field(factory=dict)
    exported: set[str] = attrs.field(factory=set)
    arrays: dict[str, dict[Any, str]] = attrs.field(factory=dict)
    positional: list[str] = attrs.field(factory=list)
    functions: dict[str, Any] = attrs.field(factory=dict)
    options: set[str] = attrs.field(factory=set)
    traps: dict[str, str] = attrs.field(factory=dict)
    locals: list[dict[str, str | None]] = attrs.field(factory=list)
    status: int = 0
    last_background: int = 0
    jobs: dict[int, int | None] = attrs.field(factory=dict)  # pid -> status once it ended
    inner_pids: dict[int, int] = attrs.field(factory=dict)  # the machine's pid of a job -> its own in the shell's PID namespace
    told: set[int] = attrs.field(factory=set)  # those whose end `wait` has told
    pid: int = 0
    line: int = 1
    indirection: int = 0  # how many substitutions, `eval` and `.` it is in: what `set -x` shows by further signs
    budget: Budget = attrs.field(factory=Budget)
    exec_last: bool = False  # `-c` with one simple command: it takes the shell's place
    quiet_errors: int = 0  # inside conditions `set -e` is asleep
    proc: Any = None
    stack: list[Steps] = attrs.field(factory=list)
    waiting: Any = None
    pending: list[int] = attrs.field(factory=list)
    lookup: Any = None  # the host of a redirection to /dev/tcp that is being looked up
    substituted: dict[str, Any] = attrs.field(factory=dict)  # paths that stand for >( ) until they are opened

    def is_bash(self) -> bool:
        """Whether it is no plain shell (dash, BusyBox's ash)."""
        return self.name not in ("sh", "ash")

    def get(self, name: str) -> str | None:
        """A variable's value."""
        return self.variables.get(name)

    def set(self, name: str, value: str) -> None:
        """Set a variable or an array's element."""
        self.budget.commands += len(value) >> LONG_TEXT
        if len(value) > MOST_VALUE:
            self.complain(f"netsim: a value of more than {MOST_VALUE} characters: stopped")
            raise Exit(1)
        base, bracket, index = name.partition("[")
        if bracket:
            self.arrays.setdefault(base, {})[key_of(index.rstrip("]"))] = value
        elif base in self.arrays:
            self.arrays[base][0] = value
        else:
            self.variables[base] = value

    def element(self, name: str, index: str) -> str | None:
        """An array's element."""
        table = self.arrays.get(name)
        if table is None:
            return self.variables.get(name) if index in ("0", "") else None
        key = key_of(index)
        if key not in table and isinstance(key, str) and all(isinstance(known, int) for known in table):
            key = evaluate(index, self)
        if isinstance(key, int) and key < 0:
            key += max((known for known in table if isinstance(known, int)), default=-1) + 1
        return table.get(key)

    def parameter(self, name: str) -> str | None:
        """A variable or special parameter."""
        if is_number(name):
            number = int(name)
            if number == 0:
                return self.zero
            return self.positional[number - 1] if number <= len(self.positional) else None
        special = {
            "#": str(len(self.positional)),
            "?": str(self.status),
            "$": str(self.pid),
            "-": "".join(sorted(self.options & set("eufx"))),
            "_": "",
        }
        if name in special:
            return special[name]
        if name == "!":
            return str(self.last_background) if self.last_background else ""
        if name in ("@", "*"):
            return " ".join(self.positional)
        if name in self.arrays:
            return self.element(name, "0")
        dynamic = {
            "LINENO": str(self.line),
            "BASHPID": str(self.proc.inner_pid()),
            "PPID": str(self.proc.parent.inner_pid() if self.proc.parent and self.proc.parent.jail is self.proc.jail else 0),
            "EUID": "0",
            "UID": "0",
            "PWD": self.proc.cwd,
            "BASH_VERSION": "5.2.15(1)-release",
            "HOSTNAME": self.proc.hostname(),
        }
        if name in dynamic and name not in self.variables:
            return dynamic[name]  # type: ignore[no-any-return]
        if name == "RANDOM":
            return str(self.proc.machine.kernel.rng.randrange(32768))
        if name == "SECONDS":
            return str((self.proc.now() - self.proc.started_at) // 1_000_000_000)
        return self.variables.get(name)

    def environment(self) -> dict[str, str]:
        """What children inherit."""
        return {name: self.variables[name] for name in self.variables if name in self.exported}

    def complain(self, message: str) -> None:
        """An error line as bash, dash or ash words it."""
        if self.name == "ash":
            self.write(2, ash_text(self, message) + "\n")
            return
        self.write(2, f"{self.source}: line {self.line}: {message}\n" if self.name != "sh" else f"{self.zero}: {self.line}: {message}\n")

    def write(self, fd: int, text: str) -> None:
        """Write to a descriptor of the shell; a closed one is an error of the command."""
        self.budget.commands += len(text) >> LONG_TEXT
        try:
            self.proc.write(fd, text)
        except NetError as error:
            if fd != 2:
                self.complain(f"echo: write error: {strerror(error.errno)}")
                self.status = 1

    # what the classes built on this one supply ---------------------------------------------------------------------------

    def run(self, body: Sequence) -> Steps:
        """Run a list of commands (`program.py`)."""
        raise NotImplementedError

    def command(self, item: Any) -> Steps:
        """Run one command of any kind (`program.py`)."""
        raise NotImplementedError

    def substitute(self, text: str) -> Steps:
        """What the commands of `$( )` print (`redirections.py`)."""
        raise NotImplementedError

    def process_substitution(self, text: str, direction: str) -> Steps:
        """The path that stands for `<( )` or `>( )` (`redirections.py`)."""
        raise NotImplementedError

    def _fork(self, command: Any, fds: dict[int, Any]) -> Process:
        """A child shell that runs one command (`program.py`)."""
        raise NotImplementedError


def key_of(index: str) -> Any:
    """An array's key: a number where the text is one."""
    return int(index) if is_number(index.lstrip("-")) else index
