"""Neighbours: who has which hardware address, found out and kept fresh by timers (`net/core/neighbour.c`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from netsim.addr import MAC, MAC_BROADCAST, MAC_ZERO
from netsim.clock import MS, SECOND
from netsim.kernel.core.netdevice import IFF_LOOPBACK, IFF_NOARP, IFF_POINTOPOINT, NetDevice
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.core.timer_wheel import wheel_delay
from netsim.kernel.core.tracepoint import trace_drop, trace_step
from netsim.kernel.core.transmit import NET_XMIT_SUCCESS, dev_queue_xmit
from netsim.kernel.tables.inet import InDevice
from netsim.kernel.tables.inet6 import Inet6Dev
from netsim.kernel.tables.neigh import (
    NUD_CONNECTED,
    NUD_DELAY,
    NUD_FAILED,
    NUD_INCOMPLETE,
    NUD_NOARP,
    NUD_NONE,
    NUD_PERMANENT,
    NUD_PROBE,
    NUD_REACHABLE,
    NUD_STALE,
    NUD_VALID,
    Neighbour,
    NeighParms,
    NeighTable,
)

NUD_IN_TIMER = NUD_INCOMPLETE | NUD_REACHABLE | NUD_DELAY | NUD_PROBE
ASKING = NUD_DELAY | NUD_PROBE
"""What is sent goes to the address known so far while it is asked for again."""
OVERRIDE, ADMIN, OVERRIDE_ISROUTER, ISROUTER, WEAK_OVERRIDE = 1, 2, 4, 8, 16
ONE_FOR_ALL = IFF_LOOPBACK | IFF_POINTOPOINT
"""Devices where one entry serves every address."""
SKB_OVERHEAD = 512  # about what a small packet counts against the queue's limit


@attrs.frozen
class NeighOps:
    """What differs between families (`struct neigh_ops`): asking, and telling senders that nobody answered."""

    ethertype: int
    solicit: Callable[[Neighbour, SkBuff | None], None]
    error_report: Callable[[Neighbour, SkBuff], None]
    parms: Callable[[NetDevice], NeighParms]
    home: Callable[[NetDevice], InDevice | Inet6Dev | None]
    multicast_mac: Callable[[Any], MAC]
    any_key: Any = None


def now(neigh: Neighbour) -> int:
    """Virtual time in ns."""
    return int(neigh.dev.netns.kernel.clock.now)


def reachable_time(neigh: Neighbour, parms: NeighParms) -> int:
    """How long a confirmation lasts: between half and one and a half of the base time, drawn anew every 300 s (`neigh_rand_reach_time`)."""
    dev, base = neigh.dev, parms.base_reachable_time_ms
    home: InDevice | Inet6Dev | None = neigh.ops.home(dev)
    if home is None:
        return base * MS
    if home.drawn_for != base:
        home.drawn_for = base
        home.reachable_ms = base // 2 + dev.netns.kernel.below(max(1, base))
    return home.reachable_ms * MS


def neigh_create(table: NeighTable, ops: NeighOps, key: Any, dev: NetDevice) -> Neighbour:
    """The entry for a key on a device, made when it is missing (`__neigh_create`, `arp_constructor`)."""
    if dev.flags & ONE_FOR_ALL and ops.any_key is not None:
        key = ops.any_key  # one entry serves every address (`arp_constructor`)
    place = (key, dev.ifindex)
    known = table.entries.get(place)
    if known is not None:
        return known
    time = dev.netns.kernel.clock.now
    neigh = Neighbour(key, dev, ops=ops, confirmed=time - 3 * 30 * SECOND, updated=time, used=time, created=time)
    if dev.flags & (IFF_NOARP | IFF_LOOPBACK) or dev.header_length != 14:
        neigh.state, neigh.lladdr = NUD_NOARP, dev.address if dev.header_length == 14 else MAC_ZERO
    elif key.is_multicast:
        neigh.state, neigh.lladdr = NUD_NOARP, ops.multicast_mac(key)
    table.entries[place] = neigh
    table.generation += 1
    _tell(neigh)
    return neigh


def _tell(neigh: Neighbour) -> None:
    """A bridge that counts on what a request would change here is told that it may be another now."""
    if neigh.dev.place is not None:
        neigh.dev.place.heed(neigh.key)


def neigh_output(table: NeighTable, ops: NeighOps, key: Any, dev: NetDevice, skb: SkBuff) -> int:
    """Send a packet to a neighbour, asking for its address first when needed (`neigh_resolve_output`): NET_XMIT_*."""
    skb.dev = dev
    skb.src = dev.address
    neigh = None if dev.flags & ONE_FOR_ALL else table.entries.get((key, dev.ifindex))
    if neigh is None:
        neigh = neigh_create(table, ops, key, dev)
    netns, state = dev.netns, neigh.state
    if netns.trace is not None:
        trace_step(netns, "neigh_output", dev.name, skb.packet, (neigh.key, state, neigh.lladdr))
    if not state & NUD_CONNECTED:  # what is connected goes out without a note in the entry (`neigh_connected_output`)
        neigh.used = netns.kernel.clock.now
        if not state & ASKING and event_send(neigh, skb):
            return NET_XMIT_SUCCESS
    skb.dst = neigh.lladdr if neigh.lladdr is not None else MAC_BROADCAST
    return dev_queue_xmit(skb)


def transmit(neigh: Neighbour, skb: SkBuff) -> int:
    """Put the address on and hand the frame to the device."""
    skb.dst = neigh.lladdr if neigh.lladdr is not None else MAC_BROADCAST
    return dev_queue_xmit(skb)


def neigh_resolve(neigh: Neighbour) -> None:
    """Ask for a neighbour's address although no packet waits for it (`neigh_event_send` without a packet)."""
    if not neigh.state & (NUD_CONNECTED | NUD_DELAY | NUD_PROBE):
        event_send(neigh, None)


def event_send(neigh: Neighbour, skb: SkBuff | None) -> bool:
    """A packet wants out (`__neigh_event_send`); True: it waits (or died) here."""
    parms: NeighParms = neigh.ops.parms(neigh.dev)
    if neigh.state & NUD_STALE:
        neigh.state = NUD_DELAY
        neigh.updated = now(neigh)
        _arm(neigh, parms.delay_first_probe_time * SECOND)
        return False
    if neigh.state & NUD_INCOMPLETE:
        _queue(neigh, parms, skb)
        return True
    neigh.updated = now(neigh)
    if parms.mcast_solicit + parms.app_solicit == 0:
        neigh.state = NUD_FAILED
        return True
    neigh.probes = parms.ucast_solicit  # what is not known yet is asked for by broadcast only
    neigh.state = NUD_INCOMPLETE
    _arm(neigh, max(parms.retrans_time_ms, 10) * MS)
    _queue(neigh, parms, skb)
    _probe(neigh)
    return True


def _queue(neigh: Neighbour, parms: NeighParms, skb: SkBuff | None) -> None:
    if skb is None:
        return
    if not neigh.queue and skb.size + SKB_OVERHEAD <= parms.unres_qlen_bytes:
        neigh.queue = (skb,)
        return
    queue = (*neigh.queue, skb)
    total = sum([waiting.size + SKB_OVERHEAD for waiting in queue])
    while total > parms.unres_qlen_bytes and queue:
        total -= queue[0].size + SKB_OVERHEAD
        queue = queue[1:]
    neigh.queue = queue


def _probe(neigh: Neighbour) -> None:
    """Ask once (`neigh_probe`)."""
    neigh.probes += 1
    neigh.ops.solicit(neigh, neigh.queue[-1] if neigh.queue else None)


def _arm(neigh: Neighbour, delay: int) -> None:
    if neigh.timer is not None:
        neigh.timer.cancel()
    kernel = neigh.dev.netns.kernel
    neigh.timer = kernel.clock.call_later(wheel_delay(kernel.clock.now, delay, kernel.profile.hz), timer_handler, neigh)


def _disarm(neigh: Neighbour) -> None:
    if neigh.timer is not None:
        neigh.timer.cancel()
        neigh.timer = None


def max_probes(neigh: Neighbour, parms: NeighParms) -> int:
    """How often to ask before giving up (`neigh_max_probes`)."""
    more = parms.mcast_resolicit if neigh.state & NUD_PROBE else parms.mcast_solicit
    return int(parms.ucast_solicit + parms.app_solicit + more)


def timer_handler(neigh: Neighbour) -> None:
    """Time passed without news (`neigh_timer_handler`)."""
    clock, state = neigh.dev.netns.kernel.clock, neigh.state
    time = clock.now
    neigh.timer = None
    if not state & NUD_IN_TIMER:
        return
    parms = neigh.ops.parms(neigh.dev)
    if state & NUD_REACHABLE:
        lasts = reachable_time(neigh, parms)
        if time <= neigh.confirmed + lasts:
            next_time = neigh.confirmed + lasts
        elif time <= neigh.used + parms.delay_first_probe_time * SECOND:
            neigh.state, neigh.updated = NUD_DELAY, time
            next_time = time + parms.delay_first_probe_time * SECOND
        else:
            neigh.state, neigh.updated = NUD_STALE, time
            return
    elif state & NUD_DELAY and time <= neigh.confirmed + parms.delay_first_probe_time * SECOND:
        neigh.state, neigh.updated = NUD_REACHABLE, time
        next_time = neigh.confirmed + reachable_time(neigh, parms)
    else:
        if state & NUD_DELAY:
            neigh.state, neigh.updated, neigh.probes = NUD_PROBE, time, 0
        if neigh.probes >= max_probes(neigh, parms):
            neigh.state, neigh.updated = NUD_FAILED, time
            _tell(neigh)
            invalidate(neigh)
            return
        _arm(neigh, max(parms.retrans_time_ms, 10) * MS)
        _probe(neigh)
        return
    _arm(neigh, max(next_time - time, 5 * MS))


def invalidate(neigh: Neighbour) -> None:
    """Nobody answered: whoever waits is told (`neigh_invalidate`)."""
    neigh.updated = now(neigh)
    queue, neigh.queue = neigh.queue, ()
    for skb in queue:
        netns = neigh.dev.netns
        if netns.trace is not None:
            trace_drop(netns, "NEIGH_FAILED", neigh.dev.name, skb.packet, neigh.key)
        neigh.ops.error_report(neigh, skb)


def neigh_update(neigh: Neighbour, lladdr: MAC | None, new: int, flags: int) -> None:
    """News about a neighbour (`__neigh_update`): an answer, a request seen, or an administrator."""
    old, known, time = neigh.state, neigh.lladdr, neigh.dev.netns.kernel.clock.now
    if not flags & ADMIN and old & (NUD_NOARP | NUD_PERMANENT):
        return
    if not new & NUD_VALID:
        _lost(neigh, new, time)
        return
    if lladdr is None:
        if not old & NUD_VALID:
            return
        lladdr = known
    is_other = lladdr != known
    if new & NUD_CONNECTED:
        neigh.confirmed = time
    update_isrouter = flags & OVERRIDE_ISROUTER
    if old & NUD_VALID:
        if not is_other:
            if new == NUD_STALE and not flags & ADMIN:
                new = old
        elif not flags & OVERRIDE:
            update_isrouter = 0
            if not (flags & WEAK_OVERRIDE and old & NUD_CONNECTED):
                return
            lladdr, new, is_other = known, NUD_STALE, False
    if new != old:
        neigh.updated = time
        if new & NUD_PROBE:
            neigh.probes = 0
        neigh.state = new
        if new & NUD_IN_TIMER:
            _arm(neigh, reachable_time(neigh, neigh.ops.parms(neigh.dev)) if new & NUD_REACHABLE else 0)
        else:
            _disarm(neigh)
    if is_other:
        neigh.updated = time
        neigh.lladdr = lladdr
        _tell(neigh)
        if not new & NUD_CONNECTED:
            neigh.confirmed = time - 2 * neigh.ops.parms(neigh.dev).base_reachable_time_ms * MS
    if update_isrouter:
        neigh.is_router = bool(flags & ISROUTER)
    if neigh.queue and not old & NUD_VALID:
        queue, neigh.queue = neigh.queue, ()
        for skb in queue:
            transmit(neigh, skb)


def _lost(neigh: Neighbour, new: int, time: int) -> None:
    """The address is no longer known, or nobody has it."""
    old = neigh.state
    _disarm(neigh)
    neigh.state = new
    _tell(neigh)
    if old & (NUD_INCOMPLETE | NUD_PROBE) and new & NUD_FAILED:
        invalidate(neigh)
    if old & NUD_VALID:
        neigh.updated = time


def neigh_confirm(neigh: Neighbour) -> None:
    """An upper layer knows that the neighbour answers (`neigh_confirm`)."""
    neigh.confirmed = now(neigh)


def neigh_ifdown(table: NeighTable, dev: NetDevice) -> None:
    """The device went down: everything it knew is forgotten (`neigh_ifdown`)."""
    if table.entries:
        _flush(table, dev, keep=0)
    else:
        table.generation += 1
    if table.proxies:
        _forget_proxies(table, dev)


def neigh_carrier_down(table: NeighTable, dev: NetDevice) -> None:
    """The carrier went: all but permanent entries are forgotten, those of proxies stay (`neigh_carrier_down`)."""
    _flush(table, dev, keep=NUD_PERMANENT)


def neigh_changeaddr(table: NeighTable, dev: NetDevice) -> None:
    """The device has another address: what was learnt over the old one is forgotten (`neigh_changeaddr`)."""
    _flush(table, dev, keep=0)


def _forget_proxies(table: NeighTable, dev: NetDevice) -> None:
    """Proxy entries go with the device (`pneigh_ifdown_and_unlock`)."""
    for key in [key for key in table.proxies if key[1] == dev.ifindex]:
        del table.proxies[key]


def _flush(table: NeighTable, dev: NetDevice, keep: int) -> None:
    entries, ifindex = table.entries, dev.ifindex
    for place in tuple(entries):
        if place[1] == ifindex and not entries[place].state & keep:
            neigh = entries.pop(place)
            if neigh.timer is not None:
                _disarm(neigh)
            neigh.queue = ()
            neigh.state = NUD_NOARP if neigh.state & NUD_VALID else NUD_NONE
    table.generation += 1


def neigh_forget(table: NeighTable, neigh: Neighbour) -> None:
    """Take one entry out."""
    _disarm(neigh)
    table.entries.pop((neigh.key, neigh.dev.ifindex), None)
    table.generation += 1
