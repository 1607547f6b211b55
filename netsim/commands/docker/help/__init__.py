"""What the docker command tells of itself, as data."""

from __future__ import annotations

from netsim.commands.docker.help.networks import NETWORKS
from netsim.commands.docker.help.others import OTHERS
from netsim.commands.docker.help.running import RUNNING
from netsim.commands.docker.help.stored import STORED

OF_RUN_ALONE = ("--sig-proxy", "--detach-keys string", "-d, --detach")
OF_CREATE = {"--pull string": 'Pull image before creating ("always", "|missing", "never") (default "missing")'}


def told(path: str) -> tuple[str, tuple[tuple[str, str], ...]] | None:
    """What help says of a subcommand's other spellings and of its options ("": of docker itself); None where nothing is kept."""
    if path == "create":
        options = tuple((left, OF_CREATE.get(left, text)) for left, text in RUNNING["run"][1] if left not in OF_RUN_ALONE)
        return "docker container create, docker create", options
    return RUNNING.get(path) or NETWORKS.get(path) or OTHERS.get(path) or STORED.get(path)
