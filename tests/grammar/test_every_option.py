"""No option is swallowed: each entry of each tool's grammar changes what is answered or done, is refused, or is listed as not modelled."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator
from functools import lru_cache

import pytest

import netsim
from netsim import Result, World
from netsim.clock import SECOND
from netsim.commands.ip.main import FLAGS, SHORT
from netsim.machine.getopt import Grammar
from netsim.state.save import dump
from tests.properties.lab import small_world, typed

PING = ("-c", "2", "-i", "0.2", "-W", "1", "10.0.0.1")
LINES: dict[str, tuple[str, tuple[tuple[str, ...], ...]]] = {
    "netsim.commands.iptables.options": ("iptables-restore", (("/tmp/rules",), ("/no/such",))),
    "netsim.commands.iptables.save": ("iptables-save", ((), ("-c",))),
    "netsim.commands.modules": ("modprobe", (("dummy",), ("nosuch",), ("-r", "dummy"))),
    "netsim.commands.nettools.arp": ("arp", ((), ("-s", "10.0.0.7", "02:00:00:00:00:07"), ("-d", "10.0.0.9"), ("-i", "br0", "10.0.0.9"))),
    "netsim.commands.nettools.netstat": ("netstat", ((), ("-a",), ("-i",), ("-r",), ("-an",))),
    "netsim.commands.nettools.route": ("route", ((), ("-n",), ("add", "-net", "10.7.0.0/16", "dev", "br0"), ("-C",))),
    "netsim.commands.nstat": ("nstat", ((), ("-j",))),
    "netsim.commands.ss.main": ("ss", ((), ("-a",), ("-an",), ("-ant",))),
    "netsim.programs.arping.command": ("arping", (("-c", "2", "-I", "br0", "10.0.0.1"), ("-c", "2", "-I", "br0", "10.0.0.77"), ("10.0.0.1",))),
    "netsim.programs.dns.host": ("host", (("localhost",), ("nosuch.example",))),
    "netsim.programs.nc.options": (
        "nc",
        (("10.0.0.1", "80"), ("-l", "80"), ("-z", "10.0.0.1", "80-82"), ("-v", "10.0.0.1", "80"), ("-u", "10.0.0.1", "80")),
    ),
    "netsim.programs.ping.options": (
        "ping",
        (
            PING,
            ("-c", "1", "-W", "1", "10.0.0.77"),
            ("-c", "1", "-W", "1", "fe80::1%br0"),
            ("-c", "2", "-i", "0.2", "localhost"),
            ("-c", "1", "-W", "1", "10.0.0.255"),
        ),
    ),
    "netsim.programs.seq": ("seq", (("8", "11"),)),
    "netsim.programs.streams": ("cat", (("/tmp/lines",), ("/tmp/odd",))),
    "netsim.programs.tcpdump.options": (
        "tcpdump",
        (("-i", "br0", "-c", "1"), ("-r", "/tmp/a.pcap"), ("-D",), ("-w", "/tmp/b.pcap", "-c", "1"), ("-nr", "/tmp/a.pcap", "-c", "1")),
    ),
    "netsim.programs.tracepath.command": ("tracepath", (("10.0.0.1",), ("192.0.2.1",), ("localhost",))),
    "netsim.programs.wget": ("wget", (("http://10.0.0.1/",), ("http://localhost/",))),
}
"""For each module with a grammar lines of its tool, to which options are added: one of them must tell the difference."""
ARGUMENTS = {"A": "inet", "I": "br0", "i": "br0", "t": "1", "c": "1", "w": "2", "W": "2", "s": "10.0.0.254"}
SAME: dict[str, dict[str, str]] = {
    "iptables-restore": {
        "-c": "the counters saved are the counters there are", "-4": "the family it has anyway", "-6": "the family is the tool's, not the option's",
        "-w": "nobody else holds the lock", "-W": "nobody else holds the lock", "-M": "no module is missing",
    },
    "iptables-save": {
        "-b": "ignored by the real tool too", "-d": "what it dumps anyway", "-4": "the family it has anyway", "-6": "the family is the tool's", "-M": "no module is missing",
    },
    "modprobe": {"-i": "there are no install lines to ignore", "-b": "there is no blacklist", "--remove-dependencies": "nothing depends on it"},
    "arp": {"-n": "no address has a name", "-e": "the style it prints in anyway", "-A": "the family it has anyway", "-i": "all entries are on that device"},
    "netstat": {"-F": "the table it prints anyway", "-d": "nothing to debug", "-N": "names it prints anyway", "-W": "nothing is cut"},
    "route": {"-n": "no address has a name", "-N": "names it prints anyway", "-4": "the family it has anyway", "-A": "the family it has anyway", "-v": "nothing more to tell"},
    "nstat": {"-r": "no history to reset", "-a": "no history to leave out"},
    "ss": {"-r": "no address has a name", "-o": "no timer runs", "-4": "no socket of another family", "-O": "nothing is broken over lines"},
    "ping": {
        "-C": "who is asked is who answers", "-r": "everybody is on the link", "-d": "nothing to debug", "-n": "no address has a name", "-O": "no answer is late",
        "-U": "no time between the two clocks", "-S": "the buffer is large enough", "-c": "the line's own comes later", "-W": "the line's own comes later",
    },
    "arping": {"-s": "the address it takes anyway", "-I": "the device it takes anyway"},
    "host": dict.fromkeys(("-r", "-U", "-w", "-4", "-6", "-W"), "no server answers or times out here"),
    "nc": {"-4": "the family it has anyway", "-C": "nothing is sent", "-d": "nothing is read anyway", "-m": "every answer lives long enough", "-W": "nothing is received"},
    "cat": {"-u": "ignored by the real tool too", "--help": "in /tmp/odd and elsewhere"},
    "tcpdump": {
        "-K": "every checksum is right", "-N": "no host has a domain", "-O": "speed alone", "-p": "the device is promiscuous anyway", "-u": "no NFS", "-U": "seen only by who reads meanwhile",
        "-B": "nothing overflows", "-i": "the device it takes anyway", "-Z": "nobody but root", "--micro": "the precision it has anyway",
    },
    "tracepath": {"-4": "the family it has anyway", "-p": "any closed port answers alike"},
    "wget": dict.fromkeys(("-S", "-v", "-O", "-t", "-P", "--no-proxy", "--max-redirect", "--progress"), "no server answers here"),
}  # fmt: skip
"""Options that rightly make no difference to the lines above, and why."""


FAMILIES_OF_ADDRESSES = frozenset(f"--{name}" for name in ("ip", "inet", "tcpip"))
"""Long names of the family that is there without them."""


def grammars() -> dict[str, tuple[str, Grammar]]:
    """Every getopt grammar of the tools, by the module that declares it."""
    found = {}
    for info in pkgutil.walk_packages(netsim.__path__, "netsim."):
        if info.name.startswith(("netsim.commands.", "netsim.programs.")):
            for name, value in vars(importlib.import_module(info.name)).items():
                if isinstance(value, Grammar) and not any(value is other for _, other in found.values()):
                    found[info.name if info.name not in found else f"{info.name}:{name}"] = (name, value)
    return found


GRAMMARS = grammars()


@lru_cache
def world() -> World:
    made = small_world()
    host = made.host()
    host.start("ip netns exec a nc -lk 80")
    host.start("nc -lu 53")
    host.start("tcpdump -i br0 -c 5 -w /tmp/a.pcap")
    host.start("nc 10.0.0.1 80")
    made.run_for(SECOND)
    host.run_script(
        "printf 'a\\t\\n\\n\\n\\001\\n' > /tmp/odd; iptables-save > /tmp/rules; sysctl -qw net.ipv4.ip_forward=1; ping -c 1 10.0.0.1; ping -c 1 10.0.0.2"
    )
    host.start("ip netns exec a ping -c 5 -i 0.3 10.0.0.254")  # there is something to capture, and more of it to whoever waits longer
    return made


def attempt(argv: tuple[str, ...]) -> tuple[World, Result]:
    trial = world().fork()
    done = typed(trial, argv)
    trial.run_for(SECOND)  # who ended is reaped: nothing but the line's consequences is left
    return trial, done


def left_behind(trial: World) -> str:
    """The state of a world, apart from how many processes and moments it took."""
    trial.host().machine.next_pid = trial.clock.sequence = 0
    return json.dumps(dump(trial))


def is_swallowed(argv: tuple[str, ...], plain: tuple[str, ...]) -> bool:
    """Whether a line does and says what it does and says without its option, and nothing is listed as not modelled."""
    trial, done = attempt(argv)
    expected, state = without(plain)
    return done == expected and not trial.unmodelled and left_behind(trial) == state


@lru_cache
def without(plain: tuple[str, ...]) -> tuple[Result, str]:
    """What a line answers and leaves behind; everything in it is modelled."""
    trial, done = attempt(plain)
    assert not trial.unmodelled
    return done, left_behind(trial)


def test_two_lines_that_do_the_same_are_seen_to_do_the_same() -> None:
    assert is_swallowed(("true", "x"), ("true",))
    assert is_swallowed(("cat", "/tmp/lines"), ("cat", "/tmp/../tmp/lines"))
    assert not is_swallowed(("touch", "/tmp/new"), ("true",))
    assert not is_swallowed(("ip", "link", "set", "v0", "down"), ("true",))


def options(grammar: Grammar) -> Iterator[tuple[str, ...]]:
    for letter in grammar.flags:
        yield (f"-{letter}",)
    for letter in grammar.valued:
        yield f"-{letter}", ARGUMENTS.get(letter, "3")
    for name, (letter, takes) in grammar.long.items():
        if letter in FAMILIES_OF_ADDRESSES:
            continue
        yield (f"--{name}={ARGUMENTS.get(letter, '3')}" if takes == "=" else f"--{name}",)


@pytest.mark.parametrize("module", sorted(GRAMMARS))
def test_no_option_of_a_tool_is_swallowed(module: str) -> None:
    if module not in LINES:
        pytest.skip("no line to try the options on")
    tool, lines = LINES[module]
    grammar = GRAMMARS[module][1]
    known = set(SAME.get(tool, ()))
    known |= {f"--{name}" for name, (letter, _) in grammar.long.items() if f"-{letter}" in known or letter in ("hosts", "ports", "users")}
    swallowed = [
        " ".join(words)
        for words in options(grammar)
        if words[0].partition("=")[0] not in known and all(is_swallowed((tool, *words, *line), (tool, *line)) for line in lines)
    ]
    assert not swallowed, " ".join(swallowed)


IP_ARGUMENTS = {"-loops": "3", "-family": "inet", "-rcvbuf": "100000", "-netns": "a", "-f": "inet", "-rc": "100000", "-n": "a"}
IP_LINES = (("-br", "addr"), ("addr",), ("-s", "link"), ("-j", "addr"), ("neigh",), ("route",), ("netns", "exec", "x", "true"))
IP_SAME = {
    "-timestamp": "seen in ip monitor alone", "-tshort": "seen in ip monitor alone", "-t": "seen in ip monitor alone", "-force": "seen in a batch alone",
    "-rcvbuf": "no buffer is too small", "-rc": "no buffer is too small",
}  # fmt: skip
"""Flags that rightly make no difference, and why."""


def test_no_flag_of_ip_is_swallowed() -> None:
    flags = [flag for flag, _ in FLAGS] + list(SHORT)
    swallowed = []
    for flag in flags:
        words = (flag, IP_ARGUMENTS[flag]) if flag in IP_ARGUMENTS else (flag,)
        if flag not in IP_SAME and all(is_swallowed(("ip", *words, *line), ("ip", *line)) for line in IP_LINES):
            swallowed.append(flag)
    assert not swallowed, " ".join(swallowed)
