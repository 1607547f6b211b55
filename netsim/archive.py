"""Archives that lie in a simulated machine's files. Their bytes are all that is read: no file of the machine that netsim runs on is opened."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from tarfile import TarInfo

LARGEST = 16 << 20
"""Bytes that a file may unpack to; more than that is no text of a lab."""
FILE, DIRECTORY, LINK, HARD, FIFO, DEVICE = "-", "d", "l", "h", "p", "c"
"""Kinds of entries, as `tar -tv` marks them."""
NO_HEADERS: Mapping[str, str] = {}


@attrs.frozen
class Entry:
    """One member of an archive: its path as it stands there (a directory's without a slash), and `changed` in seconds since 1970."""

    path: str
    kind: str = FILE
    mode: int = 0o644
    content: bytes = b""
    target: str = ""
    changed: int = 0


@attrs.frozen
class Archive:
    """What a tar archive holds, and the notes in front of it (pax global headers)."""

    entries: tuple[Entry, ...]
    notes: Mapping[str, str] = NO_HEADERS


def read(data: bytes) -> Archive | None:
    """A tar archive, compressed or not; None where it is none, or holds something too large."""
    import tarfile

    found: list[Entry] = []
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for member in archive:
                content = b""
                if member.isreg():
                    file = archive.extractfile(member) if member.size <= LARGEST else None
                    if file is None:
                        return None
                    content = file.read()
                found.append(Entry(member.name, _kind(member), member.mode, content, member.linkname, int(member.mtime)))
            return Archive(tuple(found), dict(archive.pax_headers))
    except (tarfile.TarError, EOFError, OSError, ValueError):
        return None


def _kind(member: TarInfo) -> str:
    if member.isdir():
        return DIRECTORY
    if member.issym():
        return LINK
    if member.islnk():
        return HARD
    if member.isfifo():
        return FIFO
    return FILE if member.isreg() else DEVICE


def packed(entries: Iterable[Entry], notes: Mapping[str, str] = NO_HEADERS, compression: str = "") -> bytes:
    """A tar archive of entries, all of them root's; `compression` is "", "gz", "bz2" or "xz"."""
    import tarfile

    types = {
        FILE: tarfile.REGTYPE,
        DIRECTORY: tarfile.DIRTYPE,
        LINK: tarfile.SYMTYPE,
        HARD: tarfile.LNKTYPE,
        FIFO: tarfile.FIFOTYPE,
        DEVICE: tarfile.CHRTYPE,
    }
    out = io.BytesIO()
    form = tarfile.PAX_FORMAT if notes else tarfile.GNU_FORMAT
    with tarfile.open(fileobj=out, mode="w", format=form, pax_headers=dict(notes)) as archive:
        for entry in entries:
            member = tarfile.TarInfo(entry.path)
            member.type, member.mode, member.mtime, member.linkname = types[entry.kind], entry.mode, entry.changed, entry.target
            member.uname = member.gname = "root"
            member.size = len(entry.content)
            archive.addfile(member, io.BytesIO(entry.content))
    return _compressed(out.getvalue(), compression)


def _compressed(data: bytes, how: str) -> bytes:
    if how == "gz":
        import gzip

        return gzip.compress(data, mtime=0)
    if how == "bz2":
        import bz2

        return bz2.compress(data)
    if how == "xz":
        import lzma

        return lzma.compress(data)
    return data
