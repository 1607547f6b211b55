"""W7: a cycle of Docker: a network, two containers, a ping by name, and all removed; by the command line."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.workloads.isolation import cpu
from benchmarks.workloads.side import Case, Figures, Side

TITLE = "W7: a network, two containers, a ping by name, all removed"
CYCLE = (
    "docker network create lab",
    "docker run -d --name web --network lab {image} /bin/sleep 99999",
    "docker run -d --name db --network lab {image} /bin/sleep 99999",
    "docker exec web ping -c1 -W2 db",
    "docker rm -f web",
    "docker rm -f db",
    "docker network rm lab",
)
CLIENT = "/usr/bin/docker"
"""The distribution's, of the daemon's own release, where there is one."""
WARM = 10
"""Cycles before those that count, on every side: daemons and interpreters alike are slower at first (Python 3.11 fits a function's code to what it
meets after eight calls, and a cycle calls many of them once)."""


def netsim(cycles: int) -> Figures:
    from netsim import World

    host = World().host("h1")
    lines = [line.format(image="busybox") for line in CYCLE]

    def cycle() -> None:
        for line in lines:  # the first time starts the daemon
            assert host.run(line).status == 0, line

    return _counted(cycle, cycles, cpu)


def netsim_calls(cycles: int) -> Figures:
    """The same by the Python API."""
    from netsim import World

    host = World().host("h1")
    docker = host.docker()

    def cycle() -> None:
        net = docker.network("lab")
        web, db = (docker.run("busybox", "/bin/sleep 99999", name=name, network="lab") for name in ("web", "db"))
        assert web.run("ping -c1 -W2 db").status == 0
        web.remove()
        db.remove()
        net.remove()

    return _counted(cycle, cycles, cpu)


def _counted(cycle: Callable[[], None], cycles: int, used: Callable[[], float]) -> Figures:
    """CPU of some cycles once a few have been made."""
    for _ in range(WARM):
        cycle()
    before = used()
    for _ in range(cycles):
        cycle()
    return {"cpu_s": used() - before, "count": cycles}


def _image(root: Path) -> bytes:
    (root / "bin").mkdir(parents=True)
    shutil.copy(shutil.which("busybox") or "", root / "bin/busybox")
    for applet in ("sh", "sleep", "ping"):
        (root / "bin" / applet).symlink_to("busybox")
    return subprocess.run(["tar", "-C", str(root), "-c", "."], check=True, stdout=subprocess.PIPE).stdout


def dockerd(cycles: int) -> Figures:
    """A daemon of its own, CPU of it and all it starts."""
    with tempfile.TemporaryDirectory(prefix="netsim-bench-") as folder:
        place = Path(folder)
        socket = f"unix://{place}/s"
        parent = f"/netsim-bench-docker-{os.getpid()}"
        options = ["--data-root", f"{place}/d", "--exec-root", f"{place}/e", "--pidfile", f"{place}/pid", "-H", socket]
        daemon = subprocess.Popen(["dockerd", *options, "--cgroup-parent", parent], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        docker = [CLIENT if os.access(CLIENT, os.X_OK) else "docker", "-H", socket]

        def run(*words: str, data: bytes | None = None) -> int:
            return subprocess.run([*docker, *words], input=data, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode

        def used() -> float:
            inside = Path(f"/sys/fs/cgroup/cpuacct{parent}/cpuacct.usage")
            return cpu() + (int(inside.read_text()) / 1e9 if inside.exists() else 0.0)

        try:
            for _ in range(300):
                if run("version") == 0:
                    break
                time.sleep(0.1)
            assert run("import", "-", "bb", data=_image(place / "img")) == 0

            def cycle() -> None:
                for line in CYCLE:
                    assert run(*line.format(image="bb").split()[1:]) == 0, line

            return _counted(cycle, cycles, used)
        finally:
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(30)
            for group in Path("/sys/fs/cgroup").glob(f"*{parent}"):
                try:
                    group.rmdir()
                except OSError:
                    continue


SIDES = {
    "netsim": Side(netsim),
    "netsim, Python calls": Side(netsim_calls),
    "dockerd": Side(dockerd, ("dockerd", "docker", "busybox"), isolated=True),
}
CASES = (Case(10, tuple(SIDES), f"10 cycles after {WARM}", "cycle"),)
