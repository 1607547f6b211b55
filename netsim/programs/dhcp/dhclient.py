"""dhclient (ISC, quiet as it is by default): a lease, a PID file, and it stays."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.machine.call import Call, Program, Result
from netsim.machine.process import Process
from netsim.packet.dhcp import HOSTNAME, PARAMETERS, Dhcp
from netsim.programs.dhcp.client import DhcpClient

WANTED = bytes((1, 28, 2, 3, 15, 6, 119, 12, 44, 47, 26, 121, 42))
VALUED = {"-pf": "pid", "-lf": "leases", "-cf": "config", "-sf": "script", "-e": "environment", "-s": "server", "-p": "port"}
FLAGS = frozenset({"-1", "-4", "-q", "-d", "-nw", "-w", "-n", "-v", "-r", "-x", "-6"})
UNMODELLED = frozenset({"-6", "-r", "-x", "-sf", "-cf", "-s", "-p", "-n", "-e"})
SECONDS = 60
"""How long it tries before it goes to the background, or with -1 gives up."""


def dhclient(call: Call) -> Result | Program:
    """The dhclient command."""
    words, given, names = list(call.argv[1:]), {}, []
    while words:
        word = words.pop(0)
        if word in UNMODELLED:
            return Result("", f'netsim: "dhclient {word}" is not modelled\n', 1)
        if word in VALUED:
            if not words:
                return Result("", "Usage: dhclient [-4|-6] [-SNTPRI1dvrxi] [-nw] [-p <port>] [-D LL|LLT]\n", 1)
            given[word] = words.pop(0)
        elif word in FLAGS:
            given[word] = ""
        elif word.startswith("-"):
            return Result("", f"Unknown command: {word}\nUsage: dhclient [-4|-6] [-SNTPRI1dvrxi] [-nw] [-p <port>] [-D LL|LLT]\n", 1)
        else:
            names.append(word)
    if len(names) != 1:
        return Result("", 'netsim: "dhclient" without one interface is not modelled\n', 1)
    dev = call.netns.device(names[0])
    if dev is None:
        return Result("", f'Cannot find device "{names[0]}"\n', 1)
    asked = {HOSTNAME: call.proc.hostname().encode(), PARAMETERS: WANTED}
    return Dhclient(names[0], dev.ifindex, dev.address, 3, asked, pidfile=given.get("-pf", "/run/dhclient.pid"), once=int("-1" in given))


@attrs.define(eq=False)
class Dhclient(DhcpClient):
    """One dhclient; its command ends when it has a lease, and a process stays to keep it."""

    pidfile: str = ""
    once: int = 0

    def unanswered(self, proc: Any) -> bool:
        """After a minute it ends with -1, else goes on in the background."""
        if self.tries * self.pause < SECONDS:
            return False
        if self.once:
            proc.exit(2)
        else:
            self._stay(proc)
        return True

    def leased(self, proc: Any, message: Dhcp, seconds: int) -> None:
        """The lease is there."""
        if proc.parent is not None and proc.program is self:
            self._stay(proc)

    def _stay(self, proc: Process) -> None:
        child = proc.machine.spawn(proc.machine.init, proc.argv, fds={}, program=Kept(), netns=proc.netns)
        proc.machine.files.write(proc, self.pidfile, f"{child.pid}\n".encode())
        proc.exit(0)


@attrs.define(eq=False)
class Kept(Program):
    """What stays of dhclient: here it does no more than being there to be killed; leases are renewed by udhcpc only."""
