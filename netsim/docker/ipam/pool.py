"""One subnet and the addresses given out of it (libnetwork's default IPAM driver, `ipams/defaultipam`)."""

from __future__ import annotations

import attrs

from netsim.addr import IPv4, IPv4Net, IPv6, IPv6Net
from netsim.docker.errors import Refusal, conflict, failed

Net = IPv4Net | IPv6Net
Address = IPv4 | IPv6


def bounds(net: Net) -> tuple[int, int]:
    """First and last address of a prefix, as numbers."""
    width = 32 if isinstance(net, IPv4Net) else 128
    hosts = (1 << (width - net.length)) - 1
    last = int(net.address) | hosts
    return last ^ hosts, last


def overlap(one: Net, other: Net) -> int:
    """Whether two prefixes of one family share addresses (1) or not (0)."""
    if type(one) is not type(other):
        return 0
    width = (32 if isinstance(one, IPv4Net) else 128) - min(one.length, other.length)
    return int(int(one.address) >> width == int(other.address) >> width)  # one lies in the other


@attrs.define(eq=False)
class Pool:
    """A subnet, the part of it that addresses are taken from by themselves, and those in use."""

    subnet: Net
    ip_range: Net | None = None
    taken: set[int] = attrs.field(factory=set)
    is_whole: int = 0
    """1: even a prefix of one or two addresses may give all of them."""
    is_shared: int = 0
    """1: other parts of the same subnet have pools too, and give from the same addresses."""
    cursor: int = 0
    """No address below it is free, so the search for the lowest starts here."""
    first: int = attrs.field(init=False, default=0)
    last: int = attrs.field(init=False, default=0)
    """The subnet's first and last address."""

    def __attrs_post_init__(self) -> None:
        first, last = self.first, self.last = bounds(self.subnet)
        if last - first >= 2 or isinstance(self.subnet, IPv6Net) or not self.is_whole:
            self.taken.add(first)
            if isinstance(self.subnet, IPv4Net):
                self.taken.add(last)
        self.cursor = self.range()[0]

    @property
    def space_name(self) -> str:
        """The address space it is of, by name."""
        return "LocalDefault"

    def request_gateway(self, wanted: Address | None = None) -> Address:
        """An address for the network's gateway."""
        return self.request(wanted)

    def range(self) -> tuple[int, int]:
        """First and last address of the part: of a range that lies outside (`dockerd --fixed-cidr`) only the bits of the host count."""
        first, last = self.first, self.last
        if self.ip_range is None:
            return first, last
        low, high = bounds(self.ip_range)
        return first | low & (last - first), first | high & (last - first)

    def contains(self, address: int) -> bool:
        """Whether an address lies in the subnet."""
        return self.first <= address <= self.last

    def request(self, wanted: Address | None = None) -> Address:
        """An address: the one asked for, or the lowest free one of the range. Refuses what is in use or outside, and when none is left."""
        if wanted is not None:
            if not self.contains(int(wanted)):
                raise failed("Requested address is out of range")
            if len(self.taken) > self.last - self.first:
                raise self._none_left()
            if int(wanted) in self.taken:
                raise conflict("Address already in use")
            self.taken.add(int(wanted))
            return wanted
        first, last = self.range()
        number = first if self.is_shared else self.cursor
        while number in self.taken:
            number += 1
        if number > last:
            raise self._none_left()
        self.taken.add(number)
        self.cursor = number + 1
        return type(self.subnet.address)(number)

    def _none_left(self) -> ExhaustedError:
        return ExhaustedError(500, f"{'n' if self.is_whole else 'N'}o available addresses on this pool")

    def release(self, address: Address) -> None:
        """Give an address back."""
        self.taken.discard(int(address))
        if self.range()[0] <= int(address) < self.cursor:
            self.cursor = int(address)


class ExhaustedError(Refusal):
    """No address is left in a pool (`ErrNoAvailableIPs`)."""
