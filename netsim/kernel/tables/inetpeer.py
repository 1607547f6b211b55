"""What is remembered about single addresses: one bucket of tokens that the limiters of ICMP errors share (`inetpeer.c`)."""

from __future__ import annotations

from typing import Protocol

import attrs

from netsim.clock import SECOND

FILLED_BEFORE = 60 * SECOND  # a new peer counts as last heard that long ago, so that its bucket begins full


@attrs.define(eq=False)
class InetPeer:
    """One address (`struct inet_peer`); tokens and times in ns.

    The ICMP limiter, the limiter of route errors and redirects all work on the same two fields, so each disturbs the others.
    """

    rate_last: int
    rate_tokens: int = 0
    n_redirects: int = 0

    def take(self, now: int, cost: int, most: int) -> bool:
        """Pay `cost` tokens out of at most `most` saved up, one for each ns (`inet_peer_xrlim_allow`)."""
        tokens = self.rate_tokens
        if now != self.rate_last:  # two takers at one instant do not cap each other's tokens
            tokens = min(tokens + now - self.rate_last, most)
        allowed = tokens >= cost
        self.rate_tokens = tokens - cost if allowed else tokens
        self.rate_last = now
        return allowed


class Acquainted(Protocol):
    """A family's state in a namespace."""

    peers: dict[int, InetPeer] | None


def inet_getpeer(state: Acquainted, address: int, now: int) -> InetPeer:
    """The peer with an address, remembered from now on (`inet_getpeer`)."""
    if state.peers is None:
        state.peers = {}
    peer = state.peers.get(address)
    if peer is None:
        peer = state.peers[address] = InetPeer(now - FILLED_BEFORE)
    return peer
