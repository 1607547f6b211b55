"""An explanation tells the rules that this machine's kernel traces for the same packet, and what answers it, on drawn rulesets."""

from __future__ import annotations

import pytest

from tests.real.budget import within
from tests.real.machine import missing
from tests.trace_real.run import TOOLS, Run

DRAWS, SECONDS = 200, 40
"""About 15 s on two cores; the run ends early rather than take more than its budget."""
pytestmark = pytest.mark.skipif(bool(missing(*TOOLS)), reason=missing(*TOOLS) or "runs")


def test_explanations_tell_the_rules_that_the_kernel_traces(capsys: pytest.CaptureFixture[str]) -> None:
    run = Run()
    summary = within(run, DRAWS, SECONDS)
    with capsys.disabled():
        print(summary)  # noqa: T201
    assert not run.failed, "\n\n".join(run.failed)
    assert run.mix["draws"] > 20
    assert run.mix["answered"] * 3 > run.mix["draws"]
    assert len(run.reasons) > 4
