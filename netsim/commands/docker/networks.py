"""docker network: create, ls, inspect, rm, connect, disconnect, prune."""

from __future__ import annotations

import json
from typing import Any

from netsim.addr import IPv4, IPv4Net, IPv6, IPv6Net
from netsim.commands.docker.flags import BOOL, INT, LIST, Flag, Parsed
from netsim.commands.docker.session import Docker, Subcommand, daemon_text, formatted, table
from netsim.docker.engine import attach, networks, views
from netsim.docker.errors import Refusal
from netsim.docker.settings import EndpointSettings, IpamConfig, NetworkSpec
from netsim.machine.call import Result


def _net(text: str) -> IPv4Net | IPv6Net:
    try:
        return IPv6Net.parse(text) if ":" in text else IPv4Net.parse(text)
    except ValueError:
        raise Refusal(0, f"invalid CIDR address: {text}") from None


def _address(text: str) -> IPv4 | IPv6:
    try:
        return IPv6.parse(text) if ":" in text else IPv4.parse(text)
    except ValueError:
        raise Refusal(400, f"invalid address: {text}") from None


def ipam_configs(parsed: Parsed) -> tuple[IpamConfig, ...]:
    """Subnets with the range, gateway and auxiliary addresses that lie in each (`consolidateIpam`)."""
    subnets = [_net(text) for text in parsed.many("subnet")]
    ranges = [_net(text) for text in parsed.many("ip-range")]
    gateways = [_address(text) for text in parsed.many("gateway")]
    aux = {name: _address(text) for name, _, text in (item.partition("=") for item in parsed.many("aux-address"))}
    if (ranges or gateways) and not subnets:
        raise Refusal(0, "every ip-range or gateway must have a corresponding subnet")
    for what, addresses in (("range", [net.address for net in ranges]), ("gateway", gateways), ("aux-address", list(aux.values()))):
        for address in addresses:
            if not any(_in(net, address) for net in subnets):
                raise Refusal(0, f"no matching subnet for {what} {address}")
    return tuple(
        IpamConfig(
            net, next((part for part in ranges if _in(net, part.address)), None), next((one for one in gateways if _in(net, one)), None),
            {name: address for name, address in aux.items() if _in(net, address)},
        )
        for net in subnets
    )  # fmt: skip


def _in(net: IPv4Net | IPv6Net, address: IPv4 | IPv6) -> bool:
    return isinstance(address, type(net.address)) and net.contains(address)


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
    ip, ip6 = parsed.text("ip"), parsed.text("ip6")
    settings = EndpointSettings(
        IPv4.parse(ip) if ip else None, IPv6.parse(ip6) if ip6 else None, parsed.many("link-local-ip"), parsed.many("alias"), parsed.many("link"), None,
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
