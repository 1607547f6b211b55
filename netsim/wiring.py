"""A network built by Python calls: what `ip` does, without typing and parsing. Failures are `NetError`, as the kernel would answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.addr import MAC, IPv4, IPv4Net, IPv6, IPv6Net
from netsim.errors import ENODEV, NetError
from netsim.kernel.core.link_ops import EMPTY, LinkRequest
from netsim.kernel.core.netdevice import IFF_UP, NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.rtnl.addr import AddrRequest, deladdr, newaddr
from netsim.kernel.rtnl.flags import NLM_F_CREATE, NLM_F_EXCL
from netsim.kernel.rtnl.link import dellink, enslave, newlink, set_flags, set_netns
from netsim.kernel.rtnl.route import HopRequest, RouteRequest, newroute
from netsim.kernel.tables.fib import RT_SCOPE_LINK

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

AF_INET, AF_INET6 = 2, 10
NEW = NLM_F_CREATE | NLM_F_EXCL


@attrs.frozen
class Wiring:
    """Devices, addresses and routes of one namespace, built by calls (rtnetlink(7)); every method raises `NetError` where the kernel refuses."""

    netns: Netns

    def device(self, name: str) -> NetDevice:
        """A device by name; ENODEV."""
        dev = self.netns.names.get(name)
        if dev is None:
            raise NetError(ENODEV, f"Device {name} does not exist")
        return dev

    def link(
        self,
        name: str,
        kind: str,
        data: Mapping[str, Any] | None = None,
        *,
        link: str | None = None,
        mac: str | MAC | None = None,
        queue: int | None = None,
        mtu: int | None = None,
    ) -> NetDevice:
        """A new device (`ip link add NAME type KIND`); `link` is the lower device, `data` the kind's attributes as iproute2 names them.

        `queue` is the length of its transmit queue, `mtu` its MTU (bytes); None leaves the kind's own.
        """
        lower = None if link is None else self.device(link).ifindex
        address = MAC.parse(mac) if isinstance(mac, str) else mac
        request = LinkRequest(name, None, kind, data or EMPTY, link=lower, link_netns=self.netns, address=address, txqueuelen=queue, mtu=mtu)
        return newlink(self.netns, request)

    def veth(self, name: str, peer: str, peer_netns: Netns | None = None, *, queue: int | None = None) -> NetDevice:
        """A veth pair whose other end may be born in another namespace (veth(4))."""
        return self.link(name, "veth", {"peer": LinkRequest(peer, netns=peer_netns, txqueuelen=queue)}, queue=queue)

    def bridge(self, name: str, *ports: str) -> NetDevice:
        """A bridge, up, with these ports."""
        made = self.link(name, "bridge")
        self.up(name)
        for port in ports:
            enslave(self.device(port), made.ifindex)
        return made

    def enslave(self, port: str, master: str) -> None:
        """Put a device under a master (`ip link set PORT master MASTER`)."""
        enslave(self.device(port), self.device(master).ifindex)

    def up(self, *names: str) -> None:
        """Set devices up."""
        for name in names:
            set_flags(self.device(name), IFF_UP, IFF_UP)

    def down(self, *names: str) -> None:
        """Set devices down."""
        for name in names:
            set_flags(self.device(name), 0, IFF_UP)

    def move(self, name: str, target: Netns) -> None:
        """Move a device to another namespace."""
        set_netns(self.device(name), target)

    def delete(self, name: str) -> None:
        """Remove a device and what hangs on it."""
        dellink(self.device(name))

    def address(self, name: str, given: str | IPv4Net | IPv6Net, *, broadcast: int = 0, flags: int = 0) -> None:
        """Add an address such as `10.0.0.1/24` or `fd00::1/64` (`ip addr add`); `broadcast` 1: with the prefix's last address as `brd +`;
        `flags`: `IFA_F_NODAD` ..."""
        net = given if not isinstance(given, str) else IPv6Net.parse(given) if ":" in given else IPv4Net.parse(given)
        everyone = net.broadcast if broadcast and isinstance(net, IPv4Net) else None
        newaddr(self.device(name), AddrRequest(net.address, net.length, broadcast=everyone, flags=flags), NEW)

    def remove_address(self, name: str, text: str) -> None:
        """Take an address away (`ip addr del`)."""
        net: IPv4Net | IPv6Net = IPv6Net.parse(text) if ":" in text else IPv4Net.parse(text)
        deladdr(self.device(name), AddrRequest(net.address, net.length))

    def route(self, dst: str, *, via: str | None = None, dev: str | None = None, metric: int | None = None) -> None:
        """Add a route to `default` or a prefix, through a gateway, a device or both."""
        family = AF_INET6 if ":" in dst or (via is not None and ":" in via) else AF_INET
        address: IPv4 | IPv6 | None = None
        length = 0
        if dst != "default":
            net: IPv4Net | IPv6Net = IPv6Net.parse(dst) if family == AF_INET6 else IPv4Net.parse(dst)
            address, length = net.address, net.length
        gateway = None if via is None else IPv6.parse(via) if family == AF_INET6 else IPv4.parse(via)
        hop = HopRequest(self.device(dev).ifindex if dev else 0, gateway)
        scope = RT_SCOPE_LINK if gateway is None and family == AF_INET else None
        newroute(self.netns, RouteRequest(address, length, scope=scope, priority=metric, hops=(hop,), family=family), NEW)
