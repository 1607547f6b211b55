"""Subnets and addresses of a plugin (`libnetwork/ipams/remote`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from netsim.addr import IPv4Net
from netsim.docker.errors import Refusal, failed
from netsim.docker.ipam import parse
from netsim.docker.ipam.pool import Address, Net, Pool
from netsim.docker.plugins import IPAM, asked, text

ADDRESS_TYPE, GATEWAY, MAC_LABEL = "RequestAddressType", "com.docker.network.gateway", "com.docker.network.endpoint.macaddress"


@attrs.define(eq=False)
class RemotePool(Pool):
    """A subnet that a plugin gave; addresses are its to give."""

    engine: Any = None
    plugin: str = ""
    pool_id: str = ""
    space: str = ""
    options: Mapping[str, str] = attrs.field(factory=dict)

    @property
    def space_name(self) -> str:
        """The plugin's."""
        return self.space

    def request(self, wanted: Address | None = None) -> Address:
        """RequestAddress."""
        return self._ask(wanted, self.options)

    def request_gateway(self, wanted: Address | None = None) -> Address:
        """The same, for the network's gateway."""
        return self._ask(wanted, {**self.options, ADDRESS_TYPE: GATEWAY})

    def _ask(self, wanted: Address | None, options: Mapping[str, str]) -> Address:
        request = {"PoolID": self.pool_id, "Address": str(wanted) if wanted is not None else "", "Options": dict(options)}
        answer = asked(self.engine.plugins, self.plugin, f"{IPAM}.RequestAddress", request, "Error")
        said = text(answer, "Address")
        if not said:
            raise failed("No address returned")
        try:
            return parse.cidr(said).address
        except ValueError as problem:
            raise failed(str(problem)) from None

    def release(self, address: Address) -> None:
        """ReleaseAddress; what the plugin has against it is only logged."""
        self._quietly("ReleaseAddress", {"PoolID": self.pool_id, "Address": str(address)})

    def give_back(self) -> None:
        """ReleasePool."""
        self._quietly("ReleasePool", {"PoolID": self.pool_id})

    def _quietly(self, method: str, request: Mapping[str, Any]) -> None:
        try:
            asked(self.engine.plugins, self.plugin, f"{IPAM}.{method}", request, "Error")
        except Refusal:
            return  # a warning in the daemon's log


def request_pool(engine: Any, plugin: str, subnet: Net | None, ip_range: Net | None, options: Mapping[str, str], family: type[Net]) -> RemotePool:
    """A pool of a plugin's default address space (GetDefaultAddressSpaces, RequestPool)."""
    spaces = asked(engine.plugins, plugin, f"{IPAM}.GetDefaultAddressSpaces", {}, "Error")
    space = text(spaces, "LocalDefaultAddressSpace")
    request = {
        "AddressSpace": space, "Pool": str(subnet) if subnet is not None else "", "SubPool": str(ip_range) if ip_range is not None else "",
        "Options": dict(options), "V6": family is not IPv4Net,
    }  # fmt: skip
    answer = asked(engine.plugins, plugin, f"{IPAM}.RequestPool", request, "Error")
    try:
        net = parse.cidr(text(answer, "Pool"))
    except ValueError as problem:
        raise failed(str(problem)) from None
    return RemotePool(net, ip_range, engine=engine, plugin=plugin, pool_id=text(answer, "PoolID"), space=space, options=dict(options))
