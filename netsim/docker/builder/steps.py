"""A build, step by step: what it says, which image each step leaves, and which containers it runs (`builder/dockerfile/builder.go`)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

import attrs

from netsim.docker.builder.dockerfile import Instruction, expand, parse, words
from netsim.docker.builder.files import copied, left
from netsim.docker.builder.instructions import SETTINGS, command, variables
from netsim.docker.builder.told import added, told
from netsim.docker.engine.container import Container
from netsim.docker.engine.create import create
from netsim.docker.engine.engine import Engine
from netsim.docker.engine.user import is_known
from netsim.docker.errors import Refusal
from netsim.docker.ids import new_id
from netsim.docker.image import Image, Layer, image_id, layers_of
from netsim.docker.settings import ContainerSpec, HostConfig
from netsim.programs.packages import programs_of
from netsim.shell.builtins import BUILTINS
from netsim.shell.tokens import RESERVED

SCRATCH = Image("scratch", "busybox", env=())
KEPT = {"USER": "processes run as root", "HEALTHCHECK": "it is kept and not run", "VOLUME": "files stay in the container"}
"""What is part of the image and no more."""
PREDEFINED = ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")
NOT_SIMULATED = ("pip", "pip3", "npm", "systemctl", "service")


@attrs.define(eq=False)
class Builder:
    """A build under way. `said` gathers what it tells; `waits_for` is the container whose end the next step needs."""

    engine: Engine
    instructions: list[Instruction]
    context: Mapping[str, str]
    arguments: Mapping[str, str] = attrs.field(factory=dict)
    network: str = "default"
    no_cache: int = 0
    image: Image | None = None
    stages: dict[str, Image] = attrs.field(factory=dict)
    """Number and name of each stage done -> its image."""
    declared: dict[str, str] = attrs.field(factory=dict)
    """ARG of this stage with its value."""
    outside: dict[str, str] = attrs.field(factory=dict)
    """ARG before the first FROM."""
    consumed: set[str] = attrs.field(factory=set)
    step: int = 0
    said: list[str] = attrs.field(factory=list)
    waits_for: Container | None = None
    key: str = ""

    def advance(self) -> int:
        """The next step; 0 when there is none left. Refusal ends the build."""
        if self.step >= len(self.instructions):
            return 0
        instruction = self.instructions[self.step]
        self.step += 1
        self.say(f"Step {self.step}/{len(self.instructions)} : {instruction.typed}")
        if instruction.word == "FROM":
            self._from(instruction)
        elif self.image is None and instruction.word == "ARG":
            self._argument(instruction, self.outside)
        elif self.image is None:
            raise Refusal(400, "no build stage in current context")
        else:
            self._change(self.image, instruction)
        return 1

    def say(self, text: str) -> None:
        """A line of its output."""
        self.said.append(text + "\n")

    def _from(self, instruction: Instruction) -> None:
        name, *_, alias = [*instruction.rest.split(), ""] if len(instruction.rest.split()) == 1 else instruction.rest.split()
        name = expand(name, self.outside)
        self.declared = {}
        if name in self.stages:
            self.image = self.stages[name]
        else:
            self.image = SCRATCH if name == "scratch" else self.engine.base_image(name)
        self.stages |= {str(len({id(image) for image in self.stages.values()})): self.image} | ({alias.lower(): self.image} if alias else {})
        self.say(" ---> " + ("" if self.image is SCRATCH else _short(self.image)))
        layers = () if self.image is SCRATCH else layers_of(self.image, self.engine.machine.epoch)
        triggers, self.image = (
            self.image.onbuild,
            attrs.evolve(self.image, onbuild=(), parent=image_id(self.image), name="<none>", tag="<none>", layers=layers),
        )
        if triggers:
            self.say(f"# Executing {len(triggers)} build trigger{'s' if len(triggers) > 1 else ''}")
            self.instructions[self.step : self.step] = [one for text in triggers for one in parse(text)]

    def _change(self, image: Image, instruction: Instruction) -> None:
        known = variables(image, self.declared)
        self.key = f"{image_id(image)} {instruction.typed} {sorted(self.declared.items()) if instruction.word in ('RUN', 'ENV') else ''}"
        if instruction.word in ("COPY", "ADD"):
            made = self._copied(image, instruction, known)
            self._done(made, _digest(made))
            return
        cached = None if self.no_cache or instruction.word == "ARG" else self.engine.built.get(self.key)
        if cached is not None:
            self.say(f" ---> Using cache\n ---> {_short(cached)}")
            self.image = self._kept(cached)
            return
        if instruction.word == "RUN":
            self._run(image, instruction)
            return
        if instruction.word in KEPT and not (instruction.word == "USER" and is_known(instruction.rest, image.files.get("/etc/passwd", ""))):
            self.engine.machine.kernel.unmodelled.append(f"docker build: {instruction.typed} ({KEPT[instruction.word]})")
        made = image if instruction.word == "ARG" else SETTINGS[instruction.word](image, instruction, known)
        if instruction.word == "ARG":
            self._argument(instruction, self.declared)
        self._intermediate()
        self._done(made, "")

    def _copied(self, image: Image, instruction: Instruction, known: Mapping[str, str]) -> Image:
        """Files of the context; what another image should have, but got by a program that is not simulated, is reported."""
        try:
            return copied(image, instruction, self._source(instruction), known)
        except Refusal:
            if "from" not in instruction.options:
                raise
        self.engine.machine.kernel.unmodelled.append(f"docker build: {instruction.typed} (a program, or made by one)")
        return image

    def _intermediate(self) -> None:
        identity = new_id(self.engine.rng)[:12]
        self.say(f" ---> Running in {identity}\nRemoving intermediate container {identity}")

    def _done(self, made: Image, content: str) -> None:
        self.key += content
        known = None if self.no_cache else self.engine.built.get(self.key)
        if content and known is not None:
            self.say(" ---> Using cache")
        parent = self.image.id or self.image.parent if self.image is not None else ""
        self.image = self._kept(known or self._new(made, parent))
        self.engine.built[self.key] = self.image
        self.say(f" ---> {_short(self.image)}")

    def _new(self, made: Image, parent: str) -> Image:
        """The image that a step leaves, with the step in its history."""
        assert self.image is not None
        now, before, fresh = self.engine.now(), self.image, "sha256:" + new_id(self.engine.rng)
        by = told(self.instructions[self.step - 1], made, before, self.declared)
        layer = Layer(now, by, added(before, made), "", fresh)
        return attrs.evolve(made, id=fresh, parent=parent, layers=(*before.layers, layer))

    def _kept(self, image: Image) -> Image:
        number = max((int(name) for name in self.stages if name.isdigit()), default=0)
        before = self.stages.get(str(number))
        self.stages = {name: image if one is before else one for name, one in self.stages.items()}
        return image

    def _argument(self, instruction: Instruction, where: dict[str, str]) -> None:
        for word in words(instruction.rest):
            name, equals, default = word.partition("=")
            if name in self.arguments:
                self.consumed.add(name)
                where[name] = self.arguments[name]
            elif equals:
                where[name] = expand(default, {**self.outside, **where})
            elif name in self.outside:
                where[name] = self.outside[name]

    def _source(self, instruction: Instruction) -> Mapping[str, str]:
        name = instruction.options.get("from", "")
        if not name:
            return self.context
        stage = self.stages.get(name.lower())
        return (stage if stage is not None else self.engine.base_image(name)).files

    # RUN ----------------------------------------------------------------------------------------------------------------

    def _run(self, image: Image, instruction: Instruction) -> None:
        """A container that runs the line; programs that are not simulated are reported, and the image stays as it is."""
        typed = command(image, instruction)
        unknown = "" if instruction.json is not None and self._knows(image, typed[0]) else self._unknown(image, instruction)
        if unknown:
            self.engine.machine.kernel.unmodelled.append(f"docker build: RUN {instruction.rest} ({unknown})")
            self._intermediate()
            self._done(self._with_packages(image, instruction), "")
            return
        env = tuple(f"{name}={value}" for name, value in self.declared.items() if f"{name}=" not in image.env)
        self.engine.images[image_id(image)] = image
        spec = ContainerSpec(image_id(image), "", typed, (), env=env, attached=("stdout", "stderr"), host=HostConfig(self.network))
        try:
            self.waits_for = create(self.engine, spec)
        finally:
            self.engine.images.pop(image_id(image))
        self.say(f" ---> Running in {self.waits_for.short_id}")

    def ended(self, container: Container, status: int) -> None:
        """The container has run. Refusal with its status when it failed (408: the status stands in front of the text)."""
        self.waits_for = None
        if status:
            shown = " ".join(container.spec.command)
            raise Failed(f"The command '{shown}' returned a non-zero code: {status}", status)
        assert self.image is not None and container.jail is not None
        self.say(f"Removing intermediate container {container.short_id}")
        self._done(attrs.evolve(left(self.image, container.jail.stored()), installed=dict(container.jail.installed)), "")

    def _with_packages(self, image: Image, instruction: Instruction) -> Image:
        """A line that is passed over may install programs that are simulated."""
        found = programs_of(instruction.rest, self.engine.machine.exec_table)
        return attrs.evolve(image, installed={**image.installed, **found}) if found else image

    def _knows(self, image: Image, name: str) -> bool:
        tools = {**self.engine.machine.dialects[image.dialect], **image.tools, **image.installed}
        if "/" in name:
            return name in image.files or (name.rpartition("/")[0] in ("/bin", "/usr/bin", "/sbin", "/usr/sbin") and name.rpartition("/")[2] in tools)
        return (name in tools and name not in NOT_SIMULATED) or name in RESERVED or name in BUILTINS

    def _unknown(self, image: Image, instruction: Instruction) -> str:
        """The first program of a line that is not simulated."""
        if instruction.json is not None:
            return instruction.json[0]
        bare = re.sub(r"'[^']*'|\"(?:\\.|[^\"\\])*\"", "x", instruction.rest)
        bare = re.sub(r"\d*(?:>>|[<>])&?\s*[^\s;&|]+", " ", bare)
        for piece in re.split(r"&&|\|\||[;|&\n()]|\$\(", bare):
            plain = [word for word in piece.split() if "=" not in word]
            while plain and plain[0] in ("if", "then", "else", "elif", "while", "until", "do", "!", "{", "exec", "eval", "time"):
                plain.pop(0)
            if plain and plain[0] not in ("for", "case") and not plain[0].startswith(("$", "-", "<", ">", "x")) and not self._knows(image, plain[0]):
                return plain[0]
        return ""

    def unused(self) -> list[str]:
        """Build arguments that no ARG took."""
        return sorted(name for name in self.arguments if name not in self.consumed and name.upper() not in PREDEFINED)


class Failed(Refusal):
    """A RUN whose command failed: the build ends with its status."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(0, text)
        self.code = code


def builder(engine: Engine, text: str, context: Mapping[str, str], labels: Mapping[str, str], arguments: Mapping[str, str]) -> Builder:
    """A build of a Dockerfile in a context; labels become a last instruction. Refusal for what cannot be read."""
    instructions = parse(text)
    if labels:
        instructions += parse("LABEL " + " ".join(f"{name}={_quoted(value)}" for name, value in labels.items()))
    first = next((one for one in instructions if one.word != "ARG"), None)
    if first is None or first.word != "FROM":
        raise Refusal(400, "no build stage in current context")
    return Builder(engine, instructions, context, arguments)


def tagged(engine: Engine, image: Image, names: Sequence[str]) -> list[str]:
    """Name an image; names with their tags."""
    found = []
    for name in names:
        bare, tag = engine.split_reference(name)
        engine.keep(attrs.evolve(image, name=bare, tag=tag, id=image_id(image)))
        engine.tell("image", "tag", image_id(image), name=f"{bare}:{tag}")
        found.append(f"{bare}:{tag}")
    return found


def _quoted(value: str) -> str:
    return value if re.fullmatch(r"[\w./:-]+", value) else json.dumps(value)


def _short(image: Image) -> str:
    return image_id(image).removeprefix("sha256:")[:12]


def _digest(image: Image) -> str:
    return repr(sorted(image.files.items()))
