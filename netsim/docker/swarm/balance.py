"""Load balancing of services by IPVS in the sandboxes of load balancers and of the ingress network (`libnetwork/service_linux.go`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from netsim.addr import IPv4
from netsim.docker.cnm.model import Endpoint, Network, Sandbox
from netsim.docker.swarm import mesh
from netsim.docker.swarm.objects import PortSpec
from netsim.errors import NetError
from netsim.kernel import sysctl
from netsim.kernel.netfilter.ipvs import ctl
from netsim.kernel.tables.ipvs import DROUTE, MASQ
from netsim.wiring import Wiring

if TYPE_CHECKING:
    from netsim.docker.swarm.member import Member

AF_INET = 2
FIRST_MARK = 256
MODE_OPTION, DSR = "com.docker.network.driver.overlay.lbmode", "dsr"
FORWARD = "net/ipv4/ip_forward"
TWEAKS = {"net/ipv4/vs/conn_reuse_mode": "0", "net/ipv4/vs/expire_nodest_conn": "1", "net/ipv4/vs/expire_quiescent_template": "1"}
"""Settings of a sandbox that balances (`osl.sandboxTypes`)."""


@attrs.define(eq=False)
class Virtual:
    """A service's virtual address on one network: its mark here, its ports (on the ingress network), and the tasks behind it."""

    network_id: str
    vip: str
    mark: int
    ports: list[PortSpec]
    backends: dict[str, str] = attrs.field(factory=dict)
    """Row -> address."""
    is_up: int = 0
    """1: IPVS and the rules know of it."""


@attrs.define(eq=False)
class Balance:
    """One node's load balancers."""

    member: Member
    virtuals: dict[tuple[str, str], Virtual] = attrs.field(factory=dict)
    """(network, service) -> its virtual address."""
    owners: dict[str, tuple[str, str]] = attrs.field(factory=dict)
    """Row -> the virtual address it is behind."""
    next_mark: int = FIRST_MARK

    # what gossip and the agent tell --------------------------------------------------------------------------------------

    def changed(self, network: Network, key: str, value: dict[str, Any] | None) -> None:
        """A member of a network came, changed or went."""
        vip = value.get("vip", "") if value is not None else ""
        owner = (network.id, str(value["service_id"])) if value is not None and vip else None
        before = self.owners.get(key)
        if before is not None and before != owner:
            self._leaves(network, key, before)
        if owner is None or value is None:
            return
        virtual = self.virtuals.get(owner)
        if virtual is None:
            ports = [PortSpec(target, published, protocol) for protocol, published, target in value.get("ports", ())]
            virtual = self.virtuals[owner] = Virtual(network.id, vip, self.next_mark, ports if network.spec.ingress else [])
            self.next_mark += 1
        self.owners[key] = owner
        if virtual.backends.get(key) != value["ip"]:
            virtual.backends[key] = value["ip"]
            self._add_backend(network, virtual, value["ip"])

    def _leaves(self, network: Network, key: str, owner: tuple[str, str]) -> None:
        virtual = self.virtuals[owner]
        del self.owners[key]
        address = virtual.backends.pop(key, "")
        there = _sandbox_of(network)
        if there is not None and virtual.is_up and address:
            self._quietly(ctl.delete_destination, there[1], virtual, address)
        if not virtual.backends:
            if there is not None and virtual.is_up:
                self._take_down(network, virtual, *there)
            del self.virtuals[owner]

    def refresh(self, network_id: str) -> None:
        """A load balancer's sandbox is ready: what was known before is set up."""
        network = self.member.engine.networks.get(network_id)
        if network is None:
            return
        for virtual in self.virtuals.values():
            if virtual.network_id == network_id:
                for address in virtual.backends.values():
                    self._add_backend(network, virtual, address)

    def forget(self, network_id: str) -> None:
        """A network is not on this node any more; its sandbox has gone with everything in it."""
        self.virtuals = {owner: virtual for owner, virtual in self.virtuals.items() if virtual.network_id != network_id}
        self.owners = {key: owner for key, owner in self.owners.items() if owner[0] != network_id}

    def clear(self) -> None:
        """The node leaves the swarm: published ports are published no more."""
        for virtual in self.virtuals.values():
            if virtual.is_up and virtual.ports:
                mesh.unpublish(self.member.engine, virtual.ports)
        self.virtuals, self.owners = {}, {}

    # IPVS ----------------------------------------------------------------------------------------------------------------

    def _add_backend(self, network: Network, virtual: Virtual, address: str) -> None:
        """One more task behind a virtual address; with the first one everything around it (`addLBBackend`)."""
        there = _sandbox_of(network)
        if there is None or "ip_vs" not in self.member.engine.machine.kernel.profile.modules:
            return  # the daemon's log tells: "Failed to create an ipvs handle"
        endpoint, sandbox = there
        if not virtual.is_up:
            self._set_up(network, virtual, endpoint, sandbox)
        self._quietly(ctl.add_destination, sandbox, virtual, address)

    def _set_up(self, network: Network, virtual: Virtual, endpoint: Endpoint, sandbox: Sandbox) -> None:
        virtual.is_up = 1
        Wiring(sandbox.netns).address(endpoint.interface.name, f"{virtual.vip}/32")
        way_out = next((one for one in sandbox.endpoints if one.is_way_out), None)
        if virtual.ports and way_out is not None and way_out.interface.ipv4 is not None:
            mesh.publish(self.member.engine, way_out.interface.ipv4.address, virtual.ports)
        net = endpoint.interface.ipv4
        assert net is not None
        self._marks(virtual, sandbox, "-A")
        if _mode(network) == MASQ:
            rule = ("POSTROUTING", "-m", "ipvs", "--ipvs", "-d", f"{net.network}/{net.length}", "-j", "SNAT", "--to-source", str(net.address))
            if self._iptables(sandbox, "nat", "-C", *rule):
                self._iptables(sandbox, "nat", "-A", *rule)
        ctl.ipvs_of(sandbox.netns)
        if _mode(network) == MASQ:
            sysctl.write(sandbox.netns, "net/ipv4/vs/conntrack", "1")
        ctl.add_service(sandbox.netns, ctl.ServiceName(AF_INET, fwmark=virtual.mark), ctl.ServiceWish("rr"))
        forwards = sysctl.read(self.member.engine.netns, FORWARD)
        sysctl.write(sandbox.netns, FORWARD, forwards)  # a real namespace begins with what the machine's first one has
        for name, value in TWEAKS.items():
            sysctl.write(sandbox.netns, name, value)

    def _take_down(self, network: Network, virtual: Virtual, endpoint: Endpoint, sandbox: Sandbox) -> None:
        """The last task is gone (`rmLBBackend`)."""
        virtual.is_up = 0
        ctl.delete_service(sandbox.netns, ctl.ServiceName(AF_INET, fwmark=virtual.mark))
        if virtual.ports:
            mesh.unpublish(self.member.engine, virtual.ports)
        self._marks(virtual, sandbox, "-D")
        Wiring(sandbox.netns).remove_address(endpoint.interface.name, f"{virtual.vip}/32")

    def _marks(self, virtual: Virtual, sandbox: Sandbox, how: str) -> None:
        """What goes to a published port or to the virtual address is marked (`fwMarker`)."""
        target = ("-j", "MARK", "--set-mark", str(virtual.mark))
        for port in virtual.ports:
            self._iptables(sandbox, "mangle", how, "PREROUTING", "-p", port.protocol, "--dport", str(port.published), *target)
        self._iptables(sandbox, "mangle", how, "INPUT", "-d", f"{virtual.vip}/32", *target)

    def _iptables(self, sandbox: Sandbox, table: str, *words: str) -> int:
        return self.member.engine.run(("iptables", "--wait", "-t", table, *words), netns=sandbox.netns).status

    def _quietly(self, change: Any, sandbox: Sandbox, virtual: Virtual, address: str) -> None:
        """Change a destination; what is there already, or no more, is only told in the daemon's log."""
        network = self.member.engine.networks[virtual.network_id]
        wish = ctl.DestinationWish(AF_INET, IPv4.parse(address), 0, 1, _mode(network))
        try:
            change(sandbox.netns, ctl.ServiceName(AF_INET, fwmark=virtual.mark), wish)
        except NetError:
            return


def _mode(network: Network) -> int:
    """NAT, or by option direct routing."""
    return DROUTE if network.spec.options.get(MODE_OPTION, "").lower() == DSR or DSR in network.spec.options else MASQ


def _sandbox_of(network: Network) -> tuple[Endpoint, Sandbox] | None:
    """The load balancer of a network on this node, once it is in its sandbox (`findLBEndpointSandbox`)."""
    for endpoint in network.endpoints.values():
        if endpoint.name.endswith("-endpoint") and endpoint.sandbox is not None:
            return endpoint, endpoint.sandbox
    return None
