"""stat(1) of coreutils 9.1 with a format of its own."""

from __future__ import annotations

import re
from zlib import crc32

from netsim.clock import SECOND
from netsim.errors import NetError, strerror
from netsim.machine.call import Call, Result
from netsim.machine.fifo import Fifo
from netsim.machine.getopt import Grammar, OptionError, parse
from netsim.machine.nodes import Device, Directory, File, Node, Symlink

GRAMMAR = Grammar(
    "Lft", "c", long={"dereference": ("L", ""), "format": ("c", "="), "printf": ("printf", "="), "file-system": ("f", ""), "terse": ("t", "")}
)
MORE = "Try 'stat --help' for more information.\n"


def stat(call: Call) -> Result:
    """stat -c FORMAT FILE...; listings without a format are not modelled."""
    try:
        found, names = parse(call.argv[1:], GRAMMAR)
    except OptionError as problem:
        return Result("", f"stat: {problem}\n{MORE}", 1)
    given = {option.name: option.argument or "" for option in found}
    if not names:
        return Result("", f"stat: missing operand\n{MORE}", 1)
    if "c" not in given:
        return Result("", "stat: netsim: only formats (-c) are modelled\n", 1)
    out = err = ""
    for name in names:
        try:
            files = call.machine.files
            node = files.resolve(call.proc, name) if "L" in given else files.lstat(call.proc, name) or files.resolve(call.proc, name)
            out += re.sub(r"%([a-zA-Z%])", lambda letter, node=node, name=name: _shown(call, node, name, letter[1]), given["c"]) + "\n"  # type: ignore[misc]
        except NetError as error:
            err += f"stat: cannot statx '{name}': {strerror(error.errno)}\n"
    return Result(out, err, int(bool(err)))


def _kind(node: Node) -> tuple[str, str]:
    if isinstance(node, Directory):
        return "d", "directory"
    if isinstance(node, Symlink):
        return "l", "symbolic link"
    if isinstance(node, Device):
        return "c", "character special file"
    if isinstance(node, Fifo):
        return "p", "fifo"
    return "-", "regular empty file" if getattr(node, "content", b"x") == b"" else "regular file"


def _size(node: Node) -> int:
    return len(node.target) if isinstance(node, Symlink) else len(node.content) if isinstance(node, File) else 0


def _inode(call: Call, node: Node, name: str) -> int:
    inode = getattr(getattr(node, "bound", None), "inode", None)
    return inode if isinstance(inode, int) else crc32(f"{call.proc.cwd}/{name}".encode()) & 0xFFFFFF


def _shown(call: Call, node: Node, name: str, letter: str) -> str:
    bits = "".join(sign if node.mode & 1 << 8 - place else "-" for place, sign in enumerate("rwxrwxrwx"))
    quoted = f"'{name}'" + (f" -> '{node.target}'" if isinstance(node, Symlink) else "")
    moment = str((call.machine.epoch + node.changed) // SECOND)
    fields = {
        "n": name, "N": quoted, "s": str(_size(node)), "F": _kind(node)[1], "a": f"{node.mode & 0o7777:o}", "A": _kind(node)[0] + bits, "U": "root", "G": "root",
        "u": "0", "g": "0", "h": "1", "X": moment, "Y": moment, "Z": moment, "i": str(_inode(call, node, name)), "%": "%",
    }  # fmt: skip
    return fields.get(letter, "?")
