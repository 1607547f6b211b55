"""The list of decisions."""

from __future__ import annotations

from pathlib import Path


def decisions_page(folder: Path) -> str:
    """A page that leads to each of them, in order."""
    names = sorted(path.stem for path in folder.glob("[0-9]*.md"))
    listed = "\n".join(names)
    return f"# Decisions\n\nWhy things are as they are, half a page each.\n\n```{{toctree}}\n:maxdepth: 1\n\n{listed}\n```\n"
