"""Files of rules as people write them for nft: what nft adds in silence, and in which order things are made."""

from __future__ import annotations

import pytest

import netsim

FILE = """nft -f - <<'N'
define WEB = 10.10.0.2
table inet t {
 set s { type ipv4_addr; }
 chain input { type filter hook input priority 0; accept; }
 chain other { }
}
table ip nat {
 chain prerouting {
  type nat hook prerouting priority dstnat;
  tcp dport 8080 dnat to $WEB:80
  tcp dport 8081 dnat to $WEB :81
 }
}
N"""


@pytest.fixture
def host() -> netsim.api.Host:
    """A host with two tables."""
    host = netsim.World(seed=0).host("h")
    assert host.run(FILE).status == 0
    return host


def test_chains_are_made_before_the_sets_they_name(host: netsim.api.Host) -> None:
    handles = [
        line.split("{")[0].strip() + line.partition("#")[2] for line in host.run("nft -a list table inet t").stdout.splitlines() if "{ #" in line
    ]
    assert handles == ["table inet t handle 1", "set s handle 3", "chain input handle 1", "chain other handle 2"]


def test_a_defined_name_may_stand_before_a_port(host: netsim.api.Host) -> None:
    told = host.run("nft list chain ip nat prerouting").stdout
    assert "dnat to 10.10.0.2:80\n" in told
    assert "dnat to 10.10.0.2:81\n" in told


@pytest.mark.parametrize(
    "rule, shown",
    [
        ("reject with icmp type host-prohibited", "reject with icmp host-prohibited"),
        ("counter reject with icmp port-unreachable", "meta nfproto ipv4 counter packets 0 bytes 0 reject with icmp port-unreachable"),
        ("tcp dport 22 counter reject with icmpv6 no-route", "meta nfproto ipv6 tcp dport 22 counter packets 0 bytes 0 reject with icmpv6 no-route"),
        ("ip saddr 1.2.3.4 reject with icmp type net-unreachable", "ip saddr 1.2.3.4 reject with icmp net-unreachable"),
        ("meta nfproto ipv4 reject with icmp type host-unreachable", "reject with icmp host-unreachable"),
        ("icmp type echo-request reject with icmp type host-unreachable", "icmp type echo-request reject with icmp host-unreachable"),
        ("reject with tcp reset", "meta l4proto tcp reject with tcp reset"),
        ("reject with icmpx type host-unreachable", "reject with icmpx host-unreachable"),
    ],
)
def test_a_rejection_says_for_which_protocol_it_is(host: netsim.api.Host, rule: str, shown: str) -> None:
    assert host.run(f"nft add rule inet t other {rule}").status == 0
    assert host.run("nft list chain inet t other").stdout.splitlines()[2].strip() == shown


def test_an_error_of_one_protocol_leaves_the_other_alone(host: netsim.api.Host) -> None:
    host.run("ip link set lo up; nft insert rule inet t input reject with icmp type host-prohibited")
    assert host.run("ping -c1 -W1 127.0.0.1").status == 1
    assert host.run("ping -c1 -W1 ::1").status == 0


def test_an_error_of_the_wrong_protocol_is_refused(host: netsim.api.Host) -> None:
    assert "conflicting protocols specified: ip vs ip6" in host.run("nft add rule inet t other ip saddr 1.2.3.4 reject with icmpv6 no-route").stderr


def test_position_0_is_no_position(host: netsim.api.Host) -> None:
    host.run("nft add rule inet t other accept; nft insert rule inet t other position 0 continue; nft add rule inet t other position 0 drop")
    assert [line.strip() for line in host.run("nft list chain inet t other").stdout.splitlines()[2:5]] == ["continue", "accept", "drop"]
