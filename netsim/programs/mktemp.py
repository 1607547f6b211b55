"""mktemp(1) of coreutils 9.1: a file or directory whose name nobody has yet."""

from __future__ import annotations

from typing import Any

from netsim.errors import NetError, strerror
from netsim.machine.call import Call, Result
from netsim.machine.getopt import Grammar, OptionError, parse
from netsim.machine.nodes import Node

GRAMMAR = Grammar(
    "dqutV", "p",
    long={
        "directory": ("d", ""), "quiet": ("q", ""), "dry-run": ("u", ""), "suffix": ("suffix", "="), "tmpdir": ("tmpdir", "?"),
        "help": ("help", ""), "version": ("V", ""),
    },
)  # fmt: skip
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
FEWEST = 3
MORE = "Try 'mktemp --help' for more information.\n"


def mktemp(call: Call) -> Result:
    """mktemp [OPTION]... [TEMPLATE]: make it (unless -u) and print its name."""
    try:
        found, words = parse(call.argv[1:], GRAMMAR)
    except OptionError as problem:
        return Result("", f"mktemp: {problem}\n{MORE}", 1)
    given = {option.name: option.argument for option in found}
    if "V" in given:
        return Result("mktemp (GNU coreutils) 9.1\n")
    if "help" in given:
        return Result("Usage: mktemp [OPTION]... [TEMPLATE]\n")
    if len(words) > 1:
        return Result("", f"mktemp: too many templates\n{MORE}", 1)
    template = words[0] if words else "tmp.XXXXXXXXXX"
    suffix = given.get("suffix")
    if suffix is None:
        end = template.rfind("X") + 1
        suffix, stem = template[end:], template[:end]
    elif template[-1:] != "X":
        return Result("", f"mktemp: with --suffix, template ‘{template}’ must end in X\n", 1)
    else:
        stem = template
    width = len(stem) - len(stem.rstrip("X"))
    if width < FEWEST:
        return Result("", f"mktemp: too few X's in template ‘{template}’\n", 1)
    folder = _folder(call, given, is_default=not words)
    if folder is not None:
        if "t" in given and "/" in template:
            return Result("", f"mktemp: invalid template, ‘{template}’, contains directory separator\n", 1)
        if template.startswith("/"):
            return Result("", f"mktemp: invalid template, ‘{template}’; with --tmpdir, it may not be absolute\n", 1)
        stem = f"{folder.rstrip('/') or ''}/{stem}"
    rng = call.machine.kernel.rng
    while True:
        name = stem[: len(stem) - width] + "".join(rng.choice(LETTERS) for _ in range(width)) + suffix
        if call.machine.files.stat(call.proc, name) is None:
            break
    if "u" in given:
        return Result(f"{name}\n")
    try:
        _make(call, name, given)
    except NetError as error:
        what = "directory" if "d" in given else "file"
        told = "" if "q" in given else f"mktemp: failed to create {what} via template ‘{stem}{suffix}’: {strerror(error.errno)}\n"
        return Result("", told, 1)
    return Result(f"{name}\n")


def _folder(call: Call, given: dict[str, str | None], *, is_default: bool) -> str | None:
    """Where the name is to stand: what was said, else $TMPDIR, else /tmp; None for the working directory."""
    if not is_default and not {"t", "p", "tmpdir"} & set(given):
        return None
    said = given.get("p") or given.get("tmpdir")
    own = call.proc.env.get("TMPDIR")
    return (own or said or "/tmp") if "t" in given else (said or own or "/tmp")


def _make(call: Call, name: str, given: dict[str, Any]) -> None:
    files = call.machine.files
    if "d" in given:
        files.mkdir(call.proc, name)
    else:
        files.write(call.proc, name, b"")
    node: Node | None = files.stat(call.proc, name)
    if node is not None:
        node.mode = 0o700 if "d" in given else 0o600
