"""The Compose Specification's JSON schema, and a validator for the part of JSON Schema it is written in (see docs/decisions)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import attrs

from netsim.commands.docker.compose.file.document import Marked, shown
from netsim.commands.docker.compose.file.problem import ComposeProblem

KINDS = {"object": "mapping"}


@attrs.frozen
class Fault:
    """Something that the schema does not allow, and where."""

    path: tuple[str, ...]
    text: str


@cache
def schema() -> Mapping[str, Any]:
    """The schema itself (`compose-spec.json`)."""
    from importlib import resources

    found: Mapping[str, Any] = json.loads(resources.files(__package__).joinpath("compose-spec.json").read_text(encoding="utf-8"))
    return found


def validate(tree: Any, path: str) -> None:
    """ComposeProblem for the deepest thing that is wrong with a file's tree, as compose-go tells it."""
    faults = list(check(tree, schema(), ()))
    if faults:
        deepest = max(len(fault.path) for fault in faults)
        there = [fault for fault in faults if len(fault.path) == deepest]
        fault = next((fault for fault in there if fault.text.startswith("additional ")), there[0])
        raise ComposeProblem(f"validating {path}: {'.'.join(fault.path)} {fault.text}")


def check(value: Any, rule: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Fault]:
    """Everything about a value that a rule does not allow."""
    if "$ref" in rule:
        yield from check(value, _referred(rule["$ref"]), path)
        return
    if isinstance(value, Marked):
        if value.kind == "reset":
            return
        value = value.value
    for name in ("oneOf", "anyOf"):
        if name in rule:
            yield from _alternatives(value, rule[name], path)
    kinds = rule.get("type")
    if kinds is not None and not _is_any(value, (kinds,) if isinstance(kinds, str) else tuple(kinds)):
        yield Fault(path, f"must be a {_kinds(kinds)}")
        return
    if "enum" in rule and value not in rule["enum"]:
        yield Fault(path, f"value must be one of {', '.join(repr(one) for one in rule['enum'])}")
    if isinstance(value, dict):
        yield from _mapping(value, rule, path)
    elif isinstance(value, list):
        yield from _list(value, rule, path)
    elif isinstance(value, str):
        if "pattern" in rule and not re.search(rule["pattern"], value):
            yield Fault(path, f"{value!r} does not match pattern {rule['pattern']!r}")
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from _number(value, rule, path)


def _referred(reference: str) -> Mapping[str, Any]:
    found: Any = schema()
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found  # type: ignore[no-any-return]


def _alternatives(value: Any, rules: list[Mapping[str, Any]], path: tuple[str, ...]) -> Iterator[Fault]:
    found = [list(check(value, rule, path)) for rule in rules]
    if all(found):
        for faults in found:
            yield from faults


def _is_any(value: Any, kinds: tuple[str, ...]) -> bool:
    for kind in kinds:
        if kind == "object" and isinstance(value, dict):
            return True
        if kind == "array" and isinstance(value, list):
            return True
        if kind == "string" and isinstance(value, str):
            return True
        if kind == "null" and value is None:
            return True
        if kind == "boolean" and isinstance(value, bool):
            return True
        if kind == "number" and isinstance(value, (int, float)) and not isinstance(value, bool):
            return True
        if kind == "integer" and not isinstance(value, bool) and (isinstance(value, int) or (isinstance(value, float) and value.is_integer())):
            return True
    return False


def _kinds(kinds: str | list[str]) -> str:
    names = sorted(KINDS.get(kind, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds))
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _mapping(value: Mapping[str, Any], rule: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Fault]:
    for name in rule.get("required", ()):
        if name not in value:
            yield Fault(path, f"missing property {name!r}")
    properties, patterns = rule.get("properties", {}), rule.get("patternProperties", {})
    unknown = []
    for name, one in value.items():
        known = [properties[name]] if name in properties else []
        known += [pattern_rule for pattern, pattern_rule in patterns.items() if re.search(pattern, name)]
        for each in known:
            yield from check(one, each, (*path, name))
        extra = rule.get("additionalProperties", True)
        if not known and extra is False:
            unknown.append(name)
        elif not known and isinstance(extra, dict):
            yield from check(one, extra, (*path, name))
    if unknown:
        yield Fault(path, f"additional properties {', '.join(repr(name) for name in sorted(unknown))} not allowed")


def _list(value: list[Any], rule: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Fault]:
    if "items" in rule:
        for number, one in enumerate(value):
            yield from check(one, rule["items"], (*path, str(number)))
    if rule.get("uniqueItems"):
        first: dict[str, int] = {}
        for number, one in enumerate(value):
            text = json.dumps(one, sort_keys=True, default=repr)
            if text in first:
                yield Fault(path, f"items at {first[text]} and {number} are equal")
                return
            first[text] = number


def _number(value: float, rule: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Fault]:
    if "minimum" in rule and value < rule["minimum"]:
        yield Fault(path, f"minimum: got {shown(value)}, want {rule['minimum']}")
    if "maximum" in rule and value > rule["maximum"]:
        yield Fault(path, f"maximum: got {shown(value)}, want {rule['maximum']}")
