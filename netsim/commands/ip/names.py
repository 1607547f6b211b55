"""Names of numbers in route messages: those iproute2 was built with, and what the files in /etc/iproute2 add (`lib/rt_names.c`)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import attrs

from netsim.commands.ip.words import number
from netsim.errors import NetError
from netsim.machine.nodes import Directory

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

NAMES: dict[str, dict[int, str]] = {
    "type": {
        0: "none",
        1: "unicast",
        2: "local",
        3: "broadcast",
        4: "anycast",
        5: "multicast",
        6: "blackhole",
        7: "unreachable",
        8: "prohibit",
        9: "throw",
        10: "nat",
        11: "xresolve",
    },
    "scope": {0: "global", 255: "nowhere", 254: "host", 253: "link", 200: "site"},
    "protocol": {
        0: "unspec",
        1: "redirect",
        2: "kernel",
        3: "boot",
        4: "static",
        8: "gated",
        9: "ra",
        10: "mrt",
        11: "zebra",
        12: "bird",
        13: "dnrouted",
        14: "xorp",
        15: "ntk",
        16: "dhcp",
        18: "keepalived",
        42: "babel",
        99: "openr",
        186: "bgp",
        187: "isis",
        188: "ospf",
        189: "rip",
        192: "eigrp",
    },
    "table": {253: "default", 254: "main", 255: "local"},
    "group": {0: "default"},
}
"""What each kind has without any file."""
FILES = {
    "table": "/etc/iproute2/rt_tables",
    "protocol": "/etc/iproute2/rt_protos",
    "scope": "/etc/iproute2/rt_scopes",
    "group": "/etc/iproute2/group",
}
HIGHEST = {"table": 0xFFFFFFFF, "protocol": 255, "scope": 255, "type": 255, "group": 0x7FFFFFFF}


@attrs.frozen
class Names:
    """One kind's names both ways, and the complaint about the first line that is none."""

    of: dict[int, str]
    numbers: dict[str, int]
    complaint: str = ""


@lru_cache(maxsize=64)
def _read(kind: str, files: tuple[tuple[str, bytes], ...]) -> Names:
    """The names a process knows after it read these files, each up to its first line that is none (`fread_id_name`)."""
    of, complaint = dict(NAMES[kind]), ""
    numbers = {name: value for value, name in of.items()}
    for path, content in files:
        for line in content.decode(errors="replace").splitlines(keepends=True):
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            value = _value(words[0])
            if value is None or len(words) < 2:
                complaint += f"Database {path} is corrupted at {line.lstrip()}\n"
                break
            if 0 <= value <= HIGHEST[kind]:
                of[value] = words[1]
                numbers.setdefault(words[1], value)
    return Names(of, numbers, complaint)


def _value(word: str) -> int | None:
    try:
        return int(word, 16 if word.startswith("0x") else 10)
    except ValueError:
        return None


def names(session: Ip, kind: str) -> Names:
    """What the command knows the numbers of a kind by; the files are read when the first is asked for."""
    known = session.names.get(kind)
    if known is None:
        known = session.names[kind] = _read(kind, tuple(_files(session, kind))) if kind in FILES else _read(kind, ())
        if known.complaint:
            session.err.append(known.complaint)
    return known


def _files(session: Ip, kind: str) -> list[tuple[str, bytes]]:
    files, proc = session.call.machine.files, session.call.proc
    path = FILES[kind]
    found = []
    folder = files.stat(proc, f"{path}.d")
    more = sorted(name for name in folder.entries if name.endswith(".conf") and name[0] != ".") if isinstance(folder, Directory) else []
    for one in (path, *(f"{path}.d/{name}" for name in more)):
        try:
            found.append((one, files.read(proc, one)))
        except NetError:
            continue
    return found


def name_of(session: Ip, kind: str, value: int) -> str:
    """A number's name, or its digits where it has none or `ip -N` wants none (`rtnl_rttable_n2a`)."""
    return str(value) if session.style.numeric else names(session, kind).of.get(value, str(value))


def number_of(session: Ip, kind: str, word: str) -> int | None:
    """The number that a word names or spells; None when it does neither (`rtnl_rttable_a2n`)."""
    value = names(session, kind).numbers.get(word)
    return number(word, 0, HIGHEST[kind]) if value is None else value
