"""Links of pages as they are in the repository -> links of the site: what lies outside of docs/ is named instead of linked."""

from __future__ import annotations

import os
import re
from pathlib import Path

LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s]+)\)")
SCHEME = re.compile(r"^[a-z]+:|^#")
PROBLEM = re.compile(r"^(?:\.\./)*examples/problems/([^/]+)/README\.md$")


def rewritten(text: str, page: Path, sources: Path) -> str:
    """A page whose links lead somewhere on the site; code is left alone."""
    parts = re.split(r"(^```.*?^```)", text, flags=re.M | re.S)
    return "".join(part if part.startswith("```") else LINK.sub(lambda found: _link(found, page, sources), part) for part in parts)


def _link(found: re.Match[str], page: Path, sources: Path) -> str:
    shown, target = found[1], found[2]
    if SCHEME.match(target):
        return found[0]
    problem = PROBLEM.match(target)
    if problem is not None:
        return f"[{shown}]({os.path.relpath(f'problems/{problem[1]}.md', page.parent)})"
    path, hash_, anchor = target.partition("#")
    place = Path(os.path.normpath(page.parent / path))
    if str(place) == "decisions":
        return f"[{shown}]({os.path.relpath('decisions/index.md', page.parent)})"
    if (sources / place).is_file():
        return f"[{shown}]({path}{hash_}{anchor})"
    named = os.path.normpath(Path("docs") / page.parent / path)
    return f"{shown} (`{named}`)" if shown.strip("`") != named else f"`{named}`"
