"""`netsim shell`: a conversation with a host's shell at the real terminal, or over lines of standard input."""

from __future__ import annotations

import sys
from typing import Any

import attrs

from netsim.api import Host, World
from netsim.console.completion import Completer
from netsim.labs import first_host, stream
from netsim.machine.fds import Null, Outlet
from netsim.shell.builtins.settings import DEFAULTS
from netsim.shell.interactive import InteractiveShell
from netsim.shell.unfinished import needs_more

MORE = "> "


def converse(labs: list[str]) -> int:
    """Run the labs, then take commands until the end of the input; returns the shell's exit status. LabProblem."""
    world: World | None = None
    for name in labs:
        world, _ = stream(name, world, Outlet(sink=sys.stdout), Outlet(sink=sys.stderr))
    session = open_session(first_host(World() if world is None else world))
    if sys.stdin.isatty():
        _prepare_readline(session)
        return _at_terminal(session)
    return _from_input(session)


@attrs.define
class Session:
    """One shell on one host, whose foreground commands run the world's clock."""

    host: Host
    shell: InteractiveShell

    @property
    def is_over(self) -> bool:
        """Whether the shell has ended."""
        return self.shell.proc.status is not None

    @property
    def prompt(self) -> str:
        """`root@host:~# `."""
        cwd = self.shell.proc.cwd
        shown = "~" + cwd[5:] if cwd == "/root" or cwd.startswith("/root/") else cwd
        return f"root@{self.host.name}:{shown}# "

    def enter(self, text: str) -> None:
        """Run a text; Ctrl-C at the real terminal interrupts its foreground processes, and so does a very long virtual time."""
        clock, machine = self.host.world.clock, self.host.machine
        self.shell.feed(text)
        deadline = clock.now + machine.foreground_limit
        while not self.shell.is_idle and not self.is_over:
            try:
                if not clock.step_by(deadline):
                    clock.run_until(deadline)
                    self.shell.interrupt()
            except KeyboardInterrupt:
                self.shell.write(2, "^C\n")
                self.shell.interrupt()
        clock.run_for(0)


def open_session(host: Host) -> Session:
    """A fresh shell on a host, at the real standard output and error."""
    machine = host.machine
    shell = InteractiveShell(name="interactive", options=set(DEFAULTS))
    shell.variables.update(machine.init.env)
    shell.exported.update(machine.init.env)
    fds = {0: Null(), 1: Outlet(sink=sys.stdout), 2: Outlet(sink=sys.stderr)}
    machine.spawn(machine.init, ("bash",), None, "/root", fds, shell)
    return Session(host, shell)


def _at_terminal(session: Session) -> int:
    text = ""
    while not session.is_over:
        try:
            line = input(MORE if text else session.prompt)
        except EOFError:
            print("exit")
            break
        except KeyboardInterrupt:
            print("^C")
            text = ""
            continue
        text = f"{text}{line}\n"
        if needs_more(text):
            continue
        if text.strip():
            session.enter(text)
        text = ""
    return _end(session)


def _from_input(session: Session) -> int:
    text = ""
    for line in sys.stdin:
        text += line if line.endswith("\n") else line + "\n"
        if needs_more(text):
            continue
        session.enter(text)
        text = ""
        if session.is_over:
            break
    if text and not session.is_over:
        session.enter(text)
    return _end(session)


def _end(session: Session) -> int:
    """Leave: the shell's trap runs, and its status is ours."""
    if not session.is_over:
        session.enter("exit\n")
    return int(session.shell.proc.status or 0)


def _prepare_readline(session: Session) -> None:
    """History of this conversation and completion, where the interpreter has readline."""
    try:
        import readline
    except ImportError:
        return
    completer = Completer(session.shell)
    found: list[str] = []

    def complete(text: str, state: int) -> Any:
        if state == 0:
            found[:] = completer.candidates(readline.get_line_buffer()[: readline.get_endidx()])
        return found[state] if state < len(found) else None

    readline.set_completer_delims(" \t\n;|&")
    readline.set_completer(complete)
    readline.parse_and_bind("tab: complete")
