"""The daemon's state and its look-ups; what it does lies in the modules beside."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import import_module
from typing import Any

import attrs

from netsim.addr import IPv4
from netsim.docker.cnm.model import Network
from netsim.docker.drivers.driver import Driver
from netsim.docker.engine.container import Container
from netsim.docker.engine.ports import Ports
from netsim.docker.engine.proxies import Proxies
from netsim.docker.engine.registry import hint, no_registry
from netsim.docker.errors import Refusal, failed, invalid, not_found
from netsim.docker.firewall.writer import Firewall
from netsim.docker.image import READY, Image, image_id
from netsim.docker.ipam.space import AddressSpace
from netsim.docker.plugins import NETWORK, NoPlugins, Plugins, require
from netsim.docker.profile import EngineProfile
from netsim.docker.public_images import image_of, is_empty_base
from netsim.docker.settings import DaemonOptions
from netsim.kernel import sysctl
from netsim.kernel.core.netns import Netns
from netsim.machine.call import Result
from netsim.machine.machine import Machine
from netsim.machine.process import Process

DRIVERS = {
    "bridge": "BridgeDriver", "host": "HostDriver", "null": "NullDriver", "macvlan": "MacvlanDriver", "ipvlan": "IpvlanDriver", "overlay": "OverlayDriver",
}  # fmt: skip
"""Kinds of network by the name `--driver` takes: each has a room of that name, loaded when it is first asked for."""
MOST_EVENTS = 256
"""Events that a daemon remembers for those who ask for the past (`eventsLimit`)."""


@attrs.frozen(weakref_slot=False)
class Event:
    """What `docker events` tells: type, action and the actor's attributes, at a time in ns since 1970."""

    time: int
    type: str
    action: str
    actor: str
    names: tuple[str, ...]
    """Of its attributes, as they were noted."""
    values: tuple[str, ...]

    def attributes(self) -> dict[str, str]:
        """The actor's attributes in the order of their names."""
        return dict(sorted(zip(self.names, self.values, strict=True)))


@attrs.frozen
class Volume:
    """A directory of the daemon's that outlives containers (`docker volume`)."""

    name: str
    labels: Mapping[str, str]
    created: int
    nameless: int = 0

    @property
    def place(self) -> str:
        """Where it is on the host."""
        return f"/var/lib/docker/volumes/{self.name}/_data"


@attrs.define(eq=False)
class Engine:
    """One dockerd on one machine (`daemon.Daemon`)."""

    machine: Machine
    process: Process
    profile: EngineProfile
    options: DaemonOptions
    firewall: Firewall
    space: AddressSpace
    containers: dict[str, Container] = attrs.field(factory=dict)
    networks: dict[str, Network] = attrs.field(factory=dict)
    named: dict[str, str] = attrs.field(factory=dict)
    """Name -> id of the first network called so, as far as they were asked for: names stay, and ids are not used again."""
    images: dict[str, Image] = attrs.field(factory=dict)
    volumes: dict[str, Volume] = attrs.field(factory=dict)
    closing: int = 0
    """Whether it was asked to end and waits for its containers."""
    first_processes: dict[int, Container] = attrs.field(factory=dict)
    """Process id -> the container it is the first process of."""
    built: dict[str, Image] = attrs.field(factory=dict)
    """What steps of builds made, by what each of them was: the builder's cache."""
    ports: Ports = attrs.field(factory=Ports)
    proxies: Proxies = attrs.field(default=None)
    resolvers: dict[int, Any] = attrs.field(factory=dict)
    """The daemon's descriptors that belong to containers' name servers."""
    events: list[tuple[Any, ...]] = attrs.field(factory=list)
    """The last ones, oldest first, as the fields of an `Event` and the values behind them: most are never asked for."""
    events_forgotten: int = 0
    """How many there were before these."""
    watchers: list[Process] = attrs.field(factory=list)
    """Processes that hear of events, by a timer with the token "event"."""
    id: str = ""
    started: int = 0
    """Virtual ns when it came up."""
    tidies_from: int = 0
    """Virtual ns of its first sandbox: once a minute from then on it removes the files of those that are gone."""
    untidied: dict[str, None] = attrs.field(factory=dict)
    """Files of sandboxes that are gone."""
    swarm: Any = None
    """Its part in a swarm (`swarm.member.Member`); None outside of one."""
    data_port: int = 4789
    """UDP port of the overlay networks' VXLAN (`--data-path-port`)."""
    ingress_ports: dict[tuple[str, int], IPv4] = attrs.field(factory=dict)
    """Ports of services that the routing mesh publishes, and the ingress sandbox's address they lead to."""
    ingress_held: dict[tuple[str, int], int] = attrs.field(factory=dict)
    """The daemon's descriptors that keep others from these ports."""
    swarm_tokens: list[tuple[str, str]] = attrs.field(factory=list)
    """Join tokens (for workers, for managers) that the next swarms begun here get instead of drawn ones."""
    tried_vxlan: int = 0
    plugins: Plugins = attrs.field(factory=NoPlugins, metadata={"state": "skip"})
    """Who reaches drivers outside of the world; copies of the world have nobody."""

    def __attrs_post_init__(self) -> None:
        self.ports.by_address = self.profile.ports_by_address
        if self.proxies is None:
            self.proxies = Proxies(self)
        if not self.images:
            self.images = {image.name: image for image in READY}

    def __repr__(self) -> str:
        return f"<netsim docker engine of {self.machine.name}, {len(self.containers)} containers>"

    # what it stands on --------------------------------------------------------------------------------------------------

    @property
    def netns(self) -> Netns:
        """The namespace it runs in: the host's."""
        return self.process.netns

    @property
    def rng(self) -> random.Random:
        """The world's generator."""
        return self.machine.kernel.rng

    def now(self) -> int:
        """Virtual ns since 1970."""
        kernel = self.machine.kernel
        return kernel.epoch + kernel.clock.now

    def run(self, argv: tuple[str, ...], netns: Netns | None = None) -> Result:
        """Run a tool as the daemon does (in a container's namespace, if one is named), and wait for its answer."""
        return self.machine.ask(self.process, argv, netns)

    def set_sysctl(self, name: str, value: str) -> None:
        """Write a setting of the host, named as below /proc/sys."""
        sysctl.write(self.netns, name, value)

    def forwards(self) -> bool:
        """Whether the daemon takes IPv4 forwarding to be on: 20.10 looks each time, later releases keep what they saw when they started."""
        kept_on = self.options.ip_forward and not self.profile.looks_at_forwarding
        return bool(kept_on or sysctl.read(self.netns, "net/ipv4/ip_forward") != "0")

    def switch_on_forwarding(self) -> None:
        """`ip_forward` on; when it was off, what nobody asked for is dropped from now on (`setupIPv4Forwarding`)."""
        if sysctl.read(self.netns, "net/ipv4/ip_forward") == "0":
            self.set_sysctl("net/ipv4/ip_forward", "1")
            if self.options.iptables and not self.options.ip_forward_no_drop:
                self.run(("iptables", "--wait", "-P", "FORWARD", "DROP"))

    def switch_on_ipv6_forwarding(self) -> None:
        """The same for IPv6, of all devices and those to come (`setupIPv6Forwarding`)."""
        names = [f"net/ipv6/conf/{scope}/forwarding" for scope in ("default", "all")]
        off = [name for name in names if sysctl.read(self.netns, name) == "0"]
        for name in off:
            self.set_sysctl(name, "1")
        if off and self.profile.drops_ipv6_forward and self.options.ip6tables in (None, 1) and not self.options.ip_forward_no_drop:
            self.run(("ip6tables", "--wait", "-P", "FORWARD", "DROP"))

    # look-ups -----------------------------------------------------------------------------------------------------------

    def container(self, reference: str) -> Container:
        """A container by name, id or unambiguous beginning of its id; refused when there is none such."""
        found = self.containers.get(reference)
        if found is not None:
            return found
        bare = reference.removeprefix("/")
        for container in self.containers.values():
            if container.name == bare:
                return container
        if reference:
            begun = [container for container in self.containers.values() if container.id.startswith(reference)]
            if len(begun) > 1:
                raise invalid(f"Multiple IDs found with provided prefix: {reference}")
            found = begun[0] if begun else None
        if found is None:
            raise not_found(f"No such container: {reference}")
        return found

    def network(self, reference: str) -> Network:
        """A network by name, id or unambiguous beginning of its id; refused when there is none such."""
        found = self.known_network(reference)
        if found is not None:
            return found
        begun = [network for network in self.networks.values() if reference and network.id.startswith(reference)]
        if len(begun) > 1:
            raise invalid(f"network {reference} is ambiguous ({len(begun)} matches found based on ID prefix)")
        if not begun:
            raise not_found(f"network {reference} not found")
        return begun[0]

    def known_network(self, reference: str) -> Network | None:
        """The same by its whole name or id, or None."""
        networks = self.networks
        found = networks.get(reference) or networks.get(self.named.get(reference, ""))
        if found is None:
            for network in networks.values():
                if network.spec.name == reference:
                    self.named[reference] = network.id
                    return network
        return found

    def image(self, reference: str) -> Image:
        """An image by name, with or without its tag, or by id; what is ready is there with every tag. Refused when there is none such."""
        found = self.images.get(reference)
        if found is not None:
            return found
        name, tag = self.split_reference(reference)
        found = self.images.get(name if tag == "latest" else f"{name}:{tag}")
        ready = self.images.get(name)
        if found is None and ready in READY and re.fullmatch(r"[\w.-]+", tag):
            found = self.images[f"{name}:{tag}"] = attrs.evolve(ready, tag=tag)
        found = found or self.by_id(reference) or self._public(name, tag)
        if found is None:
            raise not_found(f"No such image: {reference if ':' in reference.rpartition('/')[2] else reference + ':latest'}")
        return found

    def _public(self, name: str, tag: str) -> Image | None:
        """An image that everybody knows is there when it is first asked for, as if it had been pulled."""
        found = image_of(name, tag) if re.fullmatch(r"[\w.-]+", tag) else None
        if found is not None:
            self.keep(found)
            if "stand-in" in found.tools:
                where = " ".join(map(str, found.exposed))
                self.machine.kernel.unmodelled.append(
                    f"image {name}:{tag}: a stand-in {f'listens on {where}' if where else 'runs and listens nowhere'}"
                )
        return found

    def split_reference(self, reference: str) -> tuple[str, str]:
        """Name and tag of an image; the hub's own host and its library need not be named."""
        host, slash, last = reference.rpartition("/")
        base, _, tag = last.partition(":")
        name = f"{host}{slash}{base}"
        for prefix in ("docker.io/", "index.docker.io/", "library/"):
            name = name.removeprefix(prefix)
        return name, tag or "latest"

    def by_id(self, reference: str) -> Image | None:
        """An image whose id begins like that."""
        begin = reference.removeprefix("sha256:")
        if not re.fullmatch("[0-9a-f]{4,64}", begin):
            return None
        return next((one for one in (*self.images.values(), *self.built.values()) if image_id(one).removeprefix("sha256:").startswith(begin)), None)

    def base_image(self, reference: str) -> Image:
        """An image to build upon or to copy from; what is not there would be pulled, and no registry is reached."""
        try:
            found = self.image(reference)
            if is_empty_base(found):
                raise not_found(reference)
            return found
        except Refusal:
            hint(self, reference)
            raise failed(no_registry(self, reference)) from None

    def keep(self, image: Image) -> None:
        """Have an image by its name and tag, or, without them, by its id."""
        nameless = image.name == "<none>"
        key = image_id(image) if nameless else image.name if image.tag == "latest" else f"{image.name}:{image.tag}"
        self.images[key] = image

    def driver(self, name: str) -> Driver:
        """A kind of network; refused when there is none such."""
        if name in DRIVERS:
            return built_in(name)
        known = next((network.driver for network in self.networks.values() if network.driver.name == name), None)
        if known is not None:
            return known
        require(self.plugins, name, NETWORK)
        made: Driver = import_module("netsim.docker.drivers.remote").remote_driver(self, name)
        return made

    def tell_of(self, container: Container, action: str, **more: str) -> None:
        """Note an event of a container: its labels, image and name come with it (`LogContainerEvent`)."""
        spec = container.spec
        self._note("container", action, container.id, {**container.image.labels, **spec.labels, **more, "image": spec.image, "name": container.name})

    def tell(self, type_: str, action: str, actor: str, **attributes: str) -> None:
        """Note an event."""
        self._note(type_, action, actor, attributes)

    def _note(self, type_: str, action: str, actor: str, attributes: Mapping[str, str]) -> None:
        events, kernel = self.events, self.machine.kernel
        names = _known(tuple(attributes))
        events.append((kernel.epoch + kernel.clock.now, type_, action, actor, names, *attributes.values()))
        if len(events) > MOST_EVENTS:
            del events[0]
            self.events_forgotten += 1
        if self.watchers:
            self.watchers = [process for process in self.watchers if process.status is None]
            for process in self.watchers:
                process.timer(0, "event")


@cache
def built_in(name: str) -> Driver:
    """One of the daemon's own kinds of network."""
    driver: Driver = getattr(import_module(f"netsim.docker.drivers.{name}"), DRIVERS[name])()
    return driver


@lru_cache(maxsize=256)
def _known(names: tuple[str, ...]) -> tuple[str, ...]:
    """The same names as of an event before: one tuple for all."""
    return names


def engine_of(machine: Machine) -> Engine:
    """The daemon of a machine; refused when none runs."""
    engine: Any = machine.services.get("docker")
    if not isinstance(engine, Engine) or engine.process.status is not None or engine.closing:
        raise Refusal(0, "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?")
    return engine
