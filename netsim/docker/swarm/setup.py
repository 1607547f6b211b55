"""A daemon begins a swarm, joins one, leaves it (`daemon/cluster/swarm.go`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from netsim.addr import IPv4
from netsim.clock import MS, SECOND
from netsim.docker.errors import Refusal, failed, invalid
from netsim.docker.swarm import ids, wire
from netsim.docker.swarm.dispatcher import Manager
from netsim.docker.swarm.member import PORT, Member
from netsim.docker.swarm.objects import ACTIVE, DOWN, MANAGER, WORKER, SwarmNetwork, plain, revive
from netsim.docker.swarm.store import Store
from netsim.errors import ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, NetError, strerror

if TYPE_CHECKING:
    from netsim.docker.engine.engine import Engine

ALREADY = 'This node is already part of a swarm. Use "docker swarm leave" to leave this swarm and join another one.'
NOT_PART = "This node is not part of a swarm"
NFTABLES = "--firewall-backend=nftables is incompatible with swarm mode"
LIVE_RESTORE = "--live-restore daemon configuration is incompatible with swarm mode"
LEAVING = "You are attempting to leave the swarm on a node that is participating as a manager. "
LAST = "Removing the last manager erases all current state of the swarm. Use `--force` to ignore this message. "
LOST = "The only way to restore a swarm that has lost consensus is to reinitialize it with `--force-new-cluster`. Use `--force` to suppress this message."
TIMEOUT = (
    'Timeout was reached before node joined. The attempt to join the swarm will continue in the background. Use the "docker info" command to see '
    "the current swarm status of your node."
)
PATIENCE = 20 * SECOND
GOODBYE = 10 * MS
"""Until the leader has heard of it."""


@attrs.frozen
class SwarmOptions:
    """What `docker swarm init` and `join` say."""

    advertise: str = ""
    listen: str = ""
    data_path: str = ""
    data_port: int = 0
    availability: str = ACTIVE
    pools: tuple[str, ...] = ()
    mask_length: int = 24
    settings: dict[str, Any] = attrs.field(factory=dict)
    force_new: int = 0


def _check(engine: Engine) -> None:
    if engine.swarm is not None:
        raise Refusal(503, ALREADY)
    if engine.options.firewall_backend == "nftables":
        raise invalid(NFTABLES)
    if engine.options.live_restore:
        raise failed(LIVE_RESTORE)


def init(engine: Engine, options: SwarmOptions, tokens: tuple[str, str] = ("", "")) -> Member:
    """A swarm of one manager; `tokens` may be given (for workers, for managers), else they are drawn."""
    if engine.swarm is not None and options.force_new:
        return _renew(engine.swarm)
    _check(engine)
    address = advertised(engine, options.advertise or engine.options.swarm_default_advertise_addr)
    digest = tokens[0].split("-")[2] if tokens[0] else ids.new_digest(engine.rng)
    store = Store(ids.new_id(engine.rng), digest, tokens[0] or ids.new_token(digest, engine.rng), tokens[1] or ids.new_token(digest, engine.rng))
    store.created = store.updated = engine.now()
    store.pools, store.pool_size = list(options.pools), options.mask_length
    store.data_port = options.data_port or 4789
    for name, value in options.settings.items():
        setattr(store, name, value)
    member = Member(engine, "", store.id, address, data_address(engine, options.data_path) or address)
    member.role, member.managers = MANAGER, [address]
    member.manager = manager = Manager(member, store)
    node = manager.new_node(engine.machine.name, address, MANAGER, version_of(engine), options.availability)
    member.node_id = node.id
    ingress = SwarmNetwork(ids.new_id(engine.rng), "ingress", ingress=1, created=engine.now())
    store.networks[ingress.id] = ingress
    store.allocate_network(engine.profile, ingress)
    store.touched(ingress, engine.now())
    manager.orchestrator.balancer(node, ingress)
    manager.raft.lead()
    _take(engine, member, store.data_port)
    member.begin([])
    member.assigned(manager.assigned(node))
    return member


def _take(engine: Engine, member: Member, data_port: int) -> None:
    engine.swarm, engine.data_port = member, data_port


def _renew(member: Member) -> Member:
    """`--force-new-cluster`: this manager alone goes on with what it knows."""
    if member.manager is None:
        raise invalid("This node is not a swarm manager")
    store = member.manager.store
    for node in store.nodes.values():
        if node.id != member.node_id and node.role == MANAGER:
            node.role, node.state = WORKER, DOWN
    store.term += 1
    member.manager.raft.lead()
    member.manager.changed()
    return member


def version_of(engine: Engine) -> str:
    """The engine's version as nodes tell it."""
    from netsim.docker.engine.views.release import shown

    return engine.profile.version + shown(engine.profile).package


def join(engine: Engine, token: str, remotes: tuple[str, ...], options: SwarmOptions) -> str:
    """Become a member of the swarm whose manager answers at an address; its role is returned. Virtual time passes meanwhile."""
    _check(engine)
    if token and not ids.is_token(token):
        raise invalid("invalid join token")
    try:
        address = options.advertise and advertised(engine, options.advertise)
    except Refusal:
        address = ""  # the manager sees where it comes from
    host, port = _remote(remotes[0])
    member_address = address or source_towards(engine, host)
    request = {
        "m": "join", "token": token, "hostname": engine.machine.name, "address": member_address, "engine": version_of(engine),
        "availability": options.availability,
    }  # fmt: skip
    try:
        answer = wire.ask(engine, host, port, request, PATIENCE)
    except NetError as error:
        if error.errno in (ECONNREFUSED, EHOSTUNREACH, ENETUNREACH):
            why = f'connection error: desc = "transport: Error while dialing dial tcp {host}:{port}: connect: {strerror(error.errno).lower()}"'
            raise Refusal(500, f"rpc error: code = Unavailable desc = {why}") from None
        raise failed(TIMEOUT) from None
    if "error" in answer:
        raise Refusal(int(answer["status"]), str(answer["error"]))
    member = Member(engine, answer["node"], answer["cluster"], member_address, data_address(engine, options.data_path) or member_address)
    member.role, member.managers = answer["role"], answer["managers"]
    if "store" in answer:
        member.manager = Manager(member, revive(Store, answer["store"]))
        member.manager.raft.heard = engine.machine.kernel.clock.now
    _take(engine, member, answer["data_port"])
    member.begin(answer["managers"])
    _await_ingress(engine, member)
    return member.role


def _await_ingress(engine: Engine, member: Member) -> None:
    """Until the node has heard what it has to do."""
    clock = engine.machine.kernel.clock
    deadline = clock.now + 5 * SECOND
    while clock.now < deadline and not member.agent.told:
        clock.run_until(clock.now + MS)


def leave(engine: Engine, *, force: int) -> None:
    """Leave the swarm; a manager only by force."""
    member: Member | None = engine.swarm
    if member is None:
        raise Refusal(503, NOT_PART)
    if member.manager is not None and not force:
        raise Refusal(503, _manager_text(member.manager))
    if member.manager is None or not member.manager.leads:
        member.tell_leader({"m": "leave", "node": member.node_id})
        clock = engine.machine.kernel.clock
        clock.run_until(clock.now + GOODBYE)
    member.end()
    engine.swarm = None


def _manager_text(manager: Manager) -> str:
    """What a manager's leaving would do (`managerStats`)."""
    managers = [node for node in manager.store.nodes.values() if node.role == MANAGER]
    reachable = sum(manager.raft.reachable(node.id) for node in managers) if manager.leads else len(managers)
    unreachable = len(managers) - reachable
    if reachable == 1 and not unreachable:
        return (LEAVING + LAST).strip()
    if reachable - 2 <= unreachable:
        text = f"Removing this node leaves {reachable - 1} managers out of {len(managers)}. Without a Raft quorum your swarm will be inaccessible. "
        return LEAVING + text + LOST
    return LEAVING + LOST


def _remote(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon:
        host, port = text, str(PORT)
    try:
        return str(IPv4.parse(host)), int(port)
    except ValueError:
        raise invalid(f"invalid address {text}") from None


# addresses -----------------------------------------------------------------------------------------------------------------


def system_addresses(engine: Engine) -> list[tuple[str, str]]:
    """(address, interface) of the host that others could know it by: not the daemon's own bridges, not loopback."""
    found: list[tuple[str, str]] = []
    own = {network.driver_state.device for network in engine.networks.values() if hasattr(network.driver_state, "device")}
    for dev in engine.netns.devices.values():
        if dev.name == "lo" or dev.name in own or dev.inet is None:
            continue
        found += [(str(ifa.local), dev.name) for ifa in dev.inet.addresses if ifa.scope == 0]
    return found


def advertised(engine: Engine, text: str) -> str:
    """`--advertise-addr`: an address, an interface's name, or the only address there is (`resolveAdvertiseAddr`)."""
    if text:
        host = text.rpartition(":")[0] if text.count(":") == 1 else text
        try:
            return str(IPv4.parse(host))
        except ValueError:
            pass
        return interface_address(engine, host)
    known = system_addresses(engine)
    by_device: dict[str, str] = {}
    for address, device in known:
        if device in by_device:
            raise invalid(
                f"could not choose an IP address to advertise since this system has multiple addresses on interface {device} "
                f"({by_device[device]} and {address}) - specify one with --advertise-addr"
            )
        by_device[device] = address
    if not by_device:
        raise invalid("could not find the system's IP address - specify one with --advertise-addr")
    if len(by_device) > 1:
        (one, first), (two, second) = list(by_device.items())[:2]
        raise invalid(
            f"could not choose an IP address to advertise since this system has multiple addresses on different interfaces ({first} on {one} and "
            f"{second} on {two}) - specify one with --advertise-addr"
        )
    return next(iter(by_device.values()))


def interface_address(engine: Engine, name: str) -> str:
    """The only address of an interface (`resolveInterfaceAddr`)."""
    dev = engine.netns.names.get(name)
    if dev is None:
        raise invalid("advertise address must be a non-zero IP address or network interface (with optional port number)")
    addresses = [str(ifa.local) for ifa in dev.inet.addresses] if dev.inet is not None else []
    if not addresses:
        raise invalid(f"interface {name} has no usable IPv4 or IPv6 address")
    if len(addresses) > 1:
        raise invalid(f"interface {name} has more than one IPv4 address ({addresses[0]} and {addresses[1]})")
    return addresses[0]


def data_address(engine: Engine, text: str) -> str:
    """`--data-path-addr`."""
    if not text:
        return ""
    try:
        return str(IPv4.parse(text))
    except ValueError:
        return interface_address(engine, text)


def source_towards(engine: Engine, host: str) -> str:
    """The address that the kernel would use towards a host (`resolveSystemAddrViaSubnetCheck`, or the remote's own view)."""
    fd = engine.process.socket(2, 2)
    try:
        sock = engine.process.sock(fd)
        sock.connect(IPv4.parse(host), PORT)
        return str(sock.getsockname()[0])
    except NetError:
        return "0.0.0.0"
    finally:
        engine.process.close(fd)


def snapshot(member: Member) -> Any:
    """The state as JSON has it (for tests)."""
    return plain(member.state())
