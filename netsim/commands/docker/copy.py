"""docker cp: files between a container and the machine."""

from __future__ import annotations

import posixpath

import attrs

from netsim.archive import Archive, Entry, packed, read
from netsim.clock import SECOND
from netsim.commands.docker.flags import BOOL, Flag, Parsed
from netsim.commands.docker.session import Docker, Subcommand
from netsim.docker.engine.container import Container
from netsim.docker.engine.engine import Engine
from netsim.docker.engine.mounts import copied
from netsim.docker.engine.root import root_of
from netsim.docker.errors import Refusal, failed, forbidden, not_found
from netsim.errors import NetError, strerror
from netsim.machine.archives import entry_of, unpack
from netsim.machine.call import Call, ReadInput, Result
from netsim.machine.files import Files
from netsim.machine.nodes import Directory, Node
from netsim.machine.process import Process


@attrs.frozen
class Place:
    """A path on the machine or in a container."""

    path: str
    files: Files
    process: Process | None
    container: str = ""

    @property
    def bare(self) -> str:
        """The path without a slash at its end."""
        return self.path.rstrip("/") or "/"

    def node(self, path: str) -> Node | None:
        """What is there, links followed."""
        return self.files.stat(self.process, path or "/")


def _split(word: str) -> tuple[str, str]:
    """CONTAINER:PATH; what begins with a slash or dot is a path of the machine."""
    if word.startswith(("/", ".")) or ":" not in word:
        return "", word
    container, _, path = word.partition(":")
    return container, path


def _place(engine: Engine, docker: Docker, container: str, path: str) -> Place:
    if not container:
        return Place(path, docker.call.machine.files, docker.call.proc)
    return Place(posixpath.join("/", path), Files(root_of(engine, engine.container(container))), None, container)


def copy(docker: Docker, parsed: Parsed) -> Result | ReadInput:
    """docker cp SOURCE DESTINATION, one of them CONTAINER:PATH."""
    (source_in, source), (target_in, target) = (_split(word) for word in parsed.words)
    if source_in and target_in:
        docker.complain("copying between containers is not supported")
        return docker.result(1)
    if not source_in and not target_in:
        docker.complain("must specify at least one container source")
        return docker.result(1)
    if source == "-":
        return ReadInput(_unpack)
    try:
        return _between(docker, (source_in, source), (target_in, target))
    except Refusal as problem:
        if problem.status != 404 or not docker.cli.names_missing:
            raise
        inside = posixpath.join("/", source if source_in else target)
        if target_in and inside.endswith("/") and inside.strip("/") and problem.text.startswith("Could not"):
            docker.complain("no such directory")
        else:
            docker.complain(f"Error: No such container:path: {source_in or target_in}:{inside if source_in else posixpath.dirname(inside)}")
        return docker.result(1)


def _between(docker: Docker, come: tuple[str, str], go: tuple[str, str]) -> Result:
    (source_in, source), (target_in, target) = come, go
    if target == "-":
        return _pack(docker, _place(docker.engine, docker, source_in, source))
    if target_in and _is_read_only(docker.engine.container(target_in), target):
        raise forbidden("container rootfs is marked read-only")
    try:
        wrong = _copy(_place(docker.engine, docker, source_in, source), _place(docker.engine, docker, target_in, target))
    except NetError as error:
        wrong = f"copy {target}: {strerror(error.errno).lower()}"
    if wrong:
        docker.complain(wrong)
    else:
        docker.engine.tell_of(docker.engine.container(source_in or target_in), "archive-path" if source_in else "extract-to-dir")
    return docker.result(int(bool(wrong)))


def _is_read_only(container: Container, path: str) -> bool:
    """Whether a path lies in a root that must not be written to, and in no volume."""
    if not container.spec.host.reported.get("ReadonlyRootfs"):
        return False
    inside = posixpath.join("/", path)
    return not any(point.kind != "tmpfs" and (inside == point.target or inside.startswith(f"{point.target}/")) for point in container.mounts)


def _pack(docker: Docker, source: Place) -> Result:
    """A file or directory of a container as a tar archive on standard output."""
    node = source.node(source.bare)
    if node is None:
        raise not_found(f"Could not find the file {source.bare} in container {source.container}")
    docker.engine.tell_of(docker.engine.container(source.container), "archive-path")
    begun = docker.engine.machine.epoch // SECOND
    data = packed(_members(posixpath.basename(source.bare) or ".", node, begun))
    return Result(data.decode("utf-8", "surrogateescape"))


def _members(path: str, node: Node, begun: int) -> list[Entry]:
    entry = entry_of(path, node, begun)
    below = node.entries if isinstance(node, Directory) else {}
    inside = [one for name in sorted(below) for one in _members(f"{path}/{name}", below[name], begun)]
    return [*([entry] if entry is not None else []), *inside]


def _unpack(call: Call, data: bytes) -> Result:
    """A tar archive on standard input goes into a directory of a container."""
    from netsim.commands.docker.main import again

    docker, parsed = again(call, "cp")
    container, path = _split(parsed.words[1])
    try:
        place = _place(docker.engine, docker, container, path)
        there = place.node(place.bare)
        if not isinstance(there, Directory):
            docker.complain(f'destination "{parsed.words[1]}" must be a directory')
            return docker.result(1)
        archive = read(data) if data else Archive(())
        if archive is None:
            raise failed("unexpected EOF")
        unpack(place.files, None, place.bare, archive)
        docker.engine.tell_of(docker.engine.container(container), "extract-to-dir")
    except Refusal as problem:
        docker.refused(problem)
        return docker.result(1)
    return docker.result()


def _copy(source: Place, target: Place) -> str:
    """Put a copy of one where the other says; what is wrong, in the command's words. Refusal for what a container does not have."""
    node = source.node(source.bare)
    if node is None:
        if source.container:
            raise not_found(f"Could not find the file {source.bare} in container {source.container}")
        return f"lstat {'/' if posixpath.dirname(source.path) == '/' else ''}{source.path}: no such file or directory"
    there = target.node(target.bare)
    name, content_only = posixpath.basename(source.bare), source.path.endswith("/.") or source.bare == "."
    made = copied(node)
    if isinstance(there, Directory):
        if isinstance(made, Directory) and content_only:
            for inside, one in made.entries.items():
                _put(there, inside, one)
            return ""
        _put(there, name, made)
        return ""
    if there is not None and isinstance(made, Directory):
        return "cannot copy directory"
    parent = target.node(posixpath.dirname(target.bare))
    if not isinstance(parent, Directory) or (target.path.endswith("/") and not isinstance(made, Directory)):
        missing = posixpath.dirname(target.bare) if not isinstance(parent, Directory) else target.bare
        if target.container:
            raise not_found(f"Could not find the file {missing} in container {target.container}")
        return f'invalid output path: directory "{missing}" does not exist'
    _put(parent, posixpath.basename(target.bare), made)
    return ""


def _put(directory: Directory, name: str, node: Node) -> None:
    """A copy takes the place of what is there; a directory's content goes into one that is there."""
    there = directory.find(name, None)
    if isinstance(there, Directory) and isinstance(node, Directory):
        for inside, one in node.entries.items():
            _put(there, inside, one)
    elif there is not None and not isinstance(there, Directory):
        there.write(node.read())  # the same file: what is bound to it sees it
    else:
        directory.add(name, node)


FLAGS = (Flag("archive", "a", BOOL), Flag("follow-link", "L", BOOL), Flag("quiet", "q", BOOL))
COPY_COMMANDS = tuple(
    Subcommand(path, "[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n\tdocker cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH", FLAGS, 2, 2, copy)
    for path in ("cp",)
)
