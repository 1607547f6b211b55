"""tcpdump's options (4.99.3): words to a value, with its own messages for wrong ones."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from netsim.machine.getopt import Grammar, OptionError, parse

VERSION = "tcpdump version 4.99.3\nlibpcap version 1.10.3 (with TPACKET_V3)\nOpenSSL 3.0.19 27 Jan 2026\n"
USAGE = """Usage: tcpdump [-AbdDefhHIJKlLnNOpqStuUvxX#] [ -B size ] [ -c count ] [--count]
		[ -C file_size ] [ -E algo:secret ] [ -F file ] [ -G seconds ]
		[ -i interface ] [ --immediate-mode ] [ -j tstamptype ]
		[ -M secret ] [ --number ] [ --print ] [ -Q in|out|inout ]
		[ -r file ] [ -s snaplen ] [ -T type ] [ --version ]
		[ -V file ] [ -w file ] [ -W filecount ] [ -y datalinktype ]
		[ --time-stamp-precision precision ] [ --micro ] [ --nano ]
		[ -z postrotate-command ] [ -Z user ] [ expression ]
"""
SNAPLEN = 262144
GRAMMAR = Grammar(
    flags="AbdDefhHIJKlLnNOpqStuUvxX#",
    valued="BcCEFGijMQrsTVwWyzZ",
    long={
        "buffer-size": ("B", "="), "list-interfaces": ("D", ""), "help": ("h", ""), "interface": ("i", "="), "monitor-mode": ("I", ""),
        "time-stamp-type": ("j", "="), "list-time-stamp-types": ("J", ""), "micro": ("micro", ""), "nano": ("nano", ""),
        "dont-verify-checksums": ("K", ""), "list-data-link-types": ("L", ""), "no-optimize": ("O", ""), "no-promiscuous-mode": ("p", ""),
        "direction": ("Q", "="), "snapshot-length": ("s", "="), "absolute-tcp-sequence-numbers": ("S", ""), "packet-buffered": ("U", ""),
        "linktype": ("y", "="), "immediate-mode": ("immediate-mode", ""), "relinquish-privileges": ("Z", "="), "count": ("count", ""),
        "number": ("#", ""), "print": ("print", ""), "version": ("version", ""), "time-stamp-precision": ("precision", "="),
        "lengths": ("lengths", ""),
    },
)  # fmt: skip
NOT_MODELLED = {"L": "listing link types",
    "b": "-b", "f": "-f", "I": "monitor mode (-I)", "J": "-J", "j": "-j", "C": "-C", "E": "-E", "G": "-G", "M": "-M", "T": "-T", "V": "-V", "W": "-W",
    "y": "-y", "z": "-z", "nano": "--nano", "precision": "--time-stamp-precision", "lengths": "--lengths", "d": "-d", "H": "-H", "N": "-N",
}  # fmt: skip


class Over(Exception):
    """The tool ends here: text for stdout and stderr, and the status."""

    def __init__(self, stderr: str, status: int = 1, stdout: str = "") -> None:
        super().__init__(stderr)
        self.stdout, self.stderr, self.status = stdout, stderr, status


@attrs.define(eq=False)
class Options:
    """What was asked for; `letters` counts the letters given, `count` 0: without end."""

    letters: dict[str, int] = attrs.field(factory=dict)
    device: str | None = None
    count: int = 0
    snaplen: int = SNAPLEN
    direction: str = "inout"
    read_file: str | None = None
    write_file: str | None = None
    filter_file: str | None = None
    expression: str = ""

    def has(self, letter: str) -> int:
        """How often a letter was given."""
        return self.letters.get(letter, 0)


def read(words: Sequence[str]) -> Options:
    """The options of a command line; Over when the tool ends with it."""
    options = Options()
    options_words, rest = _leading(words)
    try:
        found, stray = parse(options_words, GRAMMAR)
    except OptionError as wrong:
        raise Over(f"tcpdump: {wrong}\n{VERSION}{USAGE}") from None
    for option in found:
        _take(options, option.name, option.argument or "")
    options.expression = " ".join([*stray, *rest])
    if options.has("t") > 5:
        raise Over("tcpdump: only -t, -tt, -ttt, -tttt and -ttttt are supported\n")
    return options


def _leading(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Options and what follows `--`; a capture filter may hold words that begin with a dash only behind it."""
    if "--" in words:
        place = list(words).index("--")
        return list(words[:place]), list(words[place + 1 :])
    return list(words), []


def _take(options: Options, name: str, text: str) -> None:
    if name == "h":
        raise Over("", 0, VERSION + USAGE)
    if name == "version":
        raise Over("", 0, VERSION)
    if name in NOT_MODELLED:
        raise Over(f"tcpdump: netsim: {NOT_MODELLED[name]} is not modelled\n", 2)
    if name == "c":
        options.count = _number(text)
        if options.count <= 0:
            raise Over(f"tcpdump: invalid packet count {text}\n")
    elif name == "s":
        options.snaplen = _snaplen(text)
    elif name == "Q":
        if text.lower() not in ("in", "out", "inout"):
            raise Over(f"tcpdump: unknown capture direction `{text}'\n")
        options.direction = text.lower()
    elif name == "i":
        options.device = text
    elif name == "r":
        options.read_file = text
    elif name == "w":
        options.write_file = text
    elif name == "F":
        options.filter_file = text
    elif name == "B":
        if _number(text) <= 0:
            raise Over(f"tcpdump: invalid packet buffer size {text}\n")
    else:
        options.letters[name] = options.letters.get(name, 0) + 1


def _number(text: str) -> int:
    digits = text.strip()
    digits = digits[:1] + "".join(_digits(digits[1:])) if digits[:1] in "+-" else "".join(_digits(digits))
    return max(-1, min(int(digits), 2147483647)) if digits.strip("+-") else 0


def _digits(text: str) -> list[str]:
    found: list[str] = []
    for letter in text[:15]:
        if letter not in "0123456789":
            break
        found.append(letter)
    return found


def _snaplen(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text[:12]) > SNAPLEN:
        raise Over(f"tcpdump: invalid snaplen {text} (must be >= 0 and <= {SNAPLEN})\n")
    return int(text) or SNAPLEN
