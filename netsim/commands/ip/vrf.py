"""ip vrf: listing VRFs, running commands in them, who runs where (`ipvrf.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.commands.ip.output import to_json
from netsim.commands.ip.words import Stop, Words, check_name, invarg, matches, number
from netsim.kernel.drivers.vrf import Vrf
from netsim.machine.call import Exec, Result

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

USAGE = """\
Usage:	ip vrf show [NAME] ...
	ip vrf exec [NAME] cmd ...
	ip vrf identify [PID]
	ip vrf pids [NAME]
"""


def do_vrf(session: Ip, cursor: Words) -> Exec | None:
    """ip vrf."""
    word = cursor.take() if cursor.more() else "show"
    if matches(word, "exec"):
        return execute(session, cursor)
    if matches(word, "help"):
        raise Stop(USAGE, 0)
    handler = next((function for name, function in LISTINGS.items() if matches(word, name)), None)
    if handler is None:
        raise Stop(f'Command "{word}" is unknown, try "ip vrf help".\n', 255)
    handler(session, cursor)
    return None


def identify(session: Ip, cursor: Words) -> None:
    """The VRF a process was started in."""
    process = session.call.proc
    if cursor.more():
        word = cursor.take()
        pid = number(word, 0, 0x7FFFFFFF)
        if pid is None:
            raise invarg("Invalid pid", word)
        found = session.call.machine.processes.get(pid)
        if found is None:
            raise Stop("", 255)
        process = found
    if process.vrf:
        session.print(f"{process.vrf}\n")


def pids(session: Ip, cursor: Words) -> None:
    """The processes that were started in a VRF."""
    if not cursor.more():
        raise Stop("Invalid arguments\n", 1)
    name = cursor.take()
    for pid, process in sorted(session.call.machine.processes.items()):
        if process.vrf == name and process.status is None:
            session.print(f"{pid:5d}  {process.comm}\n")


def execute(session: Ip, cursor: Words) -> Exec:
    """Run a command whose sockets are bound to a VRF (`ipvrf_exec`)."""
    if not cursor.more():
        raise Stop("No VRF name specified\n", 1)
    name = cursor.take()
    if not cursor.more():
        raise Stop("No command specified\n", 1)
    if name != "default" and not isinstance(session.netns.device(name), Vrf):
        raise Stop("Invalid VRF name\n", 255)
    session.call.proc.vrf = "" if name == "default" else name
    return Exec(tuple(cursor.words[cursor.at :]), session.netns, None, _exec_failed)


def _exec_failed(name: str) -> Result:
    return Result("", f'exec of "{name}" failed: No such file or directory\n', 1)


def show(session: Ip, cursor: Words) -> None:
    """Names and tables."""
    if cursor.more():
        name = cursor.take()
        if not check_name(name):
            raise invarg("VRF name invalid\n", name)
        dev = session.netns.device(name)
        if not isinstance(dev, Vrf):
            raise Stop("Invalid VRF\n", 255)
        session.print(f"{dev.name} {dev.table}\n")
        return
    devices = [session.netns.devices[ifindex] for ifindex in sorted(session.netns.devices)]
    vrfs = [dev for dev in devices if isinstance(dev, Vrf)]
    if session.style.json:
        session.print(to_json([{"name": dev.name, "table": dev.table} for dev in vrfs], session.style))
        return
    session.print(f"{'Name':<16s}  {'Table':>5s}\n{'-' * 23}\n")
    if not vrfs:
        session.print("No VRF has been configured\n")
    for dev in vrfs:
        session.print(f"{dev.name:<16s} {dev.table:>5d}\n")


LISTINGS = {"identify": identify, "pids": pids, "show": show, "lst": show, "list": show}
