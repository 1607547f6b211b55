"""wget of BusyBox: files over HTTP, one connection each (networking/wget.c)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

import attrs

from netsim.addr import IPv4
from netsim.clock import SECOND
from netsim.errors import EEXIST, EINPROGRESS, NetError, strerror
from netsim.machine.call import Call, Program, Result
from netsim.machine.getopt import Grammar
from netsim.programs.busybox.applet import Options, counting, die, ended, name_of, read_options, usage
from netsim.programs.http.exchange import CUT_SHORT, DONE, LOST, NO_CONNECTION, NO_HOST, Exchange

GRAMMAR = Grammar(
    "cqS", "OoPTUYt",
    long={
        "continue": ("c", ""), "quiet": ("q", ""), "server-response": ("S", ""), "output-document": ("O", "="), "output-file": ("o", "="),
        "directory-prefix": ("P", "="), "timeout": ("T", "="), "user-agent": ("U", "="), "proxy": ("Y", "="), "tries": ("t", "="),
        "header": ("header", "="), "post-data": ("post-data", "="), "spider": ("spider", ""), "no-check-certificate": ("k", ""),
        "passive-ftp": ("passive", ""),
    },
)  # fmt: skip
MOST_REDIRECTIONS = 4
REDIRECTED = (301, 302, 303, 307)
DEADLINE, NAME_WIDTH = "deadline", 20
SIGSEGV = 11


def wget(call: Call) -> Any:
    """wget (BusyBox)."""
    return ended(_wget, call)


def _wget(call: Call) -> Result | Program:
    applet = name_of(call)
    headers: list[str] = []
    options = read_options(call, GRAMMAR, {"T": counting, "header": _Headers(headers).add})
    if not options.words:
        raise usage(applet)
    for url in options.words:
        if "://" in url and not url.startswith(("http://", "https://", "ftp://")):
            raise die(applet, f"not an http or ftp url: {url}")
        if url.startswith(("https://", "ftp://")):
            raise die(applet, f"netsim: {url.partition(':')[0]} is not modelled")
    return Wget(options, list(options.words), headers)


@attrs.define(eq=False)
class _Headers:
    """Gathers --header, which may be given several times."""

    found: list[str]

    def add(self, applet: str, word: str) -> str:
        self.found.append(word)
        return word


@attrs.define(eq=False)
class Wget(Program):
    """One wget; it ends with the first failure."""

    options: Options
    urls: list[str]
    headers: list[str]
    url: str = ""
    name: str = ""
    port_word: str = ""
    redirections: int = 0
    exchange: Exchange | None = None
    is_told: int = 0
    alarm: int = 0

    def started(self, proc: Any) -> None:
        """The first URL."""
        self._next(proc)

    def _say(self, proc: Any, text: str) -> None:
        if "q" not in self.options and 2 in proc.fds:
            proc.write(2, text)

    def _die(self, proc: Any, text: str) -> None:
        proc.write(2, f"wget: {text}\n")
        proc.exit(1)

    def _next(self, proc: Any) -> None:
        if not self.urls:
            proc.exit(0)
            return
        self.redirections = 0
        url = self.urls.pop(0)
        self._fetch(proc, url if "://" in url else f"http://{url}")

    def _fetch(self, proc: Any, url: str) -> None:
        self.url, self.is_told = url, 0
        rest = url.removeprefix("http://")
        end = min((at for at in (rest.find(mark) for mark in "/?#") if at >= 0), default=len(rest))
        place, path = rest[:end].rpartition("@")[2], rest[end:].partition("#")[0]
        path = path if path.startswith("/") else "/" + path
        host, colon, port = place.rpartition(":")
        if not colon or "]" in port:
            host, port = place, ""
        if port and (not port.isdigit() or int(port) > 65535):
            self._die(proc, f"bad port '{port}'")
            return
        self.port_word = place
        self.name = path.partition("?")[0].rpartition("/")[2] or "index.html"
        data = self.options.get("post-data")
        method = "POST" if data is not None else "HEAD" if "spider" in self.options else "GET"
        agent = self.options.get("U", "Wget")
        lines = [f"{method} {path} HTTP/1.1", f"Host: {place}", f"User-Agent: {agent}", "Connection: close", *self.headers]
        if data is not None:
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(data)}"]
        exchange = Exchange(host, int(port or 80), ("\r\n".join(lines) + "\r\n\r\n" + (data or "")).encode("utf-8", "surrogateescape"))
        exchange.without_body, exchange.only_first = int(method == "HEAD"), 1
        self.exchange = exchange
        if self.options.get("T"):
            self.alarm = proc.timer(self.options.get("T") * SECOND, DEADLINE)
        exchange.begin(proc)
        self._look(proc)

    def _look(self, proc: Any) -> None:
        exchange = self.exchange
        if exchange is None:
            return
        if exchange.failure == NO_HOST:
            self._die(proc, f"bad address '{self.port_word}'")
            return
        if exchange.attempts and not self.is_told:
            self.is_told = 1
            address = exchange.attempts[0][0]
            shown = f"{address}" if isinstance(address, IPv4) else f"[{address}]"
            self._say(proc, f"Connecting to {self.port_word} ({shown}:{exchange.port})\n")
        if exchange.stage == DONE:
            self._received(proc, exchange)
        elif exchange.is_over:
            self._failed(proc, exchange)

    def _failed(self, proc: Any, exchange: Exchange) -> None:
        if exchange.failure == NO_CONNECTION:
            address, errno = exchange.attempts[-1]
            self._die(proc, f"can't connect to remote host ({address}): {strerror(errno if errno != EINPROGRESS else 0)}")
        elif exchange.failure == LOST:
            self._die(proc, f"error getting response: {strerror(exchange.errno)}")
        elif exchange.failure == CUT_SHORT and exchange.response is not None:
            self._save(proc, exchange)
        else:
            self._die(proc, "error getting response")

    def _received(self, proc: Any, exchange: Exchange) -> None:
        response = exchange.response
        assert response is not None
        if "S" in self.options and 2 in proc.fds:
            proc.write(2, "".join(f"  {line}\n" for line in [*response.head.replace("\r\n", "\n").rstrip("\n").split("\n"), ""]))
        location = response.header("location")
        if response.status in REDIRECTED and location is not None:
            self.redirections += 1
            if self.redirections > MOST_REDIRECTIONS:
                self._die(proc, "too many redirections")
            else:
                self._fetch(proc, urljoin(self.url, location))
        elif response.status >= 400:
            self._die(proc, f"server returned error: {response.version} {response.status} {response.reason}")
        elif "spider" in self.options:
            self._say(proc, "remote file exists\n")
            self._next(proc)
        else:
            self._save(proc, exchange)

    def _save(self, proc: Any, exchange: Exchange) -> None:
        """Write what came to the file or to standard output."""
        target = self.options.get("O")
        path = target or (f"{self.options.get('P').rstrip('/')}/{self.name}" if "P" in self.options else self.name)
        try:
            if target is None and "c" not in self.options and proc.machine.files.lstat(proc, path) is not None:
                raise NetError(EEXIST)
            if path != "-":
                proc.machine.files.write(proc, path, exchange.body)
        except NetError as error:
            self._die(proc, f"can't open '{path}': {strerror(error.errno)}")
            return
        self._say(proc, "writing to stdout\n" if path == "-" else f"saving to '{path}'\n")
        if path == "-":
            proc.write(1, exchange.body)
        if exchange.failure == CUT_SHORT:
            self._die(proc, "connection closed prematurely")
            return
        shown = path.rpartition("/")[2][:NAME_WIDTH]
        if "o" not in self.options:
            self._say(proc, f"{shown:<{NAME_WIDTH}} 100% |{'*' * 32}| {len(exchange.body):5d}  0:00:00 ETA\n")
        self._say(proc, "written to stdout\n" if path == "-" else f"'{path}' saved\n")
        if self.alarm:
            proc.cancel_timer(self.alarm)
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
        """A name server was silent; or -T is over, at which Debian's build falls over its own feet."""
        if token == DEADLINE:
            proc.die(SIGSEGV)
        elif self.exchange is not None:
            self.exchange.timer(proc, token)
            self._look(proc)
