"""/proc/net/vlan (`vlanproc.c`): which VLAN devices there are, and what each has seen."""

from __future__ import annotations

from netsim.kernel.core.netdevice import dev_get_stats
from netsim.kernel.core.netns import Netns
from netsim.kernel.drivers.vlan import REORDER_HDR, Vlan

MODULE = "8021q"
HEAD = "VLAN Dev name\t | VLAN ID\nName-Type: VLAN_NAME_TYPE_RAW_PLUS_VID_NO_PAD\n"
PRIVATE_FLAGS = 0x81021
"""Of any VLAN device, as Linux 6.1 numbers them (`priv_flags`)."""


def is_there(netns: Netns) -> bool:
    """Whether the module is: loaded by hand, or by the first device made."""
    kernel = netns.kernel
    return MODULE in kernel.loaded_modules or any(vlans_of(known) for known in kernel.namespaces)


def vlans_of(netns: Netns) -> dict[str, Vlan]:
    """The VLAN devices of a namespace by name."""
    return {dev.name: dev for dev in netns.devices.values() if isinstance(dev, Vlan)}


def config_text(netns: Netns) -> str:
    """All of them (`vlan_seq_show`)."""
    return HEAD + "".join(f"{dev.name:<15s}| {dev.vid}  | {dev.real.name}\n" for dev in vlans_of(netns).values())


def device_text(dev: Vlan) -> str:
    """One of them (`vlandev_seq_show`)."""
    stats = dev_get_stats(dev)
    text = f"{dev.name}  VID: {dev.vid}\t REORDER_HDR: {int(bool(dev.vlan_flags & REORDER_HDR))}  dev->priv_flags: {PRIVATE_FLAGS:x}\n"
    received = (("total frames received", stats.rx_packets), ("total bytes received", stats.rx_bytes), ("Broadcast/Multicast Rcvd", stats.multicast))
    sent = (("total frames transmitted", stats.tx_packets), ("total bytes transmitted", stats.tx_bytes))
    text += "\n".join("".join(f"{what:>30s} {number:12d}\n" for what, number in part) for part in (received, sent))
    ingress = [f"{tag}:{dev.ingress.get(tag, 0)}" for tag in range(8)]
    egress = "".join(f"{priority}:{tag} " for priority, tag in dev.egress.items())
    return text + f"Device: {dev.real.name}\nINGRESS priority mappings: {'  '.join(ingress[:7])} {ingress[7]}\n EGRESS priority mappings: {egress}\n"
