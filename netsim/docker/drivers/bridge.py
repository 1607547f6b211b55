"""The bridge driver: a bridge on the host, a veth pair for each container, and rules around them (`drivers/bridge`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, TypeVar

import attrs

from netsim.addr import IPv4, IPv4Net, IPv6, IPv6Net
from netsim.docker.cnm.lifecycle import assign_family
from netsim.docker.cnm.model import Endpoint, Network, Sandbox
from netsim.docker.drivers import bridge_config
from netsim.docker.drivers.bridge_config import BridgeConfig
from netsim.docker.drivers.driver import Driver
from netsim.docker.drivers.publish import port_wants, publish, unpublish
from netsim.docker.errors import Refusal, failed, forbidden, invalid
from netsim.docker.firewall.wants import ISOLATED, FamilyWants, LinkWants, NetworkWants
from netsim.docker.ids import mac_of, new_veth, random_mac
from netsim.docker.ipam import parse
from netsim.docker.ipam.pool import overlap
from netsim.docker.settings import Port, PortBinding
from netsim.errors import EEXIST, NetError, strerror
from netsim.kernel import sysctl
from netsim.kernel.bridge.device import Bridge
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.tables.fib import RT_SCOPE_UNIVERSE
from netsim.wiring import Wiring

if TYPE_CHECKING:
    from netsim.docker.engine.engine import Engine
    from netsim.docker.settings import NetworkSpec


A = TypeVar("A", IPv4, IPv6)
DEFAULT_DEVICE = "docker0"
MAC_LABEL, NOT_CONFIGURED = "com.docker.network.endpoint.macaddress", "trying to create an endpoint with an invalid endpoint configuration"
LINK_LOCAL = IPv6.parse("fe80::1")
LINK_LOCAL_NET = IPv6Net.parse("fe80::/64")
OFF4 = (
    "IPv4 forwarding is disabled: check your host's firewalling and set sysctl net.ipv4.ip_forward=1, or disable this check using daemon option "
    "--ip-forward=false"
)
OFF6 = (
    "IPv6 global forwarding is disabled: check your host's firewalling and set sysctls net.ipv6.conf.all.forwarding=1 and "
    "net.ipv6.conf.default.forwarding=1, or disable this check using daemon option --ip-forward=false"
)


@attrs.define(eq=False)
class BridgeState:
    """What the driver knows of one of its networks."""

    config: BridgeConfig
    device: str
    made: int = 0
    """1 when the driver made the device, and so removes it."""
    was_there: int = 0
    """1 when the device was there already, whoever made it."""
    wants: NetworkWants | None = None


def _config_of(engine: Engine, spec: NetworkSpec) -> bridge_config.BridgeConfig:
    """What a request says of the bridge (`parseNetworkOptions`)."""
    config = bridge_config.read(spec.options, engine.profile.gateway_modes)
    if ISOLATED in (config.mode4, config.mode6) and not spec.internal:
        raise invalid("gateway mode 'isolated' can only be used for an internal network")
    return config


class BridgeDriver(Driver):
    """Networks of one host on a Linux bridge."""

    __slots__ = ()
    name = "bridge"

    def wants_gateway(self, engine: Engine, network: Network, family: type[IPv4Net | IPv6Net]) -> int:
        """Not where the bridge will have no address (`isolated`, or `inhibit_ipv4` inside)."""
        config = _config_of(engine, network.spec)
        mode = config.mode4 if family is IPv4Net else config.mode6
        return int(mode != ISOLATED and not (config.inhibit and network.spec.internal and family is IPv4Net))

    def create_network(self, engine: Engine, network: Network) -> None:
        """The bridge with its address, forwarding switched on, and the network's rules."""
        config = _config_of(engine, network.spec)
        network.defers_ipv6 = int(config.default and engine.profile.defers_ipv6)
        for family in (IPv4, IPv6):
            if sum(isinstance(subnet.net.address, family) for subnet in network.subnets) > 1:
                raise forbidden("bridge driver doesn't support multiple subnets")
        if engine.profile.lists_problems:
            _validate(network)
        before = network.driver_state
        state = network.driver_state = BridgeState(config, config.name or (DEFAULT_DEVICE if config.default else f"br-{network.id[:12]}"))
        self._check_conflicts(engine, network, state)
        state.was_there = int(state.device in engine.netns.names)
        self._make_device(engine, state, Wiring(engine.netns))
        try:
            self._set_up(engine, network, state)
        except Refusal:
            if state.made:
                Wiring(engine.netns).delete(state.device)
            raise
        if isinstance(before, BridgeState):
            state.made |= before.made  # the daemon before made it
        state.wants = _wants(engine, network, state)
        engine.firewall.add_network(state.wants)
        Wiring(engine.netns).up(state.device)

    def _set_up(self, engine: Engine, network: Network, state: BridgeState) -> None:
        """Forwarding, switches and addresses of the bridge, which is there now."""
        host, config = Wiring(engine.netns), state.config
        if config.mtu and engine.profile.sets_mtu_of_bridge:
            self._set_mtu_of_bridge(engine, state)
        self._check_forwarding(engine, network)
        self._set_switches(engine, network, state)
        for subnet in network.subnets:
            inhibited = config.inhibit and isinstance(subnet.gateway, IPv4)
            if subnet.gateway is not None and not inhibited and (network.spec.ipv6 or isinstance(subnet.gateway, IPv4)):
                _give_address(host, state.device, subnet.gateway, subnet.net.length, engine.profile.bridge_address_flags)
        if network.spec.ipv6 and engine.profile.fixes_link_local:
            _give_address(host, state.device, LINK_LOCAL, 64, 0)
        if state.was_there and (network.spec.ipv6 or engine.profile.clears_ipv6):
            _take_residual(host, network, state.device)

    def _set_mtu_of_bridge(self, engine: Engine, state: BridgeState) -> None:
        """The device's MTU is the network's before any port is there (`setupMTU`)."""
        try:
            _set_mtu(engine.netns.names[state.device], state.config.mtu)
        except NetError as error:
            raise failed(strerror(error.errno).lower()) from None

    def _check_conflicts(self, engine: Engine, network: Network, state: BridgeState) -> None:
        """Another network's bridge, and names no device can have."""
        if len(state.device) > 15:
            raise failed(engine.profile.bridge_lookup_failure.format(reason="numerical result out of range"))
        for other in engine.networks.values():
            theirs = other.driver_state
            if not isinstance(theirs, BridgeState) or other is network:
                continue
            why = "have same bridge name" if theirs.device == state.device else _shared(network, other)
            if not why:
                continue
            if not theirs.config.default or engine.profile.guards_docker0:
                raise forbidden(
                    f"cannot create network {network.id} ({state.device}): conflicts with network {other.id} ({theirs.device}): networks {why}"
                )
            self._forget(engine, other, theirs)

    def _forget(self, engine: Engine, other: Network, theirs: BridgeState) -> None:
        """20.10 takes the default network for a stale one: its rules and ports go, and nothing can join it any more."""
        for endpoint in other.endpoints.values():
            unpublish(engine, endpoint)
        if theirs.wants is not None:
            engine.firewall.del_network(theirs.wants)
        other.driver_state = None

    def _check_forwarding(self, engine: Engine, network: Network) -> None:
        """With nftables the daemon never switches forwarding on: it wants it on already."""
        if engine.options.firewall_backend != "nftables" or not engine.options.ip_forward:
            return
        if network.spec.ipv4 and sysctl.read(engine.netns, "net/ipv4/ip_forward") == "0":
            raise failed(OFF4)
        if network.spec.ipv6 and "0" in (sysctl.read(engine.netns, f"net/ipv6/conf/{scope}/forwarding") for scope in ("all", "default")):
            raise failed(OFF6)

    def _make_device(self, engine: Engine, state: BridgeState, host: Wiring) -> None:
        known = engine.netns.names.get(state.device)
        if known is not None:
            if not isinstance(known, Bridge):
                raise failed(f"existing interface {state.device} is not a bridge")
            return
        if state.config.default and state.device != DEFAULT_DEVICE:
            raise failed(f"bridge device with non default name {state.device} must be created manually")
        mac = random_mac(engine.rng) if engine.profile.mac_of_bridge_is_short else engine.machine.kernel.random_mac()
        try:
            host.link(state.device, "bridge", mac=mac, queue=0)
        except NetError as error:
            raise failed(strerror(error.errno).lower()) from None
        state.made = 1

    def _set_switches(self, engine: Engine, network: Network, state: BridgeState) -> None:
        device = state.device
        if network.spec.ipv6:
            if engine.netns.names[device].inet6 is None:
                place = f"/proc/sys/net/ipv6/conf/{device}/disable_ipv6"
                raise failed(f"Cannot read IPv6 setup for bridge {device}: open {place}: no such file or directory")
            engine.set_sysctl(f"net/ipv6/conf/{device}/disable_ipv6", "0")
            engine.set_sysctl(f"net/ipv6/conf/{device}/accept_ra", "0")
            if engine.options.ip_forward:
                engine.switch_on_ipv6_forwarding()
        if network.spec.ipv4 and engine.options.ip_forward:
            engine.switch_on_forwarding()
        if not engine.options.userland_proxy:
            engine.set_sysctl(f"net/ipv4/conf/{device}/route_localnet", "1")

    def delete_network(self, engine: Engine, network: Network) -> None:
        """Rules and bridge; a bridge that was there before stays."""
        state: BridgeState | None = network.driver_state
        if state is None:
            return
        if state.wants is not None:
            engine.firewall.del_network(state.wants)
        if state.made and not state.config.default and state.device in engine.netns.names:
            Wiring(engine.netns).delete(state.device)

    def create_endpoint(self, engine: Engine, endpoint: Endpoint, sandbox: Sandbox) -> None:
        """A veth pair: one end in the bridge, the other for the container."""
        state: BridgeState | None = endpoint.network.driver_state
        if state is None:
            raise failed(
                f"failed to create endpoint {endpoint.name} on network {endpoint.network.name}: network {endpoint.network.id} does not exist"
            )
        interface = endpoint.interface
        if interface.mac is None:
            if MAC_LABEL in endpoint.settings.driver_opts:  # it is an address only where the daemon itself puts it
                raise failed(f"failed to create endpoint {endpoint.name} on network {endpoint.network.name}: {NOT_CONFIGURED}")
            from_address = engine.profile.takes_mac_from_address and interface.ipv4 is not None
            interface.mac = mac_of(interface.ipv4.address) if from_address and interface.ipv4 else engine.machine.kernel.random_mac()
        if endpoint.network.defers_ipv6 and endpoint.network.spec.ipv6:
            _address_of_mac(engine, endpoint)
        outside, inside = new_veth(engine.rng), new_veth(engine.rng)
        host = Wiring(engine.netns)
        born_in: Netns | None = sandbox.netns if engine.profile.makes_veth_inside and not endpoint.is_way_out else None
        host.veth(outside, inside, born_in, queue=0)
        if state.device not in engine.netns.names:
            host.delete(outside)
            raise failed(
                f"failed to create endpoint {endpoint.name} on network {endpoint.network.name}: adding interface {outside} to bridge {state.device} failed: "
                f"could not find bridge {state.device}: route ip+net: no such network interface"
            )
        made = (born_in or engine.netns).names[inside]
        if state.config.mtu:
            try:
                _set_mtu(engine.netns.names[outside], state.config.mtu)
                _set_mtu(made, state.config.mtu)
            except NetError as error:
                host.delete(outside)
                raise failed(
                    f"failed to create endpoint {endpoint.name} on network {endpoint.network.name}: failed to set MTU on host interface {outside}: "
                    f"{strerror(error.errno).lower()}"
                ) from None
        endpoint.driver_state = outside
        interface.source_name, interface.prefix = inside, state.config.prefix
        host.enslave(outside, state.device)
        if not engine.options.userland_proxy:
            engine.machine.files.write(engine.process, f"/sys/class/net/{outside}/brport/hairpin_mode", b"1\n")
        assert state.wants is not None
        engine.firewall.add_endpoint(state.wants, _addresses(endpoint))
        host.up(outside)

    def delete_endpoint(self, engine: Engine, endpoint: Endpoint) -> None:
        """The pair goes; with the container's namespace it may be gone already."""
        state: BridgeState | None = endpoint.network.driver_state
        if state is not None and state.wants is not None:
            engine.firewall.del_endpoint(state.wants, _addresses(endpoint))
        if endpoint.driver_state in engine.netns.names:
            Wiring(engine.netns).delete(endpoint.driver_state)

    def join(self, engine: Engine, endpoint: Endpoint, sandbox: Sandbox) -> None:
        """The bridge's addresses are the gateways; an internal network has none (20.10 still names one)."""
        network = endpoint.network
        if network.spec.internal and not engine.profile.routes_internal:
            return
        for subnet in network.subnets:
            if isinstance(subnet.net, IPv4Net):
                named = subnet.config.aux.get("DefaultGatewayIPv4")
                endpoint.gateway = IPv4.parse(named) if named else subnet.gateway if isinstance(subnet.gateway, IPv4) else None
            elif network.spec.ipv6:
                named = subnet.config.aux.get("DefaultGatewayIPv6")
                endpoint.gateway6 = IPv6.parse(named) if named else subnet.gateway if isinstance(subnet.gateway, IPv6) else None

    def program_external(self, engine: Engine, endpoint: Endpoint, bindings: Mapping[Port, tuple[PortBinding, ...]], is_heir: int = 0) -> None:
        """Publish ports, unless the network is internal (20.10 does when another network left); where containers may not talk, open what links open."""
        if endpoint.network.driver_state is None:
            raise failed(f"network {endpoint.network.id} does not exist")
        if not endpoint.network.spec.internal or (is_heir and engine.profile.routes_internal):
            publish(engine, endpoint, bindings)
        for wants, link in _links(endpoint):
            engine.firewall.add_link(wants, link)

    def restore_endpoint(self, engine: Engine, endpoint: Endpoint) -> None:
        """Rules of what was published before the daemon went; those of links are lost."""
        state: BridgeState = endpoint.network.driver_state
        if state.wants is not None:
            engine.firewall.add_ports(state.wants, [port_wants(mapping) for mapping in endpoint.mappings])

    def trim_external(self, engine: Engine, endpoint: Endpoint) -> None:
        """Withdraw the ports of the family that another endpoint serves (`trimPortBindings`)."""
        if endpoint.network.driver_state is not None:
            unpublish(engine, endpoint, [one for one in endpoint.mappings if not endpoint.serves[isinstance(one.host_ip, IPv6)]])

    def revoke_external(self, engine: Engine, endpoint: Endpoint) -> None:
        """Withdraw them."""
        if endpoint.network.driver_state is None:
            return
        unpublish(engine, endpoint)
        for wants, link in _links(endpoint):
            engine.firewall.del_link(wants, link)


def _shared(network: Network, other: Network) -> str:
    """What two networks cannot both have: a bridge's address in the other one's subnet (`networkConfiguration.Conflicts`)."""
    for mine in network.subnets:
        for theirs in other.subnets:
            a, b = mine.gateway, theirs.gateway
            if a is None or b is None or isinstance(a, IPv4) != isinstance(b, IPv4):
                continue
            if mine.pool.contains(int(b)) or theirs.pool.contains(int(a)):
                return f"have overlapping {'IPv4' if isinstance(a, IPv4) else 'IPv6'}"
    return ""


def _links(endpoint: Endpoint) -> Iterator[tuple[NetworkWants, LinkWants]]:
    """The rules of an endpoint's links; they end at the first partner that is not there any more, as the driver's loop does (`driver.link`)."""
    state: BridgeState = endpoint.network.driver_state
    if state.wants is None or state.config.icc:
        return
    pairs = [(parent, endpoint) for parent in endpoint.parents] + [(endpoint, child) for child in endpoint.children]
    for parent, child in pairs:
        if (child if parent is endpoint else parent).id not in endpoint.network.endpoints:
            return
        if parent.interface.ipv4 is not None and child.interface.ipv4 is not None:
            yield state.wants, LinkWants(parent.interface.ipv4.address, child.interface.ipv4.address, child.exposed)


def _address_of_mac(engine: Engine, endpoint: Endpoint) -> None:
    """The MAC behind the first ten bytes of a prefix, of 80 bits at most (`deferIPv6Alloc`); a fixed address goes before."""
    subnet = endpoint.network.subnet_of(IPv6)
    if subnet is None or endpoint.interface.mac is None:
        return
    settings = endpoint.settings
    wanted = parse.address(settings.ipv6) if settings.ipv6 else None
    if wanted is None and subnet.net.length <= 80:
        wanted = IPv6(int(subnet.net.network) | int(endpoint.interface.mac))
    assign_family(engine, endpoint, IPv6, wanted)


def _addresses(endpoint: Endpoint) -> list[object]:
    return [net.address for net in (endpoint.interface.ipv4, endpoint.interface.ipv6) if net is not None]


def _give_address(host: Wiring, device: str, gateway: IPv4 | IPv6, length: int, flags6: int) -> None:
    """The bridge's address, unless it has it already; IPv4 with its broadcast address."""
    dev = host.device(device)
    have = [ifa.local for ifa in dev.inet.addresses] if isinstance(gateway, IPv4) and dev.inet is not None else []
    if gateway in have:
        return
    for ifa in list(dev.inet.addresses) if isinstance(gateway, IPv4) and dev.inet is not None else []:
        host.remove_address(device, f"{ifa.local}/{ifa.length}")
    try:
        if isinstance(gateway, IPv4):
            host.address(device, IPv4Net(gateway, length), broadcast=int(length < 31))
        else:
            host.address(device, IPv6Net(gateway, length), flags=flags6)
    except NetError as error:
        if isinstance(gateway, IPv6) and error.errno == EEXIST:
            return
        family = "IPv4" if isinstance(gateway, IPv4) else "IPv6"
        raise failed(f"failed to add {family} address {gateway}/{length} to bridge: {strerror(error.errno).lower()}") from None


def _take_residual(host: Wiring, network: Network, device: str) -> None:
    """Global IPv6 addresses of an older daemon's go (`setupVerifyAndReconcile`)."""
    dev = host.device(device)
    mine = [subnet.gateway for subnet in network.subnets if network.spec.ipv6]
    for ifa in list(dev.inet6.addresses) if dev.inet6 is not None else []:
        if ifa.scope == RT_SCOPE_UNIVERSE and ifa.address not in mine:
            host.remove_address(device, f"{ifa.address}/{ifa.length}")


def _set_mtu(dev: NetDevice, mtu: int) -> None:
    from netsim.kernel.core.link_ops import LinkRequest
    from netsim.kernel.rtnl.link import setlink

    setlink(dev, LinkRequest(mtu=mtu))


def _validate(network: Network) -> None:
    """What 27 and later say of families and subnets (`networkConfiguration.Validate`, `validateIPv6Subnet`)."""
    if not (network.spec.ipv4 or network.spec.ipv6):
        raise invalid("IPv4 or IPv6 must be enabled")
    for subnet in network.subnets:
        net = subnet.net
        if not isinstance(net, IPv6Net) or not network.spec.ipv6:
            continue
        shown = f"{subnet.gateway if subnet.gateway is not None else net.network}/{net.length}"
        if net.network.is_multicast:
            raise invalid(f"multicast subnet '{shown}' is not allowed")
        if net != LINK_LOCAL_NET and overlap(net, LINK_LOCAL_NET):
            raise invalid(f"'{shown}' clashes with the Link-Local prefix 'fe80::/64'")


def _source(engine: Engine, text: str, family: type[A]) -> A | None:
    """The address that a network's connections are to come from, if one was given."""
    found = parse.address(text) if text else None
    if found is None or isinstance(found, family):
        return found
    engine.machine.kernel.unmodelled.append(f"docker network create: {text} as the source of packets of the other family")
    return None


def _wants(engine: Engine, network: Network, state: BridgeState) -> NetworkWants:
    """What the network asks of the packet filter."""
    config = state.config
    four = six = None
    for subnet in network.subnets:
        if isinstance(subnet.net, IPv4Net):
            four = FamilyWants(IPv4Net(subnet.net.network, subnet.net.length), config.mode4, _source(engine, config.host4, IPv4))
        else:
            six = FamilyWants(IPv6Net(subnet.net.network, subnet.net.length), config.mode6, _source(engine, config.host6, IPv6))
    return NetworkWants(
        state.device, four, six, network.spec.internal, config.icc, config.masquerade, int(not engine.options.userland_proxy), config.trusted,
        engine.options.bridge_accept_fwmark,
    )  # fmt: skip
