"""Every example and drawn worlds: the kernel of this machine agrees with the model, and is left as it was."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs
import pytest

from netsim.__main__ import main
from netsim.labs import open_lab
from netsim.replay import plan, replay, settled, verify
from netsim.replay.backend import uml
from netsim.replay.backend.choice import lacks
from netsim.replay.backend.leavings import PREFIX
from netsim.replay.backend.room import Room
from tests.replay_real.machine import missing, own_namespace, processes_of
from tests.replay_real.run import compare, draw

ROOT = Path(__file__).parents[2]
REASON = missing()
pytestmark = [pytest.mark.real, pytest.mark.skipif(bool(REASON), reason=REASON or "runs")]
EXAMPLES = [path for path in sorted((ROOT / "examples").rglob("*.sh")) if path.name != "cure.sh"]
SECONDS = 50
"""No further world is begun after this long."""
AT_ONCE = 6
"""Most of the time is waiting for probes that nobody answers."""


def verified(example: Path) -> str:
    """Where the kernel disagrees; empty when it does not, or lacks a kind of device."""
    world = open_lab(str(example))
    planned = plan(settled(world))
    if planned.beyond or lacks(planned.kinds()):
        return ""
    found = verify(world, Room())
    return "" if found.agrees else f"{example}: {found.text(1)}"


def test_the_kernel_agrees_on_every_example() -> None:
    before = own_namespace()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        disagreements = [text for text in pool.map(verified, EXAMPLES) if text]
    assert not disagreements, "\n".join(disagreements)
    assert own_namespace() == before


def test_a_command_runs_in_the_world_and_its_status_comes_back(capfd: pytest.CaptureFixture[str]) -> None:
    before = own_namespace()
    built = replay(open_lab(str(ROOT / "examples/cross-host/routed.sh")), ["bash", "-c", "ip netns exec c2 ping -c1 -W1 10.1.0.2; exit 7"])
    assert (built.failed, built.status) == ("", 7)
    assert "1 received" in capfd.readouterr().out
    assert own_namespace() == before


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that anybody may enter, unlike pytest's."""
    with tempfile.TemporaryDirectory(prefix="netsim-test-") as name:
        os.chmod(name, 0o755)
        yield Path(name)


def netsim(place: Path, *words: str) -> list[str]:
    """A command line of netsim that keeps its papers in a directory of its own."""
    return ["env", f"TMPDIR={place}", sys.executable, "-m", "netsim", *words]


@pytest.mark.parametrize("kernel", [[], ["--uml"]], ids=["private namespaces", "User-Mode Linux"])
def test_nothing_is_left_of_a_replay_that_was_killed(kernel: list[str], place: Path) -> None:
    if kernel and uml.lacking():
        pytest.skip(uml.lacking())
    before = own_namespace()
    process = subprocess.Popen(
        netsim(place, "replay", *kernel, str(ROOT / "examples/cross-host/routed.sh"), "--run", "sleep 600"), cwd=ROOT, stdin=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 20
    while not processes_of(place) and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(2)
    users = {line.split()[0] for line in processes_of(place) if line.split()[1].endswith("linux.uml" if kernel else "unshare")}
    assert users == ({"nobody"} if kernel else {"root"})
    process.kill()
    process.wait()
    deadline = time.monotonic() + 5
    while processes_of(place) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not processes_of(place)
    assert list(place.glob(f"{PREFIX}*"))
    done = subprocess.run(netsim(place, "replay", "--clean"), cwd=ROOT, capture_output=True, text=True, check=True)
    assert "removed directory" in done.stdout
    assert not list(place.glob(f"{PREFIX}*"))
    assert own_namespace() == before


def test_a_world_that_is_being_used_is_not_cleaned_away(place: Path) -> None:
    command = netsim(place, "replay", str(ROOT / "examples/cross-host/routed.sh"), "--run", "echo built; read line; echo $line")
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdin is not None
        assert process.stdout.readline() == b"built\n"
        done = subprocess.run(netsim(place, "replay", "--clean"), cwd=ROOT, capture_output=True, text=True, check=True)
        assert not done.stdout
        process.stdin.write(b"still here\n")
        process.stdin.close()
        assert process.stdout.readline() == b"still here\n"


def test_the_script_of_a_dry_run_builds_it_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "--dry-run", str(ROOT / "examples/cross-host/routed.sh")]) == 0
    file = tmp_path / "lab.sh"
    file.write_text(capsys.readouterr().out)
    line = f". {file}; ip netns exec c1 ping -c1 -W2 10.2.0.2"
    done = subprocess.run(["unshare", "-n", "-m", "bash", "-c", line], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    refused = subprocess.run(["unshare", "-m", "bash", str(file)], capture_output=True, text=True, timeout=60, check=False)
    assert (refused.returncode, "no namespaces of its own" in refused.stderr) == (1, True)


def test_drawn_worlds_are_alike_in_what_they_list_and_in_who_reaches_whom(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = compare(draw(400, start=2), SECONDS)
    with capsys.disabled():
        print(f"\n{outcome}")
    assert outcome.draws > 5
    assert not outcome.disagreements, "\n".join(outcome.disagreements)


PACKAGES = str(Path(attrs.__file__).parents[1])


@pytest.mark.skipif(
    os.geteuid() != 0 or not Path("/usr/bin/python3").exists() or not shutil.which("setpriv"), reason="needs root, setpriv and /usr/bin/python3"
)
def test_anybody_may_verify_where_user_namespaces_are_allowed() -> None:
    before = own_namespace()
    nobody = [
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        "env",
        "HOME=/tmp",
        "PYTHONDONTWRITEBYTECODE=1",
        f"PYTHONPATH={ROOT}:{PACKAGES}",
    ]
    if subprocess.run([*nobody, "/usr/bin/python3", "-c", "import attrs, netsim"], capture_output=True, check=False).returncode:
        pytest.skip("nobody may read neither this checkout nor attrs")
    if subprocess.run([*nobody, "unshare", "-Urn", "true"], capture_output=True, check=False).returncode:
        pytest.skip("user namespaces are not allowed here")
    command = [*nobody, "/usr/bin/python3", "-m", "netsim", "verify", str(ROOT / "examples/cross-host/routed.sh")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, "agrees" in done.stdout) == (0, True), done.stdout + done.stderr
    assert own_namespace() == before
