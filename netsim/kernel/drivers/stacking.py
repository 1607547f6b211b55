"""Devices on top of another: they hear of its events and share its carrier (`netif_stacked_transfer_operstate`)."""

from __future__ import annotations

import attrs

from netsim.errors import EINVAL, ENODEV, NetError
from netsim.kernel.core.device_life import netif_carrier_off, netif_carrier_on, unregister_netdevice
from netsim.kernel.core.link_ops import LinkRequest
from netsim.kernel.core.netdevice import (
    IF_OPER_DORMANT,
    NETDEV_CHANGE,
    NETDEV_CHANGEADDR,
    NETDEV_CHANGEMTU,
    NETDEV_DOWN,
    NETDEV_UNREGISTER,
    NETDEV_UP,
    NetDevice,
)
from netsim.kernel.core.netns import Netns


@attrs.define(eq=False)
class Stacked(NetDevice):
    """A device that lives on a lower one and goes with it."""

    real: NetDevice = attrs.field(default=None)

    def lower(self) -> NetDevice | None:
        """The lower device, wherever it lives."""
        return self.real

    def lower_event(self, event: int) -> None:
        """Something happened to the lower device."""

    def attach(self) -> None:
        """Hear of the lower device's events."""
        self.real.uppers = (*self.real.uppers, self)

    def removed(self) -> None:
        """No longer on the lower device."""
        self.real.uppers = tuple(upper for upper in self.real.uppers if upper is not self)


HEARD = frozenset((NETDEV_UP, NETDEV_DOWN, NETDEV_CHANGE, NETDEV_CHANGEMTU, NETDEV_CHANGEADDR, NETDEV_UNREGISTER))


def stacked_event(event: int, dev: NetDevice) -> None:
    """Tell the devices on top; they go when the lower one is removed, but not when it only moves."""
    for upper in dev.uppers:
        if not isinstance(upper, Stacked):
            continue
        if event == NETDEV_UNREGISTER:
            if not dev.registered:
                unregister_netdevice(upper)
        else:
            upper.lower_event(event)


def transfer_operstate(lower: NetDevice, upper: NetDevice) -> None:
    """The upper device has a carrier when the lower one has (`netif_stacked_transfer_operstate`)."""
    if lower.operstate == IF_OPER_DORMANT:
        upper.operstate = IF_OPER_DORMANT
    if lower.carrier:
        netif_carrier_on(upper)
    else:
        netif_carrier_off(upper)


def real_dev_of(netns: Netns, request: LinkRequest) -> NetDevice:
    """The lower device a request names; EINVAL when it names none, ENODEV when there is none."""
    if not request.link:
        raise NetError(EINVAL)
    dev = (request.link_netns or netns).devices.get(request.link)
    if dev is None:
        raise NetError(ENODEV)
    return dev
