"""States of a followed TCP connection and what moves them (`tcp_conntracks`)."""

from __future__ import annotations

from netsim.kernel.tables.conntrack import ConntrackConf
from netsim.packet import Tcp
from netsim.packet.numbers import TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN

NONE, SYN_SENT, SYN_RECV, ESTABLISHED, FIN_WAIT, CLOSE_WAIT, LAST_ACK, TIME_WAIT, CLOSE, SYN_SENT2, INVALID_HERE, IGNORE = range(12)
NAMES = ("NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE", "SYN_SENT2")
SYN_SET, SYNACK_SET, FIN_SET, ACK_SET, RST_SET, NONE_SET = range(6)
CLOSING_STATES = frozenset({FIN_WAIT, LAST_ACK, TIME_WAIT, CLOSE, CLOSE_WAIT})
"""Connections that may be given up early (`tcp_can_early_drop`)."""

_LETTERS = {
    "NO": NONE, "SS": SYN_SENT, "SR": SYN_RECV, "ES": ESTABLISHED, "FW": FIN_WAIT, "CW": CLOSE_WAIT, "LA": LAST_ACK, "TW": TIME_WAIT,
    "CL": CLOSE, "S2": SYN_SENT2, "--": INVALID_HERE, "ig": IGNORE,
}  # fmt: skip


def _row(words: str) -> tuple[int, ...]:
    return tuple(_LETTERS[word] for word in words.split())


TRANSITIONS = (
    (  # what the one who began sends; columns: the states so far, in their order
        _row("SS SS ig ig ig ig ig SS SS S2"),  # SYN
        _row("-- -- ig ig ig ig ig ig ig SR"),  # SYN and ACK
        _row("-- -- FW FW LA LA LA TW CL --"),  # FIN
        _row("ES -- ES ES CW CW TW TW CL --"),  # ACK
        _row("-- CL CL CL CL CL CL CL CL CL"),  # RST
        _row("-- -- -- -- -- -- -- -- -- --"),  # none of them
    ),
    (  # what the other one sends
        _row("-- S2 -- -- -- -- -- -- -- S2"),
        _row("-- SR ig ig ig ig ig ig ig SR"),
        _row("-- -- FW FW LA LA LA TW CL --"),
        _row("-- ig SR ES CW CW TW TW CL ig"),
        _row("-- CL CL CL CL CL CL CL CL CL"),
        _row("-- -- -- -- -- -- -- -- -- --"),
    ),
)
"""`--`: the segment is invalid here; `ig`: it is let through and changes nothing."""

_SYN, _ACK, _FIN, _RST, _URG = TCP_SYN, TCP_ACK, TCP_FIN, TCP_RST, 0x20
FLAGS_MASK = _SYN | _ACK | _FIN | _RST | _URG
VALID_FLAGS = frozenset({_SYN, _SYN | _URG, _SYN | _ACK, _RST, _RST | _ACK, _FIN | _ACK, _FIN | _ACK | _URG, _ACK, _ACK | _URG})
"""Combinations of FIN, SYN, RST, ACK and URG that mean something; PSH, ECE and CWR are always welcome."""

_TIMEOUTS = ("", "syn_sent", "syn_recv", "established", "fin_wait", "close_wait", "last_ack", "time_wait", "close", "syn_sent")


def timeout_of(conf: ConntrackConf, state: int) -> int:
    """Seconds a connection in a state lasts."""
    return int(getattr(conf, f"tcp_timeout_{_TIMEOUTS[state]}"))


def index_of(header: Tcp) -> int:
    """Which row of the transitions a segment is (`get_conntrack_index`)."""
    flags = header.flags
    if flags & TCP_RST:
        return RST_SET
    if flags & TCP_SYN:
        return SYNACK_SET if flags & TCP_ACK else SYN_SET
    if flags & TCP_FIN:
        return FIN_SET
    return ACK_SET if flags & TCP_ACK else NONE_SET
