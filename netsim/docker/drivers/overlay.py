"""The overlay driver: one namespace for each network, with a bridge and a VXLAN device to the other hosts (`drivers/overlay`).

Nobody is asked where an address lives: the daemon writes a neighbour and a forwarding entry for each endpoint that other nodes tell of,
and the VXLAN device answers ARP out of them (`proxy`). What to write comes from gossip (`docker/swarm`), or from `world.overlay`.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import attrs

from netsim.addr import MAC, IPv4, IPv4Net, IPv6Net
from netsim.docker.cnm.lifecycle import bind_sandbox_file, drop_sandbox_file
from netsim.docker.drivers.driver import Driver
from netsim.docker.ids import mac_of, new_veth
from netsim.errors import NetError
from netsim.kernel import sysctl
from netsim.kernel.boot import new_netns
from netsim.kernel.core.link_ops import LinkRequest
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.rtnl.fdb import FdbRequest, fdb_add, fdb_del
from netsim.kernel.rtnl.link import setlink
from netsim.kernel.rtnl.neigh import NeighRequest, delneigh, newneigh
from netsim.kernel.rtnl.netns import hold, put
from netsim.kernel.tables.neigh import NUD_PERMANENT
from netsim.wiring import Wiring

if TYPE_CHECKING:
    from netsim.docker.cnm.model import Endpoint, Network, Sandbox
    from netsim.docker.engine.engine import Engine
    from netsim.docker.swarm.plain import Mesh

VNI_LIST = "com.docker.network.driver.overlay.vxlanid_list"
MTU_OPTION = "com.docker.network.driver.mtu"
SECURE_OPTION = "encrypted"
MTU, VXLAN_ENCAP, ESP_ENCAP = 1500, 50, 26
CREATE, REPLACE = 0x400, 0x100
NTF_SELF = 0x02


@attrs.define(eq=False)
class OverlayState:
    """What the driver knows of one network on this host."""

    vnis: list[int]
    mtu: int
    port: int = 4789
    secure: int = 0
    netns: Netns | None = None
    key: str = ""
    links: dict[str, str] = attrs.field(factory=dict)
    """Endpoint -> its end in the network's namespace."""
    next_number: int = 0
    peers: dict[str, tuple[str, str]] = attrs.field(factory=dict)
    """Address -> MAC and host of endpoints elsewhere."""
    mates: Mesh | None = None
    """The same network on other hosts, where no swarm tells of them."""


class OverlayDriver(Driver):
    """Networks that span hosts."""

    __slots__ = ()
    name = "overlay"
    scope = "swarm"
    wants_way_out = 1

    def create_network(self, engine: Engine, network: Network) -> None:
        """Nothing is made before the first endpoint joins."""
        options = network.spec.options
        secure = int(SECURE_OPTION in options)
        if secure:
            engine.machine.kernel.unmodelled.append("docker network create --opt encrypted: packets are not encrypted, only shorter")
        mtu = int(options[MTU_OPTION]) if options.get(MTU_OPTION, "").isdigit() else MTU
        network.driver_state = OverlayState(
            [int(text) for text in network.options.get(VNI_LIST, "").split(",") if text], inner_mtu(mtu, secure), engine.data_port, secure
        )

    def delete_network(self, engine: Engine, network: Network) -> None:
        """The namespace goes, if it is there still."""
        state: OverlayState = network.driver_state
        self._destroy(engine, state)

    def create_endpoint(self, engine: Engine, endpoint: Endpoint, sandbox: Sandbox) -> None:
        """The MAC follows from the address, so that every host knows it."""
        interface = endpoint.interface
        if interface.mac is None and interface.ipv4 is not None:
            interface.mac = mac_of(interface.ipv4.address)

    def join(self, engine: Engine, endpoint: Endpoint, sandbox: Sandbox) -> None:
        """A pair between the network's bridge and the sandbox; there is no gateway here."""
        network = endpoint.network
        state: OverlayState = network.driver_state
        number = _subnet_of(endpoint)
        home = self.sandbox(engine, network)
        self._segment(engine, network, number)
        outside, inside = new_veth(engine.rng), new_veth(engine.rng)
        host = Wiring(engine.netns)
        host.veth(outside, inside, queue=0)
        for name in (outside, inside):
            setlink(host.device(name), LinkRequest(mtu=state.mtu))
        state.links[endpoint.id] = name = self._free_name(engine, state, home)
        dev = host.device(outside)
        setlink(dev, LinkRequest(netns=home))
        sysctl.write(home, f"net/ipv6/conf/{outside}/disable_ipv6", "1")
        setlink(dev, LinkRequest(name=name, master=home.names[f"br{number}"].ifindex))
        Wiring(home).up(name)
        endpoint.interface.source_name = inside
        if state.mates is not None:
            state.mates.joined(endpoint)

    def leave(self, engine: Engine, endpoint: Endpoint) -> None:
        """The pair goes with the endpoint."""

    def delete_endpoint(self, engine: Engine, endpoint: Endpoint) -> None:
        """The pair goes, and with the last one the namespace (`leaveSandbox`)."""
        state: OverlayState = endpoint.network.driver_state
        name = state.links.pop(endpoint.id, "")
        for netns, known in ((state.netns, name), (engine.netns, endpoint.interface.source_name)):
            if netns is not None and known in netns.names:
                Wiring(netns).delete(known)
        if not state.links:
            self._destroy(engine, state)
        if state.mates is not None:
            state.mates.left(endpoint)

    # the network's namespace ---------------------------------------------------------------------------------------------

    def sandbox(self, engine: Engine, network: Network) -> Netns:
        """The namespace `1-ID`, made at first need."""
        state: OverlayState = network.driver_state
        if state.netns is None:
            if engine.profile.tries_vxlan and not engine.tried_vxlan:  # whether the kernel can: an index is gone
                Wiring(engine.netns).link("testvxlan", "vxlan", {"id": 1, "dstport": state.port})
                Wiring(engine.netns).delete("testvxlan")
                engine.tried_vxlan = 1
            state.netns = hold(new_netns(engine.machine.kernel))
            state.key = f"{engine.profile.runtime_directory}/netns/1-{network.id[:10]}"
            bind_sandbox_file(engine, state.key, state.netns)
            if engine.profile.disables_ipv6:
                for scope in ("all", "default"):
                    sysctl.write(state.netns, f"net/ipv6/conf/{scope}/disable_ipv6", "1")
            Wiring(state.netns).up("lo")
        return state.netns

    def _segment(self, engine: Engine, network: Network, number: int) -> None:
        """Bridge and VXLAN device of one subnet (`setupSubnetSandbox`)."""
        state: OverlayState = network.driver_state
        home = self.sandbox(engine, network)
        if f"br{number}" in home.names:
            return
        subnet, vni = network.subnets[number], state.vnis[number]
        inside, host = Wiring(home), Wiring(engine.netns)
        inside.link(f"br{number}", "bridge", queue=0)
        sysctl.write(home, f"net/ipv6/conf/br{number}/disable_ipv6", "1")
        setlink(inside.device(f"br{number}"), LinkRequest(mtu=state.mtu))
        if subnet.gateway is not None:
            inside.address(f"br{number}", f"{subnet.gateway}/{subnet.net.length}", broadcast=1)
        inside.up(f"br{number}")
        name = f"vx-{vni:06x}-{network.id[:5]}"
        made = host.link(name, "vxlan", {"id": vni, "dstport": state.port, "proxy": 1, "l2miss": 1, "l3miss": 1, "learning": 1}, queue=0)
        setlink(made, LinkRequest(mtu=state.mtu))
        setlink(made, LinkRequest(netns=home))
        sysctl.write(home, f"net/ipv6/conf/{name}/disable_ipv6", "1")
        setlink(made, LinkRequest(name=f"vxlan{number}", master=inside.device(f"br{number}").ifindex))
        inside.up(f"vxlan{number}")
        for address, (mac, host_address) in state.peers.items():
            if _number_for(network, address) == number:
                _write(made, address, mac, host_address)

    def _free_name(self, engine: Engine, state: OverlayState, home: Netns) -> str:
        """`vethN`: numbers are used again from 28 on."""
        if engine.profile.reuses_interface_names:
            return next(name for number in range(len(home.names) + 1) if (name := f"veth{number}") not in home.names)
        state.next_number += 1
        return f"veth{state.next_number - 1}"

    def _destroy(self, engine: Engine, state: OverlayState) -> None:
        if state.netns is None:
            return
        home, state.netns, state.next_number = state.netns, None, 0
        for name in [name for name in home.names if name.startswith(("vxlan", "br"))]:
            Wiring(home).delete(name)
        drop_sandbox_file(engine, state.key)
        put(home)

    # endpoints elsewhere -------------------------------------------------------------------------------------------------

    def add_peer(self, network: Network, address: str, mac: str, host: str) -> None:
        """An endpoint on another host (`peerAdd`)."""
        state: OverlayState = network.driver_state
        state.peers[address] = (mac, host)
        dev = self._vxlan(network, address)
        if dev is not None:
            _write(dev, address, mac, host)

    def del_peer(self, network: Network, address: str) -> None:
        """It is no more (`peerDelete`)."""
        state: OverlayState = network.driver_state
        known = state.peers.pop(address, None)
        dev = self._vxlan(network, address)
        if dev is None or known is None:
            return
        with suppress(NetError):  # somebody else took it away
            delneigh(dev, NeighRequest(IPv4.parse(address)))
        with suppress(NetError):
            fdb_del(dev, FdbRequest(MAC.parse(known[0]), NTF_SELF, dst=IPv4.parse(known[1])))

    def _vxlan(self, network: Network, address: str) -> NetDevice | None:
        state: OverlayState = network.driver_state
        return None if state.netns is None else state.netns.names.get(f"vxlan{_number_for(network, address)}")


def inner_mtu(mtu: int, secure: int) -> int:
    """What is left inside: 50 bytes go to VXLAN, 26 more to ESP, whose blocks are of 4 bytes (`maxMTU`)."""
    left = mtu - VXLAN_ENCAP
    return (left - ESP_ENCAP) // 4 * 4 if secure else left


def _write(dev: NetDevice, address: str, mac: str, host: str) -> None:
    """A permanent neighbour, and behind its MAC the host (`AddNeighbor` twice)."""
    newneigh(dev, NeighRequest(IPv4.parse(address), MAC.parse(mac), NUD_PERMANENT), CREATE | REPLACE)
    fdb_add(dev, FdbRequest(MAC.parse(mac), NTF_SELF, NUD_PERMANENT, dst=IPv4.parse(host)), CREATE | REPLACE)


def _subnet_of(endpoint: Endpoint) -> int:
    net = endpoint.interface.ipv4
    return _number_for(endpoint.network, str(net.address)) if net is not None else 0


def _number_for(network: Network, address: str) -> int:
    """Which of a network's subnets an address is of."""
    number = int(IPv4.parse(address))
    return next((at for at, subnet in enumerate(network.subnets) if isinstance(subnet.net, IPv4Net | IPv6Net) and subnet.pool.contains(number)), 0)
