"""What the pages show is what happens: `console` blocks are typed on one host a page (netsim's own verbs in a shell), `python` blocks are run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from netsim import World
from netsim.__main__ import main

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
MADE = {"command-line.md", "commands.md", "changelog.md"}
"""Pages that are written when the site is built."""
BLOCK = re.compile(r"^```(console|python)\n(.*?)^```", re.M | re.S)
MEASURED = re.compile(r"time=[\d.]+|rtt min.*|time \d+ms")


def blocks(page: Path, kind: str) -> list[str]:
    return [body for found, body in BLOCK.findall(page.read_text(encoding="utf-8")) if found == kind]


def masked(text: str) -> str:
    return MEASURED.sub("~", text)


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "console")], ids=lambda page: page.name)
def test_the_transcripts_of_a_page_are_what_a_host_prints(page: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    host = World().host("h1")
    for body in blocks(page, "console"):
        for part in re.split(r"^\$ ", body, flags=re.M)[1:]:
            line, _, shown = part.partition("\n")
            if line.startswith("netsim "):
                main(shlex.split(line)[1:])
                assert masked(capsys.readouterr().out) == masked(shown), line
                continue
            done = host.run(line)
            host.world.run_for(1_500_000_000)
            assert masked(done.stdout + done.stderr) == masked(shown), line


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=lambda page: page.name)
def test_the_python_of_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    scope: dict[str, object] = {}
    for body in blocks(page, "python"):
        exec(compile(body, str(page), "exec"), scope)


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert target in MADE or (page.parent / target).exists(), f"{page.name}: {target}"
