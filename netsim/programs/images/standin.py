"""A server in place of a program that netsim does not have: it listens where that one would, answers HTTP with its host's name, and says nothing else."""

from __future__ import annotations

import itertools
from typing import Any

import attrs

from netsim.addr import IPV4_ANY, IPV6_ANY
from netsim.errors import NetError, strerror
from netsim.machine.call import Call, Exec, Invoked, Program, Result
from netsim.machine.process import SIGINT, SIGQUIT, SIGTERM
from netsim.programs.http.message import Request, Response, http_date
from netsim.programs.images.web import EchoServer

AF_INET, AF_INET6, STREAM, DATAGRAM, BACKLOG = 2, 10, 1, 2, 511
METHODS = (b"GET ", b"HEAD", b"POST", b"PUT ", b"DELE", b"OPTI", b"PATC")


@attrs.define(eq=False)
class StandIn(Program):
    """Connections are taken and kept; a request in HTTP is answered and ends its connection; datagrams are taken without an answer."""

    caught = frozenset({SIGTERM, SIGINT, SIGQUIT})
    ports: tuple[tuple[int, str], ...]
    listeners: list[int] = attrs.field(factory=list)
    datagrams: list[int] = attrs.field(factory=list)
    clients: dict[int, bytes] = attrs.field(factory=dict)

    def listen(self, proc: Any) -> None:
        """Bind everything; NetError."""
        for number, protocol in self.ports:
            for family in (AF_INET, AF_INET6):
                fd = proc.socket(family, STREAM if protocol == "tcp" else DATAGRAM)
                sock = proc.sock(fd)
                sock.set("reuseaddr", 1)
                if family == AF_INET6:
                    sock.set("v6only", 1)
                sock.bind(IPV4_ANY if family == AF_INET else IPV6_ANY, number)
                if protocol == "tcp":
                    sock.listen(BACKLOG)
                    self.listeners.append(fd)
                else:
                    self.datagrams.append(fd)

    def readable(self, proc: Any, fd: int) -> None:
        """A client, what one says, or a datagram."""
        if fd in self.listeners:
            while (child := proc.sock(fd).accept()) is not None:
                self.clients[proc.accepted(child)] = b""
        elif fd in self.datagrams:
            while proc.sock(fd).recvfrom() is not None:
                pass
        else:
            self._hear(proc, fd)

    def _hear(self, proc: Any, fd: int) -> None:
        while fd in self.clients:
            try:
                data = proc.sock(fd).recv()
            except NetError:
                data = b""
            if data is None:
                return
            self.clients[fd] = (self.clients[fd] + data)[-65536:]
            if self.clients[fd].startswith(METHODS) and b"\r\n\r\n" in self.clients[fd]:
                self._answer(proc, fd)
                data = b""
            if not data:
                del self.clients[fd]
                proc.close(fd)

    def _answer(self, proc: Any, fd: int) -> None:
        body = b"" if self.clients[fd].startswith(b"HEAD") else f"{proc.hostname()}\n".encode()
        head = f"HTTP/1.1 200 OK\r\nDate: {http_date(proc.wall_clock())}\r\nServer: netsim stand-in\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        try:
            proc.sock(fd).send(head.encode() + body)
        except NetError:
            return

    def signal(self, proc: Any, signum: int) -> None:
        """Asked to end, it ends well."""
        proc.exit(0)


def standin(call: Call) -> Result | Program:
    """stand-in [PORT[/udp]]... [-- WORDS]: what follows `--` is meant for the program it stands for."""
    words = list(call.argv[1:])
    words = words[: words.index("--")] if "--" in words else words
    wanted = []
    for word in words:
        number, _, protocol = word.partition("/")
        if not number.isdigit() or not 0 < int(number) < 65536 or protocol not in ("", "tcp", "udp"):
            return Result("", f"stand-in: netsim: not a port: {word}\n", 1)
        wanted.append((int(number), protocol or "tcp"))
    server = StandIn(tuple(dict.fromkeys(wanted)))
    try:
        server.listen(call.proc)
    except NetError as error:
        return Result("", f"stand-in: netsim: bind: {strerror(error.errno)}\n", 1)
    return server


SERVERS = ("server", "start", "run", "serve")


def entrypoint(call: Call) -> Result | Program | Exec:
    """docker-entrypoint.sh PORT... -- WORDS: a program that is simulated is run; what is the server's own, or nothing, starts the stand-in."""
    words = list(call.argv[1:])
    own, said = words[: words.index("--")], tuple(words[words.index("--") + 1 :])
    name = said[0].rpartition("/")[2] if said else ""
    is_server = not said or name.startswith("-") or name.endswith(("d", "server")) or name in SERVERS
    if said and (not is_server or call.machine.command(call.proc, said[0]) is not None):
        return Exec(said)
    return standin(Invoked(call.proc, ("stand-in", *own)))


def hello(call: Call) -> Result:
    """hello-world's program."""
    return Result("\nHello from Docker!\nThis message shows that your installation appears to be working correctly.\n\n")


@attrs.define(eq=False)
class Echo:
    """One text as the answer to every request."""

    text: str

    def respond(self, proc: Any, request: Request, peer: str) -> Response:
        """The text."""
        body = f"{self.text}\n".encode()
        headers = (("X-App-Name", "http-echo"), ("X-App-Version", "1.0.0"), ("Date", http_date(proc.wall_clock())), ("Content-Length", str(len(body))),
                   ("Content-Type", "text/plain; charset=utf-8"))  # fmt: skip
        return Response(200, "OK", headers, body)

    def reject(self, proc: Any, line: str, peer: str) -> Response:
        """400."""
        return Response(400, "Bad Request", (("Connection", "close"),), b"400 Bad Request")


def http_echo(call: Call) -> Result | Program:
    """http-echo -text TEXT [-listen :PORT]."""
    text, port = call.proc.env.get("ECHO_TEXT", ""), 5678
    words = [part for word in call.argv[1:] for part in (word.split("=", 1) if word.startswith("-") else [word])]
    for name, value in itertools.pairwise(words):
        if name in ("-text", "--text"):
            text = value
        elif name in ("-listen", "--listen"):
            number = value.rpartition(":")[2]
            port = int(number) if number.isdigit() and 0 < int(number) < 65536 else 0
    if not text or not port:
        return Result("", "Missing -text option!\n" if not text else f"http-echo: netsim: -listen {port} makes no sense\n", 127)
    server = EchoServer(Echo(text), IPV4_ANY, port, backlog=BACKLOG)
    try:
        server.listen(call.proc)
    except NetError as error:
        return Result("", f"[ERR] Server exited with: listen tcp :{port}: bind: {strerror(error.errno).lower()}\n", 1)
    return server
