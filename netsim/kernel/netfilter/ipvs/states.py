"""States of connections and how long each lasts (`ip_vs_proto_tcp.c`, `ip_vs_proto_udp.c`)."""

from __future__ import annotations

from netsim.kernel.tables.ipvs import F_INACTIVE, F_NOOUTPUT, F_TEMPLATE, IpvsState, VsConnection
from netsim.packet import Tcp
from netsim.packet.numbers import IPPROTO_TCP, TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN

NONE, ESTABLISHED, SYN_SENT, SYN_RECV, FIN_WAIT, TIME_WAIT, CLOSE, CLOSE_WAIT, LAST_ACK, LISTEN, SYNACK = range(11)
NAMES = ("NONE", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT", "TIME_WAIT", "CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "SYNACK")
ACTIVE = frozenset({ESTABLISHED, SYN_SENT, SYN_RECV, SYNACK})
ASSURED = 1
"""Of templates."""
INPUT, OUTPUT, INPUT_ONLY = range(3)
"""From the client; from the server; from the client of a connection whose answers do not come by."""

_LETTERS = {letters: number for number, letters in enumerate(["NO", "ES", "SS", "SR", "FW", "TW", "CL", "CW", "LA", "LI", "SA"])}
_TABLES = (
    {  # a column for each state that was
        TCP_SYN: "SR ES ES SR SR SR SR SR SR SR SR",
        TCP_FIN: "CL CW SS TW TW TW CL CW LA LI TW",
        TCP_ACK: "ES ES SS ES FW TW CL CW CL LI ES",
        TCP_RST: "CL CL CL SR CL CL CL CL LA LI SR",
    },
    {
        TCP_SYN: "SS ES SS SR SS SS SS SS SS LI SR",
        TCP_FIN: "TW FW SS TW FW TW CL TW LA LI TW",
        TCP_ACK: "ES ES SS ES FW TW CL CW LA ES ES",
        TCP_RST: "CL CL SS CL CL TW CL CL CL CL CL",
    },
    {
        TCP_SYN: "SR ES ES SR SR SR SR SR SR SR SR",
        TCP_FIN: "CL FW SS TW FW TW CL CW LA LI TW",
        TCP_ACK: "ES ES SS ES FW TW CL CW CL LI ES",
        TCP_RST: "CL CL CL SR CL CL CL CL LA LI CL",
    },
)
NEXT = tuple({flag: tuple(_LETTERS[word] for word in row.split()) for flag, row in table.items()} for table in _TABLES)
"""direction -> the flag that decides -> the state after, by the state before."""
SECONDS = {
    NONE: 2, SYN_SENT: 120, SYN_RECV: 60, TIME_WAIT: 120, CLOSE: 10, CLOSE_WAIT: 60, LAST_ACK: 30, LISTEN: 120, SYNACK: 120,
}  # fmt: skip


def set_state(state: IpvsState, connection: VsConnection, direction: int, header: object) -> None:
    """A packet of a connection went by (`ip_vs_set_state`)."""
    if connection.protocol != IPPROTO_TCP:
        connection.timeout = state.timeouts["udp"]
        if direction == OUTPUT:
            _assure(connection)
        return
    if connection.flags & F_NOOUTPUT:
        if direction == OUTPUT:
            connection.flags &= ~F_NOOUTPUT
        else:
            direction = INPUT_ONLY
    flags = header.flags if isinstance(header, Tcp) else 0
    decides = next((flag for flag in (TCP_RST, TCP_SYN, TCP_FIN, TCP_ACK) if flags & flag), 0)
    after = NEXT[direction][decides][connection.state] if decides else CLOSE
    if after != connection.state:
        _recount(connection, after)
        if after == ESTABLISHED:
            _assure(connection)
    connection.state = after
    connection.timeout = timeout_of(state, after)


def _assure(connection: VsConnection) -> None:
    """The destination answers: the client's template is worth keeping (`ip_vs_control_assure_ct`)."""
    if connection.control is not None:
        connection.control.state = ASSURED


def timeout_of(state: IpvsState, number: int) -> int:
    """Seconds a TCP state lasts."""
    if number == ESTABLISHED:
        return state.timeouts["tcp"]
    return state.timeouts["tcpfin"] if number == FIN_WAIT else SECONDS[number]


def _recount(connection: VsConnection, after: int) -> None:
    destination = connection.destination
    is_active = after in ACTIVE
    if is_active == bool(connection.flags & F_INACTIVE):
        connection.flags ^= F_INACTIVE
        destination.active += 1 if is_active else -1
        destination.inactive -= 1 if is_active else -1


def state_name(connection: VsConnection) -> str:
    """As listings show it (`ip_vs_state_name`)."""
    if connection.flags & F_TEMPLATE:
        return "ASSURED" if connection.state == ASSURED else "NONE"
    if connection.protocol == IPPROTO_TCP:
        return NAMES[connection.state]
    return "UDP" if connection.protocol == 17 else "NONE"
