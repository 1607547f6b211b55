"""Sockets as netstat lists them from /proc/net."""

from __future__ import annotations

import re

import attrs

from netsim.addr import IPv4, IPv6
from netsim.commands.nettools.names import host_name, service_name
from netsim.machine.call import Call
from netsim.machine.hostnames import name_in_hosts

TCP_STATES = (
    "", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING",
)  # fmt: skip
ESTABLISHED, CLOSE = 1, 7
TIMERS = {1: "on", 2: "keepalive", 3: "timewait", 4: "probe"}
SHORTEST = 22
TICKS = 100.0


@attrs.frozen
class Style:
    """What the options chose: `hosts`, `ports`, `users` are shown as numbers where named here; the rest are columns and filters."""

    numbers: frozenset[str] = frozenset()
    is_wide: bool = False
    shows_all: bool = False
    only_listening: bool = False
    extent: int = 0
    programs: bool = False
    timers: bool = False


@attrs.frozen
class Row:
    """One line of a socket file."""

    local: str
    local_port: int
    remote: str
    remote_port: int
    state: int
    sent: int
    received: int
    timer: int
    left: int
    retries: int
    uid: int
    timeout: int
    inode: int


def rows(call: Call, name: str) -> list[Row]:
    """The lines of a file of /proc/net."""
    found = []
    for line in call.proc.read_text(f"/proc/net/{name}").splitlines()[1:]:
        words = line.split()
        local, lport = words[1].split(":")
        remote, rport = words[2].split(":")
        sent, received = words[4].split(":")
        timer, left = words[5].split(":")
        numbers = (int(lport, 16), int(rport, 16))
        found.append(
            Row(local, numbers[0], remote, numbers[1], int(words[3], 16), int(sent, 16), int(received, 16), int(timer, 16), int(left, 16),
                int(words[6], 16), int(words[7]), int(words[8]), int(words[9]))
        )  # fmt: skip
    return found


def _is_any(text: str) -> bool:
    return int(text, 16) == 0


def address_of(text: str) -> IPv4 | IPv6:
    """An address as the files of /proc/net have it: words of 32 bits in the machine's order."""
    if len(text) == 8:
        return IPv4(int.from_bytes(int(text, 16).to_bytes(4, "little"), "big"))
    return IPv6(int.from_bytes(b"".join(int(text[at : at + 8], 16).to_bytes(4, "little") for at in range(0, 32, 8)), "big"))


def _host(call: Call, style: Style, text: str) -> str:
    address = address_of(text)
    if isinstance(address, IPv4):
        if "hosts" in style.numbers or not address:
            return str(address)
        return host_name(call, address)
    if "hosts" in style.numbers:
        return str(address)
    if not address:
        return "[::]"
    return name_in_hosts(call.proc.read_text("/etc/hosts"), address) or str(address)


def endpoint(call: Call, style: Style, address: str, port: int, protocol: str) -> str:
    """`HOST:PORT`, cut to 22 letters unless it may be wide; the port keeps at least as many letters as it needs."""
    host = _host(call, style, address)
    service = "*" if not port else str(port) if "ports" in style.numbers else service_name(call, port, protocol)
    if not style.is_wide and len(host) + len(service) > SHORTEST:
        kept = min(len(service), SHORTEST - 4)
        return f"{host[: SHORTEST - kept]}:{service[:kept]}"
    return f"{host}:{service}"


def owners(call: Call) -> dict[int, str]:
    """`PID/NAME` of the process that holds a socket, by inode, of those the caller's PID namespace shows."""
    found: dict[int, str] = {}
    for pid, process in sorted(call.proc.seen().items()):
        for opened in process.fds.values():
            match = re.fullmatch(r"socket:\[(\d+)\]", opened.described())
            if match and int(match[1]) not in found and process.argv:
                found[int(match[1])] = f"{pid}/{process.argv[0].rsplit('/', 1)[-1]}"[:19]
    return found


def _tail(row: Row, style: Style, held: dict[int, str], timer: str) -> str:
    text = ""
    if style.extent:
        text += f" {row.uid if 'users' in style.numbers else 'root' if row.uid == 0 else row.uid:<10} {row.inode:<10d}"
    if style.programs:
        text += f" {held.get(row.inode, '-'):<20s}"
    if style.timers:
        text += f" {timer}"
    return text + "\n"


def tcp(call: Call, style: Style, name: str, held: dict[int, str]) -> str:
    """Connections and listeners of /proc/net/tcp or tcp6."""
    text = ""
    for row in rows(call, name):
        if not style.shows_all and bool(row.remote_port) == style.only_listening:
            continue
        local = endpoint(call, style, row.local, row.local_port, "tcp")
        remote = endpoint(call, style, row.remote, row.remote_port, "tcp")
        timer = "off (0.00" if not row.timer else f"{TIMERS.get(row.timer, f'unkn-{row.timer}')} ({row.left / TICKS:2.2f}"
        text += f"{name:<4s}  {row.received:6d} {row.sent:6d} {local:<23s} {remote:<23s} {TCP_STATES[row.state]:<11s}"
        text += _tail(row, style, held, f"{timer}/{row.retries}/{row.timeout})")
    return text


def _is_wanted(row: Row, style: Style) -> bool:
    return style.shows_all or _is_any(row.remote) == style.only_listening


def udp(call: Call, style: Style, name: str, shown: str, held: dict[int, str]) -> str:
    """Datagram sockets of /proc/net/udp, udp6 or udplite."""
    text = ""
    for row in rows(call, name):
        if _is_wanted(row, style):
            local = endpoint(call, style, row.local, row.local_port, "udp")
            remote = endpoint(call, style, row.remote, row.remote_port, "udp")
            state = {ESTABLISHED: "ESTABLISHED", CLOSE: ""}.get(row.state, "UNKNOWN")
            text += f"{shown:<5s} {row.received:6d} {row.sent:6d} {local:<23s} {remote:<23s} {state:<11s}"
            text += _tail(row, style, held, f"off (0.00/0/{row.timeout})")
    return text


def raw(call: Call, style: Style, name: str, held: dict[int, str]) -> str:
    """Raw sockets of /proc/net/raw or raw6; the local port is the protocol."""
    text = ""
    for row in rows(call, name):
        if _is_wanted(row, style):
            local = endpoint(call, style, row.local, row.local_port, "raw")
            remote = endpoint(call, style, row.remote, row.remote_port, "raw")
            text += f"{name:<4s}  {row.received:6d} {row.sent:6d} {local:<23s} {remote:<23s} {row.state:<11d}"
            text += _tail(row, style, held, f"off (0.00/0/{row.timeout})")
    return text


def groups(call: Call) -> str:
    """Multicast groups of /proc/net/igmp and igmp6."""
    text, device = "", ""
    for line in call.proc.read_text("/proc/net/igmp").splitlines()[1:]:
        words = line.split()
        if not line.startswith("\t"):
            device = line.split("\t")[1][:10].rstrip().rstrip(":").rstrip()
        else:
            address = IPv4(int.from_bytes(int(words[0], 16).to_bytes(4, "little"), "big"))
            text += f"{device:<15s} {int(words[1]):<6d} {address}\n"
    for line in call.proc.read_text("/proc/net/igmp6").splitlines():
        words = line.split()
        text += f"{words[1]:<15s} {int(words[3]):<6d} {IPv6(int(words[2], 16))}\n"
    return text
