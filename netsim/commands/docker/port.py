"""docker port: where a container's ports are published."""

from __future__ import annotations

import re

from netsim.commands.docker.flags import Parsed
from netsim.commands.docker.publish import one_port, split_protocol
from netsim.commands.docker.session import Docker, Subcommand
from netsim.docker.engine.views.ports import port_map
from netsim.docker.errors import Refusal
from netsim.machine.call import Result


def _bad_port(text: str) -> str:
    try:
        one_port(text)
    except ValueError as problem:
        return str(problem)
    return ""


def port(docker: Docker, parsed: Parsed) -> Result:
    """docker port: where a container's ports are published."""
    name, *asked = parsed.words
    try:
        container = docker.engine.container(name)
    except Refusal as problem:
        docker.refused(problem, "container", name)
        return docker.result(1)
    bound = {text: bindings for text, bindings in port_map(container).items() if bindings}
    if asked and asked[0]:
        number, protocol = split_protocol(asked[0])
        if asked[0].count("/") > 1 and number:
            protocol = asked[0].partition("/")[2]
        wrong = _bad_port(number)
        if wrong:
            docker.complain(wrong if docker.cli.family == "20.10" else f"Error: invalid port ({number}): {wrong}")
            return docker.result(1)
        low = int(number)
        if f"{low}/{protocol}" not in bound:
            wanted = f"{number}/{protocol}" if docker.cli.family == "20.10" else asked[0]
            docker.complain(f"Error: No public port '{wanted}' published for {name}")
            return docker.result(1)
        lines = [_where(docker, one) for one in bound[f"{low}/{protocol}"]]
    else:
        lines = [f"{text} -> {_where(docker, one)}" for text, bindings in bound.items() for one in bindings]
        lines = sorted(lines, key=natural) if docker.cli.sorts_ports else lines
    for line in lines:
        docker.print(line)
    return docker.result()


def _where(docker: Docker, binding: dict[str, str]) -> str:
    ip = binding["HostIp"]
    return f"[{ip}]:{binding['HostPort']}" if ":" in ip and docker.cli.brackets_ipv6 else f"{ip}:{binding['HostPort']}"


def natural(text: str) -> list[tuple[int, int, str]]:
    """Order in which numbers within texts count as numbers (natural sort)."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", text) if part]


PORT_COMMANDS = (Subcommand("port", "CONTAINER [PRIVATE_PORT[/PROTO]]", (), 1, 2, port),)
