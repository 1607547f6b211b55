"""What differs between releases of the engine, as one value that code asks instead of comparing versions."""

from __future__ import annotations

import attrs

from netsim.kernel.tables.inet6 import IFA_F_NODAD


@attrs.frozen
class Durations:
    """How long the daemon takes for things, in ms of virtual time, before they happen: a container's devices come up at the end of its start,
    so what is looked at next has settled no further than it would have. Taken from the times of events of real daemons."""

    create: int = 40
    """A container is created."""
    start: int = 230
    """Its network is made and its process begins."""
    stop: int = 80
    """A process that has ended is cleared away."""
    remove: int = 30
    execute: int = 60
    """A process beside the first one."""
    network_create: int = 110
    network_remove: int = 100
    connect: int = 90
    """A running container joins or leaves a network."""
    swarm_init: int = 100
    swarm_join: int = 500
    swarm_leave: int = 300
    answer: int = 30
    """From there to the client's end."""
    clear: int = 25
    """From the end of a process that ended by itself to that of its network."""


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
    fills_namespace_last: int = 0
    """27 and older join every network before the runtime makes the namespace, the default bridge first; then all interfaces move in."""
    takes_back_failed: int = 0
    """29 takes the interface out again when a container cannot join; before, it goes with the namespace."""
    forgets_failed: int = 0
    """29 forgets that a container is to be on a network that it could not join, so that it starts without it the next time (moby#51758)."""
    tells_end_last: int = 1
    """Whether the end of a container is told when its network and volumes are gone, with the seconds it ran (23); before, it is told first."""
    tells_volumes_again: int = 0
    """Whether a volume that is there already is told of as created whenever it is asked for (20.10)."""
    knows_start_interval: int = 1
    """Whether a container that starts may be tested more often (25)."""
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
    proxy_files: tuple[str, ...] = ("", "", "anon_inode:[eventpoll]", "anon_inode:[eventfd]")
    """What docker-proxy has open from 3 on when it listens; empty: a descriptor from the daemon, which it closes then."""
    bind_failure: str = "failed to bind host port for {host}:{port}:{inside}:{number}/{protocol}: {reason}"
    """A host port that is taken, with the userland proxy."""
    hold_failure: str = "failed to bind host port for {host}:{port}:{inside}:{number}/{protocol}: {reason}"
    """The same without it."""
    ports_by_address: int = 0
    """27 and older keep host ports per address: one of 0.0.0.0 and the same of 127.0.0.1 clash only in the kernel."""
    lists_problems: int = 1
    """27 and later check a request whole before anything is done, and list what is wrong with it."""
    parses_addresses: int = 0
    """29 reads addresses while it decodes the request."""
    takes_subnet_sizes: int = 0
    """`--subnet 0.0.0.0/24` asks for a subnet of that size out of the predefined ones (29)."""
    needs_static_subnet: int = 1
    """Whether a fixed address wants a subnet that was asked for (28 and older), or just one that contains it."""
    address_on_predefined: str = "user specified IP address is supported on user defined networks only"
    alias_on_predefined: str = "network-scoped alias is supported only for containers in user defined networks"
    outside_subnets: str = "no configured subnet or ip-range contain the IP address {address}"
    active_endpoints: str = "network {name} has active endpoints ({endpoints})"
    endpoint_item: str = 'name:"{name}" id:"{id}"'
    """How an endpoint is shown in it."""
    own_configuration: str = "user specified configurations"
    """What a network out of a configuration network may not have."""
    empty_name: str = "invalid name: name is empty"
    """A network without a name."""
    lists_without_members: int = 1
    """Whether lists of networks know nothing of their containers, so that all but the predefined ones dangle (28 and older)."""
    has_ipv6_pools: int = 1
    """27 and later choose IPv6 subnets out of a prefix made of the daemon's identity (RFC 4193)."""
    gives_small_subnets: int = 1
    """Whether /31 and /32 can be subnets (27)."""
    gateway_modes: tuple[str, ...] = ("nat", "nat-unprotected", "routed", "isolated")
    """Values of `gateway_mode_ipv4`; none: the option is not read (20.10)."""
    keeps_idle_ipv6: int = 0
    """Whether IPv6 subnets of a network without IPv6 are kept (20.10)."""
    guards_docker0: int = 1
    """Whether another network on docker0 is refused; 20.10 takes it for the new default bridge."""
    bridge_lookup_failure: str = "{reason}"
    """A name that no device can have."""
    sets_mtu_of_bridge: int = 1
    """Whether a network's MTU is that of its bridge at once (25); before, the bridge takes the least of its ports."""
    id_in_groups: int = 0
    """Whether the daemon's identity is a key's fingerprint (before 23) or a UUID."""
    saves_layout: int = 1
    """Whether `docker save` writes an OCI layout (25); before, a directory for each layer."""
    mac_of_bridge_is_short: int = 0
    """Bridges get 02:42 and four random bytes (27 and older), later six."""
    defers_ipv6: int = 0
    """Whether addresses of the default bridge's IPv6 prefix are made from the MAC (20.10, 27)."""
    clears_ipv6: int = 0
    """Whether a bridge that was there loses its global IPv6 addresses when a network without IPv6 takes it (20.10, 27)."""
    fixes_link_local: int = 0
    """Whether bridges get fe80::1 (20.10)."""
    bridge_address_flags: int = IFA_F_NODAD
    """Flags of a bridge's IPv6 address: 27 and later spare it duplicate address detection, which would wait for the first port."""
    drops_ipv6_forward: int = 1
    """Whether switching IPv6 forwarding on makes FORWARD of ip6tables drop what it does not know."""
    names_default_network: int = 1
    """Whether the mode `default` is kept as `bridge` (27)."""
    forgets_hosts_by_name: int = 0
    """27 and older strike lines out of /etc/hosts by the names that members of the network have, the container's own short id among them."""
    forgets_default_hosts: int = 1
    """Whether leaving the default bridge takes its lines out of /etc/hosts (28)."""
    protocol_failure: str = "error starting userland proxy: failed to listen on {host}:{port}: {reason}"
    """A protocol the kernel does not have."""
    unknown_restart: str = "invalid restart policy: unknown policy '{name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'"
    restart_count: str = "invalid restart policy: maximum retry count can only be used with 'on-failure'"
    not_running: str = "container {id} is not running"
    cannot_kill: str = "cannot kill container: {name}"
    asks_for_isolated: int = 0
    """Whether the name server asks from the host's namespace for containers whose networks lead nowhere (20.10)."""
    answers_failure: int = 1
    """Whether the name server says that nobody outside answered; 20.10 says nothing."""
    asks_from_host: int = 1
    """28 asks the host's name servers from the host's namespace; before, from the container's."""
    hides_chosen_gateway: int = 0
    """20.10 shows a gateway it chose itself only after the daemon was restarted."""
    disables_ipv6: int = 0
    """20.10 switches IPv6 off in the whole namespace of a container without IPv6 networks, later releases on its interfaces."""
    asks_about_gateways: int = 1
    """Whether drivers may say that a network needs no gateway (28)."""
    wants_named_gateways: int = 0
    """Whether macvlan and ipvlan networks have no gateway but one that the request names (29)."""
    prefers_both_families: int = 1
    """Whether an endpoint that leads out by IPv4 and IPv6 goes before all others (28)."""
    shares_parents: int = 1
    """Whether several macvlan networks may stand on one device (27)."""
    isolates_without_parent: int = 1
    """Whether macvlan and ipvlan networks without a parent have no gateway (27)."""
    knows_ipvlan_flags: int = 1
    """Whether ipvlan knows `ipvlan_flag`, and the mode `l3s`."""
    names_interfaces: int = 1
    """`com.docker.network.endpoint.ifname` (28)."""
    sets_endpoint_sysctls: int = 1
    """`com.docker.network.endpoint.sysctls` (27)."""
    always_drops_ipv6_forward: int = 0
    """20.10 and 27 let FORWARD of ip6tables drop what it does not know as soon as they start, and isolate bridges there that have no IPv6."""
    has_ipv6_user_chain: int = 1
    """Whether ip6tables has DOCKER-USER (20.10 writes it only in iptables)."""
    looks_at_forwarding: int = 0
    """Whether IPv4 forwarding is looked up for each container (20.10)."""
    needs_experimental_ip6tables: int = 0
    """20.10 writes ip6tables' rules only with `--experimental`."""
    default_bridge_failure: str = 'error creating default "bridge"'
    checks_mac_mode: int = 0
    """Whether a MAC is refused beside the modes host and container (20.10; later it belongs to an endpoint)."""
    joins_missing: str = "joining network namespace of container: {problem}"
    """A target of `container:` that is not there."""
    joins_stopped: str = "cannot join network namespace of a non running container: container {name} is {status}"
    """One that does not run."""
    joins_itself: str = "cannot join own network namespace"
    """A container whose mode names itself."""
    joins_host: str = "cannot connect container to host network - container must be created in host network mode"
    parent_missing: str = "-o parent interface was not found on the host"
    disconnect_events: int = 1
    """How often `network disconnect` is told of: by the endpoint, and by the request too (27 and older)."""
    ipc_problem: str = "invalid"
    mode_problem: str = "Invalid"
    runtime_prefix: str = "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: "
    """What the runtime's refusals begin with."""
    checks_links_first: int = 1
    """28 looks at the targets of links before it makes the network; before, while."""
    sets_link_variables: int = 1
    """Whether links set variables (not 29's)."""
    link_ports_tcp_first: int = 1
    """28 sorts the ports of a link by protocol first."""
    keeps_other_links: int = 0
    """Whether the other lines of /etc/hosts outlive `docker rm --link` (27 and older)."""
    shares_host_ports: int = 1
    """27 and later sort what is to be published anew and give both families, and whatever differs in the host's address only, one number."""
    runtime_directory: str = "/var/run/docker"
    comments_resolv_conf: int = 1
    """27 and later explain themselves in resolv.conf."""
    hosts_zeros: str = "::"
    """How /etc/hosts writes `fe00` and `ff00`: 20.10 with `::0`."""
    advertises_addresses: int = 1
    """Whether endpoints announce their addresses (28)."""
    tries_vxlan: int = 0
    """20.10 makes and removes a VXLAN device to see whether the kernel can."""
    durations: Durations = Durations()
    shows_ipv4_switch: int = 1
    """`EnableIPv4` in inspect (28)."""


V20_10 = EngineProfile(
    "20.10.24", "1.41", "v20_10", tells_end_last=0, tells_volumes_again=1, sets_mtu_of_bridge=0, saves_layout=0, id_in_groups=1, knows_start_interval=0, advertises_addresses=0, tries_vxlan=1, durations=Durations(150, 1100, 250, 150, 350, 300, 300, 250), takes_mac_from_address=1, makes_veth_inside=0, fills_namespace_last=1, reuses_interface_names=0, knows_gateway_priority=0,
    checks_links_first=0, link_ports_tcp_first=0, keeps_other_links=1, shares_host_ports=0, ports_by_address=1, lists_problems=0, outside_subnets="Invalid address {address}: It does not belong to any of this network's subnets",
    active_endpoints="network {name} id {id} has active endpoints", empty_name="network with name  already exists", has_ipv6_pools=0, gives_small_subnets=0,
    checks_mac_mode=1, ipc_problem="Invalid", joins_missing="{problem}", joins_itself="cannot join own network", joins_stopped="cannot join network of a non running container: {id}",
    joins_host="container cannot be disconnected from host network or connected to host network",
    runtime_prefix="failed to create shim task: OCI runtime create failed: runc create failed: ",
    unknown_restart="invalid restart policy '{name}'", restart_count="maximum retry count cannot be used with restart policy '{name}'",
    not_running="Container {id} is not running", cannot_kill="Cannot kill container: {name}", needs_experimental_ip6tables=1, forgets_hosts_by_name=1,
    always_drops_ipv6_forward=1, has_ipv6_user_chain=0, looks_at_forwarding=1,
    default_bridge_failure='Error creating default "bridge"',
    gateway_modes=(), asks_about_gateways=0, shares_parents=0, isolates_without_parent=0, knows_ipvlan_flags=0, names_interfaces=0, sets_endpoint_sysctls=0,
    guards_docker0=0, keeps_idle_ipv6=1, bridge_lookup_failure="failed to check bridge interface existence: {reason}", mac_of_bridge_is_short=1,
    defers_ipv6=1, clears_ipv6=1, fixes_link_local=1, bridge_address_flags=0, drops_ipv6_forward=0, names_default_network=0, forgets_default_hosts=0,
    takes_subnets_in_turn=1, wraps_network_failures=0, several_networks_at_create=0, routes_internal=1, aliases_short_id=1,
    answers_failure=0, asks_for_isolated=1, hides_chosen_gateway=1, disables_ipv6=1, comments_resolv_conf=0, hosts_zeros="::0", shows_ipv4_switch=0, proxy_takes_socket=0, proxy_files=("",), asks_from_host=0,
    parent_missing="-o parent interface does was not found on the host", disconnect_events=2,
    protocol_failure="Error starting userland proxy: {reason}",
    bind_failure="Error starting userland proxy: listen {network} {host}:{port}: bind: {reason}",
    hold_failure="listen {network} {host}:{port}: bind: {reason}",
)  # fmt: skip
V27 = EngineProfile(
    "27.5.1", "1.47", "v27", disconnect_events=2, advertises_addresses=0, durations=Durations(120, 850, 230, 100, 170, 140, 400, 200), takes_mac_from_address=1, makes_veth_inside=0, fills_namespace_last=1, reuses_interface_names=0, knows_gateway_priority=0,
    wraps_network_failures=0, shows_ipv4_switch=0, proxy_takes_socket=0, proxy_files=("",), asks_from_host=0, hosts_zeros="::0",
    checks_links_first=0, link_ports_tcp_first=0, keeps_other_links=1, ports_by_address=1, active_endpoints="network {name} id {id} has active endpoints", empty_name="invalid name: ", gateway_modes=("nat", "routed"), asks_about_gateways=0, names_interfaces=0,
    joins_missing="{problem}", joins_itself="cannot join own network", joins_stopped="cannot join network of a non running container: {id}",
    joins_host="container cannot be disconnected from host network or connected to host network",
    always_drops_ipv6_forward=1,
    mac_of_bridge_is_short=1, defers_ipv6=1, clears_ipv6=1, forgets_hosts_by_name=1, forgets_default_hosts=0,
    protocol_failure="failed to bind port {host}:{port}/{protocol}: Error starting userland proxy: {reason}",
    bind_failure="failed to bind port {host}:{port}/{protocol}: Error starting userland proxy: listen {network} {host}:{port}: bind: {reason}",
    hold_failure="failed to bind port {host}:{port}/{protocol}: listen {network} {host}:{port}: bind: {reason}",
)  # fmt: skip
V28_0_0 = EngineProfile("28.0.0", "1.48", "v28_0_0")
V28_0_1 = EngineProfile("28.0.1", "1.48", "v28_0")
V28_2_0 = EngineProfile("28.2.0", "1.50", "v28_2")
V28 = EngineProfile("28.5.2", "1.51", "v28")
CGROUP = "/sys/fs/cgroup/cpu/system.slice/docker.service/cpu.cfs_"  # Go 1.25 keeps its own limits open
V29 = EngineProfile("29.7.2", "1.55", "v29", proxy_files=("", "", CGROUP + "quota_us", CGROUP + "period_us", "anon_inode:[eventpoll]", "anon_inode:[eventfd]"), durations=Durations(100, 640, 400, 200, 400, 150, 400, 380), protocol_failure="failed to create socket for {host}:{port}/{protocol}: {reason}",
                    takes_back_failed=1, mode_problem="invalid", forgets_failed=1, wants_named_gateways=1, lists_without_members=0, prefers_both_families=0, own_configuration="user-specified configurations", parses_addresses=1, takes_subnet_sizes=1, sets_link_variables=0, needs_static_subnet=0,
                    address_on_predefined="user-specified IP address is supported on user-defined networks only",
                    alias_on_predefined="network-scoped aliases are only supported for user-defined networks",
                    outside_subnets="no configured subnet contains IP address {address}", bind_failure="failed to bind host port {host}:{port}/{protocol}: {reason}",
                    hold_failure="failed to bind host port {host}:{port}/{protocol}: {reason}")  # fmt: skip
RELEASES = {
    "20.10": V20_10, "20.10.24": V20_10, "27": V27, "27.5.1": V27, "28.0.0": V28_0_0, "28.0.1": V28_0_1, "28.1": V28_0_1, "28.2.0": V28_2_0, "28": V28,
    "28.2.2": attrs.evolve(V28, version="28.2.2", api_version="1.50"), "28.5.2": V28, "29": V29, "29.7.2-nft": V29, "29.7.2": V29,
}  # fmt: skip
"""Which release has which profile."""
