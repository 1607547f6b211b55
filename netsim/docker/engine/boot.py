"""dockerd starts: options are checked, the predefined networks made (`daemon.NewDaemon`, `initNetworkController`)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPv4Net
from netsim.docker.drivers import bridge_config
from netsim.docker.engine.engine import Engine, engine_of
from netsim.docker.engine.networks import new_network, revive_network
from netsim.docker.engine.run import ended, exited_quietly
from netsim.docker.errors import Refusal, failed
from netsim.docker.firewall import firewall_for
from netsim.docker.firewall.writer import Firewall
from netsim.docker.ids import new_id
from netsim.docker.ipam.space import LOCAL_BLOCKS, AddressSpace, read_block
from netsim.docker.profile import RELEASES, EngineProfile
from netsim.docker.settings import DaemonOptions, IpamConfig, NetworkSpec
from netsim.kernel import sysctl
from netsim.machine.call import Program
from netsim.machine.fds import Capture, Null
from netsim.machine.machine import Machine
from netsim.machine.process import SIGKILL, Process
from netsim.wiring import Wiring


@attrs.define(eq=False)
class Dockerd(Program):
    """The daemon's process: it hears of the end of its containers."""

    engine: Engine | None = None
    profile: EngineProfile | None = None
    options: DaemonOptions | None = None

    def started(self, proc: Process) -> None:
        """Typed as a command: come up now, or say why not."""
        if self.engine is not None or self.profile is None:
            return
        try:
            start(proc, self, self.profile, self.options or DaemonOptions())
        except Refusal as problem:
            proc.write(2, problem.text + "\n")
            proc.exit(1)

    def signal(self, proc: Process, signum: int) -> None:
        """Asked to end: containers are stopped first."""
        if self.engine is not None:
            shut_down(self.engine)
        proc.exit(0)

    def readable(self, proc: Process, fd: int) -> None:
        """Something for one of the name servers."""
        resolver = self.engine.resolvers.get(fd) if self.engine is not None else None
        if resolver is not None:
            resolver.readable(fd)

    def timer(self, proc: Process, token: Any) -> None:
        """An upstream name server was silent for too long."""
        resolver = self.engine.resolvers.get(token[1]) if self.engine is not None and isinstance(token, tuple) else None
        if resolver is not None:
            resolver.timed_out(token[1], token[2])

    def child_ended(self, proc: Process, pid: int, status: int) -> None:
        """A container's first process, or a tool the daemon ran."""
        if self.engine is not None:
            exited_quietly(self.engine, pid, status)


def boot(machine: Machine, profile: EngineProfile, options: DaemonOptions | None = None) -> Engine:
    """Start the daemon of a machine; refused with its last words when it cannot."""
    program = Dockerd()
    process = machine.spawn(machine.init, ("dockerd",), fds={0: Null(), 1: Capture(), 2: Capture()}, program=program)
    try:
        return start(process, program, profile, options or DaemonOptions())
    except Refusal:
        process.exit(1)
        raise


def start(process: Process, program: Dockerd, profile: EngineProfile, options: DaemonOptions) -> Engine:
    """The daemon comes up in a process: its store read, its chains and predefined networks made."""
    machine = process.machine
    before = machine.services.get("docker")
    check(process, options)
    blocks = tuple(read_block(text) for text in options.default_address_pools) or LOCAL_BLOCKS
    engine = Engine(machine, process, profile, options, Firewall(), AddressSpace(profile, blocks))
    engine.id = new_id(engine.rng)
    program.engine = engine
    engine.firewall = firewall_for(profile, options, engine.run)
    machine.files.makedirs(None, "/run/docker/netns")
    engine.firewall.start(0)
    if isinstance(before, Engine):
        restore(engine, before)
    for name, driver in (("none", "null"), ("host", "host")):
        if not any(network.name == name for network in engine.networks.values()):
            new_network(engine, NetworkSpec(name, driver)).builtin = 1
    if options.bridge != "none":
        new_network(engine, default_bridge(options)).builtin = 1
    engine.firewall.user_chain()
    machine.services["docker"] = engine
    machine.files.write(None, "/run/docker.sock", b"")
    return engine


def check(process: Process, options: DaemonOptions) -> None:
    """What the daemon refuses to start with: nftables never switches forwarding on by itself."""
    if options.firewall_backend == "nftables" and options.ip_forward and options.bridge != "none":
        if sysctl.read(process.netns, "net/ipv4/ip_forward") == "0":
            raise failed(
                'failed to start daemon: Error initializing network controller: error creating default "bridge" network: '
                "IPv4 forwarding is disabled: check your host's firewalling and set sysctl net.ipv4.ip_forward=1, or disable this check using daemon option "
                "--ip-forward=false"
            )


def shut_down(engine: Engine) -> None:
    """Every container is stopped; networks, rules and devices stay as they are (`Daemon.Shutdown`)."""
    for container in list(engine.containers.values()):
        if container.state.is_running and container.process is not None:
            container.stopped_by_hand = 1
            container.process.signal(SIGKILL)
            ended(engine, container, 128 + SIGKILL)


def restore(engine: Engine, before: Engine) -> None:
    """What the daemon's store kept: containers, images and user-defined networks, whose devices and rules are set up again."""
    engine.id, engine.containers, engine.images = before.id, before.containers, before.images
    for network in before.networks.values():
        if network.name in ("none", "host"):
            engine.networks[network.id] = network
        elif not network.builtin:
            revive_network(engine, network)


def restart(machine: Machine, profile: EngineProfile, options: DaemonOptions) -> Engine:
    """Stop the daemon, if one runs, and start it with other options; refused with its last words."""
    engine = machine.services.get("docker")
    if isinstance(engine, Engine) and engine.process.status is None:
        shut_down(engine)
        engine.process.exit(0)
    return boot(machine, profile, options)


def activated(machine: Machine) -> Engine:
    """The machine's daemon, started by its socket if it never ran (systemd's docker.socket); refused when it was stopped."""
    if "docker" not in machine.services:
        Wiring(machine.kernel.init_net).up("lo")  # as on any machine whose services run
        return boot(machine, RELEASES[machine.docker_release])
    return engine_of(machine)


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
        config = IpamConfig(f"{net.network}/{net.length}", options.fixed_cidr, str(net.address))
    return NetworkSpec("bridge", "bridge", (config,), options=labels, ipv6=options.ipv6)
