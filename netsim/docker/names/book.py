"""Names of a network's members on all hosts: containers, services and their tasks (`libnetwork/service_common.go`)."""

from __future__ import annotations

import attrs

from netsim.addr import IPv4


@attrs.frozen
class Entry:
    """One member: its address and names; as a service's task, also the service's names, and the address that these mean (`vip`; none: all tasks')."""

    address: IPv4
    names: tuple[str, ...] = ()
    service: str = ""
    aliases: tuple[str, ...] = ()
    vip: IPv4 | None = None


@attrs.define(eq=False)
class Book:
    """The members by what they are kept under."""

    entries: dict[str, Entry] = attrs.field(factory=dict)

    def called(self, name: str) -> list[IPv4]:
        """The addresses a name means, in small letters: a service's virtual one, `tasks.SERVICE` each task's, else the containers'."""
        found: dict[IPv4, None] = {}
        for entry in self.entries.values():
            if entry.service and name in (entry.service.lower(), *(alias.lower() for alias in entry.aliases)):
                found[entry.vip or entry.address] = None
            elif (entry.service and name == f"tasks.{entry.service.lower()}") or any(name == known.lower() for known in entry.names):
                found[entry.address] = None
        return list(found)

    def name_of(self, address: IPv4) -> str | None:
        """What an address is called."""
        for entry in self.entries.values():
            if entry.address == address and entry.names:
                return entry.names[0]
            if entry.vip == address:
                return entry.service
        return None
