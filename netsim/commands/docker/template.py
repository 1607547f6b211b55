"""`--format`: Go templates over what inspect shows (text/template)."""

from __future__ import annotations

import json
import re
from typing import Any


def render(template: str, data: Any) -> str:
    """Fill a template; fields by path and `json`."""

    def one(match: re.Match[str]) -> str:
        words = match[1].split()
        if words[:1] == ["json"]:
            return json.dumps(_path(data, words[1]), separators=(",", ":"))
        value = _path(data, words[0])
        return "true" if value is True else "false" if value is False else str(value)

    return re.sub(r"\{\{([^}]*)\}\}", one, template)


def _path(data: Any, path: str) -> Any:
    for part in path.strip(".").split("."):
        if part:
            data = data[part]
    return data
