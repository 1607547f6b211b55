"""Docker from Python: the engine of a machine with typed values, for those who do not want to type command lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from netsim.addr import MAC, IPv4, IPv6
from netsim.clock import MS
from netsim.commands.docker.build import DEPRECATED
from netsim.commands.docker.publish import published
from netsim.docker.cnm import model
from netsim.docker.engine import attach, networks, views
from netsim.docker.engine import container as containers
from netsim.docker.engine import run as life
from netsim.docker.engine.boot import boot
from netsim.docker.engine.create import create
from netsim.docker.engine.engine import Engine, engine_of
from netsim.docker.errors import Refusal
from netsim.docker.image import Image
from netsim.docker.plugins import Plugins
from netsim.docker.profile import RELEASES, EngineProfile
from netsim.docker.settings import ContainerSpec, DaemonOptions, EndpointSettings, HostConfig, IpamConfig, NetworkSpec, RestartPolicy
from netsim.kernel.core.netns import Netns
from netsim.machine.call import Result
from netsim.machine.fds import Capture, Null
from netsim.machine.machine import Machine
from netsim.machine.words import simple_argv
from netsim.wiring import Wiring

if TYPE_CHECKING:
    from netsim.compose_api import Composition

COMMAND_TIME = 10 * MS
"""What a request takes besides its waiting."""


@attrs.define(eq=False, repr=False)
class Docker:
    """The Docker engine of a machine (`host.docker()`). What the daemon refuses is a `Refusal` with the text that the command would print."""

    machine: Machine

    def __repr__(self) -> str:
        return f"<Docker {self.engine.profile.version} on {self.machine.name}>"

    @property
    def engine(self) -> Engine:
        """The daemon itself; Refusal when none runs."""
        return engine_of(self.machine)

    # containers ---------------------------------------------------------------------------------------------------------

    def create(
        self,
        image: str,
        command: str | Sequence[str] = (),
        *,
        name: str = "",
        network: str | Sequence[str] = (),
        publish: Sequence[str] = (),
        ip: str = "",
        ip6: str = "",
        mac: str = "",
        aliases: Sequence[str] = (),
        links: Sequence[str] = (),
        hostname: str = "",
        env: Mapping[str, str] | None = None,
        labels: Mapping[str, str] | None = None,
        dns: Sequence[str] = (),
        add_hosts: Sequence[str] = (),
        cap_add: Sequence[str] = (),
        sysctls: Mapping[str, str] | None = None,
        restart: str = "no",
    ) -> Container:
        """A container that is not started yet (`docker create`); options are those of the command, on the first network. Refusal, BadPort."""
        wanted = (network,) if isinstance(network, str) else tuple(network)
        first = wanted[0] if wanted else "default"
        kind = first.partition(":")[0]
        modes = kind in ("default", "bridge", "host", "none", "container")
        settings = EndpointSettings(ip, ip6, (), tuple(aliases), () if modes else tuple(links), MAC.parse(mac) if mac else None)
        attached = {name_: settings if number == 0 else EndpointSettings() for number, name_ in enumerate(wanted or ("default",))}
        policy, _, count = restart.partition(":")
        host = HostConfig(
            first, published(tuple(publish), splits_every_address=0), links=tuple(links) if modes else (), dns=tuple(dns), extra_hosts=tuple(add_hosts),
            cap_add=tuple(cap_add), restart=RestartPolicy(policy, int(count or 0)), sysctls=dict(sysctls or {}),
        )  # fmt: skip
        spec = ContainerSpec(
            image, name, words(command), hostname=hostname, env=tuple(f"{key}={value}" for key, value in (env or {}).items()), labels=dict(labels or {}),
            attached=(), host=host, networks={} if modes and len(attached) == 1 and settings == EndpointSettings() else attached,
        )  # fmt: skip
        return Container(self, create(self.engine, spec))

    def run(self, image: str, command: str | Sequence[str] = (), **options: Any) -> Container:
        """A container that runs (`docker run --detach`); takes what `create` takes. Refusal; as with the command, what could not start is there, `created`."""
        made = self.create(image, command, **options)
        made.start()
        return made

    def container(self, name: str) -> Container:
        """A container by name or id; Refusal when there is none such."""
        return Container(self, self.engine.container(name))

    @property
    def containers(self) -> list[Container]:
        """All of them, in the order they were created in."""
        return [Container(self, one) for one in self.engine.containers.values()]

    # images -------------------------------------------------------------------------------------------------------------

    def declare(self, image: Image | str, **fields: Any) -> Image:
        """Have an image: one that is written down (`netsim.docker.image.Image`), or a name with fields of it; `"busybox"` or `"debian"` tools."""
        made = Image(image, **fields) if isinstance(image, str) else image
        name, tag = self.engine.split_reference(made.name)
        made = attrs.evolve(made, name=name, tag=tag if ":" in made.name else made.tag)
        self.engine.keep(made)
        return made

    def build(self, dockerfile: str, *, tag: str = "", files: Mapping[str, str] | None = None, args: Mapping[str, str] | None = None) -> Image:
        """An image from the text of a Dockerfile, with the files that it copies (`docker build`). Refusal with what the build ended with."""
        machine = self.machine
        top = f"/var/tmp/build-{len(self.engine.built)}"
        for path, content in {**(files or {}), "Dockerfile": dockerfile}.items():
            place = f"{top}/{path}"
            machine.files.makedirs(None, place.rpartition("/")[0])
            machine.files.write(None, place, content.encode())
        given = [word for name, value in (args or {}).items() for word in ("--build-arg", f"{name}={value}")]
        done = self.type("build", "--quiet", *(("--tag", tag) if tag else ()), *given, top)
        if done.status:
            raise Refusal(400, done.stderr.removeprefix(DEPRECATED).strip().removeprefix("Error response from daemon: "))
        return self.engine.image(tag or done.stdout.strip())

    # networks -----------------------------------------------------------------------------------------------------------

    def network(
        self, name: str, *, driver: str = "bridge", subnet: str | Sequence[str] = (), gateway: str = "", ip_range: str = "",
        options: Mapping[str, str] | None = None, labels: Mapping[str, str] | None = None, internal: int = 0, ipv6: int = 0,
    ) -> Network:  # fmt: skip
        """A network by name, made at first mention (`docker network create`); gateway and range belong to the first subnet. Refusal."""
        known = next((one for one in self.engine.networks.values() if name in (one.name, one.id)), None)
        if known is not None:
            return Network(self, known)
        subnets = (subnet,) if isinstance(subnet, str) else tuple(subnet)
        configs = tuple(IpamConfig(text, ip_range if number == 0 else "", gateway if number == 0 else "") for number, text in enumerate(subnets))
        spec = NetworkSpec(name, driver, configs, options=dict(options or {}), labels=dict(labels or {}), internal=internal, ipv6=ipv6)
        made = networks.create_network(self.engine, spec)
        self.pass_time()
        return Network(self, made)

    @property
    def networks(self) -> list[Network]:
        """All of them, the predefined ones too."""
        return [Network(self, one) for one in self.engine.networks.values()]

    def compose(self, path: str | Path) -> Composition:
        """A compose project: its file, with what it extends, includes and reads variables from, is copied into the machine (`/root/...`).

        Needs PyYAML (`netsim-lab[compose]`). OSError for a file that cannot be read.
        """
        from netsim.compose_api import Composition, carry

        carried = carry(path, self.machine.init.env)
        for inner, text in carried.files.items():
            self.machine.files.makedirs(self.machine.init, inner.rpartition("/")[0])
            self.machine.files.write(self.machine.init, inner, text.encode())
        return Composition(self, carried)

    def type(self, *argv: str) -> Result:
        """Run the docker command with these words and wait, in virtual time, until it ends."""
        return self.type_in("/root", *argv)

    def type_in(self, directory: str, *argv: str) -> Result:
        """The same in a directory of the machine."""
        out, err = Capture(), Capture()
        process = self.machine.spawn(self.machine.init, ("docker", *argv), None, directory, {0: Null(), 1: out, 2: err})
        self.machine.wait(process)
        self.pass_time()
        return Result(out.text(), err.text(), process.status or 0)

    def pass_time(self) -> None:
        """A request takes a moment."""
        self.machine.kernel.clock.run_for(COMMAND_TIME)


@attrs.define(eq=False, repr=False)
class Container:
    """A container of a machine's engine."""

    docker: Docker
    state: containers.Container

    def __repr__(self) -> str:
        return f"<Container {self.name} {self.status}>"

    @property
    def id(self) -> str:
        """Its 64 digits."""
        return self.state.id

    @property
    def name(self) -> str:
        """What it is called."""
        return self.state.name

    @property
    def status(self) -> str:
        """created, running, paused, restarting, exited or dead."""
        return self.state.state.status

    @property
    def addresses(self) -> dict[str, IPv4 | None]:
        """Network -> its IPv4 address there."""
        there = attach.endpoints(self.docker.engine, self.state)
        return {name: one.interface.ipv4.address if one.interface.ipv4 is not None else None for name, one in sorted(there.items())}

    @property
    def ip(self) -> IPv4 | None:
        """Its IPv4 address on the network that its default route leads through, else on the first one; None without any."""
        sandbox = self.state.sandbox
        gateway = sandbox.gateway_endpoint if sandbox is not None else None
        if gateway is not None and gateway.interface.ipv4 is not None:
            return gateway.interface.ipv4.address
        return next((address for address in self.addresses.values() if address is not None), None)

    @property
    def ip6(self) -> IPv6 | None:
        """Its first global IPv6 address; None without any."""
        there = attach.endpoints(self.docker.engine, self.state).values()
        return next((one.interface.ipv6.address for one in there if one.interface.ipv6 is not None), None)

    @property
    def netns(self) -> Netns:
        """Its network namespace; Refusal unless it runs."""
        life.require_running(self.docker.engine, self.state)
        assert self.state.sandbox is not None
        return self.state.sandbox.netns

    def run(self, line: str | Sequence[str]) -> Result:
        """Run a command line in it and wait, in virtual time, until it ends (`docker exec`; `sh -c` for more than plain words)."""
        return self.docker.type("exec", self.id, *words(line))

    def logs(self) -> str:
        """What it printed on stdout and stderr, in order."""
        return b"".join(data for _, _, data in self.state.log).decode(errors="replace")

    def inspect(self) -> dict[str, Any]:
        """All about it, as `docker inspect` prints it."""
        return views.container_view(self.docker.engine, self.state)

    def start(self) -> None:
        """Start it; Refusal."""
        life.start(self.docker.engine, self.state)
        self.docker.pass_time()

    def stop(self, timeout: int | None = None) -> None:
        """Ask it to end, and kill it after `timeout` seconds (default: as the container has it, else 10)."""
        self._do("stop", *(() if timeout is None else ("--time", str(timeout))), self.id)

    def kill(self, signal: str = "KILL") -> None:
        """Send it a signal; Refusal unless it runs."""
        self._do("kill", "--signal", signal, self.id)

    def remove(self) -> None:
        """Remove it, running or not."""
        life.remove(self.docker.engine, self.state, force=1)
        self.docker.pass_time()

    def _do(self, *argv: str) -> None:
        done = self.docker.type(*argv)
        if done.status:
            raise Refusal(409, done.stderr.strip().removeprefix("Error response from daemon: "))


@attrs.define(eq=False, repr=False)
class Network:
    """A network of a machine's engine."""

    docker: Docker
    state: model.Network

    def __repr__(self) -> str:
        return f"<Network {self.name}>"

    @property
    def id(self) -> str:
        """Its 64 digits."""
        return self.state.id

    @property
    def name(self) -> str:
        """What it is called."""
        return self.state.name

    @property
    def subnets(self) -> list[str]:
        """Its prefixes."""
        return [str(subnet.net) for subnet in self.state.subnets]

    def inspect(self) -> dict[str, Any]:
        """All about it, as `docker network inspect` prints it."""
        return views.network_view(self.docker.engine, self.state)

    def connect(self, container: Container, *, ip: str = "", ip6: str = "", aliases: Sequence[str] = (), links: Sequence[str] = ()) -> None:
        """Attach a container; Refusal."""
        settings = EndpointSettings(ip, ip6, (), tuple(aliases), tuple(links), sends_ipam=1)
        attach.connect(self.docker.engine, self.id, container.state, settings)
        self.docker.pass_time()

    def disconnect(self, container: Container) -> None:
        """Detach a container; Refusal."""
        attach.disconnect(self.docker.engine, self.id, container.state)
        self.docker.pass_time()

    def remove(self) -> None:
        """Remove it; Refusal while a container is on it."""
        networks.remove_network(self.docker.engine, self.id)
        self.docker.pass_time()


def start_docker(
    machine: Machine, release: str | EngineProfile = "28", options: DaemonOptions | None = None, firewall: str = "", plugins: Plugins | None = None
) -> Docker:
    """A machine's engine, started unless one runs or ran; `firewall` is "iptables" or "nftables". Refusal with the daemon's last words."""
    if not isinstance(machine.services.get("docker"), Engine):
        Wiring(machine.kernel.init_net).up("lo")  # as on any machine whose services run
        wanted = options or DaemonOptions()
        if firewall:
            wanted = attrs.evolve(wanted, firewall_backend=firewall)
        boot(machine, RELEASES[release] if isinstance(release, str) else release, wanted)
    started = machine.services.get("docker")
    if plugins is not None and isinstance(started, Engine):
        started.plugins = plugins
    return Docker(machine)


def words(line: str | Sequence[str]) -> tuple[str, ...]:
    """A command as words: plain ones as they are, a whole line through `sh -c`."""
    if not isinstance(line, str):
        return tuple(line)
    return simple_argv(line) or ("sh", "-c", line) if line else ()
