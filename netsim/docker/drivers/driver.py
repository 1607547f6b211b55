"""The six verbs of a network driver (`driverapi.Driver`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.addr import IPv4Net, IPv6Net
from netsim.docker.settings import NetworkSpec, Port, PortBinding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netsim.docker.cnm.model import Endpoint, Network, Sandbox
    from netsim.docker.engine.engine import Engine


class Driver:
    """What a kind of network must do. The controller calls in this order: create_network; create_endpoint, join, program_external;
    revoke_external, leave, delete_endpoint; delete_network. Drivers keep no state of their own: it hangs on networks and endpoints."""

    __slots__ = ()
    name = ""
    scope = "local"
    has_ipam = 1
    """Whether networks of the kind get subnets and addresses (0: host, none)."""
    wants_way_out = 0
    """Whether its containers reach the outside through docker_gwbridge, because the network itself has no gateway."""

    def wants_gateway(self, engine: Engine, network: Network, family: type[IPv4Net | IPv6Net]) -> int:
        """Whether an address of a subnet is kept for the network's gateway though none was named (`GwAllocChecker`)."""
        return 1

    def check(self, engine: Engine, spec: NetworkSpec) -> None:
        """Refuse a request that the kind cannot serve, before any address is taken."""

    def create_network(self, engine: Engine, network: Network) -> None:
        """Make what the network needs on the host."""

    def delete_network(self, engine: Engine, network: Network) -> None:
        """Take it away again."""

    def create_endpoint(self, engine: Engine, endpoint: Endpoint, sandbox: Sandbox) -> None:
        """Make the endpoint's interface; its MAC and addresses are chosen already or left to the driver."""

    def delete_endpoint(self, engine: Engine, endpoint: Endpoint) -> None:
        """Take the interface away."""

    def join(self, engine: Engine, endpoint: Endpoint, sandbox: Sandbox) -> None:
        """Say which interface goes into the sandbox and what its gateway is (fields of the endpoint)."""

    def leave(self, engine: Engine, endpoint: Endpoint) -> None:
        """The endpoint is about to leave its sandbox."""

    def program_external(self, engine: Engine, endpoint: Endpoint, bindings: Mapping[Port, tuple[PortBinding, ...]], is_heir: int = 0) -> None:
        """The endpoint became its sandbox's gateway: publish its ports."""

    def trim_external(self, engine: Engine, endpoint: Endpoint) -> None:
        """Another endpoint leads out by one of the families now: what is published for that family is withdrawn."""

    def revoke_external(self, engine: Engine, endpoint: Endpoint) -> None:
        """The endpoint is the gateway no longer: ports are published no more."""

    def restore_endpoint(self, engine: Engine, endpoint: Endpoint) -> None:
        """The daemon is another one than made the endpoint, and what it wrote for it may be gone."""
