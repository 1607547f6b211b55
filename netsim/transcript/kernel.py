"""The recordings of kernels and tools: one machine, one line after the other."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import attrs

from netsim.api import Background, Host, World
from netsim.clock import MS, SECOND
from netsim.kernel.profile import LINUX_6_1, LINUX_6_18, KernelProfile

COMMAND_TIME = 30 * MS
BACKGROUND_TIME = 400 * MS
ENDING = re.compile(r"kill (-\w+ )?\$\w+; wait \$\w+")
AWAITED = re.compile(r"[;\s]*\bwait \$\w+\s*$")
SMALL_MODULES = frozenset(
    {"veth", "bridge", "vxlan", "macvlan", "ifb", "br_netfilter", "ip_tables", "nf_tables", "tun", "tbf", "htb", "ingress", "cls_u32", "act_mirred"}
)
"""What the machine of the "host" recordings had: no dummy, vlan, vrf, ipvlan, tunnels, VLAN filtering or netem."""


def profile_of(scenario: dict[str, Any]) -> KernelProfile:
    """The kernel a scenario was recorded on."""
    release = str(scenario.get("release", ""))
    if scenario.get("kernel") == "uml":
        nic = "eth0" if _names_a_card(scenario) else ""
        fallback = "all" if _names_fallback_devices(scenario) else "initns" if nic else "none"
        return attrs.evolve(
            LINUX_6_1,
            cpus=1,
            hz=100,
            iptables="legacy",
            log_all_netns="1",
            release=release or LINUX_6_1.release,
            loaded=("ip_gre", "ipip"),
            fb_tunnels=fallback,
            nic=nic,
        )
    return attrs.evolve(LINUX_6_18, release=release or LINUX_6_18.release, modules=SMALL_MODULES)


def _names_fallback_devices(scenario: dict[str, Any]) -> bool:
    """Whether the machine gave its namespaces gre0 and tunl0: it did for scenarios whose commands need them, as `ip tunnel add` does."""
    lines = [str(step.get("cmd", "")) for step in scenario["steps"]]
    return any("tunnel add" in line or "tunnel del" in line or "gre0" in line or "tunl0" in line for line in lines)


def _names_a_card(scenario: dict[str, Any]) -> bool:
    """Whether the commands ran in the machine's own first namespace: they speak of eth0 before anything made one."""
    for step in scenario["steps"]:
        line = str(step.get("cmd", ""))
        if re.search(r"\badd (?:.* )?(?:dev |name )?eth0\b|\bname eth0\b", line) and "addr add" not in line:
            return False
        if re.search(r"^(?:ip|ifconfig)\b.*\beth0\b", line):
            return True
    return False


def replay(scenario: dict[str, Any]) -> dict[str, Any]:
    """Run one scenario of the kernel recordings; answers carry `rc`, `stdout` and `stderr`."""
    world = World(seed=0)
    host = world.host("vm", profile_of(scenario))
    host.machine.kernel.inherits_devconf = 0  # it was recorded in a namespace that was not the first
    if host.machine.kernel.profile.nic:
        host.run("ip link set lo up")  # as the start of such a machine does
    host.machine.next_pid = 100_000
    jobs: dict[str, Background] = {}
    steps = []
    for number, step in enumerate(scenario["steps"]):
        started = world.clock.now
        answer = _step(host, step, jobs, _pids(scenario["steps"][number:]))
        steps.append({"cmd": step["cmd"], **answer})
        world.clock.run_until(max(world.clock.now, started + int(step.get("secs", 0) * SECOND), started + COMMAND_TIME))
    return {"name": scenario.get("name", ""), "steps": steps}


def _pids(steps: Iterable[dict[str, Any]]) -> dict[str, int]:
    """Which process ids the variables name from here on: they are printed, so the replay must have them. A name may be used again."""
    found: dict[str, int] = {}
    for step in steps:
        for name, value in (step.get("env") or {}).items():
            if str(value).isdigit():
                found.setdefault(name, int(value))
    return found


def _step(host: Host, step: dict[str, Any], jobs: dict[str, Background], pids: dict[str, int]) -> dict[str, Any]:
    env = {name: str(value) for name, value in (step.get("env") or {}).items()}
    for name, job in jobs.items():
        env.setdefault(name, str(job.pid))
    background = step.get("background")
    if background:
        name = background if isinstance(background, str) else "_"
        jobs[name] = host.start(step["cmd"].rstrip().removesuffix("&"), env=env, pid=pids.get(name))
        host.world.run_for(BACKGROUND_TIME)
        return {"rc": 0, "stdout": "", "stderr": ""}
    owner = step.get("output_of")
    if owner in jobs and step["cmd"].startswith("kill "):
        # The recorder gave what it was about to end a moment first, and had started it in the shell that then said `wait`.
        host.world.run_for(max(0, int(step.get("secs", 0) * SECOND) - COMMAND_TIME))
        if not jobs[owner].is_running and ENDING.fullmatch(step["cmd"]):
            late = jobs.pop(owner).result()
            return {"rc": late.status, "stdout": late.stdout, "stderr": late.stderr}
    if owner in jobs:
        result = host.run(AWAITED.sub("", step["cmd"]), env=env)  # only the shell that started it can wait for it: here that is the replay
        job = jobs.pop(owner)
        if job.is_running:
            host.machine.wait(job.process)
        late = job.result()
        return {"rc": late.status, "stdout": result.stdout + late.stdout, "stderr": result.stderr + late.stderr}
    result = host.run(step["cmd"], env=env)
    return {"rc": result.status, "stdout": result.stdout, "stderr": result.stderr}
