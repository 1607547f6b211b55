"""`docker`: from words to a subcommand (cobra)."""

from __future__ import annotations

from netsim.commands.docker.containers import CONTAINER_COMMANDS
from netsim.commands.docker.flags import FlagError, parse
from netsim.commands.docker.networks import NETWORK_COMMANDS
from netsim.commands.docker.run import RUN_COMMANDS
from netsim.commands.docker.session import Docker, Subcommand, daemon_text
from netsim.docker.errors import Refusal
from netsim.machine.call import Call, Program, Result

COMMANDS: dict[str, Subcommand] = {command.path: command for command in (*RUN_COMMANDS, *CONTAINER_COMMANDS, *NETWORK_COMMANDS)}
"""Every subcommand by its words after `docker`."""
GROUPS = ("container", "image", "network", "system", "swarm", "service", "node", "volume")
ALIASES = {"container ls": "ps", "container list": "ps", "container ps": "ps", "network list": "network ls", "network remove": "network rm"}


def docker(call: Call) -> Result | Program:
    """The docker command (docker(1)): the CLI's texts and exit codes, the daemon's behaviour."""
    words = list(call.argv[1:])
    session = Docker(call)
    found = _find(words)
    if found is None:
        name = words[0] if words else ""
        return Result("", f"docker: '{name}' is not a docker command.\nSee 'docker --help'\n", 1)
    command, rest = found
    try:
        parsed = parse(rest, command.flags, interspersed=command.interspersed)
    except FlagError as problem:
        return Result("", session.cli.bad_flag.format(problem=problem, verb=command.path, usage=command.usage), 125)
    wrong = _count(command, len(parsed.words))
    if wrong:
        return Result("", wrong, 1)
    try:
        return command.run(session, parsed)
    except Refusal as problem:
        prefix = "docker: " if command.failure == 125 else ""
        session.complain(prefix + daemon_text(problem))
        return session.result(command.failure)


def _find(words: list[str]) -> tuple[Subcommand, list[str]] | None:
    for count in (2, 1):
        name = " ".join(words[:count])
        name = ALIASES.get(name, name)
        if name.startswith("container ") and name not in COMMANDS:
            name = name.removeprefix("container ")
        if len(words) >= count and name in COMMANDS:
            return COMMANDS[name], words[count:]
    return None


def _count(command: Subcommand, given: int) -> str:
    """How a wrong number of words is told; empty when it is right."""
    if given < command.least:
        if command.most == command.least:
            need = f"exactly {command.least} argument{'s' if command.least != 1 else ''}"
        else:
            need = f"at least {command.least} argument{'s' if command.least != 1 else ''}"
    elif command.most is not None and given > command.most:
        need = "no arguments" if not command.most else f"exactly {command.most} argument{'s' if command.most != 1 else ''}"
        if not command.most:
            return f"\"docker {command.path}\" accepts no arguments.\nSee 'docker {command.path} --help'.\n\nUsage:  docker {command.usage}\n"
    else:
        return ""
    return f"\"docker {command.path}\" requires {need}.\nSee 'docker {command.path} --help'.\n\nUsage:  docker {command.usage}\n"
