"""curl as it runs: one URL after the other (tool_operate.c, url.c, connect.c, http.c)."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from urllib.parse import urljoin, urlsplit

import attrs

from netsim.addr import IPv4
from netsim.clock import MS, SECOND
from netsim.errors import NetError, strerror
from netsim.machine.call import Call, Program, Result
from netsim.machine.hostnames import inet_aton, inet_pton6
from netsim.programs.curl import meter
from netsim.programs.curl.options import Options, read
from netsim.programs.http.exchange import CONNECTING, CUT_SHORT, DONE, LOST, NO_ANSWER, NO_BIND, NO_CONNECTION, NO_HOST, NOT_HTTP, RESOLVING, Exchange

MAX_TIME, CONNECT_TIME = "max time", "connect time"
CONNECT_LIMIT = 300 * SECOND
REDIRECTS = (301, 302, 303, 307, 308)


def curl(call: Call) -> Result | Program:
    """curl [options] URL..."""
    options = read(call)
    return options if isinstance(options, Result) else Curl(options)


@attrs.define(eq=False)
class Curl(Program):
    """One curl; `exchange` is the transfer under way, `at` the URL's place."""

    options: Options
    at: int = -1
    url: str = ""
    exchange: Exchange | None = None
    status: int = 0
    redirects: int = 0
    began: int = 0
    alarm: int = 0
    connect_alarm: int = 0
    told: int = 0
    is_connected: bool = False

    def started(self, proc: Any) -> None:
        """The first URL."""
        self._next(proc)

    # output ------------------------------------------------------------------------------------------------------------

    def _err(self, proc: Any, text: str) -> None:
        if 2 in proc.fds and text:
            proc.write(2, text)

    def _note(self, proc: Any, text: str) -> None:
        if self.options.has("verbose"):
            self._err(proc, f"* {text}\n")

    @property
    def _has_meter(self) -> bool:
        return not (self.options.has("silent") or self.options.has("no-progress-meter"))

    def _meter(self, proc: Any, total: int, received: int) -> None:
        if self._has_meter:
            self._err(proc, meter.line(total, received, proc.now() - self.began))

    # transfers ---------------------------------------------------------------------------------------------------------

    def _next(self, proc: Any) -> None:
        self.at += 1
        if self.at >= len(self.options.urls):
            proc.exit(self.status)
            return
        self.redirects = 0
        self.began = proc.now()
        if self.options.max_time:
            self.alarm = proc.timer(self.options.max_time, MAX_TIME)
        self._fetch(proc, self.options.urls[self.at])

    def _fetch(self, proc: Any, url: str) -> None:
        if "://" not in url:
            url = f"http://{url}"
        self.url = url
        try:
            parts = urlsplit(url)
            port = parts.port or 80
        except ValueError:
            self._end(proc, 3, "URL using bad/illegal format or missing URL")
            return
        if parts.scheme != "http":
            text = (
                f"netsim: {parts.scheme} is not modelled, only http"
                if parts.scheme in ("https", "ftp", "file", "telnet")
                else (f'Protocol "{parts.scheme}" not supported or disabled in libcurl')
            )
            self._end(proc, 1, text)
            return
        if not parts.hostname:
            self._end(proc, 3, "URL using bad/illegal format or missing URL")
            return
        self.exchange = self._prepare(proc, parts, parts.hostname, port)
        self.told, self.is_connected = 0, False
        if self._has_meter and not self.redirects:
            self._err(proc, meter.HEAD)
            self._meter(proc, 0, 0)
        self.connect_alarm = proc.timer(self.options.connect_timeout or CONNECT_LIMIT, CONNECT_TIME)
        self.exchange.begin(proc)
        self._look(proc)

    def _prepare(self, proc: Any, parts: Any, host: str, port: int) -> Exchange:
        options = self.options
        body = b"&".join(options.data)
        path = parts.path or "/"
        query = parts.query
        if options.has("get") and body:
            query, body = "&".join(word for word in (query, body.decode("utf-8", "surrogateescape")) if word), b""
        method = options.method or ("HEAD" if options.has("head") else "POST" if options.data and not options.has("get") else "GET")
        shown_host = f"[{host}]" if ":" in host else host
        lines = [f"{method} {path}{'?' + query if query else ''} HTTP/{'1.0' if options.has('http1.0') else '1.1'}"]
        own = {header.partition(":")[0].lower(): header for header in options.headers}
        fields = [("Host", shown_host if port == 80 else f"{shown_host}:{port}")]
        if options.user:
            fields.append(("Authorization", "Basic " + b64encode(options.user.encode("utf-8", "surrogateescape")).decode()))
        fields += [("User-Agent", options.agent), ("Accept", "*/*")]
        fields += [("Referer", options.referer)] if options.referer else []
        fields += [("Cookie", options.cookie)] if options.cookie else []
        lines += [
            own.pop(name.lower()) if name.lower() == "host" and "host" in own else f"{name}: {value}"
            for name, value in fields
            if name.lower() not in own or name == "Host"
        ]
        lines += [header for header in own.values() if header.partition(":")[2].strip()]
        if options.data and not options.has("get"):
            lines.append(f"Content-Length: {len(body)}")
            if "content-type" not in own:
                lines.append("Content-Type: application/x-www-form-urlencoded")
        request = ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape") + body
        exchange = Exchange(self._resolved(host, port), port, request, 2 if options.has("ipv4") else 10 if options.has("ipv6") else 0)
        exchange.without_body = int(method == "HEAD")
        exchange.local_port = options.local_port
        self._bind_to(proc, exchange)
        return exchange

    def _resolved(self, host: str, port: int) -> str:
        for entry in self.options.resolve:
            name, _, rest = entry.partition(":")
            number, _, address = rest.partition(":")
            if name == host and number == str(port):
                return address.split(",")[0]
        return host

    def _bind_to(self, proc: Any, exchange: Exchange) -> None:
        name = self.options.interface
        if not name:
            return
        plain = name.removeprefix("if!").removeprefix("host!")
        if proc.netns.device(plain) is not None and not name.startswith("host!"):
            exchange.device = plain
        else:
            exchange.source = inet_aton(plain) or inet_pton6(plain)
            if exchange.source is None:
                exchange.device = plain

    def _look(self, proc: Any) -> None:
        """What has become of the exchange: tell it, and go on when it is over."""
        exchange = self.exchange
        if exchange is None or proc.status is not None:
            return
        self._tell_attempts(proc, exchange)
        if exchange.stage not in (RESOLVING, CONNECTING) and not self.is_connected and exchange.attempts and not exchange.attempts[-1][1]:
            self._connected(proc, exchange)
        if exchange.stage == DONE:
            self._received(proc, exchange)
        elif exchange.is_over:
            self._failed(proc, exchange)

    def _tell_attempts(self, proc: Any, exchange: Exchange) -> None:
        if not self.options.has("verbose"):
            return
        while self.told < 2 * len(exchange.attempts):
            address, error = exchange.attempts[self.told // 2]
            if self.told % 2 == 0:
                shown = str(address) if isinstance(address, IPv4) else f"[{address}]"
                self._err(proc, f"*   Trying {shown}:{exchange.port}...\n")
            elif error == 115:
                return
            elif error:
                self._err(proc, f"* connect to {address} port {exchange.port} failed: {strerror(error)}\n")
            self.told += 1

    def _connected(self, proc: Any, exchange: Exchange) -> None:
        self.is_connected = True
        if self.connect_alarm:
            proc.cancel_timer(self.connect_alarm)
            self.connect_alarm = 0
        self._note(proc, f"Connected to {exchange.host} ({exchange.attempts[-1][0]}) port {exchange.port} (#0)")
        if self.options.has("verbose"):
            head, _, body = exchange.request.decode("utf-8", "surrogateescape").partition("\r\n\r\n")
            self._err(proc, "".join(f"> {line}\r\n" for line in head.split("\r\n")) + "> \r\n")
            if body:
                self._err(proc, f"}} [{len(body)} bytes data]\n")

    # endings -----------------------------------------------------------------------------------------------------------

    def _show_head(self, proc: Any, exchange: Exchange) -> None:
        response = exchange.response
        assert response is not None
        if self.options.has("verbose"):
            if response.version == "HTTP/1.0":
                self._note(proc, "HTTP 1.0, assume close after body")
            self._err(proc, "".join(f"< {line}\r\n" for line in response.head.replace("\r\n", "\n").split("\n")[:-1]))
            if exchange.body:
                self._err(proc, f"{{ [{len(exchange.body)} bytes data]\n")

    def _received(self, proc: Any, exchange: Exchange) -> None:
        response = exchange.response
        assert response is not None
        self._show_head(proc, exchange)
        location = response.header("location")
        if self.options.has("location") and response.status in REDIRECTS and location:
            self._note(proc, "Closing connection 0")
            if self.redirects >= self.options.max_redirects:
                self._end(proc, 47, f"Maximum ({self.options.max_redirects}) redirects followed")
                return
            self.redirects += 1
            if response.status in (301, 302, 303) and self.options.data:
                self.options.data.clear()
            self._fetch(proc, urljoin(self.url, location))
            return
        if self.options.has("fail") and response.status >= 400:
            self._note(proc, f"The requested URL returned error: {response.status}")
            self._meter(proc, len(exchange.body), 0)
            self._finish_meter(proc)
            self._note(proc, "Closing connection 0")
            self._end(proc, 22, f"The requested URL returned error: {response.status}")
            return
        self._deliver(proc, exchange, response.head if self.options.has("include") or self.options.has("head") else "")

    def _deliver(self, proc: Any, exchange: Exchange, head: str) -> None:
        self._meter(proc, len(exchange.body), len(exchange.body))
        self._finish_meter(proc)
        keeps = (
            exchange.response is not None
            and exchange.response.version == "HTTP/1.1"
            and (exchange.response.header("connection") or "").lower() != "close"
        )
        self._note(proc, f"Connection #0 to host {exchange.host} left intact" if keeps else "Closing connection 0")
        self._write(proc, head.encode("utf-8", "surrogateescape") + exchange.body)
        if proc.status is None:
            self._end(proc, 0, "")

    def _finish_meter(self, proc: Any) -> None:
        if self._has_meter:
            self._err(proc, "\n")

    def _write(self, proc: Any, data: bytes) -> None:
        name = self.options.outputs[self.at] if self.at < len(self.options.outputs) else ""
        if name == "\0":
            name = urlsplit(self.url).path.rpartition("/")[2]
            if not name:
                self._end(proc, 23, "Remote file name has no length!")
                return
        if not name or name == "-":
            if data and 1 in proc.fds:
                proc.write(1, data)
            return
        try:
            fd = proc.open(name, "w")
            proc.write(fd, data)
            proc.close(fd)
        except NetError as error:
            self._err(proc, f"Warning: Failed to open the file {name}: {strerror(error.errno)}\n")
            self._end(proc, 23, "Failed writing body")

    def _failed(self, proc: Any, exchange: Exchange) -> None:
        failure, host, port = exchange.failure, exchange.host, exchange.port
        took = (proc.now() - exchange.began) // MS
        if failure == NO_HOST:
            self._note(proc, f"Could not resolve host: {host}")
            self._note(proc, "Closing connection 0")
            self._end(proc, 6, f"Could not resolve host: {host}")
            return
        texts = {
            NO_CONNECTION: (7, f"Failed to connect to {host} port {port} after {took} ms: Couldn't connect to server"),
            NO_BIND: (45, f"Couldn't bind to '{self.options.interface}'"),
            NO_ANSWER: (52, "Empty reply from server"),
            NOT_HTTP: (1, "Received HTTP/0.9 when not allowed"),
            LOST: (56, f"Recv failure: {strerror(exchange.errno)}"),
        }
        status, text = texts.get(failure, (18, ""))
        total = 0
        if failure == CUT_SHORT and exchange.response is not None:
            total = int(exchange.response.header("content-length") or 0)
            text = f"transfer closed with {total - len(exchange.body)} bytes remaining to read"
            self._show_head(proc, exchange)
        elif failure == CUT_SHORT:
            text = "transfer closed with outstanding read data remaining"
        if status in (7, 52):
            self._note(proc, text)
        self._meter(proc, total, len(exchange.body) if total else 0)
        self._finish_meter(proc)
        self._note(proc, "Closing connection 0")
        if failure == CUT_SHORT and exchange.body and 1 in proc.fds:
            proc.write(1, exchange.body)
        self._end(proc, status, text)

    def _end(self, proc: Any, status: int, text: str) -> None:
        """This URL is done with."""
        for alarm in (self.alarm, self.connect_alarm):
            if alarm:
                proc.cancel_timer(alarm)
        self.alarm = self.connect_alarm = 0
        if status and text and (not self.options.has("silent") or self.options.has("show-error")):
            self._err(proc, f"curl: ({status}) {text}\n")
        exchange, self.exchange = self.exchange, None
        if self.options.write_out and 1 in proc.fds:
            proc.write(1, self._written_out(proc, exchange))
        self.status = status or self.status
        if proc.status is None:
            self._next(proc)

    def _written_out(self, proc: Any, exchange: Exchange | None) -> str:
        text = self.options.write_out
        for letter, meant in (("\\n", "\n"), ("\\r", "\r"), ("\\t", "\t")):
            text = text.replace(letter, meant)
        response = exchange.response if exchange else None
        good = exchange is not None and bool(exchange.attempts) and not exchange.attempts[-1][1]
        spent = proc.now() - self.began
        connect = (exchange.connected_at - exchange.began) if exchange and exchange.connected_at else 0
        sock_ends = (str(exchange.attempts[-1][0]), str(exchange.port)) if exchange and good else ("", "0")
        values = {
            "http_code": f"{response.status if response else 0:03d}", "response_code": f"{response.status if response else 0:03d}",
            "size_download": str(len(exchange.body) if exchange else 0), "remote_ip": sock_ends[0], "remote_port": sock_ends[1],
            "url_effective": self.url + ("/" if not urlsplit(self.url).path else ""), "url": self.options.urls[min(self.at, len(self.options.urls) - 1)],
            "content_type": (response.header("content-type") or "") if response else "", "num_redirects": str(self.redirects),
            "time_total": _seconds(spent), "time_connect": _seconds(connect), "time_starttransfer": _seconds(spent if response else 0),
            "time_namelookup": _seconds(0), "time_pretransfer": _seconds(connect), "num_connects": str(int(good)), "scheme": "HTTP",
            "http_version": response.version[5:] if response else "0", "exitcode": str(self.status), "method": "GET", "size_header": str(len(response.head) if response else 0),
        }  # fmt: skip
        for name, value in values.items():
            text = text.replace(f"%{{{name}}}", value)
        return text.replace("%%", "%")

    # events ------------------------------------------------------------------------------------------------------------

    def readable(self, proc: Any, fd: int) -> None:
        """Something came for the exchange."""
        if self.exchange is not None:
            self.exchange.readable(proc, fd)
            self._look(proc)

    def writable(self, proc: Any, fd: int) -> None:
        """A connection was made or refused."""
        if self.exchange is not None:
            self.exchange.writable(proc, fd)
            self._look(proc)

    def timer(self, proc: Any, token: Any) -> None:
        """A wait is over."""
        exchange = self.exchange
        if exchange is None:
            return
        if token not in (MAX_TIME, CONNECT_TIME):
            exchange.timer(proc, token)
            self._look(proc)
            return
        took = (proc.now() - self.began) // MS
        exchange.stop(proc)
        self._meter(proc, 0, 0)
        self._finish_meter(proc)
        self._note(proc, "Closing connection 0")
        if exchange.stage == RESOLVING:
            text = f"Resolving timed out after {took} milliseconds"
        elif exchange.stage == CONNECTING:
            text = (
                f"Connection timed out after {took} milliseconds"
                if token == MAX_TIME
                else f"Failed to connect to {exchange.host} port {exchange.port} after {took} ms: Timeout was reached"
            )
        else:
            text = f"Operation timed out after {took} milliseconds with {len(exchange.body)} bytes received"
        self.connect_alarm = 0 if token == CONNECT_TIME else self.connect_alarm
        self._end(proc, 28, text)


def _seconds(ns: int) -> str:
    return f"{ns // SECOND}.{ns % SECOND // 1000:06d}"
