"""Words that no name server is asked about (compared by hand with glibc 2.36)."""

from __future__ import annotations

import pytest

from netsim import World

UNKNOWN, LATER = "Name or service not known", "Temporary failure in name resolution"


@pytest.mark.parametrize(
    ("line", "word", "said"),
    [
        ("ping -4 -c1 {}", "300.1.1.1", LATER),  # it asks for the canonical name too
        ("arping -c1 -I lo {}", "300.1.1.1", UNKNOWN),
        ("nc -4 -z {} 80", "1.2.3.4.5", UNKNOWN),
        ("nc -z {} 80", "1.2.3.4.5", LATER),
        ("traceroute -4 {}", "300.1.1.1", UNKNOWN),
        ("traceroute -4 {}", "1.2.3.4.", LATER),
        ("ping -c1 {}", "a..b", UNKNOWN),
        ("ping -c1 {}", ".a", UNKNOWN),
        ("ping -c1 {}", "a.", LATER),
    ],
)
def test_figures_and_dots_are_a_name_only_for_some(line: str, word: str, said: str) -> None:
    host = World(seed=0).host("h")
    host.run("ip link set lo up")
    assert said in host.run(line.format(word)).stderr
