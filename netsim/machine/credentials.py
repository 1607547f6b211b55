"""What /proc/PID/status tells of a process's credentials (`fs/proc/array.c` task_state, task_cap)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.machine.user import user_of

if TYPE_CHECKING:
    from netsim.machine.process import Process

NUMBERED = (
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE",
    "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN",
    "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE",
    "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE",
)  # fmt: skip
"""Capabilities by their numbers (capability.h)."""


def credentials_text(subject: Process) -> str:
    """Ids, groups and capabilities; groups end in a blank."""
    user, jail = user_of(subject), subject.jail
    bound = sum(1 << place for place, name in enumerate(NUMBERED) if jail is None or jail.allows(name))
    held = 0 if user.uid else bound
    lines = [
        "Uid:" + f"\t{user.uid}" * 4, "Gid:" + f"\t{user.gid}" * 4, f"Groups:\t{''.join(f'{gid} ' for gid in sorted(user.groups) or (0,))}",
        "CapInh:\t0000000000000000", f"CapPrm:\t{held:016x}", f"CapEff:\t{held:016x}", f"CapBnd:\t{bound:016x}", "CapAmb:\t0000000000000000",
        f"NoNewPrivs:\t{0 if jail is None else jail.no_new_privileges}",
    ]  # fmt: skip
    return "".join(f"{line}\n" for line in lines)
