"""A name server with records of its own: an authoritative answer over UDP or TCP for each question (RFC 1035)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPV4_ANY
from netsim.errors import NetError
from netsim.machine.call import Program
from netsim.packet.decode_icmp6 import DecodeError
from netsim.packet.dns import (
    DNS_AA,
    DNS_QR,
    DNS_RA,
    DNS_RD,
    RCODE_NOERROR,
    RCODE_NOTIMP,
    RCODE_NXDOMAIN,
    TYPE_ANY,
    TYPE_CNAME,
    Dns,
    Question,
    Record,
    decode_dns,
    encode_dns,
)

STREAM, DATAGRAM, DOMAIN, BACKLOG = 1, 2, 53, 32


@attrs.define(eq=False)
class DnsServer(Program):
    """Answers from `records`; a name without any record does not exist."""

    records: list[Record]
    address: Any = IPV4_ANY
    port: int = DOMAIN
    family: int = 2
    authority: int = DNS_AA
    """The bit that says the answers are its own; 0 for a server that only passes them on."""
    fd: int = -1
    listener: int = -1
    streams: dict[int, bytes] = attrs.field(factory=dict)
    """Connections, and what has come on each."""

    def listen(self, proc: Any) -> None:
        """Bind, for datagrams and for connections; NetError."""
        self.listener = proc.socket(self.family, STREAM)
        proc.sock(self.listener).set("reuseaddr", 1)
        proc.sock(self.listener).bind(self.address, self.port)
        proc.sock(self.listener).listen(BACKLOG)
        self.fd = proc.socket(self.family, DATAGRAM)
        proc.sock(self.fd).set("reuseaddr", 1)
        proc.sock(self.fd).bind(self.address, self.port)

    def started(self, proc: Any) -> None:
        """Bind, unless it was done before."""
        if self.fd < 0:
            self.listen(proc)

    def readable(self, proc: Any, fd: int) -> None:
        """Questions came, or a connection by which they will."""
        while fd == self.listener and (child := proc.sock(fd).accept()) is not None:
            served = proc.accepted(child)
            self.streams[served] = b""
            self._on_stream(proc, served)
        if fd in self.streams:
            self._on_stream(proc, fd)
        while fd == self.fd:
            try:
                received = proc.sock(fd).recvfrom()
            except NetError:
                continue
            if received is None:
                return
            self._reply(proc, received)

    def _on_stream(self, proc: Any, fd: int) -> None:
        """Messages on a connection, two bytes of length in front of each (RFC 7766)."""
        try:
            data = proc.sock(fd).recv()
            if data is None:
                return
            self.streams[fd] += data
            while len(self.streams[fd]) >= 2 and len(self.streams[fd]) >= 2 + (size := int.from_bytes(self.streams[fd][:2], "big")):
                query = decode_dns(self.streams[fd][2 : 2 + size])
                self.streams[fd] = self.streams[fd][2 + size :]
                answer = encode_dns(self.answer(query))
                proc.sock(fd).send(len(answer).to_bytes(2, "big") + answer)
        except (NetError, DecodeError):
            data = b""
        if not data:
            del self.streams[fd]
            proc.close(fd)

    def _reply(self, proc: Any, received: Any) -> None:
        try:
            query = decode_dns(received.data)
        except DecodeError:
            return
        if query.is_response:
            return
        try:
            proc.sock(self.fd).sendto(encode_dns(self.answer(query)), received.src, received.sport)
        except NetError:
            return

    def answer(self, query: Dns) -> Dns:
        """The response to a query; a look-up in `records`, aliases followed."""
        flags = DNS_QR | self.authority | DNS_RA | query.flags & DNS_RD
        if query.opcode or len(query.questions) != 1:
            return Dns(query.ident, flags | RCODE_NOTIMP, query.questions)
        found, exists = self.look_up(query.questions[0])
        return Dns(query.ident, flags | (RCODE_NOERROR if exists else RCODE_NXDOMAIN), query.questions, tuple(found))

    def look_up(self, question: Question) -> tuple[list[Record], bool]:
        """Records that answer a question, and whether the name exists at all."""
        name, found, exists = question.name.rstrip(".").lower(), [], False
        for _ in range(8):
            own = [record for record in self.records if record.name.rstrip(".").lower() == name]
            exists |= bool(own)
            fitting = [record for record in own if question.type in (record.type, TYPE_ANY)]
            alias = [record for record in own if record.type == TYPE_CNAME]
            found += fitting or alias
            if fitting or not alias:
                break
            name = str(alias[0].data).rstrip(".").lower()
        return found, exists
