"""The device a command of tc is about."""

from __future__ import annotations

from netsim.commands.ip.main import Ip
from netsim.commands.ip.words import answers, no_device
from netsim.errors import ENODEV, NetError
from netsim.kernel.core.netdevice import NetDevice


def device(session: Ip, name: str) -> NetDevice:
    """A device by name; the kernel's `No such device` where none was named."""
    if not name:
        raise answers(NetError(ENODEV))
    dev = session.netns.device(name)
    if dev is None:
        raise no_device(name)
    return dev
