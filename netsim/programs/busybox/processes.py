"""BusyBox's applets about processes and the machine: sleep, timeout, kill, killall, pidof, ps, top, env, id, hostname, uname, which."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import attrs

from netsim.clock import SECOND
from netsim.errors import ENOENT, EPERM, ESRCH, NetError, strerror
from netsim.machine.accounts import group_name, user_name
from netsim.machine.call import Call, Exec, Program, Result
from netsim.machine.getopt import Grammar
from netsim.machine.hostnames import in_hosts
from netsim.machine.process import SIGKILL, SIGTERM, Process
from netsim.machine.signals import LISTED
from netsim.machine.user import user_of
from netsim.programs.busybox.applet import die, ended, name_of, read_options, usage
from netsim.programs.identity import in_full, named

SIGNALS = {name: number for number, name in LISTED.items()}
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "": 1}


def _seconds(applet: str, word: str) -> int:
    """A duration in ns (`parse_duration_str`)."""
    match = re.fullmatch(r"(\d+\.?\d*|\.\d+)([smhd]?)", word)
    if match is None:
        raise die(applet, f"invalid number '{word}'")
    return int(min(float(match[1]) * UNITS[match[2]], 10**9) * SECOND)


def _signal(applet: str, word: str) -> int:
    name = word.upper().removeprefix("SIG")
    number = int(name) if name.isdigit() else SIGNALS.get(name, -1)
    if not 0 <= number <= 64:
        raise die(applet, f"bad signal name '{word}'")
    return number


@attrs.define(eq=False)
class Sleep(Program):
    """Ends when its time is over."""

    delay: int

    def started(self, proc: Any) -> None:
        """Set the alarm."""
        proc.timer(self.delay, None)

    def timer(self, proc: Any, token: Any) -> None:
        """Done."""
        proc.exit(0)


def sleep(call: Call) -> Any:
    """sleep (BusyBox)."""
    return ended(_sleep, call)


def _sleep(call: Call) -> Program:
    words: Sequence[str] = call.argv[1:]
    if len(words) == 1 and words[0].isascii() and words[0].isdigit() and len(words[0]) < 20:
        return Sleep(min(int(words[0]), 10**9) * SECOND)
    words = read_options(call, Grammar()).words
    if not words:
        raise usage("sleep")
    return Sleep(sum(_seconds("sleep", word) for word in words))


@attrs.define(eq=False)
class Timeout(Program):
    """A child that gets a signal when its time is over; its status is the child's own (it is the child that goes on as the command)."""

    argv: tuple[str, ...]
    delay: int
    signum: int
    kill_after: int
    child: Process | None = None

    def started(self, proc: Any) -> None:
        """Start the command and the clock."""
        proc.timer(self.delay, "first")
        self.child = proc.machine.spawn(proc, self.argv, fds={fd: opened.dup() for fd, opened in proc.fds.items()})

    def timer(self, proc: Any, token: Any) -> None:
        """Time is up."""
        assert self.child is not None
        self.child.signal(self.signum if token == "first" else SIGKILL)
        if token == "first" and self.kill_after:
            proc.timer(self.kill_after, "second")

    def signal(self, proc: Any, signum: int) -> None:
        """The command hears of it."""
        assert self.child is not None
        self.child.signal(signum)

    def child_ended(self, proc: Any, pid: int, status: int) -> None:
        """The command's status."""
        if self.child is not None and pid == self.child.pid:
            proc.exit(status)


def timeout(call: Call) -> Any:
    """timeout (BusyBox)."""
    return ended(_timeout, call)


def _timeout(call: Call) -> Result | Program:
    options = read_options(call, Grammar("", "sk", in_order=True), {"s": _signal, "k": _seconds})
    if len(options.words) < 2:
        raise usage("timeout")
    delay, argv = _seconds("timeout", options.words[0]), tuple(options.words[1:])
    if call.machine.command(call.proc, argv[0]) is None:
        raise die("timeout", f"can't execute '{argv[0]}': {strerror(ENOENT)}", 127)
    return Timeout(argv, delay, options.get("s", SIGTERM), options.get("k", 0))


# who there is ----------------------------------------------------------------------------------------------------------


def visible(call: Call) -> list[tuple[int, Process]]:
    """The processes of the caller's PID namespace with their ids there, in order."""
    return sorted((pid, process) for pid, process in call.proc.seen().items() if process.status is None)


def kill(call: Call) -> Any:
    """kill (BusyBox)."""
    return ended(_kill, call)


def _chosen(applet: str, words: list[str]) -> int:
    """The signal named first, if one is; TERM."""
    if words[:1] == ["-l"]:
        return -1
    if words and words[0] == "-s" and len(words) > 1:
        words.pop(0)
        return _signal(applet, words.pop(0))
    if words and words[0].startswith("-") and len(words[0]) > 1 and words[0] not in ("--", "-q"):
        return _signal(applet, words.pop(0)[1:])
    return SIGTERM


def _kill(call: Call) -> Result:
    words = list(call.argv[1:])
    signum = _chosen("kill", words)
    if signum < 0:
        return Result("".join(f"{number:2d}) {name}\n" for name, number in SIGNALS.items()))
    words = [word for word in words if word != "--"]
    if not words:
        raise die("kill", "you need to specify whom to kill")
    err = ""
    for word in words:
        if not word.lstrip("-").isdigit():
            err += f"kill: invalid number '{word}'\n"
            continue
        try:
            if int(word) == -1:
                _kill_all(call, signum)
            else:
                call.machine.kill(abs(int(word)), signum, call.proc)
        except NetError as error:
            err += f"kill: can't kill pid {word}: {strerror(error.errno)}\n"
    return Result("", err, int(bool(err)))


def _kill_all(call: Call, signum: int) -> None:
    """`kill -1`: everybody but the first process and the asking one (kill(2))."""
    others = [pid for pid, process in visible(call) if pid != 1 and process is not call.proc]
    if not others:
        raise NetError(ESRCH)
    for pid in others:
        call.machine.kill(pid, signum, call.proc)


def killall(call: Call) -> Any:
    """killall (BusyBox)."""
    return ended(_killall, call)


def _killall(call: Call) -> Result:
    words = list(call.argv[1:])
    is_quiet = words[:1] == ["-q"]
    words = words[is_quiet:]
    signum = _chosen("killall", words)
    if signum < 0:
        return Result("".join(f"{number:2d}) {name}\n" for name, number in SIGNALS.items()))
    if not words:
        raise die("killall", "you need to specify whom to kill")
    err = ""
    for name in words:
        found = _named(call, name)
        for process in found:
            call.machine.kill(process.inner_pid(), signum, call.proc)
        if not found and not is_quiet:
            err += f"killall: {name}: no process killed\n"
    return Result("", err, int(bool(err)))


def _named(call: Call, name: str) -> list[Process]:
    return [process for _, process in visible(call) if process.comm == name and process is not call.proc]


def pidof(call: Call) -> Any:
    """pidof (BusyBox): newest first."""
    found = [process.inner_pid() for name in call.argv[1:] for process in reversed(_named(call, name))]
    return Result(" ".join(map(str, found)) + "\n" if found else "", "", int(not found))


COLUMNS = {
    "pid": ("PID", 5),
    "user": ("USER", 8),
    "group": ("GROUP", 8),
    "comm": ("COMMAND", 16),
    "args": ("COMMAND", 256),
    "ppid": ("PPID", 5),
    "vsz": ("VSZ", 4),
    "stat": ("STAT", 4),
}
SUPPORTED = "user,group,comm,args,pid,ppid,pgid,nice,rgroup,ruser,tty,vsz,sid,stat,rss"
"""Debian's BusyBox is built without times."""


def ps(call: Call) -> Any:
    """ps (BusyBox)."""
    return ended(_ps, call)


def _ps(call: Call) -> Result:
    options = read_options(call, Grammar("aefTlw", "o"))  # those of other systems' ps are taken and do nothing
    if "o" in options:
        return Result(_columns(call, options.get("o").split(",")))
    lines = [f"{pid:5d} {_name(call, user_of(process).uid):<8.8} {' '.join(process.argv)}" for pid, process in visible(call)]
    return Result("PID   USER     COMMAND\n" + "".join(f"{line}\n" for line in lines))


def _name(call: Call, uid: int) -> str:
    return user_name(call.proc, uid) or str(uid)


def _columns(call: Call, names: list[str]) -> str:
    chosen = [(name.partition("=")[0].strip(), name.partition("=")[2]) for name in names]
    for name, _ in chosen:
        if name in SUPPORTED.split(",") and name not in COLUMNS:
            raise die("ps", f"netsim: -o {name} is not modelled")
        if name not in COLUMNS:
            raise die("ps", f"bad -o argument '{name}', supported arguments: {SUPPORTED}")
    head = " ".join(f"{title or COLUMNS[name][0]:<{COLUMNS[name][1]}}" for name, title in chosen).rstrip()
    text = head + "\n"
    for pid, process in visible(call):
        parent = process.parent.inner_pid() if process.parent is not None and process.parent.jail is process.jail else 0
        values = {
            "pid": f"{pid:5d}",
            "user": _name(call, user_of(process).uid),
            "group": group_name(call.proc, user_of(process).gid) or str(user_of(process).gid),
            "comm": process.comm,
            "args": " ".join(process.argv),
            "ppid": f"{parent:5d}",
            "vsz": "4332",
            "stat": "S",
        }
        text += " ".join(f"{values[name]:<{COLUMNS[name][1]}}" for name, _ in chosen).rstrip() + "\n"
    return text


def top(call: Call) -> Any:
    """top (BusyBox): what it would draw is about memory and processors, which are not simulated."""
    return ended(_top, call)


def _top(call: Call) -> Result:
    raise die("top", "netsim: memory and processor time are not modelled; use ps")


# the machine -----------------------------------------------------------------------------------------------------------


def _cannot_execute(name: str) -> Result:
    return Result("", f"env: can't execute '{name}': {strerror(ENOENT)}\n", 127)


def env(call: Call) -> Any:
    """env (BusyBox)."""
    return ended(_env, call)


def _env(call: Call) -> Result | Exec:
    removed: list[str] = []
    options = read_options(call, Grammar("i0", "u", in_order=True), {"u": _Names(removed).add})
    words = list(options.words)
    variables = {} if "i" in options or words[:1] == ["-"] else dict(call.proc.env)
    words = words[1:] if words[:1] == ["-"] else words
    for name in removed:
        variables.pop(name, None)
    while words and "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        variables[name] = value
    if words:
        return Exec(tuple(words), None, variables, _cannot_execute)
    end = "\0" if "0" in options else "\n"
    return Result("".join(f"{name}={value}{end}" for name, value in variables.items()))


@attrs.define(eq=False)
class _Names:
    found: list[str]

    def add(self, applet: str, word: str) -> str:
        self.found.append(word)
        return word


def identity(call: Call) -> Any:
    """id and whoami (BusyBox)."""
    return ended(_identity, call)


def _identity(call: Call) -> Result:
    applet = name_of(call)
    proc = call.proc
    if applet == "whoami":
        uid = user_of(proc).uid
        if user_name(proc, uid) is None:
            raise die(applet, f"unknown uid {uid}")
        return Result(f"{user_name(proc, uid)}\n")
    options = read_options(call, Grammar("ugGnr"))
    user = named(proc, options.words[0]) if options.words else user_of(proc)
    if user is None:
        raise die("id", f"unknown user {options.words[0]}")
    if "G" in options or "g" in options:
        numbers = [user.gid] if "g" in options else list(dict.fromkeys((user.gid, *user.groups)))
        return _numbers([(gid, group_name(proc, gid)) for gid in numbers], ("n" in options and "n") or "")
    if "u" in options:
        return _numbers([(user.uid, user_name(proc, user.uid))], ("n" in options and "n") or "")
    return Result(in_full(proc, user))


def _numbers(found: list[tuple[int, str | None]], names: str) -> Result:
    if not names:
        return Result(" ".join(str(number) for number, _ in found) + "\n")
    err = "".join(f"id: unknown ID {number}\n" for number, name in found if name is None)
    return Result(" ".join(name or str(number) for number, name in found) + "\n", err, int(bool(err)))


def hostname(call: Call) -> Any:
    """hostname (BusyBox): the name, what /etc/hosts makes of it, or a new one."""
    return ended(_hostname, call)


def _hostname(call: Call) -> Result:
    options = read_options(call, Grammar("sidf", "F"))
    proc = call.proc
    name = proc.hostname()
    if options.words or "F" in options:
        new = options.words[0] if options.words else proc.read_text(options.get("F")).strip().split("\n")[0]
        return _renamed(call, new)
    if set(options.letters) & {"s", "d", "f", "i"}:
        return _resolved(call, options.letters[0], name)
    return Result(f"{name}\n")


def _resolved(call: Call, letter: str, name: str) -> Result:
    """By /etc/hosts only: the first name of the line that has ours is the canonical one (`gethostbyname`)."""
    canonical, text = name, call.proc.read_text("/etc/hosts")
    for line in text.splitlines():
        words = line.split("#")[0].split()
        if len(words) > 1 and name in words[1:] and ":" not in words[0]:
            canonical = words[1]
            break
    found = [address for address in in_hosts(text, name) if ":" not in str(address)]
    if letter == "s":
        return Result(f"{name.partition('.')[0]}\n")
    if not found:
        raise die("hostname", f"{name}: Host name lookup failure")
    if letter == "f":
        return Result(f"{canonical}\n")
    if letter == "i":
        return Result(" ".join(map(str, found)) + "\n")
    domain = canonical.partition(".")[2]
    return Result(f"{domain}\n" if domain else "")


def _renamed(call: Call, name: str) -> Result:
    if not call.proc.capable("SYS_ADMIN"):
        raise die("hostname", f"sethostname: {strerror(EPERM)}")
    if call.proc.jail is not None:
        call.proc.jail.hostname = name
    else:
        call.machine.name = name
    return Result()


UNAME = (
    ("s", "Linux"),
    ("n", ""),
    ("r", ""),
    ("v", "#1 SMP PREEMPT_DYNAMIC"),
    ("m", "x86_64"),
    ("p", "unknown"),
    ("i", "unknown"),
    ("o", "GNU/Linux"),
)


def uname(call: Call) -> Any:
    """uname (BusyBox)."""
    return ended(_uname, call)


def _uname(call: Call) -> Result:
    options = read_options(call, Grammar("amnrspvio"))
    values = dict(UNAME) | {"n": call.proc.hostname(), "r": f"{call.machine.kernel.profile.release}"}
    letters = "snrvmo" if "a" in options else [letter for letter, _ in UNAME if letter in options] or ["s"]
    return Result(" ".join(values[letter] for letter in letters) + "\n")


def which(call: Call) -> Any:
    """which (BusyBox)."""
    out, status = "", 0
    for name in call.argv[1:]:
        known = call.machine.command(call.proc, name) is not None
        out += f"{name if '/' in name else '/bin/' + name}\n" if known else ""
        status |= int(not known)
    return Result(out, "", status)


def nologin(call: Call) -> Result:
    """nologin."""
    return Result("This account is not available\n", "", 1)
