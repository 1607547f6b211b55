"""Names and numbers of TCP (`tcp_states.h`, `tcp.h`)."""

from __future__ import annotations

from netsim.clock import MS, SECOND

ESTABLISHED, SYN_SENT, SYN_RECV, FIN_WAIT1, FIN_WAIT2, TIME_WAIT, CLOSE, CLOSE_WAIT, LAST_ACK, LISTEN, CLOSING = range(1, 12)
STATE_NAMES = {
    ESTABLISHED: "ESTAB", SYN_SENT: "SYN-SENT", SYN_RECV: "SYN-RECV", FIN_WAIT1: "FIN-WAIT-1", FIN_WAIT2: "FIN-WAIT-2", TIME_WAIT: "TIME-WAIT",
    CLOSE: "UNCONN", CLOSE_WAIT: "CLOSE-WAIT", LAST_ACK: "LAST-ACK", LISTEN: "LISTEN", CLOSING: "CLOSING",
}  # fmt: skip
"""As `ss` prints them."""
RTO_START, RTO_MIN, RTO_MAX = SECOND, 200 * MS, 120 * SECOND
DELAYED_ACK = 40 * MS
TIME_WAIT_LASTS = 60 * SECOND
ORPHAN_RETRIES = 8
QUICK_ACKS = 16
INITIAL_WINDOW = 10
"""Segments a sender may have under way before the first acknowledgement (RFC 6928)."""
MASK = 0xFFFFFFFF


def after(one: int, other: int) -> bool:
    """Whether sequence number `one` comes after `other`."""
    return 0 < (one - other & MASK) < 0x80000000
