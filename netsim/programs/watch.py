"""watch (procps 4.0): a command again and again, each picture drawn whole over the last one."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import attrs

from netsim.clock import SECOND
from netsim.machine.call import Call, Program, Result
from netsim.machine.fds import Capture
from netsim.machine.getopt import Grammar, OptionError, parse
from netsim.machine.process import Process

GRAMMAR = Grammar(
    "bcegptwxhvd", "nq", in_order=True,
    long={
        "beep": ("b", ""), "color": ("c", ""), "differences": ("d", "?"), "errexit": ("e", ""), "chgexit": ("g", ""), "equexit": ("q", "="), "interval": ("n", "="),
        "precise": ("p", ""), "no-title": ("t", ""), "no-wrap": ("w", ""), "exec": ("x", ""), "help": ("h", ""), "version": ("v", ""),
    },
)  # fmt: skip
USAGE = """
Usage:
 watch [options] command

Options:
  -b, --beep             beep if command has a non-zero exit
  -c, --color            interpret ANSI color and style sequences
  -d, --differences[=<permanent>]
                         highlight changes between updates
  -e, --errexit          exit if command has a non-zero exit
  -g, --chgexit          exit when output from command changes
  -q, --equexit <cycles>
                         exit when output from command does not change
  -n, --interval <secs>  seconds to wait between updates
  -p, --precise          attempt run command in precise intervals
  -t, --no-title         turn off header
  -w, --no-wrap          turn off line wrapping
  -x, --exec             pass command to exec instead of "sh -c"

 -h, --help     display this help and exit
 -v, --version  output version information and exit

For more details see watch(1).
"""
COLUMNS, LEAST, LONGEST = 80, SECOND // 10, 0xFFFFFFFF
BEGIN = "\x1b[H\x1b[2J"
BELL = "\a"


@attrs.define(eq=False)
class Watch(Program):
    """One watch: the words, how often, and what was seen last."""

    words: tuple[str, ...]
    letters: frozenset[str]
    interval: int = 2 * SECOND
    shown_interval: str = "2.0"
    same_for: int = 0
    """After how many pictures alike it ends (-q); 0: never."""
    alike: int = 0
    last: str | None = None
    output: Capture = attrs.field(factory=Capture)
    child: Process | None = None
    begun: int = 0

    def started(self, proc: Any) -> None:
        """The first picture."""
        self.timer(proc, None)

    def timer(self, proc: Any, token: Any) -> None:
        """Run the command."""
        self.begun, self.output = proc.now(), Capture()
        argv = self.words if "x" in self.letters else ("sh", "-c", " ".join(self.words))
        fds = {0: proc.fds[0].dup()} if 0 in proc.fds else {}
        self.child = proc.machine.new_process(proc, argv, proc.env, proc.cwd, {**fds, 1: self.output, 2: self.output.dup()})
        proc.machine.execute(self.child, argv)

    def child_ended(self, proc: Any, pid: int, status: int) -> None:
        """Draw what it printed."""
        if self.child is None or pid != self.child.pid:
            return
        text = self.output.text()
        beep = BELL if status and "b" in self.letters else ""
        proc.write(1, f"{BEGIN}{self._header(proc)}{text}{beep}")
        if status and "e" in self.letters:
            proc.exit(8)
            return
        changed = self.last is not None and text != self.last
        self.alike = 0 if changed or self.last is None else self.alike + 1
        self.last = text
        if (changed and "g" in self.letters) or (self.same_for and self.alike >= self.same_for):
            proc.exit(0)
            return
        spent = proc.now() - self.begun if "p" in self.letters else 0
        proc.timer(max(self.interval - spent, 0), None)

    def _header(self, proc: Any) -> str:
        if "t" in self.letters:
            return ""
        left = f"Every {self.shown_interval}s: {' '.join(self.words)}"
        right = f"{proc.hostname()}: {datetime.fromtimestamp(proc.wall_clock() // SECOND, UTC):%a %b %e %H:%M:%S %Y}"
        room = COLUMNS - len(right) - 1
        return f"{left if len(left) <= room else left[: max(room - 3, 0)] + '...':<{room + 1}}{right}\n\n"


def watch(call: Call) -> Result | Program:
    """watch [-n SECONDS] [-begtx] COMMAND"""
    try:
        options, words = parse(call.argv[1:], GRAMMAR)
    except OptionError as problem:
        return Result("", f"watch: {problem}\n{USAGE}", 1)
    given = {option.name: option.argument or "" for option in options}
    if "h" in given:
        return Result(USAGE)
    if "v" in given:
        return Result("watch from procps-ng 4.0.2\n")
    if not words:
        return Result("", USAGE, 1)
    made = Watch(tuple(words), frozenset(given))
    text = given.get("n", "2")
    if not re.fullmatch(r"[0-9]+([.,][0-9]*)?|[.,][0-9]+", text):
        return Result("", f"watch: failed to parse argument: '{text}': Invalid argument\n", 1)
    made.interval = max(int(min(float(text.replace(",", ".")), LONGEST) * SECOND), LEAST)
    made.shown_interval = f"{made.interval / SECOND:.1f}"
    if "q" in given:
        if not re.fullmatch("[0-9]+", given["q"]):
            return Result("", f"watch: failed to parse argument: '{given['q']}': Invalid argument\n", 1)
        made.same_for = int(given["q"])
    for letter in "cdw":
        if letter in given:
            call.netns.kernel.unmodelled.append(f"watch -{letter}")
    return made
