"""The two that are compared: netsim, and the Docker daemon of this machine in namespaces of its own."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from netsim import World
from netsim.clock import MS, SECOND
from netsim.programs.dns.server import DnsServer
from netsim.transcript import profile_of
from tests.real.machine import INTERPRETER, Answer

HOSTS = "127.0.0.1\tlocalhost\n192.0.2.1\tvm\n"
RESOLV = "nameserver 192.0.2.2\n"
OUTSIDE = (
    "ip link set lo up",
    "ip netns add outside",
    "ip -n outside link set lo up",
    "ip link add eth0 type veth peer name eth0 netns outside",
    "ip addr add 192.0.2.1/24 dev eth0",
    "ip link set eth0 up",
    "ip -n outside addr add 192.0.2.2/24 dev eth0",
    "ip -n outside link set eth0 up",
    "ip route add default via 192.0.2.2",
    "ip -n outside route add 172.16.0.0/12 via 192.0.2.1",
)
"""A neighbour outside that knows a way to the containers' addresses."""
IMAGES = ("tar -C /run/images -c . | docker import -c 'CMD [\"sh\"]' -c 'ENV PATH=/bin' - busybox",
          "tar -C /run/images -c . | docker import -c 'CMD [\"httpd\",\"-f\",\"-v\",\"-p\",\"80\"]' -c 'EXPOSE 80' -c 'ENV PATH=/bin' - web")  # fmt: skip
FRESH = """mount --make-rprivate /; mount -t proc p /proc; hostname vm
mount -t tmpfs t /run; mkdir /run/cg /run/docker-lib /run/docker-etc /run/bin
mount --rbind /sys/fs/cgroup /run/cg; mount -t sysfs s /sys; mount --rbind /run/cg /sys/fs/cgroup
mkdir -p /var/lib/docker /etc/docker; mount --bind /run/docker-lib /var/lib/docker; mount --bind /run/docker-etc /etc/docker
printf '%s' "$HOSTS" > /run/hosts; printf '%s' "$RESOLV" > /run/resolv; mount --bind /run/hosts /etc/hosts; mount --bind /run/resolv "$(readlink -f /etc/resolv.conf)"
ln -s "$DOCKER" /run/bin/docker; export PATH=/run/bin:/usr/sbin:/sbin:/usr/bin:/bin HOME=/run; unset DOCKER_HOST DOCKER_CONFIG; cd /
"$INTERPRETER" "$REFEREE"; exit $?"""
CLIENTS = ("/usr/bin/docker", "/usr/local/bin/docker")
RELEASES = ("20.10.24", "28.2.2")
TOOLS = ("dockerd", "containerd", "runc", "busybox", "iptables", "ip", "nsenter", "ping", "ss")


def lacks() -> str:
    """Why no daemon can be compared with here; empty when one can."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return "needs root on Linux"
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
    absent = [tool for tool in ("unshare", *TOOLS) if shutil.which(tool, path=path) is None]
    if absent:
        return f"needs {', '.join(absent)}"
    if not any(Path("/sys/fs/cgroup").glob("*")):
        return "no control groups are mounted"
    if "20.10.24" not in said(["dockerd", "--version"]):
        return "compares with dockerd 20.10.24"
    if not clients():
        return f"compares with docker {' or '.join(RELEASES)}"
    probe = ["unshare", "-n", "-m", "-p", "-u", "-i", "-f", "bash", "-c", "mount --make-rprivate / && mount -t sysfs s /sys && mount -t proc p /proc"]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        return "may not make private namespaces"
    return "" if os.uname().release.startswith("6.18") else "compares with Linux 6.18"


def said(words: Sequence[str]) -> str:
    """What a command prints; nothing when it is not there."""
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
    found = shutil.which(words[0], path=path)
    return subprocess.run([found, *words[1:]], capture_output=True, text=True, check=False).stdout if found else ""


def clients() -> dict[str, str]:
    """Releases of the docker command that are installed and known, with their paths."""
    found = {}
    for path in CLIENTS:
        release = next((one for one in RELEASES if f" {one}" in said([path, "--version"])), "")
        if release:
            found.setdefault(release, path)
    return found


class Real:
    """The daemon, for as long as this lives."""

    def __init__(self, client: str, options: str = "") -> None:
        self.group = f"/netsim-{os.getpid()}"
        width = ("COLUMNS", "LINES")  # ps would keep to them
        env = {**{name: value for name, value in os.environ.items() if name not in width}, "HOSTS": HOSTS, "RESOLV": RESOLV, "DOCKER": clients()[client], "INTERPRETER": INTERPRETER,
               "REFEREE": str(Path(__file__).with_name("referee.py"))}  # fmt: skip
        self.process = subprocess.Popen(
            ["unshare", "-n", "-m", "-p", "-u", "-i", "-f", "--kill-child", "bash", "-c", FRESH], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            self._ask({"setup": OUTSIDE, "options": options, "group": self.group})
            for answer in self.type(IMAGES):
                if answer.status:
                    raise RuntimeError(answer.stderr)
        except BaseException:
            self.close()
            raise

    def _ask(self, told: Any) -> Any:
        assert self.process.stdin is not None and self.process.stdout is not None and self.process.stderr is not None
        try:
            self.process.stdin.write(json.dumps(told) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the referee has ended: {self.process.stderr.read()[-2000:]}")
        return json.loads(answer)

    def type(self, lines: Sequence[str], together: int = 0) -> list[Answer]:
        """Answers to lines, one after the other or `together` at a time."""
        return [Answer(*told) for told in self._ask({"do": "lines", "lines": list(lines), "together": together})]

    def cpu(self) -> float:
        """CPU seconds that the daemon and everything beside it have used."""
        return float(self._ask({"do": "cpu"}))

    def close(self) -> None:
        """End the daemon and everything in its namespaces, and give its control groups back."""
        assert self.process.stdin is not None and self.process.stdout is not None and self.process.stderr is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(25)
        except subprocess.TimeoutExpired:
            self.process.kill()  # --kill-child: and with it all the others
            self.process.wait(10)
        self.process.stdout.close()
        self.process.stderr.close()
        for top in Path("/sys/fs/cgroup").glob(f"*{self.group}"), Path("/sys/fs/cgroup").glob(self.group[1:]):
            for place in top:
                for path in sorted(place.rglob("*/"), reverse=True):
                    with contextlib.suppress(OSError):
                        path.rmdir()
                with contextlib.suppress(OSError):
                    place.rmdir()


class Ours:
    """netsim's engine of the same release on a host of the same shape."""

    def __init__(self, client: str, options: str = "") -> None:
        self.world = World(seed=0)
        self.host = self.world.host("vm", profile_of({"kernel": "host"}))
        self.host.machine.kernel.inherits_devconf = 0  # the other side's namespace is not the first
        machine = self.host.machine
        machine.docker_release, machine.docker_cli = "20.10", client
        machine.files.write(None, "/etc/resolv.conf", RESOLV.encode())
        machine.files.write(None, "/etc/hosts", HOSTS.encode())
        for line in OUTSIDE:
            done = self.host.run(line)
            assert done.status == 0, (line, done)
        outside = self.host.netns("outside").netns
        asked = machine.spawn(machine.init, ("dnsd",), netns=outside, program=DnsServer([], authority=0))
        assert asked.status is None
        self.world.run_for(2_000 * MS)
        self.daemon = self.host.start(f"dockerd {options}")
        self.world.run_for(2_000 * MS)
        for line in IMAGES:
            done = self.host.run(line.partition("| ")[2])
            assert done.status == 0, (line, done)

    def type(self, lines: Sequence[str], real: Sequence[Answer] = ()) -> list[Answer]:
        """Answers to lines; the virtual clock gets at least as far with each as the wall clock did with the real one."""
        answers = []
        for number, line in enumerate(lines):
            start = self.world.clock.now
            done = self.host.run(line)
            least = int(real[number].seconds * SECOND) if number < len(real) else 30 * MS
            self.world.clock.run_until(max(self.world.clock.now, start + least))
            answers.append(Answer(done.stdout, done.stderr, done.status))
        return answers

    def close(self) -> None:
        """Nothing to end."""
