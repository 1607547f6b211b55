"""Telling plain command lines from those that need a shell."""

from __future__ import annotations

import re
import shlex
from functools import lru_cache

_SHELL = re.compile(r"[|&;<>()$`\\\n*?\[\]{}#~!=]")
_KEYWORDS = frozenset(
    [
        "if",
        "then",
        "else",
        "elif",
        "fi",
        "for",
        "while",
        "until",
        "do",
        "done",
        "case",
        "esac",
        "select",
        "coproc",
        "function",
        "time",
        "{",
        "}",
        "!",
        "[[",
        "]]",
        "cd",
        "exit",
        "export",
        "set",
        "unset",
        "source",
        ".",
        "eval",
        "exec",
        "read",
        "echo",
        "printf",
        "test",
        "[",
        "shift",
        "trap",
        "wait",
        "jobs",
        "bg",
        "fg",
        "alias",
        "local",
        "declare",
        "return",
        "break",
        "continue",
        "umask",
        "ulimit",
        "type",
        "command",
        "builtin",
        "let",
        "getopts",
        "pushd",
        "popd",
        "true",
        "false",
        ":",
        "kill",
        "pwd",
    ]
)


_QUOTES = re.compile(r"['\"\\\x0b\x0c\x1c-\x1f]")
"""What the shell and `str.split` take for different things."""


@lru_cache(maxsize=1024)
def simple_argv(line: str) -> tuple[str, ...] | None:
    """The words of a single plain command (quotes allowed), or None when the line needs a shell."""
    if line.isascii() and not _QUOTES.search(line):
        words = tuple(line.split())
        return words if words and not _SHELL.search(line) and words[0] not in _KEYWORDS else None
    bare = re.sub(r"'[^']*'|\"[^\"$`\\]*\"", "", line)
    if _SHELL.search(bare) or line.count("'") % 2 or line.count('"') % 2:
        return None
    try:
        words = tuple(shlex.split(line))
    except ValueError:
        return None
    return words if words and words[0] not in _KEYWORDS else None
