"""`--publish` and `--expose` as words (docker/go-connections `nat`)."""

from __future__ import annotations

from netsim.commands.docker.values import is_address
from netsim.docker.settings import Port, PortBinding

PROTOCOLS = ("tcp", "udp", "sctp")


class BadPort(Exception):
    """A port that cannot be read; the text begins small, as 28 words it."""


def published(items: tuple[str, ...], *, splits_every_address: int) -> dict[Port, tuple[PortBinding, ...]]:
    """Every `[[ADDRESS:]HOST:]CONTAINER[/PROTOCOL]`, with ranges; `splits_every_address`: 20.10's way with colons in addresses. BadPort."""
    found: dict[Port, tuple[PortBinding, ...]] = {}
    for item in items:
        for port, binding in _spec(_plain(item), splits_every_address):
            found[port] = (*found.get(port, ()), binding)
    return found


def _plain(item: str) -> str:
    """`target=80,published=8080,protocol=udp` in the short notation."""
    if "=" not in item:
        return item
    fields = {"protocol": "tcp", "published": "", "target": ""}
    for field in item.split(","):
        name, equals, value = field.partition("=")
        if not equals or not name:
            raise BadPort(f"invalid publish opts format (should be name=value but got '{field}')")
        fields[name] = value
    return f"{fields['published']}:{fields['target']}/{fields['protocol']}"


def _spec(item: str, splits_every_address: int) -> list[tuple[Port, PortBinding]]:
    *before, last = item.split(":")
    inside, protocol = split_protocol(last)
    host = before[-1] if before else ""
    address = _address(":".join(before[:-1]), splits_every_address)
    if not inside:
        raise BadPort(f"no port specified: {item}<empty>")
    first, final = _range(inside, f"invalid containerPort: {inside}")
    low, high = _range(host, f"invalid hostPort: {host}") if host else (0, 0)
    if host and final - first != high - low and first != final:
        raise BadPort(f"invalid ranges specified for container and host Ports: {inside} and {host}")
    if protocol.lower() not in PROTOCOLS:
        raise BadPort(f"invalid proto: {protocol}")
    found: list[tuple[Port, PortBinding]] = []
    for step in range(final - first + 1):
        text = str(low + step) if host else ""
        if host and first == final and low != high:
            text = f"{low}-{high}"
        found.append((Port(first + step, protocol.lower()), PortBinding(address, text)))
    return found


def _address(text: str, splits_every_address: int) -> str:
    if not text:
        return ""
    bare = text
    if text.startswith("[") or splits_every_address:
        bare = _unbracketed(text, "ip" if splits_every_address else "IP")
    if not is_address(bare):
        raise BadPort(f"invalid {'ip' if splits_every_address else 'IP'} address: {bare}")
    return bare


def _unbracketed(text: str, word: str) -> str:
    """net.SplitHostPort on the address with a colon behind it; `word`: how the release spells IP."""
    if text.startswith("["):
        inner, bracket, rest = text[1:].partition("]")
        if not bracket:
            raise BadPort(f"invalid {word} address {text}: address {text}:: missing ']' in address")
        if rest:
            raise BadPort(f"invalid {word} address {text}: address {text}:: too many colons in address")
        return inner
    if ":" in text:
        raise BadPort(f"invalid ip address {text}: address {text}:: too many colons in address")
    return text


def split_protocol(text: str) -> tuple[str, str]:
    """Port and protocol (tcp when none is named); nothing when there is no port."""
    port, _, protocol = text.partition("/")
    protocol = protocol.partition("/")[0]
    return (port, protocol or "tcp") if port else ("", "")


def _range(text: str, problem: str) -> tuple[int, int]:
    try:
        return port_range(text)
    except ValueError:
        raise BadPort(problem) from None


def port_range(text: str) -> tuple[int, int]:
    """FIRST[-LAST]; ValueError in Go's words."""
    if not text:
        raise ValueError("empty string specified for ports")
    first, dash, last = text.partition("-")
    low = one_port(first)
    high = one_port(last) if dash else low
    if high < low:
        raise ValueError(f"invalid range specified for port: {text}")
    return low, high


def one_port(text: str) -> int:
    """One number; ValueError in Go's words."""
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f'strconv.ParseUint: parsing "{text}": invalid syntax')
    if int(text) > 65535:
        raise ValueError(f'strconv.ParseUint: parsing "{text}": value out of range')
    return int(text)


def exposed(items: tuple[str, ...]) -> tuple[Port, ...]:
    """Every `PORT[-PORT][/PROTOCOL]`; BadPort."""
    found: list[Port] = []
    for item in items:
        if ":" in item:
            raise BadPort(f"invalid port format for --expose: {item}")
        numbers, protocol = split_protocol(item)
        try:
            low, high = port_range(numbers)
        except ValueError as problem:
            raise BadPort(f"invalid range format for --expose: {item}, error: {problem}") from None
        found += [Port(number, protocol) for number in range(low, high + 1)]
    return tuple(found)
