"""systemctl and service, for the one service there is: docker (systemctl(1), service(8))."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.clock import MS
from netsim.docker.engine.boot import SOCKET, activated, restart
from netsim.docker.engine.daemon_file import options_of
from netsim.docker.engine.engine import Engine
from netsim.docker.errors import Refusal
from netsim.docker.profile import RELEASES
from netsim.machine.call import DONE, Call, Program, Result
from netsim.machine.machine import Machine
from netsim.machine.process import SIGTERM, Process
from netsim.programs.process import refused
from netsim.wiring import Wiring

UNITS = {"docker": "docker", "docker.service": "docker", "docker.socket": "socket", "containerd": "containerd", "containerd.service": "containerd"}
VERBS = (
    "start",
    "stop",
    "restart",
    "reload",
    "try-restart",
    "reload-or-restart",
    "force-reload",
    "status",
    "is-active",
    "is-enabled",
    "enable",
    "disable",
)
STILL = "Warning: Stopping docker.service, but it can still be activated by:\n  docker.socket\n"
FAILED = """Job for docker.service failed because the control process exited with error code.
See "systemctl status docker.service" and "journalctl -xeu docker.service" for details.
"""


def systemctl(call: Call) -> Result | Program:
    """systemctl VERB UNIT...: docker's units are known, others are refused by name."""
    words = [word for word in call.argv[1:] if not word.startswith("-")]
    if words[:1] == ["daemon-reload"]:
        return DONE  # units are as they are
    if len(words) < 2 or words[0] not in VERBS or any(unit not in UNITS for unit in words[1:]):
        return refused(call)
    verb, status, out, err = words[0], 0, "", ""
    if verb in ("enable", "disable") and "--now" in call.argv:
        verb = "start" if verb == "enable" else "stop"
    for unit in sorted(words[1:], key=_waits):
        done = _do(call.machine, verb, UNITS[unit], [UNITS[one] for one in words[1:]])
        if isinstance(done, Program):
            return done  # the socket beside it is closed at once
        status, out, err = max(status, done.status), out + done.stdout, err + done.stderr
    return Result(out, err, status)


def _waits(unit: str) -> int:
    """What waits comes last."""
    return int(UNITS[unit] == "docker")


def service(call: Call) -> Result | Program:
    """service docker VERB: what systemctl does."""
    words = call.argv[1:]
    if len(words) != 2 or words[0] not in UNITS or words[1] not in VERBS:
        return refused(call)
    return _do(call.machine, words[1], UNITS[words[0]], [])


def journalctl(call: Call) -> Result:
    """journalctl: there is no journal; what the daemon does is told by `docker events`."""
    if any(word.startswith("-") and ("u" in word or word.startswith("--unit")) for word in call.argv[1:]) or len(call.argv) == 1:
        call.netns.kernel.unmodelled.append(f"{' '.join(call.argv)}: no journal is kept")
        quiet = any(word in ("-q", "--quiet") for word in call.argv[1:])
        return Result("-- No entries --\n", "" if quiet else "No journal files were found.\n")
    return refused(call)


def _do(machine: Machine, verb: str, unit: str, together: list[str]) -> Result | Program:
    if unit == "docker":
        return _docker(machine, verb, together)
    if unit == "socket":
        if verb == "stop":
            machine.services.pop(SOCKET, None)
        elif verb in ("start", "restart"):
            machine.services[SOCKET] = "listening"
        return DONE
    return DONE  # containerd runs as part of the engine


@attrs.define(eq=False)
class Ending(Program):
    """Waits until the daemon has ended; then the answer, or (None) a new one."""

    engine: Engine
    told: Result | None

    def started(self, proc: Process) -> None:
        """Ask it to end."""
        self.engine.process.signal(SIGTERM)
        self.timer(proc, None)

    def timer(self, proc: Process, token: Any) -> None:
        """Look again."""
        if self.engine.process.status is None:
            proc.timer(LOOK, token)
        else:
            proc.machine.settle(proc, _begin(proc.machine) if self.told is None else self.told)


LOOK = 20 * MS
"""How often it looks whether the daemon has ended."""


def _docker(machine: Machine, verb: str, together: list[str]) -> Result | Program:
    engine = machine.services.get("docker")
    runs = isinstance(engine, Engine) and engine.process.status is None
    match verb:
        case "stop":
            if "socket" not in together:
                machine.services[SOCKET] = "listening"
            told = DONE if "socket" in together else Result("", STILL)
            return Ending(engine if isinstance(engine, Engine) and runs else activated(machine), told) if runs or engine is None else told
        case "start" if runs:
            return DONE
        case "start" | "restart" | "try-restart" | "reload-or-restart" | "force-reload":
            return Ending(engine, None) if isinstance(engine, Engine) and runs else _begin(machine)
        case "is-active":
            return Result("active\n") if runs or engine is None else Result("inactive\n", "", 3)
        case "is-enabled":
            return Result("enabled\n")
        case "status":
            return _status(machine)
    return DONE


def _begin(machine: Machine) -> Result:
    """Start with what the file says now; a daemon that cannot start leaves none."""
    try:
        Wiring(machine.kernel.init_net).up("lo")
        restart(machine, RELEASES[machine.docker_release], options_of(machine))
    except Refusal as problem:
        return Result("", FAILED + f"systemctl: netsim: dockerd said: {problem.text}\n", 1)
    machine.services[SOCKET] = "listening"
    return DONE


def _status(machine: Machine) -> Result:
    engine = machine.services.get("docker")
    if engine is None:
        engine = activated(machine)
    runs = isinstance(engine, Engine) and engine.process.status is None
    lines = [
        "● docker.service - Docker Application Container Engine",
        "     Loaded: loaded (/lib/systemd/system/docker.service; enabled; preset: enabled)",
    ]
    lines.append(f"     Active: {'active (running)' if runs else 'inactive (dead)'}")
    lines += ["TriggeredBy: ● docker.socket", "       Docs: https://docs.docker.com"]
    if isinstance(engine, Engine) and runs:
        lines.append(f"   Main PID: {engine.process.pid} (dockerd)")
    return Result("\n".join(lines) + "\n", "", 0 if runs else 3)
