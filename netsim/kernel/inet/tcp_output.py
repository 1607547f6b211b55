"""Segments go out: cut to size, held back by windows, sent again (`tcp_output.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.clock import MS
from netsim.errors import NetError
from netsim.kernel.inet import tcp_timer
from netsim.kernel.inet.tcp_states import (
    CLOSE,
    CLOSE_WAIT,
    CLOSING,
    DELAYED_ACK,
    ESTABLISHED,
    FIN_WAIT1,
    LAST_ACK,
    MASK,
    SYN_RECV,
    SYN_SENT,
    after,
)
from netsim.packet import NOP, SACK_PERMITTED, Tcp, TcpOption, mss, sack, timestamps, window_scale
from netsim.packet.numbers import TCP_ACK, TCP_FIN, TCP_PSH, TCP_RST, TCP_SYN

if TYPE_CHECKING:
    from netsim.kernel.inet.tcp import TcpSocket

HEADER = 20
TIMESTAMPS_SIZE = 12
MAX_WINDOW = 65535
STATES_THAT_SEND = frozenset({ESTABLISHED, CLOSE_WAIT, FIN_WAIT1, LAST_ACK, CLOSING})


@attrs.frozen
class Sent:
    """A segment that waits to be acknowledged: where it begins and ends, its flags and data."""

    seq: int
    end: int
    flags: int
    data: bytes


# beginnings ------------------------------------------------------------------------------------------------------------


def init_sequence(sock: TcpSocket, mtu: int) -> None:
    """First numbers and window of a connection over a path of this MTU (`tcp_connect_init`, `tcp_select_initial_window`)."""
    rng, settings = sock.netns.kernel.rng, sock.netns.inet.sysctl
    sock.snd_una = sock.snd_nxt = rng.getrandbits(32)
    sock.small_end = sock.snd_una
    sock.ts_offset = rng.getrandbits(32)
    sock.rcv_mss = max(mtu - sock.network.header_length - HEADER, 88)
    if sock.state == SYN_SENT:
        sock.has_timestamps = bool(int(settings.get("tcp_timestamps", 1)))
        sock.has_sack = bool(int(settings.get("tcp_sack", 1)))
        sock.has_scaling = bool(int(settings.get("tcp_window_scaling", 1)))
    _, space, largest = (int(word) for word in str(settings.get("tcp_rmem", "4096\t131072\t33554432")).split())
    space //= 2
    size = sock.rcv_mss - (TIMESTAMPS_SIZE if sock.state == SYN_RECV and sock.has_timestamps else 0)
    if space > size:
        space -= space % size
    sock.rcv_wnd = sock.rcv_ssthresh = min(space, MAX_WINDOW)
    sock.rcv_shift = min(14, max(0, largest.bit_length() - 16)) if sock.has_scaling else 0


def _stamp(sock: TcpSocket) -> int:
    return sock.netns.kernel.clock.now // MS + sock.ts_offset & MASK


def _syn_options(sock: TcpSocket) -> tuple[TcpOption, ...]:
    options = [mss(sock.rcv_mss)]
    if sock.has_timestamps:
        options += [SACK_PERMITTED] if sock.has_sack else [NOP, NOP]
        options.append(timestamps(_stamp(sock), sock.ts_recent))
    elif sock.has_sack:
        options += [NOP, NOP, SACK_PERMITTED]
    if sock.has_scaling:
        options += [NOP, window_scale(sock.rcv_shift)]
    return tuple(options)


def _options(sock: TcpSocket) -> tuple[TcpOption, ...]:
    options: tuple[TcpOption, ...] = (NOP, NOP, timestamps(_stamp(sock), sock.ts_recent)) if sock.has_timestamps else ()
    if sock.out_of_order and sock.has_sack:
        options += (NOP, NOP, sack(*_blocks(sock)))
    return options


def _blocks(sock: TcpSocket) -> list[tuple[int, int]]:
    blocks: list[tuple[int, int]] = []
    for seq in sorted(sock.out_of_order, key=lambda seq: seq - sock.rcv_nxt & MASK):
        data, fin = sock.out_of_order[seq]
        end = seq + len(data) + bool(fin) & MASK
        if blocks and not after(seq, blocks[-1][1]):
            blocks[-1] = (blocks[-1][0], end if after(end, blocks[-1][1]) else blocks[-1][1])
        else:
            blocks.append((seq, end))
    return blocks[:3]


# windows ---------------------------------------------------------------------------------------------------------------


def _right_window(sock: TcpSocket) -> int:
    """The window to announce; what was announced is never taken back (`tcp_select_window`, `__tcp_select_window`)."""
    announced = max(0, sock.rcv_wnd - (sock.rcv_nxt - sock.rcv_wup & MASK))
    free = max(0, sock.rcv_ssthresh - len(sock.incoming))
    unit = 1 << sock.rcv_shift
    if free < min(sock.rcv_mss, sock.rcv_ssthresh // 16):
        free = 0
    window = max(announced, -(-free // unit) * unit) if sock.rcv_shift else max(announced, free)
    sock.rcv_wnd, sock.rcv_wup = window, sock.rcv_nxt
    return min(window >> sock.rcv_shift, MAX_WINDOW)


def open_window(sock: TcpSocket) -> None:
    """The program read: tell a sender that was shut out (`tcp_cleanup_rbuf`)."""
    if sock.state not in STATES_THAT_SEND and sock.raddr is None:
        return
    left = max(0, sock.rcv_wnd - (sock.rcv_nxt - sock.rcv_wup & MASK))
    if 2 * left <= sock.rcv_ssthresh - len(sock.incoming) and left < sock.rcv_mss and sock.state != CLOSE:
        send_ack(sock)


# sending ---------------------------------------------------------------------------------------------------------------


def _segment(sock: TcpSocket, seq: int, flags: int, data: bytes) -> Tcp:
    ack = sock.rcv_nxt if flags & TCP_ACK else 0
    if flags & TCP_SYN:
        window = min(sock.rcv_wnd, MAX_WINDOW)
        sock.rcv_wup = sock.rcv_nxt
        return Tcp(sock.lport, sock.rport, seq, ack, flags, window, _syn_options(sock), 0, data)
    return Tcp(sock.lport, sock.rport, seq, ack, flags, _right_window(sock), _options(sock), 0, data)


def _put(sock: TcpSocket, header: Tcp) -> None:
    """Hand a segment to the network; what goes wrong there shows as silence."""
    sock.segments_out += 1
    if header.flags & TCP_ACK and sock.ack_timer is not None:
        sock.ack_timer.cancel()
        sock.ack_timer = None
    try:
        sock.network.send_segment(sock, header)
    except NetError:
        return


def transmit(sock: TcpSocket, flags: int, data: bytes) -> None:
    """Send a segment that must be acknowledged."""
    now = sock.netns.kernel.clock.now
    seq = sock.snd_nxt
    sock.snd_nxt = seq + len(data) + bool(flags & TCP_SYN) + bool(flags & TCP_FIN) & MASK
    sock.unacked.append(Sent(seq, sock.snd_nxt, flags, data))
    if sock.timed_at < 0:
        sock.timed_seq, sock.timed_at = sock.snd_nxt, now
    if len(sock.unacked) == 1:
        tcp_timer.start(sock, sock.rto, tcp_timer.retransmit)
    if data:
        sock.bytes_sent += len(data)
        sock.last_sent = now
        if now - sock.last_received < DELAYED_ACK:
            sock.pingpong = True
    sock.netns.mib["TcpOutSegs"] += 1
    _put(sock, _segment(sock, seq, flags, data))


def resend(sock: TcpSocket) -> None:
    """Send the first unacknowledged segment again (`tcp_retransmit_skb`)."""
    first = sock.unacked[0]
    sock.timed_at = -1
    sock.retransmitted += 1
    sock.netns.mib["TcpRetransSegs"] += 1
    _put(sock, _segment(sock, first.seq, first.flags, first.data))


def send_ack(sock: TcpSocket) -> None:
    """A bare acknowledgement (`tcp_send_ack`)."""
    if sock.state in (CLOSE, SYN_SENT):
        return
    sock.quick_acks = max(0, sock.quick_acks - 1)
    sock.netns.mib["TcpOutSegs"] += 1
    _put(sock, _segment(sock, sock.snd_nxt, TCP_ACK, b""))


def send_probe(sock: TcpSocket) -> None:
    """A segment before the window, which the other end must answer (`tcp_xmit_probe_skb`)."""
    sock.netns.mib["TcpOutSegs"] += 1
    _put(sock, _segment(sock, sock.snd_una - 1 & MASK, TCP_ACK, b""))


def send_reset(sock: TcpSocket) -> None:
    """RST with our numbers (`tcp_send_active_reset`)."""
    sock.netns.mib["TcpOutRsts"] += 1
    sock.netns.mib["TcpOutSegs"] += 1
    header = Tcp(sock.lport, sock.rport, sock.snd_nxt, sock.rcv_nxt, TCP_RST | TCP_ACK, _right_window(sock), (), 0, b"")
    if sock.has_timestamps:
        header = Tcp(sock.lport, sock.rport, sock.snd_nxt, sock.rcv_nxt, TCP_RST | TCP_ACK, header.window, _options(sock), 0, b"")
    _put(sock, header)


def segment_size(sock: TcpSocket) -> int:
    """Data bytes that fit one segment (`tcp_current_mss`)."""
    return max(1, sock.peer_mss - (TIMESTAMPS_SIZE if sock.has_timestamps else 0))


def _is_held(sock: TcpSocket, length: int, size: int) -> bool:
    """Nagle's rule as Minshall changed it: one small segment under way at a time (`tcp_nagle_test`)."""
    return length < size and not sock.nodelay and not sock.fin_wanted and bool(sock.unacked) and after(sock.small_end, sock.snd_una)


def push(sock: TcpSocket) -> None:
    """Send what the windows let out, then the FIN (`tcp_write_xmit`)."""
    if sock.state not in STATES_THAT_SEND:
        return
    size = segment_size(sock)
    while sock.outgoing:
        room = sock.peer_window - (sock.snd_nxt - sock.snd_una & MASK)
        if room <= 0 and not sock.unacked:
            if sock.timer is None or not sock.timer.pending:
                tcp_timer.start(sock, sock.rto, tcp_timer.probe)
            return
        length = min(size, room, len(sock.outgoing))
        if length <= 0 or len(sock.unacked) >= sock.cwnd or _is_held(sock, length, size):
            return
        if length < size and length < len(sock.outgoing) and sock.unacked:
            return  # a silly window: better to wait for a whole segment's room
        data = bytes(sock.outgoing[:length])
        del sock.outgoing[:length]
        is_last = not sock.outgoing
        with_fin = is_last and sock.fin_wanted and not sock.fin_sent
        sock.fin_sent |= with_fin
        transmit(sock, TCP_ACK | (TCP_PSH if is_last else 0) | (TCP_FIN if with_fin else 0), data)
        if length < size:
            sock.small_end = sock.snd_nxt
    if sock.fin_wanted and not sock.fin_sent:
        sock.fin_sent = True
        transmit(sock, TCP_ACK | TCP_FIN, b"")


def resegment(sock: TcpSocket, largest: int) -> None:
    """The path got narrower: what is unacknowledged is cut anew and sent again (`tcp_simple_retransmit`)."""
    if not 48 <= largest < sock.peer_mss:
        return
    sock.peer_mss = largest
    if sock.state in (SYN_SENT, SYN_RECV):
        return
    sock.outgoing[:0] = b"".join(sent.data for sent in sock.unacked)
    if any(sent.flags & TCP_FIN for sent in sock.unacked):
        sock.fin_sent = False
    sock.retransmitted += len(sock.unacked)
    sock.unacked.clear()
    sock.snd_nxt = sock.small_end = sock.snd_una
    push(sock)
