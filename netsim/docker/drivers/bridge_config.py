"""The options of a bridge network, read from their labels (`drivers/bridge.networkConfiguration`)."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from netsim.docker.errors import invalid
from netsim.docker.firewall.wants import NAT
from netsim.docker.ipam.parse import address

PREFIX = "com.docker.network.bridge."
NAME, ICC, MASQUERADE, BINDING = PREFIX + "name", PREFIX + "enable_icc", PREFIX + "enable_ip_masquerade", PREFIX + "host_binding_ipv4"
DEFAULT_BRIDGE, INHIBIT, TRUSTED = PREFIX + "default_bridge", PREFIX + "inhibit_ipv4", PREFIX + "trusted_host_interfaces"
MODE4, MODE6 = PREFIX + "gateway_mode_ipv4", PREFIX + "gateway_mode_ipv6"
MTU, IFACE_PREFIX = "com.docker.network.driver.mtu", "com.docker.network.container_iface_prefix"
HOST4, HOST6 = "com.docker.network.host_ipv4", "com.docker.network.host_ipv6"
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
    raise invalid(f'failed to parse {label} value: {text!r} (strconv.ParseBool: parsing "{text}": invalid syntax)'.replace("'", ""))


def mode(label: str, text: str, known: tuple[str, ...]) -> str:
    """A gateway mode; refused when the release does not know it."""
    if text and text not in known:
        raise invalid(f"failed to parse {label} value: {text} (unknown gateway mode {text})")
    return text or NAT


def _check_binding(text: str) -> None:
    try:
        address(text)
    except ValueError:
        raise invalid(f"failed to parse {BINDING} value: {text} (nil ip)") from None


def read(options: Mapping[str, str], modes: tuple[str, ...]) -> BridgeConfig:
    """The configuration of a network's driver options; unknown ones are left alone (and so are gateway modes where the release has none)."""
    if not options:
        return PLAIN
    numbers = {label: flag(label, options[label]) for label in (ICC, MASQUERADE, DEFAULT_BRIDGE, INHIBIT) if label in options}
    mtu = options.get(MTU, "0")
    if not mtu.lstrip("-").isdigit():
        raise invalid(f'failed to parse {MTU} value: {mtu} (strconv.Atoi: parsing "{mtu}": invalid syntax)')
    if int(mtu) < 0:
        raise invalid(f"invalid MTU number: {mtu}")
    if BINDING in options:
        _check_binding(options[BINDING])
    four, six = (mode(label, options.get(label, ""), modes) if modes else NAT for label in (MODE4, MODE6))
    return BridgeConfig(
        options.get(NAME, ""), numbers.get(ICC, 1), numbers.get(MASQUERADE, 1), options.get(BINDING, ""), numbers.get(DEFAULT_BRIDGE, 0),
        numbers.get(INHIBIT, 0), int(mtu), options.get(IFACE_PREFIX, "eth"), four, six, options.get(HOST4, ""),
        options.get(HOST6, ""), tuple(name for name in options.get(TRUSTED, "").split(":") if name),
    )  # fmt: skip
