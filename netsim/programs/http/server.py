"""A web server: takes connections, reads requests, asks its site for answers. Any program with a site can be one."""

from __future__ import annotations

import contextlib
from typing import Any, Protocol

import attrs

from netsim.addr import IPv4
from netsim.errors import NetError
from netsim.machine.call import Program
from netsim.programs.http.message import Malformed, Request, Response, read_request

INET6, STREAM = 10, 1


class Peer(str):
    """Who asks: its address as text, with its port."""

    __slots__ = ("port",)
    port: int


class Site(Protocol):
    """What a server serves: an attrs object that answers requests."""

    def respond(self, proc: Any, request: Request, peer: Peer) -> Response:
        """The answer to a request from a peer; may log to standard error."""

    def reject(self, proc: Any, line: str, peer: Peer) -> Response:
        """The answer to bytes that are no request."""


@attrs.define(eq=False)
class FixedSite:
    """One body for every path, silent: what small test images serve."""

    body: bytes
    server: str = "httpd"
    content_type: str = "text/html"

    def respond(self, proc: Any, request: Request, peer: str) -> Response:
        """The body."""
        headers = (("Server", self.server), ("Content-Type", self.content_type), ("Content-Length", str(len(self.body))), ("Connection", "close"))
        return Response(200, "OK", headers, b"" if request.method == "HEAD" else self.body)

    def reject(self, proc: Any, line: str, peer: str) -> Response:
        """400."""
        return Response(400, "Bad Request", (("Connection", "close"),))


@attrs.define(eq=False)
class HttpServer(Program):
    """Serves a site on one address and port; connections end after one answer, as HTTP/1.0 servers do."""

    site: Any
    address: Any
    port: int
    family: int = 2
    backlog: int = 5
    listener: int = -1
    pending: dict[int, bytes] = attrs.field(factory=dict)

    def listen(self, proc: Any) -> None:
        """Bind and listen; NetError."""
        self.listener = proc.socket(self.family, STREAM)
        sock = proc.sock(self.listener)
        sock.set("reuseaddr", 1)
        sock.bind(self.address, self.port)
        sock.listen(self.backlog)

    def started(self, proc: Any) -> None:
        """Listen, unless it was done before."""
        if self.listener < 0:
            self.listen(proc)

    def readable(self, proc: Any, fd: int) -> None:
        """A connection, or a request on one."""
        if fd != self.listener:
            self._serve(proc, fd)
            return
        while (child := proc.sock(fd).accept()) is not None:
            served = proc.accepted(child)
            self.pending[served] = b""
            self._serve(proc, served)

    def _serve(self, proc: Any, fd: int) -> None:
        if fd not in self.pending:
            return
        try:
            data = proc.sock(fd).recv()
        except NetError:
            data = b""
        if data is None:
            return
        self.pending[fd] += data
        address = proc.sock(fd).raddr
        peer = Peer(f"::ffff:{address}" if self.family == INET6 and isinstance(address, IPv4) else str(address))
        peer.port = proc.sock(fd).rport
        try:
            found = read_request(self.pending[fd])
        except Malformed as problem:
            self._answer(proc, fd, self.site.reject(proc, str(problem), peer))
            return
        if found is not None:
            self._answer(proc, fd, self.site.respond(proc, found[0], peer))
        elif not data:
            self._close(proc, fd)

    def _answer(self, proc: Any, fd: int, response: Response) -> None:
        self.end(proc, fd, response.encode())

    def end(self, proc: Any, fd: int, data: bytes) -> None:
        """Send the last there is, and close."""
        with contextlib.suppress(NetError):
            proc.sock(fd).send(data)
        self._close(proc, fd)

    def _close(self, proc: Any, fd: int) -> None:
        del self.pending[fd]
        proc.close(fd)
