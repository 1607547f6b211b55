"""Published ports of services: `-p 8080:80`, `--publish published=8080,target=80,mode=host` (docker/cli `opts.PortOpt`)."""

from __future__ import annotations

from netsim.commands.docker.publish import BadPort, port_range, published
from netsim.docker.swarm.objects import HOST, INGRESS, PortSpec, Service

FIELDS = ("protocol", "mode", "target", "published")


def port_specs(text: str) -> list[PortSpec]:
    """The ports that one option publishes; ValueError in the command's words."""
    if "=" in text:
        return [_long(text)]
    try:
        bindings = published((text,), splits_every_address=False)
    except BadPort as problem:
        raise ValueError(str(problem)) from None
    found = []
    for port, places in bindings.items():
        for place in places:
            if place.host_ip:
                raise ValueError("hostip is not supported")
            first, last = port_range(place.host_port) if place.host_port else (0, 0)
            if last != first:
                raise ValueError(f"port {place.host_port} is a range; netsim: a range of published ports for one port of a service is not modelled")
            found.append(PortSpec(port.number, first, port.protocol))
    return found


def _long(text: str) -> PortSpec:
    made = PortSpec(0)
    for field in text.split(","):
        name, equals, value = field.partition("=")
        if not equals or not value:
            raise ValueError(f"invalid field: {field}")
        name = name.strip().lower()
        if name not in FIELDS:
            raise ValueError(f"invalid field key: {name}")
        if name == "protocol":
            if value not in ("tcp", "udp", "sctp"):
                raise ValueError(f"invalid protocol value '{value}'")
            made.protocol = value
        elif name == "mode":
            if value not in (INGRESS, HOST):
                raise ValueError(f"invalid publish mode value ({value}): must be either '{INGRESS}' or '{HOST}'")
            made.mode = value
        else:
            setattr(made, name, _number(name, value))
    if not made.target:
        raise ValueError('missing mandatory field "target"')
    return made


def _number(name: str, value: str) -> int:
    if not value.isdigit():
        raise ValueError(f"invalid {name} port ({value}): value must be an integer: invalid syntax")
    if int(value) > 65535:
        raise ValueError(f"invalid {name} port ({value}): value must be an integer: value out of range")
    return int(value)


def checked(text: str) -> str:
    """The option as it is, if it can be read; ValueError."""
    port_specs(text)
    return text


def ingress_text(service: Service) -> str:
    """`*:8080->80/tcp`, with runs of ports put together (`formatter.Ports`)."""
    pairs = sorted((port.protocol, port.published, port.target) for port in service.ports if port.mode == INGRESS)
    runs: list[list[tuple[str, int, int]]] = []
    for pair in pairs:
        last = runs[-1][-1] if runs else None
        if last is not None and last[0] == pair[0] and pair[1] == last[1] + 1 and pair[2] == last[2] + 1:
            runs[-1].append(pair)
        else:
            runs.append([pair])
    return ", ".join(_run(run) for run in runs)


def _run(run: list[tuple[str, int, int]]) -> str:
    (protocol, published_port, target), (_, last_published, last_target) = run[0], run[-1]
    if len(run) == 1:
        return f"*:{published_port}->{target}/{protocol}"
    return f"*:{published_port}-{last_published}->{target}-{last_target}/{protocol}"
