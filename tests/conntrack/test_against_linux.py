"""Connections, translation and bridge netfilter on this machine's kernel, and ours: the same answers, listings and counters."""

from __future__ import annotations

import re

import pytest

from tests.conntrack.lines import BRIDGE, NAT, RULES, THREE, TOOL
from tests.real.machine import Answer, ask_netsim, ask_real, missing

LOOKS = 3
TOOLS = ("iptables-nft", "conntrack", "ping", "nc", "ip")
pytestmark = pytest.mark.skipif(bool(missing(*TOOLS)), reason=missing(*TOOLS) or "runs")
MASKS = (
    (r"time=\S+ ms", "time"), (r"time \d+ms", "time"), (r"rtt .*", "rtt"), (r"pipe \d+", "pipe"), (r"\bid=\d+", "id"), (r"<id>\d+", "id"),
    (r"^((?:ipv4 +2 )?(?:tcp|udp|icmp|icmpv6|unknown) +\d+) \d+ ", r"\1 T "), (r"use=\d", "use"), (r"<timeout>\d+", "T"), (r"-t \d+", "T"),
    (r"(sport|dport)=(3[2-9]|[4-6]\d)\d\d\d", r"\1=P"),
)  # fmt: skip
MULTICAST = re.compile(r"^unknown +2 .*dst=224\.0\.0\.22.*\n", re.M)  # membership reports are not sent here


def masked(answer: Answer) -> tuple[str, str, int]:
    """Without what differs from run to run; tables in order of their lines, for the kernel's order is that of a seeded hash."""
    text, errors = MULTICAST.sub("", answer.stdout), answer.stderr
    if "dst=224.0.0.22" in answer.stdout:
        errors = re.sub(r"\d+ flow entries", "some flow entries", errors)
    for pattern, instead in MASKS:
        text = re.sub(pattern, instead, text, flags=re.M)
    if re.search(r"^(tcp|udp|icmp|unknown|ipv4 |-A T|<flow>)", text, flags=re.M):
        text = "".join(sorted(text.splitlines(keepends=True)))
    return text, errors, answer.status


def compare(lines: list[str]) -> list[str]:
    """The lines that were answered differently each time: a machine under load counts what comes late elsewhere."""
    found: list[str] = []
    for _ in range(LOOKS):
        found = differences(lines)
        if not found:
            break
    return found


def differences(lines: list[str]) -> list[str]:
    """The lines that were answered differently."""
    found = []
    for line, real, ours in zip(lines, ask_real(lines), ask_netsim(lines), strict=True):
        theirs, mine = masked(real), masked(ours)
        if "some flow entries" in theirs[1]:
            mine = (mine[0], re.sub(r"\d+ flow entries", "some flow entries", mine[1]), mine[2])
        if theirs != mine:
            found.append(f"{line}\n  real: {theirs}\n  ours: {mine}")
    return found


def test_every_rule_about_connections_is_saved_listed_and_refused_as_the_real_tool_does() -> None:
    lines = []
    for rule in RULES:
        program, _, table = rule.split()[:3]
        lines += [f"{program} -t {table} -F", rule, f"{program} -t {table} -S", f"{program} -t {table} -nL", f"{program} -t {table} -L"]
    assert not compare(lines)


def test_the_conntrack_tool_answers_as_the_real_one() -> None:
    assert not compare(TOOL)


def test_packets_are_translated_counted_and_listed_as_by_the_real_kernel() -> None:
    assert not compare(THREE + NAT)


def test_bridged_packets_pass_the_filters_as_in_the_real_kernel() -> None:
    assert not compare(BRIDGE)
