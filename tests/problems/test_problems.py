"""The problems people have most with Docker's networks: each lab shows the trouble, explain names its true cause, and the cure helps."""

from __future__ import annotations

import pytest

import netsim
from netsim.analysis.reasons import REASONS
from tests.problems.labs import FOLDER, LABS, Lab
from tests.problems.pages import BLOCK, masked, shown


def folder(lab: Lab) -> str:
    return lab.folder


@pytest.mark.parametrize("lab", LABS, ids=folder)
def test_the_true_cause_is_named_and_the_cure_helps(lab: Lab) -> None:
    world = lab.play()
    answer = lab.explain(world)
    assert answer.reason.code == lab.code, str(answer)
    assert lab.cause in (answer.cause.object if answer.cause is not None else answer.detail), str(answer)
    page = BLOCK.search((FOLDER / lab.folder / "README.md").read_text(encoding="utf-8"))
    assert page is not None and masked(page[0]) == masked(shown(lab, answer)), "run python -m tests.problems.pages"
    lab.cure(world)
    cured = lab.explain(world)
    assert cured.reason.code == lab.cured, str(cured)


def test_every_folder_is_a_lab_with_a_page() -> None:
    assert sorted(path.parent.name for path in FOLDER.glob("*/lab.sh")) == [lab.folder for lab in LABS]
    for lab in LABS:
        assert {path.name for path in (FOLDER / lab.folder).iterdir()} == {"lab.sh", "cure.sh", "README.md"}
        assert lab.code in REASONS


def by_number(number: str) -> Lab:
    return next(lab for lab in LABS if lab.folder.startswith(number))


def test_beside_27_which_lets_a_guest_in_28_does_not() -> None:
    for number, source in (("04", "pc"), ("05", "guest")):
        world = by_number(number).play()
        assert netsim.explain(world, source, "10.27.0.10:80").is_reached
        assert netsim.explain(world, source, "10.28.0.10:80").reason.code == "docker-unpublished"


def test_a_macvlan_does_not_reach_its_host_either() -> None:
    world = by_number("18").play()
    answer = netsim.explain(world, "cam", "192.168.7.2")
    assert answer.reason.code == "macvlan-parent", answer
    assert netsim.explain(world, "pc", "192.168.7.200:80").is_reached


def test_what_an_overlay_network_does_on_a_host_goes_by_the_network_s_name() -> None:
    answer = by_number("14").explain(by_number("14").play())
    assert [(step.place, step.device) for step in answer.steps if step.kind in ("bridge", "tunnel")] == [("over@h1", "br0"), ("over@h1", "vxlan0")]


def test_what_docker_sets_itself_is_not_reported_as_not_modelled() -> None:
    world = netsim.World()
    world.host("h1").docker("28").run("nginx")
    assert world.unmodelled == []


def test_small_packets_pass_where_large_ones_do_not() -> None:
    world = by_number("13").play()
    assert netsim.explain(world, "app", "10.50.0.2:443").is_reached
    assert netsim.explain(world, "app", "10.50.0.2:443", size=1000).is_reached


def test_a_container_on_internal_networks_only_has_no_way_out() -> None:
    answer = netsim.explain(by_number("17").play(), "api", "192.168.7.5")
    assert answer.reason.code == "docker-internal", answer
    assert "api is on back (internal)" in str(answer)


def test_the_name_of_the_host_is_not_there_by_itself() -> None:
    assert netsim.explain(by_number("09").play(), "app", "host.docker.internal:5432").reason.code == "name-server-silent"
