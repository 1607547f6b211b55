"""redis and PostgreSQL as far as their ports show: connections taken, simple commands answered, clients logged."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import Any

import attrs

from netsim.addr import IPV4_ANY, IPV6_ANY
from netsim.clock import SECOND
from netsim.errors import EINPROGRESS, NetError, strerror
from netsim.machine.call import Call, Program, Result
from netsim.machine.process import SIGINT, SIGQUIT, SIGTERM
from netsim.programs.net.resolver import AF_INET, AF_INET6, LOOKUP_TIMER, Lookup, getaddrinfo

STREAM, REDIS_PORT, POSTGRES_PORT = 1, 6379, 5432
LONGEST_COMMAND = 1024 * 1024


def listen_everywhere(proc: Any, port: int, backlog: int) -> list[int]:
    """Sockets that listen on a port of every IPv4 and every IPv6 address; NetError."""
    found = []
    for family in (AF_INET, AF_INET6):
        fd = proc.socket(family, STREAM)
        sock = proc.sock(fd)
        sock.set("reuseaddr", 1)
        if family == AF_INET6:
            sock.set("v6only", 1)
        sock.bind(IPV4_ANY if family == AF_INET else IPV6_ANY, port)
        sock.listen(backlog)
        found.append(fd)
    return found


@attrs.define(eq=False)
class Redis(Program):
    """redis-server: a dictionary of strings behind a port."""

    caught = frozenset({SIGTERM, SIGINT})
    port: int = REDIS_PORT
    listeners: list[int] = attrs.field(factory=list)
    clients: dict[int, bytes] = attrs.field(factory=dict)
    values: dict[bytes, bytes] = attrs.field(factory=dict)

    def started(self, proc: Any) -> None:
        """Ready."""
        self._log(proc, "* Ready to accept connections tcp")

    def _log(self, proc: Any, text: str) -> None:
        moment = datetime.fromtimestamp(proc.wall_clock() // SECOND, UTC)
        proc.write(1, f"{proc.inner_pid()}:M {moment:%d %b %Y %H:%M:%S}.{proc.wall_clock() // 1_000_000 % 1000:03d} {text}\n")

    def signal(self, proc: Any, signum: int) -> None:
        """Ends at once: there is nothing to save."""
        self._log(proc, f"* Received {'SIGTERM' if signum == SIGTERM else 'SIGINT'} scheduling shutdown...")
        self._log(proc, "# Redis is now ready to exit, bye bye...")
        proc.exit(0)

    def readable(self, proc: Any, fd: int) -> None:
        """A client, or commands of one."""
        if fd in self.listeners:
            while (child := proc.sock(fd).accept()) is not None:
                self.clients[proc.accepted(child)] = b""
            return
        while fd in self.clients:
            try:
                data = proc.sock(fd).recv()
            except NetError:
                data = b""
            if data is None:
                return
            if not data:
                self._drop(proc, fd)
                return
            self.clients[fd] += data
            self._serve(proc, fd)

    def _drop(self, proc: Any, fd: int) -> None:
        del self.clients[fd]
        proc.close(fd)

    def _serve(self, proc: Any, fd: int) -> None:
        while fd in self.clients:
            found = read_command(self.clients[fd])
            if found is None:
                if len(self.clients[fd]) > LONGEST_COMMAND:
                    self._drop(proc, fd)
                return
            words, self.clients[fd] = found
            if not words:
                continue
            try:
                proc.sock(fd).send(self._answer(words))
            except NetError:
                self._drop(proc, fd)
                return
            if words[0].upper() == b"QUIT":
                self._drop(proc, fd)

    def _answer(self, words: list[bytes]) -> bytes:
        """The reply to a command in the protocol's own form."""
        name, given = words[0].upper(), words[1:]
        least = {b"GET": 1, b"SET": 2, b"DEL": 1, b"EXISTS": 1, b"INCR": 1, b"ECHO": 1, b"KEYS": 1}
        if len(given) < least.get(name, 0):
            return f"-ERR wrong number of arguments for '{name.decode('latin-1').lower()}' command\r\n".encode("latin-1")
        if name == b"PING":
            return _bulk(given[0]) if given else b"+PONG\r\n"
        if name == b"ECHO":
            return _bulk(given[0])
        if name == b"SET":
            self.values[given[0]] = given[1]
            return b"+OK\r\n"
        if name == b"GET":
            return _bulk(self.values.get(given[0]))
        if name in (b"DEL", b"EXISTS"):
            known = [key for key in given if key in self.values]
            if name == b"DEL":
                self.values = {key: value for key, value in self.values.items() if key not in known}
            return b":%d\r\n" % len(known)
        if name == b"INCR":
            return self._count(given[0])
        if name == b"KEYS" and given[0] == b"*":
            return b"*%d\r\n" % len(self.values) + b"".join(_bulk(key) for key in self.values)
        if name == b"DBSIZE":
            return b":%d\r\n" % len(self.values)
        if name == b"FLUSHALL":
            self.values.clear()
            return b"+OK\r\n"
        if name in (b"QUIT", b"SELECT", b"CLIENT"):
            return b"+OK\r\n"
        shown = name.decode("latin-1").lower()
        return f"-ERR unknown command '{shown}', with args beginning with: \r\n".encode("latin-1")

    def _count(self, key: bytes) -> bytes:
        try:
            value = int(self.values.get(key, b"0")) + 1
        except ValueError:
            return b"-ERR value is not an integer or out of range\r\n"
        self.values[key] = b"%d" % value
        return b":%d\r\n" % value


def _bulk(value: bytes | None) -> bytes:
    return b"$-1\r\n" if value is None else b"$%d\r\n%s\r\n" % (len(value), value)


def read_command(data: bytes) -> tuple[list[bytes], bytes] | None:
    """The first command, an array of strings or a line of words, and what follows it; None while it is incomplete."""
    line, newline, rest = data.partition(b"\n")
    if not newline:
        return None
    if not line.startswith(b"*"):
        return line.split(), rest
    words: list[bytes] = []
    count = line[1:].strip()
    for _ in range(int(count) if count.isdigit() else 0):
        head, newline, rest = rest.partition(b"\n")
        size = head[1:].strip()
        if not newline or not size.isdigit() or len(rest) < int(size) + 2:
            return None
        words.append(rest[: int(size)])
        rest = rest[int(size) + 2 :]
    return words, rest


REDIS_SETTINGS = frozenset(
    [
        "acllog-max-len",
        "appendfilename",
        "appendfsync",
        "appendonly",
        "bind",
        "cluster-announce-ip",
        "cluster-config-file",
        "cluster-enabled",
        "cluster-node-timeout",
        "databases",
        "dbfilename",
        "dir",
        "io-threads",
        "lazyfree-lazy-eviction",
        "logfile",
        "loglevel",
        "masterauth",
        "maxclients",
        "maxmemory",
        "maxmemory-policy",
        "maxmemory-samples",
        "min-replicas-to-write",
        "notify-keyspace-events",
        "protected-mode",
        "replica-announce-ip",
        "replica-read-only",
        "replicaof",
        "requirepass",
        "save",
        "slaveof",
        "stop-writes-on-bgsave-error",
        "tcp-backlog",
        "tcp-keepalive",
        "timeout",
        "user",
    ]
)
"""Settings of redis.conf that change nothing about who is answered on which port."""


def redis_server(call: Call) -> Result | Program:
    """redis-server [--port N]; other settings and a file of them are noted as not modelled."""
    words = list(call.argv[1:])
    port = REDIS_PORT
    while words:
        word = words.pop(0)
        if word == "--port" and words and words[0].isdigit() and int(words[0]) < 65536:
            port = int(words.pop(0))
        elif word[2:] in REDIS_SETTINGS and word.startswith("--"):
            values = []
            while words and not words[0].startswith("--"):
                values.append(words.pop(0))
            call.netns.kernel.unmodelled.append(" ".join(("redis-server", word, *values)))
        elif not word.startswith("-"):
            call.netns.kernel.unmodelled.append(f"redis-server {word}")
        else:
            return Result("", f"redis-server: netsim: the option {word} is not modelled\n", 1)
    server = Redis(port)
    try:
        server.listeners = listen_everywhere(call.proc, port, 511)
    except NetError as error:
        return Result("", f"Warning: Could not create server TCP listening socket *:{port}: bind: {strerror(error.errno)}\n", 1)
    return server


@attrs.define(eq=False)
class RedisClient(Program):
    """redis-cli with one command: sends it, prints the answer."""

    host: str
    port: int
    words: tuple[str, ...]
    lookup: Lookup | None = None
    fd: int = -1
    data: bytes = b""

    def started(self, proc: Any) -> None:
        """Look the host up."""
        self.lookup = getaddrinfo(proc, self.host)
        self._connect(proc)

    def _fail(self, proc: Any, reason: str) -> None:
        proc.write(2, f"Could not connect to Redis at {self.host}:{self.port}: {reason}\n")
        proc.exit(1)

    def _connect(self, proc: Any) -> None:
        lookup = self.lookup
        if lookup is None or not lookup.done:
            return
        self.lookup = None
        if lookup.error:
            self._fail(proc, lookup.error)
            return
        address = lookup.found[0]
        self.fd = proc.socket(AF_INET if ":" not in str(address) else AF_INET6, STREAM)
        try:
            proc.sock(self.fd).connect(address, self.port)
        except NetError as error:
            if error.errno != EINPROGRESS:
                self._fail(proc, strerror(error.errno))
            return
        self._send(proc)

    def writable(self, proc: Any, fd: int) -> None:
        """The connection is made or refused."""
        if fd == self.fd and not self.data:
            sock = proc.sock(fd)
            error, sock.so_error = sock.so_error, 0
            if error:
                self._fail(proc, strerror(error))
            else:
                self._send(proc)

    def _send(self, proc: Any) -> None:
        words = [word.encode("utf-8", "surrogateescape") for word in self.words]
        proc.sock(self.fd).send(b"*%d\r\n" % len(words) + b"".join(_bulk(word) for word in words))

    def readable(self, proc: Any, fd: int) -> None:
        """The answer of the server or of a name server."""
        if self.lookup is not None:
            self.lookup.readable(proc)
            self._connect(proc)
            return
        while fd == self.fd and proc.status is None:
            try:
                data = proc.sock(fd).recv()
            except NetError as error:
                self._fail(proc, strerror(error.errno))
                return
            if data is None:
                return
            self.data += data
            shown = reply_text(self.data)
            if shown is not None:
                proc.write(1, shown)
                proc.exit(0)
            elif not data:
                self._fail(proc, "Connection reset by peer")

    def timer(self, proc: Any, token: Any) -> None:
        """A name server was silent."""
        if token == LOOKUP_TIMER and self.lookup is not None:
            self.lookup.timed_out(proc)
            self._connect(proc)


def reply_text(data: bytes) -> str | None:
    """An answer as redis-cli prints it to what is no terminal; None while it is incomplete."""
    line, newline, rest = data.partition(b"\r\n")
    if not newline:
        return None
    kind, text = line[:1], line[1:].decode("utf-8", "surrogateescape")
    if kind in (b"+", b":", b"-"):
        return f"{text}\n"
    if kind == b"$":
        if text == "-1":
            return "\n"
        return rest[: int(text)].decode("utf-8", "surrogateescape") + "\n" if len(rest) >= int(text) + 2 else None
    out = ""
    for _ in range(int(text)):
        head, _, rest = rest.partition(b"\r\n")
        if not head or len(rest) < int(head[1:]) + 2:
            return None
        out += rest[: int(head[1:])].decode("utf-8", "surrogateescape") + "\n"
        rest = rest[int(head[1:]) + 2 :]
    return out or "\n"


def redis_cli(call: Call) -> Result | Program:
    """redis-cli [-h HOST] [-p PORT] COMMAND..."""
    words = list(call.argv[1:])
    host, port = "127.0.0.1", REDIS_PORT
    while len(words) > 1 and words[0] in ("-h", "-p"):
        option, value = words.pop(0), words.pop(0)
        if option == "-h":
            host = value
        elif value.isdigit() and int(value) < 65536:
            port = int(value)
    if not words:
        return Result("", "redis-cli: netsim: the interactive form is not modelled; give a command\n", 1)
    return RedisClient(host, port, tuple(words))


@attrs.define(eq=False)
class Postgres(Program):
    """A stand-in for PostgreSQL: takes connections on its port, says `pg` to each, and logs whom it served."""

    caught = frozenset({SIGTERM, SIGINT, SIGQUIT})
    listeners: list[int] = attrs.field(factory=list)

    def started(self, proc: Any) -> None:
        """Ready."""
        proc.write(2, f'LOG:  listening on IPv4 address "0.0.0.0", port {POSTGRES_PORT}\nLOG:  database system is ready to accept connections\n')

    def readable(self, proc: Any, fd: int) -> None:
        """Clients."""
        while fd in self.listeners and (child := proc.sock(fd).accept()) is not None:
            served = proc.accepted(child)
            address, port = proc.sock(served).getpeername()[:2]
            proc.write(2, f"LOG:  connection received: host={address} port={port}\n")
            with contextlib.suppress(NetError):
                proc.sock(served).send(b"pg\n")
            proc.close(served)

    def signal(self, proc: Any, signum: int) -> None:
        """Shut down."""
        proc.write(2, f"LOG:  received {'smart' if signum == SIGTERM else 'fast'} shutdown request\nLOG:  database system is shut down\n")
        proc.exit(0)


def postgres(call: Call) -> Result | Program:
    """postgres [-c NAME=VALUE]...: the stand-in; settings are noted as not modelled."""
    if call.argv[1:]:
        call.netns.kernel.unmodelled.append(" ".join(call.argv))
    server = Postgres()
    try:
        server.listeners = listen_everywhere(call.proc, POSTGRES_PORT, 128)
    except NetError as error:
        return Result("", f"FATAL:  could not create any TCP/IP sockets: {strerror(error.errno)}\n", 1)
    return server
