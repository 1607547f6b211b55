"""The recordings of five engines on a bare host: the same commands on each."""

from __future__ import annotations

import re
from typing import Any

import attrs

from netsim.api import World
from netsim.clock import MS
from netsim.docker.image import Image
from netsim.docker.profile import RELEASES
from netsim.kernel.profile import LINUX_6_18
from netsim.transcript.daemon import start_daemon
from netsim.transcript.kernel import SMALL_MODULES

COMMAND_TIME = 40 * MS
PROFILE = attrs.evolve(LINUX_6_18, modules=SMALL_MODULES)
IMAGES = (Image("busybox", "busybox", ("sh",), files={"/etc/passwd": ""}),)
"""The one image there was: BusyBox and nothing else, so no file names its users."""
RUNTIME = {"v29": "--add-runtime runcw=/usr/bin/runcw --default-runtime runcw"}
"""What the daemons of a release were started with besides, as `docker info` of the recorded machine shows."""
COUNTS = re.compile(r"\bcounter packets \d+ bytes \d+")


def replay(scenario: dict[str, Any]) -> dict[str, Any]:
    """Run one scenario; answers carry `rc` and `output`: both streams as they came, through one descriptor."""
    world = World(seed=0)
    host = world.host("vm", PROFILE)
    host.machine.kernel.inherits_devconf = 0  # it was recorded in a namespace that was not the first
    profile = attrs.evolve(RELEASES[scenario["engine"]], runtime_directory="/run/docker")  # as the daemons of these recordings were set up
    host.machine.docker_release, host.machine.docker_cli = scenario["engine"], "28.2.2"
    host.machine.bind_netns(None, "host", host.machine.kernel.init_net)
    host.machine.files.write(None, "/etc/resolv.conf", b"nameserver 10.255.255.53\n")
    host.machine.files.write(None, "/etc/hosts", b"127.0.0.1 localhost\n127.0.0.1 runsc\n127.0.0.1 vm\n")
    host.run("ip link set lo up")
    host.run(f"sysctl -qw net.ipv4.ip_forward={scenario.get('ip_forward', 0)}")
    for line in scenario.get("prepare", ()):
        host.run(line)
    world.run_for(2_000 * MS)
    besides = RUNTIME.get(profile.firewall, "")
    start_daemon(host, profile, f"dockerd {scenario.get('dockerd_args', '')} {besides}", IMAGES)
    steps: list[dict[str, Any]] = []
    for step in scenario["steps"]:
        started = world.clock.now
        if step.get("daemon"):
            answer = start_daemon(host, profile, f"{step['cmd']} {besides}", IMAGES)
            steps.append({"cmd": step["cmd"], "rc": answer["rc"], "output": answer["stderr"]})
            continue
        done = host.run_together(step["cmd"])
        steps.append({"cmd": step["cmd"], "rc": done.status, "output": kept(done.stdout)})
        world.clock.run_until(max(world.clock.now, started + COMMAND_TIME))
    return {"name": scenario.get("name", ""), "steps": steps}


def kept(printed: str) -> str:
    """What the recorder of this kind wrote down of what was printed: no empty lines at the end (it read through `$(...)`), and of nft's
    counters the word alone, since nothing that is counted is the same twice."""
    text = COUNTS.sub("counter", printed).rstrip("\n")
    return text + "\n" if text else ""
