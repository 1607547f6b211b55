"""Descriptors of commands: redirections, here-documents, and what substitutions print."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.clock import MS
from netsim.errors import EEXIST, ENOENT, NetError, strerror
from netsim.machine.fds import Capture, Null, RegularFile, make_pipe
from netsim.machine.fifo import Fifo
from netsim.shell.expand import expand_one, expand_within, expand_words
from netsim.shell.jumps import RedirectProblem
from netsim.shell.numbers import is_number
from netsim.shell.parser import parse
from netsim.shell.stack import Steps
from netsim.shell.state import ShellState
from netsim.shell.tokens import SyntaxProblem
from netsim.shell.tree import Group, Redirect, Sequence, Simple

LOOK = MS
"""How often the shell itself looks whether there is something to read."""


@attrs.define(eq=False, init=False, repr=False)
class Redirecting(ShellState):
    """A shell that can send output elsewhere."""

    def substitute(self, text: str) -> Steps:
        """$( ): what the commands print, without the newlines at the end."""
        out = Capture()
        fds = {fd: opened.dup() for fd, opened in self.proc.fds.items() if fd != 1}
        fds[1] = out
        try:
            tree = parse(text, self.grammar())
        except SyntaxProblem as problem:
            self.complain(f"command substitution: {problem.message}" if self.is_bash() else problem.message)
            self.status = self.substituted_status = 1
            return ""
        self.indirection += 1
        if (file := _only_input(tree)) is not None:
            return (yield from self._content(file))
        options = self.options
        if "e" in options and "inherit_errexit" not in options and self.is_bash():
            self.options = options - {"e"}
        first, self.first_line = self.first_line, self.line - 1  # lines go on from the command's
        child = self._fork(Group(tree, False), fds)
        self.options, self.first_line = options, first
        self.indirection -= 1
        yield [child]
        self.status = self.substituted_status = child.status or 0
        return out.text().replace("\0", "").rstrip("\n")

    def _content(self, redirect: Redirect) -> Steps:
        """$(< FILE): what is in a file."""
        try:
            data = yield from self.read_whole(self._open(redirect))
        except RedirectProblem as problem:
            self.complain(str(problem))
            self.status = self.substituted_status = 1
            return ""
        self.status = self.substituted_status = 0
        return data.decode("utf-8", "surrogateescape").replace("\0", "").rstrip("\n")

    def read_whole(self, opening: Steps) -> Steps:
        """All that is in what some steps open, to its end; then it is closed."""
        opened = yield from opening
        data = b""
        while (piece := opened.read_available()) != b"":
            if piece is None:
                yield LOOK
            else:
                data += piece
        opened.close()
        return data

    def process_substitution(self, text: str, direction: str) -> Steps:
        """<( ) as a file with the commands' output; >( ) is not modelled."""
        if direction == ">":
            return self._output_substitution(text)
        value = yield from self.substitute(text)
        path = f"/tmp/.sub{self.proc.machine.next_pid}"
        self.proc.machine.files.write(self.proc, path, (value + "\n" if value else "").encode("utf-8", "surrogateescape"))
        return path

    def _output_substitution(self, text: str) -> str:
        """>( ): commands that read what is written to the path, which redirections of this shell understand."""
        reader, writer = make_pipe()
        fds = {fd: opened.dup() for fd, opened in self.proc.fds.items() if fd != 0}
        fds[0] = reader
        self._fork(Group(parse(text, self.grammar()), False), fds)
        path = f"/dev/fd/{63 - len(self.substituted)}"
        self.substituted[path] = writer
        return path

    def _redirect(self, redirects: tuple[Redirect, ...], opened: list[Any] | None = None) -> Steps:
        fds = self.proc.fds = dict(self.proc.fds) if redirects else self.proc.fds
        for redirect in redirects:
            file = yield from self._open(redirect)
            targets: tuple[int, ...] = (
                (1, 2) if redirect.op in ("&>", "&>>") or (redirect.op == ">&" and isinstance(file, (RegularFile, Null))) else (redirect.fd,)
            )
            if redirect.variable:
                targets = self._numbered(redirect, fds)
            for fd in targets:
                if file is None:
                    fds.pop(fd, None)
                else:
                    fds[fd] = file
            if opened is not None and file is not None:
                opened.append(file)

    def _open(self, redirect: Redirect) -> Steps:
        files, proc = self.proc.machine.files, self.proc
        if redirect.op in ("<<", "<<-"):
            if redirect.warning and self.is_bash():
                self.write(2, f"{self.place().rpartition('line ')[0]}{redirect.warning}\n")
            text = redirect.body if redirect.literal else (yield from expand_within(self, redirect.body))
            return _text_file(text)
        if redirect.op == "<<<":
            return _text_file((yield from expand_one(self, redirect.target.text)) + "\n")
        words = (yield from expand_words(self, (redirect.target,))) if self.is_bash() else [(yield from expand_one(self, redirect.target.text))]
        if len(words) != 1:
            raise RedirectProblem(f"{redirect.target.text}: ambiguous redirect")
        target = words[0]
        if target in self.substituted:
            return self.substituted.pop(target)
        if redirect.op in (">&", "<&") and (moved := is_number(target.removesuffix("-")) or target == "-"):
            if target == "-":
                return None
            number = int(target.removesuffix("-"))
            known = proc.fds.get(number)
            if known is None:
                shown = redirect.target.text if self.is_bash() else target
                raise RedirectProblem(f"{shown.removesuffix('-')}: Bad file descriptor")
            if moved and target.endswith("-"):
                proc.fds.pop(number)
            return known if target.endswith("-") else known.dup()
        if redirect.op == "<&":
            raise RedirectProblem(f"{redirect.target.text}: ambiguous redirect")
        if target.startswith(("/dev/tcp/", "/dev/udp/")) and self.is_bash():
            from netsim.shell.network import network_place, open_network

            place = network_place(target)
            if place is not None:
                return (yield from open_network(self, target, place))
        node = files.stat(proc, target)
        if isinstance(node, Fifo):
            return (yield from self.open_fifo(target, node, "r" if redirect.op == "<" else "r+" if redirect.op == "<>" else "w"))
        try:
            if redirect.op == "<":
                return files.open(proc, target, "r")
            if redirect.op in (">>", "&>>"):
                return files.open(proc, target, "a")
            return files.open(proc, target, "x" if "C" in self.options and redirect.op == ">" else "r+" if redirect.op == "<>" else "w")
        except NetError as error:
            raise RedirectProblem(self.cannot_open(target, redirect.op, error.errno)) from None

    def open_fifo(self, target: str, node: Fifo, how: str) -> Steps:
        """An end of a named pipe: the shell waits until somebody opens the other one. What is opened for a command in the background waits in a child."""
        if self.lends and node.waits(how):
            raise RedirectProblem(target)
        opened = node.end(how)
        try:
            while not opened.is_open():
                yield LOOK
        except GeneratorExit:
            opened.close()  # killed while it waited
            raise
        return opened

    def _numbered(self, redirect: Redirect, fds: dict[int, Any]) -> tuple[int, ...]:
        """The descriptor of `{name}>`: the one its variable tells where it is closed, else a free one from 10 on."""
        if redirect.target.text == "-":
            base, bracket, index = redirect.variable.partition("[")
            known = (self.element(base, index.rstrip("]")) if bracket else self.parameter(base)) or ""
            if not is_number(known):
                raise RedirectProblem(f"{redirect.variable}: Bad file descriptor")
            return (int(known),)
        number = next(number for number in range(10, 1024) if number not in fds)
        self.set(redirect.variable, str(number))
        return (number,)

    def cannot_open(self, target: str, operator: str, errno: int) -> str:
        """How the shell words a file it cannot open; ash tells reading from writing, and has words of its own for what is missing."""
        if self.is_bash():
            return f"{target}: {'cannot overwrite existing file' if errno == EEXIST else strerror(errno)}"
        if self.name == "sh":
            what = "open" if operator == "<" else "create"
            why = ("No such file" if operator == "<" else "Directory nonexistent") if errno == ENOENT else strerror(errno)
            return f"cannot {what} {target}: {why}"
        if operator == "<":
            return f"can't open {target}: {'no such file' if errno == ENOENT else strerror(errno)}"
        return f"can't create {target}: {'nonexistent directory' if errno == ENOENT else strerror(errno)}"


def _only_input(tree: Sequence) -> Redirect | None:
    """The redirection of `< FILE` where a text is nothing else."""
    if len(tree.items) != 1 or tree.items[0][0].rest or len(tree.items[0][0].first.commands) != 1:
        return None
    only = tree.items[0][0].first.commands[0]
    if isinstance(only, Simple) and not only.words and not only.assignments and len(only.redirects) == 1 and only.redirects[0].op == "<":
        return only.redirects[0]
    return None


def _text_file(text: str) -> RegularFile:
    from netsim.machine.nodes import File

    return RegularFile(node=File(content=text.encode("utf-8", "surrogateescape")))
