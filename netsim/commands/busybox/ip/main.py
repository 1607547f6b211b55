"""ip of BusyBox: global options, then the object's own command (`networking/ip.c`)."""

from __future__ import annotations

from typing import Any

from netsim.commands.busybox.ip import addr, link, neigh, route, rule, tunnel
from netsim.commands.busybox.ip.words import Handler, Ip, keyword
from netsim.machine.call import Call, Result
from netsim.programs.busybox.applet import ended, usage

OBJECTS: dict[str, Handler] = {
    "address": addr.do_ipaddr,
    "route": route.do_iproute,
    "link": link.do_iplink,
    "tunnel": tunnel.do_iptunnel,
    "tunl": tunnel.do_iptunnel,
    "rule": rule.do_iprule,
    "neighbor": neigh.do_ipneigh,
    "neighbour": neigh.do_ipneigh,
}
"""In BusyBox's order: the first that the word begins wins."""
APPLETS = {"ipaddr": "address", "iplink": "link", "iproute": "route", "iprule": "rule", "iptunnel": "tunnel", "ipneigh": "neighbor"}
FAMILIES = {"inet": 2, "inet6": 10, "link": 17}


def ip(call: Call) -> Any:
    """ip (BusyBox)."""
    return ended(_ip, call)


def ip_with_states(call: Call) -> Any:
    """The same built with musl's headers, which let it know of a device's state (Alpine)."""
    return ended(lambda it: _ip(it, has_states=1), call)


def _ip(call: Call, *, has_states: int = 0) -> Result:
    session = Ip(call, call.netns, call.argv[1:], has_states=has_states)
    _options(session)
    name = call.argv[0].rsplit("/", 1)[-1]
    if name in APPLETS:
        handler = OBJECTS[APPLETS[name]]
    else:
        word = keyword(session.take(), tuple(OBJECTS)) if session.more() else ""
        if not word:
            raise usage("ip")
        handler = OBJECTS[word]
    handler(session)
    return Result("".join(session.out))


def _options(session: Ip) -> None:
    """-4, -6, -0, -f FAMILY and -o, which may be abbreviations of their long names (`ip_parse_common_args`)."""
    while session.more() and session.words[session.at].startswith("-"):
        word = session.take()
        if word == "--":
            return
        option = keyword(word.lstrip("-"), ("oneline", "family", "4", "6", "0"))
        if not option or not word.lstrip("-"):
            raise usage("ip")
        if option == "oneline":
            session.newline = "\\"
        elif option == "family":
            if not session.more():
                raise usage("ip")
            family = session.take()
            if family not in FAMILIES:
                raise session.wrong(family, "family")
            session.family = FAMILIES[family]
        else:
            session.family = {"4": 2, "6": 10, "0": 17}[option]
