"""Devices on top of another: they hear of its events and share its carrier (`netif_stacked_transfer_operstate`)."""

from __future__ import annotations

import attrs

from netsim.errors import EINVAL, ENODEV, NetError
from netsim.kernel.core.device_life import netif_carrier_off, netif_carrier_on
from netsim.kernel.core.link_ops import LinkRequest
from netsim.kernel.core.netdevice import IF_OPER_DORMANT, NetDevice
from netsim.kernel.core.netns import Netns


@attrs.define(eq=False)
class Stacked(NetDevice):
    """A device that lives on a lower one and goes with it."""

    real: NetDevice = attrs.field(default=None)

    def lower(self) -> NetDevice | None:
        """The lower device, wherever it lives."""
        return self.real

    def attach(self) -> None:
        """Hear of the lower device's events."""
        self.real.uppers = (*self.real.uppers, self)

    def removed(self) -> None:
        """No longer on the lower device."""
        self.real.uppers = tuple(upper for upper in self.real.uppers if upper is not self)


def transfer_operstate(lower: NetDevice, upper: NetDevice) -> None:
    """The upper device has a carrier when the lower one has (`netif_stacked_transfer_operstate`)."""
    upper.is_dormant = lower.operstate == IF_OPER_DORMANT
    if upper.is_dormant:
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
