"""Host ports in use by published ones (`portallocator`)."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from netsim.addr import IPv4, IPv6
from netsim.docker.errors import conflict, failed, invalid


@attrs.define(eq=False)
class Ports:
    """Which (address, protocol, port) are taken, and where the search for a free one goes on."""

    first: int = 32768
    last: int = 60999
    taken: set[tuple[IPv4 | IPv6, str, int]] = attrs.field(factory=set)
    given: dict[str, int] = attrs.field(factory=dict)
    """Protocol -> the last port that was chosen."""

    def request(self, hosts: Sequence[IPv4 | IPv6], protocol: str, wanted: str) -> int:
        """One port number for all the addresses: `wanted` is a number, `first-last`, or empty for any."""
        if not wanted or wanted == "0":
            return self._any(hosts, protocol, self.first, self.last, self.given.get(protocol, self.first - 1))
        first, _, last = wanted.partition("-")
        if not first.isdigit() or (last and not last.isdigit()):
            raise invalid(f"invalid port {wanted}")
        if last and last != first:
            return self._any(hosts, protocol, int(first), int(last), int(first) - 1)
        number = int(first)
        for host in hosts:
            if not self._is_free(host, protocol, number):
                shown = f"[{host}]" if isinstance(host, IPv6) else str(host)
                raise conflict(f"Bind for {shown}:{number} failed: port is already allocated")
        self._take(hosts, protocol, number)
        return number

    def _any(self, hosts: Sequence[IPv4 | IPv6], protocol: str, first: int, last: int, after: int) -> int:
        for step in range(last - first + 1):
            number = first + (after + 1 - first + step) % (last - first + 1)
            if all(self._is_free(host, protocol, number) for host in hosts):
                if (first, last) == (self.first, self.last):
                    self.given[protocol] = number
                self._take(hosts, protocol, number)
                return number
        raise failed("all ports are allocated")

    def _is_free(self, host: IPv4 | IPv6, protocol: str, number: int) -> bool:
        any_host = type(host)(0)
        if host == any_host:
            return not any(kind == protocol and port == number and type(other) is type(host) for other, kind, port in self.taken)
        return (host, protocol, number) not in self.taken and (any_host, protocol, number) not in self.taken

    def _take(self, hosts: Sequence[IPv4 | IPv6], protocol: str, number: int) -> None:
        for host in hosts:
            self.taken.add((host, protocol, number))

    def release(self, host: IPv4 | IPv6, protocol: str, number: int) -> None:
        """Give a port back."""
        self.taken.discard((host, protocol, number))
