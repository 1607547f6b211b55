"""What BusyBox's applets share: how they end, read options and numbers, and show their usage (libbb)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from netsim.errors import NetError, strerror
from netsim.machine.call import Call, Exec, Program, ReadInput, Result
from netsim.machine.getopt import Grammar, Option, OptionError, scan
from netsim.programs.busybox import usage_archives, usage_files, usage_net

BANNER = "BusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1) multi-call binary.\n"
USAGE = usage_net.TEXTS | usage_files.TEXTS | usage_archives.TEXTS
ULLONG_MAX = (1 << 64) - 1
DIGITS = re.compile(r"[0-9a-fA-FxX]+").fullmatch
Outcome = Result | Program | Exec | ReadInput


class Die(Exception):
    """The applet ends here, with what it printed."""

    def __init__(self, result: Result) -> None:
        super().__init__(result.stderr)
        self.result = result


def name_of(call: Call) -> str:
    """The applet's name, by which its complaints begin."""
    return call.argv[0].rsplit("/", 1)[-1]


def die(applet: str, message: str, status: int = 1) -> Die:
    """`applet: message` (`bb_error_msg_and_die`)."""
    return Die(Result("", f"{applet}: {message}\n", status))


def die_errno(applet: str, what: str, error: NetError, status: int = 1) -> Die:
    """`applet: what: reason` (`bb_perror_msg_and_die`)."""
    return die(applet, f"{what}: {strerror(error.errno)}", status)


def usage(applet: str, message: str = "", status: int = 1) -> Die:
    """The banner and the usage, after a complaint of getopt's if there is one (`bb_show_usage`)."""
    said = f"{applet}: {message}\n" if message else ""
    return Die(Result("", f"{said}{BANNER}\n{USAGE[applet]}", status))


def ended(applet: Callable[[Call], Outcome], call: Call) -> Outcome:
    """Run an applet's function; where it dies, what it printed. `--help` alone prints the usage with status 0."""
    try:
        name = name_of(call)
        if call.argv[1:] == ("--help",) and name in USAGE:
            raise usage(name, status=0)
        return applet(call)
    except Die as end:
        return end.result


@attrs.frozen
class Options:
    """Options of an applet as read: `letters` in order, each one's last value, and the other words."""

    letters: Sequence[str]
    values: Mapping[str, Any]
    words: Sequence[str]

    def __contains__(self, letter: str) -> bool:
        return letter in self.letters

    def get(self, letter: str, default: Any = None) -> Any:
        """The value an option was given last, or the default."""
        return self.values.get(letter, default)

    def count(self, letter: str) -> int:
        """How often an option was given."""
        return list(self.letters).count(letter)


def text(applet: str, word: str) -> str:
    """An option's argument as it is."""
    return word


def read_options(call: Call, grammar: Grammar, values: Mapping[str, Callable[[str, str], Any]] | None = None) -> Options:
    """Read options, each argument converted as it comes (`getopt32`); dies with the usage at a wrong one."""
    return read_words(call.argv, grammar, values or {})


def read_words(argv: tuple[str, ...], grammar: Grammar, converters: Mapping[str, Callable[[str, str], Any]]) -> Options:
    """The same of a command's words, which decide alone."""
    applet = argv[0].rsplit("/", 1)[-1]
    letters: list[str] = []
    found: dict[str, Any] = {}
    words: list[str] = []
    try:
        for item in scan(argv[1:], grammar):
            if isinstance(item, Option):
                letters.append(item.name)
                if item.argument is not None:
                    found[item.name] = converters.get(item.name, text)(applet, item.argument)
            else:
                words.append(item)
    except OptionError as problem:
        raise usage(applet, str(problem)) from None
    return Options(letters, found, words)


def unsigned(applet: str, word: str, most: int = ULLONG_MAX, least: int = 0, base: int = 10) -> int:
    """A number as `xatou` and its sisters take it; dies when it is none or out of range."""
    try:
        value = int(word, base) if DIGITS(word) else -1
    except ValueError:
        value = -1
    if not 0 <= value <= ULLONG_MAX:
        raise die(applet, f"invalid number '{word}'")
    if not least <= value <= most:
        raise die(applet, f"number {word} is not in {least}..{most} range")
    return value


def counting(applet: str, word: str) -> int:
    """A whole number."""
    return unsigned(applet, word)


def short(applet: str, word: str) -> int:
    """A number up to 65535."""
    return unsigned(applet, word, 65535)


def byte_hex(applet: str, word: str) -> int:
    """A byte in hexadecimal digits."""
    return unsigned(applet, word, 255, base=16)


def duration_ms(applet: str, word: str) -> int:
    """Seconds with fractions and a unit, in ms (`parse_duration_str`)."""
    match = re.fullmatch(r"(\d+\.?\d*|\.\d+)([smhd]?)", word)
    if match is None:
        raise die(applet, f"invalid number '{word}'")
    return int(float(match[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400, "": 1}[match[2]] * 1000)
