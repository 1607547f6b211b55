"""What a shell remembers beside its variables; and the parameters it makes up."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.errors import NetError, strerror
from netsim.machine.process import Process
from netsim.machine.signals import STATES
from netsim.machine.user import user_of
from netsim.shell.numbers import is_number
from netsim.shell.plain import plain_text
from netsim.shell.stack import LONG_TEXT, Steps
from netsim.shell.tree import Pipeline, Sequence
from netsim.shell.unparse import function_text, job_text
from netsim.shell.variables import SubscriptProblem, Variables

BASH_VERSION = "5.2.15(1)-release"
FLAGS = "abefhkmnprtuvxBCEHPT"
"""Letters of `$-`, in its order."""
DASH_FLAGS = "pubaCEVvxsnmiIfe"
SECOND = 1_000_000_000


@attrs.frozen(eq=False, repr=False)
class Frame:
    """A function at work, or a file that is read by `.`: its name, where it comes from, and the line it was called on."""

    name: str
    source: str
    line: int


@attrs.define(eq=False, init=False, repr=False)
class ShellState(Variables):
    """One shell: variables, functions, options; `stack` is the interpreter under way."""

    tree: Sequence | None = None
    name: str = "bash"
    zero: str = "bash"
    source: str = ""  # how messages call the text: "bash: line N" or "script.sh: line N"
    positional: list[str] = attrs.field(factory=list)
    functions: dict[str, Any] = attrs.field(factory=dict)
    sources: dict[str, str] = attrs.field(factory=dict)  # functions -> the file they stand in
    marked_functions: dict[str, str] = attrs.field(factory=dict)  # functions -> x(exported), r(eadonly), t
    traps: dict[str, str] = attrs.field(factory=dict)
    frames: list[Frame] = attrs.field(factory=list)
    aliases: dict[str, str] = attrs.field(factory=dict)
    directories: list[str] = attrs.field(factory=list)  # of pushd, the newest first, without the current one
    limits: dict[str, str] = attrs.field(factory=dict)
    disabled: set[str] = attrs.field(factory=set)  # builtins
    writer: str = "echo"  # the builtin that writes
    loops: int = 0
    status: int = 0
    piped: tuple[int, ...] = ()  # statuses of the last pipeline's commands, where there were several
    last_background: int = 0
    jobs: dict[int, int | None] = attrs.field(factory=dict)  # pid -> status once it ended
    job_numbers: dict[int, int] = attrs.field(factory=dict)  # pid -> its number among the jobs
    beside: Any = None  # the coprocess begun last: its name, pid and descriptors
    foreign: set[int] = attrs.field(factory=set)  # jobs of the shell that this one was forked from
    private: dict[int, Any] = attrs.field(factory=dict)  # descriptors of coprocesses, which children do not get
    job_texts: dict[int, Any] = attrs.field(factory=dict)  # pid -> what it runs, as the tree has it
    inner_pids: dict[int, int] = attrs.field(factory=dict)  # the machine's pid of a job -> its own in the shell's PID namespace
    disowned: set[int] = attrs.field(factory=set)
    told: set[int] = attrs.field(factory=set)  # those whose end `wait` has told
    pid: int = 0
    line: int = 1
    item: Any = None  # the simple command under way, or the one a trap is for
    trapping: int = 0
    last_word: str = "/usr/bin/bash"  # `$_`
    first_line: int = 0  # what the lines of an `eval` are counted from
    option_index: int = 0  # where getopts stands: the word and the letter in it
    option_place: int = 0
    substituted_status: int | None = None  # of the last `$( )` of a command
    indirection: int = 0  # how many substitutions, `eval` and `.` it is in: what `set -x` shows by further signs
    depth: int = 0  # how many subshells it is in
    tail: Pipeline | None = None  # the last command of `-c`, if it takes the shell's place
    exec_last: bool = False  # its turn has come
    is_command_line: bool = False  # started by `-c`
    quiet_errors: int = 0  # inside conditions `set -e` is asleep
    within: str = ""  # the eval or the file read by `.` whose text is run, as plain shells tell it
    killed: Any = None  # the command waited for that a signal has ended, until it is told
    proc: Any = None
    stack: list[Steps] = attrs.field(factory=list)
    waiting: Any = None
    pending: list[int] = attrs.field(factory=list)
    lookup: Any = None  # the host of a redirection to /dev/tcp that is being looked up
    lends: int = 0  # whether it opens what a command in the background is to have
    substituted: dict[str, Any] = attrs.field(factory=dict)  # paths that stand for >( ) until they are opened

    def is_bash(self) -> bool:
        """Whether it is no plain shell (dash, BusyBox's ash)."""
        return self.name not in ("sh", "ash")

    def grammar(self) -> str:
        """Which language its texts are in: bash, ash or sh."""
        return self.name if self.name in ("sh", "ash") else "bash"

    def whole(self) -> ShellState:
        """This shell."""
        return self

    def now(self) -> int:
        """Virtual time in ns."""
        return self.proc.now()  # type: ignore[no-any-return]

    def element(self, name: str, index: str) -> str | None:
        """An array's element; a plain variable is its own element 0."""
        if name in self.marks:
            name = self.target(name)[0]
        table = self.arrays.get(name)
        if table is None:
            table = self.made_up(name)
        try:
            if table is None:
                return self.parameter(name) if self.key(name, index) == 0 else None
            return table.get(self.key(name, index))
        except SubscriptProblem:
            self.complain(f"{name}: bad array subscript")
            return None

    def parameter(self, name: str) -> str | None:
        """A variable or special parameter."""
        value = self.variables.get(name)
        if value is not None:
            if name in self.marks and "n" in self.marks[name]:
                base, bracket, index = self.target(name)
                if base == name:
                    return None
                return self.element(base, index[:-1]) if bracket else self.parameter(base)
            return value
        if name in self.arrays:
            return self.arrays[name].get("0" if "A" in self.marks.get(name, "") else 0)
        if is_number(name):
            number = int(name)
            if number == 0:
                return self.zero
            return self.positional[number - 1] if number <= len(self.positional) else None
        made = _MADE_UP.get(name)
        return None if made is None else made(self)

    def made_up(self, name: str) -> dict[Any, str] | None:
        """FUNCNAME, BASH_SOURCE, BASH_LINENO, PIPESTATUS, DIRSTACK, GROUPS and BASH_VERSINFO."""
        if name == "PIPESTATUS":
            return dict(enumerate(map(str, self.piped or (self.status,))))
        if name in ("FUNCNAME", "BASH_SOURCE", "BASH_LINENO"):
            return dict(enumerate(_called(self, name)))
        if name == "DIRSTACK":
            return dict(enumerate([self.proc.cwd, *self.directories]))
        if name == "BASH_VERSINFO":
            return dict(enumerate(("5", "2", "15", "1", "release", "x86_64-pc-linux-gnu")))
        return {0: "0"} if name == "GROUPS" else None

    def environment(self) -> dict[str, str]:
        """What children inherit."""
        exported = self.exported
        found = {name: value for name, value in self.variables.items() if name in exported}
        for name in self.marked_functions:
            if "x" in self.marked_functions[name] and name in self.functions:
                found[f"BASH_FUNC_{name}%%"] = function_text(name, self.functions[name]).removeprefix(f"{name} ").rstrip("\n")
        return found

    def place(self) -> str:
        """What an error line begins with: where the command stands, and its line."""
        source = self.frames[-1].source if self.frames else self.source
        return f"{source}: line {self.line}" if self.name != "sh" else f"{self.zero}: {self.line}"

    def complain(self, message: str) -> None:
        """An error line as bash, dash or ash words it."""
        self.write(2, (f"{self.place()}: {message}" if self.is_bash() else plain_text(self, message)) + "\n")

    def tell_end(self, item: Any) -> None:
        """What killed a command that was waited for; nobody hears of SIGINT and SIGPIPE."""
        child, self.killed = self.killed, None
        signum = child.killed_by
        if signum in (2, 13):
            return
        state = STATES.get(signum, f"Signal {signum}")
        if signum == 15 or not self.is_bash():
            self.write(2, f"{state}\n")
            return
        self.write(2, f"{self.place()}: {child.inner_pid():5d} {state:<24}{job_text(item)}\n")

    def write(self, fd: int, text: str) -> None:
        """Write to a descriptor of the shell; a closed one is an error of the command."""
        self.budget.commands += len(text) >> LONG_TEXT
        try:
            self.proc.write(fd, text)
        except NetError as error:
            if fd != 2:
                self.complain(f"{self.writer}: write error: {strerror(error.errno)}")
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

    def run_trap(self, name: str) -> Steps:
        """What is to be done at a signal, an error or an end (`program.py`)."""
        raise NotImplementedError

    def run_pending(self) -> Steps:
        """The traps of the signals that have arrived (`program.py`)."""
        raise NotImplementedError

    def watch_pipes(self) -> None:
        """Before the shell becomes another program: that hears of pipes which the shell opened itself."""
        for fd, opened in self.proc.fds.items():
            if opened.pipe is not None:
                self.proc.watch(fd)

    def handed_down(self, least: int = 0) -> dict[int, Any]:
        """Copies of the descriptors that a child gets: those of coprocesses are the shell's alone."""
        private = self.private
        return {fd: opened.dup() for fd, opened in self.proc.fds.items() if fd >= least and private.get(fd) is not opened}

    def began(self, pid: int, item: Any, status: int | None) -> None:
        """A job more. bash numbers it behind the last one that nobody has waited for yet, plain shells fill gaps."""
        gone = self.told | self.disowned | self.foreign
        if self.is_command_line:
            gone |= {known for known, ended in self.jobs.items() if ended is not None}
        taken = {number for known, number in self.job_numbers.items() if known not in gone}
        number = max(taken, default=0) + 1
        if not self.is_bash():
            number = next(free for free in range(1, number + 1) if free not in taken)
        self.job_numbers[pid] = number
        self.told.discard(pid)
        self.jobs[pid] = status
        self.job_texts[pid] = item

    def known_as(self, child: Process) -> int:
        """A child's id in the shell's PID namespace (`program.py`)."""
        raise NotImplementedError

    def dispatch(self, args: list[str], assigned: list[tuple[str, str]]) -> Steps:
        """Run a function, a builtin or a command (`simple.py`)."""
        raise NotImplementedError

    def process_substitution(self, text: str, direction: str) -> Steps:
        """The path that stands for `<( )` or `>( )` (`redirections.py`)."""
        raise NotImplementedError

    def _fork(self, command: Any, fds: dict[int, Any]) -> Process:
        """A child shell that runs one command (`program.py`)."""
        raise NotImplementedError


def _called(shell: ShellState, name: str) -> list[str]:
    """The functions and sourced files at work, the innermost first, and the main text."""
    frames = shell.frames[::-1]
    if name == "FUNCNAME":
        names = [frame.name for frame in frames]
        return [*names, "main"] if names and not shell.is_command_line else names
    if name == "BASH_SOURCE":
        return [frame.source for frame in frames] + ([shell.source] if not shell.is_command_line else [])
    return [str(frame.line) for frame in frames] + (["0"] if not shell.is_command_line else [])


def _flags(shell: ShellState) -> str:
    if not shell.is_bash():
        order = "Euabcvnxmife" if shell.name == "ash" else DASH_FLAGS
        return "".join(letter for letter in order if letter in shell.options or (letter == "c" and shell.is_command_line))
    return "".join(letter for letter in FLAGS if letter in shell.options) + ("c" if shell.is_command_line else "s" if "s" in shell.options else "")


def _parent(shell: ShellState) -> str:
    parent = shell.proc.parent
    return str(parent.inner_pid() if parent and parent.jail is shell.proc.jail else 0)


def _of_bash(text: str) -> Any:
    return lambda shell: text if shell.is_bash() else None


def _funcname(shell: ShellState) -> str | None:
    return shell.frames[-1].name if shell.frames and shell.is_bash() else None


def _bash_source(shell: ShellState) -> str | None:
    found = _called(shell, "BASH_SOURCE") if shell.is_bash() else []
    return found[0] if found else None


def _options(shell: ShellState, of: str) -> str:
    from netsim.shell.builtins.settings import NAMES, SHOPT

    known = NAMES if of == "set" else {word.rstrip("+"): word.rstrip("+") for word in SHOPT}
    return ":".join(name for name in sorted(known) if known[name] in shell.options)


def _since(shell: ShellState) -> str:
    return str((shell.now() - (shell.seconds_from or shell.proc.started_at)) // SECOND)


def _uid(shell: ShellState) -> str | None:
    return str(user_of(shell.proc).uid) if shell.is_bash() else None


_MADE_UP: dict[str, Any] = {
    "#": lambda shell: str(len(shell.positional)),
    "?": lambda shell: str(shell.status),
    "$": lambda shell: str(shell.pid),
    "-": _flags,
    "!": lambda shell: str(shell.last_background) if shell.last_background else None,
    "@": lambda shell: " ".join(shell.positional) if shell.positional else None,
    "*": lambda shell: " ".join(shell.positional) if shell.positional else None,
    "_": lambda shell: shell.last_word,
    "LINENO": lambda shell: str(shell.line - (shell.name == "ash" and shell.is_command_line)) if shell.name != "sh" else None,
    "PPID": _parent,
    "PWD": lambda shell: shell.proc.cwd,
    "HOSTNAME": lambda shell: shell.proc.hostname(),
    "BASHPID": lambda shell: str(shell.proc.inner_pid()) if shell.is_bash() else None,
    "EUID": _uid,
    "UID": _uid,
    "BASH": _of_bash("/usr/bin/bash"),
    "BASH_VERSION": _of_bash(BASH_VERSION),
    "BASH_VERSINFO": _of_bash("5"),
    "BASH_COMMAND": lambda shell: job_text(shell.item) if shell.item is not None and shell.is_bash() else None,
    "SHELLOPTS": lambda shell: _options(shell, "set") if shell.is_bash() else None,
    "BASHOPTS": lambda shell: _options(shell, "shopt") if shell.is_bash() else None,
    "BASH_SUBSHELL": lambda shell: str(shell.depth) if shell.is_bash() else None,
    "BASH_SOURCE": _bash_source,
    "FUNCNAME": _funcname,
    "PIPESTATUS": lambda shell: str((shell.piped or (shell.status,))[0]) if shell.is_bash() else None,
    "OSTYPE": _of_bash("linux-gnu"),
    "HOSTTYPE": _of_bash("x86_64"),
    "MACHTYPE": _of_bash("x86_64-pc-linux-gnu"),
    "GROUPS": _of_bash("0"),
    "RANDOM": lambda shell: str(shell.proc.machine.kernel.rng.randrange(32768)) if shell.name != "sh" else None,
    "SECONDS": lambda shell: _since(shell) if shell.is_bash() else None,
    "EPOCHSECONDS": lambda shell: str(shell.proc.wall_clock() // SECOND) if shell.name != "sh" else None,
    "EPOCHREALTIME": lambda shell: f"{shell.proc.wall_clock() // 1000 / 1e6:.6f}" if shell.name != "sh" else None,
    "PS4": lambda shell: "+ ",
}
