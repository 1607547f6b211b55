"""iptables as this machine has it, and ours: the same words, statuses and listings."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.bridge.real import Answer, ask_netsim, ask_real, can_use_a_real_kernel
from tests.iptables.lines import COMMANDS, RESTORES, RULES

TOOLS = ("iptables-nft", "iptables-legacy")
pytestmark = pytest.mark.skipif(
    not (can_use_a_real_kernel() and all(map(shutil.which, TOOLS))), reason="needs root on Linux with both builds of iptables 1.8.9"
)
FORGIVEN = {
    "legacy": (
        "-v -C INPUT -j DROP",  # the rule is told of although it is not there
        "-v -R FORWARD 1",
        "-j ACCEPT\\n-A INPUT -i eth+",  # `! -i +` is kept but not saved
    ),
    "nft": ("-R FORWARD 1", "-v -R"),
}


def masked(answer: Answer) -> Answer:
    """Without the time of day."""
    return Answer(re.sub(r"( on )[A-Z][a-z]{2} [A-Z].* 20\d\d$", r"\1DATE", answer.stdout, flags=re.M), answer.stderr, answer.status)


def compare(lines: list[str], build: str, directory: Path) -> list[str]:
    """The lines that were answered differently."""
    typed = [re.sub(r"\b(ip6?tables)(?=[ -])", rf"\1-{build}", line) for line in lines]
    found = []
    for line, real, ours in zip(typed, ask_real(typed, directory), ask_netsim(typed), strict=True):
        if masked(real) != masked(ours):
            found.append(f"{line}\n  real: {masked(real)}\n  ours: {masked(ours)}")
    return found


@pytest.mark.parametrize("build", ["nft", "legacy"])
def test_every_rule_is_saved_and_listed_as_the_real_tool_does(build: str, tmp_path: Path) -> None:
    lines = []
    for rule in RULES:
        table = rule.split()[2]
        lines += [f"iptables -t {table} -F", rule, f"iptables -t {table} -S", f"iptables -t {table} -nvL", f"iptables -t {table} -L"]
    assert not compare(lines, build, tmp_path)


@pytest.mark.parametrize("build", ["nft", "legacy"])
def test_a_session_reads_like_the_real_one(build: str, tmp_path: Path) -> None:
    found = compare(COMMANDS, build, tmp_path)
    assert not [text for text in found if not any(words in text for words in FORGIVEN[build])]


@pytest.mark.parametrize("build", ["nft", "legacy"])
def test_tables_are_restored_and_refused_as_the_real_tool_does(build: str, tmp_path: Path) -> None:
    found = compare(RESTORES, build, tmp_path)
    assert not [text for text in found if not any(words in text for words in FORGIVEN[build])]
