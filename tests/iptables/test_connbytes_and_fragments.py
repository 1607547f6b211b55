"""`-m connbytes`, `-m frag` and `-m rt`, with the counts of Linux 6.18 for the same packets."""

from __future__ import annotations

import pytest

from netsim import World
from netsim.api import Host
from netsim.transcript import profile_of

SETUP = """ip netns add a; ip netns add b; ip link add v0 netns a type veth peer name v1 netns b
ip -n a addr add 10.0.0.1/24 dev v0; ip -n b addr add 10.0.0.2/24 dev v1; ip -n a link set v0 up; ip -n b link set v1 up
ip -n a addr add fd00::1/64 dev v0 nodad; ip -n b addr add fd00::2/64 dev v1 nodad; sleep 2
"""


@pytest.fixture
def host() -> Host:
    made = World(seed=1).host("h", profile_of({"kernel": "host"}))
    made.run(SETUP)
    return made


@pytest.mark.parametrize(
    ("chain", "words", "count"),
    [
        ("OUTPUT", "--connbytes 3: --connbytes-dir original --connbytes-mode packets", 3),
        ("OUTPUT", "--connbytes 200:400 --connbytes-dir both --connbytes-mode bytes", 1),
        ("OUTPUT", "! --connbytes 2:3 --connbytes-dir reply --connbytes-mode packets", 3),
        ("INPUT", "--connbytes 84:84 --connbytes-dir both --connbytes-mode avgpkt", 5),
    ],
)
def test_a_connection_matches_while_it_has_carried_so_much(host: Host, chain: str, words: str, count: int) -> None:
    assert host.run(f"ip netns exec a iptables -A {chain} -p icmp -m connbytes {words}").status == 0
    host.run("ip netns exec a ping -q -c 5 -i 0.1 10.0.0.2")
    assert host.run(f"ip netns exec a iptables -vnxL {chain} | awk 'NR>2{{print $1}}'").stdout == f"{count}\n"
    assert host.run("ip netns exec a sysctl -n net.netfilter.nf_conntrack_acct").stdout == "1\n"


def test_fragments_are_told_by_where_they_stand(host: Host) -> None:
    for flag in ("--fragfirst", "--fraglast", "--fragmore", "--fragid 0:4294967295"):
        host.run(f"ip netns exec b ip6tables -t raw -A PREROUTING -m frag {flag}")
    host.run("ip netns exec b ip6tables -t raw -A PREROUTING -m rt --rt-type 0")
    host.run("ip netns exec a ping -q -c 2 -i 0.1 -s 4000 fd00::2")
    counts = host.run("ip netns exec b ip6tables -t raw -vnxL PREROUTING | awk 'NR>2{print $1}'").stdout.split()
    assert counts == ["2", "2", "4", "6", "0"]


LISTED = """-A INPUT -m connbytes ! --connbytes 100:200 --connbytes-mode avgpkt --connbytes-dir reply
-A INPUT -m connbytes --connbytes 10 --connbytes-mode bytes --connbytes-dir both
"""
LISTED6 = """-A INPUT -m rt --rt-type 0 --rt-segsleft 1:3 --rt-len 40
-A INPUT -m rt --rt-type 0 --rt-0-addrs ::1,::2 --rt-0-not-strict
-A INPUT -m frag ! --fragid 0:5 --fraglen 8 --fragres --fraglast
"""


@pytest.mark.parametrize(("tool", "rules"), [("iptables", LISTED), ("ip6tables", LISTED6)])
def test_what_is_told_of_a_rule_makes_it_again(host: Host, tool: str, rules: str) -> None:
    for rule in rules.splitlines():
        assert host.run(f"{tool} {rule}").status == 0
    assert "".join(line for line in host.run(f"{tool} -S").stdout.splitlines(keepends=True) if line.startswith("-A")) == rules


def test_wrong_options_are_told_in_the_tool_s_words(host: Host) -> None:
    text = host.run("iptables -A INPUT -m connbytes --connbytes 200:100 --connbytes-dir both --connbytes-mode bytes").stderr
    assert text.startswith("iptables v1.8.9 (nf_tables): 200 should be less than 100\n")
    assert "`--rt-type 0' required before `--rt-0-addrs'" in host.run("ip6tables -A INPUT -m rt --rt-0-addrs ::1").stderr
