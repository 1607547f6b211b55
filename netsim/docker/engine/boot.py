"""dockerd starts: options are checked, the predefined networks made (`daemon.NewDaemon`, `initNetworkController`)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.docker.cnm.lifecycle import tidy
from netsim.docker.engine import health, live, shutdown
from netsim.docker.engine.daemon_file import options_of
from netsim.docker.engine.default_bridge import forget_default_bridge, make_default_bridge, remove_docker0
from netsim.docker.engine.engine import Engine, engine_of
from netsim.docker.engine.networks import new_network, read_network_opts, revive_network
from netsim.docker.engine.run import deliver, ended, exited_quietly, restarts, start_quietly
from netsim.docker.engine.security import signal_of
from netsim.docker.errors import Refusal, invalid
from netsim.docker.firewall import firewall_for
from netsim.docker.firewall.writer import Firewall
from netsim.docker.ids import new_id
from netsim.docker.ipam.space import LOCAL_BLOCKS, AddressSpace, read_blocks
from netsim.docker.profile import RELEASES, EngineProfile
from netsim.docker.settings import DaemonOptions, NetworkSpec
from netsim.machine.call import Program
from netsim.machine.fds import Capture, Null
from netsim.machine.machine import FOREGROUND_LIMIT, FOREGROUND_STEPS, Machine
from netsim.machine.process import SIGINT, SIGKILL, SIGQUIT, SIGTERM, Process
from netsim.wiring import Wiring

SOCKET = "docker.socket"
"""Among a machine's services: systemd listens for the daemon and starts it when somebody asks."""


@attrs.define(eq=False)
class Dockerd(Program):
    """The daemon's process: it hears of the end of its containers."""

    engine: Engine | None = None
    profile: EngineProfile | None = None
    options: DaemonOptions | None = None
    asked: int = 0
    """Signals that asked it to end."""

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
        """Asked to end: containers are stopped first, unless they live on without the daemon; networks, rules and devices stay as they are."""
        self.asked += 1
        engine = self.engine
        if signum not in (SIGINT, SIGTERM, SIGQUIT):
            return
        if engine is None or (engine.options.live_restore and live.survivors(engine)):
            proc.exit(0)
        elif self.asked >= shutdown.FORCED or signum == SIGQUIT:
            proc.exit(128 + signum)
        elif not engine.closing:
            shutdown.begin(engine, proc)

    def ended(self, proc: Process) -> None:
        """However it ended, its relays end too (`Pdeathsig`)."""
        if self.engine is not None:
            live.part(self.engine)
            for watcher in self.engine.watchers:
                if watcher.status is None:
                    watcher.timer(0, "gone")

    def readable(self, proc: Process, fd: int) -> None:
        """Something for one of the name servers."""
        resolver = self.engine.resolvers.get(fd) if self.engine is not None else None
        if resolver is not None:
            resolver.readable(fd)

    def timer(self, proc: Process, token: Any) -> None:
        """An upstream name server was silent for too long, or the swarm's turn came."""
        if isinstance(token, tuple) and token[0] == "swarm":
            if self.engine is not None and self.engine.swarm is not None:
                self.engine.swarm.timer(token[1:])
            return
        if isinstance(token, str) and self.engine is not None:
            shutdown.timer(self.engine, proc, token)
            return
        resolver = self.engine.resolvers.get(token[1]) if self.engine is not None and isinstance(token, tuple) else None
        if resolver is not None:
            resolver.timed_out(token[1], token[2])

    def child_ended(self, proc: Process, pid: int, status: int) -> None:
        """A container's first process, or a tool the daemon ran."""
        engine = self.engine
        if engine is not None:
            if pid in engine.first_processes:
                exited_quietly(engine, pid, status)
            if engine.containers:
                health.child_ended(engine, pid, status)


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
    try:
        return _start(process, program, profile, options)
    except Refusal as problem:
        raise Refusal(problem.status, f"failed to start daemon: {problem.text}") from None


def _start(process: Process, program: Dockerd, profile: EngineProfile, options: DaemonOptions) -> Engine:
    machine = process.machine
    check(options, profile)
    before = machine.services.get("docker")
    blocks = read_blocks(profile, options.default_address_pools) or LOCAL_BLOCKS
    engine = Engine(machine, process, profile, options, Firewall(), AddressSpace(profile, blocks))
    engine.id, engine.started = new_id(engine.rng), machine.kernel.clock.now
    program.engine = engine
    engine.firewall = firewall_for(profile, options, engine.run, process.env)
    machine.files.makedirs(None, "/run/docker")
    engine.firewall.start(0)
    if isinstance(before, Engine) and _lives_on(engine, before):
        _ready(engine)
        return engine
    if isinstance(before, Engine):
        restore(engine, before)
    for name, driver in (("none", "null"), ("host", "host")):
        if not any(network.name == name for network in engine.networks.values()):
            new_network(engine, NetworkSpec(name, driver)).builtin = 1
    if options.bridge != "none":
        make_default_bridge(engine)
    else:
        remove_docker0(engine)
    engine.firewall.user_chain()
    _ready(engine)
    return engine


def _ready(engine: Engine) -> None:
    """It answers, and starts what is to be started."""
    engine.machine.services["docker"] = engine
    engine.machine.files.write(None, "/run/docker.sock", b"")
    for container in engine.containers.values():
        if not container.state.is_running and restarts(container):
            start_quietly(engine, container)


def _lives_on(engine: Engine, before: Engine) -> int:
    """Whether containers of the daemon before run on (`--live-restore`); without that they are stopped now."""
    living = live.survivors(before)
    if not living:
        return 0
    if not engine.options.live_restore:
        before.process = engine.process
        for container in living:
            live.adopt(engine, container)
        stop_containers(before)
        engine.first_processes.clear()
        return 0
    keep(engine, before)
    live.take_over(engine, before, living)
    return 1


def check(options: DaemonOptions, profile: EngineProfile) -> None:
    """Options that exclude each other (`verifyDaemonSettings`)."""
    if options.bridge and options.bip:
        raise invalid("You specified -b & --bip, mutually exclusive options. Please specify only one")
    if not options.icc and not options.iptables:
        raise invalid("You specified --iptables=false with --icc=false. ICC=false uses iptables to function. Please set --icc or --iptables to true")
    if not options.icc and options.ipv6 and options.ip6tables == 0 and profile.lists_problems:
        raise invalid(
            "You specified --ip6tables=false with --icc=false. ICC=false uses ip6tables to function. Please set --icc or --ip6tables to true"
        )
    read_network_opts(options.default_network_opts)
    if options.ip6tables and profile.needs_experimental_ip6tables and not options.experimental:
        raise invalid("ip6tables rules are only available if experimental features are enabled")


def stop_containers(engine: Engine) -> None:
    """By force those that do not end at once."""
    for container in list(engine.containers.values()):
        if container.state.is_running and container.process is not None:
            kept, container.stopped_by_hand = container.stopped_by_hand, 1
            process = container.process
            deliver(container, signal_of(container.spec.stop_signal or container.image.stop_signal or "TERM"))
            process.signal(SIGKILL)
            ended(engine, container, 128 + SIGKILL if process.status is None else process.status)
            container.stopped_by_hand = kept
    tidy(engine)


def restore(engine: Engine, before: Engine) -> None:
    """What the daemon's store kept: user-defined networks among it, whose devices and rules are set up again."""
    keep(engine, before)
    for network in list(before.networks.values()):
        if network.name in ("none", "host"):
            engine.networks[network.id] = network
        elif not network.builtin:
            revive_network(engine, network)
        else:
            forget_default_bridge(engine, network)
            before.networks.pop(network.id, None)  # nor will a daemon find it that starts when this one could not
            if engine.options.default_address_pools and not engine.options.live_restore:
                remove_docker0(engine)  # its address may be of no pool now


def keep(engine: Engine, before: Engine) -> None:
    """Containers, images and volumes; what happened to them it had in memory alone."""
    engine.id, engine.containers, engine.images, engine.volumes = before.id, before.containers, before.images, before.volumes


def stop(machine: Machine) -> None:
    """Stop the daemon, if one runs, and wait until it has ended."""
    engine = machine.services.get("docker")
    if isinstance(engine, Engine) and engine.process.status is None:
        engine.process.signal(SIGTERM)
        clock = machine.kernel.clock
        clock.run_until_ended(engine.process, clock.now + FOREGROUND_LIMIT, FOREGROUND_STEPS)
        engine.process.die(SIGKILL)


def restart(machine: Machine, profile: EngineProfile, options: DaemonOptions) -> Engine:
    """Stop the daemon, if one runs, and start it with other options; refused with its last words."""
    stop(machine)
    return boot(machine, profile, options)


def activated(machine: Machine) -> Engine:
    """The machine's daemon, started by its socket if it never ran or systemd stopped it (docker.socket); refused when it was stopped otherwise."""
    engine = machine.services.get("docker")
    stopped = isinstance(engine, Engine) and engine.process.status is not None and SOCKET in machine.services
    if engine is None or stopped:
        Wiring(machine.kernel.init_net).up("lo")  # as on any machine whose services run
        return boot(machine, RELEASES[machine.docker_release], options_of(machine))
    return engine_of(machine)
