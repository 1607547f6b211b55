"""ip tcp_metrics and ip mroute: tables that stay empty here (`tcp_metrics.c`, `ipmroute.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.commands.ip.output import to_json
from netsim.commands.ip.words import Stop, Words, answers, matches, no_device, prefix
from netsim.errors import ESRCH, NetError

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

METRICS = """Usage:	ip tcp_metrics/tcpmetrics { COMMAND | help }
	ip tcp_metrics { show | flush } SELECTOR
	ip tcp_metrics delete [ address ] ADDRESS
SELECTOR := [ [ address ] PREFIX ]
"""
MROUTE = """Usage: ip mroute show [ [ to ] PREFIX ] [ from PREFIX ] [ iif DEVICE ]
                      [ table TABLE_ID ]
TABLE_ID := [ local | main | default | all | NUMBER ]
"""


def do_tcp_metrics(session: Ip, cursor: Words) -> None:
    """ip tcp_metrics: what connections have left of what they measured is not kept, which is reported once there were some."""
    word = cursor.take() if cursor.more() else "show"
    if matches(word, "delete"):
        text = cursor.take() if cursor.more() else ""
        text = cursor.argument() if text == "address" else text
        if not text:
            raise Stop('Error: argument "address" is required\n', 255)
        prefix(text, session.style.family)
        raise answers(NetError(ESRCH))
    if matches(word, "flush"):
        return
    if any(matches(word, known) for known in ("show", "lst", "list")):
        while cursor.more():
            text = cursor.take()
            found = prefix(cursor.argument() if text == "address" else text, session.style.family)
            if found.address is not None and found.length == (32 if found.family == 2 else 128):
                raise answers(NetError(ESRCH))
        mib = session.netns.mib
        if mib.get("TcpActiveOpens") or mib.get("TcpPassiveOpens"):
            session.netns.kernel.unmodelled.append("ip tcp_metrics: what connections have measured is not kept")
        if session.style.json:
            session.print(to_json([], session.style))
        return
    if matches(word, "help"):
        raise Stop(METRICS, 255)
    raise Stop(f'Command "{word}" is unknown, try "ip tcp_metrics help".\n', 255)


def do_mroute(session: Ip, cursor: Words) -> None:
    """ip mroute: there are no multicast routes, as nothing that runs here asks the kernel for any (`MRT_INIT`)."""
    word = cursor.take() if cursor.more() else "show"
    if matches(word, "help"):
        raise Stop(MROUTE, 255)
    if not any(matches(word, known) for known in ("show", "lst", "list")):
        raise Stop(f'Command "{word}" is unknown, try "ip mroute help".\n', 255)
    while cursor.more():
        word = cursor.take()
        if word == "table":
            cursor.argument()
        elif word == "iif":
            name = cursor.argument()
            if session.netns.device(name) is None:
                raise no_device(name)
        elif matches(word, "from") or matches(word, "to"):
            raise Stop(f'Error: ??? prefix is expected rather than "{cursor.argument()}".\n', 1)
        else:
            raise Stop(f'Error: ??? prefix is expected rather than "{word}".\n', 1)
    if session.style.json:
        session.print(to_json([], session.style))
