"""docker build (the builder of the daemon itself, as the command uses it where no buildx is installed) and docker tag."""

from __future__ import annotations

import posixpath
from typing import Any

import attrs

from netsim.commands.docker import values
from netsim.commands.docker.flags import BOOL, INT, LIST, Flag, Parsed
from netsim.commands.docker.networks import pairs
from netsim.commands.docker.profile import RELEASES
from netsim.commands.docker.reference import reference_problem
from netsim.commands.docker.session import Docker, Subcommand
from netsim.docker.builder.files import ignored
from netsim.docker.builder.steps import Builder, Failed, builder, tagged
from netsim.docker.engine import run as life
from netsim.docker.engine.container import EXITED
from netsim.docker.errors import Refusal
from netsim.docker.image import image_id
from netsim.errors import NetError
from netsim.machine.call import Call, Program, ReadInput, Result
from netsim.machine.fds import OpenFile
from netsim.machine.nodes import Directory, File
from netsim.machine.process import Process

DEPRECATED = """DEPRECATED: The legacy builder is deprecated and will be removed in a future release.
            Install the buildx component to build images with BuildKit:
            https://docs.docker.com/go/buildx/

"""
RED, PLAIN = b"\x1b[91m", b"\x1b[0m"
BLOCK = 512


@attrs.define(eq=False)
class Coloured(OpenFile):
    """What a step writes to standard error, in red among the rest."""

    to: OpenFile | None = None
    quiet: int = 0

    def write(self, data: bytes) -> None:
        """Pass it on."""
        if self.to is not None and not self.quiet:
            self.to.write(RED + data + PLAIN)

    def closed(self) -> None:
        """Nothing is held."""


@attrs.define(eq=False)
class Unheard(OpenFile):
    """Swallows what steps say (`--quiet`)."""

    def write(self, data: bytes) -> None:
        """Nothing."""


@attrs.define(eq=False)
class Building(Program):
    """A build: one step after the other; those that run something are waited for."""

    work: Builder
    tags: tuple[str, ...]
    quiet: int
    before: str

    def started(self, proc: Process) -> None:
        """The first steps."""
        if not self.quiet:
            proc.write(1, self.before)
        self._go_on(proc)

    def _go_on(self, proc: Process) -> None:
        try:
            while proc.status is None and self.work.waits_for is None:
                more = self.work.advance()
                if self.work.waits_for is not None:
                    self._tell(proc)
                    self._run(proc, self.work)
                elif not more:
                    self._finish(proc)
        except Refusal as problem:
            self._fail(proc, problem)

    def _tell(self, proc: Process) -> None:
        if not self.quiet:
            proc.write(1, "".join(self.work.said))
        self.work.said.clear()

    def _run(self, proc: Process, work: Builder) -> None:
        assert work.waits_for is not None
        container = work.waits_for
        out = Unheard() if self.quiet else proc.fds[1].dup()
        life.start(work.engine, container, (out, Coloured(to=None if self.quiet else proc.fds[1].dup())), None)
        if container.state.is_running:
            container.waiters += ((proc, EXITED),)
        else:
            proc.timer(0, EXITED)

    def timer(self, proc: Process, token: Any) -> None:
        """What a step ran has ended."""
        container = self.work.waits_for
        assert container is not None
        try:
            self.work.ended(container, container.state.exit_code)
        except Refusal as problem:
            self._fail(proc, problem)
            return
        life.remove(self.work.engine, container)
        self._go_on(proc)

    def _fail(self, proc: Process, problem: Refusal) -> None:
        self._tell(proc)
        proc.write(2, problem.text.strip() + "\n")
        proc.exit(problem.code if isinstance(problem, Failed) else 1)

    def _finish(self, proc: Process) -> None:
        work = self.work
        assert work.image is not None
        image = (None if work.image.id else work.engine.by_id(work.image.parent)) or work.image
        if work.unused():
            work.said.append(f"[Warning] One or more build-args [{' '.join(work.unused())}] were not consumed\n")
        if not self.tags:
            work.engine.keep(image)
        work.said.append(f"Successfully built {image_id(image).removeprefix('sha256:')[:12]}\n")
        work.said += [f"Successfully tagged {name}\n" for name in tagged(work.engine, image, self.tags)]
        self._tell(proc)
        if self.quiet:
            proc.write(1, f"{image_id(image)}\n")
        proc.exit(0)


def build(docker: Docker, parsed: Parsed) -> Result | Program | ReadInput:
    """docker build."""
    where = parsed.words[0]
    if docker.cli.family != "20.10":
        docker.call.proc.write(2, DEPRECATED)
    if where == "-":
        return ReadInput(Typed(docker, parsed))
    if "://" in where or where.startswith("git@"):
        docker.complain(f"unable to prepare context: netsim: nothing is fetched from {where}")
        return docker.result(1)
    proc = docker.call.proc
    files = proc.machine.files
    top = posixpath.normpath(posixpath.join(proc.cwd, where))
    if not isinstance(files.stat(proc, top), Directory):
        docker.complain(f'unable to prepare context: path "{where}" not found')
        return docker.result(1)
    name = parsed.text("file")
    path = posixpath.normpath(posixpath.join(proc.cwd if name else top, name or "Dockerfile"))
    try:
        text = files.read(proc, path).decode(errors="replace")
    except NetError:
        docker.complain(f"unable to prepare context: unable to evaluate symlinks in Dockerfile path: lstat {path}: no such file or directory")
        return docker.result(1)
    return _build(docker, parsed, text, ignored(context(proc, top)))


@attrs.frozen
class Typed:
    """A Dockerfile that comes by standard input, without a context."""

    docker: Docker
    parsed: Parsed

    def __call__(self, call: Call, data: bytes) -> Result | Program:
        """It is all there."""
        try:
            return _build(self.docker, self.parsed, data.decode(errors="replace"), {})
        except Refusal as problem:
            self.docker.refused(problem)
            return self.docker.result(1)


def _build(docker: Docker, parsed: Parsed, text: str, files: dict[str, str]) -> Result | Program:
    before = f"Sending build context to Docker daemon  {_size(files or {'/Dockerfile': text})}\r\r\n"
    arguments = dict(item.partition("=")[::2] for item in parsed.many("build-arg"))
    try:
        work = builder(docker.engine, text, files, pairs(parsed.many("label")), arguments)
    except Refusal as problem:
        if not parsed.has("quiet"):
            docker.out.append(before)
        docker.refused(problem)
        return docker.result(1)
    work.network, work.no_cache = parsed.text("network") or "default", int(parsed.has("no-cache"))
    return Building(work, parsed.many("tag"), int(parsed.has("quiet")), before)


def context(proc: Process, top: str) -> dict[str, str]:
    """Files below a directory by their paths in it."""
    files, found, waiting = proc.machine.files, {}, [""]
    while waiting:
        below = waiting.pop()
        for name in files.listdir(proc, top + below):
            node = files.stat(proc, f"{top}{below}/{name}")
            if isinstance(node, Directory):
                waiting.append(f"{below}/{name}")
            elif isinstance(node, File):
                found[f"{below}/{name}"] = node.content.decode("utf-8", "surrogateescape")
    return found


def _size(files: dict[str, str]) -> str:
    """How large the archive is that goes to the daemon: a header and whole blocks for each file, a header for each directory."""
    folders = {parent for path in files for parent in _parents(path)}
    total = sum(BLOCK + -(-len(content.encode("utf-8", "surrogateescape")) // BLOCK) * BLOCK for content in files.values()) + BLOCK * (
        len(folders) + 2
    )
    size, unit = float(total), 0
    while size >= 1000:
        size, unit = size / 1000, unit + 1
    return f"{size:.4g}{('B', 'kB', 'MB', 'GB')[unit]}"


def _parents(path: str) -> list[str]:
    parts = path.split("/")[1:-1]
    return ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]


def tag(docker: Docker, parsed: Parsed) -> Result:
    """docker tag."""
    source, name = parsed.words
    wrong = reference_problem(docker.cli, name)
    if wrong:
        docker.complain(f'Error parsing reference: "{name}" is not a valid repository/tag: {wrong}')
        return docker.result(1)
    tagged(docker.engine, docker.engine.image(source), (name,))
    return docker.result()


def _tag_20_10(text: str) -> str:
    return _checked(text, "20.10")


def _tag(text: str) -> str:
    return _checked(text, "28")


def _checked(text: str, release: str) -> str:
    wrong = reference_problem(RELEASES[release], text)
    if wrong:
        raise ValueError(wrong)
    return text


BUILD_FLAGS = (
    Flag("add-host", "", LIST, values.extra_host, unmodelled=1), Flag("build-arg", "", LIST), Flag("cache-from", "", "stringSlice", unmodelled=1),
    Flag("cgroup-parent", unmodelled=1), Flag("compress", "", BOOL), Flag("cpu-period", "", INT, unmodelled=1), Flag("cpu-quota", "", INT, unmodelled=1),
    Flag("cpu-shares", "c", INT, unmodelled=1), Flag("cpuset-cpus", unmodelled=1), Flag("cpuset-mems", unmodelled=1),
    Flag("disable-content-trust", "", BOOL), Flag("file", "f"), Flag("force-rm", "", BOOL), Flag("iidfile", unmodelled=1), Flag("isolation", unmodelled=1),
    Flag("label", "", LIST), Flag("memory", "m", "bytes", values.size, unmodelled=1), Flag("memory-swap", "", "bytes", values.swap, unmodelled=1),
    Flag("network"), Flag("no-cache", "", BOOL), Flag("platform", unmodelled=1), Flag("progress", unmodelled=1), Flag("pull", "", BOOL), Flag("quiet", "q", BOOL),
    Flag("rm", "", BOOL), Flag("security-opt", "", "stringSlice", unmodelled=1), Flag("shm-size", "", "bytes", values.size, unmodelled=1),
    Flag("squash", "", BOOL, unmodelled=1), Flag("tag", "t", LIST, _tag_20_10, only="20.10"), Flag("tag", "t", LIST, _tag, only="28"),
    Flag("target", unmodelled=1), Flag("ulimit", "", LIST, values.ulimit, unmodelled=1),
)  # fmt: skip
BUILD_COMMANDS = (
    Subcommand("build", "[OPTIONS] PATH | URL | -", BUILD_FLAGS, 1, 1, build),
    Subcommand("tag", "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]", (), 2, 2, tag),
)
