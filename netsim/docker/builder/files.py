"""What COPY and ADD bring into an image, and what a run leaves in it."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Mapping, Sequence

import attrs

from netsim.docker.builder.dockerfile import Instruction, expand, words
from netsim.docker.engine.accounts import accounts_of
from netsim.docker.engine.root import ETC
from netsim.docker.errors import Refusal
from netsim.docker.image import Image
from netsim.machine.nodes import Directory, File, Symlink

NOT_KEPT = ("proc", "sys", "dev")
MOUNTED = ("/etc/hosts", "/etc/hostname", "/etc/resolv.conf")
OF_EVERY_IMAGE = {f"/etc/{name}": data for name, data in ETC}


def _is_usual(image: Image, path: str, content: bytes) -> bool:
    """Whether a file is what every image of its kind has."""
    usual = OF_EVERY_IMAGE.get(path) or accounts_of(image).get(path.removeprefix("/etc/"))
    return path not in image.files and usual == content


MISSING = "{word} failed: file not found in build context or excluded by .dockerignore: stat {path}: file does not exist"


def copied(image: Image, instruction: Instruction, source: Mapping[str, str], known: Mapping[str, str]) -> Image:
    """COPY or ADD: files of a context (or of another image) at their place. Refusal where there is nothing of that name."""
    listed = instruction.json
    *names, target = [expand(word, known) for word in (listed if listed is not None else words(instruction.rest))]
    place = posixpath.join(image.working_dir or "/", target)
    found = dict(image.files)
    for name in names:
        if "://" in name or name.startswith("git@"):
            raise Refusal(400, f"{instruction.word} failed: netsim: nothing is fetched from {name}")
        brought = _matching(source, posixpath.normpath("/" + name))
        if not brought:
            raise Refusal(400, MISSING.format(word=instruction.word, path=posixpath.normpath(name).lstrip("/")))
        folder = target.endswith("/") or len(names) > 1 or _is_folder(image, place) or target in (".", "..")
        for inside, content in brought.items():
            below = posixpath.join(place, inside) if inside else posixpath.join(place, posixpath.basename(name)) if folder else place
            found[posixpath.normpath(below)] = content
    return attrs.evolve(image, files=found)


def _matching(source: Mapping[str, str], wanted: str) -> dict[str, str]:
    """A file under no name, a directory's files by their paths in it, or what a pattern matches by its own name."""
    if wanted in source:
        return {"": source[wanted]}
    if any(letter in wanted for letter in "*?["):
        return {posixpath.basename(path): content for path, content in source.items() if _matches(path, wanted)}
    begin = wanted.rstrip("/") + "/"
    return {path[len(begin) :]: content for path, content in source.items() if path.startswith(begin)}


def _matches(path: str, pattern: str) -> bool:
    return path.count("/") == pattern.count("/") and fnmatch.fnmatchcase(path, pattern)


def _is_folder(image: Image, path: str) -> bool:
    begin = posixpath.normpath(path).rstrip("/") + "/"
    known = (*image.directories, image.working_dir, "/bin", "/sbin", "/tmp", "/root", "/home", "/run", "/opt", "/usr", "/var", "/mnt", "/etc")
    return posixpath.normpath(path) in (*known, "/") or any(name.startswith(begin) for name in (*image.files, *image.directories))


def ignored(files: Mapping[str, str]) -> dict[str, str]:
    """A context's files without those that its .dockerignore names."""
    patterns = [line.strip() for line in files.get("/.dockerignore", "").splitlines() if line.strip() and not line.startswith("#")]
    return {path: content for path, content in files.items() if not _is_ignored(path.lstrip("/"), patterns)}


def _is_ignored(path: str, patterns: Sequence[str]) -> bool:
    out = False
    for pattern in patterns:
        bare = posixpath.normpath(pattern.removeprefix("!").lstrip("/"))
        parts = path.split("/")
        if any(fnmatch.fnmatchcase("/".join(parts[:count]), bare.removeprefix("**/")) for count in range(1, len(parts) + 1)):
            out = not pattern.startswith("!")
    return out


def left(image: Image, root: Directory) -> Image:
    """The image with what a container's root has become."""
    found: dict[str, str] = {}
    modes: dict[str, int] = {}
    links: dict[str, str] = {}
    folders: list[str] = []
    waiting = [("", root)]
    while waiting:
        path, here = waiting.pop()
        for name, node in here.entries.items():
            full = f"{path}/{name}"
            if isinstance(node, Directory) and not (path == "" and name in NOT_KEPT):
                folders.append(full)
                if node.mode != 0o755:
                    modes[full] = node.mode
                waiting.append((full, node))
            elif isinstance(node, Symlink) and node.magic is None and full not in ("/var/run",):
                links[full] = node.target
            elif isinstance(node, File) and full not in MOUNTED and not _is_usual(image, full, node.content):
                found[full] = node.content.decode("utf-8", "surrogateescape")
                if node.mode != 0o644:
                    modes[full] = node.mode
    return attrs.evolve(image, files=found, modes=modes, links=links, directories=tuple(sorted(folders)))
