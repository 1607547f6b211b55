"""httpd of BusyBox: the files of a directory, with its own headers and error pages (networking/httpd.c)."""

from __future__ import annotations

import contextlib
from typing import Any
from urllib.parse import unquote

import attrs

from netsim.addr import IPV6_ANY, IPv4, IPv6
from netsim.clock import SECOND, US
from netsim.errors import EADDRNOTAVAIL, ENOENT, ENOTDIR, NetError, strerror
from netsim.machine.call import Call, Program, Result
from netsim.machine.getopt import Grammar
from netsim.machine.nodes import Directory
from netsim.programs.busybox.applet import Options, die, die_errno, ended, name_of, read_options
from netsim.programs.http.message import Request, Response, http_date
from netsim.programs.http.server import HttpServer, Peer
from netsim.programs.net.resolver import numeric

GRAMMAR = Grammar("ifv", "curhpmed")
BACKLOG = 9
FOUND = 200
OPENING_TIME = 50 * US
"""From the headers to the file."""
TYPES = {
    "txt": "text/plain", "h": "text/plain", "c": "text/plain", "cc": "text/plain", "cpp": "text/plain", "htm": "text/html", "html": "text/html",
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "png": "image/png", "svg": "image/svg+xml", "css": "text/css",
    "js": "application/javascript", "wav": "audio/wav", "avi": "video/x-msvideo", "mov": "video/quicktime", "mpeg": "video/mpeg", "mp3": "audio/mpeg",
}  # fmt: skip
PHRASES = {200: "OK", 302: "Found", 400: "Bad Request", 404: "Not Found", 501: "Not Implemented"}
EXPLAINED = {400: "Unsupported method", 404: "The requested URL was not found", 501: "The requested method is not recognized"}
UNMODELLED = {"i": "inetd mode", "c": "configuration files", "u": "changing the user", "r": "authentication", "m": "MD5 crypt"}


def httpd(call: Call) -> Any:
    """httpd (BusyBox)."""
    return ended(_httpd, call)


def _httpd(call: Call) -> Result | Program:
    applet = name_of(call)
    options = read_options(call, GRAMMAR)
    if "d" in options:
        return Result(unquote(options.get("d").replace("+", " ")))
    if "e" in options:
        return Result("".join(letter if letter.isalnum() else f"&#{ord(letter)};" for letter in options.get("e")))
    for letter, what in UNMODELLED.items():
        if letter in options:
            raise die(applet, f"netsim: -{letter} ({what}) is not modelled")
    home = options.get("h", call.proc.cwd)
    home = home if home.startswith("/") else f"{call.proc.cwd.rstrip('/')}/{home}"
    node = call.machine.files.stat(call.proc, home)
    if not isinstance(node, Directory):
        raise die(applet, f"can't change directory to '{options.get('h')}': {strerror(ENOENT if node is None else ENOTDIR)}")
    server = Httpd(HomeSite(home), *_where(applet, options.get("p", "80")), backlog=BACKLOG)
    server.family = 2 if isinstance(server.address, IPv4) else 10
    server.site.loudness = options.count("v")
    return _serving(call, applet, options, server)


def _where(applet: str, word: str) -> tuple[IPv4 | IPv6, int]:
    """`[IP:]PORT`."""
    host, _, port = word.rpartition(":")
    address = numeric(host.strip("[]")) if host else IPV6_ANY
    if not port.isdigit() or address is None:
        raise die(applet, f"bad address '{word}'")
    if int(port) > 65535:
        raise die_errno(applet, "bind", NetError(EADDRNOTAVAIL))
    return address, int(port)


def _serving(call: Call, applet: str, options: Options, server: Httpd) -> Result | Program:
    """In the foreground, or as a child that stays while the command ends."""
    if "f" in options:
        try:
            server.listen(call.proc)
        except NetError as error:
            raise die_errno(applet, "bind", error) from None
        return server
    child = call.machine.spawn(call.proc, call.argv, fds={}, program=server)
    return Result() if child.status is None else Result("", f"{applet}: bind: {strerror(server.site.failure)}\n", 1)


@attrs.define(eq=False)
class Httpd(HttpServer):
    """The server; in the background a port it cannot have ends it. Files are sent after their headers, not with them (`sendfile`)."""

    bodies: dict[int, bytes] = attrs.field(factory=dict)
    """By connection: what is still to be sent."""

    def started(self, proc: Any) -> None:
        """Listen, unless it was done before."""
        try:
            HttpServer.started(self, proc)
        except NetError as error:
            self.site.failure = error.errno
            proc.exit(1)

    def _answer(self, proc: Any, fd: int, response: Response) -> None:
        if response.status != FOUND or not response.body:
            super()._answer(proc, fd, response)
            return
        self.bodies[fd] = response.body
        with contextlib.suppress(NetError):
            proc.sock(fd).send(response.before_body())
        proc.timer(OPENING_TIME, fd)

    def timer(self, proc: Any, token: Any) -> None:
        """The file is open: send it."""
        body = self.bodies.pop(token, b"")
        if token in self.pending:
            self.end(proc, token, body)


@attrs.define(eq=False)
class HomeSite:
    """Files below `home`; `loudness` is how often -v was given."""

    home: str
    loudness: int = 0
    failure: int = 0

    def respond(self, proc: Any, request: Request, peer: Peer) -> Response:
        """The file, the way to a directory, or an error page."""
        if self.loudness > 1:
            self._log(proc, peer, f"url:{request.target}")
        if not request.version.startswith("HTTP/"):
            return self._error(proc, peer, 400)
        path = _inside(unquote(request.target.split("?")[0]))
        if path is None:
            return self._error(proc, peer, 400)
        if request.method not in ("GET", "HEAD"):
            return self._error(proc, peer, 501)
        files, full = proc.machine.files, self.home.rstrip("/") + path
        node = files.stat(proc, full)
        if isinstance(node, Directory):
            if not path.endswith("/"):
                return self._answer(proc, peer, 302, (("Content-type", "text/html"), ("Location", path + "/")), b"")
            full += "index.html"
            node = files.stat(proc, full)
        if node is None or isinstance(node, Directory):
            return self._error(proc, peer, 404)
        body = files.read(proc, full)
        changed = proc.machine.epoch + getattr(node, "changed", 0)
        kind = TYPES.get(full.rpartition("/")[2].rpartition(".")[2]) if "." in full.rpartition("/")[2] else None
        headers = (
            *((("Content-type", kind),) if kind else ()), ("Accept-Ranges", "bytes"), ("Last-Modified", http_date(changed)),
            ("ETag", f'"{changed // SECOND:x}-{len(body):x}"'), ("Content-Length", str(len(body))),
        )  # fmt: skip
        return self._answer(proc, peer, 200, headers, b"" if request.method == "HEAD" else body)

    def reject(self, proc: Any, line: str, peer: Peer) -> Response:
        """400."""
        return self._error(proc, peer, 400)

    def _error(self, proc: Any, peer: Peer, status: int) -> Response:
        title = f"{status} {PHRASES[status]}"
        page = f"<HTML><HEAD><TITLE>{title}</TITLE></HEAD>\n<BODY><H1>{title}</H1>\n{EXPLAINED[status]}\n</BODY></HTML>\n"
        return self._answer(proc, peer, status, (("Content-type", "text/html"),), page.encode())

    def _answer(self, proc: Any, peer: Peer, status: int, headers: tuple[tuple[str, str], ...], body: bytes) -> Response:
        if self.loudness:
            self._log(proc, peer, f"response:{status}")
        return Response(status, PHRASES[status], (("Date", http_date(proc.wall_clock())), ("Connection", "close"), *headers), body)

    def _log(self, proc: Any, peer: Peer, text: str) -> None:
        if 2 in proc.fds:
            proc.write(2, f"[{peer}]:{peer.port}: {text}\n" if ":" in peer else f"{peer}:{peer.port}: {text}\n")


def _inside(target: str) -> str | None:
    """The path with `.` and `..` worked out; None when it leads outside."""
    if not target.startswith("/"):
        return None
    kept: list[str] = []
    for part in target.split("/")[1:]:
        if part == "..":
            if not kept:
                return None
            kept.pop()
        elif part not in ("", "."):
            kept.append(part)
    path = "/" + "/".join(kept)
    return path + "/" if target.endswith(("/", "/.", "/..")) and path != "/" else path
