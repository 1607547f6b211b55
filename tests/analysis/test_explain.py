"""Every reason is produced by a small lab, and the world behaves as the explanation says."""

from __future__ import annotations

from pathlib import Path

import pytest

import netsim
from netsim.analysis.reasons import REASONS
from netsim.analysis.target import parse
from tests.analysis.labs import TROUBLES, Trouble


def attempt(world: netsim.World, trouble: Trouble) -> bool:
    """What the real tools of a real shell make of it."""
    target = parse(trouble.target)
    host, port = target.host, target.port
    inside = f"ip netns exec {trouble.source} "
    if not port:
        size = f"-M do -s {trouble.size} " if trouble.size else ""
        return not world.host("h1").run(f"{inside}ping -c1 -W4 {size}{host}").status
    if target.protocol == "udp":
        before = world.host("h1").run("ip netns exec blue nstat -az UdpInDatagrams").stdout
        world.host("h1").run(f"{inside}bash -c 'echo x | nc -u -w1 {host} {port}'")
        return world.host("h1").run("ip netns exec blue nstat -az UdpInDatagrams").stdout != before
    return not world.host("h1").run(f"{inside}nc -z -w 8 {host} {port}").status


def named(trouble: Trouble) -> str:
    return trouble.name or trouble.code


@pytest.mark.parametrize("trouble", TROUBLES, ids=named)
def test_the_true_cause_is_named_and_the_cure_makes_the_packet_arrive(trouble: Trouble) -> None:
    world = trouble.world()
    answer = netsim.explain(world, trouble.source, trouble.target, size=trouble.size)
    assert answer.reason.code == trouble.code, str(answer)
    assert answer.verdict == "blocked" and answer.status == 1
    if trouble.place:
        assert answer.cause is not None and answer.cause.place == trouble.place, str(answer)
    if trouble.cause:
        assert answer.cause is not None and trouble.cause in answer.cause.object, str(answer)
    with world.fork() as trial:
        assert not attempt(trial, trouble), str(answer)
    if trouble.cure:
        assert not world.host("h1").run_script(trouble.cure).status
        cured = netsim.explain(world, trouble.source, trouble.target, size=trouble.size)
        assert cured.is_reached, str(cured)
        assert attempt(world, trouble)


def test_every_reason_has_a_paragraph_in_the_docs() -> None:
    text = Path("docs/explain.md").read_text(encoding="utf-8")
    assert {code for code in REASONS if f"### {code}\n" not in text} == set()
