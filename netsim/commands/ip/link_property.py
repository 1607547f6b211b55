"""ip link property: alternative names of devices (`iplink.c:iplink_prop`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.commands.ip.usage import LINK
from netsim.commands.ip.words import Stop, Words, answers, device, matches
from netsim.errors import NetError
from netsim.kernel.rtnl.link import add_altname, del_altname

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip


def properties(session: Ip, cursor: Words) -> None:
    """ip link property add|del [dev] NAME altname ..."""
    if not cursor.more():
        raise Stop(LINK, 255)
    action = cursor.take()
    if matches(action, "help"):
        raise Stop(LINK, 255)
    if not (matches(action, "add") or matches(action, "del")):
        raise Stop("Operator required\n", 255)
    name, names = None, []
    while cursor.more():
        word = cursor.take()
        if matches(word, "altname"):
            names.append(cursor.argument())
        elif word == "dev":
            name = cursor.argument()
        else:
            name = word
    if name is None:
        raise Stop('Not enough information: "dev" argument is required.\n', 255)
    dev = device(session.netns, name)
    for altname in names:
        try:
            (add_altname if matches(action, "add") else del_altname)(dev, altname)
        except NetError as error:
            raise answers(error) from None
