"""Open files of processes: capture buffers, pipes, regular files."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import attrs

from netsim.errors import EBADF, EPIPE, NetError

if TYPE_CHECKING:
    from netsim.machine.nodes import Node
    from netsim.machine.process import Process


@attrs.define(eq=False)
class OpenFile:
    """Something a descriptor refers to; `users` counts the descriptors."""

    users: int = 1
    pipe: Pipe | None = None
    """What it is an end of."""

    def write(self, data: bytes) -> None:
        """Take bytes; EBADF where nothing can be written."""
        raise NetError(EBADF)

    def read_available(self) -> bytes | None:
        """Bytes that are there, b"" at the end of the file, None when one must wait."""
        raise NetError(EBADF)

    def dup(self) -> OpenFile:
        """One more descriptor refers to it."""
        self.users += 1
        return self

    def close(self) -> None:
        """One descriptor less; the last one closes it."""
        self.users -= 1
        if self.users == 0:
            self.closed()

    def closed(self) -> None:
        """Nobody refers to it any more."""

    def described(self) -> str:
        """What /proc/PID/fd shows for it."""
        return "/dev/null"


@attrs.define(eq=False)
class Null(OpenFile):
    """/dev/null."""

    def write(self, data: bytes) -> None:
        """Swallow."""

    def read_available(self) -> bytes | None:
        """The end of the file."""
        return b""


@attrs.define(eq=False)
class Unread(OpenFile):
    """A descriptor that a program keeps for itself, such as its epoll instance: it only takes a number."""

    name: str = ""

    def described(self) -> str:
        """What /proc/PID/fd shows for it."""
        return self.name


@attrs.define(eq=False)
class Capture(OpenFile):
    """A terminal's stand-in: keeps what is written, and says so once it can keep no more; reading finds the end of the file."""

    chunks: list[bytes] = attrs.field(factory=list)
    limit: int = 64 * 1024 * 1024
    size: int = 0

    def write(self, data: bytes) -> None:
        """Keep the bytes, up to the limit."""
        if self.size > self.limit:
            return
        self.chunks.append(data)
        self.size += len(data)
        if self.size > self.limit:
            self.chunks.append(b"\nnetsim: more than %d bytes of output: the rest is left out\n" % self.limit)

    def read_available(self) -> bytes | None:
        """The end of the file."""
        return b""

    def text(self) -> str:
        """All that was written, as text."""
        if not self.chunks:
            return ""
        return b"".join(self.chunks).decode("utf-8", "surrogateescape")

    def take(self) -> str:
        """What was written since the last `take`."""
        text = self.text()
        self.chunks.clear()
        return text


@attrs.define(eq=False)
class Outlet(OpenFile):
    """A real terminal's stand-in for output: what is written goes on at once to `sink` (its `write(text)`); forks and snapshots lose it."""

    sink: Any = attrs.field(default=None, metadata={"state": "skip"})

    def write(self, data: bytes) -> None:
        """Pass the text on."""
        if self.sink is not None:
            self.sink.write(data.decode("utf-8", "replace"))
            self.sink.flush()

    def read_available(self) -> bytes | None:
        """The end of the file."""
        return b""


@attrs.define(eq=False)
class Pipe:
    """What joins the two ends of a pipe."""

    chunks: deque[bytes] = attrs.field(factory=deque)
    writers: int = 0
    readers: int = 0
    waiting: list[tuple[Process, int]] = attrs.field(factory=list)

    def wake(self) -> None:
        """Tell every process that reads that something changed."""
        for process, fd in self.waiting:
            process.wake_readable(fd)


@attrs.define(eq=False)
class PipeWriter(OpenFile):
    """The end one writes into."""

    pipe: Pipe = attrs.field(factory=Pipe)

    def write(self, data: bytes) -> None:
        """Hand bytes to the reader; EPIPE when nobody reads."""
        if not self.pipe.readers:
            raise NetError(EPIPE)
        if data:
            self.pipe.chunks.append(data)
            self.pipe.wake()

    def closed(self) -> None:
        """The reader sees the end after the last writer."""
        self.pipe.writers -= 1
        if not self.pipe.writers:
            self.pipe.wake()


@attrs.define(eq=False)
class PipeReader(OpenFile):
    """The end one reads from."""

    pipe: Pipe = attrs.field(factory=Pipe)

    def read_available(self) -> bytes | None:
        """All that waits, b"" when every writer is gone."""
        if self.pipe.chunks:
            data = b"".join(self.pipe.chunks)
            self.pipe.chunks.clear()
            return data
        return None if self.pipe.writers else b""

    def closed(self) -> None:
        """Writers get EPIPE from now on."""
        self.pipe.readers -= 1


def make_pipe() -> tuple[PipeReader, PipeWriter]:
    """The two ends of a new pipe."""
    pipe = Pipe(writers=1, readers=1)
    return PipeReader(pipe=pipe), PipeWriter(pipe=pipe)


@attrs.define(eq=False)
class RegularFile(OpenFile):
    """A file of the machine's file system, with a place in it; `append` writes at the end always."""

    node: Node = attrs.field(default=None)
    position: int = 0
    append: bool = False

    def write(self, data: bytes) -> None:
        """Write at the place (or the end)."""
        content = self.node.read()
        at = len(content) if self.append else self.position
        self.node.write(content[:at].ljust(at, b"\0") + data + content[at + len(data) :])
        self.position = at + len(data)

    def read_available(self) -> bytes | None:
        """All from the place to the end."""
        data = self.node.read()[self.position :]
        self.position += len(data)
        return data


@attrs.define(eq=False)
class Attribute(OpenFile):
    """A virtual file whose every write is one setting, as below /proc/sys and /sys."""

    node: Node = attrs.field(default=None)
    position: int = 0

    def write(self, data: bytes) -> None:
        """Set it."""
        self.node.write(data)

    def read_available(self) -> bytes | None:
        """The value from the place read so far."""
        data = self.node.read()[self.position :]
        self.position += len(data)
        return data
