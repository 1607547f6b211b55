"""BusyBox's head and tail (coreutils/)."""

from __future__ import annotations

from typing import Any

from netsim.errors import NetError, strerror
from netsim.machine.call import Call, Result
from netsim.machine.getopt import Grammar
from netsim.programs.busybox.applet import Die, Options, die, ended, name_of, read_options, unsigned
from netsim.programs.busybox.files import content_of, on_input


def head(call: Call) -> Any:
    """head (BusyBox)."""
    return ended(_ends, call)


def tail(call: Call) -> Any:
    """tail (BusyBox)."""
    return ended(_ends, call)


ENDS = Grammar("qvfF", "nccs")
UNITS = {"b": 512, "k": 1024, "m": 1024 * 1024}


def _ends_options(call: Call) -> Options:
    """-N is -n N."""
    words = [f"-n{word[1:]}" if word[:1] == "-" and word[1:2].isdigit() else word for word in call.argv[1:]]
    return read_options(Call(call.proc, (call.argv[0], *words)), ENDS)


def _ends(call: Call) -> Any:
    options = _ends_options(call)
    if set(options.letters) & {"f", "F"}:
        raise die(name_of(call), "netsim: following a file (-f) is not modelled")
    return on_input(call, _ends_all, list(options.words), _head_has_enough if name_of(call) == "head" else None)


def _count_of(call: Call, options: Options) -> tuple[str, int]:
    """The sign in front of the number, and how many lines or bytes that is; Die."""
    word = options.get("c") if "c" in options else options.get("n", "10")
    sign = word[0] if word[0] in "+-" else ""
    return sign, unsigned(name_of(call), word[len(sign) :].rstrip("bkm") or word) * UNITS.get(word[-1:], 1)


def _head_has_enough(call: Call, data: bytes) -> bool:
    options = _ends_options(call)
    try:
        sign, count = _count_of(call, options)
    except Die:
        return True  # it will say so
    return not sign and list(options.words) in ([], ["-"]) and (len(data) if "c" in options else data.count(b"\n")) >= count


def _ends_all(call: Call, data: bytes) -> Result:
    try:
        return _ends_of(call, data)
    except Die as end:
        return end.result


def _ends_of(call: Call, data: bytes) -> Result:
    applet, options = name_of(call), _ends_options(call)
    by_bytes = "c" in options
    sign, count = _count_of(call, options)
    out, err, shown = "", "", 0
    names = list(options.words) or ["-"]
    for name in names:
        try:
            content = content_of(call, name, data)
        except NetError as error:
            err += f"{applet}: {name if applet == 'head' else _cannot_open(name)}: {strerror(error.errno)}\n"
            continue
        if (len(names) > 1 and "q" not in options) or "v" in options:
            out += f"{chr(10) if shown else ''}==> {'standard input' if name == '-' else name} <==\n"
        shown += 1
        parts: list[bytes] = [content[at : at + 1] for at in range(len(content))] if by_bytes else content.splitlines(keepends=True)
        out += b"".join(_part(applet, parts, sign, count)).decode("utf-8", "surrogateescape")
    if applet == "tail" and not shown:
        err += "tail: no files\n"
    return Result(out, err, int(bool(err)))


def _cannot_open(name: str) -> str:
    return f"can't open '{name}'"


def _part(applet: str, parts: list[bytes], sign: str, count: int) -> list[bytes]:
    if applet == "head":
        return parts[: max(0, len(parts) - count)] if sign == "-" else parts[:count]
    return parts[max(0, count - 1) :] if sign == "+" else parts[max(0, len(parts) - count) :]
