"""The public face: worlds, hosts, and what commands answer."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING, Any

import attrs

from netsim import __version__
from netsim.clock import MS, SECOND, Clock
from netsim.commands.table import DIALECTS, EXEC_TABLE
from netsim.journal import Entry, Journal, command_line, line_options
from netsim.kernel.profile import PROFILES, KernelProfile
from netsim.machine.call import Result
from netsim.machine.fds import Capture, Null, OpenFile
from netsim.machine.words import simple_argv
from netsim.world.way import Way

if TYPE_CHECKING:
    from netsim.docker.plugins import Plugins
    from netsim.docker.profile import EngineProfile
    from netsim.docker.settings import DaemonOptions
    from netsim.docker.swarm.plain import Mesh
    from netsim.docker_api import Docker
    from netsim.kernel.core.netns import Netns
    from netsim.machine.machine import Machine
    from netsim.machine.process import Process
    from netsim.wiring import Wiring
    from netsim.world.cable import Cable
    from netsim.world.capture import Capture as WorldCapture
    from netsim.world.inject import Injection
    from netsim.world.switch import Lan

COMMAND_TIME = 10 * MS
"""What a command takes besides its waiting: a process has to start, and workers get their turn."""


@attrs.define(eq=False)
class Background:
    """A command started in the background; its output gathers here."""

    process: Process
    stdout: Capture
    stderr: Capture

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    @property
    def is_running(self) -> bool:
        """Whether it still lives."""
        return self.process.status is None

    def result(self) -> Result:
        """What it printed so far and its status (0 while it runs)."""
        return Result(self.stdout.text(), self.stderr.text(), self.process.status or 0)


@attrs.define(eq=False)
class Host:
    """A machine of a world: type commands into it."""

    world: World
    machine: Machine

    def __repr__(self) -> str:
        return f"<netsim host {self.name}>"

    @property
    def name(self) -> str:
        """What the machine is called."""
        return self.machine.name

    def start(self, line: str, *, env: Mapping[str, str] | None = None, pid: int | None = None, netns: Netns | None = None) -> Background:
        """Start a command line (as `bash -c`) and come back at once; a process id and a namespace may be asked for."""
        self.world.journal.add(Entry(self.name, f"{self._typed(line, env, netns)} &"))
        out, err = Capture(), Capture()
        return Background(self._spawn(line, env, pid, netns, out, err), out, err)

    def _spawn(self, line: str, env: Mapping[str, str] | None, pid: int | None, netns: Netns | None, out: Capture, err: Capture) -> Process:
        clock, machine = self.world.clock, self.machine
        if clock.ready or clock.settled:
            clock.catch_up()
        init, argv = machine.init, simple_argv(line)
        full = {**init.env, **env} if env else None
        if argv is None or machine.command(init, argv[0]) is None:
            argv = ("bash", "-c", line)
        return machine.spawn(init, argv, full, "/root", {0: Null(), 1: out, 2: err}, pid=pid, netns=netns)

    def run(self, line: str, *, env: Mapping[str, str] | None = None, limit: int | None = None, netns: Netns | None = None) -> Result:
        """Run a command line as `bash -c LINE` and wait, in virtual time, until it ends; after `limit` ns (default: the machine's) it is interrupted."""
        return self._run(line, env, limit, netns)

    def _run(self, line: str, env: Mapping[str, str] | None, limit: int | None, netns: Netns | None, name: str = "") -> Result:
        """The same where the namespace is asked for by this name."""
        out, err, machine, world = Capture(), Capture(), self.machine, self.world
        process = self._spawn(line, env, None, netns, out, err)
        process.is_awaited = process.status is None
        machine.wait(process, limit)
        world.clock.run_until(world.clock.now + COMMAND_TIME)
        status = process.status or 0
        typed = line if netns is None and not env else self._typed(line, env, netns, name)
        world.journal.add(Entry(machine.name, typed, 0, status))
        return Result(out.text(), err.text(), status)

    def run_together(self, line: str) -> Result:
        """The same as `{ LINE; } 2>&1`: both streams in stdout, in the order in which they were written."""
        both = Capture()
        process = self._spawn(line, None, None, None, both, both)
        process.is_awaited = process.status is None
        self.machine.wait(process, None)
        self.world.clock.run_for(COMMAND_TIME)
        self.world.journal.add(Entry(self.name, self._typed(line, None, None), status=process.status or 0))
        return Result(both.text(), "", process.status or 0)

    def _typed(self, line: str, env: Mapping[str, str] | None, netns: Netns | None, name: str = "") -> str:
        """The line as one would type it on the machine."""
        init = self.machine.init
        return command_line(line, env, "" if netns is None or netns is init.netns else self.machine.netns_name(init, netns, name))

    def netns(self, name: str) -> Namespace:
        """A network namespace by name, made at first mention (as `ip netns add`)."""
        init = self.machine.init
        if self.machine.files.lstat(init, f"/run/netns/{name}") is not None:
            return Namespace(self, name, self.machine.named_netns(init, f"/run/netns/{name}"))
        from netsim.kernel.boot import new_netns

        made = new_netns(self.machine.kernel)
        self.machine.bind_netns(init, name, made)
        self.world.journal.add(Entry(self.name, f"ip netns add {name}"))
        return Namespace(self, name, made)

    def docker(
        self, engine: str | EngineProfile = "28", options: DaemonOptions | None = None, *, firewall: str = "", plugins: Plugins | None = None
    ) -> Docker:
        """The machine's Docker engine, started at first mention; Refusal with the daemon's last words when it cannot start.

        `engine` is a release of `docker.profile.RELEASES` or a profile; `firewall` is "iptables" or "nftables" (29). `plugins` reaches drivers that
        are real processes (`netsim.plugins.Plugins`); without it there are none.
        """
        from netsim.docker_api import start_docker  # a third of the package, and many worlds have no Docker

        return start_docker(self.machine, engine, options, firewall, plugins)

    @property
    def wiring(self) -> Wiring:
        """Devices, addresses and routes of the machine's own namespace, built by calls."""
        from netsim.wiring import Wiring

        return Wiring(self.machine.kernel.init_net)

    def run_script(self, text: str, *, name: str = "script.sh", limit: int = 3600 * SECOND) -> Result:
        """Run a whole bash script."""
        stdout, stderr = Capture(), Capture()
        status = self.stream_script(text, stdout, stderr, name=name, limit=limit)
        return Result(stdout.text(), stderr.text(), status)

    def stream_script(
        self, text: str, stdout: OpenFile, stderr: OpenFile, *, name: str = "script.sh", options: Sequence[str] = (), limit: int = 3600 * SECOND
    ) -> int:
        """Run a whole bash script whose output goes into open files as it is written; returns its exit status. `options` are bash's (`-x`)."""
        self.machine.files.write(self.machine.init, f"/root/{name}", text.encode())
        process = self.machine.spawn(self.machine.init, ("bash", *options, name), None, "/root", {0: Null(), 1: stdout, 2: stderr})
        held = self.machine.wait(process, limit)
        if held:
            stderr.write(
                f"netsim: {name}: '{held}' was still running after {limit // SECOND} s of virtual time, or of much work: interrupted\n".encode()
            )
        self.world.journal.add(Entry(self.name, text, is_script=1, status=process.status or 0))
        return process.status or 0


@attrs.frozen
class Namespace:
    """A named network namespace of a host."""

    host: Host
    name: str
    netns: Netns

    def __repr__(self) -> str:
        return f"<netsim namespace {self.name} of {self.host.name}>"

    @property
    def wiring(self) -> Wiring:
        """Its devices, addresses and routes, built by calls."""
        from netsim.wiring import Wiring

        return Wiring(self.netns)

    def run(self, line: str, *, env: Mapping[str, str] | None = None, limit: int | None = None) -> Result:
        """Run a command line in the namespace and wait, in virtual time, until it ends (`ip netns exec NAME bash -c LINE`)."""
        return self.host._run(line, env, limit, self.netns, self.name)


@attrs.define(eq=False)
class World:
    """Machines on one virtual clock with one seed; the same commands give the same bytes every time."""

    seed: int = 0
    clock: Clock = attrs.field(factory=Clock)
    rng: random.Random = attrs.field(default=None)
    hosts: dict[str, Host] = attrs.field(factory=dict)
    lans: dict[str, Lan] = attrs.field(factory=dict)
    cables: list[Cable] = attrs.field(factory=list)
    captures: list[WorldCapture] = attrs.field(factory=list)
    journal: Journal = attrs.field(factory=Journal)
    """What was typed and plugged, for a script that repeats it."""

    def __attrs_post_init__(self) -> None:
        if self.rng is None:
            self.rng = random.Random(self.seed)

    def __repr__(self) -> str:
        return f"<netsim world of {', '.join(self.hosts) or 'no machines'} at {self.clock.now / SECOND:g} s>"

    def host(self, name: str = "host", kernel: str | KernelProfile = "6.18", *, engine: str = "") -> Host:
        """A machine by name, booted at first mention; `kernel` is a release of `PROFILES` or a profile.

        `engine` is the release of the Docker engine that is installed (default: 28), which its first client or `dockerd` starts. KeyError for
        releases that are not known.
        """
        known = self.hosts.get(name)
        if known is None:
            from netsim.kernel.boot import boot  # a kernel is read in when the first machine is booted
            from netsim.machine.machine import start

            profile = PROFILES[kernel] if isinstance(kernel, str) else kernel
            machine = start(name, boot(self.clock, self.rng, profile, len(self.hosts)), EXEC_TABLE, DIALECTS)
            known = self.hosts[name] = Host(self, machine)
            release = next((release for release, known_profile in PROFILES.items() if known_profile is profile), "")
            if engine:
                from netsim.docker.profile import RELEASES  # few worlds ask for one

                machine.docker_release = engine if RELEASES[engine] else ""
            self.journal.add(Entry("", f"host {name}{f' kernel={release}' if release else ''}{f' engine={engine}' if engine else ''}"))
            for capture in self.captures:
                capture.watch(machine)
        return known

    # between machines ----------------------------------------------------------------------------------------------------

    def cable(self, a: Host, b: Host, *, names: Sequence[str] = ("", ""), macs: Sequence[str] = ("", ""), **quality: Any) -> Cable:
        """A cable between a new card of each of two machines; `names` and `macs` are the cards' (default: the first free ethN, a random one).

        `quality` is `delay` (ns one way), `loss` (0 to 1), `rate` (bits a second; 0: any) and `mtu` (bytes; the cards' too; 0: 1500 and any).
        The cards are down, as in a machine just unpacked, and go back to the machine's first namespace when theirs is deleted. ValueError, NetError.
        """
        from netsim.world.machines import Quality, card, join

        line = Quality(**quality)
        made = line.cable(self.clock, self.rng)
        cards = [card(host.machine, name, mac, line.mtu) for host, name, mac in zip((a, b), names, macs, strict=True)]
        self.cables.append(join(made, *cards))
        self.journal.add(Entry("", f"cable {a.name} {b.name} {line_options([dev.name for dev in cards], quality)}"))
        return made

    def lan(self, name: str, *hosts: Host, names: Sequence[str] | str = "", macs: Sequence[str] = (), **quality: Any) -> Lan:
        """An L2 segment: a switch that learns, and a cable from it to a new card of each host; mentioned again, it gets the hosts given then.

        `names` is one name for all cards or one for each, `macs` one for each; `quality` is that of each cable, as for `cable`. ValueError, NetError.
        """
        from netsim.world.machines import Quality, attach, card
        from netsim.world.switch import Lan

        lan = self.lans.get(name)
        if lan is None:
            lan = self.lans[name] = Lan(name, self.clock)
        line = Quality(**quality)
        called = [names] * len(hosts) if isinstance(names, str) else names
        cards = []
        for host, called_so, mac in zip(hosts, called, macs or [""] * len(hosts), strict=True):
            cards.append(card(host.machine, called_so, mac, line.mtu))
            attach(lan, host.machine, cards[-1], line.cable(self.clock, self.rng))
        if hosts:
            where = " ".join(host.name for host in hosts)
            self.journal.add(Entry("", f"lan {name} {where} {line_options([dev.name for dev in cards], quality)}"))
        return lan

    def overlay(self, name: str, *hosts: Host, subnet: str = "10.0.1.0/24", vni: int = 0) -> Mesh:
        """An overlay network of these hosts' Docker engines without a swarm: namespaces, VXLAN and forwarding entries, no tokens and no gossip.

        Containers join it by its name, on any of the hosts; each host must have one address the others reach. `vni` 0 is the first free one from
        4096. ValueError for a subnet that is none; Refusal when a host has a network of that name, or several addresses.
        """
        from netsim.docker.swarm.plain import new_mesh

        made = new_mesh(name, [host.docker().engine for host in hosts], subnet, vni)
        self.journal.add(Entry("", f"overlay {name} {' '.join(host.name for host in hosts)} subnet={subnet}{f' vni={vni}' if vni else ''}"))
        return made

    def capture(self, device: str = "", host: str = "") -> WorldCapture:
        """Listen from now on to every device of the world, or to those called `device`, of all machines or the one called `host`; see `stop`."""
        from netsim.world.capture import Capture as WorldCapture

        made = WorldCapture(device, host)
        self.captures.append(made)
        for each in self.hosts.values():
            made.watch(each.machine)
        return made

    def inject(self, data: bytes, netns: Netns | Host | Namespace, device: str, way: Way = Way.RECEIVED) -> Injection:
        """Send the frames of a capture file (pcap or pcapng) through a device at the pace they were captured; time passes when the world runs.

        PcapError for bytes that are no capture; NetError when there is no such device.
        """
        from netsim.packet import pcap
        from netsim.wiring import Wiring
        from netsim.world.inject import inject

        home = netns.wiring.netns if isinstance(netns, Host) else netns.netns if isinstance(netns, Namespace) else netns
        return inject(pcap.read(data), Wiring(home).device(device), way)

    def run_for(self, duration: int) -> None:
        """Let `duration` ns of virtual time pass."""
        self.clock.run_for(duration)
        if self.hosts:
            self.journal.waited(next(iter(self.hosts)), duration)

    @property
    def unmodelled(self) -> list[str]:
        """Every option that was accepted although what it does is not modelled, once each: `MACHINE: COMMAND OPTION ...`."""
        return list(dict.fromkeys(f"{host.name}: {what}" for host in self.hosts.values() for what in host.machine.kernel.unmodelled))

    # a world as a value --------------------------------------------------------------------------------------------------

    def fork(self) -> World:
        """An independent copy with everything in it: running programs, open connections, timers, chance.

        CannotFork names what stands in the way: a shell that is still running. Handles such as `Background` keep belonging to this world.
        """
        from netsim.state.fork import fork

        return fork(self)

    def still(self) -> World:
        """A fork in which the shells that are running stand still, as after SIGSTOP, while what they have started goes on; CannotFork."""
        from netsim.shell.standing import StandingShell
        from netsim.state.fork import fork

        return fork(self, [(process.program, StandingShell()) for _, process in self.shells()])

    def shells(self) -> list[tuple[Host, Process]]:
        """Processes in which a shell is at work, each with its machine."""
        from netsim.shell.program import Shell

        return [(host, process) for host in self.hosts.values() for process in host.machine.processes.values() if isinstance(process.program, Shell)]

    def __enter__(self) -> World:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Nothing has to be given back: a world owns nothing of the real machine."""

    def save(self, path: str | PathLike[str]) -> None:
        """Write the whole world into a JSON file (`netsim/schema/world-1.json`); CannotSave, OSError."""
        from netsim import snapshot

        snapshot.write(self, path, __version__)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> World:
        """Read back what `save` wrote; CannotLoad, in one line, for a file that is damaged, foreign or made to do harm; OSError."""
        from netsim import snapshot

        return cls._revived(snapshot.read(path))

    @classmethod
    def from_snapshot(cls, text: str) -> World:
        """The world a snapshot's text describes; CannotLoad."""
        from netsim import snapshot

        return cls._revived(snapshot.from_text(text))

    @classmethod
    def _revived(cls, root: object) -> World:
        """A world just read, with the doors that snapshots leave out."""
        if not isinstance(root, cls):
            from netsim.state import CannotLoad

            raise CannotLoad("damaged snapshot: not of a world")
        from netsim.kernel.boot import hang_doors

        for host in root.hosts.values():
            host.machine.exec_table, host.machine.dialects = EXEC_TABLE, DIALECTS
            hang_doors(host.machine.kernel)
        return root
