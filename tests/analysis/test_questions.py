"""reach, diff and check: on worlds, and as verbs of the command line with their exit statuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import attrs
import pytest

import netsim
from netsim.__main__ import main
from netsim.analysis.claims import ALWAYS, NEVER, ONLY, parse_claim
from netsim.machine.call import Program
from tests.analysis.labs import BRIDGED, ROUTED, on

CLOSED = on("mid", "iptables -A FORWARD -p tcp --dport 80 -j REJECT")


def routed() -> netsim.World:
    world = netsim.World()
    assert not world.host("h1").run_script(ROUTED).status
    return world


@pytest.fixture
def lab(tmp_path: Path) -> str:
    path = tmp_path / "lab.sh"
    path.write_text(ROUTED)
    return str(path)


def test_the_matrix_names_every_listening_port_and_why_it_is_not_reached() -> None:
    world = routed()
    world.host("h1").run_script(CLOSED)
    matrix = netsim.reach(world)
    assert matrix.cell("red", "blue", "tcp", 80).reason == "rule-reject"
    assert matrix.cell("mid", "blue", "tcp", 80).verdict == "reached"
    assert matrix.cell("red", "blue", "udp", 53).verdict == "reached"
    assert matrix.cell("blue", "red", "icmp").verdict == "reached"
    rows = list(csv.DictReader(matrix.csv().splitlines()))
    assert len(rows) == len(matrix.cells)
    assert "blue 80/tcp" in matrix.text() and "rule-reject" in matrix.text()


def test_a_fork_is_the_place_to_try_a_change_and_diff_tells_what_it_did() -> None:
    world = routed()
    with world.fork() as trial:
        trial.host("h1").run_script(CLOSED + "ip -n red addr add 10.0.1.3/24 dev r0\n" + on("mid", "sysctl -qw net.ipv4.ip_default_ttl=33"))
        change = netsim.diff(world, trial)
    assert {(one.place, one.section) for one in change.changes} == {("mid", "iptables"), ("red", "addresses"), ("mid", "sysctls")} | {
        (one.place, one.section) for one in change.changes if one.section == "iptables"
    }
    assert any("filter -A FORWARD -p tcp -m tcp --dport 80 -j REJECT" in line for one in change.changes for line in one.added)
    assert [(turn.source, turn.service, turn.before, turn.after) for turn in change.turns] == [
        ("red", "blue 80/tcp", "reached", "blocked (rule-reject)"),
    ]
    assert not netsim.diff(world, world.fork())


def test_containers_and_networks_are_part_of_a_difference() -> None:
    world = netsim.World()
    world.host("h1").docker("28")
    with world.fork() as trial:
        assert not trial.host("h1").run("docker network create app").status
        assert not trial.host("h1").run("docker run -d --name web --network app busybox sleep 1d").status
        told = netsim.diff(world, trial).text()
    assert "h1 networks\n  + app bridge 172.18.0.0/16\n" in told
    assert "h1 containers\n  + web busybox running app=172.18.0.2\n" in told
    assert "  + web -> h1 ping: reached\n" in told


@pytest.mark.parametrize(
    ("text", "kind", "sources", "target"),
    [
        ("web reaches db:5432", ALWAYS, ("web",), "db:5432"),
        ("db is never reachable from lan", NEVER, ("lan",), "db"),
        ("db is reachable from web, app on 5432/tcp", ALWAYS, ("web", "app"), "db:5432/tcp"),
        ("only web reaches db:5432.", ONLY, ("web",), "db:5432"),
        ("nobody reaches 10.0.0.1:22", NEVER, (), "10.0.0.1:22"),
        ("everybody reaches dns:53/udp", ALWAYS, (), "dns:53/udp"),
        ("red does not reach blue", NEVER, ("red",), "blue"),
    ],
)
def test_claims_are_plain_sentences(text: str, kind: str, sources: tuple[str, ...], target: str) -> None:
    claim = parse_claim(text)
    assert (claim.kind, claim.sources, claim.target) == (kind, sources, target)


def test_a_claim_that_fails_says_why() -> None:
    world = routed()
    assert netsim.check(world, "red reaches blue:80", "blue is reachable from red, mid on 53/udp", "red never reaches blue:81")
    world.host("h1").run_script(CLOSED)
    report = netsim.check(world, "red reaches blue:80", "only mid reaches blue:80", "h1 never reaches blue", "blue is never reachable from mid")
    assert [outcome.result for outcome in report.outcomes] == ["FAIL", "ok", "ok", "FAIL"]
    assert "at mid: filter FORWARD rule 1: -A FORWARD -p tcp -m tcp --dport 80 -j REJECT" in report.outcomes[0].why
    assert report.status == 1


def test_a_claim_may_be_a_function_of_a_world_which_it_may_change() -> None:
    world = routed()

    def survives_a_router_without_forwarding(trial: netsim.World) -> bool:
        trial.host("h1").run(on("mid", "sysctl -qw net.ipv4.ip_forward=0").strip())
        return netsim.explain(trial, "red", "10.0.2.2").is_reached

    report = netsim.check(world, survives_a_router_without_forwarding)
    assert [(outcome.claim, outcome.result) for outcome in report.outcomes] == [("survives a router without forwarding", "FAIL")]
    assert netsim.explain(world, "red", "10.0.2.2").is_reached


@attrs.define(eq=False)
class Stubborn(Program):
    """It cannot be copied."""

    def refuse_fork(self) -> str:
        return "a stubborn program is running"


def test_a_question_is_answered_while_a_shell_is_running() -> None:
    world = routed()
    job = world.host("h1").start("while ip netns exec blue nc -l -p 8080; do :; done")
    world.run_for(1_000_000_000)
    assert netsim.explain(world, "red", "10.0.2.2:8080").is_reached
    assert netsim.reach(world, ["red"]).cell("red", "blue", "tcp", 8080).verdict == "reached"
    assert netsim.check(world, "red reaches blue:8080").status == 0
    assert not netsim.diff(world, world)
    assert job.is_running


def test_what_cannot_be_tried_is_unknown_not_blocked() -> None:
    world = routed()
    machine = world.host("h1").machine
    machine.spawn(machine.init, ("stubborn",), program=Stubborn())
    answer = netsim.explain(world, "red", "10.0.2.2")
    assert (answer.verdict, answer.reason.code, answer.status) == ("unknown", "not-modelled", 2)
    assert netsim.check(world, "red reaches blue").status == 2


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["red", "10.0.2.2:80"], 0),
        (["red", "10.0.2.2:81"], 1),
        (["red", "@blue:80"], 0),
        (["nowhere", "10.0.2.2"], 64),
        (["red", "10.0.2.2/tcp"], 64),
        (["red", "10.0.2.2:99999"], 64),
        (["red", "10.0.2.2:80/sctp"], 64),
        (["red"], 64),
        (["red", ""], 64),
        (["red", "10.0.2.2", "--size", "-5"], 64),
        (["red", "10.0.2.2", "--size", "70000"], 64),
        (["red", "10.0.2.2", "--size", "65507"], 1),
        (["red", "\u00e4 b:80"], 1),
        (["red", "fe80::1%r0"], 1),
        (["", "10.0.2.2"], 64),
    ],
)
def test_the_exit_status_of_explain(lab: str, words: list[str], status: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", lab, *words]) == status
    assert "Traceback" not in capsys.readouterr().err


def test_explain_speaks_json(lab: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", lab, "red", "10.0.2.2:81", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["verdict"], told["reason"], told["cause"]["place"]) == ("blocked", "no-listener", "blue")
    assert told["steps"][0]["kind"] == "route"


def test_the_exit_status_of_check_and_where_claims_are_written(lab: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    claims = tmp_path / "claims"
    claims.write_text("# what we promise\nred reaches blue:80\n")
    assert main(["check", lab, str(claims)]) == 0
    claims.write_text("red never reaches blue:80\n")
    assert main(["check", lab, str(claims)]) == 1
    assert "FAIL red never reaches blue:80\n     red -> 10.0.2.2:80/tcp: reached at blue" in capsys.readouterr().out
    claims.write_text("red frobs blue\n")
    assert main(["check", lab, str(claims)]) == 64
    assert "line 1" in capsys.readouterr().err
    assert main(["check", lab]) == 64
    Path(lab).write_text(ROUTED + "# check: red reaches blue:80\n")
    assert main(["check", lab]) == 0


def test_the_exit_status_of_diff_and_reach(lab: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other.sh"
    other.write_text(ROUTED + CLOSED)
    assert main(["diff", lab, lab]) == 0
    assert main(["diff", lab, str(other), "--state-only"]) == 1
    assert "-j REJECT" in capsys.readouterr().out
    assert main(["reach", lab, "--from", "red", "--to", "blue", "--csv"]) == 0
    assert "red,blue,tcp,80,10.0.2.2,reached,reached\n" in capsys.readouterr().out
    assert main(["reach", str(other), "--from", "red", "--to", "blue"]) == 1
    assert main(["reach", lab, "--from", "nowhere"]) == 64


def test_a_lab_whose_script_fails_is_explained_all_the_same_with_a_note(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "lab.sh"
    path.write_text(BRIDGED + "ip link add br0 type bridge\n")
    assert main(["explain", str(path), "red", "10.0.0.3"]) == 0
    assert "the script ended with status 2" in capsys.readouterr().err
