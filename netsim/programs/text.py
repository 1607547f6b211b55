"""wc (coreutils 9.1)."""

from __future__ import annotations

from netsim.errors import NetError, strerror
from netsim.machine.call import Call, ReadInput, Result
from netsim.machine.getopt import Grammar, OptionError, parse
from netsim.machine.nodes import File

GRAMMAR = Grammar("clmLw", long={"bytes": ("c", ""), "chars": ("m", ""), "lines": ("l", ""), "max-line-length": ("L", ""), "words": ("w", "")})


def _input(call: Call, names: list[str], data: bytes, tool: str) -> tuple[list[tuple[str, str]], str]:
    """(name, text) of each file named, or of standard input; and complaints."""
    if not names:
        return [("-", data.decode("utf-8", "surrogateescape"))], ""
    found, err = [], ""
    for name in names:
        if name == "-":
            found.append(("-", data.decode("utf-8", "surrogateescape")))
            continue
        try:
            found.append((name, call.machine.files.read(call.proc, name).decode("utf-8", "surrogateescape")))
        except NetError as error:
            err += f"{tool}: {name}: {strerror(error.errno)}\n"
    return found, err


def wc(call: Call) -> Result | ReadInput:
    """Count lines, words and bytes."""
    try:
        _, names = parse(call.argv[1:], GRAMMAR)
    except OptionError as problem:
        return Result("", f"wc: {problem}\nTry 'wc --help' for more information.\n", 1)
    return ReadInput(_wc) if not names or "-" in names else _wc(call, b"")


def _wc(call: Call, data: bytes) -> Result:
    options, names = parse(call.argv[1:], GRAMMAR)
    letters = [letter for letter in "lwmcL" if any(option.name == letter for option in options)] or ["l", "w", "c"]
    texts, err = _input(call, names, data, "wc")
    rows = [([_counted(letter, text) for letter in letters], name) for name, text in texts]
    if len(names) > 1:
        rows.append(([(max if letter == "L" else sum)(row[place] for row, _ in rows) for place, letter in enumerate(letters)], "total"))
    width = 1 if len(letters) == 1 and len(names) < 2 else _width(call, names)
    out = "".join(" ".join(f"{number:{width}d}" for number in row) + (f" {name}" if names else "") + "\n" for row, name in rows)
    return Result(out, err, int(bool(err)))


def _counted(letter: str, text: str) -> int:
    if letter == "l":
        return text.count("\n")
    if letter == "w":
        return len(text.split())
    if letter == "L":
        return max((len(line.expandtabs()) for line in text.split("\n")), default=0)
    return len(text.encode("utf-8", "surrogateescape")) if letter == "c" else len(text)


def _width(call: Call, names: list[str]) -> int:
    """Digits enough for the size of all files together, and 7 where a size is not known beforehand (`compute_number_width`)."""
    nodes = [call.machine.files.stat(call.proc, name) for name in names if name != "-"]
    size = sum(len(node.content) for node in nodes if isinstance(node, File))
    least = 1 if names and "-" not in names and all(node is None or isinstance(node, File) for node in nodes) else 7
    return max(least, len(str(size)))
