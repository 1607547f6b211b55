"""Which address families a command line of net-tools chooses (`aftrans`)."""

from __future__ import annotations

import attrs

from netsim.machine.getopt import Option

ALIASES = {"ip": "inet", "tcpip": "inet", "inet": "inet", "inet6": "inet6", "appletalk": "ddp", "ddp": "ddp", "ipx": "ipx", "ax25": "ax25",
           "netrom": "netrom", "rose": "rose", "unix": "unix", "x25": "x25"}  # fmt: skip


class UnknownFamily(Exception):
    """`str()` is the tool's complaint."""


@attrs.define(eq=False)
class AddressFamilies:
    """The families named so far, in order."""

    names: list[str] = attrs.field(factory=list)

    def take(self, option: Option) -> None:
        """One option: `-A LIST`, `--FAMILY`, `-4`, `-6`; others say nothing. UnknownFamily."""
        words: list[str] = []
        if option.name == "A":
            words = (option.argument or "").split(",")
        elif option.name.startswith("--"):
            words = [option.name[2:]]
        elif option.name in ("4", "6"):
            words = ["inet" if option.name == "4" else "inet6"]
        for word in words:
            if word not in ALIASES:
                raise UnknownFamily(f"Unknown address family `{word}'.")
            if ALIASES[word] not in self.names:
                self.names.append(ALIASES[word])
