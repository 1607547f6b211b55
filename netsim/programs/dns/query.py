"""One question to name servers in turn, with time-outs, as dig and its sisters ask (dighost.c)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPv4
from netsim.clock import SECOND
from netsim.errors import ECONNREFUSED, EHOSTUNREACH, EINPROGRESS, ENETUNREACH, NetError, strerror
from netsim.packet.decode_icmp6 import DecodeError
from netsim.packet.dns import DNS_AD, DNS_RD, TYPE_OPT, Dns, Question, Record, decode_dns, encode_dns, split_name

DATAGRAM, STREAM, DOMAIN, EDNS_SIZE = 2, 1, 53, 1232
COOKIE = 10
WORDS = {ECONNREFUSED: "connection refused", ENETUNREACH: "network unreachable", EHOSTUNREACH: "host unreachable"}
QUERY_TIMER = "query"


def illegal(name: str) -> str:
    """What is wrong with a name that no message can carry, as BIND's tools say it; empty for any other."""
    try:
        split_name(name)
    except ValueError as problem:
        return f"'{name}' is not a legal name ({problem})\n"
    return ""


@attrs.define(eq=False)
class Query:
    """`answer` once there is one; `log` is what went wrong before; `failed` when every try is spent. Times in ns."""

    name: str
    type: int
    servers: list[Any]
    port: int = DOMAIN
    timeout: int = 5 * SECOND
    tries: int = 3
    flags: int = DNS_RD
    edns: int = 0
    log: list[str] = attrs.field(factory=list)
    answer: Dns | None = None
    failed: bool = False
    has_sent: bool = False
    attempt: int = 0
    server: Any = None
    size: int = 0
    took: int = 0
    ident: int = 0
    fd: int = -1
    alarm: int = 0
    sent_at: int = 0
    stream: int = 0
    """1: asked over TCP, each message behind two bytes of length."""
    wire: bytes = b""
    """What is sent, or has come so far, by TCP."""
    connected: int = 0

    @property
    def is_over(self) -> bool:
        """Whether it is answered or given up."""
        return self.failed or self.answer is not None

    @property
    def where(self) -> str:
        """The server as messages name it."""
        return f"{self.server}#{self.port}"

    def begin(self, proc: Any) -> None:
        """Send to the server whose turn it is."""
        while True:
            self.stop(proc)
            if self.attempt >= self.tries * len(self.servers):
                self.failed = True
                return
            self.server = self.servers[self.attempt % len(self.servers)]
            self.attempt += 1
            try:
                self._send(proc)
            except NetError as error:
                words = WORDS.get(error.errno, strerror(error.errno).lower())
                if self.stream:
                    self._unconnected(words)
                elif error.errno == ECONNREFUSED:
                    self._refused(words)
                else:
                    self.log.append(f";; UDP setup with {self.where}({self.server}) for {self.name.rstrip('.') or '.'} failed: {words}.\n")
                continue
            return

    def _refused(self, words: str) -> None:
        self.log.append(f";; communications error to {self.where}: {words}\n")

    def _unconnected(self, words: str) -> None:
        self.log.append(f";; Connection to {self.where}({self.server}) for {self.name.rstrip('.') or '.'} failed: {words}.\n")

    def _send(self, proc: Any) -> None:
        self.fd = proc.socket(2 if isinstance(self.server, IPv4) else 10, STREAM if self.stream else DATAGRAM)
        sock = proc.sock(self.fd)
        self.connected = 1
        try:
            sock.connect(self.server, self.port)
        except NetError as error:
            if error.errno != EINPROGRESS:
                raise
            self.connected = 0
        self.ident = proc.machine.kernel.rng.getrandbits(16)
        extra: tuple[Record, ...] = ()
        if self.edns:
            cookie = COOKIE.to_bytes(2, "big") + (8).to_bytes(2, "big") + proc.machine.kernel.rng.getrandbits(64).to_bytes(8, "big")
            extra = (Record("", TYPE_OPT, 0, cookie, EDNS_SIZE),)
        data = encode_dns(Dns(self.ident, self.flags, (Question(self.name.rstrip("."), self.type),), additional=extra))
        self.wire = len(data).to_bytes(2, "big") + data if self.stream else data
        self.alarm = proc.timer(self.timeout, QUERY_TIMER)
        if self.connected:
            self._ask(proc)

    def _ask(self, proc: Any) -> None:
        proc.sock(self.fd).send(self.wire)
        self.has_sent, self.sent_at, self.wire, self.connected = True, proc.now(), b"", 1

    def writable(self, proc: Any, fd: int) -> None:
        """A connection is made, or refused."""
        if fd != self.fd or self.connected or self.is_over:
            return
        sock = proc.sock(fd)
        error, sock.so_error = sock.so_error, 0
        if error:
            self._unconnected(WORDS.get(error, strerror(error).lower()))
            self.begin(proc)
        else:
            self._ask(proc)

    def stop(self, proc: Any) -> None:
        """Hang up."""
        if self.alarm:
            proc.cancel_timer(self.alarm)
            self.alarm = 0
        if self.fd >= 0:
            proc.close(self.fd)
            self.fd = -1

    def readable(self, proc: Any, fd: int) -> None:
        """An answer or a refusal."""
        while fd == self.fd and not self.is_over:
            try:
                data = proc.sock(fd).recv()
            except NetError as error:
                words = WORDS.get(error.errno, strerror(error.errno).lower())
                (self._refused if self.connected else self._unconnected)(words)
                self.begin(proc)
                return
            if data is None:
                return
            if self.stream:
                if not data:
                    self._refused("end of file")
                    self.begin(proc)
                    return
                self.wire += data
                if len(self.wire) < 2 or len(self.wire) < 2 + int.from_bytes(self.wire[:2], "big"):
                    continue
                data = self.wire[2 : 2 + int.from_bytes(self.wire[:2], "big")]
            try:
                message = decode_dns(data)
            except DecodeError:
                continue
            if message.ident == self.ident and message.is_response:
                self.answer, self.size, self.took = message, len(data), proc.now() - self.sent_at
                self.stop(proc)

    def timed_out(self, proc: Any) -> None:
        """The server was silent."""
        self.alarm = 0
        if not self.connected:
            self._unconnected("timed out")
        else:
            self._refused("timed out")
        self.begin(proc)


DEFAULT_FLAGS = DNS_RD | DNS_AD
