"""The documentation site builds without a warning, and its page of commands is what the grammars say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from netsim.commands.docker.elsewhere import not_modelled
from netsim.commands.docker.rooms import COMMANDS
from netsim.commands.ip.main import OBJECTS
from netsim.commands.iptables.extensions import MATCHES, TARGETS, UNMODELLED_MATCHES, UNMODELLED_TARGETS
from netsim.commands.table import EXEC_TABLE

ROOT = Path(__file__).parents[2]


def test_the_site_builds_and_no_page_is_missing(tmp_path: Path) -> None:
    pytest.importorskip("sphinx", reason="needs sphinx")
    pytest.importorskip("furo", reason="needs furo")
    pytest.importorskip("myst_parser", reason="needs myst-parser")
    done = subprocess.run([sys.executable, "-m", "docs.site", str(tmp_path / "out")], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    made = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.html")}
    pages = [path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")]
    labs = [f"problems/{path.parent.name}.html" for path in (ROOT / "examples" / "problems").glob("*/README.md")]
    assert {page.with_suffix(".html").as_posix() for page in pages} | {
        *labs,
        "command-line.html",
        "commands.html",
        "changelog.html",
        "decisions/index.html",
    } <= made
    index = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert all(f'href="{page.stem}.html"' in index for page in pages if page.parent == Path() and page.stem != "index")


def test_the_page_of_commands_is_what_the_grammars_say() -> None:
    from docs.site.commands import commands_page, grammars

    page = commands_page()
    words = {word for code in re.findall(r"`([^`]+)`", page) for word in code.split()}
    assert set(EXEC_TABLE) <= words
    assert {name for name, _ in OBJECTS} <= words
    assert {*MATCHES, *TARGETS, *UNMODELLED_MATCHES, *UNMODELLED_TARGETS} <= words
    options = {
        spelling if spelling.startswith("-") else f"--{spelling}" for one in (*MATCHES.values(), *TARGETS.values()) for spelling in one.options
    }
    assert options <= words
    for path, command in COMMANDS.items():
        assert f"`docker {path}`" in page
        if command.run is not not_modelled:
            line = next(line for line in page.splitlines() if line.startswith(f"- `docker {path}`"))
            known, _, reported = line.partition("*reported as not modelled*")
            for flag in command.flags:
                assert re.search(rf"`--{re.escape(flag.name)}[ `]", reported if flag.unmodelled else known), (path, flag.name)
    for tool, found in grammars().items():
        line = next(line for line in page.splitlines() if line.startswith(f"- `{tool}`: ") and "`-" in line)
        for grammar in found:
            assert all(f"`-{letter}" in line for letter in grammar.flags + grammar.valued), tool
            assert all(f"`--{name}" in line for name in grammar.long), tool


def test_the_readme_names_every_verb_and_every_verb_says_what_it_is_for() -> None:
    from docs.site.command_line import command_line_page, verbs
    from netsim.__main__ import command_line

    known = verbs(command_line())
    named = set(re.findall(r"^    netsim (\w+) ", (ROOT / "README.md").read_text(encoding="utf-8"), re.M))
    assert named == set(known)
    for name, verb in known.items():
        assert verb.description, name
        assert all(action.help for action in verb._actions), name
        assert f"## {name}\n" in command_line_page()


def test_the_makefile_has_the_targets_that_the_readme_names() -> None:
    named = set(re.findall(r"\bmake (\w+)", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert named == {"demo", "test", "docs"}
    assert all(re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M) for target in named)


def test_links_out_of_the_docs_are_named_and_those_between_pages_kept(tmp_path: Path) -> None:
    from docs.site.links import rewritten

    (tmp_path / "explain.md").write_text("")
    page = Path("review.md")
    assert (
        rewritten("[why](explain.md#reasons), [lab](../examples/problems/x/README.md)", page, tmp_path)
        == "[why](explain.md#reasons), [lab](problems/x.md)"
    )
    assert rewritten("[a suite](../examples/a.py) ![p](pictures/p.svg)", page, tmp_path) == "a suite (`examples/a.py`) ![p](pictures/p.svg)"
    assert rewritten("```\n[a](../b)\n```\n", page, tmp_path) == "```\n[a](../b)\n```\n"
