"""How each instruction of a Dockerfile stands in an image's history (`builder/dockerfile/dispatchers.go`)."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Mapping

from netsim.docker.builder.dockerfile import Instruction, expand, pairs, words
from netsim.docker.builder.instructions import command, variables
from netsim.docker.image import Image, quoted

SHELL = ("/bin/sh", "-c")


def told(instruction: Instruction, made: Image, before: Image, declared: Mapping[str, str]) -> str:
    """What `docker history` shows as CREATED BY."""
    shell = " ".join(before.shell or SHELL)
    if instruction.word == "RUN":
        arguments = [f"{name}={value}" for name, value in sorted(declared.items())]
        return " ".join((*((f"|{len(arguments)}", *arguments) if arguments else ()), *command(before, instruction)))
    if instruction.word in ("COPY", "ADD"):
        return f"{shell} #(nop) {instruction.word} {_brought(instruction, made, before)} "
    gap = " " if instruction.word == "WORKDIR" else "  "
    return f"{shell} #(nop){gap}{instruction.word} {_said(instruction, made, variables(before, declared))}"


def _said(instruction: Instruction, made: Image, known: Mapping[str, str]) -> str:
    word = instruction.word
    if word in ("CMD", "ENTRYPOINT"):
        return quoted(made.command if word == "CMD" else made.entrypoint)
    if word in ("ENV", "LABEL"):
        return " ".join(f"{expand(name, known)}={expand(value, known)}" for name, value in pairs(instruction))
    if word == "EXPOSE":
        return " ".join(sorted(expand(one, known) for one in words(instruction.rest)))
    if word in ("VOLUME", "SHELL"):
        listed = instruction.json
        return f"[{' '.join(listed if listed is not None else words(instruction.rest))}]"
    if word == "WORKDIR":
        return made.working_dir
    if word == "HEALTHCHECK" and made.healthcheck != ("NONE",):
        spans = " ".join(f'"{instruction.options.get(name, "0s")}"' for name in ("interval", "timeout", "start-period"))
        tries = instruction.options.get("retries", "0")
        return f"&{{{quoted(made.healthcheck)} {spans} '\\x{int(tries) if tries.isdigit() else 0:02x}'}}"
    return instruction.rest if word == "ONBUILD" else expand(instruction.rest, known)


def _brought(instruction: Instruction, made: Image, before: Image) -> str:
    listed = instruction.json
    *names, target = [expand(word, variables(before, {})) for word in (listed if listed is not None else words(instruction.rest))]
    new = sorted((path, content) for path, content in made.files.items() if before.files.get(path) != content)
    kind = "multi" if len(names) > 1 else "file" if len(new) <= 1 and not names[0].endswith(("/", ".")) else "dir"
    digest = hashlib.sha256(repr([content for _, content in new]).encode("utf-8", "surrogateescape")).hexdigest()
    place = posixpath.join(before.working_dir or "/", target)
    return f"{kind}:{digest} in {posixpath.normpath(place)}{'/' if target.endswith('/') and place != '/' else ''}"


def added(before: Image, made: Image) -> int:
    """Bytes of files that are new or have become others."""
    return sum(len(content.encode("utf-8", "surrogateescape")) for path, content in made.files.items() if before.files.get(path) != content)
