"""BusyBox's applets about files: cat, wc, ls, mkdir, rmdir, rm, cp, mv, ln, touch, chmod, readlink, with its complaints (coreutils/)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import attrs

from netsim.clock import SECOND
from netsim.errors import EEXIST, EISDIR, ENOENT, NetError, strerror
from netsim.machine.accounts import group_name, number_in, user_name
from netsim.machine.call import Call, Enough, ReadInput, Result
from netsim.machine.fifo import Fifo
from netsim.machine.getopt import Grammar
from netsim.machine.nodes import Directory, File, Node, Symlink
from netsim.machine.user import STICKY, demand_ownership
from netsim.programs import streams
from netsim.programs.busybox.applet import Options, die, ended, name_of, read_options, usage
from netsim.programs.identity import owner


def on_input(call: Call, then: Callable[[Call, bytes], Result], names: list[str], enough: Enough | None = None) -> Any:
    """Go on at once where files are named, else with standard input, to its end or until there is enough of it."""
    return ReadInput(then, enough) if not names or "-" in names else then(call, b"")


def content_of(call: Call, name: str, data: bytes, enough: Enough | None = None) -> bytes:
    """A file's bytes, standard input's for `-`; NetError."""
    return data if name == "-" else call.machine.files.read(call.proc, name, enough)


# showing ---------------------------------------------------------------------------------------------------------------


def cat(call: Call) -> Any:
    """cat (BusyBox)."""
    return ended(_cat, call)


CAT = Grammar("nbvteAu")


def _cat(call: Call) -> Any:
    options = read_options(call, CAT)
    if options.words in ([], ["-"]) and not set(options.letters) - {"u"}:
        return streams.Cat(["-"], set())  # it passes on what comes, as it comes
    if any(isinstance(call.machine.files.stat(call.proc, name), Fifo) for name in options.words):
        return streams.Cat(list(options.words), set(options.letters) & {"n", "b", "e", "t", "A", "v"})
    return on_input(call, _cat_all, list(options.words))


def _cat_all(call: Call, data: bytes) -> Result:
    options = read_options(call, CAT)
    out, err, number = "", "", 0
    for name in options.words or ["-"]:
        try:
            text = content_of(call, name, data).decode("utf-8", "surrogateescape")
        except NetError as error:
            err += "cat: read error: Is a directory\n" if error.errno == EISDIR else f"cat: can't open '{name}': {strerror(error.errno)}\n"
            continue
        if set(options.letters) & {"n", "b", "e", "t", "A", "v"}:
            text, number = _marked(text, options, number)
        out += text
    return Result(out, err, int(bool(err)))


def _marked(text: str, options: Options, number: int) -> tuple[str, int]:
    """Lines with numbers, ends and tabs made visible."""
    out = ""
    for line in text.splitlines(keepends=True):
        body, end = (line[:-1], "\n") if line.endswith("\n") else (line, "")
        if "n" in options or ("b" in options and body):
            number += 1
            out += f"{number:6d}\t"
        if set(options.letters) & {"t", "A"}:
            body = body.replace("\t", "^I")
        out += body + ("$" if end and set(options.letters) & {"e", "A"} else "") + end
    return out, number


def wc(call: Call) -> Any:
    """wc (BusyBox)."""
    return ended(_wc, call)


WC = Grammar("cmlwL")


def _wc(call: Call) -> Any:
    return on_input(call, _wc_all, list(read_options(call, WC).words))


def _wc_all(call: Call, data: bytes) -> Result:
    options = read_options(call, WC)
    names = list(options.words)
    letters = "".join(letter for letter in "lwmcL" if letter in options) or "lwc"
    totals, out, err = dict.fromkeys(letters, 0), "", ""
    for name in names or ["-"]:
        try:
            content = content_of(call, name, data)
        except NetError as error:
            err += f"wc: {name}: {strerror(error.errno)}\n"
            continue
        text = content.decode("utf-8", "replace")
        numbers = {"l": content.count(b"\n"), "w": len(content.split()), "c": len(content), "m": len(text),
                   "L": max((len(line) for line in text.splitlines()), default=0)}  # fmt: skip
        for letter in letters:
            totals[letter] += numbers[letter]
        out += _counts([numbers[letter] for letter in letters], name if names else "", len(names))
    if len(names) > 1:
        out += _counts(list(totals.values()), "total", len(names))
    return Result(out, err, int(bool(err)))


def _counts(numbers: list[int], name: str, files: int) -> str:
    text = str(numbers[0]) if len(numbers) == 1 and files < 2 else " ".join(f"{number:9d}" for number in numbers)
    return text + (f" {name}" if name else "") + "\n"


# listing ---------------------------------------------------------------------------------------------------------------


LS = Grammar("1AaCxdLHRFplinshrSXvctu", "w", long={"color": ("color", "?"), "full-time": ("full-time", ""), "group-directories-first": ("first", "")})


def ls(call: Call) -> Any:
    """ls (BusyBox), to what is no terminal: one name a line."""
    return ended(_ls, call)


def _ls(call: Call) -> Result:
    options = read_options(call, LS)
    if "n" in options:
        options = attrs.evolve(options, letters=[*options.letters, "l"])
    files, out, err = call.machine.files, "", ""
    plain: list[tuple[str, Node]] = []
    directories: list[tuple[str, Directory]] = []
    for name in options.words or ["."]:
        node = files.stat(call.proc, name)
        if node is None or "l" in options or "d" in options:
            own = files.lstat(call.proc, name)
            node = own if not isinstance(node, Directory) or "d" in options else node
        if node is None:
            err += f"ls: {name}: {strerror(ENOENT)}\n"
        elif isinstance(node, Directory) and "d" not in options:
            directories.append((name, node))
        else:
            plain.append((name, node))
    out += _listing(call, options, sorted(plain))
    is_named = len(directories) + len(plain) > 1 or "R" in options
    for name, directory in sorted(directories):
        out += ("\n" if out else "") + (f"{name}:\n" if is_named else "") + _inside(call, options, name, directory)
    return Result(out, err, int(bool(err)))


def _inside(call: Call, options: Options, path: str, directory: Directory) -> str:
    found = [(name, node) for name in sorted(directory.names(call.proc)) if (node := directory.find(name, call.proc)) is not None]
    if not set(options.letters) & {"a", "A"}:
        found = [(name, node) for name, node in found if not name.startswith(".")]
    if "a" in options:
        found = [(".", directory), ("..", directory), *found]
    text = f"total {4 * len(found) if found else 0}\n" if "l" in options else ""
    text += _listing(call, options, found)
    if "R" in options:
        for name, node in found:
            if isinstance(node, Directory) and name not in (".", ".."):
                text += f"\n{path.rstrip('/')}/{name}:\n" + _inside(call, options, f"{path.rstrip('/')}/{name}", node)
    return text


def _listing(call: Call, options: Options, found: list[tuple[str, Node]]) -> str:
    found = list(reversed(found)) if "r" in options else found
    return "".join(
        (_long(call, node, options) if "l" in options else "") + name + _mark(options, node) + _target(options, node) + "\n" for name, node in found
    )


def _mark(options: Options, node: Node) -> str:
    if isinstance(node, Directory) and set(options.letters) & {"F", "p"}:
        return "/"
    if "F" in options and isinstance(node, Symlink) and "l" not in options:
        return "@"
    return "*" if "F" in options and isinstance(node, File) and node.mode & 0o111 else ""


def _target(options: Options, node: Node) -> str:
    return f" -> {node.target}" if "l" in options and isinstance(node, Symlink) else ""


def _long(call: Call, node: Node, options: Options) -> str:
    kind = "d" if isinstance(node, Directory) else "l" if isinstance(node, Symlink) else "p" if isinstance(node, Fifo) else "-"
    uid, gid = str(node.uid), str(node.gid)
    user, group = (uid, gid) if "n" in options else (user_name(call.proc, node.uid) or uid, group_name(call.proc, node.gid) or gid)
    mode = kind + "".join(letter if node.mode & 1 << (8 - place) else "-" for place, letter in enumerate("rwxrwxrwx"))
    if node.mode & STICKY:
        mode = mode[:9] + ("t" if node.mode & 1 else "T")
    size = len(node.content) if isinstance(node, File) else len(node.target) if isinstance(node, Symlink) else 4096
    moment = datetime.fromtimestamp((call.machine.epoch + node.changed) // SECOND, UTC)
    links = 2 if isinstance(node, Directory) else 1
    return f"{mode} {links:4d} {user:<8.8} {group:<8.8} {size:9d} {moment:%b} {moment.day:2d} {moment:%H:%M} "


# changing --------------------------------------------------------------------------------------------------------------


def _each(call: Call, names: list[str], act: Callable[[str], None], text: str) -> Result:
    """Do something to each name; `text` words a failure."""
    err = ""
    for name in names:
        try:
            act(name)
        except NetError as error:
            err += f"{name_of(call)}: {text.format(name=name, why=strerror(error.errno))}\n"
    return Result("", err, int(bool(err)))


def mkdir(call: Call) -> Any:
    """mkdir (BusyBox)."""
    return ended(_mkdir, call)


def _mkdir(call: Call) -> Result:
    options = read_options(call, Grammar("p", "m", long={"parents": ("p", ""), "mode": ("m", "=")}))
    if not options.words:
        raise usage("mkdir")
    files, proc = call.machine.files, call.proc

    def act(name: str) -> None:
        if "p" in options:
            files.makedirs(proc, name if name.startswith("/") else f"{proc.cwd.rstrip('/')}/{name}")
        else:
            files.mkdir(proc, name)

    return _each(call, list(options.words), act, "can't create directory '{name}': {why}")


def rmdir(call: Call) -> Any:
    """rmdir (BusyBox)."""
    return _each(
        call, [word for word in call.argv[1:] if not word.startswith("-")], lambda name: call.machine.files.rmdir(call.proc, name), "'{name}': {why}"
    )


def rm(call: Call) -> Any:
    """rm (BusyBox)."""
    return ended(_rm, call)


def _rm(call: Call) -> Result:
    options = read_options(call, Grammar("irRf"))
    if not options.words and "f" not in options:
        raise usage("rm")
    err = ""
    for name in options.words:
        try:
            _remove(call, name, set(options.letters))
        except NetError as error:
            if error.errno == EISDIR:
                err += f"rm: '{name}' is a directory\n"
            elif error.errno != ENOENT or "f" not in options:
                err += f"rm: can't remove '{name}': {strerror(error.errno)}\n"
    return Result("", err, int(bool(err)))


def _remove(call: Call, name: str, letters: set[str]) -> None:
    files = call.machine.files
    node = files.lstat(call.proc, name)
    if isinstance(node, Directory) and letters & {"r", "R"}:
        for entry in list(node.names(call.proc)):
            _remove(call, f"{name}/{entry}", letters)
        files.rmdir(call.proc, name)
    elif isinstance(node, Directory):
        raise NetError(EISDIR)
    else:
        files.unlink(call.proc, name)


def _sources(call: Call) -> tuple[list[str], str]:
    """What is copied or moved, and where to."""
    options = read_options(call, Grammar("arRPLHpfinlsTud", "t"))
    words = list(options.words)
    if "t" in options and words:
        return words, options.get("t")
    if len(words) < 2:
        raise usage(name_of(call))
    return words[:-1], words[-1]


def _place(call: Call, name: str, target: str) -> str:
    is_directory = isinstance(call.machine.files.stat(call.proc, target), Directory)
    return f"{target.rstrip('/')}/{name.rstrip('/').rpartition('/')[2]}" if is_directory else target


def cp(call: Call) -> Any:
    """cp (BusyBox)."""
    return ended(_cp, call)


def _cp(call: Call) -> Result:
    names, target = _sources(call)
    recursive = any(set(word) & set("arR") for word in call.argv[1:] if word.startswith("-"))
    err = ""
    for name in names:
        node = call.machine.files.stat(call.proc, name)
        if node is None:
            err += f"cp: can't stat '{name}': {strerror(ENOENT)}\n"
        elif isinstance(node, Directory) and not recursive:
            err += f"cp: omitting directory '{name}'\n"
        else:
            err += _copy(call, name, node, _place(call, name, target))
    return Result("", err, int(bool(err)))


def _copy(call: Call, name: str, node: Node, target: str) -> str:
    files = call.machine.files
    try:
        if isinstance(node, Directory):
            if files.stat(call.proc, target) is None:
                files.mkdir(call.proc, target)
            return "".join(_copy(call, f"{name}/{entry}", child, f"{target}/{entry}") for entry in list(node.names(call.proc))
                           if (child := node.find(entry, call.proc)) is not None)  # fmt: skip
        files.write(call.proc, target, files.read(call.proc, name))
    except NetError as error:
        return f"cp: can't create '{target}': {strerror(error.errno)}\n"
    return ""


def mv(call: Call) -> Any:
    """mv (BusyBox)."""
    return ended(_mv, call)


def _mv(call: Call) -> Result:
    names, target = _sources(call)
    return _each(call, names, lambda name: call.machine.files.rename(call.proc, name, target), "can't rename '{name}': {why}")


def ln(call: Call) -> Any:
    """ln (BusyBox)."""
    return ended(_ln, call)


def _ln(call: Call) -> Result:
    options = read_options(call, Grammar("sfnbtvT", "S"))
    if not options.words or len(options.words) > 2:
        raise usage("ln")
    if "s" not in options:
        raise die("ln", "netsim: hard links are not modelled")
    target = options.words[0]
    path = _place(call, target, options.words[1] if len(options.words) > 1 else ".") if "n" not in options else options.words[-1]
    files = call.machine.files
    try:
        if "f" in options and files.lstat(call.proc, path) is not None:
            files.unlink(call.proc, path)
        if files.lstat(call.proc, path) is not None:
            raise NetError(EEXIST)
        files.symlink(call.proc, target, path)
    except NetError as error:
        raise die("ln", f"{path}: {strerror(error.errno)}") from None
    return Result()


def touch(call: Call) -> Any:
    """touch (BusyBox)."""
    return ended(_touch, call)


def _touch(call: Call) -> Result:
    options = read_options(call, Grammar("cham", "dtr"))
    if not options.words:
        raise usage("touch")
    err = ""
    for name in options.words:
        try:
            if "c" not in options or call.machine.files.stat(call.proc, name) is not None:
                call.machine.files.open_for_writing(call.proc, name, truncate=False)
        except NetError as error:
            if error.errno != EISDIR:
                err += f"touch: {name}: {strerror(error.errno)}\n"
    return Result("", err, int(bool(err)))


def chmod(call: Call) -> Any:
    """chmod (BusyBox): octal modes, and +x and its like."""
    return ended(_chmod, call)


def _chmod(call: Call) -> Result:
    words = [word for word in call.argv[1:] if word not in ("-R", "-v", "-c", "-f")]
    if len(words) < 2:
        raise usage("chmod")
    mode, err = words[0], ""
    if not mode.isdigit() and not any(sign in mode for sign in "+-="):
        raise die("chmod", f"invalid mode '{mode}'")
    for name in words[1:]:
        try:
            node = call.machine.files.resolve(call.proc, name)
            demand_ownership(call.proc, node)
            node.mode = int(mode, 8) if mode.isdigit() else _changed(node.mode, mode)
        except NetError as error:
            err += f"chmod: {name}: {strerror(error.errno)}\n"
    return Result("", err, int(bool(err)))


def chown(call: Call) -> Any:
    """chown and chgrp (BusyBox)."""
    return ended(_chown, call)


def _chown(call: Call) -> Result:
    applet = name_of(call)
    words = list(read_options(call, Grammar("RhLHPcfv")).words)
    if len(words) < 2:
        raise usage(applet)
    numbers = owner(call.proc, words[0] if applet == "chown" else f":{words[0]}")
    if numbers is None:
        user, _, group = words[0].partition(":")
        raise die(
            applet,
            f"unknown user {user}"
            if applet == "chown" and number_in(call.proc.read_text("/etc/passwd"), user) is None
            else f"unknown group {group or user}",
        )
    err = _each_owner(call, applet, words[1:], numbers)
    return Result("", err, int(bool(err)))


def _each_owner(call: Call, applet: str, names: list[str], numbers: tuple[int, int]) -> str:
    err = ""
    for name in names:
        try:
            call.machine.files.chown(call.proc, name, *numbers)
        except NetError as error:
            err += f"{applet}: {name}: {strerror(error.errno)}\n"
    return err


def _changed(mode: int, text: str) -> int:
    """`[ugoa]{+-=}[rwx]` applied to a mode."""
    for part in text.split(","):
        at = next((place for place, letter in enumerate(part) if letter in "+-="), len(part))
        who = part[:at].replace("a", "ugo") or "ugo"
        bits = sum({"r": 4, "w": 2, "x": 1, "X": 1}.get(letter, 0) for letter in set(part[at + 1 :]))
        for letter in set(who):
            shift = {"u": 6, "g": 3, "o": 0}.get(letter, 0)
            if part[at : at + 1] == "-":
                mode &= ~(bits << shift)
            elif part[at : at + 1] == "=":
                mode = mode & ~(7 << shift) | bits << shift
            else:
                mode |= bits << shift
    return mode


def readlink(call: Call) -> Any:
    """readlink (BusyBox)."""
    return ended(_readlink, call)


def _readlink(call: Call) -> Result:
    options = read_options(call, Grammar("fnqv"))
    if len(options.words) != 1:
        return Result("", "", 1)
    try:
        target = call.machine.files.readlink(call.proc, options.words[0])
    except NetError:
        return Result(f"{options.words[0]}\n" if "f" in options else "", "", int("f" not in options))
    return Result(target + ("" if "n" in options else "\n"))
