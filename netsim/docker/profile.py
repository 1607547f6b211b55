"""What differs between releases of the engine, as one value that code asks instead of comparing versions."""

from __future__ import annotations

import attrs


@attrs.frozen
class EngineProfile:
    """A release of dockerd as far as networks can tell it apart."""

    version: str
    api_version: str
    """The newest API it speaks."""
    firewall: str
    """Which file of `docker/firewall` writes its rules."""
    takes_mac_from_address: int = 0
    """Whether interfaces get 02:42 and their IPv4 address as MAC (20.10, 27); 28 draws one."""
    makes_veth_inside: int = 1
    """28 makes the container's end in its namespace at once (so it gets index 2); before, both ends are born on the host."""
    reuses_interface_names: int = 1
    """28 gives the lowest free `ethN`; before, a counter of the namespace only grows."""
    knows_gateway_priority: int = 1
    """`gw-priority` (API 1.48)."""
    takes_subnets_in_turn: int = 0
    """20.10 hands out subnets next-fit; later releases the lowest free one."""
    wraps_network_failures: int = 1
    """28 puts `failed to set up container networking: ` before what goes wrong at a start."""
    several_networks_at_create: int = 1
    """Whether a container may be created on several networks (API 1.44)."""
    routes_internal: int = 0
    """Whether internal networks still give a default route (20.10)."""
    aliases_short_id: int = 0
    """20.10 lists the short id among an endpoint's aliases; later it is one of its DNS names."""
    proxy_takes_socket: int = 1
    """28 hands docker-proxy the socket it has bound itself (`-use-listen-fd`)."""
    bind_failure: str = "failed to bind host port for {host}:{port}:{inside}:{number}/{protocol}: {reason}"
    """A host port that is taken, with the userland proxy."""
    hold_failure: str = "failed to bind host port for {host}:{port}:{inside}:{number}/{protocol}: {reason}"
    """The same without it."""
    protocol_failure: str = "error starting userland proxy: failed to listen on {host}:{port}: {reason}"
    """A protocol the kernel does not have."""
    answers_failure: int = 1
    """Whether the name server says that nobody outside answered; 20.10 says nothing."""
    asks_from_host: int = 1
    """28 asks the host's name servers from the host's namespace; before, from the container's."""
    hides_chosen_gateway: int = 0
    """20.10 shows a gateway it chose itself only after the daemon was restarted."""
    disables_ipv6: int = 0
    """20.10 switches IPv6 off in the whole namespace of a container without IPv6 networks, later releases on its interfaces."""
    runtime_directory: str = "/var/run/docker"
    comments_resolv_conf: int = 1
    """27 and later explain themselves in resolv.conf."""
    hosts_zeros: str = "::"
    """How /etc/hosts writes `fe00` and `ff00`: 20.10 with `::0`."""
    shows_ipv4_switch: int = 1
    """`EnableIPv4` in inspect (28)."""


V20_10 = EngineProfile(
    "20.10.24", "1.41", "v20_10", takes_mac_from_address=1, makes_veth_inside=0, reuses_interface_names=0, knows_gateway_priority=0,
    takes_subnets_in_turn=1, wraps_network_failures=0, several_networks_at_create=0, routes_internal=1, aliases_short_id=1,
    answers_failure=0, hides_chosen_gateway=1, disables_ipv6=1, comments_resolv_conf=0, hosts_zeros="::0", shows_ipv4_switch=0, proxy_takes_socket=0, asks_from_host=0,
    bind_failure="Error starting userland proxy: listen {network} {host}:{port}: bind: {reason}",
    hold_failure="listen {network} {host}:{port}: bind: {reason}",
)  # fmt: skip
V27 = EngineProfile(
    "27.5.1", "1.47", "v27", takes_mac_from_address=1, makes_veth_inside=0, reuses_interface_names=0, knows_gateway_priority=0,
    wraps_network_failures=0, shows_ipv4_switch=0, proxy_takes_socket=0, asks_from_host=0,
    bind_failure="Error starting userland proxy: listen {network} {host}:{port}: bind: {reason}",
    hold_failure="listen {network} {host}:{port}: bind: {reason}",
)  # fmt: skip
V28_0_1 = EngineProfile("28.0.1", "1.48", "v28_0")
V28_2_0 = EngineProfile("28.2.0", "1.50", "v28_2")
V28 = EngineProfile("28.5.2", "1.51", "v28")
V29 = EngineProfile("29.7.2", "1.55", "v29", bind_failure="failed to bind host port {host}:{port}/{protocol}: {reason}",
                    hold_failure="failed to bind host port {host}:{port}/{protocol}: {reason}")  # fmt: skip
RELEASES = {
    "20.10": V20_10, "20.10.24": V20_10, "27": V27, "27.5.1": V27, "28.0.1": V28_0_1, "28.1": V28_0_1, "28.2.0": V28_2_0, "28": V28,
    "28.2.2": attrs.evolve(V28, version="28.2.2", api_version="1.50"), "28.5.2": V28, "29": V29, "29.7.2-nft": V29, "29.7.2": V29,
}  # fmt: skip
"""Which release has which profile."""
