"""A capture read back: its frames come in at a device, or go out of it, at the pace they were captured."""

from __future__ import annotations

import attrs

from netsim.addr import MAC_ZERO
from netsim.kernel.core.netdevice import IFF_UP, NetDevice
from netsim.kernel.core.receive import netif_receive
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.core.transmit import dev_queue_xmit
from netsim.packet import pcap
from netsim.packet.codec import DecodeError, decode, decode_ip, decode_ip6
from netsim.packet.numbers import ETH_P_IP, ETH_P_IPV6
from netsim.world.capture import WITH_ETHERNET
from netsim.world.way import Way


@attrs.define(eq=False)
class Injection:
    """Frames of a capture on their way into a device."""

    dev: NetDevice
    way: Way
    total: int = 0
    injected: int = 0
    refused: int = 0
    """Frames that could not be: cut short, of another link type, or met a device that was down or gone."""

    def deliver(self, link: int, data: bytes) -> None:
        """One frame's time has come."""
        skb = read_frame(self.dev, link, data)
        if skb is None or not self.dev.registered or not self.dev.flags & IFF_UP:
            self.refused += 1
            return
        self.injected += 1
        (netif_receive if self.way is Way.RECEIVED else dev_queue_xmit)(skb)


def read_frame(dev: NetDevice, link: int, data: bytes) -> SkBuff | None:
    """A frame of a capture as one of the device's; None when it makes none."""
    try:
        if link == pcap.LINKTYPE_ETHERNET and dev.type in WITH_ETHERNET:
            frame = decode(data)
            return SkBuff(dev, frame.src, frame.dst, frame.ethertype, frame.payload)
        if link == pcap.LINKTYPE_RAW and data:
            kind, read = {4: (ETH_P_IP, decode_ip), 6: (ETH_P_IPV6, decode_ip6)}[data[0] >> 4]
            address = dev.address if dev.type in WITH_ETHERNET else MAC_ZERO
            return SkBuff(dev, MAC_ZERO, address, kind, read(data))
    except (DecodeError, KeyError):
        return None
    return None


def inject(capture: pcap.Capture, dev: NetDevice, way: Way = Way.RECEIVED) -> Injection:
    """Send a capture's frames through a device, the first one now and the others as much later as they were captured."""
    made = Injection(dev, way, len(capture.records))
    clock = dev.netns.kernel.clock
    first = min((record.time for record in capture.records), default=0)
    for record in capture.records:
        if len(record.data) < record.length:
            made.refused += 1
            continue
        link = capture.interfaces[record.interface].linktype
        clock.call_later(record.time - first, made.deliver, link, record.data)
    return made
