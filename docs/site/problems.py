"""Pages of the labs in examples/problems, and a table of them."""

from __future__ import annotations

import re
from pathlib import Path

PROBLEMS = "problems.md"
CODE = re.compile(r"(?:BLOCKED|REACHED)(?: \(([a-z-]+)\))?")
SHOWN = (("lab.sh", "The lab"), ("cure.sh", "The cure"))


def _folders(root: Path) -> list[Path]:
    return sorted(path.parent for path in (root / "examples" / "problems").glob("*/README.md"))


def problem_pages(root: Path) -> dict[str, str]:
    """A page for each lab: its README, and both scripts below it."""
    pages = {}
    for folder in _folders(root):
        text = (folder / "README.md").read_text(encoding="utf-8").replace("[cure.sh](cure.sh)", "[cure.sh](#the-cure)")
        for name, title in SHOWN:
            text += f"\n## {title}\n\n```bash\n{(folder / name).read_text(encoding='utf-8')}```\n"
        pages[f"problems/{folder.name}.md"] = text
    return pages


def problems_table(root: Path) -> str:
    """What each lab is about, and the reason that explain names."""
    rows = ["| | problem | reason |", "|---|---|---|"]
    for folder in _folders(root):
        text = (folder / "README.md").read_text(encoding="utf-8")
        number, _, title = text.split("\n")[0].removeprefix("# ").partition(". ")
        code = CODE.search(text)
        reason = (code[1] or "reached") if code is not None else ""
        rows.append(f"| {number} | [{title}](problems/{folder.name}.md) | [`{reason}`](explain.md#{reason}) |")
    names = "\n".join(f"problems/{folder.name}" for folder in _folders(root))
    return "\n" + "\n".join(rows) + f"\n\n```{{toctree}}\n:hidden:\n\n{names}\n```\n"
