"""Host ports in use by published ones (`portallocator`)."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from netsim.addr import IPv4, IPv6
from netsim.docker.errors import conflict, failed, invalid

Taken = tuple[int, int, str, int]
"""Family (4 or 6), host address, protocol, port."""


@attrs.define(eq=False)
class Ports:
    """Which (address, protocol, port) are taken, and where the search for a free one goes on."""

    by_address: int = 0
    """1: an unspecified address and a particular one do not know of each other (27 and older)."""
    first: int = 32768
    last: int = 60999
    taken: set[Taken] = attrs.field(factory=set)
    users: dict[tuple[str, int], list[tuple[int, int]]] = attrs.field(factory=dict)
    """Protocol and port -> the families and addresses it is taken on."""
    given: dict[tuple[int, int, str, int, int], int] = attrs.field(factory=dict)
    """Family, address, protocol, first and last port of a range -> the one that was chosen last."""

    def request(self, hosts: Sequence[IPv4 | IPv6], protocol: str, wanted: str) -> int:
        """One port number for all the addresses: `wanted` is a number, `first-last`, or empty for any."""
        if not wanted or wanted == "0":
            return self._any(hosts, protocol, self.first, self.last)
        first, _, last = wanted.partition("-")
        if not first.isdigit() or (last and not last.isdigit()):
            raise invalid(f"invalid port {wanted}")
        if last and last != first:
            return self._any(hosts, protocol, int(first), int(last))
        number = int(first)
        for host in hosts:
            other = self._clash(host, protocol, number)
            if other is not None:
                shown = f"[{other}]" if isinstance(other, IPv6) else str(other)
                raise conflict(f"Bind for {shown}:{number} failed: port is already allocated")
        self._take(hosts, protocol, number)
        return number

    def _any(self, hosts: Sequence[IPv4 | IPv6], protocol: str, first: int, last: int) -> int:
        """The next one after the last that the first address was given out of the range."""
        ranges = [(_family(host), int(host), protocol, first, last) for host in hosts]
        after = self.given.get(ranges[0], first - 1)
        for step in range(last - first + 1):
            number = first + (after + 1 - first + step) % (last - first + 1)
            if all(self._clash(host, protocol, number) is None for host in hosts):
                self.given |= dict.fromkeys(ranges, number)
                self._take(hosts, protocol, number)
                return number
        raise failed("all ports are allocated")

    def _clash(self, host: IPv4 | IPv6, protocol: str, number: int) -> IPv4 | IPv6 | None:
        """The address on which the port is taken already."""
        family = _family(host)
        if (family, int(host), protocol, number) in self.taken:
            return host
        if self.by_address:
            return None
        if (family, 0, protocol, number) in self.taken:
            return type(host)(0)
        if int(host) == 0:
            return next((type(host)(other) for kind, other in self.users.get((protocol, number), ()) if kind == family), None)
        return None

    def _take(self, hosts: Sequence[IPv4 | IPv6], protocol: str, number: int) -> None:
        for host in hosts:
            self.taken.add((_family(host), int(host), protocol, number))
            self.users.setdefault((protocol, number), []).append((_family(host), int(host)))

    def release(self, host: IPv4 | IPv6, protocol: str, number: int) -> None:
        """Give a port back."""
        key = (_family(host), int(host), protocol, number)
        if key in self.taken:
            self.taken.remove(key)
            self.users[protocol, number].remove(key[:2])


def _family(host: IPv4 | IPv6) -> int:
    return 6 if isinstance(host, IPv6) else 4
