"""User-Mode Linux: a kernel of its own as an ordinary process, for kinds of devices that the running kernel lacks.

Debian's `user-mode-linux` boots in about two seconds. Its root is this machine's file system as far as the user may read it, so it never runs as root: root
hands it to `nobody`. Inside, /run and /tmp are its own.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

from netsim.replay.backend.leavings import PREFIX, processes_of, remember
from netsim.replay.backend.problem import CannotReplay
from netsim.replay.backend.registers import TUNABLES, hide_wide_registers
from netsim.replay.backend.room import AGENT, SHELL, interpreter, last_breath, read_result, runtime_dir

KERNELS = ("linux.uml", "linux")
MODULES = "/usr/lib/uml/modules"
MEMORY = "512M"
KIND_MODULES = {"gre": "ip_gre", "gretap": "ip_gre", "vlan": "8021q", "bond": "bonding", "netem": "sch_netem", "tbf": "sch_tbf", "prio": "sch_prio",
    "htb": "sch_htb", "sfq": "sch_sfq", "fq_codel": "sch_fq_codel", "fq": "sch_fq", "codel": "sch_codel", "ingress": "sch_ingress"}  # fmt: skip
"""Modules that are not called like the kind they bring."""
LONGEST = 600
NOBODY = "nobody"
HELD = ("unshare", "--pid", "--fork", "--kill-child", "sh", "-c", '"$@"; exit $?', "held")
"""In front of it where root may: a process namespace, so that its helpers end with it; itself it cannot be that one's first process."""
INIT = """\
#!/bin/sh
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin GLIBC_TUNABLES={tunables}
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
mkdir -p /run/netns /run/bin /run/root/lib /run/lock /tmp/here
mount -t hostfs none /tmp/here -o {place}
ln -s {modules} /run/root/lib/modules
modprobe -d /run/root -q -a {wanted}
printf '#!/bin/sh' > /run/bin/modprobe  # the kernel would start the real one without GLIBC_TUNABLES
chmod +x /run/bin/modprobe
echo /run/bin/modprobe > /proc/sys/kernel/modprobe
for program in iptables ip6tables; do
    for suffix in "" -save -restore; do
        tool=$(command -v $program-legacy$suffix) && ln -s "$tool" /run/bin/$program$suffix
    done
done
exec {python} -I -S /tmp/here/agent.py /tmp/here/request.json /tmp/here/result.json
"""


def kernel() -> str:
    """The program that is the kernel, "" when it is not installed."""
    return next((found for name in KERNELS if (found := shutil.which(name)) is not None), "")


def lacking() -> str:
    """Why this machine cannot run one; empty when it can."""
    if not sys.platform.startswith("linux"):
        return "needs Linux"
    if not kernel():
        return "needs User-Mode Linux (Debian: user-mode-linux)"
    if not os.path.isdir(MODULES):
        return f"needs {MODULES}"
    if not public_interpreter():
        return "needs a Python that anybody may run, as in /usr/bin"
    return "" if os.geteuid() else as_nobody()[1]


def as_nobody() -> tuple[list[str], str]:
    """The command in front that makes root an ordinary user, or why there is none."""
    if shutil.which("setpriv") is None:
        return [], "needs setpriv (User-Mode Linux is never run as root)"
    try:
        known = pwd.getpwnam(NOBODY)
    except KeyError:
        return [], f"needs a user {NOBODY} (User-Mode Linux is never run as root)"
    return [
        "setpriv",
        f"--reuid={known.pw_uid}",
        f"--regid={known.pw_gid}",
        "--clear-groups",
        "--no-new-privs",
        "--inh-caps=-all",
        "--bounding-set=-all",
    ], ""


@attrs.frozen
class Uml:
    """Where an agent runs: User-Mode Linux, as an ordinary user."""

    def ask(self, request: dict[str, Any], then: Sequence[str] = ()) -> dict[str, Any]:
        """Do what a request says; its result. CannotReplay."""
        why = lacking()
        if why:
            raise CannotReplay(why)
        if tuple(then[-len(SHELL) :]) == SHELL:
            raise CannotReplay("User-Mode Linux has no terminal here: run a command in it (--run)")
        with tempfile.TemporaryDirectory(prefix=PREFIX, dir=runtime_dir()) as name:
            place = Path(name)
            asked = {**request, "own_run": 0, "halts": 1, "then": list(then), "output": "/tmp/here/output"}
            self._lay_out(place, asked)
            remember(place)
            self._boot(place)
            if then:
                sys.stdout.write((place / "output").read_text(encoding="utf-8", errors="replace"))
            try:
                return read_result(place / "result.json")
            except CannotReplay:
                raise CannotReplay(f"User-Mode Linux: {_last_words(place)}") from None

    def _lay_out(self, place: Path, request: dict[str, Any]) -> None:
        (place / "request.json").write_text(json.dumps(request), encoding="utf-8")
        shutil.copy(AGENT, place / "agent.py")
        init = place / "init"
        init.write_text(
            INIT.format(place=place, modules=MODULES, python=public_interpreter(), tunables=TUNABLES, wanted=" ".join(modules_of(request))),
            encoding="utf-8",
        )
        init.chmod(0o755)
        place.chmod(0o755)
        (place / "uml").mkdir()
        for name in ("result.json", "output"):
            (place / name).touch()
        if not os.geteuid():
            known = pwd.getpwnam(NOBODY)
            for name in ("uml", "result.json", "output"):
                os.chown(place / name, known.pw_uid, known.pw_gid)

    def _boot(self, place: Path) -> None:
        before = [] if os.geteuid() else [*HELD, *as_nobody()[0]]
        words = [kernel(), f"mem={MEMORY}", "rootfstype=hostfs", "rootflags=/", "rw", f"init={place}/init", "con=null", "con0=null,fd:1", "quiet"]
        words.append(f"GLIBC_TUNABLES={TUNABLES}")
        with (place / "console").open("wb") as console:
            process = subprocess.Popen(
                [*before, *words, f"uml_dir={place}/uml"], stdin=subprocess.DEVNULL, stdout=console, stderr=console, cwd=place,
                env={"PATH": os.environ.get("PATH", ""), "HOME": f"{place}/uml", "TMPDIR": f"{place}/uml"}, preexec_fn=prepare, start_new_session=True,
            )  # fmt: skip
            try:
                process.wait(timeout=LONGEST)
            except subprocess.TimeoutExpired:
                raise CannotReplay(f"User-Mode Linux: no answer for {LONGEST} s") from None
            finally:
                process.kill()
                process.wait()
                for pid in processes_of(place):  # helpers that it left
                    os.kill(pid, signal.SIGKILL)


def modules_of(request: dict[str, Any]) -> list[str]:
    """What has to be loaded: the kinds of devices and disciplines asked for, and everything of netfilter where there are rules."""
    found = ["ipv6", "br_netfilter", *(KIND_MODULES.get(kind, kind) for kind in request.get("kinds", ()))]
    found += [
        path.name.partition(".")[0] for path in Path(MODULES).glob("*/kernel/net/**/*.ko*") if "netfilter" in path.parts and request.get("filters")
    ]
    return found


def prepare() -> None:
    """What the kernel's process is like before it starts."""
    last_breath()
    hide_wide_registers()


def _last_words(place: Path) -> str:
    """What its console said at the end, but for the trace of a panic."""
    lines = (place / "console").read_text(encoding="utf-8", errors="replace").strip().splitlines()
    end = next((number for number, line in enumerate(lines) if "Kernel panic" in line), len(lines))
    return " / ".join(line.strip() for line in lines[max(0, end - 1) : end + 1]) or "it ended before it was done"


def public_interpreter() -> str:
    """A Python that anybody may run, "" when there is none."""
    for name in (interpreter(), *(found for path in ("/usr/bin", "/usr/local/bin") if (found := shutil.which("python3", path=path)))):
        path = Path(name).resolve()
        if all(parent.stat().st_mode & 0o005 == 0o005 for parent in (path, *path.parents)):
            return str(path)
    return ""
