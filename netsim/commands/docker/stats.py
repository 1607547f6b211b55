"""docker stats: what containers use, as far as a simulated one uses anything: its network counters and its processes."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.clock import MS
from netsim.commands.docker.flags import BOOL, Flag, Parsed
from netsim.commands.docker.listing import Columns, show
from netsim.commands.docker.session import Docker, Subcommand
from netsim.commands.docker.sizes import sized
from netsim.docker.engine.container import Container
from netsim.kernel.core.netdevice import dev_get_stats
from netsim.machine.call import Program, Result
from netsim.machine.process import Process

HEADERS = {
    "Container": "CONTAINER", "ID": "CONTAINER ID", "Name": "NAME", "CPUPerc": "CPU %", "MemUsage": "MEM USAGE / LIMIT", "MemPerc": "MEM %",
    "NetIO": "NET I/O", "BlockIO": "BLOCK I/O", "PIDs": "PIDS",
}  # fmt: skip
COLUMNS = Columns(
    "*formatter.statsContext", HEADERS,
    "{{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDs}}", "{{.ID}}",
)  # fmt: skip
EVERY = 500 * MS
"""How often the screen is drawn anew."""
REPORT = "docker stats: memory of containers"
HOME, CLEAR, ERASE_LINE, ERASE_REST = "\033[H", "\033[2J", "\033[K", "\033[J"


def stats(docker: Docker, parsed: Parsed) -> Result | Program:
    """docker stats."""
    for name in parsed.words:
        docker.engine.container(name)
    if REPORT not in docker.engine.machine.kernel.unmodelled:
        docker.engine.machine.kernel.unmodelled.append(REPORT)
    return table(docker, parsed) if parsed.has("no-stream") else Watching(docker, parsed)


def table(docker: Docker, parsed: Parsed) -> Result:
    """The containers asked for, or all that run (with -a, all there are)."""
    engine = docker.engine
    if parsed.words:
        named = [(engine.container(name), name) for name in parsed.words if engine.container(name) is not None]
    else:
        every = [one for one in reversed(engine.containers.values()) if parsed.has("all") or one.state.is_running]
        named = [(one, one.short_id) for one in every]
    whole = int(parsed.has("no-trunc"))
    return show(docker, COLUMNS, parsed.text("format"), [_row(container, called, whole) for container, called in named], quiet=0)


def _row(container: Container, called: str, whole: int) -> dict[str, str]:
    """Nothing burns processor time or touches a disk here; how much memory a program takes is not simulated."""
    runs = container.state.is_running
    received, sent = _traffic(container) if runs else (0, 0)
    jail = container.jail
    count = sum(one.jail is jail and one.status is None for one in container.process.machine.processes.values()) if runs and container.process else 0
    return {
        "Container": called, "ID": container.id if whole else container.short_id, "Name": container.name, "CPUPerc": "0.00%",
        "MemUsage": "-- / --" if runs else "0B / 0B", "MemPerc": "--" if runs else "0.00%", "NetIO": f"{sized(received, 3)} / {sized(sent, 3)}",
        "BlockIO": "0B / 0B", "PIDs": str(count),
    }  # fmt: skip


def _traffic(container: Container) -> tuple[int, int]:
    """Bytes received and sent by the interfaces that the daemon gave it."""
    sandbox = container.sandbox
    if sandbox is None or sandbox.shared:
        return 0, 0
    counted = [dev_get_stats(dev) for dev in sandbox.netns.names.values() if dev.name != "lo"]
    return sum(one.rx_bytes for one in counted), sum(one.tx_bytes for one in counted)


@attrs.define(eq=False)
class Watching(Program):
    """docker stats until somebody ends it."""

    docker: Docker
    parsed: Parsed

    def started(self, proc: Process) -> None:
        """The first picture."""
        self.timer(proc, None)

    def timer(self, proc: Process, token: Any) -> None:
        """Draw it again, over what is there."""
        self.docker.out.clear()
        shown = table(self.docker, self.parsed)
        if shown.status:
            proc.write(2, shown.stderr)
            proc.exit(shown.status)
            return
        if self.docker.cli.family == "20.10":
            proc.write(1, CLEAR + HOME + shown.stdout)
        else:
            over = "".join(f"{line} {ERASE_LINE}\n" for line in shown.stdout.split("\n"))
            proc.write(1, f"{HOME}{shown.stdout}{HOME}{over}{ERASE_REST}")
        proc.timer(EVERY, None)


STATS_COMMANDS = (
    Subcommand(
        "stats",
        "[OPTIONS] [CONTAINER...]",
        (Flag("all", "a", BOOL), Flag("format"), Flag("no-stream", "", BOOL), Flag("no-trunc", "", BOOL)),
        0,
        None,
        stats,
    ),
)
