"""Networks, endpoints and sandboxes as the controller keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from netsim.addr import MAC, IPv4, IPv4Net, IPv6, IPv6Net
from netsim.docker.ipam.pool import Pool
from netsim.docker.names.book import Book
from netsim.docker.settings import EndpointSettings, IpamConfig, NetworkSpec, Port
from netsim.kernel.core.netns import Netns

if TYPE_CHECKING:
    from netsim.docker.drivers.driver import Driver


@attrs.define(eq=False)
class Subnet:
    """One subnet of a network: its pool, its gateway's address and what was asked for."""

    config: IpamConfig
    pool: Pool
    gateway: IPv4 | IPv6 | None = None
    gateway_given: int = 0
    """Whether the gateway was named in the request (and so is shown by 20.10)."""
    chosen: int = 0
    """Whether the daemon chose the subnet."""

    @property
    def net(self) -> IPv4Net | IPv6Net:
        """The prefix."""
        return self.pool.subnet


@attrs.define(eq=False)
class Network:
    """A network (`libnetwork.Network`)."""

    id: str
    spec: NetworkSpec
    driver: Driver
    created: int
    """Virtual ns since 1970."""
    subnets: list[Subnet] = attrs.field(factory=list)
    endpoints: dict[str, Endpoint] = attrs.field(factory=dict)
    driver_state: Any = None
    """What the driver keeps about it."""
    options: dict[str, str] = attrs.field(factory=dict)
    """Driver options as inspect shows them."""
    defers_ipv6: int = 0
    """Whether IPv6 addresses are chosen only after the MAC (the default bridge of 20.10 and 27)."""
    builtin: int = 0
    """1 for bridge, host and none."""
    is_elsewhere: int = 0
    """1: the swarm has it, but nothing on this host is on it."""
    book: Book | None = None
    """Names of its members on all hosts, where it spans them."""

    @property
    def name(self) -> str:
        """What it is called."""
        return self.spec.name

    def subnet_of(self, family: type[IPv4 | IPv6]) -> Subnet | None:
        """Its first subnet of a family."""
        return next((subnet for subnet in self.subnets if isinstance(subnet.net.address, family)), None)


@attrs.define(eq=False)
class Interface:
    """An endpoint's interface: what it will be called where, and its addresses (`EndpointInterface`)."""

    mac: MAC | None = None
    ipv4: IPv4Net | None = None
    ipv6: IPv6Net | None = None
    link_local: tuple[IPv4Net | IPv6Net, ...] = ()
    source_name: str = ""
    prefix: str = "eth"
    name: str = ""
    """Its name inside, once it is there."""


@attrs.frozen
class Mapping:
    """A published port: where it is bound on the host and what it leads to (`types.PortBinding`)."""

    port: Port
    container_ip: IPv4 | IPv6
    host_ip: IPv4 | IPv6 = attrs.field(eq=str)  # 0.0.0.0 and :: are one number
    host_port: int


@attrs.frozen
class StaticRoute:
    """A route in a sandbox (`types.StaticRoute`); without a next hop the destination is on the link."""

    destination: IPv4Net | IPv6Net
    gateway: IPv4 | IPv6 | None = None


@attrs.define(eq=False)
class Endpoint:
    """A container's place in a network (`libnetwork.Endpoint`)."""

    id: str
    name: str
    network: Network
    settings: EndpointSettings
    interface: Interface = attrs.field(factory=Interface)
    container_id: str = ""
    sandbox: Sandbox | None = None
    gateway: IPv4 | None = None
    gateway6: IPv6 | None = None
    routes_on_link: int = 0
    """1: the default routes lead to the device, not to a gateway (ipvlan on layer 3)."""
    leads4: int = 0
    leads6: int = 0
    """1: a family leads outside by the network although there is no gateway: over the device, or the container sees to it (`ForceGw4`)."""
    static_routes: tuple[StaticRoute, ...] = ()
    """Routes that a plugin wants in the sandbox."""
    needs_no_way_out: int = 0
    """1: a plugin wants no endpoint on docker_gwbridge for it."""
    dns_names: list[str] = attrs.field(factory=list)
    exposed: tuple[Port, ...] = ()
    mappings: tuple[Mapping, ...] = ()
    serves: tuple[int, int] = (0, 0)
    """Whether it publishes its sandbox's ports on IPv4 and on IPv6 addresses of the host (`portBindingMode`)."""
    parents: tuple[Endpoint, ...] = ()
    """Endpoints of containers with a legacy link to this one, known when it joined."""
    children: tuple[Endpoint, ...] = ()
    """Endpoints of the containers it links to."""
    driver_state: Any = None

    @property
    def leads(self) -> tuple[bool, bool]:
        """Whether IPv4 and IPv6 lead outside by it (`hasGatewayOrDefaultRoute`)."""
        return self.gateway is not None or bool(self.leads4), self.gateway6 is not None or bool(self.leads6)

    @property
    def is_way_out(self) -> bool:
        """Whether the daemon made it because its sandbox had no other way to the outside."""
        return self.network.spec.name == "docker_gwbridge" and self.name.startswith("gateway_")


@attrs.define(eq=False)
class Sandbox:
    """A container's network stack (`libnetwork.Sandbox`)."""

    id: str
    container_id: str
    netns: Netns
    endpoints: list[Endpoint] = attrs.field(factory=list)
    """In the order in which they may become the gateway."""
    next_numbers: dict[str, int] = attrs.field(factory=dict)
    """What the next `ethN` is called where names are not used again, by their prefix."""
    shared: int = 0
    """1 for the host's own namespace."""
    has_ipv6_loopback: int = 0
    """Whether 20.10 has put ::1 there since an interface has an IPv6 address."""
    awaited: int = 0
    """1 while the runtime has not made the namespace yet, so that interfaces wait on the host."""
    key: str = ""
    """The path of its namespace file."""
    resolver: Any = None
    """The process of its name server."""

    @property
    def gateway_endpoint(self) -> Endpoint | None:
        """The endpoint that the default route leads through."""
        for endpoint in self.endpoints:
            if endpoint.gateway is not None or endpoint.gateway6 is not None or endpoint.leads4 or endpoint.leads6:
                return endpoint
        return None

    def gateway_endpoints(self, *, both_first: int = 0) -> tuple[Endpoint | None, Endpoint | None]:
        """The first endpoint that IPv4 leads out by, and the first one for IPv6 (`Sandbox.getGatewayEndpoint`). `both_first`: one that has both
        is taken whatever comes before it."""
        four = six = None
        for endpoint in self.endpoints:
            leads4, leads6 = endpoint.leads
            if leads4 and leads6 and both_first:
                return endpoint, endpoint
            four = endpoint if four is None and leads4 else four
            six = endpoint if six is None and leads6 else six
        return four, six
