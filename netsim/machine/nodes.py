"""What stands in a file system: files, directories, links, devices (`struct inode`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from netsim.errors import EBADF, EEXIST, EINVAL, EISDIR, ENAMETOOLONG, EPERM, NetError
from netsim.machine.fds import Null, OpenFile, RegularFile
from netsim.state.late import Late

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns
    from netsim.machine.call import Enough
    from netsim.machine.process import Process

NAME_MAX = 255


@attrs.define(eq=False)
class Node(Late):
    """Anything with a name; `mode` are the permission bits, `changed` is ns of virtual time."""

    is_read_only: ClassVar[bool] = False
    """Whether it is seen through a mount that must not be written to."""

    decides: ClassVar[bool] = False
    """Whether it sees itself to who may open it for writing."""

    mode: int = 0o644
    changed: int = 0
    uid: int = attrs.field(default=0, kw_only=True)
    gid: int = attrs.field(default=0, kw_only=True)

    def read(self) -> bytes:
        """The content; EISDIR, EINVAL, EACCES where there is none to read."""
        raise NetError(EINVAL)

    def write(self, data: bytes) -> None:
        """Replace the content."""
        raise NetError(EINVAL)

    def truncate(self) -> None:
        """Drop the content before it is written anew (O_TRUNC)."""

    def read_by(self, process: Process | None, enough: Enough | None) -> bytes:
        """What a process reads of it: to the end, or (what never ends by itself) enough."""
        return self.read()

    def write_by(self, process: Process | None, data: bytes) -> None:
        """What a process writes into it."""
        self.write(data)

    def opened(self, process: Process | None, how: str) -> OpenFile:
        """Open it ("r", "w", "a" at the end); EISDIR, EACCES, EPERM."""
        if how == "r":
            self.read()
            return RegularFile(node=self)
        if how == "w":
            self.truncate()
        return RegularFile(node=self, append=how == "a")


@attrs.define(eq=False)
class File(Node):
    """A regular file; `bound` is the namespace mounted over it, if one is (`mount --bind`)."""

    content: bytes = b""
    bound: Netns | None = None

    def read(self) -> bytes:
        """The bytes; a bound namespace cannot be read."""
        if self.bound is not None:
            raise NetError(EINVAL)
        return self.content

    def write(self, data: bytes) -> None:
        """Replace the bytes."""
        if self.bound is not None:
            raise NetError(EINVAL)
        self.content = data

    def truncate(self) -> None:
        """Empty it; a bound namespace cannot be opened for writing."""
        if self.bound is not None:
            raise NetError(EPERM)
        self.content = b""


@attrs.define(eq=False)
class Device(Node):
    """A character device that swallows: /dev/null and its like."""

    def read(self) -> bytes:
        """Nothing."""
        return b""

    def write(self, data: bytes) -> None:
        """Swallow."""

    def opened(self, process: Process | None, how: str) -> OpenFile:
        """Nothing to read, and a place to throw things."""
        return Null()


@attrs.define(eq=False)
class Stream(Node):
    """A descriptor of the asking process by name: /dev/stdin, /dev/stdout, /dev/stderr, /dev/fd/N."""

    decides: ClassVar[bool] = True

    fd: int = 0

    def read_by(self, process: Process | None, enough: Enough | None) -> bytes:
        """What is there to read."""
        return self.opened(process, "r").read_available() or b""

    def opened(self, process: Process | None, how: str) -> OpenFile:
        """The same open file once more."""
        known = process.fds.get(self.fd) if process is not None else None
        if known is None:
            raise NetError(EBADF)
        return known.dup()


@attrs.define(eq=False)
class Symlink(Node):
    """A symbolic link; `magic` is what it leads to without a look-up (/proc/PID/ns/net)."""

    target: str = ""
    magic: Node | None = None


class NoEntries(Mapping[str, "Node"]):
    """What is in an empty directory: most of a container's stay so."""

    __slots__ = ()

    def __getitem__(self, name: str) -> Node:
        raise KeyError(name)

    def get(self, name: str, default: Any = None) -> Any:
        """Nothing is here."""
        return default

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


NO_ENTRIES = NoEntries()


@attrs.define(eq=False)
class Directory(Node):
    """A directory of tmpfs; listings show the newest entry first, as tmpfs does."""

    entries: Mapping[str, Node] = NO_ENTRIES
    """What is in it; to be written to by `own`."""

    def own(self) -> dict[str, Node]:
        """Its entries, to be changed: empty directories share theirs."""
        known: Any = self.entries
        if type(known) is NoEntries:
            known = self.entries = {}
        return known  # type: ignore[no-any-return]

    def find(self, name: str, process: Process | None) -> Node | None:
        """The entry called so."""
        return self.entries.get(name)

    def names(self, process: Process | None) -> list[str]:
        """All names in the order readdir gives them."""
        return list(self.entries)[::-1]

    def add(self, name: str, node: Node) -> None:
        """A new entry; EEXIST, ENAMETOOLONG, EINVAL."""
        if name in self.entries:
            raise NetError(EEXIST)
        if len(name.encode("utf-8", "surrogateescape")) > NAME_MAX:
            raise NetError(ENAMETOOLONG)
        if "\0" in name:
            raise NetError(EINVAL)
        self.own()[name] = node

    def remove(self, name: str) -> None:
        """Take an entry away; EPERM where entries are not kept but worked out."""
        if name not in self.entries:
            raise NetError(EPERM)
        del self.own()[name]

    def read(self) -> bytes:
        """EISDIR."""
        raise NetError(EISDIR)

    def write(self, data: bytes) -> None:
        """EISDIR."""
        raise NetError(EISDIR)


@attrs.define(eq=False)
class Binary(File):
    """One of the tools, found where its package puts it; nothing is kept for it in the tree."""

    tool: str = ""
