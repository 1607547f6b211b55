"""Packet sockets: frames as they pass a device (`af_packet.c`)."""

from __future__ import annotations

from collections import deque
from typing import Any

import attrs

from netsim.addr import MAC
from netsim.errors import ENETDOWN, ENXIO, NetError
from netsim.kernel.core.netdevice import IFF_UP, NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.core.transmit import dev_queue_xmit
from netsim.state.late import Late

ETH_P_ALL = 3


@attrs.frozen
class Seen:
    """A frame as a packet socket tells it; `time` in ns, `pkt_type` a PACKET_* value."""

    time: int
    ifindex: int
    pkt_type: int
    src: MAC
    dst: MAC
    protocol: int
    packet: Any
    vlan: int = 0  # protocol and TCI, as an skb carries them


@attrs.define(eq=False)
class PacketSocket(Late):
    """Hears frames of one device or of all, and sends any."""

    netns: Netns
    kind: int
    protocol: int
    ifindex: int = 0
    queue: deque[Seen] = attrs.field(factory=deque)
    waker: Any = None
    dev: NetDevice | None = None
    is_bound: bool = False
    inode: int = 0
    so_error: int = 0
    is_promiscuous: bool = False

    def bind(self, ifindex: int) -> None:
        """Listen to one device (0: all); ENXIO."""
        self.unhook()
        self.ifindex = ifindex
        if not ifindex:
            self.netns.stir()
            self.netns.taps = (*self.netns.taps, self)
        else:
            self.dev = self.netns.devices.get(ifindex)
            if self.dev is None:
                raise NetError(ENXIO)
            self.dev.stir()
            self.dev.taps = (*self.dev.taps, self)
        self.is_bound = True

    def unhook(self) -> None:
        """Listen to nothing."""
        if self in self.netns.taps:
            self.netns.stir()
            self.netns.taps = tuple(tap for tap in self.netns.taps if tap is not self)
        if self.dev is not None and self in self.dev.taps:
            self.dev.stir()
            self.dev.taps = tuple(tap for tap in self.dev.taps if tap is not self)
        self.dev = None

    def packet(self, skb: SkBuff, dev: NetDevice) -> None:
        """A frame passes (`tpacket_rcv`)."""
        if self.protocol not in (ETH_P_ALL, skb.protocol):
            return
        self.queue.append(Seen(self.netns.kernel.clock.now, dev.ifindex, skb.pkt_type, skb.src, skb.dst, skb.protocol, skb.packet, skb.vlan))
        if self.waker is not None:
            self.waker.wake()

    def recv(self) -> Seen | None:
        """The next frame, or None; a pending error is raised first."""
        if self.so_error:
            error, self.so_error = self.so_error, 0
            raise NetError(error)
        return self.queue.popleft() if self.queue else None

    def send(self, dst: MAC, protocol: int, packet: Any, src: MAC | None = None) -> None:
        """Send a frame out of the device; ENXIO, ENETDOWN."""
        if self.dev is None or not self.dev.registered:
            raise NetError(ENXIO)
        if not self.dev.flags & IFF_UP:
            raise NetError(ENETDOWN)
        dev_queue_xmit(SkBuff(self.dev, src if src is not None else self.dev.address, dst, protocol, packet))

    def close(self) -> None:
        """Stop listening."""
        self.leave_promiscuous()
        self.unhook()

    def join_promiscuous(self) -> None:
        """Have the device take everything (PACKET_ADD_MEMBERSHIP with PACKET_MR_PROMISC)."""
        from netsim.kernel.core.device_life import dev_set_promiscuity

        if self.dev is not None and not self.is_promiscuous:
            self.is_promiscuous = True
            dev_set_promiscuity(self.dev, 1)

    def leave_promiscuous(self) -> None:
        """No longer."""
        from netsim.kernel.core.device_life import dev_set_promiscuity

        if self.dev is not None and self.is_promiscuous:
            dev_set_promiscuity(self.dev, -1)
        self.is_promiscuous = False

    def went_down(self) -> None:
        """The device was set down: readers get ENETDOWN (`packet_notifier`)."""
        self.so_error = ENETDOWN
        if self.waker is not None:
            self.waker.wake()
