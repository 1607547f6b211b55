"""Objects of ip that are refused by name, with the real tool's words where a kernel without the module would answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.commands.ip.words import Stop, Words, matches

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip


TUNNEL_MODES = ("ipip", "ipip6", "ip4ip4", "ip/ip", "gre", "gre/ip", "sit", "ipv6/ip", "isatap", "vti", "any")


def refuse(session: Ip, cursor: Words) -> None:
    """Objects nothing is modelled of."""
    name = cursor.words[cursor.at - 1]
    raise Stop(f'netsim: "ip {name}" is not modelled\n', 1)


def tunnel(session: Ip, cursor: Words) -> None:
    """ip tunnel on a kernel without tunnel modules."""
    if not cursor.more() or matches(cursor.peek(), "show") or matches(cursor.peek(), "list"):
        return
    action = cursor.take()
    mode = cursor.words[cursor.words.index("mode") + 1] if "mode" in cursor.words[:-1] else "ipip"
    if mode not in TUNNEL_MODES:
        raise Stop(f'Unknown tunnel mode "{mode}"\n', 255)
    fallback = {"gre": "gre0", "ipip": "tunl0", "sit": "sit0"}.get(mode, "tunl0")
    if matches(action, "add"):
        raise Stop(f'add tunnel "{fallback}" failed: No such device\n', 1)
    raise Stop('netsim: "ip tunnel" is not modelled\n', 1)


def vrf(session: Ip, cursor: Words) -> None:
    """ip vrf without any VRF device."""
    word = cursor.take() if cursor.more() else "show"
    if matches(word, "show") or matches(word, "list"):
        session.print("No VRF has been configured\n")
        return
    raise Stop(f'netsim: "ip vrf {word}" is not modelled\n', 1)
