"""nstat (iproute2 6.1, man nstat(8)): counters since the last look, which a history file remembers."""

from __future__ import annotations

import fnmatch
import json
import re

import attrs

from netsim.errors import NetError
from netsim.machine.call import Call, Result
from netsim.machine.getopt import Grammar, OptionError, parse

USAGE = """\
Usage: nstat [OPTION] [ PATTERN [ PATTERN ] ]
   -h, --help          this message
   -a, --ignore        ignore history
   -d, --scan=SECS     sample every statistics every SECS
   -j, --json          format output in JSON
   -n, --nooutput      do history only
   -p, --pretty        pretty print
   -r, --reset         reset history
   -s, --noupdate      don't update history
   -t, --interval=SECS report average over the last SECS
   -V, --version       output version information
   -z, --zeros         show entries with zero activity
"""
GRAMMAR = Grammar(
    flags="h?vVzrnasjp", valued="dt",
    long={
        "help": ("h", ""), "ignore": ("a", ""), "scan": ("d", "="), "nooutput": ("n", ""), "json": ("j", ""), "reset": ("r", ""),
        "noupdate": ("s", ""), "pretty": ("p", ""), "interval": ("t", "="), "version": ("V", ""), "zeros": ("z", ""),
    },
)  # fmt: skip
NOT_COUNTED = frozenset({"IpForwarding", "IpDefaultTTL", "TcpRtoAlgorithm", "TcpRtoMin", "TcpRtoMax", "TcpMaxConn", "TcpCurrEstab"})
"""Numbers among the counters that are settings or states."""
HEAD = "#kernel\n"


@attrs.frozen
class Wanted:
    """What the command line asked for."""

    letters: frozenset[str]
    patterns: tuple[str, ...]

    def shows(self, name: str) -> bool:
        """Whether a name fits a pattern; letters' case does not matter."""
        return not self.patterns or any(re.fullmatch(fnmatch.translate(pattern), name, re.IGNORECASE | re.DOTALL) for pattern in self.patterns)


def counters(call: Call) -> list[tuple[str, int]]:
    """All counters of the namespace: snmp, snmp6, netstat."""
    found = [*_tables(call, "snmp")]
    found += [(words[0], int(words[1])) for line in call.proc.read_text("/proc/net/snmp6").splitlines() if len(words := line.split()) > 1]
    found += _tables(call, "netstat")
    return [(name, value) for name, value in found if name not in NOT_COUNTED]


def _tables(call: Call, name: str) -> list[tuple[str, int]]:
    lines = call.proc.read_text(f"/proc/net/{name}").splitlines()
    found = []
    for heads, values in zip(lines[::2], lines[1::2], strict=False):
        title, _, names = heads.partition(":")
        numbers = values.partition(":")[2].split()
        found += [(title + column, int(number)) for column, number in zip(names.split(), numbers, strict=True)]
    return found


def _remembered(text: str) -> list[tuple[str, int]]:
    rows = [line.split() for line in text.splitlines() if not line.startswith("#")]
    return [(words[0], int(words[1])) for words in rows if len(words) > 1 and words[1].isdigit()]


def _since(now: list[tuple[str, int]], history: list[tuple[str, int]]) -> list[tuple[str, int, str]]:
    """What came since; of the history only what follows the last name found is looked at, as both are in the kernel's order (`dump_incr_db`)."""
    places = {name: place for place, (name, _) in reversed(list(enumerate(history)))}
    rows, start = [], 0
    for name, value in now:
        note = ""
        place = places.get(name, -1)
        if place >= start:
            start, old = place + 1, history[place][1]
            if value < old:
                value, note = old, " (overflow)"
            value -= old
        rows.append((name, value, note))
    return rows


def _row(name: str, value: int, note: str = "") -> str:
    return f"{name:<32s}{value:<16d}{0.0:6.1f}{note}\n"


def _history(wanted: Wanted, now: list[tuple[str, int]], history: list[tuple[str, int]]) -> str:
    """What is remembered: all values, but the old ones of those that were not asked about."""
    before, text = dict(history), HEAD
    for name, value in now:
        if value or "z" in wanted.letters:
            text += _row(name, value if wanted.shows(name) else before.get(name, value))
    return text


def nstat(call: Call) -> Result:
    """The nstat command."""
    try:
        options, patterns = parse(call.argv[1:], GRAMMAR)
    except OptionError as error:
        return Result("", f"nstat: {error}\n{USAGE}", 255)
    letters = frozenset(option.name for option in options)
    for option in options:
        if option.name in "vV":
            return Result("nstat utility, iproute2-6.1.0\n")
        if option.name in "h?":
            return Result("", USAGE, 255)
        if option.name in "dt":
            return Result("", f'netsim: "nstat -{option.name}" starts a daemon, which is not modelled\n', 1)
    wanted = Wanted(letters, tuple(patterns))
    path = call.proc.env.get("NSTAT_HISTORY", "/tmp/.nstat.u0")
    text = "" if "r" in letters else call.proc.read_text(path)
    now, history = counters(call), _remembered(text)
    rows = [(name, value, "") for name, value in now] if "a" in letters or not text else _since(now, history)
    shown = [row for row in rows if (row[1] or "z" in letters) and wanted.shows(row[0])]
    if "s" not in letters:
        try:
            call.machine.files.write(call.proc, path, _history(wanted, now, [] if "a" in letters else history).encode())
        except NetError:
            return Result("", "nstat: open history file\n", 255)
    if "n" in letters:
        return Result()
    return Result(_json(shown, letters) if "j" in letters else HEAD + "".join(_row(*row) for row in shown))


def _json(rows: list[tuple[str, int, str]], letters: frozenset[str]) -> str:
    data = {"kernel": {name: value for name, value, _ in rows}}
    return (json.dumps(data, indent=4) if "p" in letters else json.dumps(data, separators=(",", ":"))) + "\n"
