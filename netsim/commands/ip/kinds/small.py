"""Kinds with few options or none: veth, dummy, ifb (`link_veth.c`, `iplink_dummy.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.commands.ip.kinds.grammar import LinkUtil
from netsim.commands.ip.usage import VETH
from netsim.commands.ip.words import Stop, Words
from netsim.kernel.core.netns import Netns

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip


def _veth(session: Ip, cursor: Words, netns: Netns) -> dict[str, Any]:
    from netsim.commands.ip.link import parse_peer

    if not cursor.more():
        return {}
    word = cursor.take()
    if word != "peer":
        raise Stop("", 1, VETH)
    return {"peer": parse_peer(session, cursor, netns)}


VETH_KIND = LinkUtil(_veth)


def _ignored(session: Ip, cursor: Words, netns: Netns) -> dict[str, Any]:
    """Words that nobody reads (a kind without `parse_opt`)."""
    return {}


PLAIN = LinkUtil(_ignored)
