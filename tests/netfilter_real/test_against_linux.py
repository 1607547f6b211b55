"""Drawn rules and packets through this machine's kernel and through netsim: what arrives where, as what, and what was counted."""

from __future__ import annotations

import pytest

from tests.netfilter_real.run import TOOLS, Run
from tests.real.budget import within
from tests.real.machine import missing

DRAWS, SECONDS = 200, 60
"""About 30 s on two cores; the run ends early rather than take more than its budget, making the networks included."""
pytestmark = pytest.mark.skipif(bool(missing(*TOOLS)), reason=missing(*TOOLS) or "runs")


def test_drawn_rules_do_to_drawn_packets_what_the_kernel_does(capsys: pytest.CaptureFixture[str]) -> None:
    run = Run()
    summary = within(run, DRAWS, SECONDS)
    with capsys.disabled():
        print(summary)  # noqa: T201
    assert not run.failed, "\n\n".join(run.failed)
    assert run.mix["draws"] > 20
    if run.mix["draws"] >= DRAWS:  # a run that time cut short has not drawn the mix
        assert not run.lacking(), run.summary()
