"""Roots and images as tar archives, and back (`docker export`, `import`, `save`, `load`).

Programs are no files here, so an archive of a root has none; what they are stands in a note (a pax header) in front of it."""

from __future__ import annotations

import hashlib
import itertools
import json
import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from netsim.archive import DEVICE, DIRECTORY, FILE, LINK, Archive, Entry, packed
from netsim.clock import SECOND
from netsim.docker.builder.files import MOUNTED
from netsim.docker.engine.container import Container
from netsim.docker.engine.engine import Engine
from netsim.docker.engine.root import root_of
from netsim.docker.engine.views import image_view
from netsim.docker.engine.views.moment import moment
from netsim.docker.image import READY, Image, Layer, image_id, layers_of
from netsim.docker.public_images import OTHERS
from netsim.docker.settings import Port
from netsim.machine.archives import entry_of
from netsim.machine.nodes import Directory

PROGRAMS = "NETSIM.programs"
OF_THE_RUNTIME = ("proc", "sys", "dev")
WHITEOUT = ".wh."


# roots ----------------------------------------------------------------------------------------------------------------------


def exported(engine: Engine, container: Container) -> bytes:
    """A container's root without what is mounted in it (`ContainerExport`)."""
    begun = engine.machine.epoch // SECOND
    mounted = {point.target for point in container.mounts}
    entries = [Entry(".dockerenv", FILE, 0o755, changed=begun), *_entries("", root_of(engine, container), mounted, begun)]
    entries += [Entry("dev", DIRECTORY, 0o755, changed=begun), *(Entry(f"dev/{name}", DIRECTORY, 0o755, changed=begun) for name in ("pts", "shm"))]
    entries += [Entry("dev/console", FILE, 0o755, changed=begun), Entry("etc/mtab", LINK, 0o777, target="/proc/mounts", changed=begun)]
    entries += [Entry(name, DIRECTORY, 0o755, changed=begun) for name in ("proc", "sys")]
    installed = container.jail.installed if container.jail is not None else container.image.installed
    return packed(sorted(entries, key=_path), {PROGRAMS: json.dumps(_programs(container.image, installed))})


def _path(entry: Entry) -> str:
    return entry.path


def _entries(path: str, here: Directory, mounted: set[str], begun: int) -> Iterator[Entry]:
    for name, node in here.entries.items():
        full = f"{path}/{name}"
        if full.lstrip("/") in (*OF_THE_RUNTIME, "etc/mtab"):
            continue
        entry = entry_of(full.lstrip("/"), Directory() if full in mounted and isinstance(node, Directory) else node, begun)
        if entry is not None:
            yield attrs.evolve(entry, mode=0o755, content=b"") if full in MOUNTED else entry
        if isinstance(node, Directory) and full not in mounted:
            yield from _entries(full, node, mounted, begun)


def imported(engine: Engine, image: Image, archive: Archive) -> Image:
    """An image with the files of an archive, and the programs that its note tells of."""
    image = attrs.evolve(image, **_read_programs(engine, archive.notes.get(PROGRAMS, "")))
    return _with_entries(image, [entry for entry in archive.entries if entry.path.removeprefix("./").partition("/")[0] not in OF_THE_RUNTIME])


def _with_entries(image: Image, entries: list[Entry]) -> Image:
    files, modes, links, directories = dict(image.files), dict(image.modes), dict(image.links), list(image.directories)
    for entry in entries:
        path = posixpath.normpath("/" + entry.path.removeprefix("./").lstrip("/"))
        folder, _, name = path.rpartition("/")
        if name.startswith(WHITEOUT):
            gone = f"{folder}/{name.removeprefix(WHITEOUT)}"
            for known in (files, modes, links):
                for one in [one for one in known if one == gone or one.startswith(f"{gone}/")]:
                    del known[one]
            directories = [one for one in directories if one != gone and not one.startswith(f"{gone}/")]
        elif entry.kind == DIRECTORY and path != "/":
            directories.append(path)
            modes.pop(path, None)
            if entry.mode != 0o755:
                modes[path] = entry.mode
        elif entry.kind == LINK:
            links[path] = entry.target
        elif entry.kind not in (DIRECTORY, DEVICE) and path not in MOUNTED:
            files[path] = entry.content.decode("utf-8", "surrogateescape")
            modes.pop(path, None)
            if entry.mode != 0o644:
                modes[path] = entry.mode
    links.pop("/etc/mtab", None)
    return attrs.evolve(image, files=files, modes=modes, links=links, directories=tuple(dict.fromkeys(directories)))


def _programs(image: Image, installed: Mapping[str, str]) -> dict[str, Any]:
    return {"dialect": image.dialect, "tools": dict(image.tools), "installed": dict(installed)}


def _read_programs(engine: Engine, text: str) -> dict[str, Any]:
    """What a note says of programs, as far as they are known on this machine: nothing else can be brought in by a file."""
    try:
        told = json.loads(text) if text else {}
    except ValueError:
        told = {}
    if not isinstance(told, dict):
        told = {}
    known = {*engine.machine.exec_table.values()}
    for image in (*READY, *OTHERS.values(), *engine.images.values(), *engine.built.values()):
        known |= {*image.tools.values(), *image.installed.values()}
    found: dict[str, Any] = {}
    for field in ("tools", "installed"):
        table = told.get(field)
        found[field] = {name: place for name, place in table.items() if place in known} if isinstance(table, dict) else {}
    found["dialect"] = told["dialect"] if told.get("dialect") in engine.machine.dialects else "busybox"
    return found


# images ---------------------------------------------------------------------------------------------------------------------


@attrs.frozen
class Saved:
    """One image in an archive: its configuration and its layers, each with the digest of its bytes."""

    image: Image
    config: bytes
    layers: tuple[bytes, ...]
    tags: tuple[str, ...]


def saved(engine: Engine, wanted: Mapping[str, tuple[Image, list[str]]]) -> bytes:
    """Images by their ids, with the names they are saved under, as one archive (`ImageSave`)."""
    images = [_saved(engine, image, tuple(names)) for image, names in wanted.values()]
    begun = engine.machine.epoch // SECOND
    return packed(_layout(images, begun) if engine.profile.saves_layout else _older(images, begun))


def _saved(engine: Engine, image: Image, tags: tuple[str, ...]) -> Saved:
    begun = engine.machine.epoch // SECOND
    states: list[dict[str, Entry]] = [{}]
    for one in _chain(engine, image):
        state = _state(one, begun)
        if len(states) == 1 or state != states[-1]:
            states.append(state)
    layers = tuple(packed(_layer(before, after)) for before, after in itertools.pairwise(states))
    view = image_view(engine, image)
    history = [
        {"created": moment(layer.created), "created_by": layer.by, "comment": layer.comment, "empty_layer": not layer.size}
        for layer in layers_of(image, engine.machine.epoch)
    ]
    config = {
        "architecture": "amd64", "author": image.author, "config": view["Config"], "created": view["Created"], "docker_version": engine.profile.version,
        "history": history, "os": "linux", "rootfs": {"type": "layers", "diff_ids": [f"sha256:{_digest(one)}" for one in layers]},
        "netsim": {**_programs(image, image.installed), "id": image_id(image), "layers": [attrs.astuple(one) for one in image.layers]},
    }  # fmt: skip
    return Saved(image, json.dumps(config, separators=(",", ":")).encode(), layers, tags)


def _chain(engine: Engine, image: Image) -> list[Image]:
    """An image and those that it was built upon, the first one first."""
    found = [image]
    while found[0].parent and len(found) < 128:
        below = engine.by_id(found[0].parent)
        if below is None or below in found:
            break
        found.insert(0, below)
    return found


def _state(image: Image, begun: int) -> dict[str, Entry]:
    found = {path.lstrip("/"): Entry(path.lstrip("/"), DIRECTORY, image.modes.get(path, 0o755), changed=begun) for path in image.directories}
    for path, content in image.files.items():
        name = path.lstrip("/")
        found[name] = Entry(name, FILE, image.modes.get(path, 0o644), content.encode("utf-8", "surrogateescape"), changed=begun)
    for path, target in image.links.items():
        found[path.lstrip("/")] = Entry(path.lstrip("/"), LINK, 0o777, target=target, changed=begun)
    return found


def _layer(before: Mapping[str, Entry], after: Mapping[str, Entry]) -> list[Entry]:
    gone = [posixpath.join(posixpath.dirname(path), WHITEOUT + posixpath.basename(path)) for path in before if path not in after]
    new = [entry for path, entry in after.items() if before.get(path) != entry]
    return sorted([*new, *(Entry(path) for path in gone)], key=_path)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _text(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _names(images: list[Saved], place: Mapping[str, str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for one in images:
        for tag in one.tags:
            found.setdefault(tag.rpartition(":")[0], {})[tag.rpartition(":")[2]] = place[image_id(one.image)]
    return found


def _hex(image: Image) -> str:
    return image_id(image).removeprefix("sha256:")


def _older(images: list[Saved], begun: int) -> list[Entry]:
    """A directory for each layer (before 25)."""
    entries: dict[str, Entry] = {}
    manifest, tops = [], {}
    for one in images:
        places, chain = [], ""
        for layer in one.layers:
            chain = _digest(f"{chain} {_digest(layer)}".encode())
            places.append(f"{chain}/layer.tar")
            entries[chain] = Entry(chain, DIRECTORY, 0o755, changed=begun)
            entries[f"{chain}/VERSION"] = Entry(f"{chain}/VERSION", content=b"1.0", changed=begun)
            entries[f"{chain}/json"] = Entry(f"{chain}/json", content=_text({"id": chain}), changed=begun)
            entries[places[-1]] = Entry(places[-1], content=layer, changed=begun)
        tops[image_id(one.image)] = chain
        name = f"{_hex(one.image)}.json"
        entries[name] = Entry(name, content=one.config, changed=begun)
        manifest.append({"Config": name, "RepoTags": list(one.tags) or None, "Layers": places})
    entries["manifest.json"] = Entry("manifest.json", content=_text(manifest))
    if _names(images, tops):
        entries["repositories"] = Entry("repositories", content=_text(_names(images, tops)))
    return [entries[name] for name in sorted(entries)]


def _layout(images: list[Saved], begun: int) -> list[Entry]:
    """An OCI layout, with the manifest that older releases read beside it (25)."""
    blobs: dict[str, bytes] = {}
    manifest, index, tops = [], [], {}
    for one in images:
        digests = [_digest(layer) for layer in one.layers]
        blobs |= {**dict(zip(digests, one.layers, strict=True)), _hex(one.image): one.config}
        described = [
            {"mediaType": "application/vnd.oci.image.layer.v1.tar", "size": len(layer), "digest": f"sha256:{digest}"}
            for digest, layer in zip(digests, one.layers, strict=True)
        ]
        config = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": image_id(one.image), "size": len(one.config)}
        whole = _text({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": described})
        blobs[_digest(whole)] = whole
        tops[image_id(one.image)] = digests[-1] if digests else ""
        paths = [f"blobs/sha256/{digest}" for digest in digests]
        manifest.append({"Config": f"blobs/sha256/{_hex(one.image)}", "RepoTags": list(one.tags) or None, "Layers": paths})
        for tag in one.tags or ("",):
            item: dict[str, Any] = {
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "digest": f"sha256:{_digest(whole)}",
                "size": len(whole),
            }
            official = tag if "/" in tag else f"library/{tag}"
            notes = {"io.containerd.image.name": f"docker.io/{official}", "org.opencontainers.image.ref.name": tag.rpartition(":")[2]}
            index.append({**item, "annotations": notes} if tag else item)
    top = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": index}
    return [
        Entry("blobs", DIRECTORY, 0o755, changed=begun), Entry("blobs/sha256", DIRECTORY, 0o755, changed=begun),
        *(Entry(f"blobs/sha256/{name}", content=blobs[name], changed=begun) for name in sorted(blobs)),
        Entry("index.json", content=_text(top)), Entry("manifest.json", content=_text(manifest)), Entry("oci-layout", content=_text({"imageLayoutVersion": "1.0.0"})),
        *([Entry("repositories", content=_text(_names(images, tops)))] if _names(images, tops) else []),
    ]  # fmt: skip


def loaded(engine: Engine, archive: Archive) -> list[tuple[Image, list[str]]] | None:
    """The images of an archive with the names they had (`LoadImage`); None where it says nothing of any."""
    files = {entry.path.removeprefix("./"): entry.content for entry in archive.entries if entry.kind == FILE}
    try:
        listed = json.loads(files.get("manifest.json", b"null"))
        return [(_read(engine, files, one), one.get("RepoTags") or []) for one in listed] if isinstance(listed, list) else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _read(engine: Engine, files: Mapping[str, bytes], one: Mapping[str, Any]) -> Image:
    from netsim.archive import read

    config = json.loads(files[one["Config"]])
    said, own = config.get("config") or {}, config.get("netsim") or {}
    begun = engine.now()
    layers = tuple(Layer(*fields) for fields in own.get("layers", ())) or tuple(
        Layer(begun, text.get("created_by", ""), 0, text.get("comment", "")) for text in (config.get("history") or () if not own else ())
    )
    image = Image(
        "<none>", tag="<none>", id=own.get("id") or "sha256:" + _digest(files[one["Config"]]), layers=layers, author=config.get("author", ""),
        command=tuple(said.get("Cmd") or ()), entrypoint=tuple(said.get("Entrypoint") or ()), env=tuple(said.get("Env") or ()),
        exposed=tuple(Port(int(text.partition("/")[0]), text.partition("/")[2] or "tcp") for text in said.get("ExposedPorts") or {}),
        working_dir=said.get("WorkingDir", ""), labels=dict(said.get("Labels") or {}), user=said.get("User", ""), stop_signal=said.get("StopSignal", ""),
        volumes=tuple(said.get("Volumes") or ()), shell=tuple(said.get("Shell") or ()), onbuild=tuple(said.get("OnBuild") or ()),
        healthcheck=tuple((said.get("Healthcheck") or {}).get("Test") or ()), parent=said.get("Image", ""), **_read_programs(engine, json.dumps(own)),
    )  # fmt: skip
    for path in one["Layers"]:
        layer = read(files[path])
        image = _with_entries(image, list(layer.entries)) if layer is not None else image
    return image
