"""Segments find their socket; new connections begin; what has no socket is refused (`tcp_ipv4.c`, `tcp_ipv6.c`, `tcp_minisocks.c`).

The network layers call these with the addresses of their packets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.errors import NetError
from netsim.kernel.core.tracepoint import trace_drop, trace_step
from netsim.kernel.inet import tcp_output, tcp_timer
from netsim.kernel.inet.family import family_number, family_of
from netsim.kernel.inet.ports import hash_bound
from netsim.kernel.inet.sock import ORIGIN_ICMP, ORIGIN_ICMP6, SockError
from netsim.kernel.inet.tcp import TcpSocket
from netsim.kernel.inet.tcp_input import data_length, negotiate, rcv_state_process
from netsim.kernel.inet.tcp_states import LISTEN, MASK, SYN_RECV, SYN_SENT, TIME_WAIT, after
from netsim.packet import Tcp
from netsim.packet.numbers import IPPROTO_TCP, TCP_ACK, TCP_RST, TCP_SYN

ENDING_TYPES = {(ORIGIN_ICMP, 11), (ORIGIN_ICMP, 12), (ORIGIN_ICMP6, 4)}
ENDING_CODES = {(ORIGIN_ICMP, 3, 0), (ORIGIN_ICMP, 3, 1), *((ORIGIN_ICMP6, 1, code) for code in (1, 4, 5, 6))}
"""The errors that end a connection which is still half open (`tcp_req_err`): others may be forged or pass."""

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.core.skbuff import SkBuff


def tcp_rcv(netns: Netns, skb: SkBuff, source: Any, target: Any, header: Tcp) -> None:
    """A segment for this host: to its connection, to a listener, or refused."""
    netns.mib["TcpInSegs"] += 1
    sock = skb.demuxed or netns.sockets.connected.get((IPPROTO_TCP, int(target), header.dport, int(source), header.sport))
    if sock is not None and sock.bound_dev and sock.bound_dev not in (skb.dev.ifindex, skb.sdif) and skb.dev is not netns.loopback:
        sock = None
    if sock is not None and sock.state == TIME_WAIT and _may_begin_anew(sock, header):
        sock.release()
        sock = None
    listener = None
    if sock is not None and sock.state == LISTEN:
        listener, sock = sock, None  # a listener that TPROXY found
    if sock is not None:
        if netns.trace is not None:
            trace_step(netns, "tcp_rcv_state_process", skb.dev.name, skb.packet, sock)
        if rcv_state_process(sock, header) and not header.flags & TCP_RST:
            _send_reset(netns, skb, target, header, sock)
        return
    if listener is None:
        listener = find_listener(netns, skb, target, header.dport)
    if listener is not None and not header.flags & (TCP_ACK | TCP_RST) and header.flags & TCP_SYN:
        _conn_request(netns, listener, skb, source, target, header)
    elif listener is not None and not header.flags & (TCP_ACK | TCP_RST):
        return
    elif not header.flags & TCP_RST:
        if netns.trace is not None:
            trace_drop(netns, "NO_SOCKET", skb.dev.name, skb.packet)
        _send_reset(netns, skb, target, header, listener)


def _may_begin_anew(sock: TcpSocket, header: Tcp) -> bool:
    """Whether a SYN may take over a connection in TIME-WAIT (`tcp_timewait_state_process`)."""
    return header.flags & (TCP_SYN | TCP_ACK | TCP_RST) == TCP_SYN and (sock.has_timestamps or after(header.seq, sock.rcv_nxt))


def find_listener(netns: Netns, skb: SkBuff, target: Any, port: int) -> TcpSocket | None:
    """The socket that listens there, the most particular first (`compute_score`)."""
    best: TcpSocket | None = None
    best_score = -1
    for sock in netns.sockets.listening.get((IPPROTO_TCP, port), ()):
        score = _score(netns, sock, skb, target)
        if score > best_score:
            best, best_score = sock, score
    return best


def _score(netns: Netns, sock: TcpSocket, skb: SkBuff, target: Any) -> int:
    if sock.state != LISTEN:
        return -1
    score = 1 if sock.family == family_number(target) else 0
    if sock.laddr:
        if sock.laddr != target:
            return -1
        score += 2
    elif not score and not sock.hears_mapped:
        return -1
    if sock.bound_dev:
        if sock.bound_dev not in (skb.dev.ifindex, skb.iif, skb.sdif):
            return -1
        score += 4
    elif skb.sdif and not int(netns.inet.sysctl.get("tcp_l3mdev_accept", 0)):
        return -1
    return score


def _conn_request(netns: Netns, listener: TcpSocket, skb: SkBuff, source: Any, target: Any, header: Tcp) -> None:
    """SYN: answer with SYN and ACK from a half-open connection (`tcp_conn_request`); dropped when the queues are full."""
    if len(listener.accept_queue) > listener.backlog:
        netns.mib["TcpExtListenOverflows"] += 1
        netns.mib["TcpExtListenDrops"] += 1
        if netns.trace is not None:
            trace_drop(netns, "TCP_LISTEN_OVERFLOW", skb.dev.name, skb.packet, listener)
        return
    if netns.trace is not None:
        trace_step(netns, "tcp_conn_request", skb.dev.name, skb.packet, listener)
    child = TcpSocket(netns, listener.family, listener.kind, IPPROTO_TCP, target, header.dport, source, header.sport)
    child.parent = listener
    child.reuseaddr, child.reuseport, child.v6only = listener.reuseaddr, listener.reuseport, listener.v6only
    child.bound_dev, child.ttl, child.tos, child.keepalive = listener.bound_dev, listener.ttl, listener.tos, listener.keepalive
    child.transparent = listener.transparent
    child.nodelay, child.mark = listener.nodelay, listener.mark
    if skb.sdif and not child.bound_dev:
        child.bound_dev = skb.dev.ifindex  # a connection stays in the VRF it came from (`inet_request_bound_dev_if`)
    child.is_port_bound = True
    child.created = netns.kernel.clock.now
    child.state = SYN_RECV
    child.rcv_nxt = child.rcv_wup = header.seq + 1 & MASK
    try:
        rt = child.route_to(source, header.sport)
    except NetError:
        return
    listener.half_open += 1
    child.has_timestamps = header.option(8) is not None and bool(tcp_timer.setting(child, "tcp_timestamps", 1))
    tcp_output.init_sequence(child, rt.mtu)
    negotiate(child, header)
    netns.sockets.connected[child.key] = child
    hash_bound(child)
    tcp_output.transmit(child, TCP_SYN | TCP_ACK, b"")


def _send_reset(netns: Netns, skb: SkBuff, target: Any, header: Tcp, sock: TcpSocket | None) -> None:
    """Nobody is there, or nobody who understands: RST (`tcp_v4_send_reset`)."""
    if header.flags & TCP_ACK:
        answer = Tcp(header.dport, header.sport, header.ack, 0, TCP_RST, 0)
    else:
        length = data_length(header) + bool(header.flags & TCP_SYN)
        answer = Tcp(header.dport, header.sport, 0, header.seq + length & MASK, TCP_RST | TCP_ACK, 0)
    netns.mib["TcpOutRsts"] += 1
    netns.mib["TcpOutSegs"] += 1
    try:
        owner = sock if netns.kernel.profile.answers_keep_socket else None
        family_of(netns, target).send_answer(netns, skb, answer, owner)
    except NetError:
        return


def connection_of(netns: Netns, local: Any, remote: Any, header: Tcp) -> TcpSocket | None:
    """The connection an error message is about: `header` is of a segment that went out."""
    found: TcpSocket | None = netns.sockets.connected.get((IPPROTO_TCP, int(local), header.sport, int(remote), header.dport))
    if found is None or after(found.snd_una, header.seq) or after(header.seq, found.snd_nxt):
        return None
    return found


def tcp_error(sock: TcpSocket, entry: SockError) -> None:
    """An error message about a segment of ours: the end of an attempt, else a reason to remember (`tcp_v4_err`, `tcp_v6_err`)."""
    if sock.state == SYN_RECV and sock.parent is not None:
        if (entry.origin, entry.type) in ENDING_TYPES or (entry.origin, entry.type, entry.code) in ENDING_CODES:
            sock.release()
    elif sock.state in (SYN_SENT, SYN_RECV):
        sock.fail(entry.errno)
    elif sock.recverr:
        sock.queue_error(entry)
    else:
        sock.soft_error = entry.errno
