"""`ports` of a service: every form as target, published, host_ip, protocol and mode (compose-go `types.ParsePortConfig`)."""

from __future__ import annotations

from typing import Any

from netsim.commands.docker.compose.file.document import shown
from netsim.commands.docker.compose.file.problem import ComposeProblem
from netsim.commands.docker.publish import BadPort, published


def ports(value: Any, path: str) -> Any:
    """The list in its long form; ComposeProblem in the words of go-connections."""
    found: list[dict[str, Any]] = []
    for number, one in enumerate(value):
        if isinstance(one, dict):
            if "target" not in one:
                raise ComposeProblem(f"service ports {path}.[{number}] is missing a target port")
            found.append(_told(one))
        else:
            found += short(one if isinstance(one, str) else shown(one))
    return found


def _told(one: dict[str, Any]) -> dict[str, Any]:
    made = {"mode": "ingress", "protocol": "tcp", **one}
    if made.get("published") is not None:
        made["published"] = shown(made["published"])
    return made


def short(text: str) -> list[dict[str, Any]]:
    """`[[ADDRESS:]HOST:]CONTAINER[/PROTOCOL]`, one entry for each port of a range."""
    try:
        bindings = published((text,), splits_every_address=0)
    except BadPort as problem:
        raise ComposeProblem(str(problem).replace("no port specified: <empty>", "invalid proto: ")) from None
    found = []
    for port, (binding,) in bindings.items():
        made: dict[str, Any] = {"mode": "ingress", "target": port.number, "protocol": port.protocol}
        if binding.host_port:
            made["published"] = binding.host_port
        if binding.host_ip:
            made["host_ip"] = binding.host_ip
        found.append(made)
    return found


def key(port: dict[str, Any]) -> str:
    """What makes two of them the same."""
    return f"{port.get('host_ip', '0.0.0.0')}:{port.get('published', '')}:{port['target']}/{port.get('protocol', 'tcp')}"
