"""`-m hashlimit`: a token bucket for each sender, receiver or port, in tables that rules share by name (`xt_hashlimit`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.headers import ports_of
from netsim.kernel.netfilter.verdict import HookState

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff

SCALE = 1_000_000
"""Units of `average` in a second (`XT_HASHLIMIT_SCALE_v2`)."""
DSTIP, DSTPORT, SRCIP, SRCPORT = "dstip", "dstport", "srcip", "srcport"
Key = tuple[int, int, int, int]


@attrs.define(eq=False)
class Bucket:
    """What one key has saved up (ns of its average), when that was worked out, and when it is forgotten."""

    credit: int
    previous: int
    expires: int


@attrs.frozen
class HashlimitMatch:
    """At most one packet in `average` microseconds for each key that `modes` make, `burst` at once; `above` matches those over it.

    `expire` (ms) after its last packet a key is forgotten; `size`, `most` and `interval` shape the table and are told again.
    """

    name: str
    average: int
    burst: int
    modes: tuple[str, ...] = ()
    above: bool = False
    srcmask: int = 32
    dstmask: int = 32
    width: int = 32
    expire: int = 0
    size: int = 0
    interval: int = 0

    @property
    def shares(self) -> tuple[str, str]:
        """What it has in common with other rules of the namespace."""
        return f"hashlimit{self.width}", self.name

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Take a token from the key's bucket (`hashlimit_mt_common`)."""
        buckets: dict[Key, Bucket] = state.netns.netfilter.shared.setdefault(self.shares, {})
        now, key, cost = state.netns.kernel.clock.now, self._key(skb), self.average * 1000
        full, bucket = cost * self.burst, buckets.get(key)
        if bucket is None or bucket.expires < now:
            bucket = buckets[key] = Bucket(full, now, 0)
        bucket.expires = now + self.expire * 1_000_000
        bucket.credit = min(full, bucket.credit + now - bucket.previous)
        bucket.previous = now
        if bucket.credit < cost:
            return self.above
        bucket.credit -= cost
        return not self.above

    def _key(self, skb: SkBuff) -> Key:
        packet, modes = skb.packet, self.modes
        source = int(packet.src) & _mask(self.srcmask, self.width) if SRCIP in modes else 0
        target = int(packet.dst) & _mask(self.dstmask, self.width) if DSTIP in modes else 0
        ports = (ports_of(packet) or (0, 0)) if SRCPORT in modes or DSTPORT in modes else (0, 0)
        return source, target, ports[0] if SRCPORT in modes else 0, ports[1] if DSTPORT in modes else 0


def _mask(length: int, width: int) -> int:
    return (1 << length) - 1 << width - length
