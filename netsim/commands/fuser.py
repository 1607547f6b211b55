"""fuser -n tcp|udp (psmisc 23.6): which processes hold a local port."""

from __future__ import annotations

from netsim.commands.lsof import sockets
from netsim.machine.call import Call, Result
from netsim.machine.process import SIGKILL
from netsim.machine.signals import NUMBERS
from netsim.programs.net.resolver import service_port

USAGE = """Usage: fuser [-fIMuvw] [-a|-s] [-4|-6] [-c|-m|-n SPACE]
             [-k [-i] [-SIGNAL]] NAME...
       fuser -l
       fuser -V
Show which processes use the named files, sockets, or filesystems.

  -a,--all              display unused files too
  -i,--interactive      ask before killing (ignored without -k)
  -I,--inode            use always inodes to compare files
  -k,--kill             kill processes accessing the named file
  -l,--list-signals     list available signal names
  -m,--mount            show all processes using the named filesystems or
                        block device
  -M,--ismountpoint     fulfill request only if NAME is a mount point
  -n,--namespace SPACE  search in this name space (file, udp, or tcp)
  -s,--silent           silent operation
  -SIGNAL               send this signal instead of SIGKILL
  -u,--user             display user IDs
  -v,--verbose          verbose output
  -w,--writeonly        kill only processes with write access
  -V,--version          display version information
  -4,--ipv4             search IPv4 sockets only
  -6,--ipv6             search IPv6 sockets only
  udp/tcp names: [local_port][,[rmt_host][,[rmt_port]]]

"""
LONG = {"all": "a", "kill": "k", "namespace": "n", "silent": "s", "user": "u", "verbose": "v", "ipv4": "4", "ipv6": "6", "version": "V"}
TITLE = f"{'':21}USER        PID ACCESS COMMAND\n"


class Wrong(Exception):
    """A complaint that ends the command."""


def _read(call: Call) -> tuple[set[str], str, int, list[tuple[str, str]]]:
    """Switches, the signal, and names with their namespaces."""
    given: set[str] = set()
    space, signum, names = "file", SIGKILL, []
    waiting = list(call.argv[1:])
    while waiting:
        word = waiting.pop(0)
        if word.startswith("--"):
            base = word[2:]
            if base not in LONG:
                raise Wrong(f"{word}: unknown option\n{USAGE}")
            word = f"-{LONG[base]}"
        if not word.startswith("-") or len(word) < 2:
            names.append((word, space))
            continue
        sent = word[1:].removeprefix("SIG")
        if sent in NUMBERS or (sent.isdigit() and sent not in ("4", "6")):
            signum = int(sent) if sent.isdigit() else NUMBERS[sent]
            continue
        for at, letter in enumerate(word[1:], 1):
            if letter == "n":
                space = word[at + 1 :] or (waiting.pop(0) if waiting else "")
                if space not in ("tcp", "udp", "file"):
                    raise Wrong(f"Invalid namespace name\n{USAGE}")
                break
            if letter not in "aksuv46":
                raise Wrong(f"fuser: netsim: -{letter} is not modelled\n" if letter in "cfilImMwVx" else f"-{letter}: Invalid option\n{USAGE}")
            given.add(letter)
    return given, space, signum, names


def fuser(call: Call) -> Result:
    """fuser [-ksv] [-SIGNAL] -n tcp PORT... or PORT/tcp..."""
    try:
        given, _, signum, names = _read(call)
        if not names:
            raise Wrong(f"No process specification given\n{USAGE}")
        wanted = [_port(call, name, space) for name, space in names]
    except Wrong as problem:
        return Result("", str(problem), 1)
    out = err = ""
    found = False
    for title, port, protocol in wanted:
        held = [one for one in sockets(call) if one.protocol.lower() == protocol and one.row.local_port == port]
        held = [one for one in held if not ({"4", "6"} & given) or one.family[-1] in given]
        pids = list(dict.fromkeys(one.pid for one in held))
        if "s" not in given and (pids or "a" in given):
            if "v" in given:
                err += ("" if found else TITLE) + f"{title + ':':<21}"
                rows = {one.pid: one.process for one in held}
                err += f"{'':21}".join(f"{'root':<8}  F.... {rows[pid].comm}\n" for pid in pids) or "\n"
            else:
                err += f"{title + ':':<20}\n"
            out += "".join(f" {pid:5d}" for pid in pids)
        found |= bool(pids)
        for one in {one.pid: one.process for one in held}.values() if "k" in given else ():
            one.signal(signum)
    return Result(out, err, int(not found))


def _port(call: Call, name: str, space: str) -> tuple[str, int, str]:
    """What is shown, the port, and the protocol."""
    text, slash, kind = name.rpartition("/")
    if slash and kind in ("tcp", "udp"):
        space, name = kind, text
    if space == "file":
        raise Wrong(f"fuser: netsim: files are not modelled, only ports of tcp and udp ({name})\n")
    if "," in name:
        raise Wrong(f"fuser: netsim: remote ends are not modelled ({name})\n")
    port = service_port(call.proc, name, space)
    if port is None:
        raise Wrong(f"{name}: unknown service\n")
    return f"{name}/{space}", port, space
