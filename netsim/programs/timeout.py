"""timeout: a command with a deadline (timeout(1), coreutils)."""

from __future__ import annotations

import attrs

from netsim.errors import EACCES, ENOENT, strerror
from netsim.machine.call import Call, Program, Result
from netsim.machine.getopt import Grammar, OptionError, parse
from netsim.machine.nodes import Directory
from netsim.machine.process import SIGKILL, Process
from netsim.machine.signals import NAMES, signal_number
from netsim.programs.process import duration

GRAMMAR = Grammar(
    "v", "ks", in_order=True, long={
        "foreground": ("foreground", ""), "kill-after": ("k", "="), "preserve-status": ("preserve", ""), "signal": ("s", "="), "verbose": ("v", ""),
        "help": ("help", ""), "version": ("version", ""),
    },
)  # fmt: skip
HINT = "Try 'timeout --help' for more information.\n"
TIMED_OUT, CANCELED = 124, 125


@attrs.define(eq=False)
class Timeout(Program):
    """The watcher: it signals its command when time is up, and ends as it did."""

    argv: tuple[str, ...]
    delay: int
    signum: int = 15
    kill_after: int = 0
    given: frozenset[str] = frozenset()
    child: Process | None = None
    fired: bool = False

    def started(self, proc: Process) -> None:
        """Start the command and the clock."""
        name = self.argv[0]
        if proc.machine.command(proc, name) is None:
            errno = EACCES if "/" in name and isinstance(proc.machine.files.stat(proc, name), Directory) else ENOENT
            proc.write(2, f"timeout: failed to run command '{name}': {strerror(errno)}\n")
            proc.exit(127 if errno == ENOENT else 126)
            return
        if self.delay:
            proc.timer(self.delay, "deadline")
        fds = {fd: opened.dup() for fd, opened in proc.fds.items()}
        self.child = proc.machine.spawn(proc, self.argv, None, None, fds)

    def timer(self, proc: Process, token: str) -> None:
        """Time is up."""
        self.fired = True
        self._send(proc, SIGKILL if token == "kill" else self.signum)

    def signal(self, proc: Process, signum: int) -> None:
        """Pass it on."""
        self._send(proc, signum)

    def _send(self, proc: Process, signum: int) -> None:
        child = self.child
        if child is None:
            return
        if "v" in self.given:
            proc.write(2, f"timeout: sending signal {NAMES.get(signum, signum)} to command '{self.argv[0]}'\n")
        if self.kill_after:
            proc.timer(self.kill_after, "kill")
            self.kill_after = 0
        child.signal(signum)
        if signum == SIGKILL and "foreground" not in self.given:
            proc.die(SIGKILL)  # it is in the group it signals

    def child_ended(self, proc: Process, pid: int, status: int) -> None:
        """End with the command's status, or 124 when it was timed out."""
        child = self.child
        if child is None or pid != child.pid:
            return
        if child.killed_by and not self.fired:
            proc.die(child.killed_by)
        elif self.fired and "preserve" not in self.given and child.killed_by != SIGKILL:
            proc.exit(TIMED_OUT)
        else:
            proc.exit(status)


def timeout(call: Call) -> Result | Program:
    """timeout [-v] [-s SIGNAL] [-k DURATION] [--foreground] [--preserve-status] DURATION COMMAND..."""
    try:
        options, words = parse(call.argv[1:], GRAMMAR)
    except OptionError as error:
        return Result("", f"timeout: {error}\n{HINT}", CANCELED)
    signum, kill_after, given = 15, 0, set()
    for option in options:
        argument = option.argument or ""
        if option.name == "s":
            found = signal_number(argument)
            if found is None:
                return Result("", f"timeout: '{argument}': invalid signal\n{HINT}", CANCELED)
            signum = found
        elif option.name == "k":
            pause = duration(argument)
            if pause is None:
                return _invalid(argument)
            kill_after = pause
        elif option.name in ("help", "version"):
            return Result("", f'netsim: "timeout --{option.name}" is not modelled\n', CANCELED)
        else:
            given.add(option.name)
    if len(words) < 2:
        return Result("", HINT, CANCELED)
    delay = duration(words[0])
    return _invalid(words[0]) if delay is None else Timeout(tuple(words[1:]), delay, signum, kill_after, frozenset(given))


def _invalid(word: str) -> Result:
    return Result("", f"timeout: invalid time interval '{word}'\n{HINT}", CANCELED)
