"""The machine's file system: how paths lead to files in memory, bound namespaces, and the virtual trees below /proc and /sys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from netsim.errors import EACCES, EBUSY, EEXIST, EINVAL, EISDIR, ELOOP, ENOENT, ENOTDIR, ENOTEMPTY, EPERM, EROFS, NetError
from netsim.machine.binaries import ELF, places_of
from netsim.machine.fds import OpenFile
from netsim.machine.nodes import Binary, Device, Directory, File, Node, Stream, Symlink
from netsim.machine.user import READ, SEARCH, WRITE, demand, demand_entry, may, owned, user_of

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns
    from netsim.machine.call import Enough
    from netsim.machine.process import Process

MOST_LINKS = 40
SPECIAL = ("", ".", "..")
NOWHERE = None, None, ""


def _seen(process: Process, path: str) -> str:
    """The path of what a process sees at a path, where entries of /etc are mounted over."""
    parts: list[str] = []
    for part in (path if path[:1] == "/" else f"{process.cwd}/{path}").split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in SPECIAL:
            parts.append(part)
    over = (process.etc or {}).get(parts[1]) if parts[:1] == ["etc"] and len(parts) > 1 else None
    return path if over is None else "/".join([over, *parts[2:]])


def _below(here: Any, names: tuple[str, ...]) -> Directory | None:
    """The directory that is reached by directories of these names alone."""
    for name in names:
        here = here.entries.get(name)
        if type(here) is not Directory:
            return None
    return here  # type: ignore[no-any-return]


def masked(process: Process | None) -> int:
    """Permission bits that what a process makes does not get (`umask(2)`)."""
    return process.umask if process is not None else 0o022


@attrs.define(eq=False)
class Files:
    """The tree, with the look-ups every program uses. Paths are resolved from `process`'s working directory."""

    root: Directory = attrs.field(factory=Directory)

    def resolve(self, process: Process | None, path: str, *, follow: bool = True) -> Node:
        """The node a path leads to; ENOENT, ENOTDIR, ELOOP."""
        node, here, name = self._straight(process, path) or self._walk(process, path, follow=follow)
        node = node if here is None else node or self._tool(process, here, name)
        if node is None:
            raise NetError(ENOENT)
        return node

    def lacks(self, process: Process, path: str) -> bool:
        """Whether nothing is at an absolute path, as far as that shows without following links."""
        here: Any = self.root if process.jail is None else process.jail.root
        for name in path.split("/") if path[:1] == "/" else ():
            if name and type(here) is Directory:
                if name in SPECIAL:
                    return False
                here = here.entries.get(name)
                if here is None:
                    return True
        return False

    def plain(self, *names: str) -> Directory | None:
        """The directory below the root that is reached by directories of these names alone, None where they do not lead to one."""
        return _below(self.root, names)

    def _straight(self, process: Process | None, path: str) -> tuple[Node | None, Directory | None, str] | None:
        """`_walk` where an absolute path leads through plain directories, links to such by their whole path, and not to a link; None: it does not.

        Where a directory on the way is missing there is neither a node nor a directory: cheaper than an error, and often asked for.
        """
        if process is not None and (process.etc or process.user is not None):
            if process.user is not None:
                return None  # who needs permission to pass goes step by step
            path = _seen(process, path)
        parts = path.split("/")
        name = parts[-1]
        if name in SPECIAL or parts[0] or len(parts) < 2:
            return None
        root: Any = self.root if process is None or process.jail is None else process.jail.root
        if type(root) is not Directory:
            return None
        here: Any = root
        way = iter(parts[1:-1])
        for part in way:
            here = here.entries.get(part)
            if type(here) is not Directory:
                if here is None and part not in SPECIAL:
                    return NOWHERE
                if type(here) is not Symlink or here.magic is not None or here.target[:1] != "/":
                    return None
                here = _below(root, (*here.target.split("/")[1:], *way))
                if here is None:
                    return None
        node = here.entries.get(name)
        return None if type(node) is Symlink else (node, here, name)

    def _walk(self, process: Process | None, path: str, *, follow: bool) -> tuple[Node | None, Directory, str]:
        """The node (None when only the last part is missing), its directory and its name there."""
        if not path:
            raise NetError(ENOENT)
        if process is not None and process.etc:
            path = _seen(process, path)
        if path[0] != "/":
            path = f"{process.cwd if process is not None else '/'}/{path}"
        waiting = [part for part in path.split("/") if part and part != "."]
        trail: list[tuple[Directory, str]] = []
        root = self.root if process is None or process.jail is None else process.jail.root
        here: Directory = root
        node: Node | None = root
        name, links = "/", 0
        guarded = process is not None and process.user is not None
        while waiting:
            name = waiting.pop(0)
            if not isinstance(node, Directory):
                raise NetError(ENOTDIR if node is not None else ENOENT)
            here = node
            if guarded and not may(process, here, SEARCH):  # type: ignore[arg-type]
                raise NetError(EACCES)
            if name == "..":
                node = trail.pop()[0] if trail else root
                continue
            node = here.find(name, process)
            trail.append((here, name))
            if isinstance(node, Symlink) and (waiting or follow):
                links += 1
                if links > MOST_LINKS:
                    raise NetError(ELOOP)
                if node.magic is not None:
                    node = node.magic
                    continue
                trail.pop()
                waiting = [part for part in node.target.split("/") if part and part != "."] + waiting
                if node.target.startswith("/"):
                    trail, node = [], root
                else:
                    node = here
            elif node is None and waiting:
                raise NetError(ENOENT)
        return node, here, name

    def stat(self, process: Process | None, path: str) -> Node | None:
        """The node, or None where nothing is (links followed)."""
        try:
            node, here, name = self._straight(process, path) or self._walk(process, path, follow=True)
        except NetError:
            return None
        return node if here is None else node or self._tool(process, here, name)

    def lstat(self, process: Process | None, path: str) -> Node | None:
        """The node itself, links not followed, or None."""
        try:
            node, here, name = self._straight(process, path) or self._walk(process, path, follow=False)
        except NetError:
            return None
        return node if here is None else node or self._tool(process, here, name)

    def _tool(self, process: Process | None, here: Directory, name: str) -> Binary | None:
        """The tool of that name whose package puts it into a directory where no such entry is, None where there is none."""
        if process is None or name in SPECIAL or process.machine.tool(process, name) is None:
            return None
        root = self.root if process.jail is None else process.jail.root
        usr = root.entries.get("usr")
        for top, below in (usr, "/usr/"), (root, "/"):
            if isinstance(top, Directory):
                for last in ("sbin", "bin"):
                    if top.entries.get(last) is here:
                        return Binary(0o755, content=ELF, tool=name) if below + last in places_of(process, name) else None
        return None

    def listdir(self, process: Process | None, path: str) -> list[str]:
        """The names in a directory; ENOENT, ENOTDIR."""
        node = self.resolve(process, path)
        if not isinstance(node, Directory):
            raise NetError(ENOTDIR)
        if process is not None and process.user is not None:
            demand(process, node, READ)
        return node.names(process)

    def read(self, process: Process | None, path: str, enough: Enough | None = None) -> bytes:
        """The content of a file; of a descriptor by name, what is there to read; of a named pipe, all to its end or until there is enough."""
        node = self.resolve(process, path)
        if process is not None and process.user is not None and not isinstance(node, Directory):
            demand(process, node, READ)
        return node.read_by(process, enough)

    def text(self, process: Process | None, path: str) -> str:
        """A file's text, or "" when it cannot be read."""
        node = self.stat(process, path)
        try:
            if process is not None and process.user is not None and node is not None:
                demand(process, node, READ)
            return "" if node is None else node.read_by(process, None).decode("utf-8", "replace")
        except NetError:
            return ""

    def open_for_writing(self, process: Process | None, path: str, *, truncate: bool, exclusive: bool = False) -> Node:
        """The file to write to, made when it is missing; EISDIR, EEXIST, ENOENT."""
        node, here, name = self._straight(process, path) or self._walk(process, path, follow=True)
        if here is None:
            raise NetError(ENOENT)
        if node is None:
            self._enter(process, here)
            node = owned(process, File(0o666 & ~masked(process), self.now(process)))
            here.add(name, node)
            return node
        if exclusive:
            raise NetError(EEXIST)
        if isinstance(node, Directory):
            raise NetError(EISDIR)
        if process is not None and process.jail is not None and not node.decides:
            demand(process, node, WRITE)
        if truncate:
            node.truncate()
        return node

    def _enter(self, process: Process | None, here: Directory, node: Node | None = None) -> None:
        """Make an entry in a directory or take one away, where the process may."""
        if process is not None and process.user is not None:
            demand_entry(process, here, node)

    def mount(self, process: Process | None, path: str, netns: Netns) -> None:
        """A new file that a namespace is mounted over (`mount --bind`); EEXIST, ENOENT."""
        node, here, name = self._walk(process, path, follow=False)
        if node is not None:
            raise NetError(EEXIST)
        here.add(name, File(0o444, self.now(process), bound=netns))

    def open(self, process: Process | None, path: str, how: str) -> OpenFile:
        """Open a file: "r", "w" (made or emptied), "x" (must be new), "a" (made, written at the end), "r+" (made, kept)."""
        if how == "r":
            found = self.resolve(process, path)
            if process is not None and process.user is not None and not isinstance(found, Stream):
                demand(process, found, READ)
            return found.opened(process, "r")
        node = self.open_for_writing(process, path, truncate=False, exclusive=how == "x")
        if how == "r+" and not isinstance(node, File | Device | Stream):
            return node.opened(process, "r+")
        return node.opened(process, {"x": "w", "r+": "r"}.get(how, how))

    def write(self, process: Process | None, path: str, data: bytes) -> None:
        """Replace a file's content, making it when it is missing."""
        self.open_for_writing(process, path, truncate=True).write_by(process, data)

    def mkdir(self, process: Process | None, path: str) -> None:
        """Make a directory; EEXIST, ENOENT."""
        node, here, name = self._walk(process, path, follow=True)
        if node is not None:
            raise NetError(EEXIST)
        self._enter(process, here)
        here.add(name, owned(process, Directory(0o777 & ~masked(process), self.now(process))))

    def mknod(self, process: Process | None, path: str, node: Node) -> None:
        """A new entry for a node that was made already, such as a named pipe; EEXIST, ENOENT."""
        known, here, name = self._walk(process, path, follow=False)
        if known is not None:
            raise NetError(EEXIST)
        self._enter(process, here)
        here.add(name, owned(process, node))

    def makedirs(self, process: Process | None, path: str) -> None:
        """Make a directory and those above it; those that exist stay."""
        if isinstance(self.stat(process, path), Directory):
            return
        parts = [part for part in path.split("/") if part]
        prefix = "" if not path.startswith("/") else "/"
        for count in range(1, len(parts) + 1):
            sofar = prefix + "/".join(parts[:count])
            if not isinstance(self.stat(process, sofar), Directory):
                self.mkdir(process, sofar)

    def symlink(self, process: Process | None, target: str, path: str) -> None:
        """Make a symbolic link; EEXIST."""
        node, here, name = self._walk(process, path, follow=False)
        if node is not None:
            raise NetError(EEXIST)
        self._enter(process, here)
        here.add(name, owned(process, Symlink(0o777, self.now(process), target)))

    def readlink(self, process: Process | None, path: str) -> str:
        """Where a link leads; EINVAL when it is none."""
        node = self.resolve(process, path, follow=False)
        if not isinstance(node, Symlink):
            raise NetError(EINVAL)
        return node.target

    def unlink(self, process: Process | None, path: str) -> None:
        """Remove a file or link; EISDIR, ENOENT, EBUSY for a mount point."""
        node, here, name = self._straight(process, path) or self._walk(process, path, follow=False)
        if node is None or here is None:
            raise NetError(ENOENT)
        if isinstance(node, Directory):
            raise NetError(EISDIR)
        if isinstance(node, File) and node.bound is not None:
            raise NetError(EBUSY)
        self._enter(process, here, node)
        here.remove(name)

    def rmdir(self, process: Process | None, path: str) -> None:
        """Remove an empty directory; ENOTDIR, ENOTEMPTY."""
        node, here, name = self._walk(process, path, follow=False)
        if node is None:
            raise NetError(ENOENT)
        if not isinstance(node, Directory):
            raise NetError(ENOTDIR)
        self._enter(process, here, node)
        if node.names(process):
            raise NetError(ENOTEMPTY)
        here.remove(name)

    def rename(self, process: Process | None, old: str, new: str) -> None:
        """Give a file another name or place, replacing what is there."""
        node, here, name = self._walk(process, old, follow=False)
        if node is None:
            raise NetError(ENOENT)
        there_node, there, there_name = self._walk(process, new, follow=False)
        if isinstance(there_node, Directory):
            there, there_name = there_node, name
        if isinstance(node, File) and node.bound is not None:
            raise NetError(EBUSY)
        self._enter(process, here, node)
        self._enter(process, there, there.find(there_name, process))
        here.remove(name)
        there.own().pop(there_name, None)
        there.add(there_name, node)

    def chown(self, process: Process | None, path: str, uid: int, gid: int) -> None:
        """Give a file to another user and group (-1: as it is); ENOENT, EROFS, EPERM without CAP_CHOWN."""
        node = self.resolve(process, path)
        if node.is_read_only:
            raise NetError(EROFS)
        if process is not None and not process.capable("CHOWN") and not (uid in (-1, node.uid) and node.uid == user_of(process).uid):
            raise NetError(EPERM)
        node.uid, node.gid = node.uid if uid < 0 else uid, node.gid if gid < 0 else gid

    def now(self, process: Process | None) -> int:
        """Virtual time for a new node."""
        return process.machine.kernel.clock.now if process is not None else 0
