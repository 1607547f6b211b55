"""An overlay network without a swarm: the data plane alone, its hosts told of each other's endpoints at once.

There is no such thing in Docker since its key-value stores are gone; it is for those who want namespaces, VXLAN devices, neighbours and
forwarding entries without tokens, gossip and time.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from netsim.addr import IPv4, IPv4Net
from netsim.docker.cnm.model import Endpoint, Network, Subnet
from netsim.docker.drivers.overlay import VNI_LIST, OverlayDriver, OverlayState
from netsim.docker.engine.engine import Engine
from netsim.docker.errors import conflict
from netsim.docker.ids import new_id
from netsim.docker.ipam.pool import Pool
from netsim.docker.names.book import Book, Entry
from netsim.docker.settings import IpamConfig, NetworkSpec
from netsim.docker.swarm.setup import advertised
from netsim.docker.swarm.store import FIRST_VNI


@attrs.define(eq=False)
class Place:
    """The network on one host."""

    network: Network
    address: str
    """Where the other hosts send what is for it."""


@attrs.define(eq=False)
class Mesh:
    """One network on several hosts. Addresses come out of one pool, so that no two hosts give the same."""

    name: str
    subnet: IPv4Net
    vni: int
    id: str
    pool: Pool
    places: list[Place] = attrs.field(factory=list)

    def add(self, engine: Engine, address: str = "") -> None:
        """Bring the network to a host; `address` is the host's (default: the only one it has). Refusal when it has a network of that name."""
        if any(network.name == self.name for network in engine.networks.values()):
            raise conflict(f"network with name {self.name} already exists")
        gateway = IPv4(int(self.subnet.network) + 1)
        config = IpamConfig(f"{self.subnet.network}/{self.subnet.length}", gateway=str(gateway))
        spec = NetworkSpec(self.name, "overlay", (config,), attachable=1, scope="global")
        network = Network(self.id, spec, engine.driver("overlay"), engine.now(), options={VNI_LIST: str(self.vni)}, book=Book())
        network.subnets = [Subnet(config, self.pool, gateway, gateway_given=1)]
        network.driver.create_network(engine, network)
        assert isinstance(network.driver_state, OverlayState)
        network.driver_state.mates = self
        engine.networks[network.id] = network
        self.places.append(Place(network, advertised(engine, address)))
        for place in self.places[:-1]:
            for endpoint in place.network.endpoints.values():
                self._tell(place, self.places[-1], endpoint)

    def joined(self, endpoint: Endpoint) -> None:
        """An endpoint came: every host hears of it."""
        here = next(place for place in self.places if place.network is endpoint.network)
        for place in self.places:
            self._tell(here, place, endpoint)

    def _tell(self, of: Place, to: Place, endpoint: Endpoint) -> None:
        net, mac = endpoint.interface.ipv4, endpoint.interface.mac
        if net is None or mac is None or to.network.book is None:
            return
        to.network.book.entries[endpoint.id] = Entry(net.address, tuple(endpoint.dns_names))
        if to is not of:
            assert isinstance(to.network.driver, OverlayDriver)
            to.network.driver.add_peer(to.network, str(net.address), str(mac), of.address)

    def left(self, endpoint: Endpoint) -> None:
        """It is no more."""
        net = endpoint.interface.ipv4
        for place in self.places:
            if place.network.book is not None:
                place.network.book.entries.pop(endpoint.id, None)
            if place.network is not endpoint.network and net is not None and isinstance(place.network.driver, OverlayDriver):
                place.network.driver.del_peer(place.network, str(net.address))


def new_mesh(name: str, engines: Sequence[Engine], subnet: str, vni: int = 0) -> Mesh:
    """A network on these hosts; `vni` 0 takes the first one that none of them uses. ValueError for a subnet that is none, Refusal."""
    net = IPv4Net.parse(subnet)
    used = {
        vni
        for engine in engines
        for network in engine.networks.values()
        if isinstance(network.driver_state, OverlayState)
        for vni in network.driver_state.vnis
    }
    number = vni or next(number for number in range(FIRST_VNI, FIRST_VNI + len(used) + 1) if number not in used)
    mesh = Mesh(name, IPv4Net(net.network, net.length), number, new_id(engines[0].rng), Pool(IPv4Net(net.network, net.length)))
    mesh.pool.request(IPv4(int(net.network) + 1))
    for engine in engines:
        mesh.add(engine)
    return mesh
