"""What clients ask of the daemon, as values: containers, networks, endpoints, and the daemon's own options."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from netsim.addr import MAC
from netsim.values import quick

EMPTY: Mapping[str, str] = {}


@quick
@attrs.frozen(order=True, weakref_slot=False)
class Port:
    """A container's port; `str` gives `80/tcp`."""

    number: int
    protocol: str = "tcp"

    def __str__(self) -> str:
        return f"{self.number}/{self.protocol}"


@quick
@attrs.frozen(weakref_slot=False)
class PortBinding:
    """Where a port is to be published: host address and port (a number or `first-last`), empty where the daemon may choose."""

    host_ip: str = ""
    host_port: str = ""


@quick
@attrs.frozen(weakref_slot=False)
class EndpointSettings:
    """How a container is to be attached to a network (`--ip`, `--network-alias`, `--link` ...); addresses are text that the daemon reads."""

    ipv4: str = ""
    ipv6: str = ""
    link_local: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    mac: MAC | None = None
    driver_opts: Mapping[str, str] = attrs.field(default=EMPTY)
    gw_priority: int = 0
    sends_ipam: int = 0
    """Whether the request had an (empty) IPAMConfig and DriverOpts, as `docker network connect` sends them; inspect tells."""

    @property
    def has_ipam(self) -> bool:
        """Whether an address of any kind was asked for."""
        return bool(self.ipv4 or self.ipv6 or self.link_local)


@quick
@attrs.frozen(weakref_slot=False)
class RestartPolicy:
    """`--restart`: no, always, unless-stopped, on-failure with a number of tries."""

    name: str = "no"
    maximum: int = 0


UNBOUND: Mapping[Port, tuple[PortBinding, ...]] = {}
UNATTACHED: Mapping[str, EndpointSettings] = {}


@quick
@attrs.frozen(weakref_slot=False)
class MountPoint:
    """What is mounted in a container: a path of the host (`bind`), a volume (without `source` a new one), or memory (`tmpfs`)."""

    kind: str
    source: str
    target: str
    mode: str = ""
    """As it was written: `ro`, `z` ..."""
    read_only: int = 0
    made: int = 1
    """Whether a path that the host does not have is made (`-v`) or refused (`--mount`)."""
    nameless: int = 0
    """A volume that nobody named."""


@quick
@attrs.frozen(weakref_slot=False)
class HostConfig:
    """The part of a container's request that is about the host it will run on."""

    network_mode: str = "default"
    port_bindings: Mapping[Port, tuple[PortBinding, ...]] = attrs.field(default=UNBOUND)
    publish_all: int = 0
    links: tuple[str, ...] = ()
    dns: tuple[str, ...] = ()
    dns_options: tuple[str, ...] = ()
    dns_search: tuple[str, ...] = ()
    extra_hosts: tuple[str, ...] = ()
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    privileged: int = 0
    restart: RestartPolicy = RestartPolicy()
    auto_remove: int = 0
    sysctls: Mapping[str, str] = attrs.field(default=EMPTY)
    uts_mode: str = ""
    pid_mode: str = ""
    binds: tuple[str, ...] = ()
    """`-v SOURCE:TARGET[:MODE]` each."""
    mounts: tuple[MountPoint, ...] = ()
    """`--mount`, `--tmpfs` and `-v TARGET`."""
    volumes_from: tuple[str, ...] = ()
    reported: Mapping[str, object] = attrs.field(default=EMPTY)
    """Options that nothing comes of but that inspect tells, by their name in the API (`Memory`, `Binds` ...)."""


@quick
@attrs.frozen(weakref_slot=False)
class HealthCheck:
    """How a container is tested (`HEALTHCHECK`); spans in ns, 0: the daemon's own."""

    test: tuple[str, ...]
    """`CMD` and words, `CMD-SHELL` and a line, or `NONE`."""
    interval: int = 0
    timeout: int = 0
    start_period: int = 0
    start_interval: int = 0
    retries: int = 0
    assumed: int = 0
    """1: the test's program is not modelled, and the test counts as passed while the container runs."""


@quick
@attrs.frozen(weakref_slot=False)
class ContainerSpec:
    """A request for a container (`POST /containers/create`)."""

    image: str
    name: str = ""
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] | None = None
    hostname: str = ""
    domainname: str = ""
    env: tuple[str, ...] = ()
    exposed: tuple[Port, ...] = ()
    labels: Mapping[str, str] = attrs.field(default=EMPTY)
    mac: MAC | None = None
    working_dir: str = ""
    user: str = ""
    tty: int = 0
    open_stdin: int = 0
    stop_signal: str = ""
    stop_timeout: int | None = None
    attached: tuple[str, ...] = ("stdout", "stderr")
    """Which of its streams whoever ran it is attached to."""
    health: HealthCheck | None = None
    host: HostConfig = HostConfig()
    networks: Mapping[str, EndpointSettings] = attrs.field(default=UNATTACHED)

    def filled_in(self, name: str, command: tuple[str, ...], entrypoint: tuple[str, ...]) -> ContainerSpec:
        """The same with what the daemon chose where nothing was said."""
        return ContainerSpec(
            self.image, name, command, entrypoint, self.hostname, self.domainname, self.env, self.exposed, self.labels, self.mac, self.working_dir,
            self.user, self.tty, self.open_stdin, self.stop_signal, self.stop_timeout, self.attached, self.health, self.host, self.networks,
        )  # fmt: skip


@quick
@attrs.frozen(weakref_slot=False)
class IpamConfig:
    """One subnet of a network as it was asked for, in text that the daemon reads (`docker/ipam/request.py`); empty: left to the daemon."""

    subnet: str = ""
    ip_range: str = ""
    gateway: str = ""
    aux: Mapping[str, str] = attrs.field(default=EMPTY)


@quick
@attrs.frozen(weakref_slot=False)
class NetworkSpec:
    """A request for a network (`POST /networks/create`)."""

    name: str
    driver: str = "bridge"
    configs: tuple[IpamConfig, ...] = ()
    ipam_driver: str = "default"
    ipam_options: Mapping[str, str] = attrs.field(default=EMPTY)
    options: Mapping[str, str] = attrs.field(default=EMPTY)
    labels: Mapping[str, str] = attrs.field(default=EMPTY)
    internal: int = 0
    attachable: int = 0
    ingress: int = 0
    ipv4: int = 1
    ipv6: int = 0
    families: tuple[str, ...] = ()
    """Which families the request itself switches on or off (`ipv4`, `ipv6`); the others follow the driver options, where those name them."""
    scope: str = ""
    config_only: int = 0
    config_from: str = ""


@attrs.frozen
class DaemonOptions:
    """What `dockerd` was started with (dockerd(8)); addresses in CIDR text are checked when the daemon starts."""

    bridge: str = ""
    bip: str = ""
    bip6: str = ""
    fixed_cidr: str = ""
    fixed_cidr_v6: str = ""
    default_gateway: str = ""
    default_gateway_v6: str = ""
    default_address_pools: tuple[str, ...] = ()
    default_network_opts: tuple[str, ...] = ()
    icc: int = 1
    ip: str = "0.0.0.0"
    ip_forward: int = 1
    ip_forward_no_drop: int = 0
    ip_masq: int = 1
    iptables: int = 1
    ip6tables: int | None = None
    ipv6: int = 0
    mtu: int = 0
    userland_proxy: int = 1
    allow_direct_routing: int = 0
    bridge_accept_fwmark: str = ""
    firewall_backend: str = ""
    dns: tuple[str, ...] = ()
    dns_options: tuple[str, ...] = ()
    dns_search: tuple[str, ...] = ()
    host_gateway_ip: str = ""
    host_gateway_ips: tuple[str, ...] = ()
    """The same for both families (28)."""
    experimental: int = 0
    live_restore: int = 0
    swarm_default_advertise_addr: str = ""
    default_runtime: str = "runc"
    add_runtimes: tuple[str, ...] = ()
    """`NAME=PATH` each."""
