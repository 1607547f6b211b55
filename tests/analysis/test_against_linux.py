"""The rules an explanation tells of are those the real kernel traces for the same packet, in the same order, on drawn rulesets."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest

import netsim
from tests.analysis.labs import ROUTED, on
from tests.real.machine import ask_real, missing

TOOLS = ("iptables-nft", "xtables-monitor", "ping", "stdbuf")
pytestmark = pytest.mark.skipif(bool(missing(*TOOLS)), reason=missing(*TOOLS) or "runs")
DRAWS = 10
PLACES = (
    ("raw", "PREROUTING"), ("mangle", "PREROUTING"), ("nat", "PREROUTING"), ("mangle", "FORWARD"), ("filter", "FORWARD"), ("filter", "FORWARD"),
    ("filter", "one"), ("filter", "two"), ("mangle", "POSTROUTING"), ("nat", "POSTROUTING"),
)  # fmt: skip
SELECTORS = (
    "", "-p icmp", "-p icmp --icmp-type 8", "-p icmp --icmp-type 0", "-p tcp", "! -p tcp", "-s 10.0.1.2", "! -s 10.0.1.0/24", "-d 10.0.2.0/25", "-d 10.9.0.0/16",
    "-m conntrack --ctstate NEW", "-m conntrack --ctstate ESTABLISHED", "-m mark --mark 3", "-m ttl --ttl-lt 64", "-m length --length 84",
)  # fmt: skip
TARGETS = {
    "raw": ("", "-j ACCEPT", "-j RETURN", "-j DROP"),
    "mangle": ("", "-j ACCEPT", "-j MARK --set-mark 3", "-j RETURN", "-j TTL --ttl-set 9"),
    "nat": ("", "-j ACCEPT", "-j RETURN"),
    "filter": ("", "-j ACCEPT", "-j DROP", "-j RETURN", "-j REJECT", "-j one", "-j two", "-g two"),
}
CLEAR = "for t in raw mangle nat filter; do iptables -t $t -F; iptables -t $t -X; done; iptables -P FORWARD ACCEPT; iptables -N one; iptables -N two"
TRACE = "iptables -t raw -I PREROUTING -i m0 -p icmp -j TRACE"
WATCH = (
    "ip netns exec mid stdbuf -oL xtables-monitor --trace > /tmp/trace & watcher=$!; sleep 0.25; "
    "ip netns exec red ping -c1 -W0.3 10.0.2.2 > /dev/null; sleep 0.1; kill $watcher; cat /tmp/trace"
)
LINE = re.compile(r" TRACE: 2 (?P<id>\w+) (?P<table>\w+):(?P<chain>\w+):(?P<what>rule|policy):(?P<verdict>\S+)(?:.*? (?P<text>-A .*))?")
STEP = re.compile(r"(?P<table>\w+) (?P<chain>\w+)(?: \(from \w+\))? (?:policy|rule \d+: (?P<text>.*))")


def draw(rng: random.Random) -> list[str]:
    """The lines of one ruleset."""
    lines = [CLEAR]
    for _ in range(rng.randrange(3, 12)):
        table, chain = rng.choice(PLACES)
        target = rng.choice(TARGETS[table])
        if chain in ("one", "two"):
            target = rng.choice(("", "-j ACCEPT", "-j DROP", "-j RETURN") + (("-j two",) if chain == "one" else ()))
        selector = rng.choice(SELECTORS)
        if "conntrack" in selector and table == "raw":
            selector = ""
        lines.append(f"iptables -t {table} -A {chain} {selector} {target}".strip())
    if rng.random() < 0.3:
        lines.append("iptables -P FORWARD DROP")
    return [*lines, TRACE]


def traced(output: str) -> list[tuple[str, str, str]]:
    """Table, chain and rule ("" for the policy) of the first packet."""
    found = [match for line in output.splitlines() if (match := LINE.fullmatch(line.rstrip())) is not None]
    return [(match["table"], match["chain"], (match["text"] or "").strip()) for match in found if match["id"] == found[0]["id"]]


def explained(answer: netsim.Explanation) -> list[tuple[str, str, str]]:
    steps = [step for step in answer.steps if step.way == "out" and step.place == "mid" and step.kind in ("rule", "policy")]
    found = [STEP.fullmatch(step.object) for step in steps]
    return [(match["table"], match["chain"], match["text"] or "") for match in found if match is not None]


def test_explain_tells_the_rules_the_kernel_traces() -> None:
    rng = random.Random(7)
    rulesets = [draw(rng) for _ in range(DRAWS)]
    wires = [line for line in ROUTED.strip().split("\n") if " nc " not in line]
    wires.append("ip netns exec red ping -c1 -W1 10.0.2.2")
    typed = [on("mid", f"bash -c '{'; '.join(rules)}'").strip() for rules in rulesets]
    lines = [*wires, *(each for rules in typed for each in (rules, WATCH))]
    real = ask_real(lines)
    world = netsim.World()
    host = world.host("h1")
    for line in wires:
        host.run(line)
    mix: Counter[str] = Counter()
    for number, rules in enumerate(typed):
        assert not real[len(wires) + 2 * number].status, (rules, real[len(wires) + 2 * number])
        assert not host.run(rules).status
        answer = netsim.explain(world, "red", "10.0.2.2")
        wanted = traced(real[len(wires) + 2 * number + 1].stdout)
        mix[answer.reason.code] += 1
        assert wanted, real[len(wires) + 2 * number + 1]
        assert explained(answer) == wanted, f"{rules}\n{answer.text(details=1)}"
    assert len(mix) > 2, mix
