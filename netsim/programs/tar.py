"""tar (GNU tar 1.34): archives of the machine's files, made, listed and taken apart."""

from __future__ import annotations

import fnmatch
import posixpath
from datetime import UTC, datetime

import attrs

from netsim.archive import DIRECTORY, FILE, HARD, LINK, Archive, Entry, packed, read
from netsim.clock import SECOND
from netsim.errors import EEXIST, ENOENT, NetError, strerror
from netsim.machine.archives import entry_of, place
from netsim.machine.call import Call, ReadInput, Result
from netsim.machine.nodes import Directory, Node

OPERATIONS = {"c": "create", "x": "extract", "t": "list"}
OTHERS = {"A": "concatenate", "d": "diff", "r": "append", "u": "update"}
LONG = {
    "create": "c", "extract": "x", "get": "x", "list": "t", "append": "r", "update": "u", "catenate": "A", "concatenate": "A", "diff": "d", "compare": "d",
    "file": "f=", "directory": "C=", "verbose": "v", "gzip": "z", "gunzip": "z", "ungzip": "z", "bzip2": "j", "xz": "J", "auto-compress": "a",
    "to-stdout": "O", "keep-old-files": "k", "absolute-names": "P", "dereference": "h", "preserve-permissions": "p", "same-permissions": "p",
    "touch": "m", "no-same-owner": "o", "same-owner": "o", "numeric-owner": "o", "no-same-permissions": "o", "one-file-system": "o", "sparse": "o",
    "overwrite": "o", "strip-components": "strip=", "exclude": "exclude=", "wildcards": "wildcards", "no-recursion": "flat", "skip-old-files": "skip",
    "files-from": "T=", "help": "help", "version": "version",
}  # fmt: skip
"""Long options, as the letter or the name they are kept by."""
SHORT, WITH_VALUE = set("cxtvzjJaOkPhpmoSwBiW"), set("fCTXbgHKNVI")
COMPRESSIONS = {"z": "gz", "j": "bz2", "J": "xz"}
PROGRAMS = {
    "gz": ("gzip", "\ngzip: stdin: not in gzip format"),
    "bz2": ("bzip2", "bzip2: (stdin) is not a bzip2 file."),
    "xz": ("xz", "xz: (stdin): File format not recognized"),
}
MAGIC = {b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ": "xz"}
TRY = "Try 'tar --help' or 'tar --usage' for more information.\n"
FAILED, HOPELESS = "tar: Exiting with failure status due to previous errors\n", "tar: Error is not recoverable: exiting now\n"
NOT_AN_ARCHIVE = "tar: This does not look like a tar archive\n"
COLUMN = 19
"""Width of owner, group and size."""


class Wrong(Exception):
    """What tar says instead of doing anything."""


@attrs.define
class Wanted:
    """A command line: the operation's letter, switches, values, and names with the directory that each is looked up in."""

    operation: str = ""
    given: set[str] = attrs.field(factory=set)
    values: dict[str, str] = attrs.field(factory=dict)
    excluded: list[str] = attrs.field(factory=list)
    names: list[tuple[str, str]] = attrs.field(factory=list)
    folder: str = ""
    level: int = 0
    """How much is told."""

    def take(self, letter: str, value: str = "") -> None:
        """One option."""
        if letter in OPERATIONS or letter in OTHERS:
            if self.operation not in ("", letter):
                raise Wrong(f"tar: You may not specify more than one '-Acdtrux', '--delete' or  '--test-label' option\n{TRY}")
            self.operation = letter
        elif letter == "v":
            self.level += 1
        elif letter == "C":
            self.folder = posixpath.join(self.folder, value)
        elif letter == "exclude":
            self.excluded.append(value)
        elif value:
            self.values[letter] = value
        else:
            self.given.add(letter)

    @property
    def compression(self) -> str:
        """What the archive is to be compressed by; with -a the name tells."""
        asked = next((COMPRESSIONS[letter] for letter in COMPRESSIONS if letter in self.given), "")
        if asked or "a" not in self.given:
            return asked
        name = self.values.get("f", "")
        return next((kind for end, kind in ((".gz", "gz"), (".tgz", "gz"), (".bz2", "bz2"), (".xz", "xz")) if name.endswith(end)), "")


def _read_words(words: tuple[str, ...]) -> Wanted:
    wanted, waiting = Wanted(), list(words)
    if waiting and not waiting[0].startswith("-"):
        _old_style(wanted, waiting)
    while waiting:
        word = waiting.pop(0)
        if word == "--":
            wanted.names += [(name, wanted.folder) for name in waiting]
            break
        if word.startswith("--"):
            _long(wanted, word, waiting)
        elif word.startswith("-") and len(word) > 1:
            _letters(wanted, word[1:], waiting)
        else:
            wanted.names.append((word, wanted.folder))
    return wanted


def _old_style(wanted: Wanted, waiting: list[str]) -> None:
    """`tar cf FILE`: a first word without a dash; its letters take their values from the words that follow, in turn."""
    for letter in waiting.pop(0):
        _check(letter)
        if letter in WITH_VALUE:
            if not waiting:
                raise Wrong(f"tar: Old option '{letter}' requires an argument.\n{TRY}")
            wanted.take(letter, waiting.pop(0))
        else:
            wanted.take(letter)


def _check(letter: str) -> None:
    if letter not in SHORT and letter not in WITH_VALUE and letter not in OTHERS:
        raise Wrong(f"tar: invalid option -- '{letter}'\n{TRY}")


def _letters(wanted: Wanted, letters: str, waiting: list[str]) -> None:
    while letters:
        letter, letters = letters[0], letters[1:]
        _check(letter)
        if letter not in WITH_VALUE:
            wanted.take(letter)
            continue
        if not letters and not waiting:
            raise Wrong(f"tar: option requires an argument -- '{letter}'\n{TRY}")
        wanted.take(letter, letters or waiting.pop(0))
        return


def _long(wanted: Wanted, word: str, waiting: list[str]) -> None:
    name, equals, value = word[2:].partition("=")
    known = [name] if name in LONG else [one for one in LONG if one.startswith(name)]
    if len({LONG[one] for one in known}) != 1:
        kind = (
            f"tar: option '--{name}' is ambiguous; possibilities: {' '.join(repr(f'--{one}') for one in known)}"
            if known
            else f"tar: unrecognized option '--{name}'"
        )
        raise Wrong(f"{kind}\n{TRY}")
    kept = LONG[known[0]]
    if not kept.endswith("="):
        wanted.take(kept)
        return
    if not equals and not waiting:
        raise Wrong(f"tar: option '--{known[0]}' requires an argument\n{TRY}")
    wanted.take(kept.rstrip("="), value if equals else waiting.pop(0))


def tar(call: Call) -> Result | ReadInput:
    """tar c|x|t [-v] [-z|-j|-J] [-f ARCHIVE] [-C DIR] [NAME...]"""
    try:
        wanted = _read_words(call.argv[1:])
        if "version" in wanted.given:
            return Result("tar (GNU tar) 1.34\n")
        if "help" in wanted.given:
            return Result("Usage: tar [OPTION...] [FILE]...\n")
        if not wanted.operation:
            raise Wrong(f"tar: You must specify one of the '-Acdtrux', '--delete' or '--test-label' options\n{TRY}")
        if wanted.operation in OTHERS:
            raise Wrong(f"tar: netsim: '--{OTHERS[wanted.operation]}' is not modelled\n")
        for letter in wanted.values:
            if letter not in ("f", "strip"):
                raise Wrong(f"tar: netsim: option '-{letter}' is not modelled\n")
        if wanted.operation == "c":
            return _create(call, wanted)
        name = wanted.values.get("f", "-")
        if name == "-":
            return ReadInput(_from_input)
        try:
            data = call.machine.files.read(call.proc, name)
        except NetError as error:
            raise Wrong(f"tar: {name}: Cannot open: {strerror(error.errno)}\n{HOPELESS}") from None
        return _taken(call, wanted, data, piped=0)
    except Wrong as problem:
        return Result("", str(problem), 2)


def _from_input(call: Call, data: bytes) -> Result:
    try:
        return _taken(call, _read_words(call.argv[1:]), data, piped=1)
    except Wrong as problem:
        return Result("", str(problem), 2)


# reading --------------------------------------------------------------------------------------------------------------------


def _opened(wanted: Wanted, data: bytes, piped: int) -> Archive:
    kind = next((kind for magic, kind in MAGIC.items() if data.startswith(magic)), "")
    if wanted.compression and kind != wanted.compression:
        raise Wrong(f"{PROGRAMS[wanted.compression][1]}\ntar: Child returned status 1\n{HOPELESS}")
    if kind and not wanted.compression and piped:
        raise Wrong(f"tar: Archive is compressed. Use -{ {'gz': 'z', 'bz2': 'j', 'xz': 'J'}[kind] } option\n{HOPELESS}")
    archive = read(data) if data.strip(b"\0") else Archive(()) if data else None
    if archive is None:
        raise Wrong(NOT_AN_ARCHIVE + FAILED)
    return archive


def _taken(call: Call, wanted: Wanted, data: bytes, piped: int) -> Result:
    """List or extract."""
    archive = _opened(wanted, data, piped)
    folder = wanted.folder
    if folder and not isinstance(call.machine.files.stat(call.proc, folder), Directory):
        raise Wrong(f"tar: {folder}: Cannot open: {strerror(ENOENT)}\n{HOPELESS}")
    names = [name.rstrip("/") or "/" for name, _ in wanted.names]
    missing = list(names)
    out: list[str] = []
    err: list[str] = []
    for entry in archive.entries:
        found = next((name for name in names if _matches(wanted, entry.path, name)), None)
        if (names and found is None) or _is_excluded(wanted, entry.path):
            continue
        if found in missing:
            missing.remove(found)
        if wanted.operation == "t":
            out.append(_line(entry) if wanted.level else f"{_shown(entry)}\n")
        else:
            _extract(call, wanted, entry, (out, err))
    err += [f"tar: {name}: Not found in archive\n" for name in missing]
    return Result("".join(out), "".join([*err, FAILED] if err else err), 2 if err else 0)


def _matches(wanted: Wanted, path: str, name: str) -> bool:
    bare = path.rstrip("/")
    if "wildcards" in wanted.given and (fnmatch.fnmatchcase(bare, name) or fnmatch.fnmatchcase(bare, f"{name}/*")):
        return True
    return bare == name or bare.startswith(f"{name}/")


def _is_excluded(wanted: Wanted, path: str) -> bool:
    """A pattern matches a whole path or what follows one of its slashes, and everything below."""
    parts = path.rstrip("/").split("/")
    pieces = ["/".join(parts[start:end]) for start in range(len(parts)) for end in range(start + 1, len(parts) + 1)]
    return any(fnmatch.fnmatchcase(piece, pattern.rstrip("/")) for pattern in wanted.excluded for piece in pieces)


def _shown(entry: Entry) -> str:
    return f"{entry.path}/" if entry.kind == DIRECTORY else entry.path


def _line(entry: Entry) -> str:
    """As `ls -l` would show it."""
    bits = "".join(sign if entry.mode & 1 << 8 - number else "-" for number, sign in enumerate("rwxrwxrwx"))
    size = len(entry.content)
    moment = datetime.fromtimestamp(entry.changed, UTC).strftime("%Y-%m-%d %H:%M")
    target = f" -> {entry.target}" if entry.kind == LINK else f" link to {entry.target}" if entry.kind == HARD else ""
    return f"{entry.kind}{bits} root/root {size:>{COLUMN - 10}} {moment} {_shown(entry)}{target}\n"


def _extract(call: Call, wanted: Wanted, entry: Entry, said: tuple[list[str], list[str]]) -> None:
    out, err = said
    kept = [part for part in entry.path.split("/") if part not in ("", ".")][int(wanted.values.get("strip", "0")) :]
    if not kept and entry.path not in (".", "./"):
        return
    if wanted.level:
        (err if "O" in wanted.given else out).append(_line(entry) if wanted.level > 1 else f"{_shown(entry)}\n")
    if "O" in wanted.given:
        if entry.kind == FILE:
            out.append(entry.content.decode("utf-8", "surrogateescape"))
        return
    files, proc = call.machine.files, call.proc
    path = posixpath.join(wanted.folder or ".", *kept) if not (entry.path.startswith("/") and "P" in wanted.given) else entry.path
    if ".." in kept:
        err.append(f"tar: Removing leading `{entry.path.partition('..')[0]}../' from member names\n")
        return
    if "k" in wanted.given and files.lstat(proc, path) is not None and entry.kind != DIRECTORY:
        err.append(f"tar: {posixpath.join(*kept)}: Cannot open: {strerror(EEXIST)}\n")
        return
    try:
        place(files, proc, path, entry, wanted.folder or ".")
    except NetError as error:
        err.append(f"tar: {posixpath.join(*kept)}: Cannot open: {strerror(error.errno)}\n")


# making ---------------------------------------------------------------------------------------------------------------------


@attrs.define(eq=False)
class Making:
    """An archive under way."""

    call: Call
    wanted: Wanted
    own: Node | None
    """The archive's file, which is not put into itself."""
    entries: list[Entry] = attrs.field(factory=list)
    told: list[str] = attrs.field(factory=list)
    err: list[str] = attrs.field(factory=list)
    failed: int = 0
    stripped: int = 0

    def add(self, name: str, path: str) -> None:
        """A file under its name, a directory with what is in it."""
        files, proc = self.call.machine.files, self.call.proc
        node = files.stat(proc, path) if "h" in self.wanted.given else files.lstat(proc, path)
        if node is None:
            self.err.append(f"tar: {name}: Cannot stat: {strerror(ENOENT)}\n")
            self.failed = 1
            return
        if _is_excluded(self.wanted, name):
            return
        if node is self.own:
            self.err.append(f"tar: {name}: file is the archive; not dumped\n")
            return
        self._one(name, node)
        if isinstance(node, Directory) and "flat" not in self.wanted.given:
            for below in node.names(proc):
                self.add(f"{name.rstrip('/')}/{below}", f"{path.rstrip('/')}/{below}")

    def _one(self, name: str, node: Node) -> None:
        bare = name if "P" in self.wanted.given else name.lstrip("/")
        if bare != name and not self.stripped:
            self.stripped = 1
            self.err.append("tar: Removing leading `/' from member names\n")
        entry = entry_of(bare.rstrip("/") or ".", node, self.call.machine.epoch // SECOND)
        if entry is None:
            return
        self.entries.append(entry)
        if self.wanted.level:
            self.told.append(
                _line(attrs.evolve(entry, path=name.rstrip("/")))
                if self.wanted.level > 1
                else f"{_shown(attrs.evolve(entry, path=name.rstrip('/') or '/'))}\n"
            )


def _create(call: Call, wanted: Wanted) -> Result:
    if not wanted.names:
        raise Wrong(f"tar: Cowardly refusing to create an empty archive\n{TRY}")
    target, files = wanted.values.get("f", "-"), call.machine.files
    own = None
    if target != "-":
        try:
            own = files.open_for_writing(call.proc, target, truncate=True)
        except NetError as error:
            raise Wrong(f"tar: {target}: Cannot open: {strerror(error.errno)}\n{HOPELESS}") from None
    making = Making(call, wanted, own)
    for name, folder in wanted.names:
        if folder and not isinstance(files.stat(call.proc, folder), Directory):
            raise Wrong(f"tar: {folder}: Cannot open: {strerror(ENOENT)}\n{HOPELESS}")
        making.add(name, posixpath.join(folder, name))
    data = packed(making.entries, compression=wanted.compression)
    err = "".join([*making.err, FAILED] if making.failed else making.err)
    status = 2 * making.failed
    if own is None:
        return Result(data.decode("utf-8", "surrogateescape"), "".join(making.told) + err, status)
    own.write(data)
    return Result("".join(making.told), err, status)
