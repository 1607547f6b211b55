"""Types lines into a User-Mode Linux, which has modules that this machine's kernel lacks."""

from __future__ import annotations

import ctypes
import os
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.real.machine import Answer

MODULES = Path("/usr/lib/uml/modules")
TUNABLES = "glibc.cpu.hwcaps=" + ",".join(
    f"-{name}"
    for name in ("AVX", "AVX2", "AVX512F", "AVX512VL", "AVX512BW", "XSAVEC", "XSAVE", "ERMS", "AVX_Usable", "AVX2_Usable", "AVX512F_Usable",
                 "XSAVEC_Usable", "XSAVE_Usable", "AVX_Fast_Unaligned_Load")
)  # fmt: skip
"""Without registers that this kernel does not keep (see `_only_old_registers`)."""
ARGUMENTS = ("mem=512M", "rootfstype=hostfs", "rootflags=/", "rw", "con=null", "con0=null,fd:1", "quiet", f"GLIBC_TUNABLES={TUNABLES}")
INIT = """#!/bin/bash
export PATH=/run/bin:/usr/sbin:/usr/bin:/sbin:/bin GLIBC_TUNABLES={tunables}
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t tmpfs tmp /run
mkdir -p /run/m/lib/modules /run/netns /run/lock /run/bin
ln -s {modules}/$(uname -r) /run/m/lib/modules/$(uname -r)
for module in {wanted}; do modprobe -d /run/m $module; done
printf '#!/bin/sh\\n' > /run/bin/modprobe; chmod +x /run/bin/modprobe
sysctl -qw kernel.printk="1 1 1 1"; ip link set lo up; cd /
for line in {place}/*.line; do
    bash -c "$(cat $line)" </dev/null >${{line%.line}}.out 2>${{line%.line}}.err
    echo $? >${{line%.line}}.status
done
sync; echo o >/proc/sysrq-trigger; sleep 5
"""
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
LOAD, JUMP_EQUAL, RETURN = 0x20, 0x15, 0x06
PTRACE, GETREGSET, XSTATE, FAIL, ALLOW = 101, 0x4204, 0x202, 0x00050000 | 5, 0x7FFF0000


def missing(*tools: str) -> str:
    """Why there is no User-Mode Linux to compare with; empty when there is one."""
    if sys.platform != "linux" or os.geteuid() != 0 or os.uname().machine != "x86_64":
        return "needs root on Linux on x86-64"
    absent = [tool for tool in ("linux.uml", *tools) if shutil.which(tool) is None]
    if absent or not MODULES.is_dir():
        return f"needs {', '.join(absent) or MODULES}"
    return ""


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


def _only_old_registers() -> None:
    """Hide the processor's wide registers, whose state may be larger than a User-Mode Linux of 6.1 can hold: it falls back to the old ones."""
    steps = [(LOAD, 0, 0, 0), (JUMP_EQUAL, 0, 5, PTRACE), (LOAD, 0, 0, 16), (JUMP_EQUAL, 0, 3, GETREGSET), (LOAD, 0, 0, 32)]
    steps += [(JUMP_EQUAL, 0, 1, XSTATE), (RETURN, 0, 0, FAIL), (RETURN, 0, 0, ALLOW)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(_Program(len(steps), ctypes.addressof(code))), 0, 0)


def ask_uml(lines: Sequence[str], modules: Sequence[str], seconds: float = 60) -> list[Answer]:
    """The answers of a freshly booted kernel with these modules, each line as `bash -c LINE`."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        for number, line in enumerate(lines):
            (place / f"{number:04d}.line").write_text(line)
        init = place / "init"
        init.write_text(INIT.format(tunables=TUNABLES, modules=MODULES, wanted=shlex.join(modules), place=place))
        init.chmod(0o755)
        command = ["linux.uml", *ARGUMENTS, f"init={init}"]
        environment = {"PATH": "/usr/bin:/bin", "TMPDIR": name, "HOME": name}
        subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, env=environment, timeout=seconds, check=False, preexec_fn=_only_old_registers
        )  # noqa: PLW1509 - nothing else runs here
        return [_answer(place / f"{number:04d}") for number in range(len(lines))]


def _answer(base: Path) -> Answer:
    out, err, status = (base.with_suffix(f".{kind}").read_text(errors="replace") for kind in ("out", "err", "status"))
    return Answer(out, err, int(status))
