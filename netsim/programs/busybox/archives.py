"""BusyBox's applets about archives and special files: tar, mkfifo, mknod (archival/tar.c, coreutils/mkfifo.c, mknod.c)."""

from __future__ import annotations

import posixpath
from datetime import UTC, datetime
from typing import Any

import attrs

from netsim.archive import DIRECTORY, FILE, LINK, Archive, Entry, packed, read
from netsim.clock import SECOND
from netsim.errors import EEXIST, EINVAL, ENOENT, NetError, strerror
from netsim.machine.archives import entry_of, place
from netsim.machine.call import Call, ReadInput, Result
from netsim.machine.fifo import Fifo
from netsim.machine.files import masked
from netsim.machine.getopt import Grammar
from netsim.machine.nodes import Directory, Node
from netsim.programs.busybox.applet import Options, die, die_errno, ended, name_of, read_options, read_words, usage

TAR = Grammar(
    "cxtvOmokzJjahZp", "fCXT",
    long={
        "create": ("c", ""), "extract": ("x", ""), "list": ("t", ""), "file": ("f", "="), "directory": ("C", "="), "verbose": ("v", ""), "to-stdout": ("O", ""),
        "gzip": ("z", ""), "xz": ("J", ""), "bzip2": ("j", ""), "keep-old": ("k", ""), "dereference": ("h", ""), "overwrite": ("overwrite", ""),
        "strip-components": ("strip", "="), "no-recursion": ("flat", ""), "numeric-owner": ("numeric", ""), "no-same-permissions": ("loose", ""),
        "same-permissions": ("p", ""), "touch": ("m", ""), "no-same-owner": ("o", ""),
    },
)  # fmt: skip
FAILED = "tar: error exit delayed from previous errors\n"
COMPRESSED = {"z": "gz", "j": "bz2", "J": "xz"}


def tar(call: Call) -> Any:
    """tar (BusyBox)."""
    return ended(_tar, call)


def _options(call: Call) -> Options:
    """The words with a dash put before a first one that has none; letters take their values in turn (`tar cfC FILE DIR`)."""
    argv = list(call.argv)
    if len(argv) > 1 and not argv[1].startswith("-"):
        letters, rest, words = argv[1], argv[2:], []
        for letter in letters:
            words.append(f"-{letter}")
            if letter in "fCXT":
                if not rest:
                    raise usage("tar", f"option requires an argument -- '{letter}'")
                words += rest[:1]
                rest = rest[1:]
        argv = [argv[0], *words, *rest]
    return read_words(tuple(argv), TAR, {})


def _tar(call: Call) -> Any:
    options = _options(call)
    verbs = [letter for letter in "cxt" if letter in options]
    if len(verbs) != 1:
        raise usage("tar")
    for letter in "XTZ":
        if letter in options:
            raise die("tar", f"netsim: -{letter} is not modelled")
    name = options.get("f", "-")
    if verbs == ["c"]:
        return _create(call, options, name)
    if name == "-":
        return ReadInput(_from_input)
    try:
        data = call.machine.files.read(call.proc, name)
    except NetError as error:
        raise die("tar", f"can't open '{name}': {strerror(error.errno)}") from None
    return _taken(call, options, data)


def _from_input(call: Call, data: bytes) -> Any:
    return ended(lambda again: _taken(again, _options(again), data), call)


def _taken(call: Call, options: Options, data: bytes) -> Result:
    folder = options.get("C", ".")
    if not isinstance(call.machine.files.stat(call.proc, folder), Directory):
        raise die("tar", f"can't change directory to '{folder}': {strerror(ENOENT)}")
    if "z" in options and data[:2] != b"\x1f\x8b":
        raise die("tar", "invalid magic\ntar: short read")
    if not {"z", "j", "J", "a"} & set(options.letters) and data[:2] in (b"\x1f\x8b", b"BZ", b"\xfd7"):
        raise die("tar", "short read")
    archive = read(data) if data.strip(b"\0") else Archive(()) if data else None
    if archive is None:
        raise die("tar", "short read")
    wanted, seen = [name.rstrip("/") for name in options.words], set[str]()
    out: list[str] = []
    for entry in archive.entries:
        found = next((name for name in wanted if entry.path == name or entry.path.startswith(f"{name}/")), None)
        if wanted and found is None:
            continue
        seen.add(found or "")
        if "v" in options or "t" in options:
            out.append(_line(entry) if "t" in options and "v" in options else f"{_shown(entry)}\n")
        if "x" in options:
            _extract(call, options, entry, out)
    missing = [name for name in wanted if name not in seen]
    err = f"tar: {missing[0]}: not found in archive\n" if missing else ""
    return Result("".join(out), err, int(bool(err)))


def _shown(entry: Entry) -> str:
    return f"{entry.path}/" if entry.kind == DIRECTORY else entry.path


def _line(entry: Entry) -> str:
    bits = "".join(sign if entry.mode & 1 << 8 - number else "-" for number, sign in enumerate("rwxrwxrwx"))
    moment = datetime.fromtimestamp(entry.changed, UTC).strftime("%Y-%m-%d %H:%M:%S")
    target = f" -> {entry.target}" if entry.kind == LINK else ""
    return f"{entry.kind}{bits} root/root {len(entry.content):9d} {moment} {_shown(entry)}{target}\n"


def _extract(call: Call, options: Options, entry: Entry, out: list[str]) -> None:
    if "O" in options:
        if entry.kind == FILE:
            out.append(entry.content.decode("utf-8", "surrogateescape"))
        return
    kept = [part for part in entry.path.split("/") if part not in ("", ".")][int(options.get("strip", "0")) :]
    path = posixpath.join(options.get("C", "."), *kept)
    if not kept:
        return
    if "k" in options and entry.kind != DIRECTORY and call.machine.files.lstat(call.proc, path) is not None:
        raise die("tar", f"can't open '{entry.path}': {strerror(EEXIST)}")
    try:
        place(call.machine.files, call.proc, path, entry, options.get("C", "."))
    except NetError as error:
        raise die("tar", f"can't open '{entry.path}': {strerror(error.errno)}") from None


@attrs.define(eq=False)
class Making:
    """An archive under way."""

    call: Call
    options: Options
    own: Node | None
    entries: list[Entry] = attrs.field(factory=list)
    told: list[str] = attrs.field(factory=list)
    err: list[str] = attrs.field(factory=list)
    failed: int = 0
    stripped: int = 0

    def add(self, name: str, path: str) -> None:
        """A file, or a directory with what is in it."""
        files, proc = self.call.machine.files, self.call.proc
        node = files.stat(proc, path) if "h" in self.options else files.lstat(proc, path)
        if node is None:
            self.err.append(f"tar: {name}: {strerror(ENOENT)}\n")
            self.failed = 1
            return
        if node is self.own:
            self.err.append(f"tar: {name}: file is the archive; skipping\n")
            return
        bare = name.lstrip("/")
        if bare != name and not self.stripped:
            self.stripped = 1
            self.err.append("tar: removing leading '/' from member names\n")
        entry = entry_of(bare.rstrip("/") or ".", node, self.call.machine.epoch // SECOND)
        if entry is not None:
            self.entries.append(entry)
            self.told += [f"{_shown(entry)}\n"] if "v" in self.options else []
        if isinstance(node, Directory) and "flat" not in self.options:
            for below in node.names(proc):
                self.add(f"{name.rstrip('/')}/{below}", f"{path.rstrip('/')}/{below}")


def _create(call: Call, options: Options, target: str) -> Result:
    files, folder = call.machine.files, options.get("C", ".")
    if not options.words:
        raise die("tar", "empty archive")
    own = None
    if target != "-":
        try:
            own = files.open_for_writing(call.proc, target, truncate=True)
        except NetError as error:
            raise die("tar", f"can't open '{target}': {strerror(error.errno)}") from None
    if not isinstance(files.stat(call.proc, folder), Directory):
        raise die("tar", f"can't change directory to '{folder}': {strerror(ENOENT)}")
    making = Making(call, options, own)
    for name in options.words:
        making.add(name, posixpath.join(folder, name))
    kind = next((COMPRESSED[letter] for letter in COMPRESSED if letter in options), "")
    if "a" in options and not kind:
        kind = next((known for end, known in ((".gz", "gz"), (".tgz", "gz"), (".bz2", "bz2"), (".xz", "xz")) if target.endswith(end)), "")
    data = packed(making.entries, compression=kind)
    err = "".join([*making.err, FAILED] if making.failed else making.err)
    if own is None:
        return Result(data.decode("utf-8", "surrogateescape"), "".join(making.told) + err, making.failed)
    own.write(data)
    return Result("".join(making.told), err, making.failed)


# named pipes ----------------------------------------------------------------------------------------------------------------

MODE = Grammar("", "m")


def _mode(applet: str, options: Options, name: str) -> int | None:
    text = options.get("m")
    if text is None:
        return None
    if not text or any(letter not in "01234567" for letter in text):
        raise die_errno(applet, name, NetError(EINVAL))
    return int(text, 8) & 0o777


def _pipe(call: Call, options: Options, names: list[str]) -> Result:
    applet, err = name_of(call), ""
    for name in names:
        mode = _mode(applet, options, name)
        try:
            call.machine.files.mknod(call.proc, name, Fifo(0o666 & ~masked(call.proc) if mode is None else mode, call.proc.now()))
        except NetError as error:
            err += f"{applet}: {name}: {strerror(error.errno)}\n"
    return Result("", err, int(bool(err)))


def mkfifo(call: Call) -> Any:
    """mkfifo (BusyBox)."""
    return ended(_mkfifo, call)


def _mkfifo(call: Call) -> Result:
    options = read_options(call, MODE)
    if not options.words:
        raise usage("mkfifo")
    return _pipe(call, options, list(options.words))


def mknod(call: Call) -> Any:
    """mknod (BusyBox)."""
    return ended(_mknod, call)


def _mknod(call: Call) -> Result:
    options = read_options(call, MODE)
    words = list(options.words)
    if not 2 <= len(words) <= 4 or words[1] not in ("b", "c", "u", "p") or (words[1] == "p") != (len(words) == 2):
        raise usage("mknod")
    if words[1] != "p":
        raise die("mknod", f"netsim: device files are not modelled ({words[0]})")
    return _pipe(call, options, words[:1])
