"""What a node does for its swarm: runs the tasks it was given, attaches containers, tells its peers who is where (`daemon/cluster/executor`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from netsim.addr import IPv4
from netsim.clock import MS, SECOND
from netsim.docker.cnm.model import Endpoint, Network
from netsim.docker.drivers.overlay import OverlayDriver, OverlayState
from netsim.docker.engine import run as life
from netsim.docker.engine.container import Container
from netsim.docker.engine.create import create
from netsim.docker.engine.security import signal_of
from netsim.docker.errors import Refusal, failed
from netsim.docker.names.book import Book, Entry
from netsim.docker.settings import ContainerSpec, EndpointSettings, HostConfig, Port, PortBinding
from netsim.docker.swarm import networks
from netsim.docker.swarm.gossip import Record
from netsim.docker.swarm.objects import ENDED, HOST, INGRESS, VIP, Assigned, Service, SwarmNetwork, Task
from netsim.docker.swarm.redirect import redirect
from netsim.errors import NetError

if TYPE_CHECKING:
    from netsim.docker.swarm.member import Member

INGRESS_DELAY = 400 * MS
"""From the ingress network to its sandbox: the daemon has many rules to write in between."""
GRACE = 10 * SECOND
NO_ADDRESS = "attaching to network failed, make sure your network options are correct and check manager logs: context deadline exceeded"


@attrs.define(eq=False)
class Work:
    """A task on this node."""

    task: Task
    container_id: str = ""
    state: str = "assigned"
    error: str = ""


@attrs.define(eq=False)
class Agent:
    """One node's agent."""

    member: Member
    works: dict[str, Work] = attrs.field(factory=dict)
    told: dict[str, SwarmNetwork] = attrs.field(factory=dict)
    services: dict[str, Service] = attrs.field(factory=dict)
    balancers: dict[str, str] = attrs.field(factory=dict)
    attachments: dict[tuple[str, str], str] = attrs.field(factory=dict)
    """(container, network) -> the task that stands for a container attached by hand."""

    # what the managers say -----------------------------------------------------------------------------------------------

    def assign(self, told: Assigned) -> None:
        """The tasks of this node, all of them: what is new begins, what is not among them ends."""
        for network in told.networks:
            self.told[network.id] = network
        self.services = {service.id: service for service in told.services}
        self.balancers.update(told.balancers)
        self._ingress()
        wanted = {task.id: task for task in told.tasks if task.service_id}
        for task in wanted.values():
            self._consider(task)
        for work in [work for work in self.works.values() if work.task.id not in wanted]:
            self._forget(work)

    def _ingress(self) -> None:
        """The ingress network is on every node."""
        engine = self.member.engine
        told = next((network for network in self.told.values() if network.ingress), None)
        if told is None or not told.vnis or told.id not in self.balancers or told.id in engine.networks:
            return
        network = networks.instance(engine, told)
        self.member.gossip.join(told.id)
        networks.add_ingress_endpoint(engine, network, self.balancers[told.id])
        self.member.later(INGRESS_DELAY, "agent", "ingress", told.id)

    def timer(self, token: tuple[Any, ...]) -> None:
        """A timer of ours fired."""
        what, name = token[0], token[1]
        if what == "ingress":
            self._open_ingress(name)
        elif what == "start":
            self._start(name)
        elif what == "kill":
            self._kill(name)

    def _open_ingress(self, network_id: str) -> None:
        network = self.member.engine.networks.get(network_id)
        endpoint = next((one for one in network.endpoints.values() if one.name == "ingress-endpoint"), None) if network is not None else None
        if endpoint is not None and endpoint.sandbox is None:
            networks.open_ingress(self.member.engine, endpoint)
            self.announce(endpoint, None)
            self.member.balance.refresh(network_id)

    def _consider(self, task: Task) -> None:
        work = self.works.get(task.id)
        if work is None:
            work = self.works[task.id] = Work(task)
            if task.desired == "running":
                self._report(work, "preparing")
                durations = self.member.engine.profile.durations
                self.member.later((durations.create + durations.start) * MS, "agent", "start", task.id)
            elif task.desired == "ready":
                self._report(work, "ready")
            else:
                self._report(work, "shutdown")
            return
        before, work.task = work.task.desired, task
        if before == "ready" and task.desired == "running":
            self._report(work, "starting")
            self.member.later(self.member.engine.profile.durations.start * MS, "agent", "start", task.id)
        elif task.desired in ("shutdown", "remove") and work.state not in ENDED:
            self._stop(work)

    def _start(self, task_id: str) -> None:
        work = self.works.get(task_id)
        if work is None or work.state in ENDED or work.task.desired != "running":
            return
        engine, task = self.member.engine, work.task
        try:
            for network_id in task.networks:
                self.local(network_id)
            container = create(engine, self._request(task))
            work.container_id = container.id
            life.start(engine, container)
        except Refusal as problem:
            self._report(work, "rejected" if problem.status == 404 else "failed", problem.text)
            return
        if container.state.is_running:
            self._report(work, "running")

    def _request(self, task: Task) -> ContainerSpec:
        """The container of a task (`containerConfig`)."""
        spec = task.spec
        assert spec is not None
        part = spec.container
        name = f"{spec.name}.{task.slot or task.node_id}.{task.id}"
        labels = {
            **part.labels, "com.docker.swarm.node.id": task.node_id, "com.docker.swarm.service.id": task.service_id,
            "com.docker.swarm.service.name": spec.name, "com.docker.swarm.task": "", "com.docker.swarm.task.id": task.id,
            "com.docker.swarm.task.name": name,
        }  # fmt: skip
        attached = {self.told[network_id].name: EndpointSettings(address) for network_id, address in task.networks.items() if network_id in self.told}
        ports: dict[Port, tuple[PortBinding, ...]] = {}
        for port in spec.ports:
            if port.mode == HOST:
                key = Port(port.target, port.protocol)
                ports[key] = (*ports.get(key, ()), PortBinding("", str(port.published) if port.published else ""))
        order = sorted(attached, key=_ingress_last if self.member.engine.profile.several_networks_at_create else _ingress_first)
        host = HostConfig(
            "default", ports, dns=tuple(part.dns), dns_search=tuple(part.dns_search), dns_options=tuple(part.dns_options),
            extra_hosts=tuple(part.hosts), sysctls=dict(part.sysctls),
        )  # fmt: skip
        exposed = tuple(Port(port.target, port.protocol) for port in spec.ports)
        return ContainerSpec(
            part.image, name, tuple(part.args), None if part.entrypoint is None else tuple(part.entrypoint), part.hostname, "", tuple(part.env),
            exposed, labels, working_dir=part.workdir, user=part.user, tty=part.tty, host=host, networks={one: attached[one] for one in order},
        )  # fmt: skip

    def _stop(self, work: Work) -> None:
        """SIGTERM, and after ten seconds SIGKILL."""
        container = self.member.engine.containers.get(work.container_id)
        if container is None or not container.state.is_running:
            self._report(work, "shutdown")
            return
        self._withdraw(container)
        container.stopped_by_hand = 1
        life.deliver(container, signal_of(container.spec.stop_signal or "TERM"))
        if container.state.is_running:
            self.member.later(GRACE, "agent", "kill", work.task.id)

    def _withdraw(self, container: Container) -> None:
        """Names and virtual addresses lead to it no more before it is told to end (`DeactivateServiceBinding`)."""
        for endpoint in container.sandbox.endpoints if container.sandbox is not None else ():
            if endpoint.network.id in self.told:
                self.announce_gone(endpoint)

    def _kill(self, task_id: str) -> None:
        work = self.works.get(task_id)
        container = self.member.engine.containers.get(work.container_id) if work is not None else None
        if container is not None and container.state.is_running and container.process is not None:
            container.process.signal(9)

    def _forget(self, work: Work) -> None:
        """A task that the managers have forgotten: its container goes."""
        self.works.pop(work.task.id, None)
        container = self.member.engine.containers.get(work.container_id)
        if container is not None:
            life.remove(self.member.engine, container, force=1)

    def ended(self, container: Container) -> None:
        """A container ended: was it a task's?"""
        work = next((work for work in self.works.values() if work.container_id == container.id), None)
        if work is None or work.state in ENDED:
            return
        code = container.state.exit_code
        if work.task.desired in ("shutdown", "remove"):
            self._report(work, "shutdown")
        elif code:
            self._report(work, "failed", f"task: non-zero exit ({code})")
        else:
            self._report(work, "complete")

    def _report(self, work: Work, state: str, error: str = "") -> None:
        work.state, work.error = state, error
        self.member.report(work.task.id, state, error, work.container_id)

    def statuses(self) -> list[Work]:
        """All tasks, for a manager that was not there before."""
        return list(self.works.values())

    # networks ------------------------------------------------------------------------------------------------------------

    def local(self, network_id: str) -> Network:
        """A network of the swarm on this node, with its load balancer."""
        engine = self.member.engine
        known = engine.networks.get(network_id)
        if known is not None:
            return known
        told = self.told[network_id]
        network = networks.instance(engine, told)
        if told.driver == "overlay":
            self.member.gossip.join(network_id)
            self._replay_rows(network)
            address = self.balancers.get(network_id, "")
            if address:
                sandbox = networks.add_balancer(engine, network, address)
                self.announce(sandbox.endpoints[0], None)
                self.member.balance.refresh(network_id)
        return network

    def find(self, container: Container, name: str, settings: EndpointSettings) -> tuple[Network, EndpointSettings] | None:
        """A network of the swarm for a container about to be attached, and its address there; None when there is none such."""
        engine = self.member.engine
        known = engine.known_network(name)
        if known is not None and known.spec.scope != "swarm":
            return None
        work = next((work for work in self.works.values() if work.container_id == container.id or container.name.endswith(f".{work.task.id}")), None)
        if work is not None:
            network_id = next((one for one in work.task.networks if name in (one, self.told[one].name)), "")
            return (self.local(network_id), settings) if network_id else None
        told = self._attach(container, name, settings)
        if told is None:
            return None
        network_id, address = told
        return self.local(network_id), attrs.evolve(settings, ipv4=address)

    def _attach(self, container: Container, name: str, settings: EndpointSettings) -> tuple[str, str] | None:
        """Ask the managers for an address (`AttachNetwork`)."""
        request = {"m": "attach", "node": self.member.node_id, "network": name, "container": container.id, "address": settings.ipv4}
        try:
            answer = self.member.ask_leader(request)
        except NetError:
            raise failed(f"Could not attach to network {name}: context deadline exceeded") from None
        if "error" in answer:
            if answer["status"] == 404:
                return None
            if not str(answer["error"]).startswith("rpc error"):
                raise failed(NO_ADDRESS)  # the manager could not allocate, and nobody hears of it until the time is up
            raise Refusal(answer["status"], f"Could not attach to network {name}: {answer['error']}")
        self.assign_networks(answer["assigned"])
        self.attachments[container.id, answer["network"]] = answer["task"]
        return answer["network"], answer["address"]

    def assign_networks(self, sent: dict[str, Any]) -> None:
        """Networks that came with an answer."""
        from netsim.docker.swarm.objects import revive

        told = revive(Assigned, sent)
        for network in told.networks:
            self.told[network.id] = network
        self.balancers.update(told.balancers)

    def left(self, endpoint: Endpoint) -> None:
        """An endpoint is no more: its name goes, and with the last one the network."""
        network = endpoint.network
        if network.id not in self.told or endpoint.name.endswith("-endpoint"):
            return
        self.announce_gone(endpoint)
        task_id = self.attachments.pop((endpoint.container_id, network.id), "")
        if task_id:
            self.member.tell_leader({"m": "detach", "node": self.member.node_id, "task": task_id})
        if networks.is_idle(network) and not network.spec.ingress:
            self.member.later(0, "idle", network.id)

    def tidy(self, network_id: str) -> None:
        """A network that nobody is on any more goes."""
        network = self.member.engine.networks.get(network_id)
        if network is None or not networks.is_idle(network) or network.spec.ingress:
            return
        self.member.gossip.leave(network_id)
        networks.remove(self.member.engine, network)
        self.member.balance.forget(network_id)

    # who is where --------------------------------------------------------------------------------------------------------

    def announce(self, endpoint: Endpoint, container: Container | None) -> None:
        """Tell everybody on the network of an endpoint (`addServiceInfoToCluster`, `overlay_peer_table`)."""
        interface = endpoint.interface
        if endpoint.network.book is None or interface.ipv4 is None:
            return
        value: dict[str, Any] = {
            "ip": str(interface.ipv4.address), "mac": str(interface.mac), "host": self.member.data_address, "names": list(endpoint.dns_names),
        }  # fmt: skip
        task = self._task_of(container) if container is not None else None
        if task is not None and endpoint.network.spec.ingress and task.service_id in self.services:
            redirect(self.member.engine, endpoint, self.services[task.service_id].ports)
        if task is not None and task.spec is not None:
            service = self.services.get(task.service_id)
            aliases = next((one.aliases for one in task.spec.networks if one.target == endpoint.network.id), [])
            vip = service.vips.get(endpoint.network.id, "") if service is not None and task.spec.endpoint_mode == VIP else ""
            ports = (
                [[port.protocol, port.published, port.target] for port in service.ports if port.mode == INGRESS]
                if service is not None and endpoint.network.spec.ingress
                else []
            )
            value |= {"service": task.spec.name, "service_id": task.service_id, "aliases": aliases, "vip": vip, "ports": ports}
        self.member.gossip.put(endpoint.network.id, endpoint.id, value)
        self._note(endpoint.network, endpoint.id, value)

    def announce_gone(self, endpoint: Endpoint) -> None:
        """Tell them that it is no more."""
        self.member.gossip.put(endpoint.network.id, endpoint.id, None)
        self._note(endpoint.network, endpoint.id, None)

    def _task_of(self, container: Container) -> Task | None:
        return next((work.task for work in self.works.values() if container.name.endswith(f".{work.task.id}")), None)

    def _replay_rows(self, network: Network) -> None:
        for record in self.member.gossip.rows(network.id):
            self.record_changed(network.id, None, record)

    def record_changed(self, network: str, before: Record | None, after: Record | None) -> None:
        """Another node's endpoint came, changed or went."""
        here = self.member.engine.networks.get(network)
        if here is None or not isinstance(here.driver, OverlayDriver) or not isinstance(here.driver_state, OverlayState):
            return
        old = before.value if before is not None else None
        new = after.value if after is not None else None
        if old is not None and (new is None or old["ip"] != new["ip"]):
            here.driver.del_peer(here, old["ip"])
        if new is not None:
            here.driver.add_peer(here, new["ip"], new["mac"], new["host"])
        key = after.key if after is not None else before.key if before is not None else ""
        self._note(here, key, new)

    def _note(self, network: Network, key: str, value: dict[str, Any] | None) -> None:
        """Names and load balancing follow."""
        book = network.book
        if not isinstance(book, Book):
            return
        if value is None:
            book.entries.pop(key, None)
        else:
            vip = IPv4.parse(value["vip"]) if value.get("vip") else None
            book.entries[key] = Entry(IPv4.parse(value["ip"]), tuple(value["names"]), value.get("service", ""), tuple(value.get("aliases", ())), vip)
        self.member.balance.changed(network, key, value)


def _ingress_first(name: str) -> tuple[bool, str]:
    return name != "ingress", name


def _ingress_last(name: str) -> tuple[bool, str]:
    return name == "ingress", name
