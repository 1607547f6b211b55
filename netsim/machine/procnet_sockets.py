"""Sockets in /proc/net: tcp, udp, raw, their IPv6 twins, packet and the sums (`tcp_ipv4.c`, `udp.c`, `raw.c`, `ipv4/proc.c`).

Addresses of kernel objects, which the real files show scrambled, are zeros here; hash slots are counted up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.addr import IPv4
from netsim.clock import MS
from netsim.kernel.core.packet_socket import PacketSocket
from netsim.kernel.inet.tcp_states import CLOSE, ESTABLISHED, LISTEN, SYN_RECV, TIME_WAIT

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns

IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP = 1, 6, 17
AF_INET, AF_INET6 = 2, 10
TICK = 10 * MS
TCP_ROW, UDP_ROW = 149, 127
SPEC = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
SPEC6 = (
    "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
)
POINTER = "0" * 16


def _address(sock: Any, which: str) -> str:
    address, port = (sock.laddr, sock.lport) if which == "local" else (sock.raddr, sock.rport)
    value = int(address or 0)
    if sock.family == AF_INET6:
        if isinstance(address, IPv4) and address:
            value |= 0xFFFF << 32  # a peer of the other family (RFC 4291)
        data = value.to_bytes(16, "big")
        words = "".join(f"{int.from_bytes(data[at : at + 4], 'little'):08X}" for at in range(0, 16, 4))
        return f"{words}:{port:04X}"
    return f"{int.from_bytes(value.to_bytes(4, 'big'), 'little'):08X}:{port:04X}"


def _unique(sockets: list[Any]) -> list[Any]:
    seen: set[int] = set()
    return [sock for sock in sockets if not (id(sock) in seen or seen.add(id(sock)))]  # type: ignore[func-returns-value]


def tcp_sockets(netns: Netns, family: int) -> list[Any]:
    """Listening sockets first, then connections, as the file lists them."""
    bound = [sock for (protocol, _), socks in netns.sockets.listening.items() if protocol == IPPROTO_TCP for sock in socks]
    connected = [sock for key, sock in netns.sockets.connected.items() if key[0] == IPPROTO_TCP]
    listening = [sock for sock in bound if sock.state == LISTEN]
    return [sock for sock in _unique([*listening, *connected]) if sock.family == family]


def bound_sockets(netns: Netns, protocol: int, family: int) -> list[Any]:
    """Datagram sockets with a port."""
    return [sock for (known, _), socks in netns.sockets.listening.items() if known == protocol for sock in socks if sock.family == family]


def raw_sockets(netns: Netns, family: int) -> list[Any]:
    """Raw sockets by protocol."""
    return [sock for protocol in sorted(netns.sockets.raw) for sock in netns.sockets.raw[protocol] if sock.family == family]


def _tcp_queues(sock: Any) -> tuple[int, int]:
    """Bytes not acknowledged yet, and bytes not read yet; for listeners nothing, and connections that wait to be accepted."""
    if sock.state == LISTEN:
        return 0, len(sock.accept_queue)
    unsent = (sock.snd_nxt - sock.snd_una & 0xFFFFFFFF) + len(sock.outgoing)
    return unsent, len(sock.incoming)


def _tcp_timer(sock: Any, now: int) -> tuple[int, int]:
    """Kind of the running timer and ticks until it fires (`get_tcp4_sock`)."""
    if sock.timer is None or not sock.timer.pending:
        return 0, 0
    left = max(0, sock.timer.when - now) // TICK
    return (3 if sock.state == TIME_WAIT else 1), left


def _tcp_rows(netns: Netns, family: int, width: int) -> str:
    text = ""
    for place, sock in enumerate(tcp_sockets(netns, family)):
        sent, received = _tcp_queues(sock)
        kind, left = _tcp_timer(sock, netns.kernel.clock.now)
        inode = 0 if sock.state in (TIME_WAIT, SYN_RECV) else sock.inode
        if sock.state == LISTEN:
            tail = "1 " + POINTER + " 100 0 0 10 0"
        elif sock.state == TIME_WAIT:
            tail = "3 " + POINTER
        else:
            tail = "1 " + POINTER + " 20 4 30 10 -1"
        row = (
            f"{place:4d}: {_address(sock, 'local')} {_address(sock, 'remote')} {sock.state:02X} {sent:08X}:{received:08X} {kind:02X}:{left:08X} "
            f"{sock.retries:08X} {0:5d} {0:8d} {inode} {tail}"
        )
        text += f"{row:<{width}s}\n"
    return text


def tcp(netns: Netns) -> str:
    """/proc/net/tcp."""
    return f"{SPEC:<{TCP_ROW}s}\n" + _tcp_rows(netns, AF_INET, TCP_ROW)


def tcp6(netns: Netns) -> str:
    """/proc/net/tcp6."""
    return SPEC6 + "\n" + _tcp_rows(netns, AF_INET6, 0)


def _datagram_row(place: int, sock: Any, port: int, digits: int) -> str:
    state = ESTABLISHED if sock.raddr is not None else CLOSE
    local = _address(sock, "local")
    local = f"{local[: local.index(':')]}:{port:04X}"
    waiting = sum(len(got.data) if isinstance(got.data, bytes) else int(getattr(got.data, "size", 0)) for got in sock.queue)
    return (
        f"{place:{digits}d}: {local} {_address(sock, 'remote')} {state:02X} {0:08X}:{waiting:08X} 00:{0:08X} {0:08X} {0:5d} {0:8d} "
        f"{sock.inode} 2 {POINTER} 0"
    )


def udp(netns: Netns) -> str:
    """/proc/net/udp."""
    rows = [_datagram_row(sock.lport, sock, sock.lport, 5) for sock in bound_sockets(netns, IPPROTO_UDP, AF_INET)]
    return "".join(f"{row:<{UDP_ROW}s}\n" for row in [" " + SPEC + " ref pointer drops", *rows])


def udplite(netns: Netns) -> str:
    """/proc/net/udplite: nobody speaks it."""
    return f"{' ' + SPEC + ' ref pointer drops':<{UDP_ROW}s}\n"


def udp6(netns: Netns) -> str:
    """/proc/net/udp6."""
    rows = [_datagram_row(sock.lport, sock, sock.lport, 5) for sock in bound_sockets(netns, IPPROTO_UDP, AF_INET6)]
    return "".join(f"{row}\n" for row in [SPEC6 + " ref pointer drops", *rows])


def icmp(netns: Netns) -> str:
    """/proc/net/icmp: ping sockets, which no program here uses."""
    return f"{SPEC + ' ref pointer drops':<{UDP_ROW}s}\n"


def raw(netns: Netns) -> str:
    """/proc/net/raw; the local port is the protocol."""
    rows = [_datagram_row(sock.protocol, sock, sock.protocol, 4) for sock in raw_sockets(netns, AF_INET)]
    return "".join(f"{row}\n" for row in [SPEC + " ref pointer drops", *rows])


def raw6(netns: Netns) -> str:
    """/proc/net/raw6."""
    rows = [_datagram_row(sock.protocol, sock, sock.protocol, 4) for sock in raw_sockets(netns, AF_INET6)]
    return "".join(f"{row}\n" for row in [SPEC6 + " ref pointer drops", *rows])


def unix(netns: Netns) -> str:
    """/proc/net/unix: local sockets are not modelled, so there are none."""
    return "Num       RefCount Protocol Flags    Type St Inode Path\n"


def packet(netns: Netns) -> str:
    """/proc/net/packet: packet sockets bound to a device or to all."""
    text = "sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n"
    taps = _unique([*netns.taps, *(tap for dev in netns.devices.values() for tap in dev.taps)])
    for tap in taps:
        if not isinstance(tap, PacketSocket):
            continue  # a capture of the world's, which no machine knows of
        text += f"{POINTER} {3:<6d} {tap.kind:<4d} {tap.protocol:04x}   {tap.ifindex:<5d} 1 {0:<6d} {0:<6d} {tap.inode:<6d}\n"
    return text


def sockstat(netns: Netns) -> str:
    """/proc/net/sockstat; memory is not modelled."""
    streams = tcp_sockets(netns, AF_INET)
    waiting = sum(sock.state == TIME_WAIT for sock in streams)
    orphans = sum(sock.is_closed and sock.state not in (TIME_WAIT, CLOSE) for sock in streams)
    datagrams, raws = len(bound_sockets(netns, IPPROTO_UDP, AF_INET)), len(raw_sockets(netns, AF_INET))
    used = len(streams) - waiting + datagrams + raws
    return (
        f"sockets: used {used}\nTCP: inuse {len(streams) - waiting} orphan {orphans} tw {waiting} alloc {len(streams) - waiting} mem 0\n"
        f"UDP: inuse {datagrams} mem 0\nUDPLITE: inuse 0\nRAW: inuse {raws}\nFRAG: inuse {len(netns.inet.fragments)} memory 0\n"
    )


def sockstat6(netns: Netns) -> str:
    """/proc/net/sockstat6."""
    counts = (
        len(tcp_sockets(netns, AF_INET6)),
        len(bound_sockets(netns, IPPROTO_UDP, AF_INET6)),
        len(raw_sockets(netns, AF_INET6)),
    )
    return f"TCP6: inuse {counts[0]}\nUDP6: inuse {counts[1]}\nUDPLITE6: inuse 0\nRAW6: inuse {counts[2]}\nFRAG6: inuse 0 memory 0\n"
