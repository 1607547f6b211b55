"""wget(1) 1.21 of GNU: one file after the other over HTTP (main.c, http.c, retr.c)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import attrs

from netsim.addr import IPv4
from netsim.clock import SECOND
from netsim.errors import ETIMEDOUT, NetError, strerror
from netsim.machine.call import Call, Program, Result
from netsim.machine.getopt import Grammar, OptionError, parse
from netsim.machine.hostnames import inet_pton6
from netsim.programs.http.exchange import CONNECTING, DONE, NO_CONNECTION, NO_HOST, Exchange
from netsim.programs.net.resolver import numeric

USAGE = "Usage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options.\n"
GRAMMAR = Grammar(
    "qSc46hVNv", "OTtPUowe",
    long={
        "quiet": ("q", ""), "output-document": ("O", "="), "timeout": ("T", "="), "tries": ("t", "="), "spider": ("spider", ""), "no-verbose": ("nv", ""),
        "server-response": ("S", ""), "directory-prefix": ("P", "="), "user-agent": ("U", "="), "header": ("header", "="), "connect-timeout": ("T", "="),
        "dns-timeout": ("T", "="), "read-timeout": ("T", "="), "no-check-certificate": ("k", ""), "inet4-only": ("4", ""), "inet6-only": ("6", ""),
        "help": ("h", ""), "version": ("V", ""), "no-proxy": ("np", ""), "post-data": ("post", "="), "method": ("method", "="), "bind-address": ("bind", "="),
        "waitretry": ("w", "="), "continue": ("c", ""), "max-redirect": ("max-redirect", "="), "progress": ("progress", "="),
    },
)  # fmt: skip
REPORTED = {"c": "resuming", "o": "log files", "e": "commands of wgetrc", "N": "comparing times", "k": "TLS", "w": "pauses between tries"}
DEADLINE = "deadline"
DEFAULT_TIMEOUT = 900 * SECOND
REDIRECTS = (301, 302, 303, 307, 308)


@attrs.define
class Options:
    """What was asked for; `timeout` in ns."""

    letters: set[str] = attrs.field(factory=set)
    output: str = ""
    prefix: str = ""
    agent: str = "Wget/1.21.3"
    headers: list[str] = attrs.field(factory=list)
    timeout: int = DEFAULT_TIMEOUT
    tries: int = 20
    method: str = "GET"
    data: bytes = b""
    source: str = ""

    def has(self, letter: str) -> bool:
        """Whether an option was given."""
        return letter in self.letters


def wget(call: Call) -> Result | Program:
    """wget [OPTION]... URL..."""
    words = ["--no-verbose" if word == "-nv" else word for word in call.argv[1:]]
    try:
        found, urls = parse(words, GRAMMAR)
    except OptionError as problem:
        return Result("", f"wget: {problem}\n{USAGE}", 2)
    options = Options()
    for option in found:
        value = option.argument or ""
        options.letters.add(option.name)
        if option.name in REPORTED:
            call.machine.kernel.unmodelled.append(f"wget -{option.name}: {REPORTED[option.name]}")
        field = {"O": "output", "P": "prefix", "U": "agent", "method": "method", "bind": "source"}.get(option.name)
        if field:
            setattr(options, field, value)
        elif option.name == "header":
            options.headers.append(value)
        elif option.name == "post":
            options.method, options.data = "POST", value.encode("utf-8", "surrogateescape")
        elif option.name in ("T", "t"):
            try:
                number = float(value)
            except ValueError:
                return Result(
                    "",
                    f"wget: {'--timeout' if option.name == 'T' else '--tries'}: Invalid {'time period' if option.name == 'T' else 'number'} ‘{value}’\n",
                    2,
                )
            if option.name == "T":
                options.timeout = int(number * SECOND)
            else:
                options.tries = int(number)
    if options.has("V"):
        return Result("GNU Wget 1.21.3 built on linux-gnu.\n")
    if options.has("h"):
        return Result("GNU Wget 1.21.3, a non-interactive network retriever.\n" + USAGE)
    if not urls:
        return Result("", f"wget: missing URL\n{USAGE}", 1)
    return Wget(options, [url if "://" in url else f"http://{url}" for url in urls])


def problem_with(url: str) -> str:
    """What is wrong with the host and port of a URL, in wget's words (`url_parse`); empty when nothing is."""
    place = re.split("[/?#]", url.partition("://")[2], maxsplit=1)[0].rpartition("@")[2]
    host, colon, port = place.partition(":")
    if place.startswith("["):
        host, closed, rest = place[1:].partition("]")
        if not closed:
            return "Unterminated IPv6 numeric address"
        if inet_pton6(host) is None:
            return "Invalid IPv6 numeric address"
        colon, port = rest[:1], rest[1:]
    elif "[" in host or "]" in host:
        return "Invalid host name"
    is_port = not port or (port.isascii() and port.isdecimal() and int(port[:6]) < 65536)
    return "" if not colon or is_port else "Bad port number"


@attrs.define(eq=False)
class Wget(Program):
    """One wget."""

    options: Options
    urls: list[str]
    at: int = -1
    url: str = ""
    exchange: Exchange | None = None
    status: int = 0
    attempt: int = 1
    redirects: int = 0
    alarm: int = 0
    has_connected: bool = False

    def _say(self, proc: Any, text: str) -> None:
        if not self.options.has("q") and not self.options.has("nv") and 2 in proc.fds:
            proc.write(2, text)

    def _complain(self, proc: Any, text: str) -> None:
        if not self.options.has("q") and 2 in proc.fds:
            proc.write(2, text)

    def _stamp(self, proc: Any) -> str:
        return f"{datetime.fromtimestamp(proc.wall_clock() // SECOND, UTC):%Y-%m-%d %H:%M:%S}"

    def started(self, proc: Any) -> None:
        """The first URL."""
        self._next(proc)

    def _next(self, proc: Any) -> None:
        self.at += 1
        if self.at >= len(self.urls):
            proc.exit(self.status)
            return
        self.redirects, self.attempt = 0, 1
        self._fetch(proc, self.urls[self.at])

    def _fetch(self, proc: Any, url: str) -> None:
        self.url = url
        wrong = problem_with(url)
        if wrong:
            self._complain(proc, f"{url}: {wrong}.\n")
            self._done(proc, 1)
            return
        parts = urlsplit(url)
        if parts.scheme != "http":
            known = parts.scheme in ("https", "ftp")
            self._complain(proc, f"{url}: netsim: {parts.scheme} is not modelled.\n" if known else f"{url}: Unsupported scheme ‘{parts.scheme}’.\n")
            self._done(proc, 1)
            return
        if not parts.hostname:
            self._complain(proc, f"{url}: Invalid host name.\n")
            self._done(proc, 1)
            return
        if self.options.has("spider") and not self.redirects:
            self._say(proc, "Spider mode enabled. Check if remote file exists.\n")
        self._say(
            proc,
            f"--{self._stamp(proc)}--  {url if parts.path else url + '/'}\n"
            if self.attempt == 1
            else f"--{self._stamp(proc)}--  (try:{self.attempt:2d})  {url}\n",
        )
        port = 80 if parts.port is None else parts.port
        method = "HEAD" if self.options.has("spider") else self.options.method
        host = parts.netloc.rpartition("@")[2]
        lines = [f"{method} {parts.path or '/'}{'?' + parts.query if parts.query else ''} HTTP/1.1", f"Host: {host}", f"User-Agent: {self.options.agent}",
                 "Accept: */*", "Accept-Encoding: identity", "Connection: Keep-Alive", *self.options.headers]  # fmt: skip
        if self.options.data:
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(self.options.data)}"]
        request = ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape") + self.options.data
        exchange = Exchange(
            parts.hostname,
            port,
            request,
            2 if self.options.has("4") else 10 if self.options.has("6") else 0,
            numeric(self.options.source) if self.options.source else None,
        )
        exchange.without_body = int(method == "HEAD")
        self.exchange, self.has_connected = exchange, False
        if numeric(parts.hostname) is None:
            self._say(proc, f"Resolving {parts.hostname} ({parts.hostname})... ")
        if self.options.timeout:
            self.alarm = proc.timer(self.options.timeout, DEADLINE)
        exchange.begin(proc)
        self._look(proc)

    def _named(self, exchange: Exchange) -> str:
        address = exchange.attempts[-1][0] if exchange.attempts else exchange.host
        shown = str(address) if isinstance(address, IPv4 | str) else f"[{address}]"
        named = "" if numeric(exchange.host) is not None else f"{exchange.host} ({exchange.host})|"
        return f"{named}{shown}{'|' if named else ''}:{exchange.port}"

    def _look(self, proc: Any) -> None:
        exchange = self.exchange
        if exchange is None:
            return
        if exchange.failure == NO_HOST:
            self._say(proc, f"failed: {exchange.trouble}.\n")
            self._complain(proc, f"wget: unable to resolve host address ‘{exchange.host}’\n")
            self._done(proc, 4)
            return
        if exchange.attempts and not self.has_connected and exchange.attempts[-1][1] != 115:
            self._tell_connection(proc, exchange)
        if exchange.stage == DONE:
            self._received(proc, exchange)
        elif exchange.is_over:
            self._failed(proc, exchange)

    def _tell_connection(self, proc: Any, exchange: Exchange) -> None:
        self.has_connected = True
        if numeric(exchange.host) is None:
            self._say(proc, ", ".join(str(address) for address in [*(tried for tried, _ in exchange.attempts), *exchange.addresses]) + "\n")
        error = exchange.attempts[-1][1]
        self._say(proc, f"Connecting to {self._named(exchange)}... {f'failed: {strerror(error)}.' if error else 'connected.'}\n")

    def _failed(self, proc: Any, exchange: Exchange) -> None:
        if exchange.failure == NO_CONNECTION:
            if self.options.has("nv"):
                self._complain(proc, f"failed: {strerror(exchange.attempts[-1][1])}.\n")
            self._done(proc, 4)
            return
        self._say(proc, "HTTP request sent, awaiting response... No data received.\n")
        self._retry(proc)

    def _retry(self, proc: Any) -> None:
        if self.options.tries and self.attempt >= self.options.tries:
            self._complain(proc, "Giving up.\n\n")
            self._done(proc, 4)
            return
        self._say(proc, "Retrying.\n\n")
        pause = min(self.attempt, 10)
        self.attempt += 1
        if self.alarm:
            proc.cancel_timer(self.alarm)
            self.alarm = 0
        self.exchange = None
        proc.timer(pause * SECOND, "retry")

    def _received(self, proc: Any, exchange: Exchange) -> None:
        response = exchange.response
        assert response is not None
        if self.options.has("S"):
            self._say(proc, "HTTP request sent, awaiting response... \n")
            if 2 in proc.fds:
                proc.write(2, "".join(f"  {line}\n" for line in response.head.replace("\r\n", "\n").rstrip("\n").split("\n")))
        else:
            self._say(proc, f"HTTP request sent, awaiting response... {response.status} {response.reason}\n")
        location = response.header("location")
        if response.status in REDIRECTS and location and self.redirects < 20:
            self.redirects += 1
            self._say(proc, f"Location: {location} [following]\n")
            self._cancel(proc)
            self._fetch(proc, urljoin(self.url, location))
        elif response.status >= 400:
            if self.options.has("spider"):
                self._say(proc, "Remote file does not exist -- broken link!!!\n\n")
            elif self.options.has("nv"):
                self._complain(proc, f"{self.url}:\n{self._stamp(proc)} ERROR {response.status}: {response.reason}.\n")
            else:
                self._say(proc, f"{self._stamp(proc)} ERROR {response.status}: {response.reason}.\n\n")
            self._done(proc, 8)
        else:
            self._save(proc, exchange)

    def _save(self, proc: Any, exchange: Exchange) -> None:
        response, data = exchange.response, exchange.body
        assert response is not None
        kind = (response.header("content-type") or "").split(";")[0]
        length = response.header("content-length")
        self._say(proc, f"Length: {length or 'unspecified'}{f' [{kind}]' if kind else ''}\n")
        if self.options.has("spider"):
            self._say(proc, "Remote file exists.\n\n")
            self._done(proc, 0)
            return
        name = self.options.output or self._free_name(proc)
        shown = "STDOUT" if name == "-" else name
        self._say(proc, f"Saving to: ‘{shown}’\n\n")
        try:
            if name == "-":
                proc.write(1, data)
            else:
                proc.machine.files.write(proc, name, data)
        except NetError as error:
            self._complain(proc, f"{name}: {strerror(error.errno)}\n\nCannot write to ‘{name}’ ({strerror(error.errno)}).\n")
            self._done(proc, 3)
            return
        self._progress(proc, exchange, shown, len(data))

    def _progress(self, proc: Any, exchange: Exchange, shown: str, size: int) -> None:
        took = max(1, proc.now() - exchange.began)
        speed = size * SECOND / took
        unit, value = (
            ("GB/s", speed / 2**30)
            if speed >= 2**30
            else ("MB/s", speed / 2**20)
            if speed >= 2**20
            else ("KB/s", speed / 1024)
            if speed >= 1024
            else ("B/s", speed)
        )
        rate = f"{value:.0f}" if value >= 99.95 else f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"
        short = {"GB/s": "G", "MB/s": "M", "KB/s": "K", "B/s": ""}[unit]
        self._say(proc, f"     0K{_dots(size)}100% {rate:>4s}{short}=0s\n\n" if size else "")
        counted = f"{size}/{size}" if exchange.response is not None and exchange.response.header("content-length") else str(size)
        done = f"written to stdout [{counted}]" if shown == "STDOUT" else f"‘{shown}’ saved [{counted}]"
        self._say(proc, f"{self._stamp(proc)} ({rate} {unit}) - {done}\n\n")
        if self.options.has("nv"):
            self._complain(proc, f'{self._stamp(proc)} URL:{self.url} [{counted}] -> "{"-" if shown == "STDOUT" else shown}" [{self.attempt}]\n')
        self._done(proc, 0)

    def _free_name(self, proc: Any) -> str:
        base = urlsplit(self.url).path.rpartition("/")[2] or "index.html"
        name = f"{self.options.prefix.rstrip('/')}/{base}" if self.options.prefix else base
        number, free = 0, name
        while proc.machine.files.stat(proc, free) is not None:
            number += 1
            free = f"{name}.{number}"
        return free

    def _cancel(self, proc: Any) -> None:
        if self.alarm:
            proc.cancel_timer(self.alarm)
            self.alarm = 0

    def _done(self, proc: Any, status: int) -> None:
        self._cancel(proc)
        self.exchange = None
        self.status = self.status or status
        if proc.status is None:
            self._next(proc)

    def readable(self, proc: Any, fd: int) -> None:
        """Something came."""
        if self.exchange is not None:
            self.exchange.readable(proc, fd)
            self._look(proc)

    def writable(self, proc: Any, fd: int) -> None:
        """The connection is made or refused."""
        if self.exchange is not None:
            self.exchange.writable(proc, fd)
            self._look(proc)

    def timer(self, proc: Any, token: Any) -> None:
        """A wait is over."""
        exchange = self.exchange
        if token == "retry":
            self._fetch(proc, self.url)
        elif exchange is not None and token == DEADLINE:
            self.alarm = 0
            exchange.stop(proc)
            if exchange.stage == CONNECTING:
                self._say(proc, f"Connecting to {self._named(exchange)}... failed: {strerror(ETIMEDOUT)}.\n")
            elif exchange.attempts:
                self._say(proc, "HTTP request sent, awaiting response... Read error (Connection timed out) in headers.\n")
            self._retry(proc)
        elif exchange is not None:
            exchange.timer(proc, token)
            self._look(proc)


def _dots(size: int) -> str:
    """A dot for each KB, in fives of ten."""
    dots = "." * min(50, size // 1024)
    return "".join(f" {dots[at : at + 10]:<10s}" for at in range(0, 50, 10))
