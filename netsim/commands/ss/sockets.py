"""Sockets as rows of ss's table: which exist, their queues, names, owners (`inet_diag.c`, `proc(5)`)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPv4
from netsim.clock import MS, SECOND
from netsim.commands.ss.columns import Row
from netsim.kernel.inet import tcp_states as tcp
from netsim.kernel.inet.ports import port_range
from netsim.machine.procnet_sockets import bound_sockets, raw_sockets, tcp_sockets
from netsim.programs.net.resolver import service_name

PROTOCOLS = {1: "icmp", 2: "igmp", 58: "ipv6-icmp", 47: "gre", 89: "ospf", 255: "raw"}


@attrs.frozen
class View:
    """What to tell of each socket."""

    proc: Any
    letters: frozenset[str]
    names_ports: bool
    owners: dict[int, str] = attrs.field(factory=dict)


def sockets_of(netns: Any, netid: str, family: int) -> list[Any]:
    """Sockets of a table (`raw`, `udp`, `tcp`) and family."""
    if netid == "raw":
        return raw_sockets(netns, family)
    if netid == "udp":
        return bound_sockets(netns, 17, family)
    return tcp_sockets(netns, family)


def state_of(sock: Any, netid: str) -> int:
    """The state by TCP's numbers; datagram sockets are connected or not."""
    if netid == "tcp":
        return int(sock.state)
    return tcp.ESTABLISHED if sock.raddr is not None else tcp.CLOSE


def owners_of(proc: Any) -> dict[int, str]:
    """Socket inode -> `("NAME",pid=P,fd=F),...`, the latest process first, of those the reader's PID namespace shows."""
    found: dict[int, str] = {}
    for pid, process in sorted(proc.seen().items(), reverse=True):
        for fd in sorted(process.fds, reverse=True):
            sock = getattr(process.fds[fd], "sock", None)
            if sock is not None and sock.inode:
                entry = f'("{process.comm}",pid={pid},fd={fd})'
                found[sock.inode] = f"{found[sock.inode]},{entry}" if sock.inode in found else entry
    return found


def row_of(view: View, netid: str, sock: Any) -> Row:
    """A socket as the table shows it."""
    received, sent = _queues(netid, sock)
    local = _address(view, sock, sock.laddr, sock.bound_dev)
    remote = _address(view, sock, sock.raddr, 0)
    lport = _port(view, netid, sock.protocol if netid == "raw" else sock.lport)
    rport = _port(view, netid, 0 if netid == "raw" else sock.rport)
    state = tcp.STATE_NAMES[state_of(sock, netid)]
    return Row((netid, state, f"{received:<6d}", f"{sent:<6d}", local + ":", lport, remote + ":", rport, _process(view, netid, sock)))


def _queues(netid: str, sock: Any) -> tuple[int, int]:
    if netid != "tcp":
        return sum(len(got.data) if isinstance(got.data, bytes) else int(got.data.size) for got in sock.queue), 0
    if sock.state == tcp.LISTEN:
        return len(sock.accept_queue), sock.backlog
    unsent = (sock.snd_nxt - sock.snd_una & tcp.MASK) + len(sock.outgoing)
    return len(sock.incoming), unsent if sock.state != tcp.TIME_WAIT else 0


def _address(view: View, sock: Any, address: Any, device: int) -> str:
    if not address:
        text = "0.0.0.0" if sock.family == 2 else "[::]" if sock.v6only else "*"
    elif isinstance(address, IPv4):
        text = str(address) if sock.family == 2 else f"[::ffff:{address}]"
    else:
        text = f"[{address}]"
    dev = view.proc.netns.devices.get(device)
    return f"{text}%{dev.name}" if dev is not None else text


def _port(view: View, netid: str, port: int) -> str:
    if not port:
        return "*"
    if netid == "raw":
        return str(port) if not view.names_ports else PROTOCOLS.get(port, str(port))
    low, high = port_range(view.proc.netns)
    if not view.names_ports or low <= port <= high:
        return str(port)
    return service_name(view.proc, port, netid) or str(port)


def _process(view: View, netid: str, sock: Any) -> str:
    text = ""
    is_waiting = netid == "tcp" and sock.state in (tcp.TIME_WAIT, tcp.SYN_RECV)
    if "p" in view.letters and sock.inode in view.owners and not is_waiting:
        text += f" users:({view.owners[sock.inode]})"
    if "o" in view.letters and netid == "tcp":
        text += _timer(view, sock)
    if "e" in view.letters and not is_waiting:
        number = sock.inode
        text += f" ino:{number} sk:{_cookie(view, sock):x} cgroup:/" + (" v6only:1" if sock.family == 10 and sock.v6only else "")
        text += " <->" if netid != "tcp" or not sock.write_shut or sock.state != tcp.CLOSE else ""
    return text


def _cookie(view: View, sock: Any) -> int:
    """A number a socket gets when it is first asked for (`sock_gen_cookie`)."""
    if not sock.cookie:
        sock.cookie = view.proc.machine.kernel.socket_cookie()
    return int(sock.cookie)


def _timer(view: View, sock: Any) -> str:
    running = sock.describe_timer()
    if running is None:
        return ""
    name, when = running
    left = max(0, when - view.proc.now())
    return f" timer:({name},{_span(left)},{sock.probes if name == 'persist' else sock.retries})"


def _span(left: int) -> str:
    """A time as ss prints it (`print_ms_timer`)."""
    total = left // MS
    minutes, seconds, rest = total // 60000, total // 1000 % 60, total % 1000
    text = f"{minutes}min" if minutes else ""
    if seconds:
        text += f"{seconds}"
        if not minutes and total < 10_000 and rest:
            return f"{seconds}.{rest:03d}sec" if total >= 1000 else f"{rest}ms"
        return text + ("sec" if not minutes or seconds else "")
    if not minutes:
        return f"{rest:03d}ms" if left < SECOND else text
    return text
