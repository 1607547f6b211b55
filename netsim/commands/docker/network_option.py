"""`--network NAME` and `--network name=NAME,alias=...,ip=...` (docker/cli `opts.NetworkOpt`)."""

from __future__ import annotations

import re
from functools import lru_cache

LONG = re.compile(r"\w+=\w+")
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
    for field in text.split(","):
        name, equals, value = field.partition("=")
        if not equals:
            raise ValueError(f"invalid field {field}")
        name, value = name.strip().lower(), value.strip()
        if name not in FIELDS:
            raise ValueError(f"invalid field key {name}")
        if name == "driver-opt" and "=" not in value:
            raise ValueError("invalid key value pair format in driver options")
        if name == "gw-priority" and not re.fullmatch(r"[+-]?\d+", value, re.ASCII):
            raise ValueError(f"invalid gw-priority ({value}): invalid syntax")
        found.setdefault(name, []).append(value)
    if not found.get("name", [""])[0]:
        raise ValueError("network name/id is not specified")
    return found
