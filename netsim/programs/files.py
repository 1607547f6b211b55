"""Commands about files: cat, ls, ln, mkdir, rm, touch, cp, mv, tee (coreutils 9.1)."""

from __future__ import annotations

from netsim.clock import SECOND
from netsim.errors import EISDIR, ENOENT, NetError, strerror
from netsim.machine.accounts import group_name, user_name
from netsim.machine.call import Call, Result
from netsim.machine.fifo import Fifo
from netsim.machine.getopt import Grammar, OptionError, parse
from netsim.machine.nodes import Directory, File, Node, Symlink
from netsim.machine.user import STICKY
from netsim.programs.chmod import is_mode, mode_for


def _flags(words: tuple[str, ...]) -> tuple[str, list[str]]:
    """Single-letter options (long ones by their first letter) and the other words."""
    letters, rest = "", []  # type: ignore[var-annotated]
    for place, word in enumerate(words):
        if word == "--":
            return letters, rest + list(words[place + 1 :])
        if word.startswith("--"):
            letters += word[2]
        elif word.startswith("-") and len(word) > 1:
            letters += word[1:]
        else:
            rest.append(word)
    return letters, rest


def _mode(node: Node) -> str:
    kind = "d" if isinstance(node, Directory) else "l" if isinstance(node, Symlink) else "p" if isinstance(node, Fifo) else "-"
    bits = "".join(letter if node.mode & 1 << (8 - place) else "-" for place, letter in enumerate("rwxrwxrwx"))
    return kind + (bits[:8] + ("t" if node.mode & 1 else "T") if node.mode & STICKY else bits)


def _long(call: Call, node: Node, name: str, numeric: str = "") -> str:
    minutes = call.proc.machine.epoch // SECOND // 60 + node.changed // SECOND // 60
    clock = f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"
    size = len(node.content) if isinstance(node, File) else 0 if isinstance(node, Fifo) else 40
    target = f" -> {node.target}" if isinstance(node, Symlink) else ""
    uid, gid = str(node.uid), str(node.gid)
    user, group = (uid, gid) if numeric else (user_name(call.proc, node.uid) or uid, group_name(call.proc, node.gid) or gid)
    return f"{_mode(node)} 1 {user} {group} {size:4d} Jan  1 {clock} {name}{target}\n"


def ls(call: Call) -> Result:
    """List directories."""
    letters, names = _flags(call.argv[1:])
    letters, numeric = letters.replace("n", "l"), "n" * ("n" in letters)
    out, err, status = "", "", 0
    files = call.machine.files
    for name in names or ["."]:
        node = files.lstat(call.proc, name) if "l" in letters and not name.endswith("/") else files.stat(call.proc, name)
        if node is None or (isinstance(node, Symlink) and isinstance(files.stat(call.proc, name), Directory) and "d" not in letters):
            node = files.stat(call.proc, name)
        if node is None:
            err += f"ls: cannot access '{name}': {strerror(ENOENT)}\n"
            status = 2
            continue
        if not isinstance(node, Directory) or "d" in letters:
            out += _long(call, node, name, numeric) if "l" in letters else f"{name}\n"
            continue
        if len(names) > 1 or "R" in letters:
            out += ("\n" if out else "") + f"{name}:\n"
        out += _entries(call, node, name, letters, numeric)
    return Result(out, err, status)


def _entries(call: Call, node: Directory, path: str, letters: str, numeric: str) -> str:
    """What is in a directory, and with -R in those below it."""
    out, below = "total 0\n" if "l" in letters else "", ""
    for entry in sorted(entry for entry in node.names(call.proc) if "a" in letters or "A" in letters or not entry.startswith(".")):
        child = node.find(entry, call.proc)
        out += _long(call, child, entry, numeric) if "l" in letters and child is not None else f"{entry}\n"
        if "R" in letters and isinstance(child, Directory):
            inside = f"{path.rstrip('/')}/{entry}"
            below += f"\n{inside}:\n{_entries(call, child, inside, letters, numeric)}"
    return out + below


def ln(call: Call) -> Result:
    """Make links; only symbolic ones are modelled."""
    letters, names = _flags(call.argv[1:])
    if len(names) < 2:
        return Result(
            "",
            f"ln: missing {'file operand' if not names else f'destination file operand after {chr(39)}{names[0]}{chr(39)}'}\nTry 'ln --help' for more information.\n",
            1,
        )
    target, path = names[0], names[1]
    files = call.machine.files
    if isinstance(files.stat(call.proc, path), Directory) and "n" not in letters and "T" not in letters:
        path = f"{path.rstrip('/')}/{target.rstrip('/').rsplit('/', 1)[-1]}"
    if "s" not in letters:
        return Result("", "ln: netsim: hard links are not modelled\n", 1)
    try:
        if "f" in letters and files.lstat(call.proc, path) is not None:
            files.unlink(call.proc, path)
        files.symlink(call.proc, target, path)
    except NetError as error:
        return Result("", f"ln: failed to create symbolic link '{path}': {strerror(error.errno)}\n", 1)
    return Result()


MKDIR = Grammar("pvZ", "m", long={"parents": ("p", ""), "mode": ("m", "="), "verbose": ("v", ""), "help": ("help", ""), "version": ("version", "")})


def mkdir(call: Call) -> Result:
    """mkdir [-pv] [-m MODE] DIRECTORY..."""
    try:
        options, names = parse(call.argv[1:], MKDIR)
    except OptionError as problem:
        return Result("", f"mkdir: {problem}\nTry 'mkdir --help' for more information.\n", 1)
    if not names:
        return Result("", "mkdir: missing operand\nTry 'mkdir --help' for more information.\n", 1)
    given = {option.name: option.argument or "" for option in options}
    mode = given.get("m", "")
    if mode and not is_mode(mode):
        return Result("", f"mkdir: invalid mode '{mode}'\n", 1)
    files, out, err = call.machine.files, "", ""
    for name in names:
        was_there = files.stat(call.proc, name) is not None
        try:
            if "p" in given:
                files.makedirs(call.proc, name if name.startswith("/") else f"{call.proc.cwd}/{name}")
            else:
                files.mkdir(call.proc, name)
        except NetError as error:
            err += f"mkdir: cannot create directory '{name}': {strerror(error.errno)}\n"
            continue
        if was_there:
            continue
        if mode:
            node = files.resolve(call.proc, name)
            node.mode = mode_for(call, node, mode)
        out += f"mkdir: created directory '{name}'\n" if "v" in given else ""
    return Result(out, err, int(bool(err)))


def rm(call: Call) -> Result:
    """Remove files, with -r directories too."""
    letters, names = _flags(call.argv[1:])
    err = ""
    for name in names:
        try:
            _remove(call, name, letters)
        except NetError as error:
            if error.errno != ENOENT or "f" not in letters:
                err += f"rm: cannot remove '{name}': {'Is a directory' if error.errno == EISDIR else strerror(error.errno)}\n"
    return Result("", err, int(bool(err)))


def _remove(call: Call, name: str, letters: str) -> None:
    files = call.machine.files
    node = files.lstat(call.proc, name)
    if isinstance(node, Directory) and set(letters) & {"r", "R"}:
        for entry in node.names(call.proc):
            _remove(call, f"{name}/{entry}", letters)
        files.rmdir(call.proc, name)
    else:
        files.unlink(call.proc, name)


def rmdir(call: Call) -> Result:
    """Remove empty directories."""
    err = ""
    for name in _flags(call.argv[1:])[1]:
        try:
            call.machine.files.rmdir(call.proc, name)
        except NetError as error:
            err += f"rmdir: failed to remove '{name}': {strerror(error.errno)}\n"
    return Result("", err, int(bool(err)))


def touch(call: Call) -> Result:
    """Make files that are missing."""
    err = ""
    for name in _flags(call.argv[1:])[1]:
        try:
            call.machine.files.open_for_writing(call.proc, name, truncate=False)
        except NetError as error:
            if error.errno != EISDIR:
                err += f"touch: cannot touch '{name}': {strerror(error.errno)}\n"
    return Result("", err, int(bool(err)))


def cp(call: Call) -> Result:
    """Copy a file."""
    _, names = _flags(call.argv[1:])
    if len(names) < 2:
        return Result("", "cp: missing file operand\nTry 'cp --help' for more information.\n", 1)
    files, err = call.machine.files, ""
    for name in names[:-1]:
        target = names[-1]
        if isinstance(files.stat(call.proc, target), Directory):
            target = f"{target}/{name.rsplit('/', 1)[-1]}"
        try:
            content = files.read(call.proc, name)
        except NetError as error:
            is_there = files.stat(call.proc, name) is not None
            err += f"cp: cannot {'open' if is_there else 'stat'} '{name}'{' for reading' if is_there else ''}: {strerror(error.errno)}\n"
            continue
        try:
            files.write(call.proc, target, content)
        except NetError as error:
            err += f"cp: cannot create regular file '{target}': {strerror(error.errno)}\n"
    return Result("", err, int(bool(err)))


def _moving(call: Call, name: str, target: str) -> str:
    """What could not be done."""
    if call.machine.files.lstat(call.proc, name) is None:
        return f"stat '{name}'"
    if isinstance(call.machine.files.stat(call.proc, target), Directory):
        target = f"{target.rstrip('/')}/{name.rstrip('/').rpartition('/')[2]}"
    return f"move '{name}' to '{target}'"


def mv(call: Call) -> Result:
    """Rename."""
    _, names = _flags(call.argv[1:])
    if len(names) < 2:
        return Result("", "mv: missing file operand\nTry 'mv --help' for more information.\n", 1)
    err = ""
    for name in names[:-1]:
        try:
            call.machine.files.rename(call.proc, name, names[-1])
        except NetError as error:
            err += f"mv: cannot {_moving(call, name, names[-1])}: {strerror(error.errno)}\n"
    return Result("", err, int(bool(err)))
