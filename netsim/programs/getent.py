"""getent(1) of glibc: hosts by name or address, services, and the files of accounts."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.machine.call import Call, Program, Result
from netsim.packet.dns import TYPE_AAAA
from netsim.programs.net.resolver import LOOKUP_TIMER, Lookup, getaddrinfo, getnameinfo, numeric

TRY = "Try `getent --help' or `getent --usage' for more information.\n"
HOSTS = {"hosts": 0, "ahosts": 0, "ahostsv4": 2, "ahostsv6": 10}
FILES = {"passwd": "/etc/passwd", "group": "/etc/group", "shadow": "/etc/shadow", "networks": "/etc/networks", "protocols": "/etc/protocols"}


def getent(call: Call) -> Result | Program:
    """getent DATABASE [KEY]..."""
    words = list(call.argv[1:])
    if not words:
        return Result("", f"getent: wrong number of arguments\n{TRY}", 1)
    database, keys = words[0], words[1:]
    if database in HOSTS:
        return Getent(database, keys) if keys else Result(_all_hosts(call), "", 0)
    if database == "services":
        return _services(call, keys)
    if database in FILES:
        return _accounts(call, FILES[database], keys)
    return Result("", f"Unknown database: {database}\n{TRY}", 1)


def musl_getent(call: Call) -> Result | Program:
    """The same in Alpine, where a host's first address is shown with its name and what it was asked by."""
    found = getent(call)
    if isinstance(found, Getent):
        found.is_musl = 1
    return found


def _all_hosts(call: Call) -> str:
    lines = [line.split("#")[0].split() for line in call.proc.read_text("/etc/hosts").splitlines()]
    return "".join(f"{words[0]:<15s} {' '.join(words[1:])}\n" for words in lines if len(words) > 1)


def _services(call: Call, keys: list[str]) -> Result:
    rows = [line.split("#")[0].split() for line in call.proc.read_text("/etc/services").splitlines()]
    rows = [row for row in rows if len(row) > 1]
    text, status = "", 0
    for key in keys or [None]:  # type: ignore[list-item]
        name, _, protocol = (key or "").partition("/")
        found = [
            row
            for row in rows
            if key is None or ((not protocol or row[1].endswith("/" + protocol)) and (name in (row[0], *row[2:]) or row[1].split("/")[0] == name))
        ]
        shown = found if key is None else found[:1]
        text += "".join(f"{row[0]:<21s} {row[1]}{''.join(' ' + alias for alias in row[2:])}\n" for row in shown)
        status = status if shown else 2
    return Result(text, "", status)


def _accounts(call: Call, path: str, keys: list[str]) -> Result:
    lines = call.proc.read_text(path).splitlines()
    if path == "/etc/passwd" and not lines:
        lines = ["root:x:0:0:root:/root:/bin/bash"]
    if path == "/etc/group" and not lines:
        lines = ["root:x:0:"]
    if not keys:
        return Result("".join(line + "\n" for line in lines))
    text, status = "", 0
    for key in keys:
        found = [line for line in lines if key in line.split(":")[:1] or key == ([*line.split(":"), "", "", ""])[2]]
        text += "".join(line + "\n" for line in found[:1])
        status = status if found else 2
    return Result(text, "", status)


@attrs.define(eq=False)
class Getent(Program):
    """Looks one key up after the other."""

    database: str
    keys: list[str]
    status: int = 0
    lookup: Lookup | None = None
    is_musl: int = 0

    def started(self, proc: Any) -> None:
        """The first key."""
        self._next(proc)

    def _next(self, proc: Any) -> None:
        while self.keys:
            key = self.keys[0]
            address = numeric(key)
            if self.database == "hosts" and address is not None:
                lookup = getnameinfo(proc, address)
            elif self.database == "hosts":
                lookup = getaddrinfo(proc, key, 10)  # gethostbyname2: IPv6 first, then IPv4
            else:
                lookup = getaddrinfo(proc, key, HOSTS[self.database])
            if not lookup.done:
                self.lookup = lookup
                return
            if not self._settled(proc, lookup):
                return
        proc.exit(self.status)

    def _settled(self, proc: Any, lookup: Lookup) -> bool:
        """Print what was found; False when another question is under way."""
        self.lookup = None
        key = self.keys[0]
        if self.database == "hosts" and not lookup.found and lookup.types == (TYPE_AAAA,) and numeric(key) is None:
            second = getaddrinfo(proc, key, 2)
            if not second.done:
                self.lookup = second
                return False
            lookup = second
        self.keys.pop(0)
        if lookup.error or not lookup.found:
            self.status = 2
        elif self.database == "hosts":
            rows = [(key, str(lookup.found[0]))] if numeric(key) is not None else [(str(address), key) for address in lookup.found]
            if self.is_musl:
                proc.write(1, f"{rows[0][0]:<16s}  {rows[0][1]}  {rows[0][1]}\n")
            else:
                proc.write(1, "".join(f"{address:<15s} {name}\n" for address, name in rows))
        else:
            rows = [(str(address), key if place == 0 else "") for place, address in enumerate(lookup.found)]
            proc.write(1, "".join(f"{address:<15s} STREAM {name}\n{address:<15s} DGRAM  \n{address:<15s} RAW    \n" for address, name in rows))
        return True

    def readable(self, proc: Any, fd: int) -> None:
        """An answer came."""
        if self.lookup is not None and fd == self.lookup.fd:
            self.lookup.readable(proc)
            self._after(proc)

    def timer(self, proc: Any, token: Any) -> None:
        """A name server was silent."""
        if token == LOOKUP_TIMER and self.lookup is not None:
            self.lookup.timed_out(proc)
            self._after(proc)

    def _after(self, proc: Any) -> None:
        if self.lookup is not None and self.lookup.done and self._settled(proc, self.lookup):
            self._next(proc)
