"""Types lines into a User-Mode Linux, which has modules that this machine's kernel lacks; it runs as an ordinary user, in a process namespace that ends with it."""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from netsim.replay.backend.registers import TUNABLES
from netsim.replay.backend.uml import HELD, MODULES, NOBODY, as_nobody, prepare
from tests.real.machine import Answer

ARGUMENTS = ("mem=512M", "rootfstype=hostfs", "rootflags=/", "rw", "con=null", "con0=null,fd:1", "quiet", f"GLIBC_TUNABLES={TUNABLES}")
INIT = """#!/bin/bash
export PATH=/run/bin:/usr/sbin:/usr/bin:/sbin:/bin GLIBC_TUNABLES={tunables}
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t tmpfs tmp /run; mount -t tmpfs tmp /tmp
mkdir -p /run/m/lib/modules /run/netns /run/lock /run/bin /tmp/here
mount -t hostfs none /tmp/here -o {place}
ln -s {modules}/$(uname -r) /run/m/lib/modules/$(uname -r)
for module in {wanted}; do modprobe -d /run/m $module; done
printf '#!/bin/sh\\n' > /run/bin/modprobe; chmod +x /run/bin/modprobe
sysctl -qw kernel.printk="1 1 1 1"; ip link set lo up; cd /
for line in /tmp/here/*.line; do
    bash -c "$(cat $line)" </dev/null >${{line%.line}}.out 2>${{line%.line}}.err
    echo $? >${{line%.line}}.status
done
sync; echo o >/proc/sysrq-trigger; sleep 5
"""


def missing(*tools: str) -> str:
    """Why there is no User-Mode Linux to compare with; empty when there is one."""
    if sys.platform != "linux" or os.geteuid() != 0 or os.uname().machine != "x86_64":
        return "needs root on Linux on x86-64"
    absent = [tool for tool in ("linux.uml", *tools) if shutil.which(tool) is None]
    if absent or not Path(MODULES).is_dir():
        return f"needs {', '.join(absent) or MODULES}"
    return as_nobody()[1]


def ask_uml(lines: Sequence[str], modules: Sequence[str], seconds: float = 60) -> list[Answer]:
    """The answers of a freshly booted kernel with these modules, each line as `bash -c LINE`."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        for number, line in enumerate(lines):
            (place / f"{number:04d}.line").write_text(line)
        init = place / "init"
        init.write_text(INIT.format(tunables=TUNABLES, modules=MODULES, wanted=shlex.join(modules), place=place))
        init.chmod(0o755)
        known = pwd.getpwnam(NOBODY)
        for path in (place, *place.iterdir()):
            os.chown(path, known.pw_uid, known.pw_gid)
        command = [*HELD, *as_nobody()[0], "linux.uml", *ARGUMENTS, f"init={init}", f"uml_dir={place}"]
        environment = {"PATH": os.environ.get("PATH", ""), "TMPDIR": name, "HOME": name}
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, env=environment, timeout=seconds, check=False, preexec_fn=prepare)
        return [_answer(place / f"{number:04d}") for number in range(len(lines))]


def _answer(base: Path) -> Answer:
    out, err, status = (base.with_suffix(f".{kind}").read_text(errors="replace") for kind in ("out", "err", "status"))
    return Answer(out, err, int(status))
