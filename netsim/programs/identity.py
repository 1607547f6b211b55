"""id and whoami (coreutils 9.1): who runs this, in numbers and names."""

from __future__ import annotations

from netsim.machine.accounts import group_name, number_in, rows, user_name
from netsim.machine.call import Call, Result
from netsim.machine.getopt import Grammar, OptionError, parse
from netsim.machine.process import Process
from netsim.machine.user import User, user_of

GRAMMAR = Grammar(
    "aGgnruzZ", long={"group": ("g", ""), "groups": ("G", ""), "name": ("n", ""), "real": ("r", ""), "user": ("u", ""), "zero": ("z", ""), "help": ("help", ""),
                      "version": ("version", "")},
)  # fmt: skip


def named(proc: Process, name: str) -> User | None:
    """A user by name, as /etc/passwd and /etc/group tell; None where there is none."""
    found = next((one for one in rows(proc.read_text("/etc/passwd")) if one[0] == name and len(one) > 3), None)
    if found is None:
        return None
    uid, gid = int(found[2]), int(found[3])
    more = [int(one[2]) for one in rows(proc.read_text("/etc/group")) if len(one) > 3 and name in one[3].split(",")]
    return User(uid, gid, tuple(dict.fromkeys((gid, *more))))


def in_full(proc: Process, user: User) -> str:
    """`uid=0(root) gid=0(root) groups=0(root)`: names in brackets where there are such."""
    groups = ",".join(_with(gid, group_name(proc, gid)) for gid in dict.fromkeys((user.gid, *user.groups)))
    return f"uid={_with(user.uid, user_name(proc, user.uid))} gid={_with(user.gid, group_name(proc, user.gid))} groups={groups}\n"


def _with(number: int, name: str | None) -> str:
    return str(number) if name is None else f"{number}({name})"


def identity(call: Call) -> Result:
    """id [-ugGnr] [USER]; whoami."""
    proc = call.proc
    if call.argv[0].endswith("whoami"):
        uid = user_of(proc).uid
        name = user_name(proc, uid)
        return Result("", f"whoami: cannot find name for user ID {uid}\n", 1) if name is None else Result(f"{name}\n")
    try:
        options, words = parse(call.argv[1:], GRAMMAR)
    except OptionError as problem:
        return Result("", f"id: {problem}\nTry 'id --help' for more information.\n", 1)
    letters = {option.name for option in options}
    chosen = sorted(letters & {"u", "g", "G"})
    if len(chosen) > 1:
        return Result("", 'id: cannot print "only" of more than one choice\n', 1)
    if letters & {"n", "r"} and not chosen:
        return Result("", "id: cannot print only names or real IDs in default format\n", 1)
    if len(words) > 1:
        return Result("", f"id: extra operand '{words[1]}'\nTry 'id --help' for more information.\n", 1)
    user = user_of(proc) if not words else named(proc, words[0])
    if user is None and words[0].isdigit():
        name = user_name(proc, int(words[0]))
        user = None if name is None else named(proc, name)
    if user is None:
        return Result("", f"id: '{words[0]}': no such user\n", 1)
    return Result(in_full(proc, user)) if not chosen else _only(proc, user, chosen[0], ("n" in letters and "n") or "")


def _only(proc: Process, user: User, what: str, names: str) -> Result:
    numbers = [user.uid] if what == "u" else [user.gid] if what == "g" else list(dict.fromkeys((user.gid, *user.groups)))
    if not names:
        return Result(" ".join(map(str, numbers)) + "\n")
    find, kind = (user_name, "user") if what == "u" else (group_name, "group")
    found = [(number, find(proc, number)) for number in numbers]
    err = "".join(f"id: cannot find name for {kind} ID {number}\n" for number, name in found if name is None)
    return Result(" ".join(name or str(number) for number, name in found) + "\n", err, int(bool(err)))


def owner(proc: Process, word: str) -> tuple[int, int] | None:
    """`USER[:GROUP]` of a chown as numbers, -1 for what stays; None where a name is none."""
    user, _, group = word.replace(".", ":", 1 if ":" not in word else 0).partition(":")
    found = []
    for name, path in ((user, "/etc/passwd"), (group, "/etc/group")):
        number = -1 if not name else int(name) if name.isdigit() else number_in(proc.read_text(path), name)
        if number is None:
            return None
        found.append(number)
    return found[0], found[1]
