"""ss -s: how many sockets there are (`print_summary`)."""

from __future__ import annotations

from typing import Any

from netsim.kernel.inet import tcp_states as tcp
from netsim.machine.procnet_sockets import bound_sockets, raw_sockets, tcp_sockets


def summary(netns: Any) -> str:
    """The text of `ss -s`."""
    streams = {family: tcp_sockets(netns, family) for family in (2, 10)}
    everyone = [sock for socks in streams.values() for sock in socks]
    waiting = sum(sock.state == tcp.TIME_WAIT for sock in everyone)
    established = sum(sock.state in (tcp.ESTABLISHED, tcp.CLOSE_WAIT) for sock in everyone)
    orphans = sum(sock.is_closed and sock.state not in (tcp.TIME_WAIT, tcp.CLOSE) for sock in everyone)
    rows = [
        ("RAW", len(raw_sockets(netns, 2)), len(raw_sockets(netns, 10))),
        ("UDP", len(bound_sockets(netns, 17, 2)), len(bound_sockets(netns, 17, 10))),
        ("TCP", *(sum(sock.state != tcp.TIME_WAIT for sock in streams[family]) for family in (2, 10))),
    ]
    rows.append(("INET", sum(row[1] for row in rows), sum(row[2] for row in rows)))
    rows.append(("FRAG", len(netns.inet.fragments), 0))
    total = rows[3][1] + rows[3][2]
    text = f"Total: {total}\n"
    text += f"TCP:   {len(everyone)} (estab {established}, closed {waiting}, orphaned {orphans}, timewait {waiting})\n\n"
    text += "Transport Total     IP        IPv6\n"
    for name, four, six in rows:
        text += f"{name}\t  {four + six:<9d} {four:<9d} {six:<9d}\n"
    return text + "\n"
