"""What a container's processes see instead of the machine: their own root directory, name, tools and capabilities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs

from netsim.machine.nodes import Directory

if TYPE_CHECKING:
    from netsim.machine.process import Process

DOCKER_CAPABILITIES = frozenset(
    [
        "CHOWN",
        "DAC_OVERRIDE",
        "FSETID",
        "FOWNER",
        "MKNOD",
        "NET_RAW",
        "SETGID",
        "SETUID",
        "SETFCAP",
        "SETPCAP",
        "NET_BIND_SERVICE",
        "SYS_CHROOT",
        "KILL",
        "AUDIT_WRITE",
    ]
)
"""What a container may do unless told otherwise (Docker's default list)."""
CAPABILITIES = DOCKER_CAPABILITIES | frozenset(
    [
        "DAC_READ_SEARCH",
        "LINUX_IMMUTABLE",
        "NET_BROADCAST",
        "NET_ADMIN",
        "IPC_LOCK",
        "IPC_OWNER",
        "SYS_MODULE",
        "SYS_RAWIO",
        "SYS_PTRACE",
        "SYS_PACCT",
        "SYS_ADMIN",
        "SYS_BOOT",
        "SYS_NICE",
        "SYS_RESOURCE",
        "SYS_TIME",
        "SYS_TTY_CONFIG",
        "LEASE",
        "AUDIT_CONTROL",
        "MAC_OVERRIDE",
        "MAC_ADMIN",
        "SYSLOG",
        "WAKE_ALARM",
        "BLOCK_SUSPEND",
        "AUDIT_READ",
        "PERFMON",
        "BPF",
        "CHECKPOINT_RESTORE",
    ]
)
"""All there are (capabilities(7))."""


@attrs.define(eq=False)
class Jail:
    """Mount, UTS and PID namespaces of a container, and what its processes may do (namespaces(7), capabilities(7))."""

    root: Directory
    """What its processes see."""
    hostname: str
    tools: Mapping[str, str] = attrs.field(factory=dict)
    """Command names of its image -> `module:function`."""
    capabilities: frozenset[str] | None = DOCKER_CAPABILITIES
    """None: all of them (--privileged)."""
    pids: dict[int, int] | None = attrs.field(factory=dict)
    """The machine's process ids -> those inside; None: the machine's own PID namespace."""
    last_pid: int = 0
    inodes: dict[str, int] = attrs.field(factory=dict)
    """Kind of a namespace of its own ("mnt", "uts", "ipc", "pid") -> its inode."""
    read_only_sys: int = 1
    """Whether /proc/sys and /sys are mounted read-only (1) or writable (0)."""
    installed: dict[str, str] = attrs.field(factory=dict)
    """Like `tools`, of what was installed in its root since."""
    layer: Directory | None = None
    """The root as it is stored, where `root` is a read-only view of it."""
    no_new_privileges: int = 0
    limits: Mapping[str, tuple[str, str]] = attrs.field(factory=dict)
    """Letter of bash's `ulimit` -> soft and hard limit that its processes begin with, where they are not the usual ones."""

    def stored(self) -> Directory:
        """The root as it is stored."""
        return self.root if self.layer is None else self.layer

    def admit(self, process: Process) -> None:
        """A process is born inside: it gets the next pid there."""
        if self.pids is None:
            return
        self.last_pid += 1
        while self.last_pid in self.pids.values():  # of others who share it
            self.last_pid += 1
        self.pids[process.pid] = self.last_pid

    def leave(self, process: Process) -> None:
        """A process inside has ended."""
        if self.pids is not None:
            self.pids.pop(process.pid, None)

    def allows(self, capability: str) -> bool:
        """Whether its processes have a capability."""
        return self.capabilities is None or capability in self.capabilities
