"""What the docker command says about itself: help, and how a wrong number of words is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netsim.commands.docker import tree
from netsim.commands.docker.flags import BOOL, LIST, WORDS, Flag, FlagSet
from netsim.commands.docker.help import told, told_before
from netsim.commands.docker.help.layout import laid_out
from netsim.commands.docker.profile import CliProfile
from netsim.commands.docker.session import Subcommand

GLOBAL_FLAGS = (
    Flag("config"), Flag("context", "c"), Flag("debug", "D", BOOL), Flag("host", "H", LIST), Flag("log-level", "l"), Flag("tls", "", BOOL),
    Flag("tlscacert"), Flag("tlscert"), Flag("tlskey"), Flag("tlsverify", "", BOOL), Flag("version", "v", BOOL),
)  # fmt: skip
GLOBAL_SET = FlagSet.of(GLOBAL_FLAGS)
GUIDES = {
    "20.10": "\nTo get more help with docker, check out our guides at https://docs.docker.com/go/guides/\n",
    "28": "\nFor more help on how to use Docker, head to https://docs.docker.com/go/guides/\n",
}


def of_command(cli: CliProfile, command: Subcommand, verb: str) -> str:
    """`docker COMMAND --help`: usage, purpose, other spellings, and its options: by name and kind where it is not known what they are for."""
    known = _known(cli, command.path)
    if known is not None:
        spellings, described = known
        more = f"\nAliases:\n  {spellings}\n" if spellings else ""
        more += f"\nOptions:\n{laid_out(described)}" if described else ""
        return cli.usage.format(usage=usage(command, verb), about=tree.about(verb, cli.family), more=more)
    flags = [flag for flag in command.flags_of(cli.family) if not flag.stands_for]
    more = "\nOptions:\n" + "".join(f"{line}\n" for line in options(flags)) if flags else ""
    return cli.usage.format(usage=usage(command, verb), about=tree.about(verb, cli.family), more=more)


def _known(cli: CliProfile, path: str) -> tuple[str, Sequence[tuple[str, str]]] | None:
    return told(path) if cli.family == "28" else told_before(path)


def usage(command: Subcommand, verb: str) -> str:
    """`run [OPTIONS] IMAGE ...`."""
    return f"{verb} {command.arguments}".rstrip()


def options(flags: Iterable[Flag]) -> list[str]:
    """Lines of options by name, with the kind of value each takes."""
    kinds = {BOOL: "", WORDS: " strings"}
    return [f"  {f'-{flag.letter}, ' if flag.letter else '    '}--{flag.name}{kinds.get(flag.kind, ' ' + flag.kind)}" for flag in flags]


def of_group(cli: CliProfile, group: str) -> str:
    """`docker network`: its commands."""
    lines = "".join(f"  {name:<11} {text}\n" for name, text in tree.listed(group, cli.family))
    more = f"\nCommands:\n{lines}\nRun 'docker {group} COMMAND --help' for more information on a command.\n"
    return cli.usage.format(usage=f"{group} COMMAND", about=tree.about(group, cli.family), more=more)


def of_docker(cli: CliProfile) -> str:
    """`docker --help`: every command there is."""
    head = cli.usage.format(usage="[OPTIONS] COMMAND", about="A self-sufficient runtime for containers", more="").rstrip("\n") + "\n"
    known = _known(cli, "")
    flags = laid_out(known[1]) if known is not None else "\n".join(options(GLOBAL_FLAGS)) + "\n"
    if cli.family == "20.10":
        body = f"\nOptions:\n{flags}\n" + "\n".join(
            _section(title, names, cli)
            for title, names in (
                ("Management Commands", sorted({*tree.MANAGEMENT, *tree.ORCHESTRATION, "completion"} - {"checkpoint"})),
                ("Commands", sorted(tree.TOP)),
            )
        )
    else:
        sections = (
            ("Common Commands", tree.COMMON), ("Management Commands", sorted(tree.MANAGEMENT)), ("Swarm Commands", sorted(tree.ORCHESTRATION)),
            ("Commands", sorted(set(tree.TOP) - set(tree.COMMON))),
        )  # fmt: skip
        body = "\n" + "\n".join(_section(title, names, cli) for title, names in sections) + f"\nGlobal Options:\n{flags}"
    return head + body + "\nRun 'docker COMMAND --help' for more information on a command.\n" + GUIDES[cli.family]


def _section(title: str, names: Sequence[str], cli: CliProfile) -> str:
    return f"{title}:\n" + "".join(f"  {name:<11} {tree.about(name, cli.family)}\n" for name in names)


def wrong_count(cli: CliProfile, command: Subcommand, verb: str, given: int) -> str:
    """How a wrong number of words is told; empty when it is right."""
    least, most = command.least, command.most
    if command.takes(given):
        return ""
    nothing, exactly, at_least, at_most, between = cli.needs
    if most == 0:
        need = nothing
    elif most == least:
        need = exactly
    elif most is None:
        need = at_least
    else:
        need = between if least else at_most
    number = least or most or 0
    see = "See" if most is None else "SRun" if need is at_most else "Run"  # so it is spelt
    need = need.format(number, s="" if number == 1 else "s", most=most)
    return cli.wrong_count.format(verb=verb, need=need, usage=usage(command, verb), about=tree.about(verb, cli.family), see=see)
