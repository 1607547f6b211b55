"""dd (coreutils 9.1, and BusyBox's applet): copies blocks, and tells how many."""

from __future__ import annotations

import re
from typing import Any

import attrs

from netsim.errors import EISDIR, NetError, strerror
from netsim.machine.call import Call, Enough, ReadInput, Result

UNITS = {"": 1, "c": 1, "w": 2, "b": 512} | {
    f"{letter}{unit}": base**power for power, letter in enumerate("KMGTPE", 1) for unit, base in (("", 1024), ("iB", 1024), ("B", 1000))
} | {"k": 1024, "kB": 1000}  # fmt: skip
NUMBER = re.compile(r"(\d*)([a-zA-Z]*)")
NUMBERS = ("bs", "ibs", "obs", "count", "skip", "iseek", "seek", "oseek", "cbs")
CONVERSIONS = ("notrunc", "noerror", "sync", "fsync", "fdatasync", "ucase", "lcase", "swab", "excl", "nocreat", "sparse")
FLAGS = ("append", "direct", "directory", "dsync", "sync", "fullblock", "nonblock", "noatime", "nocache", "noctty", "nofollow", "count_bytes", "skip_bytes",
         "seek_bytes")  # fmt: skip
STATUSES = ("none", "noxfer", "progress")
MOST = 1 << 28
"""Bytes that one copy may have."""
PER_CALL, PER_BYTE = 7e-6, 1 / 20e9
"""Seconds that a pair of system calls and a byte take."""
TRY = "Try 'dd --help' for more information.\n"


class Wrong(Exception):
    """A wrong command line: the complaint."""


@attrs.define
class Wanted:
    """What one command line asks for."""

    source: str = ""
    target: str = ""
    numbers: dict[str, int] = attrs.field(factory=dict)
    conversions: set[str] = attrs.field(factory=set)
    flags: dict[str, set[str]] = attrs.field(factory=lambda: {"iflag": set(), "oflag": set()})
    status: str = ""

    def size(self, which: str) -> int:
        """A block's size."""
        return self.numbers.get("bs") or self.numbers.get(which) or 512

    def span(self, name: str, flag: str) -> int:
        """Bytes that a number of blocks is (or of bytes, where a flag says so)."""
        which = "oflag" if name == "seek" else "iflag"
        return self.numbers.get(name, 0) * (1 if flag in self.flags[which] else self.size("obs" if name == "seek" else "ibs"))


def dd(call: Call) -> Result | ReadInput:
    """dd (coreutils)."""
    return _begin(call, _gnu)


def busybox_dd(call: Call) -> Any:
    """dd (BusyBox)."""
    from netsim.programs.busybox.applet import ended

    return ended(_busybox, call)


def _busybox(call: Call) -> Result | ReadInput:
    return _begin(call, _in_busybox)


def _gnu(kind: str, word: str) -> str:
    if kind == "operand":
        return f"dd: unrecognized {'option' if word[:1] == '-' else 'operand'} '{word}'\n{TRY}"
    if kind == "number":
        return f"dd: invalid number: '{word}'\n"
    name = {"conv": "conversion", "iflag": "input flag", "oflag": "output flag", "status": "status level"}[kind]
    return f"dd: invalid {name}: '{word}'\n{TRY}"


def _in_busybox(kind: str, word: str) -> str:
    from netsim.programs.busybox.applet import usage

    if kind == "operand":
        raise usage("dd")
    if kind == "number":
        return f"dd: number {word} is not in 1..9223372036854775807 range\n" if word == "0" else f"dd: invalid number '{word}'\n"
    return f"dd: invalid argument '{word}' to '{kind}'\n"


def _begin(call: Call, complain: Any) -> Result | ReadInput:
    try:
        wanted = _read(call, complain)
    except Wrong as problem:
        return Result("", str(problem), 1)
    enough = _enough(wanted)
    if not wanted.source:
        return ReadInput(_from_input, enough)
    try:
        data = call.machine.files.read(call.proc, wanted.source, enough)
    except NetError as error:
        if error.errno == EISDIR and complain is _gnu:
            return _told(call, wanted, b"", f"dd: error reading '{wanted.source}': {strerror(error.errno)}\n")
        return Result("", _cannot_open(complain, wanted.source, error), 1)
    return _copied(call, wanted, data, complain)


def _cannot_open(complain: Any, name: str, error: NetError) -> str:
    what = "failed to open" if complain is _gnu else "can't open"
    return f"dd: {what} '{name}': {strerror(error.errno)}\n"


def _from_input(call: Call, data: bytes) -> Result:
    complain = _gnu if call.machine.command(call.proc, "dd") is dd else _in_busybox
    return _copied(call, _read(call, complain), data, complain)


def _enough(wanted: Wanted) -> Enough:
    most = wanted.span("count", "count_bytes") + wanted.span("skip", "skip_bytes") if "count" in wanted.numbers else MOST
    return Enough(b"", min(most, MOST))


def _read(call: Call, complain: Any) -> Wanted:
    """The operands; Wrong."""
    wanted = Wanted()
    for word in call.argv[1:]:
        name, equals, value = word.partition("=")
        if name == "if" and equals:
            wanted.source = value
        elif name == "of" and equals:
            wanted.target = value
        elif name in NUMBERS and equals:
            wanted.numbers[{"iseek": "skip", "oseek": "seek"}.get(name, name)] = _number(name, value, complain)
        elif name in ("conv", "iflag", "oflag") and equals:
            _names(wanted, name, value, complain)
        elif name == "status" and equals:
            if value not in STATUSES:
                raise Wrong(complain("status", value))
            wanted.status = value
        elif word != "--":
            raise Wrong(complain("operand", word))
    return wanted


def _number(name: str, value: str, complain: Any) -> int:
    product = 1
    for factor in value.split("x"):
        found = NUMBER.fullmatch(factor)
        if found is None or not factor or found[2] not in UNITS:
            raise Wrong(complain("number", value))
        product *= int(found[1] or 1) * UNITS[found[2]]
    if not product and name in ("bs", "ibs", "obs", "cbs"):
        raise Wrong(complain("number", value))
    return product


def _names(wanted: Wanted, name: str, value: str, complain: Any) -> None:
    for one in value.split(","):
        if one not in (CONVERSIONS if name == "conv" else FLAGS):
            raise Wrong(complain(name, one))
        (wanted.conversions if name == "conv" else wanted.flags[name]).add(one)


def _copied(call: Call, wanted: Wanted, data: bytes, complain: Any) -> Result:
    skip = wanted.span("skip", "skip_bytes")
    data = data[skip : skip + wanted.span("count", "count_bytes")] if "count" in wanted.numbers else data[skip:]
    read = data
    if "sync" in wanted.conversions:
        data += b"\0" * (-len(data) % wanted.size("ibs"))
    if "swab" in wanted.conversions:
        data = b"".join(data[at : at + 2][::-1] for at in range(0, len(data), 2))
    for name, changed in (("ucase", data.upper()), ("lcase", data.lower())):
        data = changed if name in wanted.conversions else data
    if wanted.target and wanted.target != "/dev/stdout":
        try:
            _write(call, wanted, data)
        except NetError as error:
            return Result("", _cannot_open(complain, wanted.target, error), 1)
    told = _told(call, wanted, read, "", data, complain is _gnu)
    if not wanted.target:
        call.proc.write(1, data)
    return told


def _write(call: Call, wanted: Wanted, data: bytes) -> None:
    files, seek = call.machine.files, wanted.span("seek", "seek_bytes")
    if not (seek or "notrunc" in wanted.conversions or "append" in wanted.flags["oflag"]):
        files.write(call.proc, wanted.target, data)
        return
    node = files.open_for_writing(call.proc, wanted.target, truncate=False)
    before = node.read()
    start = len(before) if "append" in wanted.flags["oflag"] else seek
    rest = before[start + len(data) :] if "notrunc" in wanted.conversions else b""
    node.write(before[:start].ljust(start, b"\0") + data + rest)


def _told(call: Call, wanted: Wanted, read: bytes, complaint: str, written: bytes | None = None, is_gnu: int = 1) -> Result:
    """Records in and out, and how fast."""
    written = read if written is None else written
    size_in, size_out = wanted.size("ibs"), wanted.size("obs")
    text = "" if wanted.status == "none" else "".join(
        f"{size // block}+{int(bool(size % block))} records {way}\n" for size, block, way in ((len(read), size_in, "in"), (len(written), size_out, "out"))
    )  # fmt: skip
    if is_gnu and not wanted.status:
        seconds = PER_CALL + (PER_CALL / 30) * (len(read) // size_in) + len(read) * PER_BYTE
        text += f"{_amount(len(written))} copied, {seconds:.6g} s, {_rounded(len(written) / seconds, 1000, 'kB/s')}\n"
    return Result("", complaint + text, int(bool(complaint)))


def _amount(size: int) -> str:
    """A number of bytes, in powers of 1000 and of 1024 too where it has such."""
    if size < 1000:
        return f"{size} byte{'' if size == 1 else 's'}"
    powers = _rounded(size, 1024, "KiB")
    return f"{size} bytes ({_rounded(size, 1000, 'kB')}{f', {powers}' if size >= 1024 else ''})"


def _rounded(value: float, base: int, first: str) -> str:
    """One digit after the point below ten of a unit, as `human_readable` rounds."""
    value, power = value / base, 1
    while round(value) >= base and power < 6:
        value, power = value / base, power + 1
    letter = first[0] if power == 1 else "KMGTPE"[power - 1]
    return f"{value:.1f} {letter}{first[1:]}" if round(value, 1) < 10 else f"{value:.0f} {letter}{first[1:]}"
