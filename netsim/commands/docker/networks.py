"""docker network: create, ls, inspect, rm, connect, disconnect, prune."""

from __future__ import annotations

import json
from typing import Any

from netsim.commands.docker.flags import BOOL, INT, LIST, Flag, Parsed
from netsim.commands.docker.ipam import ipam_configs
from netsim.commands.docker.session import Docker, Subcommand, daemon_text, formatted, table
from netsim.docker.engine import attach, networks, views
from netsim.docker.errors import Refusal
from netsim.docker.settings import EndpointSettings, NetworkSpec
from netsim.machine.call import Result


def _pairs(items: tuple[str, ...]) -> dict[str, str]:
    return dict(item.partition("=")[::2] for item in items)


def create(docker: Docker, parsed: Parsed) -> Result:
    """docker network create."""
    spec = NetworkSpec(
        parsed.words[0], parsed.text("driver") or "bridge", ipam_configs(parsed), parsed.text("ipam-driver") or "default", _pairs(parsed.many("ipam-opt")),
        _pairs(parsed.many("opt")), _pairs(parsed.many("label")), int(parsed.has("internal")), int(parsed.has("attachable")), int(parsed.has("ingress")),
        int(not parsed.given("ipv4") or parsed.has("ipv4")), int(parsed.has("ipv6")), parsed.text("scope"), int(parsed.has("config-only")),
        parsed.text("config-from"),
    )  # fmt: skip
    docker.print(networks.create_network(docker.engine, spec).id)
    return docker.result()


def ls(docker: Docker, parsed: Parsed) -> Result:
    """docker network ls."""
    shown = sorted(docker.engine.networks.values(), key=lambda network: network.name)
    rows = [(n.id if parsed.has("no-trunc") else n.id[:12], n.name, n.spec.driver, n.driver.scope) for n in shown]
    if parsed.has("quiet"):
        for row in rows:
            docker.print(row[0])
        return docker.result()
    for line in table([("NETWORK ID", "NAME", "DRIVER", "SCOPE"), *rows]):
        docker.print(line)
    return docker.result()


def inspect(docker: Docker, parsed: Parsed) -> Result:
    """docker network inspect."""
    found: list[dict[str, Any]] = []
    problems: list[str] = []
    for name in parsed.words:
        try:
            found.append(views.network_view(docker.engine, docker.engine.network(name)))
        except Refusal as problem:
            problems.append(f"Error: No such network: {name}" if problem.status == 404 else daemon_text(problem))
    if parsed.given("format"):
        if formatted(docker, parsed.text("format"), found):
            return docker.result(1)
    else:
        docker.print(json.dumps(found, indent=4, ensure_ascii=False))
    for problem_text in problems:
        docker.complain(problem_text)
    return docker.result(int(bool(problems)))


def remove(docker: Docker, parsed: Parsed) -> Result:
    """docker network rm."""
    failed = 0
    for name in parsed.words:
        try:
            networks.remove_network(docker.engine, name)
            docker.print(name)
        except Refusal as problem:
            docker.complain(f"Error: No such network: {name}" if problem.status == 404 else daemon_text(problem))
            failed = 1
    return docker.result(failed)


def connect(docker: Docker, parsed: Parsed) -> Result:
    """docker network connect."""
    name, container = parsed.words
    settings = EndpointSettings(
        parsed.text("ip"), parsed.text("ip6"), parsed.many("link-local-ip"), parsed.many("alias"), parsed.many("link"), None,
        _pairs(parsed.many("driver-opt")), parsed.number("gw-priority"),
    )  # fmt: skip
    attach.connect(docker.engine, name, docker.engine.container(container), settings)
    return docker.result()


def disconnect(docker: Docker, parsed: Parsed) -> Result:
    """docker network disconnect."""
    name, container = parsed.words
    attach.disconnect(docker.engine, name, docker.engine.container(container), force=int(parsed.has("force")))
    return docker.result()


CREATE_FLAGS = (
    Flag("attachable", "", BOOL), Flag("aux-address", "", LIST), Flag("config-from"), Flag("config-only", "", BOOL), Flag("driver", "d"),
    Flag("gateway", "", LIST), Flag("ingress", "", BOOL), Flag("internal", "", BOOL), Flag("ip-range", "", LIST), Flag("ipam-driver"),
    Flag("ipam-opt", "", LIST), Flag("ipv4", "", BOOL), Flag("ipv6", "", BOOL), Flag("label", "", LIST), Flag("opt", "o", LIST), Flag("scope"),
    Flag("subnet", "", LIST),
)  # fmt: skip
CONNECT_FLAGS = (
    Flag("alias", "", LIST), Flag("driver-opt", "", LIST), Flag("gw-priority", "", INT), Flag("ip"), Flag("ip6"), Flag("link", "", LIST),
    Flag("link-local-ip", "", LIST),
)  # fmt: skip
NETWORK_COMMANDS = (
    Subcommand("network create", "network create [OPTIONS] NETWORK", CREATE_FLAGS, 1, 1, create),
    Subcommand(
        "network ls",
        "network ls [OPTIONS]",
        (Flag("filter", "f", LIST), Flag("format"), Flag("no-trunc", "", BOOL), Flag("quiet", "q", BOOL)),
        0,
        0,
        ls,
    ),
    Subcommand(
        "network inspect", "network inspect [OPTIONS] NETWORK [NETWORK...]", (Flag("format", "f"), Flag("verbose", "v", BOOL)), 1, None, inspect
    ),
    Subcommand("network rm", "network rm NETWORK [NETWORK...]", (Flag("force", "f", BOOL),), 1, None, remove),
    Subcommand("network connect", "network connect [OPTIONS] NETWORK CONTAINER", CONNECT_FLAGS, 2, 2, connect),
    Subcommand("network disconnect", "network disconnect [OPTIONS] NETWORK CONTAINER", (Flag("force", "f", BOOL),), 2, 2, disconnect),
)
