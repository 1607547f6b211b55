"""Drawn lines of tc in a private network of this machine and in netsim, where this machine can do that; kinds its kernel lacks are lacking in both."""

from __future__ import annotations

import os

import attrs
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from netsim import World
from netsim.kernel.profile import LINUX_6_18
from tests.real.machine import ask_real, missing

SETUP = ("ip link add v0 type veth peer name v1", "ip link set v0 up", "ip link set v1 up")
KINDS = ("netem", "tbf", "prio")

rates = st.sampled_from(["1mbit", "100kbit", "56kbit", "1gbit", "64kbps", "1.5mbit", "9.6kbit", "x"])
sizes = st.sampled_from(["1k", "10k", "1500", "32kbit", "2kb", "1mb", "5000b", "x", "-1"])
times = st.sampled_from(["1ms", "250us", "33.3ms", "2secs", "1s", "1m"])
percents = st.sampled_from(["1%", "33.33%", "50", "100%", "101%"])
limits = st.one_of(st.tuples(st.just("latency"), times), st.tuples(st.just("limit"), sizes)).map(" ".join)
tbf = st.builds("tbf rate {} burst {} {}".format, rates, sizes, limits)
netem = st.builds("netem delay {} {} loss {} duplicate {}".format, times, times, percents, percents)
fifo = st.builds("{} {}".format, st.sampled_from(["pfifo", "bfifo"]), st.one_of(st.just(""), sizes.map("limit {}".format)))
kinds = st.one_of(tbf, tbf, fifo, netem, st.sampled_from(["pfifo_fast", "noqueue", "prio", "foo", "tbf", ""]))
places = st.sampled_from(["root", "root", "root handle 1:", "root handle 2:", "parent 1:1", "parent 1:1 handle 10:", "parent 3:1", "handle 1:", ""])
changes = st.builds("tc qdisc {} dev v0 {} {}".format, st.sampled_from(["add", "add", "change", "replace"]), places, kinds)
deletions = st.builds("tc qdisc del dev v0 {}".format, st.sampled_from(["root", "parent 1:1", "root handle 2:", "handle 1:", "root pfifo"]))
shows = st.sampled_from(
    ["tc qdisc", "tc -d qdisc show dev v0", "tc -j qdisc show dev v0", "tc class show dev v0", "ip -o link show v0 | grep -o 'qdisc [a-z_]*'"]
)
scripts = st.lists(st.one_of(changes, changes, changes, deletions, shows, shows), min_size=40, max_size=50)


@pytest.fixture(scope="module")
def lacking() -> frozenset[str]:
    told = ask_real([*SETUP, *(f"tc qdisc replace dev v0 root {kind} {'rate 1mbit burst 10k limit 10k' if kind == 'tbf' else ''}" for kind in KINDS)])
    return frozenset(kind for kind, (_, stderr, _, _) in zip(KINDS, told[len(SETUP) :], strict=True) if "kind is unknown" in stderr)


@pytest.mark.skipif(bool(missing("tc")), reason=missing("tc") or "runs")
@settings(max_examples=2, deadline=None, derandomize=True, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(lines=scripts)
def test_drawn_lines_of_tc_answer_as_on_linux(lacking: frozenset[str], lines: list[str]) -> None:
    profile = attrs.evolve(LINUX_6_18, cpus=os.cpu_count() or 1, modules=LINUX_6_18.modules - lacking)
    host = World().host("h", profile)
    for line, (stdout, stderr, status, _) in zip((*SETUP, *lines), ask_real([*SETUP, *lines], seconds=60), strict=True):
        told = host.run(line)
        assert (line, told.stdout, told.stderr, told.status) == (line, stdout, stderr, status)
