"""/proc as this machine shows it: processes and their namespaces, /proc/net and /proc/sys."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

import attrs

from netsim.errors import EACCES, ENOENT, EROFS, NetError
from netsim.kernel import sysctl
from netsim.kernel.core.netns import Netns
from netsim.machine import procnet_vlan
from netsim.machine.bonding import bonds_of, proc_text
from netsim.machine.credentials import credentials_text
from netsim.machine.fds import Attribute, OpenFile, RegularFile
from netsim.machine.nodes import Directory, File, Node, Stream, Symlink
from netsim.machine.procnet import LISTINGS
from netsim.machine.procnet_ipvs import LISTINGS as IPVS_LISTINGS
from netsim.machine.procnet_recent import lists_of, recent_command, recent_text
from netsim.machine.user import WRITE, demand, user_of

if TYPE_CHECKING:
    from netsim.machine.machine import Machine
    from netsim.machine.process import Process

NAMESPACE_KINDS = {
    "cgroup": "cgroup:[4026531835]",
    "ipc": "ipc:[4026531839]",
    "mnt": "mnt:[4026531841]",
    "pid": "pid:[4026531836]",
    "pid_for_children": "pid:[4026531836]",
    "time": "time:[4026531834]",
    "time_for_children": "time:[4026531834]",
    "user": "user:[4026531837]",
    "uts": "uts:[4026531838]",
}
"""Namespaces that every process of a machine shares: what the links in /proc/PID/ns say."""
OWN_FILES = ("cmdline", "comm", "status", "environ")


@attrs.define(eq=False)
class Text(Node):
    """A file whose content is worked out when it is read."""

    decides: ClassVar[bool] = True

    content: bytes = b""

    def read(self) -> bytes:
        """The text."""
        return self.content

    def write(self, data: bytes) -> None:
        """EACCES."""
        raise NetError(EACCES)

    def truncate(self) -> None:
        """EACCES."""
        raise NetError(EACCES)

    def opened(self, process: Process | None, how: str) -> OpenFile:
        """For reading only; EACCES."""
        if how != "r":
            raise NetError(EACCES)
        return RegularFile(node=self)


@attrs.define(eq=False)
class SysctlFile(Node):
    """A setting below /proc/sys."""

    decides: ClassVar[bool] = True

    netns: Netns | None = None
    name: str = ""

    def read(self) -> bytes:
        """The value and a newline."""
        assert self.netns is not None
        return sysctl.read(self.netns, self.name).encode() + b"\n"

    def write(self, data: bytes) -> None:
        """Set it; EINVAL for what it cannot be."""
        assert self.netns is not None
        sysctl.write(self.netns, self.name, data.decode(errors="replace").strip())

    def opened(self, process: Process | None, how: str) -> OpenFile:
        """Reads give the value, each write sets it; EROFS in a container, where it is mounted read-only, EACCES for what only the kernel sets."""
        if how != "r" and process is not None and process.jail is not None and process.jail.read_only_sys:
            raise NetError(EROFS)
        if how != "r" and process is not None and process.user is not None:
            demand(process, self, WRITE)
        if how != "r" and self.netns is not None and sysctl.is_read_only(self.netns, self.name):
            raise NetError(EACCES)
        return Attribute(node=self)


@attrs.define(eq=False)
class Virtual(Directory):
    """A directory whose entries are worked out: nothing can be made in it or taken from it."""

    def add(self, name: str, node: Node) -> None:
        """ENOENT."""
        raise NetError(ENOENT)


@attrs.define(eq=False)
class SysctlDirectory(Virtual):
    """A directory below /proc/sys; `prefix` are the parts of the name so far."""

    prefix: tuple[str, ...] = ()

    def find(self, name: str, process: Process | None) -> Node | None:
        """The setting or directory, as the asking process's namespace has it."""
        if process is None:
            return None
        parts = (*self.prefix, name)
        if sysctl.is_setting(process.netns, parts):
            return SysctlFile(0o644, 0, process.netns, "/".join(parts))
        if any(known[: len(parts)] == parts for known in sysctl.parts(process.netns)):
            return SysctlDirectory(0o555, 0, {}, parts)
        return None

    def names(self, process: Process | None) -> list[str]:
        """What is below."""
        if process is None:
            return []
        depth = len(self.prefix)
        return list(dict.fromkeys(known[depth] for known in sysctl.parts(process.netns) if known[:depth] == self.prefix and len(known) > depth))


@attrs.define(eq=False)
class ProcRoot(Virtual):
    """/proc."""

    machine: Machine | None = None

    def find(self, name: str, process: Process | None) -> Node | None:
        """A process by its pid, `self`, `net`, `sys` or one of the machine's files."""
        assert self.machine is not None
        if name == "self":
            return Symlink(0o777, 0, str(process.inner_pid() if process is not None else 1))
        if name == "net":
            return Symlink(0o777, 0, "self/net")
        if name == "sys":
            return SysctlDirectory(0o555)
        if name.isdigit():
            found = self._seen(process).get(int(name))
            return None if found is None else ProcessDirectory(0o555, 0, {}, found)
        return self.entries.get(name)

    def names(self, process: Process | None) -> list[str]:
        """All processes and files."""
        assert self.machine is not None
        return [*(str(pid) for pid in sorted(self._seen(process))), "net", "self", "sys", *self.entries]

    def _seen(self, process: Process | None) -> dict[int, Process]:
        assert self.machine is not None
        return self.machine.processes if process is None or process.jail is None else process.seen()


@attrs.define(eq=False)
class ProcessDirectory(Virtual):
    """/proc/PID."""

    subject: Process | None = None

    def find(self, name: str, process: Process | None) -> Node | None:
        """One of the process's files."""
        subject = self.subject
        assert subject is not None
        if name == "ns":
            return NamespaceDirectory(0o555, 0, {}, subject)
        if name == "net":
            return NetDirectory(0o555, 0, {}, subject.netns)
        if name == "comm":
            return Text(0o644, 0, subject.comm.encode() + b"\n")
        if name == "cmdline":
            return Text(0o444, 0, b"".join(word.encode() + b"\0" for word in subject.argv))
        if name == "environ":
            return Text(0o400, 0, b"".join(f"{key}={value}".encode() + b"\0" for key, value in subject.env.items()), uid=user_of(subject).uid)
        if name == "status":
            pid, parent = subject.pid, subject.parent.pid if subject.parent else 0
            if process is not None and process.jail is not None:
                pid, parent = subject.inner_pid(), subject.parent.inner_pid() if subject.parent and subject.parent.jail is subject.jail else 0
            return Text(0o444, 0, f"Name:\t{subject.comm}\nState:\tS (sleeping)\nPid:\t{pid}\nPPid:\t{parent}\n{credentials_text(subject)}".encode())
        if name == "cwd":
            return Symlink(0o777, 0, subject.cwd)
        if name == "fd":
            return DescriptorDirectory(0o500, 0, {}, subject)
        return None

    def names(self, process: Process | None) -> list[str]:
        """The files modelled."""
        return [*OWN_FILES, "cwd", "fd", "net", "ns"]


@attrs.define(eq=False)
class DescriptorDirectory(Virtual):
    """/proc/PID/fd."""

    subject: Process | None = None

    def find(self, name: str, process: Process | None) -> Node | None:
        """A link to what a descriptor refers to."""
        assert self.subject is not None
        if not name.isdigit() or int(name) not in self.subject.fds:
            return None
        opened = self.subject.fds[int(name)]
        return Symlink(0o777, 0, opened.described(), Stream(0o600, 0, int(name)))

    def names(self, process: Process | None) -> list[str]:
        """The open descriptors."""
        assert self.subject is not None
        return [str(fd) for fd in sorted(self.subject.fds)]


@attrs.define(eq=False)
class NamespaceDirectory(Virtual):
    """/proc/PID/ns."""

    subject: Process | None = None

    def find(self, name: str, process: Process | None) -> Node | None:
        """The link that names a namespace and leads into it."""
        subject = self.subject
        assert subject is not None
        if name == "net":
            return Symlink(0o777, 0, f"net:[{subject.netns.inode}]", File(0o444, 0, b"", subject.netns))
        if name not in NAMESPACE_KINDS:
            return None
        kind = name.removesuffix("_for_children")
        own = subject.jail.inodes.get(kind) if subject.jail is not None else None
        return Symlink(0o777, 0, NAMESPACE_KINDS[name] if own is None else f"{kind}:[{own}]", Text(0o444))

    def names(self, process: Process | None) -> list[str]:
        """The kinds of namespace."""
        return sorted([*NAMESPACE_KINDS, "net"])


@attrs.define(eq=False)
class NetDirectory(Virtual):
    """/proc/net of one namespace."""

    netns: Netns | None = None

    def find(self, name: str, process: Process | None) -> Node | None:
        """One of the kernel's listings; those that are not modelled read as absent, never as empty."""
        assert self.netns is not None
        if name == "bonding" and "bonding" in self.netns.kernel.loaded_modules:
            return BondingDirectory(0o555, 0, {}, self.netns)
        if name == "vlan" and procnet_vlan.is_there(self.netns):
            return VlanDirectory(0o555, 0, {}, self.netns)
        if name == "xt_recent" and self.netns.netfilter is not None:
            return RecentDirectory(0o555, 0, {}, self.netns)
        listing = self._listings().get(name)
        return None if listing is None else Text(0o444, 0, listing(self.netns).encode())

    def _listings(self) -> dict[str, Callable[[Netns], str]]:
        assert self.netns is not None
        return LISTINGS | IPVS_LISTINGS if "ip_vs" in self.netns.kernel.loaded_modules else LISTINGS

    def names(self, process: Process | None) -> list[str]:
        """The listings modelled."""
        assert self.netns is not None
        more = ["xt_recent"] if lists_of(self.netns) else []
        more += ["bonding"] if "bonding" in self.netns.kernel.loaded_modules else []
        more += ["vlan"] if procnet_vlan.is_there(self.netns) else []
        return sorted([*self._listings(), *more])


@attrs.define(eq=False)
class RecentDirectory(Virtual):
    """/proc/net/xt_recent of one namespace: a file for each list that rules name."""

    netns: Netns | None = None

    def find(self, name: str, process: Process | None) -> Node | None:
        """A list by name."""
        assert self.netns is not None
        return RecentFile(0o644, 0, self.netns, name) if name in lists_of(self.netns) else None

    def names(self, process: Process | None) -> list[str]:
        """The lists."""
        assert self.netns is not None
        return lists_of(self.netns)


@attrs.define(eq=False)
class RecentFile(Node):
    """One list of `-m recent`."""

    decides: ClassVar[bool] = True

    netns: Netns | None = None
    name: str = ""

    @property
    def content(self) -> bytes:
        """Its addresses."""
        assert self.netns is not None
        return recent_text(self.netns, self.name).encode()

    def read(self) -> bytes:
        """Its addresses."""
        return self.content

    def write(self, data: bytes) -> None:
        """Add, remove or forget addresses; EINVAL."""
        assert self.netns is not None
        recent_command(self.netns, self.name, data.decode(errors="replace"))

    def opened(self, process: Process | None, how: str) -> OpenFile:
        """Every write is one command."""
        return Attribute(node=self)


@attrs.define(eq=False)
class BondingDirectory(Virtual):
    """/proc/net/bonding of one namespace: a file for each bond."""

    netns: Netns | None = None

    def find(self, name: str, process: Process | None) -> Node | None:
        """What there is to tell of a bond."""
        assert self.netns is not None
        bond = bonds_of(self.netns).get(name)
        return None if bond is None else Text(0o444, 0, proc_text(bond).encode())

    def names(self, process: Process | None) -> list[str]:
        """The bonds."""
        assert self.netns is not None
        return sorted(bonds_of(self.netns))


@attrs.define(eq=False)
class VlanDirectory(Virtual):
    """/proc/net/vlan of one namespace."""

    netns: Netns | None = None

    def find(self, name: str, process: Process | None) -> Node | None:
        """The list, or one device's file."""
        assert self.netns is not None
        if name == "config":
            return Text(0o600, 0, procnet_vlan.config_text(self.netns).encode())
        dev = procnet_vlan.vlans_of(self.netns).get(name)
        return None if dev is None else Text(0o600, 0, procnet_vlan.device_text(dev).encode())

    def names(self, process: Process | None) -> list[str]:
        """The list, and the devices."""
        assert self.netns is not None
        return sorted(["config", *procnet_vlan.vlans_of(self.netns)])
