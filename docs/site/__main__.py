"""Builds the documentation site: `python -m docs.site [OUT]` (default build/docs). Warnings are errors.

The pages of docs/ are copied, those that tables say are written beside them, and Sphinx makes HTML of both.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from docs.site.changes import changes_page
from docs.site.command_line import command_line_page
from docs.site.commands import commands_page
from docs.site.decisions import decisions_page
from docs.site.links import rewritten
from docs.site.problems import PROBLEMS, problem_pages, problems_table

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
OPTIONS = ("-q", "-W", "--keep-going", "-b", "html")


def assemble(sources: Path) -> None:
    """All sources of the site in one folder."""
    shutil.copytree(DOCS, sources, ignore=shutil.ignore_patterns("__pycache__", "site"), dirs_exist_ok=True)
    shutil.copy(DOCS / "site" / "conf.py", sources / "conf.py")
    made = {
        "command-line.md": command_line_page(),
        "commands.md": commands_page(),
        "changelog.md": changes_page(ROOT),
        "decisions/index.md": decisions_page(sources / "decisions"),
        **problem_pages(ROOT),
    }
    for name, text in made.items():
        (sources / name).parent.mkdir(parents=True, exist_ok=True)
        (sources / name).write_text(text, encoding="utf-8")
    page = sources / PROBLEMS
    page.write_text(page.read_text(encoding="utf-8") + problems_table(ROOT), encoding="utf-8")
    for path in sources.rglob("*.md"):
        path.write_text(rewritten(path.read_text(encoding="utf-8"), path.relative_to(sources), sources), encoding="utf-8")
    index = sources / "index.md"
    index.write_text(index.read_text(encoding="utf-8").replace("<!-- more pages -->", "\n".join(unlisted(sources))), encoding="utf-8")


def unlisted(sources: Path) -> list[str]:
    """Pages that the index names nowhere, so that none is forgotten."""
    named = {line.strip() for line in (sources / "index.md").read_text(encoding="utf-8").splitlines()}
    return [path.stem for path in sorted(sources.glob("*.md")) if path.stem not in {*named, "index"}]


def build(out: Path) -> int:
    """Build the site into a folder; Sphinx's exit status."""
    from sphinx.cmd.build import main as sphinx

    with tempfile.TemporaryDirectory() as folder:
        sources = Path(folder) / "docs"
        assemble(sources)
        return int(sphinx([*OPTIONS, "-d", str(Path(folder) / "doctrees"), str(sources), str(out)]))


if __name__ == "__main__":
    sys.exit(build(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "docs")))
