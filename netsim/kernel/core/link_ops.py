"""What rtnetlink says to a link kind, and what a kind must offer to it (`struct rtnl_link_ops`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from netsim.addr import MAC
from netsim.errors import EADDRNOTAVAIL, EINVAL, EOPNOTSUPP, ERANGE, NetError
from netsim.kernel.core.modules import part
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.netns import Netns
from netsim.values import quick

ETH_ALEN = 6
EMPTY: Mapping[str, Any] = {}


LEAST_GSO_SIZE, MOST_SEGMENTS, MOST_GRO_SIZE = 193, 65535, 524280
"""More than the longest TCP header, GSO_MAX_SEGS and GRO_MAX_SIZE."""


@quick
@attrs.frozen(weakref_slot=False)
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
    link_netns: Netns | None = None  # where `link` lives and the device is made before it moves
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
    protodown: int | None = None
    protodown_reason: int | None = None
    addrgenmode: int | None = None
    numtxqueues: int | None = None
    numrxqueues: int | None = None
    gso_max_size: int | None = None
    gso_max_segs: int | None = None
    gro_max_size: int | None = None


def cannot_change(dev: NetDevice, data: Mapping[str, Any]) -> None:
    """For kinds that refuse changes: EOPNOTSUPP (`rtnl_changelink` without an operation)."""
    raise NetError(EOPNOTSUPP)


@attrs.frozen
class LinkKind:
    """A kind: `module` must be in the kernel's profile; what does the work is named as `core.modules.part` finds it ("": nothing can change)."""

    name: str
    module: str
    creates: str
    changes: str = ""
    changes_port: str = ""

    def create(self, netns: Netns, request: LinkRequest) -> NetDevice:
        """Register a device as a request asks (`rtnl_link_ops.newlink`)."""
        made: NetDevice = part(self.creates)(netns, request)
        return made

    def change(self, dev: NetDevice, data: Mapping[str, Any]) -> None:
        """Set options of a device (`rtnl_link_ops.changelink`)."""
        if self.changes:
            part(self.changes)(dev, data)

    def change_port(self, dev: NetDevice, data: Mapping[str, Any]) -> None:
        """Set options of a port of such a device (`rtnl_link_ops.slave_changelink`)."""
        if self.changes_port:
            part(self.changes_port)(dev, data)


def apply_common(dev: NetDevice, request: LinkRequest) -> None:
    """Attributes that are set before a new device is registered: MTU, addresses, queue length, group; an alias is not (`rtnl_create_link`)."""
    if request.mtu is not None:
        check_mtu(dev, request.mtu)
        dev.stir()
        dev.mtu = request.mtu
    if request.address is not None:
        if isinstance(request.address, bytes):
            if len(request.address) >= ETH_ALEN:
                dev.address = MAC(int.from_bytes(request.address[:ETH_ALEN], "big"))
        else:
            dev.address = request.address  # the kind had its say (`rtnl/link_validate.py`)
        dev.explicit_address = True
    if request.broadcast is not None:
        dev.broadcast = request.broadcast
    if request.txqueuelen is not None:
        dev.tx_queue_len = request.txqueuelen
    if request.group is not None:
        dev.group = request.group
    if request.operstate is not None:
        dev.operstate = request.operstate
    if request.numtxqueues is not None:
        dev.num_tx_queues = request.numtxqueues
    if request.numrxqueues is not None:
        dev.num_rx_queues = request.numrxqueues
    if request.addrgenmode is not None:
        dev.addr_gen_mode = request.addrgenmode
    check_offload(dev, request)
    set_offload(dev, request)


def check_offload(dev: NetDevice, request: LinkRequest) -> None:
    """EINVAL, ERANGE with the kernel's sentence for bigger segments than the device may be handed (`validate_linkmsg`)."""
    if request.gso_max_size is request.gso_max_segs is request.gro_max_size is None:
        return
    since = dev.netns.kernel.profile.extended_acks
    if request.gso_max_size is not None and request.gso_max_size < LEAST_GSO_SIZE and since >= 618:
        raise NetError(ERANGE, "integer out of range")
    for name, most in (("gso_max_size", dev.tso_max_size), ("gso_max_segs", MOST_SEGMENTS), ("gro_max_size", MOST_GRO_SIZE)):
        value = getattr(request, name)
        if value is not None and value > most:
            raise NetError(EINVAL, f"too big {name}" if since >= 604 else "")


def set_offload(dev: NetDevice, request: LinkRequest) -> None:
    """How big segments are that the device is handed to cut, and that are put together (`netif_set_gso_max_size`); nothing here cuts."""
    if request.gso_max_size is not None:
        dev.gso_max_size = request.gso_max_size
    if request.gso_max_segs is not None:
        dev.gso_max_segs = request.gso_max_segs
    if request.gro_max_size is not None:
        dev.gro_max_size = request.gro_max_size


def check_mtu(dev: NetDevice, mtu: int) -> None:
    """EINVAL with the kernel's sentence outside the device's range (`dev_validate_mtu`)."""
    if mtu < 0 or mtu < dev.min_mtu:
        raise NetError(EINVAL, "mtu less than device minimum")
    if 0 < dev.max_mtu < mtu:
        raise NetError(EINVAL, "mtu greater than device maximum")


def valid_mac(address: MAC | bytes) -> MAC:
    """A unicast hardware address; EINVAL for a wrong length, EADDRNOTAVAIL for a group's or none (`eth_validate_addr`)."""
    if isinstance(address, bytes):
        raise NetError(EINVAL)
    if address.is_multicast or address.is_zero:
        raise NetError(EADDRNOTAVAIL)
    return address
