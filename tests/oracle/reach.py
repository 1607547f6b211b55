"""Who reached whom in a recording: from where, to where, how it went, and the address from which a server was reached."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.oracle import judge

LOOP_LINE = re.compile(r"^(?P<source>\S+) -> (?P<target>\S+): ?(?P<told>.*)$")
ASKING = re.compile(r"\b(?P<tool>ping6?|wget|curl)\b.* '?(?:http://)?(?P<target>[^\s'|/]+)")
INSIDE = re.compile(r"docker exec (\S+)|--net=/run/netns/(\S+)")
FLOW = re.compile(
    r"^(tcp|udp|icmp)\b.*?src=(?P<source>\S+) dst=(?P<target>\S+) .*?(?:dport=(?P<port>\d+) |type=\d+ ).*?src=(?P<server>\S+) dst=(?P<seen>\S+)"
    r"(?: sport=(?P<inner>\d+))?"
)
SOCKET = re.compile(r"^tcp +\d+ +\d+ (?P<server>\S+) +(?P<client>\S+) ")
WAYS = (
    ("refused", "refused"),
    ("unreachable", "no way"),
    ("bad address", "no such name"),
    ("not known", "no such name"),
    ("100% packet loss", "silence"),
)
OF_STATUS = {0: "reached", 7: "refused", 28: "silence", 143: "silence"}


class Row(NamedTuple):
    """One line of the table; `step` tells two attempts apart."""

    step: int
    source: str
    target: str
    how: str


def table(steps: list[dict[str, Any]], among: list[dict[str, Any]]) -> list[Row]:
    """Every attempt in the steps; `among` are the recorded ones, which say whether a step may be compared."""
    rows: list[Row] = []
    for number, (step, recorded) in enumerate(zip(steps, among, strict=True)):
        if not recorded.get("unstable"):
            rows += _attempts(number, step, recorded.get("on", ""))
    return rows


def _attempts(number: int, step: dict[str, Any], on: str) -> Iterator[Row]:
    told = judge.printed(step, "output")
    loop = [found for line in told.splitlines() if (found := LOOP_LINE.match(line))]
    for found in loop:
        yield Row(number, found["source"], found["target"], how(found["told"], 0 if found["told"] else 28))
    asked = None if loop or "for " in step["cmd"] else ASKING.search(step["cmd"])
    if asked:
        inside = INSIDE.search(step["cmd"])
        source = next(name for name in inside.groups() if name) if inside else on or "host"
        yield Row(number, source, asked["target"], how(told, step["rc"]))


def how(told: str, status: int) -> str:
    """What became of an attempt: what the server said, or in which way it failed."""
    for word, way in WAYS:
        if word in told:
            return way
    if re.search(r" 1 (packets )?received", told):
        return "answered"
    lines = told.strip().splitlines()
    return lines[-1] if status == 0 and lines else OF_STATUS.get(status, f"status {status}")


def sources(steps: list[dict[str, Any]]) -> dict[int, set[tuple[str, ...]]]:
    """Step -> what connection tracking and servers' sockets say of where connections came from; ports that clients drew are left out."""
    found: dict[int, set[tuple[str, ...]]] = {}
    for number, step in enumerate(steps):
        lines = judge.printed(step, "output").splitlines()
        if "conntrack -L" in step["cmd"]:
            found[number] = {
                (one[1], one["source"], one["target"], one["port"] or "", one["server"], one["seen"], one["inner"] or "")
                for line in lines
                if (one := FLOW.match(line))
            }
        elif "netstat -tn" in step["cmd"]:
            found[number] = {(one["server"], one["client"].rpartition(":")[0]) for line in lines if (one := SOCKET.match(line))}
    return found
