"""What the labs' pages show of `explain`: its verdict, what decided and the fix. `python -m tests.problems.pages` writes it into them."""

from __future__ import annotations

import re

from netsim import Explanation
from tests.problems.labs import FOLDER, LABS, Lab

BLOCK = re.compile(r"(?<=```text\n)\$ netsim explain [^\n]*lab\.sh.*?(?=```)", re.S)
DRAWN = re.compile(r"\b(br-|veth)[0-9a-f]{7,12}|(?<=\(pid )\d+")
"""Names and numbers that come of chance."""


def shown(lab: Lab, answer: Explanation) -> str:
    """The block of a page."""
    lines = answer.text().splitlines()
    head = [line for line in lines[: lines.index("the way there:")]] if "the way there:" in lines else lines[:2]
    tail = [line for line in lines if line.startswith(("because:", "fix:"))]
    return "\n".join([f"$ {lab.question}", *head, "...", *tail]) + "\n"


def masked(text: str) -> str:
    return DRAWN.sub("~", text)


def main() -> None:
    """Write every page's block anew."""
    for lab in LABS:
        page = FOLDER / lab.folder / "README.md"
        text = shown(lab, lab.explain(lab.play()))
        page.write_text(BLOCK.sub(lambda _, text=text: text, page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
