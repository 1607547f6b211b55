"""Captures of one device, one machine or the whole world: what passed, and why what died died."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

import attrs

from netsim.addr import MAC_ZERO
from netsim.clock import SECOND
from netsim.kernel.core.netdevice import ARPHRD_ETHER, ARPHRD_LOOPBACK, NetDevice
from netsim.kernel.core.packet_socket import Seen
from netsim.kernel.core.skbuff import PACKET_OUTGOING, SkBuff
from netsim.packet import Arp, Dot1Q, Ethernet, Ip, Ip6, pcap
from netsim.packet.codec import encode
from netsim.packet.numbers import ETH_P_8021Q, ETH_P_ARP, ETH_P_IP, ETH_P_IPV6
from netsim.programs.tcpdump.frames import COOKED2, ETHERNET, cooked2
from netsim.trace import Dropped

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns
    from netsim.machine.machine import Machine
    from netsim.trace import Event, Recorder

WITH_ETHERNET = (ARPHRD_ETHER, ARPHRD_LOOPBACK)
EPOCH = 1_767_225_600 * SECOND
"""When the worlds' clocks start, in ns since 1970."""
REMEMBERED = SECOND
"""How far back the frame is looked for that a dead packet came by, in ns."""
TYPES = ((Ip, ETH_P_IP), (Ip6, ETH_P_IPV6), (Arp, ETH_P_ARP), (Dot1Q, ETH_P_8021Q))


class Format(enum.Enum):
    """Which capture file to write."""

    PCAP = "pcap"
    """pcap-savefile(5): no names of devices, no comments."""
    PCAPNG = "pcapng"
    """Devices by name, times in ns, comments on dropped frames."""


@attrs.define(eq=False)
class Captured:
    """A frame as it passed a device: `interface` is the index of the device in the capture."""

    interface: int
    seen: Seen
    comment: str = ""


@attrs.frozen
class Interface:
    """A device of a capture: `HOST/DEV`, or `HOST/NETNS/DEV` in another namespace than the machine's own; its ARPHRD_* type."""

    name: str
    type: int


@attrs.define(eq=False)
class Tap:
    """The capture's ear in one namespace: it hears every device there, and of every packet that dies."""

    capture: Capture
    machine: Machine
    netns: Netns
    before: Recorder | None = None

    def packet(self, skb: SkBuff, dev: NetDevice) -> None:
        """A frame passes a device."""
        capture = self.capture
        if capture.device and dev.name != capture.device:
            return
        clock = self.netns.kernel.clock
        seen = Seen(clock.now, dev.ifindex, skb.pkt_type, skb.src, skb.dst, skb.protocol, skb.packet, skb.vlan)
        capture.frames.append(Captured(capture.interface_of(self, dev), seen))

    def record(self, event: Event) -> None:
        """Something happened here: deaths are noted, and whoever listened before hears of it too."""
        if self.before is not None:
            self.before.record(event)
        if isinstance(event, Dropped):
            self.capture.died(self, event)

    def went_down(self) -> None:
        """A device was set down; the capture goes on."""


@attrs.define(eq=False)
class Capture:
    """Frames gather here until `stop`; `device` and `host` narrow it, "" for all. Frames are kept as values and written with right checksums."""

    device: str = ""
    host: str = ""
    machines: list[Machine] = attrs.field(factory=list)
    taps: list[Tap] = attrs.field(factory=list)
    interfaces: dict[str, int] = attrs.field(factory=dict)
    described: list[Interface] = attrs.field(factory=list)
    frames: list[Captured] = attrs.field(factory=list)
    drops: int = 0
    """How many packets died in the namespaces listened to."""
    is_over: int = 0

    def watch(self, machine: Machine) -> None:
        """Listen to all namespaces of a machine, later ones too; one that `host` does not name is left alone."""
        if self.is_over or (self.host and machine.name != self.host):
            return
        self.machines.append(machine)
        machine.kernel.watchers.append(Watcher(self, machine))
        for netns in machine.kernel.namespaces:
            self.listen(machine, netns)

    def listen(self, machine: Machine, netns: Netns) -> None:
        """Listen to one namespace."""
        tap = Tap(self, machine, netns, netns.trace)
        netns.stir()
        netns.taps = (*netns.taps, tap)
        netns.trace = tap
        self.taps.append(tap)

    def stop(self) -> Capture:
        """Listen no more; answers itself."""
        self.is_over = 1
        for machine in self.machines:
            machine.kernel.watchers[:] = [each for each in machine.kernel.watchers if getattr(each, "capture", None) is not self]
        for tap in self.taps:
            if tap in tap.netns.taps:
                tap.netns.taps = tuple(other for other in tap.netns.taps if other is not tap)
            if tap.netns.trace is tap:
                tap.netns.stir()
                tap.netns.trace = tap.before
        self.taps.clear()
        self.machines.clear()
        return self

    def interface_of(self, tap: Tap, dev: NetDevice) -> int:
        """The index of a device, given at its first frame."""
        name = f"{tap.machine.name}/{_place(tap)}{dev.name}"
        number = self.interfaces.get(name)
        if number is None:
            number = self.interfaces[name] = len(self.described)
            self.described.append(Interface(name, dev.type))
        return number

    def died(self, tap: Tap, event: Dropped) -> None:
        """Note why on the frame the packet came by; one that was changed on its way is written as it was when it died."""
        self.drops += 1
        comment = f"dropped: {event.reason}"
        dev = tap.netns.names.get(event.device)
        for frame in reversed(self.frames):
            if frame.seen.time < event.time - REMEMBERED:
                break
            if frame.seen.packet is event.packet and (dev is None or frame.interface == self.interface_of(tap, dev)):
                frame.comment = frame.comment or comment
                return
        if dev is None or (self.device and dev.name != self.device):
            return
        protocol = next((number for kind, number in TYPES if isinstance(event.packet, kind)), 0)
        if protocol:
            seen = Seen(event.time, dev.ifindex, PACKET_OUTGOING, MAC_ZERO, MAC_ZERO, protocol, event.packet)
            self.frames.append(Captured(self.interface_of(tap, dev), seen, f"{comment} (never on the wire like this)"))

    # files -----------------------------------------------------------------------------------------------------------------

    @property
    def link(self) -> int:
        """The link type of the file: Ethernet, or cooked (LINUX_SLL2) when a device without Ethernet header is among them."""
        return ETHERNET if all(interface.type in WITH_ETHERNET for interface in self.described) else COOKED2

    def value(self) -> pcap.Capture:
        """The capture as a file has it."""
        link = self.link
        interfaces = tuple(pcap.Interface(interface.name, link) for interface in self.described)
        return pcap.Capture(interfaces or (pcap.Interface("", link),), tuple(self._record(frame, link) for frame in self.frames))

    def _record(self, frame: Captured, link: int) -> pcap.Record:
        seen = frame.seen
        kind, payload = seen.protocol, seen.packet
        if seen.vlan:
            kind, payload = seen.vlan >> 16, Dot1Q(seen.vlan & 0xFFF, seen.vlan >> 13 & 7, seen.vlan >> 12 & 1, kind, payload)
        data = encode(Ethernet(seen.dst, seen.src, kind, payload))
        if link == COOKED2:
            data = cooked2(seen, self.described[frame.interface].type, kind, data[14:])
        return pcap.record(EPOCH + seen.time, data, interface=frame.interface, comment=frame.comment)

    def to_bytes(self, form: Format = Format.PCAPNG) -> bytes:
        """The bytes of a capture file (`File.write` them where you like)."""
        if form is Format.PCAPNG:
            return pcap.write_pcapng(self.value())
        return pcap.write_pcap(self.value(), pcap.Resolution.NANO)


@attrs.define(eq=False)
class Watcher:
    """Tells a capture of a machine's new namespaces."""

    capture: Capture
    machine: Machine

    def joined(self, netns: Any) -> None:
        """There is one more."""
        self.capture.listen(self.machine, netns)


def _place(tap: Tap) -> str:
    """`NETNS/` for another namespace than the machine's own, by name where it has one."""
    machine, netns = tap.machine, tap.netns
    if netns is machine.kernel.init_net:
        return ""
    for name in machine.netns_names(None):
        if getattr(machine.files.stat(None, f"/run/netns/{name}"), "bound", None) is netns:
            return f"{name}/"
    return f"net:[{netns.inode}]/"
