"""Commands that belong to many hosts (swarm) or to what netsim does not model: refused by name, in the real words where those are the same."""

from __future__ import annotations

from netsim.commands.docker.flags import Parsed
from netsim.commands.docker.session import Docker, Subcommand
from netsim.machine.call import Result

NO_MANAGER = 'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'


def no_manager(docker: Docker, parsed: Parsed) -> Result:
    """What only a swarm's manager does."""
    if docker.engine.swarm is not None and docker.engine.swarm.manager is not None:
        return not_modelled(docker, parsed)
    docker.complain(f"Error response from daemon: {NO_MANAGER}")
    return docker.result(1)


def not_modelled(docker: Docker, parsed: Parsed) -> Result:
    """Refused by name."""
    docker.complain(f"docker: netsim: 'docker {docker.verb}' is not modelled")
    return docker.result(1)


def _of_manager(path: str, arguments: str) -> Subcommand:
    return Subcommand(path, arguments, (), 0, None, no_manager, reads=0)


MANAGER = {
    "stack deploy": "[OPTIONS] STACK", "stack ls": "[OPTIONS]", "stack ps": "[OPTIONS] STACK", "stack rm": "[OPTIONS] STACK [STACK...]",
    "stack services": "[OPTIONS] STACK", "swarm ca": "[OPTIONS]", "config create": "[OPTIONS] CONFIG file|-",
    "config inspect": "[OPTIONS] CONFIG [CONFIG...]", "config ls": "[OPTIONS]", "config rm": "CONFIG [CONFIG...]", "secret create": "[OPTIONS] SECRET [file|-]",
    "secret inspect": "[OPTIONS] SECRET [SECRET...]", "secret ls": "[OPTIONS]", "secret rm": "SECRET [SECRET...]",
}  # fmt: skip
OTHER = (
    "stack config", "volume update", "checkpoint", "manifest", "trust",
)  # fmt: skip
ELSEWHERE_COMMANDS = (
    *(_of_manager(path, arguments) for path, arguments in MANAGER.items()),
    *(Subcommand(path, "[OPTIONS]", (), 0, None, not_modelled, reads=0) for path in OTHER),
)
