"""A container's root directory and what is mounted in it; its jail."""

from __future__ import annotations

from netsim.docker.engine.container import Container
from netsim.docker.engine.engine import Engine
from netsim.docker.errors import failed
from netsim.machine.files import Device, Directory, File, Stream, Symlink
from netsim.machine.jail import DOCKER_CAPABILITIES, Jail
from netsim.machine.layout import NETWORKS, PROTOCOLS
from netsim.machine.services import services_file


def make_jail(engine: Engine, container: Container) -> Jail:
    """Root, name, tools and capabilities for the next run; the root's files stay from the run before."""
    host = container.spec.host
    root = container.jail.root if container.jail is not None else make_root(engine, container)
    etc = root.entries["etc"]
    assert isinstance(etc, Directory)
    etc.entries |= container.files
    capabilities: frozenset[str] | None = None
    if not host.privileged and "ALL" not in host.cap_add:
        kept = DOCKER_CAPABILITIES if "ALL" not in host.cap_drop else frozenset[str]()
        capabilities = (kept | {_bare(name) for name in host.cap_add}) - {_bare(name) for name in host.cap_drop}
    tools = {**engine.machine.dialects[container.image.dialect], **container.image.tools}
    shared = {kind for kind, mode in (("uts", host.uts_mode), ("pid", host.pid_mode)) if mode == "host"}
    inodes = {kind: engine.machine.kernel.inode() for kind in ("mnt", "uts", "ipc", "pid") if kind not in shared}
    return Jail(root, container.hostname, tools, capabilities, inodes=inodes, read_only_sys=int(not host.privileged))


def _bare(name: str) -> str:
    return name.upper().removeprefix("CAP_")


def make_root(engine: Engine, container: Container) -> Directory:
    """The image's files, /proc and /sys of the machine, a few devices."""
    machine = engine.machine
    etc = Directory(0o755, 0, {"networks": _text(NETWORKS), "protocols": _text(PROTOCOLS), "services": _text(services_file())})
    etc.entries["passwd"] = _text("root:x:0:0:root:/root:/bin/sh\n")
    dev = Directory(0o755, 0, {name: Device(0o666) for name in ("null", "zero", "tty")})
    for fd, name in enumerate(("stdin", "stdout", "stderr")):
        dev.entries[name] = Stream(0o666, 0, fd)
    root = Directory(0o755, 0, {"etc": etc, "dev": dev, "proc": machine.files.root.entries["proc"], "sys": machine.files.root.entries["sys"]})
    for name in ("bin", "sbin", "tmp", "root", "home", "run", "opt", "usr", "var", "mnt"):
        root.entries[name] = Directory(0o755)
    var = root.entries["var"]
    assert isinstance(var, Directory)
    var.entries |= {"run": Symlink(0o777, 0, "/run"), "log": Directory(0o755), "tmp": Directory(0o755)}
    for path, content in container.image.files.items():
        place, _, name = path.rpartition("/")
        _directory(root, place).entries[name] = File(container.image.modes.get(path, 0o644), 0, content.encode("utf-8", "surrogateescape"))
    for path, target in container.image.links.items():
        place, _, name = path.rpartition("/")
        _directory(root, place).entries[name] = Symlink(0o777, 0, target)
    for path in container.image.directories:
        _directory(root, path)
    _directory(root, container.spec.working_dir or container.image.working_dir)
    return root


def _directory(root: Directory, path: str) -> Directory:
    """A directory by its path, made as far as it is missing (`SetupWorkingDirectory`); Refusal where a file is in the way."""
    here = root
    for part in path.split("/"):
        below = here.entries.setdefault(part, Directory(0o755)) if part else here
        if not isinstance(below, Directory):
            raise failed(f"Cannot mkdir: {path} is not a directory")
        here = below
    return here


def _text(content: str) -> File:
    return File(0o644, 0, content.encode())
