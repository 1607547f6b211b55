"""Builtins that run texts and programs: eval, source, exec; and let, getopts, caller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.errors import EACCES, EISDIR, ENOENT, NetError, strerror
from netsim.machine.fifo import Fifo
from netsim.machine.nodes import Directory, File
from netsim.shell.arith import ArithmeticProblem, evaluate
from netsim.shell.builtins.grammar import failure, read_options, usage, without_options
from netsim.shell.jumps import Exit, Replaced, Return
from netsim.shell.numbers import is_number
from netsim.shell.plain import plain_syntax
from netsim.shell.state import Frame
from netsim.shell.variables import IDENTIFIER

if TYPE_CHECKING:
    from netsim.shell.redirections import Redirecting
    from netsim.shell.state import ShellState


def eval_(shell: ShellState, args: list[str]) -> Any:
    """eval [WORD]..."""
    words = without_options(shell, args) if shell.is_bash() else args[1:]
    text = " ".join(words)
    if not text.strip():
        return 0
    return run_text(shell, text, "eval")


def run_text(shell: ShellState, text: str, what: str = "") -> Any:
    """Run a text here; `eval` says so before a syntax error, and its lines go on from the line it stands on."""
    from netsim.shell.parser import parse
    from netsim.shell.tokens import SyntaxProblem

    first, before = shell.first_line, shell.line
    try:
        tree = parse(text, shell.grammar())
        wrong = None
    except SyntaxProblem as problem:
        tree, wrong = problem.before, problem
    within, shell.within = shell.within, what or (shell.frames[-1].source if shell.frames else "")
    shell.indirection += 1
    shell.first_line = before - 1 if what and shell.name != "sh" else 0
    shell.status = 0
    try:
        yield from shell.run(tree)
    finally:
        shell.indirection -= 1
        shell.first_line = first
        shell.line = before
        shell.within = within
    if wrong is not None:
        shell.within = what
        tell_syntax(shell, text, wrong, what)
        shell.within = within
        if not shell.is_bash():
            raise failure(shell, what or ".")
        return 2
    return shell.status


def tell_syntax(shell: ShellState, text: str, problem: Any, what: str) -> None:
    """A syntax error with the line it is on."""
    if not shell.is_bash():
        shell.complain(plain_syntax(problem.message, problem.expected, shell.name))
        return
    lines = text.splitlines()
    source = f"{shell.place().rpartition(': line ')[0]}: " + (f"{what}: " if what else "")
    line = problem.line + (shell.line - 1 if what else 0)
    shell.write(2, f"{source}line {line}: {problem.message}\n")
    if "near unexpected token" in problem.message and 0 < problem.line <= len(lines):
        shell.write(2, f"{source}line {line}: `{lines[problem.line - 1]}'\n")


def _found(shell: ShellState, name: str) -> str:
    """The file a word of `.` names: along PATH where it has no slash, else here."""
    if "/" not in name and "sourcepath" in shell.options | ({"sourcepath"} if not shell.is_bash() else set()):
        for place in (shell.get("PATH") or "").split(":"):
            if isinstance(shell.proc.machine.files.stat(shell.proc, f"{place}/{name}"), File):
                return f"{place}/{name}"
    return name


def source(shell: Redirecting, args: list[str]) -> Any:
    """source FILE [ARGUMENT]..."""
    words = without_options(shell, args)
    if not words:
        if not shell.is_bash():
            return 0 if shell.name == "sh" else 2
        shell.complain(f"{args[0]}: filename argument required")
        raise usage(shell, args[0])
    path = _found(shell, words[0])
    try:
        node = shell.proc.machine.files.resolve(shell.proc, path)
        if isinstance(node, Directory):
            raise NetError(EISDIR)
        if isinstance(node, Fifo):
            text = (yield from shell.read_whole(shell.open_fifo(path, node, "r"))).decode("utf-8", "surrogateescape")
        else:
            text = shell.proc.machine.files.read(shell.proc, path).decode("utf-8", "surrogateescape")
    except NetError as error:
        if not shell.is_bash():
            if error.errno == EISDIR:
                return 0
            why = f"can't open '{words[0]}': {strerror(error.errno)}" if shell.name == "ash" else f"cannot open {words[0]}: No such file"
            shell.complain(f"{args[0]}: {why if '/' in words[0] else f'{words[0]}: not found'}")
            raise failure(shell, ".") from None
        shell.complain(f"{args[0]}: {words[0]}: is a directory" if error.errno == EISDIR else f"{words[0]}: {strerror(error.errno)}")
        return 1
    saved = shell.positional
    if len(words) > 1 and shell.name != "sh":
        shell.positional = words[1:]
    shell.frames.append(Frame("source", path, shell.line))
    try:
        status: int = yield from run_text(shell, text)
    except Return as end:
        return end.status
    finally:
        shell.frames.pop()
        if len(words) > 1 and shell.name != "sh":
            shell.positional = saved
    return status


def exec_(shell: ShellState, args: list[str]) -> int:
    """exec [-cl] [-a NAME] [COMMAND [ARGUMENT]...]."""
    given = read_options(shell, args) if shell.is_bash() or (args[1:2] and args[1].startswith("-") and shell.name == "ash") else None
    words = args[1:] if given is None else given.words
    if not words:
        return 0
    proc, machine = shell.proc, shell.proc.machine
    errno = ENOENT if machine.command(proc, words[0]) is None else 0
    node = machine.files.stat(proc, words[0]) if "/" in words[0] else None
    if isinstance(node, Directory):
        errno = EISDIR if shell.is_bash() else EACCES
    elif isinstance(node, File) and not node.mode & 0o111:
        errno = EACCES
    if errno:
        _cannot_exec(shell, words[0], errno)
        if "execfail" in shell.options:
            return 127 if errno == ENOENT else 126
        raise Exit(127 if errno == ENOENT else 126)
    proc.env = {} if given is not None and "c" in given else shell.environment()
    if given is not None and ("a" in given or "l" in given):
        from netsim.shell.builtins.grammar import note

        note(shell, "exec -a: argv[0] of the command stays")
    shell.watch_pipes()
    machine.execute(proc, tuple(words))
    raise Replaced


def _cannot_exec(shell: ShellState, name: str, errno: int) -> None:
    if not shell.is_bash():
        shell.complain(f"exec: {name}: {'not found' if errno == ENOENT else strerror(errno)}")
    elif "/" not in name:
        shell.complain(f"exec: {name}: not found")
    elif errno == ENOENT:
        shell.complain(f"{name}: {strerror(errno)}")
    else:
        shell.complain(f"{name}: {strerror(errno)}")
        shell.complain(f"exec: {name}: cannot execute: {strerror(errno)}")


def let(shell: ShellState, args: list[str]) -> int:
    """let EXPRESSION..."""
    words = args[2:] if args[1:2] == ["--"] else args[1:]
    if not words:
        if shell.is_bash():
            shell.complain("let: expression expected")
        return 1
    value = 0
    for text in words:
        try:
            value = evaluate(text, shell)
        except ArithmeticProblem as problem:
            shell.complain(f"let: {problem}")
            return 1
    return int(value == 0)


def caller(shell: ShellState, args: list[str]) -> int:
    """caller [N]: the line, function and file the current function was called from."""
    if not shell.frames:
        return 1
    words = without_options(shell, args)
    if words and not is_number(words[0]):
        shell.complain(f"caller: {words[0]}: invalid number")
        raise usage(shell, "caller")
    place = int(words[0]) if words else 0
    frames = shell.frames[::-1]
    if place >= len(frames):
        return 1
    frame = frames[place]
    above = frames[place + 1] if place + 1 < len(frames) else None
    source_of = above.source if above else "NULL" if shell.is_command_line else shell.source
    if not words:
        shell.write(1, f"{frame.line} {source_of}\n")
    elif above is None and shell.is_command_line:
        return 1
    else:
        shell.write(1, f"{frame.line} {above.name if above else 'main'} {source_of}\n")
    return 0


def getopts(shell: ShellState, args: list[str]) -> int:
    """getopts OPTIONS NAME [ARGUMENT]..."""
    words = without_options(shell, args)
    if len(words) < 2:
        if not shell.is_bash():
            shell.complain("getopts: usage: getopts optstring var [arg]")
            raise failure(shell, "getopts")
        raise usage(shell, "getopts")
    spec, name, words = words[0], words[1], words[2:] or shell.positional
    return _next_option(shell, spec, name, words)


def _next_option(shell: ShellState, spec: str, name: str, words: list[str]) -> int:
    known = shell.get("OPTIND") or "1"
    index = max(int(known), 1) if is_number(known) else 1
    place = shell.option_place if index == shell.option_index and shell.option_place else 1
    word = words[index - 1] if index <= len(words) else ""
    if place == 1 and (len(word) < 2 or not word.startswith("-") or word == "--"):
        shell.set("OPTIND", str(index + (word == "--")))
        shell.forget("OPTARG")
        _name(shell, name, "?")
        return 1
    if place >= len(word):
        place = 1
    letter = word[place]
    silent = spec.startswith(":")
    takes = letter != ":" and letter in spec and spec.partition(letter)[2].startswith(":")
    shell.forget("OPTARG")
    given = letter
    if letter == ":" or letter not in spec:
        given = "?"
        if silent:
            shell.set("OPTARG", letter)
        else:
            _complain(shell, f"illegal option -- {letter}", f"Illegal option -{letter}")
    if takes:
        rest, index = word[place + 1 :], index + 1
        place = 0
        if rest:
            shell.set("OPTARG", rest)
        elif index <= len(words):
            shell.set("OPTARG", words[index - 1])
            index += 1
        elif silent:
            given = ":"
            shell.set("OPTARG", letter)
        else:
            given = "?"
            _complain(shell, f"option requires an argument -- {letter}", f"No arg for -{letter} option")
    else:
        place += 1
        if place >= len(word):
            index, place = index + 1, 0
    shell.set("OPTIND", str(index))
    shell.option_index, shell.option_place = index, place
    return _name(shell, name, given)


def _complain(shell: ShellState, text: str, plain: str) -> None:
    if shell.get("OPTERR") != "0":
        shell.write(2, f"{shell.zero}: {text}\n" if shell.is_bash() else f"{plain}\n")


def _name(shell: ShellState, name: str, value: str) -> int:
    if not IDENTIFIER.fullmatch(name):
        shell.complain(f"getopts: `{name}': not a valid identifier")
        return 1
    if "r" in shell.marks.get(name, ""):
        shell.complain(f"{name}: readonly variable")
        return 2
    shell.set(name, value)
    return 0
