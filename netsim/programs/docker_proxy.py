"""docker-proxy: relays what comes to a port of the host to a container, so that the container sees the host as the client (`cmd/docker-proxy`)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPv4, IPv6
from netsim.clock import SECOND
from netsim.errors import EINPROGRESS, NetError
from netsim.machine.call import Program
from netsim.machine.fds import Unread, make_pipe
from netsim.machine.sockets import SocketFile

AF_INET, AF_INET6, SOCK_STREAM, SOCK_DGRAM = 2, 10, 1, 2
BACKLOG = 4096
EPOLL = "anon_inode:[eventpoll]"
UDP_IDLE = 90 * SECOND
"""How long a client's way back is kept (`UDPConnTrackTimeout`)."""


@attrs.define(eq=False)
class DockerProxy(Program):
    """One published port: `host` and `port` it listens on, `inside` and `inside_port` it leads to. `failure`: errno of a port it could not have."""

    protocol: str
    host: IPv4 | IPv6
    port: int
    inside: IPv4 | IPv6
    inside_port: int
    files: tuple[str, ...] = ()
    """What it opens before it listens; empty: what the daemon gave it, closed afterwards."""
    listener: int = -1
    failure: int = 0
    partners: dict[int, int] = attrs.field(factory=dict)
    """TCP: each end's other end."""
    connecting: set[int] = attrs.field(factory=set)
    silent: set[int] = attrs.field(factory=set)
    """Ends that will send no more."""
    clients: dict[tuple[int, int], int] = attrs.field(factory=dict)
    """UDP: a client's address and port -> the socket that speaks for it."""
    speaks_for: dict[int, tuple[Any, int]] = attrs.field(factory=dict)

    def started(self, proc: Any) -> None:
        """Take the port; a port that is taken ends the process."""
        is_stream = self.protocol == "tcp"
        given = [fd for fd, name in ((proc.install(Unread(name=name)), name) for name in self.files) if not name]
        try:
            self.listener = proc.socket(_family(self.host), SOCK_STREAM if is_stream else SOCK_DGRAM)
            sock = proc.sock(self.listener)
            if isinstance(self.host, IPv6):
                sock.set("v6only", 1)
            if is_stream:
                sock.set("reuseaddr", 1)
            sock.bind(self.host, self.port)
            if is_stream:
                sock.listen(BACKLOG)
        except NetError as error:
            self.failure = error.errno
            proc.exit(1)
            return
        if EPOLL not in self.files:  # Go makes it with the first socket
            for opened in (Unread(name=EPOLL), *make_pipe()):
                proc.install(opened)
        for fd in given:
            proc.close(fd)

    def readable(self, proc: Any, fd: int) -> None:
        """A client, or bytes of one end."""
        if self.protocol != "tcp":
            self._datagrams(proc, fd)
        elif fd == self.listener:
            while (client := proc.sock(fd).accept()) is not None:
                self._dial(proc, proc.adopt(SocketFile(sock=client, process=proc)))
        elif fd in self.partners and fd not in self.connecting:
            self._move(proc, fd)

    def _dial(self, proc: Any, client: int) -> None:
        """Connect to the container for a client; one that refuses closes on the client."""
        backend = proc.socket(_family(self.inside), SOCK_STREAM)
        self.partners[client], self.partners[backend] = backend, client
        self.connecting |= {client, backend}
        try:
            proc.sock(backend).connect(self.inside, self.inside_port)
        except NetError as error:
            if error.errno != EINPROGRESS:
                self._close(proc, client)

    def writable(self, proc: Any, fd: int) -> None:
        """The container answered the call, one way or the other; or a buffer has room again."""
        partner = self.partners.get(fd)
        if partner is None:
            return
        if fd in self.connecting:
            try:
                proc.sock(fd).raise_pending()
            except NetError:
                self._close(proc, fd)
                return
            self.connecting -= {fd, partner}
            self._move(proc, partner)
        self._move(proc, fd)

    def _move(self, proc: Any, fd: int) -> None:
        """Pass on what one end has; its end of file too."""
        partner = self.partners.get(fd)
        while partner is not None and fd in self.partners and fd not in self.silent:
            try:
                data = proc.sock(fd).recv()
                if data is None:
                    return
                if data:
                    proc.sock(partner).send(data)
                    continue
                self.silent.add(fd)
                proc.sock(partner).shutdown()
            except NetError:
                self._close(proc, fd)
                return
            if partner in self.silent:
                self._close(proc, fd)

    def _close(self, proc: Any, fd: int) -> None:
        partner = self.partners.pop(fd, None)
        for end in (fd, partner):
            if end is not None:
                self.partners.pop(end, None)
                self.connecting.discard(end)
                self.silent.discard(end)
                proc.close(end)

    def _datagrams(self, proc: Any, fd: int) -> None:
        while fd in proc.fds:
            try:
                received = proc.sock(fd).recvfrom()
            except NetError:
                return
            if received is None:
                return
            try:
                if fd == self.listener:
                    proc.sock(self._way(proc, received.src, received.sport)).send(received.data)
                else:
                    address, port = self.speaks_for[fd]
                    proc.sock(self.listener).sendto(received.data, address, port)
            except NetError:
                continue

    def _way(self, proc: Any, address: Any, port: int) -> int:
        """The socket that speaks for a client, made at its first datagram."""
        key = (int(address), port)
        known = self.clients.get(key)
        if known is None:
            known = self.clients[key] = proc.socket(_family(self.inside), SOCK_DGRAM)
            self.speaks_for[known] = (address, port)
            proc.sock(known).connect(self.inside, self.inside_port)
            proc.timer(UDP_IDLE, key)
        return known

    def timer(self, proc: Any, token: Any) -> None:
        """A client was quiet for long."""
        fd = self.clients.pop(token, None)
        if fd is not None:
            self.speaks_for.pop(fd, None)
            proc.close(fd)


def _family(address: IPv4 | IPv6) -> int:
    return AF_INET if isinstance(address, IPv4) else AF_INET6
