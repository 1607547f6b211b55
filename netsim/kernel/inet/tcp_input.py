"""Segments come in to a connection: acknowledgements, data, endings (`tcp_input.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.clock import MS
from netsim.errors import ECONNREFUSED, ECONNRESET, EPIPE
from netsim.kernel.inet import tcp_output, tcp_timer
from netsim.kernel.inet.tcp_states import (
    CLOSE,
    CLOSE_WAIT,
    CLOSING,
    ESTABLISHED,
    FIN_WAIT1,
    FIN_WAIT2,
    LAST_ACK,
    MASK,
    RTO_MAX,
    RTO_MIN,
    RTO_START,
    SYN_RECV,
    SYN_SENT,
    TIME_WAIT,
    after,
)
from netsim.packet import Tcp
from netsim.packet.numbers import TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN

if TYPE_CHECKING:
    from netsim.kernel.inet.tcp import TcpSocket

MSS, SCALE, SACK_OK, TIMESTAMPS = 2, 3, 4, 8
DUPLICATES_FOR_FAST_RETRANSMIT = 3
SMALL = 128


def data_length(header: Tcp) -> int:
    """Bytes of sequence space that data and FIN take."""
    return len(payload(header)) + bool(header.flags & TCP_FIN)


def payload(header: Tcp) -> bytes:
    """The data of a segment."""
    return header.payload if isinstance(header.payload, bytes) else b""


def negotiate(sock: TcpSocket, header: Tcp) -> None:
    """What the other end's SYN says (`tcp_parse_options`)."""
    size, shift, stamp = header.option(MSS), header.option(SCALE), header.option(TIMESTAMPS)
    sock.peer_mss = min(int.from_bytes(size, "big") if size else 536, sock.rcv_mss)
    sock.has_scaling = sock.has_scaling and shift is not None
    sock.peer_shift = min(shift[0], 14) if shift and sock.has_scaling else 0
    if not sock.has_scaling:
        sock.rcv_shift = 0
    sock.has_timestamps = sock.has_timestamps and stamp is not None
    sock.has_sack = sock.has_sack and header.option(SACK_OK) is not None
    sock.peer_window = header.window
    _note_timestamp(sock, stamp)


def _note_timestamp(sock: TcpSocket, stamp: bytes | None) -> None:
    if stamp is not None and len(stamp) >= 4:
        sock.ts_recent = int.from_bytes(stamp[:4], "big")


def rcv_state_process(sock: TcpSocket, header: Tcp) -> bool:
    """A segment of this connection; True when its sender is to be reset (`tcp_rcv_state_process`, `tcp_rcv_established`)."""
    sock.segments_in += 1
    if sock.state == SYN_SENT:
        return _syn_sent(sock, header)
    if _is_syn_again(sock, header):
        _resend_syn_ack(sock)
        return False
    is_request = sock.state == SYN_RECV and sock.parent is not None
    if is_request and header.flags & TCP_ACK and header.ack != sock.snd_nxt:
        return True
    if not _is_in_window(sock, header):
        _out_of_window(sock, header)
    elif is_request and header.flags & (TCP_RST | TCP_SYN):
        sock.release()  # `embryonic_reset`
        return True
    elif header.flags & TCP_RST:
        _reset(sock, header)
    elif header.flags & TCP_SYN:
        _challenge(sock)
    elif header.flags & TCP_ACK:
        return _acknowledged(sock, header)
    return False


def _acknowledged(sock: TcpSocket, header: Tcp) -> bool:
    """A segment that fits: what it acknowledges, and its data; True when its sender is to be reset."""
    if sock.state == SYN_RECV and header.ack != sock.snd_nxt:
        return True
    if header.seq == sock.rcv_nxt or not after(header.seq, sock.rcv_wup):
        _note_timestamp(sock, header.option(TIMESTAMPS))
    if _ack(sock, header) and sock.state != CLOSE and data_length(header):
        _data_queue(sock, header)
    return False


def _is_syn_again(sock: TcpSocket, header: Tcp) -> bool:
    """Whether the SYN a half-open connection began with came once more (`tcp_check_req`)."""
    opening = header.flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN) == TCP_SYN
    return opening and sock.state == SYN_RECV and header.seq + 1 & MASK == sock.rcv_nxt


def _resend_syn_ack(sock: TcpSocket) -> None:
    """SYN and ACK again, but not too often (`tcp_check_req`)."""
    if not _is_answered_enough(sock):
        tcp_output.resend(sock)


def _is_answered_enough(sock: TcpSocket) -> bool:
    """Whether a segment that does not fit was answered a moment ago; else this one counts as answered (`__tcp_oow_rate_limited`)."""
    now = sock.netns.kernel.clock.now
    limit = tcp_timer.setting(sock, "tcp_invalid_ratelimit", 500) * MS
    if sock.answered_misfit and now - sock.answered_misfit < limit:
        return True
    sock.answered_misfit = now
    return False


def _challenge(sock: TcpSocket) -> None:
    """Ask the other end whether it means it, but not too often (`tcp_send_challenge_ack`, RFC 5961)."""
    if not _is_answered_enough(sock):
        sock.netns.mib["TcpExtTCPChallengeACK"] += 1
        tcp_output.send_ack(sock)


def _out_of_window(sock: TcpSocket, header: Tcp) -> None:
    """Say what was expected instead: data always, anything else not too often (`tcp_validate_incoming`, `tcp_oow_rate_limited`)."""
    if header.flags & TCP_RST:
        return
    if header.flags & TCP_SYN:
        _challenge(sock)
    elif data_length(header) or not _is_answered_enough(sock):
        tcp_output.send_ack(sock)


def _is_in_window(sock: TcpSocket, header: Tcp) -> bool:
    """RFC 9293's test of the sequence number (`tcp_sequence`)."""
    end = header.seq + data_length(header) + bool(header.flags & TCP_SYN) & MASK
    limit = sock.rcv_wup + max(sock.rcv_wnd, 1) & MASK
    return not after(sock.rcv_wup, end) and not after(header.seq, limit)


def _reset(sock: TcpSocket, header: Tcp) -> None:
    """The other end broke off (`tcp_reset`); a number that does not fit exactly is challenged (RFC 5961)."""
    if header.seq != sock.rcv_nxt:
        if sock.state != TIME_WAIT:
            _challenge(sock)
        return
    if sock.state == TIME_WAIT:
        sock.release()
        return
    if sock.state == SYN_RECV:
        sock.release()
        return
    sock.fail(EPIPE if sock.state == CLOSE_WAIT else ECONNRESET)


def _syn_sent(sock: TcpSocket, header: Tcp) -> bool:
    """The answer to our SYN; True when it is to another one and its sender to be reset (`tcp_rcv_synsent_state_process`)."""
    if header.flags & TCP_ACK and header.ack != sock.snd_nxt:
        if not sock.retries:
            tcp_timer.start(sock, tcp_timer.TIMEOUT_MIN, tcp_timer.retransmit)  # an earlier RST may have been ignored
        return True
    if header.flags & TCP_RST:
        if header.flags & TCP_ACK:
            sock.fail(ECONNREFUSED)
    elif header.flags & TCP_SYN:
        _opened(sock, header)
    return False


def _opened(sock: TcpSocket, header: Tcp) -> None:
    """The other end's SYN, with or without the acknowledgement of ours."""
    sock.rcv_nxt = sock.rcv_wup = header.seq + 1 & MASK
    negotiate(sock, header)
    if not header.flags & TCP_ACK:
        sock.state = SYN_RECV  # both ends opened at once
        sock.snd_nxt = sock.snd_una
        sock.unacked.clear()
        tcp_output.transmit(sock, TCP_SYN | TCP_ACK, b"")
        return
    sock.unacked.clear()
    sock.snd_una = header.ack
    _establish(sock)
    tcp_output.send_ack(sock)
    sock.wake_writable()
    tcp_output.push(sock)


def _establish(sock: TcpSocket) -> None:
    sock.state = ESTABLISHED
    _measure(sock, sock.snd_una)
    sock.retries = sock.backoff = 0
    sock.rto = _rto(sock)
    tcp_timer.rearm(sock)


def _rto(sock: TcpSocket) -> int:
    if not sock.srtt:
        return RTO_START
    return min(RTO_MAX, sock.srtt + max(4 * sock.rttvar, RTO_MIN))


def _measure(sock: TcpSocket, acknowledged: int) -> None:
    """A round trip of a segment that was sent once (RFC 6298)."""
    if sock.timed_at < 0 or after(sock.timed_seq, acknowledged):
        return
    took = max(1, sock.netns.kernel.clock.now - sock.timed_at)
    sock.timed_at = -1
    if not sock.srtt:
        sock.srtt, sock.rttvar = took, took // 2
    else:
        sock.rttvar = (3 * sock.rttvar + abs(sock.srtt - took)) // 4
        sock.srtt = (7 * sock.srtt + took) // 8


def _ack(sock: TcpSocket, header: Tcp) -> bool:
    """Account for what the other end acknowledges (`tcp_ack`); False when the segment deserves nothing more."""
    if after(header.ack, sock.snd_nxt):
        if sock.state != ESTABLISHED:  # `tcp_rcv_established` says nothing
            _challenge(sock)
        return False
    if sock.state == SYN_RECV and not _third_step(sock, header):
        return False
    if after(sock.snd_una, header.ack):
        return True
    window = header.window << sock.peer_shift
    progressed = after(header.ack, sock.snd_una)
    if progressed:
        _clean_queue(sock, header.ack)
    elif sock.unacked and window == sock.peer_window and not data_length(header):
        _duplicate_ack(sock)
    sock.peer_window = window
    if window:
        if sock.probes and not sock.unacked and sock.timer is not None:
            sock.timer.cancel()
        sock.probes = 0
    if sock.fin_sent and sock.snd_una == sock.snd_nxt:
        _fin_acknowledged(sock)
    tcp_output.push(sock)
    return True


def _third_step(sock: TcpSocket, header: Tcp) -> bool:
    """The handshake is complete: the connection waits to be accepted (`tcp_check_req`, `inet_csk_complete_hashdance`)."""
    parent = sock.parent
    if parent is not None:
        if len(parent.accept_queue) > parent.backlog:
            sock.netns.mib["TcpExtListenOverflows"] += 1
            sock.netns.mib["TcpExtListenDrops"] += 1
            return False
        parent.half_open -= 1
        sock.answered_misfit = 0  # the half-open connection had its own
        sock.is_held = False
    sock.snd_una = header.ack
    sock.unacked.clear()
    _establish(sock)
    sock.peer_window = header.window << sock.peer_shift
    if parent is not None:
        sock.netns.mib["TcpPassiveOpens"] += 1
        parent.accept_queue.append(sock)
        parent.wake()
    else:
        sock.wake_writable()
    return True


def _clean_queue(sock: TcpSocket, acknowledged: int) -> None:
    """Forget what arrived (`tcp_clean_rtx_queue`), and let the window of congestion grow."""
    gone = 0
    while sock.unacked and not after(sock.unacked[0].end, acknowledged):
        sock.bytes_acked += len(sock.unacked.popleft().data)
        gone += 1
    sock.snd_una = acknowledged
    sock.duplicate_acks = 0
    _measure(sock, acknowledged)
    sock.retries = sock.backoff = 0
    sock.soft_error = 0
    sock.rto = _rto(sock)
    if sock.outgoing or len(sock.unacked) + gone >= sock.cwnd:
        sock.cwnd += gone if sock.cwnd < sock.ssthresh else 1
    tcp_timer.rearm(sock)


def _duplicate_ack(sock: TcpSocket) -> None:
    """Something after a lost segment arrived: the third such sign has it sent again (RFC 5681)."""
    sock.duplicate_acks += 1
    if sock.duplicate_acks == DUPLICATES_FOR_FAST_RETRANSMIT:
        sock.ssthresh = max(2, sock.cwnd // 2)
        sock.cwnd = sock.ssthresh
        sock.netns.mib["TcpExtTCPFastRetrans"] += 1
        tcp_output.resend(sock)


def _fin_acknowledged(sock: TcpSocket) -> None:
    if sock.state == FIN_WAIT1:
        sock.state = FIN_WAIT2
        if sock.is_closed:
            tcp_timer.start(sock, tcp_timer.fin_timeout(sock), tcp_timer.release)
    elif sock.state == CLOSING:
        tcp_timer.time_wait(sock)
    elif sock.state == LAST_ACK:
        sock.release()


def _data_queue(sock: TcpSocket, header: Tcp) -> None:
    """Data and FIN in order (`tcp_data_queue`); what comes after a gap waits."""
    data, fin = payload(header), header.flags & TCP_FIN
    if sock.is_closed and data and sock.state != TIME_WAIT and after(header.seq + len(data) & MASK, sock.rcv_nxt):
        sock.netns.mib["TcpExtTCPAbortOnData"] += 1
        sock.abort()
        return
    end = header.seq + len(data) + bool(fin) & MASK
    if not after(end, sock.rcv_nxt):
        sock.quick_acks = max(sock.quick_acks, 1)
        tcp_output.send_ack(sock)
        if sock.state == TIME_WAIT:
            tcp_timer.time_wait(sock)
        return
    in_order = not after(header.seq, sock.rcv_nxt) and not sock.out_of_order
    sock.out_of_order[header.seq] = (data, fin)
    arrived = _take_ready(sock)
    if arrived:
        sock.last_received = sock.netns.kernel.clock.now
        if len(data) > SMALL:
            sock.rcv_ssthresh = min(sock.rcv_ssthresh + 2 * len(data), 3 << 20)
        sock.wake()
    if not in_order:
        tcp_output.send_ack(sock)
    elif sock.state != CLOSE:
        _acknowledge(sock)


def _take_ready(sock: TcpSocket) -> bool:
    arrived = False
    while not sock.fin_received:
        ready = next((seq for seq in sock.out_of_order if not after(seq, sock.rcv_nxt)), None)
        if ready is None:
            break
        piece, fin = sock.out_of_order.pop(ready)
        skip = sock.rcv_nxt - ready & MASK
        if skip > len(piece) or (skip == len(piece) and not fin):
            continue
        arrived = True
        fresh = piece[skip:]
        sock.incoming += fresh
        sock.bytes_received += len(fresh)
        sock.rcv_nxt = sock.rcv_nxt + len(fresh) + bool(fin) & MASK
        if fin:
            _fin(sock)
    return arrived


def _acknowledge(sock: TcpSocket) -> None:
    """At once while the connection is young or much has come; else soon (`__tcp_ack_snd_check`)."""
    waiting = sock.rcv_nxt - sock.rcv_wup & MASK
    is_quick = sock.quick_acks > 0 and not sock.pingpong
    if is_quick or waiting > sock.peer_mss or sock.state == TIME_WAIT:
        tcp_output.send_ack(sock)
    elif waiting:
        tcp_timer.delay_ack(sock)


def _fin(sock: TcpSocket) -> None:
    """The other end sends no more (`tcp_fin`)."""
    sock.fin_received = True
    sock.out_of_order.clear()
    if sock.state in (ESTABLISHED, SYN_RECV):
        sock.state = CLOSE_WAIT
        sock.pingpong = True
    elif sock.state == FIN_WAIT1:
        sock.state = CLOSING
    elif sock.state == FIN_WAIT2:
        tcp_timer.time_wait(sock)
