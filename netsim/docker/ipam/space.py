"""The pools of one daemon: subnets asked for, and subnets chosen among the predefined ones."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import attrs

from netsim.addr import IPv4Net, IPv6, IPv6Net
from netsim.docker.errors import forbidden, invalid
from netsim.docker.ipam import parse
from netsim.docker.ipam.pool import Net, Pool, bounds, overlap
from netsim.docker.profile import EngineProfile

OVERLAPS = "Pool overlaps with other one on this address space"
GO_INT = 64
"""Bits of the integer that counts the subnets of a block."""


@attrs.frozen
class BlockOf:
    """A range that is cut into subnets of one size (`--default-address-pool base=...,size=...`)."""

    base: Net
    size: int

    def subnets(self) -> int:
        """How many subnets it gives: from the base's own address on."""
        width = 32 if isinstance(self.base, IPv4Net) else 128
        return (bounds(self.base)[1] + 1 - int(self.base.address)) >> (width - self.size)

    def subnet(self, number: int) -> Net:
        """The n-th of them."""
        width = 32 if isinstance(self.base, IPv4Net) else 128
        base = self.base
        return type(base)(type(base.address)(int(base.address) + (number << (width - self.size))), self.size)  # type: ignore[arg-type]


LOCAL_BLOCKS: tuple[BlockOf, ...] = (
    *(BlockOf(IPv4Net.parse(f"172.{number}.0.0/16"), 16) for number in (17, 18, 19)),
    *(BlockOf(IPv4Net.parse(f"172.{number}.0.0/14"), 16) for number in (20, 24, 28)),
    BlockOf(IPv4Net.parse("192.168.0.0/16"), 20),
)
"""What networks get when nothing else is said (`ipamutils.localScopeDefaultNetworks`)."""
GLOBAL_BLOCKS = (BlockOf(IPv4Net.parse("10.0.0.0/8"), 24),)
"""The same for swarm's networks."""


@attrs.define(eq=False)
class AddressSpace:
    """Pools in use and the blocks new ones are cut from."""

    profile: EngineProfile
    blocks: tuple[BlockOf, ...] = LOCAL_BLOCKS
    pools: list[Pool] = attrs.field(factory=list)
    last_given: int = -1
    """20.10: the place in the list of predefined subnets after which the search goes on."""
    ascending: tuple[BlockOf, ...] = attrs.field(init=False, default=())
    """The blocks in the order of their bases."""

    def __attrs_post_init__(self) -> None:
        self.ascending = tuple(sorted(self.blocks, key=_base))

    def request(self, subnet: Net, ip_range: Net | None = None) -> Pool:
        """The subnet somebody asked for by name; a part of one is only refused where that very part has been given (`allocateSubnet`)."""
        if ip_range is None and any(overlap(pool.subnet, subnet) for pool in self.pools):
            raise forbidden(self._clash())
        if ip_range is not None and any((pool.subnet, pool.ip_range) == (subnet, ip_range) for pool in self.pools):
            raise forbidden(self._clash())
        return self.again(subnet, ip_range)

    def again(self, subnet: Net, ip_range: Net | None = None) -> Pool:
        """A subnet that was given before, whatever else has been since; parts of one give from the same addresses."""
        pool = Pool(subnet, ip_range, is_whole=self.profile.gives_small_subnets)
        for other in self.pools:
            if other.subnet == subnet:
                other.is_shared = pool.is_shared = 1
                pool.taken = other.taken
        return self._add(pool)

    def choose(self, reserved: Sequence[Net], family: type[Net] = IPv4Net, identity: str = "", size: int = 0) -> Pool:
        """A predefined subnet that overlaps neither a pool nor what is `reserved` (the host's own networks); IPv6 ones are cut out of a
        prefix made of the daemon's `identity` unless the daemon was given others. `size`: a prefix length other than the blocks' own (29)."""
        in_turn = self.profile.takes_subnets_in_turn
        blocks = [block for block in (self.blocks if in_turn else self.ascending) if isinstance(block.base, family)]
        if not blocks and family is IPv6Net and self.profile.has_ipv6_pools:
            blocks = [unique_local(identity)]
        if size:
            blocks = [BlockOf(block.base, size) for block in blocks if block.base.length <= size]
            if not blocks:
                raise invalid("invalid pool request: invalid address pool")
        taken = [other for other in (*reserved, *[pool.subnet for pool in self.pools]) if isinstance(other, family)]
        found = self._next(blocks, taken) if in_turn else lowest(blocks, taken)
        if found is not None:
            return self._add(Pool(found))
        if in_turn:
            kind = "IPv4" if family is IPv4Net else "IPv6"
            raise invalid(f"could not find an available, non-overlapping {kind} address pool among the defaults to assign to the network")
        raise forbidden("all predefined address pools have been fully subnetted")

    def peek(self, reserved: Sequence[Net]) -> Net:
        """The IPv4 subnet that would be chosen now; it stays free."""
        before = self.last_given
        pool = self.choose(reserved)
        self.release(pool)
        self.last_given = before
        return pool.subnet

    def _next(self, blocks: Sequence[BlockOf], taken: Sequence[Net]) -> Net | None:
        """The first free one after the one given last, round the whole list (20.10)."""
        count = sum(block.subnets() for block in blocks)
        for step in range(count):
            at = number = (self.last_given + 1 + step) % count
            for block in blocks:
                if number < block.subnets():
                    break
                number -= block.subnets()
            net = block.subnet(number)
            if not any(overlap(net, other) for other in taken):
                self.last_given = at
                return net
        return None

    def release(self, pool: Pool) -> None:
        """A network gives its subnet back."""
        if pool in self.pools:
            self.pools.remove(pool)

    def _add(self, pool: Pool) -> Pool:
        self.pools.append(pool)
        return pool

    def _clash(self) -> str:
        return OVERLAPS if self.profile.takes_subnets_in_turn else f"invalid pool request: {OVERLAPS}"


def read_blocks(profile: EngineProfile, texts: Sequence[str]) -> tuple[BlockOf, ...]:
    """`base=10.10.0.0/16,size=24`; Refusal with the daemon's text for what they are not."""
    if profile.takes_subnets_in_turn:
        return tuple(_older_block(text) for text in texts)
    return tuple(_block(number, text) for number, text in enumerate(texts))


def base_of(text: str) -> Net | None:
    """What a block is cut out of; Refusal as the command line words it (`PoolsOpt.Set`)."""
    base = _fields(text).get("base")
    try:
        return parse.prefix(base) if base is not None else None
    except ValueError as problem:
        raise invalid(f'invalid argument "{text}" for "--default-address-pool" flag: invalid base prefix "{base}": {problem}') from None


def _fields(text: str) -> dict[str, str]:
    return dict(part.partition("=")[::2] for part in text.lower().split(","))


def _block(number: int, text: str) -> BlockOf:
    """`ipam.splitByIPFamily`."""
    net, size = base_of(text), int(_fields(text).get("size", "") or 0)
    begin = "Error initializing network controller: error obtaining controller instance: could not construct local address space: network at index"
    shown = f"{number} (&{{{net if net is not None else 'invalid Prefix'} {size}}})"
    if net is None or not size:
        raise invalid(f"{begin} {shown} is not in canonical form")
    if net.length > size:
        raise invalid(f"{begin} {shown} has a smaller prefix (/{net.length}) than the target size of that pool (/{size})")
    if size > (32 if isinstance(net, IPv4Net) else 128):
        raise invalid(f"{begin} {shown} is not in canonical form")
    return BlockOf(parse.masked(net), size)


def _older_block(text: str) -> BlockOf:
    """The same as 20.10 reads it (`ipamutils.splitNetworks`)."""
    fields = dict(part.partition("=")[::2] for part in text.split(","))
    base, size = fields.get("base", ""), int(fields.get("size", "") or 0)
    begin = "Error initializing network controller: "
    try:
        net: Net = parse.masked(parse.cidr(base))
    except ValueError as problem:
        raise invalid(f'{begin}error obtaining controller instance: invalid base pool "{base}": {problem}') from None
    if size <= 0 or size < net.length:
        raise invalid(f"{begin}error obtaining controller instance: invalid pools size: {size}")
    if size > (32 if isinstance(net, IPv4Net) else 128):
        if size - net.length >= GO_INT - 1:  # 1 << that is no count of subnets
            raise invalid(f"{begin}list bridge addresses failed: PredefinedLocalScopeDefaultNetworks List: []: no available network")
        raise invalid(f'{begin}Error creating default "bridge" network: failed to parse pool request for address space "LocalDefault" pool "<nil>" subpool "": Invalid Address Pool')  # fmt: skip
    return BlockOf(net, size)


def lowest(blocks: Sequence[BlockOf], taken: Sequence[Net]) -> Net | None:
    """The lowest free subnet of blocks that are in the order of their bases; what has been found taken is stepped over as a whole."""
    spans = [bounds(net) for net in taken]
    for block in blocks:
        base = block.base
        hosts = (1 << ((32 if isinstance(base, IPv4Net) else 128) - block.size)) - 1
        number, count, first = 0, block.subnets(), int(base.address)
        width = (first | hosts) - first + 1
        while number < count:
            last = first + number * (hosts + 1) | hosts
            for low, high in spans:
                if low <= last and high >= last - hosts:
                    number = max(number, (high - first) // width) + 1
                    break
            else:
                return block.subnet(number)
    return None


def _base(block: BlockOf) -> int:
    return bounds(block.base)[0]


def unique_local(identity: str) -> BlockOf:
    """fd, forty bits of the daemon's identity, and so a /48 cut into /64 (`deriveULABaseNetwork`, RFC 4193)."""
    digest = hashlib.sha256(identity.encode()).digest()
    bits = int.from_bytes(digest[:8], "big") & (1 << 40) - 1
    return BlockOf(IPv6Net(IPv6(0xFD << 120 | bits << 80), 48), 64)
