"""A shell waits for its commands: none of them is left among the processes when the next begins."""

from __future__ import annotations

import pytest

from netsim import World


@pytest.mark.parametrize(
    "before", ["/bin/true", "ls / >/dev/null", "ls / | cat | wc -l >/dev/null", "x=$(ip link)", "sleep 1", "(exit 3)", "sleep 1 & wait"]
)
def test_what_ended_is_gone_from_the_process_list_and_the_namespace(before: str) -> None:
    host = World().host("h")
    host.run("ip netns add red")
    for lead in ("", "ip netns exec red "):
        told = host.run(f"{lead}bash -c '{before}; ps -e -o comm=; ip netns pids red | wc -l'")
        assert told.stdout.split() == ["init", "bash", "ps", "3" if lead else "0"], told
