"""A few drawn scripts, always the same, typed into the real kernel and into netsim; `make soak` draws hundreds."""

from __future__ import annotations

import time

import pytest

from tests.real.draw import script
from tests.real.grammars import GRAMMARS
from tests.real.machine import ask_netsim, ask_real, missing
from tests.real.noise import differences

REASON = missing("ip", "bridge", "brctl", "ping", "sysctl", "nstat")
SECONDS = 12
"""No further script is begun after this long, so that a slow machine is no failure."""
DRAWS = [(name, seed) for seed in range(3000, 3003) for name in ("addr", "route", "rule")]


@pytest.mark.real
@pytest.mark.skipif(bool(REASON), reason=REASON or "runs")
def test_drawn_scripts_are_answered_as_the_real_kernel_answers_them() -> None:
    deadline = time.monotonic() + SECONDS
    found, lines = [], 0
    for name, seed in DRAWS:
        if time.monotonic() > deadline:
            break
        typed = script(GRAMMARS[name], seed)
        real = ask_real(typed)
        lines += len(typed)
        found += [f"{name} {seed} {text}" for text in differences(typed, real, ask_netsim(typed, real))]
    assert lines
    assert not found, "\n".join(found)


def test_the_same_seed_draws_the_same_script() -> None:
    for grammar in GRAMMARS.values():
        assert script(grammar, 7) == script(grammar, 7) != script(grammar, 8)
