"""Names of addresses as iptables looks them up: hosts(5), then networks(5) (`xtables_ipaddr_to_anyname`)."""

from __future__ import annotations

import attrs

from netsim.machine.process import Process

HOSTS, NETWORKS = "/etc/hosts", "/etc/networks"


class AsksWorld(Exception):
    """What a command line means does not follow from its words alone."""


@attrs.define(eq=False)
class KnownNames:
    """The files of the machine that `proc` runs on, read when the first name is asked for: most command lines ask for none.

    Without a process there is nobody to ask: AsksWorld.
    """

    proc: Process | None
    read: str | None = None

    @property
    def text(self) -> str:
        """All of them in the form of /etc/hosts."""
        if self.proc is None:
            raise AsksWorld
        if self.read is None:
            self.read = self.proc.read_text(HOSTS)
            for line in self.proc.read_text(NETWORKS).splitlines():
                name, *rest = line.partition("#")[0].split() or [""]
                self.read += f"\n{rest[0]} {name}" if rest else ""
        return self.read
