"""How plain shells, BusyBox's ash and dash, word what goes wrong (`ash_vmsg`, `exvwarning`); netsim's shell speaks bash first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netsim.shell.tokens import REDIRECTIONS

if TYPE_CHECKING:
    from netsim.shell.state import ShellState

PARAMETERS = {
    "ash": re.compile(r"#?(?:[A-Za-z_]\w*|\d+|[@*#?$!-])(?:\Z|:|[-=?+]|##?|%%?|//?)", re.A),
    "sh": re.compile(r"#?(?:[A-Za-z_]\w*|\d+|[@*#?$!-])(?:\Z|:?[-=?+]|##?|%%?)", re.A),
}
"""How `${...}` begins in plain shells; all else is a bad substitution."""
LEADING = frozenset(
    [
        ".",
        "alias",
        "bg",
        "break",
        "cd",
        "command",
        "continue",
        "eval",
        "exec",
        "exit",
        "export",
        "fg",
        "getopts",
        "hash",
        "jobs",
        "kill",
        "let",
        "local",
        "pwd",
        "read",
        "readonly",
        "return",
        "set",
        "shift",
        "source",
        "times",
        "trap",
        "type",
        "ulimit",
        "umask",
        "unalias",
        "unset",
        "wait",
        "printf",
        "test",
        "[",
    ]
)
"""Builtins whose name stands before what they complain of."""
APPLETS = frozenset(("kill", "printf", "test", "[", "echo", "ulimit"))
"""ash's builtins that are applets: they know neither lines nor their own name."""
OF_BOTH = (
    (r"(\S+): (.*): numeric argument required", r"\1: Illegal number: \2"),
    (r"(unset|export|readonly|local|read): `([^=']*).*': not a valid identifier", r"\1: \2: bad variable name"),
    (r"local: can only be used in a function", "local: not in a function"),
    (r"(.*): readonly variable", r"\1: is read only"),
    (r"(.*): unbound variable", r"\1: parameter not set"),
    (r"\[: missing `\]'", "[: missing ]"),
    (r"wait: `(.*)': not a pid or valid job spec", r"wait: Illegal number: \1"),
)
"""Messages of bash, as a pattern, and what ash and dash both say."""
OF_ASH = (
    *OF_BOTH,
    (r"(\S+): [-+](.): invalid option", r"\1: illegal option -\2"),
    (r"set: (.*): invalid option name", r"set: illegal option -o \1"),
    (r"cd: (.*): (No such file or directory|Not a directory|Permission denied)", r"cd: can't cd to \1: \2"),
    (r"kill: \((\d+)\) - (.*)", r"kill: can't kill pid \1: \2"),
    (r"kill: -l: (.*): invalid signal specification", r"kill: unknown signal '\1'"),
    (r"kill: (.*): invalid signal specification", r"kill: bad signal name '\1'"),
    (r"kill: (.*): arguments must be process or job IDs", r"kill: invalid number '\1'"),
    (r"kill: usage: .*", "kill: you need to specify whom to kill"),
    (r"(\[|test): (.*): integer expression expected", r"\1: \2: bad number"),
    (r"(printf|ulimit): (.*): invalid number", r"\1: invalid number '\2'"),
    (r"printf: usage: .*", "printf: usage: printf FORMAT [ARGUMENT...]"),
    (r".*division by 0.*", "divide by zero"),
    (r".* \(error token is .*\)", "arithmetic syntax error"),
    (r"\$\{.*\}: bad substitution", "syntax error: bad substitution"),
    (r"umask: (.*): octal number out of range", r"umask: illegal mode: \1"),
    (r"(umask): `.*': invalid symbolic mode .*", r"\1: illegal mode"),
)
OF_DASH = (
    *OF_BOTH,
    (r"(\S+): [-+](.): invalid option", r"\1: Illegal option -\2"),
    (r"set: (.*): invalid option name", r"set: Illegal option -o \1"),
    (r"cd: (.*): (No such file or directory|Not a directory|Permission denied)", r"cd: can't cd to \1"),
    (r"kill: \((\d+)\) - (.*)", "kill: \\2\n"),
    (r"kill: -l: (.*): invalid signal specification", r"kill: Illegal number: \1"),
    (r"kill: -s: (.*): invalid signal specification", r"kill: invalid signal number or name: \1"),
    (r"kill: (.).*: invalid signal specification", r"kill: Illegal option -\1"),
    (r"kill: (.*): arguments must be process or job IDs", r"kill: Illegal number: \1"),
    (r"kill: usage: .*", "kill: Usage: kill [-s sigspec | -signum | -sigspec] [pid | job]... or\nkill -l [exitstatus]"),
    (r"(\[|test): (.*): integer expression expected", r"\1: Illegal number: \2"),
    (r"printf: (.*): invalid number", r"printf: \1: expected numeric value"),
    (r"ulimit: (.*): invalid number", r"ulimit: bad number"),
    (r"(.*): division by 0.*", r'arithmetic expression: division by zero: "\1"'),
    (r"(.*): syntax error: operand expected \(error token is .*\)", r'arithmetic expression: expecting primary: "\1"'),
    (r"(.*): [^:]* \(error token is .*\)", r'arithmetic expression: expecting EOF: "\1"'),
    (r"\$\{.*\}: bad substitution", "Bad substitution"),
    (r"(wait|kill|fg|bg|jobs): (%.*): no such job", r"\1: No such job: \2"),
    (r"umask: (.*): octal number out of range", r"umask: Illegal number: \1"),
    (r"(umask): `.*': invalid symbolic mode .*", r"\1: Illegal mode"),
    (r"getopts: usage: .*", "getopts: Usage: getopts optstring var [arg...]"),
)


def plain_lead(shell: ShellState, command: str) -> str:
    """What a message of a shell begins with: its name, the builtin, and the line where one is told."""
    command = command or shell.within
    if shell.name == "sh":
        return f"{shell.zero}: {shell.line}: {command}{': ' * bool(command)}"
    if shell.is_command_line or shell.source in ("sh", "ash", "busybox"):
        return f"{shell.zero}: {command}{f': line {shell.line - 1}: ' if command else ''}"
    return f"{shell.zero}: {command}{': ' * bool(command)}line {shell.line}: "


def plain_text(shell: ShellState, message: str) -> str:
    """A message of ours in the shell's own words."""
    for pattern, replacement in OF_ASH if shell.name == "ash" else OF_DASH:
        changed, count = re.subn(rf"\A{pattern}\Z", replacement, message, flags=re.S)
        if count:
            message = changed
            break
    builtin, colon, rest = message.partition(": ")
    if not colon or builtin not in LEADING:
        return plain_lead(shell, "") + message
    if shell.name == "ash" and builtin in APPLETS and "no such job" not in rest:
        return f"sh: {rest}"
    return plain_lead(shell, builtin) + rest


def plain_syntax(message: str, expected: str, kind: str) -> str:
    """A syntax error in ash's or dash's words."""
    if message.startswith("netsim"):
        return message
    wanted = f' (expecting "{expected}")' if expected else ""
    found = re.search(r"near unexpected token `(.*)'", message, re.S)
    missing = re.search(r"looking for matching `(.)'", message)
    what = ""
    if message == "bad for loop variable":
        return f"syntax error: {message}" if kind == "ash" else "Syntax error: Bad for loop variable"
    if missing is not None and missing[1] != ")":
        what = {"}": "missing '}'", "`": "EOF in backquote substitution"}.get(missing[1], "unterminated quoted string")
        return f"syntax error: {what}" if kind == "ash" else f"Syntax error: {what[0].upper()}{what[1:]}"
    if missing is not None:
        what, wanted = "end of file", ' (expecting ")")'
    elif found is not None:
        is_end = found[1] == "newline" and "end" in expected
        if found[1] in REDIRECTIONS:
            return f"syntax error: unexpected redirection{wanted}" if kind == "ash" else f"Syntax error: redirection unexpected{wanted}"
        what = "end of file" if is_end else "newline" if found[1] == "newline" else f'"{found[1]}"'
        wanted = "" if is_end else wanted
    elif "end of file" in message:
        what = "end of file"
    if not what:
        return message
    return f"syntax error: unexpected {what}{wanted}" if kind == "ash" else f"Syntax error: {what} unexpected{wanted}"
