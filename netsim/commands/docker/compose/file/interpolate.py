"""`$NAME`, `${NAME:-default}` and the like in a file's texts, and casts of what stands where numbers and truths belong (compose-go `template`, `interpolation`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import attrs

from netsim.commands.docker.compose.file.document import Marked
from netsim.commands.docker.compose.file.problem import ComposeProblem

NAME = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*")
OPERATORS = (":-", ":?", ":+", "-", "?", "+")
DEEPEST = 50


class BadTemplate(Exception):
    """A template that cannot be read, or a required variable that is missing; the text of the latter."""


@attrs.define
class Variables:
    """Values by name, and what was said about names that have none."""

    values: Mapping[str, str]
    warnings: list[str] = attrs.field(factory=list)
    asked: dict[str, tuple[str, str, int]] = attrs.field(factory=dict)
    """Name -> its default, its alternative, and whether it is required, for `config --variables`."""

    def missing(self, name: str) -> str:
        """The value of a plain reference; an unset one is empty, and said so."""
        found = self.values.get(name)
        if found is None:
            self.warnings.append(f'The "{name}" variable is not set. Defaulting to a blank string.')
        return found or ""


def substitute(text: str, variables: Variables, depth: int = 0) -> str:
    """A template with its variables put in; BadTemplate."""
    if "$" not in text:
        return text
    if depth > DEEPEST:
        raise BadTemplate
    done, at = [], 0
    while (found := text.find("$", at)) >= 0:
        done.append(text[at:found])
        value, at = _reference(text, found + 1, variables, depth)
        done.append(value)
    return "".join(done) + text[at:]


def _reference(text: str, at: int, variables: Variables, depth: int) -> tuple[str, int]:
    """The value of a reference whose `$` stands before `at`, and where the text goes on."""
    if text[at : at + 1] == "$":
        return "$", at + 1
    named = NAME.match(text, at)
    if named is not None:
        variables.asked.setdefault(named[0], ("", "", 0))
        return variables.missing(named[0]), named.end()
    if text[at : at + 1] != "{":
        return "$", at
    end = _closing(text, at)
    named = NAME.match(text, at + 1)
    if end < 0 or named is None:
        raise BadTemplate
    rest = text[named.end() : end]
    if not rest:
        variables.asked.setdefault(named[0], ("", "", 0))
        return variables.missing(named[0]), end + 1
    operator = next((one for one in OPERATORS if rest.startswith(one)), None)
    if operator is None:
        raise BadTemplate
    return _value(named[0], operator, rest[len(operator) :], variables, depth), end + 1


def _closing(text: str, at: int) -> int:
    """Where the brace that opens at `at` is closed; -1 if nowhere."""
    depth = 0
    while at < len(text):
        if text[at] == "{" and (not depth or text[at - 1] == "$"):
            depth += 1
        elif text[at] == "}":
            depth -= 1
            if not depth:
                return at
        at += 1
    return -1


def _value(name: str, operator: str, rest: str, variables: Variables, depth: int) -> str:
    value = variables.values.get(name)
    is_set = bool(value) if operator.startswith(":") else value is not None
    kind = operator[-1]
    variables.asked[name] = (rest if kind == "-" else "", rest if kind == "+" else "", int(kind == "?"))
    if kind == "+":
        return substitute(rest, variables, depth + 1) if is_set else ""
    if is_set:
        return value or ""
    said = substitute(rest, variables, depth + 1)
    if kind == "?":
        raise BadTemplate(f"required variable {name} is missing a value: {said}" if said else f"required variable {name} is missing a value")
    return said


def interpolate(value: Any, variables: Variables, path: tuple[str, ...] = ()) -> Any:
    """A tree with every text of it interpolated and cast; ComposeProblem names the place."""
    if isinstance(value, str):
        return cast(_interpolated(value, variables, path), path, variables)
    if isinstance(value, dict):
        return {key: interpolate(one, variables, (*path, key)) for key, one in value.items()}
    if isinstance(value, list):
        return [interpolate(one, variables, (*path, "[]")) for one in value]
    if isinstance(value, Marked):
        return Marked(value.kind, interpolate(value.value, variables, path))
    return value


def _interpolated(text: str, variables: Variables, path: tuple[str, ...]) -> str:
    try:
        return substitute(text, variables)
    except BadTemplate as problem:
        where = ".".join(path)
        if str(problem):
            raise ComposeProblem(f"error while interpolating {where}: {problem}") from None
        raise ComposeProblem(f"invalid interpolation format for {where}.\nYou may need to escape any $ with another $.\n{text}") from None


SERVICE_CASTS = {
    "int": (
        "configs.[].mode", "cpu_count", "cpu_period", "cpu_quota", "cpu_rt_period", "cpu_rt_runtime", "cpu_shares", "deploy.replicas",
        "deploy.update_config.parallelism", "deploy.rollback_config.parallelism", "deploy.restart_policy.max_attempts",
        "deploy.placement.max_replicas_per_node", "healthcheck.retries", "mem_swappiness", "oom_score_adj", "pids_limit", "ports.[].target", "scale",
        "secrets.[].mode", "ulimits.*", "ulimits.*.hard", "ulimits.*.soft",
    ),
    "bool": (
        "init", "healthcheck.disable", "oom_kill_disable", "privileged", "read_only", "stdin_open", "tty", "volumes.[].read_only",
        "volumes.[].volume.nocopy", "volumes.[].bind.create_host_path", "depends_on.*.required", "depends_on.*.restart",
    ),
    "float": ("cpu_percent", "cpus", "deploy.update_config.max_failure_ratio", "deploy.rollback_config.max_failure_ratio"),
}  # fmt: skip
OTHER_CASTS = {
    "bool": (
        "networks.*.external", "networks.*.internal", "networks.*.attachable", "networks.*.enable_ipv4", "networks.*.enable_ipv6", "volumes.*.external",
        "secrets.*.external", "configs.*.external",
    )
}  # fmt: skip
TRUTHS = {"true": True, "y": True, "yes": True, "on": True, "false": False, "n": False, "no": False, "off": False}


def _table() -> dict[tuple[str, ...], str]:
    found = {("services", "*", *path.split(".")): kind for kind, paths in SERVICE_CASTS.items() for path in paths}
    return found | {tuple(path.split(".")): kind for kind, paths in OTHER_CASTS.items() for path in paths}


CASTS = _table()


def matches(path: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    """Whether a place in the tree is one that a pattern with `*` means."""
    return len(path) == len(pattern) and all(wanted in ("*", one) for one, wanted in zip(path, pattern, strict=True))


def cast(text: str, path: tuple[str, ...], variables: Variables) -> Any:
    """A text as what its place takes; ComposeProblem in Go's words."""
    kind = next(
        (kind for pattern, kind in CASTS.items() if len(pattern) == len(path) and pattern[-1] in ("*", path[-1]) and matches(path, pattern)), ""
    )
    if not kind:
        return text
    problem = ""
    if kind == "bool":
        if text.lower() in TRUTHS:
            value = TRUTHS[text.lower()]
            if text.lower() not in ("true", "false"):
                variables.warnings.append(f'"{text}" for boolean is not supported by YAML 1.2, please use `{str(value).lower()}`')
            return value
        problem = f"invalid boolean: {text}"
    else:
        try:
            if text != text.strip() or "_" in text:
                raise ValueError
            return int(text) if kind == "int" else float(text)
        except ValueError:
            problem = f'strconv.{"Atoi" if kind == "int" else "ParseFloat"}: parsing "{text}": invalid syntax'
    raise ComposeProblem(f"error while interpolating {'.'.join(path)}: failed to cast to expected type: {problem}")
