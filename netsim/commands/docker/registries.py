"""docker login, logout, push, search: what needs a registry, and there is none to reach; docker plugin ls and builder prune, which find nothing."""

from __future__ import annotations

from netsim.commands.docker.flags import BOOL, INT, LIST, Flag, Parsed
from netsim.commands.docker.reference import reference_problem
from netsim.commands.docker.session import Docker, Subcommand
from netsim.docker.engine.registry import unreachable
from netsim.docker.errors import Refusal, failed
from netsim.machine.call import Call, ReadInput, Result

HUB = "https://index.docker.io/v1/"
IN_THE_OPEN = "WARNING! Using --password via the CLI is insecure. Use --password-stdin."


def login(docker: Docker, parsed: Parsed) -> Result | ReadInput:
    """docker login."""
    if parsed.has("password-stdin"):
        if parsed.given("password"):
            return _said(docker, "--password and --password-stdin are mutually exclusive")
        if not parsed.text("username"):
            return _said(
                docker,
                "Must provide --username with --password-stdin"
                if docker.cli.family == "20.10"
                else "the --password-stdin option requires --username to be set",
            )
        return ReadInput(_password)
    if parsed.given("password"):
        docker.complain(IN_THE_OPEN)
    if not (parsed.text("username") and parsed.text("password")):
        return _said(docker, "Error: Cannot perform an interactive login from a non TTY device")
    return _login(docker, parsed)


def _said(docker: Docker, text: str) -> Result:
    docker.complain(text)
    return docker.result(1)


def _password(call: Call, data: bytes) -> Result:
    from netsim.commands.docker.main import again

    docker, parsed = again(call, "login")
    try:
        return _login(docker, parsed)
    except Refusal as problem:
        docker.refused(problem)
        return docker.result(1)


def _login(docker: Docker, parsed: Parsed) -> Result:
    server = (parsed.words or ("registry-1.docker.io",))[0].removeprefix("https://").removeprefix("http://").partition("/")[0]
    raise failed(unreachable(docker.engine, f"https://{server}/v2/", server))


def logout(docker: Docker, parsed: Parsed) -> Result:
    """docker logout."""
    server = (parsed.words or (HUB,))[0]
    docker.print(f"Removing login credentials for {server}")
    return docker.result()


def push(docker: Docker, parsed: Parsed) -> Result:
    """docker push: the image has to be there, and the registry is not."""
    name = parsed.words[0]
    wrong = reference_problem(docker.cli, name)
    if wrong:
        return _said(docker, wrong)
    engine = docker.engine
    tagged = ":" in name.rpartition("/")[2]
    bare, tag = engine.split_reference(name)
    first = bare.partition("/")[0]
    elsewhere = "/" in bare and ("." in first or ":" in first or first == "localhost")
    where = bare if elsewhere else f"docker.io/{bare if '/' in bare else f'library/{bare}'}"
    if not parsed.has("quiet"):
        if not tagged:
            docker.print("Using default tag: latest")
        docker.print(f"The push refers to repository [{where}]")
    try:
        engine.image(f"{bare}:{tag}")
    except Refusal:
        return _said(docker, f"An image does not exist locally with the tag: {bare}")
    server = first if elsewhere else "registry-1.docker.io"
    return _said(docker, unreachable(engine, f"https://{server}/v2/", server))


def search(docker: Docker, parsed: Parsed) -> Result:
    """docker search."""
    limit = parsed.number("limit", 25)
    raise failed(unreachable(docker.engine, f"{HUB}search?q={parsed.words[0]}&n={limit}", "index.docker.io"))


def plugins(docker: Docker, parsed: Parsed) -> Result:
    """docker plugin ls: none is installed; those that a lab hands in are no managed ones."""
    assert docker.engine is not None
    if not parsed.has("quiet"):
        docker.print("ID        NAME      DESCRIPTION   ENABLED")
    return docker.result()


PASSWORD = (Flag("password", "p"), Flag("password-stdin", "", BOOL), Flag("username", "u"))
REGISTRY_COMMANDS = (
    Subcommand("login", "[OPTIONS] [SERVER]", PASSWORD, 0, 1, login),
    Subcommand("logout", "[SERVER]", (), 0, 1, logout),
    Subcommand(
        "push", "[OPTIONS] NAME[:TAG]",
        (Flag("all-tags", "a", BOOL, unmodelled=1), Flag("disable-content-trust", "", BOOL), Flag("quiet", "q", BOOL), Flag("platform", only="28", unmodelled=1)), 1, 1, push,
    ),
    Subcommand("search", "[OPTIONS] TERM", (Flag("filter", "f", LIST), Flag("format"), Flag("limit", "", INT), Flag("no-trunc", "", BOOL)), 1, 1, search),
    Subcommand("plugin ls", "[OPTIONS]", (Flag("filter", "f", LIST), Flag("format", unmodelled=1), Flag("no-trunc", "", BOOL), Flag("quiet", "q", BOOL)), 0, 0, plugins),
)  # fmt: skip
