"""Compose files as labs: on the command line and from Python."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from netsim import World
from netsim.__main__ import main
from netsim.compose_api import carry
from netsim.labs import is_compose, play

FILE = "services: {web: {image: nginx, env_file: e.env, extends: {file: sub/base.yaml, service: base}}}\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "shop" / "sub").mkdir(parents=True)
    (tmp_path / "shop" / "compose.yaml").write_text(FILE)
    (tmp_path / "shop" / "e.env").write_text("A=1\n")
    (tmp_path / "shop" / ".env").write_text("TAG=1.25\n")
    (tmp_path / "shop" / "sub" / "base.yaml").write_text("services: {base: {image: 'nginx:${TAG}', expose: [80]}}\n")
    (tmp_path / "secret.env").write_text("PASSWORD=x\n")
    monkeypatch.chdir(tmp_path / "shop")
    return tmp_path / "shop"


def test_the_files_of_a_project_go_into_the_machine(project: Path) -> None:
    carried = carry("compose.yaml", {})
    assert sorted(carried.files) == ["/root/shop/.env", "/root/shop/compose.yaml", "/root/shop/e.env", "/root/shop/sub/base.yaml"]


def test_nothing_outside_of_the_directory_is_read(project: Path) -> None:
    for text in ("env_file: ../secret.env", "env_file: /etc/passwd", "extends: {file: ../../x.yaml, service: a}"):
        (project / "compose.yaml").write_text(f"services: {{web: {{image: nginx, {text}}}}}\n")
        assert not [path for path in carry("compose.yaml", {}).files if not path.startswith("/root/shop/")]
    (project / "compose.yaml").write_text("services: {web: {image: nginx, env_file: link.env}}\n")
    (project / "link.env").symlink_to(project.parent / "secret.env")
    assert "/root/shop/link.env" not in carry("compose.yaml", {}).files
    _, done = play("compose.yaml")
    assert "env file /root/shop/link.env not found" in done.stderr


def test_run_brings_a_project_up_and_keeps_its_status(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "compose.yaml"]) == 0
    assert "Container shop-web-1  Started" in capsys.readouterr().err
    (project / "compose.yaml").write_text("services: {web: {image: nginx, foo: 1}}\n")
    assert main(["run", "compose.yaml"]) == 1
    assert "services.web additional properties 'foo' not allowed" in capsys.readouterr().err


def test_a_project_may_come_by_standard_input_and_choose_its_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("x-netsim: {engine: 20.10}\nservices: {web: {image: nginx}}\n"))
    world, done = play("-")
    assert done.status == 0
    assert world.host("host").run("docker version -f '{{.Server.Version}}'").stdout.startswith("20.10")
    monkeypatch.setattr("sys.stdin", io.StringIO("x-netsim: {engine: 1.0}\nservices: {web: {image: nginx}}\n"))
    assert main(["run", "-"]) == 65


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("x.yaml", "", True), ("x.yml", "echo hi", True), ("x", "# c\n\nservices:\n  a:", True), ("x", 'version: "3"\n', True), ("x.sh", "services: {}", True),
        ("x.sh", "ip link\ncat > c <<E\nservices:\nE\n", False), ("x.sh", "#!/bin/bash\nname=web\n", False), ("x.sh", "include() { :; }\n", False),
        ("x", "x-common: &a\n  b: 1\n", True),
    ],
)  # fmt: skip
def test_a_compose_file_is_known_by_its_name_or_its_first_key(name: str, text: str, expected: bool) -> None:
    assert is_compose(name, text) is expected


def test_places_answer_to_the_names_of_services(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (project / "compose.yaml").open("a") as file:
        file.write("# check: host reaches @web:80\n")
    assert main(["check", "compose.yaml"]) == 0
    assert main(["explain", "compose.yaml", "web", "@host:22"]) in (0, 1)
    assert "shop-web-1" in capsys.readouterr().out


def test_a_project_from_python(project: Path) -> None:
    shop = World().host("h1").docker("29").compose(project / "compose.yaml")
    assert shop.up().status == 0
    assert list(shop.containers) == ["shop-web-1"]
    assert shop.container("web").status == "running"
    with pytest.raises(KeyError):
        shop.container("web", 2)
    assert "image: nginx\n" in shop.config()
    assert shop.down().status == 0
    with pytest.raises(FileNotFoundError):
        World().host("h1").docker().compose("nosuch.yaml")


def test_a_missing_file_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "nosuch.yaml"]) == 66
    assert "nosuch.yaml: No such file or directory" in capsys.readouterr().err
