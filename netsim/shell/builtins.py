"""Commands that live in the shell itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from netsim.errors import NetError, strerror
from netsim.shell.arith import ArithmeticProblem, evaluate
from netsim.shell.conditions import ConditionProblem, test
from netsim.shell.expand import unescape
from netsim.shell.jobs import jobs_builtin, kill_builtin, wait_builtin
from netsim.shell.numbers import SIGNED, is_number
from netsim.shell.printf import printf

if TYPE_CHECKING:
    from netsim.shell.program import Shell

SPECIAL = frozenset({"export", "readonly", "set", "exec", "eval", ".", "source", "shift", "unset", "return", "exit", "local", "declare"})
OPTION_NAMES = {"errexit": "e", "nounset": "u", "xtrace": "x", "noglob": "f", "noclobber": "C", "pipefail": "pipefail"}


def _true(shell: Shell, args: list[str]) -> int:
    return 0


def _false(shell: Shell, args: list[str]) -> int:
    return 1


def _echo(shell: Shell, args: list[str]) -> int:
    words = args[1:]
    newline, escapes = True, shell.name == "sh"
    while words and re.fullmatch(r"-[neE]+", words[0]):
        newline = newline and "n" not in words[0]
        escapes = "e" in words[0] or (escapes and "E" not in words[0])
        words = words[1:]
    text = " ".join(words)
    shell.status = 0
    shell.write(1, (unescape(text) if escapes else text) + ("\n" if newline else ""))
    return shell.status


def _cd(shell: Shell, args: list[str]) -> int:
    from netsim.machine.files import Directory

    target = args[1] if len(args) > 1 else shell.get("HOME") or "/root"
    if target == "-":
        target = shell.get("OLDPWD") or shell.proc.cwd
    try:
        node = shell.proc.machine.files.resolve(shell.proc, target)
    except NetError as error:
        shell.complain(f"cd: {target}: {strerror(error.errno)}")
        return 2 if shell.name == "ash" else 1
    if not isinstance(node, Directory):
        shell.complain(f"cd: {target}: Not a directory")
        return 1
    parts: list[str] = []
    for part in (target if target.startswith("/") else f"{shell.proc.cwd}/{target}").split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    shell.variables["OLDPWD"] = shell.proc.cwd
    shell.proc.cwd = "/" + "/".join(parts)
    shell.variables["PWD"] = shell.proc.cwd
    if args[1:2] == ["-"]:
        shell.write(1, shell.proc.cwd + "\n")
    return 0


def _pwd(shell: Shell, args: list[str]) -> int:
    shell.write(1, shell.proc.cwd + "\n")
    return 0


def _exit(shell: Shell, args: list[str]) -> int:
    from netsim.shell.jumps import Exit

    raise Exit(_status(shell, args))


def _return(shell: Shell, args: list[str]) -> int:
    from netsim.shell.jumps import Return

    raise Return(_status(shell, args))


def _status(shell: Shell, args: list[str]) -> int:
    if len(args) < 2:
        return shell.status
    if not SIGNED.fullmatch(args[1]):
        shell.complain(f"{args[0]}: {args[1]}: numeric argument required")
        return 2
    return int(args[1]) & 255


def _jump(shell: Shell, args: list[str]) -> int:
    from netsim.shell.jumps import Exit, Jump

    if len(args) > 1 and not SIGNED.fullmatch(args[1]):
        shell.complain(f"{args[0]}: {args[1]}: numeric argument required")
        raise Exit(128)
    raise Jump(args[0], int(args[1]) if len(args) > 1 else 1)


def _export(shell: Shell, args: list[str]) -> int:
    for word in args[1:]:
        if word in ("-n", "-p", "-f"):
            continue
        name, equals, value = word.partition("=")
        if not re.fullmatch(r"[A-Za-z_]\w*", name):
            shell.complain(f"export: `{word}': not a valid identifier")
            return 1
        if equals:
            shell.set(name, value)
        shell.variables.setdefault(name, "")
        shell.exported.add(name)
    return 0


def _local(shell: Shell, args: list[str]) -> int:
    if args[0] == "local" and not shell.locals:
        shell.complain("local: can only be used in a function")
        return 2 if shell.name == "ash" else 1
    flags = "".join(word[1:] for word in args[1:] if word.startswith("-"))
    if "p" in flags:
        return _declare_print(shell, args)
    if "n" in flags:
        shell.complain(f"netsim: {args[0]} -n is not modelled")
        return 2
    for word in args[1:]:
        if word.startswith("-"):
            continue
        name, equals, value = word.partition("=")
        if shell.locals and "g" not in flags:
            shell.locals[-1].setdefault(name, shell.variables.get(name))
        if "a" in flags or "A" in flags:
            shell.arrays.setdefault(name, {})
        elif equals:
            shell.set(name, str(evaluate(value, shell)) if "i" in flags else value)
        elif args[0] == "local":
            shell.variables[name] = ""
        if "x" in flags:
            shell.exported.add(name)
    return 0


def _declare_print(shell: Shell, args: list[str]) -> int:
    """declare -p NAME..."""
    status = 0
    for name in [word for word in args[1:] if not word.startswith("-")]:
        if name in shell.arrays:
            items = " ".join(f'[{key}]="{value}"' for key, value in shell.arrays[name].items())
            shell.write(1, f"declare -{'A' if any(isinstance(key, str) for key in shell.arrays[name]) else 'a'} {name}=({items})\n")
        elif name in shell.variables:
            shell.write(1, f'declare -{"x" if name in shell.exported else "-"} {name}="{shell.variables[name]}"\n')
        else:
            shell.complain(f"{args[0]}: {name}: not found")
            status = 1
    return status


def _builtin(shell: Shell, args: list[str]) -> Any:
    """builtin NAME [ARGUMENT]...: past functions of the same name."""
    if len(args) < 2:
        return 0
    if args[1] not in BUILTINS:
        shell.complain(f"builtin: {args[1]}: not a shell builtin")
        return 1
    return BUILTINS[args[1]](shell, args[1:])


def _unset(shell: Shell, args: list[str]) -> int:
    for name in args[1:]:
        base, bracket, index = name.partition("[")
        if bracket:
            table, key = shell.arrays.get(base, {}), index.rstrip("]")
            table.pop(int(key) if is_number(key) else key, None)
            continue
        shell.variables.pop(name, None)
        shell.arrays.pop(name, None)
        shell.functions.pop(name, None)
        shell.exported.discard(name)
    return 0


def _set(shell: Shell, args: list[str]) -> int:
    words = args[1:]
    while words:
        word = words[0]
        if word == "--":
            shell.positional = words[1:]
            return 0
        if word in ("-o", "+o") and len(words) > 1:
            name = OPTION_NAMES.get(words[1])
            if name is None and words[1] not in ("posix", "history", "monitor", "errtrace", "functrace", "nolog", "vi", "emacs"):
                shell.complain(f"set: {words[1]}: invalid option name")
                return 2
            (shell.options.add if word == "-o" else shell.options.discard)(name or words[1])
            words = words[2:]
            continue
        if word[:1] in "-+" and len(word) > 1:
            for letter in word[1:]:
                if letter == "o" and len(words) > 1:
                    words.insert(1, word[0] + "o")
                    continue
                (shell.options.add if word[0] == "-" else shell.options.discard)(letter)
            words = words[1:]
            continue
        shell.positional = words
        return 0
    return 0


def _shift(shell: Shell, args: list[str]) -> int:
    count = int(args[1]) if len(args) > 1 and SIGNED.fullmatch(args[1]) else 1
    if count < 0:
        shell.complain(f"shift: {count}: shift count out of range")
    if not 0 <= count <= len(shell.positional):
        return 1
    shell.positional = shell.positional[count:]
    return 0


def _eval(shell: Shell, args: list[str]) -> Any:
    return _run_text(shell, " ".join(args[1:]))


def _run_text(shell: Shell, text: str) -> Any:
    from netsim.shell.parser import parse
    from netsim.shell.tokens import SyntaxProblem

    try:
        tree = parse(text)
    except SyntaxProblem as problem:
        shell.complain(f"eval: line {problem.line}: {problem.message}")
        return 2
    shell.indirection += 1
    try:
        yield from shell.run(tree)
    finally:
        shell.indirection -= 1
    return shell.status


def _source(shell: Shell, args: list[str]) -> Any:
    from netsim.shell.jumps import Return

    if len(args) < 2:
        shell.complain(f"{args[0]}: filename argument required")
        return 2
    try:
        text = shell.proc.machine.files.read(shell.proc, args[1]).decode("utf-8", "surrogateescape")
    except NetError as error:
        shell.complain(f"{args[1]}: {strerror(error.errno)}")
        return 1
    saved = shell.positional
    if len(args) > 2:
        shell.positional = args[2:]
    try:
        yield from _run_text(shell, text)
    except Return as end:
        return end.status
    finally:
        shell.positional = saved
    return shell.status


def _exec(shell: Shell, args: list[str]) -> int:
    from netsim.shell.jumps import Exit, Replaced

    if len(args) == 1:
        return 0
    if shell.proc.machine.command(shell.proc, args[1]) is None:
        shell.complain(f"exec: {args[1]}: {'not found' if '/' not in args[1] else strerror(2)}")
        raise Exit(127)
    shell.proc.env = shell.environment()
    shell.proc.machine.execute(shell.proc, tuple(args[1:]))
    raise Replaced


def _read(shell: Shell, args: list[str]) -> Any:
    names = [word for word in args[1:] if not word.startswith("-")] or ["REPLY"]
    is_array = any(word.startswith("-") and word.endswith("a") for word in args[1:])
    raw = any(word.startswith("-") and "r" in word for word in args[1:])
    line = yield from _read_line(shell)
    if line is None:
        for name in names:
            shell.set(name, "")
        return 1
    if not raw:
        line = re.sub(r"\\(.)", r"\1", line)
    ifs = shell.get("IFS")
    separators = " \t\n" if ifs is None else ifs
    fields = (
        line.strip(separators if separators.strip() != separators or not separators else None).split(None, len(names) - 1)
        if ifs is None
        else re.split(f"[{re.escape(separators)}]", line, maxsplit=len(names) - 1)
        if separators
        else [line]
    )
    if is_array:
        every = line.split() if ifs is None else re.split(f"[{re.escape(separators)}]", line) if separators else [line]
        shell.arrays[names[0]] = dict(enumerate(every))
        return 0
    for place, name in enumerate(names):
        shell.set(name, fields[place].strip() if place < len(fields) else "")
    return 0


def _read_line(shell: Shell) -> Any:
    opened = shell.proc.fds.get(0)
    if opened is None:
        return None
    pending = b""
    while b"\n" not in pending:
        data = opened.read_available()
        if data is None:
            yield 1_000_000
            continue
        if not data:
            break
        pending += data
    if not pending:
        return None
    line, newline, rest = pending.partition(b"\n")
    _unread(opened, rest)
    return line.decode("utf-8", "surrogateescape") if newline or line else None


def _unread(opened: Any, rest: bytes) -> None:
    """Give back what was read past the line."""
    if hasattr(opened, "position"):
        opened.position -= len(rest)
    elif opened.pipe is not None:
        if rest:
            opened.pipe.chunks.appendleft(rest)


def _test(shell: Shell, args: list[str]) -> int:
    words = args[1:]
    if args[0] == "[":
        if not words or words[-1] != "]":
            shell.complain("[: missing `]'")
            return 2
        words = words[:-1]
    try:
        return int(not test(shell, words, args[0]))
    except ConditionProblem as problem:
        shell.complain(str(problem))
        return 2


def _trap(shell: Shell, args: list[str]) -> int:
    words = args[1:]
    if words and words[0] == "--":
        words = words[1:]
    if len(words) < 2:
        return 0
    for name in words[1:]:
        key = {"0": "EXIT", "2": "INT", "15": "TERM", "1": "HUP"}.get(name, name.upper().removeprefix("SIG"))
        if words[0] == "-":
            shell.traps.pop(key, None)
        else:
            shell.traps[key] = words[0]
    return 0


def _type(shell: Shell, args: list[str]) -> int:
    status = 0
    terse = args[0] == "command" or any(word in ("-p", "-P", "-t") for word in args[1:])
    for name in [word for word in args[1:] if not word.startswith("-")]:
        where = None
        if name in shell.functions or name in BUILTINS:
            where = name
            kind = "function" if name in shell.functions else "a shell builtin"
        elif shell.proc.machine.command(shell.proc, name) is not None:
            where = name if "/" in name else f"/usr/bin/{name}"
            kind = where
        if where is None:
            if not terse:
                shell.complain(f"type: {name}: not found")
            status = 1
        else:
            shell.write(1, f"{where}\n" if terse else f"{name} is {kind}\n")
    return status


def _command(shell: Shell, args: list[str]) -> Any:
    if len(args) > 1 and args[1] in ("-v", "-V"):
        return _type(shell, ["command", *args[2:]])
    words = [word for place, word in enumerate(args[1:]) if not (place == 0 and word == "-p")]
    if not words:
        return 0
    saved = shell.functions
    shell.functions = {}
    try:
        yield from shell._dispatch(words, {})
    finally:
        shell.functions = saved
    return shell.status


def _let(shell: Shell, args: list[str]) -> int:
    value = 0
    try:
        for text in args[1:]:
            value = evaluate(text, shell)
    except ArithmeticProblem as problem:
        shell.complain(f"let: {problem}")
        return 1
    return int(value == 0)


def _umask(shell: Shell, args: list[str]) -> int:
    if len(args) == 1:
        shell.write(1, f"{shell.proc.umask:04o}\n")
    else:
        if not re.fullmatch(r"[0-7]{1,4}", args[1]):
            shell.complain(
                f"umask: {args[1]}: octal number out of range" if is_number(args[1]) else f"umask: `{args[1][:1]}': invalid symbolic mode operator"
            )
            return 1
        shell.proc.umask = int(args[1], 8) & 0o777
    return 0


def _mapfile(shell: Shell, args: list[str]) -> Any:
    names = [word for word in args[1:] if not word.startswith("-")] or ["MAPFILE"]
    table: dict[Any, str] = {}
    while (line := (yield from _read_line(shell))) is not None:
        table[len(table)] = line if any("t" in word for word in args[1:] if word.startswith("-")) else line + "\n"
    shell.arrays[names[0]] = table
    return 0


def _getopts(shell: Shell, args: list[str]) -> int:
    if len(args) < 3:
        shell.complain("getopts: usage: getopts optstring name [arg]")
        return 2
    spec, name = args[1], args[2]
    words = args[3:] or shell.positional
    known = shell.get("OPTIND") or "1"
    index = max(int(known), 1) if is_number(known) else 1
    if index > len(words) or not words[index - 1].startswith("-") or words[index - 1] in ("-", "--"):
        shell.set(name, "?")
        return 1
    word = words[index - 1]
    known = shell.get("__OPTPOS") or "1"
    place = int(known) if is_number(known) and 0 < int(known) < len(word) else 1
    letter = word[place]
    takes = spec.partition(letter)[2].startswith(":") if letter in spec else False
    if letter not in spec:
        shell.complain(f"illegal option -- {letter}") if not spec.startswith(":") else shell.set("OPTARG", letter)
        letter = "?"
    if takes:
        shell.set("OPTARG", word[place + 1 :] or (words[index] if index < len(words) else ""))
        index += 1 if word[place + 1 :] else 2
        place = 1
    elif place + 1 < len(word):
        place += 1
    else:
        index, place = index + 1, 1
    shell.set("OPTIND", str(index))
    shell.set("__OPTPOS", str(place))
    shell.set(name, letter)
    return 0


BUILTINS: dict[str, Callable[[Any, list[str]], Any]] = {
    ":": _true, "true": _true, "false": _false, "echo": _echo, "printf": printf, "cd": _cd, "pwd": _pwd, "exit": _exit, "return": _return,
    "break": _jump, "continue": _jump, "export": _export, "readonly": _export, "local": _local, "declare": _local, "typeset": _local, "unset": _unset,
    "set": _set, "shift": _shift, "eval": _eval, "source": _source, ".": _source, "exec": _exec, "read": _read, "test": _test, "[": _test, "wait": wait_builtin,
    "kill": kill_builtin, "builtin": _builtin, "trap": _trap, "type": _type, "command": _command, "let": _let, "umask": _umask, "jobs": jobs_builtin, "mapfile": _mapfile,
    "readarray": _mapfile, "getopts": _getopts, "shopt": _true, "ulimit": _true, "hash": _true, "alias": _true, "disown": _true,
}  # fmt: skip
