"""BusyBox's head and tail (coreutils/)."""

from __future__ import annotations

from typing import Any

from netsim.clock import SECOND
from netsim.errors import NetError, strerror
from netsim.machine.call import Call, Enough, Invoked, Program, Result
from netsim.machine.fifo import Fifo
from netsim.machine.getopt import Grammar
from netsim.programs.busybox.applet import Die, Options, ended, name_of, read_options, unsigned
from netsim.programs.busybox.files import content_of, on_input
from netsim.programs.ends import FOLLOWED, Following, Wanted


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
    return read_options(Invoked(call.proc, (call.argv[0], *words)), ENDS)


def _ends(call: Call) -> Any:
    options = _ends_options(call)
    if set(options.letters) & {"f", "F"} and options.words and "-" not in options.words:
        return _following(call, options)
    return on_input(call, _ends_all, list(options.words), _enough_for_head(call, options))


def _count_of(call: Call, options: Options) -> tuple[str, int]:
    """The sign in front of the number, and how many lines or bytes that is; Die."""
    word = options.get("c") if "c" in options else options.get("n", "10")
    sign = word[0] if word[0] in "+-" else ""
    return sign, unsigned(name_of(call), word[len(sign) :].rstrip("bkm") or word) * UNITS.get(word[-1:], 1)


def _enough_for_head(call: Call, options: Options) -> Enough | None:
    if name_of(call) != "head" or len(options.words) > 1:
        return None
    sign, count = _count_of(call, options)
    return None if sign else Enough(b"" if "c" in options else b"\n", count)


def _following(call: Call, options: Options) -> Program:
    sign, count = _count_of(call, options)
    pause = unsigned("tail", options.get("s")) * SECOND if "s" in options else FOLLOWED
    headed = int("v" in options or (len(options.words) > 1 and "q" not in options))
    wanted = Wanted("tail", b"" if "c" in options else b"\n", sign, count, headed, 1, max(1, pause))
    complaints = ""
    for name in options.words:
        try:
            if not isinstance(call.machine.files.stat(call.proc, name), Fifo):
                content_of(call, name, b"")
            wanted.names.append(name)
        except NetError as error:
            complaints += f"tail: {_cannot_open(name)}: {strerror(error.errno)}\n"
    if not wanted.names:
        raise Die(Result("", f"{complaints}tail: no files\n", 1))
    return Following(wanted, complaints)


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
            content = content_of(call, name, data, _enough_for_head(call, options))
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
