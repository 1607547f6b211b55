"""A container's root directory and what is mounted in it; its jail."""

from __future__ import annotations

from netsim.docker.engine.accounts import accounts_of
from netsim.docker.engine.container import Container
from netsim.docker.engine.engine import Engine
from netsim.docker.engine.mounts import mount_all
from netsim.docker.errors import conflict, failed
from netsim.docker.settings import ContainerSpec
from netsim.machine.devices import Endless, Random
from netsim.machine.jail import DOCKER_CAPABILITIES, Jail
from netsim.machine.layout import NETWORKS, PROTOCOLS
from netsim.machine.mounts import read_only
from netsim.machine.nodes import Device, Directory, File, Node, Stream, Symlink
from netsim.machine.services import services_file

LETTERS = {
    "core": "c", "cpu": "t", "data": "d", "fsize": "f", "locks": "x", "memlock": "l", "msgqueue": "q", "nice": "e", "nofile": "n", "nproc": "u", "rss": "m",
    "rtprio": "r", "sigpending": "i", "stack": "s",
}  # fmt: skip
KILOBYTES = "dlmsf"
TOP = ("bin", "sbin", "tmp", "root", "home", "run", "opt")
ETC = (
    ("networks", NETWORKS.encode()), ("protocols", PROTOCOLS.encode()), ("services", services_file().encode()),
)  # fmt: skip
"""Files that every image has."""


def make_jail(engine: Engine, container: Container) -> Jail:
    """Root, name, tools and capabilities for the next run; the root's files stay from the run before."""
    host = container.spec.host
    root = container.jail.stored() if container.jail is not None else make_root(engine, container)
    etc = root.entries["etc"]
    assert isinstance(etc, Directory)
    etc.own().update(container.files)
    if container.mounts:
        mount_all(engine, container, root)
    machine = engine.machine
    tools = machine.dialects[container.image.dialect]
    if container.image.tools:
        tools = {**tools, **container.image.tools}
    inodes = {}
    for kind in ("mnt", "uts", "ipc", "pid"):
        if not (kind == "uts" and host.uts_mode == "host") and not (kind == "pid" and host.pid_mode):
            inodes[kind] = machine.kernel.inode()
    capabilities = _capabilities(container.spec)
    installed = dict(container.image.installed) if container.jail is None else container.jail.installed
    asked = host.reported
    seen = read_only(root, _mounted(container, root)) if asked.get("ReadonlyRootfs") else root
    assert isinstance(seen, Directory)
    return Jail(
        seen, container.hostname, tools, capabilities, _pids(engine, host.pid_mode), 0, inodes, int(not host.privileged), installed,
        None if seen is root else root, _no_new_privileges(asked.get("SecurityOpt")), _limits(asked.get("Ulimits")),
    )  # fmt: skip


def _mounted(container: Container, root: Directory) -> tuple[Node, ...]:
    """What is mounted in a root that is read-only: devices, memory and volumes."""
    found = [root.entries["dev"]]
    for point in container.mounts:
        node: Node | None = root
        for part in point.target.split("/"):
            node = node.entries.get(part) if part and isinstance(node, Directory) else node
        if node is not None:
            found.append(node)
    return tuple(found)


def _no_new_privileges(options: object) -> int:
    """What `--security-opt no-new-privileges` says."""
    words = options if isinstance(options, (tuple, list)) else ()
    return int(any(word in ("no-new-privileges", "no-new-privileges:true", "no-new-privileges=true") for word in words))


def _limits(limits: object) -> dict[str, tuple[str, str]]:
    """`--ulimit` by the letters of a shell's ulimit; bytes in kilobytes where it tells those."""
    found = {}
    for one in limits if isinstance(limits, (tuple, list)) else ():
        letter = LETTERS.get(one["Name"])
        if letter is not None:
            unit = 1024 if letter in KILOBYTES else 1
            found[letter] = tuple("unlimited" if one[kind] < 0 else str(one[kind] // unit) for kind in ("Soft", "Hard"))
    return found  # type: ignore[return-value]


def _pids(engine: Engine, mode: str) -> dict[int, int] | None:
    """The processes it sees: its own, the machine's or another container's (`--pid`)."""
    kind, _, name = mode.partition(":")
    if kind == "container":
        other = engine.container(name)
        if not other.state.is_running or other.jail is None:
            raise conflict(f"cannot join PID of a non running container: {other.id}")
        return other.jail.pids
    return None if kind == "host" else {}


def root_of(engine: Engine, container: Container) -> Directory:
    """A container's root, made before its first run when somebody looks into it."""
    return container.jail.stored() if container.jail is not None else make_jail_early(engine, container)


def make_jail_early(engine: Engine, container: Container) -> Directory:
    """The root of a container that was never started, which its first run will have."""
    container.jail = make_jail(engine, container)
    return container.jail.stored()


def _capabilities(spec: ContainerSpec) -> frozenset[str] | None:
    """What its processes may do where they are root; None: everything."""
    host = spec.host
    if host.privileged or "ALL" in host.cap_add:
        return None
    if not (host.cap_add or host.cap_drop):
        return DOCKER_CAPABILITIES
    kept = DOCKER_CAPABILITIES if "ALL" not in map(str.upper, host.cap_drop) else frozenset[str]()
    return (kept | {_bare(name) for name in host.cap_add}) - {_bare(name) for name in host.cap_drop}


def _bare(name: str) -> str:
    return name.upper().removeprefix("CAP_")


def make_root(engine: Engine, container: Container) -> Directory:
    """The image's files, /proc and /sys of the machine, a few devices."""
    outside = engine.machine.files.root.entries
    etc: dict[str, Node] = {}
    for name, data in (*ETC, *accounts_of(container.image).items()):
        etc[name] = File(0o644, 0, data)
    dev: dict[str, Node] = {"null": Device(0o666), "zero": Endless(0o666), "tty": Device(0o666)}
    for name in ("random", "urandom"):
        dev[name] = Random(0o666, rng=engine.machine.kernel.rng)
    for fd, name in enumerate(("stdin", "stdout", "stderr")):
        dev[name] = Stream(0o666, 0, fd)
    dev["fd"] = Symlink(0o777, 0, "/proc/self/fd")
    top: dict[str, Node] = {"etc": Directory(0o755, 0, etc), "dev": Directory(0o755, 0, dev), "proc": outside["proc"], "sys": outside["sys"]}
    for name in TOP:
        top[name] = Directory(0o755)
    top["tmp"].mode = 0o1777
    if container.spec.host.reported.get("IpcMode") != "none":
        dev["shm"] = _shared_memory(engine, container)
    top["var"] = Directory(0o755, 0, {"run": Symlink(0o777, 0, "/run"), "log": Directory(0o755), "tmp": Directory(0o755)})
    top["mnt"] = Directory(0o755)
    top["usr"] = Directory(0o755, 0, {"bin": Directory(0o755), "sbin": Directory(0o755)})
    root = Directory(0o755, 0, top)
    for path, content in container.image.files.items():
        place, _, name = path.rpartition("/")
        _directory(root, place).own()[name] = File(container.image.modes.get(path, 0o644), 0, content.encode("utf-8", "surrogateescape"))
    for path, target in container.image.links.items():
        place, _, name = path.rpartition("/")
        _directory(root, place).own()[name] = Symlink(0o777, 0, target)
    for path in container.image.directories:
        made = _directory(root, path)
        made.mode = container.image.modes.get(path, made.mode)
    below = container.spec.working_dir or container.image.working_dir
    if below:
        _directory(root, below)
    return root


def _shared_memory(engine: Engine, container: Container) -> Directory:
    """/dev/shm: its own, the machine's or another container's (`--ipc`)."""
    mode, _, name = str(container.spec.host.reported.get("IpcMode") or "").partition(":")
    if mode == "container":
        other = root_of(engine, engine.container(name)).entries["dev"]
        there = other.entries.get("shm") if isinstance(other, Directory) else None
        if isinstance(there, Directory):
            return there
    return Directory(0o1777)


def _directory(root: Directory, path: str) -> Directory:
    """A directory by its path, made as far as it is missing (`SetupWorkingDirectory`); Refusal where a file is in the way."""
    here = root
    for part in path.split("/"):
        below = here.own().setdefault(part, Directory(0o755)) if part else here
        if not isinstance(below, Directory):
            raise failed(f"Cannot mkdir: {path} is not a directory")
        here = below
    return here
