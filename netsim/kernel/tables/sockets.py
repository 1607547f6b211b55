"""Which socket is bound to what: look-up tables without packets or timers."""

from __future__ import annotations

from typing import Any

import attrs


@attrs.define(eq=False)
class SocketTables:
    """Sockets of one namespace by protocol, bound address and connection (`inet_hashinfo`, `udp_table`, raw and packet lists)."""

    listening: dict[tuple[int, int], list[Any]] = attrs.field(factory=dict)
    """(protocol, port) -> sockets that packets from anybody may reach: listeners and datagram sockets."""
    bound: dict[tuple[int, int], list[Any]] = attrs.field(factory=dict)
    """(protocol, port) -> stream sockets that have the port, connections included (`inet_bind_bucket`)."""
    connected: dict[tuple[int, int, int, int, int], Any] = attrs.field(factory=dict)
    """(protocol, laddr, lport, raddr, rport) -> the connection."""
    raw: dict[int, list[Any]] = attrs.field(factory=dict)  # protocol -> sockets
    generation: int = 0
