"""Commands about processes, namespaces and the machine itself."""

from __future__ import annotations

import re
from typing import Any

import attrs

from netsim.clock import SECOND
from netsim.errors import ENOENT, strerror
from netsim.kernel.boot import new_netns
from netsim.machine.binaries import found_at
from netsim.machine.call import Call, Exec, Program, Result
from netsim.machine.process import Process
from netsim.machine.resolver import getaddrinfo
from netsim.machine.signals import NUMBERS

FOREVER = 10**9
"""Seconds that stand for no end."""
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "": 1}
REFUSED = {
    "systemctl": "services are not modelled; start the program itself",
    "service": "services are not modelled; start the program itself",
    "journalctl": "no journal is kept; what the daemon does is told by docker events",
    "iperf3": "throughput is not predicted; use nc or curl to see whether data arrives",
    "iperf": "throughput is not predicted; use nc or curl to see whether data arrives",
    "wg": "WireGuard is not modelled",
    "ufw": "a front end to iptables that is not modelled; write the rules with iptables",
}


def refused(call: Call) -> Result:
    """A known tool that is refused by name, with what to use instead."""
    name = call.argv[0].rsplit("/", 1)[-1]
    return Result("", f"{name}: netsim: {REFUSED[name]}\n", 127)


def duration(text: str) -> int | None:
    """`1.5`, `2m`, `infinity` in ns, None when it is neither."""
    if text in ("infinity", "inf"):
        return FOREVER * SECOND
    match = re.fullmatch(r"(\d+\.?\d*|\.\d+)([smhd]?)", text)
    return int(min(float(match[1]) * UNITS[match[2]], FOREVER) * SECOND) if match else None


@attrs.define(eq=False)
class Sleep(Program):
    """sleep: ends when its time is over."""

    delay: int

    def started(self, proc: Process) -> None:
        """Set the alarm."""
        proc.timer(self.delay, None)

    def timer(self, proc: Process, token: Any) -> None:
        """Done."""
        proc.exit(0)


def sleep(call: Call) -> Result | Program:
    """sleep NUMBER[smhd]... in virtual time."""
    words = call.argv[1:]
    if not words:
        return Result("", "sleep: missing operand\nTry 'sleep --help' for more information.\n", 1)
    total = 0
    for word in words:
        value = duration(word)
        if value is None:
            return Result("", f"sleep: invalid time interval '{word}'\nTry 'sleep --help' for more information.\n", 1)
        total += value
    return Sleep(total)


def true(call: Call) -> Result:
    """Status 0."""
    return Result()


def false(call: Call) -> Result:
    """Status 1."""
    return Result("", "", 1)


def pwd(call: Call) -> Result:
    """The working directory."""
    return Result(call.proc.cwd + "\n")


def echo(call: Call) -> Result:
    """Words and a newline."""
    words = call.argv[1:]
    if words[:1] == ("-n",):
        return Result(" ".join(words[1:]))
    return Result(" ".join(words) + "\n")


def _exec_env(name: str) -> Result:
    return Result("", f"env: '{name}': {strerror(ENOENT)}\n", 127)


def env(call: Call) -> Result | Exec:
    """Run with changed variables, or print them."""
    words = list(call.argv[1:])
    variables = dict(call.proc.env)
    while words and (words[0].startswith("-") or "=" in words[0]):
        word = words.pop(0)
        if word in ("-i", "-"):
            variables = {}
        elif word == "-u" and words:
            variables.pop(words.pop(0), None)
        elif "=" in word:
            key, _, value = word.partition("=")
            variables[key] = value
    if not words:
        return Result("".join(f"{key}={value}\n" for key, value in variables.items()))
    return Exec(tuple(words), None, variables, _exec_env)


def _no_command(name: str) -> Result:
    return Result("", f"sudo: {name}: command not found\n", 1)


def sudo(call: Call) -> Result | Exec:
    """We are root already."""
    words = list(call.argv[1:])
    while words and words[0].startswith("-"):
        word = words.pop(0)
        if word in ("-u", "-g", "-p") and words:
            words.pop(0)
    variables = dict(call.proc.env)
    while words and re.match(r"[A-Za-z_]\w*=", words[0]):
        key, _, value = words.pop(0).partition("=")
        variables[key] = value
    if not words:
        return Result("", "usage: sudo -h | -K | -k | -V\n", 1)
    return Exec(tuple(words), None, variables, _no_command)


def wrapper(call: Call) -> Result | Exec:
    """nohup, setsid, nice, stdbuf, command wrappers that change nothing here."""
    words = list(call.argv[1:])
    while words and words[0].startswith("-"):
        word = words.pop(0)
        if word in ("-n", "-o", "-i", "-e") and words:
            words.pop(0)
    return Exec(tuple(words)) if words else Result("", f"{call.argv[0]}: missing operand\n", 125)


def _unshare_failed(name: str) -> Result:
    return Result("", f"unshare: failed to execute {name}: {strerror(ENOENT)}\n", 127)


def unshare(call: Call) -> Result | Exec:
    """unshare -n COMMAND: in a namespace of its own."""
    words = list(call.argv[1:])
    fresh = False
    while words and words[0].startswith("-"):
        word = words.pop(0)
        if word == "--":
            break
        if word in ("--net", "-n") or (not word.startswith("--") and "n" in word):
            fresh = True
        elif word.lstrip("-")[:1] not in "mpuirfU":
            return Result("", f"unshare: invalid option -- '{word.lstrip('-')[:1]}'\nTry 'unshare --help' for more information.\n", 1)
    return Exec(tuple(words or ["bash"]), new_netns(call.netns.kernel) if fresh else None, None, _unshare_failed)


def killall(call: Call) -> Result:
    """killall [-SIGNAL] [-q] NAME... (psmisc)."""
    words, names, signum, is_quiet = list(call.argv[1:]), [], 15, False
    while words:
        word = words.pop(0)
        if word in ("-q", "--quiet"):
            is_quiet = True
        elif word in ("-s", "--signal") or re.fullmatch("-([A-Z][A-Z0-9]+|[0-9]+)", word):
            name = word[1:] if word not in ("-s", "--signal") or not words else words.pop(0)
            number = int(name) if name.isdigit() else NUMBERS.get(name.removeprefix("SIG"))
            if number is None:
                return Result("", f"{name}: unknown signal; killall -l lists signals.\n", 1)
            signum = number
        elif not word.startswith("-"):
            names.append(word)
    missing = ""
    for name in names:
        found = _called(call, name)
        for process in found:
            process.signal(signum)
        if not found:
            missing += f"{name}: no process found\n"
    return Result("", "" if is_quiet else missing, int(bool(missing)))


def _called(call: Call, name: str) -> list[Process]:
    """The other processes of a name, of which the kernel keeps 15 letters."""
    return [process for process in call.proc.seen().values() if process.comm == name[:15] and process is not call.proc]


def pidof(call: Call) -> Result:
    """pidof NAME... (sysvinit): the newest first; -s one only, -q none."""
    letters = {letter for word in call.argv[1:] if word.startswith("-") for letter in word[1:]}
    found = [process for name in call.argv[1:] if not name.startswith("-") for process in _called(call, name.rpartition("/")[2])[::-1]]
    if not found:
        return Result("", "", 1)
    pids = [str(process.inner_pid() if call.proc.jail is not None else process.pid) for process in found]
    return Result("" if "q" in letters else " ".join(pids[:1] if "s" in letters else pids) + "\n")


def lsns(call: Call) -> Result:
    """lsns -t net: namespaces and who is in them."""
    seen: dict[int, list[Process]] = {}
    for _, process in sorted(call.machine.processes.items()):
        seen.setdefault(process.netns.inode, []).append(process)
    rows = [
        f"{inode} net  {len(members):7d} {members[0].pid:5d} root unassigned             {' '.join(members[0].argv)}\n"
        for inode, members in seen.items()
    ]
    return Result("        NS TYPE NPROCS   PID USER    NETNSID NSFS COMMAND\n" + "".join(rows))


def hostname(call: Call) -> Result:
    """The machine's name, or a new one."""
    words = [word for word in call.argv[1:] if not word.startswith("-")]
    if words:
        if call.proc.jail is None:
            call.machine.name = words[0]
        elif call.proc.capable("SYS_ADMIN"):
            call.proc.jail.hostname = words[0]
        else:
            return Result("", "hostname: you must be root to change the host name\n", 1)
        return Result()
    if "-i" in call.argv:
        found = getaddrinfo(call.proc, call.proc.hostname(), 4)
        return Result("", f"hostname: {found}\n", 1) if isinstance(found, str) else Result(" ".join(map(str, found)) + "\n")
    if "-s" in call.argv:
        return Result(call.proc.hostname().partition(".")[0] + "\n")
    if "-I" in call.argv:
        addresses = [str(ifa.local) for dev in call.netns.devices.values() if dev.inet for ifa in dev.inet.addresses if not ifa.local.is_loopback]
        return Result(" ".join(addresses) + " \n")
    return Result(call.proc.hostname() + "\n")


def uname(call: Call) -> Result:
    """The kernel's name and release."""
    release = call.machine.kernel.profile.release
    values = {"s": "Linux", "n": call.proc.hostname(), "r": release, "v": "#1 SMP", "m": "x86_64", "o": "GNU/Linux"}
    letters = "".join(word[1:] for word in call.argv[1:] if word.startswith("-")) or "s"
    chosen = "snrvmo" if "a" in letters else "".join(letter for letter in "snrvmo" if letter in letters)
    return Result(" ".join(values[letter] for letter in chosen) + "\n")


def date(call: Call) -> Result:
    """Virtual time of day, UTC; +FORMAT as strftime where modelled."""
    from datetime import UTC, datetime

    moment = datetime.fromtimestamp(call.proc.wall_clock() // SECOND, UTC)
    words = [word for word in call.argv[1:] if word.startswith("+")]
    if words:
        return Result(moment.strftime(words[0][1:].replace("%N", f"{call.proc.wall_clock() % SECOND:09d}")) + "\n")
    return Result(moment.strftime("%a %b %e %H:%M:%S UTC %Y") + "\n")


def dmesg(call: Call) -> Result:
    """The kernel's log; -C clears it."""
    log = call.machine.kernel.log
    text = "".join(f"[{time // SECOND:5d}.{time // 1000 % 1_000_000:06d}] {line}\n" for time, line in log)
    if "-C" in call.argv:
        log.clear()
        return Result()
    if "-c" in call.argv:
        log.clear()
    return Result(text)


def nproc(call: Call) -> Result:
    """nproc [--all] [--ignore=N]: how many processors there are, at least 1."""
    left = call.machine.kernel.profile.cpus
    words = list(call.argv[1:])
    while words:
        word, equals, value = words.pop(0).partition("=")
        if word == "--ignore":
            value = value if equals else words.pop(0) if words else ""
            if not value.isdecimal():
                return Result("", f"nproc: invalid number to ignore: '{value}'\n", 1)
            left -= int(value)
        elif word != "--all":
            wrong = f"unrecognized option '{word}'" if word.startswith("--") else f"extra operand '{word}'"
            return Result("", f"nproc: {wrong}\nTry 'nproc --help' for more information.\n", 1)
    return Result(f"{max(left, 1)}\n")


def uuidgen(call: Call) -> Result:
    """uuidgen [-r] (util-linux 2.38): a random UUID; others are not modelled."""
    for word in call.argv[1:]:
        if word not in ("-r", "--random"):
            return Result("", f"uuidgen: netsim: {word} is not modelled\n", 1)
    bits = call.machine.kernel.rng.getrandbits(128) & ~(0xF << 76 | 3 << 62) | 4 << 76 | 2 << 62
    digits = f"{bits:032x}"
    return Result("-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])) + "\n")


def which(call: Call) -> Result:
    """Where a command is."""
    out, status = "", 0
    for name in call.argv[1:]:
        if name.startswith("-"):
            continue
        if call.machine.command(call.proc, name) is None:
            status = 1
        else:
            out += (name if "/" in name else found_at(call.proc, name, call.proc.env.get("PATH", ""))) + "\n"
    return Result(out, "", status)
