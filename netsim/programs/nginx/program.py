"""nginx as a program: reads its configuration, finds its upstreams, listens, and answers or passes on what is asked."""

from __future__ import annotations

import contextlib
import posixpath
from typing import Any

import attrs

from netsim.addr import IPv4, IPv6
from netsim.clock import SECOND
from netsim.errors import NetError, strerror
from netsim.machine.call import Program
from netsim.machine.nodes import Directory
from netsim.machine.process import SIGHUP, SIGINT, SIGQUIT, SIGTERM
from netsim.programs.http.exchange import DONE, NO_CONNECTION, Exchange
from netsim.programs.http.message import Malformed, Request, Response, http_date, read_request
from netsim.programs.net.resolver import LOOKUP_TIMER, Lookup, getaddrinfo, numeric
from netsim.programs.nginx import pages
from netsim.programs.nginx.config import PLACE, ConfigProblem, NoEvents, read
from netsim.programs.nginx.requests import ACCESS_LOG, Asked, clf_time, log_time, normal, note, pids, span, variables
from netsim.programs.nginx.sites import COMBINED, ROOT, Location, Peer, Sites, Upstream, build, expanded, find, is_allowed

STREAM, BACKLOG, MOST_TURNS = 1, 511, 10
FAILED_FOR, PATIENCE = 10 * SECOND, 60 * SECOND
NOT_PASSED = frozenset(("host", "connection", "keep-alive", "te", "transfer-encoding", "upgrade", "content-length", "expect"))
NOT_PASSED_BACK = frozenset(("server", "date", "content-type", "content-length", "connection", "transfer-encoding", "keep-alive", "x-pad", "status"))


@attrs.define(eq=False)
class Nginx(Program):
    """One nginx, master and workers in one process."""

    place: str = PLACE
    testing: bool = False
    sites: Sites = attrs.field(factory=Sites)
    listeners: dict[int, tuple[str, int]] = attrs.field(factory=dict)
    pending: dict[int, bytes] = attrs.field(factory=dict)
    asked: dict[int, Asked] = attrs.field(factory=dict)
    """Requests that wait for an upstream, by the client's descriptor."""
    unknown: list[tuple[Upstream, Peer]] = attrs.field(factory=list)
    lookup: Lookup | None = None
    fresh: Sites | None = None
    """What was read and is not served yet."""
    count: int = 0
    caught = frozenset({SIGTERM, SIGINT, SIGQUIT, SIGHUP})

    def started(self, proc: Any) -> None:
        """Read the configuration."""
        self._load(proc)

    # configuration ------------------------------------------------------------------------------------------------------

    def _load(self, proc: Any) -> None:
        try:
            tree, unmodelled = read(proc, self.place)
            self.fresh = build(tree)
        except ConfigProblem as problem:
            if self.testing and isinstance(problem, NoEvents):
                proc.write(2, f"nginx: the configuration file {self.place} syntax is ok\n")
            self._emergency(proc, str(problem), problem.level)
            return
        proc.machine.kernel.unmodelled.extend(unmodelled)
        for warning in self.fresh.warnings:
            proc.write(2, f"{log_time(proc)} [warn] {pids(proc)}: {warning}\nnginx: [warn] {warning}\n")
        self.unknown = [(upstream, peer) for upstream in self.fresh.upstreams.values() for peer in upstream.peers]
        self._next_name(proc)

    def _emergency(self, proc: Any, text: str, level: str = "emerg") -> None:
        """What makes the configuration useless: a start fails, a reload leaves things as they are."""
        self.fresh = None
        if 2 in proc.fds:
            proc.write(2, f"{log_time(proc)} [{level}] {pids(proc)}: {text}\n" + ("" if self.listeners else f"nginx: [{level}] {text}\n"))
        if self.testing:
            proc.write(2, f"nginx: configuration file {self.place} test failed\n")
        if not self.listeners:
            proc.exit(1)

    def _next_name(self, proc: Any) -> None:
        """Hosts of upstreams are looked up once, when the configuration is read."""
        while self.unknown and proc.status is None:
            upstream, peer = self.unknown[0]
            address = numeric(peer.host)
            if address is not None:
                upstream.addresses.append((peer, address))
                self.unknown.pop(0)
                continue
            self.lookup = getaddrinfo(proc, peer.host)
            if not self.lookup.done:
                return
            self._named(proc)
            if self.fresh is None:
                return
        if proc.status is None and self.fresh is not None:
            self._serve_from_now_on(proc)

    def _named(self, proc: Any) -> None:
        lookup, self.lookup = self.lookup, None
        assert lookup is not None
        upstream, peer = self.unknown.pop(0)
        if lookup.error:
            self.unknown.clear()
            self._emergency(proc, f'host not found in upstream "{peer.written}" in {peer.where}')
            return
        upstream.addresses += [(peer, address) for address in dict.fromkeys(lookup.found)]

    def _serve_from_now_on(self, proc: Any) -> None:
        fresh, self.fresh = self.fresh, None
        assert fresh is not None
        if self.testing:
            proc.write(2, f"nginx: the configuration file {self.place} syntax is ok\nnginx: configuration file {self.place} test is successful\n")
            proc.exit(0)
            return
        wanted = fresh.listens()
        for fd, place in list(self.listeners.items()):
            if place not in wanted:
                del self.listeners[fd]
                proc.close(fd)
        for host, port in wanted:
            if (host, port) in self.listeners.values():
                continue
            try:
                self._listen(proc, host, port)
            except NetError as error:
                shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
                text = f"bind() to {shown} failed ({error.errno}: {strerror(error.errno)})"
                self.listeners.clear()
                proc.write(2, f"{log_time(proc)} [emerg] {pids(proc)}: {text}\nnginx: [emerg] {text}\n")
                proc.exit(1)
                return
        self.sites = fresh

    def _listen(self, proc: Any, host: str, port: int) -> None:
        address = numeric(host)
        assert address is not None
        fd = proc.socket(2 if isinstance(address, IPv4) else 10, STREAM)
        sock = proc.sock(fd)
        sock.set("reuseaddr", 1)
        if isinstance(address, IPv6):
            sock.set("v6only", 1)
        try:
            sock.bind(address, port)
        except NetError:
            proc.close(fd)
            raise
        sock.listen(BACKLOG)
        self.listeners[fd] = (host, port)

    # what comes in ------------------------------------------------------------------------------------------------------

    def readable(self, proc: Any, fd: int) -> None:
        """A connection, a request on one, an upstream's answer, or a name server's."""
        if self.lookup is not None and fd == self.lookup.fd:
            self.lookup.readable(proc)
            self._looked_up(proc)
        elif fd in self.listeners:
            while fd in self.listeners and (child := proc.sock(fd).accept()) is not None:
                served = proc.accepted(child)
                self.pending[served] = b""
                self._read(proc, served)
        elif fd in self.pending:
            self._read(proc, fd)
        else:
            for asked in list(self.asked.values()):
                if asked.exchange is not None and not asked.exchange.is_over:
                    asked.exchange.readable(proc, fd)
                    self._passed(proc, asked)

    def writable(self, proc: Any, fd: int) -> None:
        """A connection to an upstream was decided."""
        for asked in list(self.asked.values()):
            if asked.exchange is not None and not asked.exchange.is_over:
                asked.exchange.writable(proc, fd)
                self._passed(proc, asked)

    def timer(self, proc: Any, token: Any) -> None:
        """A name server was silent, or an upstream."""
        if token == LOOKUP_TIMER and self.lookup is not None:
            self.lookup.timed_out(proc)
            self._looked_up(proc)
        elif isinstance(token, tuple):
            asked = self.asked.get(token[0])
            if asked is not None and asked.number == token[1] and asked.exchange is not None and asked.peer == token[2]:
                asked.timed_out = True
                asked.exchange.stop(proc)
                self._failed(proc, asked, "upstream timed out (110: Connection timed out) while connecting to upstream")

    def _looked_up(self, proc: Any) -> None:
        if self.lookup is not None and self.lookup.done:
            self._named(proc)
            if self.fresh is not None:
                self._next_name(proc)

    def signal(self, proc: Any, signum: int) -> None:
        """SIGHUP: read the configuration again; others end it."""
        if signum == SIGHUP:
            self._load(proc)
        else:
            proc.exit(0)

    def _read(self, proc: Any, fd: int) -> None:
        if fd in self.asked:
            return
        try:
            data = proc.sock(fd).recv()
        except NetError:
            data = b""
        if data is None:
            return
        self.pending[fd] += data
        client = str(proc.sock(fd).raddr).removeprefix("::ffff:")
        try:
            found = read_request(self.pending[fd])
        except Malformed as problem:
            proc.write(1, f'{client} - - [{clf_time(proc)}] "{problem}" 400 157 "-" "-" "-"\n')
            self._end(proc, fd, pages.answer(proc, 400, "text/html", pages.page(400)).encode())
            return
        if found is not None:
            self._ask(proc, fd, found[0], client)
        elif not data:
            self._end(proc, fd, b"")

    def _end(self, proc: Any, fd: int, data: bytes) -> None:
        with contextlib.suppress(NetError):
            if data:
                proc.sock(fd).send(data)
        self.pending.pop(fd, None)
        self.asked.pop(fd, None)
        proc.close(fd)

    def _ask(self, proc: Any, fd: int, request: Request, client: str) -> None:
        self.count += 1
        address, port = proc.sock(fd).getsockname()[:2]
        server = self.sites.server((str(address), port), request.header("host") or "")
        path = normal(request.target.partition("?")[0])
        asked = Asked(fd, request, client, proc.sock(fd).rport, server, self.count, path, server.whole)
        if "return" in server.whole.plain:
            self._return(proc, asked, server.whole)
        else:
            self._locate(proc, asked)

    # what a location does -----------------------------------------------------------------------------------------------

    def _locate(self, proc: Any, asked: Asked) -> None:
        """Find the location of the path, and do what it says."""
        asked.turns += 1
        if asked.turns > MOST_TURNS:
            self._log(proc, asked, 'rewrite or internal redirection cycle while internally redirecting to "' + asked.path + '"')
            self._send(proc, asked, pages.answer(proc, 500, "text/html", pages.page(500)))
            return
        location = asked.location = find(asked.server.locations, asked.path, asked.server.whole)
        if "return" in location.plain and location is not asked.server.whole:
            self._return(proc, asked, location)
        elif not is_allowed(location, asked.client):
            self._log(proc, asked, "access forbidden by rule")
            self._fail(proc, asked, 403)
        elif "try_files" in location.plain:
            self._try_files(proc, asked, location)
        else:
            self._content(proc, asked, location)

    def _content(self, proc: Any, asked: Asked, location: Location) -> None:
        if location.upstream is not None:
            self._pass_on(proc, asked, location.upstream)
        else:
            self._static(proc, asked, location)

    def _return(self, proc: Any, asked: Asked, location: Location) -> None:
        words = location.plain["return"]
        code, text = (words[0], words[1] if len(words) > 1 else "") if words[0].isdigit() else ("302", words[0])
        status, told = int(code), expanded(text, self._values(proc, asked))
        if status == 444:
            self._end(proc, asked.fd, b"")
        elif status in pages.MOVED:
            self._moved(proc, asked, status, told)
        elif text:
            self._send(proc, asked, pages.answer(proc, status, pages.kind(asked.path, location.one("default_type", "text/plain")), told.encode()))
        elif status >= 400:
            self._fail(proc, asked, status)
        else:
            self._send(proc, asked, pages.answer(proc, status, "", b""))

    def _moved(self, proc: Any, asked: Asked, status: int, where: str) -> None:
        values = self._values(proc, asked)
        inside = where.startswith("/")
        port = "" if values["server_port"] == "80" else f":{values['server_port']}"
        place = ("Location", f"http://{values['host']}{port}{where}" if inside else where)
        made = pages.answer(proc, status, "text/html", pages.page(status), () if inside else (place,))
        if inside:
            made = attrs.evolve(made, headers=(*made.headers[:-1], place, made.headers[-1]))
        self._send(proc, asked, made)

    def _file_of(self, location: Location, path: str) -> str:
        if "alias" in location.plain:
            return location.one("alias") + path[len(location.path) :]
        return location.one("root", "/etc/nginx/html" if not location.plain.get("root") else ROOT).rstrip("/") + path

    def _try_files(self, proc: Any, asked: Asked, location: Location) -> None:
        *tried, last = location.plain["try_files"]
        for text in tried:
            path = expanded(text, self._values(proc, asked))
            node = proc.machine.files.stat(proc, self._file_of(location, path).rstrip("/") or "/")
            if node is not None and isinstance(node, Directory) == text.endswith("/"):
                asked.path = path
                self._content(proc, asked, location)
                return
        if last.startswith("="):
            self._fail(proc, asked, int(last[1:]))
        elif last.startswith("@"):
            named = next((one for one in asked.server.locations if one.kind == "@" and f"@{one.path}" in (last, f"@{last}")), None)
            named = named or next((one for one in asked.server.locations if one.path == last), None)
            if named is None:
                self._fail(proc, asked, 500)
            else:
                asked.location = named
                self._return(proc, asked, named) if "return" in named.plain else self._content(proc, asked, named)
        else:
            asked.path = normal(expanded(last, self._values(proc, asked)).partition("?")[0])
            self._locate(proc, asked)

    def _static(self, proc: Any, asked: Asked, location: Location) -> None:
        """A file below the root, or a directory's index."""
        if asked.request.method not in ("GET", "HEAD"):
            self._fail(proc, asked, 405)
            return
        path, files = self._file_of(location, asked.path), proc.machine.files
        if asked.path.endswith("/"):
            for index in location.plain.get("index", ("index.html",)):
                if files.stat(proc, posixpath.join(path, index)) is not None:
                    asked.path = index if index.startswith("/") else asked.path + index
                    again = find(asked.server.locations, asked.path, asked.server.whole)
                    self._locate(proc, asked) if again is not location else self._static(proc, asked, location)
                    return
            if isinstance(files.stat(proc, path), Directory):
                self._log(proc, asked, f'directory index of "{path}" is forbidden')
                self._fail(proc, asked, 403)
                return
        elif isinstance(files.stat(proc, path), Directory):
            query = asked.request.target.partition("?")
            self._moved(proc, asked, 301, f"{asked.path}/{query[1]}{query[2]}")
            return
        try:
            data = files.read(proc, path)
        except NetError as error:
            self._log(proc, asked, f'open() "{path}" failed ({error.errno}: {strerror(error.errno)})')
            self._fail(proc, asked, 404)
            return
        self._send(proc, asked, pages.answer(proc, 200, pages.kind(path, location.one("default_type", "text/plain")), data))

    def _fail(self, proc: Any, asked: Asked, status: int) -> None:
        """A special page, or what `error_page` says."""
        for words in asked.location.lists.get("error_page", ()) if not asked.failing else ():
            *codes, target = words
            other = next((word for word in codes if word.startswith("=")), "")
            if str(status) not in codes:
                continue
            asked.failing = True
            asked.status = int(other[1:]) if other[1:].isdigit() else 0 if other == "=" else status
            if target.startswith(("http://", "https://")):
                asked.status = 0
                self._moved(proc, asked, 302, target)
                return
            if target.startswith("@"):
                named = next(
                    (one for one in asked.server.locations if one.path in (target, target[1:]) and (one.kind == "@" or one.path == target)), None
                )
                if named is not None:
                    asked.location = named
                    self._return(proc, asked, named) if "return" in named.plain else self._content(proc, asked, named)
                    return
            asked.path, asked.request = target, attrs.evolve(asked.request, method="HEAD" if asked.request.method == "HEAD" else "GET")
            self._locate(proc, asked)
            return
        self._send(proc, asked, pages.answer(proc, asked.status or status, "text/html", pages.page(asked.status or status)))

    # upstreams ----------------------------------------------------------------------------------------------------------

    def _pass_on(self, proc: Any, asked: Asked, upstream: Upstream) -> None:
        asked.waiting = upstream.order(proc.now())
        self.asked[asked.fd] = asked
        if not asked.waiting:
            self._log(proc, asked, "no live upstreams while connecting to upstream", f"http://{upstream.name}{self._target(asked)}")
            upstream.failed.clear()
            self._fail(proc, asked, 502)
            return
        self._next_peer(proc, asked)

    def _next_peer(self, proc: Any, asked: Asked) -> None:
        asked.peer = asked.waiting.pop(0)
        peer, address = asked.peer
        self.count += 1  # connections of both sides are numbered together
        asked.exchange = Exchange(str(address), peer.port, self._message(proc, asked), without_body=int(asked.request.method == "HEAD"))
        proc.timer(span(asked.location.one("proxy_connect_timeout"), PATIENCE), (asked.fd, asked.number, asked.peer))
        asked.exchange.begin(proc)
        self._passed(proc, asked)

    def _target(self, asked: Asked) -> str:
        """The path that the upstream is asked for: the location's part gives way to a path behind the address, if there is one."""
        url = asked.location.one("proxy_pass")
        rest = url.partition("://")[2]
        if "/" not in rest:
            return asked.request.target
        _, mark, query = asked.request.target.partition("?")
        return f"/{rest.partition('/')[2]}{asked.path[len(asked.location.path) :] if not asked.location.pattern else ''}{mark}{query}"

    def _message(self, proc: Any, asked: Asked) -> bytes:
        request, values = asked.request, self._values(proc, asked)
        given = {name: expanded(value, values) for name, value in asked.location.lists.get("proxy_set_header", ())}
        lower = {name.lower() for name in given}
        lines = [] if "host" in lower else [("Host", values["proxy_host"])]
        lines += list(given.items())
        lines += [] if "connection" in lower else [("Connection", "close")]
        lines += [("Content-Length", str(len(request.body)))] if request.body else []
        lines += [(name, value) for name, value in request.headers if name.lower() not in NOT_PASSED | lower]
        version = asked.location.one("proxy_http_version", "1.0")
        head = f"{request.method} {self._target(asked)} HTTP/{version}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines if value)
        return (head + "\r\n").encode("utf-8", "surrogateescape") + request.body

    def _passed(self, proc: Any, asked: Asked) -> None:
        """See whether the upstream has answered, or never will."""
        exchange = asked.exchange
        if exchange is None or not exchange.is_over or asked.fd not in self.asked or asked.timed_out:
            return
        asked.exchange = None
        if exchange.stage == DONE and exchange.response is not None:
            self._send(proc, asked, self._passed_back(proc, asked, exchange))
            return
        errno = exchange.attempts[-1][1] if exchange.attempts else 0
        if exchange.failure == NO_CONNECTION:
            why = f"connect() failed ({errno}: {strerror(errno)}) while connecting to upstream"
        else:
            why = "upstream prematurely closed connection while reading response header from upstream"
        self._failed(proc, asked, why)

    def _failed(self, proc: Any, asked: Asked, why: str) -> None:
        assert asked.peer is not None
        peer, address = asked.peer
        self._log(proc, asked, why, f"http://{f'[{address}]' if isinstance(address, IPv6) else address}:{peer.port}{self._target(asked)}")
        upstream = asked.location.upstream
        if upstream is not None and len(upstream.addresses) > 1:
            upstream.failed[str(address), peer.port] = proc.now() + FAILED_FOR
        was_late, asked.timed_out, asked.exchange = asked.timed_out, False, None
        if asked.waiting:
            self._next_peer(proc, asked)
        else:
            self._fail(proc, asked, 504 if was_late else 502)

    def _passed_back(self, proc: Any, asked: Asked, exchange: Exchange) -> Response:
        told = exchange.response
        assert told is not None
        headers = [("Server", pages.SERVER), ("Date", http_date(proc.wall_clock()))]
        kind = told.header("content-type")
        headers += [("Content-Type", kind)] if kind is not None else []
        length = told.header("content-length") if asked.request.method == "HEAD" else str(len(exchange.body))
        headers += [("Content-Length", length)] if length is not None else []
        headers += [("Connection", "close"), *((name, value) for name, value in told.headers if name.lower() not in NOT_PASSED_BACK)]
        return Response(told.status, told.reason, tuple(headers), exchange.body)

    # answers ------------------------------------------------------------------------------------------------------------

    def _send(self, proc: Any, asked: Asked, response: Response) -> None:
        status = asked.status or response.status
        values = self._values(proc, asked)
        more = [
            (words[0], expanded(words[1], values))
            for words in asked.location.lists.get("add_header", ())
            if status in pages.WITH_HEADERS or words[2:] == ("always",)
        ]
        reason = response.reason if status == response.status else pages.PHRASES.get(status, "")
        body = b"" if asked.request.method == "HEAD" else response.body
        whole = attrs.evolve(
            response, status=status, reason=reason, headers=(*response.headers, *((name, value) for name, value in more if value)), body=body
        )
        place, *form = asked.location.plain.get("access_log", (ACCESS_LOG,))
        if place != "off":
            told = {**values, "status": str(status), "body_bytes_sent": str(len(body))}
            note(proc, place, expanded(self.sites.formats.get((*form, "combined")[0], COMBINED), told, "-") + "\n")
        self._end(proc, asked.fd, whole.encode())

    def _log(self, proc: Any, asked: Asked, text: str, upstream: str = "") -> None:
        """A line of the error log."""
        request, name = asked.request, asked.server.names[0]
        line = f'{text}, client: {asked.client}, server: {name}, request: "{request.method} {request.target} {request.version}"'
        line += f', upstream: "{upstream}"' if upstream else ""
        host = request.header("host")
        if 2 in proc.fds:
            proc.write(2, f"{log_time(proc)} [error] {pids(proc)}: *{asked.number} {line}" + (f', host: "{host}"\n' if host is not None else "\n"))

    def _values(self, proc: Any, asked: Asked) -> dict[str, str]:
        return variables(proc, asked, self._file_of(asked.location, asked.path))
