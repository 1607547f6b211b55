"""A snapshot is the whole world in a file, and a file that is none does nothing but say so."""

from __future__ import annotations

import ast
import copy
import json
import random
from importlib import resources
from pathlib import Path
from typing import Any

import attrs
import fastjsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsim import CannotLoad, CannotSave, World, snapshot
from netsim.__main__ import main
from netsim.clock import SECOND
from netsim.state.load import load
from netsim.state.names import NETSIM
from netsim.state.save import dump
from tests.state.test_fork import pair
from tests.state.walk import mutable_parts

SCHEMA = json.loads(resources.files("netsim").joinpath("schema/world-1.json").read_text())
VALIDATE = fastjsonschema.compile(SCHEMA)
LINES = ("ip netns exec a ping -c 1 10.0.0.2", "ip -s -n a link", "ip netns exec b iptables -vnL", "ip link add d0 type veth peer name d1", "ip link")


def busy() -> World:
    """A world with a program under way, frames and timers waiting, files and two machines."""
    world = pair()
    world.host("other", "6.1").run("ip link add br0 type bridge; ip link set br0 up; echo hello > /root/x")
    world.host().start("ip netns exec a ping -i 0.5 10.0.0.2")
    world.run_for(3 * SECOND)
    return world


def test_a_world_read_back_is_the_world_that_was_written(tmp_path: Path) -> None:
    world = busy()
    world.save(tmp_path / "world.json")
    loaded = World.load(tmp_path / "world.json")
    assert dump(loaded) == dump(world)
    for line in LINES:
        assert loaded.host().run(line) == world.host().run(line)
    assert loaded.host("other").run("cat /root/x; ip -br link") == world.host("other").run("cat /root/x; ip -br link")
    assert dump(loaded) == dump(world)


def test_the_same_world_gives_the_same_bytes() -> None:
    assert snapshot.to_text(busy(), "x") == snapshot.to_text(busy(), "x")


def test_a_snapshot_keeps_to_the_published_schema() -> None:
    text = snapshot.to_text(busy(), "0")
    VALIDATE(json.loads(text))
    with pytest.raises(fastjsonschema.JsonSchemaException):
        VALIDATE(json.loads(text) | {"version": 2})


def test_saving_refuses_by_name_what_forking_refuses(tmp_path: Path) -> None:
    world = World()
    world.host().start("while true; do sleep 1; done")
    world.run_for(SECOND)
    with pytest.raises(CannotSave, match=r"^a shell is still running \(process \d+\)$"):
        world.save(tmp_path / "world.json")
    assert not (tmp_path / "world.json").exists()


# hostile and damaged ones ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def good() -> dict[str, Any]:
    world = World()
    world.host().run("ip link add d0 type dummy")
    return dump(world)


def index_of(data: dict[str, Any], name: str) -> int:
    return next(number for number, entry in enumerate(data["objects"]) if entry.get("object", "").endswith(name))


def refuse(data: Any, match: str) -> None:
    text = data if isinstance(data, str) else json.dumps(data)
    with pytest.raises(CannotLoad, match=match) as caught:
        World.from_snapshot(text)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "not JSON"),
        ("[1]", "^not a netsim snapshot"),
        ('{"format": "netsim-world", "version": 99}', "snapshot version 99; this netsim reads version 1"),
        ('{"format": "netsim-world", "version": 1}', "no list of objects"),
        ('{"format": "netsim-world", "version": 1, "root": NaN, "objects": []}', "NaN is not JSON"),
        ('{"format": "netsim-world", "version": 1, "root": {"ref": 5}, "objects": []}', "no object number 5"),
        ('{"format": "netsim-world", "version": 1, "root": 1, "objects": []}', "not of a world"),
        ('{"format": "netsim-world", "version": 1, "root": ' + "[" * 100_000, "nested too deeply"),
        ('{"format": "netsim-world", "version": 1, "root": 1' + "0" * 5000 + ', "objects": []}', "not JSON"),
        ('{"name": "some-package", "version": "1.0"}', "^not a netsim snapshot"),
    ],
)
def test_foreign_and_damaged_texts_are_refused_in_one_line(text: str, match: str) -> None:
    refuse(text, match)


@pytest.mark.parametrize(
    "name",
    ["os:system", "subprocess:Popen", "builtins:eval", "builtins:exec", "builtins:open", "netsim.__main__:main", "netsim.labs:read_lab", "netsim.snapshot:write",
     "netsim.kernel.boot:random.Random", "netsim.api:Path", "netsim.state.fork:fork", "netsim.api:World.save", "antigravity:fly", "netsim..api:World", "x" * 9999],
)  # fmt: skip
def test_nothing_outside_the_rooms_can_be_named(good: dict[str, Any], name: str) -> None:
    for kind in ("function", "class", "enum"):
        data = copy.deepcopy(good)
        data["root"] = {kind: name, **({"name": "X"} if kind == "enum" else {})}
        refuse(data, "damaged snapshot|not of a world")
    data = copy.deepcopy(good)
    data["objects"].append({"object": name, "fields": {}})
    refuse(data, "damaged snapshot")


def test_no_method_that_writes_files_can_wait_for_the_clock(good: dict[str, Any]) -> None:
    data = copy.deepcopy(good)
    data["objects"].append({"method": "save", "of": data["root"]})
    refuse(data, "World has no method 'save'")


@pytest.mark.parametrize("room", NETSIM.rooms)
def test_no_room_whose_functions_a_snapshot_may_name_reaches_the_real_machine(room: str) -> None:
    path = Path(resources.files("netsim").joinpath(*room.split(".")[1:]))  # type: ignore[arg-type]
    for file in [*path.rglob("*.py"), *path.parent.glob(path.name + ".py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
                assert not {"os", "io", "pathlib", "shutil", "tempfile", "subprocess", "socket", "ctypes", "pickle", "code"}.intersection(names), file
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("open", "eval", "exec", "__import__", "compile"), file


def test_the_doors_to_code_cannot_be_set_from_a_snapshot(good: dict[str, Any]) -> None:
    data = copy.deepcopy(good)
    data["objects"].append({"dict": [["ls", "os:system"]]})
    data["objects"][index_of(data, ":Machine")]["fields"]["exec_table"] = {"ref": len(data["objects"]) - 1}
    refuse(data, "no field 'exec_table' in a snapshot")
    assert "exec_table" not in json.dumps(good) and "link_kinds" not in json.dumps(good)


def test_what_a_field_cannot_hold_is_refused(good: dict[str, Any]) -> None:
    data = copy.deepcopy(good)
    data["objects"][index_of(data, ":Clock")]["fields"]["now"] = "soon"
    refuse(data, "netsim.clock:Clock.now cannot be 'soon'")
    data["objects"][index_of(data, ":Clock")]["fields"] = {"colour": 1}
    refuse(data, "no field 'colour'")
    data["objects"][index_of(data, ":Clock")] = {"list": [], "object": "x"}
    refuse(data, "damaged snapshot")


def nodes(data: Any) -> list[Any]:
    found, todo = [], [data]
    while todo:
        value = todo.pop()
        if isinstance(value, dict | list) and value:
            found.append(value)
            todo += value.values() if isinstance(value, dict) else value
    return found


JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.text(max_size=5), st.just({}), st.just([]), st.just({"ref": 0}), st.just({"ref": -1}),
    st.just({"bytes": "zz"}), st.just({"float": "nan"}), st.just({"tuple": [1]}), st.just({"kind": "netsim.addr:IPv4", "value": "x"}),
    st.just({"function": "netsim.programs.text:boxed"}), st.just({"class": "builtins:int"}), st.just({"enum": "netsim.api:World", "name": "x"}),
)  # fmt: skip


@given(st.integers(0, 2**32), st.lists(JUNK, min_size=1, max_size=3))
def test_any_damage_is_told_in_one_line_or_does_no_harm(good: dict[str, Any], seed: int, junk: list[Any]) -> None:
    rng = random.Random(seed)
    data = copy.deepcopy(good)
    places = nodes(data)
    for value in junk:
        place = rng.choice(places)
        if isinstance(place, list):
            place[rng.randrange(len(place))] = value
        else:
            place[rng.choice(list(place))] = value
    try:
        loaded = load(json.loads(json.dumps(data)), NETSIM)
    except CannotLoad as problem:
        assert "\n" not in str(problem) and len(str(problem)) < 400
    else:
        assert loaded is None or isinstance(loaded, int | str | tuple | type) or attrs.has(type(loaded)) or loaded is not data


# the command line --------------------------------------------------------------------------------------------------------------


def test_run_saves_a_world_and_goes_on_from_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second, file = tmp_path / "a.sh", tmp_path / "b.sh", str(tmp_path / "world.json")
    first.write_text("ip link add br0 type bridge\nhostname\n")
    second.write_text("ip -br link show br0\nexit 3\n")
    assert main(["run", str(first), "--save", file]) == 0
    assert capsys.readouterr().out == "host\n"
    assert main(["run", file, str(second)]) == 3
    assert capsys.readouterr().out.startswith("br0              DOWN")
    assert main(["run", file]) == 0
    assert main(["run", str(first), file]) == 65
    assert "a snapshot can only be the first lab" in capsys.readouterr().err


def test_a_damaged_lab_is_one_line_and_a_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for content, word in ((b'{"format": "netsim-world", "vers', "not JSON"), (b"\xff\xfe", "not UTF-8"), (b'{"name": "x"}', "not a netsim snapshot")):
        lab = tmp_path / "lab"
        lab.write_bytes(content)
        assert main(["run", str(lab)]) == 65
        err = capsys.readouterr().err
        assert word in err and err.count("\n") == 1 and err.startswith("netsim: ")


def test_a_world_that_cannot_be_written_is_one_line_and_a_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lab = tmp_path / "lab.sh"
    lab.write_text("true\n")
    assert main(["run", str(lab), "--save", str(tmp_path / "no" / "such" / "directory")]) == 73
    assert "cannot save: No such file or directory" in capsys.readouterr().err
    lab.write_text("while true; do sleep 1; done &\n")
    assert main(["run", str(lab), "--save", str(tmp_path / "world.json")]) == 73
    assert "cannot save: a shell is still running" in capsys.readouterr().err


def test_strict_fails_on_what_is_accepted_but_not_modelled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lab = tmp_path / "lab.sh"
    lab.write_text("sysctl -q net.ipv4.tcp_sack=0\nsysctl -q net.ipv4.tcp_sack=0\n")
    assert main(["run", str(lab)]) == 0
    assert capsys.readouterr().err == "netsim: not modelled: host: sysctl net.ipv4.tcp_sack=0\n"
    assert main(["run", str(lab), "--strict"]) == 2
    assert capsys.readouterr().err == "netsim: not modelled: host: sysctl net.ipv4.tcp_sack=0\n"
    lab.write_text("sysctl -q net.ipv4.ip_forward=1\n")
    assert main(["run", str(lab), "--strict"]) == 0


ROOMS = (
    "nc -lk 80 > /tmp/got & sleep 1; nc 127.0.0.1 80 & sleep 1",
    "iptables -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT; ping -c 1 127.0.0.1",
    "ip link add vx0 type vxlan id 5 dstport 4789 remote 10.0.0.9; ip link add bo type bond; ip link add vr type vrf table 10; ip link set vr up",
    "tcpdump -i lo -w /tmp/x.pcap & sleep 1; ping -c 1 127.0.0.1",
    "curl http://127.0.0.1/ & sleep 1",
)


def test_what_every_room_keeps_can_be_forked_and_written() -> None:
    world = World()
    world.host().run("ip link set lo up")
    for line in ROOMS:
        world.host().run(line)
        trial = world.fork()
        ours, theirs = mutable_parts(world), mutable_parts(trial)
        assert {type(ours[known]) for known in ours.keys() & theirs.keys()} == set(), line
        text = snapshot.to_text(trial, "test")
        assert snapshot.to_text(World.from_snapshot(text), "test") == text, line
