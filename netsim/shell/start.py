"""bash, sh and BusyBox's sh as commands: their options, and the shell they become (man bash(1))."""

from __future__ import annotations

from netsim.errors import EISDIR, NetError, strerror
from netsim.machine.binaries import script_at
from netsim.machine.call import Call, Invoked, Program, Result
from netsim.shell.builtins.grammars import SETTINGS
from netsim.shell.builtins.settings import DEFAULTS, NAMES, OF_ASH, OF_DASH, SHOPT
from netsim.shell.numbers import is_number
from netsim.shell.parser import parse
from netsim.shell.plain import plain_syntax
from netsim.shell.program import Shell
from netsim.shell.state import BASH_VERSION
from netsim.shell.tokens import SyntaxProblem
from netsim.shell.tree import Function, Pipeline, Sequence, Simple

VERSION = f"""GNU bash, version {BASH_VERSION} (x86_64-pc-linux-gnu)
"""
IDLE = ("login", "norc", "noprofile", "noediting", "posix", "init-file", "rcfile")
"""Long options that change nothing where no start-up file is read."""


def make(call: Call, kind: str, text: str, zero: str, arguments: list[str], options: set[str], what: str = "") -> Shell | Result:
    """A shell about to run a text; or the syntax error it begins with. `what` is `-c: ` for a command line."""
    try:
        tree, wrong = parse(text, kind), ""
    except SyntaxProblem as problem:
        lead = f"{zero}: {what}" if kind == "bash" else what
        tree, wrong = problem.before or Sequence(()), told(problem, text, lead, kind, zero)
        if not tree.items:
            return Result("", wrong, 2)
    shell = Shell(tree=tree, name=kind, zero=zero, source=zero, positional=arguments, options=options | (DEFAULTS if kind == "bash" else set()))
    shell.wrong_text = wrong
    shell.is_command_line = what != ""
    inherit(shell, dict(call.proc.env), call.proc.cwd)
    return shell


def inherit(shell: Shell, env: dict[str, str], cwd: str) -> None:
    """Variables from the environment; exported functions; what every shell counts and sets."""
    for name in [name for name in env if name.startswith("BASH_FUNC_")]:
        text = env.pop(name)
        _import(shell, name.removeprefix("BASH_FUNC_").removesuffix("%%"), text)
    level = env.get("SHLVL", "0")
    if shell.name != "sh":
        env["SHLVL"] = str(int(level) + 1 if is_number(level) else 1)
    env["PWD"] = cwd
    env.pop("_", None)
    shell.variables.update(env)
    shell.exported.update(env)
    if shell.is_bash():
        shell.exported.add("OLDPWD")
    shell.variables.update({"IFS": " \t\n", "OPTIND": "1"})


def _import(shell: Shell, name: str, text: str) -> None:
    """A function from the environment (`export -f`)."""
    try:
        tree = parse(f"{name} {text}")
    except SyntaxProblem:
        return
    found = tree.items[0][0].first.commands[0] if tree.items else None
    if isinstance(found, Function):
        shell.functions[name] = found.body
        shell.sources[name] = "environment"
        shell.marked_functions[name] = "x"


def told(problem: SyntaxProblem, text: str, lead: str, name: str, zero: str) -> str:
    """A syntax error with the line it is on."""
    if name != "bash":
        line = problem.line - ("end of file" in problem.message and not text.endswith("\n"))
        where = "" if name == "ash" and lead.startswith("-c") else f"line {line}: " if name == "ash" else f"{line}: "
        return f"{zero}: {where}{plain_syntax(problem.message, problem.expected, name)}\n"
    lines = text.splitlines()
    shown = lines[problem.line - 1] if 0 < problem.line <= len(lines) else ""
    echo = f"{lead}line {problem.line}: `{shown}'\n" if "near unexpected token" in problem.message else ""
    return f"{lead}line {problem.line}: {problem.message}\n{echo}"


def ash(call: Call) -> Result | Program:
    """BusyBox's sh: the same language with ash's own messages."""
    return _start(call, "ash")


def bash(call: Call) -> Result | Program:
    """bash and sh: -c COMMAND, a script file, or commands from standard input."""
    return _start(call, "sh" if call.argv[0].rsplit("/", 1)[-1] in ("sh", "dash") else "bash")


def _start(call: Call, kind: str) -> Result | Program:
    words = list(call.argv[1:])
    options: set[str] = set()
    command = None
    zero = call.argv[0]
    is_plain = kind != "bash"
    names = (OF_ASH | OF_DASH) if is_plain else NAMES
    while words and words[0][:1] in "-+" and len(words[0]) > 1:
        word = words.pop(0)
        if word in ("--", "-"):
            break
        if word.startswith("--") and not is_plain:
            outcome = _long(call, word[2:], words)
            if outcome is not None:
                return outcome
            continue
        for letter in word[1:]:
            if letter == "c":
                command = True
            elif letter in "oO" and (letter == "o" or not is_plain):
                if not words:
                    return Result("", f"{zero}: -{letter}: option requires an argument\n", 2)
                name = words.pop(0)
                option = names.get(name) if letter == "o" else name if name in [known.rstrip("+") for known in SHOPT] else None
                if option is None:
                    wrong = f"{name}: invalid {'shell ' * (letter == 'O')}option name"
                    return Result("", f"{zero}: line 0: {zero}: {wrong}\n" if not is_plain else f"{zero}: 0: Illegal option -o {name}\n", 2)
                (options.add if word[0] == "-" else options.discard)(option)
            elif letter in SETTINGS or letter in "silrDV":
                (options.add if word[0] == "-" else options.discard)(letter) if letter not in "ilrDV" else None
            elif is_plain:
                return Result("", f"{zero}: 0: Illegal option -{letter}\n", 2)
            else:
                return Result("", f"{zero}: {word[0]}{letter}: invalid option\n{USAGE.format(zero=zero)}", 2)
    if command:
        if not words:
            lead = f"{zero}: 0: -c requires an argument" if is_plain else f"{zero}: -c: option requires an argument"
            return Result("", f"{lead}\n", 2)
        text = words.pop(0)
        if words:
            zero = words.pop(0)
        shell = make(call, kind, text, zero, words, options, "-c: ")
        if isinstance(shell, Shell) and shell.tree is not None and shell.tree.items and not shell.wrong_text:
            shell.tail = _tail(shell.tree, shell.name)
        return shell
    if words and "s" not in options:
        return _script(call, kind, words, options)
    return _typed(call, kind)


def _tail(tree: Sequence, kind: str) -> Pipeline | None:
    """The last command of a list, if it may take the shell's place: in bash it has no redirections, and no `&` stands before it
    (`should_suppress_fork`, `optimize_connection_fork`; ash's and dash's EV_EXIT)."""
    item, how = tree.items[-1]
    last = item.rest[-1][1] if item.rest else item.first
    if how == "&" or last.negated or last.timed or len(last.commands) != 1 or not isinstance(last.commands[0], Simple):
        return None
    if kind == "bash" and len(tree.items) > 1 and (tree.items[-2][1] == "&" or last.commands[0].redirects):
        return None
    return last


def _long(call: Call, name: str, words: list[str]) -> Result | None:
    """A long option: an answer, or None where nothing follows from it."""
    if name == "version":
        return Result(VERSION)
    if name in ("rcfile", "init-file") and words:
        words.pop(0)
    if name in IDLE:
        return None
    if name in ("help", "debug", "debugger", "dump-po-strings", "dump-strings", "pretty-print", "restricted", "verbose", "wordexp"):
        return Result("", f'{call.argv[0]}: netsim: "bash --{name}" is not modelled\n', 2)
    return Result("", f"{call.argv[0]}: --{name}: invalid option\n{USAGE.format(zero=call.argv[0])}", 2)


USAGE = """Usage:\t{zero} [GNU long option] [option] ...
\t{zero} [GNU long option] [option] script-file ...
GNU long options:
\t--debug
\t--debugger
\t--dump-po-strings
\t--dump-strings
\t--help
\t--init-file
\t--login
\t--noediting
\t--noprofile
\t--norc
\t--posix
\t--pretty-print
\t--rcfile
\t--restricted
\t--verbose
\t--version
Shell options:
\t-ilrsD or -c command or -O shopt_option\t\t(invocation only)
\t-abefhkmnptuvxBCEHPT or -o option
"""


def _typed(call: Call, kind: str) -> Program:
    """Commands from standard input; with -s the words are parameters."""
    words = list(call.argv[1:])
    options: set[str] = set()
    while words and words[0][:1] in "-+" and len(words[0]) > 1:
        word = words.pop(0)
        if word == "--":
            break
        if word in ("-o", "+o", "-O") and words:
            options |= {NAMES.get(words.pop(0), "")} - {""}
        options |= set(word[1:]) & {*SETTINGS, "s"}
    from netsim.shell.from_input import FromInput

    shell = FromInput(name=kind, zero=call.argv[0], source=call.argv[0], positional=words, options=options | (DEFAULTS if kind == "bash" else set()))
    inherit(shell, dict(call.proc.env), call.proc.cwd)
    return shell


def _script(call: Call, kind: str, words: list[str], options: set[str]) -> Result | Program:
    path = words.pop(0)
    try:
        text = call.machine.files.read(call.proc, path).decode("utf-8", "surrogateescape")
    except NetError as error:
        if kind != "bash":
            why = "cannot open" if kind == "sh" else "can't open"
            lead = f"{call.argv[0]}: 0: {why} {path}: No such file" if kind == "sh" else f"{call.argv[0]}: {why} '{path}': {strerror(error.errno)}"
            return Result("", f"{lead}\n", 2)
        lead = path if error.errno == EISDIR else call.argv[0]
        return Result("", f"{lead}: {path}: {strerror(error.errno)}\n", 126 if error.errno == EISDIR else 127)
    return make(call, kind, text, path, words, options)


def run_file(call: Call) -> Result | Program:
    """A script of the machine's file system, started by its path, or by its name where it is on the PATH."""
    path, *words = call.argv
    if "/" not in path:
        path = script_at(call.proc, path, call.proc.env.get("PATH", ""))
    node = call.machine.files.stat(call.proc, path)
    if node is None or not node.mode & 0o111:
        return Result("", f"bash: line 1: {path}: Permission denied\n", 126)
    return _script(Invoked(call.proc, ("bash", path, *words)), "bash", [path, *words], set())
