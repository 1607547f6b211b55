"""One question to name servers in turn, with time-outs, as dig and its sisters ask (dighost.c)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPv4
from netsim.clock import SECOND
from netsim.errors import ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, NetError, strerror
from netsim.packet.decode_icmp6 import DecodeError
from netsim.packet.dns import DNS_AD, DNS_RD, TYPE_OPT, Dns, Question, Record, decode_dns, encode_dns, split_name

DATAGRAM, DOMAIN, EDNS_SIZE = 2, 53, 1232
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
                if error.errno == ECONNREFUSED:
                    self._refused(words)
                else:
                    self.log.append(f";; UDP setup with {self.where}({self.server}) for {self.name.rstrip('.') or '.'} failed: {words}.\n")
                continue
            return

    def _refused(self, words: str) -> None:
        self.log.append(f";; communications error to {self.where}: {words}\n")

    def _send(self, proc: Any) -> None:
        self.fd = proc.socket(2 if isinstance(self.server, IPv4) else 10, DATAGRAM)
        sock = proc.sock(self.fd)
        sock.connect(self.server, self.port)
        self.ident = proc.machine.kernel.rng.getrandbits(16)
        extra: tuple[Record, ...] = ()
        if self.edns:
            cookie = COOKIE.to_bytes(2, "big") + (8).to_bytes(2, "big") + proc.machine.kernel.rng.getrandbits(64).to_bytes(8, "big")
            extra = (Record("", TYPE_OPT, 0, cookie, EDNS_SIZE),)
        sock.send(encode_dns(Dns(self.ident, self.flags, (Question(self.name.rstrip("."), self.type),), additional=extra)))
        self.has_sent = True
        self.sent_at = proc.now()
        self.alarm = proc.timer(self.timeout, QUERY_TIMER)

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
                self._refused(WORDS.get(error.errno, strerror(error.errno).lower()))
                self.begin(proc)
                return
            if data is None:
                return
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
        self._refused("timed out")
        self.begin(proc)


DEFAULT_FLAGS = DNS_RD | DNS_AD
