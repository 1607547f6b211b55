"""The options of a bridge network, read from their labels (`drivers/bridge.networkConfiguration`)."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from netsim.docker.errors import Refusal, invalid
from netsim.docker.firewall.wants import NAT
from netsim.docker.ipam.parse import address

PREFIX = "com.docker.network.bridge."
NAME, ICC, MASQUERADE, BINDING = PREFIX + "name", PREFIX + "enable_icc", PREFIX + "enable_ip_masquerade", PREFIX + "host_binding_ipv4"
DEFAULT_BRIDGE, INHIBIT, TRUSTED = PREFIX + "default_bridge", PREFIX + "inhibit_ipv4", PREFIX + "trusted_host_interfaces"
MODE4, MODE6 = PREFIX + "gateway_mode_ipv4", PREFIX + "gateway_mode_ipv6"
MTU, IFACE_PREFIX = "com.docker.network.driver.mtu", "com.docker.network.container_iface_prefix"
HOST4, HOST6 = "com.docker.network.host_ipv4", "com.docker.network.host_ipv6"
ENABLE4, ENABLE6 = "com.docker.network.enable_ipv4", "com.docker.network.enable_ipv6"
TRUE, FALSE = ("1", "t", "T", "true", "TRUE", "True"), ("0", "f", "F", "false", "FALSE", "False")


@attrs.frozen
class BridgeConfig:
    """What a bridge network was asked to be like."""

    name: str = ""
    icc: int = 1
    masquerade: int = 1
    binding: str = ""
    default: int = 0
    inhibit: int = 0
    mtu: int = 0
    prefix: str = "eth"
    mode4: str = NAT
    mode6: str = NAT
    host4: str = ""
    host6: str = ""
    trusted: tuple[str, ...] = ()


PLAIN = BridgeConfig()


def flag(label: str, text: str) -> int:
    """A boolean as Go's strconv reads it; refused otherwise."""
    if text in TRUE:
        return 1
    if text in FALSE:
        return 0
    raise _unread(label, text, f'strconv.ParseBool: parsing "{text}": invalid syntax')


def mode(label: str, text: str, known: tuple[str, ...]) -> str:
    """A gateway mode; refused when the release does not know it (`newGwMode`)."""
    if text not in known:
        raise _unread(label, text, f"unknown gateway mode {text}")
    return text


def _number(label: str, text: str) -> int:
    """`strconv.Atoi`."""
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not (digits.isascii() and digits.isdigit()):
        raise _unread(label, text, f'strconv.Atoi: parsing "{text}": invalid syntax')
    if not -(1 << 63) <= int(text) < 1 << 63:
        raise _unread(label, text, f'strconv.Atoi: parsing "{text}": value out of range')
    return int(text)


def _host(label: str, text: str) -> str:
    """An address of either family, as `net.ParseIP` reads it."""
    try:
        return str(address(text))
    except ValueError:
        raise _unread(label, text, "nil ip") from None


def _unread(label: str, text: str, why: str) -> Refusal:
    return invalid(f"failed to parse {label} value: {text} ({why})")


def read(options: Mapping[str, str], modes: tuple[str, ...]) -> BridgeConfig:
    """The configuration of a network's driver options (`networkConfiguration.fromLabels`); unknown ones are left alone (and so are gateway modes,
    and an IPv6 address to translate to, where the release has none)."""
    if not options:
        return PLAIN
    numbers = {label: flag(label, options[label]) for label in (ICC, MASQUERADE, DEFAULT_BRIDGE, INHIBIT, ENABLE6) if label in options}
    mtu = _number(MTU, options[MTU]) if MTU in options else 0
    if mtu < 0:
        raise invalid(f"invalid MTU number: {mtu}")
    hosts = {label: _host(label, options[label]) for label in ((BINDING, HOST4, HOST6) if modes else (BINDING, HOST4)) if label in options}
    four, six = (mode(label, options[label], modes) if modes and label in options else NAT for label in (MODE4, MODE6))
    return BridgeConfig(
        options.get(NAME, ""), numbers.get(ICC, 1), numbers.get(MASQUERADE, 1), hosts.get(BINDING, ""), numbers.get(DEFAULT_BRIDGE, 0),
        numbers.get(INHIBIT, 0), mtu, options.get(IFACE_PREFIX) or "eth", four, six, hosts.get(HOST4, ""), hosts.get(HOST6, ""),
        tuple(name for name in options.get(TRUSTED, "").split(":") if name),
    )  # fmt: skip
