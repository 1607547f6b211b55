"""`--network NAME` and `--network name=NAME,alias=...,ip=...` (docker/cli `opts.NetworkOpt`)."""

from __future__ import annotations

import re
from functools import lru_cache

from netsim.commands.docker import record

LONG = re.compile(r"\w+=\w+")
WORD = 1 << 63
FIELDS = ("name", "alias", "ip", "ip6", "mac-address", "link-local-ip", "driver-opt", "gw-priority")


def check(text: str) -> str:
    """The value as it is, when it can be read; ValueError."""
    fields(text)
    return text


@lru_cache(maxsize=256)
def is_name(text: str) -> bool:
    """Whether a value is a network's name and nothing more."""
    return LONG.search(text) is None and not text.isspace() and bool(text)


def fields(text: str) -> dict[str, list[str]]:
    """Field -> its values, in the order given; a bare name is the field `name`; ValueError."""
    if LONG.search(text) is None:
        return {"name": [text]}
    found: dict[str, list[str]] = {}
    for field in record.fields(text):
        name, equals, value = field.lower().partition("=")
        if not equals or not name:
            raise ValueError(f"invalid field {field}")
        name, value = name.strip(), value.strip()
        if name not in FIELDS:
            raise ValueError(f"invalid field key {name}")
        if name == "driver-opt" and not (value.partition("=")[0] and "=" in value):
            raise ValueError("invalid key value pair format in driver options")
        if name == "gw-priority":
            _check_priority(value)
        found.setdefault(name, []).append(value)
    if not found.get("name", [""])[0]:
        raise ValueError("network name/id is not specified")
    return found


def _check_priority(value: str) -> None:
    """A whole number that a machine word holds (`strconv.Atoi`)."""
    if not re.fullmatch(r"[+-]?\d+", value, re.ASCII):
        raise ValueError(f"invalid gw-priority ({value}): invalid syntax")
    if not -WORD <= int(value) < WORD:
        raise ValueError(f"invalid gw-priority ({value}): value out of range")
