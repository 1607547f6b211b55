"""From the options of `docker run` and `docker create` to a request (`opts`, `container.parse`)."""

from __future__ import annotations

import re

from netsim.addr import MAC, IPv4, IPv6
from netsim.commands.docker.flags import BOOL, INT, LIST, Flag, Parsed
from netsim.docker.settings import ContainerSpec, EndpointSettings, HostConfig, Port, PortBinding, RestartPolicy

RUN_FLAGS = (
    Flag("add-host", "", LIST), Flag("cap-add", "", LIST), Flag("cap-drop", "", LIST), Flag("detach", "d", BOOL), Flag("dns", "", LIST),
    Flag("dns-opt", "", LIST), Flag("dns-option", "", LIST), Flag("dns-search", "", LIST), Flag("domainname"), Flag("entrypoint"), Flag("env", "e", LIST),
    Flag("expose", "", LIST), Flag("hostname", "h"), Flag("interactive", "i", BOOL), Flag("ip"), Flag("ip6"), Flag("label", "l", LIST), Flag("link", "", LIST),
    Flag("link-local-ip", "", LIST), Flag("mac-address"), Flag("name"), Flag("net", "", LIST), Flag("network", "", LIST), Flag("net-alias", "", LIST),
    Flag("network-alias", "", LIST), Flag("pid"), Flag("privileged", "", BOOL), Flag("publish", "p", LIST), Flag("publish-all", "P", BOOL), Flag("restart"),
    Flag("rm", "", BOOL), Flag("stop-signal"), Flag("stop-timeout", "", INT), Flag("sysctl", "", LIST), Flag("tty", "t", BOOL), Flag("user", "u"),
    Flag("uts"), Flag("workdir", "w"), Flag("volume", "v", LIST), Flag("memory", "m"), Flag("cpus"), Flag("init", "", BOOL), Flag("platform"), Flag("pull"),
    Flag("quiet", "q", BOOL), Flag("sig-proxy", "", BOOL),
)  # fmt: skip
"""What `docker run` takes (as far as it is about networks and processes)."""


class BadOption(Exception):
    """An option's value makes no sense to the command itself; the text is its own."""


def read_request(parsed: Parsed) -> ContainerSpec:
    """The request that a command line stands for; BadOption, Refusal."""
    image, *command = parsed.words
    networks, mode = _networks(parsed)
    entrypoint = parsed.text("entrypoint")
    host = HostConfig(
        mode, _published(parsed.many("publish")), int(parsed.has("publish-all")), parsed.many("link") if mode in ("default", "bridge") else (),
        parsed.many("dns"), (*parsed.many("dns-opt"), *parsed.many("dns-option")), parsed.many("dns-search"), parsed.many("add-host"),
        parsed.many("cap-add"), parsed.many("cap-drop"), int(parsed.has("privileged")), _restart(parsed.text("restart")), int(parsed.has("rm")),
        dict(item.partition("=")[::2] for item in parsed.many("sysctl")), parsed.text("uts"), parsed.text("pid"),
    )  # fmt: skip
    return ContainerSpec(
        image, parsed.text("name"), tuple(command), ((entrypoint,) if entrypoint else ()) if parsed.given("entrypoint") else None, parsed.text("hostname"),
        parsed.text("domainname"), parsed.many("env"), _exposed(parsed.many("expose")), dict(item.partition("=")[::2] for item in parsed.many("label")),
        _mac(parsed.text("mac-address")), parsed.text("workdir"), parsed.text("user"), int(parsed.has("tty")), int(parsed.has("interactive")),
        parsed.text("stop-signal"), parsed.number("stop-timeout") if parsed.given("stop-timeout") else None, host, networks,
    )  # fmt: skip


def _networks(parsed: Parsed) -> tuple[dict[str, EndpointSettings], str]:
    """Where to be attached, and the mode (`--network` may say `name=...,ip=...`)."""
    wanted = [*parsed.many("net"), *parsed.many("network")]
    aliases = (*parsed.many("net-alias"), *parsed.many("network-alias"))
    if not wanted:
        return {}, "default"
    settings: dict[str, EndpointSettings] = {}
    for number, text in enumerate(wanted):
        name, fields = _network(text)
        links = parsed.many("link") if number == 0 else ()
        settings[name] = EndpointSettings(
            fields.get("ip") or (parsed.text("ip") if number == 0 else ""), fields.get("ip6") or (parsed.text("ip6") if number == 0 else ""),
            parsed.many("link-local-ip") if number == 0 else (), tuple(fields.get("alias", "").split()) + (aliases if number == 0 else ()), links,
            _mac(fields.get("mac-address", "")), gw_priority=int(fields.get("gw-priority", "0")),
        )  # fmt: skip
    mode = next(iter(settings))
    if mode in ("default", "bridge", "host", "none") or mode.startswith("container"):
        plain = {name: made for name, made in settings.items() if made != EndpointSettings()}
        return (plain if len(settings) == 1 else settings), mode
    return settings, mode


def _network(text: str) -> tuple[str, dict[str, str]]:
    if "=" not in text:
        return text, {}
    fields: dict[str, str] = {}
    for part in text.split(","):
        key, _, value = part.partition("=")
        fields[key] = f"{fields[key]} {value}" if key in fields and key == "alias" else value
    return fields.get("name", ""), fields


def _mac(text: str) -> MAC | None:
    try:
        return MAC.parse(text) if text else None
    except ValueError:
        raise BadOption(f"{text} is not a valid mac address") from None


def _restart(text: str) -> RestartPolicy:
    name, _, count = text.partition(":")
    return RestartPolicy(name or "no", int(count) if count.isdigit() else 0)


def _exposed(items: tuple[str, ...]) -> tuple[Port, ...]:
    found: list[Port] = []
    for item in items:
        numbers, _, protocol = item.partition("/")
        first, _, last = numbers.partition("-")
        if not first.isdigit() or (last and not last.isdigit()):
            raise BadOption(f'invalid range format for --expose: {item}, error: strconv.ParseUint: parsing "{first}": invalid syntax')
        found += [Port(number, protocol or "tcp") for number in range(int(first), int(last or first) + 1)]
    return tuple(found)


PUBLISH = re.compile(r"(?:(?:\[(?P<six>[^]]*)\]|(?P<four>[^:]*)):)?(?:(?P<host>[^:]*):)?(?P<inside>[^:/]+)(?:/(?P<protocol>\w+))?")


def _published(items: tuple[str, ...]) -> dict[Port, tuple[PortBinding, ...]]:
    """`[[IP:]HOST:]CONTAINER[/PROTOCOL]`, with ranges (`nat.ParsePortSpecs`)."""
    found: dict[Port, tuple[PortBinding, ...]] = {}
    for item in items:
        for port, binding in _spec(item):
            found[port] = (*found.get(port, ()), binding)
    return found


def _spec(item: str) -> list[tuple[Port, PortBinding]]:
    body, _, protocol = item.partition("/")
    protocol = protocol or "tcp"
    if protocol.lower() not in ("tcp", "udp", "sctp"):
        raise BadOption(f"invalid proto: {protocol}")
    address, host, inside = _split(body)
    if not inside:
        raise BadOption(f"no port specified: {item}<empty>")
    first, last = _range(inside, "containerPort")
    if not host:
        return [(Port(number, protocol.lower()), PortBinding(address)) for number in range(first, last + 1)]
    low, high = _range(host, "hostPort")
    if last - first != high - low:
        if first != last:
            raise BadOption(f"invalid ranges specified for container and host Ports: {inside} and {host}")
        return [(Port(first, protocol.lower()), PortBinding(address, host))]
    return [(Port(first + step, protocol.lower()), PortBinding(address, str(low + step))) for step in range(last - first + 1)]


def _split(body: str) -> tuple[str, str, str]:
    """Address, host port and container port."""
    if body.startswith("["):
        address, _, rest = body[1:].partition("]")
        host, _, inside = rest.removeprefix(":").partition(":")
        return address, host, inside
    parts = body.split(":")
    if len(parts) == 1:
        return "", "", parts[0]
    if len(parts) == 2:
        return "", parts[0], parts[1]
    address = ":".join(parts[:-2])
    try:
        (IPv6 if ":" in address else IPv4).parse(address) if address else None
    except ValueError:
        raise BadOption(f"invalid IP address: {address}") from None
    return address, parts[-2], parts[-1]


def _range(text: str, what: str) -> tuple[int, int]:
    first, dash, last = text.partition("-")
    if not first.isdigit() or (dash and not last.isdigit()) or int(first) > 65535 or int(last or 0) > 65535:
        raise BadOption(f"invalid {what}: {text}")
    if dash and int(last) < int(first):
        raise BadOption(f"invalid range specified for the Port: {text}")
    return int(first), int(last or first)
