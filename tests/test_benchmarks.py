"""The workloads of `make bench` do on netsim what they claim to measure."""

from __future__ import annotations

from importlib import import_module

import pytest

from benchmarks.page import FIRST, LAST, NAMES, PAGE, duration, rows
from benchmarks.workloads.side import Case

SIZES = {"w1_build": 5, "w2_pairs": 4, "w3_forward": 20, "w4_chain": 2, "w5_firewall": 10, "w6_matrix": 6, "w7_docker": 1, "w8_import": 1}


@pytest.mark.parametrize("name", NAMES)
def test_every_workload_runs_on_netsim(name: str) -> None:
    module = import_module(f"benchmarks.workloads.{name}")
    figures = module.SIDES["netsim"].run(SIZES[name])
    assert figures["count"] > 0
    assert all(side in module.SIDES for case in module.CASES for side in case.sides)


def test_the_page_has_a_place_for_the_figures() -> None:
    text = PAGE.read_text()
    assert text.index(FIRST) < text.index(LAST)


def test_a_side_that_cannot_run_says_why_in_its_row() -> None:
    case = Case(1, ("netsim", "peer", "gone"), "one thing", "thing")
    table = rows(case, {"netsim": [{"cpu_s": 0.004, "count": 2}], "peer": [{"cpu_s": 0.02, "count": 2}], "gone": "not installed: x"})
    assert table[2:] == ["| netsim | 2 ms | 1 run |  |", "| peer | 10 ms | 1 run | 5 |", "| gone | not installed: x | | |"]
    assert duration(0.000_012_34) == "12.3 us"
