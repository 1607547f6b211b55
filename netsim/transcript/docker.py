"""The recordings of Docker 20.10 on hosts of one LAN, with a machine outside."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from typing import Any

import attrs

from netsim.addr import IPv4
from netsim.api import Background, Host, World
from netsim.clock import MS
from netsim.docker.image import READY, Image
from netsim.docker.profile import V20_10
from netsim.docker.settings import Port
from netsim.kernel.profile import LINUX_6_18
from netsim.packet.dns import TYPE_A, Record
from netsim.programs.dns.server import DnsServer
from netsim.transcript.daemon import give_tokens, start_daemon
from netsim.transcript.kernel import SMALL_MODULES

COMMAND_TIME = 30 * MS
BACKGROUND_TIME = 400 * MS
DAEMON_TIME = 2_000 * MS
"""Until the recorder found a daemon ready."""
ROUTER = "10.10.101.1"
WWW = {"/www/index.html": "Hello world!\n"}
IMAGES = (
    Image("busybox", "busybox", ("sh",), env=(), files=WWW),
    Image("webapp", "busybox", ("httpd", "-f", "-p", "5000", "-h", "/www"), exposed=(Port(5000),), env=(), files=WWW),
    Image("nginx", "busybox", ("httpd", "-f", "-p", "80", "-h", "/www"), exposed=(Port(80), Port(443)), env=(), files=WWW),
    Image(
        "training/postgres", "busybox", ("nc", "-ll", "-p", "5432", "-e", "echo", "pg"), exposed=(Port(5432),),
        env=("POSTGRES_PASSWORD=secret",), files=WWW,
    ),
    next(image for image in READY if image.name == "ubuntu"),
)  # fmt: skip
"""What was recorded ran in images of the same names that were made for it: BusyBox with a page below /www."""
ADDRESS = IPv4.parse("10.10.101.106")
NAMES = [Record("example.com", TYPE_A, 60, ADDRESS), Record("www.example.com", TYPE_A, 60, ADDRESS)]
PROFILE = attrs.evolve(LINUX_6_18, modules=SMALL_MODULES)


def replay(scenario: dict[str, Any]) -> dict[str, Any]:
    """Run one scenario; answers carry `rc`, `stdout` and `stderr`, those of background lines when their process has ended."""
    world = World(seed=0)
    machines = build(world, scenario["hosts"])
    steps: list[dict[str, Any]] = []
    late: list[tuple[int, Background]] = []
    lines = [step["cmd"] for step in scenario["steps"]]
    for number, step in enumerate(scenario["steps"]):
        started = world.clock.now
        host = machines[step.get("on", "h1")]
        give_tokens(host, lines[number:])
        if step.get("daemon"):
            answer = start_daemon(host, V20_10, step["cmd"], IMAGES)
            world.run_for(DAEMON_TIME)
        elif step.get("background"):
            late.append((len(steps), host.start(step["cmd"])))
            world.run_for(BACKGROUND_TIME)
            answer = {"rc": 0, "stdout": "", "stderr": ""}
        else:
            done = host.run(step["cmd"])
            answer = {"rc": done.status, "stdout": done.stdout.replace("\r\n", "\n"), "stderr": done.stderr}  # its recorder read text
        steps.append({"cmd": step["cmd"], **answer})
        world.clock.run_until(max(world.clock.now, started + COMMAND_TIME))
        if not step.get("background"):
            _await(steps, late)
    _await(steps, late)
    return {"name": scenario.get("name", ""), "steps": steps}


def _await(steps: list[dict[str, Any]], late: list[tuple[int, Background]]) -> None:
    """What runs in the background is awaited after the next step in the foreground, and fills in its own."""
    for number, job in late:
        if job.is_running:
            job.process.machine.wait(job.process)
        done = job.result()
        steps[number] |= {"rc": done.status, "stdout": done.stdout, "stderr": done.stderr}
    late.clear()


def build(world: World, hosts: dict[str, Any]) -> dict[str, Host]:
    """The LAN with its outside machine, and the hosts on it with their daemons started."""
    lan = world.host("lan", PROFILE)
    lan.run_script(
        f"ip link set lo up\nip link add br0 type bridge\nip link set br0 up\nip addr add {ROUTER}/24 dev br0\n"
        "ip addr add 10.10.101.106/24 dev br0\nip addr add fd00:101::1/64 dev br0 nodad\n"
    )
    lan.machine.spawn(lan.machine.init, ("dnsd",), program=DnsServer(list(NAMES), authority=0))
    machines = {"lan": lan}
    for key, given in hosts.items():
        machines[key] = _host(world, lan, key, given)
    world.run_for(3_000 * MS)
    for key, given in hosts.items():
        if given["dockerd_args"] is not None:
            start_daemon(machines[key], V20_10, f"dockerd {given['dockerd_args']}", IMAGES)
    world.run_for(DAEMON_TIME)
    return machines


def archive(files: Mapping[str, str]) -> bytes:
    """A tar archive of these files, as the recorded machines had one to make images from."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for path, text in files.items():
            member = tarfile.TarInfo(path.lstrip("/"))
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return packed.getvalue()


def _host(world: World, lan: Host, key: str, given: dict[str, Any]) -> Host:
    """A host whose eth0 is one end of a pair; the other is a port of the LAN's bridge."""
    host = world.host(given["hostname"], PROFILE)
    host.machine.kernel.inherits_devconf = 0  # it was recorded in a namespace that was not the first
    host.machine.has_terminal = 0
    host.machine.kernel.hash_secret = lan.machine.kernel.hash_secret  # all were namespaces of one kernel
    host.machine.docker_release, host.machine.docker_cli = "20.10", "20.10.24"
    address = given["eth0"]
    mac = "00:16:3e:" + ":".join(f"{int(part):02x}" for part in address.partition("/")[0].split(".")[1:])
    port = f"p{key.removeprefix('h')}"
    lan.wiring.veth(port, "eth0", host.wiring.netns)
    lan.wiring.enslave(port, "br0")
    lan.wiring.up(port)
    files = host.machine.files
    files.makedirs(None, "/run/netns")
    files.write(None, "/etc/hosts", f"127.0.0.1\tlocalhost\n127.0.1.1\t{given['hostname']}\n::1\tlocalhost ip6-localhost ip6-loopback\n".encode())
    files.write(None, "/root/busybox.tar", archive(WWW))
    files.write(None, "/etc/resolv.conf", f"nameserver {ROUTER}\n".encode())
    host.run_script(
        f"ip link set lo up\nip link set eth0 address {mac}\nip addr add {address} brd + dev eth0\nip link set eth0 up\n"
        f"ip route add default via {ROUTER}\n"
    )
    return host
