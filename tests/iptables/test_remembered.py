"""What a command line means is remembered: only what no file, set or rule of a world can change."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsim import World
from netsim.commands.iptables.known_names import KnownNames
from netsim.commands.iptables.parser import Parser
from netsim.commands.iptables.problem import Problem
from netsim.commands.iptables.reading import remembered
from netsim.commands.iptables.tool import named_tool
from netsim.kernel.netfilter.ruleset import state_of
from tests.iptables.lines import RULES

LIMITED = "-m limit --limit 1/hour --limit-burst 1 -j ACCEPT"


def test_two_rules_alike_each_have_a_bucket_of_their_own() -> None:
    host = World().host("h")
    for chain in ("INPUT", "OUTPUT"):
        host.run(f"iptables -A {chain} -p icmp {LIMITED}")
    host.run("ip link set lo up")
    host.run("ping -c1 127.0.0.1")
    listed = host.run("iptables -nvxL").stdout.splitlines()
    assert [line.split()[0] for line in listed if "limit" in line] == ["1", "1"]


def test_a_name_in_a_rule_is_looked_up_anew_each_time() -> None:
    host = World().host("h")
    for address in ("10.0.0.1", "10.0.0.2"):
        host.run_script(f"echo {address} db > /etc/hosts")
        host.run("iptables -A INPUT -s db -j DROP")
    assert host.run("iptables -S INPUT").stdout.splitlines()[1:] == ["-A INPUT -s 10.0.0.1/32 -j DROP", "-A INPUT -s 10.0.0.2/32 -j DROP"]


def test_a_set_in_a_rule_is_the_one_of_its_own_namespace() -> None:
    host = World().host("h")
    line = "iptables -A INPUT -m set --match-set s src -j DROP"
    host.run("ipset create s hash:ip")
    assert host.run(line).status == 0
    assert host.run(f"unshare -n {line}").status == 2


def test_only_the_last_rule_that_needs_it_takes_tracking_away() -> None:
    host = World().host("h")
    tracked = "INPUT -m conntrack --ctstate NEW -j ACCEPT"
    netns = host.machine.kernel.init_net

    def tracks() -> bool:
        return bool(state_of(netns).hung.get(2))

    for line in (f"-A {tracked}", f"-I {tracked}", "-R INPUT 1 -j ACCEPT"):
        host.run(f"iptables {line}")
        assert tracks()
    host.run(f"iptables -D {tracked}")
    assert not tracks()
    host.run(f"iptables -A {tracked}")
    host.run("iptables -F INPUT")
    assert not tracks()


@pytest.mark.parametrize("verb", ["-A", "-I"])
def test_a_rule_that_the_kernel_refuses_makes_no_chain(verb: str) -> None:
    host = World().host("h")
    assert host.run(f"iptables -t nat {verb} PREROUTING -j MASQUERADE").status == 4
    assert host.run("iptables-save").stdout == ""


def test_asking_for_a_rule_leaves_the_legacy_builds_policy_counters() -> None:
    host = World().host("h")
    for line in ("-P INPUT DROP", "-A INPUT -p udp -j ACCEPT"):
        host.run(f"iptables-legacy {line}")
    host.run("ip link set lo up")
    host.run("ping -c1 -W1 127.0.0.1")
    asked = "policy DROP 1 packets, 84 bytes"
    host.run("iptables-legacy -C INPUT -p udp -j ACCEPT")
    assert asked in host.run("iptables-legacy -nvxL INPUT").stdout
    host.run("iptables-legacy -N other")
    assert asked not in host.run("iptables-legacy -nvxL INPUT").stdout


@given(st.sampled_from(RULES), st.sampled_from(["-A", "-C", "-D", "-I"]), st.sampled_from(["nf_tables", "legacy"]))
def test_a_remembered_line_is_the_line_as_read(line: str, verb: str, build: str) -> None:
    host = World().host("h")
    name, *words = line.replace(" -A ", f" {verb} ", 1).replace('"', "").split()
    tool = named_tool(name, build)
    known = remembered((name, *words), build)
    try:
        request = Parser(tuple(words), tool, KnownNames(host.machine.init)).parse()
    except Problem:
        assert known is None
        return
    if known is not None:
        hash(known.specs)
        fields = ("command", "chain", "position", "table", "specs", "flags", "counters", "has_counters", "warnings")
        assert [getattr(known, field) for field in fields] == [getattr(request, field) for field in fields]


@pytest.mark.parametrize("target", ["MASQUERADE --random", "MASQUERADE --random-fully", "SNAT --to-source 10.0.0.1 --random --persistent"])
def test_flags_of_translation_stay_with_their_rule(target: str) -> None:
    host = World().host("h")
    host.run(f"iptables -t nat -A POSTROUTING -j {target}")
    assert host.run("iptables -t nat -S POSTROUTING").stdout.splitlines()[-1] == f"-A POSTROUTING -j {target}"
