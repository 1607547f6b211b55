"""`docker compose`: from words to a subcommand (cobra, with compose's own ways)."""

from __future__ import annotations

from netsim.commands.docker.compose import usage
from netsim.commands.docker.compose.configuration import CONFIG_COMMANDS
from netsim.commands.docker.compose.containers import CONTAINER_COMMANDS
from netsim.commands.docker.compose.execute import EXECUTE_COMMANDS
from netsim.commands.docker.compose.file.problem import ComposeProblem
from netsim.commands.docker.compose.listing import LISTING_COMMANDS
from netsim.commands.docker.compose.logs import LOG_COMMANDS
from netsim.commands.docker.compose.session import Compose, ComposeCommand
from netsim.commands.docker.compose.up import UP_COMMANDS
from netsim.commands.docker.flags import BOOL, INT, LIST, Flag, FlagError, HelpWanted, Parsed, parse
from netsim.commands.docker.session import Docker, daemon_text
from netsim.docker.errors import Refusal
from netsim.machine.call import Call, Program, Result

COMMANDS: dict[str, ComposeCommand] = {
    command.name: command for command in (*UP_COMMANDS, *CONTAINER_COMMANDS, *EXECUTE_COMMANDS, *LISTING_COMMANDS, *LOG_COMMANDS, *CONFIG_COMMANDS)
}
"""Every subcommand by its name."""
GLOBAL_FLAGS = (
    Flag("all-resources", "", BOOL), Flag("ansi"), Flag("compatibility", "", BOOL, unmodelled=1), Flag("dry-run", "", BOOL), Flag("env-file", "", LIST),
    Flag("file", "f", LIST), Flag("parallel", "", INT), Flag("profile", "", LIST), Flag("progress"), Flag("project-directory"), Flag("project-name", "p"),
    Flag("no-ansi", "", BOOL), Flag("verbose", "", BOOL), Flag("version", "v", BOOL), Flag("workdir", "", stands_for="project-directory"),
)  # fmt: skip
DRY_RUN = Flag("dry-run", "", BOOL)


def compose(docker: Docker, words: tuple[str, ...]) -> Result | Program:
    """docker compose WORDS."""
    try:
        options = parse(words, GLOBAL_FLAGS, interspersed=False)
    except HelpWanted:
        return Result(usage.of_compose())
    except FlagError as problem:
        return Result("", f"{problem}\n", 1)
    wrong = _check(options)
    if wrong:
        return Result("", f"{wrong}\n", 1)
    if options.has("version") or not options.words:
        return Result(usage.of_compose())
    name, *rest = options.words
    if name in COMMANDS:
        return _run(docker, options, COMMANDS[name], tuple(rest))
    if name in usage.OTHERS:
        return Result("", f"docker compose: netsim: 'docker compose {name}' is not modelled\n", 1)
    return Result(usage.of_compose(), f'unknown docker command: "compose {name}"\n', 1)


def docker_compose(call: Call) -> Result | Program:
    """docker-compose: the same as `docker compose`, by its older name."""
    return compose(Docker(call, daemon=call.proc.env.get("DOCKER_HOST", "")), call.argv[1:])


def _check(options: Parsed) -> str:
    if options.text("progress") not in ("", "auto", "tty", "plain", "json", "quiet"):
        return f"unsupported --progress value {options.text('progress')!r}".replace("'", '"')
    if options.text("progress") in ("json", "tty"):
        return f"docker compose: netsim: --progress {options.text('progress')} is not modelled; plain is what there is"
    return ""


def _run(docker: Docker, options: Parsed, command: ComposeCommand, words: tuple[str, ...]) -> Result | Program:
    session = Compose(docker, options, command.name)
    try:
        parsed = parse(words, (*command.flags, DRY_RUN), interspersed=bool(command.interspersed))
    except HelpWanted:
        return Result(usage.of_command(command))
    except FlagError as problem:
        return Result("", f"{problem}\n", 1)
    if len(parsed.words) < command.least:
        return Result("", f"requires at least {command.least} arg(s), only received {len(parsed.words)}\n", 1)
    if options.has("dry-run") or parsed.has("dry-run"):
        return Result("", "docker compose: netsim: --dry-run is not modelled; a fork of the world tries a command without consequences\n", 1)
    known = docker.call.netns.kernel.unmodelled
    known.extend(f"docker compose {command.name} {option}" for option in (*options.unmodelled, *parsed.unmodelled))
    try:
        return command.run(session, parsed)
    except ComposeProblem as problem:
        docker.err.append(f"{problem}\n" if str(problem) else "")
    except Refusal as problem:
        docker.err.append(f"{daemon_text(problem)}\n")
    return session.result(1)
