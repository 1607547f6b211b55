"""Names of addresses as iptables looks them up: hosts(5), then networks(5) (`xtables_ipaddr_to_anyname`)."""

from __future__ import annotations

import attrs

from netsim.machine.process import Process

HOSTS, NETWORKS = "/etc/hosts", "/etc/networks"


@attrs.define(eq=False)
class KnownNames:
    """The files of the machine that `proc` runs on, read when the first name is asked for: most command lines ask for none."""

    proc: Process
    read: str | None = None

    @property
    def text(self) -> str:
        """All of them in the form of /etc/hosts."""
        if self.read is None:
            self.read = self.proc.read_text(HOSTS)
            for line in self.proc.read_text(NETWORKS).splitlines():
                name, *rest = line.partition("#")[0].split() or [""]
                self.read += f"\n{rest[0]} {name}" if rest else ""
        return self.read
