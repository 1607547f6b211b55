"""umask, ulimit and times: what a process may, and what it has used."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netsim.shell.builtins.grammar import note, read_options, usage, without_options
from netsim.shell.builtins.grammars import LIMITS
from netsim.shell.numbers import is_number

if TYPE_CHECKING:
    from netsim.machine.jail import Jail
    from netsim.shell.builtins.grammar import Given
    from netsim.shell.state import ShellState

SYMBOLIC = re.compile(r"([ugoa]*)([-+=])([rwx]*)")
SHIFTS = {"u": 6, "g": 3, "o": 0}
RESOURCES = {
    "R": ("real-time non-blocking time ", "microseconds", "unlimited"), "c": ("core file size", "blocks", "0"), "d": ("data seg size", "kbytes", "unlimited"),
    "e": ("scheduling priority", "", "0"), "f": ("file size", "blocks", "unlimited"), "i": ("pending signals", "", "96365"),
    "l": ("max locked memory", "kbytes", "8192"), "m": ("max memory size", "kbytes", "unlimited"), "n": ("open files", "", "1024"),
    "p": ("pipe size", "512 bytes", "8"), "q": ("POSIX message queues", "bytes", "819200"), "r": ("real-time priority", "", "0"),
    "s": ("stack size", "kbytes", "8192"), "t": ("cpu time", "seconds", "unlimited"), "u": ("max user processes", "", "96365"),
    "v": ("virtual memory", "kbytes", "unlimited"), "x": ("file locks", "", "unlimited"),
}  # fmt: skip
HARD = {"c": "unlimited", "n": "1048576", "s": "unlimited"}
"""Hard limits of a root's shell where they are not the soft ones."""


def umask(shell: ShellState, args: list[str]) -> int:
    """umask [-p] [-S] [MODE]."""
    given = read_options(shell, args)
    if not given.words:
        shell.write(1, _mask(shell, given))
        return 0
    word = given.words[0]
    if word[:1].isdigit():
        if not re.fullmatch(r"[0-7]{1,4}", word) or int(word, 8) > 0o7777:
            shell.complain(f"umask: {word}: octal number out of range")
            return 1 if shell.is_bash() else 2
        shell.proc.umask = int(word, 8) & 0o777
    else:
        allowed = _symbolic(shell, word)
        if allowed is None:
            return 1 if shell.is_bash() else 2
        shell.proc.umask = 0o777 & ~allowed
    if "S" in given and shell.is_bash():
        shell.write(1, _mask(shell, given))
    return 0


def _mask(shell: ShellState, given: Given) -> str:
    text = f"{shell.proc.umask:04o}"
    if "S" in given:
        allowed = 0o777 & ~shell.proc.umask
        text = ",".join(
            f"{who}=" + "".join(letter for bit, letter in ((4, "r"), (2, "w"), (1, "x")) if allowed >> place & bit) for who, place in SHIFTS.items()
        )
    return f"umask {'-S ' * ('S' in given)}{text}\n" if "p" in given else f"{text}\n"


def _symbolic(shell: ShellState, text: str) -> int | None:
    """What a symbolic mode allows; None once it is complained of."""
    allowed: int = 0o777 & ~shell.proc.umask
    for clause in text.split(","):
        match = SYMBOLIC.match(clause)
        if match is None:
            wrong = re.sub(r"^[ugoa]*", "", clause)[:1]
            shell.complain(f"umask: `{wrong}': invalid symbolic mode operator" if shell.is_bash() else _plain_mode(shell, text))
            return None
        if match.end() < len(clause):
            shell.complain(f"umask: `{clause[match.end()]}': invalid symbolic mode character" if shell.is_bash() else _plain_mode(shell, text))
            return None
        who, sign, letters = match.groups()
        bits = sum({"r": 4, "w": 2, "x": 1}[letter] for letter in set(letters))
        for person in "ugo" if not who or "a" in who else who:
            mask = bits << SHIFTS[person]
            if sign == "=":
                allowed = allowed & ~(7 << SHIFTS[person]) | mask
            else:
                allowed = allowed | mask if sign == "+" else allowed & ~mask
    return allowed


def _plain_mode(shell: ShellState, text: str) -> str:
    return f"umask: {'Illegal' if shell.name == 'sh' else 'illegal'} mode: {text}"


def ulimit(shell: ShellState, args: list[str]) -> int:
    """ulimit [-SHa] [-RESOURCE] [LIMIT]: the limits are kept and told, nothing runs into them."""
    wrong = next((letter for word in args[1:] if word[:1] == "-" for letter in word[1:] if letter not in LIMITS + "0123456789"), "")
    if wrong and shell.name == "ash":
        shell.write(2, f"ulimit: invalid option -- '{wrong}'\n")
        return 1
    given = read_options(shell, _separate(args))
    which = [letter for _, letter, _ in given.options if letter in RESOURCES or letter in "bkPT"] or ["f"]
    if "a" in given:
        for letter in RESOURCES:
            shell.write(1, _line(shell, letter, _limit(shell, letter, given)))
        return 0
    for place, letter in enumerate(which):
        if letter not in RESOURCES:
            shell.complain(f"ulimit: -{letter}: invalid option")
            raise usage(shell, "ulimit")
        value = given.words[0] if given.words and place == len(which) - 1 else None
        if value is None:
            text = _limit(shell, letter, given)
            shell.write(1, _line(shell, letter, text) if len(which) > 1 else f"{text}\n")
        elif status := _set(shell, given, letter, value):
            return status
    return 0


def _separate(args: list[str]) -> list[str]:
    """A limit glued to its letter (`-n1024`) stands apart."""
    found = args[:1]
    for word in args[1:]:
        match = re.fullmatch(r"(-[A-Za-z]+)(\d+)", word)
        found += match.groups() if match else (word,)
    return found


def _limit(shell: ShellState, letter: str, given: Given) -> str:
    return _known(shell, "H" if "H" in given and "S" not in given else "S", letter)


def _known(shell: ShellState, kind: str, letter: str) -> str:
    """A limit as this shell has set it, else as its container began with (`--ulimit`), else the usual one."""
    own: str | None = shell.limits.get(f"{kind}{letter}")
    jail: Jail | None = shell.proc.jail
    if own is None and jail is not None and letter in jail.limits:
        return jail.limits[letter]["SH".index(kind)]
    usual = RESOURCES[letter][2]
    return own if own is not None else HARD.get(letter, usual) if kind == "H" else usual


def _line(shell: ShellState, letter: str, value: str) -> str:
    what, unit, _ = RESOURCES[letter]
    named = f"({unit}, -{letter})" if unit else f"(-{letter})"
    return f"{what}{named:>{36 + 4 - len(what)}} {value}\n"


def _set(shell: ShellState, given: Given, letter: str, value: str) -> int:
    what = RESOURCES[letter][0]
    kinds = [kind for kind in "SH" if kind in given] or ["S", "H"]
    hard = _known(shell, "H", letter)
    if value in ("hard", "soft"):
        value = hard if value == "hard" else _known(shell, "S", letter)
    if not is_number(value) and value != "unlimited":
        shell.complain(f"ulimit: {value}: invalid number")
        return 2 if shell.name == "sh" else 1
    if "H" not in kinds and hard != "unlimited" and (value == "unlimited" or int(value) > int(hard)):
        shell.complain(f"ulimit: {what}: cannot modify limit: Invalid argument")
        return 1
    note(shell, f"ulimit -{letter} {value}: nothing runs into it")
    for kind in kinds:
        shell.limits[f"{kind}{letter}"] = value
    return 0


def times(shell: ShellState, args: list[str]) -> int:
    """times: processor time used, of which nothing is modelled: 0."""
    if shell.is_bash():
        without_options(shell, args)
    digits = 6 if shell.name == "sh" else 3
    shell.write(1, f"0m{0:.{digits}f}s 0m{0:.{digits}f}s\n" * 2)
    return 0
