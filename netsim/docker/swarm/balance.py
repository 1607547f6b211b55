"""Load balancing of services by IPVS in the sandboxes of load balancers and of the ingress network (`libnetwork/service_linux.go`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from netsim.docker.cnm.model import Network
    from netsim.docker.swarm.member import Member


@attrs.define(eq=False)
class Balance:
    """One node's load balancers."""

    member: Member

    def changed(self, network: Network, key: str, value: dict[str, Any] | None) -> None:
        """A member of a network came, changed or went."""

    def refresh(self, network_id: str) -> None:
        """A load balancer's sandbox is ready."""

    def forget(self, network_id: str) -> None:
        """A network is not on this node any more."""

    def clear(self) -> None:
        """The node has left the swarm."""
