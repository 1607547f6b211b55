"""docker inspect, container inspect, image inspect, network inspect."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from netsim.commands.docker import typed, volumes
from netsim.commands.docker.flags import BOOL, Flag, Parsed
from netsim.commands.docker.profile import CliProfile
from netsim.commands.docker.session import Docker, Subcommand
from netsim.commands.docker.swarm.pretty import node_text, service_text
from netsim.commands.docker.template import Struct, TemplateError, check, render
from netsim.docker.engine import views
from netsim.docker.engine.engine import Engine
from netsim.docker.engine.networks import find_network
from netsim.docker.errors import Refusal
from netsim.docker.swarm.lookup import find_node, find_service
from netsim.docker.swarm.member import Member
from netsim.docker.swarm.views import network_services, node_view, service_view
from netsim.machine.call import Result


@attrs.frozen
class Kind:
    """A kind of thing: how it is looked up and shown, and as what the command reads it."""

    name: str
    find: Callable[[Engine, str], dict[str, Any]]
    read: Callable[[CliProfile, dict[str, Any]], Any]


def _container(engine: Engine, name: str) -> dict[str, Any]:
    return views.container_view(engine, engine.container(name))


def _image(engine: Engine, name: str) -> dict[str, Any]:
    return views.image_view(engine, engine.image(name))


def _network(engine: Engine, name: str) -> dict[str, Any]:
    return views.network_view(engine, find_network(engine, name))


def _read_image(cli: CliProfile, sent: dict[str, Any]) -> Any:
    return typed.image(cli, sent)


def _service(engine: Engine, name: str) -> dict[str, Any]:
    member = _member(engine)
    return service_view(member.state(), find_service(member, name))


def _node(engine: Engine, name: str) -> dict[str, Any]:
    member = _member(engine)
    return node_view(member, find_node(member, name))


def _member(engine: Engine) -> Member:
    member: Member | None = engine.swarm
    if member is None:
        raise Refusal(503, NO_SWARM)
    member.state()
    return member


FREE = ("Labels", "Sysctls")
"""Fields of swarm's objects that are maps, not structures."""


def _as_sent(cli: CliProfile, sent: dict[str, Any]) -> Any:
    """Structures all the way down, with the fields in the order in which they came."""
    return _structure(sent)


def _structure(value: Any) -> Any:
    if isinstance(value, dict):
        return Struct({name: part if name in FREE else _structure(part) for name, part in value.items()}, "swarm.Object")
    return [_structure(part) for part in value] if isinstance(value, list) else value


KINDS: Mapping[str, Kind] = {
    "container": Kind("container", _container, typed.container), "image": Kind("image", _image, _read_image),
    "network": Kind("network", _network, typed.network), "volume": Kind("volume", volumes.find, typed.volume), "service": Kind("service", _service, _as_sent), "node": Kind("node", _node, _as_sent),
}  # fmt: skip
OTHERS = ("task", "plugin", "secret", "config")
"""Kinds there are none of."""
SWARM = ("task", "secret", "config")
NO_SWARM = 'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'


def inspect(docker: Docker, parsed: Parsed) -> Result:
    """docker inspect: whatever has that name: containers first, then images, then networks."""
    kind = parsed.text("type")
    if parsed.given("type") and kind not in KINDS and kind not in OTHERS:
        names = ", ".join(f'"{name}"' for name in sorted({*KINDS, *OTHERS}))
        text = f'unknown type: "{kind}": must be one of {names}' if docker.cli.family != "20.10" else f'"{kind}" is not a valid value for --type'
        docker.complain(text)
        return docker.result(1)
    return _inspect(docker, parsed, kind)


def inspect_container(docker: Docker, parsed: Parsed) -> Result:
    """docker container inspect."""
    return _inspect(docker, parsed, "container")


def inspect_image(docker: Docker, parsed: Parsed) -> Result:
    """docker image inspect."""
    return _inspect(docker, parsed, "image")


def inspect_network(docker: Docker, parsed: Parsed) -> Result:
    """docker network inspect."""
    return _inspect(docker, parsed, "network")


def inspect_volume(docker: Docker, parsed: Parsed) -> Result:
    """docker volume inspect."""
    return _inspect(docker, parsed, "volume")


def inspect_service(docker: Docker, parsed: Parsed) -> Result:
    """docker service inspect."""
    if _is_pretty(parsed):
        member = _member(docker.engine)
        docker.out += [service_text(member, _service(docker.engine, name)) + "\n" for name in parsed.words]
        return docker.result()
    return _inspect(docker, parsed, "service")


def inspect_node(docker: Docker, parsed: Parsed) -> Result:
    """docker node inspect."""
    if _is_pretty(parsed):
        docker.out += [node_text(_node(docker.engine, name)) for name in parsed.words or ("self",)]
        return docker.result()
    return _inspect(docker, parsed, "node")


def _is_pretty(parsed: Parsed) -> bool:
    return parsed.has("pretty") or parsed.text("format") == "pretty"


def _inspect(docker: Docker, parsed: Parsed, kind: str) -> Result:
    """Each name looked up; what was found is printed, then what was not is told (`inspect.Inspect`)."""
    template = docker.form(parsed.text("format"))
    if template not in ("", "json"):
        try:
            check(template)
        except TemplateError as problem:
            docker.complain(f"template parsing error: {problem}")
            return docker.result(64)
    found: list[tuple[Kind, dict[str, Any]]] = []
    problems: list[str] = []
    for name in parsed.words:
        try:
            found.append(_look_up(docker, name, kind))
        except Refusal as problem:
            problems.append(_missing(docker, problem, kind, name))
    if parsed.has("verbose"):
        _add_services(docker.engine, [view for _, view in found])
    if kind in ("service", "node"):
        problems = _told_twice(docker, problems)
    return _printed(docker, template, found, problems)


def _add_services(engine: Engine, views: list[dict[str, Any]]) -> None:
    """`network inspect --verbose`: the services on each network of a swarm."""
    for view in views:
        if engine.swarm is not None and "Peers" in view:
            view["Services"] = network_services(engine.swarm, view["Id"])


def _printed(docker: Docker, template: str, found: list[tuple[Kind, dict[str, Any]]], problems: list[str]) -> Result:
    """What was found as JSON or through a template, then what was not."""
    if template == "json":
        docker.print(json.dumps([view for _, view in found], separators=(",", ":"), ensure_ascii=False) if found or not problems else "[]")
    elif template:
        wrong = _filled(docker, template, found)
        if wrong:
            docker.out.append("\n")
            docker.complain(wrong)
            return docker.result(1)
        if not found:
            docker.out.append("\n")
    else:
        docker.print(json.dumps([view for _, view in found], indent=4, ensure_ascii=False))
    for text in problems:
        docker.complain(text)
    return docker.result(int(bool(problems)))


def _told_twice(docker: Docker, problems: list[str]) -> list[str]:
    """What the older command says of services and nodes that it did not find: its own error's text, inside another error."""
    if docker.cli.family != "20.10" or not problems:
        return problems
    return ["Status: " + "\n".join(problems) + ", Code: 1"]


def _look_up(docker: Docker, name: str, wanted: str) -> tuple[Kind, dict[str, Any]]:
    if not name:
        raise Refusal(0, f"invalid {wanted or 'container'} name or ID: value is empty")
    engine = docker.engine
    if wanted in OTHERS:
        raise Refusal(503 if wanted in SWARM else 404, NO_SWARM if wanted in SWARM else f"get {name}: no such {wanted}")
    if wanted:
        kind = KINDS[wanted]
        return kind, kind.find(engine, name)
    for kind in KINDS.values():
        try:
            return kind, kind.find(engine, name)
        except Refusal as problem:
            if problem.status not in (404, 503):
                raise
    raise Refusal(404, f"No such object: {name}")


def _missing(docker: Docker, problem: Refusal, kind: str, name: str) -> str:
    if not kind and problem.status == 404:
        return f"Error: No such object: {name}"
    if kind == "service" and problem.status == 404:
        return f"Error: no such service: {name}"
    return docker.worded(problem, kind, name)


def _filled(docker: Docker, template: str, found: list[tuple[Kind, dict[str, Any]]]) -> str:
    """Print each through the template; what the daemon sent is tried when the command's own structure does not do."""
    for kind, view in found:
        try:
            docker.print(render(template, kind.read(docker.cli, view), lenient=1))
        except TemplateError:
            try:
                docker.print(render(template, view))
            except TemplateError as problem:
                return f"template parsing error: {problem}"
    return ""


FORMAT = Flag("format", "f")
SIZE = Flag("size", "s", BOOL)
INSPECT_COMMANDS = (
    Subcommand("inspect", "[OPTIONS] NAME|ID [NAME|ID...]", (FORMAT, SIZE, Flag("type")), 1, None, inspect),
    Subcommand("container inspect", "[OPTIONS] CONTAINER [CONTAINER...]", (FORMAT, SIZE), 1, None, inspect_container),
    Subcommand("image inspect", "[OPTIONS] IMAGE [IMAGE...]", (FORMAT,), 1, None, inspect_image),
    Subcommand("service inspect", "[OPTIONS] SERVICE [SERVICE...]", (FORMAT, Flag("pretty", "", BOOL)), 1, None, inspect_service),
    Subcommand("node inspect", "[OPTIONS] self|NODE [NODE...]", (FORMAT, Flag("pretty", "", BOOL)), 1, None, inspect_node),
    Subcommand("volume inspect", "[OPTIONS] VOLUME [VOLUME...]", (FORMAT,), 1, None, inspect_volume),
    Subcommand("network inspect", "[OPTIONS] NETWORK [NETWORK...]", (FORMAT, Flag("verbose", "v", BOOL)), 1, None, inspect_network),
)
