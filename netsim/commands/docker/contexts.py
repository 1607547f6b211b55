"""docker context: names for daemons, kept as files of the user (`~/.docker/config.json`, `~/.docker/contexts`)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

import attrs

from netsim.archive import FILE, Entry, packed, read
from netsim.commands.docker.flags import BOOL, MAP, Flag, Parsed
from netsim.commands.docker.listing import Columns, show
from netsim.commands.docker.session import Docker, Subcommand
from netsim.commands.docker.template import Struct, TemplateError, render
from netsim.commands.docker.template.values import to_json
from netsim.errors import NetError, strerror
from netsim.machine.call import Call, ReadInput, Result
from netsim.machine.process import Process

DEFAULT, SOCKET = "default", "unix:///var/run/docker.sock"
NAME = re.compile(r"^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$")
OF_DEFAULT = "Current DOCKER_HOST based configuration"
IN_MEMORY = "<IN MEMORY>"
TLS = ("ca", "cert", "key", "skip-tls-verify")
OVERRIDES = "Warning: DOCKER_HOST environment variable overrides the active context. To use {what}, either set the global --context flag, or unset DOCKER_HOST environment variable."


class ContextError(Exception):
    """What the command says of a context that is not there, or not to be made."""


@attrs.frozen
class Context:
    """A name for a daemon: its address and what somebody wrote about it."""

    name: str
    host: str
    description: str = ""
    orchestrator: str = ""

    def as_json(self) -> dict[str, Any]:
        """As it is kept in its file."""
        metadata = {"Description": self.description} if self.description else {}
        metadata |= {"StackOrchestrator": self.orchestrator} if self.orchestrator else {}
        return {"Name": self.name, "Metadata": metadata, "Endpoints": {"docker": {"Host": self.host, "SkipTLSVerify": False}}}


def _folder(proc: Process) -> str:
    return proc.env.get("DOCKER_CONFIG") or f"{proc.env.get('HOME', '/root').rstrip('/')}/.docker"


def _place(proc: Process, name: str, kind: str) -> str:
    return f"{_folder(proc)}/contexts/{kind}/{hashlib.sha256(name.encode()).hexdigest()}"


def _config(proc: Process) -> dict[str, Any]:
    folder = _folder(proc)
    if proc.machine.files.lacks(proc, folder):  # as most often
        return {}
    text = proc.read_text(f"{folder}/config.json")
    try:
        read_back = json.loads(text) if text else {}
    except ValueError:
        return {}
    return read_back if isinstance(read_back, dict) else {}


def _write(proc: Process, path: str, text: str) -> None:
    files = proc.machine.files
    files.makedirs(proc, path.rpartition("/")[0])
    files.write(proc, path, text.encode())


def current(proc: Process) -> str:
    """The name of the context in use: the variable's, or the one that `docker context use` wrote down."""
    if proc.env.get("DOCKER_HOST"):
        return DEFAULT
    named = proc.env.get("DOCKER_CONTEXT")
    if named:
        return named
    return str(_config(proc).get("currentContext") or DEFAULT)


def host_of(docker: Docker, name: str) -> str:
    """Where the daemon of a context listens; ContextError when there is no such context."""
    return "" if name == DEFAULT else _find(docker, name).host


def _find(docker: Docker, name: str) -> Context:
    proc = docker.call.proc
    if name == DEFAULT:
        host = docker.daemon if proc.env.get("DOCKER_HOST") or docker.daemon else SOCKET
        older = docker.cli.family == "20.10"
        return Context(DEFAULT, host, "", "swarm" if older else "")
    place = f"{_place(proc, name, 'meta')}/meta.json"
    try:
        kept = json.loads(proc.machine.files.read(proc, place))
        told = kept["Metadata"]
        return Context(kept["Name"], kept["Endpoints"]["docker"]["Host"], told.get("Description", ""), told.get("StackOrchestrator", ""))
    except (NetError, ValueError, KeyError, TypeError, AttributeError):
        pass
    raise ContextError(
        f'context "{name}" does not exist'
        if docker.cli.family == "20.10"
        else f'context "{name}": context not found: open {place}: no such file or directory'
    )


def _exists(docker: Docker, name: str) -> bool:
    try:
        _find(docker, name)
    except ContextError:
        return False
    return True


def _every(docker: Docker) -> list[Context]:
    proc = docker.call.proc
    try:
        folders = proc.machine.files.listdir(proc, f"{_folder(proc)}/contexts/meta")
    except NetError:
        folders = []
    found = [_find(docker, DEFAULT)]
    for folder in folders:
        try:
            name = json.loads(proc.read_text(f"{_folder(proc)}/contexts/meta/{folder}/meta.json"))["Name"]
        except (ValueError, KeyError, TypeError):
            continue
        found.append(_find(docker, name))
    return sorted(found, key=_name)


def _name(context: Context) -> str:
    return context.name


def _failed(docker: Docker, problem: object) -> Result:
    docker.complain(str(problem))
    return docker.result(1)


def ls(docker: Docker, parsed: Parsed) -> Result:
    """docker context ls."""
    used, older = current(docker.call.proc), docker.cli.family == "20.10"
    rows = [
        {
            "Name": one.name, "Description": OF_DEFAULT if one.name == DEFAULT else one.description, "DockerEndpoint": one.host,
            "Current": "true" if one.name == used else "false", "Error": "", "KubernetesEndpoint": "",
            "StackOrchestrator": one.orchestrator if one.name != DEFAULT or one.host == SOCKET else "",
        }
        for one in _every(docker)
    ]  # fmt: skip
    headers = {"Name": "NAME", "Description": "DESCRIPTION", "DockerEndpoint": "DOCKER ENDPOINT"}
    headers |= {"KubernetesEndpoint": "KUBERNETES ENDPOINT", "StackOrchestrator": "ORCHESTRATOR"} if older else {"Error": "ERROR"}
    marked = '{{.Name}}{{if eq .Current "true"}} *{{end}}'
    rest = "{{.KubernetesEndpoint}}\t{{.StackOrchestrator}}" if older else "{{.Error}}"
    columns = Columns("*formatter.clientContextContext", headers, f"{marked}\t{{{{.Description}}}}\t{{{{.DockerEndpoint}}}}\t{rest}", "{{.Name}}")
    form = parsed.text("format")
    if not older and form in ("json", "{{json .}}"):
        for row in rows:
            docker.print(
                to_json({"Current": row["Current"] == "true", **{name: row[name] for name in ("Description", "DockerEndpoint", "Error", "Name")}})
            )
        return docker.result()
    if older and form == "json":
        docker.out.extend(["json\n"] * len(rows))
        return docker.result()
    if docker.call.proc.env.get("DOCKER_HOST"):
        docker.complain(OVERRIDES.format(what="a context"))
    headers["Current"] = ""
    return show(docker, columns, form, rows, quiet=int(parsed.has("quiet")))


def show_current(docker: Docker, parsed: Parsed) -> Result:
    """docker context show."""
    docker.print(current(docker.call.proc))
    return docker.result()


def use(docker: Docker, parsed: Parsed) -> Result:
    """docker context use."""
    name, proc = parsed.words[0], docker.call.proc
    if name != DEFAULT and not NAME.match(name):
        return _failed(docker, _invalid(name))
    try:
        _find(docker, name)
    except ContextError as problem:
        return _failed(docker, problem)
    _remember(proc, name)
    docker.print(name)
    docker.complain(f'Current context is now "{name}"')
    if proc.env.get("DOCKER_HOST") and name != DEFAULT:
        docker.complain(OVERRIDES.format(what=f'"{name}"'))
    return docker.result()


def _remember(proc: Process, name: str) -> None:
    kept = {"auths": {}, **_config(proc)}
    kept.pop("currentContext", None)
    if name != DEFAULT:
        kept["currentContext"] = name
    _write(proc, f"{_folder(proc)}/config.json", json.dumps(kept, indent="\t"))


def _invalid(name: str) -> str:
    return f'context name "{name}" is invalid, names are validated against regexp "{NAME.pattern}"'


def inspect(docker: Docker, parsed: Parsed) -> Result:
    """docker context inspect."""
    found, form, status = [], parsed.text("format"), 0
    for name in parsed.words or (current(docker.call.proc),):
        try:
            found.append(_view(docker.call.proc, _find(docker, name)))
        except ContextError as problem:
            docker.complain(str(problem))
            status = 1
            break
    if not form or form == "json":
        text = json.dumps(found, indent=4) if found else "[]"
        docker.print(_escaped(text))
        return docker.result(status)
    try:
        for view in found:
            docker.print(render(form, Struct({**view, "Metadata": Struct(view["Metadata"], "map")}, "context.contextWithTLSListing")))
    except TemplateError as problem:
        return _failed(docker, problem)
    return docker.result(status)


def _escaped(text: str) -> str:
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _view(proc: Process, context: Context) -> dict[str, Any]:
    kept = context.name != DEFAULT
    places = {f"{title}Path": _place(proc, context.name, kind) if kept else IN_MEMORY for title, kind in (("Metadata", "meta"), ("TLS", "tls"))}
    return {**context.as_json(), "TLSMaterial": {}, "Storage": places}


def create(docker: Docker, parsed: Parsed) -> Result:
    """docker context create."""
    name = parsed.words[0]
    if name == DEFAULT:
        return _failed(docker, '"default" is a reserved context name')
    if not NAME.match(name):
        return _failed(docker, _invalid(name))
    if _exists(docker, name):
        return _failed(docker, f'context "{name}" already exists')
    older = docker.cli.family == "20.10"
    try:
        if parsed.text("from"):
            made = attrs.evolve(
                _find(docker, parsed.text("from")), name=name, **({"description": OF_DEFAULT} if parsed.text("from") == DEFAULT and not older else {})
            )
        elif parsed.many("docker"):
            made = Context(name, _endpoint(docker, parsed))
        else:
            made = attrs.evolve(_find(docker, DEFAULT), name=name, description="" if older else OF_DEFAULT)
    except ContextError as problem:
        return _failed(docker, problem)
    if parsed.given("description"):
        made = attrs.evolve(made, description=parsed.text("description"))
    return _kept(docker, made, "created")


def _endpoint(docker: Docker, parsed: Parsed) -> str:
    """The address in --docker; certificates are not modelled and said to be not."""
    fields: dict[str, str] = {}
    for item in parsed.many("docker"):
        for part in item.split(","):
            key, equals, value = part.partition("=")
            if not equals:
                raise ContextError(f"{part} must be formatted as key=value")
            if key not in ("host", "from", *TLS):
                raise ContextError(f"unable to create docker endpoint config: {key}: unrecognized config key")
            fields[key] = value
    for key in TLS:
        if key in fields:
            docker.call.netns.kernel.unmodelled.append(f"docker context: {key}={fields[key]}")
    if "from" in fields:
        return _find(docker, fields["from"]).host
    return fields.get("host", SOCKET)


def _kept(docker: Docker, context: Context, done: str) -> Result:
    _write(docker.call.proc, f"{_place(docker.call.proc, context.name, 'meta')}/meta.json", json.dumps(context.as_json(), separators=(",", ":")))
    docker.print(context.name)
    docker.complain(f'Successfully {done} context "{context.name}"')
    return docker.result()


def update(docker: Docker, parsed: Parsed) -> Result:
    """docker context update."""
    name = parsed.words[0]
    if name == DEFAULT:
        return _failed(docker, f'context "{DEFAULT}" cannot be updated' if docker.cli.family == "20.10" else '"default" is a reserved context name')
    try:
        known = _find(docker, name)
        if parsed.many("docker"):
            known = attrs.evolve(known, host=_endpoint(docker, parsed))
    except ContextError as problem:
        return _failed(docker, problem)
    if parsed.given("description"):
        known = attrs.evolve(known, description=parsed.text("description"))
    return _kept(docker, known, "updated")


def remove(docker: Docker, parsed: Parsed) -> Result:
    """docker context rm."""
    proc, used, failed = docker.call.proc, current(docker.call.proc), []
    for name in parsed.words:
        problem = ""
        if name == DEFAULT:
            problem = f'context "{name}" cannot be removed'
        elif not _exists(docker, name):
            problem = f'context "{name}" does not exist'
        elif name == used and not parsed.has("force"):
            problem = "context is in use, set -f flag to force remove"
            problem = problem if docker.cli.family == "20.10" else f'context "{name}" is in use, set -f flag to force remove'
        if problem:
            failed.append(f"{name}: {problem}" if docker.cli.family == "20.10" else problem)
            continue
        _forget(proc, name)
        if name == used:
            _remember(proc, DEFAULT)
        docker.print(name)
    for text in failed:
        docker.complain(text)
    return docker.result(int(bool(failed)))


def _forget(proc: Process, name: str) -> None:
    place = _place(proc, name, "meta")
    for end in (proc.machine.files.unlink, proc.machine.files.rmdir):
        try:
            end(proc, f"{place}/meta.json" if end == proc.machine.files.unlink else place)
        except NetError:
            continue


# export and import ----------------------------------------------------------------------------------------------------------


def export(docker: Docker, parsed: Parsed) -> Result:
    """docker context export."""
    name, target = (*parsed.words, "")[:2]
    target = target or f"{name}.dockercontext"
    proc = docker.call.proc
    try:
        context = _find(docker, name)
    except ContextError as problem:
        return _failed(docker, problem)
    kept = json.dumps(context.as_json(), separators=(",", ":")).encode()
    data = packed([Entry("meta.json", FILE, 0o644, kept, changed=proc.wall_clock() // 10**9), Entry("tls", "d", 0o700)])
    if target == "-":
        return Result(data.decode("utf-8", "surrogateescape"))
    if proc.machine.files.stat(proc, target) is not None:
        return _failed(docker, f"open {target}: file exists")
    try:
        proc.machine.files.write(proc, target, data)
    except NetError as error:
        return _failed(docker, f"open {target}: {strerror(error.errno).lower()}")
    docker.complain(f'Written file "{target}"')
    return docker.result()


def import_(docker: Docker, parsed: Parsed) -> Result | ReadInput:
    """docker context import."""
    name, source = parsed.words
    if _exists(docker, name):
        return _failed(docker, f'context "{name}" already exists')
    if source == "-":
        return ReadInput(_input)
    try:
        return _import(docker, name, docker.call.machine.files.read(docker.call.proc, source))
    except NetError as error:
        return _failed(docker, f"open {source}: {strerror(error.errno).lower()}")


def _input(call: Call, data: bytes) -> Result:
    from netsim.commands.docker.main import again

    docker, parsed = again(call, "context import")
    return _import(docker, parsed.words[0], data)


def _import(docker: Docker, name: str, data: bytes) -> Result:
    archive = read(data)
    kept: Mapping[str, Any] = {}
    for entry in archive.entries if archive is not None else ():
        if entry.path == "meta.json":
            try:
                kept = json.loads(entry.content)
            except ValueError:
                return _failed(docker, "invalid context: no metadata found")
    try:
        context = Context(
            name, kept["Endpoints"]["docker"]["Host"], kept["Metadata"].get("Description", ""), kept["Metadata"].get("StackOrchestrator", "")
        )
    except (KeyError, TypeError, AttributeError):
        return _failed(docker, "invalid context: no metadata found")
    return _kept(docker, context, "imported")


ENDPOINT = (Flag("description"), Flag("docker", "", MAP))
CONTEXT_COMMANDS = (
    Subcommand("context ls", "[OPTIONS]", (Flag("format"), Flag("quiet", "q", BOOL)), 0, 0, ls),
    Subcommand("context show", "", (), 0, 0, show_current),
    Subcommand("context use", "CONTEXT", (), 1, 1, use),
    Subcommand("context inspect", "[OPTIONS] [CONTEXT] [CONTEXT...]", (Flag("format", "f"),), 0, None, inspect),
    Subcommand("context create", "[OPTIONS] CONTEXT", (*ENDPOINT, Flag("from")), 1, 1, create),
    Subcommand("context update", "[OPTIONS] CONTEXT", ENDPOINT, 1, 1, update),
    Subcommand("context rm", "CONTEXT [CONTEXT...]", (Flag("force", "f", BOOL),), 1, None, remove),
    Subcommand("context export", "[OPTIONS] CONTEXT [FILE|-]", (), 1, 2, export),
    Subcommand("context import", "CONTEXT FILE|-", (), 2, 2, import_),
)
