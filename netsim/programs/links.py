"""Where paths lead: readlink and realpath (coreutils 9.1)."""

from __future__ import annotations

import posixpath
from enum import Enum

from netsim.errors import ELOOP, ENOENT, ENOTDIR, NetError, strerror
from netsim.machine.call import Call, Result
from netsim.machine.files import MOST_LINKS
from netsim.machine.getopt import Grammar, OptionError, parse
from netsim.machine.nodes import Directory, Symlink


class Missing(Enum):
    """Which parts of a path need not be there (`canonicalize_mode`)."""

    NONE = "e"
    LAST = "f"
    ANY = "m"


READLINK = Grammar(
    "femnqsvz",
    long={
        "canonicalize": ("f", ""), "canonicalize-existing": ("e", ""), "canonicalize-missing": ("m", ""), "no-newline": ("n", ""), "quiet": ("q", ""),
        "silent": ("s", ""), "verbose": ("v", ""), "zero": ("z", ""),
    },
)  # fmt: skip
REALPATH = Grammar(
    "emLPqsz",
    long={
        "canonicalize-existing": ("e", ""), "canonicalize-missing": ("m", ""), "logical": ("L", ""), "physical": ("P", ""), "quiet": ("q", ""),
        "strip": ("s", ""), "no-symlinks": ("s", ""), "zero": ("z", ""), "relative-to": ("relative-to", "="), "relative-base": ("relative-base", "="),
    },
)  # fmt: skip


def canonical(call: Call, path: str, missing: Missing) -> str:
    """The absolute path without links, `.` and `..`; ENOENT, ENOTDIR, ELOOP (`canonicalize_filename_mode`)."""
    if not path:
        raise NetError(ENOENT)
    files, process = call.machine.files, call.proc
    waiting = [part for part in posixpath.join(process.cwd, path).split("/") if part][::-1]
    here: list[str] = []
    links = 0
    while waiting:
        part = waiting.pop()
        if part == ".":
            continue
        if part == "..":
            here = here[:-1]
            continue
        node = files.lstat(process, "/" + "/".join([*here, part]))
        if isinstance(node, Symlink) and (node.magic is None):
            links += 1
            if links > MOST_LINKS:
                raise NetError(ELOOP)
            here = [] if node.target.startswith("/") else here
            waiting += [step for step in node.target.split("/") if step][::-1]
            continue
        if node is None and (missing is Missing.NONE or (waiting and missing is Missing.LAST)):
            raise NetError(ENOENT)
        if node is not None and waiting and not isinstance(node, Directory | Symlink) and missing is not Missing.ANY:
            raise NetError(ENOTDIR)
        here.append(part)
    return "/" + "/".join(here)


def readlink(call: Call) -> Result:
    """readlink [-femnqsvz] FILE..."""
    try:
        found, names = parse(call.argv[1:], READLINK)
    except OptionError as problem:
        return Result("", f"readlink: {problem}\nTry 'readlink --help' for more information.\n", 1)
    if not names:
        return Result("", "readlink: missing operand\nTry 'readlink --help' for more information.\n", 1)
    given = [option.name for option in found]
    way = next((Missing(name) for name in reversed(given) if name in "fem"), None)
    end = "\0" if "z" in given else "" if "n" in given and len(names) == 1 else "\n"
    out = err = ""
    status = 0
    for name in names:
        try:
            out += (call.machine.files.readlink(call.proc, name) if way is None else canonical(call, name, way)) + end
        except NetError as error:
            status = 1
            err += f"readlink: {name}: {strerror(error.errno)}\n" if "v" in given else ""
    return Result(out, err, status)


def realpath(call: Call) -> Result:
    """realpath [-emLPqsz] [--relative-to=DIR] [--relative-base=DIR] FILE..."""
    try:
        found, names = parse(call.argv[1:], REALPATH)
    except OptionError as problem:
        return Result("", f"realpath: {problem}\nTry 'realpath --help' for more information.\n", 1)
    if not names:
        return Result("", "realpath: missing operand\nTry 'realpath --help' for more information.\n", 1)
    given = {option.name: option.argument or "" for option in found}
    way = Missing.ANY if "m" in given else Missing.NONE if "e" in given else Missing.LAST
    try:
        base = _found(call, given["relative-base"], given, way) if "relative-base" in given else ""
        to = _found(call, given["relative-to"], given, way) if "relative-to" in given else base
    except NetError as error:
        which = given.get("relative-to") or given.get("relative-base", "")
        return Result("", f"realpath: {which}: {strerror(error.errno)}\n", 1)
    end = "\0" if "z" in given else "\n"
    out = err = ""
    status = 0
    for name in names:
        try:
            path = _found(call, name, given, way)
        except NetError as error:
            status = 1
            err += "" if "q" in given else f"realpath: {name or chr(39) * 2}: {strerror(error.errno)}\n"
            continue
        is_below = not base or path == base or path.startswith(base.rstrip("/") + "/")
        out += (posixpath.relpath(path, to) if to and is_below else path) + end
    return Result(out, err, status)


def _found(call: Call, name: str, given: dict[str, str], way: Missing) -> str:
    """One path as the options ask for it: links led to their end, or the words of the path alone (-s, -L)."""
    if "s" in given or "L" in given:
        path = posixpath.normpath(posixpath.join(call.proc.cwd, name)) if name else ""
        canonical(call, path, way)
        return path if "s" in given else canonical(call, path, way)
    return canonical(call, name, way)
