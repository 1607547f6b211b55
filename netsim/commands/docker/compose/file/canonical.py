"""Short forms in their long form (compose-go `transform`): lists of NAME=VALUE as mappings, ports, networks, dependencies."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from netsim.commands.docker.compose.file.document import Marked, inside, shown
from netsim.commands.docker.compose.file.mounts import mount
from netsim.commands.docker.compose.file.ports import ports
from netsim.commands.docker.compose.file.problem import ComposeProblem

Form = Callable[[Any, str], Any]


def canonical(tree: Mapping[str, Any]) -> dict[str, Any]:
    """A file's tree in its long form; ComposeProblem."""
    done = dict(tree)
    for section, forms in SECTIONS.items():
        if section in done:
            done[section] = inside(done[section], _Section(section, forms))
    if isinstance(tree.get("include"), list):
        done["include"] = [{"path": [one]} if isinstance(one, str) else {**one, "path": texts(one.get("path"), "")} for one in tree["include"]]
    return done


@attrs.frozen
class _Section:
    """The long form of the services, networks ... of a file."""

    name: str
    forms: Mapping[str, Form]

    def __call__(self, value: Any) -> Any:
        """Of each of them."""
        return {key: _element(one, self.forms, f"{self.name}.{key}") for key, one in value.items()} if isinstance(value, dict) else value


def _element(value: Any, forms: Mapping[str, Form], path: str) -> Any:
    """One service, network ...; one without anything is an empty mapping."""
    if isinstance(value, Marked):
        return Marked(value.kind, None if value.kind == "reset" else _element(value.value, forms, path))
    done = dict(value or {})
    for name, form in forms.items():
        if name in done:
            done[name] = formed(form, done[name], f"{path}.{name}")
    return done


def formed(form: Form, value: Any, path: str) -> Any:
    """A value in its long form, whatever mark it carries."""
    if isinstance(value, Marked):
        return Marked(value.kind, None if value.kind == "reset" else form(value.value, path))
    return value if value is None else form(value, path)


def texts(value: Any, path: str) -> Any:
    """One or several, as a list without repetitions."""
    return list(dict.fromkeys([text(value)] if not isinstance(value, list) else [text(one) for one in value]))


def text(value: Any) -> str:
    """A scalar as text, as Go prints it."""
    return value if isinstance(value, str) else "" if value is None else shown(value)


def pairs(value: Any, path: str) -> Any:
    """NAME=VALUE items or a mapping: a mapping of texts; a bare name has an empty value."""
    return _pairs(value, path, "")


def variables(value: Any, path: str) -> Any:
    """The same for an environment: a bare name has no value, and gets it from where the command runs."""
    return _pairs(value, path, None)


def _pairs(value: Any, path: str, bare: str | None) -> Any:
    if isinstance(value, dict):
        return {key: one if isinstance(one, Marked) else bare if one is None else text(one) for key, one in value.items()}
    found: dict[str, Any] = {}
    for number, item in enumerate(value):
        if not isinstance(item, str):
            kind = {bool: "bool", int: "int", float: "float64"}.get(type(item), "map[string]interface {}")
            raise ComposeProblem(f"{path}.[{number}]: unexpected type {kind}")
        name, equals, rest = item.partition("=")
        found[name] = rest if equals else bare
    return found


def numbers_or_texts(value: Any, path: str) -> Any:
    """driver_opts: texts, whatever they were."""
    return {key: one if isinstance(one, Marked) else text(one) for key, one in value.items()}


def words(value: Any, path: str) -> Any:
    """A command: a line is split as a shell would."""
    if isinstance(value, list):
        return [text(one) for one in value]
    try:
        return shlex.split(text(value))
    except ValueError:
        where = f"'{path.replace('.', '[', 1).replace('.', '].', 1)}'"
        raise ComposeProblem(f"decoding failed due to the following error(s):\n\n{where} invalid command line string") from None


def dependencies(value: Any, path: str) -> Any:
    """What has to run before."""
    if isinstance(value, list):
        return {name: {"condition": "service_started", "required": True} for name in value}
    return {name: one if isinstance(one, Marked) else {"required": True, **one} for name, one in value.items()}


def attachments(value: Any, path: str) -> Any:
    """The networks of a service."""
    if isinstance(value, list):
        return dict.fromkeys(value)
    done = {}
    for name, one in value.items():
        done[name] = one
        if isinstance(one, dict):
            done[name] = {key: formed(numbers_or_texts, each, "") if key == "driver_opts" else each for key, each in one.items()}
    return done


def hosts(value: Any, path: str) -> Any:
    """NAME=ADDRESS in the order of the names, each pair once."""
    found: list[tuple[str, str]] = []
    if isinstance(value, dict):
        for name, one in value.items():
            found += [(name, address) for address in (one if isinstance(one, list) else [one])]
    else:
        for item in value:
            sign = "=" if "=" in item else ":"
            name, separator, address = item.partition(sign)
            if not separator:
                where = f"'{path.replace('.', '[', 1).replace('.', '].', 1)}'"
                raise ComposeProblem(f"decoding failed due to the following error(s):\n\n{where} invalid additional host, missing IP: {item}")
            address = address.strip()
            found.append((name.strip(), address[1:-1] if address[:1] == "[" and address[-1:] == "]" else address))
    return [f"{name}={address}" for name, address in sorted(dict.fromkeys(found), key=_first)]


def _first(pair: tuple[str, str]) -> str:
    return pair[0]


def files(value: Any, path: str) -> Any:
    """env_file: paths, and whether they must be there."""
    listed = value if isinstance(value, list) else [value]
    return [{"path": one, "required": True} if isinstance(one, str) else {"required": True, **one} for one in listed]


def sources(value: Any, path: str) -> Any:
    """secrets and configs of a service."""
    return [{"source": one} if isinstance(one, str) else one for one in value]


def mounts(value: Any, path: str) -> Any:
    """volumes of a service."""
    return [mount(one) if isinstance(one, str) else one for one in value]


def build(value: Any, path: str) -> Any:
    """Where an image is made."""
    done = {"context": value} if isinstance(value, str) else dict(value)
    for name, form in (("args", variables), ("labels", pairs), ("additional_contexts", pairs), ("extra_hosts", hosts)):
        if name in done:
            done[name] = formed(form, done[name], f"{path}.{name}")
    return done


def healthcheck(value: Any, path: str) -> Any:
    """A test that is a line is one for the shell."""
    if isinstance(value.get("test"), str):
        return {**value, "test": ["CMD-SHELL", value["test"]]}
    return value


def hooks(value: Any, path: str) -> Any:
    """What is executed after the start or before the stop."""
    return [{**one, "command": words(one["command"], path)} if isinstance(one, dict) and "command" in one else one for one in value]


def graphics(value: Any, path: str) -> Any:
    """`gpus: all`."""
    return [{"count": -1}] if value == "all" else value


def extension(value: Any, path: str) -> Any:
    """`extends: NAME`."""
    return {"service": value} if isinstance(value, str) else value


def deploy(value: Any, path: str) -> Any:
    """How many of it, and where."""
    return {**value, "labels": pairs(value["labels"], path)} if value.get("labels") is not None else value


def ipam(value: Any, path: str) -> Any:
    """Subnets of a network; addresses are texts already."""
    return value


SERVICE: Mapping[str, Form] = {
    **dict.fromkeys(("dns", "dns_opt", "dns_search", "tmpfs", "expose", "cap_add", "cap_drop", "links", "label_file", "devices"), texts),
    **dict.fromkeys(("labels", "annotations", "sysctls"), pairs),
    "environment": variables, "command": words, "entrypoint": words, "depends_on": dependencies, "networks": attachments, "extra_hosts": hosts,
    "env_file": files, "secrets": sources, "configs": sources, "volumes": mounts, "ports": ports, "build": build, "healthcheck": healthcheck,
    "extends": extension, "deploy": deploy, "post_start": hooks, "pre_stop": hooks, "gpus": graphics, "storage_opt": numbers_or_texts,
}  # fmt: skip
SECTIONS: Mapping[str, Mapping[str, Form]] = {
    "services": SERVICE, "networks": {"labels": pairs, "driver_opts": numbers_or_texts, "ipam": ipam},
    "volumes": {"labels": pairs, "driver_opts": numbers_or_texts}, "secrets": {"labels": pairs}, "configs": {"labels": pairs},
}  # fmt: skip
