"""Whatever is typed after a tool's name gives an answer and a status: never a traceback, never a hang."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netsim.commands.table import EXEC_TABLE
from netsim.machine.words import simple_argv
from tests.properties.lab import SMALL, typed

WORDS = (
    "add del delete show list set get flush change replace append exec help save restore dev type veth bridge dummy peer name netns a b eth0 br0 v0 v1 lo up "
    "down master nomaster mtu address broadcast brd lladdr via src table main local metric scope global link host proto static nud permanent from to iif oif "
    "lookup prio pref fwmark tos vlan fdb mdb monitor default 10.0.0.1 10.0.0.0/24 10.0.0.1/24 0/0 ::1 fe80::1/64 02:00:00:00:00:09 ff:ff:ff:ff:ff:ff -1 0 1 65536 "
    "4294967296 18446744073709551616 0x10 1e9 nan 1.5 -A -D -I -F -N -X -P -L -S -t filter nat -j DROP ACCEPT REJECT INPUT FORWARD OUTPUT -p tcp udp icmp --dport 80 "
    "-m state --state NEW -s -d -i -o ! -n -v -c 1 -w -W -q -f -l -a -e -h -V -4 -6 -6 -br -j -json -p -d -s -all -n all on off yes no true false group alias "
    "stp addbr delbr addif delif showmacs setageing /tmp/lines /etc/hosts /proc/sys/net/ipv4/ip_forward net.ipv4.ip_forward=1 net.ipv4.ip_forward -- - = : . .. / // | ; "
    "txqueuelen arp multicast promisc peer label valid_lft preferred_lft forever nexthop weight onlink blackhole unreachable prohibit throw hw ether netmask 255.255.255.0 "
    "tunnel tuntap id index numtxqueues parentdev vf qlen proxy dead weight expires hoplimit advmss rtt"
).split()
ODD = st.one_of(
    st.text(max_size=8),
    st.text(st.characters(max_codepoint=0x1F), min_size=1, max_size=3),
    st.sampled_from(
        [
            "",
            " ",
            "\x00",
            "\udcff",
            "é" * 20,
            "x" * 300,
            "x" * 70_000,
            "9" * 400,
            "-" + "x" * 300,
            "--" + "y" * 300,
            "%d",
            "%s%n",
            "a\nb",
            "١٢",
            "０",
            "²",
            "1_0",
            "+5",
            " 7",
            "½",
        ]
    ),
    st.integers(-(2**66), 2**66).map(str),
    st.characters(min_codepoint=33, max_codepoint=126).map("-{}".format),
    st.text(st.characters(min_codepoint=97, max_codepoint=122), min_size=1, max_size=8).map("--{}".format),
    st.tuples(st.integers(0, 300), st.integers(0, 300), st.integers(-1, 40)).map(lambda n: f"10.{n[0]}.0.{n[1]}/{n[2]}"),
)
WORD = st.one_of(st.sampled_from(WORDS), ODD)
LINE = st.lists(WORD, max_size=9)


FEW = settings(max_examples=max(5, settings().max_examples // 12))
"""There are more than a hundred tools: each gets a share of what a property may cost."""
RECORDINGS = Path(__file__).parent.parent / "oracle" / "kernel"


def recorded_lines() -> dict[str, list[tuple[str, ...]]]:
    """What was typed into real machines, by tool; commands in front of others are taken off."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for file in sorted(RECORDINGS.glob("*.json")):
        for step in json.loads(file.read_text())["steps"]:
            argv = simple_argv(step["cmd"])
            while argv and argv[:3] == ("ip", "netns", "exec"):
                found.setdefault("ip", set()).add(argv)
                argv = argv[4:]
            if argv:
                found.setdefault(argv[0], set()).add(argv)
    return {tool: sorted(lines) for tool, lines in found.items()}


RECORDED = recorded_lines()


def spoilt(argv: tuple[str, ...], junk: list[str], rng: random.Random) -> tuple[str, ...]:
    """A good line with some words replaced, put in, left out, doubled or moved."""
    words = list(argv[1:])
    for word in junk:
        place = rng.randrange(len(words) + 1)
        match rng.randrange(5):
            case 0:
                words[place : place + 1] = [word]
            case 1:
                words.insert(place, word)
            case 2:
                del words[place : place + 1]
            case 3:
                words[place:place] = words[place : place + 2]
            case _:
                words[place : place + 1] = words[place : place + 1][::-1] + [word]
    return (argv[0], *words)


@pytest.mark.parametrize("tool", sorted(EXEC_TABLE))
def test_garbage_gives_an_error_and_a_status(tool: str) -> None:
    @FEW
    @given(LINE)
    def tries(words: list[str]) -> None:
        answers((tool, *words))

    tries()


@pytest.mark.parametrize("tool", sorted(RECORDED.keys() & EXEC_TABLE.keys()))
def test_a_spoilt_line_gives_an_error_and_a_status(tool: str) -> None:
    @FEW
    @given(st.sampled_from(RECORDED[tool]), st.lists(WORD, max_size=3), st.integers(0, 2**32))
    def tries(argv: tuple[str, ...], junk: list[str], seed: int) -> None:
        answers(spoilt(argv, junk, random.Random(seed)))

    tries()


def answers(argv: tuple[str, ...]) -> None:
    with SMALL.fork() as world:
        done = typed(world, argv)
        assert 0 <= done.status <= 255
        assert "Traceback" not in done.stderr
