"""TCP sockets: their state, and the calls made on them (`tcp.c`, `inet_connection_sock.c`)."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import attrs

from netsim.clock import SECOND, Timer
from netsim.errors import (
    EADDRINUSE,
    EADDRNOTAVAIL,
    EAFNOSUPPORT,
    EALREADY,
    EINPROGRESS,
    EINVAL,
    EISCONN,
    ENETUNREACH,
    ENOTCONN,
    EPIPE,
    NetError,
)
from netsim.kernel.inet import tcp_output, tcp_timer
from netsim.kernel.inet.family import Family
from netsim.kernel.inet.ports import addresses_meet, bind_port, connect_port, demand_privilege, same_device, unhash
from netsim.kernel.inet.sock import InetSocket
from netsim.kernel.inet.tcp_output import Sent
from netsim.kernel.inet.tcp_states import (
    CLOSE,
    CLOSE_WAIT,
    ESTABLISHED,
    FIN_WAIT1,
    FIN_WAIT2,
    INITIAL_WINDOW,
    LAST_ACK,
    LISTEN,
    QUICK_ACKS,
    RTO_START,
    SYN_RECV,
    SYN_SENT,
)
from netsim.packet.numbers import TCP_SYN

if TYPE_CHECKING:
    from netsim.addr import IPv4, IPv6

OPENING = (SYN_SENT, SYN_RECV)
SENDING = (ESTABLISHED, CLOSE_WAIT)


@attrs.define(eq=False)
class TcpSocket(InetSocket):
    """A stream socket; sequence numbers as in RFC 9293, times in ns."""

    state: int = CLOSE
    nodelay: int = 0
    keepalive: int = 0
    is_port_bound: bool = False
    """The port was taken by `bind`, not chosen by `connect`."""
    answered_misfit: int = 0
    """When a repeated SYN or another segment that does not fit was last answered, in ns (`last_oow_ack_time`)."""
    # what is sent
    snd_una: int = 0
    snd_nxt: int = 0
    small_end: int = 0
    peer_mss: int = 536
    peer_window: int = 0
    peer_shift: int = 0
    unacked: deque[Sent] = attrs.field(factory=deque)
    outgoing: bytearray = attrs.field(factory=bytearray)
    fin_wanted: bool = False
    fin_sent: bool = False
    cwnd: int = INITIAL_WINDOW
    ssthresh: int = 0x7FFFFFFF
    duplicate_acks: int = 0
    bytes_acked: int = 0
    bytes_sent: int = 0
    segments_out: int = 0
    retransmitted: int = 0
    # what is received
    rcv_nxt: int = 0
    rcv_wup: int = 0
    rcv_wnd: int = 0
    rcv_ssthresh: int = 0
    rcv_shift: int = 0
    rcv_mss: int = 536
    incoming: bytearray = attrs.field(factory=bytearray)
    out_of_order: dict[int, tuple[bytes, int]] = attrs.field(factory=dict)
    fin_received: bool = False
    bytes_received: int = 0
    segments_in: int = 0
    quick_acks: int = QUICK_ACKS
    pingpong: bool = False
    last_received: int = -SECOND
    last_sent: int = 0
    # options and round trips
    has_timestamps: bool = True
    has_sack: bool = True
    has_scaling: bool = True
    ts_recent: int = 0
    ts_offset: int = 0
    retries: int = 0
    backoff: int = 0
    probes: int = 0
    rto: int = RTO_START
    srtt: int = 0
    rttvar: int = 0
    timed_seq: int = 0
    timed_at: int = -1
    timer: Timer | None = None
    ack_timer: Timer | None = None
    # listening
    backlog: int = 0
    accept_queue: deque[TcpSocket] = attrs.field(factory=deque)
    half_open: int = 0
    parent: TcpSocket | None = None
    soft_error: int = 0
    write_shut: bool = False
    created: int = 0

    @property
    def is_listening(self) -> bool:
        """Whether it waits for connections."""
        return self.state == LISTEN

    @property
    def is_readable(self) -> bool:
        """Whether reading would not wait (`tcp_poll`)."""
        return bool(self.incoming) or self.fin_received or self.state == CLOSE

    @property
    def network(self) -> Family:
        """The network layer the connection runs over."""
        assert self.raddr is not None
        return self.family_for(self.raddr)

    @property
    def key(self) -> tuple[int, int, int, int, int]:
        """What the connection is found by."""
        return self.protocol, int(self.laddr or 0), self.lport, int(self.raddr or 0), self.rport

    # calls -------------------------------------------------------------------------------------------------------------

    def bind(self, address: IPv4 | IPv6, port: int = 0) -> None:
        """Take a local name; EADDRINUSE, EADDRNOTAVAIL, EINVAL."""
        if self.lport or self.state != CLOSE:
            raise NetError(EINVAL)
        self.check_bindable(address)
        if self.is_unprivileged:
            demand_privilege(self, port)
        self.laddr = address
        try:
            bind_port(self, port)
        except NetError:
            self.laddr = None
            raise

    def listen(self, backlog: int) -> None:
        """Wait for connections; EADDRINUSE when somebody else does already (`inet_csk_listen_start`)."""
        if self.state not in (CLOSE, LISTEN) or self.raddr is not None:
            raise NetError(EINVAL)
        self.backlog = min(backlog & 0xFFFFFFFF, int(self.netns.kernel.init_net.inet.sysctl.get("net/core/somaxconn", 4096)))
        if self.state == LISTEN:
            return
        if not self.lport:
            bind_port(self, 0)
        table = self.netns.sockets.listening.setdefault((self.protocol, self.lport), [])
        for other in table:
            if same_device(self, other) and addresses_meet(self, other) and not (self.reuseport and other.reuseport):
                raise NetError(EADDRINUSE)
        self.state = LISTEN
        table.append(self)

    def accept(self) -> TcpSocket | None:
        """The next established connection, or None; EINVAL when it does not listen."""
        if self.state != LISTEN:
            raise NetError(EINVAL)
        if not self.accept_queue:
            return None
        child = self.accept_queue.popleft()
        child.is_held = True
        return child

    def connect(self, address: IPv4 | IPv6, port: int = 0) -> None:
        """Begin a connection: EINPROGRESS, and the route's errors at once (`tcp_v4_connect`, `tcp_v6_connect`)."""
        if self.state in OPENING:
            raise NetError(EALREADY)
        if self.state != CLOSE:
            raise NetError(EISCONN)
        self.raise_pending()
        family = self.family_for(address)
        if self.laddr and self.family_for(self.laddr) is not family:
            raise NetError(EAFNOSUPPORT)
        family.check_peer(self, address)
        rt = family.route(self, address, port)
        if not family.is_unicast(rt):
            raise NetError(ENETUNREACH)
        if not address:
            address = rt.src
            rt = self.route_to_self(address, port)
        if not self.laddr:
            self.laddr = rt.src
        if self.lport:
            if (self.protocol, int(self.laddr or 0), self.lport, int(address), port) in self.netns.sockets.connected:
                raise NetError(EADDRNOTAVAIL)
        else:
            connect_port(self, address, port)
        self.raddr, self.rport = address, port
        self.netns.sockets.connected[self.key] = self
        self.state = SYN_SENT
        self.netns.mib["TcpActiveOpens"] += 1
        self.created = self.netns.kernel.clock.now
        tcp_output.init_sequence(self, rt.mtu)
        tcp_output.transmit(self, TCP_SYN, b"")
        self.netns.kernel.clock.settle()  # what answers at once has done so when the call returns
        raise NetError(EINPROGRESS)

    def send(self, data: bytes) -> None:
        """Send bytes; EPIPE after the end, ENOTCONN before the beginning, a pending error first (`tcp_sendmsg`)."""
        self.raise_pending()
        if self.write_shut or self.state not in (*SENDING, *OPENING):
            raise NetError(EPIPE if self.raddr is not None else ENOTCONN)
        self.outgoing += data
        tcp_output.push(self)

    def recv(self) -> bytes | None:
        """Bytes that came, b"" at the end, None when one must wait; a pending error is raised; ENOTCONN."""
        if self.incoming:
            data = bytes(self.incoming)
            self.incoming.clear()
            tcp_output.open_window(self)
            return data
        self.raise_pending()
        if self.fin_received:
            return b""
        if self.state == LISTEN or (self.state == CLOSE and self.raddr is None):
            raise NetError(ENOTCONN)
        return b"" if self.state == CLOSE else None

    def raise_pending(self) -> None:
        """Raise the error that waits, once (`sock_error`)."""
        if self.so_error:
            error, self.so_error = self.so_error, 0
            raise NetError(error)

    def shutdown(self) -> None:
        """No more will be sent (SHUT_WR); ENOTCONN (`tcp_shutdown`)."""
        if self.state in (CLOSE, LISTEN, SYN_SENT):
            raise NetError(ENOTCONN)
        if not self.write_shut:
            self.write_shut = True
            self._send_fin()

    def _send_fin(self) -> None:
        if self.state in (ESTABLISHED, SYN_RECV):
            self.state = FIN_WAIT1
        elif self.state == CLOSE_WAIT:
            self.state = LAST_ACK
        else:
            return
        self.fin_wanted = True
        tcp_output.push(self)

    def close(self) -> None:
        """The last descriptor is gone: finish in the background, or reset when unread data is lost (`__tcp_close`)."""
        super().close()
        self.waker = None
        if self.state == LISTEN:
            for child in list(self.accept_queue):
                child.abort()
            for child in [sock for sock in self.netns.sockets.connected.values() if sock.state == SYN_RECV and sock.parent is self]:
                child.release()
            self.release()
        elif self.state in (SYN_SENT, CLOSE):
            self.release()
        elif self.incoming:
            self.abort()
        elif self.state == FIN_WAIT2:
            tcp_timer.start(self, tcp_timer.fin_timeout(self), tcp_timer.release)
        else:
            self.write_shut = True
            self._send_fin()
        self.is_held = False

    # endings -----------------------------------------------------------------------------------------------------------

    def fail(self, error: int) -> None:
        """The connection is over, with an error for its owner (`tcp_done_with_error`)."""
        self.so_error = error
        self.release()
        self.wake()
        self.wake_writable()

    def wake_writable(self) -> None:
        """Tell the owner that a connect was decided."""
        if self.waker is not None:
            self.waker.wake_writable()

    def abort(self) -> None:
        """Break off with RST (`tcp_send_active_reset`)."""
        if self.raddr is not None:
            tcp_output.send_reset(self)
        self.release()

    def release(self) -> None:
        """Leave all tables (`tcp_done`)."""
        if self.state in OPENING:
            self.netns.mib["TcpAttemptFails"] += 1
        elif self.state in SENDING:
            self.netns.mib["TcpEstabResets"] += 1
        if self.state == SYN_RECV and self.parent is not None:
            self.parent.half_open -= 1
        was_listening = self.state == LISTEN
        self.state = CLOSE
        tcp_timer.stop(self)
        self.unacked.clear()
        sockets = self.netns.sockets
        if self.raddr is not None and sockets.connected.get(self.key) is self:
            del sockets.connected[self.key]
        if was_listening:
            unhash(sockets.listening, self)
        unhash(sockets.bound, self)

    def describe_timer(self) -> Any:
        """What `/proc/net/tcp` and `ss -o` tell of the running timer: its name and when it fires (ns), None when none runs."""
        return tcp_timer.running(self)
