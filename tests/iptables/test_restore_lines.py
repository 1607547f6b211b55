"""Lines of a file for iptables-restore that name a family or a table."""

from __future__ import annotations

import pytest

import netsim
from netsim import Host

FILE = """*filter
-A FORWARD -m comment --comment any -j ACCEPT
-4 -A FORWARD -m comment --comment four -j ACCEPT
-A FORWARD -6 -m comment --comment six -j ACCEPT
-A FORWARD -m comment --comment -t -j ACCEPT
COMMIT
"""


@pytest.fixture
def host() -> Host:
    return netsim.World().host()


@pytest.mark.parametrize(("tool", "comments"), [("iptables", ["any", "four", "-t"]), ("ip6tables", ["any", "six", "-t"])])
def test_a_line_for_the_other_family_is_passed_over(host: Host, tool: str, comments: list[str]) -> None:
    assert host.run(f"{tool}-restore <<'X'\n{FILE}X").status == 0
    assert [line.split()[5] for line in host.run(f"{tool} -S FORWARD").stdout.splitlines()[1:]] == comments


@pytest.mark.parametrize("words", ["-t nat", "--table nat", "--table=nat", "-vtnat"])
def test_a_line_may_name_no_table(host: Host, words: str) -> None:
    done = host.run(f"printf '*filter\\n-A FORWARD -j ACCEPT {words}\\nCOMMIT\\n' | iptables-restore")
    assert done.status == 2
    assert "The -t option cannot be used in iptables-restore." in done.stderr


def test_chains_of_ones_own_are_told_by_name(host: Host) -> None:
    host.run("iptables -N foo; iptables -N bar")
    assert host.run("printf '*filter\\nCOMMIT\\n' | iptables-restore -v").stdout.split("`")[4:] == [
        "bar'\nFlushing chain ", "foo'\nDeleting chain ", "bar'\nDeleting chain ", "foo'\n",
    ]  # fmt: skip
    host.run("iptables -N foo; iptables -N bar")
    assert host.run("iptables -v -X").stdout == "Deleting chain `bar'\nDeleting chain `foo'\n"
