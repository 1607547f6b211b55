"""A private network, and the CPU of all that runs in it."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup/cpuacct")
TICK = 0.004


def isolate() -> None:
    """Run this very command again in private network, mount and PID namespaces and a control group of its own, and end as it ends."""
    if "BENCH_CPU_FD" in os.environ:
        return
    group = GROUPS / f"netsim-bench-{os.getpid()}"
    fd = -1
    if GROUPS.is_dir():
        group.mkdir()
        fd = os.open(group / "cpuacct.usage", os.O_RDONLY)
        os.set_inheritable(fd, True)
    child = os.fork()
    if child == 0:
        if fd >= 0:
            (group / "cgroup.procs").write_text("0")
        os.environ["BENCH_CPU_FD"] = str(fd)
        inner = (
            "mount -t tmpfs none /run && mkdir -p /run/netns /run/groups; mount --rbind /sys/fs/cgroup /run/groups; "
            "mount -t sysfs sysfs /sys; mount --rbind /run/groups /sys/fs/cgroup; "  # /sys of the new namespace, the groups as they were
            'ip link set lo up; "$@"; exit $?'
        )
        argv = [sys.executable, *sys.orig_argv[1:]]
        os.execvp("unshare", ["unshare", "-n", "-m", "-p", "--fork", "--mount-proc", "--kill-child", "sh", "-c", inner, "sh", *argv])
    status = os.waitpid(child, 0)[1]
    for _ in range(100):
        try:
            if fd >= 0:
                group.rmdir()
            break
        except OSError:
            time.sleep(0.05)
    sys.exit(os.waitstatus_to_exitcode(status) & 255)


def cpu() -> float:
    """CPU seconds of this process and all it started, what the kernel did for them included; the control group lags by up to a tick."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    used = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
    fd = int(os.environ.get("BENCH_CPU_FD", "-1"))
    return max(used, int(os.pread(fd, 64, 0)) / 1e9) if fd >= 0 else used


def sh(*argv: str, text: str = "") -> str:
    """Run a command that must succeed; its output."""
    return subprocess.run(argv, input=text, text=True, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def batch(lines: list[str], netns: str = "") -> None:
    """Lines for `ip -batch`, in one process."""
    sh("ip", *(["-n", netns] if netns else []), "-batch", "-", text="\n".join(lines) + "\n")


def address(number: int) -> str:
    """The address of host NUMBER."""
    return f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
