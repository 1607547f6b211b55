"""dockerd starts: options are checked, the predefined networks made (`daemon.NewDaemon`, `initNetworkController`)."""

from __future__ import annotations

import attrs

from netsim.addr import IPv4Net
from netsim.docker.drivers import bridge_config
from netsim.docker.engine.engine import Engine, engine_of
from netsim.docker.engine.networks import new_network
from netsim.docker.engine.run import exited_quietly
from netsim.docker.firewall import WRITERS
from netsim.docker.firewall.writer import Firewall
from netsim.docker.ids import new_id
from netsim.docker.ipam.space import LOCAL_BLOCKS, AddressSpace, read_block
from netsim.docker.profile import RELEASES, EngineProfile
from netsim.docker.settings import DaemonOptions, IpamConfig, NetworkSpec
from netsim.machine.call import Program
from netsim.machine.fds import Capture, Null
from netsim.machine.machine import Machine
from netsim.machine.process import Process
from netsim.wiring import Wiring


@attrs.define(eq=False)
class Dockerd(Program):
    """The daemon's process: it hears of the end of its containers."""

    engine: Engine | None = None

    def child_ended(self, proc: Process, pid: int, status: int) -> None:
        """A container's first process, or a tool the daemon ran."""
        if self.engine is not None:
            exited_quietly(self.engine, pid, status)


def boot(machine: Machine, profile: EngineProfile, options: DaemonOptions | None = None) -> Engine:
    """Start the daemon of a machine; refused with its last words when it cannot."""
    options = options or DaemonOptions()
    program = Dockerd()
    process = machine.spawn(machine.init, ("dockerd",), fds={0: Null(), 1: Capture(), 2: Capture()}, program=program)
    blocks = tuple(read_block(text) for text in options.default_address_pools) or LOCAL_BLOCKS
    engine = Engine(machine, process, profile, options, Firewall(), AddressSpace(profile, blocks))
    engine.id = new_id(engine.rng)
    program.engine = engine
    writer = WRITERS[profile.firewall if options.iptables else "off"]
    engine.firewall = writer(engine.run)
    machine.services["docker"] = engine
    machine.files.write(None, f"{_directory(machine)}/docker.sock", b"")
    engine.firewall.start(0)
    for name, driver in (("none", "null"), ("host", "host")):
        new_network(engine, NetworkSpec(name, driver)).builtin = 1
    if options.bridge != "none":
        new_network(engine, default_bridge(options)).builtin = 1
    if engine.forwarding_switched_on and options.iptables and not options.ip_forward_no_drop:
        engine.run(("iptables", "--wait", "-P", "FORWARD", "DROP"))
    return engine


def activated(machine: Machine) -> Engine:
    """The machine's daemon, started by its socket if it never ran (systemd's docker.socket); refused when it was stopped."""
    if "docker" not in machine.services:
        Wiring(machine.kernel.init_net).up("lo")  # as on any machine whose services run
        return boot(machine, RELEASES[machine.docker_release])
    return engine_of(machine)


def _directory(machine: Machine) -> str:
    machine.files.makedirs(None, "/run/docker/netns")
    return "/run"


def default_bridge(options: DaemonOptions) -> NetworkSpec:
    """The network `bridge` as the daemon's options want it (`initBridgeDriver`)."""
    labels = {
        bridge_config.DEFAULT_BRIDGE: "true", bridge_config.ICC: str(bool(options.icc)).lower(),
        bridge_config.MASQUERADE: str(bool(options.ip_masq)).lower(), bridge_config.BINDING: options.ip,
        bridge_config.NAME: options.bridge or "docker0", bridge_config.MTU: str(options.mtu or 1500),
    }  # fmt: skip
    config = IpamConfig()
    if options.bip:
        net = IPv4Net.parse(options.bip)
        fixed = IPv4Net.parse(options.fixed_cidr) if options.fixed_cidr else None
        config = IpamConfig(IPv4Net(net.network, net.length), fixed, net.address)
    return NetworkSpec("bridge", "bridge", (config,), options=labels, ipv6=options.ipv6)
