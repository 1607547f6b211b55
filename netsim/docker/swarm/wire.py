"""Messages between daemons: lines of JSON over the simulated network, so that rules, routes and cut cables matter.

The real daemons speak gRPC over TLS on 2377 and memberlist's own encoding on 7946; what is told, by whom, when and to whom is the same here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import attrs

from netsim.addr import IPv4, IPv6
from netsim.clock import SECOND
from netsim.errors import ECONNREFUSED, ECONNRESET, EINPROGRESS, ETIMEDOUT, NetError
from netsim.machine.sockets import SocketFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from netsim.docker.engine.engine import Engine

AF_INET, AF_INET6, SOCK_STREAM, SOCK_DGRAM = 2, 10, 1, 2
PATIENCE = 5 * SECOND
MOST_LINE = 16 * 1024 * 1024

Message = dict[str, Any]


def encode(message: Message) -> bytes:
    """One message."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def decode(data: bytes) -> Message:
    """The message in a line; an empty one for what is none."""
    try:
        found = json.loads(data)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@attrs.define(eq=False)
class Connection:
    """One end of a TCP connection of the daemon's; `hear(connection, message)` and `lost(connection)` are told of what comes."""

    engine: Engine
    fd: int
    hear: Callable[[Connection, Message], None]
    lost: Callable[[Connection], None] | None = None
    peer: str = ""
    """The node at the other end, once it said so."""
    buffer: bytes = b""

    def send(self, message: Message) -> None:
        """Send a message; a connection that is gone says nothing."""
        try:
            self.engine.process.sock(self.fd).send(encode(message))
        except NetError:
            self.end()

    def readable(self, fd: int) -> None:
        """Something came, or the end."""
        try:
            while (data := self.engine.process.sock(fd).recv()) is not None:
                if not data:
                    self.end()
                    return
                self.buffer += data
        except NetError:
            self.end()
            return
        if len(self.buffer) > MOST_LINE:
            self.end()
            return
        *lines, self.buffer = self.buffer.split(b"\n")
        for line in lines:
            self.hear(self, decode(line))

    def end(self) -> None:
        """Hang up, or note that the other end did."""
        if self.close() and self.lost is not None:
            self.lost(self)

    def close(self) -> int:
        """Hang up without telling; 0 if that was done already."""
        if self.engine.resolvers.pop(self.fd, None) is None:
            return 0
        if self.fd in self.engine.process.fds:
            self.engine.process.close(self.fd)
        return 1


@attrs.define(eq=False)
class Listener:
    """A TCP port of the daemon's."""

    engine: Engine
    fd: int
    hear: Callable[[Connection, Message], None]
    lost: Callable[[Connection], None]
    accepted: list[Connection] = attrs.field(factory=list)

    def readable(self, fd: int) -> None:
        """Somebody connected."""
        process = self.engine.process
        while (sock := process.sock(fd).accept()) is not None:
            opened = process.adopt(SocketFile(sock=sock, process=process))
            connection = Connection(self.engine, opened, self.hear, self.lost)
            self.accepted = [one for one in self.accepted if one.fd in self.engine.resolvers]
            self.accepted.append(connection)
            self.engine.resolvers[opened] = connection
            connection.readable(opened)

    def close(self) -> None:
        """The port is given back, connections are cut."""
        for connection in self.accepted:
            connection.close()
        self.engine.resolvers.pop(self.fd, None)
        if self.fd in self.engine.process.fds:
            self.engine.process.close(self.fd)


@attrs.define(eq=False)
class Datagrams:
    """A UDP port of the daemon's."""

    engine: Engine
    fd: int
    hear: Callable[[str, Message], None]

    def send(self, address: str, port: int, message: Message) -> None:
        """Send a message; whether it arrives is the network's affair."""
        try:
            self.engine.process.sock(self.fd).sendto(encode(message), IPv4.parse(address), port)
        except NetError:
            return

    def readable(self, fd: int) -> None:
        """Messages came, or word of one that did not arrive."""
        sock = self.engine.process.sock(fd)
        while True:
            try:
                received = sock.recvfrom()
            except NetError:
                continue
            if received is None:
                return
            self.hear(str(received.src), decode(received.data))

    def close(self) -> None:
        """The port is given back."""
        self.engine.resolvers.pop(self.fd, None)
        if self.fd in self.engine.process.fds:
            self.engine.process.close(self.fd)


def listen(engine: Engine, port: int, hear: Callable[[Connection, Message], None], lost: Callable[[Connection], None]) -> Listener:
    """Listen to a TCP port of every address; NetError when it is taken."""
    fd = bound(engine, SOCK_STREAM, port)
    engine.process.sock(fd).listen(4096)
    made = Listener(engine, fd, hear, lost)
    engine.resolvers[fd] = made
    return made


def datagrams(engine: Engine, port: int, hear: Callable[[str, Message], None]) -> Datagrams:
    """The same for UDP."""
    made = Datagrams(engine, bound(engine, SOCK_DGRAM, port), hear)
    engine.resolvers[made.fd] = made
    return made


def bound(engine: Engine, kind: int, port: int) -> int:
    """A descriptor bound to a port of every address of both families; NetError when it is taken."""
    fd = engine.process.socket(AF_INET6, kind)
    try:
        engine.process.sock(fd).bind(IPv6(0), port)
    except NetError:
        engine.process.close(fd)
        raise
    return fd


def connect(engine: Engine, address: str, port: int) -> int:
    """A descriptor whose connection is on its way; NetError when there is none."""
    fd = engine.process.socket(AF_INET, SOCK_STREAM)
    try:
        engine.process.sock(fd).connect(IPv4.parse(address), port)
    except NetError as error:
        if error.errno != EINPROGRESS:
            engine.process.close(fd)
            raise
    return fd


def ask(engine: Engine, address: str, port: int, message: Message, patience: int = PATIENCE) -> Message:
    """Send a request over a connection of its own and let virtual time pass until its answer is there; NetError when none comes."""
    fd = connect(engine, address, port)
    clock, process = engine.machine.kernel.clock, engine.process
    deadline, received = clock.now + patience, b""
    try:
        sock = process.sock(fd)
        sock.send(encode(message))
        while not received.endswith(b"\n"):
            data = sock.recv()
            if data == b"":
                raise NetError(ECONNRESET if received else ECONNREFUSED)
            if data:
                received += data
                continue
            due = clock.next_time()
            if due is None or due > deadline or process.status is not None:
                clock.run_until(deadline)
                raise NetError(ETIMEDOUT)
            clock.step()
    finally:
        if fd in process.fds:
            process.close(fd)
    return decode(received)
