"""Worlds in files: the text of a snapshot, written and recognised; `netsim/schema/world-1.json` describes it."""

from __future__ import annotations

import json
import re
from os import PathLike
from typing import Any

from netsim.state import CannotLoad
from netsim.state.load import load
from netsim.state.save import dump

JSON_OBJECT = re.compile(r"\s*\{\s*\"[^\"$`]*\"\s*:")
"""How a JSON object begins, and no shell script does."""


def is_snapshot(text: str) -> bool:
    """Whether a text is meant as a snapshot and not as a script, judged by how it begins."""
    return JSON_OBJECT.match(text) is not None


def to_text(root: object, writer: str) -> str:
    """A graph of objects as JSON, one object a line so that two snapshots compare well; `writer` says which release wrote it. CannotSave."""
    data = dump(root)
    objects = ",\n".join(json.dumps(entry) for entry in data.pop("objects"))
    head = json.dumps(data | {"writer": writer})
    return f'{head[:-1]}, "objects": [\n{objects}\n]}}\n'


def from_text(text: str) -> Any:
    """The root of the graph; CannotLoad says in one line why a text is no snapshot of this version."""
    try:
        data = json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise CannotLoad("damaged snapshot: nested too deeply") from None
    except ValueError as problem:
        raise CannotLoad(f"damaged snapshot: not JSON: {problem}") from None
    return load(data)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def write(root: object, path: str | PathLike[str], writer: str) -> None:
    """Write a snapshot file; CannotSave, OSError. Nothing is written unless everything can be."""
    text = to_text(root, writer)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def read(path: str | PathLike[str]) -> Any:
    """Read a snapshot file; CannotLoad, OSError."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except UnicodeDecodeError:
        raise CannotLoad("not a netsim snapshot") from None
    return from_text(text)
