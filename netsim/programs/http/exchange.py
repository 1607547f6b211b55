"""One request and its answer as a client sees them: find the host, connect, send, read. Programs look at `stage` and `failure`."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPV4_ANY, IPV6_ANY, IPv4, IPv6
from netsim.errors import EINPROGRESS, NetError
from netsim.programs.http.message import Malformed, Response, read_head
from netsim.programs.net.resolver import LOOKUP_TIMER, Lookup, getaddrinfo

STREAM = 1
RESOLVING, CONNECTING, WAITING, DONE, FAILED = "resolving", "connecting", "waiting", "done", "failed"
NO_HOST, NO_CONNECTION, NO_ANSWER, NOT_HTTP, CUT_SHORT, LOST, NO_BIND = (
    "no host",
    "no connection",
    "no answer",
    "not http",
    "cut short",
    "lost",
    "no bind",
)


@attrs.define(eq=False)
class Exchange:
    """`request` goes to `host`:`port`; when `stage` is done, `response` and `body` are whole, when failed, `failure` says how."""

    host: str
    port: int
    request: bytes
    family: int = 0
    source: IPv4 | IPv6 | None = None
    local_port: int = 0
    device: str = ""
    without_body: int = 0
    """1 for HEAD: no body follows."""
    only_first: int = 0
    """1 for clients that try only the first of several addresses."""
    stage: str = RESOLVING
    failure: str = ""
    errno: int = 0
    trouble: str = ""
    """Why the host was not found, as gai_strerror words it."""
    addresses: list[IPv4 | IPv6] = attrs.field(factory=list)
    attempts: list[tuple[IPv4 | IPv6, int]] = attrs.field(factory=list)
    """Addresses tried, with the errno each failed with; 0 for the one that answered."""
    fd: int = -1
    lookup: Lookup | None = None
    data: bytes = b""
    response: Response | None = None
    body: bytes = b""
    began: int = 0
    connected_at: int = 0

    def begin(self, proc: Any) -> None:
        """Look the host up."""
        self.began = proc.now()
        self._resolved(proc, getaddrinfo(proc, self.host.strip("[]"), self.family))

    def _resolved(self, proc: Any, lookup: Lookup) -> None:
        self.lookup = None if lookup.done else lookup
        if not lookup.done:
            return
        if lookup.error:
            self.trouble = lookup.error
            self._fail(proc, NO_HOST)
            return
        self.addresses = list(lookup.found)[: 1 if self.only_first else None]
        self._next(proc)

    def _next(self, proc: Any) -> None:
        self.stage = CONNECTING
        while self.addresses:
            address = self.addresses.pop(0)
            try:
                self._open(proc, address)
            except NetError as error:
                self.attempts.append((address, error.errno))
                if error.errno == EINPROGRESS:
                    return
                self._hang_up(proc)
                if self.failure == NO_BIND:
                    break
        self._fail(proc, self.failure or NO_CONNECTION)

    def _open(self, proc: Any, address: IPv4 | IPv6) -> None:
        self.fd = proc.socket(2 if isinstance(address, IPv4) else 10, STREAM)
        sock = proc.sock(self.fd)
        sock.set("nodelay", 1)
        if self.device or self.source is not None or self.local_port:
            self.failure = NO_BIND
            if self.device:
                sock.bind_to_device(self.device)
            if self.source is not None or self.local_port:
                sock.bind(self.source or (IPV4_ANY if isinstance(address, IPv4) else IPV6_ANY), self.local_port)
            self.failure = ""
        sock.connect(address, self.port)

    def _hang_up(self, proc: Any) -> None:
        if self.fd >= 0:
            proc.close(self.fd)
            self.fd = -1

    def _fail(self, proc: Any, failure: str) -> None:
        self._hang_up(proc)
        self.stage, self.failure = FAILED, failure

    def stop(self, proc: Any) -> None:
        """Give up."""
        self._hang_up(proc)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.stage in (DONE, FAILED)

    def writable(self, proc: Any, fd: int) -> None:
        """The connection is made or refused."""
        if fd != self.fd or self.stage != CONNECTING:
            return
        sock = proc.sock(fd)
        address = self.attempts[-1][0]
        error, sock.so_error = sock.so_error, 0
        self.attempts[-1] = (address, error)
        if error:
            self._hang_up(proc)
            self._next(proc)
            return
        self.stage, self.connected_at = WAITING, proc.now()
        try:
            sock.send(self.request)
        except NetError as broken:
            self.errno = broken.errno
            self._fail(proc, LOST)

    def readable(self, proc: Any, fd: int) -> None:
        """An answer of a name server, or of the host."""
        if self.lookup is not None and fd == self.lookup.fd:
            self.lookup.readable(proc)
            self._resolved(proc, self.lookup)
            return
        while fd == self.fd and self.stage == WAITING:
            try:
                data = proc.sock(fd).recv()
            except NetError as error:
                self.errno = error.errno
                self._fail(proc, LOST)
                return
            if data is None:
                return
            self.data += data
            self._read(proc, not data)

    def timer(self, proc: Any, token: Any) -> None:
        """A name server was silent."""
        if token == LOOKUP_TIMER and self.lookup is not None:
            self.lookup.timed_out(proc)
            self._resolved(proc, self.lookup)

    def _read(self, proc: Any, ended: object) -> None:
        if self.response is None:
            try:
                found = read_head(self.data) if self.data else None
            except Malformed:
                self._fail(proc, NOT_HTTP)
                return
            if found is None:
                if ended:
                    self._fail(proc, NO_ANSWER if not self.data else CUT_SHORT)
                return
            self.response, self.data = found
            if self.response.status == 100:
                self.response = None
                self._read(proc, ended)
                return
        self._read_body(proc, ended)

    def _read_body(self, proc: Any, ended: object) -> None:
        assert self.response is not None
        length = self.response.header("content-length")
        if self.without_body or self.response.status in (204, 304):
            self._finish(proc)
        elif (self.response.header("transfer-encoding") or "").lower() == "chunked":
            whole = unchunk(self.data)
            if whole is not None:
                self.body = whole
                self._finish(proc)
            elif ended:
                self._fail(proc, CUT_SHORT)
        elif length is not None and length.isdigit():
            self.body = self.data[: int(length)]
            if len(self.body) == int(length):
                self._finish(proc)
            elif ended:
                self._fail(proc, CUT_SHORT)
        else:
            self.body = self.data
            if ended:
                self._finish(proc)

    def _finish(self, proc: Any) -> None:
        self.stage = DONE
        self._hang_up(proc)


def unchunk(data: bytes) -> bytes | None:
    """The content of a chunked body, None while it is incomplete."""
    out = b""
    while True:
        line, newline, rest = data.partition(b"\r\n")
        if not newline:
            return None
        try:
            size = int(line.split(b";")[0], 16)
        except ValueError:
            return out
        if len(rest) < size + 2:
            return None
        if not size:
            return out
        out += rest[:size]
        data = rest[size + 2 :]
