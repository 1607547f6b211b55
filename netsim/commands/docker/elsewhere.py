"""Commands that belong to many hosts (swarm) or to what netsim does not model: refused by name, in the real words where those are the same."""

from __future__ import annotations

from netsim.commands.docker.flags import Parsed
from netsim.commands.docker.session import Docker, Subcommand
from netsim.machine.call import Result

NO_MANAGER = 'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'
NO_SWARM = "This node is not part of a swarm"


def no_manager(docker: Docker, parsed: Parsed) -> Result:
    """What only a swarm's manager does."""
    docker.engine  # noqa: B018  (refused when none answers)
    docker.complain(f"Error response from daemon: {NO_MANAGER}")
    return docker.result(1)


def no_swarm(docker: Docker, parsed: Parsed) -> Result:
    """docker swarm leave."""
    docker.engine  # noqa: B018
    docker.complain(f"Error response from daemon: {NO_SWARM}")
    return docker.result(1)


def not_modelled(docker: Docker, parsed: Parsed) -> Result:
    """Refused by name."""
    docker.complain(f"docker: netsim: 'docker {docker.verb}' is not modelled")
    return docker.result(1)


def _of_manager(path: str, arguments: str) -> Subcommand:
    return Subcommand(path, arguments, (), 0, None, no_manager, reads=0)


MANAGER = (
    *(f"service {name}" for name in ("create", "inspect", "logs", "ls", "ps", "rm", "rollback", "scale", "update")),
    *(f"node {name}" for name in ("demote", "inspect", "ls", "promote", "ps", "rm", "update")),
    *(f"stack {name}" for name in ("deploy", "ls", "ps", "rm", "services")), "swarm ca", "swarm join-token", "swarm unlock-key", "swarm update",
)  # fmt: skip
OTHER = (
    "swarm init", "swarm join", "swarm unlock", "build", "commit", "cp", "diff", "export", "history", "load", "login", "logout", "push", "save", "search",
    "stats", "tag", "update", "stack config", "system df", *(f"volume {name}" for name in ("create", "inspect", "ls", "prune", "rm", "update")),
    "builder", "checkpoint", "context", "manifest", "plugin", "trust", "config", "secret",
)  # fmt: skip
ELSEWHERE_COMMANDS = (
    *(_of_manager(path, "[OPTIONS]") for path in MANAGER),
    Subcommand("swarm leave", "[OPTIONS]", (), 0, None, no_swarm, reads=0),
    *(Subcommand(path, "[OPTIONS]", (), 0, None, not_modelled, reads=0) for path in OTHER),
)
