"""iptables as this machine has it, and ours: the same words, statuses and listings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netsim.commands.iptables.extensions import MATCHES, ONLY_FAMILY, TARGETS, UNMODELLED_MATCHES, UNMODELLED_TARGETS
from tests.iptables.lines import COMMANDS, RESTORES, RULES, SETS
from tests.iptables.nft_lines import IPTABLES as NFT_IPTABLES
from tests.iptables.nft_lines import RULES as NFT_RULES
from tests.iptables.nft_lines import SESSION as NFT_SESSION
from tests.real.machine import Answer, ask_netsim, ask_real, missing

TOOLS = ("iptables-nft", "iptables-legacy")
pytestmark = pytest.mark.skipif(bool(missing(*TOOLS)), reason=missing(*TOOLS) or "runs")
FORGIVEN = {
    "legacy": (
        "-v -C INPUT -j DROP",  # the rule is told of although it is not there
        "-v -R FORWARD 1",
        "-j ACCEPT\\n-A INPUT -i eth+",  # `! -i +` is kept but not saved
    ),
    "nft": ("-R FORWARD 1", "-v -R"),
}


def masked(answer: Answer) -> Answer:
    """Without the time of day and the seeds of hashes."""
    answer = answer._replace(stdout=re.sub(r"initval 0x\w+", "initval ~", answer.stdout))
    return Answer(re.sub(r"( on )[A-Z][a-z]{2} [A-Z].* 20\d\d$", r"\1DATE", answer.stdout, flags=re.M), answer.stderr, answer.status)


def compare(lines: list[str], build: str) -> list[str]:
    """The lines that were answered differently."""
    typed = [re.sub(r"\b(ip6?tables)(?=[ -])", rf"\1-{build}", line) for line in lines]
    found = []
    for line, real, ours in zip(typed, ask_real(typed), ask_netsim(typed), strict=True):
        if masked(real) != masked(ours):
            found.append(f"{line}\n  real: {masked(real)}\n  ours: {masked(ours)}")
    return found


@pytest.mark.parametrize("build", ["nft", "legacy"])
def test_every_rule_is_saved_and_listed_as_the_real_tool_does(build: str) -> None:
    lines = []
    for rule in RULES:
        table = rule.split()[2]
        lines += [f"iptables -t {table} -F", rule, f"iptables -t {table} -S", f"iptables -t {table} -nvL", f"iptables -t {table} -L"]
    assert not compare(lines, build)


@pytest.mark.parametrize("build", ["nft", "legacy"])
def test_a_session_reads_like_the_real_one(build: str) -> None:
    found = compare(COMMANDS, build)
    assert not [text for text in found if not any(words in text for words in FORGIVEN[build])]


@pytest.mark.parametrize("build", ["nft", "legacy"])
def test_tables_are_restored_and_refused_as_the_real_tool_does(build: str) -> None:
    found = compare(RESTORES, build)
    assert not [text for text in found if not any(words in text for words in FORGIVEN[build])]


@pytest.mark.skipif(bool(missing("ipset")), reason=missing("ipset") or "runs")
def test_sets_are_made_filled_and_listed_as_the_real_tool_does() -> None:
    assert not compare(SETS, "nft")


@pytest.mark.skipif(bool(missing("nft")), reason=missing("nft") or "runs")
@pytest.mark.parametrize("lines", [NFT_RULES, NFT_SESSION, NFT_IPTABLES], ids=["rules", "session", "iptables"])
def test_nft_answers_and_lists_as_the_real_tool_does(lines: list[str]) -> None:
    assert not compare(lines, "nft")


LIBRARIES = Path("/usr/lib/x86_64-linux-gnu/xtables")


FAMILIES = {"iptables": ("libxt_", "libipt_"), "ip6tables": ("libxt_", "libip6t_")}
MISSING_HERE = {
    "ip6tables": {name for name, family in ONLY_FAMILY.items() if family == 2},
    "iptables": {name for name, family in ONLY_FAMILY.items() if family == 10},
}


@pytest.mark.skipif(not LIBRARIES.is_dir(), reason="no iptables extensions are installed here")
@pytest.mark.parametrize("tool", FAMILIES)
def test_every_extension_the_installed_iptables_knows_is_modelled_or_refused_by_name(tool: str) -> None:
    """`-m X -h` and `-j X -h` for each library of the family: netsim has it or names it; none passes unnoticed."""
    paths = [path for prefix in FAMILIES[tool] for path in LIBRARIES.glob(f"{prefix}*.so")]
    names = {path.name.split("_", 1)[1].removesuffix(".so") for path in paths} - {"standard", "NAT"}
    assert len(names) > 80
    for name in sorted(names - MISSING_HERE[tool]):
        is_target = name[0].isupper()
        known = TARGETS if is_target else MATCHES
        refused = UNMODELLED_TARGETS if is_target else UNMODELLED_MATCHES
        assert (name in known) != (name in refused), name
        letter = "-j" if is_target else "-m"
        rule, told = ask_netsim([f"{tool} -A INPUT {letter} {name}", f"{tool} {letter} {name} -h"])
        if name in refused:
            assert f"`{name}' is not modelled by netsim" in rule.stderr
            assert (rule.status, told.status) == (1, 1), name
        else:
            assert told.status == 0, name
            assert "not modelled" not in rule.stderr, name
