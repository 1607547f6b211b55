"""What the managers of a swarm agree on, and what is allocated out of it: subnets, VNIs, addresses, ports (`swarmkit/manager/{state,allocator}`)."""

from __future__ import annotations

import attrs

from netsim.addr import IPv4, IPv4Net
from netsim.docker.errors import Refusal, failed
from netsim.docker.ipam import parse
from netsim.docker.ipam.pool import Net, Pool, bounds, overlap
from netsim.docker.ipam.space import GLOBAL_BLOCKS, AddressSpace, BlockOf
from netsim.docker.profile import EngineProfile
from netsim.docker.swarm.objects import INGRESS, Node, PortSpec, Service, SwarmNetwork, Task, mapped

VNI_LIST = "com.docker.network.driver.overlay.vxlanid_list"
"""The option that names a network's VNIs."""
FIRST_VNI, LAST_VNI = 4096, (1 << 24) - 1
FIRST_PORT, LAST_PORT = 30000, 32767
"""Ports that services get when they name none (`allocator/cnmallocator/portallocator.go`)."""


@attrs.define(eq=False)
class Store:
    """The state; times are virtual ns since 1970."""

    id: str
    digest: str = ""
    worker_token: str = ""
    manager_token: str = ""
    unlock_key: str = ""
    created: int = 0
    updated: int = 0
    version: int = 1
    nodes: dict[str, Node] = mapped(Node)
    networks: dict[str, SwarmNetwork] = mapped(SwarmNetwork)
    services: dict[str, Service] = mapped(Service)
    tasks: dict[str, Task] = mapped(Task)
    last_subnet: int = -1
    pools: list[str] = attrs.field(factory=list)
    """`--default-addr-pool`."""
    pool_size: int = 24
    data_port: int = 4789
    task_history: int = 5
    heartbeat: int = 5_000_000_000
    cert_expiry: int = 7_776_000_000_000_000
    snapshot_interval: int = 10000
    max_snapshots: int = 0
    autolock: int = 0
    term: int = 1
    leader: str = ""

    def touched(self, thing: Node | SwarmNetwork | Service, now: int) -> None:
        """A thing changed."""
        self.version += 1
        thing.version, thing.updated = self.version, now

    # look-ups ------------------------------------------------------------------------------------------------------------

    def network(self, reference: str) -> SwarmNetwork | None:
        """A network by id, name or unambiguous beginning of its id."""
        for network in self.networks.values():
            if reference in (network.id, network.name):
                return network
        begun = [network for network in self.networks.values() if reference and network.id.startswith(reference)]
        return begun[0] if len(begun) == 1 else None

    @property
    def ingress(self) -> SwarmNetwork | None:
        """The network that published ports are spread over."""
        return next((network for network in self.networks.values() if network.ingress), None)

    def tasks_of(self, service: Service) -> list[Task]:
        """A service's tasks, the oldest first."""
        return [task for task in self.tasks.values() if task.service_id == service.id]

    # networks ------------------------------------------------------------------------------------------------------------

    def allocate_network(self, profile: EngineProfile, network: SwarmNetwork) -> None:
        """Subnets, gateways and VNIs; an empty list stays where nothing could be had."""
        blocks = tuple(_block(text, self.pool_size) for text in self.pools) or GLOBAL_BLOCKS
        space = AddressSpace(profile, blocks, last_given=self.last_subnet)
        space.pools = [Pool(parse.prefix(text)) for other in self.networks.values() if other is not network and other.vnis for text in other.subnets]
        if not network.subnets:
            network.subnets = [str(_plain(space.choose(()).subnet))]
            network.gateways = [""]
            self.last_subnet = space.last_given
        elif any(overlap(pool.subnet, parse.prefix(text)) for pool in space.pools for text in network.subnets):
            return
        used = {vni for other in self.networks.values() for vni in other.vnis}
        wanted = network.options.get(VNI_LIST, "").split(",") if network.options.get(VNI_LIST) else []
        if wanted and (len(wanted) != len(network.subnets) or any(not text.isdigit() or int(text) in used for text in wanted)):
            return
        for number, text in enumerate(network.subnets):
            vni = int(wanted[number]) if wanted else next(vni for vni in range(FIRST_VNI, LAST_VNI + 1) if vni not in used)
            used.add(vni)
            network.vnis.append(vni)
            if not network.gateways[number]:
                network.gateways[number] = str(self._free(network, text))
            network.taken[network.gateways[number]] = "gateway"
        if network.driver != "overlay":
            network.vnis = []

    def address(self, network: SwarmNetwork, owner: str, wanted: str = "") -> str:
        """An address for somebody, the one after that given last; Refusal when none is left, or the one wanted is taken."""
        if wanted:
            if wanted in network.taken:
                raise failed("Address already in use")
            network.taken[wanted] = owner
            return wanted
        for subnet in network.subnets:
            found = self._free(network, subnet)
            if found is not None:
                network.taken[str(found)] = owner
                network.last[subnet] = int(found)
                return str(found)
        raise failed("could not find an available IP")

    def _free(self, network: SwarmNetwork, subnet: str) -> IPv4 | None:
        """The next free address, round the subnet or its range."""
        position = network.subnets.index(subnet)
        whole = bounds(parse.prefix(subnet))
        first, last = bounds(parse.prefix(network.ranges[position])) if position < len(network.ranges) and network.ranges[position] else whole
        begin = network.last.get(subnet, first - 1)
        for step in range(1, last - first + 2):
            number = first + (begin - first + step) % (last - first + 1)
            if number not in whole and str(IPv4(number)) not in network.taken:
                return IPv4(number)
        return None

    def give_back(self, network_id: str, address: str) -> None:
        """An address is free again."""
        network = self.networks.get(network_id)
        if network is not None:
            network.taken.pop(address, None)

    # services ------------------------------------------------------------------------------------------------------------

    def allocate_service(self, service: Service) -> None:
        """Ports and virtual addresses; Refusal when a port is taken by another service."""
        service.ports = [self._port(service, port) for port in service.spec.ports]
        wanted: list[str] = []
        if service.spec.endpoint_mode == "vip":
            ingress = self.ingress
            if ingress is not None and any(port.mode == INGRESS for port in service.ports):
                wanted.append(ingress.id)
            wanted += [attachment.target for attachment in service.spec.networks]
        for network_id in [known for known in service.vips if known not in wanted]:
            self.give_back(network_id, service.vips.pop(network_id))
        for network_id in wanted:
            network = self.networks.get(network_id)
            if network_id not in service.vips and network is not None and network.driver == "overlay":
                service.vips[network_id] = self.address(network, service.id)

    def _port(self, service: Service, port: PortSpec) -> PortSpec:
        others = {
            (one.protocol, one.published) for other in self.services.values() if other is not service for one in other.ports if one.mode == INGRESS
        }
        if port.mode != INGRESS or port.published:
            return port
        known = next((one for one in service.ports if (one.target, one.protocol, one.mode) == (port.target, port.protocol, port.mode)), None)
        if known is not None and known.published:
            return known
        free = next(number for number in range(FIRST_PORT, LAST_PORT + 1) if (port.protocol, number) not in others)
        return PortSpec(port.target, free, port.protocol, port.mode)

    def free_task(self, task: Task) -> None:
        """A task's addresses are given back."""
        for network_id, address in task.networks.items():
            if self.networks.get(network_id) is not None and self.networks[network_id].taken.get(address) == task.id:
                self.give_back(network_id, address)


def _plain(net: Net) -> Net:
    return net


def _block(text: str, size: int) -> BlockOf:
    """A pool of `--default-addr-pool`."""
    try:
        return BlockOf(IPv4Net.parse(text), size)
    except ValueError:
        raise Refusal(400, f"invalid CIDR address: {text}") from None
