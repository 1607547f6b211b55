"""Commands that belong to many hosts (swarm) or to what netsim does not model: refused by name, in the real words where those are the same."""

from __future__ import annotations

from collections.abc import Sequence

from netsim.commands.docker.flags import Parsed
from netsim.commands.docker.session import Docker, Subcommand
from netsim.docker.errors import Missing
from netsim.machine.call import Result

NO_MANAGER = 'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'


def no_manager(docker: Docker, parsed: Parsed) -> Result:
    """What only a swarm's manager does."""
    if docker.engine.swarm is not None and docker.engine.swarm.manager is not None:
        return _none_there(docker, parsed.words, [word for word in parsed.words if not word.startswith("-")])
    docker.complain(f"Error response from daemon: {NO_MANAGER}")
    return docker.result(1)


HEADS = {"config": "ID        NAME      CREATED   UPDATED", "secret": "ID        NAME      DRIVER    CREATED   UPDATED"}


def _none_there(docker: Docker, typed: Sequence[str], words: list[str]) -> Result:
    """Nobody can make configs, secrets and stacks, so there are none: they are listed, and looked for in vain."""
    group, _, name = docker.verb.partition(" ")
    if group in (*HEADS, "stack") and name == "ls":
        if not any(word.startswith(("-q", "--quiet", "--format")) for word in typed):
            docker.print(HEADS.get(group) or "NAME      SERVICES" + "   ORCHESTRATOR" * (docker.cli.family == "20.10"))
    elif group in HEADS and name == "rm" and words:
        for word in words:
            docker.refused(Missing(group, word))
        return docker.result(1)
    elif group == "stack" and name in ("ps", "services", "rm") and len(words) == 1:
        docker.complain(f"{'n' if name == 'ps' else 'N'}othing found in stack: {words[0]}")
        return docker.result(int(name == "ps"))
    else:
        return not_modelled(docker, None)
    return docker.result()


def not_modelled(docker: Docker, parsed: Parsed | None) -> Result:
    """Refused by name."""
    docker.complain(f"docker: netsim: 'docker {docker.verb}' is not modelled")
    return docker.result(1)


def _of_manager(path: str, arguments: str) -> Subcommand:
    needed = [word for word in arguments.split() if not word.startswith("[")]
    most = None if "..." in arguments else len(needed) + arguments.count("[file")
    return Subcommand(path, arguments, (), len(needed), most, no_manager, reads=0)


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
