"""tun and tap: devices whose other end is a program (`drivers/net/tun.c`).

The program is a Python callable: it is given every packet (tun) or frame (tap) the machine sends there, as bytes, and puts its own in with
`receive`. A plugged callable is not part of a world's state: copies of a world have the device, unplugged.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import attrs

from netsim.errors import EBUSY, EINVAL, EIO, EOPNOTSUPP, NetError
from netsim.kernel.core.device_life import netif_carrier_off, netif_carrier_on, register_netdevice, unregister_netdevice
from netsim.kernel.core.link_ops import LinkRequest
from netsim.kernel.core.netdevice import ARPHRD_ETHER, ARPHRD_NONE, IFF_BROADCAST, IFF_MULTICAST, IFF_NOARP, IFF_POINTOPOINT, IFF_UP, NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.core.receive import eth_type, push_tag, receive_core
from netsim.kernel.core.skbuff import PACKET_HOST, SkBuff
from netsim.packet import Ethernet
from netsim.packet.codec import DecodeError, decode, decode_ip, decode_ip6, encode
from netsim.packet.numbers import ETH_P_IP, ETH_P_IPV6


@attrs.define(eq=False)
class Tun(NetDevice):
    """One device; persistent ones outlive their program."""

    kind: ClassVar[str] = "tun"

    mode: str = "tun"
    pi: int = 0
    vnet_hdr: int = 0
    multi_queue: int = 0
    persist: int = 1
    owner: int | None = None
    owner_group: int | None = None
    program: Callable[[bytes], None] | None = attrs.field(default=None, metadata={"state": "skip"})

    def link_address(self) -> str:
        """A tun device has none."""
        return str(self.address) if self.mode == "tap" else ""

    def link_broadcast(self) -> str:
        """Neither."""
        return str(self.broadcast) if self.mode == "tap" else ""

    def link_speed(self) -> int:
        """10 Mbit/s (`tun_default_link_ksettings`)."""
        return 10

    def xmit(self, skb: SkBuff) -> None:
        """Give the packet to the program, if one is there (`tun_net_xmit`)."""
        if self.program is None:
            self.stats.tx_dropped += 1
            return
        if skb.vlan:
            push_tag(skb)
        packet = Ethernet(skb.dst, skb.src, skb.protocol, skb.packet) if self.mode == "tap" else skb.packet
        self.stats.tx_packets += 1
        self.stats.tx_bytes += skb.size + self.header_length
        self.netns.kernel.clock.call_soon(self._hand, encode(packet))

    def _hand(self, data: bytes) -> None:
        if self.program is not None:
            self.program(data)

    def attach(self, program: Callable[[bytes], None]) -> None:
        """Plug a program in: the device has a carrier while it is there (`tun_attach`); EBUSY when another is."""
        if self.program is not None:
            raise NetError(EBUSY)
        self.program = program
        netif_carrier_on(self)

    def detach(self) -> None:
        """Unplug it; a device that is not persistent goes (`tun_detach`)."""
        self.program = None
        if self.persist:
            netif_carrier_off(self)
        else:
            unregister_netdevice(self)

    def receive(self, data: bytes) -> None:
        """A packet or frame from the program (`tun_get_user`); EIO while the device is down, EINVAL for what is none."""
        if not self.flags & IFF_UP:
            raise NetError(EIO)
        skb = self._parsed(data)
        skb.iif = self.ifindex
        self.stats.rx_packets += 1
        self.stats.rx_bytes += len(data)
        self.netns.kernel.clock.call_soon(receive_core, skb)

    def _parsed(self, data: bytes) -> SkBuff:
        try:
            if self.mode == "tap":
                frame = decode(data)
                skb = SkBuff(self, frame.src, frame.dst, frame.ethertype, frame.payload)
                skb.pkt_type = eth_type(skb)
                return skb
            version = data[0] >> 4 if data else 0
            if version == 4:
                return SkBuff(self, self.address, self.address, ETH_P_IP, decode_ip(data), PACKET_HOST)
            if version == 6:
                return SkBuff(self, self.address, self.address, ETH_P_IPV6, decode_ip6(data), PACKET_HOST)
        except DecodeError:
            pass
        raise NetError(EINVAL)


def refuse(netns: Netns, request: LinkRequest) -> Tun:
    """Netlink makes none (`tun_validate`)."""
    raise NetError(EOPNOTSUPP, "tun/tap creation via rtnetlink is not supported")


def create(netns: Netns, name: str, mode: str) -> Tun:
    """Make a persistent device without a program (TUNSETIFF, TUNSETPERSIST)."""
    if mode == "tap":
        dev = Tun(netns, name or "tap%d", address=netns.kernel.random_mac(), max_mtu=65521, type=ARPHRD_ETHER, flags=IFF_BROADCAST | IFF_MULTICAST)
    else:
        flags = IFF_POINTOPOINT | IFF_NOARP | IFF_MULTICAST
        dev = Tun(netns, name or "tun%d", type=ARPHRD_NONE, flags=flags, header_length=0, tx_queue_len=500)
    dev.mode = mode
    dev.tso_max_size = 65536
    dev.carrier = True
    dev.default_qdisc = "pfifo_fast"
    register_netdevice(dev)
    netif_carrier_off(dev)
    return dev
