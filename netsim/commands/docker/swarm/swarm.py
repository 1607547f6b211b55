"""docker swarm: init, join, leave, update, tokens (docker/cli `command/swarm`)."""

from __future__ import annotations

from netsim.commands.docker import usage, values
from netsim.commands.docker.flags import BOOL, INT, LIST, WORDS, Flag, Parsed
from netsim.commands.docker.session import Docker, Subcommand
from netsim.docker.errors import Refusal, forbidden, invalid
from netsim.docker.swarm import setup
from netsim.docker.swarm.member import Member
from netsim.docker.swarm.objects import MANAGER, WORKER
from netsim.docker.swarm.setup import SwarmOptions
from netsim.docker.swarm.store import Store
from netsim.machine.call import Result

NO_MANAGER = 'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'
LEAST_EXPIRY = 3600 * 10**9
AVAILABILITIES = ("active", "pause", "drain")


def member_of(docker: Docker) -> Member:
    """The daemon's part in a swarm; refused when it has none that may see the swarm's state."""
    member: Member | None = docker.engine.swarm
    if member is None:
        raise Refusal(503, NO_MANAGER)
    member.state()
    return member


def _options(parsed: Parsed) -> SwarmOptions:
    settings: dict[str, int] = {}
    if parsed.given("task-history-limit"):
        settings["task_history"] = parsed.number("task-history-limit")
    if parsed.given("dispatcher-heartbeat"):
        settings["heartbeat"] = int(parsed.text("dispatcher-heartbeat"))
    if parsed.given("cert-expiry"):
        settings["cert_expiry"] = int(parsed.text("cert-expiry"))
    if parsed.given("autolock"):
        settings["autolock"] = int(parsed.has("autolock"))
    availability = parsed.text("availability")
    if parsed.given("availability") and availability.lower() not in AVAILABILITIES:
        raise Refusal(0, f'invalid availability "{availability}", only active, pause and drain are supported')
    return SwarmOptions(
        parsed.text("advertise-addr"), parsed.text("listen-addr"), parsed.text("data-path-addr"), parsed.number("data-path-port"),
        availability.lower() or "active", parsed.many("default-addr-pool"), parsed.number("default-addr-pool-mask-length", 24), settings,
        int(parsed.has("force-new-cluster")),
    )  # fmt: skip


def init(docker: Docker, parsed: Parsed) -> Result:
    """docker swarm init."""
    engine, port = docker.engine, parsed.number("data-path-port")
    if port and not 1024 <= port <= 49151:
        raise invalid(f"Datapath port number is not in valid range (1024-49151) : {port}")
    member = setup.init(engine, _options(parsed), engine.swarm_tokens.pop(0) if engine.swarm_tokens else ("", ""))
    docker.print(f"Swarm initialized: current node ({member.node_id}) is now a manager.\n")
    _how_to_join(docker, member, WORKER)
    docker.print("To add a manager to this swarm, run 'docker swarm join-token manager' and follow the instructions.")
    if docker.cli.family == "20.10":
        docker.print("")
    return docker.result()


def _how_to_join(docker: Docker, member: Member, role: str) -> None:
    store = member.state()
    token = store.worker_token if role == WORKER else store.manager_token
    docker.print(f"To add a {role} to this swarm, run the following command:\n")
    docker.print(f"    docker swarm join --token {token} {member.address}:2377\n")


def join(docker: Docker, parsed: Parsed) -> Result:
    """docker swarm join."""
    role = setup.join(docker.engine, parsed.text("token"), parsed.words, _options(parsed))
    docker.print(f"This node joined a swarm as a {role}.")
    return docker.result()


def leave(docker: Docker, parsed: Parsed) -> Result:
    """docker swarm leave."""
    setup.leave(docker.engine, force=int(parsed.has("force")))
    docker.print("Node left the swarm.")
    return docker.result()


def join_token(docker: Docker, parsed: Parsed) -> Result:
    """docker swarm join-token."""
    role = parsed.words[0]
    if role not in (WORKER, MANAGER):
        docker.complain(f"unknown role {role}")
        return docker.result(1)
    member = member_of(docker)
    if parsed.has("rotate"):
        member.call("swarm_update", **{f"rotate_{role}": 1})
        if not parsed.has("quiet"):
            docker.print(f"Successfully rotated {role} join token.\n")
    store = member.state()
    if parsed.has("quiet"):
        docker.print(store.worker_token if role == WORKER else store.manager_token)
        return docker.result()
    _how_to_join(docker, member, role)
    return docker.result()


def update(docker: Docker, parsed: Parsed) -> Result:
    """docker swarm update."""
    if not parsed.values:
        return Result(usage.of_command(docker.cli, UPDATE, docker.verb))
    member = member_of(docker)
    settings = _options(parsed).settings
    if 0 < settings.get("cert_expiry", LEAST_EXPIRY) < LEAST_EXPIRY:
        raise invalid("rpc error: code = InvalidArgument desc = minimum certificate expiry time is: 1h0m0s")
    if parsed.given("max-snapshots"):
        settings["max_snapshots"] = parsed.number("max-snapshots")
    if parsed.given("snapshot-interval"):
        settings["snapshot_interval"] = parsed.number("snapshot-interval")
    member.call("swarm_update", **settings)
    docker.print("Swarm updated.")
    return docker.result()


def unlock_key(docker: Docker, parsed: Parsed) -> Result:
    """docker swarm unlock-key."""
    try:
        store: Store = member_of(docker).state()
    except Refusal as problem:
        docker.complain(f"could not fetch unlock key: {docker.worded(problem)}")
        return docker.result(1)
    if not store.autolock:
        docker.complain("no unlock key is set")
        return docker.result(1)
    raise forbidden("netsim: the unlock key is not modelled")


def unlock(docker: Docker, parsed: Parsed) -> Result:
    """docker swarm unlock: a member of a swarm that is not locked, or of none, has nothing to unlock."""
    docker.complain("Error: This node is not part of a swarm" if docker.engine.swarm is None else "Error: swarm is not locked")
    return docker.result(1)


SHARED = (
    Flag("autolock", "", BOOL), Flag("cert-expiry", "", check=values.duration), Flag("dispatcher-heartbeat", "", check=values.duration),
    Flag("max-snapshots", "", INT), Flag("snapshot-interval", "", INT), Flag("task-history-limit", "", INT), Flag("external-ca", "", LIST, unmodelled=1),
)  # fmt: skip
ADDRESSES = (
    Flag("advertise-addr"), Flag("availability"), Flag("data-path-addr"), Flag("listen-addr", unmodelled=1),
)  # fmt: skip
UPDATE = Subcommand("swarm update", "[OPTIONS]", SHARED, 0, 0, update)
SWARM_COMMANDS = (
    Subcommand(
        "swarm init", "[OPTIONS]",
        (*ADDRESSES, Flag("data-path-port", "", INT), Flag("default-addr-pool", "", WORDS), Flag("default-addr-pool-mask-length", "", INT),
         Flag("force-new-cluster", "", BOOL), *SHARED), 0, 0, init,
    ),
    Subcommand("swarm join", "[OPTIONS] HOST:PORT", (*ADDRESSES, Flag("token")), 1, 1, join),
    Subcommand("swarm leave", "[OPTIONS]", (Flag("force", "f", BOOL),), 0, 0, leave),
    Subcommand("swarm join-token", "[OPTIONS] (worker|manager)", (Flag("quiet", "q", BOOL), Flag("rotate", "", BOOL)), 1, 1, join_token),
    UPDATE,
    Subcommand("swarm unlock", "", (), 0, 0, unlock),
    Subcommand("swarm unlock-key", "[OPTIONS]", (Flag("quiet", "q", BOOL), Flag("rotate", "", BOOL)), 0, 0, unlock_key),
)  # fmt: skip
