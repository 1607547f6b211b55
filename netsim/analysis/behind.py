"""What lies behind a plain cause: "nobody answered" may have a reason that the world's state shows and no single event tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import attrs

from netsim.addr import IPv4
from netsim.analysis.cause import Cause
from netsim.analysis.follow import ASKING, Seen
from netsim.analysis.headers import layers
from netsim.analysis.judge import is_about
from netsim.analysis.places import CONTAINER, Names, Place, engine_at
from netsim.analysis.probe import Probe
from netsim.commands.iptables.show import target_name
from netsim.docker.cnm.model import Network
from netsim.docker.engine.container import Container
from netsim.docker.engine.engine import Engine
from netsim.kernel.core.hooks import FORWARD
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.drivers.ipvlan import Ipvlan
from netsim.kernel.drivers.macvlan import BRIDGE, Macvlan
from netsim.kernel.tables.fib import RT_TABLE_MAIN, RTN_UNICAST
from netsim.kernel.tables.xtables import Table
from netsim.machine.machine import Machine
from netsim.packet import Arp
from netsim.trace import Step

ROUTED = ("ip_rcv_finish", "ip6_rcv_finish")
DECIDED = (*ROUTED, "ip_local_out", "ip6_local_out")
HEARD = ("arp_process", "ndisc_recv_ns", "ip6_rcv_finish")


@attrs.frozen
class Case:
    """An attempt that failed: everything that a second look may want."""

    probe: Probe
    seen: list[Seen]
    names: Names
    source: Place
    machines: dict[int, Machine]
    """id of a kernel -> its machine"""

    def netns(self, event: Any) -> Netns | None:
        """The namespace of an event."""
        return self.names.by_cookie.get(event.netns)

    def device(self, event: Any) -> NetDevice | None:
        """The device of an event."""
        netns = self.netns(event)
        return netns.names.get(event.device) if netns is not None else None

    def engine(self, event: Any) -> Engine | None:
        """The Docker engine whose own namespace an event happened in."""
        netns = self.netns(event)
        machine = self.machines.get(id(netns.kernel)) if netns is not None else None
        return engine_at(machine) if machine is not None and netns is machine.kernel.init_net else None

    def before(self, last: Seen) -> Iterator[Seen]:
        """What happened to the packet on the same way in the same namespace before an event, the latest first."""
        for place in range(self.seen.index(last) - 1, -1, -1):
            one = self.seen[place]
            if one.way == last.way and one.event.netns == last.event.netns:
                yield one


def behind(cause: Cause, case: Case) -> Cause:
    """The cause behind a cause, or the cause itself where there is none."""
    for look in LOOKS.get(cause.code, ()):
        found = look(cause, case)
        if found is not None:
            return found
    return cause


# links -------------------------------------------------------------------------------------------------------------------


def _wanted(cause: Cause) -> Any:
    """The address that a neighbour was asked for, or that a packet was for when its device was down."""
    assert cause.seen is not None
    event = cause.seen.event
    if cause.code == "neighbour-failed":
        return event.detail
    return next((layer.tpa if isinstance(layer, Arp) else layer.dst for layer in layers(event.packet)), None)


def _has(dev: NetDevice, address: Any) -> bool:
    if isinstance(address, IPv4):
        return dev.inet is not None and any(ifa.local == address for ifa in dev.inet.addresses)
    return dev.inet6 is not None and any(ifa.address == address for ifa in dev.inet6.addresses)


def _stacked(cause: Cause, case: Case) -> Cause | None:
    """The address is on a macvlan or ipvlan of this very device, on the device below, or on a sibling whose mode keeps apart."""
    if cause.seen is None or (dev := case.device(cause.seen.event)) is None:
        return None
    address = _wanted(cause)
    for upper in dev.uppers:
        if isinstance(upper, (Macvlan, Ipvlan)) and _has(upper, address):
            where = case.names.of_netns(upper.netns.cookie)
            return Cause("macvlan-parent", cause.seen, f"{address} is on {upper.name} of {where}, a {upper.kind} on {dev.name} itself")
    if not isinstance(dev, (Macvlan, Ipvlan)):
        return None
    if any(_has(other, address) for other in dev.real.netns.devices.values()):
        where = case.names.of_netns(dev.real.netns.cookie)
        return Cause("macvlan-parent", cause.seen, f"{address} is on {where}, whose {dev.real.name} is below the {dev.kind} {dev.name}")
    sibling = next((other for other in dev.port.vlans if other is not dev and _has(other, address)), None)
    if sibling is None or not _apart(dev, sibling):
        return None
    where = case.names.of_netns(sibling.netns.cookie)
    return Cause("macvlan-mode", cause.seen, f"{address} is on {sibling.name} of {where}: the {dev.kind} mode keeps the two apart")


def _apart(one: NetDevice, other: NetDevice) -> bool:
    if isinstance(one, Macvlan) and isinstance(other, Macvlan):
        return one.mode != BRIDGE or other.mode != BRIDGE
    return isinstance(one, Ipvlan) and bool(one.port.flags)


def _behind_neighbour(cause: Cause, case: Case) -> Cause | None:
    """Somebody on the link heard the question, has a route to the address by another device, and does not answer for it."""
    address = _wanted(cause)
    for one in case.seen:
        event = one.event
        if one.way != ASKING or not isinstance(event, Step) or event.where not in HEARD or not is_about(event.packet, address):
            continue
        netns, dev = case.netns(event), case.device(event)
        out = _ways(netns, address) if netns is not None else []
        if dev is not None and out and out[0].ifindex != dev.ifindex and out[0].length:
            name = netns.devices[out[0].ifindex].name if netns is not None else ""
            return Cause("behind-neighbour", one, f"{address} is behind {case.names.of_device(event.netns, name)}, asked for on {dev.name}")
    return None


@attrs.frozen
class Way:
    """A unicast route that fits an address."""

    length: int
    ifindex: int
    text: str


def _ways(netns: Netns, address: Any) -> list[Way]:
    """The routes of the main table that fit an address, the most specific first."""
    found = []
    for route in _fitting(netns, address):
        hops = getattr(route, "nexthops", (route,))
        if route.type == RTN_UNICAST and hops and hops[0].ifindex in netns.devices:
            via = f" via {hops[0].gateway}" if hops[0].gateway is not None else ""
            found.append(Way(route.length, hops[0].ifindex, f"{route.dst}/{route.length}{via} dev {netns.devices[hops[0].ifindex].name}"))
    return found


def _fitting(netns: Netns, address: Any) -> list[Any]:
    if isinstance(address, IPv4):
        table = netns.inet.fib.tables.get(RT_TABLE_MAIN)
        return list(table.candidates(address)) if table is not None else []
    table6 = netns.inet6.fib.tables.get(RT_TABLE_MAIN)
    return [route for node in table6.nodes(address) for route in node] if table6 is not None else []


def _shadowed(cause: Cause, case: Case) -> Cause | None:
    """The route belongs to a Docker network, none of whose containers has the address, and a wider route leads elsewhere."""
    if cause.seen is None:
        return None
    event = cause.seen.event
    netns, dev, engine = case.netns(event), case.device(event), case.engine(event)
    name = case.names.networks.get((event.netns, event.device))
    if netns is None or dev is None or engine is None or name is None:
        return None
    address = _wanted(cause)
    ways = _ways(netns, address) if address is not None else []
    if not ways or ways[0].ifindex != dev.ifindex or _is_containers(engine, address):
        return None
    wider = next((way for way in ways[1:] if way.ifindex != dev.ifindex and 0 < way.length < ways[0].length), None)
    if wider is None:
        return None
    step = next((one for one in case.before(cause.seen) if isinstance(one.event, Step) and one.event.where in DECIDED), cause.seen)
    return Cause("docker-shadows", step, f"{ways[0].text} (network {name}) goes before {wider.text}")


def _is_containers(engine: Engine, address: Any) -> bool:
    ends = [end for network in engine.networks.values() for end in network.endpoints.values()]
    return any(net is not None and net.address == address for end in ends for net in (end.interface.ipv4, end.interface.ipv6))


# packet filters ----------------------------------------------------------------------------------------------------------


def _bridged(cause: Cause, case: Case) -> Cause | None:
    """The frame was only bridged: it met iptables because of bridge-nf-call-iptables."""
    if cause.seen is None or cause.seen.event.hook != FORWARD:
        return None
    if any(isinstance(one.event, Step) and one.event.where in ROUTED for one in case.before(cause.seen)):
        return None
    event = cause.seen.event
    name = "iptables" if getattr(event.table, "family", 2) == 2 else "ip6tables"
    return Cause("bridge-netfilter", cause.seen, f"net.bridge.bridge-nf-call-{name} = 1, and {event.table.name} {event.chain} policy")


def _rules_gone(cause: Cause, case: Case) -> Cause | None:
    """FORWARD drops as Docker wanted it, and leads to none of Docker's chains any more."""
    if cause.seen is None or cause.seen.event.hook != FORWARD:
        return None
    event = cause.seen.event
    engine = case.engine(event)
    if engine is None or not isinstance(event.table, Table) or not engine.options.iptables or engine.options.firewall_backend == "nftables":
        return None
    chain = event.table.hooks.get(FORWARD)
    if chain is None or any(target_name(rule.spec, event.table.family).startswith("DOCKER") for rule in chain.rules):
        return None
    return Cause("docker-rules-gone", cause.seen, f"{event.table.name} {event.chain} policy, and no rule there leads to Docker's chains")


# containers --------------------------------------------------------------------------------------------------------------


def _not_running(cause: Cause, case: Case) -> Cause | None:
    """The name is that of a container that does not run."""
    engine = engine_at(case.source.machine)
    for container in engine.containers.values() if engine is not None else ():
        if container.name == case.probe.name and not container.state.is_running:
            why = f": {container.state.error}" if container.state.error else ""
            return Cause("container-not-running", None, f"{container.name} is {container.state.status}{why}")
    return None


def _no_network_in_common(cause: Cause, case: Case) -> Cause | None:
    """The name is that of a container which none of the source's name servers tells of."""
    here, there = _at(case.source), None
    engine = engine_at(case.source.machine)
    for container in engine.containers.values() if engine is not None else ():
        there = container if container.name == case.probe.name else there
    if here is None or there is None:
        return None
    own, others = _networks(here), _networks(there)
    if own & others:
        return Cause(cause.code, cause.seen, f"{here.name} and {there.name} are on {', '.join(sorted(own & others))}, where containers have no names")
    return Cause(
        cause.code, cause.seen, f"{here.name} is on {', '.join(sorted(own)) or 'no network'}, {there.name} on {', '.join(sorted(others)) or 'none'}"
    )


def _nobody_called_so(cause: Cause, case: Case) -> Cause | None:
    """Docker's own name server knows no such name, and has nobody to pass the question on to."""
    here = _at(case.source)
    if here is None or not asks_nobody_else(case.source):
        return None
    where = ", ".join(sorted(_networks(here)))
    return Cause(cause.code, cause.seen, f"nothing on {where} is called {case.probe.name}, and the host has no name server that Docker could ask")


def asks_nobody_else(place: Place) -> bool:
    """Whether a place is a container on a network with names, and Docker has no name server to ask about others."""
    container = _at(place)
    sandbox = container.sandbox if container is not None else None
    return sandbox is not None and sandbox.resolver is not None and not sandbox.resolver.upstreams


def _at(place: Place) -> Container | None:
    """The container that a place is."""
    engine = engine_at(place.machine)
    containers = engine.containers.values() if engine is not None and place.kind == CONTAINER else ()
    return next((one for one in containers if one.process is not None and one.process.netns is place.netns), None)


def _networks(container: Container) -> set[str]:
    return {end.network.name for end in container.sandbox.endpoints} if container.sandbox is not None else set()


def _internal_port(cause: Cause, case: Case) -> Cause | None:
    """A container was to publish the port, and all its networks are internal."""
    if cause.seen is None:
        return None
    event = cause.seen.event
    engine = case.engine(event)
    for container in engine.containers.values() if engine is not None else ():
        wanted = [one.host_port for bindings in container.spec.host.port_bindings.values() for one in bindings]
        inside = internal_networks(container)
        if str(event.packet.payload.dport) in wanted and inside:
            return Cause("docker-internal", cause.seen, f"{container.name} is to publish {event.packet.payload.dport}, on {inside}")
    return None


def _internal_source(cause: Cause, case: Case) -> Cause | None:
    """The container has no default route, because all its networks are internal."""
    container = _at(case.source)
    inside = internal_networks(container) if container is not None else ""
    return Cause("docker-internal", cause.seen, f"{case.source.name} is on {inside}") if inside else None


def internal_networks(container: Container) -> str:
    """A container's networks if all of them are internal: `back (internal)`; else nothing."""
    networks: list[Network] = [end.network for end in container.sandbox.endpoints] if container.sandbox is not None else []
    if not networks or not all(network.spec.internal for network in networks):
        return ""
    return ", ".join(f"{network.name} (internal)" for network in networks)


LOOKS: dict[str, tuple[Callable[[Cause, Case], Cause | None], ...]] = {
    "neighbour-failed": (_stacked, _shadowed, _behind_neighbour),
    "device-down": (_shadowed,),
    "policy-drop": (_bridged, _rules_gone),
    "name-not-found": (_not_running, _no_network_in_common),
    "name-server-silent": (_not_running, _nobody_called_so),
    "no-listener": (_internal_port,),
    "no-route": (_internal_source,),
}
"""Second looks at a cause, in order."""
