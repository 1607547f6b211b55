"""Redirections to /dev/tcp/HOST/PORT and /dev/udp/HOST/PORT: bash opens a connection in place of a file (bash(1), REDIRECTION; `netopen`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.addr import IPv4
from netsim.clock import MS
from netsim.errors import EINPROGRESS, EINVAL, NetError, strerror
from netsim.kernel.inet.tcp import OPENING
from netsim.machine.sockets import AF_INET, AF_INET6, SOCK_DGRAM, SOCK_STREAM, SharedSocket, make_socket
from netsim.programs.net.resolver import getaddrinfo, service_port
from netsim.shell.jumps import RedirectProblem
from netsim.shell.stack import Steps

if TYPE_CHECKING:
    from netsim.shell.redirections import Redirecting

KINDS = {"tcp": SOCK_STREAM, "udp": SOCK_DGRAM}
NO_SERVICE = "Servname not supported for ai_socktype"
FIRST_LOOK, LONGEST_LOOK = MS // 8, 8 * MS
"""A shell looks again whether it is answered after this time, twice as long each time, up to the second."""


def network_place(target: str) -> tuple[str, str, str] | None:
    """The protocol, host and port that a path stands for; None for a file's path."""
    parts = target.split("/")
    if len(parts) == 5 and parts[:2] == ["", "dev"] and parts[2] in KINDS and parts[3] and parts[4]:
        return parts[2], parts[3], parts[4]
    return None


def open_network(shell: Redirecting, target: str, place: tuple[str, str, str]) -> Steps:
    """Look the host up and connect to the first of its addresses that answers; RedirectProblem in bash's words."""
    protocol, host, service = place
    addresses = yield from _addresses(shell, host)
    port = service_port(shell.proc, service, protocol)
    if not addresses or port is None:
        shell.complain(f"{host}: {shell.lookup.error}" if not addresses else f"{service}: {NO_SERVICE}")
        raise RedirectProblem(f"{target}: {strerror(EINVAL)}")
    error = EINVAL
    for address in addresses:
        proc = shell.proc
        sock = make_socket(proc.netns, AF_INET if isinstance(address, IPv4) else AF_INET6, KINDS[protocol], 0)
        if proc.vrf:
            sock.bind_to_device(proc.vrf)
        file = SharedSocket(sock=sock)
        sock.inode, sock.waker = proc.machine.kernel.socket_inode(), file
        try:
            yield from _connect(sock, address, port)
        except NetError as problem:
            file.close()
            error = problem.errno
        else:
            return file
    shell.write(2, f"{shell.zero}: connect: {strerror(error)}\n")
    raise RedirectProblem(f"{target}: {strerror(error)}")


def _addresses(shell: Redirecting, host: str) -> Steps:
    lookup = shell.lookup = getaddrinfo(shell.proc, host)
    pause = FIRST_LOOK
    while not lookup.done:
        yield pause
        pause = min(2 * pause, LONGEST_LOOK)
        lookup.readable(shell.proc)
    return lookup.found


def _connect(sock: Any, address: Any, port: int) -> Steps:
    """Wait as connect(2) does; NetError with what it would fail with."""
    try:
        sock.connect(address, port)
    except NetError as problem:
        if problem.errno != EINPROGRESS:
            raise
    pause = FIRST_LOOK
    while sock.protocol == 6 and sock.state in OPENING:
        yield pause
        pause = min(2 * pause, LONGEST_LOOK)
    if sock.protocol == 6 and sock.so_error:
        error, sock.so_error = sock.so_error, 0
        raise NetError(error)
