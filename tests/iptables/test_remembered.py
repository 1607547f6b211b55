"""What a command line means is remembered: only what no file, set or rule of a world can change."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netsim import World
from netsim.commands.iptables.forms import without_free
from netsim.commands.iptables.known_names import KnownNames
from netsim.commands.iptables.parser import Parser
from netsim.commands.iptables.problem import Problem
from netsim.commands.iptables.reading import remembered
from netsim.commands.iptables.restore import by_letter, split
from netsim.commands.iptables.rules import is_valid
from netsim.commands.iptables.tool import named_tool
from netsim.kernel.netfilter.ruleset import state_of
from netsim.kernel.tables.xtables import Table
from tests.iptables.lines import RULES

WORLD = World()
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


BUILDS, VERBS = st.sampled_from(["nf_tables", "legacy"]), st.sampled_from(["-A", "-C", "-D", "-I"])
OTHER_WORDS = st.sampled_from(
    [
        "eth0",
        "br-1",
        "+",
        "a/b",
        "a b",
        "",
        "-i",
        "-d",
        "!",
        "--dport",
        "x" * 16,
        "10.0.0.0/8",
        "0.0.0.0/0",
        "10.1",
        "::1",
        "db",
        "1.2.3.4,5.6.7.8",
        "1/99",
    ]
    + ["0", "53", "07", "70000", "1:2", "http", "NEW", "LOCAL", "SYN", "10.0.0.1:80", ":53", "0x1/0xff", "5/sec", "ACCEPT", "udp", "all"],
)


@given(st.sampled_from(RULES), VERBS, BUILDS)
def test_a_remembered_line_is_the_line_as_read(line: str, verb: str, build: str) -> None:
    check((line.replace(" -A ", f" {verb} ", 1).replace('"', "").split()), build)


SIMILAR = [
    "iptables --wait -t nat -A POSTROUTING -s 172.18.0.0/16 ! -o br-1 -j MASQUERADE",
    "iptables -t filter -A FORWARD ! -i br-1 -o br-1 -p tcp -d 172.18.0.2 --dport 80 -j ACCEPT",
    "iptables -t nat -A PREROUTING ! -d 10.0.0.0/8 -p udp --dport 53 -j DNAT --to-destination 10.0.0.1:53 -i eth0",
    "iptables -A INPUT --source 10.1.2.3/255.255.0.0 -m conntrack --ctstate NEW -i eth+ -g other",
    "iptables -A INPUT -m comment --comment -i -s 10.0.0.1 -j DROP",
    "iptables -A INPUT -ieth0 --dst=10.0.0.1 -o eth1 -m comment --comment -o -d 10.0.0.1",
    "iptables -A INPUT -s 10.0.0.1 -j MASQUERADE",
    "iptables -A INPUT ! -s 10.0.0.1 -i eth0 -j DROP",
    "iptables -t mangle -A OUTPUT -s 10.0.0.1 -p udp -j TCPMSS --set-mss 100",
    "iptables -w -W 100 -A INPUT -s 10.0.0.1 -j DROP",
    "iptables -I INPUT 2 -s 10.0.0.1 -j DROP",
    "ip6tables -t mangle -A OUTPUT -d 2001:db8::/32 -o eth0 -p tcp --sport 1:2 -j MARK --set-mark 1/3",
]


@settings(max_examples=1000)
@given(st.sampled_from(SIMILAR) | st.sampled_from(RULES), VERBS, BUILDS, st.data())
def test_a_line_of_the_form_of_another_is_the_line_as_read(line: str, verb: str, build: str, data: st.DataObject) -> None:
    words = line.replace(" -A ", f" {verb} ", 1).replace('"', "").split()
    remembered(tuple(words), build)
    free = [place for place, word in enumerate(without_free(tuple(words))) if word is None]
    for place in data.draw(st.sets(st.sampled_from([*free, len(words) // 2, len(words) - 1]), min_size=1, max_size=4)):
        words[place] = data.draw(OTHER_WORDS)
    check(words, build)


def test_a_word_that_looks_like_an_option_decides_nothing_where_it_is_an_argument() -> None:
    for option in ("-s", "-d"):
        check(["iptables", "-A", "INPUT", "-m", "comment", "--comment", "-i", option, "10.0.0.1"], "nf_tables")


@pytest.mark.parametrize(
    ("line", "statuses"),
    [
        ("-A INPUT -s {} -j MASQUERADE", [4, 4, 4]),
        ("-A INPUT ! -s {} -j DROP", [0, 0, 4]),
        ("-t mangle -A OUTPUT -s {} -p udp -j TCPMSS --set-mss 100", [4, 4, 4]),
        ("-t nat -A POSTROUTING -s {} -j MASQUERADE", [0, 0, 0]),
    ],
)
def test_what_the_kernel_refuses_it_refuses_of_every_line_of_a_form(line: str, statuses: list[int]) -> None:
    host = World().host("h")
    assert [host.run(f"iptables {line.format(address)}").status for address in ("10.0.0.1", "10.0.0.2", "0.0.0.0/0")] == statuses


@given(st.text(alphabet='a-"\\ \t\n\r', max_size=12))
def test_a_line_of_restore_falls_into_the_words_that_its_letters_make(text: str) -> None:
    assert split(text) == by_letter(text)


def check(line: list[str], build: str) -> None:
    """What is remembered of a line is what it says."""
    name, *words = line
    _, known, command = remembered((name, *words), build) or (None, None, "")
    try:
        request = Parser(tuple(words), named_tool(name, build), KnownNames(WORLD.host("h").machine.init)).parse()
    except Problem:
        assert known is None
        return
    if known is not None:
        hash(known.specs)
        assert command == request.command
        if known.is_vetted:
            table = Table(known.table, named_tool(name, build).family, build)
            assert all(is_valid(table, spec, known.chain) for spec in known.specs)
        fields = ("chain", "position", "table", "specs", "flags", "counters", "has_counters", "warnings")
        assert [getattr(known, field) for field in fields] == [getattr(request, field) for field in fields]


@pytest.mark.parametrize("target", ["MASQUERADE --random", "MASQUERADE --random-fully", "SNAT --to-source 10.0.0.1 --random --persistent"])
def test_flags_of_translation_stay_with_their_rule(target: str) -> None:
    host = World().host("h")
    host.run(f"iptables -t nat -A POSTROUTING -j {target}")
    assert host.run("iptables -t nat -S POSTROUTING").stdout.splitlines()[-1] == f"-A POSTROUTING -j {target}"


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(SIMILAR) | st.sampled_from(RULES), VERBS), min_size=1, max_size=6))
def test_what_a_daemon_asks_is_answered_as_what_is_typed(lines: list[tuple[str, str]]) -> None:
    world = World()
    asked, typed = world.host("asked"), world.host("typed")
    for host in (asked, typed):
        host.run("iptables -N other; iptables -t nat -A PREROUTING -p udp -j ACCEPT; ip6tables -t mangle -A OUTPUT -j ACCEPT")
    for line, verb in lines:
        words = tuple(line.replace(" -A ", f" {verb} ", 1).replace('"', "").split())
        answer, printed = asked.machine.ask(asked.machine.init, words), typed.run(shlex.join(words))
        assert (answer.stdout, answer.stderr, answer.status) == (printed.stdout, printed.stderr, printed.status)
    for tool in ("iptables-save", "ip6tables-save"):
        assert asked.run(f"{tool} -c").stdout == typed.run(f"{tool} -c").stdout
