"""File systems that are worked out, /proc and /sys: what makes them is loaded when somebody looks in for the first time."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs

from netsim.errors import EROFS, NetError
from netsim.machine.fds import OpenFile, RegularFile
from netsim.machine.nodes import Directory, File, Node

if TYPE_CHECKING:
    from netsim.machine.machine import Machine
    from netsim.machine.process import Process


@attrs.define(eq=False)
class Mount(Directory):
    """The root of such a file system; `tree` is what stands for it once it was looked into."""

    machine: Machine | None = None
    tree: Directory | None = None

    def made(self) -> Directory:
        """The tree as it is when the machine starts."""
        raise NotImplementedError

    def looked_into(self) -> Directory:
        """The tree."""
        if self.tree is None:
            self.tree = self.made()
        return self.tree

    def find(self, name: str, process: Process | None) -> Node | None:
        """The entry called so."""
        return self.looked_into().find(name, process)

    def names(self, process: Process | None) -> list[str]:
        """All names in the order readdir gives them."""
        return self.looked_into().names(process)

    def add(self, name: str, node: Node) -> None:
        """A new entry, where the file system takes any."""
        self.looked_into().add(name, node)

    def remove(self, name: str) -> None:
        """Take an entry away, where that can be."""
        self.looked_into().remove(name)


@attrs.define(eq=False)
class Proc(Mount):
    """/proc."""

    def made(self) -> Directory:
        """Processes, settings, and what the machine says about itself."""
        from netsim.machine.procfs import ProcRoot

        assert self.machine is not None
        root = ProcRoot(0o555, machine=self.machine)
        root.own()["version"] = File(0o444, 0, f"Linux version {self.machine.kernel.profile.release} (netsim)\n".encode())
        root.own()["uptime"] = File(0o444, 0, b"0.00 0.00\n")
        return root


@attrs.define(eq=False)
class Sys(Mount):
    """/sys."""

    def made(self) -> Directory:
        """Devices and their attributes."""
        from netsim.machine.sysfs import make_sys

        return make_sys()


def read_only(node: Node, but: tuple[Node, ...] = ()) -> Node:
    """A file or directory as it is seen through a mount that must not be written to, but for what else is mounted in it."""
    if node.is_read_only or isinstance(node, Mount) or any(node is one for one in but):
        return node
    if isinstance(node, Directory):
        return ReadOnlyDirectory(node.mode, node.changed, uid=node.uid, gid=node.gid, tree=node, but=but)
    return ReadOnlyFile(node.mode, node.changed, node.content, uid=node.uid, gid=node.gid, file=node) if isinstance(node, File) else node


@attrs.define(eq=False)
class ReadOnlyDirectory(Mount):
    """A directory whose entries can be read; `but` are those that are mounted over it, which are as they are."""

    is_read_only: ClassVar[bool] = True

    but: tuple[Node, ...] = ()

    def find(self, name: str, process: Process | None) -> Node | None:
        """The entry called so."""
        node = self.looked_into().find(name, process)
        return None if node is None else read_only(node, self.but)

    def add(self, name: str, node: Node) -> None:
        """EROFS."""
        raise NetError(EROFS)

    def remove(self, name: str) -> None:
        """EROFS."""
        raise NetError(EROFS)


@attrs.define(eq=False)
class ReadOnlyFile(File):
    """A file that can be read."""

    is_read_only: ClassVar[bool] = True

    file: File | None = None

    def read(self) -> bytes:
        """What is in it now."""
        return self.file.read() if self.file is not None else self.content

    def write(self, data: bytes) -> None:
        """EROFS."""
        raise NetError(EROFS)

    def truncate(self) -> None:
        """EROFS."""
        raise NetError(EROFS)

    def opened(self, process: Process | None, how: str) -> OpenFile:
        """Open it to read; EROFS."""
        if how != "r":
            raise NetError(EROFS)
        return RegularFile(node=self)
