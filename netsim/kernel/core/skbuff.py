"""The envelope a packet travels in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from netsim.addr import MAC

if TYPE_CHECKING:
    from netsim.kernel.core.netdevice import NetDevice

PACKET_HOST, PACKET_BROADCAST, PACKET_MULTICAST, PACKET_OTHERHOST, PACKET_OUTGOING, PACKET_LOOPBACK = range(6)


@attrs.define(eq=False)
class SkBuff:
    """A frame under way: link header as fields, network layer as a frozen value, and the notes the kernel keeps.

    Mirrors `struct sk_buff` without its buffers: `packet` is what follows the link header (an `Arp`, `Ip`, `Ip6`,
    `Dot1Q` ... value or bytes), so pushing or pulling a header is replacing a field. Whoever keeps an skb and also
    passes it on must pass a `clone()`.
    """

    dev: NetDevice
    src: MAC
    dst: MAC
    protocol: int
    packet: Any
    pkt_type: int = PACKET_HOST
    iif: int = 0  # ifindex of the device it came in by; 0 for locally made
    mark: int = 0
    priority: int = 0
    route: Any = None  # the routing decision (`struct dst_entry`), set on input or output
    nfct: Any = None  # connection tracking entry and direction
    nf_bridge: Any = None  # what bridge netfilter remembers
    owner: Any = None  # the sending socket
    hops: int = 0  # crossings since it was made; bounds storms
    vlan: int = 0  # VLAN tag carried beside the frame: protocol in the upper, TCI in the lower 16 bits (0: none)
    control: Any = None  # one layer's scratch value (`skb->cb`)
    sdif: int = 0  # ifindex of the enslaved device when `dev` is the L3 master it was handed to (`inet_sdif`)
    nf_trace: int = 0  # the number rules tell of it by, once TRACE has met it
    demuxed: Any = None  # the connection it was found to be for before INPUT translated it (`tcp_v4_early_demux`)
    ipvs_property: int = 0  # 1: virtual services are done with it

    def clone(self) -> SkBuff:
        """An independent envelope around the same frozen packet."""
        return SkBuff(
            self.dev, self.src, self.dst, self.protocol, self.packet, self.pkt_type, self.iif, self.mark, self.priority,
            self.route, self.nfct, self.nf_bridge, self.owner, self.hops, self.vlan, self.control, self.sdif,
            self.nf_trace, self.demuxed, self.ipvs_property,
        )  # fmt: skip

    @property
    def size(self) -> int:
        """Bytes after the link header, as `skb->len` counts at the network layer."""
        packet = self.packet
        size: int = len(packet) if type(packet) is bytes else packet.size
        return size
