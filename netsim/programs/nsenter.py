"""nsenter: a command in the namespaces of another process (nsenter(1), util-linux 2.38)."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

import attrs

from netsim.errors import EINVAL, ENOENT, NetError, strerror
from netsim.machine.call import Call, Exec, Result
from netsim.machine.jail import Jail
from netsim.machine.process import Process

LETTERS = {"m": "mount", "u": "uts", "i": "ipc", "n": "net", "p": "pid", "C": "cgroup", "U": "user", "T": "time"}
WITH_VALUE = ("S", "G", "setuid", "setgid")
TRY = "Try 'nsenter --help' for more information.\n"


@attrs.define(eq=False)
class Wanted:
    """Which namespaces of which process."""

    target: str | None = None
    kinds: set[str] = attrs.field(factory=set)
    path: str = ""
    """A file that leads to the network namespace."""
    ignored: list[str] = attrs.field(factory=list)


def nsenter(call: Call) -> Result | Exec:
    """nsenter -t PID -n COMMAND, --net=FILE, -m, -u, -a ..."""
    words, wanted = list(call.argv[1:]), Wanted()
    problem = _read(words, wanted)
    if problem:
        return Result("", problem, 1)
    if wanted.target is not None and not wanted.target.isdigit():
        return Result("", f"nsenter: failed to parse pid: '{wanted.target}'\n", 1)
    target = int(wanted.target or "0")
    if not wanted.kinds:  # every namespace stays as it is
        call.machine.kernel.unmodelled.extend(f"nsenter {option}" for option in wanted.ignored)
        return Exec(tuple(words or ["bash"]), None, None, _failed)
    if not target and not wanted.path:
        short = {"mount": "mnt"}
        first = min(wanted.kinds, key=list(LETTERS.values()).index)
        return Result("", f"nsenter: neither filename nor target pid supplied for ns/{short.get(first, first)}\n", 1)
    path = wanted.path or f"/proc/{target}/ns/net"
    try:
        netns = call.machine.named_netns(call.proc, path)
    except NetError as error:
        if error.errno == EINVAL:
            return Result("", f"nsenter: reassociate to namespace 'ns/net' failed: {strerror(EINVAL)}\n", 1)
        return Result("", f"nsenter: cannot open {path}: {strerror(error.errno)}\n", 1)
    call.machine.kernel.unmodelled.extend(f"nsenter {option}" for option in wanted.ignored)
    subject = call.proc.seen().get(target)
    jail = _jail(call, subject, wanted.kinds) if subject is not None else None
    return Exec(tuple(words or ["bash"]), netns if "net" in wanted.kinds else None, None, _failed, jail)


def _read(words: list[str], wanted: Wanted) -> str:
    """Take the options off the words; what is wrong with them."""
    while words and words[0].startswith("-") and words[0] != "-":
        word = words.pop(0)
        if word == "--":
            break
        name, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("--"):
            problem = _read_letters(word[1:], words, wanted)
            if problem:
                return problem
        elif name == "target":
            if not equals and not words:
                return f"nsenter: option '--target' requires an argument\n{TRY}"
            wanted.target = value if equals else words.pop(0)
        elif name == "all":
            wanted.kinds |= set(LETTERS.values())
        elif name in LETTERS.values():
            wanted.kinds.add(name)
            if name == "net":
                wanted.path = value
            elif value:
                wanted.ignored.append(word)
        else:
            wanted.ignored.append(word)
            if name in WITH_VALUE and not equals and words:
                words.pop(0)
    return ""


def _read_letters(letters: str, words: list[str], wanted: Wanted) -> str:
    while letters:
        letter, letters = letters[0], letters[1:]
        if letter == "t":
            if not letters and not words:
                return f"nsenter: option requires an argument -- 't'\n{TRY}"
            wanted.target, letters = letters or words.pop(0), ""
        elif letter == "a":
            wanted.kinds |= set(LETTERS.values())
        elif letter in LETTERS:
            wanted.kinds.add(LETTERS[letter])
            if letters.startswith("/"):  # -n/run/netns/blue
                wanted.path = letters if letter == "n" else wanted.path
                letters = ""
        elif re.match("[SGrwFWZec]", letter):
            wanted.ignored.append(f"-{letter}")
            if letter in "SG":
                letters = letters or (words.pop(0) if words else "")
            letters = "" if letter in "SGrw" else letters
        else:
            return f"nsenter: invalid option -- '{letter}'\n{TRY}"
    return ""


def _jail(call: Call, subject: Process, kinds: AbstractSet[str]) -> Jail | None:
    """Where it will live: the mounts, the name and the processes of the subject as far as wanted, with all that root may do."""
    theirs, ours = subject.jail, call.proc.jail
    if theirs is ours or not kinds & {"mount", "uts", "pid"}:
        return None
    machine = call.machine
    mounts = theirs if "mount" in kinds else ours
    root = machine.files.root if mounts is None else mounts.root
    tools = machine.exec_table if mounts is None else mounts.tools
    hostname = subject.hostname() if "uts" in kinds else call.proc.hostname()
    processes = theirs if "pid" in kinds else ours
    pids = processes.pids if processes is not None else None
    installed = mounts.installed if mounts is not None else {}
    return Jail(root, hostname, tools, None, pids, 0, theirs.inodes if theirs is not None else {}, read_only_sys=0, installed=installed)


def _failed(name: str) -> Result:
    return Result("", f"nsenter: failed to execute {name}: {strerror(ENOENT)}\n", 127)
