"""ip token: the lower half of addresses that a device makes itself (`iptoken.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.addr import IPv6
from netsim.commands.ip.output import to_json
from netsim.commands.ip.words import Stop, Words, answers, invarg, matches, prefix
from netsim.errors import NetError
from netsim.kernel.core.netdevice import IFF_LOOPBACK, IFF_NOARP, NetDevice
from netsim.kernel.ipv6.token import set_token
from netsim.kernel.rtnl.link import dumped

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

USAGE = "Usage: ip token [ list | set | del | get ] [ TOKEN ] [ dev DEV ]\n"


def do_iptoken(session: Ip, cursor: Words) -> None:
    """ip token."""
    word = cursor.take() if cursor.more() else "list"
    if any(matches(word, known) for known in ("list", "lst", "show", "get")):
        _list(session, cursor)
    elif matches(word, "set") or matches(word, "add"):
        _set(session, cursor, takes_token=True)
    elif matches(word, "delete"):
        _set(session, cursor, takes_token=False)
    elif matches(word, "help"):
        raise Stop(USAGE, 255)
    else:
        raise Stop(f'Command "{word}" is unknown, try "ip token help".\n', 255)


def _device(session: Ip, name: str) -> NetDevice:
    dev = session.netns.device(name)
    if dev is None:
        raise invarg("dev is invalid\n", name)
    return dev


def _list(session: Ip, cursor: Words) -> None:
    """Words that mean nothing are passed over."""
    only: NetDevice | None = None
    while cursor.more():
        if cursor.take() == "dev":
            only = _device(session, cursor.argument())
    found = [
        (str(IPv6(dev.inet6.token)), dev.name)
        for dev in dumped(session.netns)
        if dev.inet6 is not None and not dev.flags & (IFF_LOOPBACK | IFF_NOARP) and only in (None, dev)
    ]
    if session.style.json:
        session.print(to_json([{"token": token, "ifname": name} for token, name in found], session.style))
        return
    session.print("".join(f"token {token} dev {name}\n" for token, name in found))


def _set(session: Ip, cursor: Words, *, takes_token: bool) -> None:
    dev: NetDevice | None = None
    token: IPv6 | None = None if takes_token else IPv6(0)
    while cursor.more():
        word = cursor.take()
        if word == "dev":
            name = cursor.argument()
            dev = dev or _device(session, name)
        elif takes_token and matches(word, "help"):
            raise Stop(USAGE, 255)
        elif takes_token and token is None:
            token = IPv6(prefix(word, 10).address or 0)
    if token is None:
        raise Stop("Not enough information: token argument is required.\n", 1)
    if dev is None:
        raise Stop('Not enough information: "dev" argument is required.\n', 1)
    try:
        set_token(dev, token)
    except NetError as error:
        raise answers(error) from None
