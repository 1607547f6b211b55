"""Builtins about the working directory: cd, pwd, dirs, pushd, popd."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netsim.errors import NetError, strerror
from netsim.machine.nodes import Directory
from netsim.shell.builtins.grammar import read_options, usage
from netsim.shell.jumps import BuiltinProblem

if TYPE_CHECKING:
    from netsim.shell.state import ShellState

STACKED = re.compile(r"[-+]\d+")


def cd(shell: ShellState, args: list[str]) -> int:
    """cd [-L | -P [-e]] [DIRECTORY | -]."""
    given = read_options(shell, args)
    if len(given.words) > 1 and shell.is_bash():
        shell.complain("cd: too many arguments")
        return 1
    if given.words:
        target = given.words[0]
    elif shell.get("HOME") is not None:
        target = shell.get("HOME") or ""
    else:
        if not shell.is_bash():
            return 0
        shell.complain("cd: HOME not set")
        return 1
    said = ""
    if target == "-":
        target = shell.get("OLDPWD") or ("" if shell.is_bash() else shell.proc.cwd)
        if not target:
            shell.complain("cd: OLDPWD not set")
            return 1
        said = target
    elif (found := _on_path(shell, target)) is not None:
        target = said = found
    letter = given.last_of("LP")
    if not change(shell, "cd", target, "P" if letter == "P" or ("P" in shell.options and letter != "L") else "L"):
        return 1 if shell.is_bash() else 2
    if said:
        shell.write(1, shell.proc.cwd + "\n")
    return 0


def _on_path(shell: ShellState, target: str) -> str | None:
    """The directory of `CDPATH` a relative name is found in."""
    places = shell.get("CDPATH")
    if not places or target.startswith(("/", "./", "../")) or target in (".", "..", ""):
        return None
    for place in places.split(":"):
        if place not in ("", ".") and isinstance(shell.proc.machine.files.stat(shell.proc, f"{place}/{target}"), Directory):
            return f"{place}/{target}"
    return None


def change(shell: ShellState, command: str, target: str, way: str) -> bool:
    """Go to a directory; False once the reason why not is told. `way` P follows links first."""
    if not target:
        return True
    try:
        node = shell.proc.machine.files.resolve(shell.proc, target)
        if not isinstance(node, Directory):
            raise NetError(20)
    except NetError as error:
        shell.complain(f"{command}: {target}: {strerror(error.errno)}")
        return False
    old = shell.proc.cwd
    shell.proc.cwd = straight(shell, target) if way == "P" else joined(old, target)
    shell.variables["OLDPWD"] = old
    shell.variables["PWD"] = shell.proc.cwd
    return True


def joined(base: str, target: str) -> str:
    """A path from a directory, without `.` and `..`, as its text has it."""
    parts: list[str] = []
    for part in (target if target.startswith("/") else f"{base}/{target}").split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts)


def straight(shell: ShellState, path: str) -> str:
    """A path without links (`realpath(3)`)."""
    files, waiting, found = shell.proc.machine.files, joined(shell.proc.cwd, path).split("/")[1:], ""
    for _ in range(200):
        if not waiting:
            break
        part = waiting.pop(0)
        if part in ("", "."):
            continue
        if part == "..":
            found = found.rpartition("/")[0]
            continue
        try:
            target = files.readlink(shell.proc, f"{found}/{part}")
        except NetError:
            found = f"{found}/{part}"
            continue
        found = "" if target.startswith("/") else found
        waiting = target.split("/") + waiting
    return found or "/"


def pwd(shell: ShellState, args: list[str]) -> int:
    """pwd [-LP]."""
    letter = read_options(shell, args).last_of("LP")
    shell.writer = "pwd"
    shell.write(1, (straight(shell, shell.proc.cwd) if letter == "P" else shell.proc.cwd) + "\n")
    return 0


# the stack ---------------------------------------------------------------------------------------------------------------


def _number(shell: ShellState, command: str, word: str, count: int) -> int:
    """The place on the stack that `+N` or `-N` names. BuiltinProblem."""
    if not STACKED.fullmatch(word):
        shell.complain(f"{command}: {word}: invalid number")
        raise usage(shell, command)
    place = int(word[1:]) if word[0] == "+" else count - 1 - int(word[1:])
    if not 0 <= place < count:
        empty = (
            "directory stack empty"
            if count == 1 and command != "dirs"
            else f"{word[1:] if command == 'dirs' else word}: directory stack index out of range"
        )
        shell.complain(f"{command}: {empty}")
        raise BuiltinProblem(1)
    return place


def _short(shell: ShellState, path: str) -> str:
    home = shell.get("HOME")
    return "~" + path[len(home) :] if home and (path == home or path.startswith(home + "/")) else path


def dirs(shell: ShellState, args: list[str]) -> int:
    """dirs [-clpv] [+N] [-N]."""
    letters, place = "", None
    every = [shell.proc.cwd, *shell.directories]
    for word in args[1:]:
        if re.fullmatch(r"-[clpv]+", word):
            letters += word[1:]
        elif word == "--":
            break
        elif word[:1] in "+-" and len(word) > 1:
            place = _number(shell, "dirs", word, len(every))
        else:
            shell.complain(f"dirs: {word}: invalid option")
            raise usage(shell, "dirs")
    if "c" in letters:
        shell.directories.clear()
        return 0
    shown = [path if "l" in letters else _short(shell, path) for path in every]
    if place is not None:
        shell.write(1, (f"{place:2d}  " if "v" in letters else "") + shown[place] + "\n")
    elif "v" in letters:
        shell.write(1, "".join(f"{number:2d}  {path}\n" for number, path in enumerate(shown)))
    else:
        shell.write(1, ("\n" if "p" in letters else " ").join(shown) + "\n")
    return 0


def pushd(shell: ShellState, args: list[str]) -> int:
    """pushd [-n] [+N | -N | DIRECTORY]."""
    words, stays = args[1:], 0
    while words and words[0] in ("-n", "--"):
        stays |= words[0] == "-n"
        if words.pop(0) == "--":
            break
    if len(words) > 1:
        shell.complain("pushd: too many arguments")
        return 1
    every = [shell.proc.cwd, *shell.directories]
    if not words:
        if len(every) == 1:
            shell.complain("pushd: no other directory")
            return 1
        order = [every[1], every[0], *every[2:]]
    elif words[0][:1] in ("+", "-") and words[0] != "-":
        place = _number(shell, "pushd", words[0], len(every))
        order = every[place:] + every[:place]
    elif stays:
        shell.directories.insert(0, words[0])
        return dirs(shell, ["dirs"])
    else:
        target = (shell.get("OLDPWD") or "") if words[0] == "-" else words[0]
        if not change(shell, "pushd", target, "L"):
            return 1
        shell.directories.insert(0, every[0])
        return dirs(shell, ["dirs"])
    if not stays and not change(shell, "pushd", order[0], "L"):
        return 1
    shell.directories[:] = order[1:]
    return dirs(shell, ["dirs"])


def popd(shell: ShellState, args: list[str]) -> int:
    """popd [-n] [+N | -N]."""
    words, stays = args[1:], 0
    while words and words[0] in ("-n", "--"):
        stays |= words[0] == "-n"
        if words.pop(0) == "--":
            break
    every = [shell.proc.cwd, *shell.directories]
    if words and words[0][:1] not in ("+", "-"):
        shell.complain(f"popd: {words[0]}: invalid argument")
        raise usage(shell, "popd")
    place = _number(shell, "popd", words[0], len(every)) if words else 0
    if len(every) == 1:
        shell.complain("popd: directory stack empty")
        return 1
    if place == 0 and not stays:
        if not change(shell, "popd", shell.directories[0], "L"):
            return 1
        del shell.directories[0]
    else:
        del shell.directories[max(place, 1) - 1]
    return dirs(shell, ["dirs"])
