"""What the docker command tells of itself, as data."""

from __future__ import annotations

from netsim.commands.docker.help.networks import NETWORKS, Options
from netsim.commands.docker.help.older import OLDER, Older
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


def told_before(path: str) -> tuple[str, Options] | None:
    """The same of 20.10."""
    newer, older = told(path), OLDER.get(path)
    if newer is None and older is None:
        return None
    spellings, options = newer or ("", ())
    if older is None:
        older = Older()
    if older.spellings is not None:
        spellings = older.spellings
    else:
        group = f"docker {path.partition(' ')[0]} "
        spellings = ", ".join(one.removeprefix(group) for one in spellings.split(", ") if " " in path and one.startswith(group))
    known = {left: text for left, text in options if left not in older.gone} | dict(older.other)
    return spellings, tuple(sorted(known.items(), key=_long_name))


def _long_name(option: tuple[str, str]) -> str:
    return option[0].partition("--")[2]
