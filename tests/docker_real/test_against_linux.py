"""Drawn docker commands at the real daemon in namespaces of its own, and at netsim: answers, everything there is to see, and who reaches whom."""

from __future__ import annotations

import time

import pytest

from tests.docker_real.run import Run
from tests.docker_real.sides import lacks

DRAWS, SECONDS = 30, 180
"""A run of CI; it ends early rather than take more than its budget, the daemons' starts included."""
REASON = lacks()
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON or "runs")


@pytest.mark.real
def test_drawn_docker_commands_do_what_the_daemon_does(capsys: pytest.CaptureFixture[str]) -> None:
    started = time.monotonic()
    run = Run()
    run.until(DRAWS, SECONDS - 15, 0)
    with capsys.disabled():
        print(f"\n{run.summary()}; {time.monotonic() - started:.0f} s")  # noqa: T201
    assert not run.failed, "\n\n".join(run.failed)
    assert run.mix["draws"] > 5
    assert run.mix["reached"] > run.mix["draws"]
