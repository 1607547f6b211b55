"""RTM_NEWLINK, RTM_SETLINK, RTM_DELLINK: making, changing and removing devices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from netsim.addr import MAC
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.netns import Netns

EMPTY: Mapping[str, Any] = {}


@attrs.frozen
class LinkRequest:
    """What an RTM_NEWLINK message may say; `None` means the attribute is absent.

    `data` are the kind's own attributes by the name iproute2 spells them (`{"peer": LinkRequest(...)}` for veth,
    `{"stp_state": 1}` for bridge), `slave_data` those of a port (`{"hairpin": 1}`), both already parsed to values.
    """

    name: str | None = None
    ifindex: int | None = None
    kind: str | None = None
    data: Mapping[str, Any] = attrs.field(default=EMPTY)
    slave_kind: str | None = None
    slave_data: Mapping[str, Any] = attrs.field(default=EMPTY)
    link: int | None = None  # IFLA_LINK: ifindex of the lower device
    link_netns: Netns | None = None  # where `link` and the new device's makers live
    master: int | None = None  # ifindex; 0 releases
    mtu: int | None = None
    address: MAC | bytes | None = None
    broadcast: MAC | None = None
    txqueuelen: int | None = None
    flags: int = 0  # new values of the flags named in `change`
    change: int = 0
    netns: Netns | None = None  # move to
    new_ifindex: int | None = None
    group: int | None = None
    alias: str | None = None
    operstate: int | None = None
    linkmode: int | None = None
    carrier: int | None = None
    addrgenmode: int | None = None
    numtxqueues: int | None = None
    numrxqueues: int | None = None
    gso_max_size: int | None = None


def newlink(netns: Netns, request: LinkRequest) -> NetDevice:
    """Make a device (`rtnl_newlink_create`)."""
    raise NotImplementedError


def setlink(dev: NetDevice, request: LinkRequest) -> None:
    """Change a device (`do_setlink`): in the kernel's order, what was done before a failing attribute stays done."""
    raise NotImplementedError


def dellink(dev: NetDevice) -> None:
    """Remove a device (`rtnl_dellink`)."""
    raise NotImplementedError
