"""TCP sockets: calls made on them, and segments that come in (`tcp.c`, `tcp_input.c`, `tcp_ipv4.c`)."""

from __future__ import annotations

from collections import deque

import attrs

from netsim.addr import IPV4_ANY, IPv4
from netsim.clock import MS, SECOND, Timer
from netsim.errors import (
    EADDRINUSE,
    ECONNREFUSED,
    ECONNRESET,
    EINPROGRESS,
    EINVAL,
    EISCONN,
    ENOTCONN,
    EPIPE,
    ETIMEDOUT,
    NetError,
)
from netsim.kernel.core.netns import Netns
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.ipv4.output import ip_local_out
from netsim.kernel.ipv4.raw import errno_of
from netsim.kernel.ipv4.route import Flow, ip_route_output
from netsim.kernel.ipv4.sock import InetSocket
from netsim.kernel.ipv4.udp import conflicts, ephemeral
from netsim.kernel.tables.fib import RTN_BROADCAST, RTN_MULTICAST
from netsim.packet import NOP, SACK_PERMITTED, IcmpError, Ip, Tcp, TcpOption, mss, timestamps, window_scale
from netsim.packet.numbers import IPPROTO_TCP, TCP_ACK, TCP_FIN, TCP_PSH, TCP_RST, TCP_SYN

ESTABLISHED, SYN_SENT, SYN_RECV, FIN_WAIT1, FIN_WAIT2, TIME_WAIT, CLOSE, CLOSE_WAIT, LAST_ACK, LISTEN, CLOSING = range(1, 12)
STATE_NAMES = {
    ESTABLISHED: "ESTAB", SYN_SENT: "SYN-SENT", SYN_RECV: "SYN-RECV", FIN_WAIT1: "FIN-WAIT-1", FIN_WAIT2: "FIN-WAIT-2", TIME_WAIT: "TIME-WAIT",
    CLOSE: "UNCONN", CLOSE_WAIT: "CLOSE-WAIT", LAST_ACK: "LAST-ACK", LISTEN: "LISTEN", CLOSING: "CLOSING",
}  # fmt: skip
RTO_START, RTO_MIN, RTO_MAX = SECOND, 200 * MS, 120 * SECOND
SYN_RETRIES, SYNACK_RETRIES, RETRIES, ORPHAN_RETRIES = 6, 5, 15, 8
TIME_WAIT_LASTS = 60 * SECOND
WINDOW = 64240
WINDOW_SHIFT = 7
RECEIVE_WINDOW = 65160
MASK = 0xFFFFFFFF


def after(one: int, other: int) -> bool:
    """Whether sequence number `one` comes after `other`."""
    return 0 < (one - other & MASK) < 0x80000000


@attrs.define(eq=False)
class TcpSocket(InetSocket):
    """A stream socket; sequence numbers as in RFC 9293."""

    state: int = CLOSE
    snd_una: int = 0
    snd_nxt: int = 0
    rcv_nxt: int = 0
    peer_mss: int = 536
    peer_window: int = 0
    peer_shift: int = 0
    has_timestamps: bool = True
    ts_recent: int = 0
    unacked: deque[tuple[int, Tcp]] = attrs.field(factory=deque)
    outgoing: bytearray = attrs.field(factory=bytearray)
    incoming: bytearray = attrs.field(factory=bytearray)
    out_of_order: dict[int, tuple[bytes, int]] = attrs.field(factory=dict)
    fin_received: bool = False
    fin_wanted: bool = False
    fin_sent: bool = False
    retries: int = 0
    rto: int = RTO_START
    srtt: int = 0
    rttvar: int = 0
    sent_at: int = 0
    timer: Timer | None = None
    backlog: int = 0
    accept_queue: deque[TcpSocket] = attrs.field(factory=deque)
    parent: TcpSocket | None = None
    soft_error: int = 0
    write_shut: bool = False
    created: int = 0

    # calls -------------------------------------------------------------------------------------------------------------

    def bind(self, address: IPv4, port: int = 0) -> None:
        """Take a local name; EADDRINUSE, EADDRNOTAVAIL, EINVAL."""
        if self.lport:
            raise NetError(EINVAL)
        self.check_bindable(address)
        self.laddr = address
        self._take_port(port)

    def _take_port(self, port: int) -> None:
        bound = self.netns.sockets.listening
        port = port or ephemeral(self.netns, IPPROTO_TCP)
        for other in bound.get((IPPROTO_TCP, port), ()):
            if conflicts(self, other) and not (self.reuseaddr and other.reuseaddr and other.state != LISTEN):
                raise NetError(EADDRINUSE)
        self.lport = port
        bound.setdefault((IPPROTO_TCP, port), []).append(self)

    def listen(self, backlog: int) -> None:
        """Wait for connections; EADDRINUSE when somebody else does already."""
        if self.state not in (CLOSE, LISTEN):
            raise NetError(EINVAL)
        if not self.lport:
            self.laddr = IPV4_ANY
            self._take_port(0)
        for other in self.netns.sockets.listening[IPPROTO_TCP, self.lport]:
            if other is not self and other.state == LISTEN and conflicts(self, other) and not (self.reuseport and other.reuseport):
                raise NetError(EADDRINUSE)
        self.backlog = backlog
        self.state = LISTEN

    def accept(self) -> TcpSocket | None:
        """The next established connection, or None."""
        return self.accept_queue.popleft() if self.accept_queue else None

    def connect(self, address: IPv4, port: int = 0) -> None:
        """Begin a connection: EINPROGRESS, and the route's errors at once (`tcp_v4_connect`)."""
        if self.state != CLOSE:
            raise NetError(EISCONN)
        rt = self.route_to(address, port)
        if rt.type in (RTN_BROADCAST, RTN_MULTICAST):
            raise NetError(101)
        if self.laddr is None or self.laddr == IPV4_ANY:
            self.laddr = rt.src
        if not self.lport:
            self._take_port(0)
        self.raddr, self.rport = address, port
        key = self._key()
        if key in self.netns.sockets.connected:
            raise NetError(99)
        self.netns.sockets.connected[key] = self
        self.state = SYN_SENT
        self.netns.mib["TcpActiveOpens"] += 1
        self.created = self.netns.kernel.clock.now
        self.snd_una = self.snd_nxt = self.netns.kernel.rng.getrandbits(32)
        self._transmit(TCP_SYN, b"", self._syn_options(rt.mtu))
        raise NetError(EINPROGRESS)

    def _key(self) -> tuple[int, int, int, int, int]:
        return IPPROTO_TCP, int(self.laddr or 0), self.lport, int(self.raddr or 0), self.rport

    def send(self, data: bytes) -> None:
        """Send bytes; EPIPE after the end, ENOTCONN before the beginning."""
        self._raise_pending()
        if self.write_shut or self.state in (CLOSE, FIN_WAIT1, FIN_WAIT2, LAST_ACK, CLOSING, TIME_WAIT):
            raise NetError(EPIPE if self.raddr is not None else ENOTCONN)
        self.outgoing += data
        self._push()

    def recv(self) -> bytes | None:
        """Bytes that came, b"" at the end, None when one must wait; a pending error is raised."""
        if self.incoming:
            data = bytes(self.incoming)
            self.incoming.clear()
            return data
        self._raise_pending()
        if self.fin_received:
            return b""
        if self.state == CLOSE:
            if self.raddr is None:
                raise NetError(ENOTCONN)
            return b""
        return None

    def _raise_pending(self) -> None:
        if self.so_error:
            error, self.so_error = self.so_error, 0
            raise NetError(error)

    def shutdown(self) -> None:
        """No more will be sent (SHUT_WR); ENOTCONN."""
        if self.state not in (ESTABLISHED, CLOSE_WAIT, SYN_RECV):
            raise NetError(ENOTCONN)
        self.write_shut = self.fin_wanted = True
        self._push()

    def close(self) -> None:
        """The last descriptor is gone: finish in the background, or reset when unread data is lost."""
        super().close()
        self.waker = None
        if self.state == LISTEN:
            for child in list(self.accept_queue):
                child._reset()
            self._release()
        elif self.state in (SYN_SENT, CLOSE):
            self._release()
        elif self.incoming:
            self._reset()
        elif self.state in (ESTABLISHED, CLOSE_WAIT, SYN_RECV):
            self.fin_wanted = True
            self._push()
        elif self.state == FIN_WAIT2:
            self._start(TIME_WAIT_LASTS, "_release")

    # sending -----------------------------------------------------------------------------------------------------------

    def _syn_options(self, mtu: int) -> tuple[TcpOption, ...]:
        options = [mss(mtu - 40), SACK_PERMITTED]
        if self.has_timestamps:
            options.append(timestamps(self._stamp(), self.ts_recent))
        return (*options, NOP, window_scale(WINDOW_SHIFT))

    def _stamp(self) -> int:
        return self.netns.kernel.clock.now // MS + 0x10000000 & MASK

    def _options(self) -> tuple[TcpOption, ...]:
        return (NOP, NOP, timestamps(self._stamp(), self.ts_recent)) if self.has_timestamps else ()

    def _segment(self, flags: int, data: bytes, options: tuple[TcpOption, ...], seq: int) -> Tcp:
        ack = self.rcv_nxt if flags & TCP_ACK else 0
        window = RECEIVE_WINDOW if flags & TCP_SYN and flags & TCP_ACK else WINDOW if flags & TCP_SYN else (RECEIVE_WINDOW >> WINDOW_SHIFT) + 1
        return Tcp(self.lport, self.rport, seq, ack, flags, window, options, 0, data)

    def _transmit(self, flags: int, data: bytes, options: tuple[TcpOption, ...]) -> None:
        """Send a segment that must be acknowledged."""
        segment = self._segment(flags, data, options, self.snd_nxt)
        length = len(data) + bool(flags & TCP_SYN) + bool(flags & TCP_FIN)
        self.snd_nxt = self.snd_nxt + length & MASK
        self.unacked.append((self.snd_nxt, segment))
        if len(self.unacked) == 1:
            self.sent_at = self.netns.kernel.clock.now
            self._start(self.rto, "_retransmit")
        self._put(segment)

    def _put(self, segment: Tcp) -> None:
        """Send a segment for the first time."""
        self.netns.mib["TcpOutSegs"] += 1
        self._send_segment(segment)

    def _send_segment(self, segment: Tcp) -> None:
        assert self.raddr is not None
        try:
            rt = ip_route_output(
                self.netns, Flow(self.raddr, self.laddr, self.bound_dev, 0, self.tos, self.mark, IPPROTO_TCP, self.lport, self.rport)
            )
            packet = Ip(
                self.laddr or IPv4(0), self.raddr, IPPROTO_TCP, self.ttl_for(rt), self.tos, self.netns.kernel.rng.getrandbits(16), 2, payload=segment
            )
            ip_local_out(self.netns, packet, rt, owner=self, mark=self.mark)
        except NetError as error:
            self.soft_error = error.errno

    def _ack(self) -> None:
        self._put(self._segment(TCP_ACK, b"", self._options(), self.snd_nxt))

    def _push(self) -> None:
        """Send what the window lets out, then the FIN."""
        if self.state not in (ESTABLISHED, CLOSE_WAIT):
            return
        size = max(1, self.peer_mss - (12 if self.has_timestamps else 0))
        while self.outgoing:
            room = self.peer_window - (self.snd_nxt - self.snd_una & MASK)
            if room <= 0:
                if not self.unacked:
                    self._start(self.rto, "_probe")
                return
            data = bytes(self.outgoing[: min(size, room)])
            del self.outgoing[: len(data)]
            self._transmit(TCP_ACK | (TCP_PSH if not self.outgoing else 0), data, self._options())
        if self.fin_wanted and not self.fin_sent:
            self.fin_sent = True
            self.state = FIN_WAIT1 if self.state == ESTABLISHED else LAST_ACK
            self._transmit(TCP_ACK | TCP_FIN, b"", self._options())

    def _probe(self) -> None:
        """The window is shut: ask with one byte."""
        if self.outgoing and self.state in (ESTABLISHED, CLOSE_WAIT):
            data = bytes(self.outgoing[:1])
            del self.outgoing[:1]
            self._transmit(TCP_ACK, data, self._options())

    def _start(self, delay: int, method: str) -> None:
        if self.timer is not None:
            self.timer.cancel()
        self.timer = self.netns.kernel.clock.call_later(delay, getattr(self, method))

    def _retransmit(self) -> None:
        """Nothing was acknowledged in time (`tcp_retransmit_timer`)."""
        if not self.unacked:
            return
        limit = {SYN_SENT: int(self.netns.inet.sysctl.get("tcp_syn_retries", SYN_RETRIES)), SYN_RECV: SYNACK_RETRIES}.get(self.state, RETRIES)
        if self.is_closed and self.state not in (SYN_SENT, SYN_RECV):
            limit = ORPHAN_RETRIES
        if self.retries >= limit:
            self._fail(self.soft_error or ETIMEDOUT)
            return
        self.retries += 1
        self.rto = min(self.rto * 2, RTO_MAX)
        self._start(self.rto, "_retransmit")
        self.netns.mib["TcpRetransSegs"] += 1
        self._send_segment(self.unacked[0][1])

    # endings -----------------------------------------------------------------------------------------------------------

    def _fail(self, error: int) -> None:
        self.so_error = error
        self._release()
        self.wake()
        self._wake_writable()

    def _wake_writable(self) -> None:
        if self.waker is not None:
            self.waker.wake_writable()

    def _reset(self) -> None:
        """Break off with RST."""
        if self.raddr is not None:
            self.netns.mib["TcpOutRsts"] += 1
            self._put(self._segment(TCP_RST | TCP_ACK, b"", (), self.snd_nxt))
        self._release()

    def _release(self) -> None:
        """Leave all tables."""
        if self.state in (SYN_SENT, SYN_RECV):
            self.netns.mib["TcpAttemptFails"] += 1
        elif self.state in (ESTABLISHED, CLOSE_WAIT):
            self.netns.mib["TcpEstabResets"] += 1
        self.state = CLOSE
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        self.unacked.clear()
        sockets = self.netns.sockets
        if self.raddr is not None and sockets.connected.get(self._key()) is self:
            del sockets.connected[self._key()]
        bound = sockets.listening.get((IPPROTO_TCP, self.lport))
        if bound and self in bound:
            bound.remove(self)
            if not bound:
                del sockets.listening[IPPROTO_TCP, self.lport]

    def _time_wait(self) -> None:
        self.state = TIME_WAIT
        self._start(TIME_WAIT_LASTS, "_release")

    # segments ----------------------------------------------------------------------------------------------------------

    def segment(self, packet: Ip, header: Tcp) -> None:
        """A segment of this connection (`tcp_rcv_state_process`)."""
        stamp = header.option(8)
        if stamp is not None and len(stamp) >= 4:
            self.ts_recent = int.from_bytes(stamp[:4], "big")
        if self.state == SYN_SENT:
            self._syn_sent(header)
            return
        length = len(header.payload) + bool(header.flags & TCP_FIN)  # type: ignore[arg-type]
        if header.flags & TCP_RST:
            if not after(self.rcv_nxt, header.seq) or header.seq == self.rcv_nxt:
                self._fail(ECONNRESET if self.state != SYN_RECV else 0)
            return
        if header.flags & TCP_SYN:
            self._ack()
            return
        if not header.flags & TCP_ACK:
            return
        self._acknowledged(header)
        if self.state == CLOSE:
            return
        if length:
            self._data(header)

    def _syn_sent(self, header: Tcp) -> None:
        if header.flags & TCP_ACK and header.ack != self.snd_nxt:
            if not header.flags & TCP_RST:
                self._put(Tcp(self.lport, self.rport, header.ack, 0, TCP_RST))
            return
        if header.flags & TCP_RST:
            if header.flags & TCP_ACK:
                self._fail(ECONNREFUSED)
            return
        if not header.flags & TCP_SYN:
            return
        self.rcv_nxt = header.seq + 1 & MASK
        self._negotiate(header)
        if header.flags & TCP_ACK:
            self.unacked.clear()
            self.snd_una = header.ack
            self._established()
            self._ack()
            self._wake_writable()
            self._push()

    def _negotiate(self, header: Tcp) -> None:
        size, shift = header.option(2), header.option(3)
        self.peer_mss = int.from_bytes(size, "big") if size else 536
        self.peer_shift = shift[0] if shift else 0
        self.has_timestamps = header.option(8) is not None
        self.peer_window = header.window

    def _established(self) -> None:
        self.state = ESTABLISHED
        self._measure()
        self.retries, self.rto = 0, max(RTO_MIN, self.rto if not self.srtt else self.srtt + 4 * self.rttvar)
        if self.timer is not None:
            self.timer.cancel()

    def _measure(self) -> None:
        """A round trip, for segments sent once (RFC 6298)."""
        if self.retries:
            return
        took = max(1, self.netns.kernel.clock.now - self.sent_at)
        if not self.srtt:
            self.srtt, self.rttvar = took, took // 2
        else:
            self.rttvar = (3 * self.rttvar + abs(self.srtt - took)) // 4
            self.srtt = (7 * self.srtt + took) // 8
        self.rto = min(RTO_MAX, max(RTO_MIN, self.srtt + max(4 * self.rttvar, RTO_MIN)))

    def _acknowledged(self, header: Tcp) -> None:
        if after(header.ack, self.snd_nxt):
            self._ack()
            return
        self.peer_window = header.window << self.peer_shift
        progressed = False
        while self.unacked and not after(self.unacked[0][0], header.ack):
            self.unacked.popleft()
            progressed = True
        if progressed:
            self.snd_una = header.ack
            self._measure()
            self.retries = 0
            self.sent_at = self.netns.kernel.clock.now
            if self.unacked:
                self._start(self.rto, "_retransmit")
            elif self.timer is not None:
                self.timer.cancel()
        if self.state == SYN_RECV and header.ack == self.snd_nxt:
            self._established()
            self.netns.mib["TcpPassiveOpens"] += 1
            self.peer_window = header.window << self.peer_shift
            if self.parent is not None:
                self.parent.accept_queue.append(self)
                self.parent.wake()
        if self.fin_sent and not self.unacked and header.ack == self.snd_nxt:
            if self.state == FIN_WAIT1:
                self.state = FIN_WAIT2
                if self.is_closed:
                    self._start(TIME_WAIT_LASTS, "_release")
            elif self.state == CLOSING:
                self._time_wait()
            elif self.state == LAST_ACK:
                self._release()
                return
        self._push()

    def _data(self, header: Tcp) -> None:
        data = header.payload if isinstance(header.payload, bytes) else b""
        self.out_of_order[header.seq] = (data, header.flags & TCP_FIN)
        arrived = False
        while True:
            ready = next((seq for seq in self.out_of_order if not after(seq, self.rcv_nxt)), None)
            if ready is None:
                break
            piece, fin = self.out_of_order.pop(ready)
            skip = self.rcv_nxt - ready & MASK
            if skip > len(piece) or (skip == len(piece) and not fin) or self.fin_received:
                continue
            arrived = True
            fresh = piece[skip:]
            if fresh and self.is_closed:
                self._reset()
                return
            self.incoming += fresh
            self.rcv_nxt = self.rcv_nxt + len(fresh) & MASK
            if fin:
                self.rcv_nxt = self.rcv_nxt + 1 & MASK
                self._fin()
        self._ack_for(header)
        if arrived:
            self.wake()

    def _ack_for(self, header: Tcp) -> None:
        if self.state != CLOSE:
            self._ack()

    def _fin(self) -> None:
        self.fin_received = True
        if self.state in (ESTABLISHED, SYN_RECV):
            self.state = CLOSE_WAIT
        elif self.state == FIN_WAIT1:
            self.state = CLOSING
        elif self.state == FIN_WAIT2:
            self._time_wait()


def tcp_rcv(netns: Netns, skb: SkBuff) -> bool:
    """A segment for this host: to its connection, to a listener, or refused (`tcp_v4_rcv`)."""
    packet = skb.packet
    header = packet.payload
    if not isinstance(header, Tcp) or skb.pkt_type not in (0, 4, 5):
        return True
    netns.mib["TcpInSegs"] += 1
    sock = netns.sockets.connected.get((IPPROTO_TCP, int(packet.dst), header.dport, int(packet.src), header.sport))
    if sock is not None and sock.state == TIME_WAIT and header.flags & TCP_SYN:
        sock._release()
        sock = None
    if sock is not None:
        sock.segment(packet, header)
        return True
    listener = _listener(netns, packet, header, skb)
    if listener is not None and header.flags & (TCP_SYN | TCP_ACK | TCP_RST) == TCP_SYN:
        _new_connection(netns, listener, packet, header)
    elif not header.flags & TCP_RST:
        _refuse(netns, packet, header)
    return True


def _listener(netns: Netns, packet: Ip, header: Tcp, skb: SkBuff) -> TcpSocket | None:
    best: TcpSocket | None = None
    for sock in netns.sockets.listening.get((IPPROTO_TCP, header.dport), ()):
        if sock.state != LISTEN or (sock.bound_dev and sock.bound_dev != skb.dev.ifindex):
            continue
        if sock.laddr == packet.dst:
            return sock  # type: ignore[no-any-return]
        if sock.laddr in (None, IPV4_ANY):
            best = sock
    return best


def _new_connection(netns: Netns, listener: TcpSocket, packet: Ip, header: Tcp) -> None:
    if len(listener.accept_queue) > listener.backlog:
        return
    child = TcpSocket(netns, listener.family, listener.kind, IPPROTO_TCP, packet.dst, header.dport, packet.src, header.sport)
    child.parent = listener
    child.reuseaddr = listener.reuseaddr
    child.created = netns.kernel.clock.now
    child.state = SYN_RECV
    child.rcv_nxt = header.seq + 1 & MASK
    child._negotiate(header)
    stamp = header.option(8)
    if stamp is not None and len(stamp) >= 4:
        child.ts_recent = int.from_bytes(stamp[:4], "big")
    child.snd_una = child.snd_nxt = netns.kernel.rng.getrandbits(32)
    netns.sockets.connected[child._key()] = child
    try:
        mtu = ip_route_output(netns, Flow(packet.src, packet.dst)).mtu
    except NetError:
        mtu = 1500
    child._transmit(TCP_SYN | TCP_ACK, b"", child._syn_options(mtu))


def _refuse(netns: Netns, packet: Ip, header: Tcp) -> None:
    """Nobody listens: RST (`tcp_v4_send_reset`)."""
    if header.flags & TCP_ACK:
        answer = Tcp(header.dport, header.sport, header.ack, 0, TCP_RST)
    else:
        length = len(header.payload) + bool(header.flags & TCP_SYN) + bool(header.flags & TCP_FIN)  # type: ignore[arg-type]
        answer = Tcp(header.dport, header.sport, 0, header.seq + length & MASK, TCP_RST | TCP_ACK)
    netns.mib["TcpOutRsts"] += 1
    netns.mib["TcpOutSegs"] += 1
    try:
        rt = ip_route_output(netns, Flow(packet.src, packet.dst, tos=packet.tos))
        ip_local_out(netns, Ip(packet.dst, packet.src, IPPROTO_TCP, 64, packet.tos, 0, 2, payload=answer), rt)
    except NetError:
        return


def tcp_err(netns: Netns, message: IcmpError, inner: Ip, skb: SkBuff) -> None:
    """An ICMP error about a segment of ours: the end of a connection attempt, else a reason to remember (`tcp_v4_err`)."""
    header = inner.payload
    if not isinstance(header, Tcp):
        return
    sock = netns.sockets.connected.get((IPPROTO_TCP, int(inner.src), header.sport, int(inner.dst), header.dport))
    if sock is None or message.type not in (3, 11, 12):
        return
    if message.type == 3 and message.code == 4:
        mtu = message.rest & 0xFFFF
        if mtu and mtu - 40 < sock.peer_mss:
            sock.peer_mss = max(48, mtu - 40)
            _resegment(sock)
        return
    error = errno_of(message)
    if sock.recverr:
        from netsim.kernel.ipv4.sock import ORIGIN_ICMP, SockError

        sock.errors.append(SockError(error, ORIGIN_ICMP, message.type, message.code, 0, skb.packet.src, inner, netns.kernel.clock.now))
    if sock.state in (SYN_SENT, SYN_RECV):
        sock._fail(error)
    else:
        sock.soft_error = error


def _resegment(sock: TcpSocket) -> None:
    """The path got narrower: what is unacknowledged is cut anew and sent again."""
    data = b"".join(segment.payload for _, segment in sock.unacked if isinstance(segment.payload, bytes))
    had_fin = any(segment.flags & TCP_FIN for _, segment in sock.unacked)
    sock.unacked.clear()
    sock.snd_nxt = sock.snd_una
    sock.outgoing[:0] = data
    if had_fin:
        sock.fin_sent = False
        sock.state = ESTABLISHED if sock.state == FIN_WAIT1 else CLOSE_WAIT
    sock._push()
