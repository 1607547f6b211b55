"""Files of a machine as members of an archive, and back (tar, `docker cp -`, `docker export`)."""

from __future__ import annotations

import posixpath

from netsim.archive import DIRECTORY, FIFO, FILE, HARD, LINK, Archive, Entry
from netsim.clock import SECOND
from netsim.errors import EEXIST, EISDIR, NetError
from netsim.machine.fifo import Fifo
from netsim.machine.files import Files
from netsim.machine.nodes import Directory, File, Node, Symlink
from netsim.machine.process import Process


def entry_of(path: str, node: Node, begun: int) -> Entry | None:
    """One node as a member of an archive; None for what no archive holds."""
    changed = begun + node.changed // SECOND
    if isinstance(node, Directory):
        return Entry(path, DIRECTORY, node.mode, changed=changed)
    if isinstance(node, Symlink):
        return Entry(path, LINK, 0o777, target=node.target, changed=changed)
    if isinstance(node, Fifo):
        return Entry(path, FIFO, node.mode, changed=changed)
    return Entry(path, FILE, node.mode, node.read(), changed=changed) if isinstance(node, File) and node.bound is None else None


def unpack(files: Files, process: Process | None, below: str, archive: Archive) -> None:
    """Every member at its place below a directory; NetError where a directory is in the way of a file."""
    for entry in archive.entries:
        place(files, process, posixpath.join(below, entry.path), entry, below)


def place(files: Files, process: Process | None, path: str, entry: Entry, below: str) -> None:
    """One member, with the directories above it; what was there is replaced, a directory stays."""
    known = files.lstat(process, path)
    if entry.kind == DIRECTORY:
        if not isinstance(known, Directory):
            files.makedirs(process, path)
        node = files.resolve(process, path)
        node.mode = entry.mode
        return
    if isinstance(known, Directory):
        raise NetError(EISDIR)
    files.makedirs(process, posixpath.dirname(path))
    if entry.kind == LINK:
        if known is not None:
            files.unlink(process, path)
        files.symlink(process, entry.target, path)
    elif entry.kind == HARD:
        files.write(process, path, files.read(process, posixpath.join(below, entry.target)))
    elif entry.kind == FIFO:
        if known is not None:
            raise NetError(EEXIST)
        files.mknod(process, path, Fifo(entry.mode))
    else:
        files.write(process, path, entry.content)
        node = files.resolve(process, path)
        node.mode = entry.mode
