"""Every example and drawn worlds: the kernel of this machine agrees with the model, and is left as it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from netsim.__main__ import main
from netsim.labs import open_lab
from netsim.replay import replay, verify
from netsim.replay.backend.leavings import PREFIX
from netsim.replay.backend.room import runtime_dir
from tests.replay_real.machine import missing, own_namespace

ROOT = Path(__file__).parents[2]
REASON = missing()
pytestmark = [pytest.mark.real, pytest.mark.skipif(bool(REASON), reason=REASON or "runs")]
LACKING = "Unknown device type"
EXAMPLES = [path for path in sorted((ROOT / "examples").rglob("*.sh")) if path.name != "cure.sh"]
AT_ONCE = 6
"""Most of the time is waiting for probes that nobody answers."""


def verified(example: Path) -> str:
    """Where the kernel disagrees; empty when it does not, or lacks a kind of device."""
    found = verify(open_lab(str(example)))
    return "" if found.agrees or LACKING in found.failed else f"{example}: {found.text(1)}"


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


def test_nothing_is_left_of_a_replay_that_was_killed(capsys: pytest.CaptureFixture[str]) -> None:
    before = own_namespace()
    command = [sys.executable, "-m", "netsim", "replay", str(ROOT / "examples/cross-host/routed.sh"), "--run", "echo built; sleep 600"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    assert process.stdout is not None
    assert process.stdout.readline() == b"built\n"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    deadline = time.monotonic() + 5
    while own_namespace() != before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert own_namespace() == before
    assert list(runtime_dir().glob(f"{PREFIX}*"))
    assert main(["replay", "--clean"]) == 0
    assert "removed directory" in capsys.readouterr().out
    assert not list(runtime_dir().glob(f"{PREFIX}*"))


def test_a_world_that_is_being_used_is_not_cleaned_away() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "netsim", "replay", str(ROOT / "examples/cross-host/routed.sh"), "--run", "echo built; read line; echo $line"],
        cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None and process.stdin is not None
        assert process.stdout.readline() == b"built\n"
        assert main(["replay", "--clean"]) == 0
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
