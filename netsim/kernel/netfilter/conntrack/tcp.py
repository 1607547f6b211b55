"""Following TCP connections (`nf_conntrack_proto_tcp.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.clock import SECOND
from netsim.kernel.netfilter.conntrack.entries import account, kill, note, refresh
from netsim.kernel.netfilter.conntrack.outcome import INVALID, REPEAT, VALID
from netsim.kernel.netfilter.conntrack.tcp_states import (
    ACK_SET,
    CLOSE,
    CLOSING_STATES,
    ESTABLISHED,
    FIN_SET,
    FIN_WAIT,
    FLAGS_MASK,
    IGNORE,
    INVALID_HERE,
    LAST_ACK,
    NONE,
    NONE_SET,
    RST_SET,
    SYN_RECV,
    SYN_SENT,
    SYN_SENT2,
    SYN_SET,
    SYNACK_SET,
    TIME_WAIT,
    TRANSITIONS,
    VALID_FLAGS,
    index_of,
    timeout_of,
)
from netsim.kernel.netfilter.conntrack.tcp_window import (
    BE_LIBERAL,
    CLOSE_INIT,
    DATA_UNACKNOWLEDGED,
    EXPECTS_CHALLENGE_ACK,
    IGNORED,
    IN_WINDOW,
    MASK,
    MAXACK_SET,
    SACK_PERM,
    SIMULTANEOUS_OPEN,
    WINDOW_SCALE,
    before,
    in_window,
    read_options,
    segment_end,
)
from netsim.kernel.netfilter.headers import transport_of
from netsim.kernel.tables.conntrack import (
    IPS_ASSURED,
    IPS_CONFIRMED,
    IPS_FIXED_TIMEOUT,
    IPS_SEEN_REPLY,
    ORIGINAL,
    REPLY,
    Connection,
    ConntrackConf,
    ConntrackTable,
    TcpSide,
    TcpTrack,
    Tracked,
)
from netsim.packet import Tcp

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.core.skbuff import SkBuff

SHORTENED_FROM = 120 * SECOND


def tcp_packet(netns: Netns, table: ConntrackTable, skb: SkBuff, nfct: Tracked) -> int:
    """A segment of a connection (`nf_conntrack_tcp_packet`)."""
    header, connection = transport_of(skb.packet), nfct.connection
    if not isinstance(header, Tcp) or header.flags & FLAGS_MASK not in VALID_FLAGS:
        return INVALID
    assert connection is not None
    if not connection.status & IPS_CONFIRMED and not _new(table.conf, connection, header):
        return INVALID
    track = connection.tcp
    assert track is not None
    old, direction, index = track.state, nfct.direction, index_of(header)
    new = TRANSITIONS[direction][index][old]
    is_trusted = False
    if new == INVALID_HERE:
        return INVALID
    if new == IGNORE or (new == SYN_SENT and old >= TIME_WAIT):
        if new == SYN_SENT and _is_reopened(track, direction):
            kill(table, connection)
            return REPEAT
        if not _answers_ignored_syn(track, header, direction, index):
            _ignore(track, header, direction, index, old)
            return VALID
        _take_over(track, direction)
        old, new = SYN_SENT, SYN_RECV
    elif new == TIME_WAIT and _is_challenge_ack(track, direction, index, old):
        track.last_flags &= ~EXPECTS_CHALLENGE_ACK
        return VALID
    elif new == SYN_SENT2:
        track.last_flags |= SIMULTANEOUS_OPEN
    elif new == SYN_RECV and direction == REPLY and index == ACK_SET and track.last_flags & SIMULTANEOUS_OPEN:
        new = ESTABLISHED
    elif new == CLOSE and index == RST_SET:
        judged = _judge_reset(table.conf, connection, track, header, direction)
        if judged is None:
            return INVALID
        new, is_trusted = judged
    if not is_trusted:
        found = in_window(track, table.conf, direction, index, header)
        if found != IN_WINDOW:
            if found == IGNORED:
                return VALID
            _handle_invalid(netns, table.conf, connection, direction, index)
            return INVALID
    track.last_index, track.last_direction, track.state = index, direction, new
    if old != new and new == FIN_WAIT:
        track.sides[direction].flags |= CLOSE_INIT
    return _settle(netns, table, skb, nfct, index, old)


def _new(conf: ConntrackConf, connection: Connection, header: Tcp) -> bool:
    """The first segment: a SYN, or where that is wished the middle of a connection (`tcp_new`)."""
    begun = TRANSITIONS[ORIGINAL][index_of(header)][NONE]
    if begun == INVALID_HERE:
        return False
    if begun != SYN_SENT and not conf.tcp_loose:
        return False
    connection.tcp = track = TcpTrack(last_index=NONE_SET)
    side = track.sides[ORIGINAL]
    side.end = side.max_end = segment_end(header)
    side.max_window = header.window or 1
    if begun == SYN_SENT:
        read_options(header, side)
        return True
    side.max_end = side.end + side.max_window & MASK
    for end in track.sides:
        end.flags = SACK_PERM | BE_LIBERAL
    return True


def _is_reopened(track: TcpTrack, direction: int) -> bool:
    """A SYN on a connection that was closed or aborted: a new one begins."""
    if (track.sides[0].flags | track.sides[1].flags) & CLOSE_INIT:
        return True
    return track.last_direction == direction and track.last_index == RST_SET


def _answers_ignored_syn(track: TcpTrack, header: Tcp, direction: int, index: int) -> bool:
    """A SYN+ACK to a SYN that was ignored: both ends agree, only the tracker was out of step."""
    return index == SYNACK_SET and track.last_index == SYN_SET and track.last_direction != direction and header.ack == track.last_end


def _take_over(track: TcpTrack, direction: int) -> None:
    """Believe the SYN that was noted when it was ignored."""
    side = track.sides[track.last_direction]
    side.end = side.max_end = track.last_end
    side.max_window = track.last_window or 1
    side.scale = track.last_scale
    track.last_flags &= ~EXPECTS_CHALLENGE_ACK
    side.flags = track.last_flags
    other = track.sides[direction]
    other.end = other.max_end = other.max_window = other.max_ack = other.scale = 0
    other.flags &= BE_LIBERAL


def _ignore(track: TcpTrack, header: Tcp, direction: int, index: int, old: int) -> None:
    """Note what was let through without effect: the answer may show that it was right."""
    track.last_index, track.last_direction, track.last_seq = index, direction, header.seq
    track.last_end, track.last_window = segment_end(header), header.window
    if index == SYN_SET and direction == ORIGINAL:
        seen = TcpSide()
        read_options(header, seen)
        track.last_flags = seen.flags & (WINDOW_SCALE | SACK_PERM)
        track.last_scale = seen.scale
        if old == LAST_ACK:
            track.last_flags |= EXPECTS_CHALLENGE_ACK
    if old == SYN_SENT and index == ACK_SET and direction == REPLY:
        track.last_ack = header.ack


def _is_challenge_ack(track: TcpTrack, direction: int, index: int, old: int) -> bool:
    """An ACK that questions a stray SYN (RFC 5961) and acknowledges no FIN."""
    if old != LAST_ACK or index != ACK_SET or track.last_direction == direction or track.last_index != SYN_SET:
        return False
    return bool(track.last_flags & EXPECTS_CHALLENGE_ACK)


def _judge_reset(conf: ConntrackConf, connection: Connection, track: TcpTrack, header: Tcp, direction: int) -> tuple[int, bool] | None:
    """Where a reset leads and whether its window need not be checked; None when it is forged or late."""
    if track.state in CLOSING_STATES:
        return CLOSE, True
    new, other, status = CLOSE, track.sides[1 - direction], connection.status
    if other.flags & MAXACK_SET and track.last_index != SYN_SET:
        is_established = track.state == ESTABLISHED and bool(status & IPS_ASSURED)
        if header.seq == 0 and not is_established:
            return CLOSE, False
        if before(header.seq, other.max_ack) and not conf.tcp_ignore_invalid_rst:
            return None
        if not is_established or header.seq == other.max_ack:
            return CLOSE, False
        if track.last_index == ACK_SET and track.last_direction == direction and header.seq == track.last_end:
            return CLOSE, False
        new = track.state
    ignored_syn = status & IPS_SEEN_REPLY and track.last_index == SYN_SET
    half_open = not status & IPS_ASSURED and track.last_index == ACK_SET
    if (ignored_syn or half_open) and header.ack == track.last_end:
        return new, True
    answers_challenge = track.state == SYN_SENT and track.last_index == ACK_SET and track.last_direction == REPLY and header.seq == track.last_ack
    return new, answers_challenge


def _handle_invalid(netns: Netns, conf: ConntrackConf, connection: Connection, direction: int, index: int) -> None:
    """FIN or RST out of window in both directions: the connection is likely over (`nf_tcp_handle_invalid`)."""
    track = connection.tcp
    if track is None or not connection.status & IPS_ASSURED or connection.status & IPS_FIXED_TIMEOUT or index not in (RST_SET, FIN_SET):
        return
    if track.last_direction == direction or track.last_index not in (FIN_SET, RST_SET):
        track.last_index, track.last_direction = index, direction
        return
    now = netns.kernel.clock.now
    left, shorter = connection.timeout - now, conf.tcp_timeout_unacknowledged * SECOND
    if left >= SHORTENED_FROM and left > shorter:
        connection.timeout = now + shorter


def set_closing(netns: Netns, connection: Connection) -> None:
    """A reset was sent about a segment of the connection: it is over (`nf_conntrack_tcp_set_closing`)."""
    track = connection.tcp
    if track is None or not connection.status & IPS_CONFIRMED or track.state == CLOSE:
        return
    track.state = CLOSE
    if not connection.status & IPS_FIXED_TIMEOUT:
        connection.timeout = netns.kernel.clock.now + netns.netfilter.conntrack.conf.tcp_timeout_close * SECOND
        note(connection)


def _lasts(conf: ConntrackConf, track: TcpTrack, index: int) -> int:
    """Seconds the connection lasts from here."""
    normal = timeout_of(conf, track.state)
    if track.retransmissions >= conf.tcp_max_retrans and normal > conf.tcp_timeout_max_retrans:
        return conf.tcp_timeout_max_retrans
    if index == RST_SET:
        return conf.tcp_timeout_close
    unacknowledged = (track.sides[0].flags | track.sides[1].flags) & DATA_UNACKNOWLEDGED
    if unacknowledged and normal > conf.tcp_timeout_unacknowledged:
        return conf.tcp_timeout_unacknowledged
    if track.last_window == 0 and normal > conf.tcp_timeout_max_retrans:
        return conf.tcp_timeout_max_retrans
    return normal


def _settle(netns: Netns, table: ConntrackTable, skb: SkBuff, nfct: Tracked, index: int, old: int) -> int:
    """The segment belongs to the connection: how long it lives now, and whether it is assured."""
    connection, conf = nfct.connection, table.conf
    assert connection is not None and connection.tcp is not None
    track = connection.tcp
    seconds, new, status = _lasts(conf, track, index), track.state, connection.status
    if not status & IPS_SEEN_REPLY:
        if index == RST_SET:
            account(connection, nfct, skb)
            kill(table, connection)
            return VALID
        if index == SYN_SET and old == SYN_SENT:
            return VALID  # a SYN sent again keeps nothing alive
        if new == ESTABLISHED:
            seconds = min(seconds, conf.tcp_timeout_unacknowledged)
    elif not status & IPS_ASSURED and old in (SYN_RECV, ESTABLISHED) and new == ESTABLISHED:
        connection.status |= IPS_ASSURED
    refresh(connection, seconds, netns.kernel.clock.now)
    account(connection, nfct, skb)
    if new != old or connection.status != status:
        note(connection)
    return VALID
