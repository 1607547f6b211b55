"""Telling a recorder what happened, for sites that asked `if netns.trace is not None` first (`include/trace/events/skb.h`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.trace import Dropped, Step

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns


def trace_drop(netns: Netns, reason: str, device: str, packet: Any, detail: Any = None) -> None:
    """A packet died at a device, by a name of `enum skb_drop_reason` (`trace_kfree_skb`)."""
    if netns.trace is not None:
        netns.trace.record(Dropped(netns.kernel.clock.now, netns.cookie, reason, device, packet, detail))


def trace_step(netns: Netns, where: str, device: str, packet: Any, detail: Any = None) -> None:
    """A packet passed a kernel function."""
    if netns.trace is not None:
        netns.trace.record(Step(netns.kernel.clock.now, netns.cookie, where, device, packet, detail))
