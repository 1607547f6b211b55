"""Every reason is produced by a small lab, and the world behaves as the explanation says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import attrs
import pytest

import netsim
from netsim.addr import IPv4
from netsim.analysis.reasons import REASONS
from netsim.analysis.target import parse
from netsim.kernel.drivers import veth
from netsim.machine.call import Program
from tests.analysis.labs import BRIDGED, LOOP, NO_IPV6, ROUTED, TROUBLES, Trouble, tunnel
from tests.problems.labs import LABS


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


@attrs.define(eq=False)
class Lazy(Program):
    """Listens and never accepts."""

    def started(self, proc: Any) -> None:
        fd = proc.socket(2, 1)
        proc.sock(fd).bind(IPv4.parse("10.0.2.2"), 8000)
        proc.sock(fd).listen(0)


def test_a_server_that_does_not_accept_is_full() -> None:
    world = netsim.World()
    host = world.host("h1")
    assert not host.run_script(ROUTED).status
    host.machine.spawn(host.machine.init, ("lazy",), program=Lazy(), netns=host.netns("blue").netns)
    for _ in range(2):
        host.start("ip netns exec red nc 10.0.2.2 8000")
    world.run_for(10**9)
    answer = netsim.explain(world, "red", "10.0.2.2:8000")
    assert (answer.reason.code, answer.cause and answer.cause.place) == ("listener-full", "blue"), answer


def test_a_loop_of_bridges_is_a_storm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(veth, "STORM", 64)  # as many crossings show it as well as 4096
    world = Trouble("", NO_IPV6 + BRIDGED + LOOP, "").world()
    assert netsim.explain(world, "red", "10.0.0.9").reason.code == "storm"


def test_tunnels_are_nested_in_the_headers_and_taken_out_again() -> None:
    trouble = Trouble("", tunnel("vxlan id 7 dstport 4789", "vxlan id 7 dstport 4789"), "10.7.0.2:80")
    answer = netsim.explain(trouble.world(), "red", "10.7.0.2:80")
    assert answer.is_reached, answer
    there = [step.packet for step in answer.steps if step.way == "out"]
    inside = there[0]
    assert re.fullmatch(r"10\.7\.0\.1:\d+ > 10\.7\.0\.2:80 tcp SYN", inside)
    outer = [packet for packet in there if packet.endswith(f" > 10.0.2.2:4789 udp vxlan 7 | {inside}")]
    assert outer and there.index(outer[0]) < len(there) - 1 and there[-1] == inside
    assert [step.device for step in answer.steps if step.way == "out" and step.kind == "tunnel"] == ["t0", "t0"]


def test_machines_on_one_lan_are_places_too() -> None:
    world = netsim.World()
    one, two = world.host("one"), world.host("two")
    world.lan("office", one, two)
    for number, host in enumerate((one, two), 1):
        assert not host.run_script(f"ip addr add 10.0.0.{number}/24 dev eth0; ip link set lo up; ip link set eth0 up; ip netns add red").status
    assert netsim.explain(world, one, "@two").is_reached
    assert netsim.explain(world, "one/red", "10.0.0.2").reason.code == "no-route"
    with pytest.raises(netsim.AnalysisProblem, match="one/red"):
        netsim.explain(world, "red", "10.0.0.2")


def test_colours_are_only_for_terminals_and_mark_what_decided() -> None:
    trouble = TROUBLES[0]
    answer = netsim.explain(trouble.world(), trouble.source, trouble.target)
    assert "\033" not in answer.text()
    assert "\033[31mBLOCKED\033[0m" in answer.text(paint=1)


PROVEN_ELSEWHERE = {"storm", "listener-full", "not-modelled"}
NOT_REACHABLE_BY_SCRIPT = {"unexplained", "no-protocol"}


def test_every_reason_is_produced_by_a_lab() -> None:
    shown = {trouble.code for trouble in TROUBLES} | {lab.code for lab in LABS}
    assert set(REASONS) - shown == PROVEN_ELSEWHERE | NOT_REACHABLE_BY_SCRIPT


def told(answer: netsim.Explanation, way: str) -> list[str]:
    return [step.object for step in answer.steps if step.way == way and step.kind == "rule"]


def test_a_chain_that_one_packet_is_sent_to_twice_is_told_twice() -> None:
    world = netsim.World()
    rules = "iptables -N one; iptables -A one -p icmp; iptables -A FORWARD -j one; iptables -A FORWARD -j one"
    world.host("h1").run_script(ROUTED + f"ip netns exec mid bash -c '{rules}'\n")
    answer = netsim.explain(world, "red", "10.0.2.2")
    called = ["filter FORWARD rule {}: -A FORWARD -j one", "filter one (from FORWARD) rule 1: -A one -p icmp"]
    assert told(answer, "out") == [line.format(number) for number in (1, 2) for line in called]
    dropped = netsim.explain(world, "red", "10.0.2.9")  # the router asks three times, and the packet waits
    assert told(dropped, "out") == told(answer, "out")


def test_the_answer_of_somebody_to_himself_is_on_the_way_back() -> None:
    world = netsim.World()
    rules = "iptables -t nat -A PREROUTING -p icmp -j DNAT --to 10.0.1.2; iptables -t nat -A POSTROUTING -j MASQUERADE; iptables -A FORWARD -p icmp"
    world.host("h1").run_script(ROUTED + f"ip netns exec mid bash -c '{rules}'\n")
    answer = netsim.explain(world, "red", "10.0.2.2")
    assert answer.is_reached
    assert told(answer, "back") == ["filter FORWARD rule 1: -A FORWARD -p icmp"]
