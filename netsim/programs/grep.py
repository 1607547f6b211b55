"""grep (GNU grep 3.8): basic and extended expressions as far as both agree with Python's."""

from __future__ import annotations

import re
from collections.abc import Iterator

import attrs

from netsim.errors import NetError, strerror
from netsim.machine.call import Call, Enough, ReadInput, Result
from netsim.machine.getopt import Grammar, OptionError, parse

USAGE = "Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.\n"
GRAMMAR = Grammar(
    flags="EFGPhHivcnloLqsxwarRyzZTbU",
    valued="eABCmf",
    long={
        "extended-regexp": ("E", ""), "fixed-strings": ("F", ""), "basic-regexp": ("G", ""), "perl-regexp": ("P", ""), "regexp": ("e", "="), "file": ("f", "="),
        "ignore-case": ("i", ""), "invert-match": ("v", ""), "word-regexp": ("w", ""), "line-regexp": ("x", ""), "count": ("c", ""), "line-number": ("n", ""),
        "files-with-matches": ("l", ""), "files-without-match": ("L", ""), "only-matching": ("o", ""), "quiet": ("q", ""), "silent": ("q", ""),
        "no-messages": ("s", ""), "no-filename": ("h", ""), "with-filename": ("H", ""), "after-context": ("A", "="), "before-context": ("B", "="),
        "context": ("C", "="), "max-count": ("m", "="), "text": ("a", ""), "recursive": ("r", ""), "color": ("", "?"), "colour": ("", "?"), "line-buffered": ("", ""),
    },
)  # fmt: skip
UNMODELLED = "rRzZTbUf"


@attrs.define
class Wanted:
    """What was asked for."""

    flags: set[str] = attrs.field(factory=set)
    patterns: list[str] = attrs.field(factory=list)
    names: list[str] = attrs.field(factory=list)
    before: int = 0
    after: int = 0
    most: int = -1


class Wrong(Exception):
    """What grep says before it looks at anything."""


def grep(call: Call) -> ReadInput | Result:
    """Lines that match; standard input where no file is named."""
    try:
        wanted = read_words(call)
        regex = compiled(wanted)
    except (OptionError, Wrong, re.error) as wrong:
        text = str(wrong)
        return Result("", f"grep: {text}\n{USAGE if isinstance(wrong, OptionError) else ''}" if text else USAGE, 2)
    if not wanted.names or "-" in wanted.names:
        return ReadInput(_from_input, None if len(wanted.names) > 1 else _enough(wanted, regex))
    return searched(call, wanted, regex, b"")


@attrs.frozen(eq=False)
class EnoughLines(Enough):
    """As many lines as are asked for that hold the expression, or do not; pieces are taken to end with their lines, as those who write lines write them."""

    regex: re.Pattern[str] = attrs.field(default=re.compile(""))
    inverted: int = 0

    def found(self, data: bytes) -> int:
        """How many are in a piece."""
        lines = data.decode("utf-8", "surrogateescape").splitlines()
        return sum((self.regex.search(line) is None) == bool(self.inverted) for line in lines)


def _enough(wanted: Wanted, regex: re.Pattern[str]) -> Enough | None:
    """Where grep stops: at the first line for -q, at the last one of -m."""
    if "q" in wanted.flags or wanted.most > 0:
        return EnoughLines(b"\n", 1 if "q" in wanted.flags else wanted.most, regex, int("v" in wanted.flags))
    return None


def _from_input(call: Call, data: bytes) -> Result:
    wanted = read_words(call)
    return searched(call, wanted, compiled(wanted), data)


def read_words(call: Call) -> Wanted:
    """The command line; OptionError, Wrong."""
    words = [f"-C{word[1:]}" if re.fullmatch(r"-\d+", word) else word for word in call.argv[1:]]
    options, rest = parse(words, GRAMMAR)
    wanted = Wanted()
    for option in options:
        if option.name == "e":
            wanted.patterns.append(option.argument or "")
        elif option.name in ("A", "B", "C"):
            if not (option.argument or "").isdigit():
                raise Wrong(f"{option.argument}: invalid context length argument")
            count = int(option.argument or 0)
            wanted.after = count if option.name in "AC" else wanted.after
            wanted.before = count if option.name in "BC" else wanted.before
        elif option.name == "m":
            if not re.fullmatch(r"-?\d+", option.argument or ""):
                raise Wrong("invalid max count")
            wanted.most = int(option.argument or 0)
        elif option.name in UNMODELLED and option.name:
            raise Wrong(f"netsim: -{option.name} is not modelled")
        else:
            wanted.flags.add("i" if option.name == "y" else option.name)
    if call.argv[0].endswith("egrep"):
        wanted.flags.add("E")
    if not wanted.patterns:
        if not rest:
            raise Wrong("")
        wanted.patterns.append(rest.pop(0))
    wanted.names = rest
    return wanted


def compiled(wanted: Wanted) -> re.Pattern[str]:
    """The expression that a line must hold."""
    regex = "|".join(_regex(line, wanted.flags) for pattern in wanted.patterns for line in pattern.split("\n"))
    if "w" in wanted.flags:
        regex = rf"\b(?:{regex})\b"
    if "x" in wanted.flags:
        regex = rf"^(?:{regex})$"
    return re.compile(regex, re.I if "i" in wanted.flags else 0)


def _regex(pattern: str, flags: set[str]) -> str:
    if "F" in flags:
        return re.escape(pattern)
    classes = {"space": r"\s", "digit": r"\d", "alpha": "[A-Za-z]", "alnum": "[A-Za-z0-9]"}
    pattern = re.sub(r"\[\[:(\w+):\]\]", lambda match: classes.get(match[1], "."), pattern)
    if flags & {"E", "P"}:
        return pattern
    swapped = re.sub(r"(\\)?([(){}|+?])", lambda match: match[2] if match[1] else "\\" + match[2], pattern)
    return re.sub(r"\\([<>])", r"\\b", swapped)


def searched(call: Call, wanted: Wanted, regex: re.Pattern[str], data: bytes) -> Result:
    """Every input in turn."""
    flags, out, err, hits = wanted.flags, "", "", 0
    several = (len(wanted.names) > 1 or "H" in flags) and "h" not in flags
    for name in wanted.names or ["-"]:
        try:
            raw = data if name == "-" else call.machine.files.read(call.proc, name, _enough(wanted, regex))
        except NetError as error:
            if "s" not in flags:
                err += f"grep: {name}: {strerror(error.errno)}\n"
            continue
        shown = "(standard input)" if name == "-" else name
        lines = raw.decode("utf-8", "surrogateescape").split("\n")
        if not lines[-1]:
            lines.pop()
        chosen = [number for number, line in enumerate(lines) if (regex.search(line) is None) == ("v" in flags)]
        if wanted.most >= 0:
            chosen = chosen[: wanted.most]
        hits += len(chosen)
        lead = f"{shown}{{0}}" if several else ""
        if "c" in flags:
            out += lead.format(":") + f"{len(chosen)}\n"
        elif "l" in flags or "L" in flags:
            out += f"{shown}\n" if bool(chosen) == ("L" not in flags) else ""
        elif "o" in flags:
            for number in chosen:
                where = lead.format(":") + (f"{number + 1}:" if "n" in flags else "")
                out += "".join(f"{where}{match[0]}\n" for match in regex.finditer(lines[number]) if match[0])
        elif "q" not in flags:
            if out and (wanted.before or wanted.after) and chosen:
                out += "--\n"
            out += "".join(_printed(lines, chosen, wanted, lead))
    status = 0 if hits else 2 if err else 1
    return Result("" if "q" in flags else out, err, 2 if err and "q" not in flags else status)


def _printed(lines: list[str], chosen: list[int], wanted: Wanted, lead: str) -> Iterator[str]:
    """Chosen lines with what stands around them; groups that do not touch have a line between them."""
    last, picked = -1, set(chosen)
    for number in chosen:
        first = max(last + 1, number - wanted.before)
        if (wanted.before or wanted.after) and last >= 0 and first > last + 1:
            yield "--\n"
        for place in range(first, min(len(lines), number + wanted.after + 1)):
            if place > number and place in picked:
                break
            mark = ":" if place in picked else "-"
            yield lead.format(mark) + (f"{place + 1}{mark}" if "n" in wanted.flags else "") + lines[place] + "\n"
            last = place
