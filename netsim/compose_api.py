"""Compose projects from Python and from the command line: files of a project go into a machine, and `docker compose` is typed there."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import attrs

from netsim.commands.docker.compose.file.assemble import Wanted, assemble
from netsim.commands.docker.compose.file.document import documents
from netsim.commands.docker.compose.file.problem import ComposeProblem

if TYPE_CHECKING:
    from netsim.docker_api import Container, Docker
    from netsim.machine.call import Result

ROOT = PurePosixPath("/root")
LARGEST = 4 << 20
MOST_FILES, SMALL = 200, 65536
LEFT_OUT = ("node_modules", "__pycache__", "venv")


@attrs.frozen
class Carried:
    """A project as it will lie in a machine: path -> text, and where its first file is."""

    files: Mapping[str, str]
    path: str

    @property
    def directory(self) -> str:
        """The project's directory."""
        return str(PurePosixPath(self.path).parent)

    def script(self, command: str) -> str:
        """A script that writes the files and types a command of compose in the project's directory."""
        lines = []
        for path, text in self.files.items():
            end = "END_OF_FILE"
            while end in text:
                end += "_"
            lines.append(
                f"mkdir -p {shlex.quote(str(PurePosixPath(path).parent))}\ncat > {shlex.quote(path)} <<'{end}'\n{text.rstrip(chr(10))}\n{end}\n"
            )
        return f"{''.join(lines)}cd {shlex.quote(self.directory)}\ndocker compose -f {shlex.quote(PurePosixPath(self.path).name)} {command}\n"


@attrs.define
class _Tree:
    """The user's directory: what is read of it is remembered by the path that it has in the machine."""

    base: Path
    """Nothing outside of it is read."""
    texts: dict[str, str] = attrs.field(factory=dict)

    def __call__(self, path: str) -> str:
        """A file of the machine's tree out of the user's; OSError."""
        if path in self.texts:
            return self.texts[path]
        inner = ROOT / self.name
        try:
            below = PurePosixPath(path).relative_to(inner)
        except ValueError:
            raise FileNotFoundError(2, "No such file or directory") from None
        real = (self.base / below).resolve()
        if not real.is_relative_to(self.base) or not real.is_file() or real.stat().st_size > LARGEST:
            raise FileNotFoundError(2, "No such file or directory")
        self.texts[path] = real.read_text(encoding="utf-8")
        return self.texts[path]

    def context(self, directory: str, dockerfile: str) -> None:
        """What an image is built from: the Dockerfile, and the small texts beside and below it, as far as they are not too many."""
        try:
            self(f"{directory}/{dockerfile}")
        except (OSError, ValueError, UnicodeDecodeError):
            return
        self.below(directory)

    def mounted(self, path: str) -> None:
        """What a service has mounted: a file, or the small texts of a directory."""
        try:
            self(path)
        except UnicodeDecodeError:
            return
        except OSError:
            self.below(path)

    def below(self, directory: str) -> None:
        """The small texts in a directory and below it, as far as they are not too many."""
        try:
            real = (self.base / PurePosixPath(directory).relative_to(ROOT / self.name)).resolve()
        except (OSError, ValueError):
            return
        found = 0
        if not real.is_relative_to(self.base) or not real.is_dir():
            return
        for one in sorted(real.rglob("*")):
            below = one.relative_to(real)
            if (
                found >= MOST_FILES
                or not one.is_file()
                or one.stat().st_size > SMALL
                or any(part in LEFT_OUT or part.startswith(".") for part in below.parts)
            ):
                continue
            found += 1
            try:
                self(f"{directory}/{below.as_posix()}")
            except (OSError, UnicodeDecodeError):
                continue

    @property
    def name(self) -> str:
        """What the directory is called in the machine."""
        return self.base.name or "project"


def carry(path: str | Path, environment: Mapping[str, str]) -> Carried:
    """A compose file, and the files it extends, includes, reads variables from and mounts, as they will lie in a machine.

    Only files below the working directory, or below the file's own directory when that is elsewhere, are read. OSError for the file itself.
    """
    real = Path(path).resolve()
    here = Path.cwd().resolve()
    tree = _Tree(here if real.is_relative_to(here) else real.parent)
    inner = str(ROOT / tree.name / PurePosixPath(real.relative_to(tree.base).as_posix()))
    if real.is_dir():
        raise IsADirectoryError(21, "Is a directory", str(path))
    tree.texts[inner] = real.read_text(encoding="utf-8")
    _look(tree, inner, environment)
    return Carried(tree.texts, inner)


def carry_text(text: str) -> Carried:
    """A compose file from standard input."""
    path = str(ROOT / "project" / "compose.yaml")
    return Carried({path: text}, path)


def _look(read: _Tree, path: str, environment: Mapping[str, str]) -> None:
    """Load the project once, so that all it needs has been read; what is wrong with it is told when it is loaded in the machine."""
    try:
        loaded = assemble(Wanted(str(PurePosixPath(path).parent), environment, (path,), profiles=("*",)), read)
    except (ComposeProblem, ImportError):
        return
    for service in loaded.project.services.values():
        if isinstance(service.get("build"), dict):
            read.context(str(service["build"].get("context", "")), str(service["build"].get("dockerfile", "Dockerfile")))
        for mount in service.get("volumes") or ():
            if isinstance(mount, dict) and mount.get("type") == "bind":
                read.mounted(str(mount.get("source", "")))


def engine_of(text: str) -> str:
    """The engine a file asks for by `x-netsim: {engine: "20.10"}` at its top; empty when it does not."""
    try:
        tops: list[Any] = documents(text, "")
    except (ComposeProblem, ImportError):
        return ""
    found = next((top.get("x-netsim") for top in tops if isinstance(top, dict)), None)
    wanted = str(found["engine"]) if isinstance(found, dict) and "engine" in found else ""
    return "20.10" if wanted == "20.1" else wanted  # unquoted it is a number


@attrs.define(eq=False, repr=False)
class Composition:
    """A compose project on a machine (`host.docker().compose(path)`); every method types `docker compose` in the project's directory."""

    docker: Docker
    carried: Carried

    def __repr__(self) -> str:
        return f"<Compose project {self.carried.path} on {self.docker.machine.name}>"

    def type(self, *argv: str) -> Result:
        """`docker compose -f FILE ARGV...`, waiting in virtual time until it ends."""
        return self.docker.type_in(self.carried.directory, "compose", "-f", PurePosixPath(self.carried.path).name, *argv)

    def up(self, *services: str, scale: Mapping[str, int] | None = None) -> Result:
        """`up --detach`: networks and containers are made and started, in the order of dependencies."""
        scales = [word for name, count in (scale or {}).items() for word in ("--scale", f"{name}={count}")]
        return self.type("up", "--detach", *scales, *services)

    def down(self, *services: str) -> Result:
        """`down`: containers and networks go."""
        return self.type("down", *services)

    def config(self) -> str:
        """The project after everything was merged and resolved, as YAML; what is wrong with it, if something is."""
        done = self.type("config")
        return done.stdout or done.stderr

    @property
    def containers(self) -> dict[str, Container]:
        """The project's containers by name."""
        found = [self.docker.container(identity) for identity in self.type("ps", "--all", "--quiet").stdout.split()]
        return {one.name: one for one in found}

    def container(self, service: str, number: int = 1) -> Container:
        """A container of a service; KeyError when there is none such."""
        for one in self.containers.values():
            labels = one.state.spec.labels
            if labels.get("com.docker.compose.service") == service and labels.get("com.docker.compose.container-number") == str(number):
                return one
        raise KeyError(f"{service} has no container {number}")
