"""`python3 -m http.server`: a directory served as Python's own server does (Lib/http/server.py of 3.11)."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from posixpath import normpath
from typing import Any
from urllib.parse import quote, unquote

import attrs

from netsim.addr import IPV4_ANY, IPV6_ANY, IPv4, IPv6
from netsim.clock import SECOND
from netsim.errors import NetError, strerror
from netsim.machine.call import Call, Program, Result
from netsim.machine.nodes import Directory
from netsim.machine.process import Process
from netsim.programs.http.message import Request, Response, http_date
from netsim.programs.http.server import HttpServer
from netsim.programs.net.resolver import getaddrinfo

AF_INET, SOCK_DGRAM = 2, 2

SERVER = "SimpleHTTP/0.6 Python/3.11.2"
EXPLAINED = {
    400: "Bad request syntax or unsupported method",
    404: "Nothing matches the given URI",
    501: "Server does not support this operation",
}
TYPES = {".html": "text/html", ".htm": "text/html", ".txt": "text/plain", ".json": "application/json", ".css": "text/css", ".py": "text/x-python",
         ".js": "text/javascript", ".png": "image/png", ".jpg": "image/jpeg", ".gz": "application/gzip", ".sh": "application/x-sh"}  # fmt: skip
ERROR_PAGE = """<!DOCTYPE HTML>
<html lang="en">
    <head>
        <meta charset="utf-8">
        <title>Error response</title>
    </head>
    <body>
        <h1>Error response</h1>
        <p>Error code: {status}</p>
        <p>Message: {message}.</p>
        <p>Error code explanation: {status} - {explained}.</p>
    </body>
</html>
"""
USAGE = "usage: server.py [-h] [--cgi] [-b ADDRESS] [-d DIRECTORY] [-p VERSION] [port]\n"


@attrs.define(eq=False)
class DirectorySite:
    """Files below a directory, each request logged to standard error."""

    root: str

    def _log(self, proc: Any, peer: str, text: str) -> None:
        moment = datetime.fromtimestamp(proc.wall_clock() // SECOND, UTC)
        if 2 in proc.fds:
            proc.write(2, f"{peer} - - [{moment:%d/%b/%Y %H:%M:%S}] {text}\n")

    def respond(self, proc: Any, request: Request, peer: str) -> Response:
        """The file, a listing, or an error."""
        line = f"{request.method} {request.target} {request.version}"
        if request.method not in ("GET", "HEAD"):
            return self._error(proc, peer, line, 501, f"Unsupported method ({request.method!r})", "")
        response = self._find(proc, request, peer, line)
        return attrs.evolve(response, body=b"") if request.method == "HEAD" else response

    def reject(self, proc: Any, line: str, peer: str) -> Response:
        """400, as for garbage."""
        return self._error(proc, peer, line, 400, f"Bad request syntax ({line!r})", "")

    def _error(self, proc: Any, peer: str, line: str, status: int, message: str, phrase: str) -> Response:
        self._log(proc, peer, f"code {status}, message {message}")
        self._log(proc, peer, f'"{line}" {status} -')
        page = ERROR_PAGE.format(status=status, message=escape(message, quote=False), explained=EXPLAINED[status]).encode()
        headers = (("Server", SERVER), ("Date", http_date(proc.wall_clock())), ("Connection", "close"), ("Content-Type", "text/html;charset=utf-8"),
                   ("Content-Length", str(len(page))))  # fmt: skip
        return Response(status, phrase or message, headers, page, "HTTP/1.0")

    def _found(self, proc: Any, peer: str, line: str, status: int, phrase: str, headers: tuple[tuple[str, str], ...], body: bytes) -> Response:
        self._log(proc, peer, f'"{line}" {status} -')
        return Response(status, phrase, (("Server", SERVER), ("Date", http_date(proc.wall_clock())), *headers), body, "HTTP/1.0")

    def _find(self, proc: Any, request: Request, peer: str, line: str) -> Response:
        target = request.target.split("?")[0].split("#")[0]
        path = self.root.rstrip("/") + normpath("/" + unquote(target).lstrip("/"))
        files = proc.machine.files
        node = files.stat(proc, path)
        if isinstance(node, Directory):
            if not target.endswith("/"):
                return self._found(proc, peer, line, 301, "Moved Permanently", (("Location", target + "/"), ("Content-Length", "0")), b"")
            index = path.rstrip("/") + "/index.html"
            if files.stat(proc, index) is None:
                page = self._listing(proc, path, target)
                return self._found(
                    proc, peer, line, 200, "OK", (("Content-type", "text/html; charset=utf-8"), ("Content-Length", str(len(page)))), page
                )
            path, node = index, files.stat(proc, index)
        try:
            data = files.read(proc, path)
        except NetError:
            return self._error(proc, peer, line, 404, "File not found", "")
        kind = next((known for suffix, known in TYPES.items() if path.endswith(suffix)), "application/octet-stream")
        changed = proc.machine.epoch + getattr(node, "changed", 0)
        headers = (("Content-type", kind), ("Content-Length", str(len(data))), ("Last-Modified", http_date(changed)))
        return self._found(proc, peer, line, 200, "OK", headers, data)

    def _listing(self, proc: Any, path: str, target: str) -> bytes:
        title = f"Directory listing for {escape(unquote(target), quote=False)}"
        lines = ["<!DOCTYPE HTML>", '<html lang="en">', "<head>", '<meta charset="utf-8">', f"<title>{title}</title>", "</head>",
                 "<body>", f"<h1>{title}</h1>", "<hr>", "<ul>"]  # fmt: skip
        for name in sorted(proc.machine.files.listdir(proc, path), key=str.lower):
            node = proc.machine.files.stat(proc, f"{path.rstrip('/')}/{name}")
            slash = "/" if isinstance(node, Directory) else ""
            lines.append(f'<li><a href="{quote(name + slash)}">{escape(name + slash, quote=False)}</a></li>')
        return ("\n".join([*lines, "</ul>", "<hr>", "</body>", "</html>"]) + "\n").encode("utf-8", "surrogateescape")


@attrs.define(eq=False)
class PythonServer(HttpServer):
    """The server as a module: says where it serves, ends politely at Ctrl-C."""

    caught = frozenset({2})

    def signal(self, proc: Any, signum: int) -> None:
        """KeyboardInterrupt."""
        if signum == 2:
            proc.write(1, "\nKeyboard interrupt received, exiting.\n")
            proc.exit(0)
        else:
            proc.die(signum)


def python(call: Call) -> Result | Program:
    """python3: only `-m http.server` is modelled."""
    name = call.argv[0].rsplit("/", 1)[-1]
    words = list(call.argv[1:])
    if words in (["--version"], ["-V"]):
        return Result("Python 3.11.2\n")
    while words[:1] == ["-u"]:
        words.pop(0)
    if words[:1] == ["-mhttp.server"]:
        words[:1] = ["-m", "http.server"]
    if words[:2] != ["-m", "http.server"]:
        return Result("", f"{name}: netsim: a Python interpreter is not modelled, only `{name} -m http.server`; use nc or socat\n", 127)
    return serve(call, words[2:])


def _best_any(proc: Process) -> IPv4 | IPv6:
    """What getaddrinfo puts first where no name is given: 0.0.0.0 where this host reaches itself by IPv4, else the order is its own (`_get_best_family`)."""
    fd = proc.socket(AF_INET, SOCK_DGRAM)
    try:
        proc.sock(fd).connect(IPV4_ANY, 1)
    except NetError:
        return IPV6_ANY
    finally:
        proc.close(fd)
    return IPV4_ANY


def serve(call: Call, words: list[str]) -> Result | Program:
    """The arguments of the module."""
    bind, directory, port = "", call.proc.cwd, 8000
    while words:
        word = words.pop(0)
        if word in ("-b", "--bind", "-d", "--directory") and words:
            value = words.pop(0)
            bind, directory = (value, directory) if word in ("-b", "--bind") else (bind, value)
        elif word.isdigit():
            port = int(word)
        elif word.startswith("-"):
            return Result("", f"{USAGE}server.py: error: unrecognized arguments: {word}\n", 2)
        else:
            return Result("", f"{USAGE}server.py: error: argument port: invalid int value: {word!r}\n", 2)
    address: Any = _best_any(call.proc)
    if bind:
        lookup = getaddrinfo(call.proc, bind)
        if not lookup.done or lookup.error:
            return Result("", f"Traceback (most recent call last):\nsocket.gaierror: [Errno -2] {lookup.error or 'Name or service not known'}\n", 1)
        address = lookup.found[0]
    root = directory if directory.startswith("/") else f"{call.proc.cwd.rstrip('/')}/{directory}"
    server = PythonServer(DirectorySite(root), address, port, 2 if isinstance(address, IPv4) else 10)
    try:
        server.listen(call.proc)
    except NetError as error:
        return Result("", f"Traceback (most recent call last):\nOSError: [Errno {error.errno}] {strerror(error.errno)}\n", 1)
    shown = str(address) if isinstance(address, IPv4) else f"[{address}]"
    call.proc.write(1, f"Serving HTTP on {address} port {port} (http://{shown}:{port}/) ...\n")
    return server
