"""netstat of BusyBox: sockets from /proc/net, and the routing table (networking/netstat.c)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netsim.addr import IPv4, IPv6
from netsim.commands.busybox.route import MSS, inet_table
from netsim.commands.nettools.netstat_sockets import CLOSE, ESTABLISHED, TCP_STATES, Row, owners, rows
from netsim.machine.call import Call, Result
from netsim.machine.getopt import Grammar
from netsim.machine.hostnames import name_in_hosts
from netsim.programs.busybox.applet import Options, ended, read_options
from netsim.programs.net.resolver import service_name

FAMILIES = (("t", "tcp", ("tcp", "tcp6")), ("u", "udp", ("udp", "udp6")), ("w", "raw", ("raw", "raw6")))


PROGRAMS = "PID/Program name    "


def netstat(call: Call) -> Any:
    """netstat (BusyBox)."""
    return ended(lambda it: _netstat(it, "laentuwxr"), call)


def netstat_with_programs(call: Call) -> Any:
    """The same where it is built with all it has (FEATURE_NETSTAT_PRG, FEATURE_NETSTAT_WIDE), as BusyBox itself would and Alpine does."""
    return ended(lambda it: _netstat(it, "laentuwxrWp"), call)


def _netstat(call: Call, letters: str) -> Result:
    options = read_options(call, Grammar(letters))
    if "r" in options:
        return Result(inet_table(call, MSS, is_numeric=int("n" in options)))
    which = "(servers and established)" if "a" in options else "(only servers)" if "l" in options else "(w/o servers)"
    chosen = [family for family in FAMILIES if family[0] in options] or ([] if "x" in options else list(FAMILIES))
    text = ""
    if chosen:
        text = f"Active Internet connections {which}\n{_head(options)}\n"
        held = owners(call) if "p" in options else {}
        for letter, protocol, names in chosen:
            for name in names:
                text += "".join(_line(call, options, protocol, row, held) for row in rows(call, name) if _is_wanted(options, letter, row))
    if len(chosen) == len(FAMILIES) or "x" in options:
        text += (
            f"Active UNIX domain sockets {which}\nProto RefCnt Flags       Type       State         I-Node {PROGRAMS if 'p' in options else ''}Path\n"
        )
    return Result(text)


def _is_wanted(options: Options, letter: str, row: Row) -> bool:
    """Listening ones have no other end; what is bound and not connected counts as one."""
    has_peer = bool(row.remote_port) if letter == "t" else int(row.remote, 16) != 0
    return "a" in options or has_peer != ("l" in options)


def _head(options: Options) -> str:
    wide = 51 if "W" in options else 23
    return f"Proto Recv-Q Send-Q {'Local Address':<{wide}s} {'Foreign Address':<{wide}s} State       {PROGRAMS if 'p' in options else ''}"


def _line(call: Call, options: Options, protocol: str, row: Row, held: Mapping[int, str]) -> str:
    local = _endpoint(call, options, protocol, row.local, row.local_port)
    remote = _endpoint(call, options, protocol, row.remote, row.remote_port)
    state = (
        TCP_STATES[row.state]
        if protocol == "tcp"
        else str(row.state)
        if protocol == "raw"
        else {ESTABLISHED: "ESTABLISHED", CLOSE: ""}.get(row.state, "UNKNOWN")
    )
    wide = 51 if "W" in options else 23
    return f"{protocol}   {row.received:6d} {row.sent:6d} {local:<{wide}s} {remote:<{wide}s} {state:<12s}{held.get(row.inode, '-') if 'p' in options else ''}\n"


def _endpoint(call: Call, options: Options, protocol: str, text: str, port: int) -> str:
    if len(text) == 8:
        address: IPv4 | IPv6 = IPv4(int.from_bytes(int(text, 16).to_bytes(4, "little"), "big"))
    else:
        words = [int(text[at : at + 8], 16).to_bytes(4, "little") for at in range(0, 32, 8)]
        address = IPv6(int.from_bytes(b"".join(words), "big"))
    host, service = str(address), str(port) if port else "*"
    if "n" not in options:
        host = (name_in_hosts(call.proc.read_text("/etc/hosts"), address) if address else None) or host
        service = (service_name(call.proc, port, protocol) if port else None) or service
    return f"{host}:{service}"
