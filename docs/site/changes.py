"""The changelog: released sections, and before them what lies in changes/."""

from __future__ import annotations

from pathlib import Path

KINDS = (("feature", "New"), ("fix", "Mended"))


def changes_page(root: Path) -> str:
    """CHANGELOG.md with the fragments as its first section."""
    head, _, released = (root / "CHANGELOG.md").read_text(encoding="utf-8").partition("<!-- towncrier release notes start -->")
    parts = [head.split("\n")[0], "", "## Not released yet", ""]
    for kind, title in KINDS:
        fragments = [path.read_text(encoding="utf-8").strip().replace("\n", " ") for path in sorted((root / "changes").glob(f"*.{kind}.md"))]
        if fragments:
            parts += [f"### {title}", "", *(f"- {text}" for text in fragments), ""]
    return "\n".join(parts) + released
