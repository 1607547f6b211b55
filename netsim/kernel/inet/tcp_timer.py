"""TCP's timers: retransmission, probes of a shut window, delayed acknowledgements, and how long endings last (`tcp_timer.c`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from netsim.clock import MS, SECOND
from netsim.errors import ETIMEDOUT
from netsim.kernel.inet import tcp_output
from netsim.kernel.inet.tcp_states import (
    DELAYED_ACK,
    ORPHAN_RETRIES,
    RTO_MAX,
    RTO_MIN,
    SYN_RECV,
    SYN_SENT,
    TIME_WAIT,
    TIME_WAIT_LASTS,
)

if TYPE_CHECKING:
    from netsim.kernel.inet.tcp import TcpSocket

JIFFY = 4 * MS
TIMEOUT_MIN = 2 * JIFFY


def setting(sock: TcpSocket, name: str, default: int) -> int:
    """A number of net.ipv4, which rules IPv6's connections too."""
    return int(sock.netns.inet.sysctl.get(name, default))


def start(sock: TcpSocket, delay: int, action: Callable[[Any], None]) -> None:
    """Run the connection's one long timer anew; the timer wheel fires at the first jiffy after the delay, so later than who polls as long."""
    if sock.timer is not None:
        sock.timer.cancel()
    clock = sock.netns.kernel.clock
    sock.timer = clock.call_at((clock.now + delay) // JIFFY * JIFFY + JIFFY, action, sock)


def stop(sock: TcpSocket) -> None:
    """No timer runs any more."""
    for timer in (sock.timer, sock.ack_timer):
        if timer is not None:
            timer.cancel()
    sock.timer = sock.ack_timer = None


def rearm(sock: TcpSocket) -> None:
    """After an acknowledgement: wait for the next one, if anything is left (`tcp_rearm_rto`)."""
    if sock.unacked:
        start(sock, sock.rto, retransmit)
    elif sock.timer is not None:
        sock.timer.cancel()
        sock.timer = None


def running(sock: TcpSocket) -> tuple[str, int] | None:
    """The timer that `ss -o` shows: its name and when it fires (ns)."""
    if sock.timer is None or not sock.timer.pending:
        return None
    if sock.state == TIME_WAIT or not (sock.unacked or sock.outgoing):
        return "timewait", sock.timer.when
    return ("on" if sock.unacked else "persist"), sock.timer.when


def fin_timeout(sock: TcpSocket) -> int:
    """How long half a closed connection waits for the other half (`tcp_fin_time`)."""
    return setting(sock, "tcp_fin_timeout", 60) * SECOND


def release(sock: TcpSocket) -> None:
    """The wait is over."""
    sock.release()


def time_wait(sock: TcpSocket) -> None:
    """Both ends are closed: answer stragglers for a minute (`tcp_time_wait`)."""
    sock.state = TIME_WAIT
    if sock.ack_timer is not None:
        sock.ack_timer.cancel()
    start(sock, TIME_WAIT_LASTS, release)


def _is_hopeless(sock: TcpSocket) -> bool:
    if sock.state == SYN_SENT:
        linear = sock.netns.kernel.profile.syn_linear_timeouts
        return sock.retries >= setting(sock, "tcp_syn_retries", 6) + setting(sock, "tcp_syn_linear_timeouts", linear)
    if sock.state == SYN_RECV:
        return sock.retries >= setting(sock, "tcp_synack_retries", 5)
    if sock.is_closed:
        return sock.retries >= (setting(sock, "tcp_orphan_retries", 0) or (0 if sock.soft_error else ORPHAN_RETRIES))
    return sock.retries >= setting(sock, "tcp_retries2", 15)


def retransmit(sock: TcpSocket) -> None:
    """Nothing was acknowledged in time (`tcp_retransmit_timer`)."""
    if not sock.unacked:
        return
    if _is_hopeless(sock):
        sock.fail(sock.soft_error or ETIMEDOUT)
        return
    sock.retries += 1
    linear = setting(sock, "tcp_syn_linear_timeouts", sock.netns.kernel.profile.syn_linear_timeouts)
    if sock.state != SYN_SENT or sock.retries > linear:
        sock.backoff += 1
        sock.rto = min(sock.rto * 2, RTO_MAX)
    if sock.state not in (SYN_SENT, SYN_RECV):
        sock.ssthresh, sock.cwnd = max(2, len(sock.unacked) // 2), 1
        sock.netns.mib["TcpExtTCPTimeouts"] += 1
    start(sock, sock.rto, retransmit)
    tcp_output.resend(sock)


def probe(sock: TcpSocket) -> None:
    """The other end's window is shut: ask again (`tcp_probe_timer`)."""
    if not sock.outgoing or sock.unacked:
        return
    sock.probes += 1
    if sock.is_closed and sock.probes > ORPHAN_RETRIES:
        sock.fail(ETIMEDOUT)
        return
    tcp_output.send_probe(sock)
    start(sock, min(max(sock.rto, RTO_MIN) << min(sock.probes, 10), RTO_MAX), probe)


def delay_ack(sock: TcpSocket) -> None:
    """Acknowledge soon, unless data goes that way first; at the next jiffy when no data ever came (`tcp_send_delayed_ack`)."""
    if sock.ack_timer is None or not sock.ack_timer.pending:
        clock = sock.netns.kernel.clock
        when = clock.now + DELAYED_ACK if sock.bytes_received else clock.now // JIFFY * JIFFY + JIFFY
        sock.ack_timer = clock.call_at(when, _ack_now, sock)


def _ack_now(sock: TcpSocket) -> None:
    sock.netns.mib["TcpExtDelayedACKs"] += 1
    sock.pingpong = False
    tcp_output.send_ack(sock)
