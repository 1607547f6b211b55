"""nft's counters, quotas and limits with names, as nft 1.0.6 and Linux 6.18 have them."""

from __future__ import annotations

import pytest

from netsim import World
from netsim.api import Host

RULES = """table ip f {
	counter every {
		comment "everything"
		packets 0 bytes 0
	}

	quota q {
		over 500 bytes
	}

	limit lim {
		rate 200 bytes/second burst 100 bytes
	}

	chain out {
		type filter hook output priority filter; policy accept;
		icmp type echo-request counter name "every"
		icmp type echo-request quota 300 bytes counter packets 0 bytes 0
		icmp type echo-request quota over 300 bytes counter packets 0 bytes 0
		icmp type echo-request quota name "q" counter packets 0 bytes 0
		icmp type echo-request limit rate 200 bytes/second counter packets 0 bytes 0
		icmp type echo-request limit rate over 200 bytes/second burst 50 bytes counter packets 0 bytes 0
		icmp type echo-request limit name "lim" counter packets 0 bytes 0
	}
}
"""


@pytest.fixture
def host() -> Host:
    made = World(seed=1).host("h")
    made.run("ip link set lo up")
    made.run(f"cat > /tmp/r.nft <<'R'\n{RULES}R\nnft -f /tmp/r.nft")
    return made


def test_a_listing_is_what_makes_it_again(host: Host) -> None:
    assert host.run("nft list ruleset").stdout == RULES
    assert host.run("nft list ruleset > /tmp/again; nft flush ruleset; nft -f /tmp/again; nft list ruleset").stdout == RULES


def test_objects_count_and_limit_for_the_rules_that_name_them(host: Host) -> None:
    host.run("ping -q -c 8 -i 0.1 127.0.0.1; sleep 1; ping -q -c 4 -i 0.1 127.0.0.1")
    told = host.run("nft list chain ip f out").stdout
    assert [int(line.split("packets ")[1].split()[0]) for line in told.splitlines() if "packets" in line] == [3, 9, 7, 7, 5, 8]
    assert "over 500 bytes used 1008 bytes\n" in host.run("nft list quota ip f q").stdout
    assert "packets 12 bytes 1008\n" in host.run("nft reset counters").stdout
    assert "packets 0 bytes 0\n" in host.run("nft list counter ip f every").stdout


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("create counter ip f every", "Error: Could not process rule: File exists\ncreate counter ip f every\n                    ^^^^^\n"),
        (
            "delete counter ip f every",
            "Error: Could not process rule: Device or resource busy\ndelete counter ip f every\n                    ^^^^^\n",
        ),
        ("list counter ip f nope", "Error: No such file or directory\nlist counter ip f nope\n                  ^^^^\n"),
        (
            "add rule ip f out quota name nope",
            "Error: Could not process rule: No such file or directory\nadd rule ip f out quota name nope\n" + " " * 29 + "^^^^\n",
        ),
        (
            "add rule ip f out limit rate 5 gbytes/second",
            "Error: Wrong rate format\nadd rule ip f out limit rate 5 gbytes/second\n" + " " * 29 + "^" * 15 + "\n",
        ),
    ],
)
def test_wrong_names_and_units_are_told_as_nft_tells_them(host: Host, line: str, complaint: str) -> None:
    answer = host.run(f"nft {line}")
    assert (answer.status, answer.stdout, answer.stderr) == (1, "", complaint)


def test_json_tells_of_tables_chains_and_objects(host: Host) -> None:
    meta = '{"nftables": [{"metainfo": {"version": "1.0.6", "release_name": "Lester Gooch #5", "json_schema_version": 1}}'
    counter = '{"counter": {"family": "ip", "name": "every", "table": "f", "handle": 2, "comment": "everything", "packets": 0, "bytes": 0}}'
    limit = '{"limit": {"family": "ip", "name": "lim", "table": "f", "handle": 4, "rate": 200, "per": "second", "rate_unit": "bytes", "burst": 100, "burst_unit": "bytes"}}'
    assert host.run("nft -j list counters").stdout == f"{meta}, {counter}]}}\n"
    assert host.run("nft -j list limits").stdout == f"{meta}, {limit}]}}\n"
    assert host.run("nft -j list quotas").stdout.endswith('"handle": 3, "bytes": 500, "used": 0, "inv": true}}]}\n')
    chain = '{"chain": {"family": "ip", "table": "f", "name": "out", "handle": 1, "type": "filter", "hook": "output", "prio": 0, "policy": "accept"}}'
    assert host.run("nft -j list chains").stdout == f"{meta}, {chain}]}}\n"
    assert "rules and sets as JSON are not modelled" in host.run("nft -j list ruleset").stderr
