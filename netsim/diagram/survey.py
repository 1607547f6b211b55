"""From a world to a picture: every namespace a box, every device a row, what is connected a line."""

from __future__ import annotations

import attrs

from netsim.analysis.places import docker_namespaces
from netsim.api import Host, World
from netsim.diagram.model import Box, End, Frame, Kind, Line, Picture
from netsim.diagram.neighbours import cable_far_end, cable_of, tunnel_peers
from netsim.diagram.rows import addresses, device_row
from netsim.diagram.segments import Segments, segments_of
from netsim.docker.cnm.model import Network
from netsim.docker.engine.container import Container
from netsim.docker.engine.engine import Engine
from netsim.kernel.bridge.device import Bridge
from netsim.kernel.core.netdevice import IFF_LOOPBACK, NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.drivers.stacking import Stacked
from netsim.kernel.drivers.veth import Veth


@attrs.define(eq=False)
class Survey:
    """What is known of a world while its picture is made."""

    world: World
    picture: Picture = attrs.field(factory=Picture)
    segments: Segments = attrs.field(factory=Segments)
    ends: dict[int, End] = attrs.field(factory=dict)
    """id of a device -> where it is drawn."""
    homes: dict[int, Box] = attrs.field(factory=dict)
    """id of a namespace -> its box."""
    containers: dict[int, list[Container]] = attrs.field(factory=dict)
    """id of a namespace -> the containers in it."""
    docker_bridges: dict[int, Network] = attrs.field(factory=dict)
    """id of a bridge -> the Docker network it carries."""
    numbers: dict[int, str] = attrs.field(factory=dict)
    """id of what stands for a segment -> the segment's name."""

    def named_ends(self) -> dict[tuple[str, str], End]:
        """Where devices are drawn, by their namespace's box and their name."""
        return {(self.homes[id(dev.netns)].id, dev.name): self.ends[id(dev)] for dev in self.devices() if id(dev.netns) in self.homes}

    def homes_of_bridges(self) -> dict[str, str]:
        """The namespace's box for every bridge's box."""
        return {self.ends[id(dev)].box: self.homes[id(dev.netns)].id for dev in self.devices() if isinstance(dev, Bridge)}

    def devices(self) -> list[NetDevice]:
        """All devices but loopback ones."""
        return [dev for host in self.world.hosts.values() for netns in host.machine.kernel.namespaces for dev in drawn_devices(netns)]

    def segment(self, key: object) -> str:
        """The picture's name for a segment of a device or a switch: numbered as they are met."""
        return self.numbers.setdefault(id(self.segments.of(key)), f"s{len(self.numbers) + 1}")


def survey(world: World) -> tuple[Picture, Survey]:
    """The whole picture of a world, nothing collapsed, and what was found on the way."""
    found = Survey(world)
    found.segments = segments_of(found.devices())
    for host in world.hosts.values():
        _machine(found, host)
    _switches(found)
    _lines(found)
    _outside_left(found.picture)
    _name_segments(found)
    _leave_out_empty_roots(found.picture)
    return found.picture, found


def _leave_out_empty_roots(picture: Picture) -> None:
    """A machine's own namespace needs no box when nothing is in it and other things of the machine are drawn."""
    used = {end.box for line in picture.lines for end in (line.a, line.b)}
    for box in list(picture.boxes.values()):
        if box.kind is Kind.MACHINE and not box.rows and not box.note and box.id not in used and len(picture.boxes) > 1:
            del picture.boxes[box.id]


def drawn_devices(netns: Netns) -> list[NetDevice]:
    """The devices of a namespace that a picture shows: not loopback, not the tunnels every namespace has from the start."""
    if netns.dead:
        return []
    return [dev for dev in netns.devices.values() if not dev.flags & IFF_LOOPBACK and not getattr(dev, "is_fallback", False)]


# machines and what is in them ------------------------------------------------------------------------------------------------


def _machine(found: Survey, host: Host) -> None:
    frame = Frame(f"machine {host.name}", Kind.MACHINE, host.name)
    found.picture.frames[frame.id] = frame
    kernel = host.machine.kernel
    named = {id(netns): name for name, netns in {**docker_namespaces(host), **named_namespaces(host)}.items()}
    engine = host.machine.services.get("docker")
    if isinstance(engine, Engine):
        _docker(found, engine, frame)
    for netns in kernel.namespaces:
        containers = found.containers.get(id(netns), [])
        if netns is kernel.init_net:
            box = Box(host.name, Kind.MACHINE, "root namespace", frame.id)
            box.note = ", ".join(f"{container.name} (host network)" for container in containers)
        elif containers:
            box = container_box(host, containers, frame.id)
        elif id(netns) in named or drawn_devices(netns):
            name = named.get(id(netns), f"netns {netns.inode}")
            box = Box(f"{host.name}/{name}", Kind.NAMESPACE, name, frame.id, alike="namespace")
        else:
            continue
        found.homes[id(netns)] = box
        found.picture.boxes[box.id] = box
        _devices(found, netns, box)


def named_namespaces(host: Host) -> dict[str, Netns]:
    """The namespaces a machine has names for."""
    machine = host.machine
    found: dict[str, Netns] = {}
    for name in machine.netns_names(machine.init):
        bound = getattr(machine.files.stat(machine.init, f"/run/netns/{name}"), "bound", None)
        if isinstance(bound, Netns) and not bound.dead:
            found[name] = bound
    return found


def container_box(host: Host, containers: list[Container], frame: str) -> Box:
    """The box of the containers that share one namespace (mostly one)."""
    images = list(dict.fromkeys(container.spec.image for container in containers))
    box = Box(f"{host.name}/{containers[0].name}", Kind.CONTAINER, " + ".join(container.name for container in containers), frame)
    published = [mapping for container in containers for mapping in _published(container)]
    box.note = ", ".join([*images, *dict.fromkeys(published)])
    box.alike = f"{images[0]}{'' if not published else ' published'}" if len(containers) == 1 else ""
    return box


def _published(container: Container) -> list[str]:
    endpoints = container.sandbox.endpoints if container.sandbox is not None else []
    return [f"{mapping.host_port}→{mapping.port}" for endpoint in endpoints for mapping in endpoint.mappings]


def _docker(found: Survey, engine: Engine, machine: Frame) -> None:
    """Docker's networks become frames, its containers are noted where they live; stopped ones get a box at once."""
    bridges = {dev.name: dev for dev in drawn_devices(engine.netns) if isinstance(dev, Bridge)}
    for network in engine.networks.values():
        bridge = bridges.get(getattr(network.driver_state, "device", ""))
        if bridge is not None:
            found.docker_bridges[id(bridge)] = network
        if network.endpoints and network.driver.name not in ("host", "null"):
            words = f"{network.name}, internal" if network.spec.internal else network.name
            frame = Frame(f"{machine.id} network {network.name}", Kind.NETWORK, words, machine.id)
            found.picture.frames[frame.id] = frame
    for container in engine.containers.values():
        if container.state.is_running and container.process is not None:
            found.containers.setdefault(id(container.process.netns), []).append(container)
        else:
            box = Box(
                f"{engine.machine.name}/{container.name}",
                Kind.STOPPED,
                container.name,
                machine.id,
                f"{container.spec.image}, {container.state.status}",
            )
            box.alike = f"{container.spec.image} stopped"
            found.picture.boxes[box.id] = box


def _devices(found: Survey, netns: Netns, box: Box) -> None:
    """The rows of a namespace; bridges get boxes of their own, with their ports as rows."""
    devices = drawn_devices(netns)
    bridges = [dev for dev in devices if isinstance(dev, Bridge)]
    picture = found.picture
    if bridges and box.kind is not Kind.MACHINE:
        around = Frame(f"inside {box.id}", box.kind, box.title, box.frame)
        picture.frames[around.id] = around
        box.frame, box.alike = around.id, ""
    for bridge in bridges:
        network = found.docker_bridges.get(id(bridge))
        frame = f"{box.frame} network {network.name}" if network is not None else box.frame
        framed = frame in picture.frames
        title = bridge.name if network is None or framed else f"{bridge.name} (network {network.name})"
        made = Box(f"{box.id}:{bridge.name}", Kind.BRIDGE, title, frame if framed else box.frame, segment=found.segment(bridge))
        row = device_row(bridge, made.segment)
        made.note = " ".join(filter(None, (*row.addresses, row.note, row.state)))
        picture.boxes[made.id] = made
        found.ends[id(bridge)] = End(made.id)
    for dev in devices:
        if isinstance(dev, Bridge):
            continue
        home = _home(found, dev, box)
        found.ends[id(dev)] = home
        if home.row:
            picture.boxes[home.box].rows.append(device_row(dev, found.segment(dev)))
    sandboxes = [container.sandbox for container in found.containers.get(id(netns), []) if container.sandbox is not None]
    if box.kind is Kind.CONTAINER and sandboxes and sandboxes[0].endpoints:
        frame = f"{box.frame} network {sandboxes[0].endpoints[0].network.name}"
        box.frame = frame if frame in picture.frames else box.frame


def _home(found: Survey, dev: NetDevice, box: Box) -> End:
    """Where a device is drawn: at its bridge when it is a port of one; the ends of containers' cables that Docker made are not drawn."""
    master = dev.master
    if not isinstance(master, Bridge):
        return End(box.id, dev.name)
    at = found.ends[id(master)]
    if id(master) in found.docker_bridges and isinstance(dev, Veth) and dev.peer is not None and id(dev.peer.netns) in found.containers:
        return at
    return End(at.box, dev.name)


# lines -----------------------------------------------------------------------------------------------------------------------


def _switches(found: Survey) -> None:
    """Boxes for the switches between machines."""
    for dev in found.devices():
        far = cable_far_end(dev)
        if far is None or isinstance(far, NetDevice) or id(far) in found.ends:
            continue
        box = Box(f"lan {far.name}", Kind.LAN, str(far.name), segment=found.segment(far))
        found.picture.boxes[box.id] = box
        found.ends[id(far)] = End(box.id)


def _lines(found: Survey) -> None:
    lines, ends = found.picture.lines, found.ends
    done: set[int] = set()
    for dev in found.devices():
        at, segment = ends[id(dev)], found.segment(dev)
        far = cable_far_end(dev)
        if isinstance(dev, Bridge):
            if addresses(dev):
                lines.append(Line(End(found.homes[id(dev.netns)].id), at, Kind.MEMBER, segment))
        elif isinstance(dev, Veth) and dev.peer is not None and id(dev.peer) in ends and id(dev.peer) not in done:
            lines.append(_outwards(Line(at, ends[id(dev.peer)], Kind.VETH, segment), found.picture))
        elif isinstance(dev, Stacked) and id(dev.real) in ends and ends[id(dev.real)].box != at.box:
            lines.append(Line(ends[id(dev.real)], at, Kind.LOWER, segment))
        elif far is not None and id(far) in ends and id(far) not in done:
            lines.append(Line(ends[id(far)], at, Kind.CABLE, segment, _quality(dev)))
        done.add(id(dev))
    for first, second in tunnel_peers(found.devices()):
        lines.append(Line(ends[id(first)], ends[id(second)], Kind.TUNNEL, found.segment(first)))


def _outwards(line: Line, picture: Picture) -> Line:
    """A line from the middle outwards: from a bridge to who hangs on it, from the machine to its namespaces."""
    rank = {Kind.MACHINE: 0, Kind.BRIDGE: 1, Kind.NAMESPACE: 2, Kind.CONTAINER: 3}
    order = list(picture.boxes)
    near, far = ((rank.get(picture.boxes[end.box].kind, 4), order.index(end.box)) for end in (line.a, line.b))
    return line if near <= far else attrs.evolve(line, a=line.b, b=line.a)


def _outside_left(picture: Picture) -> None:
    """What hangs on a machine's own cards stands on the left, its bridges and what is behind them on the right: lines need not cross."""
    kinds = {box.id: box.kind for box in picture.boxes.values()}
    routers = {line.a.box for line in picture.lines if line.kind is Kind.MEMBER}
    for number, line in enumerate(picture.lines):
        if line.kind is Kind.VETH and line.a.box in routers and kinds[line.a.box] is Kind.MACHINE and kinds[line.b.box] is Kind.NAMESPACE:
            picture.lines[number] = attrs.evolve(line, a=line.b, b=line.a)


def _quality(dev: NetDevice) -> str:
    """What a cable does to frames, where it does anything."""
    cable = cable_of(dev)
    if cable is None:
        return ""
    told = [f"{cable.delay / 1_000_000:g} ms"] if cable.delay else []
    told += [f"{cable.rate / 1_000_000:g} Mbit/s"] if cable.rate else []
    told += [f"loss {cable.loss:.0%}"] if cable.loss else []
    told += [] if cable.plugged else ["unplugged"]
    return ", ".join(told)


def _name_segments(found: Survey) -> None:
    """The segments that get a colour: those with more than one device on them, in the order in which they appear."""
    picture = found.picture
    names: dict[str, str] = {}
    for box in picture.boxes.values():
        if box.segment:
            names.setdefault(box.segment, box.title)
    for line in picture.lines:
        if line.segment and line.kind is not Kind.MEMBER:
            names.setdefault(line.segment, "")
    picture.segments = names
    for frame in list(picture.frames.values()):
        if frame.kind is Kind.NETWORK:
            inside = next((row.segment for box in picture.boxes.values() if box.frame == frame.id for row in box.rows), "")
            bridge = next((box.segment for box in picture.boxes.values() if box.frame == frame.id and box.segment), inside)
            picture.frames[frame.id] = attrs.evolve(frame, segment=bridge)
