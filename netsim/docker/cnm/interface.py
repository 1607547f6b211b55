"""A container's interface: named, addressed and set up in its namespace; routes (`osl/interface_linux.go`)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from netsim.addr import IPv4, IPv4Net, IPv6Net
from netsim.clock import MS, SECOND, Clock
from netsim.docker.cnm.model import Endpoint, Interface, Sandbox
from netsim.docker.errors import failed
from netsim.errors import EEXIST, ERANGE, NetError, strerror
from netsim.kernel import sysctl
from netsim.kernel.core.netdevice import IFF_UP, NetDevice
from netsim.kernel.ipv4.arp import arp_send_gratuitous
from netsim.kernel.rtnl.addr import AddrRequest, newaddr
from netsim.kernel.rtnl.link import set_address, set_flags, set_name, set_netns
from netsim.kernel.rtnl.route import HopRequest, RouteRequest, delroute, newroute
from netsim.kernel.tables.fib import RT_SCOPE_LINK, RT_TABLE_MAIN
from netsim.kernel.tables.inet6 import IFA_F_NODAD
from netsim.wiring import AF_INET6, NEW, Wiring

IFNAME_MAX = 15
"""Longer names do not even reach the kernel's check of names: the attribute's policy has no room for them."""
NAME_OPTION, SYSCTL_OPTION = "com.docker.network.endpoint.ifname", "com.docker.network.endpoint.sysctls"

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netsim.docker.engine.engine import Engine


def add_interface(engine: Engine, endpoint: Endpoint, sandbox: Sandbox) -> None:
    """Move it in unless it was born there, then name, MAC, addresses, up."""
    interface = endpoint.interface
    if not interface.source_name:
        return
    asked = endpoint.settings.driver_opts.get(NAME_OPTION, "") if engine.profile.names_interfaces else ""
    name = asked or interface_name(engine, sandbox, interface.prefix)
    dev = sandbox.netns.names.get(interface.source_name)
    if dev is None:
        if interface.source_name not in engine.netns.names:
            missing = interface.source_name
            raise failed(f'failed to add interface {missing} to sandbox: failed to get link by name "{missing}": Link not found')
        dev = Wiring(engine.netns).device(interface.source_name)
        set_netns(dev, sandbox.netns)
    _switch_ipv6(dev, int(interface.ipv6 is not None))
    given = endpoint.settings.driver_opts.get(SYSCTL_OPTION) if engine.profile.sets_endpoint_sysctls else None
    _set_up(interface, dev, name, given.split(",") if given else ())
    if given and interface.ipv6 is not None and not (dev.inet6 is not None and dev.inet6.addresses):
        _give_up_ipv6(endpoint)
    switch_loopback(engine, sandbox)
    if engine.profile.advertises_addresses and interface.ipv4 is not None:
        options = endpoint.network.spec.options
        times, pause = int(options.get(MESSAGES, 3)), int(options.get(INTERVAL, 1000)) * MS
        advertise(engine.machine.kernel.clock, dev, interface.ipv4.address, times, pause)
    if endpoint.routes_on_link:
        for net in (interface.ipv4, interface.ipv6):
            if net is not None:
                add_route(sandbox, RouteRequest(hops=(HopRequest(dev.ifindex),), family=2 if isinstance(net, IPv4Net) else AF_INET6))
    for route in endpoint.static_routes:
        net = route.destination
        family = 2 if isinstance(net, IPv4Net) else AF_INET6
        hop = HopRequest(dev.ifindex, route.gateway)
        add_route(
            sandbox, RouteRequest(dst=net.network, length=net.length, hops=(hop,), family=family, scope=None if route.gateway else RT_SCOPE_LINK)
        )


MESSAGES, INTERVAL = "com.docker.network.advertise_addr_nmsgs", "com.docker.network.advertise_addr_ms"


def advertise(clock: Clock, dev: NetDevice, address: IPv4, times: int, pause: int) -> None:
    """Neighbours that know the address by another MAC are told of this one, once a second and three times unless the network says otherwise
    (`pause`: ns)."""
    if times and dev.flags & IFF_UP and dev.inet is not None and any(ifa.local == address for ifa in dev.inet.addresses):
        arp_send_gratuitous(dev, address)
        if times > 1:
            clock.call_later(pause, advertise, clock, dev, address, times - 1, pause)


def _give_up_ipv6(endpoint: Endpoint) -> None:
    """A setting of the interface took its IPv6 address away: it is free again, and nothing leads out by IPv6 (`Endpoint.releaseIPv6Address`)."""
    interface = endpoint.interface
    for subnet in endpoint.network.subnets:
        if interface.ipv6 is not None and subnet.pool.contains(int(interface.ipv6.address)) and isinstance(subnet.net, IPv6Net):
            subnet.pool.release(interface.ipv6.address)
    interface.ipv6, endpoint.gateway6 = None, None


SET_NAME, SET_MAC, SET_IPV4, SET_IPV6, SET_LINK_LOCAL, SET_UP = (
    'error renaming interface "{0.source_name}" to "{1}"', 'error setting interface "{0.source_name}" MAC to "{0.mac}"',
    'error setting interface "{0.source_name}" IP to {0.ipv4}', 'error setting interface "{0.source_name}" IPv6 to {0.ipv6}',
    'error setting interface "{0.source_name}" link local IPs to [{2}]',
    'failed to set link up for interface "{0.source_name}"',
)  # fmt: skip
"""What is told when a step fails, by the interface and its name to be."""


def _set_up(interface: Interface, dev: NetDevice, name: str, settings: Sequence[str]) -> None:
    """Name, MAC, addresses, settings, up (`Namespace.configureInterface`); the kernel's refusal says at which of them."""
    doing = SET_NAME
    try:
        if len(name) > IFNAME_MAX:
            raise NetError(ERANGE)
        set_name(dev, name)
        interface.name = name
        doing = SET_MAC
        if interface.mac is not None:
            set_address(dev, interface.mac)
        doing, four, six = SET_IPV4, interface.ipv4, interface.ipv6
        if four is not None:
            _check_routes(dev, interface, four)
            newaddr(dev, AddrRequest(four.address, four.length, broadcast=four.broadcast if four.length < 31 else None), NEW)
        doing = SET_IPV6
        if six is not None:
            newaddr(dev, AddrRequest(six.address, six.length, flags=IFA_F_NODAD), NEW)
        doing = SET_LINK_LOCAL
        for net in interface.link_local:
            newaddr(dev, AddrRequest(net.address, net.length, broadcast=net.broadcast if isinstance(net, IPv4Net) else None), NEW)
        for setting in settings:
            _set_sysctl(interface, dev, setting)
        doing = SET_UP
        set_flags(dev, IFF_UP, IFF_UP)
    except NetError as error:
        what = doing.format(interface, name, " ".join(map(str, interface.link_local)))
        raise failed(f"failed to add interface {interface.source_name} to sandbox: {what}: {strerror(error.errno).lower()}") from None


def _check_routes(dev: NetDevice, interface: Interface, net: IPv4Net) -> None:
    """No route of the namespace may lead into the subnet (`checkRouteConflict`)."""
    for route in dev.netns.inet.fib.table(RT_TABLE_MAIN).routes():
        if not route.length or not (net.contains(IPv4(route.dst)) or IPv4Net(route.dst, route.length).contains(net.address)):
            continue
        hop = route.nexthops[0] if route.nexthops else None
        ifindex, gateway = (hop.ifindex, hop.gateway) if hop is not None else (0, None)
        source = f" Src: {IPv4(route.prefsrc)}" if route.prefsrc else " Src: <nil>"
        told = f"{{Ifindex: {ifindex} Dst: {IPv4Net(route.dst, route.length)}{source} Gw: {gateway or '<nil>'} Flags: [] Table: {RT_TABLE_MAIN} Realm: 0}}"
        raise failed(
            f"failed to add interface {interface.source_name} to sandbox: {SET_IPV4.format(interface)}: cannot program address {net} "
            f"in sandbox interface because it conflicts with existing route {told}"
        )


def _switch_ipv6(dev: NetDevice, wanted: int) -> None:
    """Off where the network has none; a device whose MTU is too small for IPv6 has no such switch (`setIPv6` passes over it)."""
    if dev.inet6 is not None:
        sysctl.write_conf6(dev, "disable_ipv6", int(not wanted))


def told_by_hook(engine: Engine, text: str) -> str:
    """Where the namespace is filled by a hook of the runtime, that is who tells what went wrong."""
    moment = datetime.fromtimestamp(engine.now() // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    told = text.replace('"', '\\"')
    return (
        "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container "
        f'init: error running hook #0: error running hook: exit status 1, stdout: , stderr: time="{moment}" level=fatal msg="{told}": unknown'
    )


def switch_loopback(engine: Engine, sandbox: Sandbox) -> None:
    """20.10: ::1 is there as long as an interface has an IPv6 address (`networkNamespace.checkLoV6`)."""
    if not engine.profile.disables_ipv6:
        return
    wanted = int(any(endpoint.interface.name and endpoint.interface.ipv6 is not None for endpoint in sandbox.endpoints))
    if wanted != sandbox.has_ipv6_loopback:
        _switch_ipv6(sandbox.netns.loopback, wanted)
        sandbox.has_ipv6_loopback = wanted


def _set_sysctl(interface: Interface, dev: NetDevice, setting: str) -> None:
    """`net.ipv4.conf.IFNAME.log_martians=1` of an interface that has its name, before it is up (`Namespace.setSysctls`)."""
    key, equals, value = setting.partition("=")
    parts = key.split(".")
    why = ""
    if not equals:
        why = f"expected sysctl '{setting}' to have format name=value"
    elif len(parts) != 5:
        why = f"expected sysctl '{setting}' to have format net.X.Y.IFNAME.Z"
    else:
        path = "/".join((*parts[:3], interface.name, parts[4]))
        try:
            before: str | None = sysctl.read(dev.netns, path)
        except NetError:
            why = f"/proc/sys/{path} is not a sysctl file"
        else:
            try:
                if before != value:
                    sysctl.write(dev.netns, path, value)
            except NetError as error:
                why = f"unable to write to '/proc/sys/{path}': write /proc/sys/{path}: {strerror(error.errno).lower()}"
    if why:
        raise failed(f"failed to add interface {interface.source_name} to sandbox: {why}")


def interface_name(engine: Engine, sandbox: Sandbox, prefix: str) -> str:
    """`ethN`: the lowest free number, or (27 and older) one that was never used here."""
    if not engine.profile.reuses_interface_names:
        number = sandbox.next_numbers.get(prefix, 0)
        sandbox.next_numbers[prefix] = number + 1
        return f"{prefix}{number}"
    number = 0
    while f"{prefix}{number}" in sandbox.netns.names:
        number += 1
    return f"{prefix}{number}"


def remove_interface(engine: Engine, endpoint: Endpoint, sandbox: Sandbox) -> None:
    """Take it out of the namespace, down and back under its first name; the driver will delete it."""
    interface = endpoint.interface
    dev = sandbox.netns.names.get(interface.name)
    if dev is None or not interface.name:
        return
    set_flags(dev, 0, IFF_UP)
    set_netns(dev, engine.netns, interface.source_name)


Gateways = tuple[Endpoint | None, Endpoint | None]
"""The endpoints through which IPv4 and IPv6 lead out of a sandbox."""


def set_gateway(sandbox: Sandbox, before: Gateways, after: Gateways) -> None:
    """Replace the default routes (`updateGateway`)."""
    if sandbox.shared:
        return
    names = sandbox.netns.names
    for change, (four, six) in ((delroute_quietly, before), (add_route, after)):
        if four is not None and four.gateway is not None and four.interface.name in names:
            change(sandbox, RouteRequest(hops=(HopRequest(names[four.interface.name].ifindex, four.gateway),)))
        if six is not None and six.gateway6 is not None and six.interface.name in names:
            change(sandbox, RouteRequest(hops=(HopRequest(names[six.interface.name].ifindex, six.gateway6),), family=AF_INET6))


def add_route(sandbox: Sandbox, request: RouteRequest) -> None:
    """Put a route in; it may be there already."""
    try:
        newroute(sandbox.netns, request, NEW)
    except NetError as error:
        if error.errno != EEXIST:
            raise failed(f"failed to set gateway: {strerror(error.errno).lower()}") from None


def delroute_quietly(sandbox: Sandbox, request: RouteRequest) -> None:
    """Take a route out; it may have gone with its device."""
    try:
        delroute(sandbox.netns, request)
    except NetError:
        return
