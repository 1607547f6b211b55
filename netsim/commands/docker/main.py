"""`docker`: from words to a subcommand (cobra)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from netsim.commands.docker import contexts, tree, usage
from netsim.commands.docker.flags import FlagError, HelpWanted, Parsed, parse
from netsim.commands.docker.rooms import COMMANDS
from netsim.commands.docker.session import Docker, Subcommand, worded
from netsim.docker.errors import Refusal, failed
from netsim.errors import NetError, strerror
from netsim.machine.call import Call, Program, ReadInput, Result

ROUTES = {**{path: path for path in COMMANDS}, **{spelt: path for spelt, path in tree.SPELLINGS.items() if path in COMMANDS}}
"""Every spelling, with the words of the subcommand."""
ABSENT: Mapping[str, frozenset[str]] = {"20.10": frozenset(("context show", "container remove"))}
"""Spellings that a family of releases does not have."""
NOT_MODELLED = dict.fromkeys(("tls", "tlsverify", "tlscacert", "tlscert", "tlskey")).keys()
NOTHING = Parsed({}, ())
LEVELS = ("debug", "info", "warn", "error", "fatal", "panic", "trace", "warning")


def docker(call: Call) -> Result | Program | ReadInput:
    """The docker command (docker(1)): the CLI's texts and exit codes, the daemon's behaviour."""
    session = Docker(call)
    cli = session.cli
    plain = _plain(cli.family, call.argv[1:])
    if plain is not None:
        command, session.verb, parsed = plain
        refused = _settings(session, NOTHING)
        return refused if refused is not None else _answer(session, command, parsed)
    try:
        parsed = parse(call.argv[1:], usage.GLOBAL_SET, interspersed=False)
    except HelpWanted as wanted:
        return _help(wanted, usage.of_docker(cli))
    except FlagError as problem:
        return Result("", cli.bad_flag.format(problem=problem, verb="", usage="[OPTIONS] COMMAND [ARG...]").replace("docker  --", "docker --"), 125)
    if parsed.has("version"):
        return Result(f"Docker version {cli.build}\n")
    refused = _settings(session, parsed)
    return refused if refused is not None else _dispatch(session, parsed.words)


def again(call: Call, path: str) -> tuple[Docker, Parsed]:
    """A command line that asked for its input, read once more: it was found good before."""
    session = Docker(call)
    words = parse(call.argv[1:], usage.GLOBAL_SET, interspersed=False)
    _settings(session, words)
    found = find(words.words)
    assert found is not None and found[0].path == path
    session.verb = found[1]
    return session, parse(found[2], found[0].flag_set(session.cli.family), interspersed=found[0].interspersed)


@lru_cache(maxsize=1024)
def _plain(family: str, words: tuple[str, ...]) -> tuple[Subcommand, str, Parsed] | None:
    """A subcommand, as it was spelt and read, where its words come first and nothing is wrong with what follows: that depends on the words alone, so
    those who type the same need not be read again. None: it has to be looked at more closely."""
    found = find(words) if words else None
    if found is None or not found[0].reads or found[1] in ABSENT.get(family, ()):
        return None
    command, verb, rest = found
    try:
        parsed = parse(rest, command.flag_set(family), interspersed=command.interspersed)
    except (HelpWanted, FlagError):
        return None
    return (command, verb, parsed) if command.takes(len(parsed.words)) else None


def _help(wanted: HelpWanted, text: str) -> Result:
    return Result(text, "Flag shorthand -h has been deprecated, use --help\n" if wanted.word == "-h" else "")


def _settings(session: Docker, parsed: Parsed) -> Result | None:
    """Where the daemon is, and the like."""
    hosts = parsed.many("host") if parsed.values else ()
    session.daemon = hosts[-1] if hosts else session.call.proc.env.get("DOCKER_HOST", "")
    wrong = _context(session, parsed)
    if wrong is not None:
        return wrong
    if not (parsed.values or session.daemon):
        return None
    if session.daemon and "://" not in session.daemon:
        session.daemon = f"tcp://{session.daemon}" + ("" if ":" in session.daemon else ":2375")
    level = parsed.text("log-level")
    if level and level not in LEVELS:
        return Result("", f"Unable to parse logging level: {level}\n", 1)
    if len(hosts) > 1:
        return Result("", "Please specify only one -H\n", 1)
    for name in () if NOT_MODELLED.isdisjoint(parsed.values) else NOT_MODELLED:
        if parsed.given(name) and parsed.text(name) not in ("default", "False"):
            return Result("", f"docker: netsim: --{name} is not modelled\n", 1)
    if parsed.given("config"):
        session.call.netns.kernel.unmodelled.append(f"docker --config {parsed.text('config')}")
    scheme = session.daemon.partition("://")[0]
    if scheme not in ("", "unix", "tcp"):
        return Result("", f"docker: netsim: a daemon at {session.daemon} is not modelled\n", 1)
    return None


def _context(session: Docker, parsed: Parsed) -> Result | None:
    """The daemon of the context in use, where neither --host nor DOCKER_HOST names one."""
    named, proc = parsed.text("context") if parsed.values else "", session.call.proc
    if named and parsed.given("host"):
        return Result("", "conflicting options: either specify --host or --context, not both\n", 1)
    if session.daemon and not named:
        return None
    session.context = named or contexts.current(proc)
    if session.context == contexts.DEFAULT:
        return None
    try:
        session.daemon = contexts.host_of(session, session.context)
    except contexts.ContextError as problem:
        if "context" in session.call.argv[1:]:
            return None
        begin = "" if session.cli.family == "20.10" else "Failed to initialize: "
        return Result("", f"{begin}unable to resolve docker endpoint: {problem}\n", 1)
    if session.daemon == contexts.SOCKET or "context" in session.call.argv[1:]:
        session.daemon = ""
    return None


def _dispatch(session: Docker, words: tuple[str, ...]) -> Result | Program | ReadInput:
    cli = session.cli
    if not words:
        return Result("", usage.of_docker(cli))
    if words[0] == "builder" and cli.family != "20.10":
        from netsim.commands.docker.build import DEPRECATED  # few build

        session.warn(DEPRECATED.rstrip("\n") + "\n")
    if words[0] == "help":
        return _topic(session, words[1:])
    if words[0] == "compose":
        return _compose(session, words[1:])
    found = find(words)
    if found is not None and found[1] not in ABSENT.get(cli.family, ()):
        return _run(session, *found)
    if words[0] in tree.GROUPS:
        return _group(session, words[0], words[1:])
    return Result("", cli.unknown_command.format(word=words[0]), 1)


def _compose(session: Docker, words: tuple[str, ...]) -> Result | Program:
    """A plugin of docker's: loaded when it is asked for."""
    from netsim.commands.docker.compose.main import compose

    return compose(session, words)


def find(words: tuple[str, ...]) -> tuple[Subcommand, str, tuple[str, ...]] | None:
    """The subcommand that words begin with, as it was spelt, and the words behind it."""
    spelt = words[0]
    path = ROUTES.get(spelt)
    if path is not None and " " not in spelt:  # two words in one are none of ours
        return COMMANDS[path], spelt, words[1:]
    if len(words) > 1:
        spelt = f"{spelt} {words[1]}"
        path = ROUTES.get(spelt)
        if path is not None:
            return COMMANDS[path], spelt, words[2:]
    return None


def _topic(session: Docker, words: tuple[str, ...]) -> Result | Program:
    if not words:
        return Result(usage.of_docker(session.cli))
    if words[0] == "compose":
        return _compose(session, ("--help",))
    found = find(words)
    if found is not None:
        return Result(usage.of_command(session.cli, found[0], found[1]))
    if words[0] in tree.GROUPS:
        return Result(usage.of_group(session.cli, words[0]))
    return Result("", f"unknown help topic: {' '.join(words)}\n", 1)


def _group(session: Docker, group: str, rest: tuple[str, ...]) -> Result:
    """A group's name without a command of it."""
    cli = session.cli
    try:
        parsed = parse(rest, (), interspersed=False)
    except HelpWanted as wanted:
        return _help(wanted, usage.of_group(cli, group))
    except FlagError as problem:
        return Result("", cli.bad_flag.format(problem=problem, verb=group, usage=group), 125)
    if not parsed.words:
        return Result("", usage.of_group(cli, group))
    if not cli.groups:
        return Result("", usage.of_group(cli, group), 1)
    known = f"{group} {parsed.words[0]}"
    if parsed.words[0] in tree.GROUPS[group]:
        return Result("", f"docker: netsim: 'docker {known}' is not modelled\n", 1)
    return Result(
        "",
        f"docker: unknown command: docker {known}\n\nUsage:  docker {group}{' COMMAND' if group == 'volume' else ''}\n\nRun 'docker {group} --help' for more information\n",
        1,
    )


def _run(session: Docker, command: Subcommand, verb: str, words: tuple[str, ...]) -> Result | Program | ReadInput:
    cli = session.cli
    session.verb = verb
    if not command.reads and not {"--help", "-h"} & set(words):
        wrong = "" if words else usage.wrong_count(cli, command, verb, 0)
        return Result("", wrong, 1) if wrong else _answer(session, command, Parsed({}, words))
    try:
        parsed = parse(words if command.reads else ("--help",), command.flag_set(cli.family), interspersed=command.interspersed)
    except HelpWanted as wanted:
        return _help(wanted, usage.of_command(cli, command, verb))
    except FlagError as problem:
        return Result("", cli.bad_flag.format(problem=problem, verb=verb, usage=usage.usage(command, verb)), 125)
    wrong = usage.wrong_count(cli, command, verb, len(parsed.words))
    return Result("", wrong, 1) if wrong else _answer(session, command, parsed)


def _answer(session: Docker, command: Subcommand, parsed: Parsed) -> Result | Program | ReadInput:
    """Do it; what the daemon refuses is told."""
    cli, verb = session.cli, session.verb
    if parsed.unmodelled:
        session.call.netns.kernel.unmodelled.extend(f"docker {verb} {option}" for option in parsed.unmodelled)
    try:
        return command.run(session, parsed)
    except (Refusal, NetError) as error:
        # what the kernel refuses a daemon that did not expect it, in the kernel's words
        problem = error if isinstance(error, Refusal) else failed(strerror(error.errno).lower())
        if command.failure == 125:
            session.err.append(worded(cli.refused_at_create, session.worded(problem), verb))
        else:
            session.refused(problem)
        return session.result(command.failure)
