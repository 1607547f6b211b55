"""IP options and the type of service as hosts and routers treat them: record route; other options travel untouched (`ip_options.c`)."""

from __future__ import annotations

from netsim.addr import IPv4

END, NOP, RECORD_ROUTE, TIMESTAMP, ROUTER_ALERT = 0, 1, 7, 68, 148
TOS2PRIORITY = (0, 0, 0, 0, 2, 2, 2, 2, 6, 6, 6, 6, 4, 4, 4, 4)
"""best effort, bulk, interactive, interactive bulk (`ip_tos2prio`)."""


def tos_priority(tos: int) -> int:
    """The queueing priority of packets with this type of service (`rt_tos2priority`)."""
    return TOS2PRIORITY[(tos & 0x1E) >> 1]


def recorded(options: bytes, address: IPv4) -> bytes:
    """The options after a node wrote its address into the record-route option, if there is one with room."""
    place = 0
    while place < len(options):
        kind = options[place]
        if kind == END:
            break
        if kind == NOP:
            place += 1
            continue
        if place + 1 >= len(options) or options[place + 1] < 2:
            break
        length = options[place + 1]
        if kind == RECORD_ROUTE:
            pointer = options[place + 2]
            if pointer + 3 <= length:
                at = place + pointer - 1
                return options[: place + 2] + bytes([pointer + 4]) + options[place + 3 : at] + address.packed + options[at + 4 :]
        place += length
    return options
