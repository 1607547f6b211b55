"""Diagrams: what they show, what they leave out, and that they stay legible."""

from __future__ import annotations

import importlib.util
import re
import shutil
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree as ET

import attrs
import pytest

from netsim import World, draw, explain
from netsim.__main__ import main
from netsim.diagram import render as rendering
from netsim.diagram.colours import PALETTE
from netsim.diagram.drawing import Diagram, Way
from netsim.diagram.model import Kind
from netsim.labs import open_lab

ROOT = Path(__file__).parent.parent.parent
PICTURES = ROOT / "docs" / "pictures"
needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="the program dot of graphviz is not installed")

STACK = """
docker network create front
docker network create --internal back
docker run -d --name proxy --network front -p 80:80 nginx sleep 1d
docker run -d --name db --network back redis sleep 1d
"""


@attrs.frozen
class Passed:
    """A step of a path as a test writes it."""

    place: str
    device: str = ""


def built(script: str, name: str = "host") -> World:
    world = World()
    done = world.host(name).run_script(script)
    assert done.status == 0, done.stderr
    world.run_for(2_000_000_000)
    return world


def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_pictures", PICTURES / "make.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def tunnel() -> World:
    return built((PICTURES / "tunnel.sh").read_text())


@pytest.fixture(scope="module")
def stack() -> World:
    webs = "".join(f"docker run -d --name web{n} --network front nginx sleep 1d; docker network connect back web{n}\n" for n in range(1, 7))
    return built(STACK + webs)


def titles(diagram: Diagram) -> list[str]:
    return [box.title for box in diagram.picture.boxes.values()]


# what is drawn ----------------------------------------------------------------------------------------------------------------


def test_the_pictures_of_the_documentation_are_those_the_code_draws() -> None:
    for name, diagram in maker().pictures().items():
        assert diagram.dot == (PICTURES / f"{name}.dot").read_text(), f"run docs/pictures/make.py and look at {name}.svg"


def test_addresses_stand_on_their_ports(tunnel: World) -> None:
    red = next(box for box in draw(tunnel).picture.boxes.values() if box.title == "red")
    assert {row.name: row.addresses for row in red.rows} == {"eth0": ("10.0.0.1/24", "fd00::1/64"), "vx0": ("172.16.0.1/24",)}


def test_every_device_is_drawn_once_and_every_pair_of_veths_by_one_line(tunnel: World) -> None:
    picture = draw(tunnel).picture
    pairs = [{(line.a.box, line.a.row), (line.b.box, line.b.row)} for line in picture.lines if line.kind is Kind.VETH]
    assert len(pairs) == 4
    assert {("host:br0", "v-red"), ("host/red", "eth0")} in pairs
    assert {("host/router", "eth1"), ("host/far", "eth0")} in pairs


def test_a_tunnel_is_one_line_between_its_ends(tunnel: World) -> None:
    tunnels = [line for line in draw(tunnel).picture.lines if line.kind is Kind.TUNNEL]
    assert [{line.a.box, line.b.box} for line in tunnels] == [{"host/red", "host/blue"}]


def test_what_is_on_one_network_has_one_colour_and_other_networks_others(tunnel: World) -> None:
    rows = {(box.title, row.name): row.segment for box in draw(tunnel).picture.boxes.values() for row in box.rows}
    assert rows["red", "eth0"] == rows["blue", "eth0"] == rows["br0", "v-red"]
    assert rows["red", "vx0"] == rows["blue", "vx0"]
    assert len({rows["red", "eth0"], rows["red", "vx0"], rows["far", "eth0"]}) == 3


def test_a_device_that_is_down_says_so() -> None:
    diagram = draw(built("ip link add d0 type dummy"))
    assert "down" in diagram.dot
    assert "down" in diagram.mermaid


def test_vlans_and_macvlans_lead_to_the_device_below() -> None:
    picture = draw(
        built("""
        ip link add eth0 type dummy
        ip netns add a
        ip link add link eth0 name m0 netns a type macvlan mode bridge
        ip link add link eth0 name eth0.10 type vlan id 10""")
    ).picture
    assert [(line.a.row, line.b.box, line.b.row) for line in picture.lines if line.kind is Kind.LOWER] == [("eth0", "host/a", "m0")]
    assert [row.note for row in picture.boxes["host"].rows if row.name == "eth0.10"] == ["vlan 10 on eth0"]


def test_docker_networks_are_clusters_with_their_bridge_and_containers(stack: World) -> None:
    picture = draw(stack, alike=0).picture
    frame = next(frame for frame in picture.frames.values() if frame.title == "front")
    assert {box.title for box in picture.boxes.values() if box.frame == frame.id} >= {"proxy", "web1", "web6"}
    assert "80→80/tcp" in next(box.note for box in picture.boxes.values() if box.title == "proxy")
    assert "back, internal" in {frame.title for frame in picture.frames.values()}


def test_the_ends_that_docker_left_on_the_bridge_are_not_listed(stack: World) -> None:
    assert not re.search(r"veth[0-9a-f]{7}", draw(stack).dot)


def test_containers_that_do_not_run_are_dashed_and_say_what_became_of_them() -> None:
    diagram = draw(built("docker run --name done busybox true"))
    assert [(box.title, box.note) for box in diagram.picture.boxes.values() if box.kind is Kind.STOPPED] == [("done", "busybox, exited")]
    assert "DASHED" in diagram.dot


def test_an_empty_world_is_an_empty_picture() -> None:
    assert draw(World()).picture.boxes == {}
    assert titles(draw(built("true"))) == ["root namespace"]


# legible however large ----------------------------------------------------------------------------------------------------------


def test_containers_that_are_alike_become_one_box_with_all_addresses(stack: World) -> None:
    diagram = draw(stack)
    assert "6 × nginx" in titles(diagram)
    box = next(box for box in diagram.picture.boxes.values() if box.title == "6 × nginx")
    assert box.note == "web1 … web6"
    assert [row.addresses for row in box.rows] == [("172.18.0.3 … 172.18.0.8/16",), ("172.19.0.3 … 172.19.0.8/16",)]
    assert {"web1", "web6"} <= set(titles(draw(stack, alike=0)))


def test_alike_containers_show_each_network_in_a_row_whichever_they_joined_first() -> None:
    runs = ["docker network create front", "docker network create back"]
    for number, (first, then) in enumerate([("front", "back"), ("back", "front")] * 2):
        runs.append(f"docker run -d --name c{number} --network {first} -p {8000 + number}:80 nginx; docker network connect {then} c{number}")
    box = next(box for box in draw(built("\n".join(runs))).picture.boxes.values() if box.title == "4 × nginx")
    assert box.note == "c0 … c3, published"
    assert [(row.name, row.addresses) for row in box.rows] == [
        ("eth0, eth1", ("172.18.0.2 … 172.18.0.5/16",)),
        ("eth0, eth1", ("172.19.0.2 … 172.19.0.5/16",)),
    ]


def test_few_alike_containers_stay_apart(stack: World) -> None:
    assert {"web1", "web6"} <= set(titles(draw(stack, alike=7)))


@pytest.mark.parametrize("count", [5, 50, 500])
def test_a_picture_has_few_boxes_for_many_containers(count: int) -> None:
    images = ("nginx", "redis", "busybox", "alpine", "httpd")
    runs = [f"docker run -d --name c{n} --network net{n % 5} {images[n // 5 % 5]} sleep 1d" for n in range(count)]
    diagram = draw(built("\n".join([f"docker network create net{n}" for n in range(5)] + runs)))
    boxes = diagram.picture.boxes.values()
    assert len(boxes) <= 45
    assert sum(max(len(box.members), 1) for box in boxes if box.kind is Kind.CONTAINER) == count


def test_ports_of_a_bridge_that_lead_to_alike_namespaces_become_one_row() -> None:
    diagram = draw(
        built("""
        ip link add br0 type bridge
        for n in 1 2 3 4 5; do
            ip netns add n$n; ip link add v$n type veth peer name eth0 netns n$n; ip link set v$n master br0
        done""")
    )
    bridge = next(box for box in diagram.picture.boxes.values() if box.kind is Kind.BRIDGE)
    assert [row.name for row in bridge.rows] == ["v1 … v5"]
    assert len(diagram.picture.lines) == 1


# paths --------------------------------------------------------------------------------------------------------------------------


def test_a_path_is_numbered_from_its_start_and_ends_at_a_sign(tunnel: World) -> None:
    way = Way(
        (Passed("red", "eth0"), Passed("host", "v-red"), Passed("host", "v-router"), Passed("router", "eth0")),
        "forwarding-off",
        "net.ipv4.ip_forward = 0",
    )
    diagram = draw(tunnel, path=way)
    assert [(walk.a.box, walk.b.box, walk.number) for walk in diagram.picture.walks] == [("host/red", "host:br0", 1), ("host:br0", "host/router", 2)]
    assert "✗ forwarding-off" in diagram.dot
    assert "✗ forwarding-off" in diagram.mermaid
    assert "net.ipv4.ip_forward = 0" in diagram.dot


def test_between_two_bridges_a_path_leads_through_the_namespace_that_routes(stack: World) -> None:
    bridges = {
        network.name: network.driver_state.device for network in stack.host().docker().engine.networks.values() if network.name in ("front", "back")
    }
    way = Way((Passed("proxy", "eth0"), Passed("host", bridges["front"]), Passed("host", bridges["back"]), Passed("db", "eth0")))
    assert [walk.b.box for walk in draw(stack, path=way).picture.walks] == [f"host:{bridges['front']}", "host", f"host:{bridges['back']}", "host/db"]


def test_boxes_on_a_path_stay_apart_from_their_like(stack: World) -> None:
    assert {"web3", "5 × nginx"} <= set(titles(draw(stack, path=Way((Passed("web3", "eth0"),)))))


def test_an_explained_packet_ends_where_the_explanation_says() -> None:
    world = built((ROOT / "examples" / "company" / "stack.sh").read_text())
    dropped = draw(world, path=explain(world, "internet", "203.0.113.10:9000"))
    assert [(walk.a.box, walk.b.box) for walk in dropped.picture.walks] == [("host/internet", "host")]
    assert dropped.picture.stop is not None and dropped.picture.stop.reason == "rule-drop"
    assert "DOCKER-USER" in dropped.picture.stop.detail
    arrived = draw(world, path=explain(world, "office", "192.168.10.1:80"))
    assert [walk.b.box for walk in arrived.picture.walks] == ["host", walk_bridge(world), "host/proxy"]
    assert arrived.picture.stop is not None and not arrived.picture.stop.reason


def walk_bridge(world: World) -> str:
    dmz = next(network for network in world.host().docker().engine.networks.values() if network.name == "dmz")
    return f"host:{dmz.driver_state.device}"


def test_machines_are_frames_and_cables_lines_with_what_they_do_to_frames() -> None:
    picture = draw(maker().machines()).picture
    assert [frame.title for frame in picture.frames.values() if frame.kind is Kind.MACHINE] == ["alpha", "beta", "gamma"]
    cables = [line for line in picture.lines if line.kind is Kind.CABLE]
    assert sorted(line.label for line in cables) == ["", "", "", "20 ms"]
    assert [line.label for line in cables if "lan office" in (line.a.box, line.b.box)] == ["", "", ""]


def test_a_path_that_arrives_says_so(tunnel: World) -> None:
    assert "✓ arrived" in draw(tunnel, path=Way((Passed("red", "eth0"), Passed("blue", "eth0")))).dot


# forms --------------------------------------------------------------------------------------------------------------------------


def test_the_same_world_gives_the_same_text(tunnel: World) -> None:
    assert draw(tunnel).dot == draw(tunnel.fork()).dot == draw(built((PICTURES / "tunnel.sh").read_text())).dot


def test_text_needs_no_graphviz_and_pictures_say_that_they_do(tunnel: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(rendering.shutil, "which", lambda name: None)
    diagram = draw(tunnel)
    diagram.save(tmp_path / "a.dot")
    diagram.save(tmp_path / "a.mmd")
    assert (tmp_path / "a.mmd").read_text().startswith("flowchart LR\n")
    assert diagram._repr_svg_() is None
    with pytest.raises(rendering.CannotRender, match="not installed"):
        diagram.save(tmp_path / "a.svg")


@needs_dot
def test_svg_and_png_are_pictures(stack: World, tunnel: World) -> None:
    for world in (stack, tunnel):
        diagram = draw(world)
        assert ET.fromstring(diagram.svg()).tag.endswith("svg")
        assert diagram._repr_svg_() == diagram.svg()
    assert draw(tunnel).png().startswith(b"\x89PNG")


@needs_dot
def test_names_with_the_marks_of_dot_and_html_in_them_are_drawn_as_they_are() -> None:
    world = built("""ip netns add 'a"<b>&\\x'; ip netns exec 'a"<b>&\\x' ip link add 'd<0>&"' type dummy""")
    svg = ET.fromstring(draw(world).svg())
    assert 'd<0>&"' in "".join(svg.itertext())
    assert "#lt;0#gt;#amp;#quot;" in draw(world).mermaid


def test_an_unknown_suffix_is_refused(tunnel: World, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="jpg"):
        draw(tunnel).save(tmp_path / "a.jpg")


def test_colours_of_networks_are_legible_behind_black_and_on_white() -> None:
    for colour in PALETTE:
        assert contrast("#000000", colour.fill) > 10
        assert contrast(colour.line, "#FFFFFF") > 4.5


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


# the verb -----------------------------------------------------------------------------------------------------------------------


def test_the_verb_writes_text_or_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lab = str(PICTURES / "tunnel.sh")
    assert main(["draw", lab]) == 0
    assert capsys.readouterr().out.startswith('digraph "world" {')
    assert main(["draw", lab, "-o", str(tmp_path / "a.mmd"), "--path", "red", "10.9.0.2"]) == 0
    assert "forwarding-off" in (tmp_path / "a.mmd").read_text()
    assert "subgraph" in (tmp_path / "a.mmd").read_text()


def test_the_verb_refuses_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lab = str(PICTURES / "tunnel.sh")
    assert main(["draw", lab, "-o", str(tmp_path / "a.jpg")]) == 64
    assert main(["draw", lab, "-o", str(tmp_path / "none" / "a.dot")]) == 73
    assert main(["draw", str(tmp_path / "missing.sh")]) == 66
    assert main(["draw", lab, "--path", "red", "nowhere:0"]) == 64
    assert capsys.readouterr().err.count("\n") == 4


def test_the_examples_of_the_page_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for block in re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "draw.md").read_text(), re.DOTALL):
        exec(compile(block, "docs/draw.md", "exec"), {})
    assert "red" in (tmp_path / "red.dot").read_text()


def test_between_machines_a_path_leads_over_their_switch() -> None:
    world = open_lab(str(ROOT / "examples/problems/12-wrong-client-address/lab.sh"))
    walks = draw(world, path=explain(world, "client", "203.0.113.10:80")).picture.walks
    assert [(walk.a.box, walk.b.box) for walk in walks[:2]] == [("client", "lan internet"), ("lan internet", "server")]


def test_the_namespaces_of_overlay_networks_have_their_names_and_are_on_the_path() -> None:
    world = open_lab(str(ROOT / "examples/problems/14-overlay-ports-blocked/lab.sh"))
    picture = draw(world, path=explain(world, "app", "db:80")).picture
    assert {"h1/over@h1", "h2/over@h2", "h1/ingress_sbox@h1"} <= set(picture.boxes)
    assert [walk.a.box for walk in picture.walks][:2] == ["h1/app", "h1/over@h1:br0"]


def test_a_packet_that_a_docker_network_swallows_ends_at_its_bridge() -> None:
    world = open_lab(str(ROOT / "examples/problems/01-network-shadows-vpn/lab.sh"))
    picture = draw(world, path=explain(world, "laptop", "172.18.40.10:443")).picture
    assert picture.stop is not None and picture.stop.reason == "docker-shadows" and picture.stop.at.box.startswith("laptop:br-")
