"""ping's command line (iputils 20221126): words to a value, with its own messages for wrong ones."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import attrs

from netsim.clock import MS, SECOND
from netsim.machine.call import Result
from netsim.machine.getopt import Grammar, OptionError, parse
from netsim.programs.ping.text import USAGE, VERSION

NODEINFO = """ping -6 -N <nodeinfo opt>
Help:
  help
Query:
  name
  ipv6
  ipv6-all
  ipv6-compatible
  ipv6-global
  ipv6-linklocal
  ipv6-sitelocal
  ipv4
  ipv4-all
Subject:
  subject-ipv6=addr
  subject-ipv4=addr
  subject-name=name
  subject-fqdn=name
"""

_WHOLE = re.compile(r"\s*[+-]?\d+")
_REAL = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
GRAMMAR = Grammar(flags="46aABbCDdfhLnOqRrUvV", valued="ceFiIlmMNpQsStTwW")
MIN_INTERVAL = 2 * MS
LONG_MAX = 9223372036854775807
INT_MAX = 2147483647


@attrs.define(eq=False)
class Options:
    """What was asked for. Times in ns; `count` and `deadline` 0 mean without end.

    One value serves all pings of the same words: once read it is not changed, `attrs.evolve` makes another.
    """

    targets: list[str] = attrs.field(factory=list)
    family: int = 0  # 4, 6 or 0
    count: int = 0
    interval: int = SECOND
    preload: int = 1
    size: int = 56
    ttl: int | None = None
    deadline: int = 0
    linger: int = 10 * SECOND
    interface: str = ""
    mark: int | None = None
    tos: int = 0
    pattern: str | None = None
    discover: str = ""
    ident: int | None = None
    flow: int = 0
    timestamp: str = ""
    program: str = "ping"
    flags: set[str] = attrs.field(factory=set)
    warnings: str = ""
    address: Any = None
    """What name servers know the target by."""
    name: str = ""
    """What they call that address; empty where /etc/hosts decides."""


class UsageError(Exception):
    """A wrong command line: what is printed and the status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.result = Result("", message, status)


@lru_cache(maxsize=512)
def options_of(words: tuple[str, ...]) -> Options | Result:
    """The options, or what ping prints instead (usage, version, the first error)."""
    try:
        found, targets = parse(words, GRAMMAR)
    except OptionError as wrong:
        return Result("", f"ping: {wrong}\n{USAGE}", 2)
    options = Options(targets=targets)
    try:
        for option in found:
            stop = _take(options, option.name, option.argument or "")
            if stop is not None:
                return stop
    except UsageError as wrong:
        return attrs.evolve(wrong.result, stderr=options.warnings + wrong.result.stderr)
    if not targets:
        return Result("", options.warnings + "ping: usage error: Destination address required\n", 1)
    return options


def _take(options: Options, name: str, text: str) -> Result | None:
    take = _VALUES.get(name)
    if take is not None:
        take(options, text)
        return None
    if name == "h":
        return Result("", USAGE, 2)
    if name == "V":
        return Result(VERSION)
    if name in "46":
        if options.family and options.family != int(name):
            raise UsageError("ping: only one -4 or -6 option may be specified\n", 2)
        options.family = int(name)
    elif name == "N":
        if text == "help":
            return Result(NODEINFO, "", 0)
        return Result("", f"netsim: ping -N {text} is not modelled\n", 2)
    else:
        options.flags.add(name)
        if name in "fA":
            options.interval = 0
    return None


def whole(text: str, low: int, high: int) -> int:
    """A whole number as `strtol_or_err` reads it."""
    if not text.isdecimal() and not _WHOLE.fullmatch(text):
        raise UsageError(f"ping: invalid argument: '{text}'\n", 1)
    number = int(text)
    if not low <= number <= high:
        raise UsageError(f"ping: invalid argument: '{text}': out of range: {low} <= value <= {high}\n", 1)
    return number


def _seconds(options: Options, text: str, complaint: str) -> float:
    if text.isdecimal() and text.isascii() and len(text) < 7:
        return float(text)
    number = _REAL.match(text)
    if number is None or number.end() != len(text):
        options.warnings += (
            f"ping: option argument contains garbage: {text[number.end() if number else 0 :]}\nping: this will become fatal error in the future\n"
        )
    value = float(number[0]) if number else 0.0
    if value > INT_MAX / 1000:
        raise UsageError(f"ping: {complaint}: {text}\n", 2)
    return value


def _interval(options: Options, text: str) -> None:
    value = _seconds(options, text, "bad timing interval")
    options.interval = max(0, int(value * 1000) * MS)
    options.flags.add("i")


def _linger(options: Options, text: str) -> None:
    value = _seconds(options, text, "bad linger time")
    if value < 0 or value > INT_MAX / 1000000:
        raise UsageError(f"ping: bad linger time: {text}\n", 2)
    options.linger = int(value * 1000) * MS or options.linger


def _pattern(options: Options, text: str) -> None:
    if not re.fullmatch(r"[0-9a-fA-F]*", text):
        raise UsageError(f"ping: patterns must be specified as hex digits: {text}\n", 2)
    options.pattern = text.lower()


def _tos(options: Options, text: str) -> None:
    try:
        options.tos = int(text, 0)
    except ValueError:
        raise UsageError(f"ping: bad TOS value: {text}\n", 2) from None
    if not 0 <= options.tos <= 255:
        raise UsageError(f"ping: the decimal value of TOS bits must be in range 0-255: {options.tos}\n", 2)


def _discover(options: Options, text: str) -> None:
    if text not in ("do", "dont", "want"):
        raise UsageError(f"ping: invalid -M argument: {text}\n", 2)
    options.discover = text


def _timestamp(options: Options, text: str) -> None:
    if text not in ("tsonly", "tsandaddr", "tsprespec"):
        raise UsageError(f"ping: invalid timestamp type: {text}\n", 2)
    options.timestamp = text


def _number(field: str, low: int, high: int, unit: int = 1) -> Callable[[Options, str], None]:
    def take(options: Options, text: str) -> None:
        setattr(options, field, whole(text, low, high) * unit)

    return take


def _interface(options: Options, text: str) -> None:
    options.interface = text


def _flow(options: Options, text: str) -> None:
    try:
        options.flow = int(text[2:], 16) if text[:2] in ("0x", "0X") else int(text)
    except ValueError:
        raise UsageError(f"ping: bad value for flowinfo: {text}\n", 2) from None
    if not 0 <= options.flow <= 0xFFFFF:
        raise UsageError(f"ping: flow value is greater than 20 bits: {text}\n", 2)


def _sndbuf(options: Options, text: str) -> None:
    whole(text, 1, INT_MAX)


_VALUES: dict[str, Any] = {
    "c": _number("count", 1, LONG_MAX),
    "e": _number("ident", 0, 65535),
    "F": _flow,
    "i": _interval,
    "I": _interface,
    "l": _number("preload", 1, 65536),
    "m": _number("mark", 0, 0xFFFFFFFF),
    "M": _discover,
    "p": _pattern,
    "Q": _tos,
    "s": _number("size", 0, INT_MAX),
    "S": _sndbuf,
    "t": _number("ttl", 0, 255),
    "T": _timestamp,
    "w": _number("deadline", 0, INT_MAX, SECOND),
    "W": _linger,
}
