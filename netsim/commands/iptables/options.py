"""The options every iptables command has, as a table."""

from __future__ import annotations

import attrs

from netsim.machine.getopt import Grammar


@attrs.frozen
class Option:
    """One option: what it is called in the parser, and whether it takes an argument ("", "=" or "?" for one that may follow)."""

    means: str
    takes: str = ""


COMMANDS = {
    "append": Option("A", "="),
    "delete": Option("D", "="),
    "check": Option("C", "="),
    "insert": Option("I", "="),
    "replace": Option("R", "="),
    "list": Option("L", "?"),
    "list-rules": Option("S", "?"),
    "flush": Option("F", "?"),
    "zero": Option("Z", "?"),
    "new-chain": Option("N", "="),
    "delete-chain": Option("X", "?"),
    "rename-chain": Option("E", "="),
    "policy": Option("P", "="),
}
OTHERS = {
    "protocol": Option("p", "="),
    "proto": Option("p", "="),
    "source": Option("s", "="),
    "src": Option("s", "="),
    "destination": Option("d", "="),
    "dst": Option("d", "="),
    "jump": Option("j", "="),
    "in-interface": Option("i", "="),
    "out-interface": Option("o", "="),
    "fragments": Option("f"),
    "goto": Option("g", "="),
    "match": Option("m", "="),
    "numeric": Option("n"),
    "verbose": Option("v"),
    "wait": Option("w", "?"),
    "wait-interval": Option("W", "="),
    "exact": Option("x"),
    "line-numbers": Option("0"),
    "modprobe": Option("M", "="),
    "set-counters": Option("c", "="),
    "table": Option("t", "="),
    "ipv4": Option("4"),
    "ipv6": Option("6"),
    "help": Option("h", "?"),
    "version": Option("V"),
}
LONG = COMMANDS | OTHERS
SHORT = {option.means: option for option in LONG.values() if option.means != "0"}
INVERTIBLE = frozenset("psdiof")
RESTORE = Grammar(
    flags="cvVthn46w",
    valued="TMW",
    long={
        "counters": ("c", ""), "verbose": ("v", ""), "version": ("V", ""), "test": ("t", ""), "help": ("h", ""), "noflush": ("n", ""),
        "table": ("T", "="), "modprobe": ("M", "="), "ipv4": ("4", ""), "ipv6": ("6", ""), "wait": ("w", "?"), "wait-interval": ("W", "?"),
    },
)  # fmt: skip
"""Options of -restore."""
