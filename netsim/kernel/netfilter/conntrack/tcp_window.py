"""Whether a TCP segment lies in the windows the two ends agreed on (`tcp_in_window`)."""

from __future__ import annotations

from netsim.kernel.netfilter.conntrack.tcp_states import ACK_SET, SYN_RECV, SYN_SENT
from netsim.kernel.tables.conntrack import REPLY, ConntrackConf, TcpSide, TcpTrack
from netsim.packet import Tcp
from netsim.packet.numbers import TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN

WINDOW_SCALE, SACK_PERM, CLOSE_INIT, BE_LIBERAL, DATA_UNACKNOWLEDGED, MAXACK_SET, EXPECTS_CHALLENGE_ACK, SIMULTANEOUS_OPEN = (
    1 << bit for bit in range(8)
)
"""Flags of `TcpSide.flags`; the last two of `TcpTrack.last_flags` (`IP_CT_TCP_FLAG_*`)."""

IN_WINDOW, IGNORED, OUT_OF_WINDOW = range(3)
MASK = 0xFFFFFFFF
MAX_ACK_WINDOW = 66000
LARGEST_SCALE = 14


def before(one: int, other: int) -> bool:
    """Whether sequence number `one` comes before `other`."""
    return bool((one - other & MASK) >> 31)


def after(one: int, other: int) -> bool:
    """Whether sequence number `one` comes after `other`."""
    return bool((other - one & MASK) >> 31)


def segment_end(header: Tcp) -> int:
    """The sequence number after a segment (`segment_seq_plus_len`)."""
    length = header.size - header.header_size
    return header.seq + length + bool(header.flags & TCP_SYN) + bool(header.flags & TCP_FIN) & MASK


def read_options(header: Tcp, side: TcpSide) -> None:
    """What a SYN offers: window scaling and selective acknowledgement (`tcp_options`)."""
    if not header.options:
        return
    side.scale = side.flags = 0
    if header.option(4) is not None:
        side.flags |= SACK_PERM
    scale = header.option(3)
    if scale is not None and len(scale) == 1:
        side.scale = min(scale[0], LARGEST_SCALE)
        side.flags |= WINDOW_SCALE


def _sack(header: Tcp, highest: int) -> int:
    """The right edge of what the segment acknowledges, selectively or not (`tcp_sack`)."""
    blocks = header.option(5)
    if blocks is not None and len(blocks) >= 8 and len(blocks) % 8 == 0:
        for at in range(4, len(blocks), 8):
            edge = int.from_bytes(blocks[at : at + 4], "big")
            if after(edge, highest):
                highest = edge
    return highest


def _begin_sender(sender: TcpSide, receiver: TcpSide, header: Tcp, end: int, direction: int) -> None:
    """A SYN or SYN+ACK says where a sender begins (`tcp_init_sender`)."""
    sender.end = sender.max_end = end
    sender.max_window = header.window or 1
    read_options(header, sender)
    if direction == REPLY and not (sender.flags & receiver.flags & WINDOW_SCALE):
        sender.scale = receiver.scale = 0


def _pick_up(sender: TcpSide, receiver: TcpSide, header: Tcp, end: int, sack: int) -> None:
    """The connection was under way before it was seen: believe the segment."""
    sender.end = end
    window = header.window << sender.scale or 1
    sender.max_window = window
    sender.max_end = end + window & MASK
    if receiver.max_window == 0:
        receiver.end = receiver.max_end = sack
    elif sack == receiver.end + 1 & MASK:
        receiver.end = sack  # likely the answer to a keepalive


def in_window(track: TcpTrack, conf: ConntrackConf, direction: int, index: int, header: Tcp) -> int:
    """IN_WINDOW, IGNORED (let through without effect) or OUT_OF_WINDOW; the windows move along."""
    sender, receiver = track.sides[direction], track.sides[1 - direction]
    seq, ack, end, flags = header.seq, header.ack, segment_end(header), header.flags
    sack = _sack(header, ack) if receiver.flags & SACK_PERM and header.options else ack
    if sender.max_window == 0:
        if flags & TCP_SYN:
            _begin_sender(sender, receiver, header, end, direction)
            if not flags & TCP_ACK:
                return IN_WINDOW
        else:
            _pick_up(sender, receiver, header, end, sack)
    elif flags & TCP_SYN and after(end, sender.end) and track.state in (SYN_SENT, SYN_RECV):
        _begin_sender(sender, receiver, header, end, direction)
        if direction == REPLY and not flags & TCP_ACK:
            return IN_WINDOW
    if not flags & TCP_ACK or (flags & TCP_RST and ack == 0):
        ack = sack = receiver.end
    if flags & TCP_RST and seq == 0 and track.state == SYN_SENT:
        seq = end = sender.end
    misfit = _misfit(sender, receiver, seq, end, sack)
    if misfit != IN_WINDOW:
        return IN_WINDOW if sender.flags & BE_LIBERAL or conf.tcp_be_liberal else misfit
    _move(sender, receiver, header, end, ack, sack)
    if index == ACK_SET:
        _count_retransmissions(track, header, direction, seq, ack, end)
    return IN_WINDOW


def _misfit(sender: TcpSide, receiver: TcpSide, seq: int, end: int, sack: int) -> int:
    """Which of the four bounds a segment breaks, if any."""
    lowest_ack = receiver.end - max(sender.max_window, MAX_ACK_WINDOW) - 1 & MASK
    acks_seen_data = before(sack, receiver.end + 1 & MASK)
    if not before(seq, sender.max_end + 1 & MASK):
        overshot = end - sender.max_end + 1 & MASK
        fits = receiver.max_window and after(end, sender.end - receiver.max_window - 1 & MASK)
        if fits and after(sack, lowest_ack) and overshot <= receiver.max_window and acks_seen_data:
            sender.end = end
            sender.flags |= DATA_UNACKNOWLEDGED
            return IGNORED
        return OUT_OF_WINDOW
    if not acks_seen_data:
        return OUT_OF_WINDOW
    if receiver.max_window and not after(end, sender.end - receiver.max_window - 1 & MASK):
        return IGNORED
    return IN_WINDOW if after(sack, lowest_ack) else IGNORED


def _move(sender: TcpSide, receiver: TcpSide, header: Tcp, end: int, ack: int, sack: int) -> None:
    window = header.window if header.flags & TCP_SYN else header.window << sender.scale
    sender.max_window = max(sender.max_window, window + (sack - ack & MASK))
    if after(end, sender.end):
        sender.end = end
        sender.flags |= DATA_UNACKNOWLEDGED
    if header.flags & TCP_ACK and (not sender.flags & MAXACK_SET or after(ack, sender.max_ack)):
        sender.max_ack = ack
        sender.flags |= MAXACK_SET
    if receiver.max_window and after(end, sender.max_end):
        receiver.max_window += end - sender.max_end & MASK
    if after(sack + window & MASK, receiver.max_end - 1 & MASK):
        receiver.max_end = sack + (window or 1) & MASK
    if ack == receiver.end:
        receiver.flags &= ~DATA_UNACKNOWLEDGED


def _count_retransmissions(track: TcpTrack, header: Tcp, direction: int, seq: int, ack: int, end: int) -> None:
    same = (track.last_direction, track.last_seq, track.last_ack, track.last_end, track.last_window) == (direction, seq, ack, end, header.window)
    if same:
        track.retransmissions += 1
        return
    track.last_direction, track.last_seq, track.last_ack = direction, seq, ack
    track.last_end, track.last_window, track.retransmissions = end, header.window, 0
