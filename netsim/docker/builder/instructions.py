"""What each instruction makes of an image (`builder/dockerfile/dispatchers.go`); COPY, ADD and RUN, which are about files, stand beside."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping

import attrs

from netsim.docker.builder.dockerfile import Instruction, expand, pairs, words
from netsim.docker.engine.security import number_of
from netsim.docker.errors import Refusal, invalid
from netsim.docker.image import Image
from netsim.docker.settings import Port

SHELL = ("/bin/sh", "-c")


def variables(image: Image, arguments: Mapping[str, str]) -> dict[str, str]:
    """What may be put into words: build arguments, and the image's variables above them."""
    return {**arguments, **dict(item.partition("=")[::2] for item in image.env)}


def command(image: Image, instruction: Instruction) -> tuple[str, ...]:
    """The words of CMD, ENTRYPOINT or RUN: a list as it is, a line through the shell."""
    listed = instruction.json
    if listed is not None:
        return listed
    return (*(image.shell or SHELL), instruction.rest) if instruction.rest else ()


def _cmd(image: Image, instruction: Instruction, known: Mapping[str, str]) -> Image:
    return attrs.evolve(image, command=command(image, instruction))


def _entrypoint(image: Image, instruction: Instruction, known: Mapping[str, str]) -> Image:
    return attrs.evolve(image, entrypoint=command(image, instruction))


def _env(image: Image, instruction: Instruction, known: Mapping[str, str]) -> Image:
    for name, value in pairs(instruction):
        others = [item for item in image.env if item.partition("=")[0] != name]
        place = next((at for at, item in enumerate(image.env) if item.partition("=")[0] == name), len(others))
        others.insert(place, f"{name}={expand(value, known)}")
        image = attrs.evolve(image, env=tuple(others))
    return image


def _label(image: Image, instruction: Instruction, known: Mapping[str, str]) -> Image:
    return attrs.evolve(image, labels={**image.labels, **{expand(name, known): expand(value, known) for name, value in pairs(instruction)}})


def _expose(image: Image, instruction: Instruction, known: Mapping[str, str]) -> Image:
    ports = [port for word in words(instruction.rest) for port in ports_of(expand(word, known))]
    return attrs.evolve(image, exposed=tuple(dict.fromkeys((*image.exposed, *ports))))


def ports_of(text: str) -> list[Port]:
    """`80`, `53/udp`, `7000-7010/tcp`."""
    number, _, protocol = text.partition("/")
    first, _, last = number.partition("-")
    protocol = protocol.lower() or "tcp"
    if protocol not in ("tcp", "udp", "sctp"):
        raise Refusal(400, f"Invalid proto: {protocol}")
    if not all(one.isdigit() and 0 < int(one) < 65536 for one in (first, last or first)):
        raise Refusal(400, f"Invalid containerPort: {number}")
    return [Port(one, protocol) for one in range(int(first), int(last or first) + 1)]


def _user(image: Image, instruction: Instruction, known: Mapping[str, str]) -> Image:
    return attrs.evolve(image, user=expand(instruction.rest, known))


def _workdir(image: Image, instruction: Instruction, known: Mapping[str, str]) -> Image:
    path = posixpath.normpath(posixpath.join(image.working_dir or "/", expand(instruction.rest, known)))
    return attrs.evolve(image, working_dir=path, directories=tuple(dict.fromkeys((*image.directories, path))))


def _volume(image: Image, instruction: Instruction, known: Mapping[str, str]) -> Image:
    listed = instruction.json
    found = listed if listed is not None else words(instruction.rest)
    return attrs.evolve(image, volumes=tuple(dict.fromkeys((*image.volumes, *(expand(word, known) for word in found)))))


def _stop_signal(image: Image, instruction: Instruction, known: Mapping[str, str]) -> Image:
    name = expand(instruction.rest, known)
    number_of(name)
    return attrs.evolve(image, stop_signal=name)


def _shell(image: Image, instruction: Instruction, known: Mapping[str, str]) -> Image:
    listed = instruction.json
    if not listed:
        raise Refusal(400, "SHELL requires the arguments to be in JSON form")
    return attrs.evolve(image, shell=listed)


def _onbuild(image: Image, instruction: Instruction, known: Mapping[str, str]) -> Image:
    word = instruction.rest.split()[0].upper()
    if word in ("ONBUILD", "FROM", "MAINTAINER"):
        raise invalid("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed" if word == "ONBUILD" else f"{word} isn't allowed as an ONBUILD trigger")
    return attrs.evolve(image, onbuild=(*image.onbuild, instruction.rest))


def _healthcheck(image: Image, instruction: Instruction, known: Mapping[str, str]) -> Image:
    kind, _, rest = instruction.rest.partition(" ")
    if kind.upper() == "NONE":
        return attrs.evolve(image, healthcheck=("NONE",))
    if kind.upper() != "CMD":
        raise Refusal(400, f'Unknown type "{kind.upper()}" in HEALTHCHECK (try CMD)')
    listed = attrs.evolve(instruction, rest=rest.strip()).json
    return attrs.evolve(image, healthcheck=("CMD", *listed) if listed is not None else ("CMD-SHELL", rest.strip()))


def _maintainer(image: Image, instruction: Instruction, known: Mapping[str, str]) -> Image:
    return attrs.evolve(image, author=instruction.rest)


SETTINGS: Mapping[str, Callable[[Image, Instruction, Mapping[str, str]], Image]] = {
    "CMD": _cmd, "ENTRYPOINT": _entrypoint, "ENV": _env, "LABEL": _label, "EXPOSE": _expose, "USER": _user, "WORKDIR": _workdir, "VOLUME": _volume,
    "STOPSIGNAL": _stop_signal, "SHELL": _shell, "ONBUILD": _onbuild, "HEALTHCHECK": _healthcheck, "MAINTAINER": _maintainer,
}  # fmt: skip
"""Instructions that change what an image says, each with what it does."""
