"""pgrep and pkill (procps 4.0.2): processes by their names."""

from __future__ import annotations

import re
from collections.abc import Sequence

import attrs

from netsim.errors import NetError
from netsim.machine.call import Call, Result
from netsim.machine.getopt import Grammar, Option, OptionError, parse
from netsim.machine.process import Process
from netsim.programs.kill import signal_number

SHARED_FLAGS = "cfinoxLAhV"
SHARED_VALUED = "gGOPstuUFr"
SHARED_LONG = {
    "count": ("c", ""), "full": ("f", ""), "pgroup": ("g", "="), "group": ("G", "="), "ignore-case": ("i", ""), "newest": ("n", ""), "oldest": ("o", ""),
    "older": ("O", "="), "parent": ("P", "="), "session": ("s", "="), "terminal": ("t", "="), "euid": ("u", "="), "uid": ("U", "="), "exact": ("x", ""),
    "pidfile": ("F", "="), "logpidfile": ("L", ""), "runstates": ("r", "="), "ignore-ancestors": ("A", ""), "cgroup": ("cgroup", "="), "ns": ("ns", "="),
    "nslist": ("nslist", "="), "inverse": ("v", ""), "help": ("h", ""), "version": ("V", ""),
}  # fmt: skip
PGREP = Grammar(
    SHARED_FLAGS + "lavw", SHARED_VALUED + "d",
    long={**SHARED_LONG, "delimiter": ("d", "="), "list-name": ("l", ""), "list-full": ("a", ""), "lightweight": ("w", "")},
)  # fmt: skip
PKILL = Grammar(SHARED_FLAGS + "e", SHARED_VALUED + "q", long={**SHARED_LONG, "signal": ("signal", "="), "echo": ("e", ""), "queue": ("q", "=")})
UNMODELLED = {
    "g": "--pgroup", "G": "--group", "O": "--older", "s": "--session", "t": "--terminal", "L": "--logpidfile", "r": "--runstates", "A": "--ignore-ancestors",
    "w": "--lightweight", "q": "--queue", "cgroup": "--cgroup", "ns": "--ns", "nslist": "--nslist",
}  # fmt: skip
LONGEST_NAME = 15
USAGE_SHARED = """\
 -f, --full                use full process name to match
 -g, --pgroup <PGID,...>   match listed process group IDs
 -G, --group <GID,...>     match real group IDs
 -i, --ignore-case         match case insensitively
 -n, --newest              select most recently started
 -o, --oldest              select least recently started
 -O, --older <seconds>     select where older than seconds
 -P, --parent <PPID,...>   match only child processes of the given parent
 -s, --session <SID,...>   match session IDs
 -t, --terminal <tty,...>  match by controlling terminal
 -u, --euid <ID,...>       match by effective IDs
 -U, --uid <ID,...>        match by real IDs
 -x, --exact               match exactly with the command name
 -F, --pidfile <file>      read PIDs from file
 -L, --logpidfile          fail if PID file is not locked
 -r, --runstates <state>   match runstates [D,S,Z,...]
 -A, --ignore-ancestors    exclude our ancestors from results
 --cgroup <grp,...>        match by cgroup v2 names
 --ns <PID>                match the processes that belong to the same
                           namespace as <pid>
 --nslist <ns,...>         list which namespaces will be considered for
                           the --ns option.
                           Available namespaces: ipc, mnt, net, pid, user, uts

 -h, --help     display this help and exit
 -V, --version  output version information and exit

For more details see pgrep(1).
"""
PGREP_USAGE = """\

Usage:
 pgrep [options] <pattern>

Options:
 -d, --delimiter <string>  specify output delimiter
 -l, --list-name           list PID and process name
 -a, --list-full           list PID and full command line
 -v, --inverse             negates the matching
 -w, --lightweight         list all TID
 -c, --count               count of matching processes
"""
PKILL_USAGE = """\

Usage:
 pkill [options] <pattern>

Options:
 -<sig>, --signal <sig>    signal to send (either number or name)
 -q, --queue <value>       integer value to be sent with the signal
 -e, --echo                display what is killed
 -c, --count               count of matching processes
"""


class Wrong(Exception):
    """What is said of a wrong command line, and the status."""

    def __init__(self, text: str, status: int = 2) -> None:
        super().__init__(text)
        self.status = status


@attrs.frozen
class Wanted:
    """Which processes: options by letter, and a pattern."""

    given: dict[str, str]
    pattern: str

    def has(self, letter: str) -> bool:
        """Whether an option was given."""
        return letter in self.given


def pgrep(call: Call) -> Result:
    """pgrep(1): ids of the processes that match; 0 some, 1 none, 2 a wrong command line."""
    try:
        wanted = read(call, "pgrep", call.argv[1:], PGREP, PGREP_USAGE)
        found = matching(call, wanted, "pgrep")
    except Wrong as problem:
        return told(problem)
    status = 0 if found else 1
    if wanted.has("c"):
        return Result(f"{len(found)}\n", "", status)
    lines = [_line(pid, process, wanted) for pid, process in found]
    separator = wanted.given.get("d", "\n")
    return Result(separator.join(lines) + "\n" if lines else "", "", status)


def _line(pid: int, process: Process, wanted: Wanted) -> str:
    if wanted.has("a"):
        return f"{pid} {' '.join(process.argv)}"
    return f"{pid} {process.comm}" if wanted.has("l") else str(pid)


def pkill(call: Call) -> Result:
    """pkill(1): a signal for each process that matches; statuses as pgrep's."""
    words, signum = _signal_among(list(call.argv[1:]))
    try:
        wanted = read(call, "pkill", words, PKILL, PKILL_USAGE)
        if "signal" in wanted.given:
            signum = signal_number(wanted.given["signal"])
        found = matching(call, wanted, "pkill")
    except Wrong as problem:
        return told(problem)
    out = err = ""
    for pid, process in found:
        if signum is None:
            err += f"pkill: killing pid {pid} failed: Invalid argument\n"
            continue
        process.signal(15 if signum < 0 else signum)
        out += f"{process.comm} killed (pid {pid})\n" if wanted.has("e") else ""
    if wanted.has("c"):
        out += f"{len(found)}\n"
    return Result(out, err, 0 if found else 1)


def _signal_among(words: list[str]) -> tuple[list[str], int | None]:
    """`-9`, `-KILL` and `-SIGKILL` may stand anywhere among the options."""
    for place, word in enumerate(words):
        known = signal_number(word[1:]) if word.startswith("-") and not word.startswith("--") else None
        if known is not None:
            return words[:place] + words[place + 1 :], known
    return words, -1


def read(call: Call, tool: str, words: Sequence[str], grammar: Grammar, usage: str) -> Wanted:
    """A command line; Wrong."""
    try:
        options, rest = parse(words, grammar)
    except OptionError as problem:
        raise Wrong(f"{tool}: {problem}\n{usage}{USAGE_SHARED}") from None
    given = {option.name: option.argument or "" for option in options}
    if "h" in given:
        raise Wrong(usage + USAGE_SHARED, 0)
    if "V" in given:
        raise Wrong(f"{tool} from procps-ng 4.0.2\n", 0)
    _check(tool, options, usage)
    hint = f"Try `{tool} --help' for more information.\n"
    if len(rest) > 1:
        raise Wrong(f"{tool}: only one pattern can be provided\n{hint}")
    if not rest and not given.keys() & set("gGOPstuUFrnov"):
        raise Wrong(f"{tool}: no matching criteria specified\n{hint}")
    for letter, name in UNMODELLED.items():
        if letter in given:
            call.netns.kernel.unmodelled.append(f"{tool} {name}")
    return Wanted(given, rest[0] if rest else "")


def _check(tool: str, options: Sequence[Option], usage: str) -> None:
    """Values that are none, and options that exclude each other."""
    for option in options:
        value = option.argument or ""
        if option.name == "P" and (bad := next((word for word in value.split(",") if not word.isdecimal()), None)) is not None:
            raise Wrong(f"{tool}: not a number: {bad}\n{usage}{USAGE_SHARED}")
        if option.name in "uU" and (bad := next((word for word in value.split(",") if not word.isdecimal() and word != "root"), None)) is not None:
            raise Wrong(f"{tool}: invalid user name: {bad}\n{usage}{USAGE_SHARED}")
    if len({option.name for option in options} & set("nov")) > 1:
        raise Wrong(usage + USAGE_SHARED)


def matching(call: Call, wanted: Wanted, tool: str) -> list[tuple[int, Process]]:
    """The processes that match, oldest first, without the tool itself (and a machine's init, which is no program here); Wrong."""
    hint = f"Try `{tool} -f' option to match against the complete command line.\n"
    if len(wanted.pattern) > LONGEST_NAME and not wanted.has("f"):
        raise Wrong(f"{tool}: pattern that searches for process name longer than {LONGEST_NAME} characters will result in zero matches\n{hint}", 1)
    try:
        pattern = re.compile(f"^(?:{wanted.pattern})$" if wanted.has("x") else wanted.pattern, re.IGNORECASE if wanted.has("i") else 0)
    except re.error:
        raise Wrong(f"{tool}: regex error: Invalid regular expression\n") from None
    pids = _pids(call, wanted, tool)
    found = []
    for pid, process in sorted(call.proc.seen().items()):
        if process in (call.proc, call.machine.init) or process.status is not None:
            continue  # who has ended is reaped at once by the shell that started it
        text = " ".join(process.argv) if wanted.has("f") else process.comm
        fits = bool(pattern.search(text)) and _fits(process, wanted) and (pids is None or pid in pids)
        if fits != wanted.has("v"):
            found.append((pid, process))
    return found[-1:] if wanted.has("n") else found[:1] if wanted.has("o") else found


def _fits(process: Process, wanted: Wanted) -> bool:
    """Parents and owners; everybody is root."""
    owners = [word for letter in "uU" if letter in wanted.given for word in wanted.given[letter].split(",")]
    if owners and not {"0", "root"} & set(owners):
        return False
    return "P" not in wanted.given or (process.parent is not None and str(process.parent.pid) in wanted.given["P"].split(","))


def _pids(call: Call, wanted: Wanted, tool: str) -> set[int] | None:
    """The ids in the file of -F; Wrong."""
    if "F" not in wanted.given:
        return None
    try:
        text = call.machine.files.read(call.proc, wanted.given["F"]).decode(errors="replace")
    except NetError:
        text = ""
    if not text.strip().isdecimal():
        raise Wrong(f"{tool}: pidfile not valid\nTry `{tool} --help' for more information.\n", 1)
    return {int(text)}


def told(problem: Wrong) -> Result:
    """Help on stdout, complaints on stderr."""
    return Result(str(problem), "", 0) if not problem.status else Result("", str(problem), problem.status)
