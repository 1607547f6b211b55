"""Apache's httpd and the training web application: files or a greeting over HTTP, each request logged with the client's address."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import attrs

from netsim.addr import IPV4_ANY, IPV6_ANY
from netsim.clock import SECOND
from netsim.errors import NetError, strerror
from netsim.machine.call import Call, Program, Result
from netsim.machine.nodes import Directory
from netsim.machine.process import SIGINT, SIGQUIT, SIGTERM
from netsim.programs.http.message import Request, Response, http_date
from netsim.programs.http.server import STREAM, HttpServer

AF_INET, AF_INET6, SIGWINCH, BACKLOG = 2, 10, 28, 511
TYPES = {"html": "text/html", "htm": "text/html", "txt": "text/plain", "css": "text/css", "js": "application/javascript", "json": "application/json",
         "png": "image/png", "jpg": "image/jpeg"}  # fmt: skip


def _clf_time(proc: Any) -> str:
    return f"{datetime.fromtimestamp(proc.wall_clock() // SECOND, UTC):%d/%b/%Y:%H:%M:%S +0000}"


def _file(proc: Any, root: str, target: str) -> bytes | None:
    """What a path below the root leads to; a directory's index; None when there is nothing to read."""
    path = root + target.partition("?")[0]
    if ".." in path.split("/"):
        return None
    if isinstance(proc.machine.files.stat(proc, path), Directory):
        path = path.rstrip("/") + "/index.html"
    try:
        data: bytes = proc.machine.files.read(proc, path)
    except NetError:
        return None
    return data


def _kind(target: str, default: str) -> str:
    path = target.partition("?")[0]
    return "text/html" if path.endswith("/") else TYPES.get(path.rpartition(".")[2], default)


PHRASES = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Not Allowed"}


def _bare(peer: str) -> str:
    return peer.removeprefix("::ffff:")


@attrs.define(eq=False)
class ApacheSite:
    """Static files as Apache's httpd serves them; the access log goes to standard output."""

    root: str = "/usr/local/apache2/htdocs"
    server: str = "Apache/2.4.62 (Unix)"

    def respond(self, proc: Any, request: Request, peer: str) -> Response:
        """The file or an error page."""
        data = _file(proc, self.root, request.target) if request.method in ("GET", "HEAD") else None
        status = 200 if data is not None else 404 if request.method in ("GET", "HEAD") else 405
        body = data if data is not None else self._page(status)
        return self._logged(proc, peer, f"{request.method} {request.target} {request.version}", status, body, request.method)

    def reject(self, proc: Any, line: str, peer: str) -> Response:
        """400."""
        return self._logged(proc, peer, line, 400, self._page(400), "GET")

    def _page(self, status: int) -> bytes:
        title = f"{status} {PHRASES[status]}"
        return f"<html><head>\n<title>{title}</title>\n</head><body>\n<h1>{PHRASES[status]}</h1>\n</body></html>\n".encode()

    def _logged(self, proc: Any, peer: str, line: str, status: int, body: bytes, method: str) -> Response:
        proc.write(1, f'{_bare(peer)} - - [{_clf_time(proc)}] "{line}" {status} {len(body)}\n')
        headers = (("Date", http_date(proc.wall_clock())), ("Server", self.server), ("Content-Length", str(len(body))), ("Connection", "close"),
                   ("Content-Type", "text/html"))  # fmt: skip
        return Response(status, PHRASES[status], headers, b"" if method == "HEAD" else body)


@attrs.define(eq=False)
class GreetingSite:
    """The training web application: a greeting at `/`, logged to standard error as Flask's own server does."""

    def respond(self, proc: Any, request: Request, peer: str) -> Response:
        """`Hello world!`, or another whom PROVIDER names."""
        is_found = request.target.partition("?")[0] == "/"
        body = f"Hello {proc.env.get('PROVIDER', 'world')}!".encode() if is_found else b"<h1>Not Found</h1>\n"
        return self._logged(proc, peer, f"{request.method} {request.target} {request.version}", 200 if is_found else 404, body)

    def reject(self, proc: Any, line: str, peer: str) -> Response:
        """400."""
        return self._logged(proc, peer, line, 400, b"")

    def _logged(self, proc: Any, peer: str, line: str, status: int, body: bytes) -> Response:
        moment = datetime.fromtimestamp(proc.wall_clock() // SECOND, UTC)
        proc.write(2, f'{_bare(peer)} - - [{moment:%d/%b/%Y %H:%M:%S}] "{line}" {status} -\n')
        headers = (("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body))), ("Server", "Werkzeug/0.9.4 Python/2.7.6"),
                   ("Date", http_date(proc.wall_clock())))  # fmt: skip
        return Response(status, PHRASES[status], headers, body, "HTTP/1.0")


@attrs.define(eq=False)
class WebServer(HttpServer):
    """A site on a port of every address, IPv4 and IPv6 by sockets of their own where IPv6 is asked for."""

    families: tuple[int, ...] = (AF_INET, AF_INET6)
    listeners: list[int] = attrs.field(factory=list)
    goodbye: str = ""

    def listen(self, proc: Any) -> None:
        """Bind and listen; NetError."""
        for family in self.families:
            fd = proc.socket(family, STREAM)
            sock = proc.sock(fd)
            sock.set("reuseaddr", 1)
            if family == AF_INET6:
                sock.set("v6only", 1)
            sock.bind(IPV4_ANY if family == AF_INET else IPV6_ANY, self.port)
            sock.listen(self.backlog)
            self.listeners.append(fd)
        self.listener = self.listeners[0]

    def readable(self, proc: Any, fd: int) -> None:
        """A connection, or a request on one."""
        if fd in self.listeners:
            self.listener = fd
        HttpServer.readable(self, proc, fd)

    def signal(self, proc: Any, signum: int) -> None:
        """Asked to end, it ends well."""
        if self.goodbye and 2 in proc.fds:
            proc.write(2, self.goodbye)
        proc.exit(0)


@attrs.define(eq=False)
class EchoServer(WebServer):
    """A server in Go: ends at SIGTERM, SIGINT and SIGQUIT."""

    caught = frozenset({SIGTERM, SIGINT, SIGQUIT})


@attrs.define(eq=False)
class Apache(WebServer):
    """Apache's httpd: ends at SIGTERM and, gracefully, at SIGWINCH."""

    caught = frozenset({SIGTERM, SIGWINCH})


@attrs.define(eq=False)
class Flask(WebServer):
    """Flask's development server: Python hears of SIGINT only."""

    caught = frozenset({SIGINT})


def httpd_foreground(call: Call) -> Result | Program:
    """httpd-foreground: Apache's httpd in the foreground."""
    server = Apache(ApacheSite(), IPV4_ANY, 80, backlog=BACKLOG, families=(AF_INET, AF_INET6))
    failure = "({errno}){reason}: AH00072: make_sock: could not bind to address 0.0.0.0:80\nno listening sockets available, shutting down\nAH00015: Unable to open logs\n"
    call.proc.write(
        2, "AH00558: httpd: Could not reliably determine the server's fully qualified domain name. Set the 'ServerName' directive globally\n"
    )
    return _listening(call, server, failure)


def webapp(call: Call) -> Result | Program:
    """python app.py: the training web application; other scripts are not modelled."""
    if call.argv[1:] != ("app.py",):
        from netsim.programs.http.python_server import python

        return python(call)
    word = call.proc.env.get("PORT", "5000")
    port = int(word) if word.isdigit() and int(word) < 65536 else 5000
    server = Flask(GreetingSite(), IPV4_ANY, port, backlog=128, families=(AF_INET,))
    outcome = _listening(call, server, "Traceback (most recent call last):\nsocket.error: [Errno {errno}] {reason}\n")
    if outcome is server:
        call.proc.write(2, f" * Running on http://0.0.0.0:{port}/\n")
    return outcome


def _listening(call: Call, server: WebServer, failure: str) -> Result | Program:
    try:
        server.listen(call.proc)
    except NetError as error:
        return Result("", failure.format(errno=error.errno, reason=strerror(error.errno)), 1)
    return server
