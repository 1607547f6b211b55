"""Containers start, stop and go (`daemon/{start,stop,kill,delete,monitor}.go`)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from netsim.clock import MS, SECOND
from netsim.docker.cnm.lifecycle import delete_sandbox, tidy_up
from netsim.docker.cnm.model import Network
from netsim.docker.engine import health, links
from netsim.docker.engine.attach import join_networks, placed, set_up_sandbox, settle_names
from netsim.docker.engine.beside import check_cards
from netsim.docker.engine.container import CREATED, EXITED, PAUSED, RESTARTING, RUNNING, Container, LogFile, State
from netsim.docker.engine.create import checked_name
from netsim.docker.engine.engine import Engine
from netsim.docker.engine.mounts import forget_nameless, tell_mounts, tell_unmounts
from netsim.docker.engine.root import make_jail
from netsim.docker.engine.security import check_ipc, check_limits
from netsim.docker.engine.user import needed, of_container
from netsim.docker.engine.views.ports import ports_before_its_end
from netsim.docker.errors import Refusal, conflict, failed, invalid
from netsim.docker.names import files
from netsim.errors import NetError, strerror
from netsim.kernel import sysctl
from netsim.kernel.core import link_watch
from netsim.machine.fds import Null, OpenFile, make_pipe
from netsim.machine.nodes import Directory, File
from netsim.machine.process import SIGKILL, SIGTERM, Process
from netsim.programs.docker_init import PATH as DOCKER_INIT
from netsim.programs.docker_init import DockerInit

STOP_TIMEOUT = 10 * SECOND
HOST_NAME_MAX = 64
UNPRIVILEGED = {"ip_unprivileged_port_start": "0", "ping_group_range": "0\t2147483647"}
"""Every container may bind low ports and ping without privilege (`WithSysctls`)."""


def start(engine: Engine, container: Container, attached: tuple[OpenFile, OpenFile] | None = None, stdin: OpenFile | None = None) -> None:
    """Network, root and process; when something fails the container stays created (or exited) with the error in its state."""
    if container.state.status == PAUSED:
        raise conflict("cannot start a paused container, try unpause instead")
    if container.state.is_running or container.state.status == RESTARTING:
        return
    container.stale_ports, container.patience = (), 0
    try:
        if engine.profile.checks_links_first:
            links.check(engine, container)
        set_up_sandbox(engine, container)
        if engine.profile.fills_namespace_last:
            join_networks(engine, container)
            tell_mounts(engine, container)
            argv = _task(engine, container, attached, stdin)
        else:
            argv = _task(engine, container, attached, stdin)
            tell_mounts(engine, container)
            join_networks(engine, container)
        assert container.process is not None
        link_watch.finish(engine.machine.kernel)  # the runtime takes longer to begin the process
        if container.spec.host.reported.get("Init"):
            engine.machine.settle(container.process, DockerInit(argv))
        else:
            engine.machine.execute(container.process, argv)
    except Refusal as problem:
        task, container.process = container.process, None
        if task is not None:
            task.die(SIGKILL)
        container.stale_ports = ports_before_its_end(container)
        begun = container.sandbox
        is_own = begun is not None and begun.container_id == container.id
        is_unused = begun is not None and not begun.endpoints and not begun.shared
        tear_down(engine, container)
        if begun is not None and is_unused:
            tidy_up(engine, begun.key)  # the daemon makes a namespace when there is an endpoint to put there
        if is_own:
            _tell_left(engine, container, [network for name in placed(container) if (network := engine.known_network(name)) is not None])
        code, state = problem_code(problem), container.state
        state.status, state.pid, state.error = state.status if state.started else CREATED, 0, problem.text
        state.exit_code = code if code != 128 else state.exit_code or code
        raise
    assert container.process is not None
    container.state = State(RUNNING, container.process.pid, started=engine.now())
    container.stopped_by_hand = 0
    health.begin(engine, container)
    engine.tell_of(container, "start")
    if container.process.status is not None:
        _clear_soon(engine, container)


def problem_code(problem: Refusal) -> int:
    """The exit code of a container that could not start: 127 for a missing command, 126 for one that cannot run, else 128."""
    if "executable file not found" in problem.text or "no such file or directory" in problem.text:
        return 127
    return 126 if "permission denied" in problem.text else 128


def _task(engine: Engine, container: Container, attached: tuple[OpenFile, OpenFile] | None, stdin: OpenFile | None) -> tuple[str, ...]:
    """The process as the runtime makes it, not begun yet (`runc create`), and what it will run."""
    assert container.sandbox is not None
    set_sysctls(engine, container)
    spec = container.spec
    check_ipc(engine, str(spec.host.reported.get("IpcMode") or "private"))
    check_limits(engine, spec.host.reported.get("Ulimits"))
    check_cards(spec)
    if len(container.hostname) > HOST_NAME_MAX and spec.host.uts_mode != "host":
        raise failed(
            f"{engine.profile.runtime_prefix}unable to start container process: error during container init: sethostname: invalid argument: unknown"
        )
    jail = container.jail = make_jail(engine, container)
    user, home = of_container(jail.stored(), container, engine.machine.kernel.unmodelled)
    argv = (*(spec.entrypoint or ()), *spec.command)
    out, err = LogFile(stream="stdout", log=container.log, owner=container), LogFile(stream="stderr", log=container.log, owner=container)
    container.outputs = [out, err]
    if attached is not None:
        out.attached += (attached[0],)
        err.attached += (attached[1],)
    if stdin is None and (spec.open_stdin or (spec.tty and attached is None)):
        stdin, container.stdin = make_pipe()  # held open: nobody is attached, but somebody may be later
    fds: dict[int, OpenFile] = {0: stdin or Null(), 1: out, 2: err}
    machine = engine.machine
    shown = (DOCKER_INIT, "--", *argv) if spec.host.reported.get("Init") else argv
    process = machine.new_process(
        engine.process, shown, environment(engine, container, spec.tty, home), spec.working_dir or container.image.working_dir or "/", fds, None, jail
    )
    process.user = needed(user, jail)
    process.enter(container.sandbox.netns)
    container.process = process
    engine.first_processes[process.pid] = container
    if shown is argv and machine.command(process, argv[0]) is None:
        there = "/" in argv[0] and machine.files.stat(process, argv[0]) is not None
        process.exit(127)
        container.process = None
        raise Refusal(400, runtime_text(engine, no_permission(argv[0]) if there else missing_text(argv[0])))
    return argv


def missing_text(name: str) -> str:
    """How runc words a missing command."""
    return f'exec: "{name}": executable file not found in $PATH' if "/" not in name else f'exec: "{name}": stat {name}: no such file or directory'


def no_permission(name: str) -> str:
    """The same for what is there but cannot be executed."""
    return f'exec: "{name}": permission denied'


def runtime_text(engine: Engine, reason: str) -> str:
    """How the daemon words it."""
    return f"{engine.profile.runtime_prefix}unable to start container process: {reason}: unknown"


def set_sysctls(engine: Engine, container: Container) -> None:
    """What the daemon asks for itself and `--sysctl`, written by the runtime; the host's own network is out of its reach."""
    assert container.sandbox is not None
    if not container.sandbox.shared:
        container.sandbox.netns.inet.sysctl.update(UNPRIVILEGED)
    for key, value in container.spec.host.sysctls.items():
        if not key.startswith("net."):
            continue
        if container.sandbox.shared:
            raise invalid(f'{engine.profile.runtime_prefix}sysctl "{key}" not allowed in host network namespace: unknown')
        try:
            sysctl.write(container.sandbox.netns, key.replace(".", "/"), value)
        except NetError as error:
            why = f"open /proc/sys/{key.replace('.', '/')}: {strerror(error.errno).lower()}"
            raise invalid(f"{engine.profile.runtime_prefix}unable to start container process: error during container init: {why}: unknown") from None


def environment(engine: Engine, container: Container, tty: int, at_home: str = "") -> dict[str, str]:
    """PATH, HOSTNAME, what links say, the request's variables and those of the image that it does not name, HOME; refused while the target of a link does not run."""
    image = dict([item.partition("=")[::2] for item in container.image.env])
    found = {"PATH": image.pop("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"), "HOSTNAME": container.hostname}
    if tty:
        found["TERM"] = "xterm"
    if container.links:
        found |= links.environment(engine, container)
    given = [item.partition("=") for item in container.spec.env]
    found |= {name: value for name, equals, value in given if equals}
    names = {name for name, _, _ in given}
    found |= {name: value for name, value in image.items() if name not in names}
    if "HOME" not in found:
        found["HOME"] = at_home or home(container)
    return found


def home(container: Container) -> str:
    """Where runc says root's home is: what /etc/passwd of the container's root says, / where it says nothing."""
    etc = container.jail.stored().entries.get("etc") if container.jail is not None else None
    users = etc.entries.get("passwd") if isinstance(etc, Directory) else None
    return home_of_root(bytes(users.content)) if isinstance(users, File) else "/"


@lru_cache(maxsize=64)
def home_of_root(passwd: bytes) -> str:
    """What the content of /etc/passwd says of the user 0."""
    for line in passwd.decode("utf-8", "replace").splitlines():
        fields = line.split(":")
        if fields[2:3] == ["0"]:
            return fields[5] if len(fields) > 5 and fields[5] else "/"
    return "/"


def ended(engine: Engine, container: Container, status: int) -> None:
    """The container's first process ended: its network goes, whoever waits hears of it, and perhaps it starts again."""
    if not container.state.is_running:
        return
    container.state = State(EXITED, 0, status, "", container.state.started, engine.now())
    container.process = None
    for other in _members(engine, container):
        other.die(SIGKILL)  # whatever else ran there (`zap_pid_ns_processes`)
    if container.stdin is not None:
        container.stdin.close()
        container.stdin = None
    left = _networks(container)
    tear_down(engine, container)
    if not engine.profile.tells_end_last:
        engine.tell_of(container, "die", exitCode=str(status))
    _tell_left(engine, container, left)
    if engine.swarm is not None:
        engine.swarm.ended(container)
    waiters, container.waiters = [(process, token) for process, token in container.waiters if process.status is None], ()
    for process, token in waiters:
        process.timer(0, token)
    if engine.profile.tells_end_last:
        if not waiters or container.spec.host.auto_remove:
            tell_end(engine, container)
        elif not engine.closing:
            engine.machine.kernel.clock.call_later(MS, tell_end, engine, container)  # whoever stopped it tells of that first
    if wants_restart(container) and not container.stopped_by_hand and not engine.closing:
        container.restart_count += 1
        container.state.status = RESTARTING
        container.patience = again_in(container)
        engine.machine.kernel.clock.call_later(container.patience, _restart, engine, container)
    elif container.spec.host.auto_remove:
        forget(engine, container, volumes=1)


def _tell_left(engine: Engine, container: Container, left: Sequence[Network]) -> None:
    """It has left its networks and volumes (`Daemon.Cleanup`)."""
    for network in left:
        engine.tell("network", "disconnect", network.id, container=container.id, name=network.name, type=network.spec.driver)
    tell_unmounts(engine, container)


def tell_end(engine: Engine, container: Container) -> None:
    """How it ended, and how many seconds it ran (`handleContainerExit`)."""
    state = container.state
    engine.tell_of(container, "die", execDuration=str((state.finished - state.started) // SECOND), exitCode=str(state.exit_code))


def _networks(container: Container) -> list[Network]:
    """The networks a container that ends will leave, unless they are another's (`releaseNetwork`), as they stand in the daemon's map."""
    sandbox = container.sandbox
    if sandbox is None or sandbox.container_id != container.id:
        return []
    there = {endpoint.network.name: endpoint.network for endpoint in sandbox.endpoints}
    return [there[name] for name in placed(container) if name in there]


def again_in(container: Container) -> int:
    """ns until it starts again: 0.1 s and twice as long each time, a minute at most; anew after ten seconds of life (`restartmanager`)."""
    lived = container.state.finished - container.state.started >= 10 * SECOND
    return min(container.patience * 2, 60 * SECOND) if container.patience and not lived else SECOND // 10


def wants_restart(container: Container) -> int:
    """What its policy says to the way it ended."""
    policy = container.spec.host.restart
    if policy.name in ("no", ""):
        return 0
    again = policy.name == "on-failure" and container.state.exit_code != 0 and (not policy.maximum or container.restart_count < policy.maximum)
    return int(policy.name in ("always", "unless-stopped") or again)


def restarts(container: Container) -> int:
    """Whether it starts with the daemon (`ShouldRestart`): only `unless-stopped` heeds that it was stopped by hand."""
    if container.state.is_running or not container.state.started:
        return 0
    return int(wants_restart(container) and (container.spec.host.restart.name != "unless-stopped" or not container.stopped_by_hand))


def start_quietly(engine: Engine, container: Container) -> None:
    """Start it; a failure stays in its state."""
    try:
        start(engine, container)
    except Refusal:
        return


def _restart(engine: Engine, container: Container) -> None:
    if container.state.status != RESTARTING:
        return
    container.state.status, waited = EXITED, container.patience
    if container.id in engine.containers:
        start_quietly(engine, container)
        container.patience = waited


def give_up(container: Container) -> None:
    """A container that waits for its next start is stopped: it starts no more."""
    container.state.status, container.stopped_by_hand = EXITED, 1


def tear_down(engine: Engine, container: Container) -> None:
    """Leave every network and let the namespace go (`releaseNetwork`)."""
    sandbox, container.sandbox = container.sandbox, None
    if sandbox is not None and sandbox.container_id == container.id:
        container.last_sandbox = (sandbox.id, sandbox.key)
        for endpoint in () if sandbox.shared else sandbox.endpoints:
            files.left(engine, container, endpoint)
        delete_sandbox(engine, sandbox)


def to_kill(engine: Engine, name: str) -> Container:
    """The container a signal is meant for; who asks is told what for it was looked up."""
    if not name:
        raise Refusal(0, "invalid container name or ID: value is empty")
    try:
        return engine.container(name)
    except Refusal as problem:
        raise Refusal(problem.status, f"Cannot kill container: {name}: {problem.text}") from None


def kill(engine: Engine, container: Container, signum: int = SIGKILL) -> None:
    """Send a signal to the container's first process."""
    if not container.state.is_running or container.process is None:
        text = engine.profile.cannot_kill.format(name=container.name)
        raise conflict(f"{text}: {engine.profile.not_running.format(id=container.id)}")
    container.stopped_by_hand = int(signum in (SIGKILL, SIGTERM)) or container.stopped_by_hand
    engine.tell_of(container, "kill", signal=str(signum))
    deliver(container, signum)


def deliver(container: Container, signum: int) -> None:
    """Process 1 of a PID namespace does not hear signals it does not handle, but for SIGKILL (pid_namespaces(7))."""
    process = container.process
    if process is not None and (signum == SIGKILL or (process.program is not None and process.program.handles(signum))):
        process.signal(signum)


def pause(engine: Engine, container: Container) -> None:
    """Freeze its processes; its network still answers."""
    if container.state.status == PAUSED:
        raise conflict(f"Container {container.id} is already paused")
    if container.state.status != RUNNING:
        raise conflict(engine.profile.not_running.format(id=container.id))
    container.state.status = PAUSED
    for process in _members(engine, container):
        process.freeze()
    engine.tell_of(container, "pause")


def unpause(engine: Engine, container: Container) -> None:
    """Thaw."""
    if container.state.status != PAUSED:
        raise failed(f"Container {container.id} is not paused")
    container.state.status = RUNNING
    for process in _members(engine, container):
        process.thaw()
    engine.tell_of(container, "unpause")


def _members(engine: Engine, container: Container) -> list[Process]:
    return [process for process in engine.machine.processes.values() if process.jail is not None and process.jail is container.jail]


def remove(engine: Engine, container: Container, *, force: int = 0, volumes: int = 0) -> None:
    """Remove a container; a running one only by force. `volumes`: those that nobody named go with it."""
    if container.state.is_running:
        if not force:
            if container.state.status == PAUSED:
                raise conflict(
                    f"You cannot remove a paused container {container.id}. Unpause and then stop the container before attempting removal or force remove"
                )
            raise conflict(f"You cannot remove a running container {container.id}. Stop the container before attempting removal or force remove")
        container.stopped_by_hand = 1
        engine.tell_of(container, "kill", signal=str(int(SIGKILL)))
        if container.process is not None:
            container.process.signal(SIGKILL)
        ended(engine, container, 128 + SIGKILL)
    forget(engine, container, volumes=volumes)


def forget(engine: Engine, container: Container, *, volumes: int = 0) -> None:
    """It is no more."""
    for output in container.outputs:
        output.owner = None  # they need not wait for each other to be let go
    if engine.containers.pop(container.id, None) is not None:
        if volumes:
            forget_nameless(engine, container)
        engine.tell_of(container, "destroy")


def rename(engine: Engine, container: Container, name: str) -> None:
    """Another name; refused when it is taken or not a name."""
    if name.removeprefix("/") == container.name:
        raise invalid("Renaming a container with the same name as its current name")
    before = container.name
    try:
        container.name = checked_name(engine, f"/{name.removeprefix('/')}")
    except Refusal as problem:
        raise Refusal(problem.status, f"Error when allocating new name: {problem.text}") from None
    container.stale_ports = ()
    settle_names(engine, container)
    engine.tell_of(container, "rename", oldName=f"/{before}")


def require_running(engine: Engine, container: Container) -> None:
    """Refused unless something can be executed in it."""
    if container.state.status == PAUSED:
        raise conflict(f"Container {container.name} is paused, unpause the container before exec")
    if not container.state.is_running or container.jail is None or container.process is None:
        raise conflict(engine.profile.not_running.format(id=container.id))


def exited_quietly(engine: Engine, pid: int, status: int) -> None:
    """A child of the daemon ended: if it was a container's first process, the container ended."""
    container = engine.first_processes.pop(pid, None)
    if container is not None and container.process is not None and container.process.pid == pid:
        if container.process.killed_by:
            ended(engine, container, status)
        else:
            _clear_soon(engine, container)


def _clear_soon(engine: Engine, container: Container) -> None:
    """A process that ended by itself: the daemon hears of it a moment later, and its interfaces were up until then."""
    engine.machine.kernel.clock.call_later(engine.profile.durations.clear * MS, _clear, engine, container, container.process)


def _clear(engine: Engine, container: Container, process: Process) -> None:
    if container.process is process:
        ended(engine, container, process.status or 0)
