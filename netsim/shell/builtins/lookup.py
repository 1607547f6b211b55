"""What a word is: type, command, builtin, enable, hash, alias, unalias."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.machine.binaries import found_at, script_at
from netsim.shell.builtins.grammar import POSIX_SPECIAL, Given, not_modelled, note, read_options, usage
from netsim.shell.jumps import Exit
from netsim.shell.quoting import single
from netsim.shell.unparse import function_text

if TYPE_CHECKING:
    from netsim.shell.state import ShellState

KEYWORDS = ("if", "then", "else", "elif", "fi", "case", "esac", "for", "select", "while", "until", "do", "done", "in", "function", "time", "{", "}", "!", "[[", "]]",
            "coproc")  # fmt: skip
OF_PLAIN = ("if", "then", "else", "elif", "fi", "case", "esac", "for", "while", "until", "do", "done", "in", "{", "}", "!")


def builtins_of(shell: ShellState) -> tuple[str, ...]:
    """The builtins of this kind of shell that are not disabled."""
    from netsim.shell.builtins import BUILTINS, OF_ASH, OF_DASH

    known = BUILTINS if shell.is_bash() else OF_ASH if shell.name == "ash" else OF_DASH
    return tuple(name for name in sorted(known) if name not in shell.disabled)


def path_of(shell: ShellState, name: str) -> str | None:
    """Where a command is found."""
    path = shell.get("PATH") or ""
    if "/" in name:
        return name if shell.proc.machine.command(shell.proc, name) is not None else None
    if shell.proc.machine.tool(shell.proc, name) is None:
        return script_at(shell.proc, name, path) or None
    return found_at(shell.proc, name, path)


def kinds(shell: ShellState, name: str, given: Given) -> list[tuple[str, str]]:
    """All that a word is, in the order in which the shell looks: (kind, where)."""
    found = []
    if name in shell.aliases and (not shell.is_bash() or "expand_aliases" in shell.options or shell.name == "interactive"):
        found.append(("alias", shell.aliases[name]))
    if name in (KEYWORDS if shell.is_bash() else OF_PLAIN):
        found.append(("keyword", ""))
    if name in shell.functions and "f" not in given:
        found.append(("function", ""))
    if name in builtins_of(shell):
        found.append(("builtin", ""))
    path = path_of(shell, name)
    if path is not None:
        found.append(("file", path))
    return found


def described(shell: ShellState, name: str, kind: str, where: str) -> str:
    """What `type` says of a word."""
    if kind == "alias":
        return f"{name} is aliased to `{where}'\n" if shell.is_bash() else f"{name} is an alias for {where}\n"
    if kind == "keyword":
        return f"{name} is a shell keyword\n"
    if kind == "function":
        return f"{name} is a {'shell ' * (shell.name == 'sh')}function\n" + (function_text(name, shell.functions[name]) if shell.is_bash() else "")
    if kind == "builtin":
        special = not shell.is_bash() and name in (".", ":", "break", "continue", "eval", "exec", "exit", "export", "readonly", "return", "set", "shift",
                                                   "times", "trap", "unset", "source")  # fmt: skip
        return f"{name} is a {'special ' * special}shell builtin\n"
    return f"{name} is {name if shell.name == 'ash' and '/' not in name and where.startswith('/usr/bin/') and shell.proc.jail is None else where}\n"


def type_(shell: ShellState, args: list[str]) -> int:
    """type [-afptP] NAME..."""
    given = read_options(shell, args) if shell.is_bash() else Given([], args[1:])
    status = 0
    for name in given.words:
        found = kinds(shell, name, given)
        if "P" in given:
            found = [pair for pair in found if pair[0] == "file"]
        if "a" not in given:
            found = found[:1]
        if not found:
            if not shell.is_bash():
                shell.write(1, f"{name}: not found\n")
            elif not any(letter in given for letter in "ptP"):
                shell.complain(f"type: {name}: not found")
            status = 1 if shell.is_bash() else 127
            continue
        for kind, where in found:
            if "t" in given:
                shell.write(1, f"{kind}\n")
            elif "p" in given or "P" in given:
                shell.write(1, f"{where}\n" if kind == "file" else "")
            else:
                shell.write(1, described(shell, name, kind, where))
    return status


def command(shell: ShellState, args: list[str]) -> Any:
    """command [-pVv] NAME [ARGUMENT]...: past functions of the same name."""
    given = read_options(shell, args)
    way = given.last_of("vV")
    if way:
        return _tell(shell, given, way)
    if not given.words:
        return 0
    saved, shell.functions = shell.functions, {}
    try:
        yield from shell.dispatch(given.words, [])
    except Exit as end:
        if shell.is_bash() or given.words[0] in ("exit", "return", "exec") or given.words[0] not in POSIX_SPECIAL:
            raise
        return end.status  # a special builtin is none behind `command`
    finally:
        shell.functions = saved
    return shell.status


def _tell(shell: ShellState, given: Given, way: str) -> int:
    status = 0 if shell.is_bash() and given.words else 1
    missing = 0
    for name in given.words:
        found = kinds(shell, name, given)
        if not found:
            missing = 1
            if way == "V" and not shell.is_bash():
                shell.write(1, f"{name}: not found\n")
            elif way == "V":
                shell.complain(f"command: {name}: not found")
            continue
        status = 0
        kind, where = found[0]
        if way == "V":
            shell.write(1, described(shell, name, kind, where))
        elif kind == "alias":
            shell.write(1, f"alias {name}={single(where)}\n")
        else:
            plain_ash = shell.name == "ash" and shell.proc.jail is None
            shell.write(1, f"{where if kind == 'file' and not plain_ash else name}\n")
    if not shell.is_bash():
        return 127 if missing else 0
    return int(status or (missing and len(given.words) == 1))


def builtin(shell: ShellState, args: list[str]) -> Any:
    """builtin NAME [ARGUMENT]...: past functions of the same name."""
    from netsim.shell.builtins import load

    words = read_options(shell, args).words
    if not words:
        return 0
    if words[0] not in builtins_of(shell):
        shell.complain(f"builtin: {words[0]}: not a shell builtin")
        return 1
    return load(words[0])(shell, words)


def enable(shell: ShellState, args: list[str]) -> int:
    """enable [-a] [-dnps] [-f FILE] [NAME]..."""
    from netsim.shell.builtins import BUILTINS
    from netsim.shell.builtins.grammar import POSIX_SPECIAL

    given = read_options(shell, args)
    status = 0
    for name in given.words:
        if name not in BUILTINS:
            shell.complain(f"enable: {name}: not a shell builtin")
            status = 1
        else:
            (shell.disabled.add if "n" in given else shell.disabled.discard)(name)
    for name in sorted(BUILTINS) if not given.words or "p" in given else ():
        off = name in shell.disabled
        if "s" in given and name not in POSIX_SPECIAL - {"local"}:
            continue
        if "a" in given or off == ("n" in given):
            shell.write(1, f"enable {'-n ' * off}{name}\n")
    return status


def hash_(shell: ShellState, args: list[str]) -> int:
    """hash [-r] [NAME]...: that names are commands; the table of places is not kept."""
    given = read_options(shell, args)
    status = 0
    for name in given.words:
        if "/" not in name and path_of(shell, name) is None and name not in builtins_of(shell) and name not in shell.functions:
            shell.complain(f"hash: {name}: not found")
            status = 1
    if not given.words and "r" not in given and shell.is_bash():
        if any(name for name in shell.jobs) or shell.budget.processes:
            raise not_modelled(shell, "hash")
        shell.write(1, "hash: hash table empty\n")
    return status


def alias(shell: ShellState, args: list[str]) -> int:
    """alias [-p] [NAME[=VALUE]]...: kept and listed; nothing expands them."""
    given = read_options(shell, args) if shell.is_bash() else Given([], args[1:])
    status = 0
    lead = "alias " if shell.is_bash() else ""
    for name in sorted(shell.aliases) if not given.words or "p" in given else ():
        shell.write(1, f"{lead}{name}={single(shell.aliases[name])}\n")
    for word in given.words:
        name, equals, value = word.partition("=")
        if equals and name:
            shell.aliases[name] = value
            if not shell.is_bash() or "expand_aliases" in shell.options or shell.name == "interactive":
                note(shell, f"alias {name}: aliases are not expanded")
        elif name in shell.aliases:
            shell.write(1, f"{lead}{name}={single(shell.aliases[name])}\n")
        else:
            if shell.is_bash():
                shell.complain(f"alias: {word}: not found")
            else:
                shell.write(2, f"alias: {word} not found\n")
            status = 1
    return status


def unalias(shell: ShellState, args: list[str]) -> int:
    """unalias [-a] NAME..."""
    given = read_options(shell, args)
    if "a" in given:
        shell.aliases.clear()
        return 0
    if not given.words and shell.is_bash():
        raise usage(shell, "unalias")
    status = 0
    for name in given.words:
        if shell.aliases.pop(name, None) is None:
            if shell.is_bash():
                shell.complain(f"unalias: {name}: not found")
            else:
                shell.write(2, f"unalias: {name} not found\n")
            status = 1
    return status
