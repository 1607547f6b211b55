"""Carrier changes reach the rest of the kernel late: the link watch worker (`net/core/link_watch.c`).

It runs at most once a second for ordinary events and at once for urgent ones, settles each device's operational state, and starts or stops its queue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.clock import SECOND, Timer
from netsim.kernel.core.netdevice import (
    IF_OPER_DORMANT,
    IF_OPER_DOWN,
    IF_OPER_LOWERLAYERDOWN,
    IF_OPER_UNKNOWN,
    IF_OPER_UP,
    IFF_UP,
    NETDEV_CHANGE,
    NetDevice,
)
from netsim.state.late import Late

if TYPE_CHECKING:
    from netsim.kernel.core.kernel import Kernel


@attrs.define(eq=False)
class LinkWatch(Late):
    """The worker's queue and when it may run next (ns)."""

    waiting: dict[NetDevice, None] = attrs.field(factory=dict)  # in the order of their events
    next_run: int = SECOND  # it has run at boot, for the loopback device
    timer: Timer | None = None
    urgent: bool = False


def watch_of(kernel: Kernel) -> LinkWatch:
    """The machine's link watch."""
    if kernel.link_watch is None:
        kernel.link_watch = LinkWatch()
    watch: LinkWatch = kernel.link_watch
    return watch


def default_operstate(dev: NetDevice) -> int:
    """The state RFC 2863 wants for the device as it is (`default_operstate`).

    A device without carrier whose lower device has another index is LOWERLAYERDOWN only when the lower device, looked up by that
    index in the device's *own* namespace, has no carrier either: a mistake the kernel makes for ends in other namespaces.
    """
    if dev.carrier:
        return IF_OPER_UP
    lower = dev.lower()
    if lower is None or lower.ifindex == dev.ifindex:
        return IF_OPER_DOWN
    namesake = dev.netns.devices.get(lower.ifindex)
    if namesake is None:
        return IF_OPER_DOWN
    return IF_OPER_DOWN if namesake.carrier and namesake.flags & IFF_UP else IF_OPER_LOWERLAYERDOWN


def set_operstate(dev: NetDevice) -> None:
    """Settle the operational state (`rfc2863_policy`)."""
    if not dev.carrier:
        dev.operstate = default_operstate(dev)
    elif dev.operstate != IF_OPER_DORMANT:
        dev.operstate = IF_OPER_UP


def fire(dev: NetDevice) -> None:
    """Something about the carrier changed (`linkwatch_fire_event`)."""
    kernel = dev.netns.kernel
    watch = kernel.link_watch or watch_of(kernel)
    urgent = dev.flags & IFF_UP and _is_urgent(dev)
    if dev not in watch.waiting:
        watch.waiting[dev] = None
    elif not urgent:
        return
    if watch.urgent:
        return
    if urgent:
        _schedule_urgent(kernel, watch)
    elif watch.timer is None or watch.timer.callback is None:
        _schedule(kernel, watch)


def _is_urgent(dev: NetDevice) -> bool:
    if not dev.flags & IFF_UP:
        return False
    lower = dev.lower()
    if lower is not None and lower.ifindex != dev.ifindex:
        return True
    if dev.kind == "bond" or (dev.master is not None and dev.master.kind == "bond"):
        return True
    return dev.carrier and not dev.is_active


def _schedule(kernel: Kernel, watch: LinkWatch) -> None:
    delay = max(0, watch.next_run - kernel.clock.now)
    watch.timer = kernel.clock.call_later(0 if delay > SECOND else delay, run, kernel)


def _schedule_urgent(kernel: Kernel, watch: LinkWatch) -> None:
    watch.urgent = True
    if watch.timer is not None:
        watch.timer.cancel()
        watch.timer = None
    kernel.clock.call_soon(run, kernel)  # before the frames that are sent from now on


def run(kernel: Kernel) -> None:
    """One round of the worker: urgent devices always, the others when a second has passed (`__linkwatch_run_queue`)."""
    watch = kernel.link_watch or watch_of(kernel)
    now = kernel.clock.now
    only_urgent = now < watch.next_run
    if not only_urgent:
        watch.next_run = now + SECOND
    watch.urgent = False
    watch.timer = None
    devices, watch.waiting = watch.waiting, {}
    for dev in devices:
        if only_urgent and dev.registered and not _is_urgent(dev):
            watch.waiting[dev] = None
            continue
        if dev.registered:
            settle(dev)
    if watch.waiting and not watch.urgent and (watch.timer is None or not watch.timer.pending):
        _schedule(kernel, watch)


def finish(kernel: Kernel) -> None:
    """Do what is urgent, and what that makes urgent, now: whatever takes a while to begin finds it done."""
    watch = kernel.link_watch or watch_of(kernel)
    while watch.urgent:
        run(kernel)


def sync(dev: NetDevice) -> None:
    """Somebody asks about one device: what waits for it is done first, on kernels that do so since 6.8 (`linkwatch_sync_dev`)."""
    watch = watch_of(dev.netns.kernel)
    if dev in watch.waiting and dev.netns.kernel.profile.syncs_link_watch:
        del watch.waiting[dev]
        settle(dev)


def settle(dev: NetDevice) -> None:
    """Bring one device up to date: its state, its queue, and everybody who asked to know (`linkwatch_do_dev`)."""
    set_operstate(dev)
    if dev.flags & IFF_UP:
        dev.stir()
        dev.is_active = dev.carrier
        if not dev.carrier and dev.root_qdisc is not None:
            dev.root_qdisc.reset()
        dev.netns.kernel.notify(NETDEV_CHANGE, dev)


__all__ = ["IF_OPER_UNKNOWN", "LinkWatch", "default_operstate", "fire", "run", "set_operstate", "settle", "sync", "watch_of"]
