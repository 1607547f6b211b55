"""VXLAN: Ethernet frames in UDP, to the remote end the destination was learnt or put behind (`drivers/net/vxlan`, RFC 7348)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import attrs

from netsim.addr import IPV4_ANY, IPv4
from netsim.errors import EADDRINUSE, EEXIST, EINVAL, ENODEV, EOPNOTSUPP, NetError
from netsim.kernel.core.device_life import register_netdevice
from netsim.kernel.core.link_ops import LinkRequest, apply_common
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.core.receive import eth_type, push_tag, receive_core
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.core.tracepoint import trace_drop, trace_step
from netsim.kernel.drivers import vxlan_fdb, vxlan_xmit
from netsim.kernel.drivers.ip_tunnel import ecn_decapsulate
from netsim.kernel.inet.udp import UdpSocket
from netsim.kernel.ipv4.igmp import join, leave
from netsim.kernel.tables.neigh import NUD_PERMANENT, NUD_REACHABLE
from netsim.kernel.tables.vxlan import ALL_ZEROS, Remote, VxlanEntry, VxlanFdb
from netsim.packet import Ethernet, Udp, Vxlan
from netsim.packet.codec import DecodeError, decode
from netsim.packet.numbers import IPPROTO_UDP

HEADROOM = 50  # outer IPv4, UDP, VXLAN and inner Ethernet headers
DEFAULT_PORT = 8472
FDB_AGE_DEFAULT = 300
FLAG = "vxlan: cannot change {} flag"
FIXED = (
    ("ttl_inherit", FLAG.format("TTL_INHERIT")), ("proxy", FLAG.format("PROXY")), ("rsc", FLAG.format("RSC")), ("l2miss", FLAG.format("L2MISS")),
    ("l3miss", FLAG.format("L3MISS")), ("maxaddress", "Cannot change limit"), ("external", FLAG.format("COLLECT_METADATA")),
    ("srcport", "Cannot change port range"), ("dstport", "Cannot change port"), ("udpcsum", "Cannot change UDP_CSUM flag"),
    ("udp6zerocsumtx", FLAG.format("UDP_ZERO_CSUM6_TX")), ("udp6zerocsumrx", FLAG.format("UDP_ZERO_CSUM6_RX")),
    ("remcsumtx", FLAG.format("REMCSUM_TX")), ("remcsumrx", FLAG.format("REMCSUM_RX")), ("gbp", FLAG.format("GBP")), ("gpe", FLAG.format("GPE")),
)  # fmt: skip
"""What cannot be said later, even if it were so already, in the order it is looked at (`vxlan_nl2conf`)."""


@attrs.frozen
class VxlanConfig:
    """What a device was told (`struct vxlan_config`); addresses 0 are none, TTL 0 is `auto`, TOS 1 the inner packet's. `df`: 0 unset, 1 set, 2 inherit."""

    id: int
    remote: IPv4 = IPV4_ANY
    local: IPv4 = IPV4_ANY
    link: int = 0
    dstport: int = DEFAULT_PORT
    srcport: tuple[int, int] = (0, 0)
    ttl: int = 0
    ttl_inherit: int = 0
    tos: int = 0
    df: int = 0
    learning: int = 1
    proxy: int = 0
    rsc: int = 0
    l2miss: int = 0
    l3miss: int = 0
    ageing: int = FDB_AGE_DEFAULT
    maxaddress: int = 0
    udpcsum: int = 1
    udp6zerocsumtx: int = 0
    udp6zerocsumrx: int = 0


NAMES = tuple(field.name for field in attrs.fields(VxlanConfig))


@attrs.define(eq=False)
class VxlanDevice(NetDevice):
    """A tunnel end point; outer packets are routed in `home`, where the device was made."""

    kind: ClassVar[str] = "vxlan"

    config: VxlanConfig = attrs.field(default=None)
    home: Netns = attrs.field(default=None)
    fdb: VxlanFdb = attrs.field(factory=VxlanFdb)
    socket: VxlanSocket | None = None

    def xmit(self, skb: SkBuff) -> None:
        """Wrap a frame for each remote end (`vxlan_xmit`)."""
        if skb.vlan:
            push_tag(skb)
        vxlan_xmit.vxlan_xmit(self, skb)

    def link_netns(self) -> Netns:
        """Where it was made."""
        return self.home

    def opened(self) -> None:
        """Listen to the port and join the group (`vxlan_open`); EADDRINUSE when a program has the port."""
        lower = self.home.devices.get(self.config.link)
        domain = lower.l3mdev if lower is not None else None
        self.socket = _socket_of(self.home, self.config.dstport, 0 if domain is None else domain.ifindex)
        self.socket.devices.append(self)
        self._member(join)

    def stopped(self) -> None:
        """Leave the group, forget what was learnt (`vxlan_stop`)."""
        self._member(leave)
        if self.socket is not None:
            self.socket.devices.remove(self)
            if not self.socket.devices:
                self.socket.close()
            self.socket = None
        vxlan_fdb.flush(self)

    def _member(self, change: Any) -> None:
        lower = self.home.devices.get(self.config.link)
        if self.config.remote.is_multicast and lower is not None and lower.inet is not None:
            change(lower, self.config.remote)

    def link_speed(self) -> int:
        """The lower device's, when there is one (`vxlan_get_link_ksettings`)."""
        lower = self.home.devices.get(self.config.link) if self.config.link else None
        return lower.link_speed() if lower is not None else -1

    def change_mtu(self, mtu: int) -> None:
        """EINVAL above what the lower device leaves (`vxlan_change_mtu`)."""
        lower = self.home.devices.get(self.config.link) if self.config.link else None
        if lower is not None and mtu > lower.mtu - HEADROOM:
            raise NetError(EINVAL)
        self.stir()
        self.mtu = mtu

    def goes_with(self, dev: NetDevice) -> bool:
        """With the one it is bound to."""
        return self.config.link == dev.ifindex

    def removed(self) -> None:
        """Others may use the VNI again."""
        devices = self.home.tunnels.get("vxlan", [])
        if self in devices:
            devices.remove(self)


@attrs.define(eq=False)
class VxlanSocket(UdpSocket):
    """The kernel's own socket on a port, shared by all devices of a namespace that use it (`struct vxlan_sock`)."""

    devices: list[VxlanDevice] = attrs.field(factory=list)

    def encap_rcv(self, skb: SkBuff) -> None:
        """A datagram came (`vxlan_rcv`): to the device of its VNI."""
        header = _header_of(skb.packet.payload)
        if header is None:
            return
        dev = next((dev for dev in self.devices if dev.config.id == header.vni), None)
        if dev is not None:
            receive(dev, skb, header.payload)
        elif self.netns.trace is not None:
            trace_drop(self.netns, "VXLAN_VNI_NOT_FOUND", skb.dev.name, skb.packet, header.vni)


def _header_of(datagram: Udp) -> Vxlan | None:
    """The VXLAN header, decoded where the port did not tell what it is; one without a valid VNI is none."""
    payload = datagram.payload
    if isinstance(payload, Vxlan):
        return payload
    if not isinstance(payload, bytes) or len(payload) < 22 or not payload[0] & 8:
        return None
    try:
        return Vxlan(int.from_bytes(payload[4:7], "big"), decode(payload[8:]))
    except DecodeError:
        return None


def _socket_of(netns: Netns, port: int, domain: int) -> VxlanSocket:
    """The socket on a port in the VRF of the way out, 0 for none (`__vxlan_sock_add`)."""
    known = [sock for sock in netns.sockets.listening.get((IPPROTO_UDP, port), ()) if isinstance(sock, VxlanSocket) and sock.bound_dev == domain]
    if known:
        return known[0]
    sock = VxlanSocket(netns, 2, 2, IPPROTO_UDP)
    sock.bound_dev = domain
    try:
        sock.bind(IPV4_ANY, port)
    except NetError:
        raise NetError(EADDRINUSE) from None
    return sock


def receive(dev: VxlanDevice, skb: SkBuff, frame: Ethernet) -> None:
    """An unwrapped frame comes in, its sender is learnt (`vxlan_rcv`, `vxlan_set_mac`)."""
    outer = skb.packet
    if frame.src == dev.address or (dev.config.learning and vxlan_fdb.snoop(dev, frame.src, outer.src)):
        return
    arrived = SkBuff(dev, frame.src, frame.dst, frame.ethertype, frame.payload)
    arrived.hops = skb.hops
    if not ecn_decapsulate(outer, arrived):
        dev.stats.rx_errors += 1
        return
    dev.stats.rx_packets += 1
    dev.stats.rx_bytes += arrived.size
    arrived.pkt_type = eth_type(arrived)
    arrived.iif = dev.ifindex
    if dev.netns.trace is not None:
        trace_step(dev.netns, "ip_tunnel_rcv", dev.name, arrived.packet, outer)
    dev.netns.kernel.clock.call_soon(receive_core, arrived)


# making ----------------------------------------------------------------------------------------------------------------


def create(netns: Netns, request: LinkRequest) -> VxlanDevice:
    """Make a VXLAN device (`vxlan_newlink`); EEXIST for a VNI and port in use, ENODEV without the lower device."""
    data, home = request.data, request.link_netns or netns
    if "id" not in data:
        raise NetError(EINVAL)
    config = VxlanConfig(**{name: data[name] for name in NAMES if name in data})
    config = config if config.ageing else attrs.evolve(config, ageing=FDB_AGE_DEFAULT)
    _check_said(data)
    _check_label(data)
    lower = home.devices.get(config.link) if config.link else None
    if config.link and lower is None:
        raise NetError(ENODEV, "Invalid local interface, device not found")
    if config.remote.is_multicast and lower is None:
        raise NetError(EINVAL, "Local interface required for multicast remote destination")
    for other in home.tunnels.get("vxlan", ()):
        if (other.config.id, other.config.dstport) == (config.id, config.dstport):
            raise NetError(EEXIST, "A VXLAN device with the specified VNI already exists")
    dev = VxlanDevice(
        netns, request.name or "vxlan%d", request.ifindex or 0, address=netns.kernel.random_mac(), config=config, home=home,
    )  # fmt: skip
    most = lower.mtu - HEADROOM if lower is not None else 65535
    apply_common(dev, request)
    dev.stir()
    dev.mtu = min(request.mtu or (most if lower is not None else 1500), most)
    dev.tso_max_size = lower.tso_max_size if lower is not None else 65536
    register_netdevice(dev)
    home.tunnels.setdefault("vxlan", []).append(dev)
    _set_default(dev)
    return dev


def _set_default(dev: VxlanDevice) -> None:
    """The end that gets what is not known (`vxlan_fdb_create` of the all-zero address)."""
    config, now = dev.config, dev.netns.kernel.clock.now
    if config.remote:
        end = Remote(config.remote, ifindex=config.link)
        dev.fdb.put(VxlanEntry(ALL_ZEROS, [end], NUD_PERMANENT | NUD_REACHABLE, updated=now, used=now))


def change(dev: NetDevice, data: Mapping[str, Any]) -> None:
    """Change what may change (`vxlan_changelink`); EOPNOTSUPP for the rest."""
    assert isinstance(dev, VxlanDevice)
    before = dev.config
    _check_said(data)
    if data.get("id", before.id) != before.id:
        raise NetError(EOPNOTSUPP, "Cannot change VNI")
    for name, sentence in FIXED:
        if name in data:
            raise NetError(EOPNOTSUPP, sentence)
    _check_label(data)
    config = attrs.evolve(before, **{name: data[name] for name in NAMES if name in data})
    dev.config = config if config.ageing else attrs.evolve(config, ageing=FDB_AGE_DEFAULT)
    if before.remote != dev.config.remote:
        _move_default(dev, before)


def _check_said(data: Mapping[str, Any]) -> None:
    """EINVAL for ports that run backwards (`vxlan_validate`)."""
    low, high = data.get("srcport", (0, 0))
    if high < low:
        raise NetError(EINVAL, "Invalid source port range")


def _check_label(data: Mapping[str, Any]) -> None:
    if data.get("label"):
        raise NetError(EINVAL, "Label attribute only applies to IPv6 VXLAN devices")  # `vxlan_config_validate`


def _move_default(dev: VxlanDevice, before: VxlanConfig) -> None:
    """Another end gets what is not known: it joins those that do unless it is one of them, and the one from before leaves."""
    entry = dev.fdb.find(ALL_ZEROS)
    if entry is None:
        _set_default(dev)
        return
    if dev.config.remote and entry.remote(dev.config.remote, 0, None, dev.config.link) is None:
        entry.remotes.append(Remote(dev.config.remote, ifindex=dev.config.link))
    old = entry.remote(before.remote, 0, None, before.link) if before.remote else None
    if old is not None:
        entry.remotes.remove(old)
    if not entry.remotes:
        dev.fdb.drop(ALL_ZEROS)
