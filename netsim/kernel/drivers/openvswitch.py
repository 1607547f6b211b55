"""Open vSwitch as far as frames see it: bridges that learn and flood by VLAN, access and trunk ports (`net/openvswitch`, and vswitchd's action NORMAL)."""

from __future__ import annotations

from typing import ClassVar

import attrs

from netsim.clock import SECOND
from netsim.kernel.core.device_life import dev_set_promiscuity, register_netdevice, unregister_netdevice
from netsim.kernel.core.netdevice import IFF_BROADCAST, IFF_MULTICAST, IFF_UP, NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.core.receive import VLAN_VID_MASK, netif_receive
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.core.tracepoint import trace_drop
from netsim.kernel.core.transmit import dev_queue_xmit
from netsim.packet.numbers import ETH_P_8021Q

AGING_TIME = 300 * SECOND
STORM = 200
"""Crossings after which a frame is taken to go round in a loop."""
DATAPATH = "ovs-system"


@attrs.define(eq=False)
class OvsPort:
    """A port of a switch: with a `tag` it is an access port; else a trunk, of all VLANs or of those in `trunks`."""

    switch: OvsSwitch
    dev: NetDevice
    tag: int | None = None
    trunks: frozenset[int] = frozenset()

    def vlan_of(self, skb: SkBuff) -> int | None:
        """The VLAN a frame that came in here belongs to (0: none); None: it may not come in (`input_vid`)."""
        vid = skb.vlan & VLAN_VID_MASK
        if self.tag is not None:
            return self.tag if not vid else None
        return vid if self.carries(vid) else None

    def carries(self, vlan: int) -> bool:
        """Whether frames of a VLAN leave here (`ofbundle_includes_vlan`)."""
        return vlan == self.tag if self.tag is not None else not self.trunks or vlan in self.trunks


@attrs.define(eq=False)
class OvsSwitch:
    """A bridge: its ports by name, and where stations were seen: (VLAN, address) -> (port, until when in ns)."""

    name: str
    ports: dict[str, OvsPort] = attrs.field(factory=dict)
    fdb: dict[tuple[int, int], tuple[OvsPort, int]] = attrs.field(factory=dict)


@attrs.define(eq=False)
class OvsInternal(NetDevice):
    """A port that is a device of this host (`internal_dev_create`): the bridge's own, or another of type internal."""

    kind: ClassVar[str] = "openvswitch"
    port: OvsPort | None = None

    def xmit(self, skb: SkBuff) -> None:
        """Into the switch (`internal_dev_xmit`)."""
        self.stats.tx_packets += 1
        self.stats.tx_bytes += skb.size + 14
        if self.port is not None:
            _switch(self.port, skb)


def _internal(netns: Netns, name: str) -> OvsInternal:
    dev = OvsInternal(netns, name, 0, address=netns.kernel.random_mac(), mtu=1500, flags=IFF_BROADCAST | IFF_MULTICAST)
    register_netdevice(dev)
    return dev


def datapath(netns: Netns) -> NetDevice:
    """The device ports are enslaved to, made when it is first needed (`ovs_dp_cmd_new`)."""
    return netns.device(DATAPATH) or _internal(netns, DATAPATH)


def add_internal(netns: Netns, switch: OvsSwitch, name: str) -> OvsPort:
    """A port with a new device of its own."""
    datapath(netns)
    dev = _internal(netns, name)
    port = switch.ports[name] = OvsPort(switch, dev)
    dev.port = port
    return port


def add_device(switch: OvsSwitch, dev: NetDevice) -> OvsPort:
    """Make a device of the host a port (`netdev_create`): it hears everything, and the host nothing by it any more."""
    port = switch.ports[dev.name] = OvsPort(switch, dev)
    dev.stir()
    dev.master = datapath(dev.netns)
    dev.slave_data = port
    dev.rx_handler = handle_frame
    dev_set_promiscuity(dev, 1)
    return port


def remove(port: OvsPort) -> None:
    """A port goes: an internal one with its device, another is the host's again."""
    switch, dev = port.switch, port.dev
    switch.ports = {name: known for name, known in switch.ports.items() if known is not port}
    switch.fdb = {key: seen for key, seen in switch.fdb.items() if seen[0] is not port}
    if isinstance(dev, OvsInternal):
        dev.port = None
        if is_there(dev):
            unregister_netdevice(dev)
    elif dev.slave_data is port:
        dev.stir()
        dev.master = dev.slave_data = dev.rx_handler = None
        if is_there(dev):
            dev_set_promiscuity(dev, -1)


def is_there(dev: NetDevice) -> bool:
    """Whether a device still exists where it was."""
    return dev.netns.devices.get(dev.ifindex) is dev


def handle_frame(skb: SkBuff) -> bool:
    """A port's rx handler (`netdev_frame_hook`): the switch takes every frame."""
    port: OvsPort = skb.dev.slave_data
    _switch(port, skb)
    return True


def _switch(source: OvsPort, skb: SkBuff) -> None:
    """Learn where the sender is, and send the frame where its receiver is (`xlate_normal`)."""
    switch = source.switch
    vlan = source.vlan_of(skb)
    skb.hops += 1
    if vlan is None or skb.hops > STORM:
        if skb.dev.netns.trace is not None:
            trace_drop(skb.dev.netns, "BRIDGE_INGRESS_STP_STATE" if vlan is not None else "VLAN_FILTER", skb.dev.name, skb.packet, vlan)
        return
    now = skb.dev.netns.kernel.clock.now
    if not skb.src.is_multicast:
        switch.fdb[vlan, int(skb.src)] = (source, now + AGING_TIME)
    known = switch.fdb.get((vlan, int(skb.dst)))
    if known is not None and known[1] > now and not skb.dst.is_multicast:
        if known[0] is not source and known[0].carries(vlan):
            _send(known[0], skb, vlan)
        return
    for port in list(switch.ports.values()):
        if port is not source and port.carries(vlan):
            _send(port, skb.clone(), vlan)


def _send(port: OvsPort, skb: SkBuff, vlan: int) -> None:
    """Out by a port: access ports send without a tag, trunks with it."""
    dev = port.dev
    if not is_there(dev) or not dev.flags & IFF_UP:
        return
    skb.vlan = ETH_P_8021Q << 16 | vlan if vlan and port.tag is None else 0
    skb.dev = dev
    skb.nfct = skb.nf_bridge = skb.route = skb.owner = None
    if isinstance(dev, OvsInternal):
        dev.netns.kernel.clock.call_soon(netif_receive, skb)
    else:
        dev_queue_xmit(skb)
