"""Where Docker's own listings lie (they are not ours to carry), and how files name their settings."""

from __future__ import annotations

from pathlib import Path

GOLDEN = Path(__file__).parents[3] / "shared" / "oracle" / "moby-golden"
ABSENT = f"Docker's own listings are not in {GOLDEN}"


def settings(stem: str) -> dict[str, str]:
    """`hairpin=true,internal=false,...` as a dict."""
    return dict(part.partition("=")[::2] for part in stem.split(","))
